/*
 * peer_test.c - who is who: the rules as a table, then what the kernel says
 * of a socket pair, and what it does not say. Covers lsad/peer.c.
 */
#include "lsad/peer.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "lsad/settings.h"

enum { OWN = 900, TCB_USER = 107, TCB_GROUP = 700, ADMIN_GROUP = 701, OVERFLOW = 65534 };

static uint32_t listed[] = { 12, TCB_USER };

static const struct peer_rules rules = {
	.own = OWN, .overflow_uid = OVERFLOW, .overflow_gid = OVERFLOW,
	.tcb_group = TCB_GROUP, .admin_group = ADMIN_GROUP,
	.tcb_users = listed, .tcb_user_count = 2,
};

/* No groups configured, or groups that nobody can be told apart by. */
static const struct peer_rules bare = {
	.own = OWN, .overflow_uid = OVERFLOW, .overflow_gid = OVERFLOW,
	.tcb_group = PEER_NOBODY, .admin_group = OVERFLOW,
};

static const struct {
	const char *what;
	const struct peer_rules *rules;
	uint32_t uid, gid;
	uint32_t groups[3];
	size_t group_count;
	bool known, tcb, admin, unmapped;
} rows[] = {
	{ "root",                         &rules, 0,        0,           { 0 },                0, true,  true,  true,  false },
	{ "lsad's own uid",               &rules, OWN,      5,           { 0 },                0, true,  true,  true,  false },
	{ "a listed user",                &rules, TCB_USER, 5,           { 0 },                0, true,  true,  false, false },
	{ "anybody",                      &rules, 1000,     1000,        { 4, 24, 27 },        3, true,  false, false, false },
	{ "tcb group first",              &rules, 1000,     TCB_GROUP,   { 0 },                0, true,  true,  false, false },
	{ "tcb group among others",       &rules, 1000,     1000,        { 4, 27, TCB_GROUP }, 3, true,  true,  false, false },
	{ "admin group",                  &rules, 1000,     1000,        { ADMIN_GROUP },      1, true,  true,  true,  false },
	{ "admin group first",            &rules, 1000,     ADMIN_GROUP, { 0 },                0, true,  true,  true,  false },
	{ "group root is not root",       &rules, 1000,     0,           { 0 },                1, true,  false, false, false },
	{ "beyond the count is nothing",  &rules, 1000,     1000,        { 4, TCB_GROUP },     1, true,  false, false, false },
	{ "overflow uid",                 &rules, OVERFLOW, OVERFLOW,    { 0 },                0, true,  false, false, true },
	{ "overflow uid in both groups",  &rules, OVERFLOW, TCB_GROUP,   { ADMIN_GROUP },      1, true,  false, false, true },
	{ "no uid",                       &rules, UINT32_MAX, 5,         { ADMIN_GROUP },      1, false, false, false, false },
	{ "no gid",                       &rules, 0,        UINT32_MAX,  { 0 },                0, false, false, false, false },
	{ "no groups configured",         &bare,  1000,     1000,        { 0 },                1, true,  false, false, false },
	{ "overflow gid is no group",     &bare,  1000,     OVERFLOW,    { OVERFLOW },         1, true,  false, false, false },
	{ "nobody's gid is no group",     &bare,  1000,     1000,        { PEER_NOBODY },      1, true,  false, false, false },
};

TEST(rules_are_a_table)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct peer_facts facts = { .uid = rows[i].uid, .gid = rows[i].gid, .pid = 77,
		    .groups = rows[i].groups, .group_count = rows[i].group_count };
		struct lsa_peer peer = peer_judge(rows[i].rules, &facts);

		if (!CHECK(peer.known == rows[i].known && peer.tcb == rows[i].tcb && peer.admin == rows[i].admin &&
		    peer.unmapped == rows[i].unmapped))
			fprintf(stderr, "    in row: %s\n", rows[i].what);
		CHECK(!peer.near);
		CHECK_U64(peer.uid, rows[i].known ? rows[i].uid : PEER_NOBODY);
		CHECK_U64((uint32_t)peer.pid, rows[i].known ? 77 : 0);
	}
}

/* lsad as the overflow user trusts nobody but root for it. */
TEST(own_overflow_uid_is_not_trusted)
{
	struct peer_rules own = rules;
	struct lsa_peer peer;

	peer_rules_own(&own, OVERFLOW);
	peer = peer_judge(&own, &(struct peer_facts){ .uid = OVERFLOW, .gid = 1 });
	CHECK(peer.known && peer.unmapped && !peer.tcb && !peer.admin);
}

