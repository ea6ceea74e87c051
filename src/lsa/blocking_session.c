/*
 * blocking_session.c - what a third-party package may say of somebody, and
 * keep with him: logon sessions, credentials under them, tokens, audit. Runs
 * on the package's thread, so it makes nothing but notes in its task: the
 * session begins when the call goes on.
 */
#include "lsa/blocking.h"

#include <stdlib.h>

#include "base/utf16.h"
#include "store/audit.h"

/* --- sessions and what is kept under them ------------------------------------------------ */

static uint64_t
luid_number(const LUID *luid)
{
	return (uint64_t)(uint32_t)luid->HighPart << 32 | luid->LowPart;
}

static bool
luid_mine(const struct plug_task *t, uint64_t luid)
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
	number = luid_number(luid);
	if (!number)
		number = session_next(t->lsa->sessions);
	session = session_find(t->lsa->sessions, number);
	session_drop(session);
	if (session || luid_mine(t, number) || number < SESSION_LOWEST)
		return STATUS_LOGON_SESSION_COLLISION;
	while (i < PLUG_LUIDS && t->luids[i])
		i++;
	if (i == PLUG_LUIDS)
		return STATUS_QUOTA_EXCEEDED;
	t->luids[i] = number;
	*luid = (LUID){ .LowPart = (ULONG)number, .HighPart = (LONG)(number >> 32) };
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI
plug_delete_session(PLUID luid)
{
	struct plug_task *t = task_current();

	if (!t)
		return STATUS_INVALID_SERVER_STATE;
	for (unsigned i = 0; luid && i < PLUG_LUIDS; i++)
		if (t->luids[i] && t->luids[i] == luid_number(luid)) {
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
	if (luid_mine(t, luid_number(luid)))
		return STATUS_SUCCESS;
	session = session_find(t->lsa->sessions, luid_number(luid));
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
	r->luid = luid_number(luid);
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

/* One by its key. All of them at once: not done here. */
NTSTATUS NTAPI
plug_get_credentials(PLUID luid, ULONG package, PULONG query, BOOLEAN all, PLSA_STRING key, PULONG key_len, PLSA_STRING ret_value)
{
	NTSTATUS status = all ? STATUS_NOT_SUPPORTED : row_admit(luid, package, key);
	struct row *r;
	uint8_t *p;

	(void)query;
	if (status == STATUS_SUCCESS && !ret_value)
		status = STATUS_INVALID_PARAMETER;
	if (status != STATUS_SUCCESS)
		return status;
	pthread_mutex_lock(&rows_lock);
	r = *row_find(luid_number(luid), package, bytes_of(key->Buffer, key->Length));
	status = r ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
	if (r) {
		ret_value->Buffer = plug_heap(secret_len(r->value) + 1);
		ret_value->Length = (USHORT)secret_len(r->value);
		ret_value->MaximumLength = ret_value->Length;
		if (!ret_value->Buffer)
			status = STATUS_NO_MEMORY;
		else
			WITH_SECRET(p, r->value)
				bytes_copy(ret_value->Buffer, p, secret_len(r->value));
	}
	pthread_mutex_unlock(&rows_lock);
	if (status == STATUS_SUCCESS && key_len)
		*key_len = key->Length;
	return status;
}

NTSTATUS NTAPI
plug_delete_credential(PLUID luid, ULONG package, PLSA_STRING key)
{
	NTSTATUS status = row_admit(luid, package, key);
	struct row **at;

	if (status != STATUS_SUCCESS)
		return status;
	pthread_mutex_lock(&rows_lock);
	at = row_find(luid_number(luid), package, bytes_of(key->Buffer, key->Length));
	status = *at ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
	if (*at)
		row_drop(at);
	pthread_mutex_unlock(&rows_lock);
	return status;
}

/* --- who somebody is ------------------------------------------------------------------------ */

static struct bytes
sid_of_pointer(const void *sid)
{
	const uint8_t *at = sid;

	return at && at[1] <= SID_SUB_MAX ? bytes_of(at, 8u + 4u * at[1]) : BYTES_NONE;
}

static struct bytes
text_put(struct writer *w, const UNICODE_STRING *text)
{
	size_t from = w->need;

	if (text && text->Buffer && !utf8_from_utf16(w, bytes_of(text->Buffer, text->Length)))
		return BYTES_NONE;
	return bytes_of(w->at ? w->at + from : NULL, w->need - from);
}

static struct bytes
bytes_put(struct writer *w, struct bytes b)
{
	size_t from = w->need;

	writer_bytes(w, b);
	return bytes_of(w->at ? w->at + from : NULL, b.len);
}

static void
facts_put(struct plug_facts *f, struct bytes *groups, struct writer *w, const LSA_TOKEN_INFORMATION_V1 *v1,
    const UNICODE_STRING *user, const UNICODE_STRING *authority)
{
	f->facts.user = text_put(w, user);
	f->facts.domain = text_put(w, authority);
	if (!v1)
		return;
	f->facts.sid = bytes_put(w, sid_of_pointer(v1->User.User.Sid));
	for (DWORD i = 0; v1->Groups && i < v1->Groups->GroupCount; i++) {
		struct bytes sid = bytes_put(w, sid_of_pointer(v1->Groups->Groups[i].Sid));

		if (groups)
			groups[i] = sid;
	}
}

#define GROUPS_MOST 1024u

struct plug_facts *
facts_new(LSA_TOKEN_INFORMATION_TYPE kind, const void *information, const UNICODE_STRING *user, const UNICODE_STRING *authority)
{
	const LSA_TOKEN_INFORMATION_V1 *v1 = kind == LsaTokenInformationNull ? NULL : information;
	struct writer w = writer_of(NULL, 0);
	struct plug_facts *f, counted = { 0 };
	struct bytes *groups;
	size_t count = v1 && v1->Groups ? v1->Groups->GroupCount : 0, head;

	if (kind > LsaTokenInformationV3 || !information || (v1 && !v1->User.User.Sid) || count > GROUPS_MOST)
		return NULL;
	head = sizeof *f + count * sizeof *groups;
	facts_put(&counted, NULL, &w, v1, user, authority);
	f = calloc(1, head + w.need);
	if (!f)
		return NULL;
	groups = (struct bytes *)(void *)(f + 1);
	w = writer_of((uint8_t *)f + head, w.need);
	facts_put(f, groups, &w, v1, user, authority);
	f->facts.groups = groups;
	f->facts.group_count = count;
	if (v1)
		f->facts.expiry = (uint64_t)v1->ExpirationTime.QuadPart;
	return f;
}

/*
 * The token is made when the call goes on, for the context or the logon that is being served; its handle here is
 * a mark, and the client gets one of its own from the LSA (QuerySecurityContextToken, LsaLogonUser).
 */
static HANDLE const token_mark = (HANDLE)(uintptr_t)0x5a;

NTSTATUS NTAPI
plug_create_token(PLUID luid, PTOKEN_SOURCE source, SECURITY_LOGON_TYPE type, SECURITY_IMPERSONATION_LEVEL level,
    LSA_TOKEN_INFORMATION_TYPE kind, PVOID information, PTOKEN_GROUPS groups, PUNICODE_STRING user,
    PUNICODE_STRING authority, PUNICODE_STRING workstation, PUNICODE_STRING profile, PHANDLE ret_token, PNTSTATUS substatus)
{
	struct plug_task *t = task_current();
	struct plug_facts *made;

	(void)source, (void)workstation, (void)profile;
	if (!t)
		return STATUS_INVALID_SERVER_STATE;
	if (!luid || !ret_token || !luid_mine(t, luid_number(luid)))
		return STATUS_NO_SUCH_LOGON_SESSION;
	if (groups)
		return STATUS_NOT_SUPPORTED;
	made = facts_new(kind, information, user, authority);
	if (!made)
		return STATUS_INVALID_PARAMETER;
	made->luid = made->facts.luid = luid_number(luid);
	made->type = type;
	made->level = level;
	free(t->made);
	t->made = made;
	*ret_token = token_mark;
	if (substatus)
		*substatus = STATUS_SUCCESS;
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI
plug_duplicate_handle(HANDLE source, PHANDLE ret_handle)
{
	if (!ret_handle || source != token_mark)
		return STATUS_INVALID_HANDLE;
	*ret_handle = source;
	return STATUS_SUCCESS;
}

void NTAPI
plug_audit_logon(NTSTATUS status, NTSTATUS substatus, PUNICODE_STRING user, PUNICODE_STRING authority,
    PUNICODE_STRING workstation, PSID sid, SECURITY_LOGON_TYPE type, PTOKEN_SOURCE source, PLUID luid)
{
	struct plug_task *t = task_current();
	uint8_t text[512];
	struct writer w = writer_of(text, sizeof text);
	struct audit a = { .event = status == STATUS_SUCCESS ? AUDIT_LOGON : AUDIT_LOGON_FAILED,
	    .status = substatus < 0 ? substatus : status };
	struct bytes name, domain;

	(void)workstation, (void)sid, (void)source;
	if (!t || !t->lsa->store)
		return;
	name = text_put(&w, user);
	domain = text_put(&w, authority);
	audit_text(&a, AF_TARGET_NAME, writer_ok(&w) ? name : BYTES_NONE);
	audit_text(&a, AF_TARGET_DOMAIN, writer_ok(&w) ? domain : BYTES_NONE);
	audit_text(&a, AF_PACKAGE, bytes_of_text(t->plug->name));
	audit_number(&a, AF_TARGET_LOGON, luid ? luid_number(luid) : 0);
	audit_number(&a, AF_LOGON_TYPE, type);
	if (a.status < 0)
		audit_cause(&a, a.status);
	audit_raise(t->lsa->store, &a);
}
