/* SPDX-License-Identifier: MIT */
/*
 * token.h - an authentication token as people have it at hand: base64, hex,
 * an HTTP header line. Pure; what the bytes mean is somebody else's affair.
 */
#ifndef OPENLSA_TOOLS_TOKEN_H
#define OPENLSA_TOOLS_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#define TOKEN_MOST 65536u
#define TOKEN_BASE64_MOST ((TOKEN_MOST + 2) / 3 * 4 + 1)

/* False: neither hex nor base64, or longer than the room. */
bool token_of_text(unsigned char *ret_bytes, size_t room, size_t *ret_len, const char *text, size_t text_len);
/* One of the two alone; an empty text is neither. In hex, blanks and colons are passed over. */
bool token_of_hex(unsigned char *ret_bytes, size_t room, size_t *ret_len, const char *text, size_t text_len);
bool token_of_base64(unsigned char *ret_bytes, size_t room, size_t *ret_len, const char *text, size_t text_len);
/* Ends with a zero byte. At most TOKEN_MOST bytes; the room is TOKEN_BASE64_MOST. */
void token_to_base64(char *ret_text, const unsigned char *bytes, size_t len);

#endif
