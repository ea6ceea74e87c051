/*
 * link.h - a connection to the LSA, near or far: one table. A link carries
 * frames and nothing else. Links are counted; the last release closes.
 */
#ifndef OPENLSA_SECUR32_LINK_H
#define OPENLSA_SECUR32_LINK_H

#include "secur32/ask.h"

enum link_use { LINK_SSPI, LINK_UNTRUSTED, LINK_LOGON_PROCESS };

struct link_kind {
	/* Takes the ask; ends in ask_tell or ask_lose. Never blocks on the LSA. */
	void (*send)(struct link *link, struct ask *ask);
	/* Blocks until the ask is done; turns the wheel itself or sleeps while another thread does. */
	void (*wait)(struct link *link, struct ask *ask);
	/* An ask without `finished` was completed: somebody may sleep for it. */
	void (*woken)(struct link *link);
	/* Pollable; readable means that pump has work. */
	int (*fd)(const struct link *link);
	void (*pump)(struct link *link);	/* never blocks */
	bool (*backlog)(struct link *link);	/* something waits until fd is writable */
	/* Whether it can still be used; looks at the other end when it has been quiet for a while. */
	bool (*alive)(struct link *link);
	/* Cancels a call that was sent; it still completes. */
	void (*cancel)(struct link *link, struct ask *ask);
	/* Every ask under way is lost with STATUS_PORT_DISCONNECTED. */
	void (*close)(struct link *link);
	void (*drop)(struct link *link);	/* the memory, closed before */
};

struct link {
	const struct link_kind *kind;
	_Atomic uint32_t refs;
	_Atomic bool dead;
	uint64_t epoch;				/* of the LSA behind it */
	uint32_t rank;
	uint32_t euid;				/* when it was opened */
};

/* link_near.c, link_far.c: an open link that has not said connect yet. */
NTSTATUS link_near_open(struct link **ret_link, struct why *why);
NTSTATUS link_far_open(struct link **ret_link, bool waits_for_daemon, struct why *why);
/* A connected socket alone, to a server that was authenticated; nothing was said on it. The caller's to close. */
NTSTATUS link_far_dial(int *ret_fd, struct why *why);

#endif
