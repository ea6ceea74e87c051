/*
 * kerb_accept.c - the acceptor's legs.
 *
 *     BEGIN --AP-REQ in, AP-REP or nothing out--> DONE
 *          \--AP-REQ in, AP-REP out (DCE style)--> TALKING --AP-REP in--> DONE
 *
 * User-to-user begins with a leg more: TGT-REQ in, TGT-REP out.
 *
 * But for its own ticket-granting ticket then, it never asks a KDC. What the ticket and its authenticator are worth is
 * judged in kerb_judge.c; who it is of, and the answer, is decided here.
 *
 * The order: form, key, proof, replay, then what the proof protects: channel
 * bindings, the user, delegation.
 */
#include "pkg/kerberos/kerb_accept.h"

#include <errno.h>
#include <stdlib.h>
#include <sspi.h>

#include "base/time.h"
#include "pkg/kerberos/kerb_judge.h"
#include "pkg/kerberos/kerb_k5.h"
#include "pkg/kerberos/kerb_own.h"
#include "pkg/kerberos/kerb_peer.h"
#include "pkg/kerberos/kerb_u2u.h"

struct acceptor {
	krb5_context k5;		/* DCE style, until the third leg: of ac */
	krb5_auth_context ac;
	struct kerb_data d;		/* its texts lie in the session and below */
	struct kerb_hoard *own;		/* user-to-user: whose ticket the peer was given */
	struct logon_view logon;
	void (*logoff)(void *session);
	char *client;			/* principal */
	char target[KERB_TARGET_MAX + 1];
};

/* --- what the proof protects ----------------------------------------------------------- */

/* Forwarded tickets become the session's, for who acts in its name. Without them the logon is as good. */
static bool
delegation_take(struct proof *p, const struct logon_view *logon)
{
	krb5_data raw = { .data = (char *)(uintptr_t)p->bind.delegated.at, .length = (unsigned)p->bind.delegated.len };
	krb5_creds **tickets = NULL;
	bool kept = false;

	if (!p->bound || !p->bind.delegated.len)
		return false;
	if (krb5_rd_cred(p->k5, p->ac, &raw, &tickets, NULL) == 0 && tickets && tickets[0] &&
	    krb5_principal_compare(p->k5, tickets[0]->client, p->ticket->enc_part2->client))
		kept = kerb_accept_keep(p->call, p->k5, logon->session, tickets);
	krb5_free_tgt_creds(p->k5, tickets);
	if (!kept)
		because(p->call, STATUS_SUCCESS, TO_CALLER, "the tickets that the peer forwarded cannot be used, so nothing is delegated");
	return kept;
}

/* --- answering -------------------------------------------------------------------------- */

static bool
key_take(struct kerb_key *to, const krb5_keyblock *from)
{
	if (!from || from->length > sizeof to->b)
		return false;
	*to = (struct kerb_key){ .etype = from->enctype, .len = from->length };
	bytes_copy(to->b, from->contents, from->length);
	return true;
}

