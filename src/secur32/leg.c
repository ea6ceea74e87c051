/*
 * leg.c - one leg as the client runs it. Rules of buffers: spec sspi-sync 4;
 * of partial contexts: 3.3; of a token buffer that is too small: 3.4.
 */
#include "secur32/leg.h"

#include <stdlib.h>
#include <string.h>

#include "base/nt.h"

#include "base/status.h"
#include "base/time.h"
#include "secur32/acquire.h"
#include "secur32/explain.h"
#include "secur32/memory.h"
#include "secur32/plugged.h"
#include "secur32/usermode.h"

#define TYPE_MASK	0x0fffffffu
#define RET_ALLOCATED	0x00000100u	/* ISC_RET_ALLOCATED_MEMORY and ASC_RET_ALLOCATED_MEMORY */

SECURITY_STATUS
sec_of(NTSTATUS status)
{
	return status == STATUS_IO_TIMEOUT ? SEC_E_NO_AUTHENTICATING_AUTHORITY : status_to_sec(status);
}

SecBuffer *
leg_buffer_find(const SecBufferDesc *desc, ULONG type)
{
	for (ULONG i = 0; desc && i < desc->cBuffers; i++)
		if ((desc->pBuffers[i].BufferType & TYPE_MASK) == type)
			return &desc->pBuffers[i];
	return NULL;
}

struct bytes
leg_buffer(const SecBufferDesc *desc, ULONG type)
{
	const SecBuffer *b = leg_buffer_find(desc, type);

	return b && b->pvBuffer ? bytes_of(b->pvBuffer, b->cbBuffer) : BYTES_NONE;
}

SECURITY_STATUS
buffers_check(const SecBufferDesc *desc)
{
	if (desc && (desc->ulVersion != SECBUFFER_VERSION || (desc->cBuffers && !desc->pBuffers)))
		return SEC_E_INVALID_TOKEN;
	return SEC_E_OK;
}

struct leg
leg_of(bool server, PCredHandle cred, PCtxtHandle context, ULONG wants, ULONG data_rep, PSecBufferDesc input,
    PCtxtHandle ret_context, PSecBufferDesc output, PULONG attributes, PTimeStamp expiry)
{
	struct leg leg = {
		.server = server, .has_cred = cred != NULL, .has_context = context != NULL, .wants = wants,
		.data_rep = data_rep, .input = input, .new_context = ret_context, .output = output,
		.attributes = attributes, .expiry = expiry,
	};

	if (cred)
		leg.cred_handle = *cred;
	if (context)
		leg.context_handle = *context;
	return leg;
}

SECURITY_STATUS
leg_check(const struct leg *leg)
{
	SECURITY_STATUS status = buffers_check(leg->input);

	if (status == SEC_E_OK)
		status = buffers_check(leg->output);
	if (status != SEC_E_OK)
		return status;
	if (!leg->has_context && (!leg->has_cred || !leg->new_context))
		return SEC_E_INVALID_HANDLE;
	return SEC_E_OK;
}

/* --- opening ------------------------------------------------------------------ */

static struct context *
context_new(const struct leg *leg)
{
	struct context *ctx = calloc(1, sizeof *ctx);

	if (!ctx)
		return NULL;
	pthread_mutex_init(&ctx->lock, NULL);
	pthread_mutex_init(&ctx->fate, NULL);
	ctx->server = leg->server;
	ctx->epoch = leg->cred->epoch;
	ctx->deadline = atomic_load(&leg->cred->deadline);
	bytes_copy(ctx->package, leg->cred->package, sizeof ctx->package);
	if (!handle_new(root_handles(), KIND_CONTEXT, ctx, &ctx->word)) {
		pthread_mutex_destroy(&ctx->lock);
		pthread_mutex_destroy(&ctx->fate);
		free(ctx);
		return NULL;
	}
	return handle_hold(root_handles(), KIND_CONTEXT, ctx->word);
}

