/*
 * blocking.c - the adapter: a third-party package, as Windows' tables
 * describe it, behind the table of our own (pkg/lsa_mode.h). What a call asks
 * of the package becomes a task (blocking_work.c); the call waits, and takes
 * from the task what came of it. Credentials and contexts are counted by the
 * LSA and by the tasks that use them, and the last one lets the package
 * forget them, on its own thread.
 */
#include "lsa/blocking.h"

#include <stdlib.h>

#include "lsa/blocking_calls.h"

#define SUPPORTED_WANTS	(~0x00000100u)	/* without ISC_REQ_ALLOCATE_MEMORY: a buffer is given */
#define NEVER		0x7fffffffffffffffull

/* --- contexts --------------------------------------------------------------------- */

struct plug_context {
	_Atomic unsigned refs;
	struct plug *plug;
	struct plug_cred *cred;			/* held */
	struct plug_ending *end;
	LSA_SEC_HANDLE handle;
	bool has, server;
	struct session *session;		/* the LSA's side alone sees it */
	uint32_t level;
};

static void
context_run_end(struct plug_task *t)
{
	(void)t->plug->table->DeleteContext(((struct plug_ending *)(void *)t)->handle);
}

static struct plug_context *
context_new(struct plug_cred *cred, bool server)
{
	struct plug_context *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	atomic_init(&c->refs, 1);
	c->plug = cred->plug;
	c->server = server;
	c->end = plug_ending_new(c->plug, "DeleteContext", context_run_end);
	if (!c->end) {
		free(c);
		return NULL;
	}
	c->cred = plug_cred_hold(cred);
	return c;
}

static struct plug_context *
context_hold(struct plug_context *c)
{
	atomic_fetch_add(&c->refs, 1);
	return c;
}

static void
context_drop(struct plug_context *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	plug_ending_go(c->end, c->has && c->plug->table->DeleteContext, c->handle);
	plug_cred_drop(c->cred);
	free(c);
}

static void
forget_context(void *context)
{
	struct plug_context *c = context;

	if (!c)
		return;
	session_drop(c->session);
	c->session = NULL;
	context_drop(c);
}

static void *
who(void *context, uint32_t *ret_level)
{
	const struct plug_context *c = context;

	*ret_level = c->level;
	return c->session;
}

/* --- legs ------------------------------------------------------------------------------------ */

struct leg {
	struct plug_task t;
	struct plug_context *ctx;
	bool first;
	ULONG wants, data_rep, grants;
	UNICODE_STRING target;
	SecBuffer in[2], out, data;
	SecBufferDesc in_desc, out_desc;
	TimeStamp expiry;
	BOOLEAN mapped;
	uint8_t *given;			/* where the token goes; the package may put another in its place */
	_Alignas(8) uint8_t bytes[];
};

static void
leg_drop(struct plug_task *t)
{
	struct leg *leg = (struct leg *)(void *)t;

	if (leg->out.pvBuffer != leg->given)
		plug_heap_free(leg->out.pvBuffer);
	plug_heap_free(leg->given);
	plug_heap_free(leg->data.pvBuffer);
	context_drop(leg->ctx);
	free(leg);
}

static void
leg_run(struct plug_task *t)
{
	struct leg *leg = (struct leg *)(void *)t;
	const SECPKG_FUNCTION_TABLE *table = t->plug->table;
	struct plug_context *ctx = leg->ctx;
	LSA_SEC_HANDLE fresh = ctx->handle, old = leg->first ? 0 : ctx->handle;

	if (ctx->server)
		t->status = table->AcceptLsaModeContext(ctx->cred->handle, old, &leg->in_desc, leg->wants, leg->data_rep, &fresh,
		    &leg->out_desc, &leg->grants, &leg->expiry, &leg->mapped, &leg->data);
	else
		t->status = table->InitLsaModeContext(ctx->cred->handle, old, &leg->target, leg->wants, leg->data_rep,
		    &leg->in_desc, &fresh, &leg->out_desc, &leg->grants, &leg->expiry, &leg->mapped, &leg->data);
	if (t->status >= 0 && fresh) {
		ctx->handle = fresh;
		ctx->has = true;
	}
}

