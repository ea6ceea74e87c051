/*
 * kerb_forward.h - a forwarded ticket-granting ticket for a service that may
 * act in the user's name, as the KRB-CRED that goes along with AP-REQ.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_FORWARD_H
#define OPENLSA_PKG_KERBEROS_KERB_FORWARD_H

#include "pkg/kerberos/kerb_tgs.h"

/* In a frame, zeroed at first. */
struct kerb_forward {
	struct kerb_tgs tgs;
};

/*
 * Whether the KDC says that the service may have one, and the user's own may be forwarded. Where not, it says why
 * and that the context is made without.
 */
bool kerb_forward_fits(struct call *call, const struct kerb_hoard *hoard, const struct kerb_ticket *ticket);
/*
 * Called again until it is not STATUS_PENDING. STATUS_SUCCESS: KRB-CRED in call memory, under the service ticket's
 * session key. SEC_E_DELEGATION_POLICY: the KDC gives none, or does not answer; said why.
 */
NTSTATUS kerb_forward(struct call *call, struct kerb_forward *f, struct kerb_hoard *hoard, const struct kerb_ticket *ticket,
    struct bytes *ret_cred);

#endif
