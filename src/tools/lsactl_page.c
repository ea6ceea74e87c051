/* SPDX-License-Identifier: MIT */
/*
 * lsactl_page.c - the tokens of a file as one page of HTML: a log of HTTP
 * headers, a list of tokens, or one token as bytes. The page stands alone:
 * no script, nothing from elsewhere, all text escaped, since every name in a
 * token is a stranger's. Needs no LSA.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/lsactl.h"
#include "tools/token.h"

#define FILE_MOST	(16u * 1024u * 1024u)
#define LINE_MOST	(4u * TOKEN_MOST)
#define COLUMN		11u	/* of a tree's line: "0010 +4    " stands before the field */

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	"<title>Tokens</title>\n<style>\n"
	"body { font: 15px/1.4 sans-serif; margin: 2em; color: #222; background: #fff }\n"
	"h2 { font-size: 1.1em; margin: 1.6em 0 .4em } h2 small { color: #666; font-weight: normal }\n"
	"table { border-collapse: collapse } th { text-align: left; color: #666; font-weight: normal }\n"
	"td, th { padding: .15em .9em .15em 0; vertical-align: top; border-bottom: 1px solid #ddd }\n"
	"td.n, td.v { font-family: monospace } td.n { color: #666 } td.v { word-break: break-all }\n"
	"</style>\n</head>\n<body>\n<h1>Tokens</h1>\n";

static void
escaped(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		switch (at[i]) {
		case '&':	fputs("&amp;", stdout); break;
		case '<':	fputs("&lt;", stdout); break;
		case '>':	fputs("&gt;", stdout); break;
		case '"':	fputs("&quot;", stdout); break;
		case '\'':	fputs("&#39;", stdout); break;
		default:	putchar(at[i]);
		}
}

static void
cell(const char *class, size_t indent, const char *at, size_t len)
{
	printf("<td class=\"%s\"", class);
	if (indent)
		printf(" style=\"padding-left:%zuem\"", indent / 2 + 1);
	putchar('>');
	escaped(at, len);
	fputs("</td>", stdout);
}

/* "0010 +4    field: value", or the same without a place. */
static void
row(const char *line, size_t len)
{
	size_t at = len < COLUMN ? len : COLUMN, indent, place = 0, length = 0;
	const char *colon;

	while (place < at && line[place] != ' ')
		place++;
	while (place + 1 + length < at && line[place + 1 + length] != ' ')
		length++;
	line += at;
	len -= at;
	for (indent = 0; indent < len && line[indent] == ' '; indent++)
		;
	colon = memchr(line + indent, ':', len - indent);
	fputs("<tr>", stdout);
	cell("n", 0, line - at, place);
	cell("n", 0, line - at + place + (length ? 1 : 0), length);
	cell("f", indent, line + indent, (colon ? (size_t)(colon - line) : len) - indent);
	if (colon && (size_t)(colon - line) + 2 < len)
		cell("v", 0, colon + 2, len - (size_t)(colon - line) - 2);
	else
		cell("v", 0, "", 0);
	fputs("</tr>\n", stdout);
}

/* The first line of a tree is its title. */
static void
section(const char *tree, unsigned long line_number)
{
	size_t len = strcspn(tree, "\n");

	fputs("<h2>", stdout);
	escaped(tree, len);
	if (line_number)
		printf(" <small>line %lu</small>", line_number);
	fputs("</h2>\n<table>\n<tr><th>at</th><th>bytes</th><th>field</th><th>value</th></tr>\n", stdout);
	for (tree += len; *tree == '\n'; tree += len) {
		tree++;
		len = strcspn(tree, "\n");
		if (len)
			row(tree, len);
	}
	fputs("</table>\n", stdout);
}

/* False: there is no token in it. */
static bool
token_show(const unsigned char *token, size_t len, unsigned long line_number, bool *first)
{
	LPSTR tree = NULL;

	if (OlsaDecodeToken(token, (ULONG)len, OLSA_DECODE_TREE, &tree) != SEC_E_OK)
		return false;
	if (*first)
		fputs(head, stdout);
	*first = false;
	section(tree, line_number);
	(void)FreeContextBuffer(tree);
	return true;
}

static bool
text_show(const char *text, size_t len, unsigned long line_number, bool *first)
{
	static unsigned char token[TOKEN_MOST];
	size_t token_len;

	return len && len <= LINE_MOST && token_of_text(token, sizeof token, &token_len, text, len) &&
	    token_show(token, token_len, line_number, first);
}

static void
lines_show(const char *text, size_t len, bool *first)
{
	unsigned long number = 1;

	for (const char *end = text + len; text < end; number++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t line = newline ? (size_t)(newline - text) : (size_t)(end - text);

		(void)text_show(text, line, number, first);
		text += line + 1;
	}
}

enum end
decode_page(const struct run *run)
{
	bool standard = strcmp(run->html, "-") == 0, first = true, good;
	FILE *f = standard ? stdin : fopen(run->html, "rb");
	char *text = f ? malloc(FILE_MOST + 1) : NULL;
	size_t len = text ? fread(text, 1, FILE_MOST + 1, f) : 0;

	good = text && !ferror(f) && len <= FILE_MOST;
	if (f && !standard)
		(void)fclose(f);
	if (!good) {
		free(text);
		return fault_plain(run, END_FAILED, "the file cannot be read, or has more than 16 MiB",
		    "name a file of headers or tokens, or - for standard input");
	}
	/* The bytes themselves; one token, perhaps over many lines; a token a line. */
	if (!(len <= TOKEN_MOST && token_show((const unsigned char *)text, len, 0, &first)) &&
	    !text_show(text, len, 0, &first))
		lines_show(text, len, &first);
	free(text);
	if (first)
		return fault_plain(run, END_FAILED, "there is no token in that file",
		    "give base64, hex, or whole HTTP header lines, one a line");
	fputs("</body>\n</html>\n", stdout);
	return END_OK;
}
