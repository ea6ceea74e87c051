/*
 * stall.h - "Stall", a security package for tests alone. It stands in for an
 * authority that is slow or silent, which nothing here can be without a KDC.
 *
 * Initiators by target, acceptors by token, acquisition by principal:
 *     "forever"   never answers          "ms:N"    answers after N ms
 *     "job:N"     sleeps N ms on a job   "ok"      done in one leg
 *     "legs:N"    N legs, then done      "deny"    STATUS_LOGON_FAILURE
 * Messages (LsaCallAuthenticationPackage), first u32: 100 never, 101 after
 * the ms in the second u32, 102 echoes.
 */
#ifndef OPENLSA_TESTS_API_STALL_H
#define OPENLSA_TESTS_API_STALL_H

#include "pkg/lsa_mode.h"
#include "pkg/user_mode.h"

extern const struct lsa_package stall_lsa;
extern const struct user_package stall_user;

#endif
