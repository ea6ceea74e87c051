/*
 * legacy_test.c - vectors of RFC 1320, 1321, 2202 and 6229, then OpenSSL as
 * oracle over random bytes, then the woven pass against the two it replaces.
 * Covers crypto/legacy.c.
 */
#include "crypto/legacy.h"

#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/provider.h>

#include "check.h"

/* RFC 1320 A.5 and RFC 1321 A.5 use the same texts. */
TEST(digests_of_the_rfcs)
{
	static const struct { const char *text, *md4, *md5; } row[] = {
		{ "", "31d6cfe0d16ae931b73c59d7e0c089c0", "d41d8cd98f00b204e9800998ecf8427e" },
		{ "a", "bde52cb31de33e46245e05fbdbd6fb24", "0cc175b9c0f1b6a831c399e269772661" },
		{ "abc", "a448017aaf21d8525fc10ae87aa6729d", "900150983cd24fb0d6963f7d28e17f72" },
		{ "message digest", "d9130a8164549fe818874806e1c7014b", "f96b697d7cb7938d525a2f31aaf161d0" },
		{ "abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9", "c3fcd3d76192e4007dfb496cca67e13b" },
		{ "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
		  "043f8582f241db351ce627e153e7f0e4", "d174ab98d277d9f5a5611c2c9f419d9f" },
		{ "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
		  "e33b4ddc9c38f2199c3e7b164fcc0536", "57edf4a22be3c955ac49da2e2107b67a" },
	};
	uint8_t digest[MD_LEN];

	for (size_t n = 0; n < sizeof row / sizeof row[0]; n++) {
		md4_of(digest, bytes_of_text(row[n].text));
		CHECK_HEX(digest, MD_LEN, row[n].md4);
		md5_of(digest, bytes_of_text(row[n].text));
		CHECK_HEX(digest, MD_LEN, row[n].md5);
	}
}

/* RFC 2202, 2: cases 2, 5 and 6 (a key longer than a block). */
TEST(hmac_of_rfc_2202)
{
	uint8_t mac[MD_LEN], key[80];

	hmac_md5_of(mac, bytes_of_text("Jefe"), bytes_of_text("what do ya want "), bytes_of_text("for nothing?"));
	CHECK_HEX(mac, MD_LEN, "750c783e6ab0b503eaa86e310a5db738");
	memset(key, 0x0c, 16);
	hmac_md5_of(mac, bytes_of(key, 16), BYTES_NONE, bytes_of_text("Test With Truncation"));
	CHECK_HEX(mac, MD_LEN, "56461ef2342edc00f9bab995690efd4c");
	memset(key, 0xaa, 80);
	hmac_md5_of(mac, bytes_of(key, 80), bytes_of_text("Test Using Larger Than Block-Size Key - Hash Key First"), BYTES_NONE);
	CHECK_HEX(mac, MD_LEN, "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd");
}

