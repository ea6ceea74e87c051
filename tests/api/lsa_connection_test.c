/*
 * lsa_connection_test.c - connections to the LSA: opened, used, closed, in
 * every situation of the specification's founding page.
 * Covers secur32/logon.c, lsa/serve_logon.c, lsa/client.c, lsa/link.c, lsa/served.c, lsa/dispatch.c,
 * lsa/package.c.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/api/api.h"
#include "tests/check.h"

static LSA_STRING
lsa_string(const char *text, size_t len)
{
	return (LSA_STRING){ (USHORT)len, (USHORT)len, (char *)(uintptr_t)text };
}

static HANDLE
connected(void)
{
	HANDLE lsa = NULL;

	CHECK(LsaConnectUntrusted(&lsa) == STATUS_SUCCESS && lsa && lsa != INVALID_HANDLE_VALUE);
	return lsa;
}

static ULONG
package(HANDLE lsa, const char *text)
{
	LSA_STRING name = lsa_string(text, strlen(text));
	ULONG id = 9999;

	CHECK(LsaLookupAuthenticationPackage(lsa, &name, &id) == STATUS_SUCCESS);
	return id;
}

static void
registering(void)
{
	char long_name[200];
	LSA_STRING name = lsa_string(long_name, 127);
	LSA_OPERATIONAL_MODE mode = 77;
	HANDLE lsa = (HANDLE)5;

	memset(long_name, 'n', sizeof long_name);
	CHECK(LsaRegisterLogonProcess(&name, &lsa, &mode) == STATUS_SUCCESS);
	CHECK(mode == 3 && lsa != (HANDLE)5);
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
	CHECK(LsaRegisterLogonProcess(&name, &lsa, NULL) == STATUS_SUCCESS);
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
	name.Length = 128;
	lsa = (HANDLE)5;
	mode = 77;
	CHECK(LsaRegisterLogonProcess(&name, &lsa, &mode) == STATUS_NAME_TOO_LONG);
	name.Length = 0;
	CHECK(LsaRegisterLogonProcess(&name, &lsa, &mode) == STATUS_INVALID_PARAMETER);
	name = (LSA_STRING){ 5, 5, NULL };
	CHECK(LsaRegisterLogonProcess(&name, &lsa, &mode) == STATUS_INVALID_PARAMETER);
	CHECK(LsaRegisterLogonProcess(NULL, &lsa, &mode) == STATUS_INVALID_PARAMETER);
	CHECK(lsa == (HANDLE)5 && mode == 77);		/* nothing is written on failure */
	CHECK(LsaConnectUntrusted(NULL) == STATUS_INVALID_PARAMETER);
}

static void
closing(void)
{
	HANDLE lsa = connected(), other = connected();
	CredHandle cred = api_cred("NTLM", true, NULL);

	CHECK(LsaDeregisterLogonProcess(NULL) == STATUS_INVALID_HANDLE);
	CHECK(LsaDeregisterLogonProcess(INVALID_HANDLE_VALUE) == STATUS_INVALID_HANDLE);
	CHECK(LsaDeregisterLogonProcess((HANDLE)(uintptr_t)0x1234567890u) == STATUS_INVALID_HANDLE);
	CHECK(LsaDeregisterLogonProcess((HANDLE)cred.dwLower) == STATUS_INVALID_HANDLE);	/* of another kind */
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_INVALID_HANDLE);
	CHECK(OlsaPing(lsa) == STATUS_INVALID_HANDLE);
	CHECK(OlsaPing(other) == STATUS_SUCCESS);		/* another connection is another one */
	CHECK(LsaDeregisterLogonProcess(other) == STATUS_SUCCESS);
	CHECK(FreeCredentialsHandle(&cred) == SEC_E_OK);	/* and credentials live on */
}

/* --- races ---------------------------------------------------------------------------- */

static _Atomic unsigned won, lost, odd;
static pthread_barrier_t start;

