/*
 * unsupported.c - how a function says that this version has no such thing.
 */
#include "secur32/unsupported.h"

#include <ntstatus.h>

#include "secur32/explain.h"

static void
tell(int32_t status, const char *function)
{
	why_thread_say(status, "%s is not implemented in this version: see docs/STATUS.md", function);
}

SECURITY_STATUS
unsupported_sspi(const char *function)
{
	tell(SEC_E_UNSUPPORTED_FUNCTION, function);
	return SEC_E_UNSUPPORTED_FUNCTION;
}

NTSTATUS
unsupported_lsa(const char *function)
{
	tell(STATUS_NOT_IMPLEMENTED, function);
	return STATUS_NOT_IMPLEMENTED;
}

BOOLEAN
unsupported_win32(const char *function)
{
	tell(ERROR_NOT_SUPPORTED, function);
	SetLastError(ERROR_NOT_SUPPORTED);
	return FALSE;
}
