/*
 * peer.h - who is at the other end of a connection, said by the kernel once,
 * when it is accepted. Never trusts what a message says. Rules:
 *
 *     root, lsad's own uid                          trusted and administrator
 *     a member of admin_group                       trusted and administrator
 *     a uid of tcb_users, a member of tcb_group     trusted
 *     the overflow uid, the overflow gid            never anything
 */
#ifndef OPENLSA_LSAD_PEER_H
#define OPENLSA_LSAD_PEER_H

#include "lsa/lsa.h"

#define PEER_NOBODY	UINT32_MAX	/* the uid and gid that nobody has */
#define PEER_WHY	256

struct settings;

struct peer_rules {
	uint32_t own;			/* lsad's effective uid */
	uint32_t overflow_uid, overflow_gid;
	uint32_t tcb_group, admin_group;	/* or PEER_NOBODY */
	uint32_t *tcb_users;
	size_t tcb_user_count;
};

/* What the kernel says. */
struct peer_facts {
	uint32_t uid, gid;
	int32_t pid;			/* a label: it may be another process' by now */
	const uint32_t *groups;
	size_t group_count;
};

/* Looks names up, so it comes before the sandbox. False: `why` is a sentence. `own` is for peer_rules_own. */
bool peer_rules_open(struct peer_rules *ret_rules, const struct settings *settings, char why[PEER_WHY]) MUST_CHECK;
/* Who lsad is, once it has become that. */
void peer_rules_own(struct peer_rules *rules, uint32_t own);
void peer_rules_drop(struct peer_rules *rules);

/* Pure. Facts that name nobody leave `known` false. */
struct lsa_peer peer_judge(const struct peer_rules *rules, const struct peer_facts *facts);
/* False: the kernel does not say who it is, and the connection is refused. Groups that cannot be had are none. */
bool peer_of(struct lsa_peer *ret_peer, const struct peer_rules *rules, int fd) MUST_CHECK;

#endif
