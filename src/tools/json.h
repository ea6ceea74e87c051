/* SPDX-License-Identifier: MIT */
/*
 * json.h - writes one JSON document to standard output. It only writes; it
 * knows where a comma belongs and how a text is quoted, and nothing else.
 */
#ifndef OPENLSA_TOOLS_JSON_H
#define OPENLSA_TOOLS_JSON_H

#include <stdbool.h>
#include <stdint.h>

#define JSON_DEEP 8

struct json {
	unsigned depth;
	bool begun[JSON_DEEP + 1];	/* something stands before the next value */
};

/* A NULL key is for an array's values and the document itself. */
void json_begin(struct json *j, const char *key, char bracket);	/* '{' or '[' */
void json_end(struct json *j, char bracket);			/* '}' or ']'; the last ends the line */
void json_text(struct json *j, const char *key, const char *text);	/* NULL text: null */
void json_number(struct json *j, const char *key, uint64_t number);
void json_bool(struct json *j, const char *key, bool value);
void json_raw(struct json *j, const char *key, const char *document);	/* JSON already */

#endif
