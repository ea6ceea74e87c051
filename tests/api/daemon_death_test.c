/*
 * daemon_death_test.c - lsad killed with calls waiting: none is lost; the
 * client works again when the daemon is back; a logon process waits for one that
 * is not there yet, and may not connect too often. Far by nature; it starts its
 * own daemon (OPENLSA_TEST_LSAD) and kills it. Covers secur32/link_far.c, lsa/link.c.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/api/api.h"
#include "tests/check.h"

static char folder[] = "/tmp/openlsa-death-XXXXXX", sock[64], state[64], conf[64];
static pid_t daemon_pid;

static void
daemon_start(void)
{
	struct stat st;

	daemon_pid = fork();
	if (daemon_pid == 0) {
		const char *lsad = getenv("OPENLSA_TEST_LSAD");

		if (!freopen("/dev/null", "w", stderr) || !freopen("/dev/null", "w", stdout))
			_exit(126);
		execl(lsad, lsad, "--foreground", "--socket", sock, "--state", state, *conf ? "--config" : (char *)NULL, conf,
		    (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 300 && stat(sock, &st) != 0; i++)
		usleep(10000);
}

static void
daemon_kill(void)
{
	kill(daemon_pid, SIGKILL);
	waitpid(daemon_pid, NULL, 0);
	unlink(sock);
}

static _Atomic unsigned called, odd;

static void
counts(SspiAsyncContext *a, void *data)
{
	(void)data;
	if (SspiGetAsyncCallStatus(a) != SEC_E_INTERNAL_ERROR)
		odd++;
	called++;
}

static void
a_thousand_callbacks(void)
{
	enum { MANY = 1000 };
	static SspiAsyncContext *legs[MANY];
	static CtxtHandle contexts[MANY];
	CredHandle cred = api_cred("Stall", false, "x");
	OLSA_ASYNC_QUEUE *q;
	unsigned popped = 0;

	CHECK(OlsaSspiAsyncQueueCreate(&q) == 0);
	for (int i = 0; i < MANY; i++) {
		legs[i] = SspiCreateAsyncContext();
		if (i % 2)			/* half of them on a queue, half with callbacks on our threads */
			OlsaSspiBindAsyncContext(legs[i], q, NULL);
		else
			SspiSetAsyncNotifyCallback(legs[i], counts, NULL);
		CHECK(stall_start(legs[i], &cred, "forever", &contexts[i]) == SEC_E_OK);
	}
	usleep(100000);
	CHECK(called == 0);
	daemon_kill();
	CHECK(api_reaches(&called, MANY / 2, 5000));
	for (uint64_t until = api_ms() + 5000; popped < MANY / 2 && api_ms() < until; ) {
		SspiAsyncContext *a = OlsaSspiAsyncNext(q, NULL);

		if (!a)
			continue;
		popped++;
		odd += SspiGetAsyncCallStatus(a) != SEC_E_INTERNAL_ERROR;
	}
	CHECK_U64(called, MANY / 2);
	CHECK_U64(popped, MANY / 2);
	CHECK_U64(odd, 0);
	for (int i = 0; i < MANY; i++)
		SspiFreeAsyncContext(legs[i]);
	OlsaSspiAsyncQueueFree(q);
	CHECK(FreeCredentialsHandle(&cred) == SEC_E_OK);
	CHECK(FreeCredentialsHandle(&cred) == SEC_E_INVALID_HANDLE);
}

static void
absent_is_told_at_once(void)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	CredHandle cred = { 0, 0 };
	uint64_t from = api_ms();
	LPSTR why = NULL;

	CHECK(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)"NTLM", 1, NULL, NULL, NULL, NULL, &cred, NULL) ==
	    SEC_E_INTERNAL_ERROR);
	CHECK(OlsaExplain(SEC_E_INTERNAL_ERROR, NULL, &why) == SEC_E_OK && strstr(why, "lsad does not answer"));
	FreeContextBuffer(why);
	CHECK(SspiAcquireCredentialsHandleAsyncA(a, NULL, (char *)(uintptr_t)"NTLM", 1, NULL, NULL, NULL, NULL, &cred, NULL) ==
	    SEC_E_OK);
	CHECK(api_wait(a, NULL, 2000) == SEC_E_INTERNAL_ERROR);
	CHECK(api_ms() - from < 1000);
	SspiFreeAsyncContext(a);
	CHECK(OlsaMode() == OLSA_MODE_DAEMON);		/* never a fall to embedded */
}

