/*
 * audit_table.c - every event that is ever told, with its fields: data.
 * Numbers, names of fields and subcategories are those that Windows
 * documents for its security log; 8001 is of its log of NTLM, and 9001 is
 * ours, for what Windows has no number for. Knows nobody who raises.
 */
#include "store/audit.h"

#include <winerror.h>

#include "base/auditing.h"

#define B(field) (UINT64_C(1) << AF_##field)
#define ASKED	B(SUBJECT_SID)
#define TARGET	(B(TARGET_NAME) | B(TARGET_DOMAIN))
#define HOW	(B(LOGON_TYPE) | B(LOGON_PROCESS) | B(PACKAGE) | B(LM_PACKAGE) | B(WORKSTATION))
#define OUTCOME	(B(STATUS) | B(SUBSTATUS) | B(REASON) | B(CHAIN))
#define ACCOUNT	(ASKED | TARGET | B(TARGET_SID) | OUTCOME)
#define TRUST	(ASKED | B(DOMAIN_NAME) | B(DOMAIN_SID) | B(TDO_TYPE) | B(TDO_DIRECTION) | B(TDO_ATTRIBUTES) | OUTCOME)

const struct audit_row audit_rows[AUDIT_EVENTS] = {
	[AUDIT_STARTED] = { 4608, PLACE_SECURITY_STATE, false, FLOOD_CHANGES, "started", "The LSA has started", B(WHAT) },
	[AUDIT_STOPPED] = { 1100, PLACE_SECURITY_STATE, true, FLOOD_CHANGES, "stopped", "The LSA ends, and auditing with it", B(WHAT) },
	[AUDIT_LOST] = { 1101, PLACE_INTEGRITY, true, FLOOD_CHANGES, "dropped", "Audit events have been dropped",
	    B(DROPPED) | B(WHAT) },
	[AUDIT_PACKAGE] = { 4610, PLACE_SUBSYSTEM, false, FLOOD_CHANGES, "package-loaded",
	    "An authentication package was loaded", B(PACKAGE) },
	[AUDIT_PROCESS] = { 4611, PLACE_SUBSYSTEM, false, FLOOD_LOGONS, "logon-process",
	    "A logon process has registered", ASKED | B(LOGON_PROCESS) },
	[AUDIT_SECURITY_PACKAGE] = { 4622, PLACE_SUBSYSTEM, false, FLOOD_CHANGES, "security-package-loaded",
	    "A security package was loaded", B(SECURITY_PACKAGE) },

	[AUDIT_LOGON] = { 4624, PLACE_LOGON, false, FLOOD_LOGONS, "logon", "An account was logged on",
	    ASKED | B(TARGET_USER_SID) | TARGET | B(TARGET_LOGON) | HOW | B(LEVEL) | B(ELEVATED) },
	[AUDIT_LOGON_FAILED] = { 4625, PLACE_LOGON, false, FLOOD_FAILURES, "logon-failed", "An account failed to log on",
	    ASKED | TARGET | HOW | OUTCOME },
	[AUDIT_LOGON_LOCKED] = { 4625, PLACE_LOCKOUT, false, FLOOD_FAILURES, "logon-failed", "A locked account failed to log on",
	    ASKED | TARGET | HOW | OUTCOME },
	[AUDIT_LOGOFF] = { 4634, PLACE_LOGOFF, false, FLOOD_LOGONS, "logoff", "An account was logged off",
	    B(TARGET_USER_SID) | TARGET | B(TARGET_LOGON) | B(LOGON_TYPE) },
	[AUDIT_USER_LOGOFF] = { 4647, PLACE_LOGOFF, false, FLOOD_LOGONS, "user-logoff", "A logoff was asked for",
	    ASKED | B(TARGET_USER_SID) | TARGET | B(TARGET_LOGON) | B(LOGON_TYPE) },
	[AUDIT_EXPLICIT] = { 4648, PLACE_LOGON, false, FLOOD_LOGONS, "explicit-credentials",
	    "A logon was attempted with explicit credentials", ASKED | TARGET | B(TARGET_SERVER) | B(PACKAGE) | B(LOGON_TYPE) },
	[AUDIT_SPECIAL] = { 4672, PLACE_SPECIAL_LOGON, false, FLOOD_LOGONS, "special-privileges",
	    "Special privileges were assigned to a new logon", B(TARGET_USER_SID) | TARGET | B(TARGET_LOGON) | B(PRIVILEGES) },

	[AUDIT_PRIVILEGE] = { 4673, PLACE_SENSITIVE, false, FLOOD_LOGONS, "privilege-used", "A privileged service was called",
	    ASKED | B(SERVICE) | B(PRIVILEGES) | B(LOGON_PROCESS) | OUTCOME },
	[AUDIT_PRIVILEGE_OBJECT] = { 4674, PLACE_SENSITIVE, false, FLOOD_LOGONS, "privileged-object",
	    "An operation was attempted on a privileged object",
	    ASKED | B(OBJECT_TYPE) | B(OBJECT_NAME) | B(ACCESS_MASK) | B(PRIVILEGES) | B(WHAT) | OUTCOME },

	[AUDIT_USER_MADE] = { 4720, PLACE_USER_ACCOUNT, false, FLOOD_CHANGES, "user-added", "A user account was created", ACCOUNT },
	[AUDIT_USER_ENABLED] = { 4722, PLACE_USER_ACCOUNT, false, FLOOD_CHANGES, "user-enabled", "A user account was enabled", ACCOUNT },
	[AUDIT_PASSWORD_CHANGED] = { 4723, PLACE_USER_ACCOUNT, false, FLOOD_CHANGES, "password-changed",
	    "An attempt was made to change an account's password", ACCOUNT },
	[AUDIT_PASSWORD_SET] = { 4724, PLACE_USER_ACCOUNT, false, FLOOD_CHANGES, "password-set",
	    "An attempt was made to reset an account's password", ACCOUNT },
	[AUDIT_USER_DISABLED] = { 4725, PLACE_USER_ACCOUNT, false, FLOOD_CHANGES, "user-disabled", "A user account was disabled", ACCOUNT },
	[AUDIT_USER_GONE] = { 4726, PLACE_USER_ACCOUNT, false, FLOOD_CHANGES, "user-deleted", "A user account was deleted", ACCOUNT },
	[AUDIT_USER_CHANGED] = { 4738, PLACE_USER_ACCOUNT, false, FLOOD_CHANGES, "user-changed", "A user account was changed",
	    ACCOUNT | B(WHAT) },
	[AUDIT_USER_LOCKED] = { 4740, PLACE_USER_ACCOUNT, false, FLOOD_CHANGES, "user-locked-out", "A user account was locked out",
	    ACCOUNT | B(WORKSTATION) | B(WHAT) },
	[AUDIT_USER_UNLOCKED] = { 4767, PLACE_USER_ACCOUNT, false, FLOOD_CHANGES, "user-unlocked", "A user account was unlocked", ACCOUNT },

	[AUDIT_RIGHT_GIVEN] = { 4704, PLACE_AUTHORIZATION, false, FLOOD_CHANGES, "right-assigned", "A user right was assigned",
	    ASKED | B(TARGET_SID) | B(PRIVILEGES) | OUTCOME },
	[AUDIT_RIGHT_TAKEN] = { 4705, PLACE_AUTHORIZATION, false, FLOOD_CHANGES, "right-removed", "A user right was removed",
	    ASKED | B(TARGET_SID) | B(PRIVILEGES) | OUTCOME },
	[AUDIT_ACCESS_GIVEN] = { 4717, PLACE_AUTHENTICATION, false, FLOOD_CHANGES, "access-granted",
	    "System security access was granted to an account", ASKED | B(TARGET_SID) | B(GRANTED) | OUTCOME },
	[AUDIT_ACCESS_TAKEN] = { 4718, PLACE_AUTHENTICATION, false, FLOOD_CHANGES, "access-removed",
	    "System security access was removed from an account", ASKED | B(TARGET_SID) | B(REMOVED) | OUTCOME },
	[AUDIT_AUDITING] = { 4719, PLACE_AUDIT_POLICY, true, FLOOD_CHANGES, "audit-policy", "System audit policy was changed",
	    ASKED | B(SUBCATEGORY) | B(CHANGES) | OUTCOME },
	[AUDIT_USER_AUDITING] = { 4912, PLACE_AUDIT_POLICY, true, FLOOD_CHANGES, "user-audit-policy", "The audit policy of a user was changed",
	    ASKED | B(TARGET_USER_SID) | B(SUBCATEGORY) | B(CHANGES) | OUTCOME },
	[AUDIT_AUDIT_GUARD] = { 4715, PLACE_AUDIT_POLICY, true, FLOOD_CHANGES, "audit-policy-permissions",
	    "Who may see and set audit policy was changed", ASKED | OUTCOME },
	[AUDIT_GLOBAL_SACL] = { 4817, PLACE_AUDIT_POLICY, false, FLOOD_CHANGES, "global-sacl",
	    "The auditing settings of a kind of object were changed", ASKED | B(OBJECT_TYPE) | B(OBJECT_NAME) | OUTCOME },
	[AUDIT_DOMAIN_POLICY] = { 4739, PLACE_AUTHENTICATION, false, FLOOD_CHANGES, "domain-policy", "Domain policy was changed",
	    ASKED | B(POLICY) | OUTCOME },
	[AUDIT_TRUST_MADE] = { 4706, PLACE_AUTHENTICATION, false, FLOOD_CHANGES, "trust-made", "A new trust was created to a domain", TRUST },
	[AUDIT_TRUST_GONE] = { 4707, PLACE_AUTHENTICATION, false, FLOOD_CHANGES, "trust-removed", "A trust to a domain was removed", TRUST },
	[AUDIT_TRUST_CHANGED] = { 4716, PLACE_AUTHENTICATION, false, FLOOD_CHANGES, "trust-changed",
	    "Trusted domain information was modified", TRUST },
	[AUDIT_GUARD] = { 4670, PLACE_AUTHORIZATION, false, FLOOD_CHANGES, "permissions-changed",
	    "Permissions on an object were changed", ASKED | B(OBJECT_TYPE) | B(OBJECT_NAME) | B(TARGET_SID) | OUTCOME },
	[AUDIT_HANDLE] = { 4656, PLACE_HANDLE, false, FLOOD_LOGONS, "handle-requested", "A handle to an object was requested",
	    ASKED | B(OBJECT_TYPE) | B(OBJECT_NAME) | B(TARGET_SID) | B(ACCESS_MASK) | OUTCOME },
	[AUDIT_OBJECT] = { 9001, PLACE_OTHER_POLICY, false, FLOOD_CHANGES, "policy-object", "An object of policy was changed",
	    ASKED | B(OBJECT_TYPE) | B(OBJECT_NAME) | B(TARGET_SID) | B(WHAT) | OUTCOME },
	[AUDIT_CHOICE] = { 8001, PLACE_OTHER_LOGON, false, FLOOD_LOGONS, "ntlm-outgoing", "NTLM was chosen for an outgoing logon",
	    ASKED | B(PACKAGE) | B(WHAT) | OUTCOME },
	[AUDIT_PACKAGE_TROUBLE] = { 9002, PLACE_SUBSYSTEM, true, FLOOD_CHANGES, "package-trouble",
	    "A third-party package was left out, or does not return", B(SECURITY_PACKAGE) | B(WHAT) | OUTCOME },
};

