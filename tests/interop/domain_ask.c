/*
 * domain_ask.c - what domain_test.py asks of an LSA that knows a domain,
 * written as a Windows program would be. Near, the configuration comes from
 * the file that DOMAIN_CONF names.
 *
 *     domain_ask names|local|rids NAME...    LsaLookupNames2, the same with isolated names as local ones, LsaLookupNames
 *     domain_ask sids SID...                 LsaLookupSids
 *     domain_ask account NAME                LookupAccountName, and back by LookupAccountSid
 *     domain_ask translate NAME              TranslateName, to NameSamCompatible
 *     domain_ask logon TRUSTED TYPE DOMAIN USER PASSWORD
 *     domain_ask whoami DOMAIN USER PASSWORD GetUserNameEx while that user is acted for
 *     domain_ask cached TRUSTED DOMAIN USER NEW      MsV1_0ChangeCachedPassword
 *     domain_ask known TRUSTED DOMAIN USER PASSWORD  MsV1_0CacheLookupEx
 *     domain_ask policy NAME VALUE           as lsactl does
 *     domain_ask console SID                 LsaAddAccountRights, SeInteractiveLogonRight
 *     domain_ask message TRUSTED NUMBER      a message of MSV1_0 without anything behind its number
 *
 * Prints "status HEX", what came back, a line each, and the reasons behind "why".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/api/logon.h"

#include <sddl.h>
#include <secext.h>

#include "base/conf.h"

#define MOST 1000

/* In place of root_conf (linked with --wrap). */
const struct conf *__wrap_root_conf(void);
const struct conf *
__wrap_root_conf(void)
{
	static struct conf *conf;
	struct conf_fault fault;
	const char *path = getenv("DOMAIN_CONF");

	if (!conf && path && conf_open(&conf, path, &fault) != CONF_OK) {
		fprintf(stderr, "%s cannot be read\n", path);
		exit(2);
	}
	return conf;
}

static UNICODE_STRING
wide(const char *text)
{
	size_t len = strlen(text);
	UNICODE_STRING s = { (USHORT)(2 * len), (USHORT)(2 * len), calloc(len + 1, sizeof(WCHAR)) };

	for (size_t i = 0; s.Buffer && i < len; i++)
		s.Buffer[i] = (WCHAR)(unsigned char)text[i];
	return s;
}

static void
show(const UNICODE_STRING *s)
{
	putchar(' ');
	for (unsigned i = 0; i < s->Length / 2u; i++)
		putchar(s->Buffer[i] < 128 ? (char)s->Buffer[i] : '?');
	if (!s->Length)
		putchar('-');
}

static void
show_sid(PSID sid)
{
	LPSTR text = NULL;

	if (sid && ConvertSidToStringSidA(sid, &text))
		printf(" %s", text);
	else
		printf(" -");
	LocalFree(text);
}

static void
show_domains(const LSA_REFERENCED_DOMAIN_LIST *domains)
{
	for (ULONG i = 0; domains && i < domains->Entries; i++) {
		printf("domain");
		show(&domains->Domains[i].Name);
		show_sid(domains->Domains[i].Sid);
		putchar('\n');
	}
}

static int
ended(NTSTATUS status)
{
	LPSTR why = NULL;

	printf("status %08x\n", (unsigned)status);
	if (OlsaExplain(status, NULL, &why) == SEC_E_OK && why)
		printf("why %s\n", why);
	FreeContextBuffer(why);
	return 0;
}

static LSA_HANDLE policy;

static void
policy_open(void)
{
	NTSTATUS status = LsaOpenPolicy(NULL, NULL, POLICY_LOOKUP_NAMES, &policy);

	if (status != STATUS_SUCCESS) {
		ended(status);
		exit(2);
	}
}

/* What a look-up gave, and what it was asked. */
static int
over(void *domains, void *found, LSA_UNICODE_STRING *list, ULONG count)
{
	LsaFreeMemory(domains);
	LsaFreeMemory(found);
	LsaClose(policy);
	for (ULONG i = 0; i < count; i++)
		free(list[i].Buffer);
	return 0;
}

/* --- names and SIDs ----------------------------------------------------------------- */

static int
names(ULONG flags, char **texts, ULONG count)
{
	LSA_UNICODE_STRING list[MOST];
	LSA_REFERENCED_DOMAIN_LIST *domains = NULL;
	LSA_TRANSLATED_SID2 *sids = NULL;
	NTSTATUS status;

	for (ULONG i = 0; i < count; i++)
		list[i] = wide(texts[i]);
	policy_open();
	status = LsaLookupNames2(policy, flags, count, list, &domains, &sids);
	ended(status);
	show_domains(domains);
	for (ULONG i = 0; sids && i < count; i++) {
		printf("item %d %d", (int)sids[i].Use, (int)sids[i].DomainIndex);
		show_sid(sids[i].Sid);
		putchar('\n');
	}
	return over(domains, sids, list, count);
}