TEST(the_kernel_says_who_it_is)
{
	struct peer_rules own = rules;
	struct lsa_peer peer = { 0 };
	int pair[2];

	if (!CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0))
		return;
	CHECK(peer_of(&peer, &own, pair[0]));
	CHECK(peer.known);
	CHECK_U64(peer.uid, geteuid());
	CHECK_U64(peer.gid, getegid());
	CHECK_U64((uint32_t)peer.pid, (uint32_t)getpid());
	close(pair[0]);
	close(pair[1]);
	/* Not open any more: nobody, and nothing is written. */
	memset(&peer, 0, sizeof peer);
	CHECK(!peer_of(&peer, &own, pair[0]));
	CHECK(!peer.known);
}

/* The kernel's, but for groups that it has no memory to tell of. */
static bool groups_fail;

int
getsockopt(int fd, int level, int name, void *to, socklen_t *len)
{
	if (groups_fail && name == 59) {
		errno = ENOMEM;
		return -1;
	}
	return (int)syscall(SYS_getsockopt, fd, level, name, to, len);
}

/* As uid 1000 with `count` groups from 2000 on, of which the last is lsa-tcb's; what is wrong with what is made of it. */
static int
as_member(size_t count)
{
	gid_t *groups = calloc(count, sizeof *groups);
	struct peer_rules own = rules;
	struct lsa_peer peer = { .known = false };
	int pair[2];

	for (size_t i = 0; i < count; i++)
		groups[i] = (gid_t)(2000 + i);
	own.tcb_group = groups[count - 1];
	if (setgroups(count, groups) != 0 || setresgid(1000, 1000, 1000) != 0 || setresuid(1000, 1000, 1000) != 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return 1;
	if (!peer_of(&peer, &own, pair[0]) || peer.uid != 1000 || peer.gid != 1000 || !peer.tcb || peer.admin)
		return 2;
	if (peer.group_count != (count < PEER_GROUPS ? count : PEER_GROUPS) || peer.groups[0] != 2000 ||
	    peer.more_groups != (count > PEER_GROUPS))
		return 3;
	own.tcb_group = 1999;
	if (!peer_of(&peer, &own, pair[0]) || peer.tcb)
		return 4;
	groups_fail = true;
	memset(&peer, 0, sizeof peer);
	return peer_of(&peer, &own, pair[0]) || peer.known ? 5 : 0;
}

TEST(groups_are_the_kernels_or_nobodys)
{
	static const size_t counts[] = { 1, 64, 65, 3000 };

	if (geteuid() != 0) {
		CHECK_SKIP("only root can have groups as it likes");
		return;
	}
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		int status = -1;
		pid_t child = fork();

		if (child == 0)
			_exit(as_member(counts[i]));
		CHECK(waitpid(child, &status, 0) == child);
		CHECK_U64((unsigned)status, 0);
	}
}

static bool
opens(struct peer_rules *r, const char *users, const char *tcb_group, bool named)
{
	struct settings s = { .tcb_users = users, .tcb_group = tcb_group, .admin_group = "", .tcb_group_named = named };
	char why[PEER_WHY] = "";
	bool good = peer_rules_open(r, &s, why);

	CHECK(good == !*why);
	return good;
}

TEST(names_become_numbers)
{
	struct peer_rules r;

	if (CHECK(opens(&r, "root, 12,,4000000000", "no-such-group-here", false))) {
		CHECK_U64(r.tcb_user_count, 3);
		CHECK_U64(r.tcb_users[0], 0);
		CHECK_U64(r.tcb_users[1], 12);
		CHECK_U64(r.tcb_users[2], 4000000000u);
		CHECK_U64(r.tcb_group, PEER_NOBODY);
		CHECK_U64(r.admin_group, PEER_NOBODY);
		CHECK_U64(r.own, PEER_NOBODY);
		peer_rules_drop(&r);
	}
	if (CHECK(opens(&r, "", "12", true))) {
		CHECK_U64(r.tcb_group, 12);
		peer_rules_drop(&r);
	}
	CHECK(!opens(&r, "no-such-user-here", "", false));
	CHECK(!opens(&r, "4294967295", "", false));
	CHECK(!opens(&r, "", "no-such-group-here", true));
}

int
main(void)
{
	RUN(rules_are_a_table);
	RUN(own_overflow_uid_is_not_trusted);
	RUN(the_kernel_says_who_it_is);
	RUN(groups_are_the_kernels_or_nobodys);
	RUN(names_become_numbers);
	return check_end();
}
