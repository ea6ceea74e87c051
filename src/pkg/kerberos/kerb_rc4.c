/*
 * kerb_rc4.c - tokens of RFC 4757. Nothing here knows SSPI's buffers.
 *
 *     signed   GSS header | 01 01 11 00 ff ff ff ff | number' | checksum
 *     wrapped  GSS header | 02 01 11 00 10 00 ff ff | number' | checksum | confounder' | data' | 01'
 *
 * ' is enciphered; of what is only signed the number alone. In DCE style the
 * GSS header counts the token alone, and nothing pads.
 */
#include "pkg/kerberos/kerb_rc4.h"

#include "base/der.h"
#include "base/secret.h"
#include "crypto/confounder.h"
#include "crypto/legacy.h"

#define HEADER		8u		/* token id, algorithms, filler */
#define NUMBER_AT	8u
#define CHECKSUM_AT	16u
#define CONFOUNDER_AT	24u
#define FIELD		8u		/* each of the three */
#define MIC_BODY	24u
#define OID_LEN		11u		/* with its tag */

/* 7.2, 7.3: what goes into the checksum before the header. */
enum usage { USAGE_WRAP = 13, USAGE_SIGN = 15 };

static const uint8_t mechanism[OID_LEN] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02 };
static const uint8_t sign_header[HEADER] = { 1, 1, 0x11, 0, 0xff, 0xff, 0xff, 0xff };
static const uint8_t wrap_header[2][HEADER] = {
	{ 2, 1, 0x11, 0, 0xff, 0xff, 0xff, 0xff },
	{ 2, 1, 0x11, 0, 0x10, 0x00, 0xff, 0xff },
};

/* --- the GSS header --------------------------------------------------------------- */

static uint8_t *
gss_put(uint8_t *to, size_t inner)
{
	struct writer w = writer_of(to, 6 + OID_LEN);

	der_put_head(&w, DER_APPLICATION(0), OID_LEN + inner);
	writer_bytes(&w, bytes_of(mechanism, OID_LEN));
	return to + w.need;
}

/* Where what it holds begins, and how long that is said to be: in DCE style not how long it is. 0: no such header. */
static size_t
gss_take(struct bytes token, size_t *ret_inner)
{
	struct reader r = reader_of(token);
	size_t len, count;
	struct bytes oid;

	if (reader_u8(&r) != 0x60)
		return 0;
	len = reader_u8(&r);
	if (len & 0x80) {
		count = len & 0x7f;
		if (!count || count > 4)
			return 0;
		for (len = 0; count; count--)
			len = len << 8 | reader_u8(&r);
	}
	oid = reader_bytes(&r, OID_LEN);
	if (!reader_ok(&r) || len < OID_LEN || !bytes_same(oid, bytes_of(mechanism, OID_LEN)))
		return 0;
	*ret_inner = len - OID_LEN;
	return token.len - reader_left(&r);
}

/* --- keys, numbers, checksums -------------------------------------------------------- */

static void
hmac_of(uint8_t mac[MD_LEN], const uint8_t *key, const void *text, size_t len)
{
	hmac_md5_of(mac, bytes_of(key, KERB_RC4_KEY_LEN), bytes_of(text, len), BYTES_NONE);
}

static void
be32_put(uint8_t *to, uint32_t n)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(n >> (24 - 8 * i));
}

/* The number's field there and back: its cipher's key follows from the checksum. */
static void
number_cipher(uint8_t *field, const struct kerb_key *key, const uint8_t *checksum)
{
	static const uint8_t zero[4];
	uint8_t mac[MD_LEN];
	struct rc4 cipher;

	hmac_of(mac, key->b, zero, sizeof zero);
	hmac_of(mac, mac, checksum, FIELD);
	rc4_key(&cipher, bytes_of(mac, sizeof mac));
	rc4_apply(&cipher, field, field, FIELD);
	bytes_wipe(&cipher, sizeof cipher);
	bytes_wipe(mac, sizeof mac);
}

static void
number_put(uint8_t *field, uint32_t number, bool by_acceptor)
{
	be32_put(field, number);
	be32_put(field + 4, by_acceptor ? 0xffffffffu : 0);
}

