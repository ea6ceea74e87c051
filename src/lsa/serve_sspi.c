/*
 * serve_sspi.c - the calls behind SSPI: credentials and legs. Finds what a
 * handle names, lets the package do the work, and keeps a context's state.
 * Knows no package's protocol.
 */
#include "lsa/client.h"
#include "lsa/raise.h"

#include <stdlib.h>
#include <string.h>

NTSTATUS
serve_package(struct served *s, const struct package_in *in, struct package_out *out)
{
	const struct lsa_package *p = package_at(in->index);

	(void)s;
	if (!p)
		return STATUS_NO_MORE_ENTRIES;
	out->name = bytes_of_text(p->name);
	out->comment = bytes_of_text(p->comment);
	out->capabilities = p->capabilities;
	out->rpc_id = p->rpc_id;
	out->max_token = p->max_token;
	out->id = in->index;
	return STATUS_SUCCESS;
}

/* --- credentials --------------------------------------------------------- */

#define USE_INBOUND	1u
#define USE_OUTBOUND	2u
#define USE_POLICY_ONLY	0x20u

/* Another's session is for those whom the kernel says to be trusted; the link is an SSPI one, whatever the peer. */
static NTSTATUS
session_named(struct served *s, uint64_t luid)
{
	const struct lsa_peer *peer = &s->link->peer;
	struct session *session = session_find(s->link->lsa->sessions, luid);
	bool own = session && !peer->unmapped && session->uid == peer->uid;

	s->judged = own || (session && !peer->unmapped && (peer->tcb || peer->admin));
	session_drop(session);
	if (s->judged)
		return STATUS_SUCCESS;
	return because(&s->call, SEC_E_NOT_OWNER, TO_CALLER, "the logon session named is not the caller's own");
}

