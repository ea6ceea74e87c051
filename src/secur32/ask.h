/*
 * ask.h - a call as the client holds it: packed, sent, and later told. The
 * same verb stands on both sides of the wire: ask_accept here, serve_accept
 * in the LSA, accept_in and accept_out between.
 *
 * Synchronous: an ask on the stack, ask_X, ask_wait, told_X, ask_end.
 * Asynchronous: an ask with `finished`, which runs once on whichever thread
 * completes the call, perhaps before ask_X returns.
 */
#ifndef OPENLSA_SECUR32_ASK_H
#define OPENLSA_SECUR32_ASK_H

#include <stdatomic.h>

#include "base/nt.h"

#include "base/why.h"
#include "wire/calls.h"
#include "wire/frame.h"

struct link;

/* Memory on the stack that spares a synchronous call its allocations. */
struct ask_room {
	uint8_t frame[640];
	uint8_t reply[1280];
};

#define ASK_SMALL 40u

struct ask {
	struct link *link;
	struct ask_room *room;			/* NULL: allocate */
	void (*finished)(struct ask *ask);	/* NULL: a thread waits */
	void *owner;				/* of whoever finishes it */
	uint32_t deadline;			/* ms; 0: the LSA's default */
	uint32_t id;
	uint8_t *frame, *reply;
	size_t frame_len, reply_len;
	uint32_t spare;				/* bytes behind the frame, kept for the reply */
	uint8_t small[ASK_SMALL];		/* a frame that names a handle and nothing more: giving back must not need memory */
	NTSTATUS lost;				/* why there is no reply */
	_Atomic int done;
};

/* Packs and sends. Always ends in `finished`, or lets ask_wait return: a call that cannot be sent is told so. */
#define ASK_PROTOTYPE(number, verb, FIELDS, rank, drop)                               \
	void ask_##verb(struct ask *ask, struct link *link, const struct verb##_in *in); \
	NTSTATUS told_##verb(struct ask *ask, struct verb##_out *out);
LSA_CALLS(ASK_PROTOTYPE)

void ask_wait(struct ask *ask);
/* The reasons that came with the reply. */
struct bytes ask_why(const struct ask *ask);
/* Wipes and frees what the ask holds; its views die. */
void ask_end(struct ask *ask);
/* For links: the reply has come (a copy is taken) or never will. */
void ask_tell(struct ask *ask, struct bytes reply);
void ask_lose(struct ask *ask, NTSTATUS lost);

#endif
