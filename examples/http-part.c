/* SPDX-License-Identifier: MIT */
/*
 * http-part.c - see http-part.h. Whatever is doubtful about where a request
 * ends is refused, since a proxy might see it otherwise.
 */
#include "http-part.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define BODY_MOST 65536u

size_t
http_head_len(const char *at, size_t len)
{
	const char *end = memmem(at, len, "\r\n\r\n", 4);

	return end ? (size_t)(end - at) + 4 : 0;
}

static bool
is(const char *at, size_t len, const char *word)
{
	return len == strlen(word) && strncasecmp(at, word, len) == 0;
}

static bool
length_take(size_t *ret_value, const char *at, size_t len)
{
	size_t value = 0;

	for (size_t i = 0; i < len; i++) {
		if (at[i] < '0' || at[i] > '9' || value > BODY_MOST)
			return false;
		value = value * 10 + (size_t)(at[i] - '0');
	}
	*ret_value = value;
	return len > 0;
}

static const char *const schemes[] = { "Negotiate", "NTLM" };

/* "SCHEME TOKEN", where it is one that is spoken here. False: two of them. */
static bool
authorization_take(struct request *r, const char *value, size_t len)
{
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		size_t n = strlen(schemes[i]);

		if (len <= n || strncasecmp(value, schemes[i], n) != 0 || value[n] != ' ')
			continue;
		if (r->token)
			return false;
		for (value += n, len -= n; len && *value == ' '; len--)
			value++;
		r->scheme = schemes[i];
		r->token = value;
		r->token_len = len;
		break;
	}
	return true;
}

/* One header: 0 or an error status. */
static int
header_take(struct request *r, bool *has_length, const char *name, size_t name_len, const char *value, size_t len)
{
	if (is(name, name_len, "connection")) {
		if (is(value, len, "close"))
			r->keep_alive = false;
		else if (is(value, len, "keep-alive"))
			r->keep_alive = true;
	} else if (is(name, name_len, "content-length")) {
		if (*has_length || !length_take(&r->body, value, len))
			return 400;
		*has_length = true;
		if (r->body > BODY_MOST)
			return 413;
	} else if (is(name, name_len, "transfer-encoding")) {
		return 501;
	} else if (is(name, name_len, "authorization")) {
		if (!authorization_take(r, value, len))
			return 400;
	}
	return 0;
}

int
http_head_take(struct request *ret_request, const char *head, size_t len)
{
	const char *end = head + len - 2, *line = memmem(head, len, "\r\n", 2), *space = memchr(head, ' ', len);
	struct request r = { .keep_alive = true };
	bool has_length = false;

	if (memchr(head, '\0', len) || !line || !space || space > line || space == head || line - head < 14)
		return 400;
	if (memcmp(line - 9, " HTTP/1.", 8) != 0)
		return 505;
	r.keep_alive = line[-1] != '0';
	r.is_head = is(head, (size_t)(space - head), "HEAD");
	for (line += 2; line < end; ) {
		const char *stop = memmem(line, (size_t)(end - line) + 2, "\r\n", 2);
		const char *colon = memchr(line, ':', (size_t)(stop - line)), *value;
		int error;

		if (!colon || colon == line || line[0] == ' ' || line[0] == '\t' || colon[-1] == ' ' || colon[-1] == '\t')
			return 400;
		for (value = colon + 1; value < stop && (*value == ' ' || *value == '\t'); value++)
			;
		len = (size_t)(stop - value);
		while (len && (value[len - 1] == ' ' || value[len - 1] == '\t'))
			len--;
		error = header_take(&r, &has_length, line, (size_t)(colon - line), value, len);
		if (error)
			return error;
		line = stop + 2;
	}
	*ret_request = r;
	return 0;
}

/* --- base64 (RFC 4648 4) ------------------------------------------------------ */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_of(char *ret_text, const unsigned char *at, size_t len)
{
	char *to = ret_text;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t bits = (uint32_t)at[i] << 16 | (i + 1 < len ? (uint32_t)at[i + 1] << 8 : 0) |
		    (i + 2 < len ? at[i + 2] : 0u);

		*to++ = digits[bits >> 18];
		*to++ = digits[bits >> 12 & 63];
		*to++ = i + 1 < len ? digits[bits >> 6 & 63] : '=';
		*to++ = i + 2 < len ? digits[bits & 63] : '=';
	}
	*to = '\0';
}

bool
base64_take(unsigned char *ret_bytes, size_t *ret_len, const char *text, size_t len)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;

	if (len == 0 || len % 4)
		return false;
	len -= text[len - 1] == '=';
	len -= text[len - 1] == '=';
	for (size_t i = 0; i < len; i++) {
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;

		if (!digit)
			return false;
		bits = bits << 6 | (uint32_t)(digit - digits);
		have += 6;
		if (have >= 8) {
			have -= 8;
			ret_bytes[n++] = (unsigned char)(bits >> have);
		}
	}
	*ret_len = n;
	return n > 0;
}

/* --- answers -------------------------------------------------------------------- */

#define SENT_MOST 12288u

static const struct { int status; const char *text; } texts[] = {
	{ 200, "OK" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 413, "Content Too Large" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 505, "HTTP Version Not Supported" },
};

size_t
http_answer(char *to, size_t room, int status, const char *scheme, const void *token, size_t token_len,
    const char *page, bool keep_alive, bool is_head)
{
	static char header[64 + SENT_MOST / 3 * 4];
	const char *text = "Error", *type = page ? "text/html" : "text/plain";
	char sentence[64];
	int n;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i].status == status)
			text = texts[i].text;
	if (token_len > SENT_MOST)
		return 0;
	header[0] = '\0';
	if (scheme && token_len) {
		n = snprintf(header, sizeof header, "WWW-Authenticate: %s ", scheme);
		base64_of(header + n, token, token_len);
		n = (int)strlen(header);
		(void)snprintf(header + n, sizeof header - (size_t)n, "\r\n");
	} else if (status == 401) {
		(void)snprintf(header, sizeof header, "WWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\n");
	}
	(void)snprintf(sentence, sizeof sentence, "%s\n", status == 401 ? "You must log on to see this page." : text);
	page = page ? page : sentence;
	n = snprintf(to, room, "HTTP/1.1 %d %s\r\n%sContent-Type: %s; charset=utf-8\r\nContent-Length: %zu\r\n"
	    "Cache-Control: no-store\r\nConnection: %s\r\n\r\n%s", status, text,
	    header, type, strlen(page), keep_alive ? "keep-alive" : "close", is_head ? "" : page);
	return n > 0 && (size_t)n < room ? (size_t)n : 0;
}

const char *
html_of(char *to, size_t room, const char *text)
{
	size_t n = 0;

	for (; *text && n + 8 < room; text++) {
		if (strchr("<>&\"'", *text))
			n += (size_t)snprintf(to + n, room - n, "&#%d;", *text);
		else
			to[n++] = (unsigned char)*text < 0x20 || *text == 0x7F ? '?' : *text;
	}
	to[n] = '\0';
	return to;
}
