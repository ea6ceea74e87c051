/*
 * bytes_inline.h - the bodies of what runs a hundred times in each call; the
 * manual is bytes.h, which includes this.
 */
#ifndef OPENLSA_BASE_BYTES_INLINE_H
#define OPENLSA_BASE_BYTES_INLINE_H

#include <string.h>

#include "base/bytes.h"

static inline void
bytes_copy(void *to, const void *from, size_t len)
{
	if (len)
		memcpy(to, from, len);
}

static inline struct reader
reader_of(struct bytes whole)
{
	return (struct reader){ .whole = whole };
}

static inline bool
reader_ok(const struct reader *r)
{
	return !r->bad;
}

static inline bool
reader_done(const struct reader *r)
{
	return !r->bad && r->pos == r->whole.len;
}

static inline size_t
reader_left(const struct reader *r)
{
	return r->bad ? 0 : r->whole.len - r->pos;
}

static inline struct bytes
reader_bytes(struct reader *r, size_t len)
{
	struct bytes part = BYTES_NONE;

	if (r->bad || len > r->whole.len - r->pos) {	/* pos never passes the end */
		r->bad = true;
		return BYTES_NONE;
	}
	if (len)
		part = bytes_of(r->whole.at + r->pos, len);
	r->pos += len;
	return part;
}

static inline uint8_t
reader_u8(struct reader *r)
{
	struct bytes b = reader_bytes(r, 1);

	return b.len ? b.at[0] : 0;
}

static inline uint16_t
reader_u16(struct reader *r)
{
	struct bytes b = reader_bytes(r, 2);

	return b.len ? get_u16(b.at) : 0;
}

static inline uint32_t
reader_u32(struct reader *r)
{
	struct bytes b = reader_bytes(r, 4);

	return b.len ? get_u32(b.at) : 0;
}

static inline uint64_t
reader_u64(struct reader *r)
{
	struct bytes b = reader_bytes(r, 8);

	return b.len ? (uint64_t)get_u32(b.at) | (uint64_t)get_u32(b.at + 4) << 32 : 0;
}

static inline struct writer
writer_of(void *at, size_t cap)
{
	return (struct writer){ .at = at, .cap = cap };
}

static inline bool
writer_ok(const struct writer *w)
{
	return w->need <= w->cap;
}

/* Where the next len bytes go, or NULL when they do not fit. */
static inline uint8_t *
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

static inline void
writer_bytes(struct writer *w, struct bytes b)
{
	uint8_t *room;

	if (!b.len)
		return;
	room = writer_room(w, b.len);
	if (room)
		memcpy(room, b.at, b.len);
}

static inline void
writer_u8(struct writer *w, uint8_t v)
{
	uint8_t *room = writer_room(w, 1);

	if (room)
		*room = v;
}

static inline void
writer_u16(struct writer *w, uint16_t v)
{
	uint8_t *room = writer_room(w, 2);

	if (room) {
		room[0] = (uint8_t)v;
		room[1] = (uint8_t)(v >> 8);
	}
}

static inline void
writer_u32(struct writer *w, uint32_t v)
{
	uint8_t *room = writer_room(w, 4);

	if (room)
		put_u32(room, v);
}

static inline void
writer_u64(struct writer *w, uint64_t v)
{
	writer_u32(w, (uint32_t)v);
	writer_u32(w, (uint32_t)(v >> 32));
}

#endif
