/*
 * nego_init.c - the initiator's legs: chooses, falls back, says why.
 *
 *     FRESH --NegTokenInit out--> TALKING --NegTokenResp in, out--> ... --> DONE
 *
 * The first leg tries Kerberos, then NTLM, and offers what may follow; the
 * token of the first is sent with the offer. The acceptor may choose another:
 * then that one begins anew and mechListMIC is demanded. The last word is the
 * acceptor's: after our last token we wait for accept-completed. RFC 4178
 * 4.2, 5; [MS-SPNG] 3.2.5.
 */
#include "pkg/negotiate/nego_lsa.h"

#include <sspi.h>

#include <winerror.h>

#include "base/utf16.h"

static const struct nego_inner *
mine(const struct leg_args *args, enum inner which)
{
	return &((const struct nego_cred *)args->cred)->inner[USE_OUT][which];
}

/* --- FRESH: what can be offered --------------------------------------------- */

static NTSTATUS
begin_check(struct call *call, const struct leg_args *args)
{
	struct writer measure = writer_of(NULL, 0);

	if (args->wants & ISC_REQ_PROMPT_FOR_CREDS)
		return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "nobody can be prompted for credentials here");
	if (args->wants & ISC_REQ_DATAGRAM)
		return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER,
		    "Negotiate knows no datagrams; use the package NTLM or Kerberos");
	if (args->target.len > NEGO_TARGET_MAX || !utf16_from_utf8(&measure, args->target))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the target name is not valid text of at most 1024 bytes");
	return STATUS_SUCCESS;
}

/* What an acceptor that spoke first can do; all, when it did not. */
static NTSTATUS
hints_take(struct call *call, struct bytes token, bool ret_can[INNERS], bool *ret_iakerb)
{
	struct nego_init hints;
	struct reader list;
	struct bytes oid;

	ret_can[INNER_KERBEROS] = ret_can[INNER_NTLM] = !token.len;
	if (!token.len)
		return STATUS_SUCCESS;
	if (nego_kind_of(token) != NEGO_INIT || !nego_init_take(&hints, token))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER,
		    "the token of the first leg is no SPNEGO offer of an acceptor (NegTokenInit2)");
	if (!hints.list.len)
		ret_can[INNER_KERBEROS] = ret_can[INNER_NTLM] = true;
	for (list = nego_list_open(hints.list); hints.list.len && nego_list_next(&list, &oid); ) {
		enum inner which = inner_of(nego_mech_of(oid));

		if (which != INNERS)
			ret_can[which] = true;
		*ret_iakerb |= nego_mech_of(oid) == MECH_IAKERB;
	}
	for (unsigned i = 0; i < INNERS; i++)
		if (!ret_can[i])
			because(call, STATUS_SUCCESS, TO_CALLER, "%s is out: the acceptor does not name it in its offer",
			    inner_name((enum inner)i));
	return STATUS_SUCCESS;
}

/* Whether a package is there at all; else says why it is not. */
static bool
is_there(struct call *call, const struct leg_args *args, enum inner which)
{
	const struct nego_cred *cred = args->cred;
	const struct nego_inner *in = mine(args, which);

	if (in->package)
		return true;
	if (cred->excluded[which])
		because(call, STATUS_SUCCESS, TO_CALLER, "%s is out: the identity's PackageList excludes it", inner_name(which));
	else if (in->status == STATUS_NOT_FOUND)
		because(call, STATUS_SUCCESS, TO_CALLER, "%s is out: there is no such package here", inner_name(which));
	else
		because(call, in->status, TO_CALLER,
		    "%s is out: it had no credential when this one was acquired; acquire one anew after that was mended",
		    inner_name(which));
	return false;
}

static NTSTATUS
begin_plan(struct call *call, const struct leg_args *args, struct nego_context *ctx, struct nego_leg *leg)
{
	bool can[INNERS];
	NTSTATUS status = begin_check(call, args);

	if (status == STATUS_SUCCESS)
		status = hints_take(call, args->token, can, &leg->may_iakerb);
	if (status != STATUS_SUCCESS)
		return status;
	if (!nego_keep(&ctx->target, args->target) || !nego_keep(&ctx->bindings, args->bindings))
		return STATUS_INSUFFICIENT_RESOURCES;
	ctx->wants = args->wants;
	leg->trying = (can[INNER_KERBEROS] || leg->may_iakerb) && rule_kerberos_fits(call, args->cred, args->target, args->wants) &&
	    is_there(call, args, INNER_KERBEROS) ? INNER_KERBEROS : INNER_NTLM;
	leg->may_ntlm = can[INNER_NTLM] && is_there(call, args, INNER_NTLM);
	/* Where there is a choice it is to be protected, so integrity is asked for. */
	if (leg->trying == INNER_KERBEROS && !(args->wants & ISC_REQ_NO_INTEGRITY))
		ctx->wants |= ISC_REQ_INTEGRITY;
	leg->by_peer = leg->trying == INNER_KERBEROS && !can[INNER_KERBEROS];
	nego_choose(ctx, leg->by_peer ? MECH_IAKERB : leg->trying == INNER_KERBEROS ? MECH_MS_KRB5 : MECH_NTLM, mine(args, leg->trying));
	leg->begun = true;
	return STATUS_SUCCESS;
}

