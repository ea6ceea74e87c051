/*
 * ntlm_seal.c - the protection of NTLM messages.
 *
 * Pure: no allocation, no system call. It must never learn to know buffers of
 * the API, nor who the peer is. [MS-NLMP] 3.4.2 to 3.4.4, 3.4.7.
 *
 * The signature: version 1, eight bytes that differ by mode, sequence number.
 */
#include "pkg/ntlm/ntlm_seal.h"

#define OF(field) bytes_of((field), sizeof(field))

/* What a signature is made of, by the flags. */
enum mode { CONSTANT, CHECKSUM, DIGEST };	/* ALWAYS_SIGN alone; CRC-32 without ESS; HMAC-MD5 with */

static enum mode
mode_of(const struct ntlm_seal *s)
{
	if (!(s->flags & (NTLM_NEGOTIATE_SIGN | NTLM_NEGOTIATE_SEAL)))
		return CONSTANT;
	return s->flags & NTLM_NEGOTIATE_ESS ? DIGEST : CHECKSUM;
}

static bool
has(const struct ntlm_seal *s, uint32_t flag)
{
	return (s->flags & flag) != 0;
}

static const uint8_t constant_signature[NTLM_SIGNATURE_LEN] = { 1 };

/* --- the two directions ----------------------------------------------- */

void
ntlm_seal_begin(struct ntlm_seal *s, enum ntlm_side side, uint32_t flags, const struct session_key *key)
{
	enum ntlm_side peer = side == NTLM_CLIENT ? NTLM_SERVER : NTLM_CLIENT;

	*s = (struct ntlm_seal){ .flags = flags, .key = *key, .out.sender = (uint8_t)side, .in.sender = (uint8_t)peer };
}

/*
 * Its keys are made when a direction is first used: many contexts never
 * protect a message, and these keys are a quarter of a handshake.
 */
static struct ntlm_way *
way_ready(const struct ntlm_seal *s, struct ntlm_way *way)
{
	struct sign_key sign;

	if (way->keyed)
		return way;
	sign = sign_key_of(&s->key, way->sender);
	hmac_md5_key_of(&way->sign, OF(sign.b));
	bytes_wipe(&sign, sizeof sign);
	way->seal = seal_key_of(&s->key, s->flags, way->sender);
	rc4_key(&way->stream, bytes_of(way->seal.b, way->seal.len));
	way->keyed = true;
	return way;
}

void
ntlm_seal_wipe(struct ntlm_seal *s)
{
	bytes_wipe(s, sizeof *s);
}

bool
ntlm_seal_shared(const struct ntlm_seal *s)
{
	return !has(s, NTLM_NEGOTIATE_ESS);
}

static struct ntlm_way *
way_out(struct ntlm_seal *s)
{
	return way_ready(s, &s->out);
}

static struct ntlm_way *
way_in(struct ntlm_seal *s)
{
	return way_ready(s, ntlm_seal_shared(s) ? &s->out : &s->in);
}

void
ntlm_seal_reset(struct ntlm_seal *s, enum ntlm_direction which)
{
	struct ntlm_way *way = which == NTLM_OUT ? way_out(s) : way_in(s);

	rc4_key(&way->stream, bytes_of(way->seal.b, way->seal.len));
}

/* For datagrams each message has a stream of its own: MD5(SealKey, sequence number), 3.4.4. */
static uint32_t
way_turn(const struct ntlm_seal *s, struct ntlm_way *way, uint32_t sequence)
{
	struct md5 m;
	uint8_t number[4], key[MD_LEN];

	if (!has(s, NTLM_NEGOTIATE_DATAGRAM))
		return way->seq;
	put_u32(number, sequence);
	md5_begin(&m);
	md5_add(&m, bytes_of(way->seal.b, way->seal.len));
	md5_add(&m, OF(number));
	md5_end(&m, key);
	rc4_key(&way->stream, OF(key));
	bytes_wipe(key, sizeof key);
	return sequence;
}

/* --- the parts of a message ------------------------------------------- */

/* What happens to the parts that are not clear, while all are signed. */
enum work { LEAVE, SEAL, OPEN };

