/*
 * who.h - who somebody is once he has logged on: the groups of his session,
 * the token that it yields, and that token shown to a process.
 */
#ifndef OPENLSA_LSA_WHO_H
#define OPENLSA_LSA_WHO_H

#include "lsa/client.h"

enum { LOGON_INTERACTIVE = 2, LOGON_NETWORK, LOGON_BATCH, LOGON_SERVICE, LOGON_PROXY, LOGON_UNLOCK, LOGON_CLEARTEXT,
	LOGON_NEW_CREDENTIALS, LOGON_REMOTE, LOGON_CACHED, LOGON_CACHED_REMOTE, LOGON_CACHED_UNLOCK };

/*
 * Fills new->groups from its SID, its type and `groups` (binary SIDs that somebody vouched for), and then the
 * LocalGroups of the call. `local`: an account of this machine. Lives as long as the call.
 */
NTSTATUS who_groups(struct call *call, struct session_new *new, const struct bytes *groups, size_t count, bool local) MUST_CHECK;

/* S-1-5-21 and three numbers, and perhaps one more; another machine's or domain's. */
bool who_elsewhere(const struct sid *machine, const struct sid *sid);

/*
 * Refuses a user whom another authority cannot vouch for: one of this machine, of Unix or of NT AUTHORITY. Leaves out
 * such groups; *groups are the call's from here on. An empty `sid` is nobody's, and fits.
 */
NTSTATUS who_vouched(struct call *call, struct bytes sid, const struct bytes **groups, size_t *count) MUST_CHECK;

/* A token of the session, with the privileges that policy gives it. level: SECURITY_IMPERSONATION_LEVEL. */
NTSTATUS who_token(struct call *call, struct session *session, uint32_t type, uint32_t level, struct bytes source,
    struct token **ret_token) MUST_CHECK;

/* The caller's own: of the session that `session` is, with the peer's Unix groups. */
NTSTATUS who_own(struct served *s, struct session *session, struct token **ret_token) MUST_CHECK;

/* Makes it the calling process's, by number and key; facts in call memory. Takes the token over, on failure too. */
NTSTATUS who_show(struct served *s, struct token *token, uint64_t *ret_word, struct bytes *ret_key, struct bytes *ret_facts) MUST_CHECK;

#endif
