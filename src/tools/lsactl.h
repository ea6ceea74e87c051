/* SPDX-License-Identifier: MIT */
/*
 * lsactl.h - what the verbs of lsactl share. It talks to the public
 * interface only and must never learn how the LSA works inside.
 */
#ifndef OPENLSA_TOOLS_LSACTL_H
#define OPENLSA_TOOLS_LSACTL_H

#include <stdbool.h>

#include <openlsa.h>

/* Exit codes; lsactl(1) promises them. */
enum end {
	END_OK      = 0,
	END_FAILED  = 1,	/* refused, or it did not work */
	END_USAGE   = 2,
	END_NO_LSA  = 3,	/* the LSA cannot be reached */
};

/* What the command line says beside the verb and its arguments. */
struct run {
	bool json, quiet;
	const char *full_name;	/* NULL: not given */
	const char *html;	/* the file of decode --html, or NULL */
	const char *package, *type;	/* of logon, or NULL */
	bool hold;		/* logon: keep the session */
	bool follow;		/* audit's, and the next four; NULL: not given */
	const char *since, *event, *user, *file;
	bool once;		/* top: one look */
};

typedef enum end (*verb_fn)(const struct run *run, char **args, int count);

/* lsactl_user.c */
enum end user_add(const struct run *run, char **args, int count);
enum end user_list(const struct run *run, char **args, int count);
enum end user_show(const struct run *run, char **args, int count);
enum end user_passwd(const struct run *run, char **args, int count);
enum end user_lock(const struct run *run, char **args, int count);
enum end user_unlock(const struct run *run, char **args, int count);
enum end user_disable(const struct run *run, char **args, int count);
enum end user_enable(const struct run *run, char **args, int count);
enum end user_del(const struct run *run, char **args, int count);
/* lsactl_policy.c */
enum end policy_list(const struct run *run, char **args, int count);
enum end policy_get(const struct run *run, char **args, int count);
enum end policy_set(const struct run *run, char **args, int count);
enum end policy_lockout(const struct run *run, char **args, int count);
/* lsactl_right.c */
enum end policy_info(const struct run *run, char **args, int count);
enum end right_list(const struct run *run, char **args, int count);
enum end right_add(const struct run *run, char **args, int count);
enum end right_remove(const struct run *run, char **args, int count);
enum end secret_set(const struct run *run, char **args, int count);
enum end secret_get(const struct run *run, char **args, int count);
enum end secret_del(const struct run *run, char **args, int count);
enum end lookup_any(const struct run *run, char **args, int count);
/* lsactl_decode.c */
enum end decode(const struct run *run, char **args, int count);
/* lsactl_page.c */
enum end decode_page(const struct run *run);
/* lsactl_why.c */
enum end why_target(const struct run *run, char **args, int count);
/* lsactl_tickets.c */
enum end tickets_list(const struct run *run, char **args, int count);
enum end tickets_get(const struct run *run, char **args, int count);
enum end tickets_purge(const struct run *run, char **args, int count);
/* lsactl_status.c */
enum end status_show(const struct run *run, char **args, int count);
enum end status_ping(const struct run *run, char **args, int count);
enum end status_error(const struct run *run, char **args, int count);
/* lsactl_session.c */
enum end sessions_list(const struct run *run, char **args, int count);
enum end session_show(const struct run *run, char **args, int count);
enum end logoff(const struct run *run, char **args, int count);
enum end whoami(const struct run *run, char **args, int count);
/* lsactl_begin.c */
enum end logon_begin(const struct run *run, char **args, int count);
/* lsactl_audit.c */
enum end audit_show(const struct run *run, char **args, int count);
/* lsactl_top.c */
enum end top(const struct run *run, char **args, int count);
/* lsactl_logon.c */
enum end logon_test(const struct run *run, char **args, int count);

/* --- lsactl_link.c: the way to the LSA --------------------------------------- */

/*
 * A handle of the highest rank that the caller can have. END_OK, or END_NO_LSA
 * with the reason told already.
 */
enum end link_open(const struct run *run, HANDLE *ret_lsa);
void link_close(HANDLE lsa);
/* "embedded", "daemon" or "unknown". */
const char *link_mode(void);

/* --- lsactl_fault.c: telling what went wrong ------------------------------------ */

/*
 * Says what failed, where and what to do next: from the thread's last call,
 * so it is called before any other. NULL next: what the status suggests.
 */
enum end fault_status(const struct run *run, LONG status, const char *what, const char *next);
/* The same with the reasons in hand (OlsaExplain's lines). */
enum end fault_reasons(const struct run *run, LONG status, const char *what, const char *reasons, const char *next);
/* Not the LSA's doing: a file, a password, a number. */
enum end fault_plain(const struct run *run, enum end end, const char *what, const char *next);

/* Text of others on a terminal: control characters become '?'. */
void say_text(const char *text);
/* 2026-11-21T05:08:00Z, or "never". */
#define TIME_TEXT 24
const char *time_text(ULONGLONG filetime, char text[TIME_TEXT]);

#endif
