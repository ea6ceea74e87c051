/*
 * ntlm_init.c - the initiator's legs: NEGOTIATE, then AUTHENTICATE.
 *
 *     BEGIN --NEGOTIATE--> TALKING --CHALLENGE in, AUTHENTICATE out--> DONE
 *
 * Connectionless ([MS-NLMP] 3.1.5.2) the first leg says nothing: the
 * acceptor speaks first, and a key is always exchanged (2.2.2.5).
 * Neither leg waits. [MS-NLMP] 3.1.5.1. Reflections of our own challenges
 * are not looked for here: the acceptor that issued one sees the answer too,
 * and knows more (ntlm_accept.c).
 */
#include "pkg/ntlm/ntlm_lsa.h"

#include <sspi.h>

#include "base/random.h"
#include "base/utf16.h"
#include "pkg/ntlm/ntlm_data.h"

#define OF(field) bytes_of((field), sizeof(field))

#define OFFER	(NTLM_NEGOTIATE_UNICODE | NTLM_NEGOTIATE_OEM | NTLM_REQUEST_TARGET | NTLM_NEGOTIATE_NTLM | \
		NTLM_NEGOTIATE_ALWAYS_SIGN | NTLM_NEGOTIATE_ESS | NTLM_NEGOTIATE_VERSION | NTLM_NEGOTIATE_128 | \
		NTLM_NEGOTIATE_56)

/* Everything that an AUTHENTICATE is made of; wiped where it was made. */
struct answer {
	struct authenticate m;
	struct nt_hash hash;
	struct ntlm2_key key;
	struct base_key base;
	struct exchange_key kx;
	struct session_key session;
	struct wrapped_key wrapped;
	struct lm_response lm;
	struct ntlm1_response nt1;
	struct { struct ntlm_nonce client; struct session_key session; } drawn;	/* at random, in one go */
};

/* --- BEGIN: the first leg says what we can do ------------------------- */

static NTSTATUS
init_ready(struct call *call, const struct leg_args *args)
{
	const struct ntlm_cred *cred = args->cred;
	struct writer measure = writer_of(NULL, 0);
	const char *forbidden;

	if (args->wants & ISC_REQ_PROMPT_FOR_CREDS)
		return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "nobody can be prompted for credentials here");
	if (args->token.len)
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "an NTLM initiator speaks first; there was a token already");
	if (cred->is == CRED_NONE)
		return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER, "the credential was acquired without an identity");
	if (args->target.len > NTLM_TARGET_MAX || !utf16_from_utf8(&measure, args->target))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the target name is not valid text of at most 1024 bytes");
	forbidden = ntlm_forbidden(call);
	return forbidden ? because(call, SEC_E_NO_CREDENTIALS, TO_CALLER, "%s", forbidden) : STATUS_SUCCESS;
}

static NTSTATUS
init_begin(struct call *call, const struct leg_args *args, struct leg_result *ret)
{
	struct ntlm_talk talk = { .wants = args->wants };
	struct negotiate m = { .version = OF(ntlm_version) };
	struct ntlm_context *ctx;
	bool datagram = args->wants & ISC_REQ_DATAGRAM;
	uint8_t *token;
	struct writer w;
	NTSTATUS status = init_ready(call, args);

	if (status == STATUS_SUCCESS)
		status = ntlm_take_bindings(call, &talk, args->bindings);
	if (status != STATUS_SUCCESS)
		return status;
	m.flags = OFFER | ntlm_asked(false, args->wants);
	if (m.flags & (NTLM_NEGOTIATE_SIGN | NTLM_NEGOTIATE_SEAL))
		m.flags |= NTLM_NEGOTIATE_KEY_EXCH;
	if (datagram)
		m.flags |= NTLM_NEGOTIATE_KEY_EXCH | NTLM_NEGOTIATE_DATAGRAM;
	talk.flags = m.flags;
	token = call_memory(call, 40);
	if (!token)
		return STATUS_INSUFFICIENT_RESOURCES;
	w = writer_of(token, 40);
	if (!negotiate_put(&w, &m) || !writer_ok(&w))
		return STATUS_INTERNAL_ERROR;
	if (datagram)
		w.need = 0;
	ctx = ntlm_context_new(false, &talk, bytes_of(token, w.need), BYTES_NONE, args->target);
	if (!ctx)
		return STATUS_INSUFFICIENT_RESOURCES;
	ret->context = ctx;
	ret->token = bytes_of(token, w.need);
	ret->grants = args->wants & ISC_RET_ALLOCATED_MEMORY;
	return SEC_I_CONTINUE_NEEDED;
}