/* No KDC can be reached from here; where the acceptor offers to hand messages on to its own, or nothing else is left. */
static bool
begin_by_peer(struct call *call, const struct leg_args *args, struct nego_context *ctx, struct nego_leg *leg, NTSTATUS failed)
{
	if (leg->by_peer || (!leg->may_iakerb && leg->may_ntlm) ||
	    (failed != SEC_E_NO_AUTHENTICATING_AUTHORITY && failed != STATUS_NO_LOGON_SERVERS && failed != STATUS_IO_TIMEOUT))
		return false;
	because(call, STATUS_SUCCESS, TO_CALLER, "Kerberos is tried by way of the peer (IAKERB)");
	leg->by_peer = true;
	leg->failed = failed;
	nego_choose(ctx, MECH_IAKERB, mine(args, INNER_KERBEROS));
	return true;
}

/* Kerberos came to nothing. STATUS_SUCCESS: NTLM is next. */
static NTSTATUS
begin_fall_back(struct call *call, const struct leg_args *args, struct nego_context *ctx, struct nego_leg *leg,
    NTSTATUS failed)
{
	nego_inner_drop(ctx);
	if (!rule_falls_back(failed))
		return because(call, failed, TO_CALLER,
		    "Kerberos failed in a way that may be somebody's doing or a wrong password, so nothing else is tried");
	leg->failed = failed;
	if (!leg->may_ntlm)
		return because(call, failed, TO_CALLER, "Kerberos is out (see above), and NTLM cannot be had instead");
	leg->trying = INNER_NTLM;
	ctx->wants = args->wants;
	nego_choose(ctx, MECH_NTLM, mine(args, INNER_NTLM));
	return STATUS_SUCCESS;
}

/* What nothing at all came to. */
static NTSTATUS
begin_nothing(struct call *call, const struct nego_leg *leg)
{
	return because(call, leg->failed != STATUS_SUCCESS ? leg->failed : SEC_E_NO_CREDENTIALS, TO_CALLER,
	    "neither Kerberos nor NTLM can be used towards this target");
}

static NTSTATUS
begin_ntlm(struct call *call, const struct leg_args *args, struct nego_leg *leg)
{
	struct bytes target = args->target;

	if (!leg->may_ntlm)
		return begin_nothing(call, leg);
	if (rule_ntlm_allowed(call, args->cred, target)) {
		because(call, STATUS_SUCCESS, TO_CALLER, "NTLM chosen: %s", ((const struct nego_cred *)args->cred)->wished ?
		    "the identity's PackageList asks for it" : "Kerberos is out (see above), and policy ntlm-fallback allows it");
		return STATUS_SUCCESS;
	}
	rule_ntlm_audit(call, args->cred, SEC_E_DOWNGRADE_DETECTED, target);
	return because(call, SEC_E_DOWNGRADE_DETECTED, TO_CALLER, "NTLM would have been chosen, and policy forbids it");
}

/* NegTokenInit: the first of the list is the one whose token goes along. */
static NTSTATUS
begin_offer(struct call *call, const struct leg_args *args, struct nego_context *ctx, struct nego_leg *leg,
    struct bytes token, struct leg_result *ret)
{
	struct nego_init m = { .has_token = token.len != 0, .token = token };
	struct writer w = writer_of(NULL, 0);
	uint8_t list[64];

	if (ctx->mech == MECH_IAKERB) {
		ctx->offered[ctx->offered_count++] = MECH_IAKERB;
	} else if (ctx->which == INNER_KERBEROS) {
		ctx->offered[ctx->offered_count++] = MECH_MS_KRB5;
		ctx->offered[ctx->offered_count++] = MECH_KRB5;
	}
	if (ctx->which == INNER_NTLM || (leg->may_ntlm && rule_ntlm_allowed(call, args->cred, ctx->target)))
		ctx->offered[ctx->offered_count++] = MECH_NTLM;
	w = writer_of(list, sizeof list);
	nego_list_put(&w, ctx->offered, ctx->offered_count);
	if (!writer_ok(&w) || !nego_keep(&ctx->list, bytes_of(list, w.need)))
		return STATUS_INSUFFICIENT_RESOURCES;
	m.list = ctx->list;
	because(call, STATUS_SUCCESS, TO_CALLER, "offered to the peer: %s", ctx->which == INNER_NTLM ? "NTLM alone" :
	    ctx->mech == MECH_IAKERB ? "Kerberos by way of it (IAKERB)" :
	    ctx->offered_count > 2 ? "Kerberos (its token goes along), then NTLM" : "Kerberos alone (its token goes along)");
	if (ctx->which == INNER_NTLM)
		rule_ntlm_audit(call, args->cred, STATUS_SUCCESS, ctx->target);
	ctx->at = NEGO_TALKING;
	ret->grants = args->wants & ISC_RET_ALLOCATED_MEMORY;
	return nego_give_init(call, &m, &ret->token);
}