static void *
closes(void *arg)
{
	NTSTATUS status;

	pthread_barrier_wait(&start);
	status = LsaDeregisterLogonProcess(arg);
	if (status == STATUS_SUCCESS)
		won++;
	else if (status == STATUS_INVALID_HANDLE)
		lost++;
	else
		odd++;
	return NULL;
}

static void
one_of_two_wins(void)
{
	unsigned many = api_scale(200, 50, 1000);

	won = lost = odd = 0;
	pthread_barrier_init(&start, NULL, 2);
	for (unsigned i = 0; i < many; i++) {
		HANDLE lsa = connected();
		pthread_t t[2];

		for (int k = 0; k < 2; k++)
			CHECK(pthread_create(&t[k], NULL, closes, lsa) == 0);
		for (int k = 0; k < 2; k++)
			pthread_join(t[k], NULL);
	}
	CHECK(won == many && lost == many && odd == 0);
}

struct blocked {
	HANDLE lsa;
	ULONG package;
	_Atomic unsigned *back;
	NTSTATUS status, verdict;
	PVOID reply;
	ULONG reply_len;
};

static void *
asks_what_never_answers(void *arg)
{
	struct blocked *b = arg;
	ULONG never = 100;

	b->status = LsaCallAuthenticationPackage(b->lsa, b->package, &never, sizeof never, &b->reply, &b->reply_len,
	    &b->verdict);
	(*b->back)++;
	return NULL;
}

/* How long it took, in ms. */
static uint64_t
cut_off_eight(void)
{
	struct blocked b[8];
	pthread_t t[8];
	_Atomic unsigned back = 0;
	HANDLE lsa = connected();
	ULONG id = package(lsa, "Stall");
	uint64_t from, took;

	for (int i = 0; i < 8; i++) {
		b[i] = (struct blocked){ lsa, id, &back, 12345, 54321, (PVOID)7, 77 };
		CHECK(pthread_create(&t[i], NULL, asks_what_never_answers, &b[i]) == 0);
	}
	usleep(100000);
	CHECK(back == 0);
	from = api_ms();
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
	CHECK(api_reaches(&back, 8, 5000));
	took = api_ms() - from;
	for (int i = 0; i < 8; i++) {
		pthread_join(t[i], NULL);
		CHECK(b[i].status == STATUS_PORT_DISCONNECTED);
		CHECK(b[i].verdict == 54321 && b[i].reply == (PVOID)7 && b[i].reply_len == 77);
	}
	return took;
}

/* At once; a machine that stood still meanwhile gets two more tries. */
static void
eight_threads_are_cut_off(void)
{
	unsigned tries = 0;

	while (cut_off_eight() >= api_scale(100, 1000, 100))
		if (!CHECK(++tries < 3))
			break;
}

static void
a_forked_child_has_no_handle(void)
{
	HANDLE lsa = connected();
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		HANDLE own = NULL;
		int bad = LsaDeregisterLogonProcess(lsa) != STATUS_INVALID_HANDLE;

		bad |= OlsaPing(lsa) != STATUS_INVALID_HANDLE;
		/* A connection of its own works. */
		bad |= LsaConnectUntrusted(&own) != STATUS_SUCCESS || OlsaPing(own) != STATUS_SUCCESS;
		bad |= LsaDeregisterLogonProcess(own) != STATUS_SUCCESS;
		_exit(bad);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK(OlsaPing(lsa) == STATUS_SUCCESS);		/* the child has not disturbed the parent's */
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
}

/* --- packages ---------------------------------------------------------------------------- */

