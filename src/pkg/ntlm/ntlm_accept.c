/*
 * ntlm_accept.c - the acceptor's legs: CHALLENGE, then the verdict.
 *
 *     BEGIN --NEGOTIATE in, CHALLENGE out--> TALKING --AUTHENTICATE in--> DONE
 *                                                \--> refused; may wait until a lost guess is durable
 *
 * Connectionless ([MS-NLMP] 3.2.5.2) there is no NEGOTIATE: the first leg has
 * no token, the challenge offers all that is known here, and the answer
 * picks from it.
 *
 * [MS-NLMP] 3.2.5.1. The order in the last leg: form and flags (no guess),
 * proof, account, then what the proof protects: MIC, time, channel bindings,
 * reflection, target. Only a refused proof or account is a guess.
 */
#include "pkg/ntlm/ntlm_lsa.h"

#include <sspi.h>

#include "base/random.h"
#include "pkg/ntlm/ntlm_check.h"
#include "pkg/ntlm/ntlm_domain.h"
#include "pkg/ntlm/ntlm_data.h"
#include "pkg/ntlm/ntlm_peer.h"

#define OF(field) bytes_of((field), sizeof(field))

#define NEGOTIATE_MAX	4096u	/* kept until the last leg; real ones have 40 bytes and two names */
#define TARGET_INFO_MAX	2048u
#define LOGON_NETWORK	3u

#define TAKEN	(NTLM_NEGOTIATE_SIGN | NTLM_NEGOTIATE_SEAL | NTLM_NEGOTIATE_ALWAYS_SIGN | NTLM_NEGOTIATE_ESS | \
		NTLM_NEGOTIATE_IDENTIFY | NTLM_NEGOTIATE_VERSION | NTLM_NEGOTIATE_128 | NTLM_NEGOTIATE_KEY_EXCH | \
		NTLM_NEGOTIATE_56)

#define OFFERED	(TAKEN | NTLM_NEGOTIATE_UNICODE | NTLM_NEGOTIATE_NTLM | NTLM_NEGOTIATE_TARGET_INFO | \
		NTLM_REQUEST_TARGET | NTLM_TARGET_TYPE_SERVER | NTLM_NEGOTIATE_DATAGRAM)

/* --- BEGIN: a challenge for who asks ------------------------------------ */

static NTSTATUS
ntlm_allowed(struct call *call)
{
	const char *forbidden = ntlm_forbidden(call);

	return forbidden ? because(call, SEC_E_NO_CREDENTIALS, TO_CALLER, "%s", forbidden) : STATUS_SUCCESS;
}

static NTSTATUS
offer_take(struct call *call, const struct leg_args *args, uint32_t *ret_flags)
{
	struct negotiate in;
	uint32_t charset;

	if (args->wants & ASC_REQ_DATAGRAM) {
		if (args->token.len)
			return because(call, SEC_E_INVALID_TOKEN, TO_CALLER,
			    "with datagrams an NTLM acceptor speaks first; there was a token already");
		*ret_flags = OFFERED;
		return ntlm_allowed(call);
	}
	if (args->token.len > NEGOTIATE_MAX || !negotiate_take(&in, args->token))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's first token is no NTLM negotiate message");
	if (ntlm_allowed(call) != STATUS_SUCCESS)
		return SEC_E_NO_CREDENTIALS;
	if (!(in.flags & (NTLM_NEGOTIATE_UNICODE | NTLM_NEGOTIATE_OEM)))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer offers no character set");
	if (!(in.flags & NTLM_NEGOTIATE_ESS) && !services(call)->rule(call, RULE_NTLM_V1))
		return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER,
		    "the peer knows no extended session security, and policy ntlm-v1 forbids to do without");
	charset = in.flags & NTLM_NEGOTIATE_UNICODE ? NTLM_NEGOTIATE_UNICODE : NTLM_NEGOTIATE_OEM;
	*ret_flags = (in.flags & TAKEN) | charset | NTLM_NEGOTIATE_NTLM | NTLM_NEGOTIATE_TARGET_INFO;
	if (in.flags & NTLM_REQUEST_TARGET)
		*ret_flags |= NTLM_REQUEST_TARGET | NTLM_TARGET_TYPE_SERVER;
	return STATUS_SUCCESS;
}

