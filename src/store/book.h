/*
 * book.h - the book of policy: sealed entries by kind and key.
 *
 * An entry's value is bytes whose layout those know who ask for it; the store
 * seals it whole, with its kind, key and place in the order of changes. All
 * entries are kept in memory as accounts are (a reader takes no disk, no
 * system call), but for the kinds that hide: their values are read from the
 * disk each time and live in locked memory alone.
 */
#ifndef OPENLSA_STORE_BOOK_H
#define OPENLSA_STORE_BOOK_H

#include "base/secret.h"
#include "store/store.h"

#define BOOK_KEY_MAX	1024u
#define BOOK_VALUE_MAX	66000u

/* Numbers are on the disk: never reused. */
enum book_kind {
	BOOK_META = 1,		/* key "modified": u64 changes, u64 FILETIME of its making */
	BOOK_INFO,		/* information classes, by number */
	BOOK_ACCOUNT,		/* rights, by SID */
	BOOK_SECRET,		/* what is known of a secret, by folded name */
	BOOK_SECRET_NOW,	/* its value; hidden */
	BOOK_SECRET_OLD,	/* the one before; hidden */
	BOOK_TRUST,		/* trusted domains, by folded name */
	BOOK_TRUST_AUTH,	/* their keys; hidden */
	BOOK_GUARD,		/* security descriptors of what has no entry of its own */
	BOOK_AUDIT,		/* what is audited */
	BOOK_TRUST_ALIAS,	/* to the key of a trusted domain: S and its SID, or F and its folded flat name */
	BOOK_LOGON,		/* users known without a KDC, by principal: FILETIME of the last logon */
	BOOK_LOGON_PROOF,	/* what they are known by; hidden */
	BOOK_HISTORY,		/* earlier passwords' hashes, by RID; hidden */
	BOOK_QUOTA,		/* what an account may use, by SID: QUOTA_LIMITS as six u64 */
	BOOK_KINDS
};

/* Immutable and counted. */
struct entry {
	enum book_kind kind;
	struct bytes key, value;
};
void entry_drop(struct entry *entry);

/* STATUS_NOT_FOUND; STATUS_INTERNAL_DB_ERROR: there is one that cannot be read. Not for kinds that hide. */
NTSTATUS book_find(struct store *store, enum book_kind kind, struct bytes key, struct entry **ret_entry) MUST_CHECK;
/* The values of those that are there, under one short lock: `each` must not call the store. */
NTSTATUS book_look(struct store *store, enum book_kind kind, const struct bytes *keys, size_t count,
    void (*each)(void *arg, struct bytes value), void *arg) MUST_CHECK;
/* All of a kind, each held, in the order of keys; free() the array. */
NTSTATUS book_list(struct store *store, enum book_kind kind, struct entry ***ret_entries, size_t *ret_count) MUST_CHECK;
/* Any kind. Blocks. STATUS_NOT_FOUND. */
NTSTATUS book_fetch(struct store *store, enum book_kind kind, struct bytes key, struct secret **ret_value) MUST_CHECK;

/*
 * One change, all of it or nothing: begin, any number of reads and writes, end with what they came to. It blocks, and
 * has happened when book_end returns STATUS_SUCCESS; statuses as for accounts. The counter of changes rises by one
 * where something was written.
 */
struct book_change {
	struct store *store;
	uint64_t change;
	uint32_t next_rid;
	bool wrote;
};
NTSTATUS book_begin(struct book_change *c, struct store *store) MUST_CHECK;
NTSTATUS book_read(struct book_change *c, enum book_kind kind, struct bytes key, struct secret **ret_value) MUST_CHECK;
NTSTATUS book_write(struct book_change *c, enum book_kind kind, struct bytes key, struct bytes value) MUST_CHECK;
/* STATUS_NOT_FOUND. */
NTSTATUS book_erase(struct book_change *c, enum book_kind kind, struct bytes key) MUST_CHECK;
NTSTATUS book_end(struct book_change *c, NTSTATUS st) MUST_CHECK;

/* How often it was changed, and when it was begun (FILETIME). */
struct book_age { uint64_t changes, made; };
NTSTATUS book_age(struct store *store, struct book_age *ret_age) MUST_CHECK;

#endif
