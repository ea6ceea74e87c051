/*
 * chacha.h - ChaCha20 as a stretcher of keys: RFC 8439 2.4 with a nonce of
 * zero, so a key may be used once. Pure, in constant time; no libcrypto.
 */
#ifndef OPENLSA_CRYPTO_CHACHA_H
#define OPENLSA_CRYPTO_CHACHA_H

#include "base/bytes.h"

#define CHACHA_KEY	32u
#define CHACHA_BLOCK	64u

/* The key's stream from its beginning; `to` and `key` do not overlap. */
void chacha_stream(const uint8_t key[CHACHA_KEY], uint8_t *to, size_t len);

#endif