static void
looking_up(void)
{
	HANDLE lsa = connected();
	char long_name[130];
	LSA_STRING name = lsa_string("nonsense", 8);
	ULONG id = 4711;

	CHECK(package(lsa, "NTLM") == package(lsa, "MICROSOFT_AUTHENTICATION_PACKAGE_V1_0"));
	CHECK(package(lsa, "ntlm") == package(lsa, "NTLM"));
	CHECK(LsaLookupAuthenticationPackage(lsa, &name, &id) == STATUS_NO_SUCH_PACKAGE);
	name = lsa_string("NTLMx", 4);			/* the length counts, not a NUL */
	CHECK(LsaLookupAuthenticationPackage(lsa, &name, &id) == STATUS_SUCCESS);
	id = 4711;
	memset(long_name, 'p', sizeof long_name);
	name = lsa_string(long_name, 128);
	CHECK(LsaLookupAuthenticationPackage(lsa, &name, &id) == STATUS_NAME_TOO_LONG);
	CHECK(LsaLookupAuthenticationPackage(lsa, NULL, &id) == STATUS_INVALID_PARAMETER);
	CHECK(id == 4711);
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
	CHECK(LsaLookupAuthenticationPackage(lsa, &name, &id) == STATUS_INVALID_HANDLE);
}

static void
message_0_gives_challenges(void)
{
	HANDLE lsa = connected();
	ULONG id = package(lsa, "NTLM"), len = 0;
	MSV1_0_LM20_CHALLENGE_REQUEST ask = { MsV1_0Lm20ChallengeRequest };
	UCHAR seen[20][8];
	NTSTATUS verdict;
	PVOID reply = NULL;

	for (int i = 0; i < 20; i++) {
		MSV1_0_LM20_CHALLENGE_RESPONSE *got;

		CHECK(LsaCallAuthenticationPackage(lsa, id, &ask, sizeof ask, &reply, &len, &verdict) == STATUS_SUCCESS);
		CHECK(verdict == STATUS_SUCCESS && len == sizeof *got && reply);
		got = reply;
		memcpy(seen[i], got->ChallengeToClient, 8);
		CHECK(got->MessageType == MsV1_0Lm20ChallengeRequest);
		for (int k = 0; k < i; k++)
			CHECK(memcmp(seen[k], seen[i], 8) != 0);
		CHECK(LsaFreeReturnBuffer(reply) == STATUS_SUCCESS);
	}
	CHECK(LsaCallAuthenticationPackage(lsa, id, &ask, 2, &reply, &len, &verdict) == STATUS_INVALID_PARAMETER);
	CHECK(LsaCallAuthenticationPackage(lsa, id, &ask, sizeof ask, &reply, &len, NULL) == STATUS_INVALID_PARAMETER);
	CHECK(LsaCallAuthenticationPackage(lsa, 4711, &ask, sizeof ask, &reply, &len, &verdict) == STATUS_NO_SUCH_PACKAGE);
	ask.MessageType = MsV1_0ReLogonUsers;
	verdict = 0;
	CHECK(LsaCallAuthenticationPackage(lsa, id, &ask, sizeof ask, &reply, &len, &verdict) == STATUS_SUCCESS);
	CHECK(verdict == STATUS_NOT_SUPPORTED);
	ask.MessageType = (MSV1_0_PROTOCOL_MESSAGE_TYPE)4711;
	CHECK(LsaCallAuthenticationPackage(lsa, id, &ask, sizeof ask, &reply, &len, &verdict) == STATUS_SUCCESS);
	CHECK(verdict == STATUS_INVALID_PARAMETER);
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
}

static void
wide(UNICODE_STRING *to, WCHAR *room, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		room[i] = (WCHAR)text[i];
	*to = (UNICODE_STRING){ (USHORT)(n * 2), (USHORT)(n * 2), room };
}

/* One allocation: the structure and its strings behind it, as absolute addresses or as offsets. */
struct answer_ask {
	MSV1_0_GETCHALLENRESP_REQUEST r;
	WCHAR password[32], user[32], domain[32];
};