static int
rids(char **texts, ULONG count)
{
	LSA_UNICODE_STRING list[MOST];
	LSA_REFERENCED_DOMAIN_LIST *domains = NULL;
	LSA_TRANSLATED_SID *sids = NULL;
	NTSTATUS status;

	for (ULONG i = 0; i < count; i++)
		list[i] = wide(texts[i]);
	policy_open();
	status = LsaLookupNames(policy, count, list, &domains, &sids);
	ended(status);
	show_domains(domains);
	for (ULONG i = 0; sids && i < count; i++)
		printf("item %d %d %d\n", (int)sids[i].Use, (int)sids[i].DomainIndex, (int)sids[i].RelativeId);
	return over(domains, sids, list, count);
}

static int
sids(char **texts, ULONG count)
{
	PSID list[MOST];
	LSA_REFERENCED_DOMAIN_LIST *domains = NULL;
	LSA_TRANSLATED_NAME *found = NULL;
	NTSTATUS status;

	for (ULONG i = 0; i < count; i++)
		if (!ConvertStringSidToSidA(texts[i], &list[i]))
			return 2;
	policy_open();
	status = LsaLookupSids(policy, count, list, &domains, &found);
	ended(status);
	show_domains(domains);
	for (ULONG i = 0; found && i < count; i++) {
		printf("item %d %d", (int)found[i].Use, (int)found[i].DomainIndex);
		show(&found[i].Name);
		putchar('\n');
	}
	for (ULONG i = 0; i < count; i++)
		LocalFree(list[i]);
	return over(domains, found, NULL, 0);
}

static int
account(const char *name)
{
	_Alignas(8) unsigned char sid[68];
	char domain[300], back[300], back_domain[300];
	DWORD sid_len = sizeof sid, domain_len = sizeof domain, back_len = sizeof back, back_domain_len = sizeof back_domain;
	SID_NAME_USE use, again;

	if (!LookupAccountNameA(NULL, name, sid, &sid_len, domain, &domain_len, &use))
		return ended((NTSTATUS)GetLastError());
	if (!LookupAccountSidA(NULL, sid, back, &back_len, back_domain, &back_domain_len, &again))
		return ended((NTSTATUS)GetLastError());
	printf("status 0\nitem %d %s %s %s", use == again ? (int)use : -1, domain, back_domain, back);
	show_sid(sid);
	putchar('\n');
	return 0;
}

static int
translated(const char *name)
{
	char to[600];
	ULONG size = sizeof to;

	if (!TranslateNameA(name, NameUnknown, NameSamCompatible, to, &size))
		return ended((NTSTATUS)GetLastError());
	printf("status 0\nitem %s\n", to);
	return 0;
}

/* --- logons --------------------------------------------------------------------------- */

static NTSTATUS
log_on(struct logging *l, const char *trusted, const char *type, char **who)
{
	*l = (struct logging){ .lsa = atoi(trusted) ? logon_trusted() : logon_untrusted(), .type = (SECURITY_LOGON_TYPE)atoi(type) };
	l->package = logon_package(l->lsa, "NTLM");
	logon_interactive(l, who[0], who[1], who[2], false);
	return logon_run(l);
}

static void
show_groups(HANDLE token)
{
	TOKEN_GROUPS *groups;
	DWORD size = 0;

	(void)GetTokenInformation(token, TokenGroups, NULL, 0, &size);
	groups = calloc(1, size + sizeof *groups);
	if (!groups || !GetTokenInformation(token, TokenGroups, groups, size, &size))
		abort();
	printf("groups");
	for (DWORD i = 0; i < groups->GroupCount; i++)
		show_sid(groups->Groups[i].Sid);
	putchar('\n');
	free(groups);
}

static int
logon(char **a)
{
	PSECURITY_LOGON_SESSION_DATA data = NULL;
	struct logging l;
	NTSTATUS status = log_on(&l, a[0], a[1], a + 2);

	ended(status);
	printf("substatus %08x\n", (unsigned)l.substatus);
	if (status != STATUS_SUCCESS) {
		LsaFreeReturnBuffer(l.profile);
		LsaDeregisterLogonProcess(l.lsa);
		return 0;
	}
	printf("flags %x\n", (unsigned)((MSV1_0_INTERACTIVE_PROFILE *)l.profile)->UserFlags);
	if (LsaGetLogonSessionData(&l.luid, &data) == STATUS_SUCCESS) {
		printf("session %d", (int)data->LogonType);
		show(&data->LogonDomain);
		show(&data->UserName);
		show_sid(data->Sid);
		putchar('\n');
		LsaFreeReturnBuffer(data);
	}
	show_groups(l.token);
	logon_end(&l);
	LsaDeregisterLogonProcess(l.lsa);
	return 0;
}

