/*
 * attempt.c - guesses counted before they are evaluated: one word per
 * account, changed by compare and swap alone.
 *
 *     0..11   wrong guesses
 *     12..23  reservations under way
 *     24..31  settlements, modulo 256: tells busy from stuck
 *     32..63  seconds since 2020-01-01 of the last wrong guess
 */
#include "store/attempt.h"

#include <sched.h>
#include <time.h>

#include "base/time.h"
#include "store/inside.h"

#define COUNT_MAX	0xfffu
#define EPOCH		1577836800u		/* 2020-01-01 */
#define STUCK_MS	200u			/* nothing was settled for so long */
#define PATIENCE_MS	2000u			/* in all, while others do make progress */
#define YIELDS		64u

_Static_assert(IN_FLIGHT_MASK == COUNT_MAX << 12, "the bits of in_flight");

struct count {
	uint32_t failed, in_flight, settled, last;
};

static struct count
count_of(uint64_t word)
{
	return (struct count){
		.failed    = (uint32_t)word & COUNT_MAX,
		.in_flight = (uint32_t)(word >> 12) & COUNT_MAX,
		.settled   = (uint32_t)(word >> 24) & 0xff,
		.last      = (uint32_t)(word >> 32),
	};
}

static uint64_t
word_of(struct count c)
{
	if (c.failed > COUNT_MAX)
		c.failed = COUNT_MAX;
	return (uint64_t)c.failed | (uint64_t)c.in_flight << 12 | (uint64_t)(c.settled & 0xff) << 24 | (uint64_t)c.last << 32;
}

static uint32_t
now_of(struct store *s)
{
	uint64_t now = store_now(s);

	return now <= EPOCH ? 1 : now - EPOCH > UINT32_MAX ? UINT32_MAX : (uint32_t)(now - EPOCH);
}

/* What still counts at this time. A time in the future was written by a wrong clock: it counts from now. */
static struct count
count_aged(struct store *s, struct count c, uint32_t limit, uint32_t now)
{
	uint64_t minutes = policy_u32(s, c.failed >= limit ? POLICY_LOCKOUT_DURATION : POLICY_LOCKOUT_WINDOW);

	if (c.last > now)
		c.last = now;
	if (minutes != 0 && now - c.last >= minutes * 60) {
		c.failed = 0;
		c.last = 0;
	}
	return c;
}

static _Atomic uint64_t *
counter_of(struct store *s, const struct account *account, struct bytes name)
{
	struct name_fold fold;
	struct bytes key = name;
	_Atomic uint64_t *shadow;

	/* Both ways are always gone. */
	if (name_fold(&fold, name))
		key = bytes_of(fold.at, fold.len);
	shadow = counters_shadow(s->counters, name_hash(counters_key(s->counters), key));
	return account ? counters_exact(s->counters, account->rid - ACCOUNT_FIRST_RID) : shadow;
}

/* --- reserving ------------------------------------------------------------- */

struct patience {
	uint64_t word;			/* as it was when it was last seen to change */
	uint64_t since, begun;
	unsigned looks;
};

enum lapse { LAPSE_NONE, LAPSE_STUCK, LAPSE_OVER };

/* Waits a moment; says when it has been long enough. */
static enum lapse
patience_wait(struct patience *p, uint64_t word)
{
	static const struct timespec moment = { 0, 300000 };
	uint64_t now;

	if (p->looks++ < YIELDS) {
		(void)sched_yield();
		return LAPSE_NONE;
	}
	(void)nanosleep(&moment, NULL);
	now = time_mono_ms();
	if (p->looks == YIELDS + 1)
		p->begun = p->since = now;
	if (word != p->word) {
		p->word = word;
		p->since = now;
	}
	return now - p->since >= STUCK_MS ? LAPSE_STUCK : now - p->begun >= PATIENCE_MS ? LAPSE_OVER : LAPSE_NONE;
}

