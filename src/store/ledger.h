/*
 * ledger.h - accounts.db, as the store's other files use it: one moment of it
 * read on one connection, one change at a time made on another.
 */
#ifndef OPENLSA_STORE_LEDGER_H
#define OPENLSA_STORE_LEDGER_H

#include "store/inside.h"

/* alone: nobody else has the store open, so it may be made. */
NTSTATUS ledger_open(struct store *s, bool alone, const struct store_settings *settings, char why[STORE_WHY]) MUST_CHECK;
void ledger_close(struct store *s);
/* The sentence for a status that came from the database. */
NTSTATUS ledger_failed(NTSTATUS st, char why[STORE_WHY]);

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
/*
 * On the reader, between look and look_away; `each` may fail. ledger_counts is the first of a transaction;
 * STATUS_FILE_INVALID: the database is behind what the counters' witness saw.
 */
NTSTATUS ledger_counts(struct store *s, struct database *db, struct counts *ret_counts) MUST_CHECK;
NTSTATUS ledger_changes(struct store *s, uint64_t since, NTSTATUS (*each)(void *arg, const struct ledger_row *row), void *arg) MUST_CHECK;
NTSTATUS ledger_policies(struct store *s, uint32_t values[POLICY_COUNT]) MUST_CHECK;
/* Seals them all together, so that none can be of another time than the others: with each change of one. */
NTSTATUS ledger_policies_seal(struct store *s, struct database *db) MUST_CHECK;
NTSTATUS ledger_unseal(struct store *s, const struct ledger_row *row, struct secret **ret_hash, bool *ret_blank) MUST_CHECK;
/* One moment of the database, on the reader, whose lock the caller holds until it has looked away. mend, before: see counters.h. */
NTSTATUS ledger_look(struct store *s) MUST_CHECK;
void ledger_look_away(struct store *s);
void ledger_mend(struct store *s);

/* One change: begin, then writes, then end with what they came to (commits on success). The writer's lock is held between. */
NTSTATUS ledger_begin(struct store *s, struct counts *ret_counts) MUST_CHECK;
NTSTATUS ledger_end(struct store *s, const struct counts *counts, NTSTATUS st) MUST_CHECK;
/* A change that has turned out to be none. */
void ledger_leave(struct store *s);
/* The hash is sealed with the row. */
NTSTATUS ledger_put(struct store *s, const struct ledger_row *row, struct secret *hash, bool blank) MUST_CHECK;
NTSTATUS ledger_bury(struct store *s, uint32_t rid, uint64_t change) MUST_CHECK;
NTSTATUS ledger_put_policy(struct store *s, enum policy policy, uint32_t value) MUST_CHECK;
/* One account for a change, in the writer's transaction; the fields are copied into `scratch`. */
struct ledger_scratch { uint8_t fold[NAME_FOLD_MAX], name[NAME_UTF8_MAX], full_name[NAME_UTF8_MAX]; };
NTSTATUS ledger_find(struct store *s, const struct name_fold *fold, struct ledger_row *ret_row, struct ledger_scratch *scratch,
    struct secret **ret_hash, bool *ret_blank) MUST_CHECK;

/* Small things by name, and the statements by number: between ledger.c, ledger_row.c and book.c alone. */
enum { VERSION_GET, META_GET, META_ALL, META_PUT, CHANGES, BY_FOLD, PUT, BURY, POLICIES_GET, POLICY_PUT, ENTRY_CHANGES, ENTRY_GET, ENTRY_PUT };
NTSTATUS ledger_meta_put(struct store *s, struct database *db, const char *key, struct bytes value) MUST_CHECK;
/* STATUS_DECRYPTION_FAILED: not sealed by our key. */
NTSTATUS ledger_meta_get(struct store *s, struct database *db, const char *key, uint8_t *to, size_t cap, size_t *ret_len) MUST_CHECK;
/* In the writer's transaction, while the reader looks: all small things and policies, sealed again by `next`. */
NTSTATUS ledger_reseal(struct store *s, struct vault *next) MUST_CHECK;
NTSTATUS ledger_counts_put(struct store *s, struct database *db, const struct counts *counts) MUST_CHECK;

#endif
