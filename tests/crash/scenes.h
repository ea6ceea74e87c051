/*
 * scenes.h - what lsad is killed in the midst of. Each runs in a client of
 * its own: made ready, one request, and a look at the store afterwards.
 */
#ifndef OPENLSA_TESTS_CRASH_SCENES_H
#define OPENLSA_TESTS_CRASH_SCENES_H

#include <stdbool.h>

#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>

/* What the store shows. */
enum seen {
	BROKEN = 0,		/* neither, or a grant: told on standard error */
	OLD,			/* as if the request had never come */
	NEW,			/* as if it had been answered */
};

struct scene {
	const char *name;
	void (*ready)(void);	/* links, handles, earlier legs; ends the process where that fails */
	LONG (*act)(void);	/* the request: its status */
	enum seen (*look)(void);
	LONG done;		/* the status where nobody kills */
	LONG lost;		/* the one status of a request whose daemon died */
	bool reads;		/* it leaves the store as it was: OLD and NEW are one */
};

extern const struct scene scenes[];
extern const unsigned scene_count;

/* Accounts and policy that all scenes begin with. */
void scene_furnish(void);

#endif
