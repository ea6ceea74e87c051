/*
 * aes_cts_test.c - AES with ciphertext stealing: [RFC 3962] B's vectors, and
 * OpenSSL's own CTS for any length, cut anywhere. Covers src/crypto/aes_cts.c.
 */
#include <stdlib.h>

#include <openssl/evp.h>

#include "base/random.h"
#include "crypto/aes_cts.h"
#include "tests/check.h"

#define MOST 400u

static const char dinner[] = "I would like the General Gau's Chicken, please, and wonton soup.";

static const struct { size_t len; const char *sealed; } vectors[] = {
	{ 17, "c6353568f2bf8cb4d8a580362da7ff7f 97" },
	{ 31, "fc00783e0efdb2c1d445d4c8eff7ed22 97687268d6ecccc0c07b25e25ecfe5" },
	{ 32, "39312523a78662d5be7fcbcc98ebf5a8 97687268d6ecccc0c07b25e25ecfe584" },
	{ 47, "97687268d6ecccc0c07b25e25ecfe584 b3fffd940c16a18c1b5549d2f838029e 39312523a78662d5be7fcbcc98ebf5" },
	{ 48, "97687268d6ecccc0c07b25e25ecfe584 9dad8bbb96c4cdc03bc103e1a194bbd8 39312523a78662d5be7fcbcc98ebf5a8" },
	{ 64, "97687268d6ecccc0c07b25e25ecfe584 39312523a78662d5be7fcbcc98ebf5a8 4807efe836ee89a526730dbc2f7bc840"
	      "9dad8bbb96c4cdc03bc103e1a194bbd8" },
};

TEST(vectors_of_rfc_3962)
{
	struct bytes key = bytes_of_text("chicken teriyaki");
	struct aes_cts *seal = aes_cts_new(key, true), *open = aes_cts_new(key, false);

	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		uint8_t text[64];
		struct aes_piece piece = { text, vectors[i].len };

		memcpy(text, dinner, sizeof text);
		CHECK(aes_cts_run(seal, &piece, 1));
		CHECK_HEX(text, vectors[i].len, vectors[i].sealed);
		CHECK(aes_cts_run(open, &piece, 1) && memcmp(text, dinner, vectors[i].len) == 0);
	}
	aes_cts_drop(seal);
	aes_cts_drop(open);
}

/* --- another's work ------------------------------------------------------------------ */

static void
openssl_cts(uint8_t *to, const uint8_t *from, size_t len, struct bytes key, bool encrypt)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, key.len == 32 ? "AES-256-CBC-CTS" : "AES-128-CBC-CTS", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	static const uint8_t zeros[AES_BLOCK];
	char mode[] = "CS3";
	OSSL_PARAM params[2] = { OSSL_PARAM_construct_utf8_string("cts_mode", mode, 0), OSSL_PARAM_construct_end() };
	int done = 0;

	CHECK(EVP_CipherInit_ex2(ctx, cipher, key.at, zeros, encrypt, params) == 1);
	CHECK(EVP_CipherUpdate(ctx, to, &done, from, (int)len) == 1 && (size_t)done == len);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
}

/* Each piece in memory of its own, so that a step over its end is seen. */
static size_t
cut(struct aes_piece *pieces, const uint8_t *from, size_t len)
{
	size_t n = 0, most = (size_t)rand() % 3 == 0 ? len : 1 + (size_t)rand() % 40;

	while (len) {
		size_t some = (size_t)rand() % (most + 1);

		if (some > len)
			some = len;
		pieces[n].at = malloc(some ? some : 1);
		pieces[n].len = some;
		bytes_copy(pieces[n].at, from, some);
		from += some;
		len -= some;
		n++;
	}
	return n;
}

static void
join(uint8_t *to, struct aes_piece *pieces, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bytes_copy(to, pieces[i].at, pieces[i].len);
		to += pieces[i].len;
		free(pieces[i].at);
	}
}

static void
round_of(size_t key_len)
{
	static struct aes_piece pieces[20 * MOST];
	uint8_t key[32], text[MOST], expected[MOST], got[MOST];
	struct aes_cts *seal, *open;

	CHECK(random_bytes(key, sizeof key) && random_bytes(text, sizeof text));
	seal = aes_cts_new(bytes_of(key, key_len), true);
	open = aes_cts_new(bytes_of(key, key_len), false);
	for (size_t len = 17; len < MOST; len++) {
		size_t n = cut(pieces, text, len);

		openssl_cts(expected, text, len, bytes_of(key, key_len), true);
		CHECK(aes_cts_run(seal, pieces, n));
		join(got, pieces, n);
		CHECK(memcmp(got, expected, len) == 0);
		n = cut(pieces, expected, len);
		CHECK(aes_cts_run(open, pieces, n));
		join(got, pieces, n);
		CHECK(memcmp(got, text, len) == 0);
	}
	aes_cts_drop(seal);
	aes_cts_drop(open);
}

TEST(any_length_cut_anywhere)
{
	for (unsigned i = 0; i < 4; i++)
		round_of(i % 2 ? 32 : 16);
}

TEST(what_is_refused)
{
	uint8_t key[32] = { 1 }, text[16] = { 2 };
	struct aes_piece piece = { text, sizeof text };
	struct aes_cts *a = aes_cts_new(bytes_of(key, 16), true);

	CHECK(!aes_cts_run(a, &piece, 1));		/* one block has nothing to steal from */
	CHECK(!aes_cts_run(a, &piece, 0));
	aes_cts_drop(a);
	aes_cts_drop(NULL);
	for (size_t len = 0; len <= sizeof key; len++) {
		a = aes_cts_new(bytes_of(key, len), true);
		CHECK((a != NULL) == (len == 16 || len == 32));
		aes_cts_drop(a);
	}
}

int
main(void)
{
	srand(3962);
	RUN(vectors_of_rfc_3962);
	RUN(any_length_cut_anywhere);
	RUN(what_is_refused);
	return check_end();
}
