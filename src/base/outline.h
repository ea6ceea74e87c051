/*
 * outline.h - what a token says as text: a tree with a line a field, offsets
 * from the token's start in front, or one JSON object.
 *
 * Pure. A stranger's text steers no terminal and ends no string.
 */
#ifndef OPENLSA_BASE_OUTLINE_H
#define OPENLSA_BASE_OUTLINE_H

#include "base/bytes.h"

struct outline {
	struct writer *w;
	struct bytes token;
	bool json;
};

/* At most 95 characters at a time. */
void outline_say(struct outline *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The beginning of a field, which `at` holds; an empty one is nowhere. */
void outline_key(struct outline *o, const char *name, struct bytes at);
void outline_hex(struct outline *o, struct bytes b);
/* In quotation marks; what is not plain ASCII is escaped. */
void outline_text(struct outline *o, struct bytes text);

#endif