/* --- TALKING: the challenge is in --------------------------------------- */

static NTSTATUS
challenge_fits(struct call *call, const struct challenge *in, struct av_pairs *ret_pairs)
{
	bool v1 = services(call)->rule(call, RULE_NTLM_V1);

	*ret_pairs = (struct av_pairs){ 0 };
	if (!(in->flags & NTLM_NEGOTIATE_UNICODE))
		return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "the peer does not speak Unicode");
	if (!(in->flags & NTLM_NEGOTIATE_ESS) && !v1)
		return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER,
		    "the peer knows no extended session security, and policy ntlm-v1 forbids to do without");
	if (!(in->flags & NTLM_NEGOTIATE_TARGET_INFO)) {
		if (v1)
			return STATUS_SUCCESS;
		return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER,
		    "the peer's challenge leaves room for NTLM version 1 alone, which policy ntlm-v1 forbids");
	}
	if (!av_take(ret_pairs, in->target_info))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's challenge has malformed target information");
	return STATUS_SUCCESS;
}

static void
single_host_put(struct call *call, uint8_t ret_value[AV_SINGLE_HOST_LEN])
{
	bytes_zero(ret_value, AV_SINGLE_HOST_LEN);
	put_u32(ret_value, AV_SINGLE_HOST_LEN);
	ntlm_process_tag(call, ret_value + 8);
	bytes_copy(ret_value + 16, services(call)->machine_id(call), 32);
}

/* The pairs of the answer, in call memory: the challenge's own, and what we add. */
static NTSTATUS
answer_pairs(struct call *call, const struct ntlm_talk *talk, const struct av_pairs *theirs, bool mic,
    struct bytes *ret_pairs)
{
	uint8_t host[AV_SINGLE_HOST_LEN], *at;
	struct av_answer a = { .single_host = OF(host), .bindings = OF(talk->bindings), .set_target_name = true };
	struct writer w = writer_of(NULL, 0);
	NTSTATUS status = ntlm_text16(call, &a.target_name, talk_target(talk));

	if (status != STATUS_SUCCESS)
		return status;
	a.flags = (mic ? AV_FLAG_MIC : 0) | (talk->wants & ISC_REQ_UNVERIFIED_TARGET_NAME ? AV_FLAG_UNVERIFIED_SPN : 0);
	single_host_put(call, host);
	if (!av_put_answer(&w, theirs, &a))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER,
		    "the peer's challenge has more target information than an answer can repeat");
	at = call_memory(call, w.need);
	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	w = writer_of(at, w.need);
	if (!av_put_answer(&w, theirs, &a))
		return SEC_E_INVALID_TOKEN;
	*ret_pairs = bytes_of(at, w.need);
	return STATUS_SUCCESS;
}

/* The proof and behind it the blob that it proves, in call memory. 3.3.2. */
static NTSTATUS
answer_v2(struct call *call, const struct ntlm_talk *talk, const struct challenge *in, const struct av_pairs *theirs,
    struct answer *out)
{
	struct ntlm2_blob blob = { 0 };
	struct writer w = writer_of(NULL, 0);
	struct ntlm_proof proof;
	uint8_t *at;
	NTSTATUS status;

	out->m.has_mic = av_timestamp(theirs, &blob.time);
	if (!out->m.has_mic) {
		blob.time = services(call)->now(call);
		because(call, STATUS_SUCCESS, TO_CALLER, "the peer's challenge has no timestamp, so the messages carry no MIC");
	}
	status = answer_pairs(call, talk, theirs, out->m.has_mic, &blob.pairs);
	if (status != STATUS_SUCCESS)
		return status;
	blob.client = out->drawn.client;
	ntlm2_blob_put(&w, &blob);
	at = call_memory(call, sizeof proof + w.need);
	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	w = writer_of(at + sizeof proof, w.need);
	ntlm2_blob_put(&w, &blob);
	if (!ntlm2_key_of(&out->key, &out->hash, out->m.user, out->m.domain))
		return SEC_E_UNKNOWN_CREDENTIALS;
	proof = ntlm2_proof_of(&out->key, in->challenge, bytes_of(at + sizeof proof, w.need));
	bytes_copy(at, proof.b, sizeof proof.b);
	out->m.nt = bytes_of(at, sizeof proof + w.need);
	out->m.lm = OF(out->lm.b);
	if (!out->m.has_mic)
		out->lm = ntlm2_lm_of(&out->key, in->challenge, blob.client.b);
	out->base = ntlm2_base_key_of(&out->key, &proof);
	out->kx = ntlm2_exchange_key_of(&out->base);
	return STATUS_SUCCESS;
}

