/*
 * bytes.c - spans, reader, writer. Knows nothing of what the bytes mean.
 */
#include "base/bytes.h"

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
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
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
bytes_copy(void *to, const void *from, size_t len)
{
	if (len)
		memcpy(to, from, len);
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

struct reader
reader_of(struct bytes whole)
{
	return (struct reader){ .whole = whole };
}

bool
reader_ok(const struct reader *r)
{
	return !r->bad;
}

bool
reader_done(const struct reader *r)
{
	return !r->bad && r->pos == r->whole.len;
}

size_t
reader_left(const struct reader *r)
{
	return r->bad ? 0 : r->whole.len - r->pos;
}

void
reader_spoil(struct reader *r)
{
	r->bad = true;
}

struct bytes
reader_bytes(struct reader *r, size_t len)
{
	struct bytes part;

	if (r->bad || !bytes_part(&part, r->whole, r->pos, len)) {
		r->bad = true;
		return BYTES_NONE;
	}
	r->pos += len;
	return part;
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

uint8_t
reader_u8(struct reader *r)
{
	struct bytes b = reader_bytes(r, 1);

	return b.len ? b.at[0] : 0;
}

uint16_t
reader_u16(struct reader *r)
{
	struct bytes b = reader_bytes(r, 2);

	return b.len ? get_u16(b.at) : 0;
}

uint32_t
reader_u32(struct reader *r)
{
	struct bytes b = reader_bytes(r, 4);

	return b.len ? get_u32(b.at) : 0;
}

uint64_t
reader_u64(struct reader *r)
{
	struct bytes b = reader_bytes(r, 8);

	return b.len ? (uint64_t)get_u32(b.at) | (uint64_t)get_u32(b.at + 4) << 32 : 0;
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

struct writer
writer_of(void *at, size_t cap)
{
	return (struct writer){ .at = at, .cap = cap };
}

bool
writer_ok(const struct writer *w)
{
	return w->need <= w->cap;
}

/* Where the next len bytes go, or NULL when they do not fit. */
static uint8_t *
writer_room(struct writer *w, size_t len)
{
	uint8_t *room = NULL;

	if (w->need <= w->cap && len <= w->cap - w->need)
		room = w->at + w->need;
	if (len > SIZE_MAX - w->need)
		w->need = SIZE_MAX;
	else
		w->need += len;
	return room;
}

void
writer_bytes(struct writer *w, struct bytes b)
{
	uint8_t *room;

	if (!b.len)
		return;
	room = writer_room(w, b.len);
	if (room)
		memcpy(room, b.at, b.len);
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
writer_u8(struct writer *w, uint8_t v)
{
	writer_bytes(w, bytes_of(&v, 1));
}

void
writer_u16(struct writer *w, uint16_t v)
{
	uint8_t b[2] = { (uint8_t)v, (uint8_t)(v >> 8) };

	writer_bytes(w, bytes_of(b, sizeof b));
}

void
writer_u32(struct writer *w, uint32_t v)
{
	uint8_t b[4];

	put_u32(b, v);
	writer_bytes(w, bytes_of(b, sizeof b));
}

void
writer_u64(struct writer *w, uint64_t v)
{
	writer_u32(w, (uint32_t)v);
	writer_u32(w, (uint32_t)(v >> 32));
}

void
writer_sized(struct writer *w, struct bytes b)
{
	writer_u32(w, (uint32_t)b.len);
	writer_bytes(w, b);
}

void
writer_patch_u32(struct writer *w, size_t offset, uint32_t v)
{
	if (w->cap >= 4 && offset <= w->cap - 4)
		put_u32(w->at + offset, v);
}
