/*
 * serve_admin.c - accounts, policy, and the LSA about itself. The rank column
 * has let nobody through who may not; what an administrator changes is written
 * to the audit log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lsa/client.h"
#include "lsa/raise.h"
#include "pkg/lsa_mode.h"
#include "store/history.h"
#include "store/policy.h"

#define FLAG_DISABLED	0x1u	/* OLSA_USER_* */
#define FLAG_LOCKED	0x2u
#define FLAG_MUST_CHANGE 0x4u

/* --- a change runs where it may block ------------------------------------------ */

enum change { CHANGE_ADD, CHANGE_DELETE, CHANGE_KEY, CHANGE_LOCK, CHANGE_UNLOCK, CHANGE_DISABLE, CHANGE_ENABLE, CHANGE_RULE };

static const char *const change_names[] = {
	[CHANGE_ADD]    = "account added",
	[CHANGE_DELETE] = "account deleted",
	[CHANGE_KEY]    = "password set",
	[CHANGE_LOCK]   = "account locked",
	[CHANGE_UNLOCK] = "account unlocked",
	[CHANGE_DISABLE] = "account disabled",
	[CHANGE_ENABLE] = "account enabled",
	[CHANGE_RULE]   = "policy changed",
};

/* All that the job needs, owned by it. */
struct change_job {
	struct store *store;
	enum change change;
	struct secret *nt_hash;
	bool blank;
	enum policy policy;
	uint32_t value;
	size_t name_len, full_len;
	uint8_t name[];			/* the full name behind it */
};

static NTSTATUS
lock_work(struct change_job *j, struct bytes name)
{
	struct account *account;
	NTSTATUS status;

	if (j->change == CHANGE_LOCK)
		return account_set_flags(j->store, name, ACCOUNT_LOCKED, 0);
	status = account_set_flags(j->store, name, 0, ACCOUNT_LOCKED);
	if (status != STATUS_SUCCESS)
		return status;
	switch (account_find(j->store, name, &account)) {
	case ACCOUNT_FOUND:
		status = attempt_unlock(j->store, account);
		account_drop(account);
		return status;
	case ACCOUNT_ABSENT:
		return STATUS_NO_SUCH_USER;
	case ACCOUNT_ERROR:
	default:
		return STATUS_INTERNAL_DB_ERROR;
	}
}

/* What was remembered of it goes first: nothing is kept of somebody who is gone. */
static NTSTATUS
delete_work(struct store *store, struct bytes name)
{
	struct account *account = NULL;
	NTSTATUS status = STATUS_SUCCESS;

	if (account_find(store, name, &account) == ACCOUNT_FOUND) {
		status = history_forget(store, account->rid);
		account_drop(account);
	}
	return status == STATUS_SUCCESS ? account_del(store, name) : status;
}

/* Whom the new number leaves no place is forgotten with it. */
static NTSTATUS
rule_work(const struct change_job *j)
{
	NTSTATUS status = policy_set(j->store, j->policy, j->value);

	return status == STATUS_SUCCESS && j->policy == POLICY_CACHED_LOGONS ? remember_most(j->store, j->value) : status;
}

static NTSTATUS
change_work(void *arg)
{
	struct change_job *j = arg;
	struct bytes name = bytes_of(j->name, j->name_len);
	struct account_new new = { .name = name, .full_name = bytes_of(j->name + j->name_len, j->full_len),
	    .nt_hash = j->nt_hash, .blank_password = j->blank };
	uint32_t rid;

	switch (j->change) {
	case CHANGE_ADD:
		return account_add(j->store, &new, &rid);
	case CHANGE_DELETE:
		return delete_work(j->store, name);
	case CHANGE_KEY:
		return account_set_password(j->store, name, j->nt_hash, j->blank);
	case CHANGE_LOCK:
	case CHANGE_UNLOCK:
		return lock_work(j, name);
	case CHANGE_DISABLE:
		return account_set_flags(j->store, name, ACCOUNT_DISABLED, 0);
	case CHANGE_ENABLE:
		return account_set_flags(j->store, name, 0, ACCOUNT_DISABLED);
	case CHANGE_RULE:
		return rule_work(j);
	}
	return STATUS_INTERNAL_ERROR;
}

static void
change_drop(void *arg)
{
	struct change_job *j = arg;

	secret_drop(&j->nt_hash);
	free(j);
}