static void
digest_parts(struct md5 *m, struct rc4 *stream, const struct ntlm_part *parts, size_t count, enum work work)
{
	for (size_t n = 0; n < count; n++) {
		if (work == LEAVE || parts[n].clear)
			md5_add(m, bytes_of(parts[n].at, parts[n].len));
		else if (work == SEAL)
			md5_add_sealing(m, stream, parts[n].at, parts[n].len);
		else
			md5_add_opened(m, stream, parts[n].at, parts[n].len);
	}
}

static uint32_t
checksum_parts(struct rc4 *stream, const struct ntlm_part *parts, size_t count, enum work work)
{
	uint32_t crc = 0;

	for (size_t n = 0; n < count; n++) {
		bool change = work != LEAVE && !parts[n].clear;

		if (change && work == OPEN)
			rc4_apply(stream, parts[n].at, parts[n].at, parts[n].len);
		crc = crc32_add(crc, bytes_of(parts[n].at, parts[n].len));
		if (change && work == SEAL)
			rc4_apply(stream, parts[n].at, parts[n].at, parts[n].len);
	}
	return crc;
}

static void
wipe_parts(const struct ntlm_part *parts, size_t count)
{
	for (size_t n = 0; n < count; n++)
		if (!parts[n].clear)
			bytes_wipe(parts[n].at, parts[n].len);
}

/* --- the two kinds of signature --------------------------------------- */

/* 3.4.4.2: the digest's first half, sealed when keys were exchanged, and the number in clear. */
static void
digest_make(const struct ntlm_seal *s, struct ntlm_way *way, uint8_t signature[NTLM_SIGNATURE_LEN], uint32_t seq,
    const struct ntlm_part *parts, size_t count, enum work work)
{
	struct md5 m;
	uint8_t number[4], mac[MD_LEN];

	put_u32(number, seq);
	hmac_md5_begin(&m, &way->sign);
	md5_add(&m, OF(number));
	digest_parts(&m, &way->stream, parts, count, work);
	hmac_md5_end(&m, &way->sign, mac);
	if (has(s, NTLM_NEGOTIATE_KEY_EXCH))
		rc4_apply(&way->stream, mac, mac, 8);
	put_u32(signature, 1);
	bytes_copy(signature + 4, mac, 8);
	put_u32(signature + 12, seq);
}

/*
 * 3.4.4.1: four bytes of pad, checksum and number, all three through the
 * stream; then the pad is overwritten with zero, as Windows does.
 */
static void
checksum_make(struct ntlm_way *way, uint8_t signature[NTLM_SIGNATURE_LEN], uint32_t seq,
    const struct ntlm_part *parts, size_t count, enum work work)
{
	uint8_t sealed[12] = { 0 };

	put_u32(sealed + 4, checksum_parts(&way->stream, parts, count, work));
	put_u32(sealed + 8, seq);
	rc4_apply(&way->stream, sealed, sealed, sizeof sealed);
	put_u32(sealed, 0);
	put_u32(signature, 1);
	bytes_copy(signature + 4, sealed, sizeof sealed);
}

static void
signature_make(struct ntlm_seal *s, uint8_t signature[NTLM_SIGNATURE_LEN], const struct ntlm_part *parts,
    size_t count, uint32_t sequence, enum work work)
{
	enum mode mode = mode_of(s);
	struct ntlm_way *way;
	uint32_t seq;

	if (mode == CONSTANT) {
		bytes_copy(signature, constant_signature, NTLM_SIGNATURE_LEN);
		return;
	}
	way = way_out(s);
	seq = way_turn(s, way, sequence);
	if (mode == DIGEST)
		digest_make(s, way, signature, seq, parts, count, work);
	else
		checksum_make(way, signature, seq, parts, count, work);
	way->seq++;
}

/* The pad of a checksum signature is whatever the peer likes: bytes 4 to 8 do not count there. */
static bool
signature_same(enum mode mode, const uint8_t *mine, const uint8_t *theirs)
{
	size_t from = mode == CHECKSUM ? 8 : 4;

	return same_secret(mine + from, theirs + from, NTLM_SIGNATURE_LEN - from);
}

