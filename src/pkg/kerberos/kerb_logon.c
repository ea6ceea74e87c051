/*
 * kerb_logon.c - logons with a name and a password.
 *
 *     BEGIN -> AS --tickets--> HOST --a ticket for this machine opens--> let in
 *               |\--the password is too old--> EXPIRED --and right--> refused, and told so
 *               \--no KDC answers--> KEPT (kerb_cached.h); who is let in may be kept for it (KEEPING)
 *
 * The KDC's word counts once it has shown that it knows this machine's key
 * (kerb_host.h): before that, whoever answers first could let anybody in.
 * A caller without trust learns of an account's state only behind its right
 * password. Layouts: KERB_INTERACTIVE_LOGON, KERB_INTERACTIVE_UNLOCK_LOGON.
 */
#include "pkg/kerberos/kerb_logon.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "pkg/kerberos/kerb_cached.h"
#include "pkg/kerberos/kerb_host.h"
#include "pkg/kerberos/kerb_k5.h"
#include "pkg/kerberos/kerb_peer.h"
#include "pkg/kerberos/kerb_tgt.h"

enum { SMART_CARD = 6, SMART_CARD_UNLOCK = 8, PROXY, CERTIFICATE = 13, CERTIFICATE_S4U, CERTIFICATE_UNLOCK };

#define FIXED_INTERACTIVE	56u
#define FIXED_UNLOCK		64u
#define CHANGE_SERVICE		"kadmin/changepw"
#define SILENCE_MS		9000u	/* three trips fit into the usual deadline of a call */

struct submit {
	uint32_t type;
	struct bytes domain, user, password;	/* UTF-16LE */
	uint64_t luid;
};

struct logging_on {
	enum { BEGIN = 0, AS, HOST, EXPIRED, KEEPING, KEPT } at;
	struct kerb_cred cred;
	struct kerb_fetch fetch;
	struct kerb_hoard *hoard;		/* what the KDC gave */
	struct kerb_host host;
	struct kerb_ticket *ticket;
	uint64_t luid;				/* of the session that is unlocked */
	struct kerb_cached cached;
	struct logon_view view;			/* KEEPING: let in already */
	void (*logoff)(void *session);
	struct bytes pac;			/* call memory, as all of `told` */
	struct logon_result told;
};

static void
logging_drop(void *at)
{
	struct logging_on *f = at;

	kerb_fetch_drop(&f->fetch);
	kerb_host_drop(&f->host);
	kerb_ticket_drop(f->ticket);
	kerb_hoard_drop(f->hoard);
	kerb_cred_clear(&f->cred);
	kerb_cached_drop(&f->cached);
	if (f->view.session && f->logoff)
		f->logoff(f->view.session);
}

NTSTATUS
kerb_logon_verdict(struct call *call, struct logon_result *ret, NTSTATUS verdict, const char *why)
{
	ret->verdict = because(call, verdict, TO_CALLER, "%s", why);
	return STATUS_SUCCESS;
}

/* --- what was submitted ------------------------------------------------------------ */

struct bytes
kerb_logon_string(struct reader *r, size_t fixed)
{
	uint16_t len = reader_u16(r);
	struct bytes part = BYTES_NONE;
	uint64_t at;

	reader_skip(r, 6);
	at = reader_u64(r);
	if (len && (len % 2 || at < fixed || at > r->whole.len || !bytes_part(&part, r->whole, (size_t)at, len)))
		reader_spoil(r);
	return part;
}

static bool
submit_take(struct submit *m, struct bytes body)
{
	struct reader r = reader_of(body);
	size_t fixed;

	*m = (struct submit){ .type = reader_u32(&r) };
	fixed = m->type == LOGON_SUBMIT_UNLOCK ? FIXED_UNLOCK : FIXED_INTERACTIVE;
	reader_skip(&r, 4);
	m->domain = kerb_logon_string(&r, fixed);
	m->user = kerb_logon_string(&r, fixed);
	m->password = kerb_logon_string(&r, fixed);
	if (m->type == LOGON_SUBMIT_UNLOCK)
		m->luid = reader_u64(&r);
	return reader_ok(&r);
}

/* --- refusals ---------------------------------------------------------------------- */