static void
message_1_answers_challenges(void)
{
	HANDLE lsa = connected();
	ULONG id = package(lsa, "NTLM"), len = 0;
	PVOID reply = NULL;
	NTSTATUS verdict = -1;

	for (int packed = 0; packed < 2; packed++) {
		struct answer_ask ask;
		MSV1_0_GETCHALLENRESP_RESPONSE *got;

		memset(&ask, 0, sizeof ask);
		ask.r.MessageType = MsV1_0Lm20GetChallengeResponse;
		ask.r.ParameterControl = 0x2 | 0x4 | 0x10 | 0x20;	/* names, own client challenge, NTLMv2 */
		memcpy(ask.r.ChallengeToClient, "\1\2\3\4\5\6\7\10", 8);
		wide(&ask.r.Password, ask.password, API_PASSWORD);
		wide(&ask.r.UserName, ask.user, API_USER);
		wide(&ask.r.LogonDomainName, ask.domain, "DOM");
		if (packed) {
			ask.r.Password.Buffer = (PWSTR)offsetof(struct answer_ask, password);
			ask.r.UserName.Buffer = (PWSTR)offsetof(struct answer_ask, user);
			ask.r.LogonDomainName.Buffer = (PWSTR)offsetof(struct answer_ask, domain);
		}
		CHECK(LsaCallAuthenticationPackage(lsa, id, &ask, sizeof ask, &reply, &len, &verdict) == STATUS_SUCCESS);
		CHECK(verdict == STATUS_SUCCESS && reply);
		if (verdict != STATUS_SUCCESS || !reply)
			break;
		got = reply;
		CHECK(got->CaseSensitiveChallengeResponse.Length >= 44);
		CHECK((char *)got->CaseSensitiveChallengeResponse.Buffer > (char *)reply &&
		    (char *)got->CaseSensitiveChallengeResponse.Buffer < (char *)reply + len);
		CHECK(got->UserName.Length == 2 * strlen(API_USER) && got->UserName.Buffer[0] == API_USER[0]);
		CHECK(LsaFreeReturnBuffer(reply) == STATUS_SUCCESS);
	}
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
}

static void
strings_must_lie_inside(void)
{
	static const struct { ULONG_PTR at; USHORT len; } bad[] = {
		{ 1, 2 }, { 8, 4 }, { sizeof(struct answer_ask), 2 }, { sizeof(struct answer_ask) - 1, 2 },
		{ (ULONG_PTR)-1, 2 }, { 0x7fffffff, 2 }, { sizeof(struct answer_ask) - 2, 0xffff },
	};
	HANDLE lsa = connected();
	ULONG id = package(lsa, "NTLM"), len = 0;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct answer_ask ask;
		PVOID reply = (PVOID)9;
		NTSTATUS verdict = 9;

		memset(&ask, 0, sizeof ask);
		ask.r.MessageType = MsV1_0Lm20GetChallengeResponse;
		ask.r.UserName = (UNICODE_STRING){ bad[i].len, bad[i].len, (PWSTR)bad[i].at };
		CHECK(LsaCallAuthenticationPackage(lsa, id, &ask, sizeof ask, &reply, &len, &verdict) ==
		    STATUS_INVALID_PARAMETER);
		CHECK(reply == (PVOID)9 && verdict == 9);
	}
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
}

static void
buffers_know_their_family(void)
{
	char on_stack[64];
	PSecPkgInfoA infos;
	ULONG n;

	CHECK(LsaFreeReturnBuffer(NULL) == STATUS_SUCCESS);
	CHECK(LsaFreeReturnBuffer(on_stack + 32) == STATUS_INVALID_PARAMETER);
	CHECK(EnumerateSecurityPackagesA(&n, &infos) == SEC_E_OK);
	CHECK(LsaFreeReturnBuffer(infos) == STATUS_INVALID_PARAMETER);
	CHECK(FreeContextBuffer(infos) == SEC_E_OK);
	CHECK(FreeContextBuffer(NULL) == SEC_E_OK);
}

int
main(void)
{
	api_begin();
	RUN(registering);
	RUN(closing);
	RUN(one_of_two_wins);
	RUN(eight_threads_are_cut_off);
	RUN(a_forked_child_has_no_handle);
	RUN(looking_up);
	RUN(message_0_gives_challenges);
	RUN(message_1_answers_challenges);
	RUN(strings_must_lie_inside);
	RUN(buffers_know_their_family);
	return check_end();
}