static void
leg_fill(struct leg *leg, struct writer *w, const struct leg_args *args)
{
	size_t from;

	leg->target = plug_text(w, args->target);
	leg->in_desc = (SecBufferDesc){ SECBUFFER_VERSION, 0, leg->in };
	from = w->need;
	writer_bytes(w, args->token);
	if (args->token.len)
		leg->in[leg->in_desc.cBuffers++] = (SecBuffer){ (ULONG)args->token.len, SECBUFFER_TOKEN,
		    w->at ? w->at + from : NULL };
	writer_zeros(w, (8 - w->need % 8) % 8);
	from = w->need;
	writer_bytes(w, args->bindings);
	if (args->bindings.len)
		leg->in[leg->in_desc.cBuffers++] = (SecBuffer){ (ULONG)args->bindings.len, SECBUFFER_CHANNEL_BINDINGS,
		    w->at ? w->at + from : NULL };
}

static struct leg *
leg_new(struct call *call, struct plug_context *ctx, const struct leg_args *args)
{
	struct writer w = writer_of(NULL, 0);
	uint32_t room = ctx->plug->package.max_token;
	struct leg *leg, measured;

	leg_fill(&measured, &w, args);
	leg = calloc(1, sizeof *leg + w.need);
	if (!leg)
		return NULL;
	task_begin(&leg->t, ctx->plug, call, ctx->server ? "AcceptLsaModeContext" : "InitLsaModeContext");
	leg->t.run = leg_run;
	leg->t.drop = leg_drop;
	leg->ctx = context_hold(ctx);
	leg->first = !ctx->has;
	leg->wants = args->wants & SUPPORTED_WANTS;
	leg->data_rep = args->data_rep;
	w = writer_of(leg->bytes, w.need);
	leg_fill(leg, &w, args);
	leg->given = plug_heap(room);
	leg->out = (SecBuffer){ room, SECBUFFER_TOKEN, leg->given };
	leg->out_desc = (SecBufferDesc){ SECBUFFER_VERSION, 1, &leg->out };
	leg->expiry.QuadPart = (LONGLONG)NEVER;
	if (!leg->given) {
		task_drop(&leg->t);
		return NULL;
	}
	return leg;
}

static bool
copied(struct call *call, struct bytes *ret, const void *at, size_t len)
{
	uint8_t *copy = len ? call_memory(call, len) : NULL;

	if (copy)
		bytes_copy(copy, at, len);
	*ret = bytes_of(copy, copy ? len : 0);
	return copy || !len;
}

/* What the half in the application begins with: facts that the LSA knows, then the package's own bytes. */
static bool
user_data_put(struct call *call, const struct leg *leg, const struct leg_args *args, struct bytes *ret)
{
	struct writer w = writer_of(NULL, 0);

	for (int pass = 0; pass < 2; pass++) {
		if (pass) {
			w = writer_of(call_memory(call, w.need), w.need);
			if (!w.at)
				return false;
		}
		writer_u32(&w, PLUG_LAYOUT);
		writer_u8(&w, PLUG_DATA_FRESH);
		writer_u8(&w, leg->ctx->server);
		writer_u16(&w, 0);
		writer_u32(&w, leg->grants);
		writer_u64(&w, (uint64_t)leg->expiry.QuadPart);
		writer_sized(&w, args->target);
		writer_sized(&w, bytes_of(leg->data.pvBuffer, leg->data.cbBuffer));
	}
	*ret = bytes_of(w.at, w.need);
	return true;
}

