/*
 * aes_cts.h - AES in CBC mode with ciphertext stealing over scattered pieces,
 * in place, as Kerberos uses it: [RFC 3962] 5 (CBC-CS3 of NIST SP 800-38A, an
 * initial vector of zeros). The key schedule is kept, one direction an object.
 */
#ifndef OPENLSA_CRYPTO_AES_CTS_H
#define OPENLSA_CRYPTO_AES_CTS_H

#include "base/bytes.h"

#define AES_BLOCK 16u

struct aes_cts;

struct aes_piece {
	uint8_t *at;
	size_t len;
};

/* 16 or 32 bytes of key. NULL: no memory, or OpenSSL could not. */
struct aes_cts *aes_cts_new(struct bytes key, bool encrypt) MUST_CHECK;
void aes_cts_drop(struct aes_cts *a);
/* All pieces together are one message of more than one block. False: shorter, or OpenSSL could not. */
bool aes_cts_run(struct aes_cts *a, const struct aes_piece *pieces, size_t count) MUST_CHECK;
/* One block by itself, of an encrypting object. */
bool aes_block(struct aes_cts *a, uint8_t to[AES_BLOCK], const uint8_t from[AES_BLOCK]) MUST_CHECK;

#endif
