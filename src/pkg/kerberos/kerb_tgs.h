/*
 * kerb_tgs.h - one TGS exchange for tickets that libkrb5 has no steps for:
 * forwarded ones, and those in another's name. RFC 4120 3.3, [MS-SFU].
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_TGS_H
#define OPENLSA_PKG_KERBEROS_KERB_TGS_H

#include "pkg/kerberos/kerb_tgt.h"

/* RFC 4120 5.4.1, [MS-SFU] 2.2.3; the first two are flags of tickets too. */
enum {
	TGS_FORWARDABLE = 0x40000000, TGS_FORWARDED = 0x20000000, TGS_CNAME_IN_TICKET = 0x00020000,
};

/* In a frame, zeroed at first but for trip.silence_ms. */
struct kerb_tgs {
	struct kerb_fetch trip;
	bool asked, tcp;
	uint32_t nonce;
	struct bytes request;		/* call memory */
};

struct kerb_tgs_ask {
	uint32_t options;
	krb5_const_principal server;	/* in the granting ticket's realm */
	struct bytes padata;		/* PA-DATA elements, beside the granting ticket */
	struct bytes second;		/* a Ticket, or empty */
};

/* Views into call memory. */
struct kerb_tgs_reply {
	krb5_creds creds;		/* client and server are the caller's to set */
	uint32_t nonce;
	struct bytes client_realm, client, server;	/* PrincipalNames, without their outer tags */
};

/* STATUS_PENDING; else it could not be asked: *ret_code, or 0 and said why. */
NTSTATUS kerb_tgs_begin(struct call *call, struct kerb_tgs *x, krb5_context k5, const krb5_creds *tgt,
    const struct kerb_tgs_ask *ask, krb5_error_code *ret_code);
/* STATUS_PENDING: once more, by TCP. STATUS_UNSUCCESSFUL: *ret_code says what the KDC, or the reading, came to. */
NTSTATUS kerb_tgs_end(struct call *call, struct kerb_tgs *x, krb5_context k5, const krb5_creds *tgt,
    struct kerb_tgs_reply *out, krb5_error_code *ret_code);
/* Whether a PrincipalName has exactly these components. */
bool kerb_tgs_is(struct bytes sequence, krb5_const_principal p) MUST_CHECK;

/* PA-DATA, in call memory: PA-FOR-USER; and that resource-based delegation is known. */
krb5_error_code kerb_tgs_for_user(struct call *call, krb5_context k5, const krb5_creds *tgt, krb5_const_principal user,
    struct bytes *ret_padata);
krb5_error_code kerb_tgs_pac_options(struct call *call, struct bytes *ret_padata);

/* Of the client's own realm; to be freed by krb5_free_cred_contents. */
krb5_error_code kerb_tgs_granting(krb5_context k5, const struct kerb_hoard *hoard, krb5_creds *ret_tgt);

#endif
