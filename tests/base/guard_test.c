/*
 * guard_test.c - base/guard.c: descriptors made, judged, merged, cut; every
 * shortened or bent one is refused or allows nothing it should not.
 */
#include "base/guard.h"

#include <string.h>

#include "tests/check.h"

static const struct access_map map = { 0x20001, 0x20002, 0x20004, 0xF000F };

static struct sid
user(uint32_t n)
{
	struct sid s;

	CHECK(sid_child(&s, &sid_unix_users, n));
	return s;
}

/* One entry after the other, as they stand: type, mask, SID. */
struct line { uint8_t type, flags; uint32_t mask; const struct sid *sid; };

static struct bytes
guard_of(uint8_t room[1024], const struct sid *owner, const struct line *lines, size_t count)
{
	uint8_t list[800];
	struct writer l = writer_of(list, sizeof list), w = writer_of(room, 1024);

	writer_u16(&l, 2);
	writer_u16(&l, 0);
	writer_u16(&l, (uint16_t)count);
	writer_u16(&l, 0);
	for (size_t i = 0; i < count; i++) {
		writer_u8(&l, lines[i].type);
		writer_u8(&l, lines[i].flags);
		writer_u16(&l, (uint16_t)(8 + sid_size(lines[i].sid)));
		writer_u32(&l, lines[i].mask);
		sid_put(&l, lines[i].sid);
	}
	list[2] = (uint8_t)l.need;
	list[3] = (uint8_t)(l.need >> 8);
	writer_u16(&w, 1);
	writer_u16(&w, 0x8004);
	writer_u32(&w, 20);
	writer_u32(&w, 0);
	writer_u32(&w, 0);
	writer_u32(&w, (uint32_t)(20 + sid_size(owner)));
	sid_put(&w, owner);
	writer_bytes(&w, bytes_of(list, l.need));
	return bytes_of(room, w.need);
}

static void
judged_in_order(void)
{
	struct sid a = user(1), b = user(2), both[2] = { a, b }, c = user(3);
	uint8_t room[1024];
	const struct line deny_first[] = { { 1, 0, 0x1, &a }, { 0, 0, 0x3, &a }, { 0, 0, 0x8, &b } };
	const struct line allow_first[] = { { 0, 0, 0x3, &a }, { 1, 0, 0x1, &a } };
	const struct line passed_on[] = { { 0, 0x8, 0xF, &a } };	/* for children only */
	const struct line generic[] = { { 0, 0, 0x80000000u, &a }, { 1, 0, 0x10000000u, &b } };
	struct bytes g = guard_of(room, &c, deny_first, 3);

	CHECK(guard_valid(g));
	CHECK_U64(guard_allows(g, &a, 1, &map), 0x2);
	CHECK_U64(guard_allows(g, &b, 1, &map), 0x8);
	CHECK_U64(guard_allows(g, both, 2, &map), 0xA);
	CHECK_U64(guard_allows(g, &c, 1, &map), ACCESS_READ_CONTROL | ACCESS_WRITE_LIST);	/* the owner */
	CHECK_U64(guard_allows(g, NULL, 0, &map), 0);
	CHECK_U64(guard_allows(guard_of(room, &c, allow_first, 2), &a, 1, &map), 0x3);
	CHECK_U64(guard_allows(guard_of(room, &c, passed_on, 1), &a, 1, &map), 0);
	CHECK_U64(guard_allows(guard_of(room, &c, generic, 2), &a, 1, &map), 0x20001);
	CHECK_U64(guard_allows(guard_of(room, &c, generic, 2), both, 2, &map), 0x20001);
	CHECK_U64(guard_allows(guard_of(room, &c, NULL, 0), &a, 1, &map), 0);		/* an empty list */
}

