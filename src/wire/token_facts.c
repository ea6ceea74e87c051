/*
 * token_facts.c - what a token says, as bytes.
 *
 * Layout: u32 1 | u64 luid, id, expiry, source id, privileges, enabled |
 * u32 type, level, logon type | 8 bytes of source | sized user, domain,
 * package, SID | u32 groups | groups: u32 attributes, sized SID each.
 */
#include "wire/token_facts.h"

#include "base/sid.h"

#define TEXT_MAX	1024u

void
token_group_put(struct writer *w, const struct token_group *group)
{
	writer_u32(w, group->attributes);
	writer_sized(w, group->sid);
}

bool
token_group_take(struct token_group *ret_group, struct bytes *groups)
{
	struct reader r = reader_of(*groups), in;
	struct sid sid;

	ret_group->attributes = reader_u32(&r);
	ret_group->sid = reader_sized(&r, SID_SIZE_MAX);
	in = reader_of(ret_group->sid);
	sid_take(&sid, &in);
	if (!reader_done(&in) || !reader_ok(&r))
		return false;
	*groups = reader_rest(&r);
	return true;
}

bool
token_groups_count(uint32_t *ret_count, struct bytes groups, uint32_t max)
{
	struct token_group group;
	uint32_t count = 0;

	while (groups.len && count < max && token_group_take(&group, &groups))
		count++;
	*ret_count = count;
	return !groups.len;
}

void
token_facts_put(struct writer *w, const struct token_facts *facts)
{
	writer_u32(w, TOKEN_FACTS_LAYOUT);
	writer_u64(w, facts->luid);
	writer_u64(w, facts->id);
	writer_u64(w, facts->expiry);
	writer_u64(w, facts->source_id);
	writer_u64(w, facts->privileges);
	writer_u64(w, facts->enabled);
	writer_u32(w, facts->type);
	writer_u32(w, facts->level);
	writer_u32(w, facts->logon_type);
	writer_bytes(w, bytes_of(facts->source, sizeof facts->source));
	writer_sized(w, facts->user);
	writer_sized(w, facts->domain);
	writer_sized(w, facts->package);
	writer_sized(w, facts->sid);
	writer_u32(w, facts->group_count);
	writer_bytes(w, facts->groups);
}

bool
token_facts_take(struct token_facts *ret_facts, struct bytes wire)
{
	struct reader r = reader_of(wire), in;
	struct sid sid;
	uint32_t count = 0;

	reader_expect_u32(&r, TOKEN_FACTS_LAYOUT);
	ret_facts->luid = reader_u64(&r);
	ret_facts->id = reader_u64(&r);
	ret_facts->expiry = reader_u64(&r);
	ret_facts->source_id = reader_u64(&r);
	ret_facts->privileges = reader_u64(&r);
	ret_facts->enabled = reader_u64(&r);
	ret_facts->type = reader_u32(&r);
	ret_facts->level = reader_u32(&r);
	ret_facts->logon_type = reader_u32(&r);
	reader_fixed(&r, ret_facts->source, sizeof ret_facts->source);
	ret_facts->user = reader_sized(&r, TEXT_MAX);
	ret_facts->domain = reader_sized(&r, TEXT_MAX);
	ret_facts->package = reader_sized(&r, TEXT_MAX);
	ret_facts->sid = reader_sized(&r, SID_SIZE_MAX);
	ret_facts->group_count = reader_u32(&r);
	ret_facts->groups = reader_rest(&r);
	in = reader_of(ret_facts->sid);
	if (ret_facts->sid.len)
		sid_take(&sid, &in);
	return reader_ok(&r) && reader_done(&in) && ret_facts->type >= 1 && ret_facts->type <= 2 && ret_facts->level <= 3 &&
	    token_groups_count(&count, ret_facts->groups, UINT32_MAX) && count == ret_facts->group_count;
}
