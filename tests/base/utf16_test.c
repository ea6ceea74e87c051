/*
 * utf16_test.c - conversion there and back, what is refused, and the
 * upper-casing table against the C library's.
 * Covers base/utf16.c.
 */
#include "base/utf16.h"

#include <locale.h>
#include <stdlib.h>
#include <wctype.h>

#include "tests/check.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct bytes
bytes_of_hex(const char *hex, uint8_t *to)
{
	size_t n = 0;

	for (; *hex; hex++) {
		unsigned value;

		if (*hex == ' ' || sscanf(hex, "%2x", &value) != 1)
			continue;
		to[n++] = (uint8_t)value;
		hex++;
	}
	return bytes_of(to, n);
}

static const struct {
	const char *utf8, *utf16;
} pairs[] = {
	{ "",				"" },
	{ "41 6c 69 63 65",		"4100 6c00 6900 6300 6500" },
	{ "00",				"0000" },
	{ "7f",				"7f00" },
	{ "c2 80",			"8000" },
	{ "df bf",			"ff07" },
	{ "e0 a0 80",			"0008" },
	{ "ed 9f bf",			"ffd7" },
	{ "ee 80 80",			"00e0" },
	{ "ef bf bd",			"fdff" },
	{ "ef bf bf",			"ffff" },
	{ "f0 90 80 80",		"00d8 00dc" },
	{ "f0 9f 98 80",		"3dd8 00de" },
	{ "f4 8f bf bf",		"ffdb ffdf" },
	{ "4d c3 bc 6c 6c 65 72 f0 9d 84 9e 21", "4d00 fc00 6c00 6c00 6500 7200 34d8 1edd 2100" },
};

TEST(pairs_both_ways)
{
	for (size_t i = 0; i < COUNT(pairs); i++) {
		uint8_t in8[64], in16[64], out[64];
		struct bytes utf8 = bytes_of_hex(pairs[i].utf8, in8);
		struct bytes utf16 = bytes_of_hex(pairs[i].utf16, in16);
		struct writer w = writer_of(out, sizeof out), measure = writer_of(NULL, 0);

		CHECK(utf16_from_utf8(&w, utf8) && writer_ok(&w));
		CHECK_HEX(out, w.need, pairs[i].utf16);
		CHECK(utf16_from_utf8(&measure, utf8));
		CHECK_U64(measure.need, utf16.len);
		w = writer_of(out, sizeof out);
		CHECK(utf8_from_utf16(&w, utf16) && writer_ok(&w));
		CHECK_HEX(out, w.need, pairs[i].utf8);
		measure = writer_of(NULL, 0);
		CHECK(utf8_from_utf16(&measure, utf16));
		CHECK_U64(measure.need, utf8.len);
	}
}

static const char *const bad_utf8[] = {
	"80", "bf", "c0 80", "c1 bf", "c2", "c2 41", "41 c3", "e0 80 80", "e0 9f bf", "e1 80", "e1", "e1 80 41",
	"ed a0 80", "ed bf bf", "f0 80 80 80", "f0 8f bf bf", "f0 90 80", "f0 9f", "f4 90 80 80", "f5 80 80 80",
	"f8 88 80 80 80", "fc 84 80 80 80 80", "fe", "ff", "41 ff 42", "c3 c3", "ed a0 bd ed b8 80",
};

static const char *const bad_utf16[] = {
	"41", "4100 42", "00d8", "00dc", "ffdb", "ffdf", "00d8 4100", "00d8 00d8 00dc", "00dc 00d8", "4100 00dc",
	"3dd8 00", "3dd8 00de 3d",
};

