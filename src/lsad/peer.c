/*
 * peer.c - identity from SO_PEERCRED and SO_PEERGROUPS (rows D3, D4 of the
 * bug list). A failure on the way is nobody, never root.
 */
#include "lsad/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/conf.h"
#include "lsad/settings.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

#define OVERFLOW_USUAL	65534u
#define GROUPS_USUAL	64u
#define GROUPS_MOST	65536u		/* the kernel's NGROUPS_MAX */
#define LOOKUP_MOST	(1u << 20)

/* --- names to numbers -------------------------------------------------------- */

enum lookup { LOOKUP_FOUND, LOOKUP_NONE, LOOKUP_FAILED };

/* The name service wants memory and does not say how much. */
static enum lookup
name_find(uint32_t *ret_id, const char *name, bool is_group)
{
	for (size_t room = 4096; room <= LOOKUP_MOST; room *= 4) {
		struct passwd pw, *user = NULL;
		struct group gr, *group = NULL;
		char *memory = malloc(room);
		int error = ENOMEM;

		if (memory)
			error = is_group ? getgrnam_r(name, &gr, memory, room, &group) :
			    getpwnam_r(name, &pw, memory, room, &user);
		if (group)
			*ret_id = group->gr_gid;
		if (user)
			*ret_id = user->pw_uid;
		free(memory);
		if (group || user)
			return LOOKUP_FOUND;
		if (error == 0 || error == ENOENT || error == ESRCH)
			return LOOKUP_NONE;
		if (error != ERANGE)
			return LOOKUP_FAILED;
	}
	return LOOKUP_FAILED;
}

static bool
id_find(uint32_t *ret_id, struct bytes text, bool is_group, bool must_be, const char *key, char why[PEER_WHY])
{
	const char *what = is_group ? "group" : "user";
	char name[256];
	uint32_t id = PEER_NOBODY;
	enum lookup found = LOOKUP_FOUND;

	if (text.len >= sizeof name) {
		(void)snprintf(why, PEER_WHY, "%s: the name of a %s is too long.", key, what);
		return false;
	}
	bytes_copy(name, text.at, text.len);
	name[text.len] = '\0';
	if (!conf_number(&id, text))
		found = name_find(&id, name, is_group);
	if (found == LOOKUP_FAILED || (found == LOOKUP_NONE && must_be)) {
		(void)snprintf(why, PEER_WHY, found == LOOKUP_NONE ? "%s: there is no %s %.100s." :
		    "%s: the name service could not say who %s %.100s is.", key, what, name);
		return false;
	}
	if (found == LOOKUP_FOUND && id == PEER_NOBODY) {
		(void)snprintf(why, PEER_WHY, "%s: %s %.100s is nobody.", key, what, name);
		return false;
	}
	*ret_id = id;
	return true;
}

static bool
users_find(struct peer_rules *r, const char *text, char why[PEER_WHY])
{
	struct bytes list = bytes_of_text(text), item;
	size_t room = list.len / 2 + 1;

	r->tcb_users = calloc(room, sizeof *r->tcb_users);
	if (!r->tcb_users) {
		(void)snprintf(why, PEER_WHY, "there is no memory.");
		return false;
	}
	while (r->tcb_user_count < room && conf_item(&item, &list)) {
		if (!id_find(&r->tcb_users[r->tcb_user_count], item, false, true, "tcb_users", why))
			return false;
		r->tcb_user_count++;
	}
	return true;
}

static uint32_t
overflow_read(const char *path)
{
	char text[16];
	uint32_t id = OVERFLOW_USUAL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);

	if (fd >= 0)
		close(fd);
	while (n > 0 && text[n - 1] == '\n')
		n--;
	if (n <= 0 || !conf_number(&id, bytes_of(text, (size_t)n)))
		id = OVERFLOW_USUAL;
	return id;
}

bool
peer_rules_open(struct peer_rules *ret_rules, const struct settings *settings, char why[PEER_WHY])
{
	struct peer_rules r = {
		.own          = PEER_NOBODY,
		.overflow_uid = overflow_read("/proc/sys/kernel/overflowuid"),
		.overflow_gid = overflow_read("/proc/sys/kernel/overflowgid"),
		.tcb_group    = PEER_NOBODY,
		.admin_group  = PEER_NOBODY,
	};
	const struct {
		const char *key, *name;
		bool named;
		uint32_t *id;
	} groups[] = {
		{ "tcb_group",   settings->tcb_group,   settings->tcb_group_named,   &r.tcb_group },
		{ "admin_group", settings->admin_group, settings->admin_group_named, &r.admin_group },
	};

	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
		if (*groups[i].name && !id_find(groups[i].id, bytes_of_text(groups[i].name), true, groups[i].named,
		    groups[i].key, why))
			return false;
	if (!users_find(&r, settings->tcb_users, why)) {
		peer_rules_drop(&r);
		return false;
	}
	*ret_rules = r;
	return true;
}

