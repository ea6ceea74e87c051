/*
 * kerb_init.c - the initiator's legs.
 *
 *     BEGIN -> (initial ticket) -> service ticket -> (forwarded ticket) -> AP-REQ --> DONE
 *                                                                             \-AP-REP in-> DONE
 *
 * For a client who is impersonated and left no ticket-granting ticket it is
 *
 *     BEGIN -> (initial ticket of the service) -> service ticket in the client's name -> AP-REQ
 *
 * With user-to-user another leg comes first, and the others go on from there:
 *
 *     BEGIN -> TGT-REQ --TGT-REP in-> (initial ticket) -> service ticket -> AP-REQ
 *
 * and with datagrams one that has no token.
 *
 * Where the peer carries what is for a KDC (IAKERB), every message to one is a leg.
 *
 * A ticket that is at hand skips ahead. Messages are made and read in
 * kerb_apreq.c and kerb_talk.c, tickets are fetched in kerb_tgt.c. RFC 4121 4.1,
 * [MS-KILE] 3.2.5.
 */
#include "pkg/kerberos/kerb_init.h"

#include <stdlib.h>

#include <sspi.h>

#include "pkg/kerberos/kerb_forward.h"
#include "pkg/kerberos/kerb_iakerb.h"
#include "pkg/kerberos/kerb_k5.h"
#include "pkg/kerberos/kerb_keys.h"
#include "pkg/kerberos/kerb_s4u.h"
#include "pkg/kerberos/kerb_spn.h"
#include "pkg/kerberos/kerb_tgt.h"
#include "pkg/kerberos/kerb_u2u.h"

/* How often a leg looks whether the one that asks for the same initial ticket has it. */
#define WAIT_MS 10u

/* A leg's own, kept while it waits. */
struct leg {
	enum { BEGIN = 0, WAITING, ASKED_TGT, ASKED_TICKET, ASKED_OWN, ASKED_PROXY, ASKED_FORWARD } at;
	struct kerb_cache *fetching;	/* this leg's round: to be ended */
	uint32_t round, waited_ms;	/* of another leg, that is waited for */
	struct kerb_fetch fetch;
	struct kerb_hoard *own;		/* the service's, that shows evidence */
	struct kerb_tgs proxy;
	struct kerb_forward forward;
	struct kerb_talk *talk;		/* of a first leg, until the context has it */
	struct kerb_context *later;	/* of a later leg: whose talk it is */
	krb5_data second;		/* user-to-user: the peer's ticket */
	krb5_principal server;
};

static void leg_drop(void *at);

void
kerb_talk_drop(struct kerb_talk *talk)
{
	krb5_context k5;

	if (!talk)
		return;
	if (talk->leg)
		leg_drop(talk->leg);
	free(talk->leg);
	kerb_carry_drop(talk->carry);
	if (talk->auth) {
		k5 = kerb_k5_take(NULL);
		krb5_auth_con_free(k5, talk->auth);
		kerb_k5_give(k5);
	}
	kerb_ticket_drop(talk->ticket);
	kerb_hoard_drop(talk->hoard);
	krb5_free_unparsed_name(NULL, talk->service);
	free(talk->target);
	free((void *)(uintptr_t)talk->forwarded.at);
	free(talk);
}

static void
leg_drop(void *at)
{
	struct leg *leg = at;

	/* Cancelled: somebody else must ask. */
	if (leg->fetching)
		kerb_cache_end(leg->fetching, STATUS_CANCELLED);
	kerb_cache_drop(leg->fetching);
	kerb_fetch_drop(&leg->fetch);
	kerb_hoard_drop(leg->own);
	if (!leg->later)
		kerb_talk_drop(leg->talk);
	krb5_free_principal(NULL, leg->server);		/* it looks at no context */
}

/* --- AP-REQ ------------------------------------------------------------------------ */

