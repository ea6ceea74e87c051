/*
 * idmap.h - which Unix user a token's user is here. Nobody is mapped by
 * accident: a rule must name him, his domain, or he is a Unix user already.
 *
 *     map_file = /etc/openlsa/users         DOMAIN\name or a SID = uid, gid, more gids
 *     map_range:S-1-5-21-1-2-3 = 100000-199999    uid and gid: the first number plus the RID
 *     map_nss = WORKBOX, CORP               domains whose user names are this system's
 *     map_least_uid = 1000                  below it nobody is mapped, by no rule
 *
 * A user of a realm whose KDC gives him no SID is known by REALM\name alone.
 * Rules are tried in this order; one that is malformed maps nobody at all.
 */
#ifndef OPENLSA_SECUR32_IDMAP_H
#define OPENLSA_SECUR32_IDMAP_H

#include "base/nt.h"

#include "base/why.h"
#include "wire/token_facts.h"

struct conf;

struct id {
	uint32_t uid, gid, group_count;
	uint32_t *groups;
};
void id_drop(struct id *id);

/* STATUS_SUCCESS: id_drop it. STATUS_NONE_MAPPED; STATUS_NO_MEMORY. May ask the name service, so it may block. */
NTSTATUS idmap(struct id *ret_id, const struct conf *conf, const struct token_facts *facts, struct why *why);

#endif
