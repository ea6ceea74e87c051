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

#include <stdarg.h>

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

#define FORMAT_MESSAGE_ALLOCATE_BUFFER	0x00000100
#define FORMAT_MESSAGE_IGNORE_INSERTS	0x00000200
#define FORMAT_MESSAGE_FROM_STRING	0x00000400
#define FORMAT_MESSAGE_FROM_HMODULE	0x00000800
#define FORMAT_MESSAGE_FROM_SYSTEM	0x00001000
#define FORMAT_MESSAGE_ARGUMENT_ARRAY	0x00002000
#define FORMAT_MESSAGE_MAX_WIDTH_MASK	0x000000FF

#define MAKELANGID(primary, sub)	((WORD)(((WORD)(sub) << 10) | (WORD)(primary)))
#define LANG_NEUTRAL			0x00
#define SUBLANG_DEFAULT			0x01

/*
 * The English sentence of an NTSTATUS, an SSPI or other HRESULT, or a Win32 error of this API, with a line's end behind
 * it. Characters without the NUL; 0: ERROR_MR_MID_NOT_FOUND, ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER
 * (messages of a string or a module, which do not exist here). FORMAT_MESSAGE_ALLOCATE_BUFFER: LocalFree.
 */
DWORD WINAPI FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId, LPSTR lpBuffer,
	DWORD nSize, va_list *Arguments) OLSA_LINKED_AS("OlsaFormatMessageA");
DWORD WINAPI FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId, LPWSTR lpBuffer,
	DWORD nSize, va_list *Arguments) OLSA_LINKED_AS("OlsaFormatMessageW");
#define FormatMessage	OLSA_AW(FormatMessage)

#ifdef __cplusplus
}
#endif

#endif
