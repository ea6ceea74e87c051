/*
 * rights.c - accounts of policy and their rights, by SID and by handle, and
 * the names of privileges. Rules: spec lsa-policy 5.
 */
#include "secur32/pol.h"

#include <stdlib.h>

#include "base/privilege.h"
#include "base/sid.h"
#include "base/utf16.h"

#define SEES_POLICY	POLICY_VIEW_LOCAL_INFORMATION
#define ACCOUNTS_LENGTH	32000u		/* usual length of a page */

/* --- by SID ---------------------------------------------------------------------- */

static NTSTATUS
sid_in(struct bytes *ret_sid, PSID sid)
{
	return !sid ? pol_refuse(STATUS_INVALID_PARAMETER, "there is no SID") :
	    pol_sid(ret_sid, sid) ? STATUS_SUCCESS : pol_refuse(STATUS_INVALID_SID, "this is not a SID of revision 1");
}

NTSTATUS
LsaAddAccountRights(LSA_HANDLE PolicyHandle, PSID AccountSid, PLSA_UNICODE_STRING UserRights, ULONG CountOfRights)
{
	struct pol *p = pol_hold(PolicyHandle, POL_POLICY);
	struct rights_add_in in = { 0 };
	struct rights_add_out out;
	struct pol_call c;
	uint8_t *list = NULL;
	size_t len = 0;
	NTSTATUS status;

	if (!p)
		return STATUS_INVALID_HANDLE;
	status = sid_in(&in.sid, AccountSid);
	if (status == STATUS_SUCCESS)
		status = pol_texts(&list, &len, UserRights, CountOfRights);
	if (status != STATUS_SUCCESS) {
		pol_release(p);
		return status;
	}
	in.object = p->wire;
	in.rights = bytes_of(list, len);
	status = POL_ASK(&c, p->link, rights_add, &in, &out);
	free(list);
	pol_release(p);
	return pol_end(&c, status);
}

NTSTATUS
LsaRemoveAccountRights(LSA_HANDLE PolicyHandle, PSID AccountSid, BOOLEAN AllRights, PLSA_UNICODE_STRING UserRights,
    ULONG CountOfRights)
{
	struct pol *p = pol_hold(PolicyHandle, POL_POLICY);
	struct rights_del_in in = { .all = AllRights ? 1 : 0 };
	struct rights_del_out out;
	struct pol_call c;
	uint8_t *list = NULL;
	size_t len = 0;
	NTSTATUS status;

	if (!p)
		return STATUS_INVALID_HANDLE;
	status = sid_in(&in.sid, AccountSid);
	if (status == STATUS_SUCCESS && !AllRights)
		status = UserRights ? pol_texts(&list, &len, UserRights, CountOfRights) :
		    pol_refuse(STATUS_INVALID_PARAMETER, "neither all rights nor any are named");
	if (status != STATUS_SUCCESS) {
		pol_release(p);
		return status;
	}
	in.object = p->wire;
	in.rights = bytes_of(list, len);
	status = POL_ASK(&c, p->link, rights_del, &in, &out);
	free(list);
	pol_release(p);
	return pol_end(&c, status);
}

static bool
text_ascii(struct parcel *p, UNICODE_STRING *to, const char *text)
{
	uint8_t wide[256];
	struct writer w = writer_of(wide, sizeof wide);

	return utf16_from_utf8(&w, bytes_of_text(text)) && writer_ok(&w) && parcel_text(p, to, bytes_of(wide, w.need));
}