/* A machine of its own is its own domain, by both names, as Windows in a workgroup. */
static NTSTATUS
target_info_put(struct call *call, struct writer *w, uint64_t time, struct bytes *ret_name)
{
	struct bytes host, name;
	uint8_t stamp[8];
	const char *computer = services(call)->computer(call);
	NTSTATUS status;
	bool fits;

	if (!computer)
		return because(call, SEC_E_INTERNAL_ERROR, TO_CALLER, "the name of this machine could not be read");
	status = ntlm_text16(call, &name, bytes_of_text(computer));
	if (status == STATUS_SUCCESS)
		status = ntlm_text16(call, &host, bytes_of_text(services(call)->host(call)));
	if (status != STATUS_SUCCESS)
		return status;
	put_u32(stamp, (uint32_t)time);
	put_u32(stamp + 4, (uint32_t)(time >> 32));
	fits = av_put(w, AV_NB_DOMAIN, name) && av_put(w, AV_NB_COMPUTER, name) && av_put(w, AV_DNS_DOMAIN, host) &&
	    av_put(w, AV_DNS_COMPUTER, host) && av_put(w, AV_TIMESTAMP, OF(stamp));
	av_put_end(w);
	*ret_name = name;
	return fits && writer_ok(w) ? STATUS_SUCCESS : STATUS_NAME_TOO_LONG;
}

static NTSTATUS
accept_begin(struct call *call, const struct leg_args *args, struct leg_result *ret)
{
	uint8_t info[TARGET_INFO_MAX], *at;
	struct writer w = writer_of(info, sizeof info);
	struct ntlm_talk talk = { .wants = args->wants };
	struct challenge m = { .version = OF(ntlm_version) };
	struct ntlm_context *ctx;
	NTSTATUS status = offer_take(call, args, &talk.flags);

	if (status == STATUS_SUCCESS)
		status = ntlm_take_bindings(call, &talk, args->bindings);
	if (status != STATUS_SUCCESS)
		return status;
	talk.timestamp = services(call)->now(call);
	status = target_info_put(call, &w, talk.timestamp, &m.target_name);
	if (status != STATUS_SUCCESS)
		return status;
	m.target_info = bytes_of(info, w.need);
	m.flags = talk.flags;
	if (!(m.flags & NTLM_REQUEST_TARGET))
		m.target_name = BYTES_NONE;
	else if (m.flags & NTLM_NEGOTIATE_OEM)
		m.target_name = bytes_of_text(services(call)->computer(call));
	if (!(m.flags & NTLM_NEGOTIATE_VERSION))
		m.version = BYTES_NONE;
	if (!random_bytes(talk.challenge.b, sizeof talk.challenge.b))
		return because(call, STATUS_INTERNAL_ERROR, TO_CALLER, "the kernel gives no random bytes");
	bytes_copy(m.challenge, talk.challenge.b, sizeof m.challenge);
	w = writer_of(NULL, 0);
	if (!challenge_put(&w, &m))
		return STATUS_INTERNAL_ERROR;
	at = call_memory(call, w.need);
	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	w = writer_of(at, w.need);
	if (!challenge_put(&w, &m))
		return STATUS_INTERNAL_ERROR;
	ctx = ntlm_context_new(true, &talk, args->token, bytes_of(at, w.need), BYTES_NONE);
	if (!ctx)
		return STATUS_INSUFFICIENT_RESOURCES;
	ret->context = ctx;
	ret->token = bytes_of(at, w.need);
	ret->grants = args->wants & ASC_RET_ALLOCATED_MEMORY;
	return SEC_I_CONTINUE_NEEDED;
}

/* --- TALKING: the answer is in ------------------------------------------ */

/* What the last leg works on; holds keys, wiped at its only exit. */
struct answer {
	struct authenticate m;
	struct ntlm2_response response;
	bool v2, anonymous;
	uint32_t wants, flags;		/* asked by the caller on either leg; agreed by both sides */
	struct check check;
	bool elsewhere;			/* the authority of another domain judges, and has: facts */
	struct logon_facts facts;
	struct session_key session;
	struct bytes target;		/* UTF-8 */
};