static void
change_audit(struct served *s, enum change what, struct bytes name, NTSTATUS status, enum policy policy, uint32_t value)
{
	static const enum audit_event events[][2] = {	/* what it is, and what is told with a success */
		[CHANGE_ADD] = { AUDIT_USER_MADE, AUDIT_USER_ENABLED }, [CHANGE_DELETE] = { AUDIT_USER_GONE },
		[CHANGE_KEY] = { AUDIT_PASSWORD_SET, AUDIT_USER_CHANGED }, [CHANGE_LOCK] = { AUDIT_USER_LOCKED, AUDIT_USER_CHANGED },
		[CHANGE_UNLOCK] = { AUDIT_USER_UNLOCKED, AUDIT_USER_CHANGED },
		[CHANGE_DISABLE] = { AUDIT_USER_DISABLED, AUDIT_USER_CHANGED },
		[CHANGE_ENABLE] = { AUDIT_USER_ENABLED, AUDIT_USER_CHANGED }, [CHANGE_RULE] = { AUDIT_DOMAIN_POLICY },
	};
	char text[96];

	if (what == CHANGE_RULE) {
		(void)snprintf(text, sizeof text, "%s = %u", policy_rows[policy].name, value);
		raise_domain_policy(s, status, text);
		return;
	}
	raise_account(s, events[what][0], status, name, change_names[what]);
	if (status == STATUS_SUCCESS && events[what][1])
		raise_account(s, events[what][1], status, name, change_names[what]);
}

/* Begins the change, or, when turned again, tells how it ended. */
static NTSTATUS
change(struct served *s, enum change what, struct bytes name, struct bytes full_name, const struct bytes *password,
    enum policy policy, uint32_t value)
{
	struct store *store;
	struct change_job *j;
	NTSTATUS status = lsa_store(s->link->lsa, &store, &s->call);

	if (status != STATUS_SUCCESS)
		return status;
	if (s->begun) {
		status = awaited(&s->call);
		change_audit(s, what, name, status, policy, value);
		return status == STATUS_SUCCESS ? status :
		    because(&s->call, status, TO_CALLER, "the change was not made: %s", change_names[what]);
	}
	j = calloc(1, sizeof *j + name.len + full_name.len);
	if (!j)
		return STATUS_INSUFFICIENT_RESOURCES;
	j->store = store;
	j->change = what;
	j->policy = policy;
	j->value = value;
	j->name_len = name.len;
	j->full_len = full_name.len;
	bytes_copy(j->name, name.at, name.len);
	bytes_copy(j->name + name.len, full_name.at, full_name.len);
	if (password) {
		j->blank = password->len == 0;
		j->nt_hash = ntlm_lsa.key_of_password(*password);
		if (!j->nt_hash) {
			change_drop(j);
			return because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER,
			    "the password is not UTF-8, is longer than 256 characters, or memory cannot be locked");
		}
	}
	s->begun = true;
	return await_job(&s->call, change_work, change_drop, j);
}

/* --- accounts -------------------------------------------------------------------- */

static NTSTATUS
sid_out(struct served *s, struct bytes binary, struct bytes *ret_text)
{
	char *text = call_memory(&s->call, SID_TEXT_MAX);
	struct reader r = reader_of(binary);
	struct sid sid;

	sid_take(&sid, &r);
	if (!text || !reader_done(&r) || !sid_text(&sid, text))
		return STATUS_INSUFFICIENT_RESOURCES;
	*ret_text = bytes_of_text(text);
	return STATUS_SUCCESS;
}

NTSTATUS
serve_user_add(struct served *s, const struct user_add_in *in, struct user_add_out *out)
{
	NTSTATUS status = change(s, CHANGE_ADD, in->name, in->full_name, &in->password, 0, 0);
	struct account *account;

	if (status != STATUS_SUCCESS)
		return status;
	if (account_find(s->link->lsa->store, in->name, &account) != ACCOUNT_FOUND)
		return because(&s->call, STATUS_INSUFFICIENT_RESOURCES, TO_CALLER,
		    "the account was added; its SID cannot be read now, for want of memory");
	status = sid_out(s, bytes_of(account->sid, sizeof account->sid), &out->sid);
	account_drop(account);
	return status;
}

NTSTATUS
serve_user_del(struct served *s, const struct user_del_in *in, struct user_del_out *out)
{
	(void)out;
	return change(s, CHANGE_DELETE, in->name, BYTES_NONE, NULL, 0, 0);
}

NTSTATUS
serve_user_set(struct served *s, const struct user_set_in *in, struct user_set_out *out)
{
	(void)out;
	return change(s, CHANGE_KEY, in->name, BYTES_NONE, &in->password, 0, 0);
}

NTSTATUS
serve_user_lock(struct served *s, const struct user_lock_in *in, struct user_lock_out *out)
{
	(void)out;
	return change(s, in->locked ? CHANGE_LOCK : CHANGE_UNLOCK, in->name, BYTES_NONE, NULL, 0, 0);
}

NTSTATUS
serve_user_disable(struct served *s, const struct user_disable_in *in, struct user_disable_out *out)
{
	(void)out;
	return change(s, in->disabled ? CHANGE_DISABLE : CHANGE_ENABLE, in->name, BYTES_NONE, NULL, 0, 0);
}

struct nth { uint32_t left; struct account *found; };