/* AP-REP, [RFC 4121] 4.1: a key of the acceptor's own, but for rc4-hmac outside DCE style ([RFC 4757] 7). */
static NTSTATUS
reply_make(struct proof *p, struct acceptor *a, struct leg_result *ret)
{
	struct kerb_frame out = { .raw = p->frame.raw || a->d.dce, .user2user = p->frame.user2user, .is = KERB_TOKEN_AP_REP };
	bool own = a->d.dce || a->d.key.etype != ENCTYPE_ARCFOUR_HMAC;
	krb5_data reply = { 0 };
	krb5_keyblock *fresh = NULL;
	krb5_int32 sequence = 0;
	NTSTATUS status = STATUS_SUCCESS;
	krb5_error_code code = krb5_auth_con_setflags(p->k5, p->ac,
	    KRB5_AUTH_CONTEXT_DO_SEQUENCE | (own ? KRB5_AUTH_CONTEXT_USE_SUBKEY : 0));

	if (!code)
		code = krb5_mk_rep(p->k5, p->ac, &reply);
	if (!code)
		code = krb5_auth_con_getlocalseqnumber(p->k5, p->ac, &sequence);
	if (!code && own)
		code = krb5_auth_con_getsendsubkey(p->k5, p->ac, &fresh);
	if (code || (own && !key_take(&a->d.key, fresh))) {
		status = code == ENOMEM ? STATUS_INSUFFICIENT_RESOURCES :
		    because(p->call, SEC_E_INTERNAL_ERROR, TO_CALLER, "the answer to the peer could not be made");
	} else {
		status = own ? proof_etype(p, a->d.key.etype, "the key that was agreed on") : STATUS_SUCCESS;
		a->d.acceptor_subkey = own;
		a->d.send = (uint32_t)sequence;
		out.inner = bytes_of(reply.data, reply.length);
		if (status == STATUS_SUCCESS)
			status = kerb_frame_give(p->call, &out, &ret->token);
	}
	krb5_free_keyblock(p->k5, fresh);
	krb5_free_data_contents(p->k5, &reply);
	return status;
}

/* What the user half will need; keys and numbers as they stand when no reply is made. */
static bool
data_fill(struct proof *p, struct acceptor *a)
{
	struct kerb_data *d = &a->d;
	const krb5_enc_tkt_part *t = p->ticket->enc_part2;

	d->server = true;
	d->dce = p->flags & KERB_FLAG_DCE;
	d->grants = kerb_accept_grants(p->args->wants, p->flags) | (p->clear.session_key ? (uint32_t)ASC_RET_USE_SESSION_KEY : 0);
	d->send = d->receive = (uint32_t)p->said->seq_number;
	d->expiry = time_filetime_of_unix((int64_t)(uint32_t)t->times.endtime);
	d->luid = a->logon.luid;
	d->user = bytes_of_text(a->logon.user);
	d->domain = bytes_of_text(a->logon.domain);
	d->sid = bytes_of_text(a->logon.sid);
	bytes_copy(a->target, p->target, sizeof a->target);
	d->target = d->service = bytes_of_text(a->target);
	if (krb5_unparse_name(p->k5, t->client, &a->client) != 0)
		return false;
	d->client = bytes_of_text(a->client);
	return key_take(&d->key, p->said->subkey ? p->said->subkey : t->session);
}

static NTSTATUS
accept_done(struct call *call, struct kerb_context *ctx, const struct leg_args *args, struct leg_result *ret)
{
	struct acceptor *a = ctx->acceptor;
	NTSTATUS status;

	a->d.session_key = a->d.key;
	status = kerb_context_done(call, ctx, args, &a->d, ret);
	if (status == STATUS_SUCCESS) {
		ret->grants = a->d.grants;
		ret->expiry = a->d.expiry;
		if (services(call)->audit_detail)
			services(call)->audit_detail(call, DETAIL_LEVEL, BYTES_NONE, a->d.grants & ASC_RET_DELEGATE ? 3 :
			    a->d.grants & ASC_RET_IDENTIFY ? 1 : 2);
		services(call)->audit(call, STATUS_SUCCESS, a->d.domain, a->d.user, "Kerberos", a->d.luid);
	}
	bytes_wipe(&a->d.key, sizeof a->d.key);
	bytes_wipe(&a->d.session_key, sizeof a->d.session_key);
	return status;
}

