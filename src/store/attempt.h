/*
 * attempt.h - guesses at a password, counted before they are evaluated.
 *
 *     reserve --> OPEN --> compare --> won       the count is cleared
 *        |                        \--> lost      counted; then commit, then the answer
 *        |                        \--> released  it was no guess (failed MIC, malformed token)
 *        |                        \--> excused   the password is right, the account disabled: as lost, and not counted
 *        \-----> LOCKED           answer as for a wrong password, settle as lost: nothing is counted
 *
 * Lost, excused and refused at the gate write the same word of the same page
 * and wait for the same disk, so that no clock tells one from another.
 *
 * Reservations live in a mapped file that all processes with this store share
 * (FOLDER/db/attempts), not in the database: a good logon must touch no disk
 * and make no system call, and yet n guesses in parallel, in threads or in
 * processes, must not all read the same count. A reservation is one compare
 * and swap: it succeeds only while failed + in flight is below the threshold.
 * So at most `threshold` wrong guesses are ever evaluated within the window.
 * When reservations under way alone fill the threshold they are waited for (they settle
 * within microseconds); after a fifth of a second they are taken for guesses
 * whose process has died, and count as such.
 *
 * What is lost is durable once attempt_commit has returned: the page is then
 * on the disk, so a locked account stays locked after kill -9 and after a
 * power cut. What is won need not be. Reservations of killed processes are
 * cleared when a process opens the store alone.
 *
 * A name without an account has a counter too: one of 4096, chosen by a keyed
 * hash. The steps are the same, so neither the time nor the answer tells.
 *
 * Time: the count is forgotten `lockout-window` minutes after the last wrong
 * guess, a lock ends `lockout-duration` minutes after it (0: an administrator
 * ends it). The clock is the time since the machine started plus the wall
 * clock as it was when the store was first opened since then, so setting the
 * clock moves nothing. Across a restart with a wrong clock, a time in the
 * future counts as now: a lock may last one full duration longer, never more.
 *
 * The file's counters are written by every process of one user; removing it
 * while nobody has the store open forgets all lockouts and does no other harm.
 */
#ifndef OPENLSA_STORE_ATTEMPT_H
#define OPENLSA_STORE_ATTEMPT_H

#include <stdatomic.h>

#include "store/store.h"

struct account;

enum attempt_gate { ATTEMPT_LOCKED = 0, ATTEMPT_OPEN };

/* Settle it exactly once; a second time does nothing. */
struct attempt {
	_Atomic uint64_t *counter;		/* NULL: nothing to settle */
	struct store *store;
	bool reserved;				/* false: refused at the gate */
};

/*
 * account: the one to guess at, held by the caller, or NULL when account_find said ACCOUNT_ABSENT; then `name`
 * (UTF-8, as it was sent) chooses. Never after ACCOUNT_ERROR. May wait up to 2 s in the midst of an attack.
 * ret_attempt is always written, so settling it is never wrong.
 */
enum attempt_gate attempt_reserve(struct store *store, const struct account *account, struct bytes name,
    struct attempt *ret_attempt) MUST_CHECK;
void attempt_won(struct attempt *attempt);
bool attempt_lost(struct attempt *attempt);	/* true: this one was the last that the account takes; it is locked */
void attempt_released(struct attempt *attempt);
void attempt_excused(struct attempt *attempt);

/*
 * Blocks: returns when everything lost so far in this process is on the disk; callers at the same time share
 * one write. A failure (STATUS_DISK_FULL, STATUS_UNEXPECTED_IO_ERROR) changes no answer: the guess was lost.
 */
NTSTATUS attempt_commit(struct store *store);

/* For administrators: what stands against an account, and how to clear it. unlock blocks; it is durable. */
struct attempt_state { uint32_t failed, in_flight; bool locked; uint64_t last; /* seconds since 1970, 0: none */ };
void attempt_look(struct store *store, const struct account *account, struct attempt_state *ret_state);
NTSTATUS attempt_unlock(struct store *store, const struct account *account);

#endif
