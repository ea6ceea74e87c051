/*
 * ntlm_keys.c - NTLM's keys and responses.
 *
 * Pure: bytes in, bytes out; no account, no clock, no policy. Formulas:
 * [MS-NLMP] 3.3.1, 3.3.2 and 3.4.5; every intermediate key is wiped here.
 */
#include "pkg/ntlm/ntlm_keys.h"

#include "base/utf16.h"
#include "crypto/des.h"
#include "crypto/legacy.h"

#define OF(field) bytes_of((field), sizeof(field))

struct nt_hash
nt_hash_of_password(struct bytes utf16le)
{
	struct nt_hash h;

	md4_of(h.b, utf16le);
	return h;
}

/* --- version 2: 3.3.2 ------------------------------------------------- */

bool
ntlm2_key_of(struct ntlm2_key *ret_key, const struct nt_hash *nt, struct bytes user, struct bytes domain)
{
	uint8_t upper[NTLM2_USER_MAX];

	if (user.len > sizeof upper || user.len % 2)
		return false;
	bytes_copy(upper, user.at, user.len);
	utf16_upper(upper, user.len);
	hmac_md5_of(ret_key->b, OF(nt->b), bytes_of(upper, user.len), domain);
	return true;
}

struct ntlm_proof
ntlm2_proof_of(const struct ntlm2_key *key, const uint8_t server[8], struct bytes blob)
{
	struct ntlm_proof proof;

	hmac_md5_of(proof.b, OF(key->b), bytes_of(server, 8), blob);
	return proof;
}

struct lm_response
ntlm2_lm_of(const struct ntlm2_key *key, const uint8_t server[8], const uint8_t client[8])
{
	struct lm_response lm;

	hmac_md5_of(lm.b, OF(key->b), bytes_of(server, 8), bytes_of(client, 8));
	bytes_copy(lm.b + 16, client, 8);
	return lm;
}

struct base_key
ntlm2_base_key_of(const struct ntlm2_key *key, const struct ntlm_proof *proof)
{
	struct base_key base;

	hmac_md5_of(base.b, OF(key->b), OF(proof->b), BYTES_NONE);
	return base;
}

/* RespType, HiRespType, six reserved bytes, time, client challenge, four reserved bytes, pairs: 2.2.2.7. */
void
ntlm2_blob_put(struct writer *w, const struct ntlm2_blob *b)
{
	writer_u8(w, 1);
	writer_u8(w, 1);
	writer_zeros(w, 6);
	writer_u64(w, b->time);
	writer_bytes(w, OF(b->client.b));
	writer_zeros(w, 4);
	writer_bytes(w, b->pairs);
	writer_zeros(w, 4);
}

bool
ntlm2_blob_take(struct ntlm2_blob *b, struct bytes wire)
{
	struct reader r = reader_of(wire);
	uint8_t response = reader_u8(&r), highest = reader_u8(&r);

	reader_skip(&r, 6);
	b->time = reader_u64(&r);
	reader_fixed(&r, b->client.b, sizeof b->client.b);
	reader_skip(&r, 4);
	b->pairs = reader_rest(&r);
	return reader_ok(&r) && response == 1 && highest == 1;
}

bool
ntlm2_response_take(struct ntlm2_response *r, struct bytes nt)
{
	struct reader in = reader_of(nt);

	reader_fixed(&in, r->proof.b, sizeof r->proof.b);
	r->blob_bytes = reader_rest(&in);
	return reader_ok(&in) && ntlm2_blob_take(&r->blob, r->blob_bytes) && av_take(&r->pairs, r->blob.pairs);
}

bool
ntlm2_proof_holds(const struct ntlm2_response *r, const struct ntlm2_key *key, const uint8_t server[8])
{
	struct ntlm_proof proof = ntlm2_proof_of(key, server, r->blob_bytes);
	bool holds = same_secret(proof.b, r->proof.b, sizeof proof.b);

	bytes_wipe(&proof, sizeof proof);
	return holds;
}

/* --- version 1: 3.3.1 ------------------------------------------------- */

/* DESL, 6: the sixteen bytes, filled up to 21, are three keys. */
static void
des_long(uint8_t ret_response[24], const uint8_t key[16], const uint8_t data[8])
{
	uint8_t keys[21] = { 0 };

	bytes_copy(keys, key, 16);
	for (size_t n = 0; n < 3; n++)
		des_block_of(ret_response + 8 * n, keys + 7 * n, data);
	bytes_wipe(keys, sizeof keys);
}

struct ntlm1_response
ntlm1_response_of(const struct nt_hash *nt, const uint8_t server[8])
{
	struct ntlm1_response response;

	des_long(response.b, nt->b, server);
	return response;
}

struct ntlm1_response
ntlm1_ess_response_of(const struct nt_hash *nt, const uint8_t server[8], const uint8_t client[8])
{
	struct ntlm1_response response;
	uint8_t both[16], digest[MD_LEN];

	bytes_copy(both, server, 8);
	bytes_copy(both + 8, client, 8);
	md5_of(digest, OF(both));
	des_long(response.b, nt->b, digest);
	return response;
}

struct lm_response
ntlm1_ess_lm_of(const uint8_t client[8])
{
	struct lm_response lm = { { 0 } };

	bytes_copy(lm.b, client, 8);
	return lm;
}

struct base_key
ntlm1_base_key_of(const struct nt_hash *nt)
{
	struct base_key base;

	md4_of(base.b, OF(nt->b));
	return base;
}

