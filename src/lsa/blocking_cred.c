/*
 * blocking_cred.c - credentials of third-party packages, and what the
 * adapter's calls share: the end of what a package made, frames, answers.
 */
#include "lsa/blocking_calls.h"

#include <stdlib.h>

#include "base/utf16.h"

#define NEVER		0x7fffffffffffffffull
#define USE_INBOUND	1u
#define USE_OUTBOUND	2u

/* --- the end of things -------------------------------------------------------- */

static void
ending_drop(struct plug_task *t)
{
	free(t);
}

struct plug_ending *
plug_ending_new(struct plug *p, const char *what, void (*run)(struct plug_task *))
{
	struct plug_ending *e = calloc(1, sizeof *e);

	if (!e)
		return NULL;
	task_begin(&e->t, p, NULL, what);
	e->t.run = run;
	e->t.drop = ending_drop;
	return e;
}

void
plug_ending_go(struct plug_ending *e, bool has, LSA_SEC_HANDLE handle)
{
	e->handle = handle;
	if (has)
		task_alone(&e->t);
	else
		task_drop(&e->t);
}

static void
cred_run_end(struct plug_task *t)
{
	(void)t->plug->table->FreeCredentialsHandle(((struct plug_ending *)(void *)t)->handle);
}

static struct plug_cred *
cred_new(struct plug *p)
{
	struct plug_cred *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	atomic_init(&c->refs, 1);
	c->plug = p;
	c->end = plug_ending_new(p, "FreeCredentialsHandle", cred_run_end);
	if (!c->end) {
		free(c);
		return NULL;
	}
	return c;
}

struct plug_cred *
plug_cred_hold(struct plug_cred *c)
{
	atomic_fetch_add(&c->refs, 1);
	return c;
}

void
plug_cred_drop(struct plug_cred *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	plug_ending_go(c->end, c->has && c->plug->table->FreeCredentialsHandle, c->handle);
	free(c);
}

void
plug_forget_cred(void *cred)
{
	plug_cred_drop(cred);
}

/* --- a call and its task ------------------------------------------------------------ */

void
plug_frame_drop(void *frame)
{
	struct plug_frame *f = frame;

	task_drop(f->task);
}

UNICODE_STRING
plug_text(struct writer *w, struct bytes utf8)
{
	size_t from = w->need + w->need % 2;
	UNICODE_STRING text = { 0 };

	writer_zeros(w, w->need % 2);
	if (!utf16_from_utf8(w, utf8) || w->need - from > UINT16_MAX - 2u)
		return text;
	text.Length = (USHORT)(w->need - from);
	text.MaximumLength = (USHORT)(text.Length + 2);
	text.Buffer = w->at ? (PWSTR)(void *)(w->at + from) : NULL;
	writer_zeros(w, 2);
	return text;
}

/* What a leg or an acquisition may end with: nothing that means something else to us. */
NTSTATUS
plug_answer(struct call *call, const struct plug_task *t)
{
	NTSTATUS status = t->status;

	if (status == STATUS_SUCCESS || status == SEC_I_CONTINUE_NEEDED)
		return status;
	if (status < 0)
		return because(call, status, TO_CALLER, "the package %s answered so in %s", t->plug->name, t->what);
	return because(call, SEC_E_INTERNAL_ERROR, TO_CALLER, "the package %s answered 0x%08X in %s, which is not understood",
	    t->plug->name, (unsigned)status, t->what);
}

/* --- credentials ------------------------------------------------------------------------ */

struct acquisition {
	struct plug_task t;
	struct plug_cred *cred;
	UNICODE_STRING principal;
	bool has_principal;
	ULONG use;
	LUID luid;
	uint64_t identity;		/* an address of the client's, or 0 */
	TimeStamp expiry;
	char name[1024];		/* UTF-8 */
	_Alignas(8) uint8_t texts[];
};

static void
acquisition_drop(struct plug_task *t)
{
	struct acquisition *a = (struct acquisition *)(void *)t;

	plug_cred_drop(a->cred);
	free(a);
}

/* Some packages can say whom a credential is of. */
static void
acquisition_name(struct acquisition *a)
{
	const SECPKG_FUNCTION_TABLE *table = a->t.plug->table;
	SecPkgCredentials_NamesW names = { 0 };
	struct writer w = writer_of(a->name, sizeof a->name - 1);
	size_t len = 0;

	if (!table->QueryCredentialsAttributes ||
	    table->QueryCredentialsAttributes(a->cred->handle, SECPKG_CRED_ATTR_NAMES, &names) != STATUS_SUCCESS || !names.sUserName)
		return;
	while (names.sUserName[len] && len < 512)
		len++;
	if (!utf8_from_utf16(&w, bytes_of(names.sUserName, len * 2)) || !writer_ok(&w))
		a->name[0] = 0;
	plug_heap_free(names.sUserName);
}

