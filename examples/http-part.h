/* SPDX-License-Identifier: MIT */
/*
 * http-part.h - the little of HTTP/1.1 that the example server needs: a
 * request's head (RFC 9112) and base64. Pure; it knows no socket and no SSPI.
 */
#ifndef HTTP_PART_H
#define HTTP_PART_H

#include <stdbool.h>
#include <stddef.h>

struct request {
	bool keep_alive, is_head;
	size_t body;			/* bytes behind the head, to be skipped */
	const char *scheme;		/* of "Authorization: SCHEME TOKEN": "Negotiate" or "NTLM", or NULL */
	const char *token;		/* its base64 */
	size_t token_len;
};

/* Bytes of the head with its empty line; 0: it is not whole yet. */
size_t http_head_len(const char *at, size_t len);
/* 0, or the status of the error to answer with; then the connection ends. */
int http_head_take(struct request *ret_request, const char *head, size_t len);

/*
 * An answer into the room; its length, or 0 where it does not fit. The token
 * goes with its scheme, if there is one; a 401 without one offers both schemes.
 * A NULL page is one sentence.
 */
size_t http_answer(char *to, size_t room, int status, const char *scheme, const void *token, size_t token_len,
    const char *page, bool keep_alive, bool is_head);
/* A text that means nothing to HTML; cut where the room ends. Returns `to`. */
const char *html_of(char *to, size_t room, const char *text);

/* The text has room for 4 * ((len + 2) / 3) + 1. */
void base64_of(char *ret_text, const unsigned char *at, size_t len);
/* Strict; the bytes have room for 3 * len / 4. False: not base64, or empty. */
bool base64_take(unsigned char *ret_bytes, size_t *ret_len, const char *text, size_t len);

#endif
