/*
 * served.c - the life of a served call from its frame to its reply. Never
 * looks into a call's fields.
 */
#include "lsa/client.h"

#include <stdlib.h>

#include "base/time.h"
#include "base/trace.h"

/* --- a served call -------------------------------------------------------- */

static _Thread_local struct served *spare;	/* one per thread costs nothing to take */
static pthread_key_t spare_key;
static pthread_once_t spare_made = PTHREAD_ONCE_INIT;

static void
spare_free(void *arg)
{
	(void)arg;
	free(spare);
	spare = NULL;
}

static void
spare_make(void)
{
	(void)pthread_key_create(&spare_key, spare_free);
}

static struct served *
served_take(void)
{
	struct served *s = spare;

	if (s)
		spare = NULL;
	else
		s = malloc(sizeof *s);
	return s;
}

static void
served_give(struct served *s)
{
	if (spare) {
		free(s);
		return;
	}
	(void)pthread_once(&spare_made, spare_make);
	(void)pthread_setspecific(spare_key, s);
	spare = s;
}

/* --- what waits --------------------------------------------------------------- */

#define INDEX_LEAST_BITS 5

struct served **
index_place(const struct lsa_link *link, const void *arg, uint32_t id)
{
	uint64_t key = ((uint64_t)(uintptr_t)arg >> 4) + id;

	return &link->index[key * UINT64_C(0x9E3779B97F4A7C15) >> (64 - link->index_bits)];
}

static void
index_put(struct served *s)
{
	struct served **place = index_place(s->link, s->arg, s->request.id);

	s->same = *place;
	s->same_here = place;
	if (s->same)
		s->same->same_here = &s->same;
	*place = s;
}

static void
index_take(struct served *s)
{
	if (!s->same_here)
		return;
	*s->same_here = s->same;
	if (s->same)
		s->same->same_here = s->same_here;
	s->same_here = NULL;
}

/* Few need no index; without memory for a larger one the old one does, more slowly. */
static bool
index_grow(struct lsa_link *link)
{
	uint32_t bits = link->index ? link->index_bits + 1 : INDEX_LEAST_BITS;
	struct served **more;

	if (link->waiting_count < UINT32_C(1) << bits)
		return false;
	more = calloc((size_t)1 << bits, sizeof *more);
	if (!more)
		return false;
	free(link->index);
	link->index = more;
	link->index_bits = bits;
	for (struct served *s = link->waiting; s; s = s->next)
		index_put(s);
	return true;
}

static void
served_waits(struct call *c)
{
	struct served *s = SERVED(c);
	struct lsa_link *link = s->link;

	s->next = link->waiting;
	s->here = &link->waiting;
	if (s->next)
		s->next->here = &s->next;
	link->waiting = s;
	link->waiting_count++;
	if (!index_grow(link) && link->index)
		index_put(s);
	atomic_fetch_add(&link->lsa->calls, 1);
	if (s->process) {
		atomic_fetch_add(&s->process->owner->calls, 1);
		s->counted = true;
	}
	/* It turned while its link went. */
	c->cancelled |= link->gone && s->row->end != FINISH;
}

static void
unlink_waiting(struct served *s)
{
	if (!s->here)
		return;
	*s->here = s->next;
	if (s->next)
		s->next->here = s->here;
	s->here = NULL;
	s->link->waiting_count--;
	index_take(s);
	atomic_fetch_sub(&s->link->lsa->calls, 1);
	if (s->counted)
		atomic_fetch_sub(&s->process->owner->calls, 1);
	s->counted = false;
}

