/*
 * cipher.h - AES-256-GCM over one span, from OpenSSL in our own library
 * context. Any thread.
 *
 * A nonce must never be used twice with one key; the caller sees to that
 * (random_bytes, and far fewer than 2^32 messages a key).
 */
#ifndef OPENLSA_CRYPTO_CIPHER_H
#define OPENLSA_CRYPTO_CIPHER_H

#include "base/bytes.h"

#define CIPHER_NONCE_LEN	12u
#define CIPHER_TAG_LEN		16u

struct cipher_key { uint8_t b[32]; };

/*
 * Writes plain.len bytes to `to`, which may be plain.at itself, and the tag.
 * `beside` is authenticated and not encrypted. False: OpenSSL could not, and
 * `to` is wiped.
 */
bool cipher_seal(uint8_t *to, uint8_t ret_tag[CIPHER_TAG_LEN], const struct cipher_key *key,
    const uint8_t nonce[CIPHER_NONCE_LEN], struct bytes beside, struct bytes plain) MUST_CHECK;
/* False: not what was sealed, or OpenSSL could not; `to` is wiped. */
bool cipher_open(uint8_t *to, const struct cipher_key *key, const uint8_t nonce[CIPHER_NONCE_LEN],
    const uint8_t tag[CIPHER_TAG_LEN], struct bytes beside, struct bytes sealed) MUST_CHECK;

#endif
