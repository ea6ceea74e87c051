/*
 * privilege.c - the names of privileges and logon rights, as a table.
 */
#include "base/privilege.h"

#include "base/utf16.h"

static const struct { const char *name, *text; } privileges[PRIVILEGE_LAST + 1] = {
	[2]  = { "SeCreateTokenPrivilege",          "Create a token object" },
	[3]  = { "SeAssignPrimaryTokenPrivilege",   "Replace a process level token" },
	[4]  = { "SeLockMemoryPrivilege",           "Lock pages in memory" },
	[5]  = { "SeIncreaseQuotaPrivilege",        "Adjust memory quotas for a process" },
	[6]  = { "SeMachineAccountPrivilege",       "Add workstations to domain" },
	[7]  = { "SeTcbPrivilege",                  "Act as part of the operating system" },
	[8]  = { "SeSecurityPrivilege",             "Manage auditing and security log" },
	[9]  = { "SeTakeOwnershipPrivilege",        "Take ownership of files or other objects" },
	[10] = { "SeLoadDriverPrivilege",           "Load and unload device drivers" },
	[11] = { "SeSystemProfilePrivilege",        "Profile system performance" },
	[12] = { "SeSystemtimePrivilege",           "Change the system time" },
	[13] = { "SeProfileSingleProcessPrivilege", "Profile single process" },
	[14] = { "SeIncreaseBasePriorityPrivilege", "Increase scheduling priority" },
	[15] = { "SeCreatePagefilePrivilege",       "Create a pagefile" },
	[16] = { "SeCreatePermanentPrivilege",      "Create permanent shared objects" },
	[17] = { "SeBackupPrivilege",               "Back up files and directories" },
	[18] = { "SeRestorePrivilege",              "Restore files and directories" },
	[19] = { "SeShutdownPrivilege",             "Shut down the system" },
	[20] = { "SeDebugPrivilege",                "Debug programs" },
	[21] = { "SeAuditPrivilege",                "Generate security audits" },
	[22] = { "SeSystemEnvironmentPrivilege",    "Modify firmware environment values" },
	[23] = { "SeChangeNotifyPrivilege",         "Bypass traverse checking" },
	[24] = { "SeRemoteShutdownPrivilege",       "Force shutdown from a remote system" },
	[25] = { "SeUndockPrivilege",               "Remove computer from docking station" },
	[26] = { "SeSyncAgentPrivilege",            "Synchronize directory service data" },
	[27] = { "SeEnableDelegationPrivilege",     "Enable computer and user accounts to be trusted for delegation" },
	[28] = { "SeManageVolumePrivilege",         "Perform volume maintenance tasks" },
	[29] = { "SeImpersonatePrivilege",          "Impersonate a client after authentication" },
	[30] = { "SeCreateGlobalPrivilege",         "Create global objects" },
	[31] = { "SeTrustedCredManAccessPrivilege", "Access Credential Manager as a trusted caller" },
	[32] = { "SeRelabelPrivilege",              "Modify an object label" },
	[33] = { "SeIncreaseWorkingSetPrivilege",   "Increase a process working set" },
	[34] = { "SeTimeZonePrivilege",             "Change the time zone" },
	[35] = { "SeCreateSymbolicLinkPrivilege",   "Create symbolic links" },
	[36] = { "SeDelegateSessionUserImpersonatePrivilege",
	         "Obtain an impersonation token for another user in the same session" },
};

static const struct { uint32_t bit; const char *name; } rights[] = {
	{ RIGHT_INTERACTIVE, "SeInteractiveLogonRight" },
	{ RIGHT_NETWORK,     "SeNetworkLogonRight" },
	{ RIGHT_BATCH,       "SeBatchLogonRight" },
	{ RIGHT_SERVICE,     "SeServiceLogonRight" },
	{ DENY_INTERACTIVE,  "SeDenyInteractiveLogonRight" },
	{ DENY_NETWORK,      "SeDenyNetworkLogonRight" },
	{ DENY_BATCH,        "SeDenyBatchLogonRight" },
	{ DENY_SERVICE,      "SeDenyServiceLogonRight" },
	{ RIGHT_REMOTE,      "SeRemoteInteractiveLogonRight" },
	{ DENY_REMOTE,       "SeDenyRemoteInteractiveLogonRight" },
};

const char *
privilege_name(uint32_t number)
{
	return number <= PRIVILEGE_LAST ? privileges[number].name : NULL;
}

const char *
privilege_text(uint32_t number)
{
	return number <= PRIVILEGE_LAST ? privileges[number].text : NULL;
}

const char *
right_name(unsigned i, uint32_t *ret_bit)
{
	if (i >= sizeof rights / sizeof *rights)
		return NULL;
	*ret_bit = rights[i].bit;
	return rights[i].name;
}

static bool
same(const char *name, struct bytes utf16)
{
	uint8_t wide[128];
	struct writer w = writer_of(wide, sizeof wide);

	return utf16_from_utf8(&w, bytes_of_text(name)) && writer_ok(&w) && utf16_same_fold(bytes_of(wide, w.need), utf16);
}

bool
right_find(uint64_t *ret_privilege, uint32_t *ret_access, struct bytes utf16)
{
	*ret_privilege = 0;
	*ret_access = 0;
	for (uint32_t i = PRIVILEGE_FIRST; i <= PRIVILEGE_LAST; i++)
		if (same(privileges[i].name, utf16)) {
			*ret_privilege = PRIVILEGE_BIT(i);
			return true;
		}
	for (size_t i = 0; i < sizeof rights / sizeof *rights; i++)
		if (same(rights[i].name, utf16)) {
			*ret_access = rights[i].bit;
			return true;
		}
	return false;
}
