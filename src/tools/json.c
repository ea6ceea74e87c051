/* SPDX-License-Identifier: MIT */
/*
 * json.c - a JSON document, written as it goes. What is not UTF-8 becomes
 * U+FFFD, so that the document is valid whatever a text holds.
 */
#include "tools/json.h"

#include <stdio.h>
#include <string.h>

/* How many bytes of well-formed UTF-8 stand here; 0: none (RFC 3629). */
static unsigned
utf8_len(const unsigned char *c)
{
	unsigned n = c[0] < 0x80 ? 1 : c[0] < 0xC2 ? 0 : c[0] < 0xE0 ? 2 : c[0] < 0xF0 ? 3 : c[0] < 0xF5 ? 4 : 0;

	for (unsigned i = 1; i < n; i++)
		if ((c[i] & 0xC0) != 0x80)
			return 0;
	if ((c[0] == 0xE0 && c[1] < 0xA0) || (c[0] == 0xED && c[1] > 0x9F) ||
	    (c[0] == 0xF0 && c[1] < 0x90) || (c[0] == 0xF4 && c[1] > 0x8F))
		return 0;
	return n;
}

static void
quoted(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;

	putchar('"');
	while (*c) {
		unsigned n = utf8_len(c);

		if (*c == '"' || *c == '\\')
			printf("\\%c", *c);
		else if (*c == '\n')
			fputs("\\n", stdout);
		else if (*c == '\t')
			fputs("\\t", stdout);
		else if (*c < 0x20 || *c == 0x7F)
			printf("\\u%04x", *c);
		else if (n)
			fwrite(c, 1, n, stdout);
		else
			fputs("\\ufffd", stdout);
		c += n ? n : 1;
	}
	putchar('"');
}

static void
place(struct json *j, const char *key)
{
	if (j->begun[j->depth])
		putchar(',');
	j->begun[j->depth] = true;
	if (key) {
		quoted(key);
		putchar(':');
	}
}

void
json_begin(struct json *j, const char *key, char bracket)
{
	place(j, key);
	putchar(bracket);
	if (j->depth < JSON_DEEP)
		j->depth++;
	j->begun[j->depth] = false;
}

void
json_end(struct json *j, char bracket)
{
	putchar(bracket);
	if (j->depth)
		j->depth--;
	if (!j->depth)
		putchar('\n');
}

void
json_text(struct json *j, const char *key, const char *text)
{
	place(j, key);
	if (text)
		quoted(text);
	else
		fputs("null", stdout);
}

void
json_number(struct json *j, const char *key, uint64_t number)
{
	place(j, key);
	printf("%llu", (unsigned long long)number);
}

void
json_bool(struct json *j, const char *key, bool value)
{
	place(j, key);
	fputs(value ? "true" : "false", stdout);
}

void
json_raw(struct json *j, const char *key, const char *document)
{
	size_t len = strlen(document);

	place(j, key);
	while (len && document[len - 1] == '\n')
		len--;
	fwrite(document, 1, len, stdout);
}
