/*
 * logon.c - what the tests of logons share.
 */
#include "tests/api/logon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
need(NTSTATUS status, const char *what)
{
	LPSTR why = NULL;

	if (status == STATUS_SUCCESS)
		return;
	OlsaExplain(status, NULL, &why);
	fprintf(stderr, "%s: %08x %s\n", what, (unsigned)status, why ? why : "");
	exit(1);
}

HANDLE
logon_trusted(void)
{
	LSA_STRING name = { 10, 10, (char *)(uintptr_t)"logon-test" };
	LSA_OPERATIONAL_MODE mode;
	HANDLE lsa;

	need(LsaRegisterLogonProcess(&name, &lsa, &mode), "LsaRegisterLogonProcess");
	return lsa;
}

HANDLE
logon_untrusted(void)
{
	HANDLE lsa;

	need(LsaConnectUntrusted(&lsa), "LsaConnectUntrusted");
	return lsa;
}

ULONG
logon_package(HANDLE lsa, const char *text)
{
	LSA_STRING name = { (USHORT)strlen(text), (USHORT)strlen(text), (char *)(uintptr_t)text };
	ULONG id = 0;

	need(LsaLookupAuthenticationPackage(lsa, &name, &id), "LsaLookupAuthenticationPackage");
	return id;
}

/* ASCII is enough for the tests' names. */
static UNICODE_STRING
put(struct logging *l, const char *text, bool packed)
{
	size_t len = strlen(text);
	WCHAR *at = (WCHAR *)(void *)(l->at + l->len);
	UNICODE_STRING s = { (USHORT)(2 * len), (USHORT)(2 * len), packed ? (PWSTR)(uintptr_t)l->len : at };

	for (size_t i = 0; i < len; i++)
		at[i] = (WCHAR)(unsigned char)text[i];
	l->len += (ULONG)(2 * len);
	return s;
}

void
logon_interactive(struct logging *l, const char *domain, const char *user, const char *password, bool packed)
{
	MSV1_0_INTERACTIVE_LOGON *m = (void *)l->at;

	memset(l->at, 0, sizeof l->at);
	l->len = sizeof *m;
	m->MessageType = MsV1_0InteractiveLogon;
	m->LogonDomainName = put(l, domain, packed);
	m->UserName = put(l, user, packed);
	m->Password = put(l, password, packed);
}

static STRING
put_bytes(struct logging *l, const UNICODE_STRING *bytes)
{
	STRING s = { bytes->Length, bytes->Length, (PCHAR)l->at + l->len };

	memcpy(l->at + l->len, bytes->Buffer, bytes->Length);
	l->len += bytes->Length;
	return s;
}

void
logon_lm20(struct logging *l, const char *domain, const char *user, const char *password, const UCHAR challenge[8])
{
	struct logging ask = { .lsa = l->lsa, .package = l->package };
	MSV1_0_GETCHALLENRESP_REQUEST *q = (void *)ask.at;
	MSV1_0_GETCHALLENRESP_RESPONSE *r = NULL;
	MSV1_0_LM20_LOGON *m = (void *)l->at;
	NTSTATUS verdict = -1;
	ULONG len = 0;

	ask.len = sizeof *q;
	q->MessageType = MsV1_0Lm20GetChallengeResponse;
	q->ParameterControl = 0x20;		/* version 2 */
	memcpy(q->ChallengeToClient, challenge, 8);
	q->UserName = put(&ask, user, false);
	q->LogonDomainName = put(&ask, domain, false);
	q->Password = put(&ask, password, false);
	q->ServerName = put(&ask, "SERVER", false);
	need(LsaCallAuthenticationPackage(ask.lsa, ask.package, ask.at, ask.len, (void **)&r, &len, &verdict), "GetResponse");
	need(verdict, "GetResponse's verdict");
	memset(l->at, 0, sizeof l->at);
	l->len = sizeof *m;
	m->MessageType = MsV1_0NetworkLogon;
	m->LogonDomainName = put(l, domain, false);
	m->UserName = put(l, user, false);
	m->Workstation = put(l, "STATION", false);
	memcpy(m->ChallengeToClient, challenge, 8);
	m->CaseSensitiveChallengeResponse = put_bytes(l, (UNICODE_STRING *)(void *)&r->CaseSensitiveChallengeResponse);
	m->CaseInsensitiveChallengeResponse = put_bytes(l, (UNICODE_STRING *)(void *)&r->CaseInsensitiveChallengeResponse);
	LsaFreeReturnBuffer(r);
}