/* What the acceptor takes: AES, and rc4-hmac by policy. */
static NTSTATUS
etype_check(struct call *call, const struct kerb_talk *talk)
{
	int32_t etype = talk->ticket->creds->keyblock.enctype;

	if (kerb_etype_taken(call, etype))
		return STATUS_SUCCESS;
	return because(call, SEC_E_KDC_UNKNOWN_ETYPE, TO_CALLER, etype == ENCTYPE_ARCFOUR_HMAC
	    ? "the ticket for %s uses rc4-hmac, which policy kerberos-rc4 or FIPS mode forbids: give the service AES keys"
	    : "the session key for %s is of encryption type %d, which is not supported", talk->target, etype);
}

/* The talk becomes a context's, or is one's already. */
static struct kerb_context *
talk_keep(struct leg *leg, struct leg_result *ret)
{
	struct kerb_context *ctx = leg->later ? leg->later : kerb_context_new(false);

	ret->context = ctx;
	if (ctx && !leg->later) {
		ctx->talk = leg->talk;
		leg->talk = NULL;
	}
	return ctx;
}

static NTSTATUS
send_ap_req(struct call *call, struct leg *leg, const struct leg_args *args, struct leg_result *ret)
{
	struct kerb_context *ctx;
	NTSTATUS status = etype_check(call, leg->talk);

	if (status != STATUS_SUCCESS)
		return status;
	ctx = talk_keep(leg, ret);
	if (!ctx)
		return STATUS_INSUFFICIENT_RESOURCES;
	because(call, STATUS_SUCCESS, TO_CALLER, "Kerberos as %s for %s: key version %u, session key of type %d", ctx->talk->hoard->client,
	    ctx->talk->target, ctx->talk->ticket->kvno, ctx->talk->ticket->creds->keyblock.enctype);
	status = kerb_ap_req(call, ctx->talk, &ret->token);
	if (status != STATUS_SUCCESS)
		return status;
	ctx->talk->next = TALK_AP_REP;
	if (!(ctx->talk->wants & ISC_REQ_MUTUAL_AUTH))
		return kerb_talk_done(call, ctx, args, ret);
	ret->grants = ctx->talk->wants & ISC_RET_ALLOCATED_MEMORY;
	return SEC_I_CONTINUE_NEEDED;
}

/* --- user-to-user: the peer's ticket first --------------------------------------------- */

static NTSTATUS
ask_peer(struct call *call, struct leg *leg, const struct leg_args *args, struct leg_result *ret)
{
	struct kerb_frame f = { .user2user = true, .is = KERB_TOKEN_TGT_REQ };
	struct kerb_context *ctx = talk_keep(leg, ret);
	struct kerb_spn spn;
	NTSTATUS status;

	if (!ctx)
		return STATUS_INSUFFICIENT_RESOURCES;
	ctx->talk->user2user = true;
	ctx->talk->next = TALK_TGT_REP;
	ret->grants = ctx->talk->wants & ISC_RET_ALLOCATED_MEMORY;
	if (!kerb_spn_take(&spn, args->target))
		return STATUS_INTERNAL_ERROR;
	status = kerb_u2u_ask(call, &spn, &f.inner);
	if (status == STATUS_SUCCESS)
		status = kerb_frame_give(call, &f, &ret->token);
	return status == STATUS_SUCCESS ? SEC_I_CONTINUE_NEEDED : status;
}

/* --- ASKED_FORWARD ------------------------------------------------------------------------ */

/* A context without is better than none; that it is without, it says. */
static NTSTATUS
take_forward(struct call *call, struct leg *leg, const struct leg_args *args, struct leg_result *ret)
{
	struct bytes made = BYTES_NONE, own;
	NTSTATUS status = kerb_forward(call, &leg->forward, leg->talk->hoard, leg->talk->ticket, &made);

	if (status == STATUS_SUCCESS) {
		own = bytes_of(bytes_dup(made), made.len);
		if (!own.at)
			return STATUS_INSUFFICIENT_RESOURCES;
		leg->talk->forwarded = own;
	}
	if (status == SEC_E_DELEGATION_POLICY)
		because(call, STATUS_SUCCESS, TO_CALLER, "the context is made without a delegated ticket (see above)");
	return status == STATUS_SUCCESS || status == SEC_E_DELEGATION_POLICY ? send_ap_req(call, leg, args, ret) : status;
}

