/*
 * name.c - account names. Pure: no clock, no allocation, no store.
 */
#include "store/name.h"

#include <string.h>

#include "base/utf16.h"

#define SEQUENCE_MAX	4u		/* bytes of one UTF-8 character, for a first look at the length */

bool
name_fold(struct name_fold *ret_fold, struct bytes utf8)
{
	struct writer w = writer_of(ret_fold->at, sizeof ret_fold->at);

	ret_fold->len = 0;
	if (utf8.len == 0 || utf8.len > NAME_FOLD_MAX / 2 * SEQUENCE_MAX)
		return false;
	if (!utf16_from_utf8(&w, utf8) || !writer_ok(&w))
		return false;
	utf16_upper(ret_fold->at, w.need);
	ret_fold->len = w.need;
	return true;
}

/* C0, DEL, C1, and the characters that turn or break a line of text (U+2028, U+2029, U+202A to E, U+2066 to 9). */
static bool
has_control(const struct name_fold *f)
{
	for (size_t i = 0; i + 1 < f->len; i += 2) {
		uint16_t c = get_u16(f->at + i);

		if (c < 0x20 || (c >= 0x7f && c <= 0x9f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
			return true;
	}
	return false;
}

bool
name_allowed(struct bytes utf8)
{
	static const char refused[] = "\"/\\[]:;|=,+*?<>@";
	struct name_fold f;

	if (!name_fold(&f, utf8) || has_control(&f))
		return false;
	for (size_t i = 0; i < utf8.len; i++)
		if (memchr(refused, utf8.at[i], sizeof refused - 1))
			return false;
	return utf8.at[0] != ' ' && utf8.at[utf8.len - 1] != ' ' && utf8.at[utf8.len - 1] != '.';
}

bool
name_text_allowed(struct bytes utf8)
{
	struct name_fold f;

	return utf8.len == 0 || (name_fold(&f, utf8) && !has_control(&f));
}

/* --- the keyed hash ------------------------------------------------------ */

static inline uint64_t
turn(uint64_t v, unsigned by)
{
	return v << by | v >> (64 - by);
}

static inline void
sip_rounds(uint64_t v[4], unsigned count)
{
	while (count--) {
		v[0] += v[1]; v[1] = turn(v[1], 13); v[1] ^= v[0]; v[0] = turn(v[0], 32);
		v[2] += v[3]; v[3] = turn(v[3], 16); v[3] ^= v[2];
		v[0] += v[3]; v[3] = turn(v[3], 21); v[3] ^= v[0];
		v[2] += v[1]; v[1] = turn(v[1], 17); v[1] ^= v[2]; v[2] = turn(v[2], 32);
	}
}

static inline uint64_t
get_u64(const uint8_t *p)
{
	return (uint64_t)get_u32(p) | (uint64_t)get_u32(p + 4) << 32;
}

uint64_t
name_hash(const uint8_t key[16], struct bytes b)
{
	uint64_t k0 = get_u64(key), k1 = get_u64(key + 8), word;
	uint64_t v[4] = { k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u, k1 ^ 0x7465646279746573u };
	size_t i = 0;

	for (; b.len - i >= 8; i += 8) {
		word = get_u64(b.at + i);
		v[3] ^= word;
		sip_rounds(v, 2);
		v[0] ^= word;
	}
	word = (uint64_t)b.len << 56;
	for (unsigned shift = 0; i < b.len; i++, shift += 8)
		word |= (uint64_t)b.at[i] << shift;
	v[3] ^= word;
	sip_rounds(v, 2);
	v[0] ^= word;
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
