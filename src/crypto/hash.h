/*
 * hash.h - SHA-256 and HMAC-SHA256, from OpenSSL in our own library context.
 *
 * Any thread. False means that OpenSSL could not (no memory, no provider);
 * the output is zeros then.
 */
#ifndef OPENLSA_CRYPTO_HASH_H
#define OPENLSA_CRYPTO_HASH_H

#include "base/bytes.h"

#define SHA256_LEN 32u

bool sha256_of(uint8_t ret_digest[SHA256_LEN], struct bytes data) MUST_CHECK;
bool hmac_sha256_of(uint8_t ret_mac[SHA256_LEN], struct bytes key, struct bytes data) MUST_CHECK;

#endif
