/*
 * ntlm_primary.c - a session's own password, as its hash.
 */
#include "pkg/ntlm/ntlm_primary.h"

#include <stdlib.h>

static void
primary_drop(struct kept *kept)
{
	struct ntlm_primary *p = (struct ntlm_primary *)(void *)kept;

	secret_drop(&p->nt_hash);
	free(p);
}

NTSTATUS
primary_keep(struct call *call, void *session, struct bytes user, struct bytes domain, const struct nt_hash *hash)
{
	struct ntlm_primary *p = calloc(1, sizeof *p + user.len + domain.len);

	if (!p)
		return STATUS_INSUFFICIENT_RESOURCES;
	p->kept = (struct kept){ .refs = 1, .drop = primary_drop };
	bytes_copy(p->text, user.at, user.len);
	bytes_copy(p->text + user.len, domain.at, domain.len);
	p->user = bytes_of(p->text, user.len);
	p->domain = bytes_of(p->text + user.len, domain.len);
	p->nt_hash = secret_of(bytes_of(hash->b, sizeof hash->b));
	if (!p->nt_hash) {
		free(p);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	return services(call)->session_keep(call, session, &ntlm_lsa, &p->kept);
}

struct ntlm_primary *
primary_of(struct call *call, void *session)
{
	return (struct ntlm_primary *)(void *)services(call)->session_kept(call, session, &ntlm_lsa);
}
