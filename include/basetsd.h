/* SPDX-License-Identifier: MIT */
/*
 * basetsd.h - integers of a stated size and integers of pointer width.
 * Types only. INT_PTR and its kind follow the pointer, never `long`.
 */
#ifndef _BASETSD_H_
#define _BASETSD_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef signed char		INT8, *PINT8;
typedef signed short		INT16, *PINT16;
typedef signed int		INT32, *PINT32;
typedef signed long long	INT64, *PINT64;
typedef unsigned char		UINT8, *PUINT8;
typedef unsigned short		UINT16, *PUINT16;
typedef unsigned int		UINT32, *PUINT32;
typedef unsigned long long	UINT64, *PUINT64;

typedef signed int		LONG32, *PLONG32;
typedef signed long long	LONG64, *PLONG64;
typedef unsigned int		ULONG32, *PULONG32;
typedef unsigned int		DWORD32, *PDWORD32;
typedef unsigned long long	ULONG64, *PULONG64;
typedef unsigned long long	DWORD64, *PDWORD64;

typedef intptr_t		INT_PTR, *PINT_PTR;
typedef uintptr_t		UINT_PTR, *PUINT_PTR;
typedef intptr_t		LONG_PTR, *PLONG_PTR;
typedef uintptr_t		ULONG_PTR, *PULONG_PTR;
typedef ULONG_PTR		DWORD_PTR, *PDWORD_PTR;
typedef ULONG_PTR		SIZE_T, *PSIZE_T;
typedef LONG_PTR		SSIZE_T, *PSSIZE_T;
typedef ULONG_PTR		KAFFINITY, *PKAFFINITY;

#if UINTPTR_MAX > 0xFFFFFFFFu
typedef signed int		HALF_PTR, *PHALF_PTR;
typedef unsigned int		UHALF_PTR, *PUHALF_PTR;
#else
typedef signed short		HALF_PTR, *PHALF_PTR;
typedef unsigned short		UHALF_PTR, *PUHALF_PTR;
#endif

#define HandleToULong(h)	((unsigned int)(ULONG_PTR)(h))
#define HandleToLong(h)		((int)(LONG_PTR)(h))
#define ULongToHandle(ul)	((void *)(ULONG_PTR)(unsigned int)(ul))
#define LongToHandle(l)		((void *)(LONG_PTR)(int)(l))
#define PtrToUlong(p)		((unsigned int)(ULONG_PTR)(p))
#define PtrToLong(p)		((int)(LONG_PTR)(p))
#define UlongToPtr(ul)		((void *)(ULONG_PTR)(unsigned int)(ul))
#define LongToPtr(l)		((void *)(LONG_PTR)(int)(l))
#define PtrToUint(p)		PtrToUlong(p)
#define UintToPtr(ui)		UlongToPtr(ui)

#ifdef __cplusplus
}
#endif

#endif
