/*
 * hash_test.c - FIPS 180-4's SHA-256 and RFC 4231's HMAC-SHA256.
 * Covers crypto/hash.c.
 */
#include "crypto/hash.h"

#include "check.h"

TEST(sha256)
{
	uint8_t digest[SHA256_LEN];

	CHECK(sha256_of(digest, bytes_of_text("abc")));
	CHECK_HEX(digest, SHA256_LEN, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	CHECK(sha256_of(digest, BYTES_NONE));
	CHECK_HEX(digest, SHA256_LEN, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(hmac)
{
	uint8_t mac[SHA256_LEN];

	CHECK(hmac_sha256_of(mac, bytes_of_text("Jefe"), bytes_of_text("what do ya want for nothing?")));
	CHECK_HEX(mac, SHA256_LEN, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	CHECK(hmac_sha256_of(mac, BYTES_NONE, BYTES_NONE));
	CHECK_HEX(mac, SHA256_LEN, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

int
main(void)
{
	RUN(sha256);
	RUN(hmac);
	return check_end();
}
