/*
 * legacy.c - MD4, MD5, HMAC-MD5, RC4 and CRC-32.
 *
 * Knows bytes and nothing of what they mean. No allocation, no system call,
 * no table that is not constant.
 */
#include "crypto/legacy.h"

static inline uint32_t
turn_left(uint32_t v, int by)
{
	return v << by | v >> (32 - by);
}

/* --- MD4: RFC 1320 ---------------------------------------------------- */

#define MD4_F(x, y, z)	((z) ^ ((x) & ((y) ^ (z))))
#define MD4_G(x, y, z)	(((x) & (y)) | ((z) & ((x) | (y))))
#define MD4_H(x, y, z)	((x) ^ (y) ^ (z))

static void
md4_block(uint32_t h[4], const uint8_t *at)
{
	static const uint8_t order[3][16] = {
		{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
		{ 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15 },
		{ 0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15 },
	};
	static const uint8_t turn[3][4] = { { 3, 7, 11, 19 }, { 3, 5, 9, 13 }, { 3, 9, 11, 15 } };
	static const uint32_t more[3] = { 0, 0x5a827999u, 0x6ed9eba1u };
	uint32_t a = h[0], b = h[1], c = h[2], d = h[3];

	for (int round = 0; round < 3; round++)
		for (int n = 0; n < 16; n++) {
			uint32_t f = round == 0 ? MD4_F(b, c, d) : round == 1 ? MD4_G(b, c, d) : MD4_H(b, c, d);
			uint32_t t = turn_left(a + f + get_u32(at + 4 * order[round][n]) + more[round], turn[round][n & 3]);

			a = d;
			d = c;
			c = b;
			b = t;
		}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
}

/* What stands behind the data of the last block: a one bit, zeros, the length in bits. Returns bytes used: 64 or 128. */
static size_t
md_pad(uint8_t last[2 * MD_BLOCK], struct bytes rest, uint64_t len)
{
	size_t end = rest.len < MD_BLOCK - 8 ? MD_BLOCK : 2 * MD_BLOCK;

	bytes_copy(last, rest.at, rest.len);
	last[rest.len] = 0x80;
	bytes_zero(last + rest.len + 1, end - rest.len - 9);
	put_u32(last + end - 8, (uint32_t)(len << 3));
	put_u32(last + end - 4, (uint32_t)(len >> 29));
	return end;
}

static void
md_put(uint8_t to[MD_LEN], const uint32_t h[4])
{
	for (int n = 0; n < 4; n++)
		put_u32(to + 4 * n, h[n]);
}

static const uint32_t md_first[4] = { 0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u };

void
md4_of(uint8_t ret_digest[MD_LEN], struct bytes data)
{
	uint8_t last[2 * MD_BLOCK];
	uint32_t h[4];
	struct bytes rest = data;
	size_t end;

	bytes_copy(h, md_first, sizeof h);
	for (; rest.len >= MD_BLOCK; rest = bytes_of(rest.at + MD_BLOCK, rest.len - MD_BLOCK))
		md4_block(h, rest.at);
	end = md_pad(last, rest, data.len);
	for (size_t n = 0; n < end; n += MD_BLOCK)
		md4_block(h, last + n);
	md_put(ret_digest, h);
	bytes_wipe(last, sizeof last);
	bytes_wipe(h, sizeof h);
}

/* --- MD5 and RC4, by the step ----------------------------------------- */

/*
 * Each MD5 step waits for the one before it, 4 or 5 cycles; each RC4 byte
 * waits for its swap in memory. The steps stand in one list with a place for
 * something else in each, so that the two can be woven: 64 steps, 64 bytes.
 *
 * The second round's function selects by disjoint bits, so its two halves
 * may be added rather than joined: only one of them waits for the last step.
 */
#define F1(x, y, z)	((z) ^ ((x) & ((y) ^ (z))))
#define F3(x, y, z)	((x) ^ ((y) ^ (z)))
#define F4(x, y, z)	((y) ^ ((x) | ~(z)))

/* What does not wait for the step before is summed first; KEEP holds the compiler to that order. */
#define KEEP(v)		__asm__("" : "+r"(v))
#define STEP(f, a, b, c, d, k, s, t)	(a) += x[k] + (t); KEEP(a); (a) = turn_left((a) + f(b, c, d), s) + (b)
#define STEP2(a, b, c, d, k, s, t)	(a) += x[k] + (t) + (~(d) & (c)); KEEP(a); (a) = turn_left((a) + ((d) & (b)), s) + (b)

#define MD5_STEPS(BESIDE)                                                                     \
	STEP(F1, a, b, c, d,  0,  7, 0xd76aa478u); BESIDE(0);  STEP(F1, d, a, b, c,  1, 12, 0xe8c7b756u); BESIDE(1);  \
	STEP(F1, c, d, a, b,  2, 17, 0x242070dbu); BESIDE(2);  STEP(F1, b, c, d, a,  3, 22, 0xc1bdceeeu); BESIDE(3);  \
	STEP(F1, a, b, c, d,  4,  7, 0xf57c0fafu); BESIDE(4);  STEP(F1, d, a, b, c,  5, 12, 0x4787c62au); BESIDE(5);  \
	STEP(F1, c, d, a, b,  6, 17, 0xa8304613u); BESIDE(6);  STEP(F1, b, c, d, a,  7, 22, 0xfd469501u); BESIDE(7);  \
	STEP(F1, a, b, c, d,  8,  7, 0x698098d8u); BESIDE(0);  STEP(F1, d, a, b, c,  9, 12, 0x8b44f7afu); BESIDE(1);  \
	STEP(F1, c, d, a, b, 10, 17, 0xffff5bb1u); BESIDE(2);  STEP(F1, b, c, d, a, 11, 22, 0x895cd7beu); BESIDE(3);  \
	STEP(F1, a, b, c, d, 12,  7, 0x6b901122u); BESIDE(4);  STEP(F1, d, a, b, c, 13, 12, 0xfd987193u); BESIDE(5);  \
	STEP(F1, c, d, a, b, 14, 17, 0xa679438eu); BESIDE(6);  STEP(F1, b, c, d, a, 15, 22, 0x49b40821u); BESIDE(7);  \
	STEP2(a, b, c, d,  1,  5, 0xf61e2562u);    BESIDE(0);  STEP2(d, a, b, c,  6,  9, 0xc040b340u);    BESIDE(1);  \
	STEP2(c, d, a, b, 11, 14, 0x265e5a51u);    BESIDE(2);  STEP2(b, c, d, a,  0, 20, 0xe9b6c7aau);    BESIDE(3);  \
	STEP2(a, b, c, d,  5,  5, 0xd62f105du);    BESIDE(4);  STEP2(d, a, b, c, 10,  9, 0x02441453u);    BESIDE(5);  \
	STEP2(c, d, a, b, 15, 14, 0xd8a1e681u);    BESIDE(6);  STEP2(b, c, d, a,  4, 20, 0xe7d3fbc8u);    BESIDE(7);  \
	STEP2(a, b, c, d,  9,  5, 0x21e1cde6u);    BESIDE(0);  STEP2(d, a, b, c, 14,  9, 0xc33707d6u);    BESIDE(1);  \
	STEP2(c, d, a, b,  3, 14, 0xf4d50d87u);    BESIDE(2);  STEP2(b, c, d, a,  8, 20, 0x455a14edu);    BESIDE(3);  \
	STEP2(a, b, c, d, 13,  5, 0xa9e3e905u);    BESIDE(4);  STEP2(d, a, b, c,  2,  9, 0xfcefa3f8u);    BESIDE(5);  \
	STEP2(c, d, a, b,  7, 14, 0x676f02d9u);    BESIDE(6);  STEP2(b, c, d, a, 12, 20, 0x8d2a4c8au);    BESIDE(7);  \
	STEP(F3, a, b, c, d,  5,  4, 0xfffa3942u); BESIDE(0);  STEP(F3, d, a, b, c,  8, 11, 0x8771f681u); BESIDE(1);  \
	STEP(F3, c, d, a, b, 11, 16, 0x6d9d6122u); BESIDE(2);  STEP(F3, b, c, d, a, 14, 23, 0xfde5380cu); BESIDE(3);  \
	STEP(F3, a, b, c, d,  1,  4, 0xa4beea44u); BESIDE(4);  STEP(F3, d, a, b, c,  4, 11, 0x4bdecfa9u); BESIDE(5);  \
	STEP(F3, c, d, a, b,  7, 16, 0xf6bb4b60u); BESIDE(6);  STEP(F3, b, c, d, a, 10, 23, 0xbebfbc70u); BESIDE(7);  \
	STEP(F3, a, b, c, d, 13,  4, 0x289b7ec6u); BESIDE(0);  STEP(F3, d, a, b, c,  0, 11, 0xeaa127fau); BESIDE(1);  \
	STEP(F3, c, d, a, b,  3, 16, 0xd4ef3085u); BESIDE(2);  STEP(F3, b, c, d, a,  6, 23, 0x04881d05u); BESIDE(3);  \
	STEP(F3, a, b, c, d,  9,  4, 0xd9d4d039u); BESIDE(4);  STEP(F3, d, a, b, c, 12, 11, 0xe6db99e5u); BESIDE(5);  \
	STEP(F3, c, d, a, b, 15, 16, 0x1fa27cf8u); BESIDE(6);  STEP(F3, b, c, d, a,  2, 23, 0xc4ac5665u); BESIDE(7);  \
	STEP(F4, a, b, c, d,  0,  6, 0xf4292244u); BESIDE(0);  STEP(F4, d, a, b, c,  7, 10, 0x432aff97u); BESIDE(1);  \
	STEP(F4, c, d, a, b, 14, 15, 0xab9423a7u); BESIDE(2);  STEP(F4, b, c, d, a,  5, 21, 0xfc93a039u); BESIDE(3);  \
	STEP(F4, a, b, c, d, 12,  6, 0x655b59c3u); BESIDE(4);  STEP(F4, d, a, b, c,  3, 10, 0x8f0ccc92u); BESIDE(5);  \
	STEP(F4, c, d, a, b, 10, 15, 0xffeff47du); BESIDE(6);  STEP(F4, b, c, d, a,  1, 21, 0x85845dd1u); BESIDE(7);  \
	STEP(F4, a, b, c, d,  8,  6, 0x6fa87e4fu); BESIDE(0);  STEP(F4, d, a, b, c, 15, 10, 0xfe2ce6e0u); BESIDE(1);  \
	STEP(F4, c, d, a, b,  6, 15, 0xa3014314u); BESIDE(2);  STEP(F4, b, c, d, a, 13, 21, 0x4e0811a1u); BESIDE(3);  \
	STEP(F4, a, b, c, d,  4,  6, 0xf7537e82u); BESIDE(4);  STEP(F4, d, a, b, c, 11, 10, 0xbd3af235u); BESIDE(5);  \
	STEP(F4, c, d, a, b,  2, 15, 0x2ad7d2bbu); BESIDE(6);  STEP(F4, b, c, d, a,  9, 21, 0xeb86d391u); BESIDE(7)

/* One byte of key stream into place n of eight; the eighth goes to the data. */
#define RC4_BYTE(n) do {                                        \
	uint8_t tx, ty;                                         \
	i++;                                                    \
	tx = s[i];                                              \
	j = (uint8_t)(j + tx);                                  \
	ty = s[j];                                              \
	s[i] = ty;                                              \
	s[j] = tx;                                              \
	stream |= (uint64_t)s[(uint8_t)(tx + ty)] << (8 * (n)); \
	if ((n) == 7) {                                         \
		xor_u64(to, from, stream);                      \
		stream = 0;                                     \
		to += 8;                                        \
		from += 8;                                      \
	}                                                       \
} while (0)

