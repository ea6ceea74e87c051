/*
 * sharedkey.h - an example of a security package for OpenLSA, built with
 * nothing but its installed headers: who knows the pass phrase of a name is
 * who the name says. Both sides prove it, and get keys for their messages.
 *
 *     initiator                                            acceptor
 *     "SK1" 1, nonce (32), name (UTF-16LE)           -->
 *                                <--   "SK1" 2, nonce (32), HMAC(key, "acceptor", transcript)
 *     "SK1" 3, HMAC(key, "initiator", transcript)    -->
 *
 * key = PBKDF2-HMAC-SHA256(pass phrase, name, 10,000); transcript = both
 * nonces and the name. Messages: AES-256-GCM, a key for each direction, the
 * sequence as nonce. An example: a pass phrase can be guessed by whoever
 * hears a handshake, so choose long ones, and real packages do better.
 */
#ifndef SHAREDKEY_H
#define SHAREDKEY_H

#include <windows.h>
#include <ntsecpkg.h>
#include <ntstatus.h>

#include <stddef.h>
#include <stdint.h>

#define SK_NAME		"SharedKey"
#define SK_KEY		32u
#define SK_NONCE	32u
#define SK_PROOF	32u
#define SK_HEAD		4u
#define SK_NAME_MAX	128u		/* bytes of UTF-16 */
#define SK_TOKEN_MAX	512u
#define SK_SIGNATURE	24u		/* sequence (8), tag (16) */

struct sk_exchange {
	uint8_t nonce[2][SK_NONCE];	/* initiator's, acceptor's */
	uint8_t name[SK_NAME_MAX];
	uint32_t name_len;
};

/* What the half in the LSA hands over to the half in the application. */
struct sk_handed {
	uint8_t key[2][SK_KEY];		/* initiator's direction, acceptor's */
	uint32_t server;
	uint32_t name_len;
	uint8_t name[SK_NAME_MAX];
	uint64_t sent, seen;
};

/* sharedkey_proof.c: 1 when all went well */
int sk_key_of(uint8_t key[SK_KEY], const void *phrase, size_t phrase_len, const void *name, size_t name_len);
int sk_prove(uint8_t out[SK_PROOF], const uint8_t key[SK_KEY], const char *what, const struct sk_exchange *x);
int sk_same(const void *a, const void *b, size_t len);
int sk_random(void *at, size_t len);
void sk_wipe(void *at, size_t len);
/* In place; the tag is made or checked. count parts are encrypted in order, `beside` is covered and left as it is. */
struct sk_part { uint8_t *at; uint32_t len; };
int sk_seal(const uint8_t key[SK_KEY], uint64_t sequence, const struct sk_part *beside, unsigned beside_count,
	const struct sk_part *parts, unsigned count, uint8_t tag[16]);
int sk_open(const uint8_t key[SK_KEY], uint64_t sequence, const struct sk_part *beside, unsigned beside_count,
	const struct sk_part *parts, unsigned count, const uint8_t tag[16]);

/* Messages of LsaCallAuthenticationPackage. */
#define SK_MESSAGE_WHO		1u	/* answers struct sk_who: the caller, and how many names there are */
#define SK_MESSAGE_ECHO		2u	/* answers what was sent */

struct sk_who {
	ULONG		MessageType;
	ULONG		Names;
	ULONG		ProcessId;
	UNICODE_STRING	Package;	/* a pointer into the same buffer */
};

/* LsaLogonUser: the strings (UTF-16) stand at offsets from the start. */
struct sk_logon {
	ULONG	MessageType;		/* 1 */
	ULONG	NameOffset, NameLength;
	ULONG	PhraseOffset, PhraseLength;
};

#endif
