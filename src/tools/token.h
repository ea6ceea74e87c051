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

/* False: neither hex nor base64, or longer than the room. */
bool token_of_text(unsigned char *ret_bytes, size_t room, size_t *ret_len, const char *text, size_t text_len);

#endif