static NTSTATUS
rights_out(uint64_t privileges, uint32_t access, UNICODE_STRING **ret_list, ULONG *ret_count)
{
	const char *names[64];
	ULONG count = 0;
	uint32_t bit;
	UNICODE_STRING *list;
	struct parcel p;
	bool good;

	for (uint32_t i = PRIVILEGE_FIRST; i <= PRIVILEGE_LAST; i++)
		if (privileges & PRIVILEGE_BIT(i))
			names[count++] = privilege_name(i);
	for (unsigned i = 0; right_name(i, &bit); i++)
		if (access & bit)
			names[count++] = right_name(i, &bit);
	if (count == 0)
		return STATUS_SUCCESS;
	if (!parcel_begin(&p, count * (sizeof *list + 128)))
		return STATUS_INSUFFICIENT_RESOURCES;
	list = parcel_take(&p, count * sizeof *list);
	good = list != NULL;
	for (ULONG i = 0; i < count && good; i++)
		good = text_ascii(&p, &list[i], names[i]);
	if (parcel_end(&p, good) != STATUS_SUCCESS)
		return STATUS_INSUFFICIENT_RESOURCES;
	*ret_list = list;
	*ret_count = count;
	return STATUS_SUCCESS;
}

NTSTATUS
LsaEnumerateAccountRights(LSA_HANDLE PolicyHandle, PSID AccountSid, PLSA_UNICODE_STRING *UserRights,
    PULONG CountOfRights)
{
	struct pol *p = pol_hold(PolicyHandle, POL_POLICY);
	struct rights_get_in in = { 0 };
	struct rights_get_out out;
	struct pol_call c;
	NTSTATUS status;

	if (UserRights)
		*UserRights = NULL;
	if (CountOfRights)
		*CountOfRights = 0;
	if (!p)
		return STATUS_INVALID_HANDLE;
	status = UserRights && CountOfRights ? sid_in(&in.sid, AccountSid) :
	    pol_refuse(STATUS_INVALID_PARAMETER, "there is no place for the rights");
	if (status != STATUS_SUCCESS) {
		pol_release(p);
		return status;
	}
	in.object = p->wire;
	status = POL_ASK(&c, p->link, rights_get, &in, &out);
	if (status == STATUS_SUCCESS)
		status = rights_out(out.privileges, out.access, UserRights, CountOfRights);
	pol_release(p);
	return pol_end(&c, status);
}

/* SIDs gathered from as many replies as it takes; malloc'ed, sized items. */
struct sids { uint8_t *at; size_t len; ULONG count; };

static NTSTATUS
sids_add(struct sids *all, struct bytes more)
{
	struct reader r = reader_of(more);
	uint8_t *at = realloc(all->at, all->len + more.len + 1);

	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	all->at = at;
	bytes_copy(at + all->len, more.at, more.len);
	all->len += more.len;
	while (reader_left(&r) > 0) {
		(void)reader_sized(&r, SID_SIZE_MAX);
		all->count++;
	}
	return reader_done(&r) ? STATUS_SUCCESS : STATUS_INVALID_SERVER_STATE;
}

/* The first `count` of them as an array of pointers, one block. */
static NTSTATUS
sids_out(const struct sids *all, ULONG count, PVOID *ret_buffer)
{
	struct reader r = reader_of(bytes_of(all->at, all->len));
	LSA_ENUMERATION_INFORMATION *list;
	struct parcel p;
	bool good;

	if (!parcel_begin(&p, count * (sizeof *list + SID_SIZE_MAX + 8)))
		return STATUS_INSUFFICIENT_RESOURCES;
	list = parcel_take(&p, count * sizeof *list);
	good = list != NULL;
	for (ULONG i = 0; i < count && good; i++)
		good = parcel_sid(&p, &list[i].Sid, reader_sized(&r, SID_SIZE_MAX));
	if (parcel_end(&p, good) != STATUS_SUCCESS)
		return STATUS_INSUFFICIENT_RESOURCES;
	*ret_buffer = list;
	return STATUS_SUCCESS;
}