/* [MS-NLMP] 3.2.5.1.2: no user, no NT response, an LM response of nothing or one zero byte. */
static bool
is_anonymous(const struct authenticate *m)
{
	return !m->user.len && !m->nt.len && (!m->lm.len || (m->lm.len == 1 && m->lm.at[0] == 0));
}

/* Names in the OEM character set, which is UTF-8 here, become UTF-16: the proof was made over that. */
static NTSTATUS
answer_names(struct call *call, struct answer *in)
{
	NTSTATUS status = STATUS_SUCCESS;

	if (in->flags & NTLM_NEGOTIATE_UNICODE)
		return status;
	status = ntlm_text16(call, &in->m.user, in->m.user);
	if (status == STATUS_SUCCESS)
		status = ntlm_text16(call, &in->m.domain, in->m.domain);
	if (status == SEC_E_INVALID_TOKEN || (status == STATUS_SUCCESS && in->m.user.len > NTLM2_USER_MAX))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's names are no text");
	return status;
}

static NTSTATUS
answer_take(struct call *call, const struct leg_args *args, const struct ntlm_talk *talk, struct answer *in)
{
	uint32_t datagram = NTLM_NEGOTIATE_DATAGRAM | NTLM_NEGOTIATE_KEY_EXCH;
	uint32_t protects = NTLM_NEGOTIATE_SIGN | NTLM_NEGOTIATE_SEAL | NTLM_NEGOTIATE_DATAGRAM;
	struct bytes target = BYTES_NONE;
	NTSTATUS status;

	if (!authenticate_take(&in->m, args->token) || in->m.user.len > NTLM2_USER_MAX)
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's token is no NTLM authenticate message");
	in->v2 = in->m.nt.len > NTLM_LM_LEN;
	if (in->v2 && !ntlm2_response_take(&in->response, in->m.nt))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's response is malformed");
	if (in->v2 && av_get(&in->response.pairs, AV_TARGET_NAME, &target)) {
		status = ntlm_text8(call, &in->target, target);
		if (status == STATUS_INSUFFICIENT_RESOURCES)
			return status;
		if (status != STATUS_SUCCESS || in->target.len > NTLM_TARGET_MAX)
			return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's target name is no text of at most 1024 bytes");
	}
	in->anonymous = is_anonymous(&in->m);
	in->wants = talk->wants | args->wants;
	in->flags = in->m.flags & talk->flags;
	if (!(in->flags & (NTLM_NEGOTIATE_UNICODE | NTLM_NEGOTIATE_OEM)))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's answer is not in the character set that was agreed");
	status = answer_names(call, in);
	if (status != STATUS_SUCCESS)
		return status;
	if ((talk->flags & ~in->flags & NTLM_NEGOTIATE_ESS) && !services(call)->rule(call, RULE_NTLM_V1))
		return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "the peer's answer takes extended session security back");
	if ((talk->flags & NTLM_NEGOTIATE_DATAGRAM) && (in->flags & datagram) != datagram)
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER,
		    "the peer's answer takes datagrams back, or the exchange of a key that they need");
	if ((in->flags & NTLM_NEGOTIATE_KEY_EXCH) && (in->flags & protects) && !in->m.wrapped_key.len)
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer agreed to exchange a key and sent none");
	if (in->anonymous)
		in->flags |= NTLM_NEGOTIATE_ANONYMOUS;
	return ntlm_enough(call, ntlm_asked(true, in->wants), in->flags);
}

/* ExportedSessionKey: unwrapped where one was sent and agreed on. */
static void
answer_key(struct answer *in)
{
	struct wrapped_key wrapped;

	if (!(in->flags & NTLM_NEGOTIATE_KEY_EXCH) || !in->m.wrapped_key.len) {
		in->session = session_key_of(&in->check.key);
		return;
	}
	bytes_copy(wrapped.b, in->m.wrapped_key.at, sizeof wrapped.b);
	in->session = session_key_unwrap(&wrapped, &in->check.key);
}

