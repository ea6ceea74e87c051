/*
 * session.h - logon sessions in memory: who logged on, how and when.
 *
 * A session is kept alive by those who hold it (tokens, contexts, calls) and ends
 * with the last drop; it is found by its LUID until then. LUIDs start above
 * 0x10000, at a place taken from the clock so that a restarted process does
 * not soon repeat one, and are never used twice while the process lives.
 * Knows nothing of the store: a session needs no account.
 *
 * Any thread. One allocation a session.
 */
#ifndef OPENLSA_STORE_SESSION_H
#define OPENLSA_STORE_SESSION_H

#include <ntdef.h>
#include <ntstatus.h>

#include "base/bytes.h"

struct sessions;

#define SESSION_SYSTEM		0x3e7u		/* reserved LUIDs; never given by session_new on its own */
#define SESSION_ANONYMOUS	0x3e6u
#define SESSION_LOCAL_SERVICE	0x3e5u
#define SESSION_NETWORK_SERVICE	0x3e4u
#define SESSION_IUSR		0x3e3u
#define SESSION_LOWEST		0x10001u

#define SESSION_SID_MAX		68u
#define SESSION_GROUPS_MAX	1100u

struct session_group {
	struct bytes sid;			/* binary */
	uint32_t attributes;			/* SE_GROUP_* */
};

/* All of it is a copy of the session's own and lives as long as it is held. Immutable. */
struct session {
	uint64_t luid;
	uint64_t logon_time;			/* FILETIME */
	uint32_t logon_type;			/* SECURITY_LOGON_TYPE */
	uint32_t uid;				/* of who asked for the logon */
	bool logged_on;				/* somebody has proved something; else it only stands for who a caller is */
	uint32_t user_flags;			/* LOGON_* of the logon's profile */
	uint32_t group_count;
	uint64_t password_set;			/* FILETIME, 0: not known */
	const char *user, *domain, *package;	/* UTF-8, "" when there is none */
	const char *server;			/* who vouched for the user */
	struct bytes sid;			/* binary; may be empty */
	const struct session_group *groups;	/* what a token of it shows, but for the SID of the logon itself */
};

struct session_new {
	uint64_t luid;				/* 0: the next one; else one of the reserved */
	bool taken;				/* or, with this, one that session_next gave */
	struct bytes user, domain, package, server;	/* UTF-8, at most 1024 bytes each */
	struct bytes sid;			/* at most SESSION_SID_MAX bytes */
	uint64_t logon_time, password_set;
	uint32_t logon_type, uid, user_flags;
	bool logged_on;
	const struct session_group *groups;	/* at most SESSION_GROUPS_MAX */
	size_t group_count;
};

/* ended: the last holder has gone; called once with the session still whole, by the dropping thread, no lock held. May be NULL. */
NTSTATUS sessions_new(struct sessions **ret_sessions, void (*ended)(void *arg, struct session *session), void *arg) MUST_CHECK;
void sessions_drop(struct sessions *sessions);		/* every session has been dropped before */

/* STATUS_INVALID_PARAMETER, STATUS_LOGON_SESSION_EXISTS (a reserved LUID in use), STATUS_NO_MEMORY. */
NTSTATUS session_new(struct session **ret_session, struct sessions *sessions, const struct session_new *new) MUST_CHECK;
struct session *session_hold(struct session *session);
/* Nobody but the caller holds it. */
bool session_last(const struct session *session);
void session_drop(struct session *session);
/* Held for you, or NULL. */
struct session *session_find(struct sessions *sessions, uint64_t luid) MUST_CHECK;

/*
 * All LUIDs at one moment, in rising order; free() them. *ret_count may be 0, *ret_luids is NULL then.
 * Whoever wants more of a session finds it; it may have ended meanwhile.
 */
NTSTATUS session_list(struct sessions *sessions, uint64_t **ret_luids, size_t *ret_count) MUST_CHECK;
size_t session_count(struct sessions *sessions);
/* A LUID that nothing has had yet, for a session that will begin. */
uint64_t session_next(struct sessions *sessions);
/* The same for a token of this session. */
uint64_t session_luid(struct session *session);

#endif
