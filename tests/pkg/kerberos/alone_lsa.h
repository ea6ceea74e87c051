/*
 * alone_lsa.h - just enough of an LSA to run the whole of Kerberos' package
 * without one: its verbs and services, one process and no sessions, and KDCs that are a function
 * of the test's.
 */
#ifndef OPENLSA_TESTS_PKG_KERBEROS_ALONE_LSA_H
#define OPENLSA_TESTS_PKG_KERBEROS_ALONE_LSA_H

#include "pkg/kerberos/kerb_lsa.h"

struct alone_lsa {
	const char *keytab;		/* setting */
	uint32_t rules[RULES];
	/* STATUS_SUCCESS: the answer lies in *ret_answer, as long as the test likes. Else what the wait comes to. */
	NTSTATUS (*kdc)(void *arg, const struct kdc_ask *ask, struct bytes *ret_answer);
	void *arg;
	unsigned trips, sessions;
	struct kept *kept;		/* with the process */
	char why[4096];			/* the last call's reasons */
};
extern struct alone_lsa alone_lsa;

/* One side of a conversation, and what its last leg came to. */
struct alone_side {
	bool server;
	void *cred, *context;
	uint32_t wants;
	const char *target;
	bool by_peer;
	NTSTATUS status;
	uint8_t token[65536];
	size_t len;
	bool established;		/* user data was handed out, or is kept inside */
};

NTSTATUS alone_acquire(struct alone_side *s, const char *principal);
NTSTATUS alone_leg(struct alone_side *s, struct bytes token);
NTSTATUS alone_adopt(struct bytes tickets);
/* A message to the package; what it says is verdict, or the call's own failure. *ret_body: malloc'ed copy. */
NTSTATUS alone_message(struct bytes body, struct bytes *ret_body);
void alone_over(struct alone_side *s);	/* context and credential go */
void alone_forget(void);		/* what is kept with the process goes */

#endif
