/*
 * gather.h - what a user half gathers for its LSA half (tickets of the
 * caller's own cache) on its way, before a credential is asked for.
 */
#ifndef OPENLSA_SECUR32_GATHER_H
#define OPENLSA_SECUR32_GATHER_H

#include "base/bytes.h"

struct link;

/*
 * Before a default identity's credential of `package` is asked for on this link: sends what has changed since the
 * last time, ahead of that call and without waiting for an answer.
 */
void gather_bring(struct link *link, struct bytes package);

#endif