/* Everything that the proof protects. A refusal here is no guess. */
static NTSTATUS
answer_protected(struct call *call, const struct leg_args *args, const struct ntlm_talk *talk, const struct answer *in)
{
	struct peer_said said = {
		.negotiate = talk_negotiate(talk), .challenge = talk_challenge(talk), .authenticate = args->token,
		.m = &in->m, .response = in->v2 ? &in->response : NULL, .key = &in->session, .target = in->target,
		.timestamp = talk->timestamp, .bindings = talk->has_bindings ? talk->bindings : NULL,
	};
	NTSTATUS status = peer_mic(call, &said);

	if (status == STATUS_SUCCESS)
		status = peer_time(call, &said);
	if (status == STATUS_SUCCESS)
		status = peer_bindings(call, &said);
	if (status == STATUS_SUCCESS)
		status = peer_reflection(call, &said);
	if (status == STATUS_SUCCESS)
		status = peer_target(call, &said);
	return status;
}

/* What is remembered while a call waits: that another authority was asked; that there is an answer, and which. */
struct accepting {
	bool asked, decided;
	NTSTATUS status;
};

static NTSTATUS
proof_judge(struct call *call, struct answer *in, const struct check_ask *ask, struct accepting *f)
{
	NTSTATUS status;

	if (f->asked) {
		in->elsewhere = true;
		return domain_answer(call, &in->check, ask, &in->facts);
	}
	if (!in->v2 || !domain_is_elsewhere(call, in->m.domain, in->m.user))
		return check_proof(call, &in->check, ask);
	status = domain_ask(call, ask, in->m.workstation, false);
	f->asked = status == STATUS_PENDING;
	return status;
}

/* Leaves a verdict; STATUS_SUCCESS: there is one to conclude. STATUS_PENDING: ask again. */
static NTSTATUS
answer_judge(struct call *call, const struct leg_args *args, const struct ntlm_talk *talk, struct answer *in,
    struct accepting *f)
{
	struct check_ask ask = { .domain = in->m.domain, .user = in->m.user, .challenge = talk->challenge.b,
	    .response = in->v2 ? &in->response : NULL, .nt = in->m.nt, .lm = in->m.lm, .flags = in->flags };
	NTSTATUS status;

	if (!in->m.nt.len || (!in->v2 && !services(call)->rule(call, RULE_NTLM_V1))) {
		check_refuse(call, &in->check, &ask, in->m.nt.len ? STATUS_NTLM_BLOCKED : STATUS_INVALID_LOGON_TYPE);
		return STATUS_SUCCESS;
	}
	status = proof_judge(call, in, &ask, f);
	if (status != STATUS_SUCCESS || in->check.verdict != CHECK_PROVEN)
		return status;
	answer_key(in);
	status = answer_protected(call, args, talk, in);
	if (status != STATUS_SUCCESS)
		check_stop(&in->check, status);
	return STATUS_SUCCESS;
}

/* A session for whom the verdict grants one: an account, or nobody in particular. */
static NTSTATUS
answer_logon(struct call *call, struct ntlm_context *ctx, const struct answer *in, struct leg_result *ret)
{
	const struct lsa_services *s = services(call);
	struct logon_view logon;
	struct ntlm_data d = { .server = true, .flags = in->flags, .expiry = NTLM_NEVER, .key = in->session,
	    .target = in->target };
	NTSTATUS status = in->elsewhere ? s->logon_as(call, &in->facts, LOGON_NETWORK, "NTLM", &logon) :
	    s->logon(call, in->anonymous ? NULL : &in->check.view, LOGON_NETWORK, "NTLM", &logon);

	if (status == STATUS_SUCCESS) {
		ret->expiry = NTLM_NEVER;
		ret->grants = d.grants = ntlm_grants(true, in->wants, in->flags);
		d.luid = logon.luid;
		d.user = bytes_of_text(logon.user);
		d.domain = bytes_of_text(logon.domain);
		d.sid = bytes_of_text(logon.sid);
		status = ntlm_data_give(call, &d, &ret->user_data);
		if (status == STATUS_SUCCESS) {
			ctx->session = logon.session;
			ctx->identify = in->flags & NTLM_NEGOTIATE_IDENTIFY;
			ctx->logoff = s->logoff;
			s->audit(call, STATUS_SUCCESS, d.domain, d.user, "NTLM", logon.luid);
		} else
			s->logoff(logon.session);
	}
	bytes_wipe(&d, sizeof d);
	return status;
}

