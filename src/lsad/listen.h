/*
 * listen.h - the socket that clients find: made safely, accepted from with a
 * descriptor in reserve, removed at the end. Knows no client.
 */
#ifndef OPENLSA_LSAD_LISTEN_H
#define OPENLSA_LSAD_LISTEN_H

#include "base/bytes.h"

#define LISTEN_WHY	320

struct listener;

/*
 * At `path`, mode 0666. False: `why` is a sentence, and whoever else serves there goes on. A stale socket
 * is removed, nothing else ever is. With a descriptor (from systemd, listening already) that one is served and path is only a name.
 */
bool listener_open(struct listener **ret_listener, const char *path, int inherited, char why[LISTEN_WHY]) MUST_CHECK;
int listener_fd(const struct listener *l);

enum accepted {
	ACCEPTED,		/* *ret_fd is the caller's: non-blocking, closed on exec */
	ACCEPT_NONE,		/* nobody is waiting */
	ACCEPT_REFUSED,		/* somebody was sent away: no descriptors are left */
	ACCEPT_LATER,		/* not even that was possible: come back after a while */
};
enum accepted listener_accept(struct listener *l, int *ret_fd) MUST_CHECK;

/* Nobody is accepted any more, and the name is gone. */
void listener_drop(struct listener *l);

#endif
