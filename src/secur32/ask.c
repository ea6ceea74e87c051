/*
 * ask.c - expands the list of calls into the client's half: pack, send,
 * unpack. Knows neither near nor far.
 */
#include "secur32/ask.h"

#include <stdlib.h>

#include "base/trace.h"
#include "secur32/link.h"

/*
 * Kept with a frame, so that what a first leg or an acquire made in the LSA
 * is always learnt of: a handle that nobody knows could not be given back.
 */
#define REPLY_SPARE 640u

static void
ask_pack_and_send(struct ask *ask, struct link *link, uint16_t number, const char *verb,
    void (*put)(struct writer *, const void *), const void *in)
{
	struct request head = { .number = number, .deadline = ask->deadline };
	struct writer w = writer_of(NULL, 0);

	ask->link = link;
	ask->lost = STATUS_SUCCESS;
	ask->frame = ask->reply = NULL;
	ask->frame_len = ask->reply_len = 0;
	ask->spare = 0;
	atomic_store_explicit(&ask->done, 0, memory_order_relaxed);
	request_put_head(&w, &head);
	put(&w, in);
	if (w.need > FRAME_MAX) {
		ask_lose(ask, STATUS_INVALID_PARAMETER);
		return;
	}
	if (ask->room && w.need <= sizeof ask->room->frame) {
		ask->frame = ask->room->frame;
	} else if (w.need <= sizeof ask->small) {
		ask->frame = ask->small;
	} else {
		ask->frame = malloc(w.need + REPLY_SPARE);
		ask->spare = REPLY_SPARE;
	}
	if (!ask->frame) {
		ask_lose(ask, STATUS_NO_MEMORY);
		return;
	}
	w = writer_of(ask->frame, w.need);
	request_put_head(&w, &head);
	put(&w, in);
	frame_end(&w);
	ask->frame_len = w.need;
	TRACE("ask", T_TEXT("call", verb), T_NUMBER("bytes", w.need));
	link->kind->send(link, ask);
}

void
ask_wait(struct ask *ask)
{
	if (!atomic_load_explicit(&ask->done, memory_order_acquire))
		ask->link->kind->wait(ask->link, ask);
}

static void
ask_finish(struct ask *ask)
{
	struct link *link = ask->link;

	if (ask->finished) {
		ask->finished(ask);		/* the ask may be gone */
		return;
	}
	atomic_store(&ask->done, 1);
	if (link)
		link->kind->woken(link);
}

void
ask_tell(struct ask *ask, struct bytes reply)
{
	if (ask->room && reply.len <= sizeof ask->room->reply)
		ask->reply = ask->room->reply;
	else if (reply.len <= ask->spare)
		ask->reply = ask->frame + ask->frame_len;
	else
		ask->reply = malloc(reply.len);
	if (ask->reply) {
		bytes_copy(ask->reply, reply.at, reply.len);
		ask->reply_len = reply.len;
	} else {
		ask->lost = STATUS_NO_MEMORY;
	}
	ask_finish(ask);
}

void
ask_lose(struct ask *ask, NTSTATUS lost)
{
	ask->lost = lost;
	ask_finish(ask);
}

struct bytes
ask_why(const struct ask *ask)
{
	struct reply reply;

	if (!ask->reply_len || !reply_take(&reply, bytes_of(ask->reply, ask->reply_len)))
		return BYTES_NONE;
	return reply.why;
}

void
ask_end(struct ask *ask)
{
	bytes_wipe(ask->frame, ask->frame_len);
	bytes_wipe(ask->reply, ask->reply_len);
	if ((!ask->room || ask->reply != ask->room->reply) && !(ask->spare && ask->reply == ask->frame + ask->frame_len))
		free(ask->reply);
	if ((!ask->room || ask->frame != ask->room->frame) && ask->frame != ask->small)
		free(ask->frame);
	ask->frame = ask->reply = NULL;
	ask->frame_len = ask->reply_len = 0;
}

/* STATUS_SUCCESS: the fields out stand in *ret_out. */
static NTSTATUS
ask_told(const struct ask *ask, uint16_t number, struct bytes *ret_out)
{
	struct reply reply;

	if (ask->lost != STATUS_SUCCESS)
		return ask->lost;
	if (!reply_take(&reply, bytes_of(ask->reply, ask->reply_len)) || reply.number != number)
		return STATUS_INVALID_SERVER_STATE;
	/* A success that is none, SEC_I_CONTINUE_NEEDED and its like, is for legs alone. */
	if (reply.status > 0 && number != CALL_INIT && number != CALL_ACCEPT)
		return STATUS_INVALID_SERVER_STATE;
	*ret_out = reply.out;
	return reply.status;
}

#define ASK_CALL(NUMBER, verb, FIELDS, rank, drop)                                        \
	static void                                                                       \
	put_##verb(struct writer *w, const void *in)                                      \
	{                                                                                 \
		verb##_in_put(w, in);                                                     \
	}                                                                                 \
	void                                                                              \
	ask_##verb(struct ask *ask, struct link *link, const struct verb##_in *in)        \
	{                                                                                 \
		ask_pack_and_send(ask, link, NUMBER, #verb, put_##verb, in);               \
	}                                                                                 \
	NTSTATUS                                                                          \
	told_##verb(struct ask *ask, struct verb##_out *out)                              \
	{                                                                                 \
		struct bytes fields = BYTES_NONE;                                         \
		NTSTATUS status = ask_told(ask, NUMBER, &fields);                         \
                                                                                          \
		*out = (struct verb##_out){ 0 };                                          \
		if ((status >= 0 || fields.len) && !verb##_out_take(out, fields)) {       \
			*out = (struct verb##_out){ 0 };                                  \
			status = status >= 0 ? STATUS_INVALID_SERVER_STATE : status;      \
		}                                                                         \
		TRACE("told", T_TEXT("call", #verb), T_STATUS("status", status));        \
		return status;                                                            \
	}

LSA_CALLS(ASK_CALL)
