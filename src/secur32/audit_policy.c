/*
 * audit_policy.c - which events are audited, by subcategory of the system; by
 * user is audit_user.c's, by object audit_guard.c's. The names of categories
 * are in audit_names.c.
 */
#include <windows.h>
#include <ntsecapi.h>

#include "secur32/audit_ask.h"

#define OPTIONS (POLICY_AUDIT_EVENT_SUCCESS | POLICY_AUDIT_EVENT_FAILURE | POLICY_AUDIT_EVENT_NONE)

/* None of a subcategory's two is POLICY_AUDIT_EVENT_NONE here. */
BOOLEAN
AuditQuerySystemPolicy(const GUID *pSubCategoryGuids, ULONG PolicyCount, PAUDIT_POLICY_INFORMATION *ppAuditPolicy)
{
	struct audited_in in = { 0 };
	struct audited_out out;
	struct pol_call c;
	struct link *link;
	NTSTATUS status;

	if (!audit_places_good(pSubCategoryGuids, PolicyCount) || !ppAuditPolicy)
		return audit_said(STATUS_INVALID_PARAMETER);
	status = audit_link(&link);
	if (status != STATUS_SUCCESS)
		return audit_said(status);
	status = POL_ASK(&c, link, audited, &in, &out);
	if (status == STATUS_SUCCESS && out.settings.len != AUDIT_PLACES)
		status = STATUS_INVALID_SERVER_STATE;
	if (status == STATUS_SUCCESS)
		status = audit_list(ppAuditPolicy, out.settings.at, POLICY_AUDIT_EVENT_NONE, pSubCategoryGuids, PolicyCount);
	link_release(link);
	return audit_said(pol_end(&c, status));
}

static bool
option_good(ULONG option)
{
	return !(option & ~(ULONG)OPTIONS);
}

BOOLEAN
AuditSetSystemPolicy(PCAUDIT_POLICY_INFORMATION pAuditPolicy, ULONG PolicyCount)
{
	uint8_t places[AUDIT_SETTINGS_MAX];
	struct audit_set_in in = { .places = BYTES_NONE };
	struct audit_set_out out;
	struct pol_call c;
	struct link *link;
	NTSTATUS status;

	if (!audit_settings(places, &in.places, pAuditPolicy, PolicyCount, option_good))
		return audit_said(STATUS_INVALID_PARAMETER);
	status = audit_link(&link);
	if (status != STATUS_SUCCESS)
		return audit_said(status);
	status = POL_ASK(&c, link, audit_set, &in, &out);
	link_release(link);
	return audit_said(pol_end(&c, status));
}