void
logon_s4u(struct logging *l, const char *user, const char *domain)
{
	MSV1_0_S4U_LOGON *m = (void *)l->at;

	memset(l->at, 0, sizeof l->at);
	l->len = sizeof *m;
	m->MessageType = MsV1_0S4ULogon;
	m->UserPrincipalName = put(l, user, false);
	m->DomainName = put(l, domain, false);
}

NTSTATUS
logon_run(struct logging *l)
{
	LSA_STRING origin = { 4, 4, (char *)(uintptr_t)"test" };
	TOKEN_SOURCE source = { { 'l', 'o', 'g', 'o', 'n', 't', 's', 't' }, { 7, 9 } };

	l->substatus = 0x77;
	return LsaLogonUser(l->lsa, &origin, l->type, l->package, l->at, l->len, l->groups, &source, &l->profile,
	    &l->profile_len, &l->luid, &l->token, &l->quotas, &l->substatus);
}

void
logon_end(struct logging *l)
{
	LsaFreeReturnBuffer(l->profile);
	CloseHandle(l->token);
	l->profile = NULL;
	l->token = NULL;
}

bool
logon_challenge(HANDLE lsa, UCHAR challenge[8])
{
	MSV1_0_LM20_CHALLENGE_REQUEST ask = { MsV1_0Lm20ChallengeRequest };
	MSV1_0_LM20_CHALLENGE_RESPONSE *r = NULL;
	NTSTATUS verdict = -1;
	ULONG len = 0;
	bool good;

	good = LsaCallAuthenticationPackage(lsa, logon_package(lsa, "NTLM"), &ask, sizeof ask, (void **)&r, &len, &verdict) ==
	    STATUS_SUCCESS && verdict == STATUS_SUCCESS;
	if (good)
		memcpy(challenge, r->ChallengeToClient, 8);
	LsaFreeReturnBuffer(r);
	return good;
}

static ULONG
look(LUID luid, bool *ret_found)
{
	PLUID list = NULL;
	ULONG count = 0;

	need(LsaEnumerateLogonSessions(&count, &list), "LsaEnumerateLogonSessions");
	for (ULONG i = 0; i < count; i++)
		if (list[i].LowPart == luid.LowPart && list[i].HighPart == luid.HighPart)
			*ret_found = true;
	LsaFreeReturnBuffer(list);
	return count;
}

bool
logon_listed(LUID luid)
{
	bool found = false;

	(void)look(luid, &found);
	return found;
}

ULONG
logon_count(void)
{
	LUID none = { 0, 0 };
	bool found;

	return look(none, &found);
}

bool
logon_gone(LUID luid, unsigned ms)
{
	uint64_t until = api_ms() + ms;

	while (logon_listed(luid) && api_ms() < until)
		usleep(1000);
	return !logon_listed(luid);
}

void
logon_policy(const char *name, ULONG value)
{
	HANDLE lsa = logon_trusted();

	need(OlsaPolicySet(lsa, name, value), name);
	LsaDeregisterLogonProcess(lsa);
}

void
logon_user(const char *name, const char *password)
{
	HANDLE lsa = logon_trusted();
	NTSTATUS status = OlsaUserAdd(lsa, name, "A Full Name", password, NULL);

	if (status == STATUS_USER_EXISTS)
		status = OlsaUserSetPassword(lsa, name, password);
	need(status, name);
	LsaDeregisterLogonProcess(lsa);
}

void
logon_for_all(void)
{
	const char *socket = getenv("OPENLSA_SOCKET");
	char folder[200];

	if (!api_far() || !socket || geteuid() != 0)
		return;
	snprintf(folder, sizeof folder, "%s", socket);
	*strrchr(folder, '/') = 0;
	if (chmod(folder, 0711) != 0)
		perror(folder);
}
