/*
 * sid.h - security identifiers and locally unique ids.
 *
 * A SID is a value: copied by assignment, compared with sid_same (never with
 * memcmp: only `count` of the sub-authorities mean anything). Forms:
 * [MS-DTYP] 2.4.2. Pure; must never learn to know whose SID it is.
 */
#ifndef OPENLSA_BASE_SID_H
#define OPENLSA_BASE_SID_H

#include "base/bytes.h"

#define SID_SUB_MAX	15
#define SID_SIZE_MAX	(8 + 4 * SID_SUB_MAX)		/* of the binary form */
#define SID_TEXT_MAX	(4 + 14 + 11 * SID_SUB_MAX + 1)	/* of the text, with its NUL */

struct sid {
	uint8_t revision;			/* always 1 */
	uint8_t count;				/* of sub, 0 to 15 */
	uint8_t authority[6];			/* big-endian, as on the wire */
	uint32_t sub[SID_SUB_MAX];
};

/* The binary form. Another revision or count is a mistake of the reader's; the SID is then all zero. */
void sid_take(struct sid *ret_sid, struct reader *r);
void sid_put(struct writer *w, const struct sid *sid);
size_t sid_size(const struct sid *sid);

/* Writes "S-1-..." into text and returns it. */
char *sid_text(const struct sid *sid, char text[SID_TEXT_MAX]);

/*
 * Exactly what sid_text writes, in letters of either case: "S-1-", an
 * authority (decimal below 2^32, 0x and 12 digits from there on) and 1 to 15
 * sub-authorities without leading zeros. False otherwise.
 */
bool sid_of_text(struct sid *ret_sid, struct bytes text) MUST_CHECK;

/* S-1-authority without sub-authorities, to be grown by sid_child. Authority below 2^48. */
struct sid sid_root(uint64_t authority);

/* The SID with one more sub-authority; false when there is no room for it. */
bool sid_child(struct sid *ret_sid, const struct sid *parent, uint32_t rid) MUST_CHECK;

/* The other way: the SID without its last sub-authority; false when it has none. */
bool sid_parent(struct sid *ret_parent, uint32_t *ret_rid, const struct sid *sid) MUST_CHECK;

bool sid_same(const struct sid *a, const struct sid *b);

/* Whether sid lies under the domain, at any depth, and is not the domain itself. */
bool sid_under(const struct sid *domain, const struct sid *sid);

extern const struct sid sid_null;			/* S-1-0-0 */
extern const struct sid sid_everyone;			/* S-1-1-0 */
extern const struct sid sid_local;			/* S-1-2-0 */
extern const struct sid sid_console_logon;		/* S-1-2-1 */
extern const struct sid sid_creator_owner;		/* S-1-3-0 */
extern const struct sid sid_creator_group;		/* S-1-3-1 */
extern const struct sid sid_owner_rights;		/* S-1-3-4 */
extern const struct sid sid_dialup;			/* S-1-5-1 */
extern const struct sid sid_network;			/* S-1-5-2 */
extern const struct sid sid_batch;			/* S-1-5-3 */
extern const struct sid sid_interactive;		/* S-1-5-4 */
extern const struct sid sid_service;			/* S-1-5-6 */
extern const struct sid sid_anonymous;			/* S-1-5-7 */
extern const struct sid sid_proxy;			/* S-1-5-8 */
extern const struct sid sid_self;			/* S-1-5-10 */
extern const struct sid sid_authenticated_users;	/* S-1-5-11 */
extern const struct sid sid_restricted;			/* S-1-5-12 */
extern const struct sid sid_remote_interactive;		/* S-1-5-14 */
extern const struct sid sid_this_organization;		/* S-1-5-15 */
extern const struct sid sid_iusr;			/* S-1-5-17 */
extern const struct sid sid_system;			/* S-1-5-18 */
extern const struct sid sid_local_service;		/* S-1-5-19 */
extern const struct sid sid_network_service;		/* S-1-5-20 */
extern const struct sid sid_builtin;			/* S-1-5-32 */
extern const struct sid sid_administrators;		/* S-1-5-32-544 */
extern const struct sid sid_users;			/* S-1-5-32-545 */
extern const struct sid sid_guests;			/* S-1-5-32-546 */
extern const struct sid sid_ntlm_authentication;	/* S-1-5-64-10 */
extern const struct sid sid_schannel_authentication;	/* S-1-5-64-14 */
extern const struct sid sid_digest_authentication;	/* S-1-5-64-21 */
extern const struct sid sid_unix_users;			/* S-1-22-1: its children are uids */
extern const struct sid sid_unix_groups;		/* S-1-22-2: its children are gids */

/* A locally unique id: 64 bits here, two halves of 32 in Windows' structures. */
struct luid {
	uint64_t value;
};

#define LUID_SYSTEM		((struct luid){ 0x3E7 })
#define LUID_ANONYMOUS		((struct luid){ 0x3E6 })
#define LUID_LOCAL_SERVICE	((struct luid){ 0x3E5 })
#define LUID_NETWORK_SERVICE	((struct luid){ 0x3E4 })
#define LUID_IUSR		((struct luid){ 0x3E3 })
#define LUID_NONE		((struct luid){ 0 })

static inline bool luid_same(struct luid a, struct luid b) { return a.value == b.value; }
static inline uint32_t luid_low(struct luid l) { return (uint32_t)l.value; }
static inline int32_t luid_high(struct luid l) { return (int32_t)(uint32_t)(l.value >> 32); }
static inline struct luid
luid_of(uint32_t low, int32_t high)
{
	return (struct luid){ (uint64_t)(uint32_t)high << 32 | low };
}

/* S-1-5-5-X-Y, the SID of one logon. */
struct sid sid_of_logon(struct luid logon);

#endif
