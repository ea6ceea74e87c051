/*
 * identity_seal.h - how the password of an identity is encrypted: under the
 * key of this process (option 2, the length stays), or by the LSA for the
 * same logon (option 1) or for the system (option 4), which needs room.
 */
#ifndef OPENLSA_SECUR32_IDENTITY_SEAL_H
#define OPENLSA_SECUR32_IDENTITY_SEAL_H

#include <sspi.h>
#include <ntstatus.h>

#include "base/bytes.h"
#include "base/secret.h"

/* What the LSA adds to what it seals, at most. */
#define SEAL_ROOM 64u

/*
 * A decrypted copy, by the flag that is set; exactly one must be.
 * SEC_E_DECRYPT_FAILURE: not encrypted for this process, logon or system.
 */
NTSTATUS identity_unseal(struct secret **ret_plain, uint32_t flags, struct bytes sealed);

#endif
