/*
 * handle.c - the table of handles: words outside, counted objects inside.
 *
 * A slot's state is one word: generation | closing | references. Open is one
 * reference, each hold another. Only who takes the references to zero may
 * touch the slot's other fields; then the generation rises and the slot is
 * free, or, its last generation used, retired for good.
 *
 *      free --new--> open --close--> closing --last release--> free, next
 *                     \__hold, release__/                      generation
 *
 * Must never learn to know what an object is.
 */
#include "base/handle.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/fork.h"
#include "base/handle_word.h"

#ifndef HANDLE_WIDE
#define HANDLE_WIDE (sizeof(void *) == 8)	/* a test says 0 for the narrow words */
#endif
#ifndef HANDLE_GEN_BITS				/* a test says 4 to see slots retire */
#define HANDLE_GEN_BITS	(HANDLE_WIDE ? HANDLE_WIDE_GEN_BITS : HANDLE_NARROW_GEN_BITS)
#endif

#define SLOT_BITS	(HANDLE_WIDE ? HANDLE_WIDE_SLOT_BITS : HANDLE_NARROW_SLOT_BITS)
#define KINDS		(HANDLE_WIDE ? HANDLE_WIDE_KINDS : HANDLE_NARROW_KINDS)
#define GEN_LAST	((1ull << HANDLE_GEN_BITS) - 1)

#define REF_BITS	27
#define REFS		((1ull << REF_BITS) - 1)
#define CLOSING		(1ull << REF_BITS)
#define GEN_SHIFT	(REF_BITS + 1)
_Static_assert(GEN_SHIFT + HANDLE_WIDE_GEN_BITS == 64, "state is one word");

#define CHUNK_BITS	8
#define CHUNK_SLOTS	(1u << CHUNK_BITS)
#define FREE_BITS	(HANDLE_WIDE_SLOT_BITS + 1)	/* index + 1 in the free list's head, the tag above */

/* A cache line each, so that two handles in use never meet. */
struct slot {
	_Alignas(64) _Atomic uint64_t state;
	void *object;
	uint32_t kind;
	_Atomic uint32_t next;			/* free: index + 1 of the next free one */
};

struct handle_table {
	void (*destroy[HANDLE_KINDS])(void *object);
	uint32_t max;
	_Atomic uint32_t used;			/* slots below this one have been in use */
	_Alignas(64) _Atomic uint64_t free_head;	/* wide: tag | index + 1 of the newest */
	pthread_mutex_t free_lock;		/* narrow: guards the two ends */
	uint32_t free_first, free_last;
	_Atomic(struct slot *) chunks[];
};

static struct slot *
slot_at(struct handle_table *t, uint32_t index)
{
	struct slot *chunk = atomic_load_explicit(&t->chunks[index >> CHUNK_BITS], memory_order_acquire);

	return chunk + (index & (CHUNK_SLOTS - 1));
}

static bool
name_of(struct handle_name *ret_name, uint64_t word)
{
	const struct fork_page *page = fork_page();

	if (!page || (!HANDLE_WIDE && word > UINT32_MAX))
		return false;
	*ret_name = HANDLE_WIDE ? handle_name_of_wide(page->key, word)
				: handle_name_of_narrow(page->key, (uint32_t)word);
	return true;
}

static bool
word_of(uint64_t *ret_word, struct handle_name name)
{
	const struct fork_page *page = fork_page();
	uint32_t narrow;

	if (!page)
		return false;
	if (HANDLE_WIDE)
		return handle_word_wide(ret_word, page->key, name);
	if (!handle_word_narrow(&narrow, page->key, name))
		return false;
	*ret_word = narrow;
	return true;
}

/* The slot a word names, NULL when there is none; kind 0 is any. */
static struct slot *
slot_of(struct handle_table *t, uint32_t kind, uint64_t word, struct handle_name *ret_name)
{
	if (!name_of(ret_name, word) || !ret_name->kind || (kind && ret_name->kind != kind))
		return NULL;
	if (ret_name->slot >= atomic_load_explicit(&t->used, memory_order_acquire))
		return NULL;
	return slot_at(t, ret_name->slot);
}

/* --- free slots: wide words, the newest first and without a lock ----------- */

static void
free_put_wide(struct handle_table *t, uint32_t index)
{
	struct slot *s = slot_at(t, index);
	uint64_t head = atomic_load_explicit(&t->free_head, memory_order_relaxed), next;

	do {
		atomic_store_explicit(&s->next, (uint32_t)(head & ((1u << FREE_BITS) - 1)), memory_order_relaxed);
		next = ((head >> FREE_BITS) + 1) << FREE_BITS | (index + 1);
	} while (!atomic_compare_exchange_weak_explicit(&t->free_head, &head, next,
	    memory_order_release, memory_order_relaxed));
}

