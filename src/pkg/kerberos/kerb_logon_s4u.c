/*
 * kerb_logon_s4u.c - logons by a name alone (KERB_S4U_LOGON): this machine
 * asks the KDC for a ticket to itself in the user's name (S4U2self, [MS-SFU]
 * 3.1.5.1.1).
 *
 *     BEGIN -> OWN (this machine's own tickets) -> SELF --a ticket that opens with its key--> let in
 *
 * Nobody has proved to be the user, so the token is for looking at, and for
 * acting as him only where the caller is trusted.
 */
#include "pkg/kerberos/kerb_logon.h"

#include <stdlib.h>
#include <string.h>

#include "pkg/kerberos/kerb_host.h"
#include "pkg/kerberos/kerb_k5.h"
#include "pkg/kerberos/kerb_s4u.h"

#define FIXED_S4U	40u
#define CHECK_HOURS	2u		/* the KDC looks at them anyway */
#define IDENTIFY	8u
#define TYPE_NETWORK	3u
#define TYPE_BATCH	4u
#define SILENCE_MS	9000u
enum { LEVEL_IDENTIFICATION = 1, LEVEL_IMPERSONATION };

struct asking {
	enum { BEGIN = 0, OWN, SELF } at;
	struct kerb_host host;			/* names and keys */
	unsigned tried;				/* of the names, those of accounts first */
	struct kerb_cred own;
	struct kerb_fetch fetch;
	struct kerb_hoard *hoard;
	struct kerb_tgs self;
	krb5_principal user;			/* of host.k5 */
	uint32_t flags;
	struct kerb_ticket *ticket;
	char client[KERB_TARGET_MAX];		/* for the audit */
};

static void
asking_drop(void *at)
{
	struct asking *f = at;

	kerb_fetch_drop(&f->fetch);
	kerb_fetch_drop(&f->self.trip);
	kerb_ticket_drop(f->ticket);
	kerb_hoard_drop(f->hoard);
	kerb_cred_clear(&f->own);
	if (f->host.k5)
		krb5_free_principal(f->host.k5, f->user);
	kerb_host_drop(&f->host);
}

static NTSTATUS
refused(struct call *call, const struct logon_args *args, const struct asking *f, NTSTATUS status, struct logon_result *ret)
{
	if (status == SEC_E_LOGON_DENIED && args->trusted)
		ret->substatus = STATUS_NO_SUCH_USER;
	return kerb_logon_refused(call, status, f->client, ret);
}

/* --- BEGIN ---------------------------------------------------------------------------- */

static NTSTATUS
user_take(struct call *call, struct asking *f, struct bytes body, struct logon_result *ret)
{
	struct acquire_args identity = { .explicit_identity = true, .has_password = true };
	struct reader r = reader_of(body);
	struct kerb_cred user = { .is = KERB_NOBODY };
	krb5_error_code code = 0;
	NTSTATUS status;

	reader_skip(&r, 4);
	f->flags = reader_u32(&r);
	identity.user = kerb_logon_string(&r, FIXED_S4U);
	identity.domain = kerb_logon_string(&r, FIXED_S4U);
	if (!reader_ok(&r) || (f->flags & ~(CHECK_HOURS | IDENTIFY)))
		return kerb_logon_verdict(call, ret, STATUS_INVALID_PARAMETER, "the logon buffer is malformed");
	if (identity.user.len > 2 * KERB_NAME_MAX || identity.domain.len > 2 * KERB_DOMAIN_MAX)
		return kerb_logon_verdict(call, ret, STATUS_NAME_TOO_LONG, "a name has more than 256 characters");
	if (!identity.user.len)
		return kerb_logon_verdict(call, ret, STATUS_LOGON_FAILURE, "no user was named");
	status = kerb_use_password(call, f->host.k5, &identity, &user);
	if (status == STATUS_SUCCESS) {
		bytes_copy(f->client, user.client, strlen(user.client) < sizeof f->client ? strlen(user.client) : sizeof f->client - 1);
		code = krb5_parse_name_flags(f->host.k5, user.client, user.enterprise ? KRB5_PRINCIPAL_PARSE_ENTERPRISE : 0, &f->user);
	}
	kerb_cred_clear(&user);
	if (code)
		return STATUS_INSUFFICIENT_RESOURCES;
	return kerb_logon_named(status, ret);
}

static NTSTATUS
begin(struct call *call, const struct logon_args *args, struct asking *f, struct logon_result *ret)
{
	NTSTATUS status;

	if (args->type != TYPE_NETWORK && args->type != TYPE_BATCH)
		return kerb_logon_verdict(call, ret, STATUS_INVALID_LOGON_TYPE, "a logon by a name alone is a network logon or a batch job");
	if (args->type == TYPE_BATCH && !args->trusted)
		return kerb_logon_verdict(call, ret, STATUS_PRIVILEGE_NOT_HELD, "only a trusted caller may run a batch job by a name alone");
	status = kerb_host_begin(call, &f->host, kerb_k5_default_realm(call));
	if (status != STATUS_SUCCESS)
		return refused(call, args, f, status, ret);
	ret->verdict = STATUS_SUCCESS;
	return user_take(call, f, args->body, ret);
}

/* --- OWN -------------------------------------------------------------------------------- */

