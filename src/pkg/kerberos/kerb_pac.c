/*
 * kerb_pac.c - the PAC as bytes. Pure: signatures are checked where the key
 * is (kerb_accept.c), over the same bytes. Layouts: [MS-PAC] 2.3 to 2.15.
 */
#include "pkg/kerberos/kerb_pac.h"

#include "base/ndr.h"

#define GROUP_USE_DENY	0x10u		/* SE_GROUP_USE_FOR_DENY_ONLY: grants nothing */
#define GROUP_ENABLED	0x4u
#define FLAG_EXTRA_SIDS	0x20u		/* UserFlags: D, ExtraSids is there */
#define FLAG_RESOURCES	0x200u		/* UserFlags: H, ResourceGroupIds is there */
#define UPN_HAS_SID	0x2u		/* UPN_DNS_INFO: S, the extended form */

/* --- the list of buffers: 2.3 ------------------------------------------------- */

int
pac_count(struct bytes pac, enum pac_type type)
{
	struct reader r = reader_of(pac);
	uint32_t count = reader_u32(&r);
	int found = 0;

	if (reader_u32(&r) != 0 || !reader_ok(&r) || count > PAC_BUFFERS_MAX)
		return -1;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t is = reader_u32(&r), len = reader_u32(&r);
		uint64_t at = reader_u64(&r);
		struct bytes part;

		if (!reader_ok(&r) || at < 8 + 16ull * count || at > SIZE_MAX || at % 8 != 0 ||
		    !bytes_part(&part, pac, (size_t)at, len))
			return -1;
		found += is == (uint32_t)type;
	}
	return found;
}

bool
pac_part(struct bytes *ret_part, struct bytes pac, enum pac_type type)
{
	struct reader r = reader_of(pac);
	uint32_t count = reader_u32(&r);

	*ret_part = BYTES_NONE;
	if (pac_count(pac, type) != 1)
		return false;
	reader_skip(&r, 4);
	while (count-- > 0) {
		uint32_t is = reader_u32(&r), len = reader_u32(&r);
		uint64_t at = reader_u64(&r);

		if (is == (uint32_t)type)
			return bytes_part(ret_part, pac, (size_t)at, len);
	}
	return false;
}

/* --- signatures: 2.8 ------------------------------------------------------------ */

static const struct { int32_t etype, type; uint32_t len; } signatures[] = {
	{ 17,   15, 12 },		/* HMAC_SHA1_96_AES128 */
	{ 18,   16, 12 },		/* HMAC_SHA1_96_AES256 */
	{ 19,   19, 16 },		/* hmac-sha256-128-aes128: RFC 8009 */
	{ 20,   20, 24 },		/* hmac-sha384-192-aes256 */
	{ 23, -138, 16 },		/* KERB_CHECKSUM_HMAC_MD5 */
};

int32_t
pac_signature_of(int32_t etype)
{
	for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
		if (signatures[i].etype == etype)
			return signatures[i].type;
	return 0;
}

bool
pac_signed_for(struct bytes pac, int32_t etype)
{
	struct bytes part;

	if (!pac_part(&part, pac, PAC_SERVER_CHECKSUM) || part.len < 4)
		return false;
	for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
		if (signatures[i].etype == etype)	/* two bytes may follow: the read-only DC that signed */
			return (int32_t)get_u32(part.at) == signatures[i].type &&
			    (part.len == 4 + signatures[i].len || part.len == 6 + signatures[i].len);
	return false;
}

bool
pac_signature(int32_t *ret_type, struct bytes *ret_sum, struct bytes pac, enum pac_type which)
{
	struct bytes part;

	if (!pac_part(&part, pac, which) || part.len < 4)
		return false;
	*ret_type = (int32_t)get_u32(part.at);
	for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
		if (signatures[i].type == *ret_type)
			return (part.len == 4 + signatures[i].len || part.len == 6 + signatures[i].len) &&
			    bytes_part(ret_sum, part, 4, signatures[i].len);
	return false;
}

/* --- logon information: 2.5 ------------------------------------------------------- */

struct groups {
	struct pac_facts *to;
	struct writer w;
};

/* A group that is only there to deny gives nothing, and one that is not enabled neither. */
static void
group_add(struct groups *g, const struct sid *sid, uint32_t attributes)
{
	size_t from = g->w.need;

	if (!(attributes & GROUP_ENABLED) || (attributes & GROUP_USE_DENY))
		return;
	if (g->to->group_count == PAC_GROUPS_MAX) {
		g->to->cut = true;
		return;
	}
	sid_put(&g->w, sid);
	g->to->groups[g->to->group_count++] = bytes_of(g->w.at + from, g->w.need - from);
}

