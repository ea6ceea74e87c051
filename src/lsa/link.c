/*
 * link.c - links: their birth, their strangers, what is cancelled on them and
 * their end.
 */
#include "lsa/client.h"

#include <stdlib.h>

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
lsa_link_hold(struct lsa_link *link)
{
	atomic_fetch_add(&link->refs, 1);
}

void
lsa_link_release(struct lsa_link *link)
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

void
lsa_link_gone(struct lsa_link *link)
{
	struct process *p;

	if (!link)
		return;
	link_known(link);
	loop_lock(link->loop);
	p = link->process;
	link->gone = true;
	loop_unlock(link->loop);
	link_cancel_all(link);
	link_detach(link);
	if (p) {
		atomic_fetch_sub(&p->owner->links, 1);
		process_leave(p);
	}
	lsa_link_release(link);
}