void
kerb_logon_audit(struct call *call, NTSTATUS status, const char *client)
{
	const char *at = strrchr(client, '@');

	services(call)->audit(call, status, bytes_of_text(at ? at + 1 : ""),
	    bytes_of(client, at ? (size_t)(at - client) : strlen(client)), "Kerberos", 0);
}

/* What the KDC said of an account before it looked at the password. */
static const struct { int32_t code; NTSTATUS status, substatus; } before[] = {
	{ KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN, STATUS_LOGON_FAILURE, STATUS_NO_SUCH_USER },
	{ KRB5KDC_ERR_PREAUTH_FAILED, STATUS_LOGON_FAILURE, STATUS_WRONG_PASSWORD },
	{ KRB5KRB_AP_ERR_BAD_INTEGRITY, STATUS_LOGON_FAILURE, STATUS_WRONG_PASSWORD },
	{ KRB5_PREAUTH_FAILED, STATUS_LOGON_FAILURE, STATUS_WRONG_PASSWORD },
	{ KRB5KDC_ERR_CLIENT_REVOKED, STATUS_ACCOUNT_RESTRICTION, STATUS_ACCOUNT_DISABLED },
	{ KRB5KDC_ERR_NAME_EXP, STATUS_ACCOUNT_EXPIRED, STATUS_SUCCESS },
	{ KRB5KDC_ERR_CLIENT_NOTYET, STATUS_ACCOUNT_RESTRICTION, STATUS_SUCCESS },
	{ KRB5KDC_ERR_POLICY, STATUS_ACCOUNT_RESTRICTION, STATUS_SUCCESS },
};

static NTSTATUS
denied(struct call *call, const struct logon_args *args, const struct logging_on *f, struct logon_result *ret)
{
	ret->verdict = STATUS_LOGON_FAILURE;
	ret->substatus = STATUS_SUCCESS;
	for (size_t i = 0; i < sizeof before / sizeof *before; i++)
		if (before[i].code == f->fetch.code) {
			kerb_logon_audit(call, before[i].substatus ? before[i].substatus : before[i].status, f->cred.client);
			if (args->trusted) {
				ret->verdict = before[i].status;
				ret->substatus = before[i].substatus;
			}
			return STATUS_SUCCESS;
		}
	kerb_logon_audit(call, STATUS_LOGON_FAILURE, f->cred.client);
	return STATUS_SUCCESS;
}

/* Those that are not audited are nobody's doing: neither the name nor the password is to blame. */
static const struct { NTSTATUS status, verdict; bool audited; } verdicts[] = {
	{ SEC_E_NO_AUTHENTICATING_AUTHORITY,    STATUS_NO_LOGON_SERVERS, false },
	{ SEC_E_TIME_SKEW,                      STATUS_TIME_DIFFERENCE_AT_DC, false },
	{ SEC_E_INTERNAL_ERROR,                 STATUS_INTERNAL_ERROR, false },
	{ STATUS_NO_TRUST_LSA_SECRET,           STATUS_NO_TRUST_LSA_SECRET, true },
	{ STATUS_NO_TRUST_SAM_ACCOUNT,          STATUS_NO_TRUST_SAM_ACCOUNT, true },
	{ STATUS_TRUSTED_RELATIONSHIP_FAILURE,  STATUS_TRUSTED_RELATIONSHIP_FAILURE, true },
};

NTSTATUS
kerb_logon_refused(struct call *call, NTSTATUS status, const char *client, struct logon_result *ret)
{
	if (status == STATUS_INSUFFICIENT_RESOURCES || status == STATUS_PENDING)
		return status;
	ret->verdict = STATUS_LOGON_FAILURE;
	for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
		if (verdicts[i].status == status) {
			ret->verdict = verdicts[i].verdict;
			if (!verdicts[i].audited)
				return STATUS_SUCCESS;
		}
	kerb_logon_audit(call, ret->verdict, client);
	return STATUS_SUCCESS;
}

static NTSTATUS
refused(struct call *call, const struct logon_args *args, const struct logging_on *f, NTSTATUS status, struct logon_result *ret)
{
	return status == SEC_E_LOGON_DENIED ? denied(call, args, f, ret) :
	    kerb_logon_refused(call, status, f->cred.client ? f->cred.client : "", ret);
}