NTSTATUS
LsaEnumerateAccountsWithUserRight(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING UserRight, PVOID *Buffer,
    PULONG CountReturned)
{
	struct pol *p = pol_hold(PolicyHandle, POL_POLICY);
	struct rights_held_in in = { 0 };
	struct rights_held_out out = { 0 };
	struct sids all = { 0 };
	struct pol_call c;
	NTSTATUS status;

	if (Buffer)
		*Buffer = NULL;
	if (CountReturned)
		*CountReturned = 0;
	if (!p)
		return STATUS_INVALID_HANDLE;
	if (!Buffer || !CountReturned || (UserRight && (!pol_text(&in.right, UserRight) || !in.right.len))) {
		pol_release(p);
		return pol_refuse(!Buffer || !CountReturned ? STATUS_INVALID_PARAMETER : STATUS_NO_SUCH_PRIVILEGE,
		    "there is no place for the accounts, or no name of a right");
	}
	in.object = p->wire;
	for (;;) {
		status = POL_ASK(&c, p->link, rights_held, &in, &out);
		if (status == STATUS_SUCCESS)
			status = sids_add(&all, out.sids);
		in.from = out.next;
		if (status != STATUS_SUCCESS || !out.next)
			break;
		(void)pol_end(&c, status);
	}
	if (status == STATUS_SUCCESS)
		status = sids_out(&all, all.count, Buffer);
	if (status == STATUS_SUCCESS)
		*CountReturned = all.count;
	free(all.at);
	pol_release(p);
	return pol_end(&c, status);
}

/* Set the context to 0 at first; finished at STATUS_NO_MORE_ENTRIES. */
NTSTATUS
LsaEnumerateAccounts(LSA_HANDLE PolicyHandle, PLSA_ENUMERATION_HANDLE EnumerationContext, PVOID *Buffer,
    ULONG PreferedMaximumLength, PULONG CountReturned)
{
	struct pol *p = pol_hold(PolicyHandle, POL_POLICY);
	ULONG length = PreferedMaximumLength ? PreferedMaximumLength : ACCOUNTS_LENGTH, count;
	struct rights_held_in in = { 0 };
	struct rights_held_out out;
	struct sids all = { 0 };
	struct pol_call c;
	NTSTATUS status;

	if (Buffer)
		*Buffer = NULL;
	if (CountReturned)
		*CountReturned = 0;
	if (!p)
		return STATUS_INVALID_HANDLE;
	if (!Buffer || !CountReturned || !EnumerationContext) {
		pol_release(p);
		return pol_refuse(STATUS_INVALID_PARAMETER, "there is no place for the accounts or the context");
	}
	in.object = p->wire;
	in.from = *EnumerationContext;
	status = POL_ASK(&c, p->link, rights_held, &in, &out);
	if (status == STATUS_SUCCESS)
		status = sids_add(&all, out.sids);
	if (status == STATUS_SUCCESS) {
		count = length / (ULONG)(sizeof(PSID) + 28) + 1;
		if (count > all.count)
			count = all.count;
		status = sids_out(&all, count, Buffer);
		if (status == STATUS_SUCCESS) {
			*CountReturned = count;
			*EnumerationContext = in.from + count;
			status = count < all.count || out.next ? STATUS_MORE_ENTRIES : STATUS_SUCCESS;
		}
	}
	free(all.at);
	pol_release(p);
	return pol_end(&c, status);
}

/* --- account handles ------------------------------------------------------------------ */

static NTSTATUS
account_open(LSA_HANDLE policy, PSID sid, ACCESS_MASK access, bool make, LSA_HANDLE *ret_account)
{
	struct pol *p = pol_hold(policy, POL_POLICY);
	struct acct_open_in in = { .access = access, .make = make };
	struct acct_open_out out;
	struct pol_call c;
	NTSTATUS status;

	if (ret_account)
		*ret_account = NULL;
	if (!p)
		return STATUS_INVALID_HANDLE;
	status = ret_account ? sid_in(&in.sid, sid) : pol_refuse(STATUS_INVALID_PARAMETER, "there is no place for the handle");
	if (status != STATUS_SUCCESS) {
		pol_release(p);
		return status;
	}
	in.object = p->wire;
	status = POL_ASK(&c, p->link, acct_open, &in, &out);
	if (status == STATUS_SUCCESS)
		status = pol_new(ret_account, p->link, POL_ACCOUNT, out.account, out.granted);
	pol_release(p);
	return pol_end(&c, status);
}

