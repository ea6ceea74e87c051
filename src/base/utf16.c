/*
 * utf16.c - UTF-8 to UTF-16LE and back, and Windows' upper-casing.
 *
 * Pure: no locale, no allocation. Must never learn to know what a name
 * means. UTF-8: RFC 3629; UTF-16: RFC 2781.
 */
#include "base/utf16.h"

#include "base/upcase_table.h"

#define BAD UINT32_MAX

#define IS_HIGH(unit)	(((unit) & 0xFC00u) == 0xD800)
#define IS_LOW(unit)	(((unit) & 0xFC00u) == 0xDC00)

/* One character, or BAD. */
static uint32_t
utf8_take(struct reader *r)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };	/* below: overlong */
	uint8_t lead = reader_u8(r);
	struct bytes more;
	uint32_t c;
	size_t n;

	if (lead < 0x80)
		return lead;
	if (lead < 0xC0 || lead > 0xF4)
		return BAD;
	n = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
	c = lead & (0x3Fu >> n);
	more = reader_bytes(r, n);
	for (size_t i = 0; i < more.len; i++) {
		if ((more.at[i] & 0xC0) != 0x80)
			return BAD;
		c = c << 6 | (more.at[i] & 0x3Fu);
	}
	if (more.len != n || c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		return BAD;
	return c;
}

static uint32_t
utf16_take(struct reader *r)
{
	uint32_t high = reader_u16(r), low;

	if (!IS_HIGH(high))
		return reader_ok(r) && !IS_LOW(high) ? high : BAD;
	low = reader_u16(r);
	return reader_ok(r) && IS_LOW(low) ? 0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF) : BAD;
}

static void
utf16_put(struct writer *w, uint32_t c)
{
	if (c >= 0x10000) {
		writer_u16(w, (uint16_t)(0xD800 + ((c - 0x10000) >> 10)));
		c = 0xDC00 + (c & 0x3FF);
	}
	writer_u16(w, (uint16_t)c);
}

static void
utf8_put(struct writer *w, uint32_t c)
{
	uint8_t b[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n - 1; i > 0; i--) {
		b[i] = (uint8_t)(0x80 | (c & 0x3F));
		c >>= 6;
	}
	b[0] = (uint8_t)(n == 1 ? c : (0xF00u >> n & 0xFF) | c);
	writer_bytes(w, bytes_of(b, n));
}

static bool
convert(struct writer *w, struct bytes from, uint32_t (*take)(struct reader *), void (*put)(struct writer *, uint32_t))
{
	struct reader r = reader_of(from);
	size_t before = w->need;

	while (reader_left(&r)) {
		uint32_t c = take(&r);

		if (c == BAD) {
			w->need = before;
			return false;
		}
		put(w, c);
	}
	return true;
}

/* In runs sorted by their last unit: the first that ends at or behind c is the only one to hold it. */
static uint16_t
unit_upper(uint16_t c)
{
	size_t low = 0, high = sizeof upcase_runs / sizeof upcase_runs[0];
	const struct upcase_run *run;

	if (c < 0x80)
		return c >= 'a' && c <= 'z' ? (uint16_t)(c - 32) : c;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (upcase_runs[middle].last < c)
			low = middle + 1;
		else
			high = middle;
	}
	run = &upcase_runs[low];
	if (low == sizeof upcase_runs / sizeof upcase_runs[0] || c < run->first || (c - run->first) % run->step)
		return c;
	return (uint16_t)(c + run->delta);
}

bool
utf16_from_utf8(struct writer *w, struct bytes utf8)
{
	return convert(w, utf8, utf8_take, utf16_put);
}

bool
utf8_from_utf16(struct writer *w, struct bytes utf16le)
{
	return convert(w, utf16le, utf16_take, utf8_put);
}

void
utf16_upper(uint8_t *utf16le, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2) {
		uint16_t c = unit_upper(get_u16(utf16le + i));

		utf16le[i] = (uint8_t)c;
		utf16le[i + 1] = (uint8_t)(c >> 8);
	}
}

bool
utf16_same_fold(struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i + 1 < a.len; i += 2) {
		uint16_t x = get_u16(a.at + i), y = get_u16(b.at + i);

		if (x != y && unit_upper(x) != unit_upper(y))
			return false;
	}
	return a.len % 2 == 0 || a.at[a.len - 1] == b.at[a.len - 1];
}