NTSTATUS
kerb_logon_named(NTSTATUS status, struct logon_result *ret)
{
	switch (status) {
	case SEC_E_NO_CREDENTIALS:		/* no realm is named, nor is one usual here */
		ret->verdict = STATUS_NO_LOGON_SERVERS;
		return STATUS_SUCCESS;
	case SEC_E_UNKNOWN_CREDENTIALS:
		ret->verdict = STATUS_LOGON_FAILURE;
		return STATUS_SUCCESS;
	default:
		return status;
	}
}

/* --- let in -------------------------------------------------------------------------- */

NTSTATUS
kerb_logon_may_unlock(struct call *call, uint64_t luid, struct logon_result *ret)
{
	struct session_view view;
	NTSTATUS status = services(call)->session(call, luid, &view);

	ret->verdict = status == STATUS_ACCESS_DENIED ? STATUS_PRIVILEGE_NOT_HELD : status;
	if (status == STATUS_ACCESS_DENIED)
		because(call, ret->verdict, TO_CALLER, "only a trusted caller may unlock another's logon session");
	else if (status == STATUS_NO_SUCH_LOGON_SESSION)
		because(call, status, TO_CALLER, "there is no logon session to be unlocked");
	else if (status != STATUS_SUCCESS)
		return status;
	return STATUS_SUCCESS;
}

NTSTATUS
kerb_logon_judged(struct call *call, NTSTATUS status, struct logon_result *ret)
{
	if (status == STATUS_LOGON_TYPE_NOT_GRANTED)
		return kerb_logon_verdict(call, ret, status, "policy does not let this user log on in this way here");
	if (status == SEC_E_LOGON_DENIED)
		return kerb_logon_verdict(call, ret, STATUS_LOGON_FAILURE,
		    "who the ticket is of cannot be taken (trusted readers see the cause)");
	ret->verdict = status;
	return status;
}

NTSTATUS
kerb_logon_session(struct call *call, krb5_context k5, const krb5_ticket *ticket, const struct kerb_key *key,
    const struct logon_args *args, struct logon_view *ret_view, const struct pac_profile **ret_profile,
    struct bytes *ret_pac, struct logon_result *ret)
{
	krb5_keyblock block = { .enctype = key->etype, .length = key->len, .contents = (krb5_octet *)(uintptr_t)key->b };

	return kerb_logon_judged(call, kerb_peer_logon(call, k5, ticket->enc_part2, &block, args->type, ret_view, ret_profile, ret_pac), ret);
}

/* The session that is unlocked takes the fresh tickets, and so do credentials that were made of its old ones. */
static NTSTATUS
unlock(struct call *call, const struct logon_view *view, uint64_t luid, struct kerb_cache *cache, struct logon_result *ret)
{
	const struct lsa_services *s = services(call);
	struct session_view of;
	struct kerb_hoard *hoard;
	struct kerb_cache *old;
	char sid[SID_TEXT_MAX] = "";
	struct sid binary;
	struct reader r;
	NTSTATUS status = s->session(call, luid, &of);

	if (status != STATUS_SUCCESS)
		return kerb_logon_verdict(call, ret, STATUS_NO_SUCH_LOGON_SESSION, "the logon session to be unlocked has ended");
	r = reader_of(of.sid);
	sid_take(&binary, &r);
	if (of.sid.len && (!reader_done(&r) || !sid_text(&binary, sid)))
		return STATUS_INTERNAL_ERROR;
	if (strcmp(of.user, view->user) != 0 || strcmp(of.domain, view->domain) != 0 || strcmp(sid, view->sid) != 0)
		return kerb_logon_verdict(call, ret, STATUS_ACCESS_DENIED, "the logon session to be unlocked is another user's");
	old = (struct kerb_cache *)(void *)s->session_kept(call, of.session, &kerberos_lsa);
	hoard = cache ? kerb_cache_hoard(cache) : NULL;
	if (old && hoard)
		kerb_cache_fill(old, kerb_hoard_hold(hoard));
	else if (cache)
		status = s->session_keep(call, of.session, &kerberos_lsa, &kerb_cache_hold(cache)->kept);
	kerb_hoard_drop(hoard);
	kerb_cache_drop(old);
	if (status == STATUS_SUCCESS) {
		ret->session = of.session;
		ret->borrowed = true;
	}
	return status;
}