/* Where policy allows it and the peer knows no better. 3.3.1. */
static NTSTATUS
answer_v1(struct call *call, const struct challenge *in, struct answer *out)
{
	struct ntlm_nonce client = out->drawn.client;

	because(call, STATUS_SUCCESS, TO_CALLER, "NTLM version 1 was used: the peer knows no better, and policy ntlm-v1 allows it");
	if (out->m.flags & NTLM_NEGOTIATE_ESS) {
		out->lm = ntlm1_ess_lm_of(client.b);
		out->nt1 = ntlm1_ess_response_of(&out->hash, in->challenge, client.b);
	} else {
		out->nt1 = ntlm1_response_of(&out->hash, in->challenge);
		bytes_copy(out->lm.b, out->nt1.b, sizeof out->lm.b);
	}
	out->m.lm = OF(out->lm.b);
	out->m.nt = OF(out->nt1.b);
	out->base = ntlm1_base_key_of(&out->hash);
	out->kx = ntlm1_exchange_key_of(&out->base, out->m.flags, &out->lm, in->challenge);
	return STATUS_SUCCESS;
}

static void
answer_anonymous(struct call *call, uint32_t asked, struct answer *out)
{
	static const uint8_t nothing[1];

	out->m.flags |= NTLM_NEGOTIATE_ANONYMOUS;
	out->m.lm = OF(nothing);
	if (asked & (NTLM_NEGOTIATE_SIGN | NTLM_NEGOTIATE_SEAL))
		because(call, STATUS_SUCCESS, TO_CALLER, "an anonymous session protects nothing: its key is known to all");
}

static NTSTATUS
answer_make(struct call *call, const struct leg_args *args, const struct ntlm_talk *talk, const struct challenge *in,
    const struct av_pairs *theirs, struct answer *out)
{
	const struct ntlm_cred *cred = args->cred;
	const char *computer = services(call)->computer(call);
	const uint8_t *hash;
	NTSTATUS status;

	if (cred->is == CRED_ANONYMOUS || (talk->wants & ISC_REQ_NULL_SESSION)) {
		answer_anonymous(call, ntlm_asked(false, talk->wants), out);
		return STATUS_SUCCESS;
	}
	status = ntlm_text16(call, &out->m.workstation, bytes_of_text(computer));
	if (status != STATUS_SUCCESS)
		return status;
	out->m.user = cred_user(cred);
	out->m.domain = cred_domain(cred);
	if (secret_len(cred->nt_hash) != sizeof out->hash)
		return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER, "the credential belongs to another process");
	WITH_SECRET(hash, cred->nt_hash)
		bytes_copy(out->hash.b, hash, sizeof out->hash);
	return in->flags & NTLM_NEGOTIATE_TARGET_INFO ? answer_v2(call, talk, in, theirs, out) : answer_v1(call, in, out);
}

/* Connectionless is agreed on by both with a key to exchange, or not at all. 2.2.2.5. */
static NTSTATUS
datagram_fits(struct call *call, const struct ntlm_talk *talk, uint32_t flags)
{
	uint32_t wanted = NTLM_NEGOTIATE_DATAGRAM | NTLM_NEGOTIATE_KEY_EXCH;

	if (!(talk->flags & NTLM_NEGOTIATE_DATAGRAM) || (flags & wanted) == wanted)
		return STATUS_SUCCESS;
	return because(call, SEC_E_INVALID_TOKEN, TO_CALLER,
	    "datagrams were asked for, and the peer's challenge is not one for datagrams with a key to exchange");
}

/* The session's key: with KEY_EXCH a random one, wrapped for the peer. */
static void
answer_session(struct answer *out)
{
	uint32_t protects = NTLM_NEGOTIATE_SIGN | NTLM_NEGOTIATE_SEAL | NTLM_NEGOTIATE_DATAGRAM;

	if (!(out->m.flags & NTLM_NEGOTIATE_KEY_EXCH) || !(out->m.flags & protects)) {
		out->m.flags &= ~NTLM_NEGOTIATE_KEY_EXCH;
		out->session = session_key_of(&out->kx);
		return;
	}
	out->session = out->drawn.session;
	out->wrapped = session_key_wrap(&out->session, &out->kx);
	out->m.wrapped_key = OF(out->wrapped.b);
}

