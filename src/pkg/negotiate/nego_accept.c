/*
 * nego_accept.c - the acceptor's legs.
 *
 *     FRESH --nothing in, NegTokenInit2 out--> HINTED --+
 *       \-----------------NegTokenInit in---------------+--NegTokenResp out--> TALKING ... --> DONE
 *       \--a raw token in: the package alone, direct----+
 *
 * The initiator's first mechanism that can be had here is taken; where that
 * is not its first, its token is for somebody else and request-mic is said.
 * The last word is ours: accept-completed. RFC 4178 4.2, 5; [MS-SPNG] 3.3.5.
 */
#include "pkg/negotiate/nego_lsa.h"

#include <sspi.h>

#include <winerror.h>

static const struct nego_inner *
mine(const struct leg_args *args, enum inner which)
{
	return &((const struct nego_cred *)args->cred)->inner[USE_IN][which];
}

/* --- nothing in: we say what we can --------------------------------------------- */

static NTSTATUS
hints_give(struct call *call, const struct leg_args *args, struct nego_context *ctx, struct leg_result *ret)
{
	static const char hint[] = "not_defined_in_RFC4178@please_ignore";
	struct nego_init m = { .has_hints = true, .hint = bytes_of(hint, sizeof hint - 1) };
	enum nego_mech can[3];
	unsigned count = 0;
	uint8_t list[64];
	struct writer w = writer_of(list, sizeof list);

	if (mine(args, INNER_KERBEROS)->package) {
		can[count++] = MECH_MS_KRB5;
		can[count++] = MECH_KRB5;
	}
	if (mine(args, INNER_NTLM)->package)
		can[count++] = MECH_NTLM;
	nego_list_put(&w, can, count);
	m.list = bytes_of(list, w.need);
	ctx->at = NEGO_HINTED;
	return nego_give_init(call, &m, &ret->token);
}

/* --- the offer -------------------------------------------------------------------- */

static void
offer_say(struct call *call, struct bytes list)
{
	char text[256];
	struct writer w = writer_of(text, sizeof text - 1);
	struct reader r = nego_list_open(list);
	struct bytes oid;

	while (nego_list_next(&r, &oid)) {
		writer_bytes(&w, bytes_of_text(w.need ? ", " : ""));
		writer_bytes(&w, bytes_of_text(nego_mech_name(nego_mech_of(oid))));
	}
	text[w.need < sizeof text ? w.need : sizeof text - 1] = 0;
	if (!writer_ok(&w))	/* what did not fit was not written: end where it is certain */
		text[0] = 0;
	because(call, STATUS_SUCCESS, TO_CALLER, "the peer offers: %s", *text ? text : "a long list of mechanisms");
}

/* The first that can be had; false: there is none. */
static bool
offer_choose(struct call *call, const struct leg_args *args, struct bytes list, enum nego_mech *ret_mech, bool *ret_first)
{
	struct reader r = nego_list_open(list);
	struct bytes oid;
	bool same = true;		/* all before it are the same mechanism by its other number */
	bool said[INNERS] = { false };

	while (nego_list_next(&r, &oid)) {
		enum nego_mech mech = nego_mech_of(oid);
		enum inner which = inner_of(mech);

		if (which != INNERS && mine(args, which)->package) {
			*ret_mech = mech;
			*ret_first = same;
			return true;
		}
		same = false;
		if (which != INNERS && !said[which]) {
			said[which] = true;
			because(call, mine(args, which)->status, TO_CALLER, "%s is out: it had no credential to accept with when "
			    "this one was acquired", inner_name(which));
		}
	}
	return false;
}

/* STATUS_SUCCESS: chosen. */
static NTSTATUS
offer_take(struct call *call, const struct leg_args *args, struct nego_context *ctx, const struct nego_init *m)
{
	enum nego_mech mech;
	bool first;

	if (!m->list.len || m->list.len > NEGO_LIST_MAX)
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer offers no mechanisms, or too many");
	offer_say(call, m->list);
	if (!offer_choose(call, args, m->list, &mech, &first))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER,
		    "none of the mechanisms that the peer offers can be had here; a keytab for Kerberos or policy ntlm-allowed would help");
	if (!nego_keep(&ctx->list, m->list))
		return STATUS_INSUFFICIENT_RESOURCES;
	ctx->first = first;
	ctx->mic_wanted = !first;
	ctx->wants = args->wants;
	nego_choose(ctx, mech, mine(args, inner_of(mech)));
	because(call, STATUS_SUCCESS, TO_CALLER, first ? "%s chosen: the peer's first offer" :
	    "%s chosen: the peer's first offer that can be had here; mechListMIC will prove that it is the peer's list",
	    nego_mech_name(mech));
	return STATUS_SUCCESS;
}

