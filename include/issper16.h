/* SPDX-License-Identifier: MIT */
/*
 * issper16.h - the SSPI error codes under the name of 16-bit days. They
 * stand in winerror.h.
 */
#ifndef _ISSPER16_
#define _ISSPER16_

#include <minwindef.h>
#include <winerror.h>

#endif