static NTSTATUS
init_begin(struct call *call, const struct leg_args *args, struct nego_context *ctx, struct nego_leg *leg,
    struct leg_result *ret)
{
	struct bytes token = BYTES_NONE;
	bool entered = leg->begun;	/* what stands before the package inside was said already */
	NTSTATUS status;

	if (!leg->begun) {
		status = begin_plan(call, args, ctx, leg);
		if (status != STATUS_SUCCESS)
			return status;
	}
	if (leg->trying == INNER_KERBEROS) {
		status = nego_enter(call, ctx, mine(args, INNER_KERBEROS), args, BYTES_NONE, &token);
		if (status < 0 && status != STATUS_PENDING && begin_by_peer(call, args, ctx, leg, status))
			status = nego_enter(call, ctx, mine(args, INNER_KERBEROS), args, BYTES_NONE, &token);
		if (status == STATUS_PENDING)
			return status;
		if (status >= 0) {
			status = begin_offer(call, args, ctx, leg, token, ret);
			return status == STATUS_SUCCESS ? SEC_I_CONTINUE_NEEDED : status;
		}
		status = begin_fall_back(call, args, ctx, leg, status);
		if (status != STATUS_SUCCESS)
			return status;
		entered = false;
	}
	if (!entered) {
		status = begin_ntlm(call, args, leg);
		if (status != STATUS_SUCCESS)
			return status;
	}
	status = nego_enter(call, ctx, mine(args, INNER_NTLM), args, BYTES_NONE, &token);
	if (status < 0 || status == STATUS_PENDING)
		return status;
	status = begin_offer(call, args, ctx, leg, token, ret);
	return status == STATUS_SUCCESS ? SEC_I_CONTINUE_NEEDED : status;
}

/* --- TALKING: what the acceptor says -------------------------------------------- */

static bool
was_offered(const struct nego_context *ctx, enum nego_mech mech)
{
	for (unsigned i = 0; i < ctx->offered_count; i++)
		if (ctx->offered[i] == mech)
			return true;
	return false;
}

/* The first reply names the choice. */
static NTSTATUS
choice_take(struct call *call, const struct leg_args *args, struct nego_context *ctx, const struct nego_resp *m)
{
	enum nego_mech mech = m->has_mech ? nego_mech_of(m->mech) : ctx->offered[0];

	if (!was_offered(ctx, mech))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer chose a mechanism that was not offered to it");
	ctx->answered = true;
	if (m->state == STATE_REQUEST_MIC)
		ctx->mic_wanted = true;
	if (nego_same_mech(mech, ctx->offered[0])) {
		ctx->mech = mech;
		because(call, STATUS_SUCCESS, TO_CALLER, "the peer took the first offer, %s", nego_mech_name(mech));
		return STATUS_SUCCESS;
	}
	/* Servers before 2008 say accept-incomplete here, and only with NTLM. */
	if (m->state != STATE_REQUEST_MIC && !(mech == MECH_NTLM && m->state != STATE_COMPLETED))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER,
		    "the peer chose %s, not the first offer, and does not ask for the mechListMIC that this needs",
		    nego_mech_name(mech));
	if (m->has_token && m->token.len)
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER,
		    "the peer chose %s and answers a token of it that was never sent", nego_mech_name(mech));
	ctx->mic_wanted = true;
	because(call, STATUS_SUCCESS, TO_CALLER, "the peer refused the first offer, %s, and chose %s; mechListMIC will prove "
	    "that nobody on the way changed the offer", nego_mech_name(ctx->offered[0]), nego_mech_name(mech));
	if (mech == MECH_NTLM)
		rule_ntlm_audit(call, args->cred, STATUS_SUCCESS, ctx->target);
	nego_choose(ctx, mech, mine(args, inner_of(mech)));
	return STATUS_SUCCESS;
}

/* Once chosen it stays chosen, and a MIC is asked for with the choice or never. */
static NTSTATUS
choice_stays(struct call *call, const struct nego_context *ctx, const struct nego_resp *m)
{
	if (m->has_mech && !nego_same_mech(nego_mech_of(m->mech), ctx->mech))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer changes its choice of mechanism");
	if (m->state == STATE_REQUEST_MIC)
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer asks for a mechListMIC too late");
	return STATUS_SUCCESS;
}