/* Who has more groups than are named may be in each of them where it harms him, and in none where it would help. */
static void
more_groups(void)
{
	struct sid more = guard_more_groups(), named, other, a = user(1), known[2] = { a, more };
	uint8_t room[1024];

	CHECK(sid_child(&named, &sid_unix_groups, 77) && sid_child(&other, &sid_unix_groups, 78));
	{
		const struct line denied[] = { { 1, 0, 0x1, &named }, { 0, 0, 0x3, &a } };
		const struct line allowed[] = { { 0, 0, 0x3, &named }, { 0, 0, 0x4, &more } };
		const struct line of_users[] = { { 1, 0, 0x1, &sid_interactive }, { 0, 0, 0x3, &a } };

		CHECK_U64(guard_allows(guard_of(room, &other, denied, 2), known, 1, &map), 0x3);
		CHECK_U64(guard_allows(guard_of(room, &other, denied, 2), known, 2, &map), 0x2);
		CHECK_U64(guard_allows(guard_of(room, &other, allowed, 2), known, 2, &map), 0);
		CHECK_U64(guard_allows(guard_of(room, &other, of_users, 2), known, 2, &map), 0x3);
	}
}

static void
bent_ones(void)
{
	struct sid a = user(1), c = user(3);
	uint8_t room[1024], bent[1024];
	const struct line lines[] = { { 1, 0, 0x4, &a }, { 0, 0, 0x1, &a } };
	struct bytes g = guard_of(room, &c, lines, 2);
	unsigned refused = 0;

	for (size_t n = 0; n < g.len; n++) {
		CHECK(!guard_valid(bytes_of(room, n)));
		CHECK_U64(guard_allows(bytes_of(room, n), &a, 1, &map), 0);
	}
	/* Whatever bit is turned: nothing is read beyond it (the sanitizers look), and what is not valid allows nothing. */
	for (size_t i = 0; i < g.len * 8; i++) {
		memcpy(bent, room, g.len);
		bent[i / 8] ^= (uint8_t)(1u << i % 8);
		if (!guard_valid(bytes_of(bent, g.len))) {
			refused++;
			CHECK_U64(guard_allows(bytes_of(bent, g.len), &a, 1, &map), 0);
		}
	}
	CHECK(refused > 100);
	memcpy(bent, room, g.len);
	bent[2] &= 0xFB;			/* says that it has no list: it guards nothing */
	CHECK_U64(guard_allows(bytes_of(bent, g.len), &a, 1, &map), map.all);
}

static void
parts(void)
{
	struct sid a = user(1), b = user(2), owner;
	struct guard_entry one = { &a, 0x1 }, two = { &b, 0x2 };
	uint8_t first[512], second[512], out[1024];
	struct writer f = writer_of(first, sizeof first), s = writer_of(second, sizeof second), w = writer_of(out, sizeof out);

	guard_make(&f, &a, &one, 1);
	guard_make(&s, &b, &two, 1);
	guard_merge(&w, bytes_of(first, f.need), bytes_of(second, s.need), GUARD_LIST);
	CHECK(guard_valid(bytes_of(out, w.need)));
	CHECK(guard_owner(&owner, bytes_of(out, w.need)) && sid_same(&owner, &a));
	CHECK_U64(guard_allows(bytes_of(out, w.need), &b, 1, &map), 0x2);
	w = writer_of(out, sizeof out);
	guard_merge(&w, bytes_of(first, f.need), bytes_of(second, s.need), GUARD_OWNER);
	CHECK(guard_owner(&owner, bytes_of(out, w.need)) && sid_same(&owner, &b));
	CHECK_U64(guard_allows(bytes_of(out, w.need), &a, 1, &map), 0x1);
	w = writer_of(out, sizeof out);
	guard_cut(&w, bytes_of(first, f.need), GUARD_LIST);
	CHECK(guard_valid(bytes_of(out, w.need)) && !guard_owner(&owner, bytes_of(out, w.need)));
	w = writer_of(out, sizeof out);
	guard_merge(&w, BYTES_NONE, bytes_of(second, s.need), GUARD_OWNER);
	CHECK_U64(w.need, 0);			/* of what is not valid nothing is made */
}

