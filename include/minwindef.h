/* SPDX-License-Identifier: MIT */
/*
 * minwindef.h - the basic types: BOOL, DWORD, LPVOID, FILETIME, and the
 * annotations and calling conventions of Windows, which mean nothing here.
 *
 * DWORD, ULONG and LONG have 32 bits on every machine, as on Windows: an
 * `unsigned long *` is not a PULONG on a 64-bit Unix.
 */
#ifndef _MINWINDEF_
#define _MINWINDEF_

#include <stddef.h>
#include <basetsd.h>

/* --- what has no meaning here: calling conventions, linkage, SAL ------- */

#define WINAPI
#define WINAPIV
#define APIENTRY
#define APIPRIVATE
#define CALLBACK
#define PASCAL
#define NTAPI
#define FAR
#define NEAR
#define DECLSPEC_IMPORT
#define WINBASEAPI
#define WINADVAPI
#define NTSYSAPI

#ifndef CONST
#define CONST			const
#endif
#ifndef FORCEINLINE
#define FORCEINLINE		static __inline__ __attribute__((__always_inline__, __unused__))
#endif

#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif

/* SAL: accepted in application source, never used by these headers. */
#ifndef _In_
#define _In_
#define _In_opt_
#define _In_z_
#define _In_opt_z_
#define _In_range_(low, high)
#define _In_reads_(n)
#define _In_reads_opt_(n)
#define _In_reads_bytes_(n)
#define _In_reads_bytes_opt_(n)
#define _In_reads_z_(n)
#define _Inout_
#define _Inout_opt_
#define _Inout_z_
#define _Inout_updates_(n)
#define _Inout_updates_opt_(n)
#define _Inout_updates_bytes_(n)
#define _Inout_updates_bytes_opt_(n)
#define _Inout_updates_bytes_to_(n, used)
#define _Inout_updates_to_(n, used)
#define _Out_
#define _Out_opt_
#define _Out_range_(low, high)
#define _Out_writes_(n)
#define _Out_writes_opt_(n)
#define _Out_writes_z_(n)
#define _Out_writes_to_(n, used)
#define _Out_writes_to_opt_(n, used)
#define _Out_writes_bytes_(n)
#define _Out_writes_bytes_opt_(n)
#define _Out_writes_bytes_to_(n, used)
#define _Out_writes_bytes_to_opt_(n, used)
#define _Outptr_
#define _Outptr_opt_
#define _Outptr_result_maybenull_
#define _Outptr_opt_result_maybenull_
#define _Outptr_result_buffer_(n)
#define _Outptr_result_bytebuffer_(n)
#define _Outptr_result_bytebuffer_maybenull_(n)
#define _Deref_out_
#define _Deref_out_opt_
#define _Field_size_(n)
#define _Field_size_opt_(n)
#define _Field_size_bytes_(n)
#define _Field_size_bytes_opt_(n)
#define _Field_z_
#define _Field_range_(low, high)
#define _Ret_maybenull_
#define _Ret_notnull_
#define _Ret_z_
#define _Reserved_
#define _Frees_ptr_
#define _Frees_ptr_opt_
#define _Check_return_
#define _Must_inspect_result_
#define _Success_(expression)
#define _When_(expression, annotation)
#define _At_(target, annotation)
#define _Post_satisfies_(condition)
#define _Pre_satisfies_(condition)
#define _Use_decl_annotations_
#define _Null_terminated_
#define _NullNull_terminated_
#define _Printf_format_string_
#define _Function_class_(name)
#define _IRQL_requires_(level)
#define _IRQL_requires_max_(level)
#define _IRQL_requires_same_
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* --- scalars ----------------------------------------------------------- */

#ifndef VOID
#define VOID			void
#endif

typedef char			CHAR, *PCHAR, *LPCH, *PCH;
typedef short			SHORT, *PSHORT;
typedef int			LONG, *PLONG, *LPLONG;
typedef int			INT, *PINT, *LPINT;
typedef long long		LONGLONG, *PLONGLONG;
typedef unsigned char		UCHAR, *PUCHAR;
typedef unsigned short		USHORT, *PUSHORT;
typedef unsigned int		ULONG, *PULONG;
typedef unsigned int		UINT, *PUINT, *LPUINT;
typedef unsigned long long	ULONGLONG, *PULONGLONG;
typedef unsigned long long	DWORDLONG, *PDWORDLONG;

typedef unsigned char		BYTE, *PBYTE, *LPBYTE;
typedef unsigned short		WORD, *PWORD, *LPWORD;
typedef unsigned int		DWORD, *PDWORD, *LPDWORD;
typedef const BYTE		*LPCBYTE;
typedef float			FLOAT, *PFLOAT;

typedef int			BOOL, *PBOOL, *LPBOOL;
typedef BYTE			BOOLEAN, *PBOOLEAN;

typedef void			*PVOID, *LPVOID;
typedef const void		*PCVOID, *LPCVOID;
typedef void			*HANDLE, **PHANDLE, **LPHANDLE;
typedef HANDLE			HLOCAL;
typedef HANDLE			HGLOBAL;

/* Opaque handles; the structs are never defined. */
#define DECLARE_HANDLE(name)	struct name##__; typedef struct name##__ *name

DECLARE_HANDLE(HINSTANCE);
typedef HINSTANCE		HMODULE;

typedef UINT_PTR		WPARAM;
typedef LONG_PTR		LPARAM;
typedef LONG_PTR		LRESULT;

typedef INT_PTR (WINAPI *FARPROC)(void);
typedef INT_PTR (WINAPI *PROC)(void);

/* 100 ns units since 1601-01-01 00:00 UTC, in two halves. */
typedef struct _FILETIME {
	DWORD	dwLowDateTime;
	DWORD	dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

/* --- values and small arithmetic --------------------------------------- */

#ifndef FALSE
#define FALSE			0
#endif
#ifndef TRUE
#define TRUE			1
#endif
#ifndef NULL
#define NULL			0
#endif
#define MAX_PATH		260

#define MAKEWORD(a, b)		((WORD)(((BYTE)((DWORD_PTR)(a) & 0xFF)) | ((WORD)((BYTE)((DWORD_PTR)(b) & 0xFF))) << 8))
#define MAKELONG(a, b)		((LONG)(((WORD)((DWORD_PTR)(a) & 0xFFFF)) | ((DWORD)((WORD)((DWORD_PTR)(b) & 0xFFFF))) << 16))
#define LOWORD(l)		((WORD)((DWORD_PTR)(l) & 0xFFFF))
#define HIWORD(l)		((WORD)(((DWORD_PTR)(l) >> 16) & 0xFFFF))
#define LOBYTE(w)		((BYTE)((DWORD_PTR)(w) & 0xFF))
#define HIBYTE(w)		((BYTE)(((DWORD_PTR)(w) >> 8) & 0xFF))

#define UNREFERENCED_PARAMETER(p)	((void)(p))
#define DBG_UNREFERENCED_PARAMETER(p)	((void)(p))

#ifdef __cplusplus
}
#endif

#endif
