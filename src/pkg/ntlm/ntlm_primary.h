/*
 * ntlm_primary.h - what NTLM keeps with a logon session whose user gave a
 * password: his name, his domain and the hash. It goes with the session.
 * Counted and immutable; a new password makes another one.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_PRIMARY_H
#define OPENLSA_PKG_NTLM_NTLM_PRIMARY_H

#include "pkg/lsa_mode.h"
#include "pkg/ntlm/ntlm_keys.h"

struct ntlm_primary {
	struct kept kept;
	struct secret *nt_hash;
	struct bytes user, domain;		/* UTF-16LE */
	uint8_t text[];
};

/* Keeps it with the session, in place of what was there. */
NTSTATUS primary_keep(struct call *call, void *session, struct bytes user, struct bytes domain, const struct nt_hash *hash);
/* Held (kept_drop of ->kept), or NULL: the session has none. */
struct ntlm_primary *primary_of(struct call *call, void *session);

#endif