/* A leg that ended badly leaves its context failed; a first leg leaves none. */
static void
leg_end(struct served *s, NTSTATUS status)
{
	struct context_object *ctx = s->context;

	if (ctx) {
		if (status < 0 && s->first_leg)
			(void)handle_close(ctx->o.process->lsa->objects, KIND_CONTEXT, ctx->o.word);
		else if (status < 0 && status != SEC_E_INCOMPLETE_MESSAGE)
			ctx->state = CONTEXT_FAILED;
		atomic_store(&ctx->busy, false);
		object_drop(&ctx->o);
	}
	if (s->cred)
		object_drop(&s->cred->o);
	if (s->controlled) {
		atomic_store(&s->controlled->busy, false);
		object_drop(&s->controlled->o);
	}
}

static enum audience
link_audience(const struct lsa_link *link)
{
	return link->rank >= TRUSTED ? TO_TRUSTED : link->rank == CONNECTED ? TO_CALLER : TO_PEER;
}

/* The reply without fields: a head and, where there is memory, the reasons. */
static struct bytes
reply_bare(struct served *s, NTSTATUS status, uint8_t head[REPLY_HEAD])
{
	uint8_t *why = s->call.why.len ? malloc(s->call.why.len) : NULL;
	struct writer lines = writer_of(why, why ? s->call.why.len : 0), w;
	struct reply reply = { .id = s->request.id, .number = s->request.number, .status = status };
	uint8_t *at;

	if (why)
		why_put(&lines, &s->call.why, link_audience(s->link));
	if (why && writer_ok(&lines))
		reply.why = bytes_of(why, lines.need);
	at = reply.why.len ? call_memory(&s->call, REPLY_HEAD + reply.why.len) : NULL;
	if (!at) {
		at = head;
		reply.why = BYTES_NONE;
	}
	w = writer_of(at, REPLY_HEAD + reply.why.len);
	reply_put_head(&w, &reply);
	frame_end(&w);
	free(why);
	return bytes_of(at, w.need);
}

/* Packs a reply with fields; false: no memory. */
bool
served_pack(struct served *s, NTSTATUS status, void (*put)(struct writer *, const void *), const void *out)
{
	struct reply reply = { .id = s->request.id, .number = s->request.number, .status = status };
	struct writer lines = writer_of(NULL, 0), w = writer_of(NULL, 0);
	uint8_t *why, *at;

	why_put(&lines, &s->call.why, link_audience(s->link));
	why = call_memory(&s->call, lines.need);
	if (!why)
		return false;
	lines = writer_of(why, lines.need);
	why_put(&lines, &s->call.why, link_audience(s->link));
	reply.why = bytes_of(why, lines.need);
	reply_put_head(&w, &reply);
	put(&w, out);
	at = call_memory(&s->call, w.need);
	if (!at)
		return false;
	w = writer_of(at, w.need);
	reply_put_head(&w, &reply);
	put(&w, out);
	frame_end(&w);
	s->reply = bytes_of(at, w.need);
	return true;
}

static void
served_done(struct call *c, NTSTATUS status)
{
	struct served *s = SERVED(c);
	struct lsa_link *link = s->link;
	uint8_t head[REPLY_HEAD];
	lsa_done *done;

	services_forget(s);
	if (status < 0 && s->made)	/* nobody will ever know of it */
		(void)object_close(s->process, KIND_TOKEN, s->made);
	leg_end(s, status);
	TRACE("served", T_TEXT("call", s->row ? s->row->verb : "refused"), T_STATUS("status", status),
	    T_NUMBER("uid", link->peer.uid), T_NUMBER("waited", c->has_waited));
	if (!s->reply.len)
		s->reply = reply_bare(s, status, head);
	if (c->has_waited) {
		loop_lock(c->loop);
		unlink_waiting(s);
		done = s->done;
		loop_unlock(c->loop);
	} else {
		done = s->done;
	}
	bytes_wipe((void *)(uintptr_t)s->frame.at, s->frame.len);
	if (done)
		done(s->arg, s->reply);
	call_drop_memory(c);
	if (s->process)
		process_release(s->process);
	served_give(s);
	lsa_link_release(link);
}

