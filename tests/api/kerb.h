/*
 * kerb.h - what the Kerberos tests of the initiator share: MIT's
 * gss_accept_sec_context as the peer, in this process; tickets made by kinit.
 * They run under tests/lab/kdc.py, whose environment they read.
 */
#ifndef OPENLSA_TESTS_API_KERB_H
#define OPENLSA_TESTS_API_KERB_H

#include "tests/api/api.h"

struct shake {
	/* In. */
	PCredHandle cred;
	const char *target;
	ULONG wants;
	const char *bindings;		/* application data for the initiator, or NULL */
	const char *expects;		/* and for the acceptor */
	bool async;
	void (*meddle)(struct shake *s, int leg, uint8_t *token, size_t *len);	/* with what the acceptor says, or NULL */
	bool afresh;			/* meddle's: the acceptor forgets what it heard */
	/* Out. */
	SECURITY_STATUS status;		/* of the last leg */
	CtxtHandle context;
	bool has_context;
	ULONG attr;
	TimeStamp expiry;
	uint32_t gss_major, gss_minor, gss_flags;
	int legs;			/* of the initiator */
	char client[256];		/* as the acceptor knows it */
	int etype;			/* of the key that the acceptor protects with */
	uint8_t key[64];
	size_t key_len;
	uint64_t send, receive;		/* the acceptor's */
	bool talked;			/* signatures, and sealed messages but in DCE style, went both ways */
	bool delegated;			/* the acceptor holds a credential of the client's that works */
	uint8_t token[48000];		/* the last one for the initiator */
	size_t token_len;
};

/* The whole conversation; what the acceptor knows then. */
void shake(struct shake *s);
/* Deletes the context. */
void shake_end(struct shake *s);

/* user NULL: the default identity. */
SECURITY_STATUS kerb_cred(PCredHandle ret_cred, const char *user, const char *domain, const char *password);
/* kinit with the keytab of kdc.py into `cache`; KRB5CCNAME names it from then on. False: it failed. */
bool kerb_kinit(const char *client, const char *cache, const char *more);
/* The reasons of the last call, which returned this status, hold this text; prints them where not. */
bool kerb_said(LONG status, const char *text);
void kerb_policy(const char *name, ULONG value);
const char *lab(const char *name);	/* a variable of kdc.py's */

#endif
