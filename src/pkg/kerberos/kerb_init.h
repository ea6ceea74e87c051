/*
 * kerb_init.h - what the files of the initiator share: the conversation that
 * an unfinished context remembers.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_INIT_H
#define OPENLSA_PKG_KERBEROS_KERB_INIT_H

#include <krb5.h>

#include "pkg/kerberos/kerb_cache.h"
#include "pkg/kerberos/kerb_lsa.h"

struct kerb_carry;
struct leg;

struct kerb_talk {
	uint32_t wants;			/* ISC_REQ_*; DELEGATE without MUTUAL_AUTH is gone already */
	enum { TALK_AP_REP = 1, TALK_TGT_REP, TALK_DATAGRAM, TALK_CARRIED } next;	/* what the peer is to say */
	struct bytes forwarded;		/* KRB-CRED that goes along, own copy; empty: none */
	bool user2user;			/* the ticket opens with the session key of the peer's own ticket */
	bool corrected;			/* the clock was corrected once */
	int32_t clock;			/* seconds that the acceptor is ahead, when corrected */
	uint8_t bindings[16];
	krb5_auth_context auth;
	struct kerb_hoard *hoard;
	struct kerb_ticket *ticket;
	char *target;			/* UTF-8, as asked for */
	char *service;			/* the ticket's principal, once all is said */
	struct kerb_carry *carry;	/* the peer carries what is for a KDC; NULL: it is asked */
	struct leg *leg;		/* with it: kerb_init.c's, over several legs */
};

/* What a first leg asks for; the talk is the caller's to drop, on failure too. */
NTSTATUS kerb_talk_open(struct call *call, const struct leg_args *args, struct kerb_talk **ret_talk);
/* Nothing more is to be said: user data for the context, which loses its talk. */
NTSTATUS kerb_talk_done(struct call *call, struct kerb_context *ctx, const struct leg_args *args, struct leg_result *ret);
/* The leg behind an AP-REQ. */
NTSTATUS kerb_talk_answer(struct call *call, struct kerb_context *ctx, const struct leg_args *args, struct leg_result *ret);

/* A target's principal; the realm is the one named, else krb5.conf's for the host, else for the KDC to find. An account's is `own_realm`. */
struct kerb_spn;
krb5_error_code kerb_server_of(krb5_context k5, const struct kerb_spn *spn, const char *own_realm, krb5_principal *ret_server);
/* The token of a leg that sends AP-REQ, in call memory; talk->auth is fresh. */
NTSTATUS kerb_ap_req(struct call *call, struct kerb_talk *talk, struct bytes *ret_token);
/* AP-REP in. In DCE style *ret_token answers it. */
NTSTATUS kerb_ap_rep(struct call *call, struct kerb_talk *talk, struct bytes message, struct bytes *ret_token);
/* KRB-ERROR in: its status and why; SEC_E_TIME_SKEW with *ret_stime set where trying again helps. */
NTSTATUS kerb_ap_error(struct call *call, struct kerb_talk *talk, struct bytes message, uint32_t *ret_stime);
/* What the user half needs. `d` is the caller's to wipe. */
NTSTATUS kerb_init_data(struct call *call, struct kerb_talk *talk, struct kerb_data *d);

#endif
