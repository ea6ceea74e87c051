/*
 * policy.h - what an administrator may decide: one number per name.
 *
 * A policy that was never set has its default; one that is damaged on the disk
 * makes reading policy fail, and then policy_u32 answers with the strictest value
 * of the list, not with the default. Cached as accounts are: reading one costs no system call.
 */
#ifndef OPENLSA_STORE_POLICY_H
#define OPENLSA_STORE_POLICY_H

#include "store/store.h"

/*       key                      name                   default min  max   strict  meaning */
#define POLICIES(P)                                                                                                    \
	P(LOCKOUT_THRESHOLD,      "lockout-threshold",        10,  0,  999,      1, "wrong guesses that lock; 0 never") \
	P(LOCKOUT_WINDOW,         "lockout-window",           10,  1, 99999, 99999, "minutes until guesses are forgotten") \
	P(LOCKOUT_DURATION,       "lockout-duration",         10,  0, 99999,     0, "minutes a lock lasts; 0 until unlocked") \
	P(NTLM_REQUIRE_MIC,       "ntlm-require-mic",          0,  0,     1,     1, "1 refuses clients that send no MIC") \
	P(NTLM_V1,                "ntlm-v1",                   0,  0,     1,     0, "1 accepts NTLMv1 responses") \
	P(NTLM_ANONYMOUS,         "ntlm-anonymous",            0,  0,     1,     0, "1 accepts anonymous logons") \
	P(NTLM_CHANNEL_BINDINGS,  "ntlm-channel-bindings",     1,  0,     2,     2, "0 ignore, 1 check when sent, 2 require") \
	P(NTLM_TARGET_NAME,       "ntlm-target-name",          1,  0,     2,     2, "0 ignore, 1 check when sent, 2 require") \
	P(NTLM_LOOPBACK_RELAY,    "ntlm-loopback-relay-check", 1,  0,     2,     2, "1 refuses what came back to its sender; 2 within a process too") \
	P(NTLM_ALLOWED,           "ntlm-allowed",              1,  0,     1,     0, "0 refuses NTLM altogether") \
	P(NTLM_FALLBACK,          "ntlm-fallback",             1,  0,     2,     0, "Negotiate turns to NTLM: 0 never, 1 yes, 2 yes and audited") \
	P(KERBEROS_RC4,           "kerberos-rc4",              0,  0,     1,     0, "1 accepts Kerberos with rc4-hmac") \
	P(KERBEROS_CHANNEL_BINDINGS, "kerberos-channel-bindings", 1, 0,   2,     2, "0 ignore, 1 check when sent, 2 require") \
	P(KERBEROS_REQUIRE_PAC,   "kerberos-require-pac",      0,  0,     1,     1, "1 refuses tickets that name no user of a domain") \
	P(KERBEROS_REQUIRE_HOST_KEY, "kerberos-require-host-key", 1, 0,   1,     1, "0 believes a KDC where this machine has no key to prove it by") \
	P(CACHED_LOGONS,          "cached-logons",             0,  0,    50,     0, "users known while no KDC and no domain answers; 0 none") \
	P(LIMIT_BLANK_PASSWORD,   "limit-blank-password",      1,  0,     1,     1, "1: blank passwords at the console only") \
	P(SESSION_ENUM_OWN,       "session-enum-own",          0,  0,     1,     1, "1: strangers see their own sessions only") \
	P(STRICT_SECRET_LENGTH,   "strict-secret-length",      0,  0,     1,     1, "1 refuses secrets of more than 512 bytes") \
	P(PASSWORD_LENGTH,        "password-min-length",       0,  0,   128,   128, "characters that users' new passwords have at least") \
	P(PASSWORD_COMPLEX,       "password-complexity",       0,  0,     1,     1, "1: of three kinds of characters, without the user's name") \
	P(PASSWORD_HISTORY,       "password-history",          0,  0,    24,    24, "last passwords that a new one must differ from") \
	P(PASSWORD_MIN_AGE,       "password-min-age",          0,  0,   998,   998, "days before a user may change his password again") \
	P(PASSWORD_MAX_AGE,       "password-max-age",          0,  0,   999,     1, "days until a password expires; 0 never") \
	P(AUDIT,                  "audit",                     1,  0,     1,     1, "0 audits nothing, whatever the audit policy says") \
	P(AUDIT_SUCCESS,          "audit-success",             0,  0,     1,     1, "1 audits good logons, whatever the audit policy says")

enum policy {
#define POLICY_KEY(key, name, def, min, max, strict, text) POLICY_##key,
	POLICIES(POLICY_KEY)
#undef POLICY_KEY
	POLICY_COUNT
};

uint32_t policy_u32(struct store *store, enum policy policy);

/* Blocks. STATUS_INVALID_PARAMETER outside its range; the statuses of an account's change. */
NTSTATUS policy_set(struct store *store, enum policy policy, uint32_t value) MUST_CHECK;

struct policy_row {
	const char *name, *meaning;
	uint32_t standard, min, max, strict;
};
extern const struct policy_row policy_rows[POLICY_COUNT];
/* By name, exactly; false when there is none. */
bool policy_find(enum policy *ret_policy, struct bytes name) MUST_CHECK;

#endif
