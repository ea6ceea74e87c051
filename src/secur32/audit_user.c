/*
 * audit_user.c - which events are audited of single users, and what that
 * comes to together with the system's policy.
 */
#include <windows.h>
#include <ntsecapi.h>

#include <stdlib.h>

#include "base/sid.h"
#include "secur32/audit_ask.h"

#define BOTH(success, failure) ((success) | (failure))

/* What is kept of the user; and of the system where it is asked for, too. */
static NTSTATUS
settings_ask(struct bytes sid, uint8_t user[AUDIT_PLACES], uint8_t *all)
{
	struct audited_user_in in = { .sid = sid };
	struct audited_in all_in = { 0 };
	struct audited_user_out out;
	struct audited_out all_out;
	struct pol_call c;
	struct link *link;
	NTSTATUS status = audit_link(&link);

	if (status != STATUS_SUCCESS)
		return status;
	status = POL_ASK(&c, link, audited_user, &in, &out);
	if (status == STATUS_SUCCESS && out.settings.len != AUDIT_PLACES)
		status = STATUS_INVALID_SERVER_STATE;
	if (status == STATUS_SUCCESS)
		bytes_copy(user, out.settings.at, AUDIT_PLACES);
	status = pol_end(&c, status);
	if (status == STATUS_SUCCESS && all) {
		status = POL_ASK(&c, link, audited, &all_in, &all_out);
		if (status == STATUS_SUCCESS && all_out.settings.len != AUDIT_PLACES)
			status = STATUS_INVALID_SERVER_STATE;
		if (status == STATUS_SUCCESS)
			bytes_copy(all, all_out.settings.at, AUDIT_PLACES);
		status = pol_end(&c, status);
	}
	link_release(link);
	return status;
}

/* --- kept --------------------------------------------------------------------------- */

BOOLEAN
AuditQueryPerUserPolicy(const PSID pSid, const GUID *pSubCategoryGuids, ULONG PolicyCount, PAUDIT_POLICY_INFORMATION *ppAuditPolicy)
{
	uint8_t settings[AUDIT_PLACES];
	struct bytes sid;
	NTSTATUS status;

	if (!pol_sid(&sid, pSid) || !audit_places_good(pSubCategoryGuids, PolicyCount) || !ppAuditPolicy)
		return audit_said(STATUS_INVALID_PARAMETER);
	status = settings_ask(sid, settings, NULL);
	return audit_said(status == STATUS_SUCCESS ?
	    audit_list(ppAuditPolicy, settings, PER_USER_AUDIT_NONE, pSubCategoryGuids, PolicyCount) : status);
}

/* Both of a pair contradict each other; none goes together with nothing. */
static bool
option_good(ULONG option)
{
	ULONG success = BOTH(PER_USER_AUDIT_SUCCESS_INCLUDE, PER_USER_AUDIT_SUCCESS_EXCLUDE);
	ULONG failure = BOTH(PER_USER_AUDIT_FAILURE_INCLUDE, PER_USER_AUDIT_FAILURE_EXCLUDE);

	return !(option & ~(ULONG)VALID_PER_USER_AUDIT_POLICY_FLAG) && (option & success) != success && (option & failure) != failure &&
	    (!(option & PER_USER_AUDIT_NONE) || option == PER_USER_AUDIT_NONE);
}

BOOLEAN
AuditSetPerUserPolicy(const PSID pSid, PCAUDIT_POLICY_INFORMATION pAuditPolicy, ULONG PolicyCount)
{
	uint8_t places[AUDIT_SETTINGS_MAX];
	struct audit_user_in in = { .places = BYTES_NONE };
	struct audit_user_out out;
	struct pol_call c;
	struct link *link;
	NTSTATUS status;

	if (!pol_sid(&in.sid, pSid) || !audit_settings(places, &in.places, pAuditPolicy, PolicyCount, option_good))
		return audit_said(STATUS_INVALID_PARAMETER);
	status = audit_link(&link);
	if (status != STATUS_SUCCESS)
		return audit_said(status);
	status = POL_ASK(&c, link, audit_user, &in, &out);
	link_release(link);
	return audit_said(pol_end(&c, status));
}

