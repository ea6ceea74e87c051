/*
 * kerb_accept.c - the acceptor's legs.
 *
 *     BEGIN --AP-REQ in, AP-REP or nothing out--> DONE
 *          \--AP-REQ in, AP-REP out (DCE style)--> TALKING --AP-REP in--> DONE
 *
 * It never asks a KDC. What the ticket and its authenticator are worth, libkrb5
 * judges (krb5_rd_req, with its own replay cache off); which key, whether it
 * came before, what it is bound to and who it is of, is decided here.
 *
 * The order: form, key, proof, replay, then what the proof protects: channel
 * bindings, the user, delegation. The caller reads one sentence where a logon is
 * denied; the true cause goes to trusted readers and to the audit.
 */
#include "pkg/kerberos/kerb_accept.h"

#include <errno.h>
#include <profile.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sspi.h>

#include "base/time.h"
#include "crypto/bindings.h"
#include "crypto/hash.h"
#include "pkg/kerberos/kerb_k5.h"
#include "pkg/kerberos/kerb_keys.h"
#include "pkg/kerberos/kerb_peer.h"

#define TRIES_MAX	48u		/* keys tried for one ticket */
#define SKEW_MAX	3600		/* krb5.conf may not say more: what is remembered ends some time */
#define AP_OPTION_CBT	0x4000u		/* AD-AUTH-DATA-AP-OPTIONS: the client knows of channel bindings */

struct acceptor {
	krb5_context k5;		/* DCE style, until the third leg: of ac */
	krb5_auth_context ac;
	struct kerb_data d;		/* its texts lie in the session and below */
	struct logon_view logon;
	void (*logoff)(void *session);
	char target[KERB_TARGET_MAX + 1];
};

/* What one leg works on. */
struct proof {
	struct call *call;
	const struct leg_args *args;
	struct kerb_frame frame;
	struct kerb_clear clear;
	krb5_context k5;
	krb5_auth_context ac;
	krb5_ticket *ticket;
	krb5_authenticator *said;
	struct kerb_key key;			/* the service's, that opened the ticket */
	char target[KERB_TARGET_MAX + 1];	/* whose key it is */
	uint32_t flags;				/* KERB_FLAG_* that the authenticator carries */
	bool bound;				/* its checksum is that of RFC 4121: `bind` counts */
	struct kerb_bind bind;
	krb5_error_code code;			/* what a KRB-ERROR says */
};

/* --- refusing ------------------------------------------------------------------- */

/* The true cause for those who may read it, and what the peer is told. */
static NTSTATUS
denied(struct proof *p, krb5_error_code code, const char *why)
{
	p->code = code;
	because(p->call, SEC_E_LOGON_DENIED, TO_TRUSTED, "%s", why);
	return because(p->call, SEC_E_LOGON_DENIED, TO_CALLER,
	    "the peer's ticket, or its proof that it is the peer's, was refused (trusted readers see the cause)");
}

static const struct { krb5_error_code code; NTSTATUS status; const char *why; } refusals[] = {
	{ KRB5KRB_AP_ERR_BAD_INTEGRITY, SEC_E_LOGON_DENIED, "it was changed on its way, or made with another key" },
	{ KRB5KRB_AP_ERR_MODIFIED, SEC_E_LOGON_DENIED, "it was changed on its way, or made with another key" },
	{ KRB5KRB_AP_ERR_BADMATCH, SEC_E_LOGON_DENIED, "the ticket and the authenticator are of different clients" },
	{ KRB5KRB_AP_ERR_TKT_EXPIRED, SEC_E_LOGON_DENIED, "the ticket has expired" },
	{ KRB5KRB_AP_ERR_TKT_NYV, SEC_E_LOGON_DENIED, "the ticket is not valid yet" },
	{ KRB5KRB_AP_ERR_TKT_INVALID, SEC_E_LOGON_DENIED, "the ticket is marked as not valid" },
	{ KRB5KRB_AP_ERR_BADADDR, SEC_E_LOGON_DENIED, "the ticket is for other network addresses" },
	{ KRB5KRB_AP_ERR_SKEW, SEC_E_TIME_SKEW, "the peer's clock differs from this machine's by more than is allowed" },
	{ KRB5_NOPERM_ETYPE, SEC_E_KDC_UNKNOWN_ETYPE, "krb5.conf (permitted_enctypes) does not permit its encryption type" },
	{ KRB5KDC_ERR_ETYPE_NOSUPP, SEC_E_KDC_UNKNOWN_ETYPE, "its encryption type is not supported" },
	{ KRB5_BAD_ENCTYPE, SEC_E_KDC_UNKNOWN_ETYPE, "its encryption type is not supported" },
	{ ENOMEM, STATUS_INSUFFICIENT_RESOURCES, "no memory" },
};

