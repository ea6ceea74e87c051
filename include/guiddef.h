/* SPDX-License-Identifier: MIT */
/*
 * guiddef.h - GUID and DEFINE_GUID. One file of a program defines INITGUID
 * before it includes the headers that name GUIDs: there they get storage.
 */
#ifndef GUID_DEFINED
#define GUID_DEFINED

typedef struct _GUID {
	unsigned int	Data1;
	unsigned short	Data2;
	unsigned short	Data3;
	unsigned char	Data4[8];
} GUID, *LPGUID;

typedef const GUID	*LPCGUID;
typedef GUID		UUID;
typedef GUID		IID, *LPIID;
typedef GUID		CLSID, *LPCLSID;

#endif

#ifndef _GUIDDEF_H_
#define _GUIDDEF_H_

#include <string.h>

#ifdef __cplusplus
#define EXTERN_C	extern "C"
#define REFGUID		const GUID &
#else
#define EXTERN_C	extern
#define REFGUID		const GUID *
#endif
#define REFIID		REFGUID
#define REFCLSID	REFGUID

#ifdef __cplusplus
#define IsEqualGUID(a, b)	(memcmp(&(a), &(b), sizeof(GUID)) == 0)
#else
#define IsEqualGUID(a, b)	(memcmp((a), (b), sizeof(GUID)) == 0)
#endif
#define InlineIsEqualGUID	IsEqualGUID

#endif

/* Outside the guard: a file may include this again with INITGUID defined. */
#undef DEFINE_GUID
#ifdef INITGUID
#ifdef __cplusplus
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
	extern "C" const GUID name __attribute__((__weak__)); \
	extern "C" const GUID name = { l, w1, w2, { b1, b2, b3, b4, b5, b6, b7, b8 } }
#else
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
	extern const GUID name __attribute__((__weak__)); \
	const GUID name = { l, w1, w2, { b1, b2, b3, b4, b5, b6, b7, b8 } }
#endif
#else
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
	EXTERN_C const GUID name
#endif