SECURITY_STATUS
leg_open(struct leg *leg, int how)
{
	int none = LEG_NONE;

	leg->first = !leg->has_context;
	if (leg->has_cred) {
		leg->cred = cred_hold(&leg->cred_handle);
		if (!leg->cred) {
			why_say(&leg->why, SEC_E_INVALID_HANDLE, TO_CALLER, "the credential handle names nothing");
			return SEC_E_INVALID_HANDLE;
		}
	}
	if (leg->first) {
		leg->context = context_new(leg);
		if (!leg->context)
			return SEC_E_INSUFFICIENT_MEMORY;
	} else {
		leg->context = context_hold(&leg->context_handle);
		if (!leg->context) {
			why_say(&leg->why, SEC_E_INVALID_HANDLE, TO_CALLER, "the context handle names nothing");
			return SEC_E_INVALID_HANDLE;
		}
	}
	if (how == LEG_SYNC)		/* two synchronous legs on one context take turns */
		pthread_mutex_lock(&leg->context->lock);
	if (!atomic_compare_exchange_strong(&leg->context->leg, &none, how)) {
		if (how == LEG_SYNC)
			pthread_mutex_unlock(&leg->context->lock);
		context_release(leg->context);
		leg->context = NULL;
		why_say(&leg->why, SEC_E_OUT_OF_SEQUENCE, TO_CALLER, "a leg of this context is in flight");
		return SEC_E_OUT_OF_SEQUENCE;
	}
	return SEC_E_OK;
}

bool
leg_is_kept(const struct leg *leg)
{
	return leg->context->kept != NULL;
}

void
leg_ask(struct leg *leg, struct ask *ask, struct link *link)
{
	struct context *ctx = leg->context;
	struct bytes token = leg_buffer(leg->input, SECBUFFER_TOKEN);
	struct bytes bindings = leg_buffer(leg->input, SECBUFFER_CHANNEL_BINDINGS);
	uint64_t cred = leg->cred ? leg->cred->wire : 0;
	uint32_t deadline = leg->deadline;

	leg->link = link;
	if (leg->cred) {	/* a free that comes over another link must not overtake this */
		atomic_fetch_add(&leg->cred->flights, 1);
		leg->flies = true;
	}
	if (ctx->deadline && (!deadline || ctx->deadline < deadline))
		deadline = ctx->deadline;
	ask->deadline = deadline;
	if (leg->server) {
		struct accept_in in = { .cred = cred, .context = ctx->wire, .wants = leg->wants,
		    .data_rep = leg->data_rep, .token = token, .bindings = bindings };

		ask_accept(ask, link, &in);
	} else {
		struct init_in in = { .cred = cred, .context = ctx->wire, .wants = leg->wants,
		    .data_rep = leg->data_rep, .target = leg->target, .token = token, .bindings = bindings };

		ask_init(ask, link, &in);
	}
}

/* --- results -------------------------------------------------------------------- */

struct got {
	uint64_t wire, expiry;
	uint32_t grants;
	struct bytes token, user_data;
};

static NTSTATUS
leg_told(const struct leg *leg, struct ask *ask, struct got *got)
{
	NTSTATUS status;

	if (leg->server) {
		struct accept_out out;

		status = told_accept(ask, &out);
		*got = (struct got){ out.context, out.expiry, out.grants, out.token, out.user_data };
	} else {
		struct init_out out;

		status = told_init(ask, &out);
		*got = (struct got){ out.context, out.expiry, out.grants, out.token, out.user_data };
	}
	return status;
}

SECURITY_STATUS
leg_token_fits(const struct leg *leg, size_t len)
{
	SecBuffer *b = leg_buffer_find(leg->output, SECBUFFER_TOKEN);

	if (!len || (b && (leg->wants & ISC_REQ_ALLOCATE_MEMORY)))
		return SEC_E_OK;
	if (!b)
		return SEC_E_INSUFFICIENT_MEMORY;
	if (len <= b->cbBuffer && b->pvBuffer)
		return SEC_E_OK;
	b->cbBuffer = (ULONG)len;
	return SEC_E_BUFFER_TOO_SMALL;
}

