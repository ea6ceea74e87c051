/*
 * logon_session_test.c - logon sessions: their LUIDs, what is told of each
 * and to whom, and how long they live - by tokens, not by connections, and
 * not longer than who holds them. Covers secur32/sessions.c,
 * secur32/token.c, lsa/serve_session.c, lsa/serve_token.c, lsa/keep.c.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/api/logon.h"
#include "tests/check.h"

static bool
reads(const LSA_UNICODE_STRING *s, const char *text)
{
	if (s->Length != 2 * strlen(text))
		return false;
	for (size_t i = 0; text[i]; i++)
		if (s->Buffer[i] != (WCHAR)text[i])
			return false;
	return true;
}

/* Logs Alice on through a connection of its own, which is gone afterwards. */
static struct logging
alice(void)
{
	struct logging l = { .lsa = logon_untrusted(), .type = Interactive };

	l.package = logon_package(l.lsa, "NTLM");
	logon_interactive(&l, "", API_USER, API_PASSWORD, false);
	CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS);
	CHECK(LsaDeregisterLogonProcess(l.lsa) == STATUS_SUCCESS);
	return l;
}

static void
told(void)
{
	struct logging l = alice();
	PSECURITY_LOGON_SESSION_DATA d = NULL;
	LUID none = { 1, 0 }, zero = { 0, 0 }, system = { 0x3e7, 0 };
	HANDLE own = NULL;
	TOKEN_STATISTICS s;
	DWORD len;

	CHECK(l.luid.HighPart != 0 || l.luid.LowPart > 0x10000);
	if (CHECK_U64((ULONG)LsaGetLogonSessionData(&l.luid, &d), STATUS_SUCCESS)) {
		CHECK(d->Size >= sizeof *d && d->LogonId.LowPart == l.luid.LowPart && d->LogonId.HighPart == l.luid.HighPart);
		CHECK(reads(&d->UserName, API_USER) && reads(&d->AuthenticationPackage, "NTLM"));
		CHECK(d->LogonDomain.Length && d->LogonServer.Length && d->LogonType == Interactive && d->Sid && IsValidSid(d->Sid));
		CHECK(d->LogonTime.QuadPart > 0 && d->PasswordLastSet.QuadPart > 0);
		CHECK(LsaFreeReturnBuffer(d) == STATUS_SUCCESS);
	}
	d = (void *)5;
	CHECK(LsaGetLogonSessionData(&none, &d) == STATUS_NO_SUCH_LOGON_SESSION && d == (void *)5);
	CHECK(LsaGetLogonSessionData(&zero, &d) == STATUS_NO_SUCH_LOGON_SESSION && d == (void *)5);
	CHECK(LsaGetLogonSessionData(NULL, &d) == STATUS_INVALID_PARAMETER);
	CHECK(LsaGetLogonSessionData(&none, NULL) == STATUS_INVALID_PARAMETER);
	CHECK(LsaEnumerateLogonSessions(NULL, NULL) == STATUS_INVALID_PARAMETER);
	if (CHECK(LsaGetLogonSessionData(&system, &d) == STATUS_SUCCESS)) {	/* the caller is trusted here */
		CHECK(d->LogonId.LowPart == 0x3e7 && d->AuthenticationPackage.Length && !d->UserName.Buffer && !d->Sid);
		LsaFreeReturnBuffer(d);
	}
	logon_end(&l);
	/* The caller's own, which begins when it is asked for. */
	CHECK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &own));
	CHECK(GetTokenInformation(own, TokenStatistics, &s, sizeof s, &len));
	CHECK(logon_listed(s.AuthenticationId));
	CHECK(LsaGetLogonSessionData(&s.AuthenticationId, &d) == STATUS_SUCCESS && d->LogonType == Interactive);
	LsaFreeReturnBuffer(d);
	CHECK(CloseHandle(own) && !CloseHandle(own) && GetLastError() == ERROR_INVALID_HANDLE);
	CHECK(logon_listed(s.AuthenticationId));		/* the uid's, not the token's */
}

