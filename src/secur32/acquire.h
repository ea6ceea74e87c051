/*
 * acquire.h - a credential as the client asks for one: shared by the
 * synchronous and the asynchronous functions, A and W.
 */
#ifndef OPENLSA_SECUR32_ACQUIRE_H
#define OPENLSA_SECUR32_ACQUIRE_H

#include <sspi.h>

#include "secur32/handles.h"
#include "secur32/identity.h"
#include "wire/token_facts.h"

struct acquire {
	struct bytes package, principal;	/* UTF-8, needed until acquire_ask */
	uint32_t use;
	uint64_t logon_id;
	bool acting;				/* the caller's thread acts as somebody else: */
	uint64_t token, epoch;			/* and that one's token, in the LSA of this epoch */
	uint8_t key[TOKEN_KEY_LEN];
	struct identity identity;
	uint32_t deadline;
	PCredHandle handle;
	PTimeStamp expiry;
	struct cred *cred;
	struct link *link;
	struct why why;
	bool given_up;
};

/* Copies the identity; pAuthData is the caller's again. */
SECURITY_STATUS acquire_open(struct acquire *a, const void *logon_id, const void *auth_data, bool wide);
void acquire_ask(struct acquire *a, struct ask *ask, struct link *link);
SECURITY_STATUS acquire_close(struct acquire *a, struct ask *ask, SECURITY_STATUS status);
void acquire_drop(struct acquire *a);

/* Tells the LSA that a credential is gone, and waits for nothing. */
void release_detached(struct link *link, uint64_t wire);

#endif
