/*
 * once.h - what may happen only once, remembered until it could not happen
 * any more: FOLDER/db/once, shared by all processes with this store.
 *
 * Bounded: 65536 places of 24 bytes, found by the number itself, which is
 * random; so at a life of ten minutes a hundred a second, for ever. A place
 * is free again when its time is over. Where all places for a number are
 * taken the answer is no. It is not synced: what a power cut forgets is of
 * processes that it has ended.
 */
#ifndef OPENLSA_STORE_ONCE_H
#define OPENLSA_STORE_ONCE_H

#include "store/store.h"

#define ONCE_LEN	16u		/* random bytes */

/* The moment so many seconds from now, on a clock that nobody can set. */
uint64_t once_until(struct store *store, uint32_t seconds);
/*
 * STATUS_SUCCESS for the first who asks, and for nobody after.
 *     STATUS_OBJECT_NAME_COLLISION     it has happened
 *     STATUS_TIME_DIFFERENCE_AT_DC     `until` is over
 *     STATUS_QUOTA_EXCEEDED            too much happened lately
 *     STATUS_LOCK_NOT_GRANTED          another process has held the file for a second
 *     STATUS_INVALID_DEVICE_STATE (a forked child), STATUS_UNEXPECTED_IO_ERROR, STATUS_DISK_FULL ...
 */
NTSTATUS once_take(struct store *store, const uint8_t id[ONCE_LEN], uint64_t until) MUST_CHECK;

#endif