/* --- the session's keys: 3.4.5 ---------------------------------------- */

struct exchange_key
ntlm2_exchange_key_of(const struct base_key *base)
{
	struct exchange_key kx;

	bytes_copy(kx.b, base->b, sizeof kx.b);
	return kx;
}

/* KXKEY, 3.4.5.1. LM_KEY is never negotiated by us, so its row is not here. */
struct exchange_key
ntlm1_exchange_key_of(const struct base_key *base, uint32_t flags, const struct lm_response *lm, const uint8_t server[8])
{
	struct exchange_key kx;

	if (flags & NTLM_NEGOTIATE_ESS)
		hmac_md5_of(kx.b, OF(base->b), bytes_of(server, 8), bytes_of(lm->b, 8));
	else
		bytes_copy(kx.b, base->b, sizeof kx.b);
	return kx;
}

struct session_key
session_key_of(const struct exchange_key *kx)
{
	struct session_key key;

	bytes_copy(key.b, kx->b, sizeof key.b);
	return key;
}

static void
rc4_once(uint8_t to[16], const uint8_t from[16], const struct exchange_key *kx)
{
	struct rc4 stream;

	rc4_key(&stream, OF(kx->b));
	rc4_apply(&stream, to, from, 16);
	bytes_wipe(&stream, sizeof stream);
}

struct wrapped_key
session_key_wrap(const struct session_key *key, const struct exchange_key *kx)
{
	struct wrapped_key wrapped;

	rc4_once(wrapped.b, key->b, kx);
	return wrapped;
}

struct session_key
session_key_unwrap(const struct wrapped_key *wrapped, const struct exchange_key *kx)
{
	struct session_key key;

	rc4_once(key.b, wrapped->b, kx);
	return key;
}

/* The constants end with their NUL: 3.4.5.2, 3.4.5.3. */
static const char sign_client[] = "session key to client-to-server signing key magic constant";
static const char sign_server[] = "session key to server-to-client signing key magic constant";
static const char seal_client[] = "session key to client-to-server sealing key magic constant";
static const char seal_server[] = "session key to server-to-client sealing key magic constant";

static void
magic_key(uint8_t ret_key[16], struct bytes key, const char *magic)
{
	struct md5 m;

	md5_begin(&m);
	md5_add(&m, key);
	md5_add(&m, bytes_of(magic, sizeof sign_client));
	md5_end(&m, ret_key);
}

struct sign_key
sign_key_of(const struct session_key *key, enum ntlm_side sender)
{
	struct sign_key sign;

	magic_key(sign.b, OF(key->b), sender == NTLM_CLIENT ? sign_client : sign_server);
	return sign;
}

/* SEALKEY, 3.4.5.3: with ESS a shortened key is stretched again; without, the weak modes pad it with constants. */
struct seal_key
seal_key_of(const struct session_key *key, uint32_t flags, enum ntlm_side sender)
{
	struct seal_key seal = { .len = 16 };
	size_t strong;

	if (flags & NTLM_NEGOTIATE_ESS) {
		strong = flags & NTLM_NEGOTIATE_128 ? 16 : flags & NTLM_NEGOTIATE_56 ? 7 : 5;
		magic_key(seal.b, bytes_of(key->b, strong), sender == NTLM_CLIENT ? seal_client : seal_server);
	} else if (flags & (NTLM_NEGOTIATE_LM_KEY | NTLM_NEGOTIATE_DATAGRAM)) {
		static const uint8_t tail[] = { 0xe5, 0x38, 0xb0 };

		seal.len = 8;
		bytes_copy(seal.b, key->b, 7);
		if (flags & NTLM_NEGOTIATE_56)
			seal.b[7] = 0xa0;
		else
			bytes_copy(seal.b + 5, tail, sizeof tail);
	} else
		bytes_copy(seal.b, key->b, 16);
	return seal;
}

/* --- MIC and channel bindings ----------------------------------------- */

bool
mic_of(struct ntlm_mic *ret_mic, const struct session_key *key, struct bytes negotiate, struct bytes challenge,
    struct bytes authenticate, size_t mic_offset)
{
	static const uint8_t zeros[NTLM_MIC_LEN];
	struct reader r = reader_of(authenticate);
	struct bytes before = reader_bytes(&r, mic_offset), behind;
	struct hmac_md5_key k;
	struct md5 m;

	reader_skip(&r, NTLM_MIC_LEN);
	behind = reader_rest(&r);
	if (!reader_ok(&r))
		return false;
	hmac_md5_key_of(&k, OF(key->b));
	hmac_md5_begin(&m, &k);
	md5_add(&m, negotiate);
	md5_add(&m, challenge);
	md5_add(&m, before);
	md5_add(&m, OF(zeros));
	md5_add(&m, behind);
	hmac_md5_end(&m, &k, ret_mic->b);
	bytes_wipe(&k, sizeof k);
	return true;
}

bool
mic_holds(const struct session_key *key, struct bytes negotiate, struct bytes challenge, struct bytes authenticate,
    size_t mic_offset)
{
	struct ntlm_mic mic;
	struct bytes carried;
	bool holds = false;

	if (bytes_part(&carried, authenticate, mic_offset, NTLM_MIC_LEN) &&
	    mic_of(&mic, key, negotiate, challenge, authenticate, mic_offset)) {
		holds = same_secret(mic.b, carried.at, NTLM_MIC_LEN);
		bytes_wipe(&mic, sizeof mic);
	}
	return holds;
}
