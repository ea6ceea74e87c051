/*
 * ntlm_user.h - NTLM's half in the application: signs, seals and their
 * inverses on a caller's buffers, without the LSA, a lock of its own or a
 * system call. The table is pkg/user_mode.h's `ntlm_user`.
 *
 *   sign, verify   one TOKEN of 16 bytes or more, one DATA or more
 *   seal, unseal   the same, DATA in place; unseal also takes a STREAM (the
 *                  whole message, signature first) and a DATA that will point
 *                  into it
 *
 * DATA marked READONLY takes no part; READONLY_WITH_CHECKSUM is signed and
 * left as it is. Statuses:
 *   SEC_E_INVALID_TOKEN         no such buffers, or a null pointer in one
 *   SEC_E_BUFFER_TOO_SMALL      a TOKEN below 16 bytes
 *   SEC_E_MESSAGE_ALTERED, SEC_E_OUT_OF_SEQUENCE   and the message was wiped
 *                               where it was to be unsealed; the direction is
 *                               as it was, so the genuine message still opens
 *   SEC_E_UNSUPPORTED_FUNCTION  to seal where confidentiality was not agreed on
 *   SEC_E_QOP_NOT_SUPPORTED     another quality than 0 and, for seal,
 *                               SECQOP_WRAP_NO_ENCRYPT
 *
 * NTLM's messages do not say whether they are encrypted: what was sealed with
 * SECQOP_WRAP_NO_ENCRYPT on a context that has confidentiality is for
 * VerifySignature; unseal reports that quality where there is none.
 *
 * An exported state restarted (`fresh`) begins as after the last leg: both
 * sides must restart. One call at a time for each direction; where extended
 * session security is missing both directions are one stream, and a lock
 * inside keeps them apart.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_USER_H
#define OPENLSA_PKG_NTLM_NTLM_USER_H

#include "pkg/user_mode.h"

#endif
