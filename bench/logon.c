/*
 * logon.c - the LSA's own API from outside: logons by MSV1_0, sessions and
 * tokens that are held, look-ups. The environment says whether it is embedded
 * or asks lsad, which must let this process be trusted.
 *
 *     network N       LsaLogonUser with an NTLMv2 response, and all it made dropped
 *     interactive N   the same with a password
 *     wrong N         a wrong password for a name that nobody has: counted on the disk
 *     wrong-64 N      the same by 64 threads
 *     held N          N network logons; MORE: bytes of memory that they hold. They stay until the next.
 *     list N          LsaEnumerateLogonSessions
 *     name N, sid N   LsaLookupNames2, LsaLookupSids2, one at a time, by one policy handle
 *     person N        LsaLookupNames2 of person0, person1, ... (BENCH_PEOPLE of them) as if at random
 *     nss N           getpwnam_r of root
 */
#define SECURITY_WIN32
#include <windows.h>
#include <securitybaseapi.h>
#include <openlsa.h>
#include <lsalookup.h>
#include <ntsecapi.h>
#include <ntstatus.h>

#include <malloc.h>
#include <pwd.h>
#include <stdatomic.h>

#include "worker.h"

#define USER		"bench"
#define PASSWORD	"Correct-Horse-9"
#define WRONG_THREADS	64u
#define ROOM		2048u

static HANDLE lsa;
static ULONG ntlm;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* --- buffers ----------------------------------------------------------------------- */

struct buffer {
	_Alignas(16) unsigned char at[ROOM];
	ULONG len;
};

static STRING
put_bytes(struct buffer *b, const STRING *from)
{
	STRING s = { from->Length, from->Length, (char *)b->at + b->len };

	MUST(b->len + from->Length <= sizeof b->at);
	memcpy(s.Buffer, from->Buffer, from->Length);
	b->len += from->Length;
	return s;
}

static UNICODE_STRING
put(struct buffer *b, const char *text)
{
	UNICODE_STRING s = { (USHORT)(strlen(text) * 2), (USHORT)(strlen(text) * 2), (PWSTR)(void *)(b->at + b->len) };

	MUST(b->len + s.Length <= sizeof b->at);
	for (size_t i = 0; text[i]; i++)
		s.Buffer[i] = (WCHAR)text[i];
	b->len += s.Length;
	return s;
}

static void
lsa_take(void)
{
	static char name[] = "bench", package[] = "NTLM";
	LSA_STRING process = { sizeof name - 1, sizeof name, name }, wanted = { sizeof package - 1, sizeof package, package };
	LSA_OPERATIONAL_MODE mode;
	NTSTATUS status;

	MUST_BE(LsaRegisterLogonProcess(&process, &lsa, &mode), STATUS_SUCCESS);
	MUST_BE(LsaLookupAuthenticationPackage(lsa, &wanted, &ntlm), STATUS_SUCCESS);
	status = OlsaUserAdd(lsa, USER, "", PASSWORD, NULL);
	MUST(status == STATUS_SUCCESS || status == STATUS_USER_EXISTS);
}

/* --- logons -------------------------------------------------------------------------- */

/* A response that the LSA makes of the password, to a challenge of ours. */
static void
network_make(struct buffer *b)
{
	static const UCHAR challenge[8] = "01234567";
	struct buffer ask = { .len = sizeof(MSV1_0_GETCHALLENRESP_REQUEST) };
	MSV1_0_GETCHALLENRESP_REQUEST *q = (void *)ask.at;
	MSV1_0_GETCHALLENRESP_RESPONSE *r = NULL;
	MSV1_0_LM20_LOGON *m = (void *)b->at;
	NTSTATUS verdict = -1;
	ULONG len = 0;

	q->MessageType = MsV1_0Lm20GetChallengeResponse;
	q->ParameterControl = 0x20;		/* version 2 */
	memcpy(q->ChallengeToClient, challenge, sizeof challenge);
	q->UserName = put(&ask, USER);
	q->LogonDomainName = put(&ask, "");
	q->Password = put(&ask, PASSWORD);
	q->ServerName = put(&ask, "SERVER");
	MUST_BE(LsaCallAuthenticationPackage(lsa, ntlm, ask.at, ask.len, (void **)&r, &len, &verdict), STATUS_SUCCESS);
	MUST_BE(verdict, STATUS_SUCCESS);
	memset(b, 0, sizeof *b);
	b->len = sizeof *m;
	m->MessageType = MsV1_0NetworkLogon;
	m->LogonDomainName = put(b, "");
	m->UserName = put(b, USER);
	m->Workstation = put(b, "STATION");
	memcpy(m->ChallengeToClient, challenge, sizeof challenge);
	m->CaseSensitiveChallengeResponse = put_bytes(b, &r->CaseSensitiveChallengeResponse);
	m->CaseInsensitiveChallengeResponse = put_bytes(b, &r->CaseInsensitiveChallengeResponse);
	LsaFreeReturnBuffer(r);
}

