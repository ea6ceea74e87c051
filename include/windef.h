/* SPDX-License-Identifier: MIT */
/*
 * windef.h - minwindef.h and winnt.h together, and the window handles
 * that a few security functions name (they are never dereferenced).
 */
#ifndef _WINDEF_
#define _WINDEF_

#include <minwindef.h>
#include <winnt.h>

#ifdef __cplusplus
extern "C" {
#endif

DECLARE_HANDLE(HWND);
DECLARE_HANDLE(HBITMAP);
DECLARE_HANDLE(HICON);

#ifdef __cplusplus
}
#endif

#endif