NTSTATUS
kerb_logon_give(struct call *call, struct logon_view *view, uint64_t luid, struct kerb_cache *cache, struct logon_result *ret)
{
	const struct lsa_services *s = services(call);
	struct bytes user = bytes_of_text(view->user), domain = bytes_of_text(view->domain);
	NTSTATUS status = STATUS_SUCCESS;

	ret->verdict = STATUS_SUCCESS;
	if (luid)
		status = unlock(call, view, luid, cache, ret);
	else if (cache)
		status = s->session_keep(call, view->session, &kerberos_lsa, &kerb_cache_hold(cache)->kept);
	if (status == STATUS_SUCCESS)
		s->audit(call, ret->verdict, domain, user, "Kerberos", view->luid);
	if (luid || status != STATUS_SUCCESS)
		s->logoff(view->session);
	else
		ret->session = view->session;
	return status;
}

/* --- a name and a password -------------------------------------------------------------- */

/* Tickets in the client's own name alone count: a ticket for somebody else proves nothing of this user. */
static NTSTATUS
same_client(struct call *call, krb5_context k5, struct kerb_hoard *hoard, krb5_const_principal client)
{
	krb5_principal own = NULL;
	krb5_error_code code = krb5_cc_get_principal(k5, hoard->cc, &own);
	bool same = !code && krb5_principal_compare(k5, own, client);

	krb5_free_principal(k5, own);
	if (code)
		return STATUS_INSUFFICIENT_RESOURCES;
	return same ? STATUS_SUCCESS : because(call, STATUS_TRUSTED_RELATIONSHIP_FAILURE, TO_CALLER,
	    "the KDC's ticket for this machine is another user's");
}

/* Let in, and perhaps kept for a day without a KDC. */
static NTSTATUS
keep(struct call *call, const struct logon_args *args, struct logging_on *f, struct logon_result *ret)
{
	struct logon_view view;
	NTSTATUS status = kerb_cached_may(call, args) ?
	    kerb_cached_keep(call, &f->cached, &f->cred, f->hoard->client, f->pac) : STATUS_SUCCESS;

	if (status != STATUS_SUCCESS)
		return status;
	*ret = f->told;
	view = f->view;
	f->view.session = NULL;			/* the next one's */
	return kerb_logon_give(call, &view, f->luid, f->cred.cache, ret);
}