static void
interactive_make(struct buffer *b, const char *user, const char *password)
{
	MSV1_0_INTERACTIVE_LOGON *m = (void *)b->at;

	memset(b, 0, sizeof *b);
	b->len = sizeof *m;
	m->MessageType = MsV1_0InteractiveLogon;
	m->LogonDomainName = put(b, "");
	m->UserName = put(b, user);
	m->Password = put(b, password);
}

static NTSTATUS
logon(struct buffer *b, SECURITY_LOGON_TYPE type, HANDLE *ret_token)
{
	static char text[] = "bench";
	LSA_STRING origin = { sizeof text - 1, sizeof text, text };
	TOKEN_SOURCE source = { "bench", { 0, 0 } };
	PVOID profile = NULL;
	QUOTA_LIMITS quotas;
	NTSTATUS status, substatus;
	ULONG len;
	LUID luid;

	status = LsaLogonUser(lsa, &origin, type, ntlm, b->at, b->len, NULL, &source, &profile, &len, &luid, ret_token, &quotas,
	    &substatus);
	if (profile)
		LsaFreeReturnBuffer(profile);
	return status;
}

static uint64_t
logons(unsigned long n, unsigned long type)
{
	struct buffer b;
	HANDLE token;

	pthread_once(&once, lsa_take);
	if (type == Network)
		network_make(&b);
	else
		interactive_make(&b, USER, PASSWORD);
	while (n--) {
		MUST_BE(logon(&b, (SECURITY_LOGON_TYPE)type, &token), STATUS_SUCCESS);
		CloseHandle(token);
	}
	return 0;
}

static atomic_ulong wrong_left, wrong_name;

static void *
wrong_main(void *arg)
{
	unsigned long left = atomic_load(&wrong_left);
	struct buffer b;
	NTSTATUS status;
	char name[32];
	HANDLE token;

	(void)arg;
	for (;;) {
		while (left && !atomic_compare_exchange_weak(&wrong_left, &left, left - 1))
			;
		if (!left)
			return NULL;
		(void)snprintf(name, sizeof name, "nobody%lu", atomic_fetch_add(&wrong_name, 1));
		interactive_make(&b, name, "wrong");
		status = logon(&b, Interactive, &token);
		MUST(status == STATUS_LOGON_FAILURE || status == STATUS_ACCOUNT_LOCKED_OUT);	/* names share counters */
		left = atomic_load(&wrong_left);
	}
}

static uint64_t
wrong(unsigned long n, unsigned long threads)
{
	pthread_t t[WRONG_THREADS];

	pthread_once(&once, lsa_take);
	atomic_store(&wrong_left, n);
	for (unsigned long i = 1; i < threads; i++)
		MUST(pthread_create(&t[i], NULL, wrong_main, NULL) == 0);
	(void)wrong_main(NULL);
	for (unsigned long i = 1; i < threads; i++)
		pthread_join(t[i], NULL);
	return 0;
}

/* --- what is held ------------------------------------------------------------------------ */

static HANDLE *tokens;
static unsigned long token_count;

static uint64_t
held(unsigned long n, unsigned long arg)
{
	unsigned long before;
	struct buffer b;

	(void)arg;
	(void)logons(64, Network);
	for (unsigned long i = 0; i < token_count; i++)
		CloseHandle(tokens[i]);
	free(tokens);
	tokens = malloc((n + 1) * sizeof *tokens);
	MUST(tokens);
	memset(tokens, 1, (n + 1) * sizeof *tokens);
	token_count = n;
	network_make(&b);
	malloc_trim(0);
	before = proc_self("smaps_rollup", "Rss:");
	for (unsigned long i = 0; i < n; i++)
		MUST_BE(logon(&b, Network, &tokens[i]), STATUS_SUCCESS);
	return (proc_self("smaps_rollup", "Rss:") - before) * 1024u;
}

