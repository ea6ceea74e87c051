/*
 * scramble.h - memory made unreadable in place, under a key of this process.
 *
 * The length stays the same, so there is room for neither nonce nor tag: a
 * changed block comes back as noise, and equal blocks look equal. The key is
 * random, never leaves its locked page and is not the parent's in a forked
 * child: what the parent scrambled stays scrambled there.
 *
 * Any thread. False: no key or no OpenSSL; the memory is wiped then.
 */
#ifndef OPENLSA_CRYPTO_SCRAMBLE_H
#define OPENLSA_CRYPTO_SCRAMBLE_H

#include "base/bytes.h"

/* What for; one is not undone by another. */
enum scramble_use { SCRAMBLE_MEMORY = 1, SCRAMBLE_IDENTITY, SCRAMBLE_PACKAGE };

bool scramble(void *at, size_t len, enum scramble_use use) MUST_CHECK;
bool unscramble(void *at, size_t len, enum scramble_use use) MUST_CHECK;

#endif
