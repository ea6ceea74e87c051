/*
 * blocking.h - inside the adapter for third-party packages (Windows' tables).
 * Such a package may block, and knows of no call: what it is asked runs as a
 * task on a thread of the package's own, on bytes that the task owns. A call
 * waits for its task as for anything else; when it stops waiting the task
 * runs on by itself, and its result is thrown away.
 */
#ifndef OPENLSA_LSA_BLOCKING_H
#define OPENLSA_LSA_BLOCKING_H

#include "lsa/client.h"

#include <ntsecpkg.h>

#define PLUGS_MAX		8u
#define PLUG_THREADS_MAX	16u
#define PLUG_LUIDS		4u	/* sessions that one call may begin */
#define PLUG_WHY		400u

struct plug;
struct plug_task;

/* One package. Static: it is never unloaded. */
struct plug {
	struct lsa_package package;		/* what the registry sees */
	char name[64], comment[160], path[512];
	uint32_t id;				/* its place in the registry */
	const SECPKG_FUNCTION_TABLE *table;
	bool started;				/* Initialize has succeeded */

	pthread_mutex_t lock;			/* the rest, but the atomics */
	pthread_cond_t more, less;
	struct plug_task *first, **last, *running;
	unsigned cap, threads, idle, queued;
	_Atomic int32_t pid;			/* whose threads these are: a fork has none. -1: being made anew */
	bool closing;
	_Atomic unsigned posting;		/* threads that touch a loop */
	_Atomic bool late_told;
};

/* Who asks, as it was when the task was made. */
struct plug_caller {
	uint32_t pid;
	bool tcb, near;
	uint64_t luid;				/* his session */
};

/* Memory of the client, as the package names it: an address means something to the services alone. */
struct plug_region {
	struct plug_region *next;
	uint64_t base;
	size_t len;
	uint8_t *at;
};

/* Whom a token or a logon is of: texts UTF-8, all in one block behind it. */
struct plug_facts {
	struct logon_facts facts;
	uint32_t type, level;
	uint64_t luid;
};

struct plug_task {
	struct work home;			/* how it comes back to the loop */
	struct call_wait wait;
	struct plug_task *next;
	struct plug *plug;
	struct call *call, *woken;		/* guarded by the loop's lock */
	struct loop *loop;			/* NULL: nobody ever waits for it */
	struct lsa *lsa;
	_Atomic unsigned refs;
	_Atomic int state;			/* TASK_* */
	_Atomic bool late;			/* it was still running at its call's deadline */
	uint32_t deadline_ms;
	uint64_t started;			/* when it began to run, guarded by the package's lock; 0: not yet */
	const char *what;			/* the function's name, for a sentence */
	void (*run)(struct plug_task *t);	/* on a thread of the package's */
	void (*drop)(struct plug_task *t);	/* with the last holder */
	struct plug_caller caller;
	char story[160];
	NTSTATUS status;

	/* For the services, while it runs. */
	struct plug_region *regions;
	uint32_t region_count;
	uint64_t luids[PLUG_LUIDS];
	uint32_t attributes;			/* SECPKG_CALL_* */
	struct plug_facts *made;		/* by CreateToken */
};

enum { TASK_QUEUED, TASK_RUNNING, TASK_RETURNED, TASK_ABANDONED };

/* --- blocking_work.c */
/* Fills in what every task has; one holder. caller's session is asked of the call, which may be NULL. */
void task_begin(struct plug_task *t, struct plug *plug, struct call *call, const char *what);
void task_drop(struct plug_task *t);
/* STATUS_PENDING, or why not; the frame that has it keeps it. */
NTSTATUS task_await(struct plug_task *t, struct call *call);
/* Runs it some time, for nobody; takes the holder over. */
void task_alone(struct plug_task *t);
/* The threads stop when they come back; waits at most ms for that. True: none is left in the package. */
bool plug_close(struct plug *plug, unsigned ms);
/* Detached, and no signal comes to it. False: there is none. */
bool plug_thread(void *(*main)(void *), void *arg) MUST_CHECK;
/* The task that this thread runs, or NULL. */
struct plug_task *task_current(void);

/* --- blocking_table.c */
extern LSA_SECPKG_FUNCTION_TABLE plug_services;
extern LSA_DISPATCH_TABLE plug_dispatch;
void *plug_heap(size_t len);			/* AllocateLsaHeap */
void plug_heap_free(void *at);
/* A copy of what is given as memory of the client's; its address, or 0: no memory. */
uint64_t region_new(struct plug_task *t, struct bytes from, size_t len);
struct plug_region *region_at(struct plug_task *t, uint64_t address, size_t len);
void regions_drop(struct plug_task *t);
/* --- blocking_session.c */
uint64_t plug_luid(const LUID *luid);
LUID plug_luid_of(uint64_t number);
/* CreateLogonSession gave it to this task. */
bool plug_luid_made(const struct plug_task *t, uint64_t luid);
LSA_CREATE_LOGON_SESSION plug_create_session;
LSA_DELETE_LOGON_SESSION plug_delete_session;
LSA_ADD_CREDENTIAL plug_add_credential;
LSA_GET_CREDENTIALS plug_get_credentials;
LSA_DELETE_CREDENTIAL plug_delete_credential;
/* What a task kept under sessions that never came to be, or a session that has ended. */
void plug_forget_session(uint64_t luid);

/* --- blocking_token.c */
/* What a package says of somebody, borrowed. */
struct plug_said {
	LSA_TOKEN_INFORMATION_TYPE kind;
	const void *information;
	const TOKEN_GROUPS *more;		/* besides those of the information, or NULL */
	const UNICODE_STRING *user, *authority;
};
/* NULL: it cannot be read, or no memory. */
struct plug_facts *facts_new(const struct plug_said *said);
/* The task's token from here on; its handle is a mark. */
NTSTATUS plug_token_note(struct plug_task *t, const LUID *luid, SECURITY_LOGON_TYPE type, SECURITY_IMPERSONATION_LEVEL level,
    const struct plug_said *said, HANDLE *ret_token, NTSTATUS *substatus);
LSA_CREATE_TOKEN plug_create_token;
LSA_CREATE_TOKEN_EX plug_create_token_ex;
LSA_CHECK_PROTECTED_USER_BY_TOKEN plug_check_protected;
LSA_DUPLICATE_HANDLE plug_duplicate_handle;
LSA_AUDIT_LOGON plug_audit_logon;
LSA_AUDIT_LOGON_EX plug_audit_logon_ex;

/* --- blocking_account.c */
LSA_OPEN_SAM_USER plug_open_user;
LSA_CLOSE_SAM_USER plug_close_user;
LSA_GET_USER_AUTH_DATA plug_user_auth_data;
LSA_GET_AUTH_DATA_FOR_USER plug_auth_data_for_user;
LSA_EXPAND_AUTH_DATA_FOR_DOMAIN plug_expand_auth_data;
LSA_CONVERT_AUTH_DATA_TO_TOKEN plug_auth_data_to_token;

/* --- blocking_thread.c */
LSA_CREATE_THREAD plug_create_thread;
LSA_REGISTER_NOTIFICATION plug_register_notification;
LSA_CANCEL_NOTIFICATION plug_cancel_notification;
/* No notification is begun any more; waits at most ms for one that is under way. */
void plug_notifications_end(unsigned ms);

/* --- blocking.c */
/* Its row of the registry, for place `slot`. */
void plug_package(struct plug *plug, unsigned slot);

/* --- blocking_load.c */
struct plug *plug_at(unsigned slot);		/* NULL: none */

#endif