NTSTATUS
serve_acquire(struct served *s, const struct acquire_in *in, struct acquire_out *out)
{
	const struct lsa_package *p = package_find(in->package);
	struct acquire_args args = {
		.inbound = in->use & USE_INBOUND, .outbound = in->use & USE_OUTBOUND,
		.explicit_identity = in->given & 1u, .has_password = in->given & 2u,
		.user = in->user, .domain = in->domain, .password = in->password,
		.principal = in->principal, .packages = in->packages, .logon_id = in->logon_id,
	};
	struct acquire_result got = { .expiry = 0x7fffffffffffffffu };
	struct cred_object *cred;
	NTSTATUS status;

	if (!p)
		return because(&s->call, SEC_E_SECPKG_NOT_FOUND, TO_CALLER, "no security package of this name here");
	if ((!args.inbound && !args.outbound) || (in->use & USE_POLICY_ONLY))
		return because(&s->call, SEC_E_NO_CREDENTIALS, TO_CALLER, "neither inbound nor outbound use was asked for");
	if (in->logon_id && !s->judged) {
		status = session_named(s, in->logon_id);
		if (status != STATUS_SUCCESS)
			return status;
	}
	call_enter(&s->call);
	status = p->acquire(&s->call, &args, &got);
	call_leave(&s->call, status);
	if (status != STATUS_SUCCESS)
		return status;
	cred = calloc(1, sizeof *cred);
	if (!cred) {
		p->forget_cred(got.cred);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	cred->inbound = args.inbound;
	cred->outbound = args.outbound;
	cred->name = got.name && *got.name ? strdup(got.name) : NULL;
	cred->explicit_identity = args.explicit_identity;
	status = object_new(&cred->o, s->process, KIND_CRED, p);
	if (status != STATUS_SUCCESS) {
		p->forget_cred(got.cred);
		free(cred->name);
		free(cred);
		return because(&s->call, status, TO_CALLER, "too many credentials and contexts, or no memory for one more");
	}
	cred->cred = got.cred;
	out->cred = cred->o.word;
	out->expiry = got.expiry;
	object_drop(&cred->o);
	return STATUS_SUCCESS;
}

/* Who holds the token was found to be its session's client, or was given it. */
NTSTATUS
serve_acquire_as(struct served *s, const struct acquire_as_in *in, struct acquire_as_out *out)
{
	struct token_object *as = token_named(s, in->token, in->key);
	struct acquire_in own = {
		.package = in->package, .use = in->use, .given = in->given, .principal = in->principal, .logon_id = in->logon_id,
		.user = in->user, .domain = in->domain, .password = in->password, .packages = in->packages,
	};
	struct acquire_out got = { 0 };
	NTSTATUS status;

	if (!as)
		return because(&s->call, SEC_E_NO_CREDENTIALS, TO_CALLER,
		    "the client that the thread acts for has gone: there is no such token any more");
	if (as->token->made.type == TYPE_IMPERSONATION && as->token->made.level < LEVEL_IMPERSONATION) {
		object_drop(&as->o);
		return because(&s->call, SEC_E_NO_CREDENTIALS, TO_CALLER,
		    "the client that the thread acts for lets itself be identified, not impersonated (or this process lacks SeImpersonatePrivilege)");
	}
	if (!own.logon_id) {
		own.logon_id = as->token->session->luid;
		s->judged = true;
	}
	object_drop(&as->o);
	status = serve_acquire(s, &own, &got);
	out->cred = got.cred;
	out->expiry = got.expiry;
	return status;
}

NTSTATUS
serve_add_cred(struct served *s, const struct add_cred_in *in, struct add_cred_out *out)
{
	struct acquire_args args = { .inbound = in->use & USE_INBOUND, .outbound = in->use & USE_OUTBOUND,
	    .explicit_identity = in->given & 1u, .has_password = in->given & 2u,
	    .user = in->user, .domain = in->domain, .password = in->password, .principal = in->principal };
	const struct lsa_package *meant;

	(void)out;
	if (!s->cred)			/* held until the call ends */
		s->cred = (struct cred_object *)object_hold(s->process, KIND_CRED, in->cred);
	if (!s->cred)
		return because(&s->call, SEC_E_INVALID_HANDLE, TO_CALLER, "the credential handle names nothing");
	if (!s->cred->o.package->add)
		return because(&s->call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "a credential of %s takes no other one",
		    s->cred->o.package->name);
	if (!args.inbound || args.outbound || !s->cred->inbound)
		return because(&s->call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER,
		    "a credential takes others for inbound use alone: who asks does so in one name");
	meant = in->package.len ? package_find(in->package) : s->cred->o.package;
	if (!meant)
		return because(&s->call, SEC_E_SECPKG_NOT_FOUND, TO_CALLER, "no security package of this name here");
	args.packages = bytes_of_text(meant->name);
	return enter_add(&s->call, s->cred->o.package, s->cred->cred, &args);
}

NTSTATUS
serve_release(struct served *s, const struct release_in *in, struct release_out *out)
{
	(void)out;
	return object_close(s->process, KIND_CRED, in->cred);
}

NTSTATUS
serve_cred_name(struct served *s, const struct cred_name_in *in, struct cred_name_out *out)
{
	struct cred_object *cred = (struct cred_object *)object_hold(s->process, KIND_CRED, in->cred);
	NTSTATUS status = STATUS_SUCCESS;

	if (!cred)
		return STATUS_INVALID_HANDLE;
	if (cred->name) {
		struct bytes name = bytes_of_text(cred->name);
		uint8_t *copy = call_memory(&s->call, name.len);

		if (copy) {
			bytes_copy(copy, name.at, name.len);
			out->name = bytes_of(copy, name.len);
		} else {
			status = STATUS_INSUFFICIENT_RESOURCES;
		}
	} else {
		status = because(&s->call, SEC_E_NO_CREDENTIALS, TO_CALLER, "this credential has no name");
	}
	object_drop(&cred->o);
	return status;
}

#define WANTS_INIT_ERROR	0x00004000u	/* ISC_REQ_EXTENDED_ERROR */
#define WANTS_ACCEPT_ERROR	0x00008000u	/* ASC_REQ_EXTENDED_ERROR */

/* --- legs ------------------------------------------------------------------ */

struct leg {
	uint64_t cred, context;
	bool server;
	struct leg_args args;
};

/* Finds what the handles name; runs once, whatever the leg waits for later. */
static NTSTATUS
leg_begin(struct served *s, const struct leg *leg)
{
	struct context_object *ctx;

	s->first_leg = leg->context == 0;
	if (leg->cred || s->first_leg) {
		s->cred = (struct cred_object *)object_hold(s->process, KIND_CRED, leg->cred);
		if (!s->cred)
			return because(&s->call, SEC_E_INVALID_HANDLE, TO_CALLER, "the credential handle names nothing");
		if (leg->server ? !s->cred->inbound : !s->cred->outbound)
			return because(&s->call, SEC_E_NO_CREDENTIALS, TO_CALLER, "the credential is not for %s use",
			    leg->server ? "inbound" : "outbound");
	}
	if (!s->first_leg) {
		ctx = (struct context_object *)object_hold(s->process, KIND_CONTEXT, leg->context);
		if (!ctx)
			return because(&s->call, SEC_E_INVALID_HANDLE, TO_CALLER, "the context handle names nothing");
		if (atomic_exchange(&ctx->busy, true)) {
			object_drop(&ctx->o);
			return because(&s->call, SEC_E_OUT_OF_SEQUENCE, TO_CALLER, "a leg of this context is in flight");
		}
		s->context = ctx;
		if (ctx->server != leg->server)
			return because(&s->call, SEC_E_INVALID_HANDLE, TO_CALLER, "the context has the other role");
		if (s->cred && s->cred->o.package != ctx->o.package)
			return because(&s->call, SEC_E_WRONG_CREDENTIAL_HANDLE, TO_CALLER,
			    "the credential belongs to another package");
		if (ctx->state != CONTEXT_PARTIAL)
			return because(&s->call, SEC_E_OUT_OF_SEQUENCE, TO_CALLER, "the context takes no further leg");
		return STATUS_SUCCESS;
	}
	ctx = calloc(1, sizeof *ctx);
	if (!ctx)
		return STATUS_INSUFFICIENT_RESOURCES;
	ctx->server = leg->server;
	if (object_new(&ctx->o, s->process, KIND_CONTEXT, s->cred->o.package) != STATUS_SUCCESS) {
		free(ctx);
		return because(&s->call, STATUS_QUOTA_EXCEEDED, TO_CALLER, "too many contexts, or no memory for one more");
	}
	atomic_store(&ctx->busy, true);
	ctx->cred = s->cred;		/* the context holds the credential from here on */
	s->cred = NULL;
	s->context = ctx;
	return STATUS_SUCCESS;
}

static NTSTATUS
leg_turn(struct served *s, struct leg *leg, struct leg_result *got)
{
	struct context_object *ctx;
	const struct lsa_package *p;
	NTSTATUS status;

	if (!s->begun) {
		s->begun = true;
		s->call.cancel_status = SEC_E_UNFINISHED_CONTEXT_DELETED;
		s->call.deadline_status = SEC_E_NO_AUTHENTICATING_AUTHORITY;
		status = leg_begin(s, leg);
		if (status != STATUS_SUCCESS)
			return status;
	}
	ctx = s->context;
	p = ctx->o.package;
	leg->args.cred = ctx->cred->cred;
	leg->args.context = got->context = ctx->context;
	call_enter(&s->call);
	status = leg->server ? p->accept(&s->call, &leg->args, got) : p->init(&s->call, &leg->args, got);
	call_leave(&s->call, status);
	ctx->context = got->context;
	if (s->first_leg && !leg->server && ctx->cred->explicit_identity && status >= 0 && status != STATUS_PENDING)
		raise_explicit(s, BYTES_NONE, bytes_of_text(ctx->cred->name), leg->args.target, p->name, 0);
	if (status == STATUS_SUCCESS) {
		ctx->state = CONTEXT_ESTABLISHED;
		atomic_fetch_add_explicit(&ctx->o.process->lsa->handshakes, 1, memory_order_relaxed);
	} else if (status == SEC_I_CONTINUE_NEEDED) {
		ctx->state = CONTEXT_PARTIAL;
	}
	return status;
}

/* What a failed leg has to tell the peer, where the caller asked for that. */
static struct bytes
leg_error_token(struct served *s, NTSTATUS status, const struct leg_result *got, bool asked)
{
	s->carries = status < 0 && asked && got->token.len;
	return s->carries ? got->token : BYTES_NONE;
}

NTSTATUS
serve_init(struct served *s, const struct init_in *in, struct init_out *out)
{
	struct leg leg = { in->cred, in->context, false, { .wants = in->wants, .data_rep = in->data_rep,
	    .target = in->target, .token = in->token, .bindings = in->bindings } };
	struct leg_result got = { .expiry = 0x7fffffffffffffffu };
	NTSTATUS status = leg_turn(s, &leg, &got);

	if (status >= 0 && status != STATUS_PENDING)
		*out = (struct init_out){ .context = s->context->o.word, .grants = got.grants, .expiry = got.expiry,
		    .token = got.token, .user_data = got.user_data };
	else
		out->token = leg_error_token(s, status, &got, (in->wants & WANTS_INIT_ERROR) != 0);
	return status;
}

NTSTATUS
serve_accept(struct served *s, const struct accept_in *in, struct accept_out *out)
{
	struct leg leg = { in->cred, in->context, true, { .wants = in->wants, .data_rep = in->data_rep,
	    .token = in->token, .bindings = in->bindings } };
	struct leg_result got = { .expiry = 0x7fffffffffffffffu };
	NTSTATUS status = leg_turn(s, &leg, &got);

	if (status >= 0 && status != STATUS_PENDING)
		*out = (struct accept_out){ .context = s->context->o.word, .grants = got.grants, .expiry = got.expiry,
		    .token = got.token, .user_data = got.user_data };
	else
		out->token = leg_error_token(s, status, &got, (in->wants & WANTS_ACCEPT_ERROR) != 0);
	return status;
}

/* Beside no leg; what comes of it is the package's to say, and a refusal leaves the context as it was. */
NTSTATUS
serve_control(struct served *s, const struct control_in *in, struct control_out *out)
{
	struct context_object *ctx = s->controlled;
	NTSTATUS status;

	(void)out;
	if (!ctx) {
		ctx = (struct context_object *)object_hold(s->process, KIND_CONTEXT, in->context);
		if (!ctx)
			return because(&s->call, SEC_E_INVALID_HANDLE, TO_CALLER, "the context handle names nothing");
		if (!ctx->o.package->control || atomic_exchange(&ctx->busy, true)) {
			status = ctx->o.package->control ? SEC_E_OUT_OF_SEQUENCE : SEC_E_UNSUPPORTED_FUNCTION;
			object_drop(&ctx->o);
			return because(&s->call, status, TO_CALLER, status == SEC_E_OUT_OF_SEQUENCE ?
			    "a leg of this context is in flight" : "contexts of this package take no control tokens");
		}
		s->controlled = ctx;
	}
	if (ctx->state != CONTEXT_PARTIAL && ctx->state != CONTEXT_ESTABLISHED)
		return because(&s->call, SEC_E_OUT_OF_SEQUENCE, TO_CALLER, "the context has failed");
	call_enter(&s->call);
	status = ctx->o.package->control(&s->call, ctx->context, in->buffers);
	call_leave(&s->call, status);
	return status;
}

NTSTATUS
serve_forget(struct served *s, const struct forget_in *in, struct forget_out *out)
{
	(void)out;
	return object_close(s->process, KIND_CONTEXT, in->context);
}

NTSTATUS
serve_change(struct served *s, const struct change_in *in, struct change_out *out)
{
	const struct lsa_package *p = package_find(in->package);
	struct change_args args = { .domain = in->domain, .user = in->user, .old = in->old, .fresh = in->fresh,
	    .trusted = s->link->rank >= TRUSTED };
	NTSTATUS status;

	(void)out;
	if (!p)
		return because(&s->call, SEC_E_SECPKG_NOT_FOUND, TO_CALLER, "no security package of this name here");
	if (!p->change)
		return because(&s->call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "%s changes no passwords", p->name);
	call_enter(&s->call);
	status = p->change(&s->call, &args);
	call_leave(&s->call, status);
	return status;
}

NTSTATUS
serve_adopt(struct served *s, const struct adopt_in *in, struct adopt_out *out)
{
	const struct lsa_package *p = package_find(in->package);
	NTSTATUS status;

	(void)out;
	if (!p)
		return because(&s->call, SEC_E_SECPKG_NOT_FOUND, TO_CALLER, "no security package of this name here");
	if (!p->adopt)
		return because(&s->call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "%s takes no tickets", p->name);
	call_enter(&s->call);
	status = p->adopt(&s->call, in->tickets);
	call_leave(&s->call, status);
	return status;
}

NTSTATUS
serve_expect(struct served *s, const struct expect_in *in, struct expect_out *out)
{
	const struct lsa_package *p = package_find(in->package);
	NTSTATUS status;

	(void)out;
	if (!p)
		return because(&s->call, SEC_E_SECPKG_NOT_FOUND, TO_CALLER, "no security package of this name here");
	if (!p->expect)
		return because(&s->call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "%s takes no tickets", p->name);
	call_enter(&s->call);
	status = p->expect(&s->call, in->coming, in->done);
	call_leave(&s->call, status);
	return status;
}