/* The session that CreateToken noted begins now. */
static NTSTATUS
leg_session(struct call *call, struct leg *leg)
{
	struct plug_facts *made = leg->t.made;
	struct logon_view view;
	NTSTATUS status;

	if (!made || !leg->ctx->server || leg->ctx->session)
		return STATUS_SUCCESS;
	status = services(call)->logon_as(call, &made->facts, made->type, leg->t.plug->name, &view);
	services(call)->audit(call, status, made->facts.domain, made->facts.user, leg->t.plug->name, made->luid);
	if (status != STATUS_SUCCESS)
		return because(call, status, TO_CALLER, "no logon session for the client of %s", leg->t.plug->name);
	plug_luid_used(&leg->t, made->luid);
	leg->ctx->session = view.session;
	leg->ctx->level = made->level;
	return STATUS_SUCCESS;
}

static NTSTATUS
leg_take(struct call *call, struct leg *leg, const struct leg_args *args, struct leg_result *ret)
{
	NTSTATUS status = plug_answer(call, &leg->t);
	struct plug *p = leg->t.plug;

	if (status < 0)
		return status;
	if (leg->out.cbBuffer > p->package.max_token || (leg->out.cbBuffer && !leg->out.pvBuffer) || !leg->ctx->has)
		return because(call, SEC_E_INTERNAL_ERROR, TO_CALLER, "the package %s gave no context, or a token larger than it says",
		    p->name);
	if (!copied(call, &ret->token, leg->out.pvBuffer, leg->out.cbBuffer))
		return STATUS_INSUFFICIENT_RESOURCES;
	ret->grants = leg->grants;
	ret->expiry = (uint64_t)leg->expiry.QuadPart;
	if (status != STATUS_SUCCESS)
		return status;
	if (leg->mapped && leg->data.pvBuffer && !user_data_put(call, leg, args, &ret->user_data))
		return STATUS_INSUFFICIENT_RESOURCES;
	return leg_session(call, leg);
}

static NTSTATUS
leg_turn(struct call *call, const struct leg_args *args, struct leg_result *ret, bool server)
{
	struct plug_frame *f = frame(call, sizeof *f, plug_frame_drop);
	struct plug_cred *cred = args->cred;
	struct plug_context *ctx = args->context;
	struct leg *leg;

	if (server ? !cred->plug->table->AcceptLsaModeContext : !cred->plug->table->InitLsaModeContext)
		return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "%s %s no contexts", cred->plug->name,
		    server ? "accepts" : "initiates");
	if (!f)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (f->task)
		return leg_take(call, (struct leg *)(void *)f->task, args, ret);
	if (!ctx)
		ctx = ret->context = context_new(cred, server);
	leg = ctx ? leg_new(call, ctx, args) : NULL;
	if (!leg)
		return STATUS_INSUFFICIENT_RESOURCES;
	f->task = &leg->t;
	return task_await(f->task, call);
}

static NTSTATUS
init(struct call *call, const struct leg_args *args, struct leg_result *ret)
{
	return leg_turn(call, args, ret, false);
}

static NTSTATUS
accept_leg(struct call *call, const struct leg_args *args, struct leg_result *ret)
{
	return leg_turn(call, args, ret, true);
}

/* --- control tokens --------------------------------------------------------------------------- */

#define CONTROL_BUFFERS	16u

struct control {
	struct plug_task t;
	struct plug_context *ctx;
	SecBuffer buffers[CONTROL_BUFFERS];
	SecBufferDesc desc;
	size_t len;
	uint8_t bytes[];
};

static void
control_drop(struct plug_task *t)
{
	struct control *c = (struct control *)(void *)t;

	context_drop(c->ctx);
	bytes_wipe(c->bytes, c->len);
	free(c);
}

static void
control_run(struct plug_task *t)
{
	struct control *c = (struct control *)(void *)t;

	t->status = t->plug->table->ApplyControlToken(c->ctx->handle, &c->desc);
}

