/*
 * serve_session.c - the calls that tell of logon sessions, and the one that
 * ends them. Their LUIDs are
 * everybody's, unless policy says otherwise; what is in one is for its owner
 * and for those who are trusted.
 */
#include "lsa/client.h"

#include <stdlib.h>

#include "base/privilege.h"
#include "lsa/rights.h"
#include "store/policy.h"

#define LUIDS_A_PAGE 4000u

/* These calls name no LSA handle, so the peer itself is judged, not the link. */
static bool
peer_trusted(struct served *s)
{
	const struct lsa_peer *peer = &s->link->peer;

	if (peer->unmapped)
		return false;
	return s->link->rank >= TRUSTED || peer->tcb || peer->admin || rights_peer_holds(&s->call, peer, PRIVILEGE_TCB);
}

static bool
owns(struct served *s, const struct session *session)
{
	const struct lsa_peer *peer = &s->link->peer;

	/* Peers that we cannot tell apart own nothing but what hangs on their own process. */
	return peer->unmapped ? session == s->process->session : session->uid == peer->uid;
}

static bool
own_alone(struct served *s)
{
	struct store *store;

	if (lsa_store(s->link->lsa, &store, &s->call) != STATUS_SUCCESS || policy_u32(store, POLICY_SESSION_ENUM_OWN))
		return !peer_trusted(s);
	return false;
}

NTSTATUS
serve_sessions(struct served *s, const struct sessions_in *in, struct sessions_out *out)
{
	struct writer w = writer_of(call_memory(&s->call, LUIDS_A_PAGE * 8), LUIDS_A_PAGE * 8);
	uint64_t *luids = NULL;
	size_t count = 0;
	bool own = own_alone(s);
	NTSTATUS status = w.at ? session_list(s->link->lsa->sessions, &luids, &count) : STATUS_INSUFFICIENT_RESOURCES;

	if (status != STATUS_SUCCESS)
		return status;
	for (size_t i = 0; i < count && !out->more; i++) {
		struct session *session = NULL;

		if (luids[i] <= in->after)
			continue;
		if (w.need == w.cap) {
			out->more = 1;
			break;
		}
		if (own)
			session = session_find(s->link->lsa->sessions, luids[i]);
		if (!own || (session && owns(s, session)))
			writer_u64(&w, luids[i]);
		session_drop(session);
	}
	free(luids);
	out->luids = bytes_of(w.at, w.need);
	return STATUS_SUCCESS;
}

/* What a message of a package may tell: the link's rank counts, for it was sent on an LSA handle. */
NTSTATUS
sessions_of(struct call *call, struct bytes *ret_luids)
{
	struct served *s = SERVED(call);
	uint64_t *luids = NULL;
	struct writer w;
	size_t count = 0;
	NTSTATUS status = session_list(s->link->lsa->sessions, &luids, &count);

	if (status != STATUS_SUCCESS)
		return status;
	w = writer_of(call_memory(call, count * 8 + 1), count * 8);
	for (size_t i = 0; w.at && i < count; i++) {
		struct session *session = session_find(s->link->lsa->sessions, luids[i]);

		if (session && (s->link->rank >= TRUSTED || owns(s, session)))
			writer_u64(&w, luids[i]);
		session_drop(session);
	}
	free(luids);
	if (!w.at)
		return STATUS_INSUFFICIENT_RESOURCES;
	*ret_luids = bytes_of(w.at, w.need);
	return STATUS_SUCCESS;
}

static struct bytes
kept(struct served *s, struct bytes b, bool *good)
{
	uint8_t *at = call_memory(&s->call, b.len + 1);

	if (!at) {
		*good = false;
		return BYTES_NONE;
	}
	bytes_copy(at, b.at, b.len);
	return bytes_of(at, b.len);
}

