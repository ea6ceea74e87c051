/*
 * lsa.c - calls to lsad. Passwords are copied into locked memory and wiped
 * with it; what PAM itself keeps of them is PAM's.
 */
#include "pam/lsa.h"

#include <openlsa.h>

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/secret.h"
#include "base/utf16.h"
#include "secur32/deaf.h"

#define TEXT_MOST	2048u		/* bytes of any one text; the LSA allows 256 characters */
#define NAME_MOST	127u		/* of a logon process */
#define TYPE_NETWORK	3

static LSA_STRING
text_of(const char *text, size_t most)
{
	size_t len = strlen(text);
	USHORT short_len = (USHORT)(len < most ? len : most);

	return (LSA_STRING){ short_len, short_len, (PCHAR)(uintptr_t)text };
}

NTSTATUS
line_reach(struct line *ret_line, const char *service, bool kerberos)
{
	char name[NAME_MOST + 1];
	LSA_STRING given, package = text_of(kerberos ? MICROSOFT_KERBEROS_NAME_A : MSV1_0_PACKAGE_NAME, NAME_MOST);
	LSA_OPERATIONAL_MODE mode;
	NTSTATUS status;

	*ret_line = (struct line){ .kerberos = kerberos };
	status = deaf_begin();
	if (status != STATUS_SUCCESS)
		return status;
	(void)snprintf(name, sizeof name, "pam_lsa:%s", service);
	given = text_of(name, NAME_MOST);
	status = LsaRegisterLogonProcess(&given, &ret_line->lsa, &mode);
	if (status == STATUS_PORT_CONNECTION_REFUSED)
		status = LsaConnectUntrusted(&ret_line->lsa);
	if (status != STATUS_SUCCESS) {
		ret_line->lsa = NULL;
		return status;
	}
	return LsaLookupAuthenticationPackage(ret_line->lsa, &package, &ret_line->package);
}

void
line_leave(struct line *line)
{
	if (line->lsa)
		(void)LsaDeregisterLogonProcess(line->lsa);
	line->lsa = NULL;
}

/* --- buffers ------------------------------------------------------------------- */

/* A text behind a structure. False: no UTF-8, or too long. */
static bool
put(struct writer *w, UNICODE_STRING *ret_string, const char *text)
{
	size_t from = w->need;

	if (strlen(text) > TEXT_MOST || !utf16_from_utf8(w, bytes_of_text(text)) || !writer_ok(w))
		return false;
	ret_string->Length = ret_string->MaximumLength = (USHORT)(w->need - from);
	ret_string->Buffer = (PWSTR)(void *)(w->at + from);
	return true;
}

struct ask {
	struct line *line;
	const struct whom *whom;
	const char *password, *fresh, *origin;
	SECURITY_LOGON_TYPE type;
	HANDLE *token;
	NTSTATUS *substatus;
};

/* What cannot be a name or a password is a wrong one. */
#define NOT_TEXT STATUS_LOGON_FAILURE

static NTSTATUS
log_on(const struct ask *a, void *submit, size_t len)
{
	TOKEN_SOURCE source = { { 'p', 'a', 'm', '_', 'l', 's', 'a', ' ' }, { 0, 0 } };
	LSA_STRING origin = text_of(a->origin, TEXT_MOST / 2);
	QUOTA_LIMITS quotas;
	PVOID profile = NULL;
	ULONG profile_len = 0;
	LUID luid;
	NTSTATUS status;

	*a->substatus = STATUS_SUCCESS;
	status = LsaLogonUser(a->line->lsa, &origin, a->type, a->line->package, submit, (ULONG)len, NULL, &source, &profile,
	    &profile_len, &luid, a->token, &quotas, a->substatus);
	if (status == STATUS_SUCCESS)
		(void)LsaFreeReturnBuffer(profile);
	return status;
}