#define NOTHING(n)	(void)0

static inline void
xor_u64(uint8_t *to, const uint8_t *from, uint64_t with)
{
	uint64_t v = (uint64_t)get_u32(from) | (uint64_t)get_u32(from + 4) << 32;

	v ^= with;
	put_u32(to, (uint32_t)v);
	put_u32(to + 4, (uint32_t)(v >> 32));
}

/* A block on its way through the steps may be a padded key. */
static inline void
block_wipe(uint32_t x[16])
{
	for (int n = 0; n < 16; n++)
		x[n] = 0;
	__asm__ volatile("" : : "r"(x) : "memory");
}

static inline void
block_read(uint32_t x[16], const uint8_t *at)
{
	for (int n = 0; n < 16; n++)
		x[n] = get_u32(at + 4 * n);
}

static void
md5_blocks(uint32_t h[4], const uint8_t *at, size_t count)
{
	uint32_t a = h[0], b = h[1], c = h[2], d = h[3], x[16];

	for (; count; count--, at += MD_BLOCK) {
		uint32_t a0 = a, b0 = b, c0 = c, d0 = d;

		block_read(x, at);
		MD5_STEPS(NOTHING);
		a += a0;
		b += b0;
		c += c0;
		d += d0;
	}
	h[0] = a;
	h[1] = b;
	h[2] = c;
	h[3] = d;
	block_wipe(x);
}

