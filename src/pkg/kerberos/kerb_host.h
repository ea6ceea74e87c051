/*
 * kerb_host.h - whether the KDC that gave somebody his tickets is the one
 * that this machine's own key is known to.
 *
 * Whoever can answer in a KDC's place can give tickets to any name with any
 * password. What he cannot make is a ticket for this machine: that takes its key.
 * So one is asked for, and opened. Keys of single services prove nothing:
 * those who run them hold them.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_HOST_H
#define OPENLSA_PKG_KERBEROS_KERB_HOST_H

#include <krb5.h>

#include "pkg/kerberos/kerb_keys.h"
#include "pkg/kerberos/kerb_tgt.h"

#define HOST_NAMES_MAX	8u		/* principals of this machine that are tried */

/* In a frame, zeroed at first. */
struct kerb_host {
	struct kerb_ring *ring;
	const char *names[HOST_NAMES_MAX];	/* the likeliest first; of the ring */
	unsigned count, tried;
	krb5_context k5;
	krb5_principal server;			/* of names[tried] */
	struct kerb_fetch fetch;
};
void kerb_host_drop(struct kerb_host *h);

/* Keys and names of this machine, the likeliest for a user of this realm first. STATUS_NO_TRUST_LSA_SECRET: it has none. */
NTSTATUS kerb_host_begin(struct call *call, struct kerb_host *h, const char *realm);
/*
 * Step by step, as kerb_tgt.h's: a ticket for this machine by the hoard's ticket-granting ticket; held for the caller.
 * STATUS_NO_TRUST_LSA_SECRET: this machine has no key of its own; STATUS_NO_TRUST_SAM_ACCOUNT: the KDC knows none
 * of its names; and what a service ticket can fail with.
 */
NTSTATUS kerb_host_ask(struct call *call, struct kerb_host *h, struct kerb_hoard *hoard, struct kerb_ticket **ret_ticket);

/*
 * Opens a service ticket with a key of this machine, and proves that the session key is its own: nobody but those
 * who made the ticket know both. *ret_ticket, to be freed, is deciphered; *ret_key its key, to be wiped.
 * STATUS_TRUSTED_RELATIONSHIP_FAILURE: no key opens it, or the session key is another.
 */
NTSTATUS kerb_host_open(struct call *call, krb5_context k5, struct kerb_ring *ring, krb5_creds *creds,
    krb5_ticket **ret_ticket, struct kerb_key *ret_key);

/* The same for a ticket alone, whose session key nobody has told: KerbTicketLogon. `ticket` is in DER. */
NTSTATUS kerb_host_decipher(struct call *call, krb5_context k5, struct kerb_ring *ring, struct bytes ticket,
    krb5_ticket **ret_ticket, struct kerb_key *ret_key);

/* Whether a principal is a machine's: host/NAME@REALM, or NAME$@REALM. */
bool kerb_host_is(const char *principal) MUST_CHECK;

#endif