TEST(invalid_is_refused)
{
	uint8_t in[64], out[64];

	for (size_t i = 0; i < COUNT(bad_utf8); i++) {
		struct writer w = writer_of(out, sizeof out);

		writer_u8(&w, 7);
		CHECK(!utf16_from_utf8(&w, bytes_of_hex(bad_utf8[i], in)));
		CHECK_U64(w.need, 1);
		CHECK_U64(out[0], 7);
	}
	for (size_t i = 0; i < COUNT(bad_utf16); i++) {
		struct writer w = writer_of(out, sizeof out);

		writer_u8(&w, 7);
		CHECK(!utf8_from_utf16(&w, bytes_of_hex(bad_utf16[i], in)));
		CHECK_U64(w.need, 1);
	}
}

TEST(short_room_counts_on)
{
	uint8_t out[5] = { 0, 0, 0, 0, 0xEE };
	struct writer w = writer_of(out, 4);

	CHECK(utf16_from_utf8(&w, bytes_of_text("abc")));
	CHECK(!writer_ok(&w));
	CHECK_U64(w.need, 6);
	CHECK_U64(out[4], 0xEE);
}

/* Every scalar value, encoded by hand, survives both ways; every surrogate is refused. */
TEST(all_of_unicode)
{
	for (uint32_t c = 0; c <= 0x10FFFF; c++) {
		uint8_t wide[4], narrow[8], back[8];
		struct writer w = writer_of(narrow, sizeof narrow), v = writer_of(back, sizeof back);
		size_t len = c < 0x10000 ? 2 : 4;
		uint32_t high = c < 0x10000 ? c : 0xD7C0 + (c >> 10), low = 0xDC00 + (c & 0x3FF);

		wide[0] = (uint8_t)high;
		wide[1] = (uint8_t)(high >> 8);
		wide[2] = (uint8_t)low;
		wide[3] = (uint8_t)(low >> 8);
		if (c >= 0xD800 && c <= 0xDFFF) {
			CHECK(!utf8_from_utf16(&w, bytes_of(wide, 2)));
			continue;
		}
		if (!CHECK(utf8_from_utf16(&w, bytes_of(wide, len))) ||
		    !CHECK_U64(w.need, c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4) ||
		    !CHECK(utf16_from_utf8(&v, bytes_of(narrow, w.need))) ||
		    !CHECK(bytes_same(bytes_of(back, v.need), bytes_of(wide, len))))
			return;
	}
}

static uint32_t
upper_of(uint32_t c)
{
	uint8_t b[2] = { (uint8_t)c, (uint8_t)(c >> 8) };

	utf16_upper(b, 2);
	return get_u16(b);
}

static const struct {
	uint32_t from, to;
} upper_rows[] = {
	{ 'a',		'A' },		{ 'z',		'Z' },
	{ '`',		'`' },		{ '{',		'{' },
	{ 0x00DF,	0x00DF },	/* sharp s: only SS, which is longer */
	{ 0x00B5,	0x00B5 },	/* micro sign */
	{ 0x00E9,	0x00C9 },	{ 0x00F7,	0x00F7 },
	{ 0x00FF,	0x0178 },	{ 0x0101,	0x0100 },
	{ 0x0131,	0x0131 },	/* dotless i: not I */
	{ 0x017F,	0x017F },	/* long s: not S */
	{ 0x01C6,	0x01C4 },	{ 0x03B1,	0x0391 },
	{ 0x03C2,	0x03A3 },	/* final sigma */
	{ 0x0444,	0x0424 },	{ 0x0561,	0x0531 },
	{ 0x1E9E,	0x1E9E },	{ 0x1F80,	0x1F88 },
	{ 0x24D0,	0x24B6 },	{ 0xFF41,	0xFF21 },
	{ 0x212A,	0x212A },	/* Kelvin sign: upper already, and not K */
	{ 0xD801,	0xD801 },	{ 0xDC28,	0xDC28 },
	{ 0xFFFF,	0xFFFF },	{ 0x4E00,	0x4E00 },
};

TEST(upper_rows_hold)
{
	uint8_t text[] = { 'a', 0, 0x01, 0xD8, 0x28, 0xDC, 0x00, 0xDC, 'z', 0, 'q' };

	for (size_t i = 0; i < COUNT(upper_rows); i++)
		CHECK_U64(upper_of(upper_rows[i].from), upper_rows[i].to);
	utf16_upper(text, sizeof text);
	CHECK_HEX(text, sizeof text, "4100 01d8 28dc 00dc 5a00 71");
	utf16_upper(NULL, 0);
}

