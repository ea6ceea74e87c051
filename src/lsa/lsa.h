/*
 * lsa.h - the front door: open the LSA, link a process to it, submit a
 * frame, get a frame back. It does not know whether it lives in a daemon or
 * in the application; `struct lsa_peer` says who is at the other end, and
 * whoever fills it has made sure of it.
 *
 * Threads: one link's frames may be submitted by any thread. A reply is
 * given on the submitting thread when the call never waits, else on the
 * thread that turns the link's loop, or that cancels.
 */
#ifndef OPENLSA_LSA_LSA_H
#define OPENLSA_LSA_LSA_H

#include "base/nt.h"

#include "base/bytes.h"
#include "store/store.h"

struct conf;
struct lsa;
struct lsa_link;
struct lsa_package;
struct loop;

/* 0 anywhere is the default that stands beside it. */
struct lsa_limits {
	uint32_t links;			/* of one uid: 20,000 */
	uint32_t strangers;		/* of these, such that have not said connect: 1,000 */
	uint32_t objects;		/* credentials and contexts of one uid: 250,000 */
	uint32_t calls;			/* waiting calls of one uid: 250,000 */
	uint32_t deadline_ms;		/* of a call that names none: 30,000 */
};

struct lsa_settings {
	const char *state;		/* the store's folder; made when absent */
	bool exclusive;			/* a daemon: nobody else may open the store */
	const char *key_file;		/* the store's sealing key, or NULL: the store's own */
	const char *computer;		/* NetBIOS name, or NULL: from the host's name */
	unsigned job_threads;		/* 0: 4 */
	struct lsa_limits limits;
	struct store_audit audit;	/* where events go; all zero: nowhere. Outlives lsa_open alone, but for its texts: as long as the LSA */
	const struct conf *conf;	/* what packages may ask of (`setting`), or NULL; outlives the LSA */
};

#define PEER_GROUPS 64u

/* Identity of the other end. There is no valid zero: `known` starts false. */
struct lsa_peer {
	bool known;
	bool near;			/* it is this process */
	bool tcb;			/* may register as a logon process */
	bool admin;			/* and is an administrator then */
	bool unmapped;			/* the overflow uid: never trusted, nothing shared */
	uint32_t uid, gid;
	int32_t pid;
	uint32_t groups[PEER_GROUPS];	/* the first of them */
	uint32_t group_count;
	bool more_groups;		/* there are more: what is denied to any group is denied to it */
};

#define LSA_SENTENCE 256

/* Loads the module that `domain_authority` names, where one is named: before a sandbox closes. False: `why`. */
bool lsa_authority_load(const struct conf *conf, char why[LSA_SENTENCE]) MUST_CHECK;
/* On failure `why` says in a sentence what to do; the store is opened at its first use in embedded mode, at once when exclusive. */
NTSTATUS lsa_open(struct lsa **ret_lsa, const struct lsa_settings *settings, char why[LSA_SENTENCE]);
/* All links must be gone. Waits for jobs. */
void lsa_close(struct lsa *lsa);

/* The audit file was renamed: it is opened anew. Any thread. */
void lsa_reopen(struct lsa *lsa);

/* A package beyond the built-in ones, or in the place of one, for a program that links this statically. Before lsa_open. */
void package_add(const struct lsa_package *package);

/*
 * Third-party packages: those that root's list names (base/plugin.h) join the registry, once a process, before
 * lsa_open. must_be: it is worth a sentence that there is no list. try: each is loaded by a child first. threads:
 * of each package, 0: 4. say (or NULL) hears of each in a sentence; the audit log of the first store hears it too.
 */
void lsa_packages_load(const char *list, bool must_be, bool try, unsigned threads, void (*say)(const char *sentence));

/* NULL: the peer is not known, too many of its uid have not said connect yet, or there is no memory. */
struct lsa_link *lsa_link_open(struct lsa *lsa, struct loop *loop, const struct lsa_peer *peer) MUST_CHECK;
/* The reply is borrowed for the time of the function; empty: it is lost, the call ran on without its link. */
typedef void lsa_done(void *arg, struct bytes reply);
enum {
	LSA_MAY_BLOCK = 1,	/* the thread waits for the call anyway, so jobs run here */
	LSA_FRAME_STAYS = 2,	/* the frame stays until done; else it is copied when the call must wait */
};
/*
 * Takes one whole frame, which is wiped. done is called exactly once, perhaps before this returns.
 * False: not a frame of this protocol; the link should be closed, done is not called.
 */
bool lsa_submit(struct lsa_link *link, struct bytes frame, unsigned how, lsa_done *done, void *arg) MUST_CHECK;
/* Until the first frame has been understood only short frames are taken. */
uint32_t lsa_frame_max(const struct lsa_link *link);
/*
 * The other end is gone (or says so by closing): waiting calls end with their cancel status, those marked
 * FINISH run on and lose their reply; with a process's last link its credentials and contexts go.
 */
void lsa_link_gone(struct lsa_link *link);
/* For who may still submit and cancel on one thread while another ends the link: no call waits there any more. */
void lsa_link_hold(struct lsa_link *link);
void lsa_link_release(struct lsa_link *link);
/* Cancels the waiting call that was submitted with this arg; it still completes. Not for FINISH calls. */
void lsa_cancel(struct lsa_link *link, const void *arg);
/* The daemon stops: every call that waits on this link ends and is answered. */
void lsa_link_drain(struct lsa_link *link);
/*
 * For a daemon: what packages keep with sessions is looked after, on this loop. False: no memory. Stopped
 * before the LSA closes, when nobody turns the loop any more.
 */
bool lsa_tend(struct lsa *lsa, struct loop *loop) MUST_CHECK;
void lsa_tend_stop(struct lsa *lsa);
bool lsa_link_idle(struct lsa_link *link);

#endif