/* --- replies ------------------------------------------------------------------------- */

/* The choice goes with the first reply and with no other. */
static NTSTATUS
reply(struct call *call, struct nego_context *ctx, struct nego_resp *out, struct leg_result *ret)
{
	if (!ctx->answered) {
		out->has_mech = true;
		out->mech = nego_mech_oid(ctx->mech);
		if (out->state == STATE_INCOMPLETE && ctx->mic_wanted && !out->has_mic)
			out->state = STATE_REQUEST_MIC;
		ctx->answered = true;
	}
	return nego_give_resp(call, out, &ret->token);
}

/* The package inside is done. What must be proven was proven, or is proven next, or it is the end. */
static NTSTATUS
reply_done(struct call *call, struct nego_context *ctx, const struct nego_resp *in, struct bytes token,
    struct leg_result *ret)
{
	struct nego_resp out = { .state = STATE_COMPLETED, .has_token = token.len != 0, .token = token };
	bool waits = nego_mic_needed(ctx) && !ctx->mic_checked;
	NTSTATUS status;

	if (waits && ctx->answered && !out.has_token)
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, ctx->mic_made ?
		    "the peer answers mechListMIC with none of its own" :
		    "the peer's last token comes without the mechListMIC that is needed: somebody on the way may have removed it");
	status = nego_mic_give(call, ctx, &out);
	if (status == STATUS_SUCCESS && waits) {
		out.state = STATE_INCOMPLETE;
		status = reply(call, ctx, &out, ret);
		return status == STATUS_SUCCESS ? SEC_I_CONTINUE_NEEDED : status;
	}
	if (status == STATUS_SUCCESS && ctx->mic_wanted && !nego_mic_needed(ctx))
		because(call, STATUS_SUCCESS, TO_CALLER, "no mechListMIC protects the choice: the context has no integrity");
	/* MIT's initiators are done with their MIC and say so: RFC 4178 4.2.2, no further token is awaited. */
	if (status == STATUS_SUCCESS && !(in->state == STATE_COMPLETED && !in->has_token && !out.has_mic))
		status = reply(call, ctx, &out, ret);
	return status == STATUS_SUCCESS ? nego_finish(call, ctx, ret) : status;
}

/* Tells the peer, for callers that send what a failed leg gives: what the package inside said goes along. */
static void
reply_reject(struct call *call, struct bytes token, struct leg_result *ret)
{
	struct nego_resp out = { .state = STATE_REJECT, .has_token = token.len != 0, .token = token };

	if (nego_give_resp(call, &out, &ret->token) != STATUS_SUCCESS)
		ret->token = BYTES_NONE;
}

/* --- the legs -------------------------------------------------------------------------- */

/* The package inside takes a token, `m` may bring a MIC with it. */
static NTSTATUS
step(struct call *call, const struct leg_args *args, struct nego_context *ctx, const struct nego_resp *m,
    struct leg_result *ret)
{
	struct nego_resp out = { .state = STATE_INCOMPLETE };
	struct bytes token = BYTES_NONE;
	bool speaks = m->has_token && m->token.len;
	NTSTATUS status;

	if (ctx->inner_done && speaks)
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer sends a token of %s, which is done",
		    ctx->package->name);
	if (!ctx->inner_done && !speaks && ctx->answered)
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer sends no token of %s, which waits for one",
		    ctx->package->name);
	if (!ctx->inner_done && speaks) {
		status = nego_enter(call, ctx, mine(args, ctx->which), args, m->token, &token);
		if (status == STATUS_PENDING)
			return status;
		if (status < 0) {
			reply_reject(call, token, ret);
			return status;
		}
	}
	status = nego_mic_take(call, ctx, m);
	if (status != STATUS_SUCCESS)
		return status;
	ctx->at = NEGO_TALKING;
	if (ctx->inner_done)
		return reply_done(call, ctx, m, token, ret);
	out.has_token = token.len != 0;
	out.token = token;
	status = reply(call, ctx, &out, ret);
	return status == STATUS_SUCCESS ? SEC_I_CONTINUE_NEEDED : status;
}

static NTSTATUS
accept_offer(struct call *call, const struct leg_args *args, struct nego_context *ctx, struct nego_leg *leg,
    struct leg_result *ret)
{
	struct nego_init in;
	struct nego_resp m = { 0 };
	NTSTATUS status = STATUS_SUCCESS;

