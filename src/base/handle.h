/*
 * handle.h - the table of handles: words outside, counted objects inside.
 *
 * A word is never a pointer: it names a slot and one generation of it, so a
 * word whose object is gone never finds another. Look-ups take no lock and
 * may run on any number of threads against closing.
 *
 *     object = handle_hold(t, KIND, word);     NULL: not (or no longer) a handle
 *     ...use it...
 *     handle_release(t, word);
 *
 * handle_close makes every later hold fail at once; the object is destroyed
 * by whoever lets go last, in that thread, with the slot already free.
 * Words belong to the process that made them: in a forked child they are all
 * unknown, and the child's root is empty (base/fork).
 *
 * Must never learn to know what an object is.
 */
#ifndef OPENLSA_BASE_HANDLE_H
#define OPENLSA_BASE_HANDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* Kinds are 1 to 15; keep to 1 to 7 where 32-bit programs are served. */
#define HANDLE_KINDS 16

struct handle_table;

enum handle_end {
	HANDLE_CLOSED,		/* it was open and is closed now, by this call */
	HANDLE_STALE,		/* it was open once and had been closed already */
	HANDLE_UNKNOWN,		/* never issued by this table to this process, or of another kind */
};

/*
 * A table for at most max handles (and at most 2^24, or 2^13 with 32-bit
 * words), which grows as needed and never moves. destroy[kind] ends an
 * object of that kind; NULL where nothing needs to be done. The array is
 * copied. NULL when there is no memory or no randomness.
 */
struct handle_table *handle_table_new(size_t max, void (*const destroy[HANDLE_KINDS])(void *object)) MUST_CHECK;

/* Destroys what is still in it, open or held, and the table. No other thread may be inside. */
void handle_table_drop(struct handle_table *t);

/*
 * A handle for an object, which the table owns from here on. False, and the
 * object is still the caller's, when the table is full, there is no memory
 * or the kind does not exist.
 */
bool handle_new(struct handle_table *t, uint32_t kind, void *object, uint64_t *ret_word) MUST_CHECK;

/* The object behind a word, with a reference taken; NULL for any other word. */
void *handle_hold(struct handle_table *t, uint32_t kind, uint64_t word) MUST_CHECK;

/* Gives back one reference of handle_hold, once for each. May destroy the object. */
void handle_release(struct handle_table *t, uint64_t word);

/* Of several closers exactly one gets HANDLE_CLOSED. May destroy the object. */
enum handle_end handle_close(struct handle_table *t, uint32_t kind, uint64_t word);

/* Whether the word was issued by this table and has been closed since. */
bool handle_was(struct handle_table *t, uint32_t kind, uint64_t word);

/*
 * Calls fn for every handle of a kind (0: of any) that is open, holding it
 * meanwhile; fn may close it. Those made or closed during the walk may or may
 * not be seen.
 */
void handle_each(struct handle_table *t, uint32_t kind,
    void (*fn)(void *arg, uint64_t word, void *object), void *arg);

/* How many are open or still held, for tests and reports. */
size_t handle_count(struct handle_table *t);

#endif