/* Nothing was proven and nothing guessed: two policies and the caller's own wish decide. */
static NTSTATUS
answer_nobody(struct call *call, struct answer *in)
{
	struct check_ask ask = { .domain = in->m.domain };

	if ((in->wants & ASC_REQ_ALLOW_NULL_SESSION) && services(call)->rule(call, RULE_NTLM_ANONYMOUS)) {
		answer_key(in);
		return because(call, STATUS_SUCCESS, TO_CALLER,
		    "the peer is anonymous, which policy ntlm-anonymous and the caller allow");
	}
	check_refuse(call, &in->check, &ask, STATUS_ACCESS_DENIED);
	return check_conclude(call, &in->check);
}

static void
answer_details(struct call *call, const struct answer *in)
{
	const struct lsa_services *s = services(call);
	struct bytes workstation;

	if (!s->audit_detail)
		return;
	if (in->m.workstation.len && ntlm_text8(call, &workstation, in->m.workstation) == STATUS_SUCCESS)
		s->audit_detail(call, DETAIL_WORKSTATION, workstation, 0);
	if (!in->anonymous)
		s->audit_detail(call, DETAIL_VERSION, bytes_of_text(in->v2 ? "NTLM V2" : "NTLM V1"), 0);
	s->audit_detail(call, DETAIL_LEVEL, BYTES_NONE, in->flags & NTLM_NEGOTIATE_IDENTIFY ? 1 : 2);
}

static NTSTATUS
answer_conclude(struct call *call, const struct leg_args *args, const struct ntlm_talk *talk, struct answer *in,
    struct accepting *f)
{
	NTSTATUS status;

	answer_details(call, in);
	if (in->anonymous)
		return answer_nobody(call, in);
	status = answer_judge(call, args, talk, in, f);
	return status == STATUS_SUCCESS ? check_conclude(call, &in->check) : status;
}

static NTSTATUS
accept_answer(struct call *call, const struct leg_args *args, struct ntlm_context *ctx, struct accepting *frame,
    struct leg_result *ret)
{
	struct answer in = { 0 };
	struct ntlm_talk *talk = ctx->talk;
	NTSTATUS status;

	if (args->bindings.len)
		talk->has_bindings = false;
	status = ntlm_take_bindings(call, talk, args->bindings);
	if (status == STATUS_SUCCESS)
		status = answer_take(call, args, talk, &in);
	if (status == STATUS_SUCCESS)
		status = answer_conclude(call, args, talk, &in, frame);
	if (status == STATUS_SUCCESS) {
		status = answer_logon(call, ctx, &in, ret);
		ret->wants_mic = in.v2 && (av_flags(&in.response.pairs) & AV_FLAG_MIC);
	}
	if (status == STATUS_SUCCESS && args->inside)
		status = ntlm_inside_keep(call, ctx, ret);
	if (status == STATUS_PENDING && !(frame->asked && !in.elsewhere)) {
		frame->decided = true;
		frame->status = in.check.status;
	}
	check_drop(&in.check);
	bytes_wipe(&in, sizeof in);
	return status;
}

NTSTATUS
ntlm_accept(struct call *call, const struct leg_args *args, struct leg_result *ret)
{
	struct ntlm_context *ctx = args->context;
	struct accepting *f;
	NTSTATUS status;

	if (!ctx)
		return accept_begin(call, args, ret);
	ret->context = ctx;
	f = frame(call, sizeof *f, NULL);
	if (!f)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (f->decided)
		return check_wait(call, f->status);
	if (ctx->at != NTLM_TALKING || !ctx->server)
		return because(call, SEC_E_OUT_OF_SEQUENCE, TO_CALLER, "the context takes no further leg");
	status = accept_answer(call, args, ctx, f, ret);
	if (status == STATUS_PENDING && !f->decided)
		return status;
	ntlm_context_end(ctx, status == STATUS_SUCCESS);
	return status;
}
