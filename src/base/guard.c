/*
 * guard.c - security descriptors as bytes. Pure.
 *
 *     u8 revision 1, u8 0, u16 control, u32 offsets of owner, group, system list, list
 *     a list: u8 revision, u8 0, u16 size, u16 count, u16 0; entries: u8 type, u8 flags, u16 size, u32 mask, SID
 */
#include "base/guard.h"

#define CONTROL_LIST		0x0004u
#define CONTROL_SYSTEM_LIST	0x0010u
#define CONTROL_RELATIVE	0x8000u
#define ENTRY_ALLOWS		0u
#define ENTRY_DENIES		1u
#define ENTRY_AUDITS		2u
#define ENTRY_INHERIT_ONLY	0x08u
#define ENTRY_WHEN_GRANTED	0x40u
#define ENTRY_WHEN_DENIED	0x80u
#define ENTRIES_MAX		256u
#define HEAD_LEN		20u

struct parts {
	struct bytes owner, group, list;	/* each as it stands, or empty */
	struct bytes system_list;
	bool has_list;				/* false: no list at all, which guards nothing */
	bool has_system_list;
};

uint32_t
access_mapped(const struct access_map *map, uint32_t mask)
{
	static const uint32_t read = 0x80000000u, write = 0x40000000u, execute = 0x20000000u, all = 0x10000000u;
	uint32_t mapped = mask & ~(read | write | execute | all);

	return mapped | (mask & read ? map->read : 0) | (mask & write ? map->write : 0) |
	    (mask & execute ? map->execute : 0) | (mask & all ? map->all : 0);
}

/* --- reading --------------------------------------------------------------- */

static bool
sid_at(struct bytes *ret_sid, struct bytes guard, uint32_t offset)
{
	struct bytes rest;
	struct reader r;
	struct sid sid;

	*ret_sid = BYTES_NONE;
	if (offset == 0)
		return true;
	if (!bytes_part(&rest, guard, offset, offset <= guard.len ? guard.len - offset : 0))
		return false;
	r = reader_of(rest);
	sid_take(&sid, &r);
	return reader_ok(&r) && bytes_part(ret_sid, rest, 0, sid_size(&sid));
}

struct item { uint8_t type, flags; uint32_t mask; struct sid sid; };

static bool
item_take(struct item *item, struct reader *list)
{
	struct reader head = *list, r;
	uint16_t size;

	reader_skip(&head, 2);
	size = reader_u16(&head);
	r = reader_of(reader_bytes(list, size));
	item->type = reader_u8(&r);
	item->flags = reader_u8(&r);
	(void)reader_u16(&r);
	item->mask = reader_u32(&r);
	sid_take(&item->sid, &r);
	return reader_ok(&r) && reader_ok(list) && reader_ok(&head);
}

static bool
item_fits(const struct item *item, bool system)
{
	return system ? item->type == ENTRY_AUDITS : item->type == ENTRY_ALLOWS || item->type == ENTRY_DENIES;
}

/* Behind its head; *ret_count entries. */
static bool
list_open(struct reader *ret_items, uint16_t *ret_count, struct bytes list)
{
	struct reader r = reader_of(list);
	uint8_t revision = reader_u8(&r);
	uint16_t size;

	reader_skip(&r, 1);
	size = reader_u16(&r);
	*ret_count = reader_u16(&r);
	reader_skip(&r, 2);
	*ret_items = r;
	return reader_ok(&r) && (revision == 2 || revision == 4) && size == list.len && *ret_count <= ENTRIES_MAX;
}

static bool
list_whole(struct bytes list, bool system)
{
	struct reader r;
	struct item item;
	uint16_t count;

	if (!list_open(&r, &count, list))
		return false;
	while (count > 0 && item_take(&item, &r) && item_fits(&item, system))
		count--;
	return count == 0;
}

