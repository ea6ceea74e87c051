/*
 * ntlm_data.h - what NTLM's LSA half hands to its user half.
 *
 * Pure. The bytes begin with package id and layout number, so that a half of
 * another age refuses them. Two forms: a context just established (session
 * key and flags, from which the user half makes its keys) and one that has
 * been running (exported: the whole state of both directions too). All of it
 * is secret.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_DATA_H
#define OPENLSA_PKG_NTLM_NTLM_DATA_H

#include "pkg/ntlm/ntlm_keys.h"

struct ntlm_seal;

#define NTLM_DATA_PACKAGE	10u	/* RPC_C_AUTHN_WINNT */
#define NTLM_DATA_LAYOUT	1u
#define NTLM_DATA_TEXT_MAX	1024u	/* bytes of each text */

/* Texts are UTF-8, views into the bytes. */
struct ntlm_data {
	bool server;
	uint32_t flags;			/* NTLM_NEGOTIATE_* as agreed */
	uint32_t grants;		/* ISC_RET_* or ASC_RET_* */
	uint64_t luid, expiry;
	struct session_key key;		/* ExportedSessionKey; whoever holds it wipes it */
	struct bytes user, domain, target, sid;
	bool running;			/* the state of the seal follows */
	struct bytes seal;		/* for ntlm_seal_take */
};

/* `seal` NULL: just established. A text longer than NTLM_DATA_TEXT_MAX: false. */
bool ntlm_data_put(struct writer *w, const struct ntlm_data *d, struct ntlm_seal *seal) MUST_CHECK;
/* False: another package's, another layout, cut short or too long; nothing of `d` counts then. */
bool ntlm_data_take(struct ntlm_data *d, struct bytes wire) MUST_CHECK;

#endif
