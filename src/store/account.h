/*
 * account.h - local accounts as packages see them, and how they are changed.
 *
 * All accounts of the store are kept in memory, so that finding one, and
 * finding that there is none, is the same few steps: no disk, no system call,
 * no allocation. A change by any process raises the generation in the counters
 * file; whoever finds it raised reads what has changed before it answers.
 * When that reading fails the answer is ACCOUNT_ERROR, never the old row.
 * Every row is authenticated as a whole: a damaged one is ACCOUNT_ERROR too.
 *
 * Names compare by our own folding, as Windows does: code unit by code unit,
 * upper case, no normalisation. Composed and decomposed forms are two names.
 */
#ifndef OPENLSA_STORE_ACCOUNT_H
#define OPENLSA_STORE_ACCOUNT_H

#include "base/secret.h"
#include "store/store.h"

#define ACCOUNT_SID_LEN		(STORE_SID_LEN + 4u)
#define ACCOUNT_NAME_MAX	256u		/* UTF-16 units; the same for full names */
#define ACCOUNT_HASH_LEN	16u
#define ACCOUNT_FIRST_RID	1000u

enum account_flag {
	ACCOUNT_DISABLED		= 1u << 0,
	ACCOUNT_LOCKED			= 1u << 1,	/* by an administrator; lockout is attempt.h's */
	ACCOUNT_MUST_CHANGE		= 1u << 2,	/* the password, before the next logon */
	ACCOUNT_NEVER_EXPIRES		= 1u << 3,	/* the password */
	ACCOUNT_CANNOT_CHANGE		= 1u << 4,	/* the password, itself */
	ACCOUNT_MACHINE			= 1u << 5,	/* no interactive logon */
	ACCOUNT_FLAGS			= (1u << 6) - 1,
};

/* Immutable and counted; a change makes another one. All of it lives as long as it is held. */
struct account {
	uint32_t rid;
	uint32_t flags;
	bool blank_password;
	uint64_t password_set;			/* FILETIME */
	struct secret *nt_hash;			/* ACCOUNT_HASH_LEN bytes, never NULL; empty in a forked child */
	const char *name;			/* UTF-8, as it was given */
	const char *full_name;			/* UTF-8, may be empty */
	uint8_t sid[ACCOUNT_SID_LEN];
};

/* No answer is zero but the error: test for all three. */
enum account_found { ACCOUNT_ERROR = 0, ACCOUNT_ABSENT, ACCOUNT_FOUND };

/* ret_account is written when ACCOUNT_FOUND is returned, and then yours to drop. Names that could not be added are absent. */
enum account_found account_find(struct store *store, struct bytes name_utf8, struct account **ret_account) MUST_CHECK;
/* The same by RID. */
enum account_found account_at(struct store *store, uint32_t rid, struct account **ret_account) MUST_CHECK;
struct account *account_hold(struct account *account);
void account_drop(struct account *account);

/*
 * Changes: each blocks and is one durable transaction; it has happened when it returns STATUS_SUCCESS and not
 * happened when it returns anything else - but for STATUS_UNEXPECTED_IO_ERROR at the very end, after which the
 * database alone knows. Others: STATUS_NO_SUCH_USER, STATUS_USER_EXISTS, STATUS_OBJECT_NAME_INVALID,
 * STATUS_INVALID_PARAMETER, STATUS_DISK_FULL, STATUS_MEDIA_WRITE_PROTECTED, STATUS_SHARING_VIOLATION (another
 * process kept writing for 5 s), STATUS_FILE_CORRUPT_ERROR, STATUS_NO_MEMORY, STATUS_TOO_MANY_SIDS (a million
 * accounts were made). Who asks writes the audit line: only it knows for whom.
 *
 * A name is at most 256 UTF-16 units, without control characters, without "/\[]:;|=,+*?<>@ , not beginning or
 * ending with a space and not ending with a dot.
 */
struct account_new {
	struct bytes name, full_name;		/* UTF-8 */
	struct secret *nt_hash;			/* borrowed; ACCOUNT_HASH_LEN bytes */
	bool blank_password;
	uint32_t flags;
};
NTSTATUS account_add(struct store *store, const struct account_new *account, uint32_t *ret_rid) MUST_CHECK;
NTSTATUS account_set_password(struct store *store, struct bytes name, struct secret *nt_hash, bool blank) MUST_CHECK;
NTSTATUS account_set_flags(struct store *store, struct bytes name, uint32_t set, uint32_t clear) MUST_CHECK;
/* Its RID is never used again. */
NTSTATUS account_del(struct store *store, struct bytes name) MUST_CHECK;
/* In the order of RIDs, as they were when it was called; `each` may change accounts. Ends when it returns false. */
NTSTATUS account_each(struct store *store, bool (*each)(void *arg, struct account *account), void *arg) MUST_CHECK;

#endif
