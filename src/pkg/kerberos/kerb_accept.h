/*
 * kerb_accept.h - what the acceptor's legs (kerb_accept.c) leave to
 * kerb_answer.c: the KRB-ERROR that tells a peer why, and forwarded tickets.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_ACCEPT_H
#define OPENLSA_PKG_KERBEROS_KERB_ACCEPT_H

#include <krb5.h>

#include "pkg/kerberos/kerb_lsa.h"
#include "pkg/kerberos/kerb_proof.h"

/* A KRB-ERROR token for a leg that failed; nothing where none can be made. `code` as krb5_err has it. */
void kerb_accept_error(struct call *call, krb5_context k5, const struct kerb_frame *asked, const struct kerb_clear *clear,
    krb5_error_code code, struct leg_result *ret);

/* The tickets become the session's own, for legs in its name. False: they cannot be kept. */
bool kerb_accept_keep(struct call *call, krb5_context k5, void *session, krb5_creds *const *tickets) MUST_CHECK;
/* The ticket itself does, for a service that may be delegated to by the KDC's word. Nothing is lost where it cannot. */
void kerb_accept_evidence(struct call *call, krb5_context k5, void *session, const krb5_enc_tkt_part *part, struct bytes ticket,
    const char *service);

/* ASC_RET_*: what was wished here, and what the initiator's flags (KERB_FLAG_*) say. */
uint32_t kerb_accept_grants(uint32_t wants, uint32_t flags);

#endif