static NTSTATUS
judged(struct proof *p, krb5_error_code code)
{
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		if (refusals[i].code == code) {
			if (refusals[i].status == SEC_E_LOGON_DENIED)
				return denied(p, code, refusals[i].why);
			p->code = code;
			return because(p->call, refusals[i].status, TO_CALLER, "the peer's ticket was refused: %s", refusals[i].why);
		}
	return denied(p, KRB5KRB_ERR_GENERIC, "libkrb5 refuses it for a cause that has no sentence here");
}

/* rc4-hmac by policy; what else libkrb5 knows and we do not, never. */
static NTSTATUS
etype_check(struct proof *p, int32_t etype, const char *of)
{
	bool rc4 = etype == ENCTYPE_ARCFOUR_HMAC;

	if ((etype >= 17 && etype <= 20) || (rc4 && services(p->call)->rule(p->call, RULE_KERBEROS_RC4)))
		return STATUS_SUCCESS;
	p->code = KRB5KDC_ERR_ETYPE_NOSUPP;
	return because(p->call, SEC_E_KDC_UNKNOWN_ETYPE, TO_CALLER, rc4
	    ? "%s uses rc4-hmac, which policy kerberos-rc4 forbids: give the service AES keys"
	    : "%s uses encryption type %d, which is not supported", of, etype);
}

/* --- the key and the proof --------------------------------------------------------- */

/* libkrb5's clockskew, as it was when it was first asked for. */
static int
skew_of(krb5_context k5)
{
	static _Atomic int known;
	int skew = atomic_load(&known);
	profile_t profile;

	if (skew)
		return skew;
	skew = 300;
	if (krb5_get_profile(k5, &profile) == 0) {
		if (profile_get_integer(profile, "libdefaults", "clockskew", NULL, 300, &skew) != 0)
			skew = 300;
		profile_release(profile);
	}
	skew = skew < 1 ? 1 : skew > SKEW_MAX ? SKEW_MAX : skew;
	atomic_store(&known, skew);
	return skew;
}

static krb5_error_code
proof_try(struct proof *p)
{
	krb5_keyblock block = { .enctype = p->key.etype, .length = p->key.len, .contents = p->key.b };
	krb5_data message = { .data = (char *)(uintptr_t)p->frame.inner.at, .length = (unsigned)p->frame.inner.len };
	krb5_error_code code;

	krb5_auth_con_free(p->k5, p->ac);
	p->ac = NULL;
	code = krb5_auth_con_init(p->k5, &p->ac);
	if (!code)				/* no DO_TIME: no replay cache of the library's */
		code = krb5_auth_con_setflags(p->k5, p->ac, 0);
	if (!code)
		code = krb5_auth_con_setuseruserkey(p->k5, p->ac, &block);
	if (!code)
		code = krb5_rd_req(p->k5, &p->ac, &message, NULL, NULL, NULL, &p->ticket);
	return code;
}