	if (!nego_init_take(&in, args->token))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's first token is a malformed SPNEGO offer (NegTokenInit)");
	if (!leg->begun) {
		status = offer_take(call, args, ctx, &in);
		leg->begun = true;
	}
	if (status != STATUS_SUCCESS)
		return status;
	if (ctx->first) {		/* else it is for the mechanism that was not chosen */
		m.has_token = in.has_token;
		m.token = in.token;
		m.has_mic = in.has_mic;
		m.mic = in.mic;
	}
	return step(call, args, ctx, &m, ret);
}

/* The peer speaks the package's own tokens, and is answered so. */
static NTSTATUS
accept_direct(struct call *call, const struct leg_args *args, struct nego_context *ctx, struct leg_result *ret)
{
	NTSTATUS status = nego_enter(call, ctx, mine(args, ctx->which), args, args->token, &ret->token);

	ctx->at = NEGO_TALKING;
	return status == STATUS_SUCCESS ? nego_finish(call, ctx, ret) : status;
}

static NTSTATUS
accept_raw(struct call *call, const struct leg_args *args, struct nego_context *ctx, struct nego_leg *leg,
    enum nego_mech mech, struct leg_result *ret)
{
	const struct nego_inner *in = mine(args, inner_of(mech));

	if (!leg->begun) {
		leg->begun = true;
		if (!in->package)
			return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER,
			    "the peer speaks %s without SPNEGO, and it had no credential to accept with when this one was acquired",
			    nego_mech_name(mech));
		ctx->direct = true;
		nego_choose(ctx, mech, in);
		because(call, STATUS_SUCCESS, TO_CALLER, "%s chosen: the peer speaks it without SPNEGO around it",
		    nego_mech_name(mech));
	}
	return accept_direct(call, args, ctx, ret);
}

static NTSTATUS
accept_first(struct call *call, const struct leg_args *args, struct nego_context *ctx, struct nego_leg *leg,
    struct leg_result *ret)
{
	NTSTATUS status;

	if (!args->token.len && ctx->at == NEGO_FRESH) {
		status = hints_give(call, args, ctx, ret);
		return status == STATUS_SUCCESS ? SEC_I_CONTINUE_NEEDED : status;
	}
	switch (nego_kind_of(args->token)) {
	case NEGO_INIT:
		return accept_offer(call, args, ctx, leg, ret);
	case NEGO_RAW_NTLM:
		return accept_raw(call, args, ctx, leg, MECH_NTLM, ret);
	case NEGO_RAW_KERBEROS:
		return accept_raw(call, args, ctx, leg, MECH_KRB5, ret);
	default:
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER,
		    "the peer's first token is neither SPNEGO nor NTLM nor Kerberos");
	}
}

static NTSTATUS
accept_next(struct call *call, const struct leg_args *args, struct nego_context *ctx, struct leg_result *ret)
{
	struct nego_resp in;

	if (ctx->direct)
		return accept_direct(call, args, ctx, ret);
	if (nego_kind_of(args->token) != NEGO_RESP || !nego_resp_take(&in, args->token))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's token is no SPNEGO answer (NegTokenResp)");
	if (in.state == STATE_REJECT)
		return because(call, SEC_E_LOGON_DENIED, TO_CALLER, "the peer gives up (negState reject)");
	if (in.has_mech && !nego_same_mech(nego_mech_of(in.mech), ctx->mech))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer names another mechanism than the chosen one");
	return step(call, args, ctx, &in, ret);
}

NTSTATUS
negotiate_accept(struct call *call, const struct leg_args *args, struct leg_result *ret)
{
	struct nego_context *ctx;
	struct nego_leg *leg;
	NTSTATUS status = nego_begin(call, args, true, ret, &leg);

	if (status != STATUS_SUCCESS)
		return status;
	ctx = ret->context;
	status = ctx->at == NEGO_TALKING ? accept_next(call, args, ctx, ret) : accept_first(call, args, ctx, leg, ret);
	if (status == STATUS_PENDING)
		return status;
	if (status == SEC_I_CONTINUE_NEEDED) {
		ret->grants = args->wants & ASC_RET_ALLOCATED_MEMORY;
		return status;
	}
	if (status != STATUS_SUCCESS) {
		ret->user_data = BYTES_NONE;
		if (!ret->token.len && !ctx->direct)
			reply_reject(call, BYTES_NONE, ret);
	}
	nego_context_end(ctx, status == STATUS_SUCCESS);
	return status;
}
