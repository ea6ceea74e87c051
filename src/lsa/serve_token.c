/*
 * serve_token.c - the calls behind token handles: of a context's client,
 * opened anew, bound to a descriptor, closed. A token is the calling
 * process's and goes with its last link; each opening is one of its own, so
 * nobody can end another's.
 */
#include "lsa/client.h"

#include <stdlib.h>

#include "base/privilege.h"
#include "lsa/policy.h"
#include "lsa/raise.h"
#include "lsa/rights.h"
#include "lsa/who.h"

#define IDENTIFIES	1u		/* SecurityIdentification */

void
token_destroy(void *object)
{
	struct token_object *t = object;
	struct process *p = t->o.process;

	object_end(&t->o);
	token_drop(t->token);
	bytes_wipe(t->key, sizeof t->key);
	free(t);
	process_release(p);
}

/* The number finds it, the key proves it; held. */
struct token_object *
token_named(struct served *s, uint64_t word, struct bytes key)
{
	struct token_object *t = handle_hold(s->link->lsa->objects, KIND_TOKEN, word);

	if (t && (key.len != TOKEN_KEY_LEN || !same_secret(key.at, t->key, TOKEN_KEY_LEN))) {
		object_drop(&t->o);
		t = NULL;
	}
	return t;
}

/* --- of a context, of oneself ------------------------------------------------------- */

/* Whom the peer is anyway he may act for; for others SeImpersonatePrivilege is needed. */
static bool
may_act_for(struct served *s, const struct session *session)
{
	const struct lsa_peer *peer = &s->link->peer;
	struct sid sids[PEER_SIDS], who;

	if (rights_peer_holds(&s->call, peer, PRIVILEGE_IMPERSONATE))
		return true;
	if (!sid_whole(&who, session->sid))
		return false;
	for (size_t count = peer_sids(peer, sids), i = 0; i < count; i++)
		if (sid_same(&who, &sids[i]))
			return true;
	return false;
}

static NTSTATUS
context_token(struct served *s, uint64_t word, struct token **ret_token)
{
	struct context_object *ctx = (struct context_object *)object_hold(s->process, KIND_CONTEXT, word);
	NTSTATUS status = SEC_E_INVALID_HANDLE;
	void *session = NULL;
	uint32_t level = 0;

	if (!ctx)
		return because(&s->call, status, TO_CALLER, "the context handle names nothing");
	if (!ctx->server || ctx->state != CONTEXT_ESTABLISHED) {
		status = because(&s->call, status, TO_CALLER, ctx->server ? "the context is not established" :
		    "only an acceptor's context has a client");
	} else {
		session = ctx->o.package->who ? ctx->o.package->who(ctx->context, &level) : NULL;
		if (session && level > IDENTIFIES && !may_act_for(s, session)) {
			level = IDENTIFIES;
			because(&s->call, STATUS_SUCCESS, TO_CALLER,
			    "the token tells who the client is, and no more: uid %u does not hold SeImpersonatePrivilege", s->link->peer.uid);
		}
		status = session ? who_token(&s->call, session, TYPE_IMPERSONATION, level, BYTES_NONE, ret_token) :
		    because(&s->call, SEC_E_NO_IMPERSONATION, TO_CALLER, "the context's client has no logon session here");
	}
	object_drop(&ctx->o);
	return status;
}

NTSTATUS
serve_token_of(struct served *s, const struct token_of_in *in, struct token_of_out *out)
{
	struct token *token = NULL;
	struct session_view own;
	NTSTATUS status;

	if (in->context) {
		status = context_token(s, in->context, &token);
	} else {
		status = services(&s->call)->session(&s->call, 0, &own);
		if (status == STATUS_SUCCESS)
			status = who_own(s, own.session, &token);
	}
	return status == STATUS_SUCCESS ? who_show(s, token, &out->token, &out->key, &out->facts) : status;
}

/* --- opened anew ------------------------------------------------------------------------ */

/* A level may be kept or lowered, never raised; a primary token is made of one that may be impersonated. */
static NTSTATUS
again(struct served *s, const struct token *from, uint32_t type, uint32_t level, struct token **ret_token)
{
	struct token_new new = from->made;

	if (type > TYPE_IMPERSONATION || level > LEVEL_DELEGATION)
		return STATUS_INVALID_PARAMETER;
	if (type)
		new.type = (enum token_type)type;
	if (level)
		new.level = (enum token_level)level;
	if (from->made.type == TYPE_IMPERSONATION && (new.level > from->made.level ||
	    (new.type == TYPE_PRIMARY && from->made.level < LEVEL_IMPERSONATION)))
		return because(&s->call, STATUS_BAD_IMPERSONATION_LEVEL, TO_CALLER,
		    "the token is of a lower impersonation level than the one asked for");
	return token_new(ret_token, from->session, &new);
}

NTSTATUS
serve_token_open(struct served *s, const struct token_open_in *in, struct token_open_out *out)
{
	struct token_object *from = token_named(s, in->token, in->key);
	struct token *token = NULL;
	NTSTATUS status;

	if (!from)
		return because(&s->call, STATUS_INVALID_HANDLE, TO_CALLER, "there is no such token any more");
	status = again(s, from->token, in->type, in->level, &token);
	object_drop(&from->o);
	return status == STATUS_SUCCESS ? who_show(s, token, &out->token, &out->key, &out->facts) : status;
}

/*
 * The link is handed to somebody else from here on, who must not speak in the
 * name of who opened it: nothing more is served on it, it only keeps the token.
 */
NTSTATUS
serve_token_bind(struct served *s, const struct token_bind_in *in, struct token_bind_out *out)
{
	struct token_object *from = token_named(s, in->token, in->key);
	struct bytes facts;
	NTSTATUS status;

	if (!from)
		return because(&s->call, STATUS_INVALID_HANDLE, TO_CALLER, "there is no such token any more");
	status = who_show(s, token_hold(from->token), &out->token, &out->key, &facts);
	object_drop(&from->o);
	if (status == STATUS_SUCCESS)
		s->link->rank = NOBODY;
	return status;
}

NTSTATUS
serve_token_close(struct served *s, const struct token_close_in *in, struct token_close_out *out)
{
	struct token_object *t = token_named(s, in->token, in->key);
	struct session *session;
	enum handle_end end;

	(void)out;
	if (!t)
		return STATUS_INVALID_HANDLE;
	session = session_hold(t->token->session);
	end = handle_close(s->link->lsa->objects, KIND_TOKEN, in->token);
	object_drop(&t->o);
	if (end == HANDLE_CLOSED && session->logged_on && session_last(session) && session->logon_type != LOGON_NETWORK &&
	    session->logon_type != LOGON_CLEARTEXT)
		raise_user_logoff(s, session);
	session_drop(session);
	return end == HANDLE_CLOSED ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}
