/*
 * idmap.c - which Unix user a token's user is here.
 */
#include "secur32/idmap.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/sid.h"

#define LEAST_USUAL	1000u
#define NOBODY		65534u
#define GROUPS_MAX	1024u
#define NAME_ROOM	2200u

struct asked {
	const struct conf *conf;
	const struct token_facts *facts;
	bool has_sid;			/* a realm's user without a PAC has none: he is known by his name */
	struct sid sid;
	struct why *why;
	uint32_t least;
};

void
id_drop(struct id *id)
{
	free(id->groups);
	*id = (struct id){ 0 };
}

static NTSTATUS
none(const struct asked *a, const char *what)
{
	why_say(a->why, STATUS_NONE_MAPPED, TO_CALLER, "the user has no uid here: %s", what);
	return STATUS_NONE_MAPPED;
}

static bool
groups_room(struct id *id, uint32_t count)
{
	id->groups = calloc(count + 1, sizeof *id->groups);
	return id->groups != NULL;
}

/* --- a Unix user ------------------------------------------------------------------ */

/* What the kernel said of the process that the token was made for. */
static NTSTATUS
unix_user(const struct asked *a, struct id *id)
{
	struct bytes rest = a->facts->groups;
	struct token_group group;
	uint32_t last;

	id->uid = a->sid.sub[a->sid.count - 1];
	if (!groups_room(id, a->facts->group_count))
		return STATUS_NO_MEMORY;
	while (token_group_take(&group, &rest)) {
		struct reader r = reader_of(group.sid);
		struct sid sid, parent;

		sid_take(&sid, &r);
		if (reader_done(&r) && sid_parent(&parent, &last, &sid) && sid_same(&parent, &sid_unix_groups))
			id->groups[id->group_count++] = last;
	}
	if (!id->group_count)
		return none(a, "the token says nothing of the Unix user's groups");
	id->gid = id->groups[0];
	/* The first is the primary one; it is among the others only where the kernel has it there. */
	id->group_count--;
	memmove(id->groups, id->groups + 1, id->group_count * sizeof *id->groups);
	return STATUS_SUCCESS;
}

/* --- the file ----------------------------------------------------------------------- */

static NTSTATUS
line_take(const struct asked *a, const char *line, struct id *id)
{
	struct bytes list = bytes_of_text(line), item;
	uint32_t numbers[GROUPS_MAX + 2], count = 0;

	while (conf_item(&item, &list)) {
		if (count == GROUPS_MAX + 2 || !conf_number(&numbers[count], item))
			return none(a, "his line of map_file is no list of numbers");
		count++;
	}
	if (count < 2)
		return none(a, "his line of map_file must give a uid and a gid");
	if (!groups_room(id, count))
		return STATUS_NO_MEMORY;
	id->uid = numbers[0];
	id->gid = numbers[1];
	for (uint32_t i = 2; i < count; i++)
		id->groups[id->group_count++] = numbers[i];
	return STATUS_SUCCESS;
}

static NTSTATUS
file_user(const struct asked *a, struct id *id, bool *ret_found)
{
	const char *path = conf_text(a->conf, "map_file"), *line;
	char name[NAME_ROOM], text[SID_TEXT_MAX];
	struct conf_fault fault = { 0, 0, NULL };
	struct conf *file = NULL;
	NTSTATUS status = STATUS_NONE_MAPPED;

	if (!path)
		return STATUS_SUCCESS;
	*ret_found = true;
	if (conf_open(&file, path, &fault) != CONF_OK)
		return none(a, "map_file cannot be read");
	(void)snprintf(name, sizeof name, "%.*s\\%.*s", (int)a->facts->domain.len, (const char *)a->facts->domain.at,
	    (int)a->facts->user.len, (const char *)a->facts->user.at);
	line = a->has_sid ? conf_text(file, sid_text(&a->sid, text)) : NULL;
	if (!line)
		line = conf_text(file, name);
	if (line)
		status = line_take(a, line, id);
	else
		*ret_found = false;
	conf_drop(file);
	return line ? status : STATUS_SUCCESS;
}

/* --- ranges --------------------------------------------------------------------------- */

static bool
range_take(uint32_t *ret_low, uint32_t *ret_high, const char *text)
{
	struct bytes whole = bytes_of_text(text), low = whole, high;
	const char *dash = strchr(text, '-');

	if (!dash)
		return false;
	low.len = (size_t)(dash - text);
	high = bytes_of(dash + 1, whole.len - low.len - 1);
	return conf_number(ret_low, low) && conf_number(ret_high, high) && *ret_low <= *ret_high;
}