/* A domain knows a machine as a client by its account, NAME$; MIT's KDC by any of its names. */
static const char *
own_name(const struct asking *f)
{
	unsigned at = f->tried;

	for (int account = 1; account >= 0; account--)
		for (unsigned i = 0; i < f->host.count; i++)
			if ((strncmp(f->host.names[i], "host/", 5) != 0) == account && at-- == 0)
				return f->host.names[i];
	return NULL;
}

static NTSTATUS
own_turn(struct call *call, struct asking *f)
{
	const char *name;
	NTSTATUS status;

	for (;;) {
		if (f->own.is != KERB_KEYTAB) {
			name = own_name(f);
			if (!name)
				return because(call, STATUS_NO_TRUST_SAM_ACCOUNT, TO_CALLER,
				    "the KDC takes none of this machine's names for a client's, so it cannot be asked for others' tickets");
			f->own = (struct kerb_cred){ .is = KERB_KEYTAB, .outbound = true, .cache = kerb_cache_new(), .client = strdup(name) };
			f->fetch.silence_ms = SILENCE_MS;
			if (!f->own.cache || !f->own.client)
				return STATUS_INSUFFICIENT_RESOURCES;
		}
		status = kerb_fetch_tgt(call, &f->fetch, &f->own);
		if (status == STATUS_SUCCESS) {
			f->hoard = kerb_cache_hoard(f->own.cache);
			return f->hoard ? status : STATUS_INTERNAL_ERROR;
		}
		if (status != SEC_E_LOGON_DENIED)
			return status;
		if (f->fetch.code != KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN)
			return because(call, STATUS_TRUSTED_RELATIONSHIP_FAILURE, TO_CALLER, "the KDC does not take this machine's key");
		kerb_cred_clear(&f->own);
		f->tried++;
	}
}

/* --- SELF --------------------------------------------------------------------------------- */

/* For who acts as the user further on, where the KDC lets this machine (S4U2proxy). NULL: then nobody does. */
static struct kerb_cache *
evidence_of(krb5_context k5, const struct asking *f, const krb5_enc_tkt_part *part)
{
	struct bytes ticket = bytes_of(f->ticket->creds->ticket.data, f->ticket->creds->ticket.length);
	struct kerb_cache *cache = kerb_cache_new();
	struct kerb_hoard *hoard;

	if (cache && kerb_hoard_of_evidence(&hoard, k5, part->client, ticket, f->own.client, (uint32_t)part->times.endtime) == 0) {
		kerb_cache_fill(cache, hoard);
		return cache;
	}
	kerb_cache_drop(cache);
	return NULL;
}

static NTSTATUS
granted(struct call *call, const struct logon_args *args, struct asking *f, struct logon_result *ret)
{
	const struct pac_profile *profile = NULL;
	krb5_context k5 = kerb_k5_take(call);
	struct kerb_cache *evidence = NULL;
	krb5_ticket *ticket = NULL;
	struct logon_view view;
	struct kerb_key key;
	NTSTATUS status;

	if (!k5 || (f->hoard->clock && !kerb_k5_clock(k5, f->hoard->clock))) {
		kerb_k5_give(k5);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	status = kerb_host_open(call, k5, f->host.ring, f->ticket->creds, &ticket, &key);
	if (status != STATUS_SUCCESS) {
		status = refused(call, args, f, status, ret);
	} else {
		status = kerb_logon_session(call, k5, ticket, &key, args, &view, &profile, NULL, ret);
		if (status == STATUS_SUCCESS && ret->verdict != STATUS_SUCCESS)
			kerb_logon_audit(call, ret->verdict, f->client);
		if (status == STATUS_SUCCESS && ret->verdict == STATUS_SUCCESS && args->trusted && !(f->flags & IDENTIFY))
			evidence = evidence_of(k5, f, ticket->enc_part2);
	}
	bytes_wipe(&key, sizeof key);
	krb5_free_ticket(k5, ticket);
	kerb_k5_give(k5);
	if (status != STATUS_SUCCESS || ret->verdict != STATUS_SUCCESS)
		return status;
	ret->level = args->trusted && !(f->flags & IDENTIFY) ? LEVEL_IMPERSONATION : LEVEL_IDENTIFICATION;
	status = kerb_logon_profile(call, profile, NULL, ret);
	if (status == STATUS_SUCCESS)
		status = kerb_logon_give(call, &view, 0, evidence, ret);
	else
		services(call)->logoff(view.session);
	kerb_cache_drop(evidence);
	return status;
}

NTSTATUS
kerb_logon_s4u(struct call *call, const struct logon_args *args, struct logon_result *ret)
{
	struct asking *f = frame(call, sizeof *f, asking_drop);
	NTSTATUS status;

	if (!f)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (f->at == BEGIN) {
		status = begin(call, args, f, ret);
		if (status != STATUS_SUCCESS || ret->verdict != STATUS_SUCCESS)
			return status;
		f->at = OWN;
	}
	ret->verdict = STATUS_LOGON_FAILURE;
	if (f->at == OWN) {
		status = own_turn(call, f);
		if (status != STATUS_SUCCESS)
			return refused(call, args, f, status, ret);
		f->self.trip.silence_ms = SILENCE_MS;
		f->at = SELF;
	}
	status = kerb_s4u_self(call, &f->self, f->hoard, f->user, &f->ticket);
	return status == STATUS_SUCCESS ? granted(call, args, f, ret) : refused(call, args, f, status, ret);
}