/* Whose access is told: by SID, mask, and what came of it; an entry of the one list is no entry of the other. */
static void
system_lists(void)
{
	struct sid a = user(1), b = user(2);
	uint8_t usual[512], lists[1024], out[1024], bent[1024];
	struct guard_entry one = { &a, 0x1 };
	const struct line audits[] = { { 2, 0x40, 0x1, &a }, { 2, 0x80, 0x2, &a }, { 2, 0xC0, 0x80000000u, &b }, { 2, 0x48, 0xF, &b } };
	const struct line none[] = { { 2, 0, 0xF, &a } }, allows[] = { { 0, 0xC0, 0x1, &a } };
	struct writer u = writer_of(usual, sizeof usual), w = writer_of(out, sizeof out);
	struct bytes g = guard_of(lists, &b, audits, 4), merged;

	CHECK(!guard_valid(g));			/* it stands where the discretionary list belongs */
	lists[2] = 0x10;			/* and now where its own does */
	bytes_copy(lists + 12, lists + 16, 4);
	for (unsigned i = 16; i < 20; i++)
		lists[i] = 0;
	CHECK(guard_valid(g) && guard_has(g, GUARD_SYSTEM_LIST) && !guard_has(g, GUARD_LIST) && !guard_has(g, GUARD_OWNER));
	guard_make(&u, &a, &one, 1);
	CHECK(!guard_has(bytes_of(usual, u.need), GUARD_SYSTEM_LIST) && guard_has(bytes_of(usual, u.need), GUARD_LIST));
	CHECK(!guard_audits(bytes_of(usual, u.need), &a, 1, &map, 0xF, true));
	guard_merge(&w, bytes_of(usual, u.need), g, GUARD_SYSTEM_LIST);
	merged = bytes_of(out, w.need);
	CHECK(guard_valid(merged) && guard_has(merged, GUARD_LIST) && guard_has(merged, GUARD_SYSTEM_LIST));
	CHECK_U64(guard_allows(merged, &a, 1, &map) & 0xF, 0x1);
	CHECK(guard_audits(merged, &a, 1, &map, 0x1, true) && !guard_audits(merged, &a, 1, &map, 0x1, false));
	CHECK(!guard_audits(merged, &a, 1, &map, 0x2, true) && guard_audits(merged, &a, 1, &map, 0x2, false));
	CHECK(!guard_audits(merged, &a, 1, &map, 0xC, true) && !guard_audits(merged, &a, 1, &map, 0, true));
	CHECK(guard_audits(merged, &b, 1, &map, 0x20000, true) && guard_audits(merged, &b, 1, &map, 0x1, false));	/* generic */
	CHECK(!guard_audits(merged, &b, 1, &map, 0x2, true));		/* for children only */
	CHECK(!guard_audits(merged, NULL, 0, &map, 0xF, true));
	for (size_t n = 0; n < merged.len; n++)
		CHECK(!guard_valid(bytes_of(out, n)) && !guard_audits(bytes_of(out, n), &a, 1, &map, 0xF, true));
	for (size_t i = 0; i < merged.len * 8; i++) {
		memcpy(bent, out, merged.len);
		bent[i / 8] ^= (uint8_t)(1u << i % 8);
		(void)guard_audits(bytes_of(bent, merged.len), &a, 1, &map, 0xF, true);
	}
	/* By itself, behind the 20 bytes of head and the owner. */
	CHECK(guard_system_list_valid(bytes_of(lists + 20 + sid_size(&b), g.len - 20 - sid_size(&b))));
	CHECK(!guard_system_list_valid(bytes_of(lists + 20 + sid_size(&b), g.len - 21 - sid_size(&b))) && !guard_system_list_valid(BYTES_NONE));
	g = guard_of(lists, &b, allows, 1);
	CHECK(!guard_system_list_valid(bytes_of(lists + 20 + sid_size(&b), g.len - 20 - sid_size(&b))));
	g = guard_of(lists, &b, none, 1);	/* neither granted nor denied: it says nothing, and is whole */
	CHECK(guard_system_list_valid(bytes_of(lists + 20 + sid_size(&b), g.len - 20 - sid_size(&b))));
	w = writer_of(bent, sizeof bent);
	guard_cut(&w, merged, GUARD_SYSTEM_LIST);
	CHECK(guard_has(bytes_of(bent, w.need), GUARD_SYSTEM_LIST) && !guard_has(bytes_of(bent, w.need), GUARD_LIST));
	w = writer_of(bent, sizeof bent);
	guard_merge(&w, merged, bytes_of(usual, u.need), GUARD_SYSTEM_LIST);
	CHECK(!guard_has(bytes_of(bent, w.need), GUARD_SYSTEM_LIST) && guard_has(bytes_of(bent, w.need), GUARD_LIST));
}

int
main(void)
{
	RUN(judged_in_order);
	RUN(more_groups);
	RUN(bent_ones);
	RUN(parts);
	RUN(system_lists);
	return check_end();
}
