/*
 * handles.c - SecHandles and what they name.
 */
#include "secur32/handles.h"

#include <stdlib.h>

#include "base/fork.h"

static void
cred_destroy(void *object)
{
	free(object);
}

static void
context_destroy(void *object)
{
	struct context *ctx = object;

	if (ctx->half)
		ctx->user->drop(ctx->half);
	why_drop(&ctx->why);
	bytes_wipe(ctx->kept, ctx->kept_len);
	free(ctx->kept);
	free(ctx->sasl);
	pthread_mutex_destroy(&ctx->lock);
	pthread_mutex_destroy(&ctx->fate);
	free(ctx);
}

void (*const handles_destroy[HANDLE_KINDS])(void *) = {
	[KIND_CRED]    = cred_destroy,
	[KIND_CONTEXT] = context_destroy,
	[KIND_ASYNC]   = async_destroy,
	[KIND_LSA]     = logon_destroy,
	[KIND_POLICY]  = pol_destroy,
	[KIND_EVENT]   = event_destroy,
	[KIND_TOKEN]   = htoken_destroy,
};

/* Names the process image and the kind; neither word of a handle is 0, -1 or -2. */
static ULONG_PTR
upper_of(unsigned kind)
{
	ULONG_PTR upper = (ULONG_PTR)(root_stamp() >> 8) & ~(ULONG_PTR)0xff;

	return upper | 0x10u | kind;
}

void
sec_handle_of(PSecHandle ret_handle, unsigned kind, uint64_t word)
{
	ret_handle->dwLower = (ULONG_PTR)word;
	ret_handle->dwUpper = upper_of(kind);
}

bool
sec_handle_word(uint64_t *ret_word, const SecHandle *handle, unsigned kind)
{
	if (!handle || !handle->dwLower || handle->dwUpper != upper_of(kind))
		return false;
	*ret_word = handle->dwLower;
	return true;
}

static void *
hold(const SecHandle *handle, unsigned kind)
{
	struct handle_table *t = root_handles();
	uint64_t word;

	return t && sec_handle_word(&word, handle, kind) ? handle_hold(t, kind, word) : NULL;
}

struct cred *
cred_hold(const SecHandle *handle)
{
	return hold(handle, KIND_CRED);
}

void
cred_release(struct cred *c)
{
	if (c)
		handle_release(root_handles(), c->word);
}

struct context *
context_hold(const SecHandle *handle)
{
	return hold(handle, KIND_CONTEXT);
}

void
context_release(struct context *ctx)
{
	if (ctx)
		handle_release(root_handles(), ctx->word);
}
