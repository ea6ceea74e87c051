/*
 * ntlm_derive.h - message 10: a key made of a session's own password, for its
 * user. Layouts: OlsaDeriveCredRequest, OlsaDeriveCredResponse of <openlsa.h>.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_DERIVE_H
#define OPENLSA_PKG_NTLM_NTLM_DERIVE_H

#include "pkg/lsa_mode.h"

NTSTATUS ntlm_derive(struct call *call, const struct message_args *args, struct message_result *ret);

#endif
