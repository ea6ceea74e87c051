/*
 * fakekrb.h - a package in Kerberos' place, for tests alone: what Negotiate
 * may meet there without a KDC. Its tokens are framed as Kerberos' are; its
 * proofs are sums that anybody can make.
 *
 * Initiators by target:
 *     svc/unknown svc/nokdc svc/badpass svc/skew svc/modified svc/noticket   fail so
 *     svc/silent   an authority that never answers    svc/forever   nor ever gives up
 *     svc/slow     answers after 50 ms, then good     svc/oneway    one token, no answer
 *     anything else: two tokens (three in DCE style)
 * Acquisition by principal: "nothing" has no credential; by user "nokrb" neither.
 */
#ifndef OPENLSA_TESTS_API_FAKEKRB_H
#define OPENLSA_TESTS_API_FAKEKRB_H

#include "pkg/lsa_mode.h"
#include "pkg/user_mode.h"

extern const struct lsa_package fakekrb_lsa;
extern const struct user_package fakekrb_user;

/* A token of its initiator, for tests that speak it raw. */
size_t fakekrb_token(uint8_t to[32], bool mutual);
/* The proof over a text; `of_client` says whose. */
void fakekrb_proof(uint8_t to[16], struct bytes text, uint32_t sequence, bool of_client);

#endif