/* The peer is who it says: a session, an answer, and with DCE style one more leg. */
static NTSTATUS
accept_proven(struct proof *p, struct kerb_context *ctx, struct leg_result *ret)
{
	krb5_keyblock block = { .enctype = p->key.etype, .length = p->key.len, .contents = p->key.b };
	struct acceptor *a = ctx->acceptor;
	NTSTATUS status = proof_bindings(p);

	if (status != STATUS_SUCCESS)
		return status;
	status = kerb_peer_logon(p->call, p->k5, p->ticket->enc_part2, &block, KERB_LOGON_NETWORK, &a->logon, NULL, NULL);
	if (status == SEC_E_LOGON_DENIED || status == STATUS_LOGON_TYPE_NOT_GRANTED)
		return proof_denied(p, KRB5KRB_AP_ERR_MODIFIED, "who the ticket is of cannot be taken (see above)");
	if (status != STATUS_SUCCESS)
		return status;
	a->logoff = services(p->call)->logoff;
	if (!data_fill(p, a))
		return SEC_E_INTERNAL_ERROR;
	if (delegation_take(p, &a->logon))
		a->d.grants |= ASC_RET_DELEGATE;
	else if (!p->clear.session_key)
		kerb_accept_evidence(p->call, p->k5, a->logon.session, p->ticket->enc_part2, p->clear.ticket, p->target);
	if (p->flags & (KERB_FLAG_MUTUAL | KERB_FLAG_DCE))
		status = reply_make(p, a, ret);
	if (status != STATUS_SUCCESS)
		return status;
	if (!a->d.dce)
		return accept_done(p->call, ctx, p->args, ret);
	a->k5 = p->k5;
	a->ac = p->ac;
	p->k5 = NULL;
	p->ac = NULL;
	ret->grants = a->d.grants;
	return SEC_I_CONTINUE_NEEDED;
}

/* --- BEGIN ------------------------------------------------------------------------------- */

static void
audit_denied(struct proof *p, NTSTATUS status)
{
	krb5_const_principal c = p->ticket && p->ticket->enc_part2 ? p->ticket->enc_part2->client : NULL;
	struct bytes user = BYTES_NONE, realm = BYTES_NONE;

	if (c && c->length > 0) {
		user = bytes_of(c->data[0].data, c->data[0].length);
		realm = bytes_of(c->realm.data, c->realm.length);
	}
	services(p->call)->audit(p->call, status, realm, user, "Kerberos", 0);
}

static NTSTATUS
accept_proof(struct call *call, struct kerb_context *ctx, const struct leg_args *args, struct leg_result *ret)
{
	const struct kerb_cred *cred = args->cred;
	struct proof p = { .call = call, .args = args, .k5 = kerb_k5_take(call) };
	struct acceptor *a = ctx->acceptor;
	NTSTATUS status = p.k5 ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;

	if (!a->own && cred->cache)
		a->own = kerb_cache_hoard(cred->cache);
	if (status == STATUS_SUCCESS)
		status = proof_take(&p, cred, a->own);
	if (status == STATUS_SUCCESS)
		status = accept_proven(&p, ctx, ret);
	if (status < 0) {
		ctx->at = KERB_FAILED;
		if (status == SEC_E_LOGON_DENIED || status == SEC_E_TIME_SKEW || status == SEC_E_BAD_BINDINGS)
			audit_denied(&p, status);
		if ((args->wants & ASC_REQ_EXTENDED_ERROR) && p.k5)
			kerb_accept_error(call, p.k5, &p.frame, &p.clear, p.code, ret);
		kerb_accept_forget(a);
		ctx->acceptor = a = NULL;
	}
	bytes_wipe(&p.key, sizeof p.key);
	if (p.k5) {
		krb5_free_authenticator(p.k5, p.said);
		krb5_free_ticket(p.k5, p.ticket);
		krb5_auth_con_free(p.k5, p.ac);
	} else if (a) {
		krb5_free_authenticator(a->k5, p.said);
		krb5_free_ticket(a->k5, p.ticket);
	}
	kerb_k5_give(p.k5);
	return status;
}

/* --- user-to-user: one's own ticket for the peer --------------------------------------------- */