static NTSTATUS
ask_forward(struct call *call, struct leg *leg, const struct leg_args *args, struct leg_result *ret)
{
	struct kerb_talk *talk = leg->talk;

	if (talk->carry || !(talk->wants & ISC_REQ_DELEGATE) || !kerb_forward_fits(call, talk->hoard, talk->ticket))
		return send_ap_req(call, leg, args, ret);
	leg->forward.tgs.trip.silence_ms = args->silence_ms;
	leg->at = ASKED_FORWARD;
	return take_forward(call, leg, args, ret);
}

/* --- ASKED_OWN, ASKED_PROXY: in the name of a client ---------------------------------------- */

static NTSTATUS
take_proxy(struct call *call, struct leg *leg, const struct leg_args *args, struct leg_result *ret)
{
	struct kerb_talk *talk = leg->talk;
	NTSTATUS status = kerb_s4u_proxy(call, &leg->proxy, leg->own, talk->hoard->evidence, leg->server, talk->target,
	    &talk->ticket);

	if (status != STATUS_SUCCESS)
		return status;
	kerb_hoard_keep(talk->hoard, talk->ticket);
	return ask_forward(call, leg, args, ret);
}

static NTSTATUS
ask_proxy(struct call *call, struct leg *leg, const struct leg_args *args, struct leg_result *ret)
{
	leg->proxy.trip.silence_ms = args->silence_ms;
	leg->at = ASKED_PROXY;
	return take_proxy(call, leg, args, ret);
}

static NTSTATUS
take_own(struct call *call, struct leg *leg, const struct leg_args *args, struct leg_result *ret)
{
	const struct kerb_cred *cred = args->cred;
	NTSTATUS status = kerb_fetch_tgt(call, &leg->fetch, cred->service);

	if (status != STATUS_SUCCESS)
		return status;
	leg->own = kerb_cache_hoard(cred->service->cache);
	return leg->own ? ask_proxy(call, leg, args, ret) : STATUS_INTERNAL_ERROR;
}

static NTSTATUS
ask_own(struct call *call, struct leg *leg, const struct leg_args *args, struct leg_result *ret)
{
	const struct kerb_cred *cred = args->cred, *service = cred->service;

	if (!service)
		return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER, "%s left no ticket-granting ticket", cred->client);
	leg->own = kerb_cache_hoard(service->cache);
	if (kerb_hoard_fits(leg->own, service->is != KERB_TICKETS))
		return ask_proxy(call, leg, args, ret);
	if (service->is == KERB_TICKETS)
		return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER, "the ticket-granting ticket of %s has expired; run kinit",
		    service->client);
	kerb_hoard_drop(leg->own);
	leg->own = NULL;
	leg->fetch.silence_ms = args->silence_ms;
	leg->at = ASKED_OWN;
	return take_own(call, leg, args, ret);
}

/* --- ASKED_TICKET --------------------------------------------------------------------- */

