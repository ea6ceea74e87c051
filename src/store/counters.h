/*
 * counters.h - the mapped file that all processes with this store share:
 * one 64-bit word per account, 4096 for names without one, and the
 * generation of the database. It knows where a word is, not what it means
 * (attempt.c does).
 *
 *     0       head: magic, layout, key, boot, clock, capacity, generation, witness
 *     4096    4096 words for unknown names
 *     36864   `capacity` words for accounts, grown by 4096
 */
#ifndef OPENLSA_STORE_COUNTERS_H
#define OPENLSA_STORE_COUNTERS_H

#include <stdatomic.h>

#include "store/store.h"

struct counters;

#define COUNTERS_SHADOWS	4096u
#define COUNTERS_MAX		(1u << 20)	/* accounts ever made */

/* db: the folder; alone: nobody else has it open, so it may be made, and reservations that were left are wiped. */
NTSTATUS counters_open(struct counters **ret_counters, int db, bool alone, uint64_t in_flight_mask, char why[STORE_WHY]) MUST_CHECK;
void counters_drop(struct counters *c);

const uint8_t *counters_key(const struct counters *c);			/* 16 bytes */
_Atomic uint64_t *counters_shadow(struct counters *c, uint64_t hash);
_Atomic uint64_t *counters_exact(struct counters *c, uint32_t index);	/* NULL beyond the capacity */
/* Makes room for indices below `count`. Blocks; by one process at a time (inside a write transaction). */
NTSTATUS counters_grow(struct counters *c, uint32_t count) MUST_CHECK;
/* All words changed until now are on the disk when it returns. Blocks; at the same time from many threads it costs one write. */
NTSTATUS counters_sync(struct counters *c) MUST_CHECK;
void counters_dirty(struct counters *c);		/* after each change that counters_sync is to cover */

/* Seconds since 1970 by a clock that nobody can set: see attempt.h. */
uint64_t counters_now(const struct counters *c);

/*
 * The generation is even while the database rests and odd while a writer commits. Whoever read it even, then
 * read the database, has what belongs to that number, whatever happens later.
 *     begin   by a writer that holds SQLite's write lock: odd, a number never seen before
 *     end     after the commit or its failure; nothing when someone else went on meanwhile
 *     mend    by anyone who holds the write lock: a writer has died between the two
 */
uint64_t counters_generation(const struct counters *c);
uint64_t counters_begin(struct counters *c);
void counters_end(struct counters *c, uint64_t begun);
void counters_mend(struct counters *c);

/*
 * The number of the last change that is known to be in the database: written after its commit, so the disk never
 * has it without the change. A database that is behind it is an old one, or its log was cut.
 */
uint64_t counters_witness(const struct counters *c);
void counters_saw(struct counters *c, uint64_t change);

#endif