void
peer_rules_own(struct peer_rules *rules, uint32_t own)
{
	rules->own = own;
}

void
peer_rules_drop(struct peer_rules *rules)
{
	free(rules->tcb_users);
	rules->tcb_users = NULL;
	rules->tcb_user_count = 0;
}

/* --- judging ----------------------------------------------------------------- */

static bool
is_member(const struct peer_rules *rules, const struct peer_facts *f, uint32_t group)
{
	if (group == PEER_NOBODY || group == rules->overflow_gid)
		return false;
	if (f->gid == group)
		return true;
	for (size_t i = 0; i < f->group_count; i++)
		if (f->groups[i] == group)
			return true;
	return false;
}

static bool
is_listed(const struct peer_rules *rules, uint32_t uid)
{
	for (size_t i = 0; i < rules->tcb_user_count; i++)
		if (rules->tcb_users[i] == uid)
			return true;
	return false;
}

struct lsa_peer
peer_judge(const struct peer_rules *rules, const struct peer_facts *facts)
{
	struct lsa_peer peer = { .uid = PEER_NOBODY, .gid = PEER_NOBODY };

	if (facts->uid == PEER_NOBODY || facts->gid == PEER_NOBODY)
		return peer;
	peer.known = true;
	peer.uid = facts->uid;
	peer.gid = facts->gid;
	peer.pid = facts->pid;
	while (peer.group_count < facts->group_count && peer.group_count < PEER_GROUPS) {
		peer.groups[peer.group_count] = facts->groups[peer.group_count];
		peer.group_count++;
	}
	peer.more_groups = facts->group_count > PEER_GROUPS;
	if (facts->uid == rules->overflow_uid) {
		peer.unmapped = true;
		return peer;
	}
	peer.admin = facts->uid == 0 || facts->uid == rules->own || is_member(rules, facts, rules->admin_group);
	peer.tcb = peer.admin || is_listed(rules, facts->uid) || is_member(rules, facts, rules->tcb_group);
	return peer;
}

/* Whether groups can make a difference, to the rules or to rights by policy; they cost a system call and perhaps memory. */
static bool
groups_count(const struct peer_rules *rules, uint32_t uid)
{
	return uid != 0 && uid != rules->own && uid != rules->overflow_uid;
}

/* False: they cannot be told, and what is denied to a group would not be denied. *ret_groups is `few`, or to be freed. */
static bool
groups_take(struct peer_facts *facts, int fd, uint32_t few[GROUPS_USUAL], uint32_t **ret_groups)
{
	socklen_t len = GROUPS_USUAL * sizeof *few;
	int rc = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, few, &len);

	*ret_groups = few;
	if (rc != 0 && errno == ERANGE && len <= GROUPS_MOST * sizeof *few) {
		*ret_groups = malloc(len);
		rc = *ret_groups ? getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, *ret_groups, &len) : -1;
	}
	facts->groups = *ret_groups;
	facts->group_count = rc == 0 ? len / sizeof *few : 0;
	return rc == 0;
}

bool
peer_of(struct lsa_peer *ret_peer, const struct peer_rules *rules, int fd)
{
	struct ucred cred = { .pid = 0, .uid = PEER_NOBODY, .gid = PEER_NOBODY };
	socklen_t len = sizeof cred;
	uint32_t few[GROUPS_USUAL], *groups = few;
	struct peer_facts facts = { 0 };
	struct lsa_peer peer = { .known = false };

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0 || len != sizeof cred)
		return false;
	facts.uid = cred.uid;
	facts.gid = cred.gid;
	facts.pid = cred.pid;
	if (!groups_count(rules, cred.uid) || groups_take(&facts, fd, few, &groups))
		peer = peer_judge(rules, &facts);
	if (groups != few)
		free(groups);
	if (!peer.known)
		return false;
	*ret_peer = peer;
	return true;
}