static uint64_t
list(unsigned long n, unsigned long arg)
{
	ULONG count = 0;
	PLUID luids;

	(void)arg;
	while (n--) {
		MUST_BE(LsaEnumerateLogonSessions(&count, &luids), STATUS_SUCCESS);
		MUST(count >= token_count);
		LsaFreeReturnBuffer(luids);
	}
	return count;
}

/* --- look-ups ------------------------------------------------------------------------------ */

static LSA_HANDLE
policy(void)
{
	static LSA_HANDLE handle;
	LSA_OBJECT_ATTRIBUTES none = { .Length = sizeof none };

	pthread_once(&once, lsa_take);
	if (!handle)
		MUST_BE(LsaOpenPolicy(NULL, &none, POLICY_LOOKUP_NAMES, &handle), STATUS_SUCCESS);
	return handle;
}

static uint64_t
look_up(unsigned long n, unsigned long by_sid)
{
	static WCHAR wide[] = { 'b', 'e', 'n', 'c', 'h' };
	LSA_UNICODE_STRING name = { sizeof wide, sizeof wide, wide };
	PLSA_REFERENCED_DOMAIN_LIST domains;
	PLSA_TRANSLATED_SID2 sids;
	PLSA_TRANSLATED_NAME names;
	LSA_HANDLE p = policy();
	unsigned char sid[68];

	MUST_BE(LsaLookupNames2(p, 0, 1, &name, &domains, &sids), STATUS_SUCCESS);
	MUST(GetLengthSid(sids[0].Sid) <= sizeof sid);
	memcpy(sid, sids[0].Sid, GetLengthSid(sids[0].Sid));
	LsaFreeMemory(domains);
	LsaFreeMemory(sids);
	while (n--)
		if (by_sid) {
			PSID one = sid;

			MUST_BE(LsaLookupSids2(p, 0, 1, &one, &domains, &names), STATUS_SUCCESS);
			LsaFreeMemory(domains);
			LsaFreeMemory(names);
		} else {
			MUST_BE(LsaLookupNames2(p, 0, 1, &name, &domains, &sids), STATUS_SUCCESS);
			LsaFreeMemory(domains);
			LsaFreeMemory(sids);
		}
	return 0;
}

static uint64_t
person(unsigned long n, unsigned long arg)
{
	static uint64_t dice = 88172645463325252u;
	unsigned long people = getenv("BENCH_PEOPLE") ? strtoul(getenv("BENCH_PEOPLE"), NULL, 10) : 0;
	PLSA_REFERENCED_DOMAIN_LIST domains;
	PLSA_TRANSLATED_SID2 sids;
	LSA_HANDLE p = policy();

	(void)arg;
	MUST(people);
	while (n--) {
		LSA_UNICODE_STRING name;
		char text[32];
		WCHAR wide[32];
		int len;

		dice ^= dice << 13;
		dice ^= dice >> 7;
		dice ^= dice << 17;
		len = snprintf(text, sizeof text, "person%lu", (unsigned long)(dice % people));
		for (int i = 0; i < len; i++)
			wide[i] = (WCHAR)text[i];
		name = (LSA_UNICODE_STRING){ (USHORT)(len * 2), sizeof wide, wide };
		MUST_BE(LsaLookupNames2(p, 0, 1, &name, &domains, &sids), STATUS_SUCCESS);
		LsaFreeMemory(domains);
		LsaFreeMemory(sids);
	}
	return 0;
}

static uint64_t
nss(unsigned long n, unsigned long arg)
{
	struct passwd entry, *found;
	char room[4096];

	(void)arg;
	while (n--)
		MUST(getpwnam_r("root", &entry, room, sizeof room, &found) == 0 && found);
	return 0;
}

int
main(void)
{
	static const struct work work[] = {
		{ "network",     logons,  Network },
		{ "interactive", logons,  Interactive },
		{ "wrong",       wrong,   1 },
		{ "wrong-64",    wrong,   WRONG_THREADS },
		{ "held",        held,    0 },
		{ "list",        list,    0 },
		{ "name",        look_up, 0 },
		{ "sid",         look_up, 1 },
		{ "person",      person,  0 },
		{ "nss",         nss,     0 },
	};

	return worker_serve(work, sizeof work / sizeof *work);
}
