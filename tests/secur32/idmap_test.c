/*
 * idmap_test.c - which Unix user somebody is: each rule of the configuration,
 * what it refuses, and that nobody becomes a system's user. Covers
 * secur32/idmap.c and wire/token_facts.c.
 */
#include "secur32/idmap.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/sid.h"
#include "check.h"

static char file[] = "/tmp/openlsa-idmap-XXXXXX";

static struct conf *
conf_of(const char *text)
{
	struct conf_fault fault;
	struct conf *conf = NULL;

	CHECK_U64(conf_parse(&conf, bytes_of_text(text), &fault), CONF_OK);
	return conf;
}

static struct bytes
binary(uint8_t room[SID_SIZE_MAX], const char *text)
{
	struct writer w = writer_of(room, SID_SIZE_MAX);
	struct sid sid;

	CHECK(sid_of_text(&sid, bytes_of_text(text)));
	sid_put(&w, &sid);
	return bytes_of(room, w.need);
}

/* -1: nobody. */
static int64_t
uid_of(const char *rules, const char *domain, const char *user, const char *sid_text, const char *group, struct id *ret_id)
{
	uint8_t room[SID_SIZE_MAX], group_room[SID_SIZE_MAX], packed[128];
	struct writer w = writer_of(packed, sizeof packed);
	struct conf *conf = conf_of(rules);
	struct why why = { NULL, 0, 0 };
	struct token_facts facts = { .user = bytes_of_text(user), .domain = bytes_of_text(domain), .sid = *sid_text ? binary(room, sid_text) : BYTES_NONE };
	NTSTATUS status;

	*ret_id = (struct id){ .uid = 77 };
	if (group) {
		token_group_put(&w, &(struct token_group){ binary(group_room, group), 7 });
		facts.groups = bytes_of(packed, w.need);
		facts.group_count = 1;
	}
	status = idmap(ret_id, conf, &facts, &why);
	CHECK(status == STATUS_SUCCESS || (status == STATUS_NONE_MAPPED && ret_id->uid == 77 && why.len > 0));
	why_drop(&why);
	conf_drop(conf);
	return status == STATUS_SUCCESS ? (int64_t)ret_id->uid : -1;
}

#define CORP "S-1-5-21-1-2-3"

static void
rules(void)
{
	static const struct { const char *rules, *domain, *user, *sid; int64_t uid; } rows[] = {
		{ "", "CORP", "alice", CORP "-1105", -1 },
		{ "map_range:" CORP " = 100000-199999", "CORP", "alice", CORP "-1105", 101105 },
		{ "map_range:" CORP " = 100000-100999", "CORP", "alice", CORP "-1105", -1 },
		{ "map_range:" CORP " = 100000", "CORP", "alice", CORP "-1105", -1 },
		{ "map_range:" CORP " = 200000-100000", "CORP", "alice", CORP "-1105", -1 },
		{ "map_range:" CORP " = x-y", "CORP", "alice", CORP "-1105", -1 },
		{ "map_range:S-1-5-21-9-9-9 = 100000-199999", "CORP", "alice", CORP "-1105", -1 },
		{ "map_range:" CORP " = 0-9999", "CORP", "root", CORP "-0", -1 },		/* never a system's */
		{ "map_range:" CORP " = 0-9999", "CORP", "daemon", CORP "-500", -1 },
		{ "map_range:" CORP " = 0-9999", "CORP", "alice", CORP "-1105", 1105 },
		{ "map_range:" CORP " = 65034-70000", "CORP", "x", CORP "-500", -1 },	/* nobody */
		{ "map_range:" CORP " = 4294966000-4294967295", "CORP", "x", CORP "-1295", -1 },
		{ "map_least_uid = 500000\nmap_range:" CORP " = 100000-199999", "CORP", "alice", CORP "-1105", -1 },
		{ "map_least_uid = none\nmap_range:" CORP " = 100000-199999", "CORP", "alice", CORP "-1105", -1 },
		{ "map_nss = OTHER", "CORP", "root", CORP "-1105", -1 },
		{ "map_nss = CORP", "CORP", "root", CORP "-1105", -1 },			/* root of CORP is not our root */
		{ "map_nss = CORP", "CORP", "no-such-user-here", CORP "-1105", -1 },
		{ "map_nss = CORP", "CORP", "root", "", -1 },
		{ "map_nss = CORP", "", "root", "", -1 },
		{ "map_nss = CORP", "CORP", "", "", -1 },
		{ "map_range:" CORP " = 100000-199999", "CORP", "alice", "", -1 },
		{ "map_nss = CORP\nmap_range:" CORP " = 100000-199999", "CORP", "no-such-user-here", CORP "-1105", 101105 },
	};
	struct id id;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t uid = uid_of(rows[i].rules, rows[i].domain, rows[i].user, rows[i].sid, NULL, &id);

		if (!CHECK_U64((uint64_t)uid, (uint64_t)rows[i].uid))
			fprintf(stderr, "row %zu\n", i);
		CHECK(uid < 0 || (id.gid == id.uid && id.group_count == 0));
		if (uid >= 0)
			id_drop(&id);
	}
}