static int
whoami(char **a)
{
	char name[600];
	ULONG size = sizeof name;
	struct logging l;
	NTSTATUS status = log_on(&l, "1", "3", a);

	if (status != STATUS_SUCCESS)
		return ended(status);
	if (!ImpersonateLoggedOnUser(l.token) || !GetUserNameExA(NameSamCompatible, name, &size))
		return ended((NTSTATUS)GetLastError());
	RevertToSelf();
	printf("status 0\nitem %s\n", name);
	logon_end(&l);
	return 0;
}

static int
message(HANDLE lsa, void *ask, ULONG len)
{
	void *reply = NULL;
	ULONG reply_len = 0;
	NTSTATUS verdict = -1, status = LsaCallAuthenticationPackage(lsa, logon_package(lsa, "NTLM"), ask, len, &reply, &reply_len,
	    &verdict);

	LsaFreeReturnBuffer(reply);
	LsaDeregisterLogonProcess(lsa);
	return ended(status == STATUS_SUCCESS ? verdict : status);
}

static int
cached(char **a)
{
	struct { MSV1_0_CHANGEPASSWORD_REQUEST m; WCHAR room[600]; } ask = { .m = { .MessageType = MsV1_0ChangeCachedPassword } };
	UNICODE_STRING *to[] = { &ask.m.DomainName, &ask.m.AccountName, &ask.m.NewPassword };
	size_t used = 0;

	for (unsigned i = 0; i < 3 && strlen(a[i + 1]) < 200; i++) {
		*to[i] = (UNICODE_STRING){ (USHORT)(2 * strlen(a[i + 1])), (USHORT)(2 * strlen(a[i + 1])), ask.room + used };
		for (const char *c = a[i + 1]; *c; c++)
			ask.room[used++] = (WCHAR)(unsigned char)*c;
	}
	return message(atoi(a[0]) ? logon_trusted() : logon_untrusted(), &ask, sizeof ask);
}

static int
known(char **a)
{
	struct logging l = { .lsa = atoi(a[0]) ? logon_trusted() : logon_untrusted() };

	logon_interactive(&l, a[1], a[2], a[3], false);
	((MSV1_0_INTERACTIVE_LOGON *)(void *)l.at)->MessageType = (MSV1_0_LOGON_SUBMIT_TYPE)MsV1_0CacheLookupEx;
	return message(l.lsa, l.at, l.len);
}

/* Whoever has no right to log on at the console has it now. */
static int
may_log_on(const char *text)
{
	static const char right[] = "SeInteractiveLogonRight";
	LSA_UNICODE_STRING name = wide(right);
	LSA_HANDLE handle = NULL;
	PSID sid = NULL;
	NTSTATUS status = LsaOpenPolicy(NULL, NULL, POLICY_ALL_ACCESS, &handle);

	if (status == STATUS_SUCCESS && ConvertStringSidToSidA(text, &sid))
		status = LsaAddAccountRights(handle, sid, &name, 1);
	ended(status);
	LocalFree(sid);
	free(name.Buffer);
	LsaClose(handle);
	return 0;
}

static int
bare(char **a)
{
	struct { ULONG type, more[3]; } ask = { (ULONG)atoi(a[1]), { 0 } };

	return message(atoi(a[0]) ? logon_trusted() : logon_untrusted(), &ask, sizeof ask);
}

int
main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[1] : "";
	ULONG count = argc > 2 ? (ULONG)(argc - 2) : 0;
	char **a = argv + 2;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (count <= MOST && (strcmp(verb, "names") == 0 || strcmp(verb, "local") == 0))
		return names(*verb == 'l' ? LSA_LOOKUP_ISOLATED_AS_LOCAL : 0, a, count);
	if (count <= MOST && strcmp(verb, "rids") == 0)
		return rids(a, count);
	if (count <= MOST && strcmp(verb, "sids") == 0)
		return sids(a, count);
	if (strcmp(verb, "account") == 0)
		return account(a[0]);
	if (strcmp(verb, "translate") == 0)
		return translated(a[0]);
	if (count == 5 && strcmp(verb, "logon") == 0)
		return logon(a);
	if (count == 3 && strcmp(verb, "whoami") == 0)
		return whoami(a);
	if (count == 4 && strcmp(verb, "cached") == 0)
		return cached(a);
	if (count == 4 && strcmp(verb, "known") == 0)
		return known(a);
	if (count == 1 && strcmp(verb, "console") == 0)
		return may_log_on(a[0]);
	if (count == 2 && strcmp(verb, "policy") == 0) {
		logon_policy(a[0], (ULONG)atoi(a[1]));
		return ended(STATUS_SUCCESS);
	}
	if (count == 2 && strcmp(verb, "message") == 0)
		return bare(a);
	fprintf(stderr, "usage: see the head of domain_ask.c\n");
	return 2;
}
