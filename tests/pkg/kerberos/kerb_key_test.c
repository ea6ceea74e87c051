/*
 * kerb_key_test.c - derived keys: [RFC 3961] A.1, [RFC 8009] A, and what
 * libkrb5 makes of keys by chance.
 * Covers pkg/kerberos/kerb_key.c.
 */
#include <krb5.h>

#include "base/random.h"
#include "base/secret.h"
#include "pkg/kerberos/kerb_key.h"
#include "tests/check.h"

/* --- folding ------------------------------------------------------------------------ */

static const struct { const char *from; size_t bits; const char *folded; } folds[] = {
	{ "012345",   64,  "be072631276b1955" },
	{ "password", 56,  "78a07b6caf85fa" },
	{ "Rough Consensus, and Running Code", 64, "bb6ed30870b7f0e0" },
	{ "password", 168, "59e4a8ca7c0385c3c37b3f6d2000247cb6e6bd5b3e" },
	{ "MASSACHVSETTS INSTITVTE OF TECHNOLOGY", 192, "db3b0d8f0b061e603282b308a50841229ad798fab9540c1b" },
	{ "Q",        168, "518a54a215a8452a518a54a215a8452a518a54a215" },
	{ "ba",       168, "fb25d531ae8974499f52fd92ea9857c4ba24cf297e" },
	{ "kerberos", 64,  "6b65726265726f73" },
	{ "kerberos", 128, "6b65726265726f737b9b5b2b93132b93" },
	{ "kerberos", 168, "8372c236344e5f1550cd0747e15d62ca7a5a3bcea4" },
	{ "kerberos", 256, "6b65726265726f737b9b5b2b93132b935c9bdcdad95c9899c4cae4dee6d6cae4" },
};

TEST(folds_of_rfc_3961)
{
	uint8_t folded[32];

	for (size_t i = 0; i < sizeof folds / sizeof *folds; i++) {
		kerb_n_fold(folded, folds[i].bits / 8, (const uint8_t *)folds[i].from, strlen(folds[i].from));
		CHECK_HEX(folded, folds[i].bits / 8, folds[i].folded);
	}
}

/* --- keys ------------------------------------------------------------------------------ */

/* Usage 2. */
static const struct { int32_t etype; uint8_t what; const char *key; } derived[] = {
	{ KERB_AES128_SHA256, KERB_DERIVE_CHECK,     "b31a018a48f54776f403e9a396325dc3" },
	{ KERB_AES128_SHA256, KERB_DERIVE_ENCRYPT,   "9b197dd1e8c5609d6e67c3e37c62c72e" },
	{ KERB_AES128_SHA256, KERB_DERIVE_INTEGRITY, "9fda0e56ab2d85e1569a688696c26a6c" },
	{ KERB_AES256_SHA384, KERB_DERIVE_CHECK,     "ef5718be86cc84963d8bbb5031e9f5c4ba41f28faf69e73d" },
	{ KERB_AES256_SHA384, KERB_DERIVE_ENCRYPT,   "56ab22bee63d82d7bc5227f6773f8ea7a5eb1c825160c38312980c442e5c7e49" },
	{ KERB_AES256_SHA384, KERB_DERIVE_INTEGRITY, "69b16514e3cd8e56b82010d5c73012b622c4d00ffc23ed1f" },
};

TEST(keys_of_rfc_8009)
{
	static const struct kerb_key bases[] = {
		{ KERB_AES128_SHA256, 16, { 0x37, 0x05, 0xd9, 0x60, 0x80, 0xc1, 0x77, 0x28, 0xa0, 0xe8, 0x00, 0xea, 0xb6, 0xe0, 0xd2, 0x3c } },
		{ KERB_AES256_SHA384, 32, { 0x6d, 0x40, 0x4d, 0x37, 0xfa, 0xf7, 0x9f, 0x9d, 0xf0, 0xd3, 0x35, 0x68, 0xd3, 0x20, 0x66, 0x98,
		    0x00, 0xeb, 0x48, 0x36, 0x47, 0x2e, 0xa8, 0xa0, 0x26, 0xd1, 0x6b, 0x71, 0x82, 0x46, 0x0c, 0x52 } },
	};
	uint8_t key[KERB_KEY_MAX];

	for (size_t i = 0; i < sizeof derived / sizeof *derived; i++) {
		const struct kerb_etype *e = kerb_etype_of(derived[i].etype);
		const struct kerb_key *base = &bases[derived[i].etype == KERB_AES256_SHA384];

		CHECK(e && kerb_derive(key, e, base, 2, derived[i].what));
		CHECK_HEX(key, derived[i].what == KERB_DERIVE_ENCRYPT ? e->key_len : e->check_len, derived[i].key);
	}
}

/* --- libkrb5's opinion -------------------------------------------------------------------- */

static krb5_context k5;