static bool
free_take_wide(struct handle_table *t, uint32_t *ret_index)
{
	uint64_t head = atomic_load_explicit(&t->free_head, memory_order_acquire), next;
	uint32_t first;

	do {
		first = (uint32_t)(head & ((1u << FREE_BITS) - 1));
		if (!first)
			return false;
		/* May be somebody else's by now; then the tag has moved and the exchange fails. */
		next = atomic_load_explicit(&slot_at(t, first - 1)->next, memory_order_relaxed);
		next |= ((head >> FREE_BITS) + 1) << FREE_BITS;
	} while (!atomic_compare_exchange_weak_explicit(&t->free_head, &head, next,
	    memory_order_acq_rel, memory_order_acquire));
	*ret_index = first - 1;
	return true;
}

/* --- free slots: narrow words, the oldest first, so that generations last -- */

static void
free_put_narrow(struct handle_table *t, uint32_t index)
{
	pthread_mutex_lock(&t->free_lock);
	atomic_store_explicit(&slot_at(t, index)->next, 0, memory_order_relaxed);
	if (t->free_last)
		atomic_store_explicit(&slot_at(t, t->free_last - 1)->next, index + 1, memory_order_relaxed);
	else
		t->free_first = index + 1;
	t->free_last = index + 1;
	pthread_mutex_unlock(&t->free_lock);
}

static bool
free_take_narrow(struct handle_table *t, uint32_t *ret_index)
{
	bool found;

	pthread_mutex_lock(&t->free_lock);
	found = t->free_first != 0;
	if (found) {
		*ret_index = t->free_first - 1;
		t->free_first = atomic_load_explicit(&slot_at(t, *ret_index)->next, memory_order_relaxed);
		if (!t->free_first)
			t->free_last = 0;
	}
	pthread_mutex_unlock(&t->free_lock);
	return found;
}

/* --- slots ----------------------------------------------------------------- */

/* Memory for a slot's chunk; racing threads agree on one. */
static bool
chunk_ready(struct handle_table *t, uint32_t index)
{
	_Atomic(struct slot *) *place = &t->chunks[index >> CHUNK_BITS];
	struct slot *none = NULL, *chunk;

	if (atomic_load_explicit(place, memory_order_acquire))
		return true;
	chunk = aligned_alloc(_Alignof(struct slot), CHUNK_SLOTS * sizeof *chunk);
	if (!chunk)
		return false;
	memset((void *)chunk, 0, CHUNK_SLOTS * sizeof *chunk);
	if (!atomic_compare_exchange_strong(place, &none, chunk))
		free(chunk);
	return true;
}

static bool
fresh_take(struct handle_table *t, uint32_t *ret_index)
{
	uint32_t index = atomic_load_explicit(&t->used, memory_order_relaxed);

	do {
		if (index >= t->max || !chunk_ready(t, index))
			return false;
	} while (!atomic_compare_exchange_weak(&t->used, &index, index + 1));
	*ret_index = index;
	return true;
}

static bool
slot_take(struct handle_table *t, uint32_t *ret_index)
{
	if (HANDLE_WIDE)
		return free_take_wide(t, ret_index) || fresh_take(t, ret_index);
	return fresh_take(t, ret_index) || free_take_narrow(t, ret_index);
}

/* A slot without references: on to its next generation, or retired. */
static void
slot_give(struct handle_table *t, uint32_t index, uint64_t generation)
{
	struct slot *s = slot_at(t, index);

	if (generation >= GEN_LAST) {
		atomic_store_explicit(&s->state, generation << GEN_SHIFT | CLOSING, memory_order_release);
		return;
	}
	atomic_store_explicit(&s->state, (generation + 1) << GEN_SHIFT, memory_order_release);
	if (HANDLE_WIDE)
		free_put_wide(t, index);
	else
		free_put_narrow(t, index);
}

/* One reference less; the last one of a closed handle ends its object. */
static void
slot_release(struct handle_table *t, struct slot *s, struct handle_name name)
{
	uint64_t state = atomic_load_explicit(&s->state, memory_order_relaxed);
	void (*destroy)(void *object);
	void *object;

	do {
		if (state >> GEN_SHIFT != name.generation || !(state & REFS))
			return;				/* not held: another process's word, or a fault */
	} while (!atomic_compare_exchange_weak_explicit(&s->state, &state, state - 1,
	    memory_order_acq_rel, memory_order_relaxed));
	if (((state - 1) & (REFS | CLOSING)) != CLOSING)
		return;
	object = s->object;
	destroy = t->destroy[s->kind];
	s->object = NULL;
	slot_give(t, name.slot, name.generation);
	if (destroy)
		destroy(object);
}

static bool
slot_hold(struct slot *s, uint64_t generation)
{
	uint64_t state = atomic_load_explicit(&s->state, memory_order_relaxed);

	do {
		if (state >> GEN_SHIFT != generation || state & CLOSING)
			return false;
		if (!(state & REFS) || (state & REFS) == REFS)
			return false;			/* free, or held beyond counting */
	} while (!atomic_compare_exchange_weak_explicit(&s->state, &state, state + 1,
	    memory_order_acquire, memory_order_relaxed));
	return true;
}

/* --- the table ------------------------------------------------------------- */

