/*
 * shake.h - a handshake of two sides through the public interface, with
 * somebody in the middle; each leg synchronous or asynchronous.
 */
#ifndef OPENLSA_TESTS_API_SHAKE_H
#define OPENLSA_TESTS_API_SHAKE_H

#include "tests/api/api.h"

#define SHAKE_TOKEN	16384u

struct side {
	bool server, async;
	CredHandle cred;
	CtxtHandle ctx;
	bool has;
	ULONG wants;
	const char *target;
	SECURITY_STATUS status;		/* of the last leg */
	unsigned legs;
	ULONG attr, len;
	ULONG error_len;		/* of the token that a failed leg gave */
	uint8_t token[SHAKE_TOKEN];
};

/* SEC_E_OK, or why there is no credential. `list` is the identity's PackageList or NULL; user NULL: no identity. */
SECURITY_STATUS side_client(struct side *s, const char *package, const char *user, const char *password, const char *list);
SECURITY_STATUS side_server(struct side *s, const char *package, const char *principal);
SECURITY_STATUS side_leg(struct side *s, const uint8_t *in, ULONG len);
/* The context goes, the credential stays. */
void side_again(struct side *s);
void side_leave(struct side *s);
/* The reasons of the context, or of the thread's last failure. Until the next call. */
const char *side_why(struct side *s);

/* May change a token of at most SHAKE_TOKEN bytes; `leg` counts from 0, even ones are the client's. */
typedef void middle(void *arg, unsigned leg, uint8_t *token, ULONG *len);

/* True: both sides are done, and say so. */
bool shake(struct side *client, struct side *server, middle *edit, void *arg);
/* Signed messages both ways, sealed ones where the context seals. */
bool shake_speaks(struct side *client, struct side *server);

#endif