/* GROUP_MEMBERSHIP: 2.2.2. */
static void
memberships(struct ndr *n, struct groups *g, const struct sid *domain, uint32_t count, size_t at)
{
	struct reader r = reader_of(n->r.whole);

	reader_skip(&r, at);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t rid = reader_u32(&r), attributes = reader_u32(&r);
		struct sid sid;

		if (!sid_child(&sid, domain, rid)) {
			reader_spoil(&n->r);
			return;
		}
		group_add(g, &sid, attributes);
	}
	if (!reader_ok(&r))
		reader_spoil(&n->r);
}

/* An array of them, whose domain comes behind it: where it is, for later. */
static size_t
memberships_pass(struct ndr *n, bool there, uint32_t count)
{
	size_t at;

	if (!there) {
		if (count)
			reader_spoil(&n->r);
		return 0;
	}
	if (!ndr_array(n, count, 8))
		return 0;
	at = n->r.pos;
	reader_skip(&n->r, (size_t)count * 8);
	return at;
}

/* KERB_SID_AND_ATTRIBUTES: 2.2.1. All the heads, then all the SIDs. */
static void
extras(struct ndr *n, struct groups *g, bool there, uint32_t count, bool counted)
{
	struct reader heads;
	struct sid sid;

	if (!there) {
		if (count)
			reader_spoil(&n->r);
		return;
	}
	if (!ndr_array(n, count, 8))
		return;
	heads = n->r;
	reader_skip(&n->r, (size_t)count * 8);
	for (uint32_t i = 0; i < count && ndr_ok(n); i++) {
		bool points = reader_u32(&heads) != 0;
		uint32_t attributes = reader_u32(&heads);

		if (!points) {
			reader_spoil(&n->r);
			return;
		}
		ndr_sid(n, &sid);
		if (ndr_ok(n) && counted)
			group_add(g, &sid, attributes);
	}
}

static bool
name_fits(struct bytes name, bool may_be_empty)
{
	if (name.len > PAC_NAME_MAX || (!name.len && !may_be_empty))
		return false;
	for (size_t i = 0; i + 1 < name.len; i += 2)
		if (name.at[i + 1] == 0 && (name.at[i] < 0x20 || name.at[i] == 0x7f))
			return false;
	return true;
}

static bool
logon_info(struct pac_facts *ret, struct bytes part, uint8_t *memory)
{
	struct groups g = { ret, writer_of(memory, PAC_GROUP_MEMORY) };
	struct ndr n = ndr_open(part);
	struct pac_profile *profile = &ret->profile;
	uint64_t *times[6] = { &profile->logon, &profile->logoff, &profile->kick_off, &profile->password_set, &profile->can_change,
	    &profile->must_change };
	struct bytes *texts[5] = { &profile->full_name, &profile->script, &profile->path, &profile->home, &profile->drive };
	struct ndr_text names[6], server, domain_name;
	uint32_t rid, primary, group_count, flags, extra_count, resource_count;
	bool has_groups, has_domain, has_extras, has_resource_domain, has_resources;
	struct sid domain = { 0 }, resource_domain = { 0 };
	size_t groups_at, resources_at;

	if (!ndr_pointer(&n))
		return false;
	for (int i = 0; i < 6; i++)
		*times[i] = ndr_u64_of_u32(&n);
	for (int i = 0; i < 6; i++)
		names[i] = ndr_text(&n);		/* EffectiveName and five more */
	profile->logon_count = ndr_u16(&n);
	profile->bad_count = ndr_u16(&n);
	rid = ndr_u32(&n);
	primary = ndr_u32(&n);
	group_count = ndr_u32(&n);
	has_groups = ndr_pointer(&n);
	flags = ndr_u32(&n);
	reader_skip(&n.r, 16);				/* UserSessionKey: zero for Kerberos */
	server = ndr_text(&n);
	domain_name = ndr_text(&n);
	has_domain = ndr_pointer(&n);
	reader_skip(&n.r, 8 + 4 + 4 + 16 + 4 + 4);	/* Reserved1 to Reserved3 */
	extra_count = ndr_u32(&n);
	has_extras = ndr_pointer(&n);
	has_resource_domain = ndr_pointer(&n);
	resource_count = ndr_u32(&n);
	has_resources = ndr_pointer(&n);

	ret->user = ndr_text_take(&n, names[0]);
	for (int i = 1; i < 6; i++)
		*texts[i - 1] = ndr_text_take(&n, names[i]);
	groups_at = memberships_pass(&n, has_groups, group_count);
	profile->server = ndr_text_take(&n, server);
	profile->flags = flags;
	ret->domain = ndr_text_take(&n, domain_name);
	if (!has_domain)
		return false;
	ndr_sid(&n, &domain);
	if (ndr_ok(&n) && !sid_child(&ret->sid, &domain, rid))
		return false;
	if (ndr_ok(&n)) {
		struct sid sid;

		/* The primary group is named again among the groups as a rule; it counts either way, once. */
		memberships(&n, &g, &domain, has_groups ? group_count : 0, groups_at);
		if (ndr_ok(&n) && sid_child(&sid, &domain, primary)) {
			bool named = false;

			for (size_t i = 0; i < ret->group_count && !named; i++) {
				struct reader r = reader_of(ret->groups[i]);
				struct sid other;

				sid_take(&other, &r);
				named = sid_same(&sid, &other);
			}
			if (!named && primary != 0)
				group_add(&g, &sid, GROUP_ENABLED);
		}
	}
	extras(&n, &g, has_extras, extra_count, (flags & FLAG_EXTRA_SIDS) != 0);
	if (has_resource_domain)
		ndr_sid(&n, &resource_domain);
	resources_at = memberships_pass(&n, has_resources, resource_count);
	if (!ndr_ok(&n) || (has_resources && resource_count && !has_resource_domain))
		return false;
	if (has_resources && (flags & FLAG_RESOURCES))
		memberships(&n, &g, &resource_domain, resource_count, resources_at);
	ret->known = ndr_done(&n) && writer_ok(&g.w) && rid != 0 && name_fits(ret->user, false) &&
	    name_fits(ret->domain, true);
	return ret->known;
}

