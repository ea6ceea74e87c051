/* SPDX-License-Identifier: MIT */
/*
 * http-auth.h - the SSPI part of the example server: one handshake at a time
 * on one connection, every leg queued, every end a call back on the loop.
 */
#ifndef HTTP_AUTH_H
#define HTTP_AUTH_H

#include <stdbool.h>

#include <openlsa.h>

#define TOKEN_MOST	12288u

enum auth_end { AUTH_MORE, AUTH_GRANTED, AUTH_DENIED };

/* All that a pending call may touch stands here, so it must stay while one is pending. */
struct auth {
	bool pending, granted;
	OlsaLogonInfo logon;			/* when granted */
	SecBuffer token_out;			/* to the peer, during ended() */
	void (*ended)(void *owner, enum auth_end end);
	void *owner;
	SspiAsyncContext *call;
	bool has_ctx;
	CtxtHandle ctx;
	SecBuffer token_in;
	SecBufferDesc desc_in, desc_out;
	ULONG attributes;
	unsigned char token[TOKEN_MOST];	/* from the peer, before auth_leg() */
};

extern bool auth_decode;			/* print each token as a tree */

/* False: no memory. */
bool auth_open(struct auth *a, OLSA_ASYNC_QUEUE *queue, void (*ended)(void *owner, enum auth_end end), void *owner);
/* Queues a leg with the token; it ends in ended(). False: it was not queued. */
bool auth_leg(struct auth *a, CredHandle *cred, size_t token_len);
/* Forgets whoever has authenticated. Not while pending, nor the next. */
void auth_reset(struct auth *a);
void auth_close(struct auth *a);

#endif