/* The target's principal; it is at hand only while it is needed. */
static NTSTATUS
name_server(struct call *call, struct leg *leg)
{
	struct kerb_talk *talk = leg->talk;
	krb5_context k5 = kerb_k5_take(call);
	struct kerb_spn spn;
	krb5_error_code code;
	NTSTATUS status;

	if (!k5 || !kerb_spn_take(&spn, bytes_of_text(talk->target))) {
		kerb_k5_give(k5);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	code = kerb_server_of(k5, &spn, talk->hoard->realm, &leg->server);
	status = kerb_k5_because(call, k5, code, "the target's name");
	kerb_k5_give(k5);				/* while the leg waits, it has no use for one */
	return code ? status : STATUS_SUCCESS;
}

static NTSTATUS
take_ticket(struct call *call, struct leg *leg, const struct leg_args *args, struct leg_result *ret)
{
	struct kerb_talk *talk = leg->talk;
	NTSTATUS status = leg->fetch.steps || leg->server ? STATUS_SUCCESS : name_server(call, leg);

	if (status != STATUS_SUCCESS)
		return status;
	status = kerb_fetch_ticket(call, &leg->fetch, talk->hoard, talk->target, leg->server,
	    talk->user2user ? &leg->second : NULL, &talk->ticket);
	krb5_free_principal(NULL, leg->server);
	leg->server = NULL;
	if (status != STATUS_SUCCESS && status != STATUS_PENDING && leg->fetch.user2user && !talk->user2user && !args->inside &&
	    !(talk->wants & ISC_REQ_USE_DCE_STYLE)) {
		because(call, STATUS_SUCCESS, TO_CALLER, "%s is a user: the peer is asked for its own ticket", talk->target);
		return ask_peer(call, leg, args, ret);
	}
	return status == STATUS_SUCCESS ? ask_forward(call, leg, args, ret) : status;
}

static NTSTATUS
ask_ticket(struct call *call, struct leg *leg, const struct leg_args *args, struct leg_result *ret)
{
	struct kerb_talk *talk = leg->talk;
	NTSTATUS status;

	talk->ticket = talk->user2user ? NULL : kerb_hoard_find(talk->hoard, talk->target);
	if (talk->ticket)
		return ask_forward(call, leg, args, ret);
	status = name_server(call, leg);
	if (status != STATUS_SUCCESS)
		return status;
	if (talk->hoard->evidence && talk->user2user)
		return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "a ticket in the name of a client cannot be for user-to-user");
	if (talk->hoard->evidence)
		return ask_own(call, leg, args, ret);
	leg->fetch.silence_ms = args->silence_ms;
	leg->at = ASKED_TICKET;
	return take_ticket(call, leg, args, ret);
}

/* --- ASKED_TGT --------------------------------------------------------------------------- */

static NTSTATUS
have_tgt(struct call *call, struct leg *leg, const struct leg_args *args, struct leg_result *ret)
{
	const struct kerb_cred *cred = args->cred;

	leg->talk->hoard = kerb_cache_hoard(cred->cache);
	return leg->talk->hoard ? ask_ticket(call, leg, args, ret) : STATUS_INTERNAL_ERROR;
}

static NTSTATUS
take_tgt(struct call *call, struct leg *leg, const struct leg_args *args, struct leg_result *ret)
{
	NTSTATUS status = kerb_fetch_tgt(call, &leg->fetch, args->cred);

	if (status == STATUS_PENDING || status == SEC_I_CONTINUE_NEEDED)
		return status;
	if (leg->fetching)
		kerb_cache_end(leg->fetching, status);
	kerb_cache_drop(leg->fetching);
	leg->fetching = NULL;
	return status == STATUS_SUCCESS ? have_tgt(call, leg, args, ret) : status;
}

static NTSTATUS
ask_tgt(struct call *call, struct leg *leg, const struct leg_args *args, struct leg_result *ret)
{
	const struct kerb_cred *cred = args->cred;

	/* What a peer may keep waiting, nobody else waits for. */
	if (leg->talk->carry) {
		leg->at = ASKED_TGT;
		return take_tgt(call, leg, args, ret);
	}
	if (!kerb_cache_begin(cred->cache, &leg->round)) {
		leg->at = WAITING;
		return await_timer(call, WAIT_MS);
	}
	leg->fetching = kerb_cache_hold(cred->cache);
	leg->fetch.silence_ms = args->silence_ms;
	leg->at = ASKED_TGT;
	return take_tgt(call, leg, args, ret);
}

/* --- WAITING: another leg asks with the same credential ------------------------------------ */

static NTSTATUS
take_turn(struct call *call, struct leg *leg, const struct leg_args *args, struct leg_result *ret)
{
	const struct kerb_cred *cred = args->cred;
	NTSTATUS status = kerb_cache_ended(cred->cache, leg->round);

	switch (status) {
	case STATUS_PENDING:
		leg->waited_ms += WAIT_MS;
		if (args->silence_ms && leg->waited_ms > args->silence_ms)
			return because(call, SEC_E_NO_AUTHENTICATING_AUTHORITY, TO_CALLER,
			    "no KDC has answered yet another context that asks for the initial ticket of %s", cred->client);
		return await_timer(call, WAIT_MS);
	case STATUS_SUCCESS:
		return have_tgt(call, leg, args, ret);
	case STATUS_CANCELLED:
		return ask_tgt(call, leg, args, ret);
	default:
		return because(call, status, TO_CALLER, "%s got no initial ticket, by what another context of the same credential "
		    "asked for at the same time", cred->client);
	}
}

