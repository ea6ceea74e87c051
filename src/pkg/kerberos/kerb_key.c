/*
 * kerb_key.c - key derivation.
 */
#include "pkg/kerberos/kerb_key.h"

static const struct kerb_etype etypes[] = {
	{ KERB_AES128_SHA1,   16, 12, 16, SHA_1,   false, "AES-128-CTS", "HMAC-SHA1-96-AES128", 128 },
	{ KERB_AES256_SHA1,   32, 12, 32, SHA_1,   false, "AES-256-CTS", "HMAC-SHA1-96-AES256", 256 },
	{ KERB_AES128_SHA256, 16, 16, 16, SHA_256, true,  "AES-128-CTS", "HMAC-SHA256-128-AES128", 128 },
	{ KERB_AES256_SHA384, 32, 24, 24, SHA_384, true,  "AES-256-CTS", "HMAC-SHA384-192-AES256", 256 },
};

const struct kerb_etype *
kerb_etype_of(int32_t number)
{
	for (size_t i = 0; i < sizeof etypes / sizeof *etypes; i++)
		if (etypes[i].number == number)
			return &etypes[i];
	return NULL;
}

/* Byte `at` of the endless string of copies, each turned right by 13 bits more than the one before. */
static unsigned
turned_byte(const uint8_t *from, size_t from_len, size_t at)
{
	size_t bits = from_len * 8, turn = 13 * (at / from_len) % bits;
	unsigned byte = 0;

	for (size_t b = 0; b < 8; b++) {
		size_t bit = (at % from_len * 8 + b + bits - turn) % bits;

		byte = byte << 1 | ((unsigned)from[bit / 8] >> (7 - bit % 8) & 1u);
	}
	return byte;
}

/* As many copies as fill a whole number of results, summed with end-around carry. */
void
kerb_n_fold(uint8_t *to, size_t to_len, const uint8_t *from, size_t from_len)
{
	size_t total = to_len;
	unsigned carry = 0;

	while (total % from_len)
		total += to_len;
	bytes_zero(to, to_len);
	for (size_t i = total; i-- > 0;) {
		carry += turned_byte(from, from_len, i) + to[i % to_len];
		to[i % to_len] = (uint8_t)carry;
		carry >>= 8;
	}
	for (size_t i = to_len; carry && i-- > 0;) {
		carry += to[i];
		to[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

/* DK: each block is the enciphered one before, beginning with the folded constant. */
static bool
derive_sha1(uint8_t *ret_key, const struct kerb_etype *e, const struct kerb_key *base, const uint8_t constant[5])
{
	struct aes_cts *aes = aes_cts_new(bytes_of(base->b, base->len), true);
	uint8_t block[AES_BLOCK];
	bool good = aes != NULL;

	kerb_n_fold(block, sizeof block, constant, 5);
	for (size_t have = 0; good && have < e->key_len; have += AES_BLOCK) {
		good = aes_block(aes, block, block);
		bytes_copy(ret_key + have, block, AES_BLOCK);
	}
	aes_cts_drop(aes);
	bytes_wipe(block, sizeof block);
	return good;
}

/* KDF-HMAC-SHA2: [RFC 8009] 3. */
static bool
derive_sha2(uint8_t *ret_key, const struct kerb_etype *e, const struct kerb_key *base, const uint8_t constant[5], size_t len)
{
	uint8_t counter[4] = { 0, 0, 0, 1 }, bits[5] = { 0, 0, 0, 0, 0 }, mac[SHA_LEN_MAX];
	struct hmac_sha_key key;
	struct sha_run run;

	bits[3] = (uint8_t)(len * 8 >> 8);
	bits[4] = (uint8_t)(len * 8);
	hmac_sha_key_of(&key, e->sha, bytes_of(base->b, base->len));
	hmac_sha_begin(&run, &key);
	hmac_sha_add(&run, bytes_of(counter, sizeof counter));
	hmac_sha_add(&run, bytes_of(constant, 5));
	hmac_sha_add(&run, bytes_of(bits, sizeof bits));	/* a zero, then k */
	hmac_sha_end(&run, &key, mac);
	bytes_copy(ret_key, mac, len);
	bytes_wipe(mac, sizeof mac);
	bytes_wipe(&key, sizeof key);
	return true;
}

bool
kerb_derive(uint8_t ret_key[KERB_KEY_MAX], const struct kerb_etype *e, const struct kerb_key *base, uint32_t usage,
    uint8_t what)
{
	uint8_t constant[5] = { (uint8_t)(usage >> 24), (uint8_t)(usage >> 16), (uint8_t)(usage >> 8), (uint8_t)usage, what };

	if (base->len != e->key_len)
		return false;
	return e->over_cipher ?
	    derive_sha2(ret_key, e, base, constant, what == KERB_DERIVE_ENCRYPT ? e->key_len : e->check_len) :
	    derive_sha1(ret_key, e, base, constant);
}
