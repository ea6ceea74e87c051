/*
 * token.c - what a logon yields: one allocation that holds a session.
 */
#include "store/token.h"

#include <stdatomic.h>
#include <stdlib.h>

struct own {
	struct token shown;
	_Atomic uint32_t refs;
	struct bytes groups[];		/* and their bytes behind them */
};

static struct own *
own_of(struct token *token)
{
	return (struct own *)(void *)token;
}

NTSTATUS
token_new(struct token **ret_token, struct session *session, enum token_level level, const struct bytes *groups, size_t group_count)
{
	size_t len = 0;
	struct own *own;
	uint8_t *to;

	if (level == LEVEL_NONE || level > LEVEL_DELEGATION || group_count > TOKEN_GROUPS_MAX)
		return STATUS_INVALID_PARAMETER;
	for (size_t i = 0; i < group_count; i++) {
		if (groups[i].len == 0 || groups[i].len > SESSION_SID_MAX)
			return STATUS_INVALID_PARAMETER;
		len += groups[i].len;
	}
	own = malloc(sizeof *own + group_count * sizeof own->groups[0] + len);
	if (!own)
		return STATUS_NO_MEMORY;
	to = (uint8_t *)&own->groups[group_count];
	for (size_t i = 0; i < group_count; i++) {
		bytes_copy(to, groups[i].at, groups[i].len);
		own->groups[i] = bytes_of(to, groups[i].len);
		to += groups[i].len;
	}
	own->shown = (struct token){ .session = session_hold(session), .level = level,
	    .group_count = (uint32_t)group_count, .groups = own->groups };
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
