/*
 * kerb_ccache.h - version 4 of MIT's file format of ticket caches, as it is
 * documented with MIT krb5 ("ccache file format"): the one form in which
 * tickets travel from the application to the LSA.
 *
 * Pure: big-endian numbers, no allocation, no libkrb5. What is read are
 * views into the bytes; what is foreign is bounded.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_CCACHE_H
#define OPENLSA_PKG_KERBEROS_KERB_CCACHE_H

#include "base/bytes.h"

#define CCACHE_PARTS_MAX	16u	/* components of a name */
#define CCACHE_LISTS_MAX	64u	/* addresses, and pieces of authorization data, of one ticket */
#define CCACHE_CREDS_MAX	1024u

struct ccache_name {
	uint32_t type, count;
	struct bytes realm, parts[CCACHE_PARTS_MAX];
};

struct ccache_head {
	int32_t clock;			/* seconds that the KDC is ahead of this machine */
	struct ccache_name client;
};

struct ccache_cred {
	struct ccache_name client, server;
	uint16_t etype;
	struct bytes key;
	uint32_t authtime, starttime, endtime, renew_till;
	bool with_session_key;		/* the ticket is under a session key: user-to-user */
	uint32_t flags;			/* as they stand in a ticket, RFC 4120 2 */
	struct bytes ticket, second_ticket;
};

void ccache_head_put(struct writer *w, const struct ccache_head *h);
void ccache_cred_put(struct writer *w, const struct ccache_cred *c);
/* False: another version, or malformed. */
bool ccache_head_take(struct ccache_head *h, struct reader *r) MUST_CHECK;
/* One after the other until reader_left is 0. Addresses and authorization data are passed over: the ticket has its own. */
bool ccache_cred_take(struct ccache_cred *c, struct reader *r) MUST_CHECK;
/* A note that libraries keep among the tickets, not a ticket. */
bool ccache_cred_is_note(const struct ccache_cred *c);

#endif
