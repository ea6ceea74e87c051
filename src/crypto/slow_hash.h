/*
 * slow_hash.h - PBKDF2 with HMAC-SHA256 ([RFC 8018] 5.2), for what a password
 * is recognised by and cannot be found from. Takes as long as `rounds` says: not for a
 * thread that others wait for.
 */
#ifndef OPENLSA_CRYPTO_SLOW_HASH_H
#define OPENLSA_CRYPTO_SLOW_HASH_H

#include "base/bytes.h"

#define SLOW_HASH_LEN 32u

/* False: no memory, or no such algorithm; zeros then. */
bool slow_hash_of(uint8_t ret_hash[SLOW_HASH_LEN], struct bytes password, struct bytes salt, uint32_t rounds) MUST_CHECK;

#endif
