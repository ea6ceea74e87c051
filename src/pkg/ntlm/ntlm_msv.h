/*
 * ntlm_msv.h - logons of MSV1_0: a name and a password, or a response to a
 * challenge, or a name that a trusted caller vouches for.
 *
 * Submit and profile buffers are pointer-free (pkg/ntlm/ntlm_flat.h). What
 * a caller may learn of a refusal depends on his trust: spec lsa-logon 4.1.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_MSV_H
#define OPENLSA_PKG_NTLM_NTLM_MSV_H

#include "pkg/lsa_mode.h"

NTSTATUS ntlm_logon(struct call *call, const struct logon_args *args, struct logon_result *ret);
/* Message 16: what a network logon's buffer proves, without a logon. Of trusted callers. */
NTSTATUS ntlm_validate(struct call *call, const struct message_args *args, struct message_result *ret);

#endif
