/*
 * hmac_sha_test.c - HMAC on kept states: [RFC 2202] and [RFC 4231], and
 * OpenSSL's for keys and texts of any length in any pieces.
 * Covers src/crypto/hmac_sha.c.
 */
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/random.h"
#include "crypto/hmac_sha.h"
#include "tests/check.h"

static void
mac_of(uint8_t mac[SHA_LEN_MAX], enum sha kind, struct bytes key, struct bytes text)
{
	struct hmac_sha_key kept;
	struct sha_run run;

	hmac_sha_key_of(&kept, kind, key);
	hmac_sha_begin(&run, &kept);
	hmac_sha_add(&run, text);
	hmac_sha_end(&run, &kept, mac);
}

static const uint8_t elevens[20] = { 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11 };

#define JEFE	"what do ya want for nothing?"
#define LARGE	"Test Using Larger Than Block-Size Key - Hash Key First"

static const struct { enum sha kind; char key; const char *text, *mac; } vectors[] = {
	{ SHA_1,   'b', "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00" },
	{ SHA_1,   'j', JEFE,       "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
	{ SHA_256, 'b', "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ SHA_256, 'j', JEFE,       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ SHA_256, 'l', LARGE,      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
	{ SHA_384, 'b', "Hi There", "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6" },
	{ SHA_384, 'j', JEFE,       "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649" },
	{ SHA_384, 'l', LARGE,      "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952" },
};

TEST(vectors_of_the_rfcs)
{
	uint8_t large[131], mac[SHA_LEN_MAX];

	memset(large, 0xaa, sizeof large);
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		struct bytes key = vectors[i].key == 'b' ? bytes_of(elevens, sizeof elevens) :
		    vectors[i].key == 'j' ? bytes_of_text("Jefe") : bytes_of(large, sizeof large);

		mac_of(mac, vectors[i].kind, key, bytes_of_text(vectors[i].text));
		CHECK_HEX(mac, sha_len(vectors[i].kind), vectors[i].mac);
	}
}

TEST(pieces_and_keys_of_any_length)
{
	static const struct { enum sha kind; const char *name; } kinds[] = { { SHA_1, "SHA1" }, { SHA_256, "SHA256" }, { SHA_384, "SHA384" } };
	uint8_t key[200], text[700], mac[SHA_LEN_MAX], expected[EVP_MAX_MD_SIZE];

	CHECK(random_bytes(key, sizeof key) && random_bytes(text, sizeof text));
	for (unsigned i = 0; i < 900; i++) {
		size_t key_len = 1 + (size_t)rand() % sizeof key, text_len = (size_t)rand() % (sizeof text + 1), at = 0;
		struct hmac_sha_key kept;
		struct sha_run run;
		unsigned len = 0;

		CHECK(HMAC(EVP_get_digestbyname(kinds[i % 3].name), key, (int)key_len, text, text_len, expected, &len));
		hmac_sha_key_of(&kept, kinds[i % 3].kind, bytes_of(key, key_len));
		for (unsigned again = 0; again < 2; again++) {		/* a key serves more than once */
			hmac_sha_begin(&run, &kept);
			for (at = 0; at < text_len;) {
				size_t some = 1 + (size_t)rand() % 150;

				some = some < text_len - at ? some : text_len - at;
				hmac_sha_add(&run, bytes_of(text + at, some));
				hmac_sha_add(&run, BYTES_NONE);
				at += some;
			}
			hmac_sha_end(&run, &kept, mac);
			CHECK(len == sha_len(kinds[i % 3].kind) && memcmp(mac, expected, len) == 0);
			for (at = 0; at < sizeof run.state; at++)
				if (!CHECK(run.state[at] == 0))		/* nothing is left of it */
					break;
		}
	}
}

int
main(void)
{
	srand(2104);
	RUN(vectors_of_the_rfcs);
	RUN(pieces_and_keys_of_any_length);
	return check_end();
}
