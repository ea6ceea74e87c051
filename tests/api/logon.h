/*
 * logon.h - what the tests of logons share: buffers of MSV1_0 in each form,
 * a logon in one line, and looking for a LUID.
 */
#ifndef OPENLSA_TESTS_API_LOGON_H
#define OPENLSA_TESTS_API_LOGON_H

#include "tests/api/api.h"

#define SUBMIT_ROOM 4096

/* A buffer in the caller's memory, and what came of it. */
struct logging {
	HANDLE lsa;
	ULONG package;
	SECURITY_LOGON_TYPE type;
	_Alignas(16) unsigned char at[SUBMIT_ROOM];
	ULONG len;
	PTOKEN_GROUPS groups;
	void *profile;
	ULONG profile_len;
	LUID luid;
	HANDLE token;
	QUOTA_LIMITS quotas;
	NTSTATUS substatus;
};

HANDLE logon_trusted(void);
HANDLE logon_untrusted(void);
ULONG logon_package(HANDLE lsa, const char *name);
/* MSV1_0_INTERACTIVE_LOGON with addresses, or packed with offsets. */
void logon_interactive(struct logging *l, const char *domain, const char *user, const char *password, bool packed);
/* MSV1_0_LM20_LOGON: an NTLMv2 response to `challenge`, made by the LSA itself. */
void logon_lm20(struct logging *l, const char *domain, const char *user, const char *password, const UCHAR challenge[8]);
/* MSV1_0_S4U_LOGON. */
void logon_s4u(struct logging *l, const char *user, const char *domain);
NTSTATUS logon_run(struct logging *l);
/* A good logon's outputs go. */
void logon_end(struct logging *l);
/* Fresh bytes of MsV1_0Lm20ChallengeRequest. */
bool logon_challenge(HANDLE lsa, UCHAR challenge[8]);
/* Whether the LUID is among those enumerated. */
bool logon_listed(LUID luid);
ULONG logon_count(void);
bool logon_gone(LUID luid, unsigned ms);
/* "lockout-threshold" and its like. */
void logon_policy(const char *name, ULONG value);
/* The daemon's socket can be reached by other uids too; as root alone. */
void logon_for_all(void);
void logon_user(const char *name, const char *password);

#endif