/*
 * Hashes `count` blocks while as many bytes are ciphered in place at `to`:
 * first the block `first`, then those from `hash` on. With `ahead` the next
 * block is read before the present 64 bytes are ciphered, because they reach
 * into it; without, it is read after, because it is not plain before.
 */
static inline __attribute__((always_inline)) void
woven_blocks(uint32_t h[4], const uint8_t *first, const uint8_t *hash, struct rc4 *r, uint8_t *to, size_t count,
    bool ahead)
{
	uint32_t a = h[0], b = h[1], c = h[2], d = h[3], x[16], next[16] = { 0 };
	const uint8_t *from = to;
	uint8_t *s = r->s, i = r->i, j = r->j;
	uint64_t stream = 0;

	block_read(x, first);
	for (;;) {
		uint32_t a0 = a, b0 = b, c0 = c, d0 = d;

		if (ahead && count > 1)
			block_read(next, hash);
		MD5_STEPS(RC4_BYTE);
		a += a0;
		b += b0;
		c += c0;
		d += d0;
		if (--count == 0)
			break;
		if (ahead)
			for (int n = 0; n < 16; n++)
				x[n] = next[n];
		else
			block_read(x, hash);
		hash += MD_BLOCK;
	}
	h[0] = a;
	h[1] = b;
	h[2] = c;
	h[3] = d;
	r->i = i;
	r->j = j;
	block_wipe(x);
}