NTSTATUS
LsaCreateAccount(LSA_HANDLE PolicyHandle, PSID AccountSid, ACCESS_MASK DesiredAccess, PLSA_HANDLE AccountHandle)
{
	return account_open(PolicyHandle, AccountSid, DesiredAccess, true, AccountHandle);
}

NTSTATUS
LsaOpenAccount(LSA_HANDLE PolicyHandle, PSID AccountSid, ACCESS_MASK DesiredAccess, PLSA_HANDLE AccountHandle)
{
	return account_open(PolicyHandle, AccountSid, DesiredAccess, false, AccountHandle);
}

static NTSTATUS
account_get(LSA_HANDLE account, uint64_t *ret_privileges, uint32_t *ret_access)
{
	struct pol *p = pol_hold(account, POL_ACCOUNT);
	struct acct_get_in in = { 0 };
	struct acct_get_out out;
	struct pol_call c;
	NTSTATUS status;

	if (!p)
		return STATUS_INVALID_HANDLE;
	in.account = p->wire;
	status = POL_ASK(&c, p->link, acct_get, &in, &out);
	if (status == STATUS_SUCCESS) {
		*ret_privileges = out.privileges;
		*ret_access = out.access;
	}
	pol_release(p);
	return pol_end(&c, status);
}

static NTSTATUS
account_set(LSA_HANDLE account, uint32_t what, uint64_t privileges, uint32_t access)
{
	struct pol *p = pol_hold(account, POL_ACCOUNT);
	struct acct_set_in in = { .what = what, .privileges = privileges, .access = access };
	struct acct_set_out out;
	struct pol_call c;
	NTSTATUS status;

	if (!p)
		return STATUS_INVALID_HANDLE;
	in.account = p->wire;
	status = POL_ASK(&c, p->link, acct_set, &in, &out);
	pol_release(p);
	return pol_end(&c, status);
}

enum { SET_ADD = 1, SET_REMOVE, SET_ACCESS };

NTSTATUS
LsaEnumeratePrivilegesOfAccount(LSA_HANDLE AccountHandle, PPRIVILEGE_SET *Privileges)
{
	uint64_t has = 0;
	uint32_t access;
	PRIVILEGE_SET *set;
	NTSTATUS status;

	if (!Privileges)
		return pol_refuse(STATUS_INVALID_PARAMETER, "there is no place for the privileges");
	*Privileges = NULL;
	status = account_get(AccountHandle, &has, &access);
	if (status != STATUS_SUCCESS)
		return status;
	set = buffer_new(BUFFER_POLICY, sizeof *set + PRIVILEGE_LAST * sizeof set->Privilege[0]);
	if (!set)
		return STATUS_INSUFFICIENT_RESOURCES;
	for (uint32_t i = PRIVILEGE_FIRST; i <= PRIVILEGE_LAST; i++)
		if (has & PRIVILEGE_BIT(i))
			set->Privilege[set->PrivilegeCount++].Luid.LowPart = i;
	*Privileges = set;
	return STATUS_SUCCESS;
}

static NTSTATUS
privileges_in(const PRIVILEGE_SET *set, uint64_t *ret_privileges)
{
	*ret_privileges = 0;
	if (!set || set->PrivilegeCount > PRIVILEGE_LAST)
		return pol_refuse(STATUS_INVALID_PARAMETER, "there is no set of privileges, or it has more than there are");
	for (ULONG i = 0; i < set->PrivilegeCount; i++) {
		const LUID *luid = &set->Privilege[i].Luid;

		if (luid->HighPart != 0 || luid->LowPart < PRIVILEGE_FIRST || luid->LowPart > PRIVILEGE_LAST)
			return pol_refuse(STATUS_NO_SUCH_PRIVILEGE, "there is no privilege of this number; nothing was changed");
		*ret_privileges |= PRIVILEGE_BIT(luid->LowPart);
	}
	return STATUS_SUCCESS;
}

