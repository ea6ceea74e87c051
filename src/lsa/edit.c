/*
 * edit.c - a change of policy from its call to the disk and back: it is begun
 * on the caller's thread, done on a job in one transaction, and audited and
 * announced when it has been committed. What is changed, others know.
 */
#include <stdlib.h>

#include "lsa/policy.h"
#include "lsa/raise.h"
#include "pkg/lsa_mode.h"

/* The call's part of it: the job has another. */
struct holder { struct edit *edit; };

static void
edit_put(void *arg)
{
	struct edit *e = arg;

	if (!e || atomic_fetch_sub(&e->refs, 1) != 1)
		return;
	secret_drop(&e->value[0]);
	secret_drop(&e->value[1]);
	free(e);
}

static void
holder_drop(void *frame)
{
	edit_put(((struct holder *)frame)->edit);
}

static struct bytes
span(struct edit *e, size_t *used, struct bytes from)
{
	uint8_t *to = e->bytes + *used;

	bytes_copy(to, from.at, from.len);
	*used += from.len;
	return bytes_of(to, from.len);
}

static struct edit *
edit_new(struct served *s, struct store *store, struct edit *model)
{
	size_t used = 0;
	struct edit *e = calloc(1, sizeof *e + model->key.len + model->name.len + model->guard.len);

	if (!e) {
		secret_drop(&model->value[0]);
		secret_drop(&model->value[1]);
		return NULL;
	}
	*e = *model;
	model->value[0] = model->value[1] = NULL;
	atomic_init(&e->refs, 1);
	e->store = store;
	e->key = span(e, &used, model->key);
	e->name = span(e, &used, model->name);
	e->guard = span(e, &used, model->guard);
	e->sid_count = peer_sids(&s->link->peer, e->sids);
	e->security = sids_security(store, e->sids, e->sid_count);
	return e;
}

static NTSTATUS
edit_work(void *arg)
{
	struct edit *e = arg;
	struct book_change c;
	NTSTATUS status;

	if (e->read)
		return e->read(e);
	status = book_begin(&c, e->store);
	return status == STATUS_SUCCESS ? book_end(&c, e->work(e, &c)) : status;
}

bool
edit_runs(const struct served *s)
{
	return s->begun;
}

NTSTATUS
edit_run(struct served *s, struct edit *model, struct edit **ret_edit)
{
	struct holder *h = frame(&s->call, sizeof *h, holder_drop);
	struct store *store = NULL;
	NTSTATUS status = h ? lsa_store(s->link->lsa, &store, &s->call) : STATUS_INSUFFICIENT_RESOURCES;

	if (status == STATUS_SUCCESS && !s->begun) {
		h->edit = edit_new(s, store, model);
		if (!h->edit)
			return STATUS_INSUFFICIENT_RESOURCES;
		atomic_fetch_add(&h->edit->refs, 1);
		s->begun = true;
		return await_job(&s->call, edit_work, edit_put, h->edit);
	}
	if (status != STATUS_SUCCESS) {
		secret_drop(&model->value[0]);
		secret_drop(&model->value[1]);
		return status;
	}
	status = awaited(&s->call);
	if (status == STATUS_SUCCESS && h->edit->classes)
		changes_tell(s->link->lsa, h->edit->classes);
	if (status < 0 && h->edit->why)
		(void)because(&s->call, status, TO_CALLER, "%s", h->edit->why);
	if (h->edit->what)
		raise_edit(s, h->edit, status);
	if (h->edit->audited)
		raise_opened(s, policy_types[h->edit->object], h->edit->key, h->edit->wanted, status);
	if (status < 0 && h->edit->why)
		return status;
	*ret_edit = h->edit;
	return status;
}

NTSTATUS
edit_denied(struct edit *e, const char *why)
{
	e->why = why;
	return STATUS_ACCESS_DENIED;
}

uint32_t
edit_allows(const struct edit *e, enum policy_kind what, struct bytes guard)
{
	return guard_allows(guard, e->sids, e->sid_count, &policy_maps[what]) | e->security;
}

NTSTATUS
edit_grant(struct edit *e, enum policy_kind what, struct bytes guard, uint32_t never)
{
	NTSTATUS status = access_grant(&e->granted, what, edit_allows(e, what, guard) & ~never, e->wanted);

	e->audited = guard_audits(guard, e->sids, e->sid_count, &policy_maps[what],
	    status == STATUS_SUCCESS ? e->granted : access_mapped(&policy_maps[what], e->wanted), status == STATUS_SUCCESS);
	return status;
}
