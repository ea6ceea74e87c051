/*
 * calls.c - expands the list of calls into packing and unpacking. Layout of
 * a field: u32 and u64 little-endian; handle as u64; text, bytes and secret
 * as u32 length and so many bytes. No padding, no pointer.
 */
#include "wire/calls.h"

#define PUT_u32(w, v)		writer_u32((w), (v))
#define PUT_u64(w, v)		writer_u64((w), (v))
#define PUT_handle(w, v)	writer_u64((w), (v))
#define PUT_text(w, v)		writer_sized((w), (v))
#define PUT_bytes(w, v)		writer_sized((w), (v))
#define PUT_secret(w, v)	writer_sized((w), (v))

#define TAKE_u32(r)		reader_u32(r)
#define TAKE_u64(r)		reader_u64(r)
#define TAKE_handle(r)		reader_u64(r)
#define TAKE_text(r)		reader_sized((r), WIRE_TEXT_MAX)
#define TAKE_bytes(r)		reader_sized((r), WIRE_BYTES_MAX)
#define TAKE_secret(r)		reader_sized((r), WIRE_BYTES_MAX)

#define PUT_FIELD(kind, name)	PUT_##kind(w, m->name);
#define TAKE_FIELD(kind, name)	m->name = TAKE_##kind(&r);

#define SIDE(type, FIELDS)                                      \
	void                                                    \
	type##_put(struct writer *w, const struct type *m)      \
	{                                                       \
		(void)w;                                        \
		(void)m;                                        \
		FIELDS(PUT_FIELD)                               \
	}                                                       \
	bool                                                    \
	type##_take(struct type *m, struct bytes wire)          \
	{                                                       \
		struct reader r = reader_of(wire);              \
                                                                \
		m->wire_none = 0;                               \
		FIELDS(TAKE_FIELD)                              \
		return reader_done(&r);                         \
	}

#define BOTH_SIDES(number, verb, FIELDS, rank, drop)            \
	SIDE(verb##_in, FIELDS##_IN)                            \
	SIDE(verb##_out, FIELDS##_OUT)

LSA_CALLS(BOTH_SIDES)
