/*
 * liar.c - an authority that says what it must not, for authority_test.py. What a name
 * gets is in the name; LIAR is a file: "gone" in it, and nobody is there.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkg/authority.h"

#define NO_LOGON_SERVERS ((int32_t)0xC000005Eu)
#define WRONG_PASSWORD	 ((int32_t)0xC000006Au)

static bool
gone(void)
{
	const char *path = getenv("LIAR");
	char word[8] = "";
	FILE *f = path ? fopen(path, "r") : NULL;

	if (f) {
		if (!fgets(word, sizeof word, f))
			word[0] = 0;
		fclose(f);
	}
	return strncmp(word, "gone", 4) == 0;
}

static void
tell(const char *what)
{
	char path[600];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s.told", getenv("LIAR") ? getenv("LIAR") : "/dev/null");
	f = fopen(path, "a");
	if (f) {
		fprintf(f, "%s\n", what);
		fclose(f);
	}
}

/* S-1-AUTHORITY and `count` numbers. */
static struct authority_sid
sid(uint8_t authority, unsigned count, const uint32_t *sub)
{
	struct authority_sid s = { .bytes = { 1, (uint8_t)count, 0, 0, 0, 0, 0, authority }, .len = 8 + 4 * count };

	for (unsigned i = 0; i < 4 * count; i++)
		s.bytes[8 + i] = (uint8_t)(sub[i / 4] >> (8 * (i % 4)));
	return s;
}

/* "root", "system", "admins" and "own7-8-9": they pass for somebody of this machine; with "in-" before it, for one of its groups. */
static void
as_local(const char *user, struct authority_sid sids[2])
{
	const uint32_t root[] = { 1, 0 }, system[] = { 18 }, admins[] = { 32, 544 }, crowd[] = { 2, 0 };
	bool group = strncmp(user, "in-", 3) == 0;
	struct authority_sid *to = &sids[group];
	uint32_t own[] = { 21, 0, 0, 0, 500 };
	const char *what = group ? user + 3 : user;

	if (strcmp(what, "root") == 0)
		*to = group ? sid(22, 2, crowd) : sid(22, 2, root);
	else if (strcmp(what, "system") == 0)
		*to = sid(5, 1, system);
	else if (strcmp(what, "admins") == 0)
		*to = sid(5, 2, admins);
	else if (sscanf(what, "own%u-%u-%u", &own[1], &own[2], &own[3]) == 3)
		*to = sid(5, 5, own);
}

static void
judge(const struct authority_ask *ask, struct authority_answer *ret)
{
	const uint32_t alice[] = { 21, 7, 8, 9, 1000 }, staff[] = { 21, 7, 8, 9, 2000 };
	bool silent = strcmp(ask->user, "nosid") == 0, odd = strcmp(ask->user, "oddsid") == 0;

	ret->status = gone() ? NO_LOGON_SERVERS : strcmp(ask->user, "bob") == 0 ? WRONG_PASSWORD : 0;
	if (ret->status)
		return;
	ret->user = strdup("alice");
	ret->domain = strdup("FAR");
	ret->sids = calloc(2, sizeof *ret->sids);
	if (!ret->sids)
		abort();
	ret->sids[0] = sid(5, 5, alice);
	ret->sids[1] = sid(5, 5, staff);
	ret->sid_count = silent ? 0 : 2;
	if (odd)
		ret->sids[1].len = 200;
	as_local(ask->user, ret->sids);
	ret->has_key = strcmp(ask->user, "nokey") != 0;
}

static void
drop(struct authority_answer *answer)
{
	free(answer->user);
	free(answer->domain);
	free(answer->sids);
	memset(answer, 0, sizeof *answer);
}

static bool
is(const struct authority_item *item, const char *name)
{
	return item->name && strcmp(item->name, name) == 0;
}

static void
name_find(struct authority_find *f, struct authority_item *item)
{
	const uint32_t alice[] = { 21, 7, 8, 9, 1000 }, system[] = { 18 }, admins[] = { 32, 544 };

	item->use = 1;
	item->found = sid(5, 5, alice);
	item->domain_sid = sid(5, 4, alice);
	(void)snprintf(item->domain_name, sizeof item->domain_name, "FAR");
	if (is(item, "system")) {
		item->found = sid(5, 1, system);
		item->domain_sid = sid(5, 0, system);
		item->use = 5;
	} else if (is(item, "admins")) {
		item->found = sid(5, 2, admins);
		item->domain_sid = sid(5, 1, admins);
		item->use = 4;
	} else if (strncmp(item->name, "own", 3) == 0) {	/* own7-8-9: of a machine's accounts */
		uint32_t own[] = { 21, 0, 0, 0, 500 };

		if (sscanf(item->name + 3, "%u-%u-%u", &own[1], &own[2], &own[3]) != 3)
			abort();
		item->found = sid(5, 5, own);
		item->domain_sid = sid(5, 4, own);
	} else if (is(item, "astray")) {
		const uint32_t other[] = { 21, 1, 2, 3 };

		item->domain_sid = sid(5, 4, other);
	} else if (is(item, "odd")) {
		item->found.len = 67;
	} else if (is(item, "huge")) {
		item->found.len = 4000;
	} else if (is(item, "use")) {
		item->use = 4711;
	} else if (is(item, "endless")) {
		memset(item->domain_name, 'x', sizeof item->domain_name);
	} else if (is(item, "nobody")) {
		item->use = 0;
	} else if (is(item, "slow")) {
		tell("slow");
		for (int i = 0; i < 600 && !atomic_load(&f->given_up); i++)
			usleep(50000);
		tell(atomic_load(&f->given_up) ? "given up" : "not given up");
	}
}

static void
find(struct authority_find *f)
{
	if (gone()) {
		f->status = NO_LOGON_SERVERS;
		return;
	}
	for (uint32_t i = 0; i < f->count; i++) {
		struct authority_item *item = &f->items[i];
		const uint32_t other[] = { 21, 1, 2, 3 };

		if (!f->by_sid) {
			name_find(f, item);
			continue;
		}
		item->use = 1;
		item->domain_sid = item->sid;
		item->domain_sid.len -= 4;
		item->domain_sid.bytes[1]--;
		(void)snprintf(item->domain_name, sizeof item->domain_name, "FAR");
		(void)snprintf(item->found_name, sizeof item->found_name, "alice");
		switch (item->sid.bytes[item->sid.len - 4]) {	/* of the RID */
		case 1:	item->domain_sid = sid(5, 4, other); break;
		case 2:	memset(item->found_name, 'x', sizeof item->found_name); break;
		case 3:	item->use = 5; break;
		case 4:	item->domain_name[0] = 0; break;
		case 5:	memcpy(item->found_name, "\xff\xfe", 3); break;
		default: break;
		}
	}
}

__attribute__((visibility("default"))) const struct authority *openlsa_authority(void);
const struct authority *
openlsa_authority(void)
{
	static const struct authority table = { AUTHORITY_VERSION, "liar", judge, drop, find };

	return &table;
}
