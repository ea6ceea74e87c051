/*
 * kerb_creds_test.c - where a Kerberos credential comes from and how long it
 * is one: keytabs by name, tickets that expire, are destroyed or made anew;
 * many contexts at once, cancelled ones, KDCs that do not answer.
 * Covers pkg/kerberos/kerb_default.c, pkg/kerberos/kerb_lsa.c, pkg/kerberos/kerb_cache.c, pkg/kerberos/kerb_tgt.c,
 * src/lsa/keep.c, src/secur32/gather.c.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/api/kerb.h"
#include "tests/check.h"

#define ALL (ISC_REQ_MUTUAL_AUTH | ISC_REQ_INTEGRITY | ISC_REQ_CONFIDENTIALITY)
#define TARGET "host/aes256.openlsa.test"

static char cache[512];

static SECURITY_STATUS
named_cred(PCredHandle cred, const char *principal)
{
	return AcquireCredentialsHandleA((char *)(uintptr_t)principal, (char *)(uintptr_t)"Kerberos", SECPKG_CRED_OUTBOUND, NULL,
	    NULL, NULL, NULL, cred, NULL);
}

static void
expect(PCredHandle cred, SECURITY_STATUS status, const char *client)
{
	struct shake s = { .cred = cred, .target = TARGET, .wants = ALL };

	shake(&s);
	if (!CHECK_U64((uint32_t)s.status, (uint32_t)status))
		(void)kerb_said(s.status, "?");
	if (client)
		CHECK_TEXT(s.client, client);
	shake_end(&s);
}

/* The principal named decides between the tickets and a keytab. */
static void
by_name(void)
{
	SecPkgCredentials_NamesA name = { NULL };
	CredHandle cred;

	CHECK(kerb_kinit("alice", cache, ""));
	if (CHECK(named_cred(&cred, "alice@OPENLSA.TEST") == SEC_E_OK)) {
		CHECK(QueryCredentialsAttributesA(&cred, SECPKG_CRED_ATTR_NAMES, &name) == SEC_E_OK);
		CHECK_TEXT(name.sUserName, "alice@OPENLSA.TEST");
		FreeContextBuffer(name.sUserName);
		expect(&cred, SEC_E_OK, "alice@OPENLSA.TEST");
		FreeCredentialsHandle(&cred);
	}
	if (CHECK(named_cred(&cred, "bob@OPENLSA.TEST") == SEC_E_OK)) {
		expect(&cred, SEC_E_OK, "bob@OPENLSA.TEST");
		FreeCredentialsHandle(&cred);
	}
	if (CHECK(named_cred(&cred, "eve@CHILD.OPENLSA.TEST") == SEC_E_OK)) {
		expect(&cred, SEC_E_OK, "eve@CHILD.OPENLSA.TEST");
		FreeCredentialsHandle(&cred);
	}
	CHECK_U64((uint32_t)named_cred(&cred, "carol@OPENLSA.TEST"), (uint32_t)SEC_E_NO_CREDENTIALS);
	CHECK(kerb_said(SEC_E_NO_CREDENTIALS, "carol@OPENLSA.TEST"));
}

/* The same owner's new tickets serve credentials that are there; another owner's do not. */
static void
tickets_come_and_go(void)
{
	CredHandle first, second;

	CHECK(kerb_kinit("alice", cache, "-l 2s"));
	if (!CHECK(named_cred(&first, "alice@OPENLSA.TEST") == SEC_E_OK))
		return;
	expect(&first, SEC_E_OK, "alice@OPENLSA.TEST");
	sleep(3);
	expect(&first, SEC_E_NO_CREDENTIALS, NULL);
	CHECK(kerb_said(SEC_E_NO_CREDENTIALS, "has expired"));
	CHECK(kerb_kinit("alice", cache, ""));
	if (CHECK(named_cred(&second, "alice@OPENLSA.TEST") == SEC_E_OK))
		FreeCredentialsHandle(&second);
	expect(&first, SEC_E_OK, "alice@OPENLSA.TEST");
	CHECK(kerb_kinit("bob", cache, ""));
	if (CHECK(named_cred(&second, NULL) == SEC_E_OK)) {
		expect(&second, SEC_E_OK, "bob@OPENLSA.TEST");
		FreeCredentialsHandle(&second);
	}
	expect(&first, SEC_E_OK, "alice@OPENLSA.TEST");
	CHECK(unlink(cache + 5) == 0);
	CHECK_U64((uint32_t)named_cred(&second, "carol@OPENLSA.TEST"), (uint32_t)SEC_E_NO_CREDENTIALS);
	expect(&first, SEC_E_OK, "alice@OPENLSA.TEST");
	FreeCredentialsHandle(&first);
}

/* --- many at once ------------------------------------------------------------- */

#define MANY 60

struct flight {
	SspiAsyncContext *async;
	CtxtHandle context;
	uint8_t room[8192];
	SecBuffer out;
	SecBufferDesc desc;
	ULONG attr;
};

