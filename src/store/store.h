/*
 * store.h - the estate: accounts, policy, attempts and the audit file of one
 * folder, opened once and shared by every thread of a process.
 *
 *     FOLDER/lock             who has it open: one lsad, or any number of embedded processes
 *     FOLDER/db/accounts.db   SQLite: accounts, policy, the machine's identity; secrets sealed row by row
 *     FOLDER/db/attempts      mapped counters: see attempt.h
 *     FOLDER/db/replays       proofs that were seen: see replay.h
 *     FOLDER/db/once          what may happen only once: see once.h
 *     FOLDER/key/master.key   the sealing key, unless it comes from elsewhere (vault.h)
 *     FOLDER/audit.json       see trail.h; or elsewhere, or nowhere
 *
 * The folder and all in it belong to the effective user and to nobody else;
 * symbolic links are refused. What must never be learnt here: what a password
 * is, which package asked, who may ask. That is the business of lsa/.
 *
 * The store is the only room with locks of its own: any thread may call any
 * function. Functions that say "blocks" wait for a disk and belong on a job.
 * After fork() a store is dead in the child: every question is answered with
 * an error; the child closes it and opens its own. (An embedded store keeps no
 * connection to SQLite open between two uses, so that this is safe; a child that
 * was forked in the midst of one gets STATUS_INVALID_DEVICE_STATE and must exec.)
 */
#ifndef OPENLSA_STORE_STORE_H
#define OPENLSA_STORE_STORE_H

#include <ntdef.h>
#include <ntstatus.h>

#include "base/bytes.h"
#include "base/secret.h"

struct store;

#define STORE_WHY	256
#define STORE_SID_LEN	24u		/* S-1-5-21-a-b-c in binary: [MS-DTYP] 2.4.2.2 */

#define STORE_JOURNAL	"/run/systemd/journal/socket"

/* Where audit events go (trail.h). All zero: nowhere. */
struct store_audit {
	const char *file;		/* a name in the folder, or an absolute path; NULL: no file */
	uint32_t mode;			/* of the file: 0600, 0640; 0: 0600 */
	uint32_t size_kib;		/* it is rotated when it is larger; 0: never */
	uint32_t keep;			/* so many old ones stay */
	const char *journal;		/* the journal's socket, or NULL */
	bool journal_must;		/* what cannot be sent there is lost even where there is no journal */
	const char *name;		/* who writes, for the journal; NULL: "openlsa" */
	uint32_t rate;			/* events a second and budget (audit.h); 0: no limit */
	bool threaded;			/* a thread of its own writes */
};

struct store_settings {
	const char *folder;		/* made with mode 0700 when it is absent */
	bool exclusive;			/* lsad: nobody else may have it open, and the database is checked first */
	const char *key_file;		/* the sealing key, or NULL: see vault.h */
	struct store_audit audit;
	const char *computer_name;	/* for a new store, UTF-8; NULL: the host's name, upper case, at most 15 letters */
};

/*
 * Blocks. On failure `why` is a sentence that names the file and says what to do.
 *     STATUS_ACCESS_DENIED             the folder or a file belongs to someone else or is open to others
 *     STATUS_SHARING_VIOLATION         lsad has it, or others have it and lsad wants it
 *     STATUS_FILE_CORRUPT_ERROR        the database or the counters are damaged
 *     STATUS_FILE_INVALID              the database is older than the counters remember, or gone
 *     STATUS_DECRYPTION_FAILED         the sealing key is missing, malformed or another store's
 *     STATUS_REVISION_MISMATCH         a newer OpenLSA made it
 *     STATUS_DLL_NOT_FOUND             libsqlite3.so.0 is absent or too old
 *     STATUS_DISK_FULL, STATUS_MEDIA_WRITE_PROTECTED, STATUS_NO_MEMORY, STATUS_TOO_MANY_OPENED_FILES,
 *     STATUS_OBJECT_PATH_NOT_FOUND, STATUS_WORKING_SET_QUOTA (memory cannot be locked), STATUS_UNEXPECTED_IO_ERROR,
 *     STATUS_INVALID_DEVICE_STATE (a forked child, see above)
 */
NTSTATUS store_open(struct store **ret_store, const struct store_settings *settings, char why[STORE_WHY]) MUST_CHECK;
/* Accounts that are held stay valid; nothing else may be in use. In a forked child it forgets and touches no file. */
void store_close(struct store *store);

/* The audit file is opened anew (it was renamed). Any thread. */
void store_reopen(struct store *store);

/* As long as the store is open. */
const char *store_computer(const struct store *store);		/* NetBIOS name, UTF-8 */
struct bytes store_sid(const struct store *store);		/* the machine's, STORE_SID_LEN bytes */

/*
 * Bytes sealed under the store's key, for what another process with the same store opens again. `about` says
 * what they are and is authenticated with them; it begins with a word that no row of the database begins with.
 * `to` has room for the plain bytes and STORE_SEAL_EXTRA more. STATUS_DECRYPTION_FAILED: not ours, or changed.
 */
#define STORE_SEAL_EXTRA 29u
NTSTATUS store_seal(struct store *store, uint8_t *to, struct bytes about, struct secret *plain) MUST_CHECK;
NTSTATUS store_unseal(struct store *store, struct secret **ret_plain, struct bytes about, struct bytes sealed) MUST_CHECK;

/*
 * The clock of lockouts: seconds since 1970, or rather since then as the wall clock had it when the machine
 * started. Tests set another one.
 */
void store_set_clock(struct store *store, uint64_t (*now)(void *arg), void *arg);

#endif
