/*
 * kerb_crowd_test.c - more exchanges at once than a KDC has places for: by a
 * keytab, with passwords right and wrong, for services known and unknown, on
 * two threads, some cancelled; and that a ticket which is at hand waits for
 * no place.
 * Covers pkg/kerberos/kerb_tgt.c, pkg/kerberos/kerb_trip.c, pkg/kerberos/kerb_k5.c, pkg/kerberos/kerb_init.c.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/api/kerb.h"
#include "tests/check.h"

#define ALL (ISC_REQ_MUTUAL_AUTH | ISC_REQ_INTEGRITY | ISC_REQ_CONFIDENTIALITY)
#define TARGET "host/aes256.openlsa.test"
#define OTHER "host/aes128.openlsa.test"
#define UNKNOWN "host/nobody.openlsa.test"

static char cache[512];

struct flight {
	SspiAsyncContext *async;
	CredHandle cred;
	CtxtHandle context;
	uint8_t room[4096];
	SecBuffer out;
	SecBufferDesc desc;
	ULONG attr;
	SECURITY_STATUS wants;
};

static SECURITY_STATUS
by_keytab(PCredHandle cred, const char *principal)
{
	return AcquireCredentialsHandleA((char *)(uintptr_t)principal, (char *)(uintptr_t)"Kerberos", SECPKG_CRED_OUTBOUND, NULL,
	    NULL, NULL, NULL, cred, NULL);
}

static bool
fly(struct flight *f, PCredHandle cred, const char *target)
{
	f->async = SspiCreateAsyncContext();
	f->out = (SecBuffer){ sizeof f->room, SECBUFFER_TOKEN, f->room };
	f->desc = (SecBufferDesc){ SECBUFFER_VERSION, 1, &f->out };
	return f->async && SspiInitializeSecurityContextAsyncA(f->async, cred, NULL, (char *)(uintptr_t)target, ALL, 0,
	    SECURITY_NATIVE_DREP, NULL, 0, &f->context, &f->desc, &f->attr, NULL) == SEC_E_OK;
}

/* --- of all kinds ------------------------------------------------------------------ */

/* What one is, by its number. */
static bool
one_of_many(struct flight *f, unsigned i)
{
	bool password = i % 23 == 0, wrong = i % 46 == 0, unknown = i % 7 == 3;
	SECURITY_STATUS status = password ? kerb_cred(&f->cred, "alice", "OPENLSA.TEST", wrong ? "wrong" : lab("KDC_PASSWORD")) :
	    by_keytab(&f->cred, i % 3 ? "bob@OPENLSA.TEST" : i % 2 ? "alice@OPENLSA.TEST" : "eve@CHILD.OPENLSA.TEST");

	f->wants = wrong ? SEC_E_LOGON_DENIED : unknown ? SEC_E_TARGET_UNKNOWN : SEC_I_CONTINUE_NEEDED;
	return CHECK_U64((uint32_t)status, (uint32_t)SEC_E_OK) && CHECK(fly(f, &f->cred, unknown ? UNKNOWN : TARGET));
}

static void *
half(void *arg)
{
	unsigned count = api_scale(300, 60, 1000), *failed = arg;
	struct flight *flights = calloc(count, sizeof *flights);

	for (unsigned i = 0; flights && i < count; i++)
		if (!one_of_many(&flights[i], i))
			++*failed;
	for (unsigned i = 0; flights && i < count; i++) {
		struct flight *f = &flights[i];
		bool cancelled = i % 11 == 5;
		SECURITY_STATUS got = cancelled ? SEC_E_OK : api_wait(f->async, NULL, 60000);

		if (!cancelled && got != f->wants) {
			fprintf(stderr, "number %u: 0x%08X instead of 0x%08X\n", i, (unsigned)got, (unsigned)f->wants);
			++*failed;
		}
		SspiFreeAsyncContext(f->async);
		if (!cancelled && got == SEC_I_CONTINUE_NEEDED)
			DeleteSecurityContext(&f->context);
		FreeCredentialsHandle(&f->cred);
	}
	*failed += !flights;
	free(flights);
	return NULL;
}

