/*
 * kerb_s4u.h - tickets in another's name: to a service itself for a user who
 * did not come with Kerberos (S4U2self), and for a user who did, to a further
 * service (S4U2proxy, constrained delegation). [MS-SFU] 3.1.5.
 *
 * Inside one realm: a user or a service of another one is refused, and said so.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_S4U_H
#define OPENLSA_PKG_KERBEROS_KERB_S4U_H

#include "pkg/kerberos/kerb_tgs.h"

/*
 * Both are called again until they return something else than STATUS_PENDING; `x` lies in a frame, zeroed at first.
 * `own` are the tickets of the service that asks. The ticket is held for the caller and kept nowhere; its client is
 * the user. SEC_E_DELEGATION_POLICY: the KDC gives none; SEC_E_NO_AUTHENTICATING_AUTHORITY,
 * SEC_E_TARGET_UNKNOWN, SEC_E_NO_CREDENTIALS; said why.
 */

/* For `user`, to the service itself. SEC_E_LOGON_DENIED: there is no such user. */
NTSTATUS kerb_s4u_self(struct call *call, struct kerb_tgs *x, struct kerb_hoard *own, krb5_const_principal user,
    struct kerb_ticket **ret_ticket);
/* For the client of `evidence` (a ticket to the service, its client and Ticket set), to `server`, known as `target`. */
NTSTATUS kerb_s4u_proxy(struct call *call, struct kerb_tgs *x, struct kerb_hoard *own, const krb5_creds *evidence,
    krb5_const_principal server, const char *target, struct kerb_ticket **ret_ticket);

#endif
