/*
 * token.c - what a logon yields: one allocation that holds a session.
 */
#include "store/token.h"

#include <stdatomic.h>
#include <stdlib.h>

struct own {
	struct token shown;
	_Atomic uint32_t refs;
	uint32_t gids[];
};

static struct own *
own_of(struct token *token)
{
	return (struct own *)(void *)token;
}

NTSTATUS
token_new(struct token **ret_token, struct session *session, const struct token_new *new)
{
	struct own *own;

	if (new->type == TYPE_NONE || new->type > TYPE_IMPERSONATION || new->level == LEVEL_NONE ||
	    new->level > LEVEL_DELEGATION || new->gid_count > TOKEN_GIDS_MAX)
		return STATUS_INVALID_PARAMETER;
	own = malloc(sizeof *own + new->gid_count * sizeof own->gids[0]);
	if (!own)
		return STATUS_NO_MEMORY;
	own->shown = (struct token){ .session = session_hold(session), .id = session_luid(session), .made = *new };
	bytes_copy(own->gids, new->gids, new->gid_count * sizeof own->gids[0]);
	own->shown.made.gids = own->gids;
	atomic_init(&own->refs, 1);
	*ret_token = &own->shown;
	return STATUS_SUCCESS;
}

struct token *
token_hold(struct token *token)
{
	(void)atomic_fetch_add_explicit(&own_of(token)->refs, 1, memory_order_relaxed);
	return token;
}

void
token_drop(struct token *token)
{
	if (!token || atomic_fetch_sub_explicit(&own_of(token)->refs, 1, memory_order_acq_rel) != 1)
		return;
	session_drop(token->session);
	free(token);
}