/* Both packages have the same structures, and numbers of their own in them. */
_Static_assert(sizeof(KERB_INTERACTIVE_LOGON) == sizeof(MSV1_0_INTERACTIVE_LOGON) &&
    (int)KerbInteractiveLogon == (int)MsV1_0InteractiveLogon, "one form for both packages");
_Static_assert(sizeof(KERB_CHANGEPASSWORD_REQUEST) == sizeof(MSV1_0_CHANGEPASSWORD_REQUEST) &&
    offsetof(KERB_CHANGEPASSWORD_REQUEST, NewPassword) == offsetof(MSV1_0_CHANGEPASSWORD_REQUEST, NewPassword),
    "one form for both packages");

static NTSTATUS
with_password(const struct ask *a, uint8_t *at, size_t room)
{
	MSV1_0_INTERACTIVE_LOGON *m = (void *)at;
	struct writer w = writer_of(at, room);

	writer_zeros(&w, sizeof *m);
	m->MessageType = MsV1_0InteractiveLogon;
	if (!put(&w, &m->LogonDomainName, a->whom->domain) || !put(&w, &m->UserName, a->whom->user) ||
	    !put(&w, &m->Password, a->password))
		return NOT_TEXT;
	return log_on(a, at, w.need);
}

static NTSTATUS
by_name(const struct ask *a, uint8_t *at, size_t room)
{
	MSV1_0_S4U_LOGON *m = (void *)at;
	struct writer w = writer_of(at, room);

	writer_zeros(&w, sizeof *m);
	m->MessageType = MsV1_0S4ULogon;
	if (!put(&w, &m->UserPrincipalName, a->whom->user) || !put(&w, &m->DomainName, a->whom->domain))
		return NOT_TEXT;
	return log_on(a, at, w.need);
}

static NTSTATUS
change(const struct ask *a, uint8_t *at, size_t room)
{
	MSV1_0_CHANGEPASSWORD_REQUEST *m = (void *)at;
	struct writer w = writer_of(at, room);
	PVOID reply = NULL;
	ULONG reply_len = 0;
	NTSTATUS status, verdict = STATUS_LOGON_FAILURE;

	writer_zeros(&w, sizeof *m);
	m->MessageType = a->line->kerberos ? (MSV1_0_PROTOCOL_MESSAGE_TYPE)KerbChangePasswordMessage : MsV1_0ChangePassword;
	if (!put(&w, &m->DomainName, a->whom->domain) || !put(&w, &m->AccountName, a->whom->user) ||
	    !put(&w, &m->OldPassword, a->password))
		return NOT_TEXT;
	if (!put(&w, &m->NewPassword, a->fresh))
		return STATUS_PASSWORD_RESTRICTION;
	status = LsaCallAuthenticationPackage(a->line->lsa, a->line->package, at, (ULONG)w.need, &reply, &reply_len, &verdict);
	if (status == STATUS_SUCCESS && reply)
		(void)LsaFreeReturnBuffer(reply);
	return status == STATUS_SUCCESS ? verdict : status;
}

/* In memory that is locked and wiped. */
static NTSTATUS
run(const struct ask *a, NTSTATUS (*what)(const struct ask *, uint8_t *, size_t))
{
	size_t room = sizeof(MSV1_0_CHANGEPASSWORD_REQUEST) + 2 * (strlen(a->whom->domain) + strlen(a->whom->user));
	struct secret *memory;
	NTSTATUS status = STATUS_LOGON_FAILURE;
	uint8_t *at;

	if (a->password)
		room += 2 * strlen(a->password);
	if (a->fresh)
		room += 2 * strlen(a->fresh);
	memory = room <= 16 * TEXT_MOST ? secret_new(room) : NULL;
	if (!memory)
		return room <= 16 * TEXT_MOST ? STATUS_NO_MEMORY : NOT_TEXT;
	WITH_SECRET(at, memory)
		status = what(a, at, room);
	secret_drop(&memory);
	return status;
}

