/*
 * auditing.c - settings of what is audited, as bytes. Pure.
 */
#include "base/auditing.h"

static const char *const categories[AUDIT_CATEGORIES] = {
	"System", "Logon/Logoff", "Object Access", "Privilege Use", "Detailed Tracking", "Policy Change",
	"Account Management", "DS Access", "Account Logon",
};

/* By category, each in the order in which Windows' auditpol lists them. */
static const char *const names[AUDIT_PLACES] = {
	"Security State Change", "Security System Extension", "System Integrity", "IPsec Driver",
	"Other System Events", "Logon", "Logoff", "Account Lockout", "IPsec Main Mode", "Special Logon",
	"IPsec Quick Mode", "IPsec Extended Mode", "Other Logon/Logoff Events", "Network Policy Server",
	"User / Device Claims", "Group Membership", "File System", "Registry", "Kernel Object", "SAM",
	"Certification Services", "Application Generated", "Handle Manipulation", "File Share",
	"Filtering Platform Packet Drop", "Filtering Platform Connection", "Other Object Access Events",
	"Detailed File Share", "Removable Storage", "Central Policy Staging", "Sensitive Privilege Use",
	"Non Sensitive Privilege Use", "Other Privilege Use Events", "Process Creation", "Process Termination",
	"DPAPI Activity", "RPC Events", "Plug and Play Events", "Token Right Adjusted Events", "Audit Policy Change",
	"Authentication Policy Change", "Authorization Policy Change", "MPSSVC Rule-Level Policy Change",
	"Filtering Platform Policy Change", "Other Policy Change Events", "User Account Management",
	"Computer Account Management", "Security Group Management", "Distribution Group Management",
	"Application Group Management", "Other Account Management Events", "Directory Service Access",
	"Directory Service Changes", "Directory Service Replication", "Detailed Directory Service Replication",
	"Credential Validation", "Kerberos Service Ticket Operations", "Other Account Logon Events",
	"Kerberos Authentication Service",
};

/* What is audited unless policy says otherwise: all that there is to tell. */
static const uint8_t usual[] = { PLACE_SECURITY_STATE, PLACE_SUBSYSTEM, PLACE_INTEGRITY, PLACE_LOGON, PLACE_LOGOFF,
	PLACE_LOCKOUT, PLACE_SPECIAL_LOGON, PLACE_OTHER_LOGON, PLACE_HANDLE, PLACE_SENSITIVE, PLACE_AUDIT_POLICY, PLACE_AUTHENTICATION,
	PLACE_AUTHORIZATION, PLACE_OTHER_POLICY, PLACE_USER_ACCOUNT };

const char *
auditing_name(uint32_t place)
{
	return place < AUDIT_PLACES ? names[place] : "";
}

const char *
auditing_category(uint32_t place)
{
	uint32_t i = 0;

	while (i + 1 < AUDIT_CATEGORIES && auditing_first(i + 1) <= place)
		i++;
	return categories[i];
}

uint32_t
auditing_first(uint32_t category)
{
	static const uint8_t firsts[AUDIT_CATEGORIES + 1] = { 0, 5, 16, 30, 33, 39, 45, 51, 55, AUDIT_PLACES };

	return firsts[category <= AUDIT_CATEGORIES ? category : AUDIT_CATEGORIES];
}

unsigned
auditing_join(unsigned all, unsigned user, bool administrator)
{
	unsigned with = (user & AUDITS_WITH_SUCCESS ? AUDITS_SUCCESS : 0) | (user & AUDITS_WITH_FAILURE ? AUDITS_FAILURE : 0);
	unsigned without = (user & AUDITS_WITHOUT_SUCCESS ? AUDITS_SUCCESS : 0) | (user & AUDITS_WITHOUT_FAILURE ? AUDITS_FAILURE : 0);

	return (all | with) & ~(administrator ? 0 : without);
}

bool
auditing_take(struct auditing *a, struct bytes value)
{
	struct reader r = reader_of(value);

	if (!value.len) {
		*a = (struct auditing){ .on = true };
		for (size_t i = 0; i < sizeof usual; i++)
			a->settings[usual[i]] = AUDITS_SUCCESS | AUDITS_FAILURE;
		return true;
	}
	a->on = reader_u32(&r) != 0;
	reader_fixed(&r, a->settings, sizeof a->settings);
	return reader_done(&r);
}

void
auditing_put(struct writer *w, const struct auditing *a)
{
	writer_u32(w, a->on);
	writer_bytes(w, bytes_of(a->settings, sizeof a->settings));
}