const struct audit_shown audit_fields[AUDIT_FIELD_COUNT] = {
#define AUDIT_SHOWN(name, text, kind) [AF_##name] = { text, SHOW_##kind },
	AUDIT_FIELDS(AUDIT_SHOWN)
#undef AUDIT_SHOWN
};

_Static_assert(AUDIT_FIELD_COUNT <= 64, "a bit each");

/* --- why something failed ----------------------------------------------------- */

#define U(status) ((uint32_t)(status))

static const struct { NTSTATUS cause; uint32_t status, substatus; const char *reason; } reasons[] = {
	{ STATUS_WRONG_PASSWORD,         U(STATUS_LOGON_FAILURE), U(STATUS_WRONG_PASSWORD), "wrong-password" },
	{ STATUS_NO_SUCH_USER,           U(STATUS_LOGON_FAILURE), U(STATUS_NO_SUCH_USER), "unknown-user" },
	{ STATUS_ACCOUNT_DISABLED,       U(STATUS_ACCOUNT_RESTRICTION), U(STATUS_ACCOUNT_DISABLED), "disabled" },
	{ STATUS_ACCOUNT_EXPIRED,        U(STATUS_ACCOUNT_RESTRICTION), U(STATUS_ACCOUNT_EXPIRED), "expired" },
	{ STATUS_PASSWORD_EXPIRED,       U(STATUS_ACCOUNT_RESTRICTION), U(STATUS_PASSWORD_EXPIRED), "password-expired" },
	{ STATUS_PASSWORD_MUST_CHANGE,   U(STATUS_PASSWORD_MUST_CHANGE), 0, "password-must-change" },
	{ STATUS_ACCOUNT_RESTRICTION,    U(STATUS_ACCOUNT_RESTRICTION), 0, "account-restriction" },
	{ STATUS_ACCOUNT_LOCKED_OUT,     U(STATUS_ACCOUNT_LOCKED_OUT), 0, "locked-out" },
	{ STATUS_LOGON_TYPE_NOT_GRANTED, U(STATUS_LOGON_TYPE_NOT_GRANTED), 0, "logon-type-not-granted" },
	{ STATUS_INVALID_LOGON_TYPE,     U(STATUS_LOGON_FAILURE), U(STATUS_INVALID_LOGON_TYPE), "no-usable-response" },
	{ STATUS_NTLM_BLOCKED,           U(STATUS_NTLM_BLOCKED), 0, "blocked-by-policy" },
	{ STATUS_ACCESS_DENIED,          U(STATUS_ACCESS_DENIED), 0, "not-allowed" },
	{ STATUS_PRIVILEGE_NOT_HELD,     U(STATUS_PRIVILEGE_NOT_HELD), 0, "privilege-not-held" },
	{ STATUS_PORT_CONNECTION_REFUSED, U(STATUS_PRIVILEGE_NOT_HELD), 0, "privilege-not-held" },
	{ SEC_E_BAD_BINDINGS,            U(SEC_E_BAD_BINDINGS), 0, "channel-bindings" },
	{ SEC_E_TIME_SKEW,               U(SEC_E_TIME_SKEW), 0, "clock-skew" },
	{ SEC_E_MESSAGE_ALTERED,         U(SEC_E_MESSAGE_ALTERED), 0, "message-altered" },
	{ SEC_E_LOGON_DENIED,            U(STATUS_LOGON_FAILURE), 0, "denied" },
	{ STATUS_LOGON_FAILURE,          U(STATUS_LOGON_FAILURE), 0, "denied" },
};

void
audit_cause(struct audit *a, NTSTATUS cause)
{
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].cause == cause) {
			audit_fact(a, AF_STATUS, reasons[i].status);
			audit_fact(a, AF_SUBSTATUS, reasons[i].substatus);
			audit_text(a, AF_REASON, bytes_of_text(reasons[i].reason));
			return;
		}
	audit_fact(a, AF_STATUS, U(cause));
	audit_fact(a, AF_SUBSTATUS, 0);
	audit_text(a, AF_REASON, bytes_of_text("other"));
}