static bool
fly(struct flight *f, PCredHandle cred, const char *target)
{
	f->async = SspiCreateAsyncContext();
	f->out = (SecBuffer){ sizeof f->room, SECBUFFER_TOKEN, f->room };
	f->desc = (SecBufferDesc){ SECBUFFER_VERSION, 1, &f->out };
	return f->async && SspiInitializeSecurityContextAsyncA(f->async, cred, NULL, (char *)(uintptr_t)target, ALL, 0,
	    SECURITY_NATIVE_DREP, NULL, 0, &f->context, &f->desc, &f->attr, NULL) == SEC_E_OK;
}

static unsigned
asked_for(const char *what)
{
	char path[512], line[2048];
	unsigned count = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/kdc0.log", lab("KDC_DIR"));
	f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		count += strstr(line, what) != NULL;
	if (f)
		(void)fclose(f);
	return count;
}

/* One initial ticket serves all contexts that want it at once, and its refusal refuses them all. */
static void
many_with_one_password(void)
{
	static struct flight flights[MANY];

	for (int wrong = 0; wrong < 2; wrong++) {
		unsigned before = asked_for("NEEDED_PREAUTH: bob@");
		CredHandle cred;

		if (!CHECK(kerb_cred(&cred, "bob", "OPENLSA.TEST", wrong ? "wrong" : lab("KDC_PASSWORD")) == SEC_E_OK))
			return;
		for (unsigned i = 0; i < MANY; i++)
			CHECK(fly(&flights[i], &cred, TARGET));
		for (unsigned i = 0; i < MANY; i++) {
			CHECK_U64((uint32_t)api_wait(flights[i].async, NULL, 20000),
			    (uint32_t)(wrong ? SEC_E_LOGON_DENIED : SEC_I_CONTINUE_NEEDED));
			SspiFreeAsyncContext(flights[i].async);
			if (!wrong)
				DeleteSecurityContext(&flights[i].context);
		}
		FreeCredentialsHandle(&cred);
		CHECK_U64(asked_for("NEEDED_PREAUTH: bob@") - before, 1);
	}
}

/* Cancelled at any step: nothing of it stays, and the credential is as good as before. */
static void
cancelled_legs(void)
{
	unsigned count = api_scale(200, 50, 1000);
	CredHandle cred;

	if (!CHECK(kerb_cred(&cred, "alice", "OPENLSA.TEST", lab("KDC_PASSWORD")) == SEC_E_OK))
		return;
	for (unsigned i = 0; i < count; i++) {
		struct flight *f = calloc(1, sizeof *f);

		if (!CHECK(f && fly(f, &cred, TARGET)))
			break;
		if (i % 4)
			usleep(100 * (i % 60));
		SspiFreeAsyncContext(f->async);		/* asks to cancel; writes nothing any more */
		free(f);
	}
	expect(&cred, SEC_E_OK, "alice@OPENLSA.TEST");
	FreeCredentialsHandle(&cred);
}

/* --- no answer ------------------------------------------------------------------ */

/* A port that takes datagrams and says nothing; a port that nobody has. */
static int
silent_realm(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	FILE *f = fopen(lab("KRB5_CONFIG"), "a");

	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && getsockname(fd, (struct sockaddr *)&at, &len) == 0 && f);
	fprintf(f, "[realms]\n\tSILENT.TEST = {\n\t\tkdc = 127.0.0.1:%u\n\t}\n\tREFUSED.TEST = {\n\t\tkdc = 127.0.0.1:1\n\t}\n",
	    (unsigned)ntohs(at.sin_port));
	(void)fclose(f);
	sleep(3);	/* libkrb5 looks at its configuration once a second */
	return fd;
}

static void
nobody_answers(void)
{
	static const char *const realms[] = { "SILENT.TEST", "REFUSED.TEST" };
	int fd = silent_realm();

	for (size_t i = 0; i < sizeof realms / sizeof *realms; i++) {
		struct shake s = { .target = TARGET, .wants = ALL };
		ULONG deadline = 1500;
		uint64_t began;
		CredHandle cred;

		if (!CHECK(kerb_cred(&cred, "alice", realms[i], "x") == SEC_E_OK))
			continue;
		CHECK(SetCredentialsAttributesA(&cred, OLSA_CRED_ATTR_DEADLINE, &deadline, sizeof deadline) == SEC_E_OK);
		s.cred = &cred;
		began = api_ms();
		shake(&s);
		CHECK(api_ms() - began < 5000);
		CHECK_U64((uint32_t)s.status, (uint32_t)SEC_E_NO_AUTHENTICATING_AUTHORITY);
		shake_end(&s);
		FreeCredentialsHandle(&cred);
	}
	(void)close(fd);
}

int
main(void)
{
	(void)snprintf(cache, sizeof cache, "FILE:%s/cc-creds", lab("KDC_DIR"));
	RUN(by_name);
	RUN(tickets_come_and_go);
	RUN(many_with_one_password);
	RUN(cancelled_legs);
	RUN(nobody_answers);
	return check_end();
}