/* RFC 6229, keys of 5 and 16 bytes: offsets 0 and 240. */
TEST(streams_of_rfc_6229)
{
	static const uint8_t key[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	uint8_t out[256] = { 0 };
	struct rc4 r;

	rc4_key(&r, bytes_of(key, 5));
	rc4_apply(&r, out, out, sizeof out);
	CHECK_HEX(out, 16, "b2396305f03dc027ccc3524a0a1118a8");
	CHECK_HEX(out + 240, 16, "28cb1132c96ce286421dcaadb8b69eae");
	memset(out, 0, sizeof out);
	rc4_key(&r, bytes_of(key, 16));
	rc4_apply(&r, out, out, sizeof out);
	CHECK_HEX(out, 16, "9ac7cc9a609d1ef7b2932899cde41b97");
	CHECK_HEX(out + 240, 16, "065902e4b620f6cc36c8589f66432f2b");
}

TEST(crc)
{
	uint32_t crc = crc32_add(0, bytes_of_text("1234"));

	CHECK_U64(crc32_add(crc, bytes_of_text("56789")), 0xcbf43926);
	CHECK_U64(crc32_add(0, BYTES_NONE), 0);
}

static void
fill(uint8_t *at, size_t len)
{
	for (size_t n = 0; n < len; n++)
		at[n] = (uint8_t)(random() >> 4);
}

static void
check_digest(OSSL_LIB_CTX *ctx, const char *name, void (*own)(uint8_t *, struct bytes))
{
	EVP_MD *md = EVP_MD_fetch(ctx, name, NULL);
	uint8_t data[300], got[MD_LEN], want[EVP_MAX_MD_SIZE];

	if (!md) {
		CHECK_SKIP("OpenSSL here has no MD4");
		return;
	}
	for (size_t len = 0; len <= sizeof data; len++) {
		fill(data, len);
		own(got, bytes_of(data, len));
		CHECK(EVP_Digest(data, len, want, NULL, md, NULL) == 1 && memcmp(got, want, MD_LEN) == 0);
	}
	EVP_MD_free(md);
}

static void
check_stream(OSSL_LIB_CTX *ctx)
{
	EVP_CIPHER *rc4 = EVP_CIPHER_fetch(ctx, "RC4", NULL);
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	uint8_t key[16], data[400], want[400];
	struct rc4 r;
	int done;

	if (!rc4) {
		CHECK_SKIP("OpenSSL here has no RC4");
		EVP_CIPHER_CTX_free(cipher);
		return;
	}
	fill(key, sizeof key);
	rc4_key(&r, bytes_of(key, sizeof key));
	CHECK(EVP_CipherInit_ex2(cipher, rc4, key, NULL, 1, NULL) == 1);
	for (int len = 1; len <= (int)sizeof data; len++) {
		fill(data, (size_t)len);
		CHECK(EVP_CipherUpdate(cipher, want, &done, data, len) == 1 && done == len);
		rc4_apply(&r, data, data, (size_t)len);
		CHECK(memcmp(data, want, (size_t)len) == 0);
	}
	EVP_CIPHER_CTX_free(cipher);
	EVP_CIPHER_free(rc4);
}

TEST(openssl_agrees)
{
	OSSL_LIB_CTX *ctx = OSSL_LIB_CTX_new();
	OSSL_PROVIDER *usual = OSSL_PROVIDER_load(ctx, "default"), *legacy = OSSL_PROVIDER_load(ctx, "legacy");

	check_digest(ctx, "MD5", md5_of);
	check_digest(ctx, "MD4", md4_of);
	check_stream(ctx);
	OSSL_PROVIDER_unload(legacy);
	OSSL_PROVIDER_unload(usual);
	OSSL_LIB_CTX_free(ctx);
}

/* A digest in pieces is the digest of the whole. */
TEST(pieces)
{
	uint8_t data[400], got[MD_LEN], want[MD_LEN];

	fill(data, sizeof data);
	md5_of(want, bytes_of(data, sizeof data));
	for (size_t step = 1; step <= sizeof data; step++) {
		struct md5 m;
		size_t at = 0;

		md5_begin(&m);
		for (; at + step <= sizeof data; at += step)
			md5_add(&m, bytes_of(data + at, step));
		md5_add(&m, bytes_of(data + at, sizeof data - at));
		md5_end(&m, got);
		CHECK(memcmp(got, want, MD_LEN) == 0);
	}
}

/* Every length behind every fill of the waiting block, then more behind it; the memory is exactly as long as the data. */
TEST(woven_is_the_same_as_one_after_the_other)
{
	static const uint8_t key[16] = "some RC4 key....";
	uint8_t before[MD_BLOCK], plain[330];

	fill(before, sizeof before);
	fill(plain, sizeof plain);
	for (size_t fills = 0; fills < MD_BLOCK; fills++)
		for (size_t len = 0; len <= sizeof plain; len++) {
			struct md5 one, two, three;
			struct rc4 a, b, c;
			uint8_t *sealed = malloc(len + 1), *apart = malloc(len + 1), mac[3][MD_LEN], end[3][20] = { { 0 } };

			if (!sealed || !apart)
				abort();
			md5_begin(&one);
			md5_add(&one, bytes_of(before, fills));
			two = three = one;
			rc4_key(&a, bytes_of(key, sizeof key));
			b = c = a;

			md5_add(&one, bytes_of(plain, len));
			rc4_apply(&a, apart, plain, len);

			bytes_copy(sealed, plain, len);
			md5_add_sealing(&two, &b, sealed, len);
			CHECK(memcmp(sealed, apart, len) == 0);

			md5_add_opened(&three, &c, sealed, len);
			CHECK(memcmp(sealed, plain, len) == 0);

			md5_add(&one, bytes_of(before, 11));
			md5_add(&two, bytes_of(before, 11));
			md5_add(&three, bytes_of(before, 11));
			md5_end(&one, mac[0]);
			md5_end(&two, mac[1]);
			md5_end(&three, mac[2]);
			rc4_apply(&a, end[0], end[0], 20);
			rc4_apply(&b, end[1], end[1], 20);
			rc4_apply(&c, end[2], end[2], 20);
			if (!CHECK(memcmp(mac[0], mac[1], MD_LEN) == 0 && memcmp(mac[0], mac[2], MD_LEN) == 0 &&
			    memcmp(end[0], end[1], 20) == 0 && memcmp(end[0], end[2], 20) == 0))
				fprintf(stderr, "  %zu waiting, %zu bytes\n", fills, len);
			free(sealed);
			free(apart);
		}
}

int
main(void)
{
	RUN(digests_of_the_rfcs);
	RUN(hmac_of_rfc_2202);
	RUN(streams_of_rfc_6229);
	RUN(crc);
	RUN(openssl_agrees);
	RUN(pieces);
	RUN(woven_is_the_same_as_one_after_the_other);
	return check_end();
}
