/*
 * kerb_judge.c - what a peer's ticket and its authenticator are worth: form,
 * key, proof, replay, channel bindings. libkrb5 judges ciphers and times
 * (krb5_rd_req, with its own replay cache off); which key, whether it came
 * before, and what it is bound to is decided here. It must never learn to
 * know who the peer becomes.
 *
 * The caller reads one sentence where a logon is denied; the true cause goes
 * to trusted readers and to the audit.
 */
#include "pkg/kerberos/kerb_judge.h"

#include <errno.h>
#include <profile.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sspi.h>

#include "crypto/bindings.h"
#include "crypto/hash.h"
#include "pkg/kerberos/kerb_extra.h"
#include "pkg/kerberos/kerb_k5.h"
#include "pkg/kerberos/kerb_keys.h"
#include "pkg/kerberos/kerb_own.h"

#define TRIES_MAX	48u		/* keys tried for one ticket */
#define SKEW_MAX	3600		/* krb5.conf may not say more: what is remembered ends some time */
#define AP_OPTION_CBT	0x4000u		/* AD-AUTH-DATA-AP-OPTIONS: the client knows of channel bindings */

/* --- refusing ------------------------------------------------------------------- */

/* The true cause for those who may read it, and what the peer is told. */
NTSTATUS
proof_denied(struct proof *p, krb5_error_code code, const char *why)
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
				return proof_denied(p, code, refusals[i].why);
			p->code = code;
			return because(p->call, refusals[i].status, TO_CALLER, "the peer's ticket was refused: %s", refusals[i].why);
		}
	return proof_denied(p, KRB5KRB_ERR_GENERIC, "libkrb5 refuses it for a cause that has no sentence here");
}

/* rc4-hmac by policy; what else libkrb5 knows and we do not, never. */
NTSTATUS
proof_etype(struct proof *p, int32_t etype, const char *of)
{
	if (kerb_etype_taken(p->call, etype))
		return STATUS_SUCCESS;
	p->code = KRB5KDC_ERR_ETYPE_NOSUPP;
	return because(p->call, SEC_E_KDC_UNKNOWN_ETYPE, TO_CALLER, etype == ENCTYPE_ARCFOUR_HMAC
	    ? "%s uses rc4-hmac, which policy kerberos-rc4 or FIPS mode forbids: give the service AES keys"
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

static bool
is_wrong_key(krb5_error_code code)
{
	return code == KRB5KRB_AP_ERR_NOKEY || code == KRB5KRB_AP_ERR_BAD_INTEGRITY || code == KRB5KRB_AP_ERR_MODIFIED;
}

static krb5_error_code
proof_open_by(struct proof *p, const struct kerb_cred *cred, struct kerb_cache *extra)
{
	struct kerb_wanted want = { .principal = p->clear.principal, .kvno = p->clear.kvno, .etype = p->clear.etype };
	krb5_error_code code = KRB5KRB_AP_ERR_NOKEY;
	uint32_t pos = 0, tries = 0;

	while (extra && is_wrong_key(code) && tries++ < TRIES_MAX && kerb_extra_next(extra, cred->principal, &want, &pos, &p->key))
		code = proof_try(p);
	return code;
}

/* Keys of accounts whose passwords the credential was given, or its session. */
static krb5_error_code
proof_open_extra(struct proof *p, const struct kerb_cred *cred)
{
	struct kerb_cache *extra = kerb_extra_cache(p->call, cred->luid);
	krb5_error_code code = proof_open_by(p, cred, atomic_load(&cred->extra));

	if (is_wrong_key(code))
		code = proof_open_by(p, cred, extra);
	if (!is_wrong_key(code))
		(void)snprintf(p->target, sizeof p->target, "%s", p->clear.principal);
	kerb_cache_drop(extra);
	return code;
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
	if (!ring) {
		code = proof_open_extra(p, cred);
		return code == 0 ? STATUS_SUCCESS : !is_wrong_key(code) ? judged(p, code) :
		    because(p->call, SEC_E_NO_CREDENTIALS, TO_CALLER, "there are no keys to accept Kerberos tickets with");
	}
	while (tries++ < TRIES_MAX && (k = kerb_keys_next(p->call, ring, cred->principal, &want, &pos))) {
		bool fits = strcmp(k->principal, want.principal) == 0 && k->kvno == want.kvno;

		if (!kerb_ring_key(ring, k, &p->key))
			continue;
		(void)snprintf(p->target, sizeof p->target, "%s", k->principal);
		code = proof_try(p);
		if (!is_wrong_key(code))
			break;
		meant |= fits;
	}
	if (is_wrong_key(code)) {
		krb5_error_code extra = proof_open_extra(p, cred);

		code = is_wrong_key(extra) ? code : extra;
	}
	status = code == 0 ? STATUS_SUCCESS : code == KRB5KRB_AP_ERR_NOKEY || (!meant && is_wrong_key(code)) ? no_key(p, ring) :
	    judged(p, code);
	kerb_ring_drop(ring);
	return status;
}

/* User-to-user: the session key of the acceptor's own ticket-granting ticket. */
static NTSTATUS
proof_open_own(struct proof *p, struct kerb_hoard *own)
{
	krb5_error_code code;

	p->code = KRB5KRB_AP_ERR_NO_TGT;
	if (!kerb_own_key(p->k5, own, &p->key))
		return because(p->call, SEC_E_NO_CREDENTIALS, TO_CALLER,
		    "the peer's ticket is for user-to-user, and this credential has no ticket-granting ticket that could open it");
	(void)snprintf(p->target, sizeof p->target, "%s", own->client);
	code = proof_try(p);
	return code ? judged(p, code) : STATUS_SUCCESS;
}

/* Once for each proof, as long as its clock could be taken for ours. */
static NTSTATUS
proof_fresh(struct proof *p)
{
	uint8_t digest[SHA256_LEN];

	if (!sha256_of(digest, p->clear.proof))
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!services(p->call)->first_seen(p->call, digest, (uint64_t)(uint32_t)p->said->ctime + (uint64_t)skew_of(p->k5)))
		return proof_denied(p, KRB5KRB_AP_ERR_REPEAT, "the same proof must not be taken twice (see above)");
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
			return proof_denied(p, KRB5KRB_AP_ERR_INAPP_CKSUM, "the authenticator's checksum field is malformed");
		p->bound = true;
		p->flags = p->bind.flags;
		return STATUS_SUCCESS;
	}
	if (sum && !checksum_over_nothing(p))
		return proof_denied(p, KRB5KRB_AP_ERR_INAPP_CKSUM, "the authenticator's checksum is of an unknown kind, or wrong");
	p->flags = KERB_FLAG_REPLAY | KERB_FLAG_SEQUENCE | (p->clear.mutual ? KERB_FLAG_MUTUAL : 0u);
	return STATUS_SUCCESS;
}

