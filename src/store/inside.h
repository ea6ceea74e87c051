/*
 * inside.h - the store as its own files see it. Nobody outside store/ includes this.
 */
#ifndef OPENLSA_STORE_INSIDE_H
#define OPENLSA_STORE_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/account.h"
#include "store/audit.h"
#include "store/book.h"
#include "store/counters.h"
#include "store/name.h"
#include "store/policy.h"
#include "store/replay.h"
#include "store/sqlite.h"
#include "store/trail.h"
#include "store/vault.h"

#define STRIPES		8u
#define COMPUTER_MAX	64u

/* An account in memory. What is shown comes first, so that the one is the other. */
struct card {
	struct account shown;
	_Atomic uint32_t refs;
	bool damaged;				/* its row did not verify: finding it is an error */
	uint64_t hash;
	struct card *next;			/* in its bucket */
	struct bytes fold;
	char text[];
};

/*
 * All accounts and policies as of a generation. Readers take one stripe, chosen by
 * thread; the one who changes it holds the reader connection's lock, and all stripes for the moment of the change.
 */
struct shelf {
	struct { _Alignas(64) pthread_rwlock_t lock; } stripes[STRIPES];
	struct card **buckets;			/* a power of two */
	size_t bucket_count, count, damaged;
	struct card **by_rid;			/* from ACCOUNT_FIRST_RID */
	size_t rid_count;
	uint64_t change;			/* rows up to this one are known */
	_Alignas(64) _Atomic uint64_t generation;	/* odd: none */
	_Atomic uint32_t policy[POLICY_COUNT];
};

/* Policy entries, guarded as the shelf is. */
struct leaf;
struct book {
	struct leaf **buckets;			/* a power of two */
	size_t bucket_count, count;
	struct leaf **more;			/* larger ones, made before the locks are taken */
	size_t more_count;
};

struct store {
	struct shelf shelf;
	struct book book;
	struct counters *counters;
	struct vault *vault;
	uint64_t (*now)(void *arg);
	void *now_arg;
	struct database reader, writer;		/* open while in use; lsad, which never forks, keeps them open */
	bool exclusive, wrote;
	char *db_path;
	struct trail *trail;
	_Atomic(struct replays *) replays;	/* NULL until the first proof */
	int folder, lock;
	uint8_t sid[STORE_SID_LEN];
	char computer[COMPUTER_MAX + 1];
};

/* shelf.c */
NTSTATUS shelf_init(struct shelf *shelf) MUST_CHECK;
void shelf_end(struct shelf *shelf);
/* Makes it as new as the database. STATUS_SUCCESS without a system call when it is. */
NTSTATUS shelf_refresh(struct store *s) MUST_CHECK;
static inline NTSTATUS
shelf_fresh(struct store *s)
{
	uint64_t shown = atomic_load_explicit(&s->shelf.generation, memory_order_acquire);

	if (counters_generation(s->counters) == shown && vault_alive(s->vault))
		return STATUS_SUCCESS;
	return shelf_refresh(s);
}
/* Held, or NULL. *ret_damaged: there is one, but it cannot be read. */
struct card *shelf_find(struct store *s, const struct name_fold *fold, bool *ret_damaged);
/* The same by RID; not for the road of a logon. */
struct card *shelf_at(struct store *s, uint32_t rid, bool *ret_damaged);
/* All that can be read, held, in the order of RIDs; free() the array. *ret_damaged: how many cannot. */
NTSTATUS shelf_all(struct store *s, struct card ***ret_cards, size_t *ret_count, size_t *ret_damaged) MUST_CHECK;
void card_drop(struct card *card);

/* The one of the eight locks that this thread reads under. */
pthread_rwlock_t *shelf_stripe(struct shelf *shelf);

/* book.c */
NTSTATUS book_init(struct book *book) MUST_CHECK;
void book_drop(struct book *book);
/* What has changed since the shelf was refreshed, read with the reader; then, all locks held, in place. What was replaced is returned. */
NTSTATUS book_gather(struct store *s, struct leaf **ret_fresh) MUST_CHECK;
struct leaf *book_shelve(struct store *s, struct leaf *fresh);
void leaves_drop(struct leaf *leaves);
/* In the writer's transaction, while the reader looks: all entries, sealed again by `next`. */
NTSTATUS book_reseal(struct store *s, struct vault *next) MUST_CHECK;

/* attempt.c: the bits of a counter that are reservations. */
#define IN_FLIGHT_MASK	0x00fff000u

/* store.c: seconds, by the clock of lockouts. */
uint64_t store_now(struct store *s);

#endif
