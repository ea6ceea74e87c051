/*
 * rights.h - what a SID may by policy: privileges and logon rights, as
 * [MS-LSAD] keeps them, and the judgements that rest on them. Reads no disk
 * as long as nothing has changed.
 */
#ifndef OPENLSA_LSA_RIGHTS_H
#define OPENLSA_LSA_RIGHTS_H

#include "base/nt.h"

#include "base/bytes.h"
#include "base/sid.h"

struct call;
struct lsa_peer;
struct store;

struct rights {
	uint64_t privileges;		/* PRIVILEGE_BIT */
	uint32_t access;		/* enum access_right */
};

/* An account's entry in the book: its rights and its security descriptor, which is empty where it is the usual one. */
bool rights_take(struct rights *ret_rights, struct bytes *ret_guard, struct bytes value) MUST_CHECK;
void rights_put(struct writer *w, const struct rights *rights, struct bytes guard);

/* The rights of a set of SIDs together. STATUS_INTERNAL_DB_ERROR grants none. */
NTSTATUS rights_of(struct store *store, const struct sid *sids, size_t count, struct rights *ret_rights) MUST_CHECK;

/*
 * Whether somebody whose proof was good may log on in this way (SECURITY_LOGON_TYPE): the SID, its groups (binary),
 * and those that everyone of this logon has besides (Everyone, Authenticated Users, the logon type's own; Users for
 * an account of this machine). A right that is denied counts before one that is granted.
 *
 * STATUS_SUCCESS; STATUS_LOGON_TYPE_NOT_GRANTED, with the true reason for trusted readers; STATUS_INTERNAL_DB_ERROR.
 */
NTSTATUS rights_allow_logon(struct call *call, struct bytes sid, const struct bytes *groups, size_t group_count,
    uint32_t logon_type) MUST_CHECK;

/* Everybody who a peer is, as SIDs. At most PEER_SIDS. */
#define PEER_SIDS 80u
size_t peer_sids(const struct lsa_peer *peer, struct sid sids[PEER_SIDS]);
/* Whether policy gives this peer a privilege (PRIVILEGE_*). An error is a no. */
bool rights_peer_holds(struct call *call, const struct lsa_peer *peer, unsigned privilege) MUST_CHECK;

/* A new book gets its first entries. Blocks where there is something to do. */
NTSTATUS rights_begin(struct store *store) MUST_CHECK;

#endif
