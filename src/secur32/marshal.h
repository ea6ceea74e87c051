/*
 * marshal.h - the structures of LsaCallAuthenticationPackage, with and
 * without pointers. The LSA never sees a raw structure of a client: here each
 * string's pointer becomes an offset from the start, in the 64-bit layout.
 * Rules: spec lsa-logon 3.
 */
#ifndef OPENLSA_SECUR32_MARSHAL_H
#define OPENLSA_SECUR32_MARSHAL_H

#include "base/nt.h"

#include "base/bytes.h"
#include "base/secret.h"

/* STATUS_INVALID_PARAMETER: too short for its type, or a string that does not lie inside. The caller's buffer is only read. */
NTSTATUS marshal_submit(struct secret **ret_flat, const void *submit, size_t len);
/* A return buffer (LsaFreeReturnBuffer) with pointers into itself; NULL: no memory. */
void *marshal_return(struct bytes flat) MUST_CHECK;

#endif
