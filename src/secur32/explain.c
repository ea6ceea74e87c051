/*
 * explain.c - OlsaExplain, and where a thread's last chain is kept.
 */
#include "secur32/explain.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openlsa.h>

#include "base/status.h"
#include "secur32/handles.h"
#include "secur32/memory.h"
#include "secur32/root.h"

static _Thread_local struct { int32_t status; struct why chain; } last;
static pthread_key_t last_key;
static pthread_once_t last_made = PTHREAD_ONCE_INIT;

static void
last_drop(void *arg)
{
	(void)arg;
	why_drop(&last.chain);
}

static void
last_make(void)
{
	(void)pthread_key_create(&last_key, last_drop);
}

void
why_thread_keep(int32_t status, struct why *chain)
{
	/* A success with nothing to say, of a delete or a free, leaves the failure before it to be explained. */
	if (!chain->len && (!last.chain.len || (status >= 0 && last.status < 0))) {
		if (!last.chain.len)
			last.status = status;
		why_drop(chain);
		return;
	}
	why_drop(&last.chain);
	last.status = status;
	last.chain = *chain;
	*chain = (struct why){ NULL, 0, 0 };
	if (last.chain.len) {
		(void)pthread_once(&last_made, last_make);
		(void)pthread_setspecific(last_key, &last);	/* so that the thread's end frees it */
	}
}

void
why_thread_say(int32_t status, const char *format, ...)
{
	struct why chain = { NULL, 0, 0 };
	va_list args;

	va_start(args, format);
	why_add(&chain, status, TO_CALLER, format, args);
	va_end(args);
	why_thread_keep(status, &chain);
}

/* The chain if the last call returned this status. */
static struct bytes
why_thread(int32_t status)
{
	return last.status == status ? bytes_of(last.chain.at, last.chain.len) : BYTES_NONE;
}

const char *
OlsaStatusName(LONG Status)
{
	return status_name((uint32_t)Status);
}

static LPSTR
text_of_lines(struct bytes lines)
{
	size_t len = why_text(NULL, 0, lines);
	LPSTR text = buffer_new(BUFFER_CONTEXT, len + 1);

	if (text)
		(void)why_text(text, len + 1, lines);
	return text;
}

/* What a status means, where nobody said more. */
static LPSTR
text_of_status(LONG status)
{
	struct why chain = { NULL, 0, 0 };
	const char *meaning = status_text((uint32_t)status);
	LPSTR text;

	why_say(&chain, status, TO_CALLER, "%s", meaning ? meaning : status == 0 ? "success" : "no reason is known");
	text = text_of_lines(bytes_of(chain.at, chain.len));
	why_drop(&chain);
	return text;
}

SECURITY_STATUS
OlsaExplain(LONG Status, PCtxtHandle Context, LPSTR *Text)
{
	struct context *ctx = NULL;
	struct bytes lines;
	LPSTR text;

	if (!Text)
		return SEC_E_INVALID_HANDLE;
	if (Context) {
		ctx = context_hold(Context);
		if (!ctx)
			return SEC_E_INVALID_HANDLE;
		pthread_mutex_lock(&ctx->lock);
		lines = bytes_of(ctx->why.at, ctx->why.len);
	} else {
		lines = why_thread(Status);
	}
	text = lines.len ? text_of_lines(lines) : text_of_status(Status);
	if (ctx) {
		pthread_mutex_unlock(&ctx->lock);
		context_release(ctx);
	}
	if (!text)
		return SEC_E_INSUFFICIENT_MEMORY;
	*Text = text;
	return SEC_E_OK;
}