/* --- BEGIN: the tickets that are there -------------------------------------------------------- */

static NTSTATUS
begin_tickets(struct call *call, struct leg *leg, const struct leg_args *args, struct leg_result *ret)
{
	const struct kerb_cred *cred = args->cred;
	struct kerb_hoard *hoard;

	kerb_hoard_drop(leg->talk->hoard);
	hoard = leg->talk->hoard = kerb_cache_hoard(cred->cache);
	if (kerb_hoard_fits(hoard, cred->is != KERB_TICKETS))
		return ask_ticket(call, leg, args, ret);
	if (cred->is == KERB_TICKETS)
		return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER, "the ticket-granting ticket of %s has expired; run kinit",
		    hoard ? hoard->client : "this session");
	kerb_hoard_drop(hoard);
	leg->talk->hoard = NULL;
	return ask_tgt(call, leg, args, ret);
}

/* Datagrams: the client's first packet goes without a token, and the server asks for one. [MS-RPCE] 3.2.1. */
static NTSTATUS
wait_for_peer(struct leg *leg, struct leg_result *ret)
{
	struct kerb_context *ctx = talk_keep(leg, ret);

	if (!ctx)
		return STATUS_INSUFFICIENT_RESOURCES;
	ctx->talk->next = TALK_DATAGRAM;
	ret->grants = ctx->talk->wants & (ISC_RET_ALLOCATED_MEMORY | ISC_RET_DATAGRAM);
	return SEC_I_CONTINUE_NEEDED;
}

static NTSTATUS
begin(struct call *call, struct leg *leg, const struct leg_args *args, struct leg_result *ret)
{
	NTSTATUS status = kerb_talk_open(call, args, &leg->talk);

	if (status != STATUS_SUCCESS)
		return status;
	if (args->wants & ISC_REQ_DATAGRAM)
		return wait_for_peer(leg, ret);
	return args->wants & ISC_REQ_USE_SESSION_KEY ? ask_peer(call, leg, args, ret) : begin_tickets(call, leg, args, ret);
}

/* The peer has asked, or its own ticket is here: from now on it is as a first leg. */
static NTSTATUS
take_peer(struct call *call, struct leg *leg, const struct leg_args *args, struct leg_result *ret)
{
	struct kerb_context *ctx = args->context;
	bool datagram = ctx->talk->next == TALK_DATAGRAM;
	struct bytes ticket = BYTES_NONE;
	struct kerb_frame f;
	uint32_t stime;

	if (datagram && args->token.len)
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the server of a datagram context has no token before the client's");
	if (!datagram && kerb_frame_take(&f, args->token) && f.is == KERB_TOKEN_ERROR)
		return kerb_ap_error(call, ctx->talk, f.inner, &stime);
	if (!datagram && (!f.user2user || f.is != KERB_TOKEN_TGT_REP || !kerb_u2u_replied(&ticket, f.inner)))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's token is no ticket of its own, as user-to-user needs");
	leg->later = ctx;
	leg->talk = ctx->talk;
	leg->second = (krb5_data){ .length = (unsigned)ticket.len, .data = (char *)(uintptr_t)ticket.at };
	return begin_tickets(call, leg, args, ret);
}

/* --- which one it is --------------------------------------------------------------------------- */

static NTSTATUS
turn(struct call *call, struct leg *leg, struct kerb_context *ctx, const struct leg_args *args, struct leg_result *ret)
{
	switch (leg->at) {
	case BEGIN:		return leg->later ? begin_tickets(call, leg, args, ret) : ctx ? take_peer(call, leg, args, ret) :
				    begin(call, leg, args, ret);
	case WAITING:		return take_turn(call, leg, args, ret);
	case ASKED_TGT:		return take_tgt(call, leg, args, ret);
	case ASKED_TICKET:	return take_ticket(call, leg, args, ret);
	case ASKED_OWN:		return take_own(call, leg, args, ret);
	case ASKED_PROXY:	return take_proxy(call, leg, args, ret);
	case ASKED_FORWARD:	return take_forward(call, leg, args, ret);
	}
	return STATUS_INTERNAL_ERROR;
}

