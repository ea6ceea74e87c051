/*
 * ntlm_profile.h - what a logon of MSV1_0 tells of the user.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_PROFILE_H
#define OPENLSA_PKG_NTLM_NTLM_PROFILE_H

#include "pkg/lsa_mode.h"

/* UserFlags. */
#define NTLM_USER_CACHED 0x4u		/* LOGON_CACHED_ACCOUNT */
#define NTLM_USER_NTLM2	0x100u
#define NTLM_USER_V2	0x800u

/* flags: of UserFlags, beside NTLM_USER_NTLM2. */
NTSTATUS ntlm_profile_interactive(struct call *call, const struct account_profile *p, uint32_t flags, struct logon_result *ret);
/* key: of the session, 16 bytes; NULL where nobody proved anything. */
NTSTATUS ntlm_profile_lm20(struct call *call, const char *domain, const uint8_t *key, uint32_t flags, struct logon_result *ret);

#endif