static void
it_comes_back(void)
{
	char token[16], data[] = "sealed before";
	SecBuffer b[2] = { { 16, SECBUFFER_TOKEN, token }, { 13, SECBUFFER_DATA, data } };
	SecBufferDesc d = { SECBUFFER_VERSION, 2, b };
	struct pair before, after;
	HANDLE lsa;
	LPSTR why = NULL;

	daemon_start();
	pair_begin(&before, API_PASSWORD);
	CHECK(pair_shake(&before) == SEC_E_OK);
	CHECK(LsaConnectUntrusted(&lsa) == STATUS_SUCCESS);
	daemon_kill();
	CHECK(OlsaPing(lsa) == STATUS_PORT_DISCONNECTED);
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
	daemon_start();
	pair_begin(&after, API_PASSWORD);
	CHECK(pair_shake(&after) == SEC_E_OK);
	pair_end(&after);
	/* Established contexts go on; what the old daemon knew is dead. */
	CHECK(EncryptMessage(&before.client, 0, &d, 0) == SEC_E_OK && DecryptMessage(&before.server, &d, 0, NULL) == SEC_E_OK);
	before.client_out.cbBuffer = sizeof before.to_server;
	CHECK(InitializeSecurityContextA(&before.client_cred, NULL, NULL, 0, 0, 0, NULL, 0, &after.client,
	    &before.client_out_desc, NULL, NULL) == SEC_E_INVALID_HANDLE);
	CHECK(OlsaExplain(SEC_E_INVALID_HANDLE, NULL, &why) == SEC_E_OK && strstr(why, "the daemon was restarted"));
	FreeContextBuffer(why);
	CHECK(DeleteSecurityContext(&before.client) == SEC_E_OK && DeleteSecurityContext(&before.server) == SEC_E_OK);
	CHECK(FreeCredentialsHandle(&before.client_cred) == SEC_E_OK && FreeCredentialsHandle(&before.server_cred) == SEC_E_OK);
	daemon_kill();
}

/* --- connections to what is not there yet, and too many of them ------------------------ */

static void *
starts_late(void *arg)
{
	usleep(700000);
	daemon_start();
	return arg;
}

/* A socket that somebody left behind, or nothing at all. */
static void
a_logon_process_waits_for_lsad(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	pthread_t late;

	for (int stale = 0; stale < 2; stale++) {
		HANDLE lsa = NULL;
		uint64_t from = api_ms();

		if (stale) {
			int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

			memcpy(at.sun_path, sock, strlen(sock));
			CHECK(bind(fd, (const struct sockaddr *)&at, sizeof at) == 0 && close(fd) == 0);
		}
		CHECK(pthread_create(&late, NULL, starts_late, NULL) == 0);
		CHECK(LsaConnectUntrusted(&lsa) == STATUS_SUCCESS);
		CHECK(api_ms() - from >= 600 && api_ms() - from < 9000);
		pthread_join(late, NULL);
		CHECK(OlsaPing(lsa) == STATUS_SUCCESS && LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
		daemon_kill();
	}
}

static void
it_waits_ten_seconds(void)
{
	LSA_STRING name = { 4, 4, (char *)(uintptr_t)"test" };
	LSA_OPERATIONAL_MODE mode = 77;
	HANDLE lsa = (HANDLE)7;
	uint64_t from = api_ms();

	CHECK(LsaRegisterLogonProcess(&name, &lsa, &mode) == STATUS_OBJECT_NAME_NOT_FOUND);
	CHECK(api_ms() - from >= 9500 && api_ms() - from < 13000);
	CHECK(lsa == (HANDLE)7 && mode == 77);
}

static void
connections_are_counted(void)
{
	enum { MANY = 4 };
	HANDLE lsa[MANY], more = (HANDLE)7;
	LPSTR why = NULL;
	FILE *f;

	snprintf(conf, sizeof conf, "%s/conf", folder);
	f = fopen(conf, "we");
	CHECK(f && fprintf(f, "max_links_per_uid = %d\n", MANY) > 0 && fclose(f) == 0);
	daemon_start();
	for (int i = 0; i < MANY; i++)
		CHECK(LsaConnectUntrusted(&lsa[i]) == STATUS_SUCCESS);
	CHECK(LsaConnectUntrusted(&more) == STATUS_QUOTA_EXCEEDED && more == (HANDLE)7);
	CHECK(OlsaExplain(STATUS_QUOTA_EXCEEDED, NULL, &why) == SEC_E_OK && strstr(why, "connections"));
	FreeContextBuffer(why);
	CHECK(OlsaPing(lsa[0]) == STATUS_SUCCESS);
	CHECK(LsaDeregisterLogonProcess(lsa[0]) == STATUS_SUCCESS);
	CHECK(LsaConnectUntrusted(&lsa[0]) == STATUS_SUCCESS);		/* one fewer, one more */
	for (int i = 0; i < MANY; i++)
		CHECK(LsaDeregisterLogonProcess(lsa[i]) == STATUS_SUCCESS);
	daemon_kill();
	*conf = 0;
}

int
main(void)
{
	char command[100];

	CHECK(getenv("OPENLSA_TEST_LSAD") && mkdtemp(folder));
	snprintf(sock, sizeof sock, "%s/s", folder);
	snprintf(state, sizeof state, "%s/state", folder);
	setenv("OPENLSA_MODE", "daemon", 1);
	setenv("OPENLSA_SOCKET", sock, 1);
	daemon_start();
	api_begin();
	RUN(a_thousand_callbacks);
	RUN(absent_is_told_at_once);
	RUN(it_comes_back);
	RUN(a_logon_process_waits_for_lsad);
	RUN(it_waits_ten_seconds);
	RUN(connections_are_counted);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	CHECK(system(command) == 0);
	return check_end();
}
