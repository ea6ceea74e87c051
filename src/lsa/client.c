/*
 * client.c - links, process records and what they own; the life of a served
 * call from its frame to its reply. Never looks into a call's fields.
 */
#include "lsa/client.h"

#include <stdlib.h>

#include "base/time.h"
#include "base/trace.h"
#include "crypto/random.h"
#include "lsa/policy.h"

/* --- quotas ------------------------------------------------------------ */

static struct uid_record *
uid_join(struct lsa *lsa, uint32_t uid)
{
	struct uid_record *u;

	pthread_mutex_lock(&lsa->lock);
	for (u = lsa->uids; u && u->uid != uid; u = u->next)
		;
	if (!u) {
		u = calloc(1, sizeof *u);
		if (u) {
			u->uid = uid;
			u->next = lsa->uids;
			lsa->uids = u;
		}
	}
	if (u)
		u->refs++;
	pthread_mutex_unlock(&lsa->lock);
	return u;
}

static void
uid_leave(struct lsa *lsa, struct uid_record *u)
{
	struct session *session = NULL;

	pthread_mutex_lock(&lsa->lock);
	if (--u->refs == 0) {
		struct uid_record **at = &lsa->uids;

		while (*at != u)
			at = &(*at)->next;
		*at = u->next;
		session = u->session;
		free(u);
	}
	pthread_mutex_unlock(&lsa->lock);
	session_drop(session);
}

/* --- processes and their objects ---------------------------------------- */

