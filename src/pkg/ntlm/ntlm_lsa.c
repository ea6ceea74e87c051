/*
 * ntlm_lsa.c - NTLM's table, its credentials, and what both roles share.
 *
 * The legs are in ntlm_init.c and ntlm_accept.c, the comparing of a proof
 * in ntlm_check.c, messages and password changes in ntlm_logon.c. It must
 * never learn to know sockets, clocks or another package.
 */
#include "pkg/ntlm/ntlm_lsa.h"

#include <stdlib.h>

#include <sspi.h>

#include "base/utf16.h"
#include "crypto/bindings.h"
#include "crypto/legacy.h"
#include "pkg/ntlm/ntlm_data.h"
#include "pkg/ntlm/ntlm_logon.h"
#include "pkg/ntlm/ntlm_msv.h"
#include "pkg/ntlm/ntlm_primary.h"

/* --- text ------------------------------------------------------------- */

static NTSTATUS
convert(struct call *call, struct bytes *ret_text, struct bytes text, bool (*to)(struct writer *, struct bytes))
{
	struct writer measure = writer_of(NULL, 0), w;
	uint8_t *at;

	*ret_text = BYTES_NONE;
	if (!text.len)
		return STATUS_SUCCESS;
	if (!to(&measure, text))
		return SEC_E_INVALID_TOKEN;
	at = call_memory(call, measure.need);
	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	w = writer_of(at, measure.need);
	if (!to(&w, text))
		return SEC_E_INVALID_TOKEN;
	*ret_text = bytes_of(at, w.need);
	return STATUS_SUCCESS;
}

NTSTATUS
ntlm_text16(struct call *call, struct bytes *ret_utf16, struct bytes utf8)
{
	return convert(call, ret_utf16, utf8, utf16_from_utf8);
}

NTSTATUS
ntlm_text8(struct call *call, struct bytes *ret_utf8, struct bytes utf16)
{
	return convert(call, ret_utf8, utf16, utf8_from_utf16);
}

/* --- credentials ------------------------------------------------------ */

static NTSTATUS
identity_fits(struct call *call, const struct acquire_args *args)
{
	if (args->user.len > 2 * NTLM_NAME_MAX || args->domain.len > 2 * NTLM_DOMAIN_MAX ||
	    args->password.len > 2 * NTLM_NAME_MAX)
		return because(call, SEC_E_UNKNOWN_CREDENTIALS, TO_CALLER,
		    "a user name or password has more than 256 characters, or a domain more than 255");
	if (args->user.len % 2 || args->domain.len % 2 || args->password.len % 2)
		return because(call, SEC_E_UNKNOWN_CREDENTIALS, TO_CALLER, "the identity is not UTF-16 text");
	return STATUS_SUCCESS;
}

/* What an identity is good for when a leg is to be begun with it. */
static NTSTATUS
identity_use(struct call *call, const struct acquire_args *args, struct ntlm_cred *cred)
{
	NTSTATUS status = identity_fits(call, args);

	if (status != STATUS_SUCCESS)
		return status;
	if (!args->user.len && !args->domain.len && !args->password.len) {
		cred->is = CRED_ANONYMOUS;
		return STATUS_SUCCESS;
	}
	if (!args->user.len)
		return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER,
		    "the identity names no user, and NTLM has no stored one to take instead");
	if (!args->has_password)
		return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER,
		    "the identity has no password, and NTLM has no stored one for it (an empty password is given as an "
		    "empty string that is not NULL)");
	cred->is = CRED_USER;
	return STATUS_SUCCESS;
}

