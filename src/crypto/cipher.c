/*
 * cipher.c - AES-256-GCM by OpenSSL, whole spans only. NIST SP 800-38D.
 */
#include "crypto/cipher.h"
#include "crypto/libctx.h"

#include <limits.h>

#include <openssl/evp.h>

/* Everything but the tag; OpenSSL counts in int. */
static bool
cipher_run(EVP_CIPHER_CTX *ctx, bool seal, uint8_t *to, const struct cipher_key *key,
    const uint8_t nonce[CIPHER_NONCE_LEN], struct bytes beside, struct bytes from)
{
	int len = 0;

	if (beside.len > INT_MAX || from.len > INT_MAX)
		return false;
	if (EVP_CipherInit_ex2(ctx, libctx()->aes256_gcm, key->b, nonce, seal, NULL) != 1)
		return false;
	if (beside.len && EVP_CipherUpdate(ctx, NULL, &len, beside.at, (int)beside.len) != 1)
		return false;
	return from.len == 0 || EVP_CipherUpdate(ctx, to, &len, from.at, (int)from.len) == 1;
}

bool
cipher_seal(uint8_t *to, uint8_t ret_tag[CIPHER_TAG_LEN], const struct cipher_key *key,
    const uint8_t nonce[CIPHER_NONCE_LEN], struct bytes beside, struct bytes plain)
{
	EVP_CIPHER_CTX *ctx = libctx() ? EVP_CIPHER_CTX_new() : NULL;
	uint8_t nothing[1];
	int len = 0;
	bool done;

	done = ctx && cipher_run(ctx, true, to, key, nonce, beside, plain) &&
	    EVP_CipherFinal_ex(ctx, nothing, &len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, CIPHER_TAG_LEN, ret_tag) == 1;
	if (!done) {
		bytes_wipe(to, plain.len);
		bytes_zero(ret_tag, CIPHER_TAG_LEN);
	}
	EVP_CIPHER_CTX_free(ctx);
	return done;
}

bool
cipher_open(uint8_t *to, const struct cipher_key *key, const uint8_t nonce[CIPHER_NONCE_LEN],
    const uint8_t tag[CIPHER_TAG_LEN], struct bytes beside, struct bytes sealed)
{
	EVP_CIPHER_CTX *ctx = libctx() ? EVP_CIPHER_CTX_new() : NULL;
	uint8_t expected[CIPHER_TAG_LEN], nothing[1];
	int len = 0;
	bool done;

	bytes_copy(expected, tag, sizeof expected);	/* OpenSSL asks for one it could write */
	done = ctx && cipher_run(ctx, false, to, key, nonce, beside, sealed) &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, CIPHER_TAG_LEN, expected) == 1 &&
	    EVP_CipherFinal_ex(ctx, nothing, &len) == 1;
	if (!done)
		bytes_wipe(to, sealed.len);
	EVP_CIPHER_CTX_free(ctx);
	return done;
}