enum attempt_gate
attempt_reserve(struct store *store, const struct account *account, struct bytes name, struct attempt *ret_attempt)
{
	struct patience patience = { 0 };
	_Atomic uint64_t *counter;
	uint32_t limit, now = 0;
	uint64_t word;

	*ret_attempt = (struct attempt){ .store = store };
	if (shelf_fresh(store) != STATUS_SUCCESS)
		return ATTEMPT_LOCKED;
	limit = policy_u32(store, POLICY_LOCKOUT_THRESHOLD);
	if (limit == 0)
		return ATTEMPT_OPEN;
	counter = counter_of(store, account, name);
	if (!counter)				/* the file was made anew, smaller: fail closed */
		return ATTEMPT_LOCKED;
	ret_attempt->counter = counter;
	word = atomic_load(counter);
	for (;;) {
		struct count c = count_of(word), seen = c;

		if (c.failed > 0) {
			now = now_of(store);
			c = count_aged(store, c, limit, now);
		}
		if (c.failed >= limit) {
			if (c.last != seen.last && !atomic_compare_exchange_weak(counter, &word, word_of(c)))
				continue;
			return ATTEMPT_LOCKED;
		}
		if (c.failed + c.in_flight < limit) {
			c.in_flight++;
			if (!atomic_compare_exchange_weak(counter, &word, word_of(c)))
				continue;
			ret_attempt->reserved = true;
			return ATTEMPT_OPEN;
		}
		switch (patience_wait(&patience, word)) {
		case LAPSE_NONE:
			break;
		case LAPSE_STUCK:			/* their process died: they were guesses */
			c.failed += c.in_flight;
			c.in_flight = 0;
			c.last = now_of(store);
			if (atomic_compare_exchange_strong(counter, &word, word_of(c)))
				counters_dirty(store->counters);
			return ATTEMPT_LOCKED;
		case LAPSE_OVER:
			return ATTEMPT_LOCKED;
		}
		word = atomic_load(counter);
	}
}

/* --- settling ---------------------------------------------------------------- */

enum outcome { WON, LOST, RELEASED, EXCUSED };

static bool
settle(struct attempt *attempt, enum outcome outcome)
{
	bool durable = outcome == LOST || outcome == EXCUSED, reserved = attempt->reserved;
	_Atomic uint64_t *counter = attempt->counter;
	uint32_t now;
	uint64_t word;
	struct count c;

	if (!counter || (!reserved && !durable))
		return false;
	attempt->counter = NULL;
	attempt->reserved = false;
	now = durable ? now_of(attempt->store) : 0;
	word = atomic_load(counter);
	do {
		c = count_of(word);
		if (reserved && c.in_flight > 0)	/* else it was taken for dead */
			c.in_flight--;
		c.settled++;
		if (reserved && outcome == WON)
			c.failed = c.last = 0;
		if (reserved && outcome == LOST) {
			c.failed++;
			c.last = now;
		}
	} while (!atomic_compare_exchange_weak(counter, &word, word_of(c)));
	if (durable)
		counters_dirty(attempt->store->counters);
	return reserved && outcome == LOST && c.failed == policy_u32(attempt->store, POLICY_LOCKOUT_THRESHOLD);
}

void
attempt_won(struct attempt *attempt)
{
	(void)settle(attempt, WON);
}

bool
attempt_lost(struct attempt *attempt)
{
	return settle(attempt, LOST);
}

void
attempt_released(struct attempt *attempt)
{
	(void)settle(attempt, RELEASED);
}

void
attempt_excused(struct attempt *attempt)
{
	(void)settle(attempt, EXCUSED);
}

NTSTATUS
attempt_commit(struct store *store)
{
	return vault_alive(store->vault) ? counters_sync(store->counters) : STATUS_INVALID_DEVICE_STATE;
}

/* --- administrators ------------------------------------------------------------ */

void
attempt_look(struct store *store, const struct account *account, struct attempt_state *ret_state)
{
	_Atomic uint64_t *counter = counters_exact(store->counters, account->rid - ACCOUNT_FIRST_RID);
	uint32_t limit = policy_u32(store, POLICY_LOCKOUT_THRESHOLD);
	struct count c = count_of(counter ? atomic_load(counter) : 0);

	if (c.failed > 0)
		c = count_aged(store, c, limit ? limit : UINT32_MAX, now_of(store));
	*ret_state = (struct attempt_state){
		.failed = c.failed, .in_flight = c.in_flight,
		.locked = !counter || (limit != 0 && c.failed >= limit),
		.last = c.last ? (uint64_t)c.last + EPOCH : 0,
	};
}

NTSTATUS
attempt_unlock(struct store *store, const struct account *account)
{
	_Atomic uint64_t *counter = counters_exact(store->counters, account->rid - ACCOUNT_FIRST_RID);
	uint64_t word;
	struct count c;

	if (!counter)
		return STATUS_FILE_CORRUPT_ERROR;
	word = atomic_load(counter);
	do {
		c = count_of(word);
		c.failed = c.last = 0;
	} while (!atomic_compare_exchange_weak(counter, &word, word_of(c)));
	counters_dirty(store->counters);
	return attempt_commit(store);
}
