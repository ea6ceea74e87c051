/*
 * kerb_iakerb.h - messages to a KDC that no socket of ours reaches: the peer
 * of a context hands them on (IAKERB, mechanism 1.3.6.1.5.2.5). The internet draft
 * ietf-kitten-iakerb, and as MIT krb5 1.20 sends it: the realm is an OCTET STRING.
 *
 *     token   ::= [ 0x60 length mechanism ] 05 01 IAKERB-HEADER message	the frame with an initiator's first alone
 *     IAKERB-HEADER ::= SEQUENCE { target-realm [1] OCTET STRING, cookie [2] OCTET STRING OPTIONAL }
 *     IAKERB-FINISHED ::= SEQUENCE { gss-mic [1] Checksum }	over all of these tokens, in the AP-REQ
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_IAKERB_H
#define OPENLSA_PKG_KERBEROS_KERB_IAKERB_H

#include <krb5.h>

#include "pkg/lsa_mode.h"

#define CARRY_REALM_ROOM	256u
#define CARRY_MOST		(256u * 1024)	/* bytes of a conversation */

/* One conversation's. */
struct kerb_carry {
	bool asked;			/* a message is with the peer */
	char realm[CARRY_REALM_ROOM];	/* where it goes */
	struct bytes request;		/* call memory of this leg; empty: none is to go */
	struct bytes answer;		/* a view into this leg's token */
	uint8_t *cookie;
	size_t cookie_len;
	uint8_t *said;			/* every token, both ways */
	size_t said_len;
};

void kerb_carry_drop(struct kerb_carry *c);
/* The token that carries `request`, in call memory; it is noted down. */
NTSTATUS kerb_carry_give(struct call *call, struct kerb_carry *c, struct bytes *ret_token);
/* The peer's token: `answer`. SEC_E_INVALID_TOKEN; STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS kerb_carry_take(struct call *call, struct kerb_carry *c, struct bytes token);
/* IAKERB-FINISHED under the AP-REQ's own key, in call memory. */
krb5_error_code kerb_carry_finish(struct call *call, krb5_context k5, const struct kerb_carry *c, const krb5_keyblock *key,
    struct bytes *ret_finished);

#endif
