/*
 * ntlm_logon.h - NTLM's messages of LsaCallAuthenticationPackage, and the
 * change of a local account's password.
 *
 * Bodies are pointer-free: the API's structures in their 64-bit layout with
 * offsets from the start for pointers. What the package thinks of a message
 * is its verdict; the returned status says whether it could be asked.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_LOGON_H
#define OPENLSA_PKG_NTLM_NTLM_LOGON_H

#include "pkg/lsa_mode.h"

NTSTATUS ntlm_message(struct call *call, const struct message_args *args, struct message_result *ret);

/*
 * The old password proves the right, and counts as a guess. STATUS_SUCCESS;
 * STATUS_WRONG_PASSWORD, which stands for every refusal of the old password
 * or the account where the caller is not trusted; STATUS_INVALID_PARAMETER
 * for text that is none. A trusted caller reads the true cause.
 */
NTSTATUS ntlm_change(struct call *call, const struct change_args *args);

#endif
