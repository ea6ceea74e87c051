/*
 * frame.c - whole frames. Knows lengths, not meanings.
 */
#include "wire/frame.h"

enum frame_size
frame_measure(uint32_t *ret_len, struct bytes stream, uint32_t max)
{
	uint32_t len;

	if (stream.len < 4)
		return FRAME_SHORT;
	len = get_u32(stream.at);
	if (len < FRAME_HEAD || len > max)
		return FRAME_BAD;
	*ret_len = len;
	return stream.len < len ? FRAME_SHORT : FRAME_WHOLE;
}

bool
request_take(struct request *m, struct bytes frame)
{
	struct reader r = reader_of(frame);

	reader_expect_u32(&r, (uint32_t)frame.len);
	m->id = reader_u32(&r);
	m->number = reader_u16(&r);
	if (reader_u16(&r) != 0)
		reader_spoil(&r);
	m->deadline = reader_u32(&r);
	m->in = reader_rest(&r);
	return reader_ok(&r);
}

void
request_put_head(struct writer *w, const struct request *m)
{
	writer_u32(w, 0);
	writer_u32(w, m->id);
	writer_u16(w, m->number);
	writer_u16(w, 0);
	writer_u32(w, m->deadline);
}

bool
reply_take(struct reply *m, struct bytes frame)
{
	struct reader r = reader_of(frame);

	reader_expect_u32(&r, (uint32_t)frame.len);
	m->id = reader_u32(&r);
	m->number = reader_u16(&r);
	if (reader_u16(&r) != FRAME_REPLY)
		reader_spoil(&r);
	m->status = (int32_t)reader_u32(&r);
	m->why = reader_sized(&r, 65536);
	m->out = reader_rest(&r);
	return reader_ok(&r);
}

void
reply_put_head(struct writer *w, const struct reply *m)
{
	writer_u32(w, 0);
	writer_u32(w, m->id);
	writer_u16(w, m->number);
	writer_u16(w, FRAME_REPLY);
	writer_u32(w, (uint32_t)m->status);
	writer_sized(w, m->why);
}

void
frame_end(struct writer *w)
{
	writer_patch_u32(w, 0, (uint32_t)w->need);
}
