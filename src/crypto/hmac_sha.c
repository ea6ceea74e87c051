/*
 * hmac_sha.c - HMAC over low-level SHA states.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hmac_sha.h"

#include <openssl/sha.h>

union state {
	SHA_CTX sha1;
	SHA256_CTX sha256;
	SHA512_CTX sha512;
};

_Static_assert(sizeof(union state) <= SHA_STATE, "a state of libcrypto's fits");

static union state *
state_of(struct sha_run *run)
{
	return (union state *)(void *)run->state;
}

size_t
sha_len(enum sha kind)
{
	return kind == SHA_1 ? 20 : kind == SHA_256 ? 32 : 48;
}

static size_t
block_len(enum sha kind)
{
	return kind == SHA_384 ? 128 : 64;
}

static void
run_begin(struct sha_run *run, enum sha kind)
{
	run->kind = (uint8_t)kind;
	switch (kind) {
	case SHA_1:   (void)SHA1_Init(&state_of(run)->sha1); break;
	case SHA_256: (void)SHA256_Init(&state_of(run)->sha256); break;
	case SHA_384: (void)SHA384_Init(&state_of(run)->sha512); break;
	}
}

void
hmac_sha_add(struct sha_run *run, struct bytes data)
{
	if (!data.len)
		return;
	switch ((enum sha)run->kind) {
	case SHA_1:   (void)SHA1_Update(&state_of(run)->sha1, data.at, data.len); break;
	case SHA_256: (void)SHA256_Update(&state_of(run)->sha256, data.at, data.len); break;
	case SHA_384: (void)SHA384_Update(&state_of(run)->sha512, data.at, data.len); break;
	}
}

static void
run_end(struct sha_run *run, uint8_t *ret_digest)
{
	switch ((enum sha)run->kind) {
	case SHA_1:   (void)SHA1_Final(ret_digest, &state_of(run)->sha1); break;
	case SHA_256: (void)SHA256_Final(ret_digest, &state_of(run)->sha256); break;
	case SHA_384: (void)SHA384_Final(ret_digest, &state_of(run)->sha512); break;
	}
	bytes_wipe(run, sizeof *run);
}

void
hmac_sha_key_of(struct hmac_sha_key *ret_key, enum sha kind, struct bytes key)
{
	uint8_t block[128] = { 0 };
	struct sha_run digest;

	if (key.len > block_len(kind)) {
		run_begin(&digest, kind);
		hmac_sha_add(&digest, key);
		run_end(&digest, block);
	} else {
		bytes_copy(block, key.at, key.len);
	}
	for (size_t i = 0; i < sizeof block; i++)
		block[i] ^= 0x36;
	run_begin(&ret_key->inner, kind);
	hmac_sha_add(&ret_key->inner, bytes_of(block, block_len(kind)));
	for (size_t i = 0; i < sizeof block; i++)
		block[i] ^= 0x36 ^ 0x5c;
	run_begin(&ret_key->outer, kind);
	hmac_sha_add(&ret_key->outer, bytes_of(block, block_len(kind)));
	bytes_wipe(block, sizeof block);
}

void
hmac_sha_begin(struct sha_run *run, const struct hmac_sha_key *key)
{
	*run = key->inner;
}

void
hmac_sha_end(struct sha_run *run, const struct hmac_sha_key *key, uint8_t ret_mac[SHA_LEN_MAX])
{
	size_t len = sha_len((enum sha)run->kind);
	struct sha_run outer = key->outer;

	run_end(run, ret_mac);
	hmac_sha_add(&outer, bytes_of(ret_mac, len));
	run_end(&outer, ret_mac);
}
