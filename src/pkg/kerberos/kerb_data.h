/*
 * kerb_data.h - what Kerberos' LSA half hands to its user half.
 *
 * Pure. The bytes begin with package id and layout number, so that a half of
 * another age refuses them. One form serves a context just established and
 * one that has been running (exported): keys and sequence numbers are all the
 * state there is. All of it is secret.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_DATA_H
#define OPENLSA_PKG_KERBEROS_KERB_DATA_H

#include "base/bytes.h"

#define KERB_DATA_PACKAGE	16u	/* RPC_C_AUTHN_GSS_KERBEROS */
#define KERB_DATA_LAYOUT	2u
#define KERB_DATA_TEXT_MAX	1024u	/* bytes of each text */
#define KERB_KEY_MAX		32u

struct kerb_key {
	int32_t etype;			/* [RFC 3961] number: 17, 18, 19, 20, 23 */
	uint32_t len;
	uint8_t b[KERB_KEY_MAX];
};

/* Texts are UTF-8, views into the bytes. */
struct kerb_data {
	bool server;			/* this side accepted */
	bool acceptor_subkey;		/* `key` is the acceptor's: [RFC 4121] 4.2.2 flag 4 */
	bool dce;			/* ISC_REQ_USE_DCE_STYLE */
	uint32_t grants;		/* ISC_RET_* or ASC_RET_* */
	uint64_t send, receive;		/* next sequence numbers */
	uint64_t window;		/* of what was received behind `receive`: bit i is receive-1-i */
	struct kerb_key key;		/* protects messages */
	struct kerb_key session_key;	/* SECPKG_ATTR_SESSION_KEY */
	uint64_t luid, expiry;		/* FILETIME */
	struct bytes user, domain, target, sid;
	struct bytes client, service;	/* principals, as krb5_unparse_name writes them */
};

/* A text longer than KERB_DATA_TEXT_MAX: false. */
bool kerb_data_put(struct writer *w, const struct kerb_data *d) MUST_CHECK;
/* False: another package's, another layout, cut short or too long; nothing of `d` counts then. */
bool kerb_data_take(struct kerb_data *d, struct bytes wire) MUST_CHECK;

#endif
