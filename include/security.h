/* SPDX-License-Identifier: MIT */
/*
 * security.h - what an SSPI program includes: sspi.h, secext.h and the
 * names of the packages.
 */
#ifndef __SECURITY_H__
#define __SECURITY_H__

#include <sspi.h>
#include <secext.h>

/* Package names: A is char, W and the plain name are 16-bit text. */
#define NTLMSP_NAME_A		"NTLM"
#define NTLMSP_NAME		OLSA_W("NTLM")
#define NEGOSSP_NAME_A		"Negotiate"
#define NEGOSSP_NAME_W		OLSA_W("Negotiate")
#ifdef UNICODE
#define NEGOSSP_NAME		NEGOSSP_NAME_W
#else
#define NEGOSSP_NAME		NEGOSSP_NAME_A
#endif
#define CLOUDAP_NAME_W		OLSA_W("CloudAP")
#define ClOUDAP_NAME_A		"CloudAP"	/* spelt as Windows spells it */
#ifdef UNICODE
#define CLOUDAP_NAME		CLOUDAP_NAME_W
#else
#define CLOUDAP_NAME		ClOUDAP_NAME_A
#endif

#endif