/* --- by the peer: IAKERB ----------------------------------------------------------------- */

static NTSTATUS
carried_open(struct call *call, const struct leg_args *args, struct leg_result *ret)
{
	struct kerb_context *ctx = kerb_context_new(false);
	struct leg *leg = calloc(1, sizeof *leg);
	struct kerb_talk *talk = NULL;
	NTSTATUS status = ctx && leg ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;

	if (status == STATUS_SUCCESS && (args->wants & (ISC_REQ_DATAGRAM | ISC_REQ_USE_SESSION_KEY)))
		status = because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "IAKERB has neither datagrams nor user-to-user");
	if (status == STATUS_SUCCESS)
		status = kerb_talk_open(call, args, &talk);
	if (status == STATUS_SUCCESS) {
		talk->carry = calloc(1, sizeof *talk->carry);
		status = talk->carry ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
	}
	if (status != STATUS_SUCCESS) {
		kerb_talk_drop(talk);
		free(leg);
		free(ctx);
		return status;
	}
	leg->later = ctx;
	leg->talk = talk;
	leg->fetch.carry = talk->carry;
	talk->leg = leg;
	talk->next = TALK_CARRIED;
	ctx->talk = talk;
	ret->context = ctx;
	return STATUS_SUCCESS;
}

/* As any first leg, but that each message for a KDC is a leg of the peer's. */
static NTSTATUS
carried(struct call *call, struct kerb_context *ctx, const struct leg_args *args, struct leg_result *ret)
{
	struct kerb_talk *talk = ctx->talk;
	NTSTATUS status = STATUS_SUCCESS;

	if (talk->carry->asked)
		status = kerb_carry_take(call, talk->carry, args->token);
	if (status == STATUS_SUCCESS)
		status = turn(call, talk->leg, ctx, args, ret);
	if (status != SEC_I_CONTINUE_NEEDED || !talk->carry->request.len)
		return status;
	ret->grants = talk->wants & ISC_RET_ALLOCATED_MEMORY;
	status = kerb_carry_give(call, talk->carry, &ret->token);
	return status == STATUS_SUCCESS ? SEC_I_CONTINUE_NEEDED : status;
}

static NTSTATUS
init_turn(struct call *call, struct kerb_context *ctx, const struct leg_args *args, struct leg_result *ret)
{
	struct leg *leg;
	NTSTATUS status;

	if (!ctx && args->by_peer) {
		status = carried_open(call, args, ret);
		return status == STATUS_SUCCESS ? carried(call, ret->context, args, ret) : status;
	}
	if (ctx && ctx->talk->next == TALK_CARRIED)
		return carried(call, ctx, args, ret);
	if (ctx && ctx->talk->next == TALK_AP_REP)
		return kerb_talk_answer(call, ctx, args, ret);
	leg = frame(call, sizeof *leg, leg_drop);
	return leg ? turn(call, leg, ctx, args, ret) : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS
kerb_init(struct call *call, const struct leg_args *args, struct leg_result *ret)
{
	struct kerb_context *ctx = args->context;
	NTSTATUS status;

	if (ctx) {
		ret->context = ctx;
		if (ctx->at != KERB_TALKING || ctx->server || !ctx->talk)
			return because(call, SEC_E_OUT_OF_SEQUENCE, TO_CALLER, "the context takes no further leg");
	}
	status = init_turn(call, ctx, args, ret);
	ctx = ret->context;
	if (ctx && status != STATUS_SUCCESS && status != SEC_I_CONTINUE_NEEDED && status != STATUS_PENDING) {
		ret->token = ret->user_data = BYTES_NONE;
		ctx->at = KERB_FAILED;
	}
	return status;
}
