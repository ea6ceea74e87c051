/*
 * kerb_talk.c - an initiator's conversation at both its ends: what may be
 * asked for, and what the peer's answer to an AP-REQ comes to. Fetches no
 * ticket.
 */
#include "pkg/kerberos/kerb_init.h"

#include <stdlib.h>
#include <time.h>

#include <sspi.h>

#include "crypto/bindings.h"
#include "pkg/kerberos/kerb_spn.h"

/* --- the beginning ------------------------------------------------------------- */

static NTSTATUS
init_ready(struct call *call, const struct leg_args *args)
{
	const struct kerb_cred *cred = args->cred;

	if (args->wants & ISC_REQ_PROMPT_FOR_CREDS)
		return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "nobody can be prompted for credentials here");
	if ((args->wants & ISC_REQ_USE_SESSION_KEY) && (args->wants & (ISC_REQ_USE_DCE_STYLE | ISC_REQ_DATAGRAM)))
		return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "user-to-user has no DCE style, and no datagrams");
	if (args->wants & ISC_REQ_NULL_SESSION)
		return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "Kerberos knows no null sessions");
	if (args->token.len)
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "a Kerberos initiator speaks first; there was a token already");
	if (cred->is == KERB_NOBODY)
		return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER, "the credential was not acquired for outbound use");
	return STATUS_SUCCESS;
}

NTSTATUS
kerb_talk_open(struct call *call, const struct leg_args *args, struct kerb_talk **ret_talk)
{
	struct kerb_spn spn;
	struct kerb_talk *talk;
	NTSTATUS status = init_ready(call, args);

	if (status != STATUS_SUCCESS)
		return status;
	if (args->target.len > KERB_TARGET_MAX || !kerb_spn_take(&spn, args->target))
		return because(call, SEC_E_TARGET_UNKNOWN, TO_CALLER,
		    "the target name is none that Kerberos knows: it takes class/host[:port][/instance][@REALM], or user@REALM");
	talk = calloc(1, sizeof *talk);
	if (!talk)
		return STATUS_INSUFFICIENT_RESOURCES;
	*ret_talk = talk;
	talk->target = bytes_dup(args->target);
	if (!talk->target)
		return STATUS_INSUFFICIENT_RESOURCES;
	talk->wants = args->wants;
	if (talk->wants & ISC_REQ_USE_DCE_STYLE)
		talk->wants |= ISC_REQ_MUTUAL_AUTH;
	if (!(talk->wants & ISC_REQ_MUTUAL_AUTH))
		talk->wants &= ~(uint32_t)ISC_REQ_DELEGATE;
	if (!bindings_hash_of(talk->bindings, args->bindings))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the channel bindings given are malformed");
	return STATUS_SUCCESS;
}

/* --- the end ------------------------------------------------------------------- */

NTSTATUS
kerb_talk_done(struct call *call, struct kerb_context *ctx, const struct leg_args *args, struct leg_result *ret)
{
	struct kerb_talk *talk = ctx->talk;
	struct kerb_data d = { 0 };
	NTSTATUS status;

	ret->grants = kerb_grants(false, talk->wants);
	if (talk->wants & ISC_REQ_MUTUAL_AUTH)
		ret->grants |= ISC_RET_MUTUAL_AUTH;
	if (talk->forwarded.len)
		ret->grants |= ISC_RET_DELEGATE;
	if (talk->user2user)
		ret->grants |= ISC_RET_USE_SESSION_KEY;
	d.grants = ret->grants;
	status = kerb_init_data(call, talk, &d);
	ret->expiry = d.expiry;
	if (status == STATUS_SUCCESS)
		status = kerb_context_done(call, ctx, args, &d, ret);
	bytes_wipe(&d, sizeof d);
	if (status == STATUS_SUCCESS) {
		kerb_talk_drop(talk);
		ctx->talk = NULL;
	}
	return status;
}

/* The acceptor told what time it has: once more, by its clock. The error is not authentic; the new proof is. */
static NTSTATUS
try_again(struct call *call, struct kerb_talk *talk, uint32_t stime, struct leg_result *ret)
{
	talk->corrected = true;
	talk->clock = (int32_t)(stime - (uint32_t)time(NULL));
	because(call, STATUS_SUCCESS, TO_CALLER,
	    "the acceptor's clock is %d seconds ahead of this one; the proof was made again by its time", (int)talk->clock);
	return kerb_ap_req(call, talk, &ret->token);
}

NTSTATUS
kerb_talk_answer(struct call *call, struct kerb_context *ctx, const struct leg_args *args, struct leg_result *ret)
{
	struct kerb_talk *talk = ctx->talk;
	struct kerb_frame f;
	uint32_t stime = 0;
	NTSTATUS status;

	if (!kerb_frame_take(&f, args->token) || (f.user2user && !talk->user2user) || (f.iakerb && !talk->carry))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's token is no Kerberos token of this mechanism");
	if (f.is == KERB_TOKEN_ERROR) {
		status = kerb_ap_error(call, talk, f.inner, &stime);
		if (status != SEC_E_TIME_SKEW || !stime || talk->corrected)
			return status;
		status = try_again(call, talk, stime, ret);
		return status == STATUS_SUCCESS ? SEC_I_CONTINUE_NEEDED : status;
	}
	if (f.is != KERB_TOKEN_AP_REP)
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's token is no answer to a Kerberos AP-REQ");
	status = kerb_ap_rep(call, talk, f.inner, &ret->token);
	return status == STATUS_SUCCESS ? kerb_talk_done(call, ctx, args, ret) : status;
}
