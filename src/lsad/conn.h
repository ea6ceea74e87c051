/*
 * conn.h - one client's connection: bytes in, frames to the LSA, replies
 * out. All of it runs on the one thread that turns its home's loop.
 */
#ifndef OPENLSA_LSAD_CONN_H
#define OPENLSA_LSAD_CONN_H

#include "engine/loop.h"
#include "lsa/lsa.h"

#define CONN_READ_MAX	65536u

struct conn;

/* What the connections of one thread share. */
struct home {
	struct lsa *lsa;
	struct loop *loop;
	struct conn *conns;
	struct conn *doomed;			/* ended, but this turn may still name them */
	struct conn *oldest, *youngest;		/* those who have to be quick, by age */
	bool drains;				/* nothing is read any more */
	uint8_t buffer[CONN_READ_MAX];
};

/* Takes the descriptor over; false: there is no memory or its user has too many strangers here, and it is closed. */
bool conn_open(struct home *h, int fd, const struct lsa_peer *peer) MUST_CHECK;
/* The end of those who took too long. */
void conns_expire(struct home *h);
/* When the next one will have taken too long, in monotonic ms; 0: nobody has to be quick. */
uint64_t conns_due(const struct home *h);
/* Frees those who ended. Only between turns. Returns how many they were. */
unsigned conns_bury(struct home *h);
/* Reading ends, what waits is cancelled and answered. */
void conns_drain(struct home *h);
/* Whoever has all its replies ends; all of them when it is late. */
void conns_part(struct home *h, bool late);

#endif
