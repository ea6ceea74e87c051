/*
 * frame_test.c - whole frames: heads, lengths at the edges, streams cut at
 * every byte.
 * Covers wire/frame.c.
 */
#include "wire/frame.h"

#include "tests/check.h"

static void
lengths_at_the_edges(void)
{
	static const struct { uint32_t len; enum frame_size is; } rows[] = {
		{ 0, FRAME_BAD },            { 1, FRAME_BAD },           { FRAME_HEAD - 1, FRAME_BAD },
		{ FRAME_HEAD, FRAME_SHORT }, { FRAME_MAX, FRAME_SHORT }, { FRAME_MAX + 1, FRAME_BAD },
		{ 0x80000000u, FRAME_BAD },  { 0xffffffffu, FRAME_BAD },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t head[4];
		uint32_t len = 0;

		put_u32(head, rows[i].len);
		CHECK(frame_measure(&len, bytes_of(head, 4), FRAME_MAX) == rows[i].is);
		CHECK(frame_measure(&len, bytes_of(head, 3), FRAME_MAX) == FRAME_SHORT);
	}
}

static void
request_round_trip(void)
{
	struct request out = { .id = 7, .number = 11, .deadline = 1234 }, in;
	uint8_t wire[64];
	struct writer w = writer_of(wire, sizeof wire);
	uint32_t len = 0;

	request_put_head(&w, &out);
	writer_bytes(&w, bytes_of_text("fields"));
	frame_end(&w);
	CHECK(frame_measure(&len, bytes_of(wire, w.need), FRAME_MAX) == FRAME_WHOLE && len == w.need);
	CHECK(request_take(&in, bytes_of(wire, w.need)));
	CHECK(in.id == 7 && in.number == 11 && in.deadline == 1234 && bytes_same(in.in, bytes_of_text("fields")));
	for (size_t n = 0; n < w.need; n++)
		CHECK(!request_take(&in, bytes_of(wire, n)));
	wire[10] = 1;					/* flags: a reply is no request */
	CHECK(!request_take(&in, bytes_of(wire, w.need)));
}

static void
reply_round_trip(void)
{
	struct reply out = { .id = 9, .number = 3, .status = -5, .why = bytes_of_text("why") }, in;
	uint8_t wire[64];
	struct writer w = writer_of(wire, sizeof wire);

	reply_put_head(&w, &out);
	writer_bytes(&w, bytes_of_text("out"));
	frame_end(&w);
	CHECK(reply_take(&in, bytes_of(wire, w.need)));
	CHECK(in.id == 9 && in.number == 3 && in.status == -5 && bytes_same(in.why, bytes_of_text("why")) &&
	    bytes_same(in.out, bytes_of_text("out")));
	for (size_t n = 0; n < w.need; n++)
		CHECK(!reply_take(&in, bytes_of(wire, n)));
}

int
main(void)
{
	RUN(lengths_at_the_edges);
	RUN(request_round_trip);
	RUN(reply_round_trip);
	return check_end();
}
