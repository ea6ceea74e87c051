/*
 * cipher_test.c - AES-256-GCM: case 16 of the GCM submission, and what is
 * refused.
 * Covers crypto/cipher.c.
 */
#include "crypto/cipher.h"

#include "check.h"

static const struct cipher_key key = { {
	0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c, 0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08,
	0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c, 0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08,
} };
static const uint8_t nonce[CIPHER_NONCE_LEN] = {
	0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce, 0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88,
};
static const uint8_t beside[20] = {
	0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef,
	0xab, 0xad, 0xda, 0xd2,
};
static const uint8_t plain[60] = {
	0xd9, 0x31, 0x32, 0x25, 0xf8, 0x84, 0x06, 0xe5, 0xa5, 0x59, 0x09, 0xc5, 0xaf, 0xf5, 0x26, 0x9a,
	0x86, 0xa7, 0xa9, 0x53, 0x15, 0x34, 0xf7, 0xda, 0x2e, 0x4c, 0x30, 0x3d, 0x8a, 0x31, 0x8a, 0x72,
	0x1c, 0x3c, 0x0c, 0x95, 0x95, 0x68, 0x09, 0x53, 0x2f, 0xcf, 0x0e, 0x24, 0x49, 0xa6, 0xb5, 0x25,
	0xb1, 0x6a, 0xed, 0xf5, 0xaa, 0x0d, 0xe6, 0x57, 0xba, 0x63, 0x7b, 0x39,
};

TEST(sealed_and_opened)
{
	uint8_t data[60], tag[CIPHER_TAG_LEN];

	CHECK(cipher_seal(data, tag, &key, nonce, bytes_of(beside, sizeof beside), bytes_of(plain, sizeof plain)));
	CHECK_HEX(data, sizeof data, "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662");
	CHECK_HEX(tag, sizeof tag, "76fc6ece0f4e1768cddf8853bb2d551b");
	CHECK(cipher_open(data, &key, nonce, tag, bytes_of(beside, sizeof beside), bytes_of(data, sizeof data)));
	CHECK(memcmp(data, plain, sizeof data) == 0);
}

TEST(nothing_at_all)
{
	uint8_t tag[CIPHER_TAG_LEN];

	CHECK(cipher_seal(NULL, tag, &key, nonce, BYTES_NONE, BYTES_NONE));
	CHECK(cipher_open(NULL, &key, nonce, tag, BYTES_NONE, BYTES_NONE));
	tag[0] ^= 1;
	CHECK(!cipher_open(NULL, &key, nonce, tag, BYTES_NONE, BYTES_NONE));
}

TEST(no_bit_may_flip)
{
	static const uint8_t zeros[60];
	uint8_t sealed[60], out[60], tag[CIPHER_TAG_LEN], near[sizeof beside];

	bytes_copy(near, beside, sizeof near);
	CHECK(cipher_seal(sealed, tag, &key, nonce, bytes_of(near, sizeof near), bytes_of(plain, sizeof plain)));
	for (size_t n = 0; n < 8 * (sizeof sealed + sizeof tag + sizeof near); n++) {
		size_t at = n / 8;
		uint8_t *byte = at < sizeof sealed ? sealed + at :
		    at < sizeof sealed + sizeof tag ? tag + (at - sizeof sealed) :
		    near + (at - sizeof sealed - sizeof tag);

		*byte ^= (uint8_t)(1u << n % 8);
		CHECK(!cipher_open(out, &key, nonce, tag, bytes_of(near, sizeof near), bytes_of(sealed, sizeof sealed)));
		CHECK(memcmp(out, zeros, sizeof out) == 0);
		*byte ^= (uint8_t)(1u << n % 8);
	}
	CHECK(cipher_open(out, &key, nonce, tag, bytes_of(near, sizeof near), bytes_of(sealed, sizeof sealed)));
}

int
main(void)
{
	RUN(sealed_and_opened);
	RUN(nothing_at_all);
	RUN(no_bit_may_flip);
	return check_end();
}
