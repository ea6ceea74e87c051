/*
 * bytes.c - spans, reader, writer. Knows nothing of what the bytes mean.
 */
#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes
bytes_of_text(const char *text)
{
	return bytes_of(text, text ? strlen(text) : 0);
}

bool
bytes_same(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);	/* not secret: same_secret is for those */
}

bool
bytes_part(struct bytes *ret_part, struct bytes whole, size_t offset, size_t len)
{
	*ret_part = BYTES_NONE;
	if (offset > whole.len || len > whole.len - offset)
		return false;
	if (len)
		*ret_part = bytes_of(whole.at + offset, len);
	return true;
}

void
bytes_zero(void *at, size_t len)
{
	if (len)
		memset(at, 0, len);
}

void
bytes_wipe(void *at, size_t len)
{
	if (len)
		explicit_bzero(at, len);
}

bool
same_secret(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *x = a, *y = b;
	uint8_t diff = 0;

	for (size_t i = 0; i < len; i++)
		diff = (uint8_t)(diff | (x[i] ^ y[i]));
	return diff == 0;
}

void *
bytes_dup(struct bytes b)
{
	uint8_t *copy = malloc(b.len + 1);

	if (!copy)
		return NULL;
	bytes_copy(copy, b.at, b.len);
	copy[b.len] = 0;
	return copy;
}

uint16_t
reader_be16(struct reader *r)
{
	return __builtin_bswap16(reader_u16(r));
}

uint32_t
reader_be32(struct reader *r)
{
	return __builtin_bswap32(reader_u32(r));
}

void
reader_spoil(struct reader *r)
{
	r->bad = true;
}

struct bytes
reader_rest(struct reader *r)
{
	return reader_bytes(r, reader_left(r));
}

void
reader_fixed(struct reader *r, void *to, size_t len)
{
	struct bytes part = reader_bytes(r, len);

	if (part.len == len)
		bytes_copy(to, part.at, len);
	else
		bytes_zero(to, len);
}

void
reader_skip(struct reader *r, size_t len)
{
	(void)reader_bytes(r, len);
}

void
reader_expect(struct reader *r, const void *what, size_t len)
{
	struct bytes b = reader_bytes(r, len);

	if (!bytes_same(b, bytes_of(what, len)))
		r->bad = true;
}

void
reader_expect_u32(struct reader *r, uint32_t value)
{
	if (reader_u32(r) != value)
		r->bad = true;
}

struct bytes
reader_sized(struct reader *r, uint32_t max)
{
	uint32_t len = reader_u32(r);

	if (len > max)
		r->bad = true;
	return reader_bytes(r, len);
}

void
writer_zeros(struct writer *w, size_t len)
{
	uint8_t *room;

	if (!len)
		return;
	room = writer_room(w, len);
	if (room)
		memset(room, 0, len);
}

void
writer_sized(struct writer *w, struct bytes b)
{
	writer_u32(w, (uint32_t)b.len);
	writer_bytes(w, b);
}

void
writer_be16(struct writer *w, uint16_t v)
{
	writer_u16(w, __builtin_bswap16(v));
}

void
writer_be32(struct writer *w, uint32_t v)
{
	writer_u32(w, __builtin_bswap32(v));
}

void
writer_be_sized(struct writer *w, struct bytes b)
{
	writer_be32(w, (uint32_t)b.len);
	writer_bytes(w, b);
}

struct bytes
writer_keep(struct writer *w, struct bytes b)
{
	struct bytes kept = bytes_of(w->at + w->need, b.len);

	writer_bytes(w, b);
	return kept;
}

void
writer_format_list(struct writer *w, const char *format, va_list args)
{
	char text[96];
	int len = vsnprintf(text, sizeof text, format, args);

	if (len > 0)
		writer_bytes(w, bytes_of(text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1));
}

void
writer_patch_u32(struct writer *w, size_t offset, uint32_t v)
{
	if (w->cap >= 4 && offset <= w->cap - 4)
		put_u32(w->at + offset, v);
}
