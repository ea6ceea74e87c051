/*
 * kerb_inside.c - signing in the LSA. What is signed moves the same sequence
 * as the user half's messages, so the numbers go on there; there is no state
 * of a cipher to restart. It must never learn to know which package asks.
 */
#include "pkg/kerberos/kerb_inside.h"

#include "pkg/kerberos/kerb_lsa.h"
#include "pkg/kerberos/kerb_wrap.h"

static struct kerb_context *
inside_of(void *context)
{
	struct kerb_context *ctx = context;

	return ctx && ctx->at == KERB_DONE && ctx->kept ? ctx : NULL;
}

/* Data and a seal of them; the caller wipes and ends both. */
static NTSTATUS
inside_open(struct call *call, void *context, struct kerb_data *d, struct kerb_seal *seal)
{
	struct kerb_context *ctx = inside_of(context);
	bool good = false;
	uint8_t *at;

	if (!ctx)
		return because(call, SEC_E_OUT_OF_SEQUENCE, TO_CALLER, "Kerberos has no keys to sign with yet");
	WITH_SECRET(at, ctx->kept)
		good = kerb_data_take(d, bytes_of(at, secret_len(ctx->kept)));
	if (!good)
		return because(call, STATUS_INTERNAL_ERROR, TO_TRUSTED, "Kerberos' user data cannot be read back");
	if (!kerb_seal_begin(seal, d))
		return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER,
		    "messages of encryption type %d cannot be made or read here", d->key.etype);
	return STATUS_SUCCESS;
}

/* The same length as before: numbers alone have changed. */
static void
inside_close(void *context, struct kerb_data *d, struct kerb_seal *seal, bool changed)
{
	struct kerb_context *ctx = context;
	uint8_t *at;

	d->send = seal->send;
	d->receive = seal->receive;
	d->window = seal->window;
	if (changed)
		WITH_SECRET(at, ctx->kept) {
			struct writer w = writer_of(at, secret_len(ctx->kept));

			(void)!kerb_data_put(&w, d);
		}
	kerb_seal_end(seal);
	bytes_wipe(d, sizeof *d);
}

NTSTATUS
kerb_inside_mic(struct call *call, void *context, struct bytes text, bool restart, struct bytes *ret_token)
{
	/* Signing changes nothing: the part only cannot say so. */
	struct kerb_part part = { (uint8_t *)(uintptr_t)text.at, text.len, true };
	struct kerb_seal seal = { .etype = NULL };
	struct kerb_data d = { .server = false };
	NTSTATUS status = inside_open(call, context, &d, &seal);
	size_t len;
	uint8_t *at;

	(void)restart;
	if (status == STATUS_SUCCESS) {
		len = kerb_signature_len(&seal);
		at = call_memory(call, len);
		if (at && kerb_sign(&seal, &d.key, at, &part, 1))
			*ret_token = bytes_of(at, len);
		else
			status = STATUS_INSUFFICIENT_RESOURCES;
	}
	inside_close(context, &d, &seal, status == STATUS_SUCCESS);
	return status;
}

NTSTATUS
kerb_inside_check(struct call *call, void *context, struct bytes text, bool restart, struct bytes token)
{
	struct kerb_part part = { (uint8_t *)(uintptr_t)text.at, text.len, true };
	struct kerb_seal seal = { .etype = NULL };
	struct kerb_data d = { .server = false };
	NTSTATUS status = inside_open(call, context, &d, &seal);
	enum kerb_verdict verdict;

	(void)restart;
	if (status == STATUS_SUCCESS) {
		verdict = kerb_verify(&seal, &d.key, token, &part, 1);
		if (verdict == KERB_NO_MEMORY)
			status = STATUS_INSUFFICIENT_RESOURCES;
		else if (verdict != KERB_GENUINE)
			status = because(call, SEC_E_MESSAGE_ALTERED, TO_CALLER,
			    "Kerberos finds the peer's signature to be of another text or key");
	}
	inside_close(context, &d, &seal, status == STATUS_SUCCESS);
	return status;
}

NTSTATUS
kerb_inside_hand_over(struct call *call, void *context, struct bytes *ret_user_data)
{
	struct kerb_context *ctx = inside_of(context);
	uint8_t *from, *at;

	if (!ctx)
		return because(call, SEC_E_OUT_OF_SEQUENCE, TO_CALLER, "Kerberos has no keys to hand over");
	at = call_memory(call, secret_len(ctx->kept));
	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	WITH_SECRET(from, ctx->kept) {
		bytes_copy(at, from, secret_len(ctx->kept));
		*ret_user_data = bytes_of(at, secret_len(ctx->kept));
	}
	secret_drop(&ctx->kept);
	return STATUS_SUCCESS;
}