/* --- MD5: RFC 1321 ---------------------------------------------------- */

void
md5_begin(struct md5 *m)
{
	bytes_copy(m->h, md_first, sizeof m->h);
	m->fill = 0;
	m->len = 0;
}

void
md5_add(struct md5 *m, struct bytes data)
{
	size_t n;

	m->len += data.len;
	if (m->fill) {
		n = MD_BLOCK - m->fill;
		if (n > data.len)
			n = data.len;
		bytes_copy(m->block + m->fill, data.at, n);
		m->fill += (uint32_t)n;
		if (m->fill < MD_BLOCK)
			return;
		md5_blocks(m->h, m->block, 1);
		m->fill = 0;
		data = bytes_of(data.at + n, data.len - n);
	}
	n = data.len / MD_BLOCK;
	if (n)
		md5_blocks(m->h, data.at, n);
	n *= MD_BLOCK;
	m->fill = (uint32_t)(data.len - n);
	if (m->fill)
		bytes_copy(m->block, data.at + n, m->fill);
}

static void
md5_finish(struct md5 *m, uint8_t ret_digest[MD_LEN])
{
	uint8_t last[2 * MD_BLOCK];
	size_t end = md_pad(last, bytes_of(m->block, m->fill), m->len);

	md5_blocks(m->h, last, end / MD_BLOCK);
	md_put(ret_digest, m->h);
	bytes_wipe(last, sizeof last);
}

void
md5_end(struct md5 *m, uint8_t ret_digest[MD_LEN])
{
	md5_finish(m, ret_digest);
	bytes_wipe(m, sizeof *m);
}

void
md5_of(uint8_t ret_digest[MD_LEN], struct bytes data)
{
	struct md5 m;

	md5_begin(&m);
	md5_add(&m, data);
	md5_end(&m, ret_digest);
}

/* --- HMAC-MD5: RFC 2104 ----------------------------------------------- */

void
hmac_md5_key_of(struct hmac_md5_key *ret_key, struct bytes key)
{
	uint8_t pad[MD_BLOCK] = { 0 };

	if (key.len > MD_BLOCK)
		md5_of(pad, key);
	else
		bytes_copy(pad, key.at, key.len);
	for (size_t n = 0; n < sizeof pad; n++)
		pad[n] ^= 0x36;
	bytes_copy(ret_key->inner, md_first, sizeof ret_key->inner);
	md5_blocks(ret_key->inner, pad, 1);
	for (size_t n = 0; n < sizeof pad; n++)
		pad[n] ^= 0x36 ^ 0x5c;
	bytes_copy(ret_key->outer, md_first, sizeof ret_key->outer);
	md5_blocks(ret_key->outer, pad, 1);
	bytes_wipe(pad, sizeof pad);
}

void
hmac_md5_begin(struct md5 *m, const struct hmac_md5_key *key)
{
	bytes_copy(m->h, key->inner, sizeof m->h);
	m->fill = 0;
	m->len = MD_BLOCK;
}

void
hmac_md5_end(struct md5 *m, const struct hmac_md5_key *key, uint8_t ret_mac[MD_LEN])
{
	md5_finish(m, m->block);
	bytes_copy(m->h, key->outer, sizeof m->h);
	m->fill = MD_LEN;
	m->len = MD_BLOCK + MD_LEN;
	md5_end(m, ret_mac);
}

