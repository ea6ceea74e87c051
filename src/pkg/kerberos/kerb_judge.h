/*
 * kerb_judge.h - an acceptor's leg while its proof is judged.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_JUDGE_H
#define OPENLSA_PKG_KERBEROS_KERB_JUDGE_H

#include "pkg/kerberos/kerb_accept.h"
#include "pkg/kerberos/kerb_cache.h"

/* What one leg works on. */
struct proof {
	struct call *call;
	const struct leg_args *args;
	struct kerb_frame frame;
	struct kerb_clear clear;
	krb5_context k5;
	krb5_auth_context ac;
	krb5_ticket *ticket;
	krb5_authenticator *said;
	struct kerb_key key;			/* the service's, that opened the ticket */
	char target[KERB_TARGET_MAX + 1];	/* whose key it is */
	uint32_t flags;				/* KERB_FLAG_* that the authenticator carries */
	bool bound;				/* its checksum is that of RFC 4121: `bind` counts */
	struct kerb_bind bind;
	krb5_error_code code;			/* what a KRB-ERROR says */
};

/* AP-REQ in, all of it judged but for the bindings. SEC_E_LOGON_DENIED, SEC_E_TIME_SKEW, SEC_E_KDC_UNKNOWN_ETYPE, SEC_E_INVALID_TOKEN; said why. */
/* own: whose ticket-granting ticket opens a ticket for user-to-user, or NULL. */
NTSTATUS proof_take(struct proof *p, const struct kerb_cred *cred, struct kerb_hoard *own);
/* SEC_E_BAD_BINDINGS, SEC_E_INVALID_TOKEN. */
NTSTATUS proof_bindings(struct proof *p);
/* The true cause for those who may read it, and what the peer is told. */
NTSTATUS proof_denied(struct proof *p, krb5_error_code code, const char *why);
/* SEC_E_KDC_UNKNOWN_ETYPE: not one that is supported, or not by policy. */
NTSTATUS proof_etype(struct proof *p, int32_t etype, const char *of);

#endif
