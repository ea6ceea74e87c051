/*
 * token.h - what a logon yields: a session seen at an impersonation level,
 * with groups. Immutable, counted; it holds its session. Who the user is the session
 * says. Has no descriptor: whoever shows a token to a process makes one.
 */
#ifndef OPENLSA_STORE_TOKEN_H
#define OPENLSA_STORE_TOKEN_H

#include "store/session.h"

/* The numbers of SECURITY_IMPERSONATION_LEVEL plus one: zero is no level. */
enum token_level { LEVEL_NONE = 0, LEVEL_ANONYMOUS, LEVEL_IDENTIFICATION, LEVEL_IMPERSONATION, LEVEL_DELEGATION };

#define TOKEN_GROUPS_MAX 1024u

struct token {
	struct session *session;
	enum token_level level;
	uint32_t group_count;
	const struct bytes *groups;		/* binary SIDs */
};

/* Holds the session itself; copies the groups. */
NTSTATUS token_new(struct token **ret_token, struct session *session, enum token_level level,
    const struct bytes *groups, size_t group_count) MUST_CHECK;
struct token *token_hold(struct token *token);
void token_drop(struct token *token);

#endif
