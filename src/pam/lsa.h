/*
 * lsa.h - what the module asks of lsad: to log somebody on, who an account is
 * here, and a new password. Statuses are the LSA's; PAM is not known here.
 */
#ifndef OPENLSA_PAM_LSA_H
#define OPENLSA_PAM_LSA_H

#include <windows.h>
#include <ntsecapi.h>
#include <stdbool.h>
#include <stdint.h>

struct line {
	HANDLE lsa;
	ULONG package;
	bool kerberos;			/* the package; else MSV1_0 */
};

/* At once, or never: nothing waits for lsad to start. The line is to be left, also after a failure. */
NTSTATUS line_reach(struct line *ret_line, const char *service, bool kerberos);
void line_leave(struct line *line);

struct whom { const char *domain, *user; };

/* STATUS_SUCCESS with a token (CloseHandle). *ret_substatus: the cause, as far as this caller may know it. */
NTSTATUS line_log_on(struct line *line, const struct whom *whom, const char *password, uint32_t type, const char *origin,
    HANDLE *ret_token, NTSTATUS *ret_substatus);
/* The same without a password, on the caller's word; trusted lines alone. */
NTSTATUS line_vouch(struct line *line, const struct whom *whom, const char *origin, HANDLE *ret_token,
    NTSTATUS *ret_substatus);
/* By who knows the old password. */
NTSTATUS line_change(struct line *line, const struct whom *whom, const char *old, const char *fresh);
/* By an administrator; not of a realm. */
NTSTATUS line_set(struct line *line, const struct whom *whom, const char *fresh);

/* The ticket-granting ticket of the token's session (LsaFreeReturnBuffer), by a line of package Kerberos; its key is told to
 * trusted callers alone, others see zeros. */
NTSTATUS line_tgt(struct line *line, HANDLE token, KERB_RETRIEVE_TKT_RESPONSE **ret_ticket);

struct account { ULONG flags; uint32_t uid; };

/*
 * What an administrator can see of an account: OLSA_USER_*, and who it is here. STATUS_NO_SUCH_USER, also for one of
 * another domain; STATUS_NONE_MAPPED; STATUS_ACCESS_DENIED: the caller is no administrator. Of a realm's, anybody sees
 * who it is here, and no flags.
 */
NTSTATUS line_account(struct line *line, const struct whom *whom, struct account *ret_account);

#endif