static bool
list_at(struct bytes *ret_list, struct bytes guard, uint32_t offset, bool system)
{
	struct bytes rest;
	struct reader r;
	uint16_t size;

	if (!bytes_part(&rest, guard, offset, offset <= guard.len ? guard.len - offset : 0))
		return false;
	r = reader_of(rest);
	reader_skip(&r, 2);
	size = reader_u16(&r);
	return reader_ok(&r) && bytes_part(ret_list, rest, 0, size) && list_whole(*ret_list, system);
}

static bool
parts_take(struct parts *p, struct bytes guard)
{
	struct reader r = reader_of(guard);
	uint8_t revision = reader_u8(&r);
	uint16_t control;
	uint32_t owner, group, system_list, list;

	*p = (struct parts){ .has_list = false };
	reader_skip(&r, 1);
	control = reader_u16(&r);
	owner = reader_u32(&r);
	group = reader_u32(&r);
	system_list = reader_u32(&r);
	list = reader_u32(&r);
	if (!reader_ok(&r) || guard.len > GUARD_MAX || revision != 1 || !(control & CONTROL_RELATIVE))
		return false;
	p->has_list = (control & CONTROL_LIST) && list != 0;
	p->has_system_list = (control & CONTROL_SYSTEM_LIST) && system_list != 0;
	return sid_at(&p->owner, guard, owner) && sid_at(&p->group, guard, group) &&
	    (!p->has_list || list_at(&p->list, guard, list, false)) &&
	    (!p->has_system_list || list_at(&p->system_list, guard, system_list, true));
}

bool
guard_valid(struct bytes guard)
{
	struct parts p;

	return parts_take(&p, guard);
}

bool
guard_owner(struct sid *ret_owner, struct bytes guard)
{
	struct parts p;
	struct reader r;

	if (!parts_take(&p, guard) || !p.owner.len)
		return false;
	r = reader_of(p.owner);
	sid_take(ret_owner, &r);
	return reader_done(&r);
}

static bool
is_one(const struct sid *sid, const struct sid *sids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (sid_same(sid, &sids[i]))
			return true;
	return false;
}

/* No group has this number. */
struct sid
guard_more_groups(void)
{
	struct sid more = sid_unix_groups;

	more.sub[more.count++] = UINT32_MAX;
	return more;
}

static bool
concerns(const struct item *item, const struct sid *sids, size_t count)
{
	struct sid more = guard_more_groups();

	if (sid_same(&item->sid, &more))
		return false;
	return is_one(&item->sid, sids, count) ||
	    (item->type != ENTRY_ALLOWS && sid_under(&sid_unix_groups, &item->sid) && is_one(&more, sids, count));
}

uint32_t
guard_allows(struct bytes guard, const struct sid *sids, size_t count, const struct access_map *map)
{
	uint32_t allowed = 0, denied = 0;
	struct sid owner;
	struct reader r;
	struct item item;
	struct parts p;
	uint16_t items;

	if (!parts_take(&p, guard))
		return 0;
	if (!p.has_list)
		return map->all;
	if (!list_open(&r, &items, p.list))
		return 0;
	while (items-- > 0) {
		uint32_t mask;

		if (!item_take(&item, &r) || !item_fits(&item, false))
			return 0;
		if ((item.flags & ENTRY_INHERIT_ONLY) || !concerns(&item, sids, count))
			continue;
		mask = access_mapped(map, item.mask);
		if (item.type == ENTRY_ALLOWS)
			allowed |= mask & ~denied;
		else
			denied |= mask & ~allowed;
	}
	if (guard_owner(&owner, guard) && is_one(&owner, sids, count))
		allowed |= ACCESS_READ_CONTROL | ACCESS_WRITE_LIST;
	return allowed;
}

bool
guard_audits(struct bytes guard, const struct sid *sids, size_t count, const struct access_map *map, uint32_t mask, bool granted)
{
	unsigned when = granted ? ENTRY_WHEN_GRANTED : ENTRY_WHEN_DENIED;
	struct reader r;
	struct item item;
	struct parts p;
	uint16_t items;

	if (!parts_take(&p, guard) || !p.has_system_list || !list_open(&r, &items, p.system_list))
		return false;
	while (items-- > 0 && item_take(&item, &r))
		if (!(item.flags & ENTRY_INHERIT_ONLY) && (item.flags & when) && (access_mapped(map, item.mask) & mask) &&
		    is_one(&item.sid, sids, count))
			return true;
	return false;
}