NTSTATUS
line_log_on(struct line *line, const struct whom *whom, const char *password, uint32_t type, const char *origin,
    HANDLE *ret_token, NTSTATUS *ret_substatus)
{
	struct ask a = { .line = line, .whom = whom, .password = password, .origin = origin,
	    .type = (SECURITY_LOGON_TYPE)type, .token = ret_token, .substatus = ret_substatus };

	*ret_substatus = STATUS_SUCCESS;
	return run(&a, with_password);
}

NTSTATUS
line_vouch(struct line *line, const struct whom *whom, const char *origin, HANDLE *ret_token, NTSTATUS *ret_substatus)
{
	struct ask a = { .line = line, .whom = whom, .origin = origin, .type = (SECURITY_LOGON_TYPE)TYPE_NETWORK,
	    .token = ret_token, .substatus = ret_substatus };

	*ret_substatus = STATUS_SUCCESS;
	return run(&a, by_name);
}

NTSTATUS
line_change(struct line *line, const struct whom *whom, const char *old, const char *fresh)
{
	struct ask a = { .line = line, .whom = whom, .password = old, .fresh = fresh };

	return run(&a, change);
}

NTSTATUS
line_tgt(struct line *line, HANDLE token, KERB_RETRIEVE_TKT_RESPONSE **ret_ticket)
{
	KERB_QUERY_TKT_CACHE_REQUEST ask = { .MessageType = KerbRetrieveTicketMessage };
	NTSTATUS status, verdict = STATUS_ACCESS_DENIED;
	TOKEN_STATISTICS of;
	PVOID reply = NULL;
	ULONG len = 0;
	DWORD of_len;

	if (!GetTokenInformation(token, TokenStatistics, &of, sizeof of, &of_len))
		return STATUS_INVALID_HANDLE;
	ask.LogonId = of.AuthenticationId;
	status = LsaCallAuthenticationPackage(line->lsa, line->package, &ask, sizeof ask, &reply, &len, &verdict);
	if (status == STATUS_SUCCESS)
		status = verdict;
	if (status == STATUS_SUCCESS && (!reply || len < sizeof **ret_ticket))
		status = STATUS_INVALID_SERVER_STATE;
	if (status == STATUS_SUCCESS)
		*ret_ticket = reply;
	else if (reply)
		(void)LsaFreeReturnBuffer(reply);
	return status;
}

/* --- as an administrator ------------------------------------------------------------ */

/* Accounts are this machine's; of another domain's there is nothing to see. */
static NTSTATUS
domain_ours(struct line *line, const char *domain, OlsaStatusInfo *ret_status)
{
	NTSTATUS status = OlsaStatus(line->lsa, ret_status);

	if (status != STATUS_SUCCESS)
		return status;
	return !*domain || strcmp(domain, ".") == 0 || strcasecmp(domain, ret_status->Computer) == 0 ? STATUS_SUCCESS :
	    STATUS_NO_SUCH_USER;
}

NTSTATUS
line_set(struct line *line, const struct whom *whom, const char *fresh)
{
	OlsaStatusInfo here;
	NTSTATUS status = domain_ours(line, whom->domain, &here);

	return status == STATUS_SUCCESS ? OlsaUserSetPassword(line->lsa, whom->user, fresh) : status;
}

NTSTATUS
line_account(struct line *line, const struct whom *whom, struct account *ret_account)
{
	OlsaStatusInfo here;
	OlsaUserInfo info;
	NTSTATUS status;

	if (line->kerberos) {
		ret_account->flags = 0;
		return deaf_unix_user("", whom->domain, whom->user, &ret_account->uid);
	}
	status = domain_ours(line, whom->domain, &here);

	if (status == STATUS_SUCCESS)
		status = OlsaUserGet(line->lsa, 0, whom->user, &info);
	if (status != STATUS_SUCCESS)
		return status;
	ret_account->flags = info.Flags;
	status = deaf_unix_user(info.Sid, here.Computer, info.Name, &ret_account->uid);
	OlsaUserFree(&info);
	return status;
}
