/*
 * serve_quota.c - what an account of policy may use (QUOTA_LIMITS). It is
 * kept and told, to LsaLogonUser's callers too; nothing here is limited by it.
 */
#include "lsa/policy.h"
#include "pkg/lsa_mode.h"

#define QUOTAS_LEN 48u

NTSTATUS
account_quotas(struct store *store, struct bytes sid, uint8_t ret_quotas[QUOTAS_LEN])
{
	struct writer w = writer_of(ret_quotas, QUOTAS_LEN);
	struct entry *entry = NULL;
	NTSTATUS status = sid.len ? book_find(store, BOOK_QUOTA, sid, &entry) : STATUS_NOT_FOUND;

	if (status == STATUS_NOT_FOUND)
		return policy_quotas(store, ret_quotas);
	if (status == STATUS_SUCCESS)
		writer_bytes(&w, entry->value);
	entry_drop(entry);
	if (status != STATUS_SUCCESS)
		return status;
	return writer_ok(&w) && w.need == QUOTAS_LEN ? STATUS_SUCCESS : STATUS_INTERNAL_DB_ERROR;
}

static NTSTATUS
no_account(struct served *s)
{
	return because(&s->call, STATUS_OBJECT_NAME_NOT_FOUND, TO_CALLER, "policy knows no account of this SID");
}

static NTSTATUS
told(struct served *s, struct bytes key, struct acct_quota_out *out)
{
	uint8_t *at = call_memory(&s->call, QUOTAS_LEN);
	struct entry *entry = NULL;
	struct store *store;
	NTSTATUS status = at ? lsa_store(s->link->lsa, &store, &s->call) : STATUS_INSUFFICIENT_RESOURCES;

	if (status == STATUS_SUCCESS)
		status = book_find(store, BOOK_ACCOUNT, key, &entry);
	if (status == STATUS_NOT_FOUND)
		return no_account(s);
	entry_drop(entry);
	if (status == STATUS_SUCCESS)
		status = account_quotas(store, key, at);
	if (status == STATUS_SUCCESS)
		out->quotas = bytes_of(at, QUOTAS_LEN);
	return status;
}

/* Of an account that is there: it may have gone since the handle was opened. */
static NTSTATUS
quota_work(struct edit *e, struct book_change *c)
{
	struct secret *account = NULL;
	NTSTATUS status = book_read(c, BOOK_ACCOUNT, e->key, &account);

	secret_drop(&account);
	if (status == STATUS_NOT_FOUND) {
		e->why = "policy knows no account of this SID";
		return STATUS_OBJECT_NAME_NOT_FOUND;
	}
	return status == STATUS_SUCCESS ? book_write(c, BOOK_QUOTA, e->key, e->guard) : status;
}

NTSTATUS
serve_acct_quota(struct served *s, const struct acct_quota_in *in, struct acct_quota_out *out)
{
	struct edit m = { .work = quota_work, .guard = in->quotas, .what = "account quotas set", .event = AUDIT_OBJECT,
	    .object = OBJECT_ACCOUNT }, *e;
	struct policy_object *p = NULL;
	NTSTATUS status = STATUS_SUCCESS;

	if (!edit_runs(s)) {
		status = policy_hold(s, in->account, OBJECT_ACCOUNT, in->quotas.len ? ACCOUNT_QUOTAS : ACCOUNT_SEE, &p);
		if (status != STATUS_SUCCESS)
			return status;
		m.key = bytes_of(p->key, p->key_len);
		if (in->quotas.len && in->quotas.len != QUOTAS_LEN)
			status = STATUS_INVALID_PARAMETER;
		else if (!in->quotas.len)
			status = told(s, m.key, out);
	}
	if (status == STATUS_SUCCESS && in->quotas.len)
		status = edit_run(s, &m, &e);
	if (p)
		object_drop(&p->o);
	return status;
}
