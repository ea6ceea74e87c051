/*
 * blocking_account.c - accounts of this machine for a third-party package
 * that has its own proof of who somebody is: it finds the account, and turns
 * what it found (its "auth data") into a token. What an account is proven by
 * - its hashes - is never shown to it. Runs on the package's thread.
 */
#include "lsa/blocking.h"

#include <stdlib.h>

#include "base/utf16.h"
#include "store/account.h"
#include "store/attempt.h"
#include "store/name.h"

#define AUTH_DATA_MARK	0x41444c4fu	/* "OLDA" */

/* Auth data, and what a user's handle points to. It names the account: what it is like is read again. */
struct auth_data {
	uint32_t mark, rid;
};

static NTSTATUS
store_of(const struct plug_task *t, struct store **ret_store)
{
	return t ? lsa_store(t->lsa, ret_store, NULL) : STATUS_INVALID_SERVER_STATE;
}

static NTSTATUS
status_of(enum account_found found)
{
	switch (found) {
	case ACCOUNT_FOUND:
		return STATUS_SUCCESS;
	case ACCOUNT_ABSENT:
		return STATUS_NO_SUCH_USER;
	case ACCOUNT_ERROR:
	default:
		return STATUS_INTERNAL_DB_ERROR;
	}
}

static bool
is_computer(const struct store *store, struct bytes domain)
{
	struct name_fold a, b;

	return bytes_same(domain, bytes_of_text(".")) || (name_fold(&a, domain) &&
	    name_fold(&b, bytes_of_text(store_computer(store))) && bytes_same(bytes_of(a.at, a.len), bytes_of(b.at, b.len)));
}

/* "name", ".\name" or "COMPUTER\name": an account of this machine. */
static NTSTATUS
account_named(struct store *store, const UNICODE_STRING *name, struct account **ret_account)
{
	uint8_t text[4 * ACCOUNT_NAME_MAX];
	struct writer w = writer_of(text, sizeof text);
	struct bytes user, domain = BYTES_NONE;

	if (!name || (name->Length && !name->Buffer) || !utf8_from_utf16(&w, bytes_of(name->Buffer, name->Length)) || !writer_ok(&w))
		return STATUS_NO_SUCH_USER;
	user = bytes_of(text, w.need);
	for (size_t i = 0; i < user.len && !domain.at; i++)
		if (user.at[i] == '\\') {
			domain = bytes_of(user.at, i);
			user = bytes_of(user.at + i + 1, user.len - i - 1);
		}
	if (domain.at && !is_computer(store, domain))
		return STATUS_NO_SUCH_USER;
	return status_of(account_find(store, user, ret_account));
}

