/* SPDX-License-Identifier: MIT */
/*
 * token.c - text to bytes. Hex is tried first: no base64 of an NTLM token
 * ("TlRM...") is hex as well.
 */
#include "tools/token.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* "Authorization: NTLM TlRM...": what stands behind the scheme, or all of it. */
static void
value_of_line(const char **text, size_t *len)
{
	static const char *const schemes[] = { "NTLM", "Negotiate" };
	const char *at = *text, *end = at + *len;
	const char *colon = memchr(at, ':', *len);

	/* "4e:54:4c:4d" has colons too, but no name before the first. */
	if (colon && colon - at > 2)
		at = colon + 1;
	while (at < end && is_blank(*at))
		at++;
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		size_t n = strlen(schemes[i]);

		if ((size_t)(end - at) > n && strncasecmp(at, schemes[i], n) == 0 && is_blank(at[n])) {
			at += n;
			break;
		}
	}
	*text = at;
	*len = (size_t)(end - at);
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool
token_of_hex(unsigned char *to, size_t room, size_t *ret_len, const char *text, size_t len)
{
	size_t digits = 0;

	if (len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		text += 2;
		len -= 2;
	}
	for (size_t i = 0; i < len; i++) {
		int digit = hex_digit(text[i]);

		if (is_blank(text[i]) || text[i] == ':')
			continue;
		if (digit < 0 || digits / 2 >= room)
			return false;
		to[digits / 2] = (unsigned char)(digits % 2 ? to[digits / 2] << 4 | digit : digit);
		digits++;
	}
	*ret_len = digits / 2;
	return digits && digits % 2 == 0;
}

static int
base64_digit(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52 :
	    c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

bool
token_of_base64(unsigned char *to, size_t room, size_t *ret_len, const char *text, size_t len)
{
	uint32_t bits = 0;
	unsigned have = 0, padding = 0;
	size_t digits = 0, n = 0;

	for (size_t i = 0; i < len; i++) {
		int digit = base64_digit(text[i]);

		if (is_blank(text[i]))
			continue;
		if (text[i] == '=' && ++padding <= 2)
			continue;
		if (digit < 0 || padding)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		have += 6;
		digits++;
		if (have >= 8) {
			have -= 8;
			if (n == room)
				return false;
			to[n++] = (unsigned char)(bits >> have);
		}
	}
	*ret_len = n;
	return n && digits % 4 != 1;
}

bool
token_of_text(unsigned char *ret_bytes, size_t room, size_t *ret_len, const char *text, size_t text_len)
{
	value_of_line(&text, &text_len);
	return token_of_hex(ret_bytes, room, ret_len, text, text_len) ||
	    token_of_base64(ret_bytes, room, ret_len, text, text_len);
}

void
token_to_base64(char *ret_text, const unsigned char *bytes, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len && len <= TOKEN_MOST; i += 3) {
		uint32_t three = (uint32_t)bytes[i] << 16;

		if (i + 1 < len)
			three |= (uint32_t)bytes[i + 1] << 8;
		if (i + 2 < len)
			three |= bytes[i + 2];
		*ret_text++ = digits[three >> 18];
		*ret_text++ = digits[three >> 12 & 63];
		*ret_text++ = i + 1 < len ? digits[three >> 6 & 63] : '=';
		*ret_text++ = i + 2 < len ? digits[three & 63] : '=';
	}
	*ret_text = 0;
}
