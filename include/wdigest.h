/* SPDX-License-Identifier: MIT */
/*
 * wdigest.h - the name of the Digest package.
 */
#ifndef _WDIGEST_H_
#define _WDIGEST_H_

#include <sspi.h>

#define WDIGEST_SP_NAME_A	"WDigest"
#define WDIGEST_SP_NAME_W	OLSA_W("WDigest")
#define WDIGEST_SP_NAME		WDIGEST_SP_NAME_A

#endif
