/*
 * token.h - what a logon yields: a session seen in one way - primary or
 * impersonation, at a level, made by somebody. Immutable, counted; it holds
 * its session. Who the user is and which groups he has the session says. Has
 * no descriptor and no handle: whoever shows a token to a process makes one.
 */
#ifndef OPENLSA_STORE_TOKEN_H
#define OPENLSA_STORE_TOKEN_H

#include "store/session.h"

/* The numbers of SECURITY_IMPERSONATION_LEVEL plus one: zero is no level. */
enum token_level { LEVEL_NONE = 0, LEVEL_ANONYMOUS, LEVEL_IDENTIFICATION, LEVEL_IMPERSONATION, LEVEL_DELEGATION };
/* Those of TOKEN_TYPE. */
enum token_type { TYPE_NONE = 0, TYPE_PRIMARY, TYPE_IMPERSONATION };

#define TOKEN_SOURCE_LEN 8u
#define TOKEN_GIDS_MAX	128u

struct token_new {
	enum token_type type;
	enum token_level level;			/* of a primary one it says how far a duplicate may go */
	uint64_t privileges, enabled;		/* bits by number */
	uint8_t source[TOKEN_SOURCE_LEN];
	uint64_t source_id;
	uint64_t expiry;			/* FILETIME */
	const uint32_t *gids;			/* of a Unix user, the primary one first */
	uint32_t gid_count;			/* at most TOKEN_GIDS_MAX */
};

struct token {
	struct session *session;
	uint64_t id;				/* a LUID of its own */
	struct token_new made;
};

/* Holds the session itself. STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY. */
NTSTATUS token_new(struct token **ret_token, struct session *session, const struct token_new *new) MUST_CHECK;
struct token *token_hold(struct token *token);
void token_drop(struct token *token);

#endif
