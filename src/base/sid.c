/*
 * sid.c - security identifiers and locally unique ids.
 *
 * Pure; must never learn to know whose SID it is.
 */
#include "base/sid.h"

#include <inttypes.h>
#include <stdio.h>

#define WELL_KNOWN(name, auth, n, ...) \
	const struct sid name = { .revision = 1, .count = n, .authority = { 0, 0, 0, 0, 0, auth }, .sub = { __VA_ARGS__ } }

WELL_KNOWN(sid_null,			0,  1, 0);
WELL_KNOWN(sid_everyone,		1,  1, 0);
WELL_KNOWN(sid_local,			2,  1, 0);
WELL_KNOWN(sid_console_logon,		2,  1, 1);
WELL_KNOWN(sid_creator_owner,		3,  1, 0);
WELL_KNOWN(sid_creator_group,		3,  1, 1);
WELL_KNOWN(sid_owner_rights,		3,  1, 4);
WELL_KNOWN(sid_dialup,			5,  1, 1);
WELL_KNOWN(sid_network,			5,  1, 2);
WELL_KNOWN(sid_batch,			5,  1, 3);
WELL_KNOWN(sid_interactive,		5,  1, 4);
WELL_KNOWN(sid_service,			5,  1, 6);
WELL_KNOWN(sid_anonymous,		5,  1, 7);
WELL_KNOWN(sid_proxy,			5,  1, 8);
WELL_KNOWN(sid_self,			5,  1, 10);
WELL_KNOWN(sid_authenticated_users,	5,  1, 11);
WELL_KNOWN(sid_restricted,		5,  1, 12);
WELL_KNOWN(sid_remote_interactive,	5,  1, 14);
WELL_KNOWN(sid_this_organization,	5,  1, 15);
WELL_KNOWN(sid_iusr,			5,  1, 17);
WELL_KNOWN(sid_system,			5,  1, 18);
WELL_KNOWN(sid_local_service,		5,  1, 19);
WELL_KNOWN(sid_network_service,		5,  1, 20);
WELL_KNOWN(sid_builtin,			5,  1, 32);
WELL_KNOWN(sid_administrators,		5,  2, 32, 544);
WELL_KNOWN(sid_users,			5,  2, 32, 545);
WELL_KNOWN(sid_guests,			5,  2, 32, 546);
WELL_KNOWN(sid_ntlm_authentication,	5,  2, 64, 10);
WELL_KNOWN(sid_schannel_authentication,	5,  2, 64, 14);
WELL_KNOWN(sid_digest_authentication,	5,  2, 64, 21);
WELL_KNOWN(sid_unix_users,		22, 1, 1);
WELL_KNOWN(sid_unix_groups,		22, 1, 2);

static uint64_t
authority_of(const struct sid *sid)
{
	uint64_t value = 0;

	for (size_t i = 0; i < sizeof sid->authority; i++)
		value = value << 8 | sid->authority[i];
	return value;
}

void
sid_take(struct sid *ret_sid, struct reader *r)
{
	struct sid sid = { .revision = reader_u8(r) };

	sid.count = reader_u8(r);
	reader_fixed(r, sid.authority, sizeof sid.authority);
	if (sid.revision != 1 || sid.count > SID_SUB_MAX)
		reader_spoil(r);
	for (uint8_t i = 0; i < sid.count && reader_ok(r); i++)
		sid.sub[i] = reader_u32(r);
	*ret_sid = reader_ok(r) ? sid : (struct sid){ 0 };
}

void
sid_put(struct writer *w, const struct sid *sid)
{
	writer_u8(w, sid->revision);
	writer_u8(w, sid->count);
	writer_bytes(w, bytes_of(sid->authority, sizeof sid->authority));
	for (uint8_t i = 0; i < sid->count; i++)
		writer_u32(w, sid->sub[i]);
}

size_t
sid_size(const struct sid *sid)
{
	return 8 + 4 * (size_t)sid->count;
}

char *
sid_text(const struct sid *sid, char text[SID_TEXT_MAX])
{
	uint64_t authority = authority_of(sid);
	int len;

	if (authority > UINT32_MAX)
		len = snprintf(text, SID_TEXT_MAX, "S-%u-0x%012" PRIx64, sid->revision & 7u, authority);
	else
		len = snprintf(text, SID_TEXT_MAX, "S-%u-%" PRIu64, sid->revision & 7u, authority);
	for (uint8_t i = 0; i < sid->count && i < SID_SUB_MAX; i++)
		len += snprintf(text + len, SID_TEXT_MAX - (size_t)len, "-%" PRIu32, sid->sub[i]);
	return text;
}

