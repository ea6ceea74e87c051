/*
 * der.c - DER elements. Knows no protocol.
 */
#include "base/der.h"

#include <stdio.h>

#define LENGTH_MAX 0x7fffffffu

/* --- reading ----------------------------------------------------------- */

static size_t
length_take(struct reader *r)
{
	uint8_t first = reader_u8(r);
	size_t len = 0;
	unsigned count = first & 0x7fu;

	if (first < 0x80)
		return first;
	if (count == 0 || count > 4)
		reader_spoil(r);
	for (unsigned i = 0; i < count && reader_ok(r); i++)
		len = len << 8 | reader_u8(r);
	/* Never longer than it must be: one byte for less than 128, no zeros in front. */
	if (len < 0x80 || len > LENGTH_MAX || (count > 1 && len >> (8 * (count - 1)) == 0))
		reader_spoil(r);
	return reader_ok(r) ? len : 0;
}

bool
der_any(struct reader *r, struct der_element *ret_element)
{
	size_t start = r->pos;
	uint8_t tag = reader_u8(r);
	size_t len = length_take(r);
	struct bytes content = reader_bytes(r, len);

	*ret_element = (struct der_element){ 0 };
	if ((tag & 0x1f) == 0x1f || tag == 0)
		reader_spoil(r);
	if (!reader_ok(r))
		return false;
	*ret_element = (struct der_element){ tag, bytes_of(r->whole.at + start, r->pos - start), content };
	return true;
}

bool
der_next_is(const struct reader *r, uint8_t tag)
{
	return reader_left(r) && r->whole.at[r->pos] == tag;
}

struct bytes
der_take(struct reader *r, uint8_t tag)
{
	struct der_element e;

	if (!der_any(r, &e) || e.tag != tag) {
		reader_spoil(r);
		return BYTES_NONE;
	}
	return e.content;
}

struct reader
der_open(struct reader *r, uint8_t tag)
{
	struct reader inside = reader_of(der_take(r, tag));

	if (!reader_ok(r))
		reader_spoil(&inside);
	return inside;
}

struct bytes
der_take_tagged(struct reader *r, unsigned n, uint8_t tag)
{
	struct reader inside = der_open(r, DER_CONTEXT(n));
	struct bytes content = der_take(&inside, tag);

	if (reader_done(&inside))
		return content;
	reader_spoil(r);
	return BYTES_NONE;
}

uint8_t
der_take_enumerated(struct reader *r)
{
	struct bytes value = der_take(r, DER_ENUMERATED);

	if (value.len == 1 && value.at[0] < 0x80)
		return value.at[0];
	reader_spoil(r);
	return 0;
}

/* --- writing ----------------------------------------------------------- */

static unsigned
length_bytes(size_t len)
{
	unsigned count = 0;

	if (len < 0x80)
		return 0;
	for (; len; len >>= 8)
		count++;
	return count;
}

size_t
der_size(size_t content)
{
	return 2 + length_bytes(content) + content;
}

void
der_put_head(struct writer *w, uint8_t tag, size_t content)
{
	unsigned count = length_bytes(content);

	writer_u8(w, tag);
	writer_u8(w, count ? (uint8_t)(0x80u | count) : (uint8_t)content);
	while (count--)
		writer_u8(w, (uint8_t)(content >> (8 * count)));
}

void
der_put(struct writer *w, uint8_t tag, struct bytes content)
{
	der_put_head(w, tag, content.len);
	writer_bytes(w, content);
}

void
der_put_tagged(struct writer *w, unsigned n, uint8_t tag, struct bytes content)
{
	der_put_head(w, DER_CONTEXT(n), der_size(content.len));
	der_put(w, tag, content);
}

/* --- object identifiers -------------------------------------------------- */

/* One arc: base 128, seven bits a byte, the fewest bytes. */
static uint32_t
arc_take(struct reader *r)
{
	uint32_t arc = 0;
	uint8_t b = reader_u8(r);

	if (b == 0x80)
		reader_spoil(r);
	for (;;) {
		if (arc >> 25)
			reader_spoil(r);
		arc = arc << 7 | (b & 0x7fu);
		if (!(b & 0x80) || !reader_ok(r))
			return arc;
		b = reader_u8(r);
	}
}

static void
number_put(struct writer *w, uint32_t number)
{
	char text[16];
	int len = snprintf(text, sizeof text, "%u", (unsigned)number);

	writer_bytes(w, bytes_of(text, (size_t)len));
}

bool
der_oid_text(struct writer *w, struct bytes oid)
{
	struct reader r = reader_of(oid);
	uint32_t first;

	while (reader_left(&r))
		(void)arc_take(&r);
	if (!oid.len || !reader_ok(&r))
		return false;
	r = reader_of(oid);
	first = arc_take(&r);
	number_put(w, first < 80 ? first / 40 : 2);
	writer_u8(w, '.');
	number_put(w, first < 80 ? first % 40 : first - 80);
	while (reader_left(&r)) {
		writer_u8(w, '.');
		number_put(w, arc_take(&r));
	}
	return true;
}
