/*
 * kerb_pac.h - what a domain says about its user: the PAC of a ticket
 * ([MS-PAC]), verified and read.
 *
 * The signature of the domain with our own key is what is trusted; those with
 * its own key are checked by kerb_signed.c where that key is here. A PAC that lacks the first, that does
 * not name the ticket's client, or that contradicts itself is none, and the ticket
 * that carries it is refused.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_PAC_H
#define OPENLSA_PKG_KERBEROS_KERB_PAC_H

#include "base/bytes.h"
#include "base/sid.h"

#define PAC_BUFFERS_MAX	64u
#define PAC_GROUPS_MAX	1015u		/* [MS-PAC] has no number; this is how many SIDs a token of Windows takes */
#define PAC_NAME_MAX	512u		/* bytes of UTF-16LE */

/* [MS-PAC] 2.4. */
enum pac_type {
	PAC_LOGON_INFO = 1, PAC_SERVER_CHECKSUM = 6, PAC_KDC_CHECKSUM = 7, PAC_CLIENT_INFO = 10,
	PAC_UPN_DNS = 12, PAC_TICKET_CHECKSUM = 16, PAC_REQUESTOR = 18, PAC_FULL_CHECKSUM = 19,
};

/* [MS-PAC] 2.5: what a logon's profile tells of the account. FILETIMEs; texts UTF-16LE, views into the PAC. */
struct pac_profile {
	uint64_t logon, logoff, kick_off, password_set, can_change, must_change;
	struct bytes full_name, script, path, home, drive, server;
	uint16_t logon_count, bad_count;
	uint32_t flags;
};

/* Views into the PAC but for `groups`. Texts UTF-16LE. */
struct pac_facts {
	bool known;			/* there was logon information: all below */
	struct bytes user, domain;
	struct sid sid;
	struct pac_profile profile;
	size_t group_count;
	bool cut;			/* there were more groups than fit */
	struct bytes groups[PAC_GROUPS_MAX];	/* binary SIDs, into the memory given */
};

#define PAC_GROUP_MEMORY ((size_t)PAC_GROUPS_MAX * SID_SIZE_MAX)

/* One buffer of a PAC; false where the PAC is malformed or has not exactly one of them. Pure. */
bool pac_part(struct bytes *ret_part, struct bytes pac, enum pac_type type) MUST_CHECK;
/* How many it has of that type; -1: malformed. */
int pac_count(struct bytes pac, enum pac_type type);

/*
 * Reads KERB_VALIDATION_INFO (2.5), and holds UPN_DNS_INFO and PAC_REQUESTOR against it. Pure: signatures were
 * verified before. `memory` is PAC_GROUP_MEMORY bytes for the groups. False: malformed or contradicting.
 */
bool pac_read(struct pac_facts *ret, struct bytes pac, uint8_t *memory) MUST_CHECK;

/* The checksum type that a key of this type signs with; 0: none that we take. */
int32_t pac_signature_of(int32_t etype);
/* Whether its one server signature is of the type that a key of this one makes, in a buffer of the right length. */
bool pac_signed_for(struct bytes pac, int32_t etype) MUST_CHECK;
/*
 * The one signature of that kind: its checksum's type, and its bytes (of the length of that type; what a read-only DC adds behind
 * is left out). False: there is none, or one of another form.
 */
bool pac_signature(int32_t *ret_type, struct bytes *ret_sum, struct bytes pac, enum pac_type which) MUST_CHECK;

#endif
