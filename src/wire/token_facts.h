/*
 * token_facts.h - what a token says, as bytes: made where the token is, read
 * where it is shown. Pure. Texts are UTF-8, SIDs binary; what was taken are
 * views into the bytes.
 */
#ifndef OPENLSA_WIRE_TOKEN_FACTS_H
#define OPENLSA_WIRE_TOKEN_FACTS_H

#include "base/bytes.h"

#define TOKEN_KEY_LEN		16u
#define TOKEN_FACTS_LAYOUT	1u

struct token_group {
	struct bytes sid;
	uint32_t attributes;
};

struct token_facts {
	uint64_t luid, id, expiry, source_id;
	uint64_t privileges, enabled;		/* bits by number */
	uint32_t type, level;			/* TOKEN_TYPE; SECURITY_IMPERSONATION_LEVEL */
	uint32_t logon_type;
	uint8_t source[8];
	struct bytes user, domain, package, sid;
	uint32_t group_count;
	struct bytes groups;			/* packed */
};

/* Groups, one after the other. */
void token_group_put(struct writer *w, const struct token_group *group);
/* The next one of `groups`, which moves on; false: there is none, or it is malformed and *groups is not empty. */
bool token_group_take(struct token_group *ret_group, struct bytes *groups);
/* How many they are; false: malformed, or more than `max`. */
bool token_groups_count(uint32_t *ret_count, struct bytes groups, uint32_t max) MUST_CHECK;

void token_facts_put(struct writer *w, const struct token_facts *facts);
bool token_facts_take(struct token_facts *ret_facts, struct bytes wire) MUST_CHECK;

#endif