/* The message's own cipher, 7.3: the base key with every byte turned, then the number. */
static void
message_cipher(struct rc4 *ret, const struct kerb_key *key, const uint8_t number[4])
{
	static const uint8_t zero[4];
	uint8_t turned[KERB_RC4_KEY_LEN], mac[MD_LEN];

	for (size_t i = 0; i < sizeof turned; i++)
		turned[i] = key->b[i] ^ 0xf0;
	hmac_of(mac, turned, zero, sizeof zero);
	hmac_of(mac, mac, number, 4);
	rc4_key(ret, bytes_of(mac, sizeof mac));
	bytes_wipe(turned, sizeof turned);
	bytes_wipe(mac, sizeof mac);
}

static void
checksum_begin(struct md5 *m, enum usage usage, const uint8_t header[HEADER])
{
	uint8_t salt[4] = { (uint8_t)usage, 0, 0, 0 };

	md5_begin(m);
	md5_add(m, bytes_of(salt, sizeof salt));
	md5_add(m, bytes_of(header, HEADER));
}

static void
checksum_end(struct md5 *m, const struct kerb_key *key, uint8_t ret_mac[MD_LEN])
{
	uint8_t sign[MD_LEN], digest[MD_LEN];

	md5_end(m, digest);
	hmac_of(sign, key->b, "signaturekey", sizeof "signaturekey");	/* its NUL counts */
	hmac_of(ret_mac, sign, digest, sizeof digest);
	bytes_wipe(sign, sizeof sign);
}

static bool
key_fits(const struct kerb_key *key)
{
	return key->etype == KERB_RC4 && key->len == KERB_RC4_KEY_LEN;
}

/* The other side's, and in its order. `number` is in the clear. */
static enum kerb_verdict
order_of(struct kerb_seal *s, const uint8_t number[FIELD])
{
	uint32_t n = (uint32_t)number[0] << 24 | (uint32_t)number[1] << 16 | (uint32_t)number[2] << 8 | number[3];

	/* 32 bits of a number that goes on: the nearest one. */
	return kerb_order_take(s, s->receive + (uint64_t)(int64_t)(int32_t)(n - (uint32_t)s->receive));
}

static bool
direction_fits(const struct kerb_seal *s, const uint8_t number[FIELD])
{
	uint8_t expected[FIELD];

	number_put(expected, 0, !s->server);
	return same_secret(number + 4, expected + 4, 4);
}

/* --- signatures ----------------------------------------------------------------------------- */

bool
kerb_rc4_sign(struct kerb_seal *s, const struct kerb_key *key, uint8_t token[KERB_RC4_MIC_LEN],
    const struct kerb_part *parts, size_t count)
{
	uint8_t *body = gss_put(token, MIC_BODY), mac[MD_LEN];
	struct md5 m;

	if (!key_fits(key))
		return false;
	bytes_copy(body, sign_header, HEADER);
	checksum_begin(&m, USAGE_SIGN, body);
	for (size_t i = 0; i < count; i++)
		md5_add(&m, bytes_of(parts[i].at, parts[i].len));
	checksum_end(&m, key, mac);
	bytes_copy(body + CHECKSUM_AT, mac, FIELD);
	number_put(body + NUMBER_AT, (uint32_t)s->send++, s->server);
	number_cipher(body + NUMBER_AT, key, mac);
	return true;
}

enum kerb_verdict
kerb_rc4_verify(struct kerb_seal *s, const struct kerb_key *key, struct bytes token, const struct kerb_part *parts, size_t count)
{
	uint8_t mac[MD_LEN], number[FIELD];
	const uint8_t *body;
	size_t inner, at = gss_take(token, &inner);
	struct md5 m;

	if (!key_fits(key) || !at || inner != MIC_BODY || token.len - at != MIC_BODY)
		return KERB_MALFORMED;
	body = token.at + at;
	if (!bytes_same(bytes_of(body, HEADER), bytes_of(sign_header, HEADER)))
		return KERB_MALFORMED;
	checksum_begin(&m, USAGE_SIGN, body);
	for (size_t i = 0; i < count; i++)
		md5_add(&m, bytes_of(parts[i].at, parts[i].len));
	checksum_end(&m, key, mac);
	if (!same_secret(mac, body + CHECKSUM_AT, FIELD))
		return KERB_ALTERED;
	bytes_copy(number, body + NUMBER_AT, FIELD);
	number_cipher(number, key, body + CHECKSUM_AT);
	return direction_fits(s, number) ? order_of(s, number) : KERB_ALTERED;
}

/* --- messages -------------------------------------------------------------------------------- */

