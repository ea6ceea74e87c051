/* SPDX-License-Identifier: MIT */
/*
 * minwinbase.h - SYSTEMTIME, SECURITY_ATTRIBUTES and the memory macros
 * (ZeroMemory and the like, on top of <string.h>).
 */
#ifndef _MINWINBASE_
#define _MINWINBASE_

#include <string.h>
#include <minwindef.h>
#include <winnt.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _SECURITY_ATTRIBUTES {
	DWORD	nLength;
	LPVOID	lpSecurityDescriptor;
	BOOL	bInheritHandle;
} SECURITY_ATTRIBUTES, *PSECURITY_ATTRIBUTES, *LPSECURITY_ATTRIBUTES;

/* A calendar date; wMonth from 1, wDayOfWeek from 0 (Sunday). */
typedef struct _SYSTEMTIME {
	WORD	wYear;
	WORD	wMonth;
	WORD	wDayOfWeek;
	WORD	wDay;
	WORD	wHour;
	WORD	wMinute;
	WORD	wSecond;
	WORD	wMilliseconds;
} SYSTEMTIME, *PSYSTEMTIME, *LPSYSTEMTIME;

typedef DWORD (WINAPI *PTHREAD_START_ROUTINE)(LPVOID lpThreadParameter);
typedef PTHREAD_START_ROUTINE	LPTHREAD_START_ROUTINE;

#define RtlZeroMemory(to, n)		memset((to), 0, (n))
#define RtlFillMemory(to, n, byte)	memset((to), (byte), (n))
#define RtlCopyMemory(to, from, n)	memcpy((to), (from), (n))
#define RtlMoveMemory(to, from, n)	memmove((to), (from), (n))
#define RtlEqualMemory(a, b, n)		(memcmp((a), (b), (n)) == 0)

#define ZeroMemory			RtlZeroMemory
#define FillMemory			RtlFillMemory
#define CopyMemory			RtlCopyMemory
#define MoveMemory			RtlMoveMemory

/* Zeroes memory that dies next: the compiler may not leave the stores out. */
FORCEINLINE PVOID
RtlSecureZeroMemory(PVOID ptr, SIZE_T cnt)
{
	volatile unsigned char *at = (volatile unsigned char *)ptr;

	while (cnt-- > 0)
		*at++ = 0;
	return ptr;
}
#define SecureZeroMemory		RtlSecureZeroMemory

#ifdef __cplusplus
}
#endif

#endif
