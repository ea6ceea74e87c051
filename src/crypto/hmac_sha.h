/*
 * hmac_sha.h - HMAC with SHA-1, SHA-256 and SHA-384, with the key's two states
 * computed once: no allocation and no look-up per message. RFC 2104, FIPS 180-4.
 *
 * Over libcrypto's low-level digests, which are as fast as its fetched ones;
 * those allocate at every restart.
 */
#ifndef OPENLSA_CRYPTO_HMAC_SHA_H
#define OPENLSA_CRYPTO_HMAC_SHA_H

#include "base/bytes.h"

enum sha { SHA_1 = 1, SHA_256, SHA_384 };

#define SHA_LEN_MAX	48u
#define SHA_STATE	216u

/* A digest under way. */
struct sha_run {
	uint8_t kind;
	_Alignas(8) uint8_t state[SHA_STATE];
};

struct hmac_sha_key {
	struct sha_run inner, outer;
};

size_t sha_len(enum sha kind);
void hmac_sha_key_of(struct hmac_sha_key *ret_key, enum sha kind, struct bytes key);
void hmac_sha_begin(struct sha_run *run, const struct hmac_sha_key *key);
void hmac_sha_add(struct sha_run *run, struct bytes data);
/* sha_len bytes; wipes the run. */
void hmac_sha_end(struct sha_run *run, const struct hmac_sha_key *key, uint8_t ret_mac[SHA_LEN_MAX]);

#endif
