/*
 * trail.c - the queue of audit events and the one who empties it. Knows
 * sinks and budgets, not what an event means.
 */
#include "store/trail.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "store/audit_line.h"
#include "store/sink.h"

#define QUEUE_LEN	(512u * 1024u)
#define NAP_MS		5u		/* under load it wakes this often, not for each event */
#define FLUSH_MS	1000u

/* Why lines were lost; what event 1101 says of them. */
enum loss { LOST_RATE, LOST_QUEUE, LOST_FILE, LOST_JOURNAL, LOSSES };

static const char *const losses[LOSSES] = {
	[LOST_RATE]    = "there were more than audit_rate of them in a second",
	[LOST_QUEUE]   = "they came faster than they could be written",
	[LOST_FILE]    = "the file could not be written: is the disk full?",
	[LOST_JOURNAL] = "the journal did not take them",
};

struct queue { uint8_t *at; size_t len; };

struct trail {
	pthread_mutex_t lock;
	pthread_cond_t filled, emptied;
	pthread_t thread;
	struct sink *sink;
	struct queue front, back;		/* back is the writer's */
	void (*line)(void *arg, struct bytes line);
	void *arg;
	uint64_t second;			/* of the monotonic clock */
	uint32_t taken[FLOODS], rate;		/* in that second, of each budget; 0: no limit */
	uint64_t lost[LOSSES], told;		/* and the second in which that was told last */
	bool threaded, started, sleeping, ending, busy;
};

NTSTATUS
trail_open(struct trail **ret_trail, int folder, const struct store_audit *settings)
{
	struct trail *t = calloc(1, sizeof *t);
	pthread_condattr_t clock;

	if (!t)
		return STATUS_NO_MEMORY;
	t->rate = settings->rate;
	t->threaded = settings->threaded;
	if (settings->file || settings->journal) {
		t->sink = sink_open(folder, settings);
		if (t->threaded) {
			t->front.at = malloc(QUEUE_LEN);
			t->back.at = malloc(QUEUE_LEN);
		}
		if (!t->sink || (t->threaded && (!t->front.at || !t->back.at))) {
			sink_close(t->sink);
			free(t->front.at);
			free(t->back.at);
			free(t);
			return STATUS_NO_MEMORY;
		}
	}
	(void)pthread_mutex_init(&t->lock, NULL);
	(void)pthread_condattr_init(&clock);
	(void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&t->filled, &clock);
	(void)pthread_cond_init(&t->emptied, &clock);
	(void)pthread_condattr_destroy(&clock);
	*ret_trail = t;
	return STATUS_SUCCESS;
}

bool
trail_open_anywhere(const struct trail *trail)
{
	return trail->sink || trail->line;
}

void
trail_to(struct trail *trail, void (*line)(void *arg, struct bytes line), void *arg)
{
	trail->line = line;
	trail->arg = arg;
}

/* --- writing ---------------------------------------------------------------------- */

static struct timespec
after_ms(uint32_t ms)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

/* Its length; 0: there is no room. */
static size_t
pack(uint8_t *record, size_t room, const struct audit *event)
{
	struct writer w = writer_of(record, room);
	struct timespec now = { 0, 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now);
	audit_pack(&w, event, now.tv_sec, (uint32_t)now.tv_nsec);
	return writer_ok(&w) ? w.need : 0;
}

static void
write_line(struct trail *t, struct bytes record)
{
	uint8_t line[AUDIT_LINE_MAX];
	struct writer w = writer_of(line, sizeof line);

	if (audit_json(&w, record))
		t->line(t->arg, bytes_of(line, w.need - 1));
}

static void
write_record(struct trail *t, struct bytes record)
{
	if (t->line)
		write_line(t, record);
	else
		sink_take(t->sink, record);
}

/* Everything that was written is on its way; true: somebody has got it. */
static bool
written(struct trail *t, uint64_t lost[LOSSES])
{
	struct sink_loss loss = { 0 };
	bool got = t->line || sink_send(t->sink, &loss);

	lost[LOST_FILE] += loss.file;
	lost[LOST_JOURNAL] += loss.journal;
	return got;
}

/* What was lost is told once a second, and until somebody has got it. */
static void
tell(struct trail *t, uint64_t lost[LOSSES])
{
	uint8_t record[AUDIT_RECORD_MAX];
	uint64_t ignored[LOSSES] = { 0 };
	bool any = false;

	for (unsigned i = 0; i < LOSSES; i++) {
		struct audit a = { .event = AUDIT_LOST };
		size_t len;

		if (!lost[i])
			continue;
		audit_number(&a, AF_DROPPED, lost[i]);
		audit_text(&a, AF_WHAT, bytes_of_text(losses[i]));
		len = pack(record, sizeof record, &a);
		any = true;
		write_record(t, bytes_of(record, len));
	}
	if (any && written(t, ignored))
		memset(lost, 0, LOSSES * sizeof *lost);
}

static bool
time_to_tell(struct trail *t)
{
	uint64_t second = time_mono_ms() / 1000;
	bool is = second != t->told || t->ending;

	if (is)
		t->told = second;
	return is;
}

/* Under the lock, and gives it back for the time of writing. */
static void
empty(struct trail *t)
{
	struct queue full = t->front;
	uint64_t lost[LOSSES];
	bool tells = time_to_tell(t);

	t->front = t->back;
	t->front.len = 0;
	t->back = full;
	memcpy(lost, t->lost, sizeof lost);
	memset(t->lost, 0, sizeof t->lost);
	t->busy = true;
	pthread_mutex_unlock(&t->lock);
	for (size_t at = 0; at + 4 <= full.len;) {
		uint32_t len = get_u32(full.at + at);

		write_record(t, bytes_of(full.at + at + 4, len));
		at += 4 + len;
	}
	(void)written(t, lost);
	if (tells)
		tell(t, lost);
	pthread_mutex_lock(&t->lock);
	for (unsigned i = 0; i < LOSSES; i++)
		t->lost[i] += lost[i];
	t->busy = false;
	pthread_cond_broadcast(&t->emptied);
}

