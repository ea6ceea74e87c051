/*
 * folder.h - the store's folder as it must be: ours alone, no links, and
 * open once exclusively or many times shared.
 */
#ifndef OPENLSA_STORE_FOLDER_H
#define OPENLSA_STORE_FOLDER_H

#include "store/store.h"

/* Opens it, made with its parents when absent; refuses one of somebody else's or that others may write. */
NTSTATUS folder_open(int *ret_fd, const char *path, char why[STORE_WHY]) MUST_CHECK;
NTSTATUS folder_sub(int *ret_fd, int folder, const char *name, char why[STORE_WHY]) MUST_CHECK;
/* A regular file, ours, closed to all others. */
NTSTATUS file_check(int fd, const char *name, char why[STORE_WHY]) MUST_CHECK;
/* The same for a file that must not be opened here (POSIX locks go when any descriptor is closed). Absent: STATUS_NO_SUCH_FILE. */
NTSTATUS file_look(int folder, const char *name, uint64_t *ret_size, char why[STORE_WHY]) MUST_CHECK;
/* Makes the entry `name` durable: syncs the folder that it stands in. */
NTSTATUS file_folder_sync(int folder, const char *name);

/*
 * The lock of the whole store. ret_alone: no other process has it open, and until folder_share nobody
 * can. An exclusive one stays so.
 */
NTSTATUS folder_lock(int *ret_fd, int folder, bool exclusive, bool *ret_alone, char why[STORE_WHY]) MUST_CHECK;
NTSTATUS folder_share(int lock, char why[STORE_WHY]) MUST_CHECK;

/* A status for an errno, and the sentence. */
NTSTATUS folder_failed(int error, const char *name, const char *doing, char why[STORE_WHY]);
NTSTATUS because_locked(char why[STORE_WHY]);		/* no memory that can be locked */

#endif
