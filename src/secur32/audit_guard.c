/*
 * audit_guard.c - who may see and set audit policy, and the system lists of
 * all objects of a kind. They are kept by the LSA, which judges by the one;
 * by the other judges who opens files or keys.
 */
#include <windows.h>
#include <ntsecapi.h>

#include "base/guard.h"
#include "secur32/audit_ask.h"

#define LISTS (DACL_SECURITY_INFORMATION | SACL_SECURITY_INFORMATION)

/* --- the security descriptor of audit policy ------------------------------------------- */

BOOLEAN
AuditQuerySecurity(SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR *ppSecurityDescriptor)
{
	struct audit_guard_in in = { .parts = SecurityInformation & LISTS };
	struct audit_guard_out out;
	struct pol_call c;
	struct link *link;
	NTSTATUS status;

	if (!in.parts || !ppSecurityDescriptor)
		return audit_said(STATUS_INVALID_PARAMETER);
	status = audit_link(&link);
	if (status != STATUS_SUCCESS)
		return audit_said(status);
	status = POL_ASK(&c, link, audit_guard, &in, &out);
	if (status == STATUS_SUCCESS) {
		PSECURITY_DESCRIPTOR found = buffer_of(BUFFER_POLICY, out.guard);

		if (found)
			*ppSecurityDescriptor = found;
		else
			status = STATUS_INSUFFICIENT_RESOURCES;
	}
	link_release(link);
	return audit_said(pol_end(&c, status));
}

BOOLEAN
AuditSetSecurity(SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR pSecurityDescriptor)
{
	struct audit_guard_set_in in = { .parts = SecurityInformation & LISTS };
	struct audit_guard_set_out out;
	uint8_t flat[GUARD_MAX];
	struct writer w = writer_of(flat, sizeof flat);
	struct pol_call c;
	struct link *link;
	NTSTATUS status;

	if (!in.parts || !pSecurityDescriptor)
		return audit_said(STATUS_INVALID_PARAMETER);
	if (!pol_guard(&w, pSecurityDescriptor, SecurityInformation))
		return audit_said(STATUS_INVALID_SECURITY_DESCR);
	in.guard = bytes_of(flat, w.need);
	status = audit_link(&link);
	if (status != STATUS_SUCCESS)
		return audit_said(status);
	status = POL_ASK(&c, link, audit_guard_set, &in, &out);
	link_release(link);
	return audit_said(pol_end(&c, status));
}

/* --- the lists of all objects of a kind --------------------------------------------------- */

/* 1 File, 2 Key, as the calls number them; 0: neither. `unit` is the width of a character. */
static uint32_t
kind_of(const void *name, size_t unit)
{
	static const char *const kinds[] = { "file", "key" };

	for (uint32_t k = 0; name && k < 2; k++) {
		for (size_t i = 0;; i++) {
			unsigned c = unit == 1 ? ((const uint8_t *)name)[i] : ((const WCHAR *)name)[i];

			if (c >= 'A' && c <= 'Z')
				c += 'a' - 'A';
			if (c != (uint8_t)kinds[k][i])
				break;
			if (!c)
				return k + 1;
		}
	}
	return 0;
}

static BOOLEAN
sacl_query(uint32_t kind, PACL *ret_list)
{
	struct audit_sacl_in in = { .kind = kind };
	struct audit_sacl_out out;
	struct pol_call c;
	struct link *link;
	NTSTATUS status;

	if (ret_list)
		*ret_list = NULL;
	if (!kind || !ret_list)
		return audit_said(STATUS_INVALID_PARAMETER);
	status = audit_link(&link);
	if (status != STATUS_SUCCESS)
		return audit_said(status);
	status = POL_ASK(&c, link, audit_sacl, &in, &out);
	if (status == STATUS_SUCCESS) {
		*ret_list = buffer_of(BUFFER_LOCAL, out.list);
		if (!*ret_list)
			status = STATUS_INSUFFICIENT_RESOURCES;
	}
	link_release(link);
	return audit_said(pol_end(&c, status));
}

BOOLEAN
AuditQueryGlobalSaclA(PCSTR ObjectTypeName, PACL *Acl)
{
	return sacl_query(kind_of(ObjectTypeName, sizeof *ObjectTypeName), Acl);
}

BOOLEAN
AuditQueryGlobalSaclW(PCWSTR ObjectTypeName, PACL *Acl)
{
	return sacl_query(kind_of(ObjectTypeName, sizeof *ObjectTypeName), Acl);
}

static BOOLEAN
sacl_set(uint32_t kind, const ACL *list)
{
	struct audit_sacl_set_in in = { .kind = kind, .list = BYTES_NONE };
	struct audit_sacl_set_out out;
	struct pol_call c;
	struct link *link;
	NTSTATUS status;

	if (!kind)
		return audit_said(STATUS_INVALID_PARAMETER);
	if (list && !guard_system_list_valid(bytes_of(list, list->AclSize)))
		return audit_said(STATUS_INVALID_ACL);
	if (list)
		in.list = bytes_of(list, list->AclSize);
	status = audit_link(&link);
	if (status != STATUS_SUCCESS)
		return audit_said(status);
	status = POL_ASK(&c, link, audit_sacl_set, &in, &out);
	link_release(link);
	return audit_said(pol_end(&c, status));
}

BOOLEAN
AuditSetGlobalSaclA(PCSTR ObjectTypeName, PACL Acl)
{
	return sacl_set(kind_of(ObjectTypeName, sizeof *ObjectTypeName), Acl);
}

BOOLEAN
AuditSetGlobalSaclW(PCWSTR ObjectTypeName, PACL Acl)
{
	return sacl_set(kind_of(ObjectTypeName, sizeof *ObjectTypeName), Acl);
}