bool
guard_system_list_valid(struct bytes list)
{
	return list_whole(list, true);
}

bool
guard_has(struct bytes guard, uint32_t part)
{
	struct parts p;

	return parts_take(&p, guard) && (part == GUARD_LIST ? p.has_list : part == GUARD_SYSTEM_LIST && p.has_system_list);
}

/* --- writing ------------------------------------------------------------------ */

static void
parts_put(struct writer *w, const struct parts *p)
{
	uint32_t at = HEAD_LEN;

	writer_u8(w, 1);
	writer_u8(w, 0);
	writer_u16(w, (uint16_t)(CONTROL_RELATIVE | (p->has_list ? CONTROL_LIST : 0) | (p->has_system_list ? CONTROL_SYSTEM_LIST : 0)));
	writer_u32(w, p->owner.len ? at : 0);
	at += (uint32_t)p->owner.len;
	writer_u32(w, p->group.len ? at : 0);
	at += (uint32_t)p->group.len;
	writer_u32(w, p->has_system_list ? at : 0);
	at += (uint32_t)p->system_list.len;
	writer_u32(w, p->has_list ? at : 0);
	writer_bytes(w, p->owner);
	writer_bytes(w, p->group);
	writer_bytes(w, p->system_list);
	writer_bytes(w, p->list);
}

void
guard_make(struct writer *w, const struct sid *owner, const struct guard_entry *entries, size_t count)
{
	uint8_t name[SID_SIZE_MAX], list[2048];
	struct writer n = writer_of(name, sizeof name), l = writer_of(list, sizeof list);
	struct parts p = { .has_list = true };
	size_t size = 8;

	for (size_t i = 0; i < count; i++)
		size += 8 + sid_size(entries[i].sid);
	writer_u16(&l, 2);
	writer_u16(&l, (uint16_t)size);
	writer_u16(&l, (uint16_t)count);
	writer_u16(&l, 0);
	for (size_t i = 0; i < count; i++) {
		writer_u16(&l, ENTRY_ALLOWS);
		writer_u16(&l, (uint16_t)(8 + sid_size(entries[i].sid)));
		writer_u32(&l, entries[i].mask);
		sid_put(&l, entries[i].sid);
	}
	sid_put(&n, owner);
	p.owner = p.group = bytes_of(name, n.need);
	p.list = bytes_of(list, writer_ok(&l) ? l.need : 0);
	parts_put(w, &p);
}

void
guard_merge(struct writer *w, struct bytes old, struct bytes fresh, uint32_t parts)
{
	struct parts p, f;

	if (!parts_take(&p, old) || !parts_take(&f, fresh))
		return;
	if (parts & GUARD_OWNER)
		p.owner = f.owner;
	if (parts & GUARD_GROUP)
		p.group = f.group;
	if (parts & GUARD_LIST) {
		p.list = f.list;
		p.has_list = f.has_list;
	}
	if (parts & GUARD_SYSTEM_LIST) {
		p.system_list = f.system_list;
		p.has_system_list = f.has_system_list;
	}
	parts_put(w, &p);
}

void
guard_cut(struct writer *w, struct bytes guard, uint32_t parts)
{
	struct parts p;

	if (!parts_take(&p, guard))
		return;
	if (!(parts & GUARD_OWNER))
		p.owner = BYTES_NONE;
	if (!(parts & GUARD_GROUP))
		p.group = BYTES_NONE;
	if (!(parts & GUARD_LIST)) {
		p.list = BYTES_NONE;
		p.has_list = false;
	}
	if (!(parts & GUARD_SYSTEM_LIST)) {
		p.system_list = BYTES_NONE;
		p.has_system_list = false;
	}
	parts_put(w, &p);
}
