/*
 * kerb_key.h - keys for messages, derived from a context's key.
 *
 * Pure. [RFC 3961] 5 and [RFC 3962] for aes*-cts-hmac-sha1-96, [RFC 8009] for
 * aes*-cts-hmac-sha2; usages of [RFC 4121] 2.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_KEY_H
#define OPENLSA_PKG_KERBEROS_KERB_KEY_H

#include "crypto/aes_cts.h"
#include "crypto/hmac_sha.h"
#include "pkg/kerberos/kerb_data.h"

enum {
	KERB_AES128_SHA1 = 17, KERB_AES256_SHA1 = 18, KERB_AES128_SHA256 = 19, KERB_AES256_SHA384 = 20, KERB_RC4 = 23
};

/* [RFC 4121] 2: KG-USAGE-*. */
enum kerb_usage { KERB_ACCEPTOR_SEAL = 22, KERB_ACCEPTOR_SIGN, KERB_INITIATOR_SEAL, KERB_INITIATOR_SIGN };

struct kerb_etype {
	int32_t number;
	uint8_t key_len, mac_len;	/* of the cipher's key; of the checksum */
	uint8_t check_len;		/* of the checksum's key */
	enum sha sha;
	bool over_cipher;		/* the checksum is over the ciphertext: [RFC 8009] 5 */
	const char *name, *signer;
	uint32_t bits;
};

/* NULL: not among them (rc4-hmac is not: kerb_rc4.h). */
const struct kerb_etype *kerb_etype_of(int32_t number);

/* [RFC 3961] 5.1; neither length is 0. */
void kerb_n_fold(uint8_t *to, size_t to_len, const uint8_t *from, size_t from_len);

/* What derives: the last byte of the constant. [RFC 3961] 5.3. */
enum { KERB_DERIVE_CHECK = 0x99, KERB_DERIVE_ENCRYPT = 0xaa, KERB_DERIVE_INTEGRITY = 0x55 };

/* key_len bytes for ENCRYPT, else check_len. */
bool kerb_derive(uint8_t ret_key[KERB_KEY_MAX], const struct kerb_etype *e, const struct kerb_key *base, uint32_t usage,
    uint8_t what) MUST_CHECK;

#endif
