/*
 * worker.h - a thread with a loop of its own, and the connections that stay
 * with it from their accepting to their end. It moves whole frames between
 * sockets and the LSA. It must never learn to know what is in them.
 */
#ifndef OPENLSA_LSAD_WORKER_H
#define OPENLSA_LSAD_WORKER_H

#include "lsa/lsa.h"

struct worker;

/* Running; NULL: no memory, no descriptors or no thread. */
struct worker *worker_new(struct lsa *lsa) MUST_CHECK;
/* From any thread. The descriptor is the worker's from now on; when there is no memory it is closed. */
void worker_take(struct worker *w, int fd, const struct lsa_peer *peer);
/* What it turns. */
struct loop *worker_loop(const struct worker *w);
/* How many connections it has. */
unsigned worker_load(const struct worker *w);
/* Wakes it; the count rises with every turn, so one that stands still shows. */
uint64_t worker_poke(struct worker *w);
/*
 * The end, in three steps, since calls that run on come home to the loops: every worker is told to answer what
 * waits (up to 5 s) and is waited for, then the LSA closes, then the loops go.
 */
void worker_stop(struct worker *w);
void worker_join(struct worker *w);
void worker_drop(struct worker *w);

#endif