static bool
nth_account(void *arg, struct account *account)
{
	struct nth *n = arg;

	if (n->left-- > 0)
		return true;
	n->found = account_hold(account);
	return false;
}

static NTSTATUS
text_out(struct served *s, struct bytes *ret_text, const char *text)
{
	struct bytes from = bytes_of_text(text);
	uint8_t *copy = call_memory(&s->call, from.len);

	if (!copy)
		return STATUS_INSUFFICIENT_RESOURCES;
	bytes_copy(copy, from.at, from.len);
	*ret_text = bytes_of(copy, from.len);
	return STATUS_SUCCESS;
}

static NTSTATUS
account_out(struct served *s, struct store *store, struct account *account, struct user_get_out *out)
{
	struct attempt_state attempts;
	NTSTATUS status = text_out(s, &out->name, account->name);

	if (status == STATUS_SUCCESS)
		status = text_out(s, &out->full_name, account->full_name);
	if (status == STATUS_SUCCESS)
		status = sid_out(s, bytes_of(account->sid, sizeof account->sid), &out->sid);
	attempt_look(store, account, &attempts);
	out->flags = (account->flags & ACCOUNT_DISABLED ? FLAG_DISABLED : 0) |
	    (account->flags & ACCOUNT_LOCKED || attempts.locked ? FLAG_LOCKED : 0) |
	    (account->flags & ACCOUNT_MUST_CHANGE ? FLAG_MUST_CHANGE : 0);
	out->failed = attempts.failed;
	out->locked = attempts.locked;
	out->password_set = account->password_set;
	return status;
}

NTSTATUS
serve_user_get(struct served *s, const struct user_get_in *in, struct user_get_out *out)
{
	struct nth n = { .left = in->index };
	struct store *store;
	NTSTATUS status = lsa_store(s->link->lsa, &store, &s->call);

	if (status != STATUS_SUCCESS)
		return status;
	if (in->name.len) {
		switch (account_find(store, in->name, &n.found)) {
		case ACCOUNT_FOUND:
			break;
		case ACCOUNT_ABSENT:
			return because(&s->call, STATUS_NO_SUCH_USER, TO_CALLER, "there is no account of this name");
		case ACCOUNT_ERROR:
		default:
			return because(&s->call, STATUS_INTERNAL_DB_ERROR, TO_CALLER, "the account store could not be read");
		}
	} else {
		status = account_each(store, nth_account, &n);
		if (status != STATUS_SUCCESS)
			return status;
		if (!n.found)
			return STATUS_NO_MORE_ENTRIES;
	}
	status = account_out(s, store, n.found, out);
	account_drop(n.found);
	return status;
}

/* --- policy ------------------------------------------------------------------------ */

NTSTATUS
serve_policy_get(struct served *s, const struct policy_get_in *in, struct policy_get_out *out)
{
	enum policy policy = (enum policy)in->index;
	struct store *store;
	NTSTATUS status = lsa_store(s->link->lsa, &store, &s->call);

	if (status != STATUS_SUCCESS)
		return status;
	if (in->name.len && !policy_find(&policy, in->name))
		return because(&s->call, STATUS_OBJECT_NAME_NOT_FOUND, TO_CALLER, "there is no policy of this name");
	if (!in->name.len && in->index >= POLICY_COUNT)
		return STATUS_NO_MORE_ENTRIES;
	out->name = bytes_of_text(policy_rows[policy].name);
	out->value = policy_u32(store, policy);
	out->least = policy_rows[policy].min;
	out->most = policy_rows[policy].max;
	out->usual = policy_rows[policy].standard;
	return STATUS_SUCCESS;
}

NTSTATUS
serve_policy_set(struct served *s, const struct policy_set_in *in, struct policy_set_out *out)
{
	enum policy policy;

	(void)out;
	if (!policy_find(&policy, in->name))
		return because(&s->call, STATUS_OBJECT_NAME_NOT_FOUND, TO_CALLER, "there is no policy of this name");
	return change(s, CHANGE_RULE, in->name, BYTES_NONE, NULL, policy, in->value);
}

/* --- itself -------------------------------------------------------------------------- */

NTSTATUS
serve_status(struct served *s, const struct status_in *in, struct status_out *out)
{
	struct lsa *lsa = s->link->lsa;
	struct store *store;
	NTSTATUS status = lsa_store(lsa, &store, &s->call);

	(void)in;
	if (status != STATUS_SUCCESS)
		return status;
	out->computer = bytes_of_text(store_computer(store));
	out->started = lsa->started;
	out->links = atomic_load(&lsa->links);
	out->calls = atomic_load(&lsa->calls);
	out->creds = atomic_load(&lsa->creds);
	out->contexts = atomic_load(&lsa->contexts);
	out->sessions = (uint32_t)session_count(lsa->sessions);
	out->handshakes = atomic_load(&lsa->handshakes);
	return sid_out(s, store_sid(store), &out->sid);
}