static NTSTATUS
identity_keep(struct ntlm_cred *cred, const struct acquire_args *args)
{
	struct nt_hash hash;

	if (cred->is != CRED_USER)
		return STATUS_SUCCESS;
	hash = nt_hash_of_password(args->password);
	cred->nt_hash = secret_of(bytes_of(hash.b, sizeof hash.b));
	bytes_wipe(&hash, sizeof hash);
	cred->user_len = (uint32_t)args->user.len;
	cred->domain_len = (uint32_t)args->domain.len;
	bytes_copy(cred->text, args->user.at, args->user.len);
	bytes_copy(cred->text + args->user.len, args->domain.at, args->domain.len);
	return cred->nt_hash ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* "DOMAIN\user", or the user alone; NULL when there is none or it is no valid text. */
static const char *
cred_name(struct call *call, const struct ntlm_cred *cred)
{
	struct bytes user, domain;
	struct writer w;
	char *name;

	if (cred->is != CRED_USER || ntlm_text8(call, &user, cred_user(cred)) != STATUS_SUCCESS ||
	    ntlm_text8(call, &domain, cred_domain(cred)) != STATUS_SUCCESS)
		return NULL;
	name = call_memory(call, domain.len + user.len + 2);
	if (!name)
		return NULL;
	w = writer_of(name, domain.len + user.len + 1);
	writer_bytes(&w, domain);
	if (domain.len)
		writer_u8(&w, '\\');
	writer_bytes(&w, user);
	return name;
}

static void
ntlm_forget_cred(void *at)
{
	struct ntlm_cred *cred = at;

	if (!cred)
		return;
	secret_drop(&cred->nt_hash);
	free(cred);
}

/* Of the session that is meant; *ret_cred stays NULL where its user gave no password. */
static NTSTATUS
session_cred(struct call *call, const struct acquire_args *args, struct ntlm_cred **ret_cred)
{
	struct ntlm_primary *primary = NULL;
	struct session_view view;
	struct ntlm_cred *cred;
	const uint8_t *p;
	NTSTATUS status;

	if (!args->logon_id)			/* a uid's own session has no password */
		return STATUS_SUCCESS;
	status = services(call)->session(call, args->logon_id, &view);
	if (status == STATUS_SUCCESS)
		primary = primary_of(call, view.session);
	if (!primary)
		return status;
	cred = calloc(1, sizeof *cred + primary->user.len + primary->domain.len);
	if (cred) {
		*cred = (struct ntlm_cred){ .is = CRED_USER, .user_len = (uint32_t)primary->user.len,
		    .domain_len = (uint32_t)primary->domain.len };
		bytes_copy(cred->text, primary->user.at, primary->user.len);
		bytes_copy(cred->text + primary->user.len, primary->domain.at, primary->domain.len);
		WITH_SECRET(p, primary->nt_hash)
			cred->nt_hash = secret_of(bytes_of(p, secret_len(primary->nt_hash)));
	}
	kept_drop(&primary->kept);
	if (!cred || !cred->nt_hash) {
		ntlm_forget_cred(cred);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	*ret_cred = cred;
	return STATUS_SUCCESS;
}

const char *
ntlm_forbidden(struct call *call)
{
	if (services(call)->rule(call, RULE_FIPS))
		return "this machine is in FIPS mode, which forbids NTLM; Kerberos with AES works";
	return services(call)->rule(call, RULE_NTLM_ALLOWED) ? NULL : "policy ntlm-allowed forbids NTLM on this machine";
}

static NTSTATUS
ntlm_acquire(struct call *call, const struct acquire_args *args, struct acquire_result *ret)
{
	bool identity = args->outbound && args->explicit_identity;
	const char *forbidden = ntlm_forbidden(call);
	struct ntlm_cred *cred = NULL;
	NTSTATUS status = STATUS_SUCCESS;

	if (forbidden)
		return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER, "%s", forbidden);
	if (args->outbound && !identity) {
		status = session_cred(call, args, &cred);
		if (status != STATUS_SUCCESS)
			return status;
		if (cred) {
			ret->name = cred_name(call, cred);
			ret->expiry = NTLM_NEVER;
			ret->cred = cred;
			return STATUS_SUCCESS;
		}
	}
	if (args->outbound && !args->inbound && !identity)
		return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER,
		    "NTLM has no stored password for the current user; pass an identity (SEC_WINNT_AUTH_IDENTITY)");
	cred = calloc(1, sizeof *cred + (identity ? args->user.len + args->domain.len : 0));
	if (!cred)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (identity)
		status = identity_use(call, args, cred);
	if (status == STATUS_SUCCESS)
		status = identity_keep(cred, args);
	if (status != STATUS_SUCCESS) {
		ntlm_forget_cred(cred);
		return status;
	}
	ret->name = cred_name(call, cred);
	ret->expiry = NTLM_NEVER;
	ret->cred = cred;
	return STATUS_SUCCESS;
}

/* --- contexts --------------------------------------------------------- */

struct bytes
talk_negotiate(const struct ntlm_talk *t)
{
	return bytes_of(t->text, t->negotiate_len);
}

struct bytes
talk_challenge(const struct ntlm_talk *t)
{
	return bytes_of(t->text + t->negotiate_len, t->challenge_len);
}

struct bytes
talk_target(const struct ntlm_talk *t)
{
	return bytes_of(t->text + t->negotiate_len + t->challenge_len, t->target_len);
}