static NTSTATUS
range_user(const struct asked *a, struct id *id, bool *ret_found)
{
	char key[SID_TEXT_MAX + 16], text[SID_TEXT_MAX];
	uint32_t rid, low, high;
	struct sid domain;
	const char *value;

	if (!a->has_sid || !sid_parent(&domain, &rid, &a->sid))
		return STATUS_SUCCESS;
	(void)snprintf(key, sizeof key, "map_range:%s", sid_text(&domain, text));
	value = conf_text(a->conf, key);
	if (!value)
		return STATUS_SUCCESS;
	*ret_found = true;
	if (!range_take(&low, &high, value))
		return none(a, "the range of his domain is not FIRST-LAST");
	if (rid > high - low)
		return none(a, "the range of his domain ends before his number");
	id->uid = id->gid = low + rid;
	return groups_room(id, 0) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* --- the name service --------------------------------------------------------------------- */

static NTSTATUS
nss_groups(const struct asked *a, struct id *id, const char *name)
{
	int count = (int)GROUPS_MAX;

	_Static_assert(sizeof(gid_t) == sizeof *id->groups, "a gid has 32 bits");
	if (!groups_room(id, GROUPS_MAX))
		return STATUS_NO_MEMORY;
	if (getgrouplist(name, (gid_t)id->gid, (gid_t *)id->groups, &count) < 0 || count < 0)
		return none(a, "he is in more than 1024 groups");
	id->group_count = (uint32_t)count;
	return STATUS_SUCCESS;
}

static NTSTATUS
nss_user(const struct asked *a, struct id *id, bool *ret_found)
{
	struct bytes list = bytes_of_text(conf_text(a->conf, "map_nss")), item;
	char name[NAME_ROOM], room[16384];
	struct passwd entry, *found = NULL;
	bool meant = false;

	while (conf_item(&item, &list))
		meant = meant || (item.len == a->facts->domain.len && item.len &&
		    strncasecmp((const char *)item.at, (const char *)a->facts->domain.at, item.len) == 0);
	if (!meant)
		return STATUS_SUCCESS;
	*ret_found = true;
	(void)snprintf(name, sizeof name, "%.*s", (int)a->facts->user.len, (const char *)a->facts->user.at);
	if (!*name || getpwnam_r(name, &entry, room, sizeof room, &found) != 0 || !found)
		return none(a, "the name service knows no such user");
	id->uid = (uint32_t)entry.pw_uid;
	id->gid = (uint32_t)entry.pw_gid;
	return nss_groups(a, id, name);
}

/* --- the one answer --------------------------------------------------------------------------- */

/* Whoever was named by a rule: neither a system's user nor nobody, unless it is who this process is anyway. */
static NTSTATUS
judge(const struct asked *a, const struct id *id)
{
	if (a->has_sid && id->uid == (uint32_t)geteuid() && sid_under(&sid_unix_users, &a->sid))
		return STATUS_SUCCESS;
	if (id->uid < a->least || id->uid == NOBODY || id->uid == UINT32_MAX || id->gid == UINT32_MAX)
		return none(a, "the uid that a rule gives him is a system's (map_least_uid)");
	return STATUS_SUCCESS;
}

NTSTATUS
idmap(struct id *ret_id, const struct conf *conf, const struct token_facts *facts, struct why *why)
{
	static NTSTATUS (*const rules[])(const struct asked *, struct id *, bool *) = { file_user, range_user, nss_user };
	struct asked a = { .conf = conf, .facts = facts, .why = why, .least = LEAST_USUAL };
	struct conf_fault fault;
	struct reader r = reader_of(facts->sid);
	struct id id = { 0 };
	enum conf_result had = conf_u32(&a.least, conf, "map_least_uid", 1, UINT32_MAX - 1, &fault);
	NTSTATUS status = STATUS_SUCCESS;
	bool found = false;

	a.has_sid = facts->sid.len > 0;
	if (a.has_sid)
		sid_take(&a.sid, &r);
	if (!reader_done(&r) || (!a.has_sid && (!facts->domain.len || !facts->user.len)))
		return none(&a, "the token names nobody");
	if (had != CONF_OK && had != CONF_ABSENT)
		return none(&a, "map_least_uid is no number");
	if (a.has_sid && a.sid.count == 2 && sid_under(&sid_unix_users, &a.sid)) {
		found = true;
		status = unix_user(&a, &id);
	}
	for (size_t i = 0; i < sizeof rules / sizeof *rules && !found && status == STATUS_SUCCESS; i++)
		status = rules[i](&a, &id, &found);
	if (status == STATUS_SUCCESS && !found)
		status = none(&a, "no rule of the configuration names him or his domain (map_file, map_range, map_nss)");
	if (status == STATUS_SUCCESS)
		status = judge(&a, &id);
	if (status == STATUS_SUCCESS)
		*ret_id = id;
	else
		id_drop(&id);
	return status;
}