static void
checksum_agrees(const struct kerb_etype *e, const struct kerb_key *base, krb5_keyblock *theirs, uint32_t usage)
{
	static char text[] = "what is signed";
	krb5_data data = { .length = sizeof text, .data = text };
	uint8_t derived_key[KERB_KEY_MAX], mac[SHA_LEN_MAX];
	struct hmac_sha_key key;
	krb5_checksum sum = { 0 };
	struct sha_run run;

	CHECK(krb5_c_make_checksum(k5, 0, theirs, (krb5_keyusage)usage, &data, &sum) == 0 && sum.length == e->mac_len);
	CHECK(kerb_derive(derived_key, e, base, usage, KERB_DERIVE_CHECK));
	hmac_sha_key_of(&key, e->sha, bytes_of(derived_key, e->check_len));
	hmac_sha_begin(&run, &key);
	hmac_sha_add(&run, bytes_of(text, sizeof text));
	hmac_sha_end(&run, &key, mac);
	CHECK(sum.contents && memcmp(sum.contents, mac, e->mac_len) == 0);
	krb5_free_checksum_contents(k5, &sum);
}

/* Confounder and text by our keys, out of what libkrb5 made with its own. */
static void
cipher_agrees(const struct kerb_etype *e, const struct kerb_key *base, krb5_keyblock *theirs, uint32_t usage)
{
	static const uint8_t no_state[AES_BLOCK];
	static char text[] = "what is kept between the two of them";
	krb5_data data = { .length = sizeof text, .data = text };
	uint8_t enciphered[128], encrypt[KERB_KEY_MAX], integrity[KERB_KEY_MAX], mac[SHA_LEN_MAX];
	krb5_enc_data out = { .ciphertext = { .length = sizeof enciphered, .data = (char *)enciphered } };
	struct aes_piece piece = { enciphered, AES_BLOCK + sizeof text };
	struct aes_cts *aes;
	struct hmac_sha_key key;
	struct sha_run run;

	CHECK(krb5_c_encrypt(k5, theirs, (krb5_keyusage)usage, NULL, &data, &out) == 0 && out.ciphertext.length == piece.len + e->mac_len);
	CHECK(kerb_derive(encrypt, e, base, usage, KERB_DERIVE_ENCRYPT) && kerb_derive(integrity, e, base, usage, KERB_DERIVE_INTEGRITY));
	hmac_sha_key_of(&key, e->sha, bytes_of(integrity, e->check_len));
	hmac_sha_begin(&run, &key);
	aes = aes_cts_new(bytes_of(encrypt, e->key_len), false);
	if (e->over_cipher) {
		hmac_sha_add(&run, bytes_of(no_state, sizeof no_state));
		hmac_sha_add(&run, bytes_of(enciphered, piece.len));
	}
	CHECK(aes && aes_cts_run(aes, &piece, 1) && memcmp(enciphered + AES_BLOCK, text, sizeof text) == 0);
	if (!e->over_cipher)
		hmac_sha_add(&run, bytes_of(enciphered, piece.len));
	hmac_sha_end(&run, &key, mac);
	CHECK(memcmp(mac, enciphered + piece.len, e->mac_len) == 0);
	aes_cts_drop(aes);
}

TEST(libkrb5_derives_the_same)
{
	static const uint32_t usages[] = { 1, 2, 22, 23, 24, 25, 1024, 0x01020304 };

	for (int32_t etype = KERB_AES128_SHA1; etype <= KERB_AES256_SHA384; etype++) {
		const struct kerb_etype *e = kerb_etype_of(etype);

		for (unsigned i = 0; e && i < 40; i++) {
			struct kerb_key base = { .etype = etype, .len = e->key_len };
			krb5_keyblock theirs = { .enctype = etype, .length = e->key_len, .contents = base.b };

			CHECK(random_bytes(base.b, e->key_len));
			checksum_agrees(e, &base, &theirs, usages[i % 8]);
			cipher_agrees(e, &base, &theirs, usages[i % 8]);
		}
		CHECK(e != NULL);
	}
}

TEST(keys_of_another_length_derive_nothing)
{
	for (int32_t etype = KERB_AES128_SHA1; etype <= KERB_AES256_SHA384; etype++) {
		struct kerb_key base = { .etype = etype, .len = kerb_etype_of(etype)->key_len - 1u };
		uint8_t key[KERB_KEY_MAX];

		CHECK(!kerb_derive(key, kerb_etype_of(etype), &base, 2, KERB_DERIVE_ENCRYPT));
	}
	CHECK(!kerb_etype_of(0) && !kerb_etype_of(16) && !kerb_etype_of(21) && !kerb_etype_of(-1));
}

int
main(void)
{
	CHECK(krb5_init_context(&k5) == 0);
	RUN(folds_of_rfc_3961);
	RUN(keys_of_rfc_8009);
	RUN(libkrb5_derives_the_same);
	RUN(keys_of_another_length_derive_nothing);
	krb5_free_context(k5);
	return check_end();
}