static bool
has_losses(const struct trail *t)
{
	for (unsigned i = 0; i < LOSSES; i++)
		if (t->lost[i])
			return true;
	return false;
}

static void *
writer_run(void *arg)
{
	static const struct timespec nap = { 0, NAP_MS * 1000000 };
	struct trail *t = arg;

	(void)pthread_setname_np(pthread_self(), "audit");
	pthread_mutex_lock(&t->lock);
	for (;;) {
		if (t->front.len) {
			empty(t);
			if (!t->ending) {
				pthread_mutex_unlock(&t->lock);
				(void)nanosleep(&nap, NULL);
				pthread_mutex_lock(&t->lock);
			}
			continue;
		}
		if (t->ending)
			break;
		t->sleeping = true;
		if (has_losses(t)) {
			struct timespec until = after_ms(1000);

			if (pthread_cond_timedwait(&t->filled, &t->lock, &until) == ETIMEDOUT && !t->front.len)
				empty(t);
		} else {
			pthread_cond_wait(&t->filled, &t->lock);
		}
		t->sleeping = false;
	}
	if (has_losses(t))
		empty(t);
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

/* No signal is for it: SIGXFSZ is an error of write(2) then. */
static void
writer_start(struct trail *t)
{
	sigset_t all, before;

	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	t->started = pthread_create(&t->thread, NULL, writer_run, t) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	t->threaded = t->started;		/* without one the caller writes */
}

/* --- taking ------------------------------------------------------------------------- */

static bool
admits(struct trail *t, const struct audit *event)
{
	enum audit_flood flood = event->status < 0 ? FLOOD_FAILURES : audit_rows[event->event].flood;
	uint64_t second = time_mono_ms() / 1000;

	if (!t->rate)
		return true;
	if (second != t->second) {
		t->second = second;
		memset(t->taken, 0, sizeof t->taken);
	}
	return t->taken[flood]++ < t->rate;
}

static void
enqueue(struct trail *t, const struct audit *event)
{
	uint8_t *at = t->front.at + t->front.len;
	size_t room = QUEUE_LEN - t->front.len, len = room > 4 ? pack(at + 4, room - 4, event) : 0;

	if (!len) {
		t->lost[LOST_QUEUE]++;
		return;
	}
	put_u32(at, (uint32_t)len);
	t->front.len += 4 + len;
	if (t->sleeping) {
		t->sleeping = false;
		pthread_cond_signal(&t->filled);
	}
}

/* In an application: written by whoever raises it, with SIGXFSZ held back. NULL: only what was lost. */
static void
write_now(struct trail *t, const struct audit *event)
{
	uint8_t record[AUDIT_RECORD_MAX];
	size_t len = event ? pack(record, sizeof record, event) : 0;
	static const struct timespec none = { 0, 0 };
	sigset_t set, before;

	sigemptyset(&set);
	sigaddset(&set, SIGXFSZ);
	(void)pthread_sigmask(SIG_BLOCK, &set, &before);
	if (time_to_tell(t))
		tell(t, t->lost);
	if (len) {
		write_record(t, bytes_of(record, len));
		(void)written(t, t->lost);
	} else if (event) {
		t->lost[LOST_QUEUE]++;
	}
	if (!sigismember(&before, SIGXFSZ))
		(void)sigtimedwait(&set, NULL, &none);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void
trail_put(struct trail *trail, const struct audit *event)
{
	pthread_mutex_lock(&trail->lock);
	if (!admits(trail, event)) {
		trail->lost[LOST_RATE]++;
	} else {
		if (trail->threaded && !trail->started && !trail->line)
			writer_start(trail);
		if (trail->threaded && !trail->line)
			enqueue(trail, event);
		else
			write_now(trail, event);
	}
	pthread_mutex_unlock(&trail->lock);
}

void
trail_reopen(struct trail *trail)
{
	if (trail->sink)
		sink_reopen(trail->sink);
}

void
trail_flush(struct trail *trail)
{
	struct timespec until = after_ms(FLUSH_MS);

	pthread_mutex_lock(&trail->lock);
	while (trail->started && (trail->front.len || trail->busy))
		if (pthread_cond_timedwait(&trail->emptied, &trail->lock, &until) == ETIMEDOUT)
			break;
	pthread_mutex_unlock(&trail->lock);
}

void
trail_close(struct trail *trail, bool ours)
{
	if (!trail)
		return;
	if (ours && trail->started) {
		pthread_mutex_lock(&trail->lock);
		trail->ending = true;
		pthread_cond_signal(&trail->filled);
		pthread_mutex_unlock(&trail->lock);
		(void)pthread_join(trail->thread, NULL);
	} else if (ours && trail_open_anywhere(trail)) {
		trail->ending = true;
		write_now(trail, NULL);
	}
	sink_close(trail->sink);
	if (!ours)			/* locks may be held by threads that are not here */
		return;
	(void)pthread_mutex_destroy(&trail->lock);
	(void)pthread_cond_destroy(&trail->filled);
	(void)pthread_cond_destroy(&trail->emptied);
	free(trail->front.at);
	free(trail->back.at);
	free(trail);
}
