/*
 * blocker.c - a package that blocks as its target says: "ms:N", or for ever.
 * Built against an installation alone.
 */
#include <windows.h>
#include <ntsecpkg.h>
#include <ntstatus.h>

#include <stdlib.h>
#include <unistd.h>

static PLSA_SECPKG_FUNCTION_TABLE lsa;

static NTSTATUS NTAPI
initialize(ULONG_PTR id, PSECPKG_PARAMETERS parameters, PLSA_SECPKG_FUNCTION_TABLE functions)
{
	(void)id, (void)parameters;
	lsa = functions;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI
get_info(PSecPkgInfoW info)
{
	static WCHAR name[] = { 'B', 'l', 'o', 'c', 'k', 'e', 'r', 0 };

	*info = (SecPkgInfoW){ .wVersion = 1, .wRPCID = SECPKG_ID_NONE, .cbMaxToken = 64, .Name = name };
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI
acquire(PUNICODE_STRING principal, ULONG use, PLUID luid, PVOID identity, PVOID get_key, PVOID get_key_arg,
    PLSA_SEC_HANDLE ret_handle, PTimeStamp expiry)
{
	(void)principal, (void)use, (void)luid, (void)identity, (void)get_key, (void)get_key_arg, (void)expiry;
	*ret_handle = 1;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI
forget(LSA_SEC_HANDLE handle)
{
	(void)handle;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI
init(LSA_SEC_HANDLE cred, LSA_SEC_HANDLE context, PUNICODE_STRING target, ULONG wants, ULONG data_rep, PSecBufferDesc in,
    PLSA_SEC_HANDLE ret_context, PSecBufferDesc out, PULONG grants, PTimeStamp expiry, PBOOLEAN mapped, PSecBuffer data)
{
	unsigned ms = 0;

	(void)cred, (void)context, (void)wants, (void)data_rep, (void)in, (void)grants, (void)expiry, (void)mapped, (void)data;
	if (target->Length > 2 && target->Buffer[0] == 'f')
		for (;;)
			(void)sleep(3600);
	for (USHORT i = 3; i < target->Length / 2; i++)
		ms = ms * 10 + (unsigned)(target->Buffer[i] - '0');
	(void)usleep(ms * 1000);
	*ret_context = 1;
	out->pBuffers[0].cbBuffer = 0;
	return STATUS_SUCCESS;
}

static SECPKG_FUNCTION_TABLE table = { .Initialize = initialize, .GetInfo = get_info, .AcquireCredentialsHandle = acquire,
	.FreeCredentialsHandle = forget, .InitLsaModeContext = init, .DeleteContext = forget };

NTSTATUS NTAPI SpLsaModeInitialize(ULONG version, PULONG package_version, PSECPKG_FUNCTION_TABLE *ret_tables, PULONG ret_count);

NTSTATUS NTAPI
SpLsaModeInitialize(ULONG version, PULONG package_version, PSECPKG_FUNCTION_TABLE *ret_tables, PULONG ret_count)
{
	(void)version;
	*package_version = SECPKG_INTERFACE_VERSION;
	*ret_tables = &table;
	*ret_count = 1;
	return STATUS_SUCCESS;
}