static NTSTATUS
proven(struct call *call, const struct logon_args *args, struct logging_on *f, struct logon_result *ret)
{
	const struct pac_profile *profile = NULL;
	krb5_context k5 = kerb_k5_take(call);
	krb5_ticket *ticket = NULL;
	struct kerb_key key;
	NTSTATUS status;

	if (!k5 || (f->hoard->clock && !kerb_k5_clock(k5, f->hoard->clock))) {
		kerb_k5_give(k5);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	status = kerb_host_open(call, k5, f->host.ring, f->ticket->creds, &ticket, &key);
	if (status == STATUS_SUCCESS)
		status = same_client(call, k5, f->hoard, ticket->enc_part2->client);
	if (status != STATUS_SUCCESS) {
		status = refused(call, args, f, status, ret);
	} else {
		status = kerb_logon_session(call, k5, ticket, &key, args, &f->view, &profile, &f->pac, ret);
		if (status == STATUS_SUCCESS && ret->verdict != STATUS_SUCCESS)
			kerb_logon_audit(call, ret->verdict, f->cred.client);
	}
	bytes_wipe(&key, sizeof key);
	krb5_free_ticket(k5, ticket);
	kerb_k5_give(k5);
	if (status != STATUS_SUCCESS || ret->verdict != STATUS_SUCCESS)
		return status;
	f->logoff = services(call)->logoff;
	status = kerb_logon_profile(call, profile, NULL, ret);
	if (status != STATUS_SUCCESS)
		return status;
	f->told = *ret;
	f->at = KEEPING;
	return keep(call, args, f, ret);
}

/* Where policy says so, and this machine has no key that a KDC could be held against. */
static NTSTATUS
unproven(struct call *call, const struct logon_args *args, struct logging_on *f, struct logon_result *ret)
{
	krb5_context k5 = kerb_k5_take(call);
	krb5_principal client = NULL;
	struct logon_view view;
	NTSTATUS status;

	if (!k5 || krb5_cc_get_principal(k5, f->hoard->cc, &client) != 0) {
		kerb_k5_give(k5);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	because(call, STATUS_SUCCESS, TO_CALLER,
	    "this machine has no key to hold the KDC against, and policy kerberos-require-host-key lets it be believed");
	status = kerb_logon_judged(call, kerb_peer_named(call, client, time_filetime_of_unix((int64_t)f->hoard->end), args->type, &view), ret);
	krb5_free_principal(k5, client);
	kerb_k5_give(k5);
	if (status != STATUS_SUCCESS || ret->verdict != STATUS_SUCCESS)
		return status;
	status = kerb_logon_profile(call, NULL, NULL, ret);
	if (status != STATUS_SUCCESS) {
		services(call)->logoff(view.session);
		return status;
	}
	return kerb_logon_give(call, &view, f->luid, f->cred.cache, ret);
}

/* A session like the caller's own, whose tickets will be asked for with this password when they are needed. */
static NTSTATUS
new_credentials(struct call *call, const struct logon_args *args, struct logging_on *f, struct logon_result *ret)
{
	struct logon_view view;
	NTSTATUS status;

	kerb_cache_by_password(f->cred.cache, &f->cred);
	status = services(call)->clone(call, args->type, "Kerberos", &view);
	if (status != STATUS_SUCCESS)
		return status;
	status = kerb_logon_profile(call, NULL, NULL, ret);
	if (status != STATUS_SUCCESS) {
		services(call)->logoff(view.session);
		return status;
	}
	return kerb_logon_give(call, &view, 0, f->cred.cache, ret);
}

static NTSTATUS
begin(struct call *call, const struct logon_args *args, struct logging_on *f, struct logon_result *ret)
{
	struct acquire_args identity = { .explicit_identity = true, .has_password = true };
	struct submit m;
	krb5_context k5;
	NTSTATUS status;

	if (!submit_take(&m, args->body))
		return kerb_logon_verdict(call, ret, STATUS_INVALID_PARAMETER, "the logon buffer is malformed");
	if (m.user.len > 2 * KERB_NAME_MAX || m.password.len > 2 * KERB_NAME_MAX || m.domain.len > 2 * KERB_DOMAIN_MAX)
		return kerb_logon_verdict(call, ret, STATUS_NAME_TOO_LONG, "a name or a password has more than 256 characters");
	if (!m.user.len)
		return kerb_logon_verdict(call, ret, STATUS_LOGON_FAILURE, "no user was named");
	ret->verdict = STATUS_SUCCESS;
	if (m.luid && args->type == LOGON_TYPE_NEW_CREDENTIALS)
		return kerb_logon_verdict(call, ret, STATUS_INVALID_LOGON_TYPE, "a session is not unlocked with credentials for elsewhere");
	status = m.luid ? kerb_logon_may_unlock(call, m.luid, ret) : STATUS_SUCCESS;
	if (status != STATUS_SUCCESS || ret->verdict != STATUS_SUCCESS)
		return status;
	f->luid = m.luid;
	identity.user = m.user;
	identity.domain = m.domain;
	identity.password = m.password;
	k5 = kerb_k5_take(call);
	if (!k5)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = kerb_use_password(call, k5, &identity, &f->cred);
	kerb_k5_give(k5);
	f->cred.renewable = true;
	return kerb_logon_named(status, ret);
}

/* No KDC says anything: what is kept does, where policy lets it. */
static bool
unanswered(struct call *call, const struct logon_args *args, struct logging_on *f, NTSTATUS status)
{
	if (status != SEC_E_NO_AUTHENTICATING_AUTHORITY || !kerb_cached_may(call, args))
		return false;
	f->at = KEPT;
	return true;
}

static NTSTATUS
as_turn(struct call *call, const struct logon_args *args, struct logging_on *f, struct logon_result *ret)
{
	NTSTATUS status = kerb_fetch_tgt(call, &f->fetch, &f->cred);

	if (status == SEC_E_LOGON_DENIED && f->fetch.code == KRB5KDC_ERR_KEY_EXP) {
		f->at = EXPIRED;
		return STATUS_SUCCESS;
	}
	if (unanswered(call, args, f, status))
		return STATUS_SUCCESS;
	if (status != STATUS_SUCCESS)
		return refused(call, args, f, status, ret);
	f->hoard = kerb_cache_hoard(f->cred.cache);
	f->at = HOST;
	return f->hoard ? STATUS_SUCCESS : STATUS_INTERNAL_ERROR;
}

static NTSTATUS
host_turn(struct call *call, const struct logon_args *args, struct logging_on *f, struct logon_result *ret)
{
	NTSTATUS status;

	f->host.fetch.silence_ms = SILENCE_MS;
	status = kerb_host_ask(call, &f->host, f->hoard, &f->ticket);
	if (status == STATUS_SUCCESS)
		return proven(call, args, f, ret);
	if (status == STATUS_NO_TRUST_LSA_SECRET && !services(call)->rule(call, RULE_KERBEROS_HOST_KEY))
		return unproven(call, args, f, ret);
	if (unanswered(call, args, f, status))
		return kerb_cached_logon(call, &f->cached, &f->cred, f->luid, args, ret);
	return refused(call, args, f, status, ret);
}

/* The KDC says so of anybody; the service that changes passwords takes none but the right one. */
static NTSTATUS
expired_turn(struct call *call, const struct logon_args *args, struct logging_on *f, struct logon_result *ret)
{
	NTSTATUS status = kerb_fetch_initial(call, &f->fetch, &f->cred, CHANGE_SERVICE, &f->ticket);

	if (status != STATUS_SUCCESS)
		return refused(call, args, f, status, ret);
	kerb_logon_audit(call, STATUS_PASSWORD_EXPIRED, f->cred.client);
	ret->substatus = STATUS_PASSWORD_EXPIRED;
	return kerb_logon_verdict(call, ret, STATUS_ACCOUNT_RESTRICTION, "the password is right, and too old; change it (kpasswd)");
}

static NTSTATUS
password_logon(struct call *call, const struct logon_args *args, struct logon_result *ret)
{
	struct logging_on *f = frame(call, sizeof *f, logging_drop);
	NTSTATUS status;

	if (!f)
		return STATUS_INSUFFICIENT_RESOURCES;
	ret->verdict = STATUS_LOGON_FAILURE;
	if (f->at == BEGIN) {
		status = begin(call, args, f, ret);
		if (status != STATUS_SUCCESS || ret->verdict != STATUS_SUCCESS)
			return status;
		if (args->type == LOGON_TYPE_NEW_CREDENTIALS)
			return new_credentials(call, args, f, ret);
		f->fetch.silence_ms = SILENCE_MS;
		f->at = AS;
		ret->verdict = STATUS_LOGON_FAILURE;
	}
	if (f->at == AS) {
		status = as_turn(call, args, f, ret);
		if (status != STATUS_SUCCESS || f->at == AS)
			return status;
	}
	switch (f->at) {
	case HOST:
		return host_turn(call, args, f, ret);
	case KEEPING:
		return keep(call, args, f, ret);
	case KEPT:
		return kerb_cached_logon(call, &f->cached, &f->cred, f->luid, args, ret);
	default:
		return expired_turn(call, args, f, ret);
	}
}

/* --- the entry --------------------------------------------------------------------------- */

NTSTATUS
kerb_logon(struct call *call, const struct logon_args *args, struct logon_result *ret)
{
	struct reader r = reader_of(args->body);

	ret->verdict = STATUS_LOGON_FAILURE;
	switch (reader_u32(&r)) {
	case LOGON_SUBMIT_INTERACTIVE:
	case LOGON_SUBMIT_UNLOCK:
		return password_logon(call, args, ret);
	case LOGON_SUBMIT_TICKET:
	case LOGON_SUBMIT_TICKET_UNLOCK:
		return kerb_logon_ticket(call, args, ret);
	case LOGON_SUBMIT_S4U:
		return kerb_logon_s4u(call, args, ret);
	case SMART_CARD:
	case SMART_CARD_UNLOCK:
	case PROXY:
	case CERTIFICATE:
	case CERTIFICATE_S4U:
	case CERTIFICATE_UNLOCK:
		return kerb_logon_verdict(call, ret, STATUS_NOT_SUPPORTED, "Kerberos does not support logons of this kind");
	default:
		return kerb_logon_verdict(call, ret, reader_ok(&r) ? STATUS_BAD_VALIDATION_CLASS : STATUS_INVALID_PARAMETER,
		    "Kerberos knows no logon buffer of this type");
	}
}