struct ntlm_context *
ntlm_context_new(bool server, const struct ntlm_talk *talk, struct bytes negotiate, struct bytes challenge,
    struct bytes target)
{
	size_t len = negotiate.len + challenge.len + target.len;
	struct ntlm_context *ctx = calloc(1, sizeof *ctx);
	struct ntlm_talk *t = malloc(sizeof *t + len);
	struct writer w;

	if (!ctx || !t) {
		free(ctx);
		free(t);
		return NULL;
	}
	*t = *talk;
	t->negotiate_len = (uint32_t)negotiate.len;
	t->challenge_len = (uint32_t)challenge.len;
	t->target_len = (uint32_t)target.len;
	w = writer_of(t->text, len);
	writer_bytes(&w, negotiate);
	writer_bytes(&w, challenge);
	writer_bytes(&w, target);
	ctx->at = NTLM_TALKING;
	ctx->server = server;
	ctx->talk = t;
	return ctx;
}

void
ntlm_context_end(struct ntlm_context *ctx, bool done)
{
	ctx->at = done ? NTLM_DONE : NTLM_FAILED;
	free(ctx->talk);
	ctx->talk = NULL;
}

static void
ntlm_forget_context(void *at)
{
	struct ntlm_context *ctx = at;

	if (!ctx)
		return;
	if (ctx->session)
		ctx->logoff(ctx->session);
	ntlm_inside_drop(ctx);
	free(ctx->talk);
	free(ctx);
}

static void *
ntlm_who(void *at, uint32_t *ret_level)
{
	const struct ntlm_context *ctx = at;

	*ret_level = ctx->identify ? 1 : 2;		/* SecurityIdentification, SecurityImpersonation */
	return ctx->session;
}

/* --- what both roles ask and tell -------------------------------------- */

NTSTATUS
ntlm_take_bindings(struct call *call, struct ntlm_talk *talk, struct bytes raw)
{
	if (!raw.len)
		return STATUS_SUCCESS;
	if (!bindings_hash_of(talk->bindings, raw))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the channel bindings given are malformed");
	talk->has_bindings = true;
	return STATUS_SUCCESS;
}

uint32_t
ntlm_asked(bool server, uint32_t wants)
{
	uint32_t integrity = server ? ASC_REQ_INTEGRITY : ISC_REQ_INTEGRITY;
	uint32_t identify = server ? ASC_REQ_IDENTIFY : ISC_REQ_IDENTIFY;
	uint32_t asked = 0;

	if (wants & (integrity | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT))
		asked |= NTLM_NEGOTIATE_SIGN;
	if (wants & ISC_REQ_CONFIDENTIALITY)
		asked |= NTLM_NEGOTIATE_SIGN | NTLM_NEGOTIATE_SEAL;
	if (wants & identify)
		asked |= NTLM_NEGOTIATE_IDENTIFY;
	return asked;
}

/*
 * What signing was agreed on gives is told in full to the acceptor, who
 * cannot know what was asked; the initiator reads back what it wanted, and
 * INTEGRITY as well. NTLM proves nothing about the acceptor, so MUTUAL_AUTH
 * is never among it, and there is nothing to delegate. An anonymous peer's
 * key is known to all, so its signatures are worth nothing.
 */
uint32_t
ntlm_grants(bool server, uint32_t wants, uint32_t flags)
{
	uint32_t grants = wants & (ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_USE_DCE_STYLE | ISC_REQ_CONNECTION);
	uint32_t sequence = ISC_RET_REPLAY_DETECT | ISC_RET_SEQUENCE_DETECT;

	if (flags & NTLM_NEGOTIATE_DATAGRAM) {		/* the caller brings the numbers, so nobody notices a replay for it */
		grants |= ISC_RET_DATAGRAM;
		sequence = 0;
	}
	if (flags & NTLM_NEGOTIATE_ANONYMOUS)
		return grants | (server ? ASC_RET_NULL_SESSION : ISC_RET_NULL_SESSION);
	if (flags & (NTLM_NEGOTIATE_SIGN | NTLM_NEGOTIATE_SEAL))
		grants |= server ? ASC_RET_INTEGRITY | sequence : ISC_RET_INTEGRITY | (wants & sequence);
	if (flags & NTLM_NEGOTIATE_SEAL)
		grants |= ISC_RET_CONFIDENTIALITY;
	if (flags & NTLM_NEGOTIATE_IDENTIFY)
		grants |= server ? ASC_RET_IDENTIFY : ISC_RET_IDENTIFY;
	return grants;
}