static NTSTATUS
no_key(struct proof *p, const struct kerb_ring *ring)
{
	char have[256];

	p->code = KRB5KRB_AP_ERR_NOKEY;
	kerb_keys_tell(ring, p->clear.principal, have, sizeof have);
	return because(p->call, SEC_E_LOGON_DENIED, TO_CALLER,
	    "no key that this caller may use opens the peer's ticket, which is for %s, kvno %u, %s; the keytab has %s for it",
	    kerb_clear_name(&p->clear), p->clear.kvno, kerb_etype_name(p->clear.etype), have[0] ? have : "nothing");
}

/* Every key that may fit, until one does. */
static NTSTATUS
proof_open(struct proof *p, const struct kerb_cred *cred)
{
	struct kerb_wanted want = { .principal = p->clear.principal, .kvno = p->clear.kvno, .etype = p->clear.etype };
	const struct kerb_ring_key *k;
	struct kerb_ring *ring;
	krb5_error_code code = KRB5KRB_AP_ERR_NOKEY;
	char name[KERB_TARGET_MAX];
	uint32_t pos = 0, tries = 0;
	bool meant = false;
	NTSTATUS status;

	if (krb5_kt_default_name(p->k5, name, sizeof name) != 0)
		name[0] = 0;
	ring = kerb_keys(p->call, name);
	if (!ring)
		return because(p->call, SEC_E_NO_CREDENTIALS, TO_CALLER, "there are no keys to accept Kerberos tickets with");
	while (tries++ < TRIES_MAX && (k = kerb_keys_next(p->call, ring, cred->principal, &want, &pos))) {
		bool fits = strcmp(k->principal, want.principal) == 0 && k->kvno == want.kvno;

		if (!kerb_ring_key(ring, k, &p->key))
			continue;
		(void)snprintf(p->target, sizeof p->target, "%s", k->principal);
		code = proof_try(p);
		if (code != KRB5KRB_AP_ERR_BAD_INTEGRITY && code != KRB5KRB_AP_ERR_MODIFIED)
			break;
		meant |= fits;
	}
	status = code == 0 ? STATUS_SUCCESS : code == KRB5KRB_AP_ERR_NOKEY ||
	    (!meant && (code == KRB5KRB_AP_ERR_BAD_INTEGRITY || code == KRB5KRB_AP_ERR_MODIFIED))
	    ? no_key(p, ring) : judged(p, code);
	kerb_ring_drop(ring);
	return status;
}

/* Once for each proof, as long as its clock could be taken for ours. */
static NTSTATUS
proof_fresh(struct proof *p)
{
	uint8_t digest[SHA256_LEN];

	if (!sha256_of(digest, p->clear.proof))
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!services(p->call)->first_seen(p->call, digest, (uint64_t)(uint32_t)p->said->ctime + (uint64_t)skew_of(p->k5)))
		return denied(p, KRB5KRB_AP_ERR_REPEAT, "the same proof must not be taken twice (see above)");
	return STATUS_SUCCESS;
}

/* Another checksum than RFC 4121's is one over nothing, with the session key: old SMB clients. */
static bool
checksum_over_nothing(struct proof *p)
{
	krb5_data nothing = { 0 };
	krb5_boolean valid = 0;
	const krb5_keyblock *key = p->said->subkey ? p->said->subkey : p->ticket->enc_part2->session;

	return krb5_c_is_keyed_cksum(p->said->checksum->checksum_type) &&
	    krb5_c_verify_checksum(p->k5, key, KRB5_KEYUSAGE_AP_REQ_AUTH_CKSUM, &nothing, p->said->checksum, &valid) == 0 && valid;
}

static NTSTATUS
proof_flags(struct proof *p)
{
	const krb5_checksum *sum = p->said->checksum;

	if (sum && sum->checksum_type == KERB_CHECKSUM) {
		if (!kerb_bind_take(&p->bind, bytes_of(sum->contents, sum->length)))
			return denied(p, KRB5KRB_AP_ERR_INAPP_CKSUM, "the authenticator's checksum field is malformed");
		p->bound = true;
		p->flags = p->bind.flags;
		return STATUS_SUCCESS;
	}
	if (sum && !checksum_over_nothing(p))
		return denied(p, KRB5KRB_AP_ERR_INAPP_CKSUM, "the authenticator's checksum is of an unknown kind, or wrong");
	p->flags = KERB_FLAG_REPLAY | KERB_FLAG_SEQUENCE | (p->clear.mutual ? KERB_FLAG_MUTUAL : 0u);
	return STATUS_SUCCESS;
}

