/*
 * chacha_test.c - RFC 8439's own streams (A.1, vectors 1 to 3), and
 * libcrypto's ChaCha20 at lengths that end within a block.
 * Covers src/crypto/chacha.c.
 */
#include <openssl/evp.h>

#include "crypto/chacha.h"
#include "tests/check.h"

#define LEN 4200u

TEST(vectors)
{
	uint8_t key[CHACHA_KEY] = { 0 }, out[2 * CHACHA_BLOCK];

	chacha_stream(key, out, sizeof out);
	CHECK_HEX(out, CHACHA_BLOCK, "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
	    "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
	CHECK_HEX(out + CHACHA_BLOCK, CHACHA_BLOCK, "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
	    "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");
	key[31] = 1;
	chacha_stream(key, out, sizeof out);
	CHECK_HEX(out + CHACHA_BLOCK, CHACHA_BLOCK, "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
	    "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0");
}

TEST(as_libcrypto)
{
	static uint8_t ours[LEN + 1], theirs[LEN], zeros[LEN];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t key[CHACHA_KEY], iv[16] = { 0 };
	int done = 0;

	for (unsigned i = 0; i < sizeof key; i++)
		key[i] = (uint8_t)(i * 37u + 11u);
	if (!CHECK(ctx && EVP_EncryptInit_ex(ctx, EVP_chacha20(), NULL, key, iv) == 1 &&
		EVP_EncryptUpdate(ctx, theirs, &done, zeros, LEN) == 1))
		return;
	for (size_t len = 0; len <= LEN; len += len < 200 ? 1 : 500) {
		memset(ours, 0xee, sizeof ours);
		chacha_stream(key, ours, len);
		CHECK(memcmp(ours, theirs, len) == 0 && ours[len] == 0xee);
	}
	EVP_CIPHER_CTX_free(ctx);
}

int
main(void)
{
	RUN(vectors);
	RUN(as_libcrypto);
	return check_end();
}