SECURITY_STATUS
leg_token_give(const struct leg *leg, struct bytes token, ULONG *attributes)
{
	SecBuffer *b = leg_buffer_find(leg->output, SECBUFFER_TOKEN);

	SECURITY_STATUS status = leg_token_fits(leg, token.len);

	if (status != SEC_E_OK || !b)
		return status;
	if (leg->wants & ISC_REQ_ALLOCATE_MEMORY) {
		b->pvBuffer = token.len ? buffer_of(BUFFER_CONTEXT, token) : NULL;
		if (token.len && !b->pvBuffer) {
			b->cbBuffer = 0;
			return SEC_E_INSUFFICIENT_MEMORY;
		}
		*attributes |= RET_ALLOCATED;
	} else {
		bytes_copy(b->pvBuffer, token.at, token.len);
	}
	b->cbBuffer = (ULONG)token.len;
	return SEC_E_OK;
}

static SECURITY_STATUS
half_open(struct leg *leg, struct bytes user_data)
{
	struct context *ctx = leg->context;
	NTSTATUS status = STATUS_SUCCESS;

	ctx->user = usermode_find(ctx->package);
	if (ctx->user && user_data.len)
		status = ctx->user->open(&ctx->half, user_data);
	else if (user_data.len)
		why_say(&leg->why, STATUS_SUCCESS, TO_CALLER, "no messages with this context: %s", plugged_why(ctx->package));
	return status == STATUS_SUCCESS ? SEC_E_OK : sec_of(status);
}

static void
token_keep(struct context *ctx, struct bytes token, uint32_t attributes, SECURITY_STATUS status)
{
	ctx->kept = malloc(token.len);
	if (!ctx->kept)
		return;
	bytes_copy(ctx->kept, token.at, token.len);
	ctx->kept_len = (uint32_t)token.len;
	ctx->kept_attr = attributes;
	ctx->kept_status = status;
}

static void
forget_told(struct ask *ask)
{
	ask_end(ask);
	free(ask);
}

void
forget_detached(struct link *link, uint64_t wire)
{
	struct forget_in in = { .context = wire };
	struct ask *ask = wire ? calloc(1, sizeof *ask) : NULL;

	if (!ask)
		return;
	ask->finished = forget_told;
	ask_forget(ask, link, &in);
}

/* A reply that was understood: the context moves on, the caller gets its token. */
static SECURITY_STATUS
leg_take(struct leg *leg, const struct got *got, SECURITY_STATUS status)
{
	struct context *ctx = leg->context;
	ULONG attributes = got->grants;
	SECURITY_STATUS given;

	if (leg->first)
		ctx->wire = got->wire;
	if (status == SEC_E_OK) {
		SECURITY_STATUS opened = half_open(leg, got->user_data);

		if (opened != SEC_E_OK)
			return opened;
		ctx->state = CTX_ESTABLISHED;
	} else {
		ctx->state = CTX_PARTIAL;
	}
	if (leg->given_up)
		return status;
	given = leg_token_give(leg, got->token, &attributes);
	if (given != SEC_E_OK) {
		why_say(&leg->why, given, TO_CALLER, "the token has %zu bytes and the output buffer is smaller",
		    got->token.len);
		if (leg->first)
			return given;
		if (given == SEC_E_BUFFER_TOO_SMALL)
			token_keep(ctx, got->token, attributes, status);
		return given;
	}
	if (leg->attributes)
		*leg->attributes = attributes;
	if (leg->expiry)
		leg->expiry->QuadPart = (LONGLONG)time_local_of_utc(got->expiry);
	if (leg->new_context && !atomic_load(&ctx->doomed))
		sec_handle_of(leg->new_context, KIND_CONTEXT, ctx->word);
	return status;
}