static enum ntlm_verdict
signature_check(struct ntlm_seal *s, const uint8_t signature[NTLM_SIGNATURE_LEN], const struct ntlm_part *parts,
    size_t count, uint32_t sequence, enum work work)
{
	struct ntlm_way *way = way_in(s);
	enum mode mode = mode_of(s);
	uint8_t mine[NTLM_SIGNATURE_LEN];
	uint32_t seq = has(s, NTLM_NEGOTIATE_DATAGRAM) ? sequence : way->seq;

	if (mode == CONSTANT)
		return same_secret(signature, constant_signature, NTLM_SIGNATURE_LEN) ? NTLM_GENUINE : NTLM_ALTERED;
	if (get_u32(signature) != 1)
		return NTLM_ALTERED;
	if (mode == DIGEST && get_u32(signature + 12) != seq)
		return NTLM_OUT_OF_SEQUENCE;
	seq = way_turn(s, way, sequence);
	if (mode == DIGEST)
		digest_make(s, way, mine, seq, parts, count, work);
	else
		checksum_make(way, mine, seq, parts, count, work);
	way->seq++;
	if (signature_same(mode, mine, signature))
		return NTLM_GENUINE;
	if (work == OPEN)
		wipe_parts(parts, count);
	return NTLM_ALTERED;
}

/* --- the four verbs --------------------------------------------------- */

void
ntlm_sign(struct ntlm_seal *s, uint8_t ret_signature[NTLM_SIGNATURE_LEN], const struct ntlm_part *parts, size_t count,
    uint32_t sequence)
{
	signature_make(s, ret_signature, parts, count, sequence, LEAVE);
}

enum ntlm_verdict
ntlm_verify(struct ntlm_seal *s, const uint8_t signature[NTLM_SIGNATURE_LEN], const struct ntlm_part *parts,
    size_t count, uint32_t sequence)
{
	return signature_check(s, signature, parts, count, sequence, LEAVE);
}

void
ntlm_encrypt(struct ntlm_seal *s, uint8_t ret_signature[NTLM_SIGNATURE_LEN], const struct ntlm_part *parts,
    size_t count, uint32_t sequence)
{
	signature_make(s, ret_signature, parts, count, sequence, SEAL);
}

enum ntlm_verdict
ntlm_decrypt(struct ntlm_seal *s, const uint8_t signature[NTLM_SIGNATURE_LEN], const struct ntlm_part *parts,
    size_t count, uint32_t sequence)
{
	return signature_check(s, signature, parts, count, sequence, OPEN);
}

/* --- as bytes --------------------------------------------------------- */

static void
way_put(struct writer *w, const struct ntlm_way *way)
{
	writer_u32(w, way->seq);
	for (size_t n = 0; n < 4; n++)
		writer_u32(w, way->sign.inner[n]);
	for (size_t n = 0; n < 4; n++)
		writer_u32(w, way->sign.outer[n]);
	writer_u32(w, way->seal.len);
	writer_bytes(w, OF(way->seal.b));
	writer_u8(w, way->stream.i);
	writer_u8(w, way->stream.j);
	writer_bytes(w, OF(way->stream.s));
}

static void
way_take(struct ntlm_way *way, struct reader *r)
{
	way->seq = reader_u32(r);
	for (size_t n = 0; n < 4; n++)
		way->sign.inner[n] = reader_u32(r);
	for (size_t n = 0; n < 4; n++)
		way->sign.outer[n] = reader_u32(r);
	way->seal.len = reader_u32(r);
	reader_fixed(r, way->seal.b, sizeof way->seal.b);
	if (way->seal.len != 8 && way->seal.len != sizeof way->seal.b)
		reader_spoil(r);
	way->stream.i = reader_u8(r);
	way->stream.j = reader_u8(r);
	reader_fixed(r, way->stream.s, sizeof way->stream.s);
	way->keyed = true;
}

void
ntlm_seal_put(struct writer *w, struct ntlm_seal *s)
{
	writer_u32(w, s->flags);
	way_put(w, way_ready(s, &s->out));
	way_put(w, way_ready(s, &s->in));
}

bool
ntlm_seal_take(struct ntlm_seal *s, struct reader *r)
{
	*s = (struct ntlm_seal){ .flags = reader_u32(r) };
	way_take(&s->out, r);
	way_take(&s->in, r);
	if (reader_ok(r))
		return true;
	ntlm_seal_wipe(s);
	return false;
}
