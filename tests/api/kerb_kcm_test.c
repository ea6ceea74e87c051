/*
 * kerb_kcm_test.c - tickets that a daemon keeps (KCM): found and used, near
 * and far, never written to; and a daemon that is silent holds up nobody but
 * who asked for its tickets. In the environment of tests/lab/kcm.py.
 * Covers pkg/kerberos/kerb_gather.c, pkg/kerberos/kerb_expect.c, pkg/kerberos/kerb_default.c,
 * pkg/kerberos/kerb_cache.c, src/secur32/gather.c.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/api/kerb.h"
#include "tests/check.h"

#define ALL (ISC_REQ_MUTUAL_AUTH | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT | ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY)

static const char alice[] = "alice@OPENLSA.TEST", bob[] = "bob@OPENLSA.TEST";
static char config[1024];		/* that names the daemon's socket */

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
shake_well(PCredHandle cred, bool async, const char *client)
{
	struct shake s = { .cred = cred, .target = "host/aes256.openlsa.test", .wants = ALL, .async = async };

	shake(&s);
	if (!CHECK_U64((uint32_t)s.status, SEC_E_OK) || !CHECK_U64(s.gss_major, 0))
		(void)kerb_said(s.status, "?");
	CHECK_TEXT(s.client, client);
	CHECK(s.talked);
	shake_end(&s);
}

/* What MIT's klist says of the default cache, ticket by ticket. */
static void
klist(char *ret_text, size_t room)
{
	FILE *p = popen("klist -f 2>/dev/null", "r");
	size_t len = p ? fread(ret_text, 1, room - 1, p) : 0;

	ret_text[len] = 0;
	if (p)
		(void)pclose(p);
}

static SspiAsyncContext *
acquire_later(const char *package, PCredHandle ret_cred)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	double began = seconds();

	CHECK(SspiAcquireCredentialsHandleAsyncA(a, NULL, (char *)(uintptr_t)package, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL,
	    ret_cred, NULL) == SEC_E_OK);
	CHECK(seconds() - began < 1);
	return a;
}

/* --- a daemon that answers --------------------------------------------------- */

TEST(found_and_used)
{
	char before[4096], after[4096];
	CredHandle cred;

	CHECK(kerb_kinit("alice", "KCM:", ""));
	klist(before, sizeof before);
	CHECK(strstr(before, "KCM:") && strstr(before, alice) && strstr(before, "krbtgt/"));
	for (int async = 0; async < 2; async++) {
		if (!CHECK(kerb_cred(&cred, NULL, NULL, NULL) == SEC_E_OK)) {
			(void)kerb_said(SEC_E_NO_CREDENTIALS, "?");
			continue;
		}
		shake_well(&cred, async, alice);
		FreeCredentialsHandle(&cred);
	}
	klist(after, sizeof after);
	CHECK_TEXT(after, before);		/* neither the service's ticket nor anything else was put there */
}

TEST(acquired_later)
{
	SspiAsyncContext *a[8];
	CredHandle cred[8];

	for (int i = 0; i < 8; i++)
		a[i] = acquire_later(i % 2 ? "Negotiate" : "Kerberos", &cred[i]);
	for (int i = 0; i < 8; i++) {
		if (CHECK(api_wait(a[i], NULL, 20000) == SEC_E_OK)) {
			if (i % 2 == 0)
				shake_well(&cred[i], true, alice);
			FreeCredentialsHandle(&cred[i]);
		}
		SspiFreeAsyncContext(a[i]);
	}
}

/* Another cache of the collection, its first one, another client in the same one; none. */
TEST(what_changes_counts)
{
	char named[64];
	const struct { const char *client, *cache; bool anew; } rows[] = {
		{ "bob", named, true }, { "alice", "KCM:", false }, { "alice", named, true }, { "bob", named, true },
	};
	CredHandle cred;

	(void)snprintf(named, sizeof named, "KCM:%u:beside", (unsigned)geteuid());
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		setenv("KRB5CCNAME", rows[i].cache, 1);
		if (rows[i].anew)
			(void)!system("kdestroy -q 2>/dev/null");
		CHECK(kerb_kinit(rows[i].client, rows[i].cache, ""));
		if (CHECK(kerb_cred(&cred, NULL, NULL, NULL) == SEC_E_OK)) {
			shake_well(&cred, false, *rows[i].client == 'b' ? bob : alice);
			FreeCredentialsHandle(&cred);
		}
	}
	if (api_far())		/* the daemon may use its keytab for its own user */
		return;
	setenv("KRB5_CLIENT_KTNAME", "FILE:/nonexistent", 1);
	CHECK(system("kdestroy -qA") == 0);
	CHECK_U64((uint32_t)kerb_cred(&cred, NULL, NULL, NULL), (uint32_t)SEC_E_NO_CREDENTIALS);
	CHECK(kerb_said(SEC_E_NO_CREDENTIALS, "run kinit"));
}

