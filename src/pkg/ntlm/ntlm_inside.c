/*
 * ntlm_inside.c - the keys of a finished context, for as long as the package
 * that entered this one signs with them in the LSA: mechListMIC of SPNEGO.
 *
 * What they sign moves the same sequence as the user half's messages, so the
 * state goes on there: the user data handed over are of the running form. It must
 * never learn to know which package that is. [MS-SPNG] 3.3.5.1.
 */
#include "pkg/ntlm/ntlm_lsa.h"

#include "pkg/ntlm/ntlm_data.h"
#include "pkg/ntlm/ntlm_seal.h"

/* In key memory. */
struct ntlm_inside {
	struct ntlm_seal seal;
	size_t size, len;		/* of all of it; of the user data */
	uint8_t data[];			/* the form of a context just established */
};

void
ntlm_inside_drop(struct ntlm_context *ctx)
{
	if (ctx->inside)
		key_drop(ctx->inside, ctx->inside->size);
	ctx->inside = NULL;
}

NTSTATUS
ntlm_inside_keep(struct call *call, struct ntlm_context *ctx, struct leg_result *ret)
{
	size_t size = sizeof(struct ntlm_inside) + ret->user_data.len;
	struct ntlm_data d;

	if (!ntlm_data_take(&d, ret->user_data))
		return because(call, STATUS_INTERNAL_ERROR, TO_TRUSTED, "NTLM's user data cannot be read back");
	ctx->inside = key_new(size);
	if (ctx->inside) {
		ctx->inside->size = size;
		ctx->inside->len = ret->user_data.len;
		bytes_copy(ctx->inside->data, ret->user_data.at, ret->user_data.len);
		ntlm_seal_begin(&ctx->inside->seal, ctx->server ? NTLM_SERVER : NTLM_CLIENT, d.flags, &d.key);
	}
	bytes_wipe(&d, sizeof d);
	ret->user_data = BYTES_NONE;
	return ctx->inside ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static struct ntlm_inside *
inside_of(void *context)
{
	struct ntlm_context *ctx = context;

	return ctx && ctx->at == NTLM_DONE ? ctx->inside : NULL;
}

NTSTATUS
ntlm_inside_mic(struct call *call, void *context, struct bytes text, bool restart, struct bytes *ret_token)
{
	struct ntlm_inside *in = inside_of(context);
	/* Signing changes nothing: the part only cannot say so. */
	struct ntlm_part part = { (uint8_t *)(uintptr_t)text.at, text.len, true };
	uint8_t *at;

	if (!in)
		return because(call, SEC_E_OUT_OF_SEQUENCE, TO_CALLER, "NTLM has no keys to sign with yet");
	at = call_memory(call, NTLM_SIGNATURE_LEN);
	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	ntlm_sign(&in->seal, at, &part, 1, 0);
	if (restart)
		ntlm_seal_reset(&in->seal, NTLM_OUT);
	*ret_token = bytes_of(at, NTLM_SIGNATURE_LEN);
	return STATUS_SUCCESS;
}

NTSTATUS
ntlm_inside_check(struct call *call, void *context, struct bytes text, bool restart, struct bytes token)
{
	struct ntlm_inside *in = inside_of(context);
	struct ntlm_part part = { (uint8_t *)(uintptr_t)text.at, text.len, true };

	if (!in)
		return because(call, SEC_E_OUT_OF_SEQUENCE, TO_CALLER, "NTLM has no keys to check with yet");
	if (token.len != NTLM_SIGNATURE_LEN)
		return because(call, SEC_E_MESSAGE_ALTERED, TO_CALLER, "an NTLM signature has 16 bytes, the peer's has %zu",
		    token.len);
	if (ntlm_verify(&in->seal, token.at, &part, 1, 0) != NTLM_GENUINE)
		return because(call, SEC_E_MESSAGE_ALTERED, TO_CALLER, "NTLM finds the peer's signature to be of another text or key");
	if (restart)
		ntlm_seal_reset(&in->seal, NTLM_IN);
	return STATUS_SUCCESS;
}

NTSTATUS
ntlm_inside_hand_over(struct call *call, void *context, struct bytes *ret_user_data)
{
	struct ntlm_inside *in = inside_of(context);
	struct writer w = writer_of(NULL, 0);
	struct ntlm_data d;
	NTSTATUS status = STATUS_INTERNAL_ERROR;
	uint8_t *at;

	if (!in || !ntlm_data_take(&d, bytes_of(in->data, in->len)))
		return because(call, SEC_E_OUT_OF_SEQUENCE, TO_CALLER, "NTLM has no keys to hand over");
	if (ntlm_data_put(&w, &d, &in->seal)) {
		at = call_memory(call, w.need);
		w = writer_of(at, at ? w.need : 0);
		status = !at ? STATUS_INSUFFICIENT_RESOURCES :
		    ntlm_data_put(&w, &d, &in->seal) ? STATUS_SUCCESS : STATUS_INTERNAL_ERROR;
	}
	bytes_wipe(&d, sizeof d);
	if (status == STATUS_SUCCESS) {
		*ret_user_data = bytes_of(w.at, w.need);
		ntlm_inside_drop(context);
	}
	return status;
}
