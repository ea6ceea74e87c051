/*
 * marshal.h - the structures of LsaCallAuthenticationPackage, with and
 * without pointers. The LSA never sees a raw structure of a client: here each
 * string's pointer becomes an offset from the start, in the 64-bit layout, and
 * each credential handle the LSA's own number of it.
 * Rules: spec lsa-logon 3.
 */
#ifndef OPENLSA_SECUR32_MARSHAL_H
#define OPENLSA_SECUR32_MARSHAL_H

#include "base/nt.h"

#include "base/bytes.h"
#include "base/secret.h"

/* Whose messages: the numbers of one package mean something else in another. */
enum marshal { MARSHAL_NONE = 1, MARSHAL_MSV, MARSHAL_KERBEROS };

/*
 * The caller's buffer is only read. Without a table for it (another package,
 * a number that has none) the bytes go as they are. STATUS_INVALID_PARAMETER:
 * too short for its type, or a string that does not lie inside;
 * STATUS_INVALID_HANDLE: it names a credential that is none.
 */
NTSTATUS marshal_submit(struct secret **ret_flat, enum marshal whose, const void *submit, size_t len);
/* The same for a logon's buffer: its types are others than those of messages. */
NTSTATUS marshal_logon(struct secret **ret_flat, enum marshal whose, const void *submit, size_t len);
/*
 * A return buffer (LsaFreeReturnBuffer) with pointers into itself; NULL: no
 * memory. `pointers` are the places (32 bits each) of the 64-bit offsets in
 * `flat` that become addresses; 0 becomes NULL, and so does what lies outside.
 */
void *marshal_return(struct bytes flat, struct bytes pointers) MUST_CHECK;

#endif