static NTSTATUS
auth_data_new(struct auth_data **ret_data, const UNICODE_STRING *name, SECPKG_NAME_TYPE kind)
{
	struct account *account = NULL;
	struct store *store = NULL;
	NTSTATUS status = store_of(task_current(), &store);

	if (status == STATUS_SUCCESS)
		status = kind == SecNameSamCompatible ? account_named(store, name, &account) : STATUS_NOT_SUPPORTED;
	if (status != STATUS_SUCCESS)
		return status;
	*ret_data = plug_heap(sizeof **ret_data);
	if (*ret_data)
		**ret_data = (struct auth_data){ AUTH_DATA_MARK, account->rid };
	account_drop(account);
	return *ret_data ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

NTSTATUS NTAPI
plug_open_user(PSECURITY_STRING name, SECPKG_NAME_TYPE kind, PSECURITY_STRING prefix, BOOLEAN allow_guest, ULONG reserved,
    PVOID *ret_user)
{
	struct auth_data *data = NULL;
	NTSTATUS status = ret_user ? auth_data_new(&data, name, kind) : STATUS_INVALID_PARAMETER;

	(void)prefix, (void)allow_guest, (void)reserved;
	if (status == STATUS_SUCCESS)
		*ret_user = data;
	return status;
}

NTSTATUS NTAPI
plug_close_user(PVOID user)
{
	plug_heap_free(user);
	return STATUS_SUCCESS;
}

static NTSTATUS
auth_data_copy(const struct auth_data *from, PUCHAR *ret_data, PULONG ret_len)
{
	struct auth_data *copy;

	if (!from || from->mark != AUTH_DATA_MARK || !ret_data || !ret_len)
		return STATUS_INVALID_PARAMETER;
	copy = plug_heap(sizeof *copy);
	if (!copy)
		return STATUS_NO_MEMORY;
	*copy = *from;
	*ret_data = (PUCHAR)copy;
	*ret_len = sizeof *copy;
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI
plug_user_auth_data(PVOID user, PUCHAR *ret_data, PULONG ret_len)
{
	return auth_data_copy(user, ret_data, ret_len);
}

/* Nothing is added: this machine's own groups are found when the token is made. */
NTSTATUS NTAPI
plug_expand_auth_data(PUCHAR data, ULONG len, PVOID reserved, PUCHAR *ret_data, PULONG ret_len)
{
	struct auth_data d;

	(void)reserved;
	if (!data || len != sizeof d)
		return STATUS_INVALID_PARAMETER;
	bytes_copy(&d, data, sizeof d);
	return auth_data_copy(&d, ret_data, ret_len);
}

NTSTATUS NTAPI
plug_auth_data_for_user(PSECURITY_STRING name, SECPKG_NAME_TYPE kind, PSECURITY_STRING prefix, PUCHAR *ret_data, PULONG ret_len,
    PUNICODE_STRING ret_flat_name)
{
	struct auth_data *data = NULL;
	NTSTATUS status = ret_data && ret_len ? auth_data_new(&data, name, kind) : STATUS_INVALID_PARAMETER;

	(void)prefix;
	if (status != STATUS_SUCCESS)
		return status;
	if (ret_flat_name) {
		ret_flat_name->Buffer = plug_heap((size_t)name->Length + 2);
		if (!ret_flat_name->Buffer) {
			plug_heap_free(data);
			return STATUS_NO_MEMORY;
		}
		bytes_copy(ret_flat_name->Buffer, name->Buffer, name->Length);
		ret_flat_name->Length = ret_flat_name->MaximumLength = name->Length;
	}
	*ret_data = (PUCHAR)data;
	*ret_len = sizeof *data;
	return STATUS_SUCCESS;
}

/* --- a token ------------------------------------------------------------------ */

/* The proof is the package's own, so nothing that is said of passwords counts; all else does. */
static NTSTATUS
restriction_of(struct store *store, struct account *account)
{
	struct attempt gate;
	bool open;

	if (account->flags & ACCOUNT_DISABLED)
		return STATUS_ACCOUNT_DISABLED;
	open = attempt_reserve(store, account, bytes_of_text(account->name), &gate) == ATTEMPT_OPEN;
	attempt_released(&gate);		/* no guess was made */
	return open && !(account->flags & ACCOUNT_LOCKED) ? STATUS_SUCCESS : STATUS_ACCOUNT_LOCKED_OUT;
}

static NTSTATUS
account_token(struct plug_task *t, const struct account *account, const UNICODE_STRING *authority, SECURITY_LOGON_TYPE type,
    SECURITY_IMPERSONATION_LEVEL level, LUID *luid, UNICODE_STRING *ret_name, HANDLE *ret_token, NTSTATUS *substatus)
{
	static uint8_t users[] = { 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x21, 2, 0, 0 };	/* S-1-5-32-545 */
	uint8_t sid[ACCOUNT_SID_LEN], text[2 * ACCOUNT_NAME_MAX];
	struct writer w = writer_of(text, sizeof text);
	TOKEN_GROUPS groups = { 1, { { users, 7 } } };
	LSA_TOKEN_INFORMATION_V2 information = { .User.User.Sid = sid, .Groups = &groups };
	UNICODE_STRING name = { .Buffer = (PWSTR)(void *)text };
	const struct plug_said said = { LsaTokenInformationV2, &information, NULL, &name, authority };
	PWSTR copy = NULL;
	NTSTATUS status;

	bytes_copy(sid, account->sid, sizeof sid);
	if (!utf16_from_utf8(&w, bytes_of_text(account->name)) || !writer_ok(&w))
		return STATUS_INTERNAL_ERROR;
	name.Length = name.MaximumLength = (USHORT)w.need;
	if (ret_name) {
		copy = plug_heap((size_t)name.Length + 2);
		if (!copy)
			return STATUS_NO_MEMORY;
		bytes_copy(copy, text, name.Length);
	}
	status = plug_create_session(luid);
	if (status == STATUS_SUCCESS) {
		status = plug_token_note(t, luid, type, level, &said, ret_token, substatus);
		if (status != STATUS_SUCCESS)
			(void)plug_delete_session(luid);
	}
	if (status != STATUS_SUCCESS)
		plug_heap_free(copy);
	else if (ret_name)
		*ret_name = (UNICODE_STRING){ name.Length, name.Length, copy };
	return status;
}

NTSTATUS NTAPI
plug_auth_data_to_token(PVOID data, ULONG len, SECURITY_IMPERSONATION_LEVEL level, PTOKEN_SOURCE source, SECURITY_LOGON_TYPE type,
    PUNICODE_STRING authority, PHANDLE ret_token, PLUID ret_luid, PUNICODE_STRING ret_name, PNTSTATUS substatus)
{
	struct plug_task *t = task_current();
	struct store *store = NULL;
	struct account *account = NULL;
	struct auth_data d;
	NTSTATUS status = store_of(t, &store);
	LUID luid = { 0, 0 };

	(void)source;
	if (status != STATUS_SUCCESS)
		return status;
	if (!data || len != sizeof d || !ret_token || !ret_luid)
		return STATUS_INVALID_PARAMETER;
	bytes_copy(&d, data, sizeof d);
	if (d.mark != AUTH_DATA_MARK)
		return STATUS_INVALID_PARAMETER;
	status = status_of(account_at(store, d.rid, &account));
	if (status == STATUS_SUCCESS)
		status = restriction_of(store, account);
	if (status == STATUS_SUCCESS)
		status = account_token(t, account, authority, type, level, &luid, ret_name, ret_token, substatus);
	if (status == STATUS_SUCCESS)
		*ret_luid = luid;
	account_drop(account);
	return status;
}