/* The same leg again with a larger buffer: what had been finished is handed out, the input is ignored. */
static SECURITY_STATUS
leg_hand_out(struct leg *leg)
{
	struct context *ctx = leg->context;
	ULONG attributes = ctx->kept_attr;
	SECURITY_STATUS status = leg_token_give(leg, bytes_of(ctx->kept, ctx->kept_len), &attributes);

	if (status != SEC_E_OK)
		return status;
	bytes_wipe(ctx->kept, ctx->kept_len);
	free(ctx->kept);
	ctx->kept = NULL;
	ctx->kept_len = 0;
	if (leg->attributes)
		*leg->attributes = attributes;
	if (leg->new_context)
		sec_handle_of(leg->new_context, KIND_CONTEXT, ctx->word);
	return ctx->kept_status;
}

/* A caller that sends whatever stands in its buffer sends nothing. */
static void
token_none(const struct leg *leg)
{
	SecBuffer *b = leg->given_up ? NULL : leg_buffer_find(leg->output, SECBUFFER_TOKEN);

	if (!b)
		return;
	b->cbBuffer = 0;
	if (leg->wants & ISC_REQ_ALLOCATE_MEMORY)
		b->pvBuffer = NULL;
}

/* What a failed leg has to tell the peer all the same; the bit says so, beside that of allocated memory. False: nothing. */
static bool
token_error(const struct leg *leg, struct bytes token)
{
	ULONG attributes = leg->server ? ASC_RET_EXTENDED_ERROR : ISC_RET_EXTENDED_ERROR;

	if (!token.len || leg->given_up || leg_token_give(leg, token, &attributes) != SEC_E_OK)
		return false;
	if (leg->attributes)
		*leg->attributes = attributes;
	return true;
}

/* The leg ended badly: a first leg leaves no context, a later one a failed one. */
static void
leg_fail(struct leg *leg, SECURITY_STATUS status, struct bytes error)
{
	struct context *ctx = leg->context;

	if (status != SEC_E_BUFFER_TOO_SMALL && status != SEC_E_INCOMPLETE_MESSAGE && !token_error(leg, error))
		token_none(leg);
	if (!ctx)
		return;
	if (leg->first) {
		if (ctx->wire && leg->link)
			forget_detached(leg->link, ctx->wire);
		ctx->wire = 0;
		(void)handle_close(root_handles(), KIND_CONTEXT, ctx->word);
	} else if (status != SEC_E_BUFFER_TOO_SMALL && status != SEC_E_INCOMPLETE_MESSAGE &&
	    ctx->state == CTX_PARTIAL) {
		ctx->state = CTX_FAILED;
	}
}

SECURITY_STATUS
leg_close(struct leg *leg, struct ask *ask, SECURITY_STATUS status)
{
	struct context *ctx = leg->context;
	bool sync = ctx && atomic_load(&ctx->leg) == LEG_SYNC;
	struct got got = { 0 };
	struct bytes error = BYTES_NONE;

	if (ctx && !sync)
		pthread_mutex_lock(&ctx->lock);
	if (status == SEC_E_OK && ctx && ctx->kept) {
		status = leg_hand_out(leg);
	} else if (status == SEC_E_OK) {
		status = sec_of(leg_told(leg, ask, &got));
		why_take(&leg->why, ask_why(ask));
		if (status >= 0)
			status = leg_take(leg, &got, status);
		else
			error = got.token;
	}
	if (status < 0)
		leg_fail(leg, status, error);
	if (ctx) {
		if (leg->why.len && (!leg->first || status >= 0))
			why_take(&ctx->why, bytes_of(leg->why.at, leg->why.len));
		pthread_mutex_lock(&ctx->fate);
		ctx->flight = NULL;
		atomic_store(&ctx->leg, LEG_NONE);
		pthread_mutex_unlock(&ctx->fate);
		pthread_mutex_unlock(&ctx->lock);
	}
	return status;
}

void
leg_drop(struct leg *leg)
{
	if (leg->flies && atomic_fetch_sub(&leg->cred->flights, 1) == (CRED_FREED | 1))
		release_detached(leg->link, leg->cred->wire);
	leg->flies = false;
	context_release(leg->context);
	cred_release(leg->cred);
	link_release(leg->link);
	why_drop(&leg->why);
	leg->context = NULL;
	leg->cred = NULL;
	leg->link = NULL;
}
