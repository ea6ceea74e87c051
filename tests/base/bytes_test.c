/*
 * bytes_test.c - spans, the sticky reader and the bounded writer. Rows P1,
 * P3 and P9: offsets and lengths at the edges of every type.
 * Covers base/bytes.c.
 */
#include "base/bytes.h"

#include <string.h>

#include "tests/check.h"

static void
parts_at_the_edges(void)
{
	static const uint8_t data[16];
	static const struct { size_t offset, len; bool good; } rows[] = {
		{ 0, 0, true },             { 0, 16, true },          { 16, 0, true },        { 15, 1, true },
		{ 16, 1, false },           { 17, 0, false },         { 0, 17, false },       { 1, 16, false },
		{ SIZE_MAX, 1, false },     { 1, SIZE_MAX, false },   { SIZE_MAX, SIZE_MAX, false },
		{ 0x80000000u, 0, false },  { 0xffffffffu, 2, false }, { 8, SIZE_MAX - 7, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct bytes part = bytes_of(data, 99);

		CHECK(bytes_part(&part, bytes_of(data, 16), rows[i].offset, rows[i].len) == rows[i].good);
		CHECK_U64(part.len, rows[i].good ? rows[i].len : 0);
	}
}

static void
reader_is_sticky(void)
{
	static const uint8_t data[] = { 1, 2, 0, 3, 0, 0, 0, 9 };
	struct reader r = reader_of(bytes_of(data, sizeof data));
	uint8_t fixed[4] = { 7, 7, 7, 7 };

	CHECK_U64(reader_u8(&r), 1);
	CHECK_U64(reader_u16(&r), 2);
	CHECK_U64(reader_u32(&r), 3);
	CHECK(reader_ok(&r) && !reader_done(&r));
	CHECK_U64(reader_u16(&r), 0);			/* one byte is left: a mistake */
	CHECK(!reader_ok(&r));
	CHECK_U64(reader_u8(&r), 0);			/* and now there is nothing any more */
	CHECK_U64(reader_left(&r), 0);
	reader_fixed(&r, fixed, sizeof fixed);
	CHECK_HEX(fixed, 4, "00000000");
	CHECK(!reader_done(&r));
}

static void
sized_fields_have_a_limit(void)
{
	static const uint8_t data[] = { 3, 0, 0, 0, 'a', 'b', 'c' };
	struct reader r = reader_of(bytes_of(data, sizeof data));

	CHECK(bytes_same(reader_sized(&r, 3), bytes_of_text("abc")) && reader_done(&r));
	r = reader_of(bytes_of(data, sizeof data));
	CHECK_U64(reader_sized(&r, 2).len, 0);
	CHECK(!reader_ok(&r));
	for (size_t n = 0; n < sizeof data; n++) {
		r = reader_of(bytes_of(data, n));
		(void)reader_sized(&r, 100);
		CHECK(!reader_done(&r));
	}
}

static void
writer_measures_then_writes(void)
{
	uint8_t out[11];
	struct writer w = writer_of(NULL, 0);

	for (int pass = 0; pass < 2; pass++) {
		writer_u8(&w, 1);
		writer_u16(&w, 0x0302);
		writer_sized(&w, bytes_of_text("xyz"));
		writer_zeros(&w, 1);
		CHECK_U64(w.need, 11);
		CHECK(writer_ok(&w) == (pass == 1));
		w = pass == 0 ? writer_of(out, sizeof out) : w;
	}
	CHECK_HEX(out, sizeof out, "0102030300000078797a00");
	w = writer_of(out, 2);
	out[2] = 0x55;
	writer_u32(&w, 0xffffffff);			/* does not fit: not a byte of it is written */
	CHECK(!writer_ok(&w) && out[2] == 0x55 && out[0] == 1);
}

static void
secrets_compare(void)
{
	uint8_t a[16] = { 0 }, b[16] = { 0 };

	CHECK(same_secret(a, b, 16));
	for (int bit = 0; bit < 128; bit++) {
		b[bit / 8] = (uint8_t)(1 << bit % 8);
		CHECK(!same_secret(a, b, 16));
		b[bit / 8] = 0;
	}
	CHECK(same_secret(NULL, NULL, 0));
}

int
main(void)
{
	RUN(parts_at_the_edges);
	RUN(reader_is_sticky);
	RUN(sized_fields_have_a_limit);
	RUN(writer_measures_then_writes);
	RUN(secrets_compare);
	return check_end();
}
