/*
 * policy_entry.h - the entries of accounts, secrets and trusted domains as
 * bytes: their layouts, and where each has its guard. Layouts are on the
 * disk: they only grow at their end.
 */
#ifndef OPENLSA_LSA_POLICY_ENTRY_H
#define OPENLSA_LSA_POLICY_ENTRY_H

#include "lsa/policy.h"

#define ENTRY_MAX	(GUARD_MAX + 8192u)

enum { SECRET_HAS_NOW = 1, SECRET_HAS_OLD = 2 };

/* Of a secret everything but its values, which hide. */
struct secret_entry {
	struct bytes name;		/* as it was given */
	uint32_t has;
	uint64_t now_set, old_set;	/* FILETIME */
	struct bytes guard;
};
bool secret_entry_take(struct secret_entry *e, struct bytes value) MUST_CHECK;
void secret_entry_put(struct writer *w, const struct secret_entry *e);
NTSTATUS secret_erase(struct book_change *c, struct bytes key) MUST_CHECK;

/* An account's entry, and what hangs on it. STATUS_NOT_FOUND. */
NTSTATUS account_erase(struct book_change *c, struct bytes key) MUST_CHECK;

/* The basic facts of a trusted domain also cross the wire in this layout. Names UTF-16LE. */
struct trust_info {
	struct bytes name, flat, sid;
	uint32_t direction, type, attributes;
};
struct trust_entry {
	struct trust_info info;
	uint32_t posix, encryption;
	struct bytes guard;
};
bool trust_info_take(struct trust_info *info, struct reader *r) MUST_CHECK;
void trust_info_put(struct writer *w, const struct trust_info *info);
bool trust_entry_take(struct trust_entry *e, struct bytes value) MUST_CHECK;
void trust_entry_put(struct writer *w, const struct trust_entry *e);
NTSTATUS trust_erase(struct book_change *c, struct bytes key) MUST_CHECK;

/* The guard of any entry; empty: the usual one. And the entry with another. */
struct bytes entry_guard(enum policy_kind what, struct bytes entry);
void entry_put_guard(struct writer *w, enum policy_kind what, struct bytes entry, struct bytes guard);

#endif
