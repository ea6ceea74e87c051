/*
 * sessions.c - logging a user on, and the sessions there are: not in this
 * version. A logon made by accepting a context is told by OLSA_ATTR_LOGON.
 */
#include <windows.h>
#include <ntsecapi.h>

#include "secur32/unsupported.h"

/* None looks at its parameters. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

NTSTATUS
LsaLogonUser(HANDLE LsaHandle, PLSA_STRING OriginName, SECURITY_LOGON_TYPE LogonType, ULONG AuthenticationPackage,
    PVOID AuthenticationInformation, ULONG AuthenticationInformationLength, PTOKEN_GROUPS LocalGroups,
    PTOKEN_SOURCE SourceContext, PVOID *ProfileBuffer, PULONG ProfileBufferLength, PLUID LogonId, PHANDLE Token,
    PQUOTA_LIMITS Quotas, PNTSTATUS SubStatus)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaEnumerateLogonSessions(PULONG LogonSessionCount, PLUID *LogonSessionList)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaGetLogonSessionData(PLUID LogonId, PSECURITY_LOGON_SESSION_DATA *ppLogonSessionData)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaInsertProtectedProcessAddress(PVOID BufferAddress, ULONG BufferSize)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaRemoveProtectedProcessAddress(PVOID BufferAddress, ULONG BufferSize)
{
	return unsupported_lsa(__func__);
}
