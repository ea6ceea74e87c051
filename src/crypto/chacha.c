/*
 * chacha.c - see chacha.h. RFC 8439 2.1 to 2.3.
 */
#include "crypto/chacha.h"

#define WORDS 16u

static uint32_t
turned(uint32_t x, unsigned by)
{
	return x << by | x >> (32 - by);
}

static void
quarter(uint32_t s[WORDS], unsigned a, unsigned b, unsigned c, unsigned d)
{
	s[a] += s[b];
	s[d] = turned(s[d] ^ s[a], 16);
	s[c] += s[d];
	s[b] = turned(s[b] ^ s[c], 12);
	s[a] += s[b];
	s[d] = turned(s[d] ^ s[a], 8);
	s[c] += s[d];
	s[b] = turned(s[b] ^ s[c], 7);
}

static void
block(const uint32_t in[WORDS], uint8_t out[CHACHA_BLOCK])
{
	uint32_t s[WORDS];

	for (unsigned i = 0; i < WORDS; i++)
		s[i] = in[i];
	for (unsigned i = 0; i < 10; i++) {
		quarter(s, 0, 4, 8, 12);
		quarter(s, 1, 5, 9, 13);
		quarter(s, 2, 6, 10, 14);
		quarter(s, 3, 7, 11, 15);
		quarter(s, 0, 5, 10, 15);
		quarter(s, 1, 6, 11, 12);
		quarter(s, 2, 7, 8, 13);
		quarter(s, 3, 4, 9, 14);
	}
	for (unsigned i = 0; i < WORDS; i++)
		put_u32(out + 4 * i, s[i] + in[i]);
	bytes_wipe(s, sizeof s);
}

void
chacha_stream(const uint8_t key[CHACHA_KEY], uint8_t *to, size_t len)
{
	uint32_t state[WORDS] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };	/* "expand 32-byte k" */
	uint8_t last[CHACHA_BLOCK];

	for (unsigned i = 0; i < 8; i++)
		state[4 + i] = get_u32(key + 4 * i);
	for (; len >= CHACHA_BLOCK; len -= CHACHA_BLOCK, to += CHACHA_BLOCK, state[12]++)
		block(state, to);
	if (len) {
		block(state, last);
		bytes_copy(to, last, len);
		bytes_wipe(last, sizeof last);
	}
	bytes_wipe(state, sizeof state);
}