static void
of_all_kinds(void)
{
	unsigned failed[2] = { 0, 0 };
	pthread_t other;

	setenv("KRB5CCNAME", "FILE:/nonexistent/cache", 1);
	if (!CHECK(pthread_create(&other, NULL, half, &failed[0]) == 0))
		return;
	(void)half(&failed[1]);
	pthread_join(other, NULL);
	CHECK_U64(failed[0] + failed[1], 0);
}

/* --- no place is free ------------------------------------------------------------------ */

static bool
port_changes(const char *from, const char *to)
{
	char command[1024];

	/* In place: a daemon may be let read this file, and no other of its name. */
	(void)snprintf(command, sizeof command, "f='%s' && sed 's/kdc = 127.0.0.1:%s$/kdc = 127.0.0.1:%s/' \"$f\" >\"$f.new\" && cat \"$f.new\" >\"$f\"",
	    lab("KRB5_CONFIG"), from, to);
	if (system(command) != 0)
		return false;
	sleep(3);	/* libkrb5 looks at its configuration once a second */
	return true;
}

/* A KDC that says nothing has all its places taken; who needs none is served. */
static void
a_ticket_at_hand_waits_for_no_place(void)
{
	enum { MANY = 500 };
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct flight *flights = calloc(MANY, sizeof *flights), one = { .async = NULL };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof at;
	ULONG deadline = 5000;
	char port[8], line[256];
	CredHandle cred;

	CHECK(kerb_kinit("alice", cache, ""));
	(void)snprintf(line, sizeof line, "kvno %s >/dev/null 2>&1", TARGET);
	CHECK(flights && system(line) == 0);
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && getsockname(fd, (struct sockaddr *)&at, &len) == 0);
	(void)snprintf(port, sizeof port, "%u", (unsigned)ntohs(at.sin_port));
	if (CHECK(port_changes(lab("KDC_PORT"), port)) && CHECK(by_keytab(&cred, "alice@OPENLSA.TEST") == SEC_E_OK)) {
		CHECK(SetCredentialsAttributesA(&cred, OLSA_CRED_ATTR_DEADLINE, &deadline, sizeof deadline) == SEC_E_OK);
		for (unsigned i = 0; i < MANY; i++)
			CHECK(fly(&flights[i], &cred, OTHER));
		usleep(200000);
		if (CHECK(fly(&one, &cred, TARGET)))
			CHECK_U64((uint32_t)api_wait(one.async, NULL, 3000), (uint32_t)SEC_I_CONTINUE_NEEDED);
		CHECK_U64((uint32_t)SspiGetAsyncCallStatus(flights[0].async), (uint32_t)SEC_I_ASYNC_CALL_PENDING);
		CHECK_U64((uint32_t)SspiGetAsyncCallStatus(flights[MANY - 1].async), (uint32_t)SEC_I_ASYNC_CALL_PENDING);
		for (unsigned i = 0; i < MANY; i++) {
			CHECK_U64((uint32_t)api_wait(flights[i].async, NULL, 20000), (uint32_t)SEC_E_NO_AUTHENTICATING_AUTHORITY);
			SspiFreeAsyncContext(flights[i].async);
		}
		SspiFreeAsyncContext(one.async);
		DeleteSecurityContext(&one.context);
		FreeCredentialsHandle(&cred);
	}
	CHECK(port_changes(port, lab("KDC_PORT")));
	close(fd);
	free(flights);
}

int
main(void)
{
	(void)snprintf(cache, sizeof cache, "FILE:%s/cc-crowd", lab("KDC_DIR"));
	RUN(of_all_kinds);
	RUN(a_ticket_at_hand_waits_for_no_place);
	return check_end();
}