static NTSTATUS
session_tell(struct served *s, const struct session *session, struct session_out *out)
{
	bool good = true;

	out->luid = session->luid;
	out->type = session->logon_type;
	out->time = session->logon_time;
	out->user = kept(s, bytes_of_text(session->user), &good);
	out->domain = kept(s, bytes_of_text(session->domain), &good);
	out->package = kept(s, bytes_of_text(session->package), &good);
	out->server = kept(s, bytes_of_text(session->server), &good);
	out->sid = kept(s, session->sid, &good);
	out->flags = session->user_flags;
	out->password_set = session->password_set;
	return good ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* Only the package may know who vouched for the user; what it does not say is left out. */
static NTSTATUS
session_told(struct served *s, const struct session *session, struct session_out *out)
{
	const struct lsa_package *p = *session->server ? NULL : package_find(bytes_of_text(session->package));
	struct bytes server = BYTES_NONE;
	NTSTATUS status = STATUS_NOT_SUPPORTED;

	if (p && p->about) {
		call_enter(&s->call);
		status = p->about(&s->call, session->luid, &server);
		call_leave(&s->call, status);
	}
	if (status == STATUS_PENDING)
		return status;
	if (status != STATUS_SUCCESS)
		server = BYTES_NONE;
	status = session_tell(s, session, out);
	if (server.len)
		out->server = server;
	return status;
}

NTSTATUS
serve_session(struct served *s, const struct session_in *in, struct session_out *out)
{
	struct session *session;
	struct session_view own;
	NTSTATUS status;

	if (in->luid == 0) {
		status = services(&s->call)->session(&s->call, 0, &own);
		return status == STATUS_SUCCESS ? session_tell(s, own.session, out) : status;
	}
	if (in->luid == SESSION_SYSTEM && peer_trusted(s)) {
		out->luid = in->luid;
		out->package = bytes_of_text("Negotiate");
		return STATUS_SUCCESS;
	}
	session = session_find(s->link->lsa->sessions, in->luid);
	if (!session && in->luid != SESSION_SYSTEM)
		return because(&s->call, STATUS_NO_SUCH_LOGON_SESSION, TO_CALLER, "there is no logon session of this LUID");
	status = session && (owns(s, session) || peer_trusted(s)) ? session_told(s, session, out) :
	    because(&s->call, STATUS_ACCESS_DENIED, TO_CALLER, "the logon session is another user's, and the caller is not trusted");
	session_drop(session);
	return status;
}

/* --- the end of one ------------------------------------------------------------------ */

struct leaving {
	struct handle_table *objects;
	const struct session *session;
};

/* Whoever is in a call with it keeps it until that call has ended. */
static void
token_leave(void *arg, uint64_t word, void *object)
{
	const struct leaving *l = arg;
	const struct token_object *t = object;

	if (t->token->session == l->session)
		(void)handle_close(l->objects, KIND_TOKEN, word);
}

static void
context_leave(void *arg, uint64_t word, void *object)
{
	const struct leaving *l = arg;
	const struct context_object *ctx = object;
	uint32_t level;

	if (ctx->server && !atomic_load(&ctx->busy) && ctx->state == CONTEXT_ESTABLISHED && ctx->o.package->who &&
	    ctx->o.package->who(ctx->context, &level) == l->session)
		(void)handle_close(l->objects, KIND_CONTEXT, word);
}

/* A default one begins anew when its user or process asks for it again. */
static void
default_leave(struct lsa *lsa, struct session *session)
{
	struct uid_record *u;
	struct process *p;
	bool held = false;

	pthread_mutex_lock(&lsa->lock);
	for (u = lsa->uids; u; u = u->next)
		if (u->session == session) {
			u->session = NULL;
			held = true;
		}
	for (p = lsa->processes; p; p = p->next)
		if (p->session == session) {
			p->session = NULL;
			held = true;
		}
	pthread_mutex_unlock(&lsa->lock);
	if (held)
		session_drop(session);
}

NTSTATUS
serve_logoff(struct served *s, const struct logoff_in *in, struct logoff_out *out)
{
	struct lsa *lsa = s->link->lsa;
	struct session *session = in->luid ? session_find(lsa->sessions, in->luid) : NULL;
	struct leaving l = { lsa->objects, session };

	(void)out;
	if (!session)
		return because(&s->call, STATUS_NO_SUCH_LOGON_SESSION, TO_CALLER, "there is no logon session of this LUID");
	if (!owns(s, session) && s->link->rank < TRUSTED) {
		session_drop(session);
		return because(&s->call, STATUS_ACCESS_DENIED, TO_CALLER, "the logon session is another user's, and the caller is not trusted");
	}
	handle_each(lsa->objects, KIND_CONTEXT, context_leave, &l);
	handle_each(lsa->objects, KIND_TOKEN, token_leave, &l);
	default_leave(lsa, session);
	session_drop(session);
	return STATUS_SUCCESS;
}