static NTSTATUS
answer_write(struct call *call, const struct ntlm_talk *talk, struct bytes challenge, const struct answer *out,
    struct bytes *ret_token)
{
	struct writer w = writer_of(NULL, 0);
	size_t mic_at = authenticate_mic_offset(&out->m);
	struct ntlm_mic mic;
	uint8_t *at;

	if (!authenticate_put(&w, &out->m))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's challenge is too long to be answered");
	at = call_memory(call, w.need);
	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	w = writer_of(at, w.need);
	if (!authenticate_put(&w, &out->m))
		return STATUS_INTERNAL_ERROR;
	if (out->m.has_mic) {
		if (!mic_of(&mic, &out->session, talk_negotiate(talk), challenge, bytes_of(at, w.need), mic_at))
			return STATUS_INTERNAL_ERROR;
		bytes_copy(at + mic_at, mic.b, sizeof mic.b);
	}
	*ret_token = bytes_of(at, w.need);
	return STATUS_SUCCESS;
}

static NTSTATUS
init_user_data(struct call *call, const struct ntlm_talk *talk, const struct answer *out, struct leg_result *ret)
{
	struct ntlm_data d = { .flags = out->m.flags, .grants = ret->grants, .expiry = ret->expiry,
	    .key = out->session, .target = talk_target(talk) };
	NTSTATUS status = ntlm_text8(call, &d.user, out->m.user);

	if (status == STATUS_SUCCESS || status == SEC_E_INVALID_TOKEN)
		status = ntlm_text8(call, &d.domain, out->m.domain);
	if (status == STATUS_SUCCESS || status == SEC_E_INVALID_TOKEN)
		status = ntlm_data_give(call, &d, &ret->user_data);
	bytes_wipe(&d, sizeof d);
	return status;
}

static NTSTATUS
init_answer(struct call *call, const struct leg_args *args, struct ntlm_context *ctx, struct leg_result *ret)
{
	struct ntlm_talk *talk = ctx->talk;
	struct answer out = { .m.version = OF(ntlm_version) };
	struct challenge in;
	struct av_pairs theirs;
	NTSTATUS status;

	if (!challenge_take(&in, args->token))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's token is no NTLM challenge");
	status = challenge_fits(call, &in, &theirs);
	if (status != STATUS_SUCCESS)
		return status;
	out.m.flags = in.flags & (talk->flags | NTLM_NEGOTIATE_TARGET_INFO) & ~NTLM_NEGOTIATE_OEM;
	out.m.flags |= NTLM_NEGOTIATE_VERSION;
	status = datagram_fits(call, talk, out.m.flags);
	if (status == STATUS_SUCCESS)
		status = ntlm_enough(call, ntlm_asked(false, talk->wants), out.m.flags);
	if (status == STATUS_SUCCESS && !talk->has_bindings)
		status = ntlm_take_bindings(call, talk, args->bindings);
	if (status == STATUS_SUCCESS && !random_bytes(&out.drawn, sizeof out.drawn))
		status = because(call, STATUS_INTERNAL_ERROR, TO_CALLER, "the kernel gives no random bytes");
	if (status == STATUS_SUCCESS)
		status = answer_make(call, args, talk, &in, &theirs, &out);
	if (status == STATUS_SUCCESS) {
		answer_session(&out);
		status = answer_write(call, talk, args->token, &out, &ret->token);
	}
	if (status == STATUS_SUCCESS) {
		ret->grants = ntlm_grants(false, talk->wants, out.m.flags);
		ret->expiry = NTLM_NEVER;
		ret->wants_mic = out.m.has_mic;
		status = init_user_data(call, talk, &out, ret);
	}
	bytes_wipe(&out, sizeof out);
	return status;
}

NTSTATUS
ntlm_init(struct call *call, const struct leg_args *args, struct leg_result *ret)
{
	struct ntlm_context *ctx = args->context;
	NTSTATUS status;

	if (!ctx)
		return init_begin(call, args, ret);
	ret->context = ctx;
	if (ctx->at != NTLM_TALKING || ctx->server)
		return because(call, SEC_E_OUT_OF_SEQUENCE, TO_CALLER, "the context takes no further leg");
	status = init_answer(call, args, ctx, ret);
	if (status == STATUS_SUCCESS && args->inside)
		status = ntlm_inside_keep(call, ctx, ret);
	if (status != STATUS_SUCCESS)
		ret->token = ret->user_data = BYTES_NONE;
	ntlm_context_end(ctx, status == STATUS_SUCCESS);
	return status;
}