/* --- one that is silent -------------------------------------------------------- */

struct silent {
	int fd;
	char path[512], config[600];
};

static bool
silent_begin(struct silent *s)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char conf[2048], *first = strchr(config, ':');
	FILE *f;

	(void)snprintf(s->path, sizeof s->path, "%s/silent", lab("KDC_DIR"));
	(void)snprintf(s->config, sizeof s->config, "%s/silent.conf", lab("KDC_DIR"));
	(void)unlink(s->path);
	if (!CHECK(strlen(s->path) < sizeof un.sun_path && first))
		return false;
	strcpy(un.sun_path, s->path);
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (!CHECK(s->fd >= 0 && bind(s->fd, (struct sockaddr *)&un, sizeof un) == 0 && listen(s->fd, 16) == 0))
		return false;
	f = fopen(s->config, "w");
	if (!CHECK(f))
		return false;
	fprintf(f, "[libdefaults]\n\tkcm_socket = %s\n", s->path);
	fclose(f);
	(void)snprintf(conf, sizeof conf, "%s%s", s->config, first);
	setenv("KRB5_CONFIG", conf, 1);
	return true;
}

TEST(silence_holds_up_nobody)
{
	struct silent s;
	CredHandle slow, quick, again;
	SspiAsyncContext *a, *b, *c;
	double began;

	CHECK(kerb_kinit("alice", "KCM:", ""));
	if (!silent_begin(&s))
		return;
	began = seconds();
	a = acquire_later("Kerberos", &slow);
	c = acquire_later("Kerberos", &again);
	b = acquire_later("NTLM", &quick);
	CHECK_U64((uint32_t)api_wait(b, NULL, 3000), (uint32_t)SEC_E_NO_CREDENTIALS);	/* NTLM has none of its own, and says so at once */
	CHECK(seconds() - began < 3);
	SspiFreeAsyncContext(b);
	/* One is cancelled, and ends at once. */
	CHECK(OlsaSspiCancelAsync(c) == SEC_E_OK);
	CHECK(api_wait(c, NULL, 2000) != SEC_E_OK && seconds() - began < 4);
	SspiFreeAsyncContext(c);
	/* The other one is patient, and then says what is wrong. */
	CHECK_U64((uint32_t)api_wait(a, NULL, 20000), (uint32_t)SEC_E_NO_CREDENTIALS);
	CHECK(seconds() - began > 4 && seconds() - began < 8);
	SspiFreeAsyncContext(a);
	/* Who comes now is told at once, on the application's own thread too. */
	began = seconds();
	CHECK_U64((uint32_t)kerb_cred(&slow, NULL, NULL, NULL), (uint32_t)SEC_E_NO_CREDENTIALS);
	CHECK(kerb_said(SEC_E_NO_CREDENTIALS, "KCM") && seconds() - began < 2);
	/* It is heard of again: with the socket the reader's wait ends, and the next reading is of the real daemon. */
	setenv("KRB5_CONFIG", config, 1);
	close(s.fd);
	(void)unlink(s.path);
	began = seconds();
	while (kerb_cred(&slow, NULL, NULL, NULL) != SEC_E_OK && seconds() - began < 10)
		usleep(100000);
	CHECK(seconds() - began < 10);
	shake_well(&slow, false, alice);
	FreeCredentialsHandle(&slow);
}

/* A forked child has no reading thread; it gets one of its own. */
TEST(child_reads_for_itself)
{
	CredHandle cred;
	int status = -1;
	pid_t pid;

	CHECK(kerb_kinit("alice", "KCM:", ""));
	pid = fork();
	if (pid == 0) {
		alarm(30);
		_exit(kerb_cred(&cred, NULL, NULL, NULL) == SEC_E_OK ? 0 : 1);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
}

int
main(void)
{
	(void)snprintf(config, sizeof config, "%s", lab("KRB5_CONFIG"));
	RUN(found_and_used);
	RUN(acquired_later);
	RUN(child_reads_for_itself);
	RUN(silence_holds_up_nobody);
	RUN(what_changes_counts);
	return check_end();
}