void
process_release(struct process *p)
{
	if (atomic_fetch_sub(&p->refs, 1) != 1)
		return;
	keep_rows_drop(p->kept);
	session_drop(p->session);
	uid_leave(p->lsa, p->owner);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static struct process *
process_new(struct lsa_link *link)
{
	struct process *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->lsa = link->lsa;
	p->uid = link->peer.uid;
	p->pid = link->peer.pid;
	p->refs = p->links = 1;
	p->owner = uid_join(link->lsa, p->uid);
	if (!p->owner || !random_bytes(p->cookie, sizeof p->cookie)) {
		if (p->owner)
			uid_leave(link->lsa, p->owner);
		free(p);
		return NULL;
	}
	pthread_mutex_init(&p->lock, NULL);
	pthread_mutex_lock(&p->lsa->lock);
	p->next = p->lsa->processes;
	p->lsa->processes = p;
	pthread_mutex_unlock(&p->lsa->lock);
	return p;
}

/* A cookie joins only its own uid and pid; another one starts a record of its own. */
struct process *
process_join(struct lsa_link *link, struct bytes cookie)
{
	struct lsa *lsa = link->lsa;
	struct process *p = NULL;

	if (cookie.len == COOKIE_LEN) {
		pthread_mutex_lock(&lsa->lock);
		for (p = lsa->processes; p; p = p->next)
			if (p->uid == link->peer.uid && p->pid == link->peer.pid &&
			    same_secret(p->cookie, cookie.at, COOKIE_LEN))
				break;
		if (p) {
			p->links++;
			atomic_fetch_add(&p->refs, 1);
		}
		pthread_mutex_unlock(&lsa->lock);
	}
	return p ? p : process_new(link);
}

/* With the last link everything that the process owns goes. */
void
process_leave(struct process *p)
{
	struct process **at = &p->lsa->processes;
	bool last;

	pthread_mutex_lock(&p->lsa->lock);
	last = --p->links == 0;
	if (last) {
		while (*at != p)
			at = &(*at)->next;
		*at = p->next;
	}
	pthread_mutex_unlock(&p->lsa->lock);
	while (last) {
		struct object *o;
		uint64_t word = 0;
		unsigned kind = 0;

		pthread_mutex_lock(&p->lock);
		o = p->objects;
		if (o) {
			word = o->word;
			kind = o->kind;
			*o->here = o->next;
			if (o->next)
				o->next->here = o->here;
			o->here = NULL;
		}
		pthread_mutex_unlock(&p->lock);
		if (!o)
			break;
		(void)handle_close(p->lsa->objects, kind, word);
	}
}

static _Atomic uint32_t *
counter_of(struct lsa *lsa, unsigned kind)
{
	return kind == KIND_CRED ? &lsa->creds : kind == KIND_CONTEXT ? &lsa->contexts : &lsa->policies;
}

NTSTATUS
object_new(struct object *o, struct process *p, unsigned kind, const struct lsa_package *package)
{
	uint32_t limit = p->lsa->limits.objects;

	if (atomic_fetch_add(&p->owner->objects, 1) >= limit) {
		atomic_fetch_sub(&p->owner->objects, 1);
		return STATUS_QUOTA_EXCEEDED;
	}
	o->process = p;
	o->package = package;
	o->kind = kind;
	if (!handle_new(p->lsa->objects, kind, o, &o->word)) {
		atomic_fetch_sub(&p->owner->objects, 1);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	atomic_fetch_add(&p->refs, 1);
	atomic_fetch_add(counter_of(p->lsa, kind), 1);
	if (handle_hold(p->lsa->objects, kind, o->word) != o)
		return STATUS_INTERNAL_ERROR;		/* it was made a moment ago and nobody knows it */
	pthread_mutex_lock(&p->lock);
	o->next = p->objects;
	o->here = &p->objects;
	if (o->next)
		o->next->here = &o->next;
	p->objects = o;
	pthread_mutex_unlock(&p->lock);
	return STATUS_SUCCESS;
}

/* Called by the table when nobody holds the closed object any more. */
void
object_end(struct object *o)
{
	struct process *p = o->process;

	pthread_mutex_lock(&p->lock);
	if (o->here) {
		*o->here = o->next;
		if (o->next)
			o->next->here = o->here;
	}
	pthread_mutex_unlock(&p->lock);
	atomic_fetch_sub(&p->owner->objects, 1);
	atomic_fetch_sub(counter_of(p->lsa, o->kind), 1);
}

static void
cred_destroy(void *object)
{
	struct cred_object *cred = object;
	struct process *p = cred->o.process;

	object_end(&cred->o);
	if (cred->cred)
		cred->o.package->forget_cred(cred->cred);
	free(cred->name);
	free(cred);
	process_release(p);
}

static void
context_destroy(void *object)
{
	struct context_object *ctx = object;
	struct process *p = ctx->o.process;

	object_end(&ctx->o);
	if (ctx->context)
		ctx->o.package->forget_context(ctx->context);
	if (ctx->cred)
		object_drop(&ctx->cred->o);
	free(ctx);
	process_release(p);
}

struct object *
object_hold(struct process *p, unsigned kind, uint64_t word)
{
	struct object *o = handle_hold(p->lsa->objects, kind, word);

	if (o && o->process != p) {		/* another client's: the same as none */
		object_drop(o);
		o = NULL;
	}
	return o;
}

void
object_drop(struct object *o)
{
	handle_release(o->process->lsa->objects, o->word);
}

NTSTATUS
object_close(struct process *p, unsigned kind, uint64_t word)
{
	struct object *o = object_hold(p, kind, word);
	enum handle_end end;

	if (!o)
		return STATUS_INVALID_HANDLE;
	end = handle_close(p->lsa->objects, kind, word);
	object_drop(o);
	return end == HANDLE_CLOSED ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

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

static void
link_release(struct lsa_link *link)
{
	if (atomic_fetch_sub(&link->refs, 1) != 1)
		return;
	atomic_fetch_sub(&link->lsa->links, 1);
	if (link->process)
		process_release(link->process);
	pthread_mutex_destroy(&link->lock);
	free(link->index);
	free(link);
}

/* --- what waits --------------------------------------------------------------- */

#define INDEX_LEAST_BITS 5

static struct served **
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
	link_release(link);
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

/* --- links ------------------------------------------------------------------ */

/* A place among the strangers of this uid; false: they are too many, or there is no memory. */
static bool
stranger_count(struct lsa_link *link, struct lsa *lsa, uint32_t uid)
{
	struct uid_record *u = uid_join(lsa, uid);

	if (!u)
		return false;
	if (atomic_fetch_add(&u->strangers, 1) >= lsa->limits.strangers) {
		atomic_fetch_sub(&u->strangers, 1);
		uid_leave(lsa, u);
		return false;
	}
	link->stranger_of = u;
	return true;
}

void
link_known(struct lsa_link *link)
{
	struct uid_record *u = link->stranger_of;

	if (!u)
		return;
	link->stranger_of = NULL;
	atomic_fetch_sub(&u->strangers, 1);
	uid_leave(link->lsa, u);
}

struct lsa_link *
lsa_link_open(struct lsa *lsa, struct loop *loop, const struct lsa_peer *peer)
{
	struct lsa_link *link;

	if (!peer->known)
		return NULL;
	link = calloc(1, sizeof *link);
	if (!link)
		return NULL;
	if (!peer->near && !stranger_count(link, lsa, peer->uid)) {
		free(link);
		return NULL;
	}
	link->lsa = lsa;
	link->loop = loop;
	link->peer = *peer;
	link->rank = STRANGER;
	link->refs = 1;
	pthread_mutex_init(&link->lock, NULL);
	atomic_fetch_add(&lsa->links, 1);
	return link;
}

uint32_t
lsa_frame_max(const struct lsa_link *link)
{
	return link->rank == STRANGER ? FRAME_MAX_STRANGER : FRAME_MAX;
}

bool
lsa_link_idle(struct lsa_link *link)
{
	bool idle;

	loop_lock(link->loop);
	idle = link->waiting == NULL;
	loop_unlock(link->loop);
	return idle;
}

/* Under the loop's lock: the caller's to end, when true. */
static bool
served_cancel(struct served *s)
{
	return s->row->end != FINISH && call_cancel_locked(&s->call);
}

void
link_cancel(struct lsa_link *link, const void *arg, uint32_t id)
{
	struct served *s;

	loop_lock(link->loop);
	s = link->index ? *index_place(link, arg, id) : link->waiting;
	while (s && !(s->arg == arg && s->request.id == id && served_cancel(s)))
		s = link->index ? s->same : s->next;
	loop_unlock(link->loop);
	if (s)
		call_end_cancelled(&s->call);
}

/* A near caller has an arg of its own for each call, and no id. */
void
lsa_cancel(struct lsa_link *link, const void *arg)
{
	link_cancel(link, arg, 0);
}

/* FINISH calls are detached: they lose only their reply. */
static void
link_detach(struct lsa_link *link)
{
	for (;;) {
		lsa_done *done = NULL;
		void *arg = NULL;

		loop_lock(link->loop);
		for (struct served *s = link->waiting; s && !done; s = s->next) {
			done = s->done;
			arg = s->arg;
			s->done = NULL;
		}
		loop_unlock(link->loop);
		if (!done)
			break;
		done(arg, BYTES_NONE);
	}
}

void
link_cancel_all(struct lsa_link *link)
{
	struct served *s;

	do {
		loop_lock(link->loop);
		for (s = link->waiting; s && !served_cancel(s); s = s->next)
			;
		loop_unlock(link->loop);
		if (s)
			call_end_cancelled(&s->call);
	} while (s);
}

void
lsa_link_drain(struct lsa_link *link)
{
	link_cancel_all(link);
}

void
lsa_link_gone(struct lsa_link *link)
{
	struct process *p;

	if (!link)
		return;
	link_known(link);
	link_cancel_all(link);
	link_detach(link);
	loop_lock(link->loop);
	p = link->process;
	link->gone = true;
	loop_unlock(link->loop);
	if (p) {
		atomic_fetch_sub(&p->owner->links, 1);
		process_leave(p);
	}
	link_release(link);
}

/* --- the LSA itself ----------------------------------------------------------- */

static void (*const destroyers[HANDLE_KINDS])(void *) = {
	[KIND_CRED]    = cred_destroy,
	[KIND_CONTEXT] = context_destroy,
	[KIND_POLICY]  = policy_destroy,
};

struct handle_table *
client_table(void)
{
	return handle_table_new(1u << 22, destroyers);
}
