/*
 * text.c - UTF-16 and UTF-8 at the edge of the API.
 */
#include "secur32/text.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"

size_t
wide_length(const WCHAR *string)
{
	size_t n = 0;

	while (string && string[n])
		n++;
	return n;
}

static bool
text_of_utf16(struct text *t, struct bytes utf16)
{
	struct writer w = writer_of(t->small, sizeof t->small - 1);

	t->more = NULL;
	t->at = BYTES_NONE;
	if (!utf8_from_utf16(&w, utf16))
		return false;
	if (!writer_ok(&w)) {
		size_t need = w.need;

		t->more = malloc(need + 1);
		if (!t->more)
			return false;
		w = writer_of(t->more, need);
		if (!utf8_from_utf16(&w, utf16) || !writer_ok(&w))
			return false;
	}
	w.at[w.need] = 0;
	t->at = bytes_of(w.at, w.need);
	return true;
}

bool
text_of_wide(struct text *t, const WCHAR *string)
{
	return text_of_utf16(t, bytes_of(string, wide_length(string) * sizeof *string));
}

bool
text_of_counted(struct text *t, const UNICODE_STRING *string)
{
	if (!string)
		return text_of_utf16(t, BYTES_NONE);
	return text_of_utf16(t, bytes_of(string->Buffer, string->Buffer ? string->Length : 0));
}

bool
text_of_ansi(struct text *t, const CHAR *string)
{
	struct writer none = writer_of(NULL, 0);

	t->more = NULL;
	t->at = bytes_of_text(string);
	return utf16_from_utf8(&none, t->at);
}

void
text_drop(struct text *t)
{
	free(t->more);
	t->more = NULL;
	t->at = BYTES_NONE;
}

WCHAR *
wide_of_text(enum buffer_tag tag, struct bytes utf8)
{
	struct writer w = writer_of(NULL, 0);
	WCHAR *wide;

	if (!utf16_from_utf8(&w, utf8))
		return NULL;
	wide = buffer_new(tag, w.need + sizeof *wide);
	if (!wide)
		return NULL;
	w = writer_of(wide, w.need);
	if (!utf16_from_utf8(&w, utf8)) {	/* as it went the first time */
		(void)buffer_free(tag, wide);
		return NULL;
	}
	return wide;
}

CHAR *
ansi_of_text(enum buffer_tag tag, struct bytes utf8)
{
	return buffer_of(tag, utf8);
}