static bool
control_fill(struct control *c)
{
	struct reader r = reader_of(bytes_of(c->bytes, c->len));

	while (reader_left(&r) && c->desc.cBuffers < CONTROL_BUFFERS) {
		ULONG type = reader_u32(&r);
		struct bytes b = reader_sized(&r, UINT32_MAX);

		c->buffers[c->desc.cBuffers++] = (SecBuffer){ (ULONG)b.len, type, (void *)(uintptr_t)b.at };
	}
	return reader_done(&r);
}

static NTSTATUS
control(struct call *call, void *context, struct bytes buffers)
{
	struct plug_frame *f = frame(call, sizeof *f, plug_frame_drop);
	struct plug_context *ctx = context;
	struct control *c;

	if (!ctx->plug->table->ApplyControlToken || !ctx->has)
		return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "%s takes no control tokens", ctx->plug->name);
	if (!f)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (f->task)
		return f->task->status > 0 ? SEC_E_INTERNAL_ERROR : plug_answer(call, f->task);
	c = calloc(1, sizeof *c + buffers.len);
	if (!c)
		return STATUS_INSUFFICIENT_RESOURCES;
	task_begin(&c->t, ctx->plug, call, "ApplyControlToken");
	f->task = &c->t;
	c->t.run = control_run;
	c->t.drop = control_drop;
	c->ctx = context_hold(ctx);
	c->desc = (SecBufferDesc){ SECBUFFER_VERSION, 0, c->buffers };
	c->len = buffers.len;
	bytes_copy(c->bytes, buffers.at, buffers.len);
	if (!control_fill(c))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "more than %u buffers, or none of a buffer's form", CONTROL_BUFFERS);
	return task_await(f->task, call);
}

/* --- the rows of the registry ------------------------------------------------------------------- */

/* Our table has no place for whose row it is, where there is no credential yet: one function for each place. */
#define PLACE(n) \
	static NTSTATUS acquire_##n(struct call *c, const struct acquire_args *a, struct acquire_result *r) \
	{ return plug_acquire(plug_at(n), c, a, r); } \
	static NTSTATUS message_##n(struct call *c, const struct message_args *a, struct message_result *r) \
	{ return plug_message(plug_at(n), c, a, r); } \
	static NTSTATUS logon_##n(struct call *c, const struct logon_args *a, struct logon_result *r) \
	{ return plug_logon(plug_at(n), c, a, r); } \
	static NTSTATUS about_##n(struct call *c, uint64_t luid, struct bytes *r) \
	{ return plug_about(plug_at(n), c, luid, r); } \
	static NTSTATUS change_##n(struct call *c, const struct change_args *a) \
	{ return plug_change(plug_at(n), c, a); }
#define PLACE_ROW(n)	{ .acquire = acquire_##n, .message = message_##n, .logon = logon_##n, .about = about_##n, \
	.change = change_##n }

PLACE(0) PLACE(1) PLACE(2) PLACE(3) PLACE(4) PLACE(5) PLACE(6) PLACE(7)

void
plug_package(struct plug *p, unsigned slot)
{
	static const struct lsa_package places[PLUGS_MAX] = { PLACE_ROW(0), PLACE_ROW(1), PLACE_ROW(2), PLACE_ROW(3),
		PLACE_ROW(4), PLACE_ROW(5), PLACE_ROW(6), PLACE_ROW(7) };
	const SECPKG_FUNCTION_TABLE *t = p->table;
	struct lsa_package *row = &p->package;

	row->name = p->name;
	row->comment = p->comment;
	row->layout = PLUG_LAYOUT;
	row->acquire = places[slot].acquire;
	row->init = init;
	row->accept = accept_leg;
	row->control = control;
	row->forget_cred = plug_forget_cred;
	row->forget_context = forget_context;
	row->who = who;
	row->message = t->CallPackage || t->CallPackageUntrusted ? places[slot].message : NULL;
	row->logon = t->LogonUserEx2 || t->LogonUserEx || t->LogonUser ? places[slot].logon : NULL;
	row->about = t->GetUserInfo ? places[slot].about : NULL;
	row->change = t->ChangeAccountPassword ? places[slot].change : NULL;
}
