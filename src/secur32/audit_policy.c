/*
 * audit_policy.c - which events are audited, by subcategory of the system; by
 * user is audit_user.c's, by object: not in this version. The names of categories are in
 * audit_names.c.
 */
#include <windows.h>
#include <ntsecapi.h>

#include <stdlib.h>

#include "base/auditing.h"
#include "base/status.h"
#include "secur32/audit_names.h"
#include "secur32/pol.h"
#include "secur32/unsupported.h"

#define OPTIONS (POLICY_AUDIT_EVENT_SUCCESS | POLICY_AUDIT_EVENT_FAILURE | POLICY_AUDIT_EVENT_NONE)

static BOOLEAN
said(NTSTATUS status)
{
	if (status == STATUS_SUCCESS)
		return TRUE;
	SetLastError(LsaNtStatusToWinError(status));
	return FALSE;
}

static NTSTATUS
link_any(struct link **ret_link)
{
	struct why why = { NULL, 0, 0 };
	NTSTATUS status = root_sspi_link(ret_link, &why);

	why_drop(&why);
	return status;
}

/* None of a subcategory's two is POLICY_AUDIT_EVENT_NONE here. */
BOOLEAN
AuditQuerySystemPolicy(const GUID *pSubCategoryGuids, ULONG PolicyCount, PAUDIT_POLICY_INFORMATION *ppAuditPolicy)
{
	struct audited_in in = { 0 };
	struct audited_out out;
	AUDIT_POLICY_INFORMATION *list = NULL;
	struct pol_call c;
	struct link *link;
	NTSTATUS status = STATUS_SUCCESS;

	if (!pSubCategoryGuids || !PolicyCount || PolicyCount > AUDIT_PLACES || !ppAuditPolicy)
		return said(STATUS_INVALID_PARAMETER);
	for (ULONG i = 0; i < PolicyCount; i++)
		if (audit_place(&pSubCategoryGuids[i]) == AUDIT_PLACES)
			return said(STATUS_INVALID_PARAMETER);
	status = link_any(&link);
	if (status != STATUS_SUCCESS)
		return said(status);
	status = POL_ASK(&c, link, audited, &in, &out);
	if (status == STATUS_SUCCESS && out.settings.len != AUDIT_PLACES)
		status = STATUS_INVALID_SERVER_STATE;
	if (status == STATUS_SUCCESS) {
		list = buffer_new(BUFFER_POLICY, PolicyCount * sizeof *list);
		status = list ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
	}
	for (ULONG i = 0; list && i < PolicyCount; i++) {
		uint32_t place = audit_place(&pSubCategoryGuids[i]);
		uint8_t setting = out.settings.at[place];

		list[i].AuditSubCategoryGuid = pSubCategoryGuids[i];
		list[i].AuditCategoryGuid = *audit_category_at(place);
		list[i].AuditingInformation = setting ? setting : POLICY_AUDIT_EVENT_NONE;
	}
	if (status == STATUS_SUCCESS)
		*ppAuditPolicy = list;
	link_release(link);
	return said(pol_end(&c, status));
}

BOOLEAN
AuditSetSystemPolicy(PCAUDIT_POLICY_INFORMATION pAuditPolicy, ULONG PolicyCount)
{
	uint8_t places[8 * AUDIT_PLACES];
	struct writer w = writer_of(places, sizeof places);
	struct audit_set_in in = { .places = BYTES_NONE };
	struct audit_set_out out;
	struct pol_call c;
	struct link *link;
	NTSTATUS status;

	if (!pAuditPolicy || !PolicyCount || PolicyCount > AUDIT_PLACES)
		return said(STATUS_INVALID_PARAMETER);
	for (ULONG i = 0; i < PolicyCount; i++) {
		uint32_t place = audit_place(&pAuditPolicy[i].AuditSubCategoryGuid);

		if (place == AUDIT_PLACES || pAuditPolicy[i].AuditingInformation & ~(ULONG)OPTIONS)
			return said(STATUS_INVALID_PARAMETER);
		writer_u32(&w, place);
		writer_u32(&w, pAuditPolicy[i].AuditingInformation);
	}
	status = link_any(&link);
	if (status != STATUS_SUCCESS)
		return said(status);
	in.places = bytes_of(places, w.need);
	status = POL_ASK(&c, link, audit_set, &in, &out);
	link_release(link);
	return said(pol_end(&c, status));
}

/* None looks at its parameters. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

BOOLEAN
AuditQueryGlobalSaclA(PCSTR ObjectTypeName, PACL *Acl)
{
	return unsupported_win32(__func__);
}

BOOLEAN
AuditQueryGlobalSaclW(PCWSTR ObjectTypeName, PACL *Acl)
{
	return unsupported_win32(__func__);
}

BOOLEAN
AuditQuerySecurity(SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR *ppSecurityDescriptor)
{
	return unsupported_win32(__func__);
}

BOOLEAN
AuditSetGlobalSaclA(PCSTR ObjectTypeName, PACL Acl)
{
	return unsupported_win32(__func__);
}

BOOLEAN
AuditSetGlobalSaclW(PCWSTR ObjectTypeName, PACL Acl)
{
	return unsupported_win32(__func__);
}

BOOLEAN
AuditSetSecurity(SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR pSecurityDescriptor)
{
	return unsupported_win32(__func__);
}