void
hmac_md5_of(uint8_t ret_mac[MD_LEN], struct bytes key, struct bytes first, struct bytes second)
{
	struct hmac_md5_key k;
	struct md5 m;

	hmac_md5_key_of(&k, key);
	hmac_md5_begin(&m, &k);
	md5_add(&m, first);
	md5_add(&m, second);
	hmac_md5_end(&m, &k, ret_mac);
	bytes_wipe(&k, sizeof k);
}

/* --- RC4 -------------------------------------------------------------- */

void
rc4_key(struct rc4 *r, struct bytes key)
{
	uint8_t j = 0;
	size_t k = 0;

	for (int n = 0; n < 256; n++)
		r->s[n] = (uint8_t)n;
	for (int n = 0; n < 256; n++) {
		uint8_t t = r->s[n];

		j = (uint8_t)(j + t + key.at[k]);
		r->s[n] = r->s[j];
		r->s[j] = t;
		if (++k == key.len)
			k = 0;
	}
	r->i = r->j = 0;
}

void
rc4_apply(struct rc4 *r, uint8_t *to, const uint8_t *from, size_t len)
{
	uint8_t *s = r->s, i = r->i, j = r->j;
	uint64_t stream = 0;

	for (; len >= 8; len -= 8) {
		RC4_BYTE(0);
		RC4_BYTE(1);
		RC4_BYTE(2);
		RC4_BYTE(3);
		RC4_BYTE(4);
		RC4_BYTE(5);
		RC4_BYTE(6);
		RC4_BYTE(7);
	}
	for (size_t n = 0; n < len; n++) {
		RC4_BYTE(0);
		to[n] = (uint8_t)(from[n] ^ stream);
		stream = 0;
	}
	r->i = i;
	r->j = j;
}

/* --- both at once ----------------------------------------------------- */

/* Completes the block that waits, or takes the data's first; either way `n` bytes of the data are in it. */
static const uint8_t *
first_block(struct md5 *m, const uint8_t *at, size_t n)
{
	if (m->fill == 0)
		return at;
	bytes_copy(m->block + m->fill, at, n);
	return m->block;
}

/*
 * The cipher walks in blocks of the data, the digest in blocks of its own
 * that begin `fill` bytes earlier; so after whole blocks `fill` is what it
 * was, and the bytes that wait are the last ones, kept while still plain.
 */
void
md5_add_sealing(struct md5 *m, struct rc4 *r, uint8_t *at, size_t len)
{
	size_t count = len / MD_BLOCK, whole = count * MD_BLOCK, n = MD_BLOCK - m->fill;
	uint8_t waits[MD_BLOCK];

	if (count) {
		bytes_copy(waits, at + whole - m->fill, m->fill);
		woven_blocks(m->h, first_block(m, at, n), at + n, r, at, count, true);
		bytes_copy(m->block, waits, m->fill);
		m->len += whole;
	}
	md5_add(m, bytes_of(at + whole, len - whole));
	rc4_apply(r, at + whole, at + whole, len - whole);
}

/* The digest walks one block behind the cipher. */
void
md5_add_opened(struct md5 *m, struct rc4 *r, uint8_t *at, size_t len)
{
	size_t count = len / MD_BLOCK, n = MD_BLOCK - m->fill, hashed = 0, opened = 0;

	if (count > 1) {
		rc4_apply(r, at, at, MD_BLOCK);
		woven_blocks(m->h, first_block(m, at, n), at + n, r, at + MD_BLOCK, count - 1, false);
		opened = count * MD_BLOCK;
		hashed = n + (count - 2) * MD_BLOCK;
		m->len += hashed;
		m->fill = 0;
	}
	rc4_apply(r, at + opened, at + opened, len - opened);
	md5_add(m, bytes_of(at + hashed, len - hashed));
}

/* --- CRC-32: IEEE 802.3 ----------------------------------------------- */

uint32_t
crc32_add(uint32_t crc, struct bytes data)
{
	static const uint32_t by_nibble[16] = {
		0x00000000u, 0x1db71064u, 0x3b6e20c8u, 0x26d930acu, 0x76dc4190u, 0x6b6b51f4u, 0x4db26158u, 0x5005713cu,
		0xedb88320u, 0xf00f9344u, 0xd6d6a3e8u, 0xcb61b38cu, 0x9b64c2b0u, 0x86d3d2d4u, 0xa00ae278u, 0xbdbdf21cu,
	};

	crc = ~crc;
	for (size_t n = 0; n < data.len; n++) {
		crc ^= data.at[n];
		crc = by_nibble[crc & 15] ^ crc >> 4;
		crc = by_nibble[crc & 15] ^ crc >> 4;
	}
	return ~crc;
}
