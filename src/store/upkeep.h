/*
 * upkeep.h - what is done to a whole store: a copy of it, such a copy put
 * back, and another sealing key. All of it blocks, and is for one thread of
 * a process that does nothing else. On failure `why` is a sentence, as for store_open,
 * and the store is what it was.
 */
#ifndef OPENLSA_STORE_UPKEEP_H
#define OPENLSA_STORE_UPKEEP_H

#include "store/store.h"

/*
 * One moment of the store, whether somebody has it open or not, into the new folder `to` (mode 0700; it must not exist):
 * accounts.db, and master.key where the key is in a file. ret_key: it is there. Attempts, proofs and audit.json are not copied.
 * STATUS_OBJECT_NAME_COLLISION: `to` exists; else as store_open.
 */
NTSTATUS store_backup(const struct store_settings *settings, const char *to, bool *ret_key, char why[STORE_WHY]) MUST_CHECK;

/*
 * Nobody may have it open (STATUS_SHARING_VIOLATION). What is in `from` is copied, opened, read to the last row and only
 * then put in the place of what was: that is kept in FOLDER/replaced-SECONDS. Lockouts are forgotten.
 */
NTSTATUS store_restore(const struct store_settings *settings, const char *from, char why[STORE_WHY]) MUST_CHECK;

/*
 * Nobody may have it open. Every row is sealed with a new key, which then takes the place of the old one in its file;
 * interrupted at any moment, the next who opens the store alone goes on from there.
 * STATUS_NOT_SUPPORTED: the key is a credential of systemd's, which only its owner can change.
 */
NTSTATUS store_rotate(const struct store_settings *settings, char why[STORE_WHY]) MUST_CHECK;

#endif
