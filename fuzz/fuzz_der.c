/*
 * fuzz_der.c - the DER cursor against libtasn1, element by element and into
 * what is constructed.
 *
 * Oracle: what we take, libtasn1 takes with the same tag, length and content;
 * what it takes in the one form that DER allows, we take. An object identifier
 * has the same text for both.
 */
#include "fuzz.h"

#include <libtasn1.h>

#include "base/der.h"

#define DEEP_MOST	16u

/* False: libtasn1 takes none here either, or it is not DER. */
static bool
taken_there(struct bytes b, uint8_t *ret_tag, struct bytes *ret_content, size_t *ret_whole)
{
	unsigned char class;
	unsigned long tag;
	unsigned char form[16];
	int head, count, form_len = sizeof form;
	long length;

	if (b.len > INT32_MAX || asn1_get_tag_der(b.at, (int)b.len, &class, &head, &tag) != ASN1_SUCCESS || head != 1 || (size_t)head >= b.len)
		return false;
	length = asn1_get_length_der(b.at + head, (int)b.len - head, &count);
	if (length < 0 || (size_t)head + (size_t)count + (size_t)length > b.len)
		return false;
	*ret_tag = (uint8_t)(class | tag);
	*ret_content = bytes_of(b.at + head + count, (size_t)length);
	*ret_whole = (size_t)head + (size_t)count + (size_t)length;
	asn1_length_der((unsigned long)length, form, &form_len);	/* the one form; libtasn1 reads others, and cut ones */
	return *ret_tag != 0 && (*ret_tag & 0x1f) != 0x1f && count == form_len && memcmp(b.at + head, form, (size_t)count) == 0;
}

static void
same_text(struct bytes content, struct bytes whole)
{
	char ours[512], theirs[512];
	struct writer w = writer_of(ours, sizeof ours - 1);
	int used;

	if (content.len > 64 || !der_oid_text(&w, content) || !writer_ok(&w))
		return;
	ours[w.need] = 0;
	MUST(asn1_get_object_id_der(whole.at + 1, (int)whole.len - 1, &used, theirs, sizeof theirs) == ASN1_SUCCESS);
	MUST(strcmp(ours, theirs) == 0);
}

static void
walk(struct bytes b, unsigned deep)
{
	struct reader r = reader_of(b);
	struct bytes rest = b, content = BYTES_NONE;
	struct der_element e;
	size_t whole = 0;
	uint8_t tag = 0;

	while (reader_left(&r)) {
		bool there = taken_there(rest, &tag, &content, &whole), here = der_any(&r, &e);

		MUST(here == there);
		if (!here)
			return;
		MUST(e.tag == tag && e.whole.at == rest.at && e.whole.len == whole);
		MUST(e.content.len == content.len && (!content.len || e.content.at == content.at));
		if (e.tag == DER_OID)
			same_text(e.content, e.whole);
		if ((e.tag & 0x20) && deep < DEEP_MOST)
			walk(e.content, deep + 1);
		rest = bytes_of(rest.at + whole, rest.len - whole);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = exact_copy(bytes_of(data, size));

	walk(bytes_of(copy, size), 0);
	free(copy);
	return 0;
}
