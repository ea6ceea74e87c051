/* SPDX-License-Identifier: MIT */
/*
 * session.h - logon sessions and tokens on a command line: what the verbs
 * about them share.
 */
#ifndef OPENLSA_TOOLS_SESSION_H
#define OPENLSA_TOOLS_SESSION_H

#include "tools/lsactl.h"

#define LUID_SHOWN 24

char *luid_show(char to[LUID_SHOWN], LUID luid);	/* "5c2f:1a0301" */
const char *type_show(ULONG type);
bool type_take(SECURITY_LOGON_TYPE *ret_type, const char *text);	/* "interactive", "network", ... */

/* User, groups, privileges, session: lines or one JSON document. */
enum end token_say(const struct run *run, HANDLE token);

/* lsactl_right.c */
enum end policy_open(const struct run *run, ACCESS_MASK access, LSA_HANDLE *ret_policy);
/* DOMAIN\name, or the SID where it has none; *ret_use: "user", "alias", ... */
void account_text(LSA_HANDLE policy, PSID sid, char *to, size_t room, const char **ret_use);

#endif