/* A decimal number below 2^32 without leading zeros, taken off the front. */
static bool
decimal_take(struct reader *r, uint32_t *ret_value)
{
	uint64_t value = 0;
	size_t digits = 0;

	while (reader_left(r)) {
		uint8_t c = r->whole.at[r->pos];

		if (c < '0' || c > '9')
			break;
		if (digits == 10 || (digits && !value))
			return false;
		value = value * 10 + (uint64_t)(c - '0');
		digits++;
		reader_skip(r, 1);
	}
	if (!digits || value > UINT32_MAX)
		return false;
	*ret_value = (uint32_t)value;
	return true;
}

/* Twelve hexadecimal digits; only for what has no decimal form. */
static bool
hex_take(struct reader *r, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (int i = 0; i < 12; i++) {
		uint8_t c = reader_u8(r), low = c | 0x20;

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint64_t)(c - '0');
		else if (low >= 'a' && low <= 'f')
			value = value << 4 | (uint64_t)(low - 'a' + 10);
		else
			return false;
	}
	*ret_value = value;
	return value > UINT32_MAX;
}

bool
sid_of_text(struct sid *ret_sid, struct bytes text)
{
	struct reader r = reader_of(text);
	struct sid sid;
	uint64_t authority;
	uint32_t small, sub;

	if ((reader_u8(&r) | 0x20) != 's')
		return false;
	reader_expect(&r, "-1-", 3);
	if (reader_left(&r) > 2 && r.whole.at[r.pos] == '0' && (r.whole.at[r.pos + 1] | 0x20) == 'x') {
		reader_skip(&r, 2);
		if (!hex_take(&r, &authority))
			return false;
	} else {
		if (!decimal_take(&r, &small))
			return false;
		authority = small;
	}
	sid = sid_root(authority);
	do {
		reader_expect(&r, "-", 1);
		if (!decimal_take(&r, &sub) || !sid_child(&sid, &sid, sub))
			return false;
	} while (reader_left(&r));
	if (!reader_done(&r))
		return false;
	*ret_sid = sid;
	return true;
}

struct sid
sid_root(uint64_t authority)
{
	struct sid sid = { .revision = 1 };

	for (size_t i = 0; i < sizeof sid.authority; i++)
		sid.authority[i] = (uint8_t)(authority >> (40 - 8 * i));
	return sid;
}

bool
sid_child(struct sid *ret_sid, const struct sid *parent, uint32_t rid)
{
	if (parent->count >= SID_SUB_MAX)
		return false;
	*ret_sid = *parent;
	ret_sid->sub[ret_sid->count++] = rid;
	return true;
}

bool
sid_parent(struct sid *ret_parent, uint32_t *ret_rid, const struct sid *sid)
{
	if (!sid->count || sid->count > SID_SUB_MAX)
		return false;
	*ret_parent = *sid;
	*ret_rid = ret_parent->sub[--ret_parent->count];
	ret_parent->sub[ret_parent->count] = 0;
	return true;
}

/* Whether sid begins with all of head. */
static bool
begins_with(const struct sid *head, const struct sid *sid)
{
	if (head->revision != sid->revision || head->count > sid->count ||
	    !bytes_same(bytes_of(head->authority, 6), bytes_of(sid->authority, 6)))
		return false;
	for (uint8_t i = 0; i < head->count; i++) {
		if (head->sub[i] != sid->sub[i])
			return false;
	}
	return true;
}

bool
sid_same(const struct sid *a, const struct sid *b)
{
	return a->count == b->count && begins_with(a, b);
}

bool
sid_under(const struct sid *domain, const struct sid *sid)
{
	return domain->count < sid->count && begins_with(domain, sid);
}

struct sid
sid_of_logon(struct luid logon)
{
	return (struct sid){
		.revision = 1, .count = 3, .authority = { 0, 0, 0, 0, 0, 5 },
		.sub = { 5, (uint32_t)luid_high(logon), luid_low(logon) },
	};
}
