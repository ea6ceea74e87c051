/*
 * random.h - random bytes from the kernel, and nothing else.
 *
 * getrandom alone: no file, no state of our own, so a forked child and a
 * restored machine get fresh bytes. Any thread. False means that there are
 * none: the caller ends what it was doing.
 */
#ifndef OPENLSA_BASE_RANDOM_H
#define OPENLSA_BASE_RANDOM_H

#include "base/bytes.h"

/* Fills all of it or, on failure, wipes it and returns false. */
bool random_bytes(void *at, size_t len) MUST_CHECK;

#endif
