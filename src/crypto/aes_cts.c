/*
 * aes_cts.c - plain CBC by OpenSSL for all but the last two blocks, which
 * are done by hand: OpenSSL's own CTS takes a message in one call only.
 */
#include "crypto/aes_cts.h"

#include <limits.h>

#include <openssl/evp.h>

#include "crypto/libctx.h"

static const uint8_t zeros[AES_BLOCK];

struct aes_cts *
aes_cts_new(struct bytes key, bool encrypt)
{
	const struct libctx *lib = libctx();
	EVP_CIPHER_CTX *ctx = lib ? EVP_CIPHER_CTX_new() : NULL;
	const EVP_CIPHER *cipher = lib ? key.len == 32 ? lib->aes256_cbc : lib->aes128_cbc : NULL;

	if (!ctx || (key.len != 16 && key.len != 32) || EVP_CipherInit_ex2(ctx, cipher, key.at, zeros, encrypt, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1) {
		EVP_CIPHER_CTX_free(ctx);
		return NULL;
	}
	return (struct aes_cts *)(void *)ctx;
}

void
aes_cts_drop(struct aes_cts *a)
{
	EVP_CIPHER_CTX_free((EVP_CIPHER_CTX *)(void *)a);
}

static EVP_CIPHER_CTX *
evp(struct aes_cts *a)
{
	return (EVP_CIPHER_CTX *)(void *)a;
}

static bool
restart(struct aes_cts *a)
{
	return EVP_CipherInit_ex2(evp(a), NULL, NULL, zeros, -1, NULL) == 1;
}

static bool
blocks(struct aes_cts *a, uint8_t *to, const uint8_t *from, size_t len)
{
	int done = 0;

	while (len) {
		int some = len > INT_MAX / 2 ? INT_MAX / 2 / 16 * 16 : (int)len;

		if (EVP_CipherUpdate(evp(a), to, &done, from, some) != 1 || done != some)
			return false;
		to += some;
		from += some;
		len -= (size_t)some;
	}
	return true;
}

bool
aes_block(struct aes_cts *a, uint8_t to[AES_BLOCK], const uint8_t from[AES_BLOCK])
{
	return restart(a) && blocks(a, to, from, AES_BLOCK);
}

/* --- a place in scattered pieces ------------------------------------------------ */

struct place {
	const struct aes_piece *piece;
	size_t at;
};

/* So many bytes from there on, gathered; the place moves. */
static void
gather(struct place *p, uint8_t *to, size_t len)
{
	while (len) {
		size_t some = p->piece->len - p->at;

		if (some > len)
			some = len;
		bytes_copy(to, p->piece->at + p->at, some);
		to += some;
		len -= some;
		p->at += some;
		if (p->at == p->piece->len && len) {
			p->piece++;
			p->at = 0;
		}
	}
}

static void
scatter(struct place *p, const uint8_t *from, size_t len)
{
	while (len) {
		size_t some = p->piece->len - p->at;

		if (some > len)
			some = len;
		bytes_copy(p->piece->at + p->at, from, some);
		from += some;
		len -= some;
		p->at += some;
		if (p->at == p->piece->len && len) {
			p->piece++;
			p->at = 0;
		}
	}
}

/* `len` whole blocks in place; `last` is the last block as it was before. */
static bool
body(struct aes_cts *a, struct place *p, size_t len, uint8_t last[AES_BLOCK])
{
	uint8_t block[AES_BLOCK];

	while (len) {
		size_t left, run;

		while (p->at == p->piece->len) {
			p->piece++;
			p->at = 0;
		}
		left = p->piece->len - p->at;
		run = (left < len ? left : len) / AES_BLOCK * AES_BLOCK;
		if (run) {
			uint8_t *at = p->piece->at + p->at;

			bytes_copy(last, at + run - AES_BLOCK, AES_BLOCK);
			if (!blocks(a, at, at, run))
				return false;
			p->at += run;
			len -= run;
		} else {				/* a block that lies across a seam */
			struct place back = *p;

			gather(p, block, AES_BLOCK);
			bytes_copy(last, block, AES_BLOCK);
			if (!blocks(a, block, block, AES_BLOCK))
				return false;
			scatter(&back, block, AES_BLOCK);
			len -= AES_BLOCK;
		}
	}
	return true;
}

static void
xor_block(uint8_t *to, const uint8_t *with, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] ^= with[i];
}

/* The last two: `rest` bytes of the second, 1 to 16. `before` is the ciphertext block in front of them. */
static bool
tail_seal(struct aes_cts *a, uint8_t two[2 * AES_BLOCK], size_t rest)
{
	uint8_t out[2 * AES_BLOCK];
	bool good;

	bytes_zero(two + AES_BLOCK + rest, AES_BLOCK - rest);
	good = blocks(a, out, two, sizeof out);
	bytes_copy(two, out + AES_BLOCK, AES_BLOCK);
	bytes_copy(two + AES_BLOCK, out, rest);
	bytes_wipe(out, sizeof out);
	return good;
}

static bool
tail_open(struct aes_cts *a, uint8_t two[2 * AES_BLOCK], size_t rest, const uint8_t before[AES_BLOCK])
{
	uint8_t last[AES_BLOCK], first[AES_BLOCK], stolen[AES_BLOCK];
	bool good;

	/* OpenSSL xors with the block before; that is taken off again. */
	good = blocks(a, last, two, AES_BLOCK);
	xor_block(last, before, AES_BLOCK);
	bytes_copy(stolen, two + AES_BLOCK, rest);
	bytes_copy(stolen + rest, last + rest, AES_BLOCK - rest);
	good = good && blocks(a, first, stolen, AES_BLOCK);
	xor_block(first, two, AES_BLOCK);
	xor_block(first, before, AES_BLOCK);
	xor_block(last, stolen, rest);
	bytes_copy(two, first, AES_BLOCK);
	bytes_copy(two + AES_BLOCK, last, rest);
	bytes_wipe(last, sizeof last);
	bytes_wipe(first, sizeof first);
	return good;
}

bool
aes_cts_run(struct aes_cts *a, const struct aes_piece *pieces, size_t count)
{
	struct place p = { pieces, 0 }, back;
	uint8_t two[2 * AES_BLOCK] = { 0 }, before[AES_BLOCK] = { 0 };
	size_t total = 0, front, rest;
	bool good;

	for (size_t i = 0; i < count; i++)
		total += pieces[i].len;
	if (total <= AES_BLOCK)
		return false;
	front = (total - 1) / AES_BLOCK * AES_BLOCK - AES_BLOCK;
	rest = total - front - AES_BLOCK;
	if (!restart(a) || !body(a, &p, front, before))
		return false;
	back = p;
	gather(&p, two, AES_BLOCK + rest);
	good = EVP_CIPHER_CTX_is_encrypting(evp(a)) ? tail_seal(a, two, rest) : tail_open(a, two, rest, before);
	scatter(&back, two, AES_BLOCK + rest);
	bytes_wipe(two, sizeof two);
	return good;
}