/* AP-REQ in, all of it judged. */
NTSTATUS
proof_take(struct proof *p, const struct kerb_cred *cred, struct kerb_hoard *own)
{
	NTSTATUS status;

	p->code = KRB5KRB_AP_ERR_MSG_TYPE;
	if (!kerb_frame_take(&p->frame, p->args->token))
		return because(p->call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's token is no Kerberos token");
	if (p->frame.is != KERB_TOKEN_AP_REQ || !kerb_clear_take(&p->clear, p->frame.inner))
		return because(p->call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's first token is no Kerberos AP-REQ");
	if (p->frame.iakerb)
		return because(p->call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "the peer's token is of IAKERB, which is not accepted");
	if (p->frame.user2user && !p->clear.session_key)
		return because(p->call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's token is of user-to-user, and its ticket is not");
	status = proof_etype(p, p->clear.etype, "the peer's ticket");
	if (status == STATUS_SUCCESS)
		status = p->clear.session_key ? proof_open_own(p, own) : proof_open(p, cred);
	if (status != STATUS_SUCCESS)
		return status;
	if (krb5_auth_con_getauthenticator(p->k5, p->ac, &p->said) != 0 || !p->said)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = proof_fresh(p);
	if (status == STATUS_SUCCESS)
		status = proof_etype(p, p->ticket->enc_part2->session->enctype, "the session key of the peer's ticket");
	if (status == STATUS_SUCCESS && p->said->subkey)
		status = proof_etype(p, p->said->subkey->enctype, "the peer's key");
	return status == STATUS_SUCCESS ? proof_flags(p) : status;
}

/* --- channel bindings -------------------------------------------------------------------- */

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

NTSTATUS
proof_bindings(struct proof *p)
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
