/*
 * confounder.h - a few random bytes for each message, without a system call
 * for each: a block is drawn per thread, wiped as it is handed out, and thrown
 * away in a forked child.
 */
#ifndef OPENLSA_CRYPTO_CONFOUNDER_H
#define OPENLSA_CRYPTO_CONFOUNDER_H

#include "base/bytes.h"

/* At most 64 bytes. False: no random bytes. */
bool confounder(uint8_t *to, size_t len) MUST_CHECK;

#endif
