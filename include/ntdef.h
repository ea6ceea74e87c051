/* SPDX-License-Identifier: MIT */
/*
 * ntdef.h - NTSTATUS and the counted strings. Unlike Windows' file of this
 * name it can be included together with winnt.h, in any order.
 */
#ifndef _NTDEF_
#define _NTDEF_

#include <minwindef.h>
#include <winnt.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef LONG			NTSTATUS, *PNTSTATUS;

/* The two top bits are the severity. */
#define NT_SUCCESS(status)	((NTSTATUS)(status) >= 0)
#define NT_INFORMATION(status)	((((ULONG)(status)) >> 30) == 1)
#define NT_WARNING(status)	((((ULONG)(status)) >> 30) == 2)
#define NT_ERROR(status)	((((ULONG)(status)) >> 30) == 3)

/*
 * A counted string. Both lengths are bytes, not characters, and leave out
 * a terminating NUL; there need not be one.
 */
typedef struct _UNICODE_STRING {
	USHORT	Length;
	USHORT	MaximumLength;
	PWSTR	Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING	*PCUNICODE_STRING;

typedef struct _STRING {
	USHORT	Length;
	USHORT	MaximumLength;
	PCHAR	Buffer;
} STRING, *PSTRING;
typedef STRING			ANSI_STRING, *PANSI_STRING;
typedef STRING			OEM_STRING, *POEM_STRING;
typedef const STRING		*PCSTRING;

#define UNICODE_NULL		((WCHAR)0)
#define ANSI_NULL		((CHAR)0)

typedef struct _OBJECT_ATTRIBUTES {
	ULONG		Length;
	HANDLE		RootDirectory;
	PUNICODE_STRING	ObjectName;
	ULONG		Attributes;
	PVOID		SecurityDescriptor;
	PVOID		SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;

#define InitializeObjectAttributes(p, name, attributes, root, descriptor) do { \
	(p)->Length = sizeof(OBJECT_ATTRIBUTES);		\
	(p)->RootDirectory = (root);				\
	(p)->ObjectName = (name);				\
	(p)->Attributes = (attributes);				\
	(p)->SecurityDescriptor = (descriptor);			\
	(p)->SecurityQualityOfService = NULL;			\
} while (0)

#ifdef __cplusplus
}
#endif

#endif
