/*
 * kerb_cached.h - logons while no KDC answers: a user whom a proven KDC has
 * let in at this machine before is known by his password again. What is kept:
 * a salted, slow hash of it, and the PAC that said who he is. Policy says for how
 * many (cached-logons); he gets no tickets.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_CACHED_H
#define OPENLSA_PKG_KERBEROS_KERB_CACHED_H

#include "pkg/kerberos/kerb_logon.h"

struct slow_task;

/* In a frame, zeroed at first. */
struct kerb_cached {
	enum { CACHED_BEGIN = 0, CACHED_RECALL, CACHED_HASH, CACHED_SETTLE, CACHED_WRITE } at;
	struct slow_task *slow;		/* the hash under way */
	struct secret *entry;		/* what was recalled, or is to be kept */
	struct logon_result told;	/* once it is decided */
};
void kerb_cached_drop(struct kerb_cached *f);

/* Whether policy lets a logon of this type be kept, and done by what was kept. */
bool kerb_cached_may(struct call *call, const struct logon_args *args);
/* Both step by step. Keeps what a KDC calls `client`; a failure is said and does no harm. */
NTSTATUS kerb_cached_keep(struct call *call, struct kerb_cached *f, const struct kerb_cred *cred, const char *client, struct bytes pac);
/* Logs on. Nothing kept: STATUS_NO_LOGON_SERVERS. */
NTSTATUS kerb_cached_logon(struct call *call, struct kerb_cached *f, const struct kerb_cred *cred, uint64_t luid,
    const struct logon_args *args, struct logon_result *ret);

#endif
