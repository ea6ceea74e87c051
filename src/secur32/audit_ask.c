/*
 * audit_ask.c - subcategories in, settings out, and how a function of audit
 * policy ends. What is audited is not known here.
 */
#include <windows.h>
#include <ntsecapi.h>

#include "secur32/audit_ask.h"
#include "secur32/audit_names.h"

BOOLEAN
audit_said(NTSTATUS status)
{
	if (status == STATUS_SUCCESS)
		return TRUE;
	SetLastError(LsaNtStatusToWinError(status));
	return FALSE;
}

NTSTATUS
audit_link(struct link **ret_link)
{
	struct why why = { NULL, 0, 0 };
	NTSTATUS status = root_sspi_link(ret_link, &why);

	why_drop(&why);
	return status;
}

bool
audit_settings(uint8_t to[AUDIT_SETTINGS_MAX], struct bytes *ret_settings, PCAUDIT_POLICY_INFORMATION list, ULONG count,
    bool (*good)(ULONG setting))
{
	struct writer w = writer_of(to, AUDIT_SETTINGS_MAX);

	if (!list || !count || count > AUDIT_PLACES)
		return false;
	for (ULONG i = 0; i < count; i++) {
		uint32_t place = audit_place(&list[i].AuditSubCategoryGuid);

		if (place == AUDIT_PLACES || !good(list[i].AuditingInformation))
			return false;
		writer_u32(&w, place);
		writer_u32(&w, list[i].AuditingInformation);
	}
	*ret_settings = bytes_of(to, w.need);
	return writer_ok(&w);
}

bool
audit_places_good(const GUID *guids, ULONG count)
{
	if (!guids || !count || count > AUDIT_PLACES)
		return false;
	for (ULONG i = 0; i < count; i++)
		if (audit_place(&guids[i]) == AUDIT_PLACES)
			return false;
	return true;
}

NTSTATUS
audit_list(PAUDIT_POLICY_INFORMATION *ret_list, const uint8_t settings[AUDIT_PLACES], ULONG none, const GUID *guids, ULONG count)
{
	AUDIT_POLICY_INFORMATION *list = buffer_new(BUFFER_POLICY, count * sizeof *list);

	if (!list)
		return STATUS_INSUFFICIENT_RESOURCES;
	for (ULONG i = 0; i < count; i++) {
		uint32_t place = audit_place(&guids[i]);

		list[i].AuditSubCategoryGuid = guids[i];
		list[i].AuditCategoryGuid = *audit_category_at(place);
		list[i].AuditingInformation = settings[place] ? settings[place] : none;
	}
	*ret_list = list;
	return STATUS_SUCCESS;
}