static size_t
wrap_inner(const struct kerb_seal *s, size_t len)
{
	return KERB_RC4_BODY + (s->dce ? 0 : len);
}

size_t
kerb_rc4_token_len(const struct kerb_seal *s, size_t len)
{
	size_t inner = wrap_inner(s, len);

	return der_size(OID_LEN + inner) - inner + KERB_RC4_BODY;	/* behind the head and the mechanism the body alone */
}

bool
kerb_rc4_encrypt(struct kerb_seal *s, const struct kerb_key *key, bool sealed, uint8_t *token, const struct kerb_part *parts,
    size_t count)
{
	uint8_t *body, mac[MD_LEN], number[FIELD];
	struct rc4 cipher;
	struct md5 m;
	size_t len = 0;

	for (size_t i = 0; i < count; i++)
		len += parts[i].clear ? 0 : parts[i].len;
	body = gss_put(token, wrap_inner(s, len));
	if (!key_fits(key) || !confounder(body + CONFOUNDER_AT, FIELD))
		return false;
	number_put(number, (uint32_t)s->send, s->server);
	message_cipher(&cipher, key, number);
	bytes_copy(body, wrap_header[sealed], HEADER);
	checksum_begin(&m, USAGE_WRAP, body);
	md5_add(&m, bytes_of(body + CONFOUNDER_AT, FIELD));
	if (sealed)
		rc4_apply(&cipher, body + CONFOUNDER_AT, body + CONFOUNDER_AT, FIELD);
	for (size_t i = 0; i < count; i++) {
		if (sealed && !parts[i].clear)
			md5_add_sealing(&m, &cipher, parts[i].at, parts[i].len);
		else
			md5_add(&m, bytes_of(parts[i].at, parts[i].len));
	}
	checksum_end(&m, key, mac);
	bytes_copy(body + CHECKSUM_AT, mac, FIELD);
	bytes_copy(body + NUMBER_AT, number, FIELD);
	number_cipher(body + NUMBER_AT, key, mac);
	bytes_wipe(&cipher, sizeof cipher);
	s->send++;
	return true;
}

size_t
kerb_rc4_wrapped_take(bool *ret_sealed, const struct kerb_seal *s, struct bytes token, size_t behind)
{
	size_t inner, at = gss_take(token, &inner);

	if (!at || token.len - at < KERB_RC4_BODY)
		return 0;
	if (inner != KERB_RC4_BODY + (s->dce ? 0 : token.len - at - KERB_RC4_BODY + behind))
		return 0;
	*ret_sealed = bytes_same(bytes_of(token.at + at, HEADER), bytes_of(wrap_header[true], HEADER));
	return *ret_sealed || bytes_same(bytes_of(token.at + at, HEADER), bytes_of(wrap_header[false], HEADER)) ? at : 0;
}

enum kerb_verdict
kerb_rc4_decrypt(struct kerb_seal *s, const struct kerb_key *key, bool sealed, uint8_t *body, const struct kerb_part *parts,
    size_t count)
{
	uint8_t mac[MD_LEN], *number = body + NUMBER_AT;
	struct rc4 cipher;
	struct md5 m;

	if (!key_fits(key))
		return KERB_MALFORMED;
	number_cipher(number, key, body + CHECKSUM_AT);
	if (!direction_fits(s, number))
		return KERB_ALTERED;
	message_cipher(&cipher, key, number);
	checksum_begin(&m, USAGE_WRAP, body);
	if (sealed)
		rc4_apply(&cipher, body + CONFOUNDER_AT, body + CONFOUNDER_AT, FIELD);
	md5_add(&m, bytes_of(body + CONFOUNDER_AT, FIELD));
	for (size_t i = 0; i < count; i++) {
		if (sealed && !parts[i].clear)
			md5_add_opened(&m, &cipher, parts[i].at, parts[i].len);
		else
			md5_add(&m, bytes_of(parts[i].at, parts[i].len));
	}
	checksum_end(&m, key, mac);
	bytes_wipe(&cipher, sizeof cipher);
	if (!same_secret(mac, body + CHECKSUM_AT, FIELD))
		return KERB_ALTERED;
	return order_of(s, number);
}

size_t
kerb_rc4_padding(struct bytes end)
{
	size_t count = end.len ? end.at[end.len - 1] : 0;

	if (!count || count > KERB_RC4_PAD_MOST || count > end.len)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (end.at[end.len - 1 - i] != count)
			return 0;
	return count;
}
