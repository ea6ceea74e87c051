/*
 * der_test.c - DER elements: forms that are taken and refused, and the same
 * again by libtasn1. Covers base/der.c.
 */
#include "base/der.h"

#include <libtasn1.h>
#include <stdlib.h>

#include "tests/check.h"

static size_t
bytes_of_hex(uint8_t *to, const char *hex)
{
	size_t n = 0;

	for (; *hex; hex++) {
		unsigned value;

		if (*hex == ' ')
			continue;
		if (sscanf(hex, "%2x", &value) != 1)
			abort();
		to[n++] = (uint8_t)value;
		hex++;
	}
	return n;
}

/* --- reading ------------------------------------------------------------------ */

static const struct { const char *hex, *what; bool good; size_t len; } elements[] = {
	{ "0400",                 "empty",                             true,  0 },
	{ "0401ff",               "one byte",                          true,  1 },
	{ "048180",               "length without content",            false, 0 },
	{ "04817f" "00",          "long form for a short length",      false, 0 },
	{ "04820080" "00",        "two bytes for one",                 false, 0 },
	{ "0480" "0000",          "indefinite",                        false, 0 },
	{ "04ff" "00",            "reserved",                          false, 0 },
	{ "0485" "0000000001" "00", "five bytes of length",            false, 0 },
	{ "0484" "ffffffff" "00", "4 GiB",                             false, 0 },
	{ "0402" "00",            "content cut short",                 false, 0 },
	{ "04",                   "no length",                         false, 0 },
	{ "",                     "nothing",                           false, 0 },
	{ "1f8100" "00",          "a long tag",                        false, 0 },
	{ "0000",                 "end of contents",                   false, 0 },
};

TEST(elements_are_taken_in_one_form)
{
	uint8_t b[64];

	for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
		struct reader r = reader_of(bytes_of(b, bytes_of_hex(b, elements[i].hex)));
		struct der_element e;

		if (!CHECK(der_any(&r, &e) == elements[i].good) || !CHECK(reader_ok(&r) == elements[i].good) ||
		    !CHECK_U64(e.content.len, elements[i].len))
			fprintf(stderr, "%s\n", elements[i].what);
	}
}

TEST(tags_are_expected)
{
	uint8_t b[64];
	size_t len = bytes_of_hex(b, "a005 0a03 010203 a104 0402 abcd a203 0a01 05");
	struct reader r = reader_of(bytes_of(b, len)), inside;
	struct bytes octets;

	CHECK(der_next_is(&r, DER_CONTEXT(0)) && !der_next_is(&r, DER_CONTEXT(1)));
	inside = der_open(&r, DER_CONTEXT(0));
	CHECK(der_take_enumerated(&inside) == 0 && !reader_ok(&inside) && reader_ok(&r));	/* three bytes are too many */
	octets = der_take_tagged(&r, 1, DER_OCTET_STRING);
	CHECK_HEX(octets.at, octets.len, "abcd");
	inside = der_open(&r, DER_CONTEXT(2));
	CHECK(der_take_enumerated(&inside) == 5 && reader_done(&inside) && reader_done(&r));
	CHECK(!der_next_is(&r, DER_CONTEXT(0)));
	r = reader_of(bytes_of(b, len));
	CHECK(der_take(&r, DER_SEQUENCE).len == 0 && !reader_ok(&r));
	inside = der_open(&r, DER_CONTEXT(0));
	CHECK(!reader_ok(&inside));
	/* Explicit tagging holds one element and nothing behind it. */
	len = bytes_of_hex(b, "a106 0402 abcd 0500");
	r = reader_of(bytes_of(b, len));
	CHECK(der_take_tagged(&r, 1, DER_OCTET_STRING).len == 0 && !reader_ok(&r));
}

/* --- both ways, and libtasn1's ----------------------------------------------------- */

TEST(lengths_are_libtasn1s)
{
	static const size_t lens[] = { 0, 1, 127, 128, 129, 255, 256, 257, 65535, 65536, 0xffffff, 0x1000000, 0x7fffffff };

	for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
		uint8_t ours[16], theirs[16];
		struct writer w = writer_of(ours, sizeof ours);
		int their_len = sizeof theirs;

		der_put_head(&w, DER_OCTET_STRING, lens[i]);
		asn1_length_der(lens[i], theirs, &their_len);
		CHECK(writer_ok(&w) && ours[0] == DER_OCTET_STRING);
		CHECK(w.need == 1 + (size_t)their_len && memcmp(ours + 1, theirs, (size_t)their_len) == 0);
		CHECK_U64(der_size(lens[i]), w.need + lens[i]);
	}
}

/* Whatever we take, libtasn1 takes with the same result. */
TEST(what_is_taken_libtasn1_takes)
{
	uint8_t b[300] = { 0 };
	uint32_t seed = 12345;
	unsigned taken = 0;

	for (unsigned n = 0; n < 300000; n++) {
		size_t len;
		struct reader r;
		struct der_element e;
		unsigned char class;
		unsigned long tag;
		int head, count;
		long length;

		for (size_t i = 0; i < 8; i++)
			b[i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
		if (n % 3)
			b[1] = (uint8_t)(0x80 | (b[1] & 3));
		len = n % sizeof b;
		r = reader_of(bytes_of(b, len));
		if (!der_any(&r, &e))
			continue;
		taken++;
		CHECK(asn1_get_tag_der(b, (int)len, &class, &head, &tag) == ASN1_SUCCESS && head == 1);
		CHECK((class | tag) == e.tag);
		length = asn1_get_length_der(b + head, (int)len - head, &count);
		CHECK(length >= 0 && (size_t)length == e.content.len);
		CHECK(e.whole.len == (size_t)head + (size_t)count + e.content.len && e.whole.at == b);
		CHECK(e.content.len == 0 || e.content.at == b + head + count);
		CHECK(der_size(e.content.len) == e.whole.len);
	}
	CHECK(taken > 1000);
}

TEST(object_identifiers_are_libtasn1s)
{
	static const char *const oids[] = {
		"0.0", "0.39", "1.0", "1.39.127.128", "1.3.6.1.5.5.2", "1.2.840.48018.1.2.2", "1.2.840.113554.1.2.2",
		"1.3.6.1.4.1.311.2.2.10", "2.5.29.17", "2.39.4294967295", "2.47.16383.16384.2097151.2097152",
	};
	static const char *const none[] = { "", "80", "8001", "2a80", "2a8001", "2aff", "2a9fffffff7f", "2affffffffff7f" };
	uint8_t b[64];
	char text[128];

	for (size_t i = 0; i < sizeof oids / sizeof *oids; i++) {
		int len = sizeof b;
		struct writer w = writer_of(text, sizeof text - 1);

		CHECK(asn1_object_id_der(oids[i], b, &len, 0) == ASN1_SUCCESS && len > 2 && b[0] == DER_OID && b[1] == len - 2);
		CHECK(der_oid_text(&w, bytes_of(b + 2, (size_t)len - 2)) && writer_ok(&w));
		text[w.need] = 0;
		CHECK_TEXT(text, oids[i]);
	}
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		struct writer w = writer_of(text, sizeof text);

		if (!CHECK(!der_oid_text(&w, bytes_of(b, bytes_of_hex(b, none[i])))) || !CHECK(w.need == 0))
			fprintf(stderr, "%s\n", none[i]);
	}
}

int
main(void)
{
	RUN(elements_are_taken_in_one_form);
	RUN(tags_are_expected);
	RUN(lengths_are_libtasn1s);
	RUN(what_is_taken_libtasn1_takes);
	RUN(object_identifiers_are_libtasn1s);
	return check_end();
}
