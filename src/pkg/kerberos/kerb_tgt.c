/*
 * kerb_tgt.c - initial and service tickets as steps.
 *
 *     (PLACE) -> BEGIN -> step -> KDC -> step -> ... -> done
 *                           \-> JOB (a password) -/
 *
 * What a step machine holds is much; it is made when the KDC has a place for
 * its first request.
 */
#include "pkg/kerberos/kerb_tgt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/kerberos/kerb_iakerb.h"
#include "pkg/kerberos/kerb_k5.h"

#define RENEW_SECONDS (7 * 86400)	/* as long as the KDC lets it be, at most */

/*
 * A step machine. One for an initial ticket by a password keeps the context that it was made with, and a job may hold it
 * beyond its call; any other has a context while it is turned: by a keytab the one that it was made with, else any.
 */
struct kerb_steps {
	_Atomic uint32_t refs;
	krb5_context k5;		/* NULL: it rests */
	struct kerb_k5_shared *shared;	/* whose k5 it is, or NULL */
	krb5_init_creds_context as;
	krb5_get_init_creds_opt *options;
	krb5_keytab keytab;
	bool keytab_shared;		/* not ours to close */
	krb5_principal client;
	krb5_tkt_creds_context tgs;
	int32_t clock;			/* what its context takes for the time, while it rests */
	unsigned taken;			/* steps */
	uint8_t *in;			/* the KDC's answer, malloc'ed */
	size_t in_len;
	krb5_data out, realm;
	bool tcp, more;
	krb5_error_code code;
};