NTSTATUS
LsaAddPrivilegesToAccount(LSA_HANDLE AccountHandle, PPRIVILEGE_SET Privileges)
{
	uint64_t privileges;
	NTSTATUS status = privileges_in(Privileges, &privileges);

	return status == STATUS_SUCCESS ? account_set(AccountHandle, SET_ADD, privileges, 0) : status;
}

/* All of them, or those named: one of the two, as [MS-LSAD] 3.1.4.5.6 has it. */
NTSTATUS
LsaRemovePrivilegesFromAccount(LSA_HANDLE AccountHandle, BOOLEAN AllPrivileges, PPRIVILEGE_SET Privileges)
{
	uint64_t privileges = UINT64_MAX;
	NTSTATUS status = STATUS_SUCCESS;

	if ((AllPrivileges != 0) == (Privileges != NULL))
		return pol_refuse(STATUS_INVALID_PARAMETER, "either all privileges go, or those that are named");
	if (!AllPrivileges)
		status = privileges_in(Privileges, &privileges);
	return status == STATUS_SUCCESS ? account_set(AccountHandle, SET_REMOVE, privileges, 0) : status;
}

NTSTATUS
LsaGetSystemAccessAccount(LSA_HANDLE AccountHandle, PULONG SystemAccess)
{
	uint64_t privileges;
	uint32_t access = 0;
	NTSTATUS status;

	if (!SystemAccess)
		return pol_refuse(STATUS_INVALID_PARAMETER, "there is no place for the system access");
	status = account_get(AccountHandle, &privileges, &access);
	*SystemAccess = access;
	return status;
}

NTSTATUS
LsaSetSystemAccessAccount(LSA_HANDLE AccountHandle, ULONG SystemAccess)
{
	return account_set(AccountHandle, SET_ACCESS, 0, SystemAccess);
}

/* --- names of privileges ------------------------------------------------------------------ */

/* They are no secret, but the functions want a handle that may ask. */
static NTSTATUS
may_ask(LSA_HANDLE policy, uint32_t needs)
{
	struct pol *p = pol_hold(policy, POL_POLICY);
	bool may = p && !(needs & ~p->granted);

	if (!p)
		return STATUS_INVALID_HANDLE;
	pol_release(p);
	return may ? STATUS_SUCCESS : pol_refuse(STATUS_ACCESS_DENIED, "the handle was opened without this access");
}

NTSTATUS
LsaLookupPrivilegeValue(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING Name, PLUID Value)
{
	NTSTATUS status = may_ask(PolicyHandle, POLICY_LOOKUP_NAMES);
	struct bytes name;
	uint64_t privilege;
	uint32_t access;

	if (status != STATUS_SUCCESS)
		return status;
	if (!Value || !pol_text(&name, Name))
		return pol_refuse(STATUS_INVALID_PARAMETER, "there is no name, or no place for its value");
	if (!right_find(&privilege, &access, name) || !privilege)
		return pol_refuse(STATUS_NO_SUCH_PRIVILEGE, "there is no privilege of this name");
	*Value = (LUID){ (DWORD)__builtin_ctzll(privilege), 0 };
	return STATUS_SUCCESS;
}

static NTSTATUS
text_new(const char *text, UNICODE_STRING **ret_text)
{
	struct parcel p;
	UNICODE_STRING *to;

	if (!parcel_begin(&p, sizeof *to + 256 + PARCEL_SLACK))
		return STATUS_INSUFFICIENT_RESOURCES;
	to = parcel_take(&p, sizeof *to);
	if (parcel_end(&p, to && text_ascii(&p, to, text)) != STATUS_SUCCESS)
		return STATUS_INSUFFICIENT_RESOURCES;
	*ret_text = to;
	return STATUS_SUCCESS;
}

