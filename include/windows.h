/* SPDX-License-Identifier: MIT */
/*
 * windows.h - the small part of Windows' big header that SSPI and LSA
 * programs use: types, error codes, the last error, LocalFree, CloseHandle, and
 * by securitybaseapi.h tokens, SIDs and acting as a client.
 *
 * No function of kernel32 exists here under its own name: a declaration
 * gives the name of Windows to source code and the name Olsa... to the
 * linker, so that another library's CloseHandle is never captured.
 * Define WIN32_NO_STATUS around this file and include ntstatus.h after it
 * to take all STATUS_ values from there.
 */
#ifndef _WINDOWS_
#define _WINDOWS_

#include <windef.h>
#include <minwinbase.h>
#include <ntdef.h>
#include <guiddef.h>
#include <winerror.h>
#include <securitybaseapi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define INVALID_HANDLE_VALUE	((HANDLE)(LONG_PTR)-1)
#define INFINITE		0xFFFFFFFF

#define LMEM_FIXED		0x0000
#define LMEM_MOVEABLE		0x0002
#define LMEM_ZEROINIT		0x0040
#define LPTR			(LMEM_FIXED | LMEM_ZEROINIT)

#define WAIT_OBJECT_0		0x00000000
#define WAIT_TIMEOUT		258
#define WAIT_FAILED		0xFFFFFFFF

/*
 * Events of this process: what notifications of policy signal. NULL: ERROR_NOT_SUPPORTED where a name is given,
 * ERROR_NOT_ENOUGH_MEMORY. CloseHandle ends them. Any thread.
 */
HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState, LPCSTR lpName)
	OLSA_LINKED_AS("OlsaCreateEventA");
HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState, LPCWSTR lpName)
	OLSA_LINKED_AS("OlsaCreateEventW");
#ifdef UNICODE
#define CreateEvent	CreateEventW
#else
#define CreateEvent	CreateEventA
#endif
BOOL WINAPI SetEvent(HANDLE hEvent) OLSA_LINKED_AS("OlsaSetEvent");
BOOL WINAPI ResetEvent(HANDLE hEvent) OLSA_LINKED_AS("OlsaResetEvent");
/* WAIT_OBJECT_0, WAIT_TIMEOUT, or WAIT_FAILED: ERROR_INVALID_HANDLE. Events alone can be waited for. */
DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds) OLSA_LINKED_AS("OlsaWaitForSingleObject");

/* Closes a token or event handle of this library. FALSE: ERROR_INVALID_HANDLE. */
BOOL WINAPI CloseHandle(HANDLE hObject) OLSA_LINKED_AS("OlsaCloseHandle");

/* The calling thread's last Win32 error. */
DWORD WINAPI GetLastError(void) OLSA_LINKED_AS("OlsaGetLastError");
void WINAPI SetLastError(DWORD dwErrCode) OLSA_LINKED_AS("OlsaSetLastError");

/* Frees what a function documents as LocalFree's; NULL on success. */
HLOCAL WINAPI LocalFree(HLOCAL hMem) OLSA_LINKED_AS("OlsaLocalFree");

#ifdef __cplusplus
}
#endif

#endif