/* Invariant 3: the token outlives its connection, and its session ends with it. */
static void
by_tokens(void)
{
	struct logging l = alice();
	PSECURITY_LOGON_SESSION_DATA d = NULL;
	HANDLE second = NULL;

	CHECK(logon_listed(l.luid));
	CHECK(DuplicateTokenEx(l.token, 0, NULL, SecurityImpersonation, TokenPrimary, &second));
	CHECK(CloseHandle(l.token));
	CHECK(logon_listed(l.luid));
	CHECK(CloseHandle(second));
	CHECK(!logon_listed(l.luid));
	CHECK(LsaGetLogonSessionData(&l.luid, &d) == STATUS_NO_SUCH_LOGON_SESSION);
	LsaFreeReturnBuffer(l.profile);
}

/* Ended by somebody: the tokens and contexts of it are gone, those of others stay. */
static void
logged_off(void)
{
	struct logging l = alice(), other = alice();
	LUID none = { 1, 0 }, system = { 0x3e7, 0 };
	HANDLE lsa = logon_trusted(), own = NULL, second = NULL, third = NULL;
	TOKEN_STATISTICS before, after;
	OlsaLogonInfo info;
	struct pair p;
	DWORD len;

	CHECK(OlsaLogoff(NULL, &none) == STATUS_INVALID_HANDLE);
	CHECK(OlsaLogoff(lsa, NULL) == STATUS_INVALID_PARAMETER);
	CHECK(OlsaLogoff(lsa, &none) == STATUS_NO_SUCH_LOGON_SESSION);
	CHECK(OlsaLogoff(lsa, &system) == STATUS_NO_SUCH_LOGON_SESSION);
	CHECK(DuplicateTokenEx(l.token, 0, NULL, SecurityImpersonation, TokenImpersonation, &second));
	CHECK_U64((ULONG)OlsaLogoff(lsa, &l.luid), STATUS_SUCCESS);
	CHECK(!logon_listed(l.luid) && logon_listed(other.luid));
	CHECK(!DuplicateTokenEx(l.token, 0, NULL, SecurityImpersonation, TokenImpersonation, &third));
	CHECK(OlsaLogoff(lsa, &l.luid) == STATUS_NO_SUCH_LOGON_SESSION);
	CHECK(CloseHandle(second));
	logon_end(&l);
	CHECK(DuplicateTokenEx(other.token, 0, NULL, SecurityImpersonation, TokenImpersonation, &third) && CloseHandle(third));
	logon_end(&other);

	pair_begin(&p, API_PASSWORD);
	if (CHECK(pair_shake(&p) == SEC_E_OK) && CHECK(QueryContextAttributesA(&p.server, OLSA_ATTR_LOGON, &info) == SEC_E_OK)) {
		CHECK(OlsaLogoff(lsa, &info.LogonId) == STATUS_SUCCESS && !logon_listed(info.LogonId));
		CHECK(QuerySecurityContextToken(&p.server, &third) < 0);
		FreeContextBuffer(info.User);
		FreeContextBuffer(info.Domain);
		FreeContextBuffer(info.Sid);
	}
	pair_end(&p);

	/* The default one begins anew. */
	CHECK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &own));
	CHECK(GetTokenInformation(own, TokenStatistics, &before, sizeof before, &len));
	CHECK(OlsaLogoff(lsa, &before.AuthenticationId) == STATUS_SUCCESS && !logon_listed(before.AuthenticationId));
	CloseHandle(own);
	CHECK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &own));
	CHECK(GetTokenInformation(own, TokenStatistics, &after, sizeof after, &len));
	CHECK(memcmp(&after.AuthenticationId, &before.AuthenticationId, sizeof(LUID)) != 0 && logon_listed(after.AuthenticationId));
	CloseHandle(own);
	LsaDeregisterLogonProcess(lsa);
}

/* A context holds its session until it is deleted. */
static void
by_contexts(void)
{
	struct pair p;
	OlsaLogonInfo info;

	pair_begin(&p, API_PASSWORD);
	if (!CHECK(pair_shake(&p) == SEC_E_OK) || !CHECK(QueryContextAttributesA(&p.server, OLSA_ATTR_LOGON, &info) == SEC_E_OK))
		return;
	CHECK(logon_listed(info.LogonId));
	pair_end(&p);
	CHECK(logon_gone(info.LogonId, 2000));
	FreeContextBuffer(info.User);
	FreeContextBuffer(info.Domain);
	FreeContextBuffer(info.Sid);
}