NTSTATUS
LsaLookupPrivilegeName(LSA_HANDLE PolicyHandle, PLUID Value, PLSA_UNICODE_STRING *Name)
{
	NTSTATUS status = may_ask(PolicyHandle, POLICY_LOOKUP_NAMES);
	const char *name;

	if (Name)
		*Name = NULL;
	if (status != STATUS_SUCCESS)
		return status;
	if (!Name || !Value)
		return pol_refuse(STATUS_INVALID_PARAMETER, "there is no value, or no place for its name");
	name = Value->HighPart == 0 ? privilege_name(Value->LowPart) : NULL;
	return name ? text_new(name, Name) : pol_refuse(STATUS_NO_SUCH_PRIVILEGE, "there is no privilege of this number");
}

#define ENGLISH_US	0x0409

NTSTATUS
LsaLookupPrivilegeDisplayName(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING Name, PLSA_UNICODE_STRING *DisplayName,
    PSHORT LanguageReturned)
{
	NTSTATUS status = may_ask(PolicyHandle, POLICY_LOOKUP_NAMES);
	struct bytes name;
	uint64_t privilege;
	uint32_t access;

	if (DisplayName)
		*DisplayName = NULL;
	if (status != STATUS_SUCCESS)
		return status;
	if (!DisplayName || !LanguageReturned || !pol_text(&name, Name))
		return pol_refuse(STATUS_INVALID_PARAMETER, "there is no name, or no place for what it means");
	if (!right_find(&privilege, &access, name) || !privilege)
		return pol_refuse(STATUS_NO_SUCH_PRIVILEGE, "there is no privilege of this name");
	*LanguageReturned = ENGLISH_US;
	return text_new(privilege_text((uint32_t)__builtin_ctzll(privilege)), DisplayName);
}

NTSTATUS
LsaEnumeratePrivileges(LSA_HANDLE PolicyHandle, PLSA_ENUMERATION_HANDLE EnumerationContext, PVOID *Buffer,
    ULONG PreferedMaximumLength, PULONG CountReturned)
{
	NTSTATUS status = may_ask(PolicyHandle, SEES_POLICY);
	POLICY_PRIVILEGE_DEFINITION *list;
	ULONG count, from, all = PRIVILEGE_LAST - PRIVILEGE_FIRST + 1;
	struct parcel p;
	bool good;

	if (Buffer)
		*Buffer = NULL;
	if (CountReturned)
		*CountReturned = 0;
	if (status != STATUS_SUCCESS)
		return status;
	if (!Buffer || !CountReturned || !EnumerationContext)
		return pol_refuse(STATUS_INVALID_PARAMETER, "there is no place for the privileges or the context");
	from = *EnumerationContext;
	if (from >= all)
		return STATUS_NO_MORE_ENTRIES;
	count = PreferedMaximumLength / (ULONG)(sizeof *list + 64) + 1;
	if (count > all - from)
		count = all - from;
	if (!parcel_begin(&p, count * (sizeof *list + 128)))
		return STATUS_INSUFFICIENT_RESOURCES;
	list = parcel_take(&p, count * sizeof *list);
	good = list != NULL;
	for (ULONG i = 0; i < count && good; i++) {
		list[i].LocalValue.LowPart = PRIVILEGE_FIRST + from + i;
		good = text_ascii(&p, &list[i].Name, privilege_name(PRIVILEGE_FIRST + from + i));
	}
	if (parcel_end(&p, good) != STATUS_SUCCESS)
		return STATUS_INSUFFICIENT_RESOURCES;
	*Buffer = list;
	*CountReturned = count;
	*EnumerationContext = from + count;
	return from + count < all ? STATUS_MORE_ENTRIES : STATUS_SUCCESS;
}
