/*
 * accept_lsa.h - just enough of an LSA to run Kerberos' acceptor alone: the
 * verbs and services that it uses, over a real store's memory of proofs; the user data is
 * shown as a structure.
 */
#ifndef OPENLSA_TESTS_PKG_KERBEROS_ACCEPT_LSA_H
#define OPENLSA_TESTS_PKG_KERBEROS_ACCEPT_LSA_H

#include <krb5.h>

#include "pkg/kerberos/kerb_lsa.h"
#include "store/store.h"

struct accept_lsa {
	uint32_t rules[RULES];
	const char *keytab, *keytab_folder;	/* settings */
	const char *only;			/* the one principal that this caller may use; NULL: any */
	struct store *store;			/* NULL: every proof is a first one */
	int32_t clock;				/* what the acceptor's clock is ahead */
	bool no_context;			/* libkrb5 has none: no memory, or its configuration is broken */
	int sessions;				/* held now */
	unsigned remembered;			/* proofs that were asked about */
	/* The last logon, and the last audit line. */
	char user[256], domain[256], sid[SID_TEXT_MAX];
	unsigned groups;
	char group[8][SID_TEXT_MAX];
	NTSTATUS audited;
	unsigned forwarded;			/* tickets kept with the session */
	size_t evidence;			/* or the client's own ticket, of this length */
};
extern struct accept_lsa accept_lsa;

/* One side of a conversation, and what its last leg came to. */
struct accept_side {
	struct kerb_cred cred;
	struct kerb_context *context;
	uint32_t wants;
	struct bytes bindings;
	NTSTATUS status;
	struct leg_result ret;
	uint8_t token[65536];
	size_t len;
	struct kerb_data data;			/* of a finished context; texts below */
	char user[256], domain[256], target[1100], sid[256];
	char caller[4096], trusted[4096];
};

NTSTATUS accept_leg(struct accept_side *s, struct bytes token);
NTSTATUS accept_ready(struct accept_side *s);
void accept_over(struct accept_side *s);	/* the context goes */

#endif