NTSTATUS
ntlm_enough(struct call *call, uint32_t asked, uint32_t flags)
{
	if (asked & ~flags & NTLM_NEGOTIATE_SEAL)
		return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER,
		    "confidentiality was asked for and the peer did not agree to it");
	if (asked & ~flags & NTLM_NEGOTIATE_SIGN)
		return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER,
		    "integrity was asked for and the peer did not agree to it");
	if ((flags & (NTLM_NEGOTIATE_SIGN | NTLM_NEGOTIATE_SEAL)) && !(flags & NTLM_NEGOTIATE_128) &&
	    !services(call)->rule(call, RULE_NTLM_V1))
		return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER,
		    "the peer offers keys of less than 128 bits, which policy ntlm-v1 forbids");
	return STATUS_SUCCESS;
}

NTSTATUS
ntlm_data_give(struct call *call, const struct ntlm_data *d, struct bytes *ret_bytes)
{
	struct writer w = writer_of(NULL, 0);
	uint8_t *at;

	if (!ntlm_data_put(&w, d, NULL))
		return because(call, STATUS_NAME_TOO_LONG, TO_CALLER, "a name is too long to be handed on");
	at = call_memory(call, w.need);
	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	w = writer_of(at, w.need);
	if (!ntlm_data_put(&w, d, NULL))
		return STATUS_INTERNAL_ERROR;
	*ret_bytes = bytes_of(at, w.need);
	return STATUS_SUCCESS;
}

void
ntlm_process_tag(struct call *call, uint8_t ret_tag[8])
{
	const struct lsa_services *s = services(call);
	uint8_t seed[36], digest[MD_LEN];

	bytes_copy(seed, s->machine_id(call), 32);
	put_u32(seed + 32, s->process ? s->process(call) : 0);
	md5_of(digest, bytes_of(seed, sizeof seed));
	bytes_copy(ret_tag, digest, 8);
}

/* The key that accounts keep: the NT hash of the password as UTF-16. */
static struct secret *
key_of_password(struct bytes password)
{
	struct writer w = writer_of(NULL, 0);
	struct secret *wide, *key = NULL;
	struct nt_hash hash;
	bool good = false;
	uint8_t *p;

	if (!utf16_from_utf8(&w, password) || w.need > 2 * NTLM_NAME_MAX)
		return NULL;
	wide = secret_new(w.need);
	if (!wide)
		return NULL;
	WITH_SECRET(p, wide) {
		w = writer_of(p, w.need);
		good = utf16_from_utf8(&w, password);
		hash = nt_hash_of_password(bytes_of(p, w.need));
	}
	if (good)
		key = secret_of(bytes_of(hash.b, sizeof hash.b));
	bytes_wipe(&hash, sizeof hash);
	secret_drop(&wide);
	return key;
}

/* Capabilities as on Windows: 0x2B37 and RESTRICTED_TOKENS. */
const struct lsa_package ntlm_lsa = {
	.name           = "NTLM",
	.alias          = "MICROSOFT_AUTHENTICATION_PACKAGE_V1_0",
	.comment        = "NTLM Security Package",
	.capabilities   = SECPKG_FLAG_INTEGRITY | SECPKG_FLAG_PRIVACY | SECPKG_FLAG_TOKEN_ONLY | SECPKG_FLAG_CONNECTION |
	    SECPKG_FLAG_MULTI_REQUIRED | SECPKG_FLAG_IMPERSONATION | SECPKG_FLAG_ACCEPT_WIN32_NAME |
	    SECPKG_FLAG_NEGOTIABLE | SECPKG_FLAG_LOGON | SECPKG_FLAG_RESTRICTED_TOKENS,
	.rpc_id         = 10,
	.max_token      = 2888,
	.layout         = NTLM_DATA_LAYOUT,
	.acquire        = ntlm_acquire,
	.init           = ntlm_init,
	.accept         = ntlm_accept,
	.message        = ntlm_message,
	.change         = ntlm_change,
	.logon          = ntlm_logon,
	.who            = ntlm_who,
	.key_of_password = key_of_password,
	.forget_cred    = ntlm_forget_cred,
	.forget_context = ntlm_forget_context,
	.mic            = ntlm_inside_mic,
	.check_mic      = ntlm_inside_check,
	.hand_over      = ntlm_inside_hand_over,
};
