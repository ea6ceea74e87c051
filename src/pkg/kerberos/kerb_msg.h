/*
 * kerb_msg.h - messages to the package (LsaCallAuthenticationPackage): the
 * ticket cache, passwords. spec/lsa-logon.md 8.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_MSG_H
#define OPENLSA_PKG_KERBEROS_KERB_MSG_H

#include "pkg/kerberos/kerb_cache.h"

/* The package's entry: dispatches by the number in front. */
NTSTATUS kerb_message(struct call *call, const struct message_args *args, struct message_result *ret);

/* --- shared by kerb_msg*.c --------------------------------------------------- */

/* A verdict with its sentence; returns STATUS_SUCCESS: the message itself was delivered. */
NTSTATUS kerb_verdict(struct call *call, struct message_result *ret, NTSTATUS verdict, const char *why);
/*
 * The tickets of a session, held, or NULL when it has none; 0: the caller's own,
 * with what it brought along. Another's needs trust: *ret_verdict says so.
 */
struct kerb_cache *kerb_msg_cache(struct call *call, uint64_t luid, NTSTATUS *ret_verdict);
/* A cache of its own for a session that has none, held; NULL: *ret_verdict says why. */
struct kerb_cache *kerb_msg_cache_make(struct call *call, const struct session_view *session, NTSTATUS *ret_verdict);
/* Its realm in call memory; "" when memory is short. */
const char *kerb_msg_realm(struct call *call, krb5_const_principal p);
/* UTF-8 in call memory; "" when empty, NULL when it is no text, has a NUL, or there is no memory. */
const char *kerb_msg_utf8(struct call *call, struct bytes utf16);
/* A counted string of a request (length, room, nothing, offset) as UTF-8 in call memory; "" when empty, NULL when it is none. */
const char *kerb_msg_text(struct call *call, struct reader *r, size_t fixed);

/*
 * A reply under way: the fixed part is written at `put`, strings and blocks go
 * behind it, and each offset that stands for a pointer is noted.
 */
struct kerb_reply {
	struct writer fixed, rest, pointers;
	size_t rest_at;			/* where `rest` begins */
	uint8_t *whole;
};
/* False: no memory. `rest_len` and `pointer_count` are bounds. */
bool kerb_reply_begin(struct kerb_reply *r, struct call *call, size_t fixed_len, size_t rest_len, size_t pointer_count) MUST_CHECK;
/* UNICODE_STRING of UTF-8 text, a NUL behind it that does not count. */
void kerb_reply_text(struct kerb_reply *r, const char *text);
/* A pointer to a copy of the bytes, at a multiple of 8; empty: NULL. */
void kerb_reply_block(struct kerb_reply *r, struct bytes block);
/* A pointer to a place in the fixed part. */
void kerb_reply_inside(struct kerb_reply *r, uint64_t at);
NTSTATUS kerb_reply_end(struct kerb_reply *r, struct message_result *ret);
/* Seconds since 1970 as FILETIME; 0 stays 0. */
uint64_t kerb_filetime(uint32_t seconds);

/* kerb_msg_get.c: one ticket, as bytes. */
NTSTATUS kerb_msg_retrieve(struct call *call, const struct message_args *args, struct message_result *ret);
/* kerb_msg_extra.c: keys to accept with, of a password (`longer`: for some principals alone); and from one session to another. */
NTSTATUS kerb_msg_extra(struct call *call, const struct message_args *args, bool longer, struct message_result *ret);
NTSTATUS kerb_msg_transfer(struct call *call, const struct message_args *args, struct message_result *ret);
/* kerb_msg_extra.c: a keytab of a password. */
NTSTATUS kerb_msg_keytab(struct call *call, const struct message_args *args, struct message_result *ret);
/* kerb_msg_more.c: about what is empty here, and what is not supported. */
NTSTATUS kerb_msg_more(struct call *call, const struct message_args *args, uint32_t type, struct message_result *ret);
/* kerb_msg_pass.c: passwords at the KDC. */
NTSTATUS kerb_msg_password(struct call *call, const struct message_args *args, struct message_result *ret);

#endif