/* Before a machine is turned or dropped. */
static NTSTATUS
steps_wake(struct call *call, struct kerb_steps *s)
{
	if (s->k5)
		return STATUS_SUCCESS;
	if (s->shared) {
		s->k5 = kerb_k5_enter(s->shared, s->clock);
		return STATUS_SUCCESS;
	}
	s->k5 = kerb_k5_take(call);
	return s->k5 && (!s->clock || kerb_k5_clock(s->k5, s->clock)) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* While it waits, and when it is gone. */
static void
steps_rest(struct kerb_steps *s)
{
	if (!s->k5)
		return;
	if (s->shared) {
		s->clock = kerb_k5_clock_offset(s->k5);
		kerb_k5_leave(s->shared);
	} else {
		kerb_k5_give(s->k5);
	}
	s->k5 = NULL;
}

static void
steps_drop(void *at)
{
	struct kerb_steps *s = at;

	if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	if (s->as || s->tgs)
		(void)steps_wake(NULL, s);
	if (s->k5) {
		krb5_init_creds_free(s->k5, s->as);
		krb5_get_init_creds_opt_free(s->k5, s->options);
		krb5_tkt_creds_free(s->k5, s->tgs);
		if (s->keytab && !s->keytab_shared)
			krb5_kt_close(s->k5, s->keytab);
		krb5_free_principal(s->k5, s->client);
		krb5_free_data_contents(s->k5, &s->out);
		krb5_free_data_contents(s->k5, &s->realm);
		steps_rest(s);
	}
	free(s->in);
	free(s);
}

static NTSTATUS
steps_new(struct call *call, struct kerb_fetch *f, bool share)
{
	struct kerb_steps *s = calloc(1, sizeof *s);

	if (!s)
		return STATUS_INSUFFICIENT_RESOURCES;
	atomic_init(&s->refs, 1);
	if (share)
		s->shared = kerb_k5_join(call, &s->k5);
	else
		s->k5 = kerb_k5_take(call);
	if (!s->k5) {
		steps_drop(s);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	f->steps = s;
	return STATUS_SUCCESS;
}

void
kerb_fetch_drop(struct kerb_fetch *f)
{
	steps_drop(f->steps);
	f->steps = NULL;
	f->at = FETCH_BEGIN;
}

/* One step: eats `in`, leaves a request for `realm`, or an end. Runs on any thread, one at a time. */
static NTSTATUS
steps_turn(void *at)
{
	struct kerb_steps *s = at;
	krb5_data in = { .length = (unsigned)s->in_len, .data = (char *)s->in };
	krb5_error_code code;
	unsigned flags = 0;

	krb5_free_data_contents(s->k5, &s->out);
	krb5_free_data_contents(s->k5, &s->realm);
	s->out = s->realm = (krb5_data){ 0 };
	code = s->as ? krb5_init_creds_step(s->k5, s->as, &in, &s->out, &s->realm, &flags) :
	    krb5_tkt_creds_step(s->k5, s->tgs, &in, &s->out, &s->realm, &flags);
	free(s->in);
	s->in = NULL;
	s->in_len = 0;
	s->taken++;
	s->tcp = code == KRB5KRB_ERR_RESPONSE_TOO_BIG && s->out.length;
	s->more = s->tcp || (!code && (flags & KRB5_INIT_CREDS_STEP_FLAG_CONTINUE));
	s->code = s->tcp ? 0 : code;
	return STATUS_SUCCESS;
}

static bool
goes_on(NTSTATUS status)
{
	return status == STATUS_PENDING || status == SEC_I_CONTINUE_NEEDED;
}

/* Takes steps until one needs the KDC or the machine has ended: SUCCESS then, and steps->code says how. */
static NTSTATUS
fetch_turn(struct call *call, struct kerb_fetch *f, bool on_job)
{
	struct kerb_steps *s = f->steps;
	struct bytes answer;
	NTSTATUS status;

	for (;;) {
		switch (f->at) {
		case FETCH_BEGIN:
			/* The first step only asks what the KDC wants to see; keys come later. */
			if (on_job && s->taken) {
				f->at = FETCH_JOB;
				atomic_fetch_add(&s->refs, 1);
				return await_job(call, steps_turn, steps_drop, s);
			}
			(void)steps_turn(s);
			break;
		case FETCH_PLACE:
			f->at = FETCH_BEGIN;
			continue;
		case FETCH_JOB:
			status = awaited(call);
			if (status != STATUS_SUCCESS)
				return status;
			break;
		case FETCH_KDC:
			status = f->carry ? STATUS_SUCCESS : kerb_trip_end(call, f);
			if (status != STATUS_SUCCESS)
				return status;
			answer = f->carry ? f->carry->answer : kdc_answer(call);
			s->in = bytes_dup(answer);
			if (!s->in)
				return STATUS_INSUFFICIENT_RESOURCES;
			s->in_len = answer.len;
			f->at = FETCH_BEGIN;
			continue;
		}
		if (!s->more)
			return STATUS_SUCCESS;
		f->at = FETCH_KDC;
		status = kerb_trip_begin(call, f, s->k5, bytes_of(s->realm.data, s->realm.length),
		    bytes_of(s->out.data, s->out.length), s->tcp);
		krb5_free_data_contents(s->k5, &s->out);	/* the trip has copies */
		krb5_free_data_contents(s->k5, &s->realm);
		s->out = s->realm = (krb5_data){ 0 };
		return status;
	}
}

/* --- initial tickets ----------------------------------------------------------- */

static bool
keytab_has(krb5_context k5, krb5_keytab keytab, krb5_const_principal client)
{
	krb5_keytab_entry entry;

	if (krb5_kt_get_entry(k5, keytab, client, 0, 0, &entry) != 0)
		return false;
	krb5_free_keytab_entry_contents(k5, &entry);
	return true;
}

static krb5_error_code
as_open_keytab(struct call *call, struct kerb_steps *s)
{
	const char *name = services(call)->setting(call, "keytab");
	krb5_error_code code = name && *name ? krb5_kt_resolve(s->k5, name, &s->keytab) : krb5_kt_client_default(s->k5, &s->keytab);

	/* Where the clients' own keytab has nothing of this one, the services' may. */
	if (!code && !(name && *name) && !keytab_has(s->k5, s->keytab, s->client)) {
		krb5_kt_close(s->k5, s->keytab);
		s->keytab = NULL;
		code = krb5_kt_default(s->k5, &s->keytab);
	}
	if (code)
		return code;
	s->keytab_shared = kerb_k5_keytab(s->k5, &s->keytab);
	return krb5_init_creds_set_keytab(s->k5, s->as, s->keytab);
}

/* The password as text with an end, for as long as the library copies it. */
static krb5_error_code
as_set_password(struct kerb_steps *s, struct secret *password)
{
	size_t len = secret_len(password);
	struct secret *text = secret_new(len + 1);
	krb5_error_code code = ENOMEM;
	uint8_t *from, *to;

	if (!text)
		return code;
	WITH_SECRET(from, password)
		WITH_SECRET(to, text) {
			bytes_copy(to, from, len);
			code = krb5_init_creds_set_password(s->k5, s->as, (const char *)to);
		}
	secret_drop(&text);
	return code;
}

static krb5_error_code
as_open(struct call *call, struct kerb_steps *s, const struct kerb_cred *cred, const char *service)
{
	krb5_error_code code = krb5_parse_name_flags(s->k5, cred->client, cred->enterprise ? KRB5_PRINCIPAL_PARSE_ENTERPRISE : 0,
	    &s->client);

	if (!code)
		code = krb5_get_init_creds_opt_alloc(s->k5, &s->options);
	if (code)
		return code;
	krb5_get_init_creds_opt_set_canonicalize(s->options, cred->enterprise);
	if (cred->renewable)
		krb5_get_init_creds_opt_set_renew_life(s->options, RENEW_SECONDS);
	krb5_get_init_creds_opt_set_change_password_prompt(s->options, 0);
	code = krb5_init_creds_init(s->k5, s->client, NULL, NULL, 0, s->options, &s->as);
	if (!code && service)
		code = krb5_init_creds_set_service(s->k5, s->as, service);
	if (code)
		return code;
	return cred->is == KERB_PASSWORD ? as_set_password(s, cred->password) : as_open_keytab(call, s);
}

static NTSTATUS
as_failed(struct call *call, struct kerb_fetch *f, const struct kerb_cred *cred)
{
	krb5_error_code code = f->steps->code;
	NTSTATUS status = kerb_k5_status(code);
	const char *words, *realm = f->realm ? f->realm : "?";

	f->code = code;
	/* An answer that does not open was made with another key: the password's. */
	if (code == KRB5KRB_AP_ERR_BAD_INTEGRITY)
		status = SEC_E_LOGON_DENIED;
	if (status == STATUS_INSUFFICIENT_RESOURCES)
		return status;
	words = kerb_k5_words(call, f->steps->k5, code);
	if (status == SEC_E_LOGON_DENIED) {
		because(call, status, TO_TRUSTED, "the KDC of realm %s refused %s: %s", realm, cred->client, words);
		because(call, status, TO_CALLER,
		    "the KDC of realm %s gives no initial ticket to %s: the name or %s is wrong, or the account is locked, disabled "
		    "or expired; try kinit with the same name", realm, cred->client,
		    cred->is == KERB_PASSWORD ? "the password" : "the key in the keytab");
	} else if (status == SEC_E_TIME_SKEW) {
		because(call, status, TO_CALLER,
		    "the clocks of this machine and of the KDC of realm %s are too far apart: %s; set this machine's clock", realm, words);
	} else if (status == SEC_E_NO_CREDENTIALS) {
		because(call, status, TO_CALLER, "no key for %s: %s; see klist -k, and the setting keytab", cred->client, words);
	} else {
		because(call, status, TO_CALLER, "no initial ticket for %s from the KDC of realm %s: %s", cred->client, realm, words);
	}
	return status;
}

static NTSTATUS
as_take(struct call *call, struct kerb_fetch *f, const struct kerb_cred *cred)
{
	struct kerb_steps *s = f->steps;
	struct kerb_hoard *hoard = NULL;
	krb5_creds got, *list[1] = { &got };
	krb5_error_code code;

	code = krb5_init_creds_get_creds(s->k5, s->as, &got);
	if (code)
		return kerb_k5_because(call, s->k5, code, "the initial ticket");
	code = kerb_hoard_new(&hoard, s->k5, got.client, list, 1, kerb_k5_clock_offset(s->k5));
	krb5_free_cred_contents(s->k5, &got);
	if (code)
		return kerb_k5_because(call, s->k5, code, "the initial ticket could not be kept");
	kerb_cache_fill(cred->cache, hoard);
	return STATUS_SUCCESS;
}

/* Of "user@REALM", as krb5_unparse_name writes it. */
static struct bytes
realm_of(const char *client)
{
	const char *at = strrchr(client, '@');

	return at ? bytes_of_text(at + 1) : BYTES_NONE;
}

/* The exchange, until it has ended well; nothing has been taken then. */
static NTSTATUS
as_turn(struct call *call, struct kerb_fetch *f, const struct kerb_cred *cred, const char *service)
{
	NTSTATUS status = STATUS_SUCCESS;

	if (!f->steps) {
		if (f->at == FETCH_PLACE)
			status = kerb_trip_end(call, f);
		else
			status = kerb_trip_place(call, f, realm_of(cred->client));
		if (status == STATUS_SUCCESS)
			status = steps_new(call, f, cred->is != KERB_PASSWORD);
		if (status != STATUS_SUCCESS)
			return status;
		f->steps->code = as_open(call, f->steps, cred, service);
		if (f->steps->code)
			return as_failed(call, f, cred);
	}
	status = steps_wake(call, f->steps);
	if (status == STATUS_SUCCESS)
		status = fetch_turn(call, f, cred->is == KERB_PASSWORD);
	if (goes_on(status) && f->steps->shared)
		steps_rest(f->steps);
	return status == STATUS_SUCCESS && f->steps->code ? as_failed(call, f, cred) : status;
}

NTSTATUS
kerb_fetch_tgt(struct call *call, struct kerb_fetch *f, const struct kerb_cred *cred)
{
	NTSTATUS status = as_turn(call, f, cred, NULL);

	if (goes_on(status))
		return status;
	if (status == STATUS_SUCCESS)
		status = as_take(call, f, cred);
	kerb_fetch_drop(f);
	return status;
}

NTSTATUS
kerb_fetch_initial(struct call *call, struct kerb_fetch *f, const struct kerb_cred *cred, const char *service,
    struct kerb_ticket **ret_ticket)
{
	NTSTATUS status = as_turn(call, f, cred, service);
	krb5_creds got, *copy = NULL;
	krb5_error_code code;

	if (goes_on(status))
		return status;
	if (status == STATUS_SUCCESS) {
		code = krb5_init_creds_get_creds(f->steps->k5, f->steps->as, &got);
		if (!code) {
			code = krb5_copy_creds(f->steps->k5, &got, &copy);
			krb5_free_cred_contents(f->steps->k5, &got);
		}
		*ret_ticket = code ? NULL : kerb_hoard_add(NULL, service, copy);
		status = code ? kerb_k5_because(call, f->steps->k5, code, "the initial ticket") :
		    *ret_ticket ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
	}
	kerb_fetch_drop(f);
	return status;
}

/* --- service tickets ----------------------------------------------------------- */

static NTSTATUS
tgs_failed(struct call *call, const struct kerb_fetch *f, const struct kerb_hoard *hoard, const char *target)
{
	krb5_error_code code = f->steps->code;
	NTSTATUS status = kerb_k5_status(code);
	const char *words, *realm = f->realm ? f->realm : hoard->realm;

	if (status == STATUS_INSUFFICIENT_RESOURCES)
		return status;
	words = kerb_k5_words(call, f->steps->k5, code);
	if (status == SEC_E_TARGET_UNKNOWN)
		because(call, status, TO_CALLER,
		    "the KDC of realm %s knows no service %s (asked for %s): %s; check the name, or register it (kadmin addprinc, "
		    "setspn)", realm, target, hoard->client, words);
	else if (status == SEC_E_TIME_SKEW)
		because(call, status, TO_CALLER,
		    "the clocks of this machine and of the KDC of realm %s are too far apart: %s; set this machine's clock", realm, words);
	else if (status == SEC_E_NO_CREDENTIALS)
		because(call, status, TO_CALLER,
		    "%s has no valid ticket-granting ticket to ask the KDC of realm %s for %s: %s; run kinit", hoard->client, realm,
		    target, words);
	else if (status == SEC_E_KDC_UNKNOWN_ETYPE)
		because(call, status, TO_CALLER,
		    "the KDC of realm %s and this machine have no encryption type in common for %s: %s; see permitted_enctypes in krb5.conf",
		    realm, target, words);
	else
		because(call, status, TO_CALLER, "no ticket for %s from the KDC of realm %s: %s", target, realm, words);
	return status;
}

static krb5_error_code
tgs_open(struct kerb_steps *s, struct kerb_hoard *hoard, krb5_const_principal server, const krb5_data *second, bool keep)
{
	krb5_creds wanted = { .magic = KV5M_CREDS, .server = (krb5_principal)(uintptr_t)server };
	krb5_error_code code;

	s->clock = hoard->clock;
	if (s->clock && !kerb_k5_clock(s->k5, s->clock))
		return ENOMEM;
	code = krb5_cc_get_principal(s->k5, hoard->cc, &s->client);
	if (code)
		return code;
	wanted.client = s->client;
	if (second)
		wanted.second_ticket = *second;
	code = krb5_tkt_creds_init(s->k5, hoard->cc, &wanted, (second ? KRB5_GC_USER_USER : 0) | (keep ? 0 : KRB5_GC_NO_STORE),
	    &s->tgs);
	krb5_free_principal(s->k5, s->client);		/* the machine has a copy */
	s->client = NULL;
	return code;
}

static NTSTATUS
tgs_take(struct call *call, struct kerb_steps *s, struct kerb_hoard *hoard, const char *target, bool keep,
    struct kerb_ticket **ret_ticket)
{
	krb5_creds got, *copy = NULL;
	krb5_error_code code = krb5_tkt_creds_get_creds(s->k5, s->tgs, &got);

	if (!code) {
		code = krb5_copy_creds(s->k5, &got, &copy);
		krb5_free_cred_contents(s->k5, &got);
	}
	if (code)
		return kerb_k5_because(call, s->k5, code, "the service ticket");
	because(call, STATUS_SUCCESS, TO_CALLER, "the KDC of realm %.*s gave a ticket for %s (%s)", (int)copy->server->realm.length,
	    copy->server->realm.data, target, kdc_story(call) ? kdc_story(call) : "");
	*ret_ticket = kerb_hoard_add(keep ? hoard : NULL, target, copy);
	return *ret_ticket ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* Whether libkrb5's half of the hoard has the ticket already, so that no KDC is needed. */
static bool
is_cached(struct call *call, struct kerb_hoard *hoard, krb5_const_principal server)
{
	krb5_creds wanted = { .magic = KV5M_CREDS, .server = (krb5_principal)(uintptr_t)server }, *got = NULL;
	krb5_context k5 = kerb_k5_take(call);
	bool yes = false;

	if (k5 && (!hoard->clock || kerb_k5_clock(k5, hoard->clock)) && krb5_cc_get_principal(k5, hoard->cc, &wanted.client) == 0) {
		yes = krb5_get_credentials(k5, KRB5_GC_CACHED, hoard->cc, &wanted, &got) == 0;
		krb5_free_creds(k5, got);
		krb5_free_principal(k5, wanted.client);
	}
	kerb_k5_give(k5);
	return yes;
}

/* SUCCESS: the machine may be made. */
static NTSTATUS
tgs_place(struct call *call, struct kerb_fetch *f, struct kerb_hoard *hoard, krb5_const_principal server, bool second)
{
	NTSTATUS status;

	if (f->at == FETCH_PLACE)
		return kerb_trip_end(call, f);
	/* For another realm's service it may hold a ticket to ask that one with. */
	if (server->realm.length && !bytes_same(bytes_of(server->realm.data, server->realm.length), bytes_of_text(hoard->realm)))
		return STATUS_SUCCESS;
	status = kerb_trip_place(call, f, bytes_of_text(hoard->realm));
	return status == STATUS_PENDING && !second && is_cached(call, hoard, server) ? STATUS_SUCCESS : status;
}

static NTSTATUS
fetch(struct call *call, struct kerb_fetch *f, struct kerb_hoard *hoard, const char *target, krb5_const_principal server,
    const krb5_data *second, bool keep, struct kerb_ticket **ret_ticket)
{
	NTSTATUS status = STATUS_SUCCESS;

	if (!f->steps) {
		*ret_ticket = keep ? kerb_hoard_find(hoard, target) : NULL;
		if (*ret_ticket)
			return STATUS_SUCCESS;
		status = tgs_place(call, f, hoard, server, second != NULL);
		if (status == STATUS_SUCCESS)
			status = steps_new(call, f, false);
		if (status != STATUS_SUCCESS) {
			if (status != STATUS_PENDING)
				kerb_fetch_drop(f);
			return status;
		}
		f->steps->code = tgs_open(f->steps, hoard, server, second, keep);
		if (f->steps->code) {
			status = tgs_failed(call, f, hoard, target);
			kerb_fetch_drop(f);
			return status;
		}
	}
	status = steps_wake(call, f->steps);
	if (status == STATUS_SUCCESS)
		status = fetch_turn(call, f, false);
	if (goes_on(status)) {
		steps_rest(f->steps);
		return status;
	}
	if (status == STATUS_SUCCESS)
		f->user2user = f->steps->code == KRB5KDC_ERR_MUST_USE_USER2USER;
	if (status == STATUS_SUCCESS)
		status = f->steps->code ? tgs_failed(call, f, hoard, target) :
		    tgs_take(call, f->steps, hoard, target, keep, ret_ticket);
	kerb_fetch_drop(f);
	return status;
}

NTSTATUS
kerb_fetch_ticket(struct call *call, struct kerb_fetch *f, struct kerb_hoard *hoard, const char *target,
    krb5_const_principal server, const krb5_data *second, struct kerb_ticket **ret_ticket)
{
	return fetch(call, f, hoard, target, server, second, !second, ret_ticket);
}

NTSTATUS
kerb_fetch_fresh(struct call *call, struct kerb_fetch *f, struct kerb_hoard *hoard, const char *target,
    krb5_const_principal server, struct kerb_ticket **ret_ticket)
{
	return fetch(call, f, hoard, target, server, NULL, false, ret_ticket);
}