/* AP-REQ in, all of it judged. */
static NTSTATUS
proof_take(struct proof *p, const struct kerb_cred *cred)
{
	NTSTATUS status;

	p->code = KRB5KRB_AP_ERR_MSG_TYPE;
	if (!kerb_frame_take(&p->frame, p->args->token))
		return because(p->call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's token is no Kerberos token");
	if (p->frame.user2user || p->frame.is == KERB_TOKEN_TGT_REQ)
		return because(p->call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "the peer asks for user-to-user, which is not accepted");
	if (p->frame.is != KERB_TOKEN_AP_REQ || !kerb_clear_take(&p->clear, p->frame.inner))
		return because(p->call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's first token is no Kerberos AP-REQ");
	if (p->clear.session_key)
		return because(p->call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "the peer asks for user-to-user, which is not accepted");
	status = etype_check(p, p->clear.etype, "the peer's ticket");
	if (status == STATUS_SUCCESS)
		status = proof_open(p, cred);
	if (status != STATUS_SUCCESS)
		return status;
	if (krb5_auth_con_getauthenticator(p->k5, p->ac, &p->said) != 0 || !p->said)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = proof_fresh(p);
	if (status == STATUS_SUCCESS)
		status = etype_check(p, p->ticket->enc_part2->session->enctype, "the session key of the peer's ticket");
	if (status == STATUS_SUCCESS && p->said->subkey)
		status = etype_check(p, p->said->subkey->enctype, "the peer's key");
	return status == STATUS_SUCCESS ? proof_flags(p) : status;
}

/* --- what the proof protects ----------------------------------------------------------- */

/* [MS-KILE] 3.2.5.8: the client says that it would have sent bindings, had it known of a channel. */
static bool
knows_bindings(struct proof *p)
{
	krb5_authdata **found = NULL;
	bool knows = false;

	if (krb5_find_authdata(p->k5, NULL, p->said->authorization_data, KRB5_AUTHDATA_AP_OPTIONS, &found) != 0)
		return true;
	for (size_t i = 0; found && found[i]; i++)
		knows |= found[i]->length >= 4 && (get_u32(found[i]->contents) & AP_OPTION_CBT);
	krb5_free_authdata(p->k5, found);
	return knows;
}

static NTSTATUS
bindings_check(struct proof *p)
{
	static const uint8_t none[16];
	uint32_t rule = services(p->call)->rule(p->call, RULE_KERBEROS_BINDINGS);
	uint8_t ours[16];

	if (!p->args->bindings.len)
		return STATUS_SUCCESS;
	if (!bindings_hash_of(ours, p->args->bindings))
		return because(p->call, SEC_E_INVALID_TOKEN, TO_CALLER, "the channel bindings given are malformed");
	if (rule == 0)
		return STATUS_SUCCESS;
	p->code = KRB5KRB_AP_ERR_BAD_INTEGRITY;
	if (p->bound && !same_secret(p->bind.bindings, none, sizeof none)) {
		if (same_secret(p->bind.bindings, ours, sizeof ours))
			return STATUS_SUCCESS;
		return because(p->call, SEC_E_BAD_BINDINGS, TO_CALLER,
		    "the peer's channel bindings are not this channel's: it speaks to somebody between");
	}
	if (rule >= 2)
		return because(p->call, SEC_E_BAD_BINDINGS, TO_CALLER,
		    "peer sent no channel bindings, and policy kerberos-channel-bindings wants them");
	if (knows_bindings(p))
		return because(p->call, SEC_E_BAD_BINDINGS, TO_CALLER,
		    "peer sent no channel bindings though it knows of them: it speaks to somebody between");
	because(p->call, STATUS_SUCCESS, TO_CALLER,
	    "peer sent no channel bindings, which policy kerberos-channel-bindings allows");
	return STATUS_SUCCESS;
}

/* Forwarded tickets become the session's, for who acts in its name. Without them the logon is as good. */
static bool
delegation_take(struct proof *p, const struct logon_view *logon)
{
	krb5_data raw = { .data = (char *)(uintptr_t)p->bind.delegated.at, .length = (unsigned)p->bind.delegated.len };
	krb5_creds **tickets = NULL;
	bool kept = false;

	if (!p->bound || !p->bind.delegated.len)
		return false;
	if (krb5_rd_cred(p->k5, p->ac, &raw, &tickets, NULL) == 0 && tickets && tickets[0] &&
	    krb5_principal_compare(p->k5, tickets[0]->client, p->ticket->enc_part2->client))
		kept = kerb_accept_keep(p->call, p->k5, logon->session, tickets);
	krb5_free_tgt_creds(p->k5, tickets);
	if (!kept)
		because(p->call, STATUS_SUCCESS, TO_CALLER, "the tickets that the peer forwarded cannot be used, so nothing is delegated");
	return kept;
}

/* --- answering -------------------------------------------------------------------------- */

static bool
key_take(struct kerb_key *to, const krb5_keyblock *from)
{
	if (!from || from->length > sizeof to->b)
		return false;
	*to = (struct kerb_key){ .etype = from->enctype, .len = from->length };
	bytes_copy(to->b, from->contents, from->length);
	return true;
}

/* AP-REP, [RFC 4121] 4.1: a key of the acceptor's own, but for rc4-hmac outside DCE style ([RFC 4757] 7). */
static NTSTATUS
reply_make(struct proof *p, struct acceptor *a, struct leg_result *ret)
{
	struct kerb_frame out = { .raw = p->frame.raw || a->d.dce, .is = KERB_TOKEN_AP_REP };
	bool own = a->d.dce || a->d.key.etype != ENCTYPE_ARCFOUR_HMAC;
	krb5_data reply = { 0 };
	krb5_keyblock *fresh = NULL;
	krb5_int32 sequence = 0;
	NTSTATUS status = STATUS_SUCCESS;
	krb5_error_code code = krb5_auth_con_setflags(p->k5, p->ac,
	    KRB5_AUTH_CONTEXT_DO_SEQUENCE | (own ? KRB5_AUTH_CONTEXT_USE_SUBKEY : 0));

	if (!code)
		code = krb5_mk_rep(p->k5, p->ac, &reply);
	if (!code)
		code = krb5_auth_con_getlocalseqnumber(p->k5, p->ac, &sequence);
	if (!code && own)
		code = krb5_auth_con_getsendsubkey(p->k5, p->ac, &fresh);
	if (code || (own && !key_take(&a->d.key, fresh))) {
		status = code == ENOMEM ? STATUS_INSUFFICIENT_RESOURCES :
		    because(p->call, SEC_E_INTERNAL_ERROR, TO_CALLER, "the answer to the peer could not be made");
	} else {
		status = own ? etype_check(p, a->d.key.etype, "the key that was agreed on") : STATUS_SUCCESS;
		a->d.acceptor_subkey = own;
		a->d.send = (uint32_t)sequence;
		out.inner = bytes_of(reply.data, reply.length);
		if (status == STATUS_SUCCESS)
			status = kerb_frame_give(p->call, &out, &ret->token);
	}
	krb5_free_keyblock(p->k5, fresh);
	krb5_free_data_contents(p->k5, &reply);
	return status;
}

/* What the user half will need; keys and numbers as they stand when no reply is made. */
static bool
data_fill(struct proof *p, struct acceptor *a)
{
	struct kerb_data *d = &a->d;
	const krb5_enc_tkt_part *t = p->ticket->enc_part2;

	d->server = true;
	d->dce = p->flags & KERB_FLAG_DCE;
	d->grants = kerb_accept_grants(p->args->wants, p->flags);
	d->send = d->receive = (uint32_t)p->said->seq_number;
	d->expiry = time_filetime_of_unix((int64_t)(uint32_t)t->times.endtime);
	d->luid = a->logon.luid;
	d->user = bytes_of_text(a->logon.user);
	d->domain = bytes_of_text(a->logon.domain);
	d->sid = bytes_of_text(a->logon.sid);
	bytes_copy(a->target, p->target, sizeof a->target);
	d->target = bytes_of_text(a->target);
	return key_take(&d->key, p->said->subkey ? p->said->subkey : t->session);
}

static NTSTATUS
accept_done(struct call *call, struct kerb_context *ctx, const struct leg_args *args, struct leg_result *ret)
{
	struct acceptor *a = ctx->acceptor;
	NTSTATUS status;

	a->d.session_key = a->d.key;
	status = kerb_context_done(call, ctx, args, &a->d, ret);
	if (status == STATUS_SUCCESS) {
		ret->grants = a->d.grants;
		ret->expiry = a->d.expiry;
		services(call)->audit(call, STATUS_SUCCESS, a->d.domain, a->d.user, "Kerberos", a->d.luid);
	}
	bytes_wipe(&a->d.key, sizeof a->d.key);
	bytes_wipe(&a->d.session_key, sizeof a->d.session_key);
	return status;
}

/* The peer is who it says: a session, an answer, and with DCE style one more leg. */
static NTSTATUS
accept_proven(struct proof *p, struct kerb_context *ctx, struct leg_result *ret)
{
	krb5_keyblock block = { .enctype = p->key.etype, .length = p->key.len, .contents = p->key.b };
	struct acceptor *a = ctx->acceptor;
	NTSTATUS status = bindings_check(p);

	if (status != STATUS_SUCCESS)
		return status;
	status = kerb_peer_logon(p->call, p->k5, p->ticket->enc_part2, &block, &a->logon);
	if (status == SEC_E_LOGON_DENIED || status == STATUS_LOGON_TYPE_NOT_GRANTED)
		return denied(p, KRB5KRB_AP_ERR_MODIFIED, "who the ticket is of cannot be taken (see above)");
	if (status != STATUS_SUCCESS)
		return status;
	a->logoff = services(p->call)->logoff;
	if (!data_fill(p, a))
		return SEC_E_INTERNAL_ERROR;
	if (delegation_take(p, &a->logon))
		a->d.grants |= ASC_RET_DELEGATE;
	else
		kerb_accept_evidence(p->call, p->k5, a->logon.session, p->ticket->enc_part2, p->clear.ticket, p->target);
	if (p->flags & (KERB_FLAG_MUTUAL | KERB_FLAG_DCE))
		status = reply_make(p, a, ret);
	if (status != STATUS_SUCCESS)
		return status;
	if (!a->d.dce)
		return accept_done(p->call, ctx, p->args, ret);
	a->k5 = p->k5;
	a->ac = p->ac;
	p->k5 = NULL;
	p->ac = NULL;
	ret->grants = a->d.grants;
	return SEC_I_CONTINUE_NEEDED;
}

/* --- BEGIN ------------------------------------------------------------------------------- */

static void
audit_denied(struct proof *p, NTSTATUS status)
{
	krb5_const_principal c = p->ticket && p->ticket->enc_part2 ? p->ticket->enc_part2->client : NULL;
	struct bytes user = BYTES_NONE, realm = BYTES_NONE;

	if (c && c->length > 0) {
		user = bytes_of(c->data[0].data, c->data[0].length);
		realm = bytes_of(c->realm.data, c->realm.length);
	}
	services(p->call)->audit(p->call, status, realm, user, "Kerberos", 0);
}

static NTSTATUS
accept_begin(struct call *call, const struct leg_args *args, struct leg_result *ret)
{
	struct proof p = { .call = call, .args = args };
	struct kerb_context *ctx = kerb_context_new(true);
	struct acceptor *a = calloc(1, sizeof *a);
	NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

	p.k5 = kerb_k5_take(call);
	if (!ctx || !a || !p.k5) {
		free(ctx);
		free(a);
		kerb_k5_give(p.k5);
		return status;
	}
	ret->context = ctx;
	ctx->acceptor = a;
	status = proof_take(&p, args->cred);
	if (status == STATUS_SUCCESS)
		status = accept_proven(&p, ctx, ret);
	if (status < 0) {
		ctx->at = KERB_FAILED;
		if (status == SEC_E_LOGON_DENIED || status == SEC_E_TIME_SKEW || status == SEC_E_BAD_BINDINGS)
			audit_denied(&p, status);
		if ((args->wants & ASC_REQ_EXTENDED_ERROR) && p.k5)
			kerb_accept_error(call, p.k5, &p.frame, &p.clear, p.code, ret);
		kerb_accept_forget(a);
		ctx->acceptor = NULL;
	}
	bytes_wipe(&p.key, sizeof p.key);
	if (p.k5) {
		krb5_free_authenticator(p.k5, p.said);
		krb5_free_ticket(p.k5, p.ticket);
		krb5_auth_con_free(p.k5, p.ac);
	} else if (a) {
		krb5_free_authenticator(a->k5, p.said);
		krb5_free_ticket(a->k5, p.ticket);
	}
	kerb_k5_give(p.k5);
	return status;
}

/* --- TALKING: DCE style's third leg -------------------------------------------------------- */

/* The initiator echoes the number that our AP-REP began with: [MS-KILE] 3.4.5.1. */
static NTSTATUS
accept_third(struct call *call, struct kerb_context *ctx, const struct leg_args *args, struct leg_result *ret)
{
	struct acceptor *a = ctx->acceptor;
	krb5_data message = { .data = (char *)(uintptr_t)args->token.at, .length = (unsigned)args->token.len };
	struct kerb_frame f;
	krb5_ui_4 echo = 0;
	NTSTATUS status;

	if (!kerb_frame_take(&f, args->token) || !f.raw || f.is != KERB_TOKEN_AP_REP)
		status = because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's last token is no Kerberos AP-REP");
	else if (krb5_rd_rep_dce(a->k5, a->ac, &message, &echo) != 0 || echo != (uint32_t)a->d.send)
		status = because(call, SEC_E_LOGON_DENIED, TO_CALLER, "the peer's last token does not answer ours");
	else
		status = accept_done(call, ctx, args, ret);
	if (status < 0)
		ctx->at = KERB_FAILED;
	krb5_auth_con_free(a->k5, a->ac);
	a->ac = NULL;
	kerb_k5_give(a->k5);
	a->k5 = NULL;
	return status;
}

NTSTATUS
kerb_accept(struct call *call, const struct leg_args *args, struct leg_result *ret)
{
	struct kerb_context *ctx = args->context;

	if (!ctx)
		return accept_begin(call, args, ret);
	ret->context = ctx;
	if (ctx->at != KERB_TALKING || !ctx->server || !ctx->acceptor)
		return because(call, SEC_E_OUT_OF_SEQUENCE, TO_CALLER, "the context takes no further leg");
	return accept_third(call, ctx, args, ret);
}

void *
kerb_accept_who(void *acceptor, uint32_t *ret_level)
{
	const struct acceptor *a = acceptor;

	*ret_level = a->d.grants & ASC_RET_IDENTIFY ? 1 : a->d.grants & ASC_RET_DELEGATE ? 3 : 2;
	return a->logon.session;
}

void
kerb_accept_forget(void *acceptor)
{
	struct acceptor *a = acceptor;

	if (!a)
		return;
	if (a->k5) {
		krb5_auth_con_free(a->k5, a->ac);
		kerb_k5_give(a->k5);
	}
	if (a->logon.session && a->logoff)
		a->logoff(a->logon.session);
	bytes_wipe(a, sizeof *a);
	free(a);
}