/* --- what says it again: 2.10, 2.15 ------------------------------------------------ */

static bool
sid_is(struct bytes binary, const struct sid *sid)
{
	struct reader r = reader_of(binary);
	struct sid other;

	sid_take(&other, &r);
	return reader_ok(&r) && sid_same(&other, sid);
}

static bool
upn_agrees(const struct pac_facts *facts, struct bytes part)
{
	struct reader r = reader_of(part);
	uint16_t len[2], at[2];
	struct bytes text, sid;
	uint32_t flags;

	for (int i = 0; i < 2; i++) {		/* UPN, DNS domain name */
		len[i] = reader_u16(&r);
		at[i] = reader_u16(&r);
	}
	flags = reader_u32(&r);
	for (int i = 0; i < 2; i++)
		if (!reader_ok(&r) || !bytes_part(&text, part, at[i], len[i]) || len[i] % 2 != 0)
			return false;
	if (!(flags & UPN_HAS_SID))
		return true;
	len[0] = reader_u16(&r);		/* SamName */
	at[0] = reader_u16(&r);
	len[1] = reader_u16(&r);		/* Sid */
	at[1] = reader_u16(&r);
	return reader_ok(&r) && bytes_part(&text, part, at[0], len[0]) && bytes_same(text, facts->user) &&
	    bytes_part(&sid, part, at[1], len[1]) && sid_is(sid, &facts->sid);
}

bool
pac_read(struct pac_facts *ret, struct bytes pac, uint8_t *memory)
{
	int logon = pac_count(pac, PAC_LOGON_INFO), upn = pac_count(pac, PAC_UPN_DNS), asked = pac_count(pac, PAC_REQUESTOR);
	struct bytes part;

	ret->known = ret->cut = false;
	ret->group_count = 0;
	ret->user = ret->domain = BYTES_NONE;
	ret->profile = (struct pac_profile){ .flags = 0 };
	ret->sid = (struct sid){ 0 };
	if (logon < 0 || logon > 1 || upn > 1 || asked > 1)
		return false;
	if (logon == 0)
		return true;
	if (!pac_part(&part, pac, PAC_LOGON_INFO) || !logon_info(ret, part, memory))
		goto bad;
	if (upn && (!pac_part(&part, pac, PAC_UPN_DNS) || !upn_agrees(ret, part)))
		goto bad;
	if (asked && (!pac_part(&part, pac, PAC_REQUESTOR) || !sid_is(part, &ret->sid)))
		goto bad;
	return true;
bad:
	ret->known = false;
	ret->group_count = 0;
	return false;
}