static void
many(void)
{
	unsigned count = api_scale(300, 40, 5000), before = logon_count();
	struct logging *l = calloc(count, sizeof *l);

	for (unsigned i = 0; i < count; i++)
		l[i] = alice();
	CHECK_U64(logon_count(), before + count);
	for (unsigned i = 0; i < count; i++) {
		CHECK(i == 0 || memcmp(&l[i].luid, &l[i - 1].luid, sizeof l[i].luid) != 0);
		logon_end(&l[i]);
	}
	CHECK_U64(logon_count(), before);
	free(l);
}

/* --- what dies -------------------------------------------------------------------------- */

/* A child logs on, says its LUID and is killed: with or without a token in its hand. */
static void
killed_holder(void)
{
	unsigned before = logon_count();
	int ends[2];
	LUID luid = { 0, 0 };
	pid_t child;

	if (!api_far()) {
		CHECK_SKIP("embedded, a session is its process's alone");
		return;
	}
	CHECK(pipe(ends) == 0);
	child = fork();
	if (child == 0) {
		struct logging l = alice();

		if (write(ends[1], &l.luid, sizeof l.luid) != sizeof l.luid)
			_exit(1);
		for (;;)
			pause();
	}
	close(ends[1]);
	CHECK(read(ends[0], &luid, sizeof luid) == sizeof luid);
	CHECK(logon_listed(luid));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	CHECK(logon_gone(luid, 3000));
	CHECK_U64(logon_count(), before);
	close(ends[0]);
}

