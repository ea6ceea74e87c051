/*
 * blocking_session.c - what a third-party package keeps with somebody: logon
 * sessions and credentials under them. Runs on the package's thread, so of a
 * session it makes nothing but a note in its task: it begins when the call
 * goes on.
 */
#include "lsa/blocking.h"

#include <stdlib.h>

/* --- sessions and what is kept under them ------------------------------------------------ */

uint64_t
plug_luid(const LUID *luid)
{
	return (uint64_t)(uint32_t)luid->HighPart << 32 | luid->LowPart;
}

LUID
plug_luid_of(uint64_t number)
{
	return (LUID){ .LowPart = (ULONG)number, .HighPart = (LONG)(number >> 32) };
}

bool
plug_luid_made(const struct plug_task *t, uint64_t luid)
{
	for (unsigned i = 0; i < PLUG_LUIDS; i++)
		if (luid && t->luids[i] == luid)
			return true;
	return false;
}

/* A LUID of zero is filled in, since a package has nowhere else to get one; another must be nobody's. */
NTSTATUS NTAPI
plug_create_session(PLUID luid)
{
	struct plug_task *t = task_current();
	struct session *session;
	uint64_t number;
	unsigned i = 0;

	if (!t)
		return STATUS_INVALID_SERVER_STATE;
	if (!luid)
		return STATUS_INVALID_PARAMETER;
	number = plug_luid(luid);
	if (!number)
		number = session_next(t->lsa->sessions);
	session = session_find(t->lsa->sessions, number);
	session_drop(session);
	if (session || plug_luid_made(t, number) || number < SESSION_LOWEST)
		return STATUS_LOGON_SESSION_COLLISION;
	while (i < PLUG_LUIDS && t->luids[i])
		i++;
	if (i == PLUG_LUIDS)
		return STATUS_QUOTA_EXCEEDED;
	t->luids[i] = number;
	*luid = plug_luid_of(number);
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI
plug_delete_session(PLUID luid)
{
	struct plug_task *t = task_current();

	if (!t)
		return STATUS_INVALID_SERVER_STATE;
	for (unsigned i = 0; luid && i < PLUG_LUIDS; i++)
		if (t->luids[i] && t->luids[i] == plug_luid(luid)) {
			plug_forget_session(t->luids[i]);
			t->luids[i] = 0;
			return STATUS_SUCCESS;
		}
	return STATUS_NO_SUCH_LOGON_SESSION;
}

struct row {
	struct row *next;
	uint64_t luid;
	ULONG package;
	struct secret *value;
	size_t key_len;
	uint8_t key[];
};

static struct row *rows;
static pthread_mutex_t rows_lock = PTHREAD_MUTEX_INITIALIZER;

static struct row **
row_find(uint64_t luid, ULONG package, struct bytes key)
{
	struct row **at = &rows;

	while (*at && !((*at)->luid == luid && (*at)->package == package && bytes_same(bytes_of((*at)->key, (*at)->key_len), key)))
		at = &(*at)->next;
	return at;
}

static void
row_drop(struct row **at)
{
	struct row *r = *at;

	*at = r->next;
	secret_drop(&r->value);
	bytes_wipe(r->key, r->key_len);
	free(r);
}

void
plug_forget_session(uint64_t luid)
{
	pthread_mutex_lock(&rows_lock);
	for (struct row **at = &rows; *at;)
		if ((*at)->luid == luid)
			row_drop(at);
		else
			at = &(*at)->next;
	pthread_mutex_unlock(&rows_lock);
}

/* The package of this thread, its id, and a session that is or will be. */
static NTSTATUS
row_admit(const LUID *luid, ULONG package, const LSA_STRING *key)
{
	struct plug_task *t = task_current();
	struct session *session;

	if (!t)
		return STATUS_INVALID_SERVER_STATE;
	if (!luid || !key || (key->Length && !key->Buffer) || package != t->plug->id)
		return STATUS_INVALID_PARAMETER;
	if (plug_luid_made(t, plug_luid(luid)))
		return STATUS_SUCCESS;
	session = session_find(t->lsa->sessions, plug_luid(luid));
	session_drop(session);
	return session ? STATUS_SUCCESS : STATUS_NO_SUCH_LOGON_SESSION;
}

NTSTATUS NTAPI
plug_add_credential(PLUID luid, ULONG package, PLSA_STRING key, PLSA_STRING value)
{
	NTSTATUS status = row_admit(luid, package, key);
	struct row *r, **at;

	if (status == STATUS_SUCCESS && (!value || (value->Length && !value->Buffer)))
		status = STATUS_INVALID_PARAMETER;
	if (status != STATUS_SUCCESS)
		return status;
	r = calloc(1, sizeof *r + key->Length);
	if (r)
		r->value = secret_of(bytes_of(value->Buffer, value->Length));
	if (!r || !r->value) {
		free(r);
		return STATUS_NO_MEMORY;
	}
	r->luid = plug_luid(luid);
	r->package = package;
	r->key_len = key->Length;
	bytes_copy(r->key, key->Buffer, key->Length);
	pthread_mutex_lock(&rows_lock);
	at = row_find(r->luid, package, bytes_of(r->key, r->key_len));
	if (*at)
		row_drop(at);
	r->next = rows;
	rows = r;
	pthread_mutex_unlock(&rows_lock);
	return STATUS_SUCCESS;
}

/* The row of this key, or with `all` the one behind *query others; *ret_more: there is another behind it. */
static const struct row *
row_choose(uint64_t luid, ULONG package, const ULONG *query, bool all, struct bytes key, bool *ret_more)
{
	const struct row *found = NULL;
	ULONG at = 0;

	*ret_more = false;
	if (!all)
		return *row_find(luid, package, key);
	for (const struct row *r = rows; r && !*ret_more; r = r->next) {
		if (r->luid != luid || r->package != package || at++ < *query)
			continue;
		*ret_more = found != NULL;
		found = found ? found : r;
	}
	return found;
}

static bool
text_give(LSA_STRING *ret, const uint8_t *from, size_t len)
{
	ret->Buffer = plug_heap(len + 1);
	if (!ret->Buffer)
		return false;
	bytes_copy(ret->Buffer, from, len);
	ret->Length = ret->MaximumLength = (USHORT)len;
	return true;
}

static NTSTATUS
row_give(const struct row *r, LSA_STRING *ret_key, LSA_STRING *ret_value)
{
	const uint8_t *p;
	bool given = false;

	if (ret_key && !text_give(ret_key, r->key, r->key_len))
		return STATUS_NO_MEMORY;
	WITH_SECRET(p, r->value)
		given = text_give(ret_value, p, secret_len(r->value));
	if (given)
		return STATUS_SUCCESS;
	if (ret_key)
		plug_heap_free(ret_key->Buffer);
	return STATUS_NO_MEMORY;
}

/* One by its key; or all, one a call, with their keys: *query counts them. */
NTSTATUS NTAPI
plug_get_credentials(PLUID luid, ULONG package, PULONG query, BOOLEAN all, PLSA_STRING key, PULONG key_len, PLSA_STRING ret_value)
{
	static const LSA_STRING none;
	const struct row *r;
	NTSTATUS status = row_admit(luid, package, all ? &none : key);
	LSA_STRING found = { 0 }, value = { 0 };
	bool more;

	if (status == STATUS_SUCCESS && (!ret_value || (all && (!query || !key))))
		status = STATUS_INVALID_PARAMETER;
	if (status != STATUS_SUCCESS)
		return status;
	pthread_mutex_lock(&rows_lock);
	r = row_choose(plug_luid(luid), package, query, all, all ? BYTES_NONE : bytes_of(key->Buffer, key->Length), &more);
	status = r ? row_give(r, all ? &found : NULL, &value) : STATUS_UNSUCCESSFUL;
	pthread_mutex_unlock(&rows_lock);
	if (status != STATUS_SUCCESS)
		return status;
	*ret_value = value;
	if (all) {
		*key = found;
		++*query;
	}
	if (key_len)
		*key_len = key->Length;
	return more ? STATUS_MORE_ENTRIES : STATUS_SUCCESS;
}

NTSTATUS NTAPI
plug_delete_credential(PLUID luid, ULONG package, PLSA_STRING key)
{
	NTSTATUS status = row_admit(luid, package, key);
	struct row **at;

	if (status != STATUS_SUCCESS)
		return status;
	pthread_mutex_lock(&rows_lock);
	at = row_find(plug_luid(luid), package, bytes_of(key->Buffer, key->Length));
	status = *at ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
	if (*at)
		row_drop(at);
	pthread_mutex_unlock(&rows_lock);
	return status;
}
