/*
 * nego_mic.c - mechListMIC: the proof that nobody touched the list.
 *
 * Over MechTypeList as it crossed the wire, made and checked by the package
 * that was chosen; the cipher of that direction begins anew after it. RFC
 * 4178 5, [MS-SPNG] 3.1.5.1, 3.3.5.1.
 */
#include "pkg/negotiate/nego_lsa.h"

#include <sspi.h>

#include <winerror.h>

static bool
protects(const struct nego_context *ctx)
{
	uint32_t integrity = ctx->server ? ASC_RET_INTEGRITY : ISC_RET_INTEGRITY;

	return (ctx->grants & integrity) && ctx->package->mic && ctx->package->check_mic;
}

bool
nego_mic_needed(const struct nego_context *ctx)
{
	return ctx->inner_done && ctx->mic_wanted && protects(ctx);
}

NTSTATUS
nego_mic_take(struct call *call, struct nego_context *ctx, const struct nego_resp *m)
{
	NTSTATUS status;

	/* Old implementations repeat the response token in the place of the MIC. */
	if (!m->has_mic || (m->has_token && bytes_same(m->mic, m->token)))
		return STATUS_SUCCESS;
	if (!ctx->inner_done)
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER,
		    "the peer sent a mechListMIC before %s was done: there is no key to check it with", ctx->package->name);
	if (ctx->mic_checked)
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer sent a second mechListMIC");
	if (!protects(ctx))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER,
		    "the peer sent a mechListMIC, and the context has no integrity to check it with");
	status = ctx->package->check_mic(call, ctx->inner, ctx->list, true, m->mic);
	if (status == SEC_E_MESSAGE_ALTERED || status == SEC_E_OUT_OF_SEQUENCE || status == SEC_E_INVALID_TOKEN)
		return because(call, SEC_E_MESSAGE_ALTERED, TO_CALLER,
		    "mechListMIC is wrong: somebody on the way changed the list of mechanisms, or the peer has another key");
	if (status != STATUS_SUCCESS)
		return because(call, status, TO_CALLER, "%s could not check the peer's mechListMIC", ctx->package->name);
	ctx->mic_checked = true;
	ctx->mic_wanted = true;		/* one is answered with one */
	return because(call, STATUS_SUCCESS, TO_CALLER, "the peer's mechListMIC is right: nobody changed the list of mechanisms");
}

NTSTATUS
nego_mic_give(struct call *call, struct nego_context *ctx, struct nego_resp *m)
{
	NTSTATUS status;

	if (ctx->mic_made || !nego_mic_needed(ctx))
		return STATUS_SUCCESS;
	status = ctx->package->mic(call, ctx->inner, ctx->list, true, &m->mic);
	if (status != STATUS_SUCCESS)
		return because(call, status, TO_CALLER, "%s could not sign the list of mechanisms", ctx->package->name);
	m->has_mic = ctx->mic_made = true;
	return STATUS_SUCCESS;
}
