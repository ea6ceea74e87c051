/*
 * wellknown.c - the table of well-known SIDs.
 */
#include "base/wellknown.h"

static const struct well_known rows[] = {
	{ "S-1-0-0", "", "NULL SID", USE_WELL_KNOWN },
	{ "S-1-1-0", "", "Everyone", USE_WELL_KNOWN },
	{ "S-1-2-0", "", "LOCAL", USE_WELL_KNOWN },
	{ "S-1-2-1", "", "CONSOLE LOGON", USE_WELL_KNOWN },
	{ "S-1-3-0", "", "CREATOR OWNER", USE_WELL_KNOWN },
	{ "S-1-3-1", "", "CREATOR GROUP", USE_WELL_KNOWN },
	{ "S-1-3-4", "", "OWNER RIGHTS", USE_WELL_KNOWN },
	{ "S-1-5-1", "NT AUTHORITY", "DIALUP", USE_WELL_KNOWN },
	{ "S-1-5-2", "NT AUTHORITY", "NETWORK", USE_WELL_KNOWN },
	{ "S-1-5-3", "NT AUTHORITY", "BATCH", USE_WELL_KNOWN },
	{ "S-1-5-4", "NT AUTHORITY", "INTERACTIVE", USE_WELL_KNOWN },
	{ "S-1-5-6", "NT AUTHORITY", "SERVICE", USE_WELL_KNOWN },
	{ "S-1-5-7", "NT AUTHORITY", "ANONYMOUS LOGON", USE_WELL_KNOWN },
	{ "S-1-5-8", "NT AUTHORITY", "PROXY", USE_WELL_KNOWN },
	{ "S-1-5-9", "NT AUTHORITY", "ENTERPRISE DOMAIN CONTROLLERS", USE_WELL_KNOWN },
	{ "S-1-5-10", "NT AUTHORITY", "SELF", USE_WELL_KNOWN },
	{ "S-1-5-11", "NT AUTHORITY", "Authenticated Users", USE_WELL_KNOWN },
	{ "S-1-5-12", "NT AUTHORITY", "RESTRICTED", USE_WELL_KNOWN },
	{ "S-1-5-13", "NT AUTHORITY", "TERMINAL SERVER USER", USE_WELL_KNOWN },
	{ "S-1-5-14", "NT AUTHORITY", "REMOTE INTERACTIVE LOGON", USE_WELL_KNOWN },
	{ "S-1-5-15", "NT AUTHORITY", "This Organization", USE_WELL_KNOWN },
	{ "S-1-5-17", "NT AUTHORITY", "IUSR", USE_WELL_KNOWN },
	{ "S-1-5-18", "NT AUTHORITY", "SYSTEM", USE_WELL_KNOWN },
	{ "S-1-5-19", "NT AUTHORITY", "LOCAL SERVICE", USE_WELL_KNOWN },
	{ "S-1-5-20", "NT AUTHORITY", "NETWORK SERVICE", USE_WELL_KNOWN },
	{ "S-1-5-33", "NT AUTHORITY", "WRITE RESTRICTED", USE_WELL_KNOWN },
	{ "S-1-5-64-10", "NT AUTHORITY", "NTLM Authentication", USE_WELL_KNOWN },
	{ "S-1-5-64-14", "NT AUTHORITY", "SChannel Authentication", USE_WELL_KNOWN },
	{ "S-1-5-64-21", "NT AUTHORITY", "Digest Authentication", USE_WELL_KNOWN },
	{ "S-1-5-1000", "NT AUTHORITY", "Other Organization", USE_WELL_KNOWN },
	{ "S-1-5-32-544", "BUILTIN", "Administrators", USE_ALIAS },
	{ "S-1-5-32-545", "BUILTIN", "Users", USE_ALIAS },
	{ "S-1-5-32-546", "BUILTIN", "Guests", USE_ALIAS },
	{ "S-1-5-32-547", "BUILTIN", "Power Users", USE_ALIAS },
	{ "S-1-5-32-548", "BUILTIN", "Account Operators", USE_ALIAS },
	{ "S-1-5-32-549", "BUILTIN", "Server Operators", USE_ALIAS },
	{ "S-1-5-32-550", "BUILTIN", "Print Operators", USE_ALIAS },
	{ "S-1-5-32-551", "BUILTIN", "Backup Operators", USE_ALIAS },
	{ "S-1-5-32-552", "BUILTIN", "Replicator", USE_ALIAS },
	{ "S-1-5-32-554", "BUILTIN", "Pre-Windows 2000 Compatible Access", USE_ALIAS },
	{ "S-1-5-32-555", "BUILTIN", "Remote Desktop Users", USE_ALIAS },
	{ "S-1-5-32-556", "BUILTIN", "Network Configuration Operators", USE_ALIAS },
	{ "S-1-5-32-557", "BUILTIN", "Incoming Forest Trust Builders", USE_ALIAS },
	{ "S-1-5-32-558", "BUILTIN", "Performance Monitor Users", USE_ALIAS },
	{ "S-1-5-32-559", "BUILTIN", "Performance Log Users", USE_ALIAS },
	{ "S-1-5-32-560", "BUILTIN", "Windows Authorization Access Group", USE_ALIAS },
	{ "S-1-5-32-561", "BUILTIN", "Terminal Server License Servers", USE_ALIAS },
	{ "S-1-5-32-562", "BUILTIN", "Distributed COM Users", USE_ALIAS },
	{ "S-1-5-32-568", "BUILTIN", "IIS_IUSRS", USE_ALIAS },
	{ "S-1-5-32-569", "BUILTIN", "Cryptographic Operators", USE_ALIAS },
	{ "S-1-5-32-573", "BUILTIN", "Event Log Readers", USE_ALIAS },
	{ "S-1-5-32-574", "BUILTIN", "Certificate Service DCOM Access", USE_ALIAS },
	{ "S-1-5-32-575", "BUILTIN", "RDS Remote Access Servers", USE_ALIAS },
	{ "S-1-5-32-576", "BUILTIN", "RDS Endpoint Servers", USE_ALIAS },
	{ "S-1-5-32-577", "BUILTIN", "RDS Management Servers", USE_ALIAS },
	{ "S-1-5-32-578", "BUILTIN", "Hyper-V Administrators", USE_ALIAS },
	{ "S-1-5-32-579", "BUILTIN", "Access Control Assistance Operators", USE_ALIAS },
	{ "S-1-5-32-580", "BUILTIN", "Remote Management Users", USE_ALIAS },
	{ "S-1-5-32-581", "BUILTIN", "System Managed Accounts Group", USE_ALIAS },
	{ "S-1-5-32-582", "BUILTIN", "Storage Replica Administrators", USE_ALIAS },
	{ "S-1-5-32-583", "BUILTIN", "Device Owners", USE_ALIAS },
	{ "S-1-5-32-584", "BUILTIN", "User Mode Hardware Operators", USE_ALIAS },
	{ "S-1-5-32-585", "BUILTIN", "OpenSSH Users", USE_ALIAS },
	{ "S-1-16-0", "Mandatory Label", "Untrusted Mandatory Level", USE_LABEL },
	{ "S-1-16-4096", "Mandatory Label", "Low Mandatory Level", USE_LABEL },
	{ "S-1-16-8192", "Mandatory Label", "Medium Mandatory Level", USE_LABEL },
	{ "S-1-16-12288", "Mandatory Label", "High Mandatory Level", USE_LABEL },
	{ "S-1-16-16384", "Mandatory Label", "System Mandatory Level", USE_LABEL },
};

static const struct known_domain domains[] = {
	{ "S-1-5", "NT AUTHORITY" },
	{ "S-1-5-32", "BUILTIN" },
	{ "S-1-16", "Mandatory Label" },
	{ "S-1-22-1", "Unix User" },
	{ "S-1-22-2", "Unix Group" },
};

static const struct known_rid rids[] = {
	{ 500, "Administrator", USE_USER },
	{ 501, "Guest", USE_USER },
	{ 503, "DefaultAccount", USE_USER },
	{ 513, "None", USE_GROUP },
};

const struct well_known *
well_known_at(size_t i)
{
	return i < sizeof rows / sizeof *rows ? &rows[i] : NULL;
}

const struct known_domain *
known_domain_at(size_t i)
{
	return i < sizeof domains / sizeof *domains ? &domains[i] : NULL;
}

const struct known_rid *
known_rid_at(size_t i)
{
	return i < sizeof rids / sizeof *rids ? &rids[i] : NULL;
}
