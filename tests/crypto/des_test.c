/*
 * des_test.c - DES of one block against OpenSSL's triple DES under one key
 * thrice, which is DES and needs no legacy provider.
 * Covers crypto/des.c.
 */
#include "crypto/des.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "check.h"

/* Seven bits of key and a parity bit, eight times. */
static void
spread(uint8_t to[8], const uint8_t key[7])
{
	for (int n = 0; n < 8; n++) {
		unsigned bits = 0;

		for (int k = 7 * n; k < 7 * n + 7; k++)
			bits = bits << 1 | ((unsigned)key[k / 8] >> (7 - k % 8) & 1u);
		to[n] = (uint8_t)(bits << 1);
	}
}

TEST(openssl_agrees)
{
	EVP_CIPHER *des3 = EVP_CIPHER_fetch(NULL, "DES-EDE3-ECB", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (!des3) {
		CHECK_SKIP("OpenSSL here has no DES");
		EVP_CIPHER_CTX_free(ctx);
		return;
	}
	for (int n = 0; n < 2000; n++) {
		uint8_t key[7], data[8], thrice[24], got[8], want[32];
		int len = 0;

		for (int k = 0; k < 7; k++)
			key[k] = (uint8_t)(random() >> 4);
		for (int k = 0; k < 8; k++)
			data[k] = (uint8_t)(random() >> 4);
		for (int k = 0; k < 3; k++)
			spread(thrice + 8 * k, key);
		CHECK(EVP_EncryptInit_ex2(ctx, des3, thrice, NULL, NULL) == 1);
		EVP_CIPHER_CTX_set_padding(ctx, 0);
		CHECK(EVP_EncryptUpdate(ctx, want, &len, data, 8) == 1 && len == 8);
		des_block_of(got, key, data);
		CHECK(memcmp(got, want, 8) == 0);
	}
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(des3);
}

/* LMOWFv1 of an empty password, known to everyone. */
TEST(a_known_block)
{
	static const uint8_t zeros[7];
	uint8_t block[8];

	des_block_of(block, zeros, (const uint8_t *)"KGS!@#$%");
	CHECK_HEX(block, 8, "aad3b435b51404ee");
}

int
main(void)
{
	RUN(a_known_block);
	RUN(openssl_agrees);
	return check_end();
}