static NTSTATUS
served_turn(struct call *c)
{
	struct served *s = SERVED(c);

	return s->row ? s->row->turn(s) : s->refused;
}

/* What must hold before a call is served at all. */
static NTSTATUS
served_admit(struct served *s)
{
	struct lsa_link *link = s->link;
	struct lsa *lsa = link->lsa;

	if (s->request.number == 0 || s->request.number > LSA_HIGHEST_CALL || !call_rows[s->request.number].turn) {
		why_say(&s->call.why, STATUS_NOT_IMPLEMENTED, TO_CALLER, "call %u is not known to this LSA",
		    (unsigned)s->request.number);
		return STATUS_NOT_IMPLEMENTED;
	}
	s->row = &call_rows[s->request.number];
	/* A stranger can only connect, and a link connects once. */
	if (link->rank < s->row->rank || (s->row->rank == STRANGER) != (link->rank == STRANGER)) {
		why_say(&s->call.why, STATUS_ACCESS_DENIED, TO_CALLER, "%s needs a higher rank than this connection has",
		    s->row->verb);
		return STATUS_ACCESS_DENIED;
	}
	if (link->process && atomic_load(&link->process->owner->calls) >= lsa->limits.calls) {
		why_say(&s->call.why, STATUS_QUOTA_EXCEEDED, TO_CALLER, "%u calls of uid %u wait already",
		    lsa->limits.calls, link->peer.uid);
		return STATUS_QUOTA_EXCEEDED;
	}
	return STATUS_SUCCESS;
}

bool
lsa_submit(struct lsa_link *link, struct bytes wire, unsigned how, lsa_done *done, void *arg)
{
	struct served *s = served_take();
	uint8_t head[REPLY_HEAD];
	struct request request;
	NTSTATUS status;

	if (!request_take(&request, wire)) {
		if (s)
			served_give(s);
		return false;
	}
	if (!s) {		/* no memory at all: a bare head says so */
		struct reply reply = { .id = request.id, .number = request.number,
		    .status = STATUS_INSUFFICIENT_RESOURCES };
		struct writer w = writer_of(head, sizeof head);

		reply_put_head(&w, &reply);
		frame_end(&w);
		done(arg, bytes_of(head, w.need));
		return true;
	}
	bytes_zero((char *)s + sizeof s->call, sizeof *s - sizeof s->call);
	s->call.loop = link->loop;
	s->call.jobs = link->lsa->jobs;
	s->call.net = link->lsa->net;
	s->call.turn = served_turn;
	s->call.done = served_done;
	s->call.waits = served_waits;
	s->call.inline_jobs = (how & LSA_MAY_BLOCK) != 0;
	s->call.cancel_status = STATUS_CANCELLED;
	s->call.deadline_status = STATUS_IO_TIMEOUT;
	s->call.deadline_ms = request.deadline ? request.deadline : link->lsa->limits.deadline_ms;
	call_begin(&s->call);
	s->link = link;
	atomic_fetch_add(&link->refs, 1);
	s->process = link->process;
	if (s->process)
		atomic_fetch_add(&s->process->refs, 1);
	s->request = request;
	s->frame = wire;
	s->done = done;
	s->arg = arg;
	status = served_admit(s);
	if (status == STATUS_SUCCESS && !(how & LSA_FRAME_STAYS)) {
		uint8_t *copy = call_memory(&s->call, request.in.len);

		if (copy) {
			bytes_copy(copy, request.in.at, request.in.len);
			bytes_wipe((void *)(uintptr_t)wire.at, wire.len);
			s->request.in = bytes_of(copy, request.in.len);
		} else {
			status = STATUS_INSUFFICIENT_RESOURCES;
			bytes_wipe((void *)(uintptr_t)wire.at, wire.len);
		}
		s->frame = BYTES_NONE;
	}
	if (status != STATUS_SUCCESS)
		s->row = NULL;
	s->refused = status;
	call_run(&s->call);
	return true;
}
