/*
 * audit_ask.h - what the functions of audit policy share: no handle comes
 * with them, so each asks on the link that SSPI has; and they answer TRUE,
 * or FALSE and the last error.
 */
#ifndef OPENLSA_SECUR32_AUDIT_ASK_H
#define OPENLSA_SECUR32_AUDIT_ASK_H

#include "base/auditing.h"
#include "secur32/pol.h"

BOOLEAN audit_said(NTSTATUS status);
/* To be released with link_release. */
NTSTATUS audit_link(struct link **ret_link) MUST_CHECK;

/* Subcategories and a setting of each, as calls take them; false: none, too many, unknown, or not `good`. */
#define AUDIT_SETTINGS_MAX (8u * AUDIT_PLACES)
bool audit_settings(uint8_t to[AUDIT_SETTINGS_MAX], struct bytes *ret_settings, PCAUDIT_POLICY_INFORMATION list, ULONG count,
    bool (*good)(ULONG setting)) MUST_CHECK;
/* The subcategories asked for; false as above. */
bool audit_places_good(const GUID *guids, ULONG count) MUST_CHECK;
/* A list of what is set of each, for AuditFree; `none` stands for nothing. */
NTSTATUS audit_list(PAUDIT_POLICY_INFORMATION *ret_list, const uint8_t settings[AUDIT_PLACES], ULONG none, const GUID *guids,
    ULONG count) MUST_CHECK;

#endif
