/*
 * kerb_own.h - user-to-user at the acceptor: its own ticket-granting ticket,
 * which the peer has a ticket made for, and the session key that opens that
 * one.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_OWN_H
#define OPENLSA_PKG_KERBEROS_KERB_OWN_H

#include <krb5.h>

#include "pkg/kerberos/kerb_cache.h"
#include "pkg/kerberos/kerb_lsa.h"

/* Held for the caller. Asks a KDC where they are not at hand, with a frame: may return STATUS_PENDING. Its statuses; said why. */
NTSTATUS kerb_own_tickets(struct call *call, const struct kerb_cred *cred, struct kerb_hoard **ret_hoard);
/* The token for the peer, in call memory. */
NTSTATUS kerb_own_give(struct call *call, struct kerb_hoard *own, struct bytes *ret_token);
/* The caller wipes it. False: `own` is NULL or has none. */
bool kerb_own_key(krb5_context k5, const struct kerb_hoard *own, struct kerb_key *ret_key) MUST_CHECK;

#endif
