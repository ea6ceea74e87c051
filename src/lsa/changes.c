/*
 * changes.c - who waits for a change of policy: calls that end when a counter
 * has moved from what their caller saw. Counters rise after the commit, so
 * whoever is told reads what is new.
 */
#include "engine/call.h"
#include "lsa/policy.h"
#include "pkg/lsa_mode.h"

struct waiter {
	struct waiter *next, **here;
	struct lsa *lsa;
	struct call *call;
	struct work work;
};

static bool
home_claim(struct work *work)
{
	(void)work;
	return true;
}

static void
home(struct work *work)
{
	struct waiter *w = (struct waiter *)(void *)((char *)work - offsetof(struct waiter, work));

	call_run(w->call);
}

static void
waiter_drop(void *frame)
{
	struct waiter *w = frame;

	if (!w->lsa)
		return;
	pthread_mutex_lock(&w->lsa->changes.lock);
	*w->here = w->next;
	if (w->next)
		w->next->here = w->here;
	pthread_mutex_unlock(&w->lsa->changes.lock);
}

void
changes_tell(struct lsa *lsa, uint32_t classes)
{
	pthread_mutex_lock(&lsa->changes.lock);
	for (uint32_t i = 0; i < CHANGE_CLASSES; i++)
		if (classes & 1u << (i + 1))
			lsa->changes.counts[i]++;
	for (struct waiter *w = lsa->changes.waiters; w; w = w->next) {
		struct loop *loop = w->call->loop;

		loop_lock(loop);
		if (call_wake_locked(w->call)) {
			w->work = (struct work){ .claim = home_claim, .run = home };
			loop_post_locked(loop, &w->work);
		}
		loop_unlock(loop);
	}
	pthread_mutex_unlock(&lsa->changes.lock);
}

NTSTATUS
serve_changed(struct served *s, const struct changed_in *in, struct changed_out *out)
{
	struct lsa *lsa = s->link->lsa;
	struct waiter *w = frame(&s->call, sizeof *w, waiter_drop);
	uint8_t *now = call_memory(&s->call, 8 * CHANGE_CLASSES);
	struct writer to = writer_of(now, now ? 8 * CHANGE_CLASSES : 0);
	struct reader r = reader_of(in->seen);
	bool moved = in->seen.len == 0;

	if (!w || !now)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (in->seen.len != 0 && in->seen.len != 8 * CHANGE_CLASSES)
		return because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER, "there are %u classes of changes", CHANGE_CLASSES);
	pthread_mutex_lock(&lsa->changes.lock);
	for (unsigned i = 0; i < CHANGE_CLASSES; i++) {
		writer_u64(&to, lsa->changes.counts[i]);
		if (in->seen.len && reader_u64(&r) != lsa->changes.counts[i])
			moved = true;
	}
	if (!moved && !w->lsa) {
		w->lsa = lsa;
		w->call = &s->call;
		w->here = &lsa->changes.waiters;
		w->next = lsa->changes.waiters;
		if (w->next)
			w->next->here = &w->next;
		lsa->changes.waiters = w;
	}
	pthread_mutex_unlock(&lsa->changes.lock);
	if (!moved)
		return await_nothing(&s->call);
	out->now = bytes_of(now, to.need);
	return STATUS_SUCCESS;
}