static NTSTATUS
accept_begin(struct call *call, const struct leg_args *args, struct leg_result *ret)
{
	struct kerb_hoard *own = NULL;
	struct kerb_context *ctx;
	struct acceptor *a;
	struct kerb_frame f;
	bool waits = (args->wants & ASC_REQ_DATAGRAM) && !args->token.len;	/* for the client's token, once it is asked */
	bool asks = !waits && kerb_frame_take(&f, args->token) && f.is == KERB_TOKEN_TGT_REQ;
	NTSTATUS status = STATUS_SUCCESS;

	if (asks)
		status = kerb_u2u_asked(f.inner) ? kerb_own_tickets(call, args->cred, &own) :
		    because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's request for a ticket is malformed");
	if (status != STATUS_SUCCESS)
		return status;
	ctx = kerb_context_new(true);
	a = calloc(1, sizeof *a);
	if (!ctx || !a) {
		free(ctx);
		free(a);
		kerb_hoard_drop(own);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	ret->context = ctx;
	ctx->acceptor = a;
	a->own = own;
	if (waits)
		return SEC_I_CONTINUE_NEEDED;
	if (!asks)
		return accept_proof(call, ctx, args, ret);
	status = kerb_own_give(call, own, &ret->token);
	if (status != STATUS_SUCCESS)
		ctx->at = KERB_FAILED;
	return status == STATUS_SUCCESS ? SEC_I_CONTINUE_NEEDED : status;
}

/* --- TALKING: DCE style's third leg -------------------------------------------------------- */

/* The initiator echoes the number that our AP-REP began with: [MS-KILE] 3.4.5.1. */
static NTSTATUS
accept_third(struct call *call, struct kerb_context *ctx, const struct leg_args *args, struct leg_result *ret)
{
	struct acceptor *a = ctx->acceptor;
	krb5_data message = { .data = (char *)(uintptr_t)args->token.at, .length = (unsigned)args->token.len };
	struct kerb_frame f;
	krb5_ui_4 echo = 0;
	NTSTATUS status;

	if (!kerb_frame_take(&f, args->token) || !f.raw || f.is != KERB_TOKEN_AP_REP)
		status = because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's last token is no Kerberos AP-REP");
	else if (krb5_rd_rep_dce(a->k5, a->ac, &message, &echo) != 0 || echo != (uint32_t)a->d.send)
		status = because(call, SEC_E_LOGON_DENIED, TO_CALLER, "the peer's last token does not answer ours");
	else
		status = accept_done(call, ctx, args, ret);
	if (status < 0)
		ctx->at = KERB_FAILED;
	if (status == SEC_E_LOGON_DENIED)
		services(call)->audit(call, status, a->d.domain, a->d.user, "Kerberos", 0);
	krb5_auth_con_free(a->k5, a->ac);
	a->ac = NULL;
	kerb_k5_give(a->k5);
	a->k5 = NULL;
	return status;
}

NTSTATUS
kerb_accept(struct call *call, const struct leg_args *args, struct leg_result *ret)
{
	struct kerb_context *ctx = args->context;
	const struct acceptor *a;

	if (!ctx)
		return accept_begin(call, args, ret);
	ret->context = ctx;
	if (ctx->at != KERB_TALKING || !ctx->server || !ctx->acceptor)
		return because(call, SEC_E_OUT_OF_SEQUENCE, TO_CALLER, "the context takes no further leg");
	a = ctx->acceptor;
	return a->k5 ? accept_third(call, ctx, args, ret) : accept_proof(call, ctx, args, ret);
}

void *
kerb_accept_who(void *acceptor, uint32_t *ret_level)
{
	const struct acceptor *a = acceptor;

	*ret_level = a->d.grants & ASC_RET_IDENTIFY ? 1 : a->d.grants & ASC_RET_DELEGATE ? 3 : 2;
	return a->logon.session;
}

void
kerb_accept_forget(void *acceptor)
{
	struct acceptor *a = acceptor;

	if (!a)
		return;
	if (a->k5) {
		krb5_auth_con_free(a->k5, a->ac);
		kerb_k5_give(a->k5);
	}
	kerb_hoard_drop(a->own);
	krb5_free_unparsed_name(NULL, a->client);
	if (a->logon.session && a->logoff)
		a->logoff(a->logon.session);
	bytes_wipe(a, sizeof *a);
	free(a);
}