/* Invariant 4: killed in the midst of logons, again and again. */
static void
killed_client(void)
{
	unsigned times = api_scale(30, 5, 300), before = logon_count();
	uint64_t until;

	if (!api_far()) {
		CHECK_SKIP("embedded, a session is its process's alone");
		return;
	}
	for (unsigned i = 0; i < times; i++) {
		pid_t child = fork();

		if (child == 0) {
			struct logging l = { .lsa = logon_untrusted(), .type = Interactive };

			l.package = logon_package(l.lsa, "NTLM");
			logon_interactive(&l, "", API_USER, API_PASSWORD, false);
			for (;;)
				(void)logon_run(&l);
		}
		usleep(2000 + i % 7 * 1500);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	until = api_ms() + 3000;
	while (logon_count() != before && api_ms() < until)
		usleep(1000);
	CHECK_U64(logon_count(), before);
}

/* --- whose ---------------------------------------------------------------------------------- */

struct seen { bool listed, own_listed; NTSTATUS data, own_data, registers, system, ends_it, ends_own; };

/* As `uid`: what it sees of root's session and of its own. */
static struct seen
look_as(uid_t uid, LUID of_root)
{
	struct seen seen = { 0 };
	int ends[2];
	pid_t child;

	CHECK(pipe(ends) == 0);
	child = fork();
	if (child == 0) {
		LSA_STRING name = { 1, 1, (char *)(uintptr_t)"x" };
		PSECURITY_LOGON_SESSION_DATA d = NULL;
		LSA_OPERATIONAL_MODE mode;
		struct logging l;
		LUID system = { 0x3e7, 0 };
		HANDLE lsa;

		if (setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)
			_exit(1);
		l = alice();
		seen.listed = logon_listed(of_root);
		seen.own_listed = logon_listed(l.luid);
		seen.data = LsaGetLogonSessionData(&of_root, &d);
		seen.own_data = LsaGetLogonSessionData(&l.luid, &d);
		seen.system = LsaGetLogonSessionData(&system, &d);
		lsa = logon_untrusted();
		if (uid != 0)
			seen.ends_it = OlsaLogoff(lsa, &of_root);
		seen.ends_own = OlsaLogoff(lsa, &l.luid);
		seen.registers = LsaRegisterLogonProcess(&name, &lsa, &mode);
		_exit(write(ends[1], &seen, sizeof seen) == sizeof seen ? 0 : 1);
	}
	close(ends[1]);
	CHECK(read(ends[0], &seen, sizeof seen) == sizeof seen);
	waitpid(child, NULL, 0);
	close(ends[0]);
	return seen;
}

static void
other_uids(void)
{
	struct logging l;
	struct seen seen;

	if (!api_far() || geteuid() != 0) {
		CHECK_SKIP("far and as root alone there are other uids");
		return;
	}
	l = alice();
	for (uid_t uid = 1234; uid < 1236; uid++) {
		seen = look_as(uid, l.luid);
		CHECK(seen.listed && seen.own_listed);
		CHECK(seen.data == STATUS_ACCESS_DENIED && seen.own_data == STATUS_SUCCESS && seen.system == STATUS_ACCESS_DENIED);
		CHECK(seen.registers == STATUS_PORT_CONNECTION_REFUSED);
		CHECK(seen.ends_it == STATUS_ACCESS_DENIED && seen.ends_own == STATUS_SUCCESS && logon_listed(l.luid));
	}
	logon_policy("session-enum-own", 1);
	seen = look_as(1234, l.luid);
	CHECK(!seen.listed && seen.own_listed && seen.data == STATUS_ACCESS_DENIED);
	CHECK(logon_listed(l.luid));			/* who is trusted sees all */
	logon_policy("session-enum-own", 0);
	seen = look_as(0, l.luid);
	CHECK(seen.listed && seen.data == STATUS_SUCCESS && seen.registers == STATUS_SUCCESS);
	logon_end(&l);
}

/* --- races ----------------------------------------------------------------------------------- */

static void *
comes_and_goes(void *arg)
{
	for (unsigned i = 0; i < api_scale(60, 10, 600); i++) {
		struct logging l = alice();
		PSECURITY_LOGON_SESSION_DATA d = NULL;

		CHECK(LsaGetLogonSessionData(&l.luid, &d) == STATUS_SUCCESS);
		LsaFreeReturnBuffer(d);
		logon_end(&l);
		CHECK(!logon_listed(l.luid));
	}
	return arg;
}

static void
at_once(void)
{
	unsigned before = logon_count();
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		CHECK(pthread_create(&threads[i], NULL, comes_and_goes, NULL) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	CHECK_U64(logon_count(), before);
}

static void *
logs_on(void *arg)
{
	struct logging *l = arg;
	NTSTATUS status;

	logon_interactive(l, "", API_USER, API_PASSWORD, false);
	l->token = (HANDLE)7;
	status = logon_run(l);
	/* Either all of it or nothing: the connection was there, or was not, or went meanwhile. */
	if (status == STATUS_SUCCESS)
		logon_end(l);
	else
		CHECK((status == STATUS_PORT_DISCONNECTED || status == STATUS_INVALID_HANDLE) && l->token == (HANDLE)7);
	return NULL;
}

/* A logon whose connection is closed while it is under way leaves no session behind, whichever was first. */
static void
cut_off(void)
{
	unsigned before = logon_count(), many = api_scale(300, 60, 3000);
	uint64_t until;

	for (unsigned i = 0; i < many; i++) {
		struct logging l = { .lsa = logon_untrusted(), .type = Interactive };
		pthread_t thread;

		l.package = logon_package(l.lsa, "NTLM");
		CHECK(pthread_create(&thread, NULL, logs_on, &l) == 0);
		usleep(i * 7 % 400);
		CHECK(LsaDeregisterLogonProcess(l.lsa) == STATUS_SUCCESS);
		pthread_join(thread, NULL);
	}
	for (until = api_ms() + 3000; logon_count() != before && api_ms() < until; )
		usleep(1000);
	CHECK_U64(logon_count(), before);
}

int
main(void)
{
	api_begin();
	logon_for_all();
	RUN(told);
	RUN(by_tokens);
	RUN(logged_off);
	RUN(by_contexts);
	RUN(many);
	RUN(killed_holder);
	RUN(killed_client);
	RUN(other_uids);
	RUN(at_once);
	RUN(cut_off);
	return check_end();
}
