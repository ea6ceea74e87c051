/*
 * client.c - who counts against which quota, process records and what they
 * own. The links are in link.c, the calls in served.c.
 */
#include "lsa/client.h"

#include <stdlib.h>

#include "base/random.h"
#include "lsa/policy.h"

/* --- quotas ------------------------------------------------------------ */

struct uid_record *
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

void
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
	if (last) {
		pthread_mutex_lock(&p->lock);
		p->over = true;
		pthread_mutex_unlock(&p->lock);
	}
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
	return kind == KIND_CRED ? &lsa->creds : kind == KIND_CONTEXT ? &lsa->contexts :
	    kind == KIND_TOKEN ? &lsa->tokens : &lsa->policies;
}

NTSTATUS
object_new(struct object *o, struct process *p, unsigned kind, const struct lsa_package *package)
{
	uint32_t limit = p->lsa->limits.objects;
	bool over;

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
	over = p->over;
	pthread_mutex_unlock(&p->lock);
	if (over)			/* a call that finishes whatever becomes of its client */
		(void)handle_close(p->lsa->objects, kind, o->word);
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

/* --- the LSA itself ----------------------------------------------------------- */

static void (*const destroyers[HANDLE_KINDS])(void *) = {
	[KIND_CRED]    = cred_destroy,
	[KIND_CONTEXT] = context_destroy,
	[KIND_POLICY]  = policy_destroy,
	[KIND_TOKEN]   = token_destroy,
};

struct handle_table *
client_table(void)
{
	return handle_table_new(1u << 22, destroyers);
}
