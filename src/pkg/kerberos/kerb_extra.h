/*
 * kerb_extra.h - keys that a session accepts with beside the machine's: of
 * accounts whose passwords it was given (KerbAddExtraCredentials). They lie
 * with the session's tickets and end with them.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_EXTRA_H
#define OPENLSA_PKG_KERBEROS_KERB_EXTRA_H

#include "pkg/kerberos/kerb_cache.h"
#include "pkg/kerberos/kerb_key.h"
#include "pkg/kerberos/kerb_keys.h"

#define EXTRA_KEYS	5u		/* an account's, one of each type */
#define EXTRA_MOST	64u		/* accounts of a session */

struct kerb_extra {
	struct kerb_extra *next;
	char *client;			/* "user@REALM" */
	char *names;			/* what it may accept for, one behind the other with its NUL and an empty one; NULL: anything */
	struct secret *keys;		/* EXTRA_KEYS of struct kerb_key; those without a length are none */
};

enum kerb_extra_how { EXTRA_ADD = 1, EXTRA_REPLACE = 2, EXTRA_PUT = EXTRA_ADD | EXTRA_REPLACE, EXTRA_REMOVE = 4 };

void kerb_extra_drop(struct kerb_extra *extra);		/* and all behind it */
/*
 * Takes `extra` over. STATUS_OBJECT_NAME_COLLISION: add, and it is there; STATUS_OBJECT_NAME_NOT_FOUND: it is not, and
 * should be; STATUS_QUOTA_EXCEEDED. Put: either of the first two.
 */
NTSTATUS kerb_extra_set(struct kerb_cache *cache, struct kerb_extra *extra, enum kerb_extra_how how);
/* All of one session's become another's too; there, an account of the same name goes. STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS kerb_extra_copy(struct kerb_cache *to, struct kerb_cache *from);
void kerb_extra_clear(struct kerb_cache *cache);

/* Held, or NULL: what the calling thread's session, or the one named, has. */
struct kerb_cache *kerb_extra_cache(struct call *call, uint64_t luid) MUST_CHECK;
/* Whether there is one that a credential for `own` (NULL: any) may accept with. */
bool kerb_extra_any(struct kerb_cache *cache, const char *own) MUST_CHECK;
/* The next key for a ticket to `want` that is to be tried; the caller wipes it. *pos begins as 0. */
bool kerb_extra_next(struct kerb_cache *cache, const char *own, const struct kerb_wanted *want, uint32_t *pos,
    struct kerb_key *ret_key) MUST_CHECK;

#endif
