/*
 * kernel.c - functions of windows.h that are kernel32's elsewhere.
 * Their names in the library begin with Olsa; windows.h gives them Windows'.
 */
#include <windows.h>

#include "secur32/events.h"
#include "secur32/held.h"
#include "secur32/memory.h"
#include "secur32/root.h"

static _Thread_local DWORD last_error;

DWORD
GetLastError(void)
{
	return last_error;
}

void
SetLastError(DWORD dwErrCode)
{
	last_error = dwErrCode;
}

/* Tokens and events; an LSA handle ends with LsaDeregisterLogonProcess, one of policy with LsaClose. */
BOOL
CloseHandle(HANDLE hObject)
{
	struct handle_table *t = root_handles();

	if (event_close(hObject))
		return TRUE;
	if (t && hObject && handle_close(t, KIND_TOKEN, (uint64_t)(uintptr_t)hObject) == HANDLE_CLOSED)
		return TRUE;
	SetLastError(ERROR_INVALID_HANDLE);
	return FALSE;
}

HLOCAL
LocalFree(HLOCAL hMem)
{
	if (buffer_free(BUFFER_LOCAL, hMem) || held_free(hMem))
		return NULL;
	SetLastError(ERROR_INVALID_HANDLE);
	return hMem;
}