struct handle_table *
handle_table_new(size_t max, void (*const destroy[HANDLE_KINDS])(void *object))
{
	struct handle_table *t;
	size_t chunks, size;

	if (max > 1u << SLOT_BITS)
		max = 1u << SLOT_BITS;
	if (!max || !fork_page())
		return NULL;
	chunks = (max + CHUNK_SLOTS - 1) >> CHUNK_BITS;
	size = sizeof *t + chunks * sizeof t->chunks[0];
	size = (size + 63) & ~(size_t)63;
	t = aligned_alloc(_Alignof(struct handle_table), size);
	if (!t)
		return NULL;
	memset((void *)t, 0, size);
	memcpy(t->destroy, destroy, sizeof t->destroy);
	t->max = (uint32_t)max;
	pthread_mutex_init(&t->free_lock, NULL);
	return t;
}

void
handle_table_drop(struct handle_table *t)
{
	uint32_t used;

	if (!t)
		return;
	used = atomic_load(&t->used);
	for (uint32_t i = 0; i < used; i++) {
		struct slot *s = slot_at(t, i);

		if ((atomic_load(&s->state) & REFS) && t->destroy[s->kind])
			t->destroy[s->kind](s->object);
	}
	for (uint32_t i = 0; i < t->max; i += CHUNK_SLOTS)
		free(atomic_load(&t->chunks[i >> CHUNK_BITS]));
	pthread_mutex_destroy(&t->free_lock);
	free(t);
}

bool
handle_new(struct handle_table *t, uint32_t kind, void *object, uint64_t *ret_word)
{
	struct handle_name name = { .kind = kind };
	uint64_t word;
	struct slot *s;

	if (!object || !kind || kind >= KINDS || !fork_page())
		return false;
	for (;;) {
		if (!slot_take(t, &name.slot))
			return false;
		s = slot_at(t, name.slot);
		name.generation = atomic_load_explicit(&s->state, memory_order_acquire) >> GEN_SHIFT;
		if (word_of(&word, name))
			break;
		slot_give(t, name.slot, name.generation);	/* the word would look like none: skip it */
	}
	s->object = object;
	s->kind = kind;
	atomic_store_explicit(&s->state, name.generation << GEN_SHIFT | 1, memory_order_release);
	*ret_word = word;
	return true;
}

void *
handle_hold(struct handle_table *t, uint32_t kind, uint64_t word)
{
	struct handle_name name;
	struct slot *s = kind ? slot_of(t, kind, word, &name) : NULL;

	return s && slot_hold(s, name.generation) ? s->object : NULL;
}

void
handle_release(struct handle_table *t, uint64_t word)
{
	struct handle_name name;
	struct slot *s = slot_of(t, 0, word, &name);

	if (s)
		slot_release(t, s, name);
}

enum handle_end
handle_close(struct handle_table *t, uint32_t kind, uint64_t word)
{
	struct handle_name name;
	struct slot *s = kind ? slot_of(t, kind, word, &name) : NULL;
	uint64_t state;

	if (!s)
		return HANDLE_UNKNOWN;
	state = atomic_load_explicit(&s->state, memory_order_acquire);
	do {
		if (name.generation < state >> GEN_SHIFT)
			return HANDLE_STALE;
		if (name.generation > state >> GEN_SHIFT || !(state & (CLOSING | REFS)))
			return HANDLE_UNKNOWN;		/* not yet issued */
		if (state & CLOSING)
			return HANDLE_STALE;
	} while (!atomic_compare_exchange_weak_explicit(&s->state, &state, state | CLOSING,
	    memory_order_acq_rel, memory_order_acquire));
	slot_release(t, s, name);
	return HANDLE_CLOSED;
}

bool
handle_was(struct handle_table *t, uint32_t kind, uint64_t word)
{
	struct handle_name name;
	struct slot *s = kind ? slot_of(t, kind, word, &name) : NULL;
	uint64_t state = s ? atomic_load_explicit(&s->state, memory_order_acquire) : 0;

	return s && (name.generation < state >> GEN_SHIFT ||
	    (name.generation == state >> GEN_SHIFT && state & CLOSING));
}

void
handle_each(struct handle_table *t, uint32_t kind,
    void (*fn)(void *arg, uint64_t word, void *object), void *arg)
{
	uint32_t used = atomic_load_explicit(&t->used, memory_order_acquire);

	for (uint32_t i = 0; i < used; i++) {
		struct slot *s = slot_at(t, i);
		struct handle_name name = { .slot = i };
		uint64_t word;

		name.generation = atomic_load_explicit(&s->state, memory_order_relaxed) >> GEN_SHIFT;
		if (!slot_hold(s, name.generation))
			continue;
		name.kind = s->kind;
		if ((!kind || kind == name.kind) && word_of(&word, name))
			fn(arg, word, s->object);
		slot_release(t, s, name);
	}
}

size_t
handle_count(struct handle_table *t)
{
	uint32_t used = atomic_load_explicit(&t->used, memory_order_acquire);
	size_t count = 0;

	for (uint32_t i = 0; i < used; i++)
		count += (atomic_load_explicit(&slot_at(t, i)->state, memory_order_relaxed) & REFS) != 0;
	return count;
}