/* Nothing but ASCII becomes ASCII, and what is upper stays so. */
TEST(upper_is_settled)
{
	for (uint32_t c = 0; c < 0x10000; c++) {
		CHECK_U64(upper_of(upper_of(c)), upper_of(c));
		CHECK(c < 0x80 || upper_of(c) >= 0x80);
	}
}

/*
 * Where the table and glibc's C.UTF-8 differ on purpose. glibc maps a
 * title-case digraph and the Greek letters with iota like Unicode; so these
 * are the ones that are left out (see utf16.h).
 */
static const uint32_t left_out[] = { 0x00B5, 0x0131, 0x017F };

static bool
is_left_out(uint32_t c)
{
	for (size_t i = 0; i < COUNT(left_out); i++) {
		if (left_out[i] == c)
			return true;
	}
	return false;
}

TEST(upper_as_the_c_library)
{
	unsigned newer = 0;

	if (!setlocale(LC_CTYPE, "C.UTF-8")) {
		CHECK_SKIP("no C.UTF-8 locale");
		return;
	}
	for (uint32_t c = 0; c < 0x10000; c++) {
		uint32_t theirs = (uint32_t)towupper((wint_t)c);

		if (theirs > 0xFFFF)
			theirs = c;			/* another plane: not one unit */
		if (is_left_out(c)) {
			CHECK(upper_of(c) == c && theirs != c);
			continue;
		}
		/* A later or earlier Unicode may know letters that the other does not. */
		if (upper_of(c) == c || theirs == c)
			newer += upper_of(c) != theirs;
		else
			CHECK_U64(upper_of(c), theirs);
	}
	CHECK(newer <= 40);
	setlocale(LC_CTYPE, "C");
}

static const struct {
	const char *a, *b;
	bool same;
} fold_rows[] = {
	{ "",		"",		true },
	{ "alice",	"ALICE",	true },
	{ "Alice",	"aLiCe",	true },
	{ "alice",	"alicf",	false },
	{ "alice",	"alic",		false },
	{ "m\xC3\xBCller", "M\xC3\x9CLLER", true },
	{ "stra\xC3\x9F" "e", "STRASSE", false },
	{ "\xCF\x83",	"\xCF\x82",	true },		/* both sigmas */
	{ "\xC4\xB1",	"i",		false },
	{ "\xC5\xBF",	"s",		false },
	{ "\xE2\x84\xAA", "k",		false },
};

TEST(same_fold)
{
	uint8_t odd[] = { 'a', 0, 'b' }, even[] = { 'A', 0, 'B' };

	for (size_t i = 0; i < COUNT(fold_rows); i++) {
		uint8_t one[64], two[64];
		struct writer w = writer_of(one, sizeof one), v = writer_of(two, sizeof two);

		CHECK(utf16_from_utf8(&w, bytes_of_text(fold_rows[i].a)));
		CHECK(utf16_from_utf8(&v, bytes_of_text(fold_rows[i].b)));
		CHECK(utf16_same_fold(bytes_of(one, w.need), bytes_of(two, v.need)) == fold_rows[i].same);
	}
	CHECK(utf16_same_fold(BYTES_NONE, BYTES_NONE));
	CHECK(!utf16_same_fold(bytes_of(odd, 3), bytes_of(even, 3)));
	CHECK(utf16_same_fold(bytes_of(odd, 3), bytes_of(odd, 3)));
}

int
main(void)
{
	RUN(pairs_both_ways);
	RUN(invalid_is_refused);
	RUN(short_room_counts_on);
	RUN(all_of_unicode);
	RUN(upper_rows_hold);
	RUN(upper_is_settled);
	RUN(upper_as_the_c_library);
	RUN(same_fold);
	return check_end();
}
