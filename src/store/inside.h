/*
 * inside.h - the store as its own files see it. Nobody outside store/ includes this.
 */
#ifndef OPENLSA_STORE_INSIDE_H
#define OPENLSA_STORE_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/account.h"
#include "store/audit.h"
#include "store/counters.h"
#include "store/name.h"
#include "store/policy.h"
#include "store/sqlite.h"
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
	size_t bucket_count, count;
	struct card **by_rid;			/* from ACCOUNT_FIRST_RID */
	size_t rid_count;
	uint64_t change;			/* rows up to this one are known */
	_Alignas(64) _Atomic uint64_t generation;	/* odd: none */
	_Atomic uint32_t policy[POLICY_COUNT];
};

struct trail {
	pthread_mutex_t lock;
	int fd;					/* -1 until the first line */
	void (*line)(void *arg, struct bytes line);
	void *arg;
	uint64_t second;			/* of the monotonic clock */
	uint32_t written;			/* in that second */
	uint64_t suppressed;
};

struct store {
	struct shelf shelf;
	struct counters *counters;
	struct vault *vault;
	uint64_t (*now)(void *arg);
	void *now_arg;
	struct database reader, writer;		/* open while in use; lsad, which never forks, keeps them open */
	bool exclusive, wrote;
	char *db_path;
	struct trail trail;
	int folder, lock;
	uint8_t sid[STORE_SID_LEN];
	char computer[COMPUTER_MAX + 1];
};

/* ledger.c: accounts.db, its statements and its rows. */
/* alone: nobody else has the store open, so it may be made. */
NTSTATUS ledger_open(struct store *s, bool alone, const struct store_settings *settings, char why[STORE_WHY]) MUST_CHECK;
void ledger_close(struct store *s);

struct counts { uint32_t next_rid; uint64_t change; };

/* A row of `account`; text and blobs are borrowed. */
struct ledger_row {
	uint32_t rid, flags;
	uint64_t change, password_set;
	struct bytes fold, name, full_name;
	struct bytes sealed;
	bool gone;				/* deleted: nothing but rid and change counts */
	bool damaged;
};
/* On the reader, between look and look_away; `each` may fail. */
NTSTATUS ledger_counts(struct store *s, struct database *db, struct counts *ret_counts) MUST_CHECK;
NTSTATUS ledger_changes(struct store *s, uint64_t since, NTSTATUS (*each)(void *arg, const struct ledger_row *row), void *arg) MUST_CHECK;
NTSTATUS ledger_policies(struct store *s, uint32_t values[POLICY_COUNT]) MUST_CHECK;
NTSTATUS ledger_unseal(struct store *s, const struct ledger_row *row, struct secret **ret_hash, bool *ret_blank) MUST_CHECK;
/* One moment of the database, on the reader, whose lock the caller holds until it has looked away. mend, before: see counters.h. */
NTSTATUS ledger_look(struct store *s) MUST_CHECK;
void ledger_look_away(struct store *s);
void ledger_mend(struct store *s);

/* One change: begin, then writes, then end with what they came to (commits on success). The writer's lock is held between. */
NTSTATUS ledger_begin(struct store *s, struct counts *ret_counts) MUST_CHECK;
NTSTATUS ledger_end(struct store *s, const struct counts *counts, NTSTATUS st) MUST_CHECK;
/* The hash is sealed with the row. */
NTSTATUS ledger_put(struct store *s, const struct ledger_row *row, struct secret *hash, bool blank) MUST_CHECK;
NTSTATUS ledger_bury(struct store *s, uint32_t rid, uint64_t change) MUST_CHECK;
NTSTATUS ledger_put_policy(struct store *s, enum policy policy, uint32_t value) MUST_CHECK;
/* One account for a change, in the writer's transaction; the fields are copied into `scratch`. */
struct ledger_scratch { uint8_t fold[NAME_FOLD_MAX], name[NAME_UTF8_MAX], full_name[NAME_UTF8_MAX]; };
NTSTATUS ledger_find(struct store *s, const struct name_fold *fold, struct ledger_row *ret_row, struct ledger_scratch *scratch,
    struct secret **ret_hash, bool *ret_blank) MUST_CHECK;

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
/* All that can be read, held, in the order of RIDs; free() the array. *ret_damaged: how many cannot. */
NTSTATUS shelf_all(struct store *s, struct card ***ret_cards, size_t *ret_count, size_t *ret_damaged) MUST_CHECK;
void card_drop(struct card *card);

/* attempt.c: the bits of a counter that are reservations. */
#define IN_FLIGHT_MASK	0x00fff000u

/* store.c: seconds, by the clock of lockouts. */
uint64_t store_now(struct store *s);

#endif
