/*
 * held.h - secret memory that the application holds by a plain pointer:
 * opaque identities and decoded passwords. Locked, not dumped and empty in a
 * forked child, as every secret; wiped when it is freed.
 */
#ifndef OPENLSA_SECUR32_HELD_H
#define OPENLSA_SECUR32_HELD_H

#include "base/bytes.h"

#define HELD_MAX 16000u

void *held_new(size_t len) MUST_CHECK;	/* zeroed; NULL: too long, or no memory that can be locked */
/* False: not such memory; nothing happens. NULL is true. */
bool held_free(void *at);

#endif
