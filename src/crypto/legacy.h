/*
 * legacy.h - the primitives that NTLM is made of: MD4, MD5, HMAC-MD5, RC4
 * and CRC-32.
 *
 * Our own code, so that NTLM needs no provider, no fetch, no allocation and
 * no system call; the tests hold it against OpenSSL's. None of this is fit
 * for anything new. RFC 1320, RFC 1321, RFC 2104. Pure; any
 * thread; an object belongs to one caller at a time. States hold key
 * material: their owner wipes them.
 */
#ifndef OPENLSA_CRYPTO_LEGACY_H
#define OPENLSA_CRYPTO_LEGACY_H

#include "base/bytes.h"

#define MD_LEN		16u	/* MD4 and MD5 */
#define MD_BLOCK	64u

/* --- digests ---------------------------------------------------------- */

struct md5 {
	uint32_t h[4];
	uint32_t fill;			/* bytes that wait in block */
	uint64_t len;			/* of all that was added */
	uint8_t block[MD_BLOCK];
};

void md4_of(uint8_t ret_digest[MD_LEN], struct bytes data);
void md5_of(uint8_t ret_digest[MD_LEN], struct bytes data);

void md5_begin(struct md5 *m);
void md5_add(struct md5 *m, struct bytes data);
void md5_end(struct md5 *m, uint8_t ret_digest[MD_LEN]);	/* wipes the state */

/* A key as the two states that HMAC begins with: half of a short message's work, done once. */
struct hmac_md5_key {
	uint32_t inner[4], outer[4];
};

void hmac_md5_key_of(struct hmac_md5_key *ret_key, struct bytes key);
/* Between begin and end the inner digest is a plain md5: md5_add, or md5_add_sealing and md5_add_opened. */
void hmac_md5_begin(struct md5 *m, const struct hmac_md5_key *key);
void hmac_md5_end(struct md5 *m, const struct hmac_md5_key *key, uint8_t ret_mac[MD_LEN]);
/* All at once, over two parts of which either may be empty. */
void hmac_md5_of(uint8_t ret_mac[MD_LEN], struct bytes key, struct bytes first, struct bytes second);

/* --- RC4 -------------------------------------------------------------- */

struct rc4 {
	uint8_t i, j;
	uint8_t s[256];
};

void rc4_key(struct rc4 *r, struct bytes key);		/* 1 to 256 bytes */
void rc4_apply(struct rc4 *r, uint8_t *to, const uint8_t *from, size_t len);	/* to may be from */

/*
 * Digest and cipher in one pass, in place. What is hashed is the plaintext:
 * before it is encrypted (sealing), after it is decrypted (opened). The same
 * as md5_add and rc4_apply one after the other, but both wait for their own
 * results most of the time, and here one works while the other waits.
 */
void md5_add_sealing(struct md5 *m, struct rc4 *r, uint8_t *at, size_t len);
void md5_add_opened(struct md5 *m, struct rc4 *r, uint8_t *at, size_t len);

/* --- the rest --------------------------------------------------------- */

/* CRC-32 of IEEE 802.3; begins with 0, and takes its own value to go on. */
uint32_t crc32_add(uint32_t crc, struct bytes data);

#endif