static void
acquisition_run(struct plug_task *t)
{
	struct acquisition *a = (struct acquisition *)(void *)t;

	t->status = t->plug->table->AcquireCredentialsHandle(a->has_principal ? &a->principal : NULL, a->use, &a->luid,
	    (PVOID)(uintptr_t)a->identity, NULL, NULL, &a->cred->handle, &a->expiry);
	a->cred->has = t->status == STATUS_SUCCESS;
	if (a->cred->has)
		acquisition_name(a);
}

/* SEC_WINNT_AUTH_IDENTITY_W in memory of the client's, its strings behind it. */
static bool
identity_put(struct acquisition *a, const struct acquire_args *args)
{
	SEC_WINNT_AUTH_IDENTITY_W id = { .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE };
	size_t user = sizeof id, domain = user + args->user.len + 2, password = domain + args->domain.len + 2;
	size_t len = password + args->password.len + 2;
	struct plug_region *r;

	a->identity = region_new(&a->t, BYTES_NONE, len);
	r = a->identity ? region_at(&a->t, a->identity, len) : NULL;
	if (!r)
		return false;
	bytes_copy(r->at + user, args->user.at, args->user.len);
	bytes_copy(r->at + domain, args->domain.at, args->domain.len);
	bytes_copy(r->at + password, args->password.at, args->password.len);
	id.User = (void *)(uintptr_t)(r->base + user);
	id.UserLength = (ULONG)(args->user.len / 2);
	id.Domain = (void *)(uintptr_t)(r->base + domain);
	id.DomainLength = (ULONG)(args->domain.len / 2);
	id.Password = args->has_password ? (void *)(uintptr_t)(r->base + password) : NULL;
	id.PasswordLength = (ULONG)(args->password.len / 2);
	bytes_copy(r->at, &id, sizeof id);
	return true;
}

static struct acquisition *
acquisition_new(struct plug *p, struct call *call, const struct acquire_args *args)
{
	struct writer w = writer_of(NULL, 0);
	struct acquisition *a;
	uint64_t luid = args->logon_id;

	(void)plug_text(&w, args->principal);
	a = calloc(1, sizeof *a + w.need);
	if (!a)
		return NULL;
	task_begin(&a->t, p, call, "AcquireCredentialsHandle");
	a->t.run = acquisition_run;
	a->t.drop = acquisition_drop;
	a->cred = cred_new(p);
	if (!a->cred) {
		task_drop(&a->t);
		return NULL;
	}
	w = writer_of(a->texts, w.need);
	a->principal = plug_text(&w, args->principal);
	a->has_principal = args->principal.len != 0;
	a->use = (args->inbound ? USE_INBOUND : 0) | (args->outbound ? USE_OUTBOUND : 0);
	luid = luid ? luid : a->t.caller.luid;
	a->luid = plug_luid_of(luid);
	a->expiry.QuadPart = (LONGLONG)NEVER;
	if ((args->explicit_identity || args->has_password) && !identity_put(a, args)) {
		task_drop(&a->t);
		return NULL;
	}
	return a;
}

NTSTATUS
plug_acquire(struct plug *p, struct call *call, const struct acquire_args *args, struct acquire_result *ret)
{
	struct plug_frame *f = frame(call, sizeof *f, plug_frame_drop);
	struct acquisition *a;
	NTSTATUS status;
	size_t len;
	char *name;

	if (!p->table->AcquireCredentialsHandle)
		return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "%s has no credentials", p->name);
	if (!f)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!f->task) {
		a = acquisition_new(p, call, args);
		if (!a)
			return STATUS_INSUFFICIENT_RESOURCES;
		f->task = &a->t;
		return task_await(f->task, call);
	}
	a = (struct acquisition *)(void *)f->task;
	status = plug_answer(call, f->task);
	if (status != STATUS_SUCCESS)
		return status < 0 ? status : SEC_E_INTERNAL_ERROR;
	len = bytes_of_text(a->name).len;
	name = call_memory(call, len + 1);
	if (!name)
		return STATUS_INSUFFICIENT_RESOURCES;
	bytes_copy(name, a->name, len);
	ret->name = name;
	ret->expiry = (uint64_t)a->expiry.QuadPart;
	ret->cred = plug_cred_hold(a->cred);
	return STATUS_SUCCESS;
}