/* A refusal; the package inside may know more from the token that came with it. */
static NTSTATUS
talk_refused(struct call *call, struct nego_context *ctx, const struct leg_args *args, const struct nego_resp *m)
{
	struct bytes token;
	NTSTATUS status = SEC_E_LOGON_DENIED;

	if (m->has_token && m->token.len && ctx->inner && !ctx->inner_done) {
		status = nego_enter(call, ctx, mine(args, ctx->which), args, m->token, &token);
		if (status == STATUS_PENDING)
			return status;
		if (status >= 0)
			status = SEC_E_LOGON_DENIED;
	}
	return because(call, status, TO_CALLER, "the peer refuses (negState reject) what was offered: %s",
	    nego_mech_name(ctx->mech));
}

/* The peer says that all is done; it is, when everything was proven. */
static NTSTATUS
talk_completed(struct call *call, struct nego_context *ctx, struct bytes token, struct leg_result *ret)
{
	if (!ctx->inner_done || token.len)
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer says that all is done, and %s is not",
		    ctx->package->name);
	if (nego_mic_needed(ctx) && !ctx->mic_checked)
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER,
		    "the peer says that all is done without the mechListMIC that is needed: somebody on the way may have removed it");
	if (ctx->mic_wanted && !nego_mic_needed(ctx))
		because(call, STATUS_SUCCESS, TO_CALLER, "no mechListMIC protects the choice: the context has no integrity");
	return nego_finish(call, ctx, ret);
}

static NTSTATUS
talk_on(struct call *call, struct nego_context *ctx, const struct nego_resp *in, struct bytes token, struct leg_result *ret)
{
	struct nego_resp out = { .state = STATE_INCOMPLETE, .has_token = token.len != 0, .token = token };
	NTSTATUS status;

	if (in->state == STATE_COMPLETED)
		return talk_completed(call, ctx, token, ret);
	status = nego_mic_give(call, ctx, &out);
	if (status != STATUS_SUCCESS)
		return status;
	if (!out.has_token && !out.has_mic) {	/* nothing is left to say: once */
		if (!ctx->inner_done || ctx->closing || (nego_mic_needed(ctx) && !ctx->mic_checked))
			return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer waits for something, and it is its turn to speak");
		ctx->closing = true;
	}
	/* Never accept-completed: that would say that no answer is awaited, and the acceptor's last word is. */
	status = nego_give_resp(call, &out, &ret->token);
	return status == STATUS_SUCCESS ? SEC_I_CONTINUE_NEEDED : status;
}

static NTSTATUS
talk(struct call *call, const struct leg_args *args, struct nego_context *ctx, struct nego_leg *leg, struct leg_result *ret)
{
	struct nego_resp in;
	struct bytes token = BYTES_NONE;
	bool speaks;
	NTSTATUS status = STATUS_SUCCESS;

	if (nego_kind_of(args->token) != NEGO_RESP || !nego_resp_take(&in, args->token))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's token is no SPNEGO answer (NegTokenResp)");
	if (in.state == STATE_REJECT)
		return talk_refused(call, ctx, args, &in);
	if (!leg->begun) {
		status = ctx->answered ? choice_stays(call, ctx, &in) : choice_take(call, args, ctx, &in);
		leg->begun = true;
	}
	if (status != STATUS_SUCCESS)
		return status;
	speaks = in.has_token && in.token.len;
	if (ctx->inner_done && speaks)
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer sends a token of %s, which is done",
		    ctx->package->name);
	if (!ctx->inner_done && ctx->inner && !speaks)
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer sends no token of %s, which waits for one",
		    ctx->package->name);
	if (!ctx->inner_done) {
		status = nego_enter(call, ctx, mine(args, ctx->which), args, speaks ? in.token : BYTES_NONE, &token);
		if (status < 0 || status == STATUS_PENDING)
			return status;
	}
	status = nego_mic_take(call, ctx, &in);
	return status == STATUS_SUCCESS ? talk_on(call, ctx, &in, token, ret) : status;
}

NTSTATUS
negotiate_init(struct call *call, const struct leg_args *args, struct leg_result *ret)
{
	struct nego_context *ctx;
	struct nego_leg *leg;
	NTSTATUS status = nego_begin(call, args, false, ret, &leg);

	if (status != STATUS_SUCCESS)
		return status;
	ctx = ret->context;
	status = ctx->at == NEGO_FRESH ? init_begin(call, args, ctx, leg, ret) : talk(call, args, ctx, leg, ret);
	if (status == STATUS_PENDING || status == SEC_I_CONTINUE_NEEDED)
		return status;
	if (status != STATUS_SUCCESS)
		ret->token = ret->user_data = BYTES_NONE;
	nego_context_end(ctx, status == STATUS_SUCCESS);
	return status;
}
