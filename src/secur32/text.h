/*
 * text.h - the two character sets of the API, as one inside: UTF-8.
 */
#ifndef OPENLSA_SECUR32_TEXT_H
#define OPENLSA_SECUR32_TEXT_H

#include <sspi.h>
#include <ntsecapi.h>

#include "base/bytes.h"
#include "secur32/memory.h"

/* A string of the caller as UTF-8; short ones need no memory. */
struct text {
	struct bytes at;
	char *more;
	char small[264];
};

/* A NULL string is an empty text. False: not valid text, or no memory. text_drop either way. */
bool text_of_wide(struct text *t, const WCHAR *string) MUST_CHECK;
bool text_of_counted(struct text *t, const UNICODE_STRING *string) MUST_CHECK;
bool text_of_ansi(struct text *t, const CHAR *string) MUST_CHECK;
void text_drop(struct text *t);

size_t wide_length(const WCHAR *string);	/* in characters */

/* NUL-terminated, for the caller to free with the tag's function. NULL: no memory. */
WCHAR *wide_of_text(enum buffer_tag tag, struct bytes utf8) MUST_CHECK;
CHAR *ansi_of_text(enum buffer_tag tag, struct bytes utf8) MUST_CHECK;

#endif