static void
the_file(void)
{
	static const char lines[] = "CORP\\alice = 2001, 2002, 44, 100\n" CORP "-1106 = 3001, 3002\nCORP\\bad = 2001\n"
	    "CORP\\worse = two, 1\nCORP\\root = 0, 0\n";
	char rule[128];
	struct id id;
	int fd = mkstemp(file);

	CHECK(fd >= 0 && write(fd, lines, sizeof lines - 1) == sizeof lines - 1 && close(fd) == 0);
	snprintf(rule, sizeof rule, "map_file = %s\nmap_range:" CORP " = 100000-199999", file);
	CHECK(uid_of(rule, "CORP", "alice", CORP "-1105", NULL, &id) == 2001 && id.gid == 2002 && id.group_count == 2 &&
	    id.groups[0] == 44 && id.groups[1] == 100);
	id_drop(&id);
	CHECK(uid_of(rule, "CORP", "renamed", CORP "-1106", NULL, &id) == 3001 && id.gid == 3002 && id.group_count == 0);
	id_drop(&id);
	CHECK(uid_of(rule, "CORP", "bad", CORP "-1107", NULL, &id) == -1);
	CHECK(uid_of(rule, "CORP", "worse", CORP "-1107", NULL, &id) == -1);
	CHECK(uid_of(rule, "CORP", "root", CORP "-1107", NULL, &id) == -1);
	CHECK(uid_of(rule, "OTHER", "alice", CORP "-1108", NULL, &id) == 101108);	/* another's alice */
	id_drop(&id);
	/* Of a realm that gives no SIDs: by the name alone. */
	CHECK(uid_of(rule, "CORP", "alice", "", NULL, &id) == 2001 && id.gid == 2002);
	id_drop(&id);
	CHECK(uid_of(rule, "CORP", "renamed", "", NULL, &id) == -1);
	CHECK(uid_of(rule, "CORP", "root", "", NULL, &id) == -1);
	unlink(file);
	CHECK(uid_of(rule, "CORP", "carol", CORP "-1109", NULL, &id) == -1);	/* a file that is named and not there maps nobody */
}

static void
unix_users(void)
{
	struct id id;

	CHECK(uid_of("", "Unix User", "uid-1234", "S-1-22-1-1234", "S-1-22-2-55", &id) == 1234 && id.gid == 55 && !id.group_count);
	id_drop(&id);
	CHECK(uid_of("", "Unix User", "uid-1234", "S-1-22-1-1234", NULL, &id) == -1);		/* of no group */
	CHECK(uid_of("", "Unix User", "uid-1234", "S-1-22-1-1234", "S-1-5-32-545", &id) == -1);
	if (geteuid() != 12)
		CHECK(uid_of("", "Unix User", "uid-12", "S-1-22-1-12", "S-1-22-2-12", &id) == -1);
	CHECK(uid_of("", "x", "x", "S-1-22-1-5-1234", "S-1-22-2-55", &id) == -1);
}

/* What a token says: there and back, and no shorter or longer. */
static void
facts(void)
{
	uint8_t room[SID_SIZE_MAX], wire[1024], groups[256];
	struct writer w = writer_of(groups, sizeof groups);
	struct token_facts out, in = { .luid = 5, .id = 6, .expiry = 7, .source_id = 8, .privileges = 9, .enabled = 1, .type = 2,
	    .level = 3, .logon_type = 4, .source = "12345678", .user = bytes_of_text("u"), .domain = bytes_of_text("d"),
	    .package = bytes_of_text("p"), .sid = binary(room, CORP "-1105"), .group_count = 2 };
	struct token_group group;
	struct bytes rest;

	token_group_put(&w, &(struct token_group){ in.sid, 7 });
	token_group_put(&w, &(struct token_group){ in.sid, 0xC0000007 });
	in.groups = bytes_of(groups, w.need);
	w = writer_of(wire, sizeof wire);
	token_facts_put(&w, &in);
	CHECK(writer_ok(&w) && token_facts_take(&out, bytes_of(wire, w.need)));
	CHECK(out.luid == 5 && out.level == 3 && out.group_count == 2 && bytes_same(out.sid, in.sid) && out.enabled == 1);
	rest = out.groups;
	CHECK(token_group_take(&group, &rest) && group.attributes == 7 && token_group_take(&group, &rest) &&
	    group.attributes == 0xC0000007 && !rest.len && !token_group_take(&group, &rest));
	for (size_t len = 0; len < w.need; len++)
		CHECK(!token_facts_take(&out, bytes_of(wire, len)));
	wire[w.need] = 0;
	CHECK(!token_facts_take(&out, bytes_of(wire, w.need + 1)));
	in.type = 3;
	w = writer_of(wire, sizeof wire);
	token_facts_put(&w, &in);
	CHECK(!token_facts_take(&out, bytes_of(wire, w.need)));
}

int
main(void)
{
	RUN(rules);
	RUN(the_file);
	RUN(unix_users);
	RUN(facts);
	return check_end();
}
