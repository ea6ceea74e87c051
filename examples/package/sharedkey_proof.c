/*
 * sharedkey_proof.c - keys, proofs and sealed parts, by libcrypto. Both
 * halves of the package use it; it knows of neither.
 */
#include "sharedkey.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#define ROUNDS 10000

int
sk_key_of(uint8_t key[SK_KEY], const void *phrase, size_t phrase_len, const void *name, size_t name_len)
{
	return PKCS5_PBKDF2_HMAC(phrase, (int)phrase_len, name, (int)name_len, ROUNDS, EVP_sha256(), SK_KEY, key) == 1;
}

int
sk_prove(uint8_t out[SK_PROOF], const uint8_t key[SK_KEY], const char *what, const struct sk_exchange *x)
{
	uint8_t text[32 + 2 * SK_NONCE + SK_NAME_MAX];
	size_t len = strlen(what);
	unsigned made = 0;

	if (len > 31 || x->name_len > SK_NAME_MAX)
		return 0;
	memset(text, 0, 32);
	memcpy(text, what, len);
	memcpy(text + 32, x->nonce, sizeof x->nonce);
	memcpy(text + 32 + sizeof x->nonce, x->name, x->name_len);
	return HMAC(EVP_sha256(), key, SK_KEY, text, 32 + sizeof x->nonce + x->name_len, out, &made) && made == SK_PROOF;
}

int
sk_same(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

int
sk_random(void *at, size_t len)
{
	return RAND_bytes(at, (int)len) == 1;
}

void
sk_wipe(void *at, size_t len)
{
	OPENSSL_cleanse(at, len);
}

static int
gcm(int seal, const uint8_t key[SK_KEY], uint64_t sequence, const struct sk_part *beside, unsigned beside_count,
    const struct sk_part *parts, unsigned count, uint8_t tag[16])
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint8_t nonce[12] = { 0 };
	int good, len = 0;

	memcpy(nonce, &sequence, sizeof sequence);
	good = c && EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce, seal) == 1;
	for (unsigned i = 0; good && i < beside_count; i++)
		good = EVP_CipherUpdate(c, NULL, &len, beside[i].at, (int)beside[i].len) == 1;
	for (unsigned i = 0; good && i < count; i++)
		good = EVP_CipherUpdate(c, parts[i].at, &len, parts[i].at, (int)parts[i].len) == 1;
	if (good && !seal)
		good = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, 16, tag) == 1;
	good = good && EVP_CipherFinal_ex(c, nonce, &len) == 1;
	if (good && seal)
		good = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, tag) == 1;
	EVP_CIPHER_CTX_free(c);
	return good;
}

int
sk_seal(const uint8_t key[SK_KEY], uint64_t sequence, const struct sk_part *beside, unsigned beside_count,
    const struct sk_part *parts, unsigned count, uint8_t tag[16])
{
	return gcm(1, key, sequence, beside, beside_count, parts, count, tag);
}

int
sk_open(const uint8_t key[SK_KEY], uint64_t sequence, const struct sk_part *beside, unsigned beside_count,
    const struct sk_part *parts, unsigned count, const uint8_t tag[16])
{
	uint8_t copy[16];

	memcpy(copy, tag, sizeof copy);
	return gcm(0, key, sequence, beside, beside_count, parts, count, copy);
}