static NTSTATUS
sids_out(struct bytes sids, PPOLICY_AUDIT_SID_ARRAY *ret_array)
{
	struct reader r = reader_of(sids), again = r;
	POLICY_AUDIT_SID_ARRAY *array;
	size_t count = 0;
	struct parcel p;
	bool good = true;

	while (reader_left(&r) > 0) {
		(void)reader_sized(&r, SID_SIZE_MAX);
		count++;
	}
	if (!reader_done(&r))
		return STATUS_INVALID_SERVER_STATE;
	if (!parcel_begin(&p, sizeof *array + count * (sizeof(PSID) + SID_SIZE_MAX + PARCEL_SLACK) + 64))
		return STATUS_INSUFFICIENT_RESOURCES;
	array = parcel_take(&p, sizeof *array);
	if (array && count)
		array->UserSidArray = parcel_take(&p, count * sizeof(PSID));
	good = array && (!count || array->UserSidArray);
	for (size_t i = 0; i < count && good; i++)
		good = parcel_sid(&p, &array->UserSidArray[i], reader_sized(&again, SID_SIZE_MAX));
	if (!good) {
		parcel_drop(&p);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	array->UsersCount = (ULONG)count;
	*ret_array = array;
	return STATUS_SUCCESS;
}

BOOLEAN
AuditEnumeratePerUserPolicy(PPOLICY_AUDIT_SID_ARRAY *ppAuditSidArray)
{
	struct audited_users_in in = { 0 };
	struct audited_users_out out;
	struct pol_call c;
	struct link *link;
	NTSTATUS status;

	if (!ppAuditSidArray)
		return audit_said(STATUS_INVALID_PARAMETER);
	status = audit_link(&link);
	if (status != STATUS_SUCCESS)
		return audit_said(status);
	status = POL_ASK(&c, link, audited_users, &in, &out);
	if (status == STATUS_SUCCESS)
		status = sids_out(out.sids, ppAuditSidArray);
	link_release(link);
	return audit_said(pol_end(&c, status));
}

/* --- together --------------------------------------------------------------------------- */

static NTSTATUS
effective(struct bytes sid, bool administrator, const GUID *guids, ULONG count, PAUDIT_POLICY_INFORMATION *ret_list)
{
	uint8_t user[AUDIT_PLACES], all[AUDIT_PLACES];
	NTSTATUS status = settings_ask(sid, user, all);

	if (status != STATUS_SUCCESS)
		return status;
	for (unsigned i = 0; i < AUDIT_PLACES; i++)
		all[i] = (uint8_t)auditing_join(all[i], user[i], administrator);
	return audit_list(ret_list, all, POLICY_AUDIT_EVENT_NONE, guids, count);
}

/* By its SID alone: root and the system itself are, and so is the group. */
static bool
administers(struct bytes binary)
{
	struct reader r = reader_of(binary);
	struct sid sid, parent;
	uint32_t id;

	sid_take(&sid, &r);
	return reader_done(&r) && (sid_same(&sid, &sid_system) || sid_same(&sid, &sid_administrators) ||
	    (sid_parent(&parent, &id, &sid) && sid_same(&parent, &sid_unix_users) && id == 0));
}

BOOLEAN
AuditComputeEffectivePolicyBySid(const PSID pSid, const GUID *pSubCategoryGuids, ULONG PolicyCount,
    PAUDIT_POLICY_INFORMATION *ppAuditPolicy)
{
	struct bytes sid;

	if (!pol_sid(&sid, pSid) || !audit_places_good(pSubCategoryGuids, PolicyCount) || !ppAuditPolicy)
		return audit_said(STATUS_INVALID_PARAMETER);
	return audit_said(effective(sid, administers(sid), pSubCategoryGuids, PolicyCount, ppAuditPolicy));
}

static void *
token_facts(HANDLE token, TOKEN_INFORMATION_CLASS class)
{
	DWORD len = 0;
	void *at;

	(void)GetTokenInformation(token, class, NULL, 0, &len);
	at = len ? malloc(len) : NULL;
	if (at && !GetTokenInformation(token, class, at, len, &len)) {
		free(at);
		at = NULL;
	}
	return at;
}

static bool
is_administrator(const TOKEN_GROUPS *groups)
{
	for (DWORD i = 0; groups && i < groups->GroupCount; i++)
		if (IsWellKnownSid(groups->Groups[i].Sid, WinBuiltinAdministratorsSid))
			return true;
	return false;
}

BOOLEAN
AuditComputeEffectivePolicyByToken(HANDLE hTokenHandle, const GUID *pSubCategoryGuids, ULONG PolicyCount,
    PAUDIT_POLICY_INFORMATION *ppAuditPolicy)
{
	TOKEN_GROUPS *groups;
	TOKEN_USER *user;
	struct bytes sid;
	NTSTATUS status;

	if (!audit_places_good(pSubCategoryGuids, PolicyCount) || !ppAuditPolicy)
		return audit_said(STATUS_INVALID_PARAMETER);
	user = token_facts(hTokenHandle, TokenUser);
	groups = token_facts(hTokenHandle, TokenGroups);
	status = user && groups && pol_sid(&sid, user->User.Sid) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
	if (status == STATUS_SUCCESS)
		status = effective(sid, is_administrator(groups), pSubCategoryGuids, PolicyCount, ppAuditPolicy);
	free(user);
	free(groups);
	return audit_said(status);
}
