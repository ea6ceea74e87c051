/*
 * kerb_cached_test.c - logons while no KDC answers: by policy, of users that
 * a KDC has let in here before, with their last password, and of the last few alone;
 * wrong guesses count. MIT's KDC (tests/lab/kdc.py) is ended and begun again.
 * Covers pkg/kerberos/kerb_cached.c, pkg/kerberos/kerb_logon.c, src/lsa/remember.c, src/crypto/slow_hash.c.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sddl.h>

#include "crypto/slow_hash.h"
#include "tests/api/kerb.h"
#include "tests/api/logon.h"
#include "tests/check.h"

static HANDLE trusted, untrusted;
static ULONG kerberos;

/* --- the KDC -------------------------------------------------------------------- */

static int
first_number(const char *name)
{
	char path[600];
	int pid = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", lab("KDC_DIR"), name);
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%d", &pid) != 1)
			pid = 0;
		fclose(f);
	}
	return pid;
}

static bool
asks(void)
{
	return system("printf '%s\\n' \"$KDC_PASSWORD\" | kinit -c MEMORY: alice >/dev/null 2>&1") == 0;
}

static void
kdc_end(void)
{
	int again = first_number("again.pid"), pid = again ? again : first_number("pids");
	char path[600];

	if (pid > 1)
		CHECK(kill(pid, SIGTERM) == 0);
	(void)snprintf(path, sizeof path, "%s/again.pid", lab("KDC_DIR"));
	(void)unlink(path);
	for (int i = 0; i < 100 && asks(); i++)
		usleep(20000);
}

static bool
kdc_begin(void)
{
	for (int i = 0; i < 100 && !asks(); i++) {
		if (i == 0 && system("KRB5_KDC_PROFILE=\"$KDC_DIR/kdc0.conf\" krb5kdc -r OPENLSA.TEST -P \"$KDC_DIR/again.pid\" >/dev/null 2>&1") != 0)
			return false;
		usleep(20000);
	}
	return asks();
}

/* --- logons ------------------------------------------------------------------------ */

static NTSTATUS
log_on(HANDLE lsa, SECURITY_LOGON_TYPE type, const char *user, const char *word, struct logging *l)
{
	*l = (struct logging){ .lsa = lsa, .package = kerberos, .type = type };
	logon_interactive(l, lab("KDC_REALM"), user, word, false);
	return logon_run(l);
}

static void
is(HANDLE lsa, SECURITY_LOGON_TYPE type, const char *user, const char *word, NTSTATUS want, NTSTATUS substatus)
{
	struct logging l;

	if (!CHECK_U64((ULONG)log_on(lsa, type, user, word, &l), (ULONG)want))
		fprintf(stderr, "    %s, %s\n", user, word);
	CHECK_U64((ULONG)l.substatus, (ULONG)substatus);
	if (l.token)
		logon_end(&l);
}

static void
interactive_for_all(void)
{
	LSA_OBJECT_ATTRIBUTES attributes = { sizeof attributes, NULL, NULL, 0, NULL, NULL };
	static const char right[] = "SeInteractiveLogonRight";
	WCHAR text[sizeof right];
	LSA_UNICODE_STRING name = { 2 * (sizeof right - 1), 2 * (sizeof right - 1), text };
	LSA_HANDLE policy;
	PSID sid = NULL;

	for (size_t i = 0; i < sizeof right; i++)
		text[i] = (WCHAR)right[i];
	CHECK(ConvertStringSidToSidA("S-1-5-11", &sid));
	CHECK(LsaOpenPolicy(NULL, &attributes, POLICY_ALL_ACCESS, &policy) == STATUS_SUCCESS);
	CHECK(LsaAddAccountRights(policy, sid, &name, 1) == STATUS_SUCCESS);
	LsaClose(policy);
	LocalFree(sid);
}

/* MsV1_0ClearCachedCredentials: what came of it. */
static NTSTATUS
cleared(HANDLE lsa)
{
	struct { ULONG type, flags, more[2]; } ask = { 14, 0, { 0 } };
	void *reply = NULL;
	NTSTATUS verdict = -1;
	ULONG len = 0;

	CHECK(LsaCallAuthenticationPackage(lsa, logon_package(lsa, "NTLM"), &ask, sizeof ask, &reply, &len, &verdict) == STATUS_SUCCESS);
	LsaFreeReturnBuffer(reply);
	return verdict;
}

TEST(users_are_known_without_a_kdc)
{
	const char *right = lab("KDC_PASSWORD");
	PSECURITY_LOGON_SESSION_DATA data = NULL;
	KERB_INTERACTIVE_PROFILE *p;
	struct logging l;

	if (!CHECK(kdc_begin()))
		return;
	logon_policy("lockout-threshold", 3);
	is(untrusted, Interactive, "fay", right, STATUS_SUCCESS, 0);	/* not kept: policy does not say so yet */
	logon_policy("cached-logons", 2);
	is(untrusted, Interactive, "alice", right, STATUS_SUCCESS, 0);
	is(untrusted, Network, "fay", right, STATUS_SUCCESS, 0);		/* nor of this kind */
	is(untrusted, Interactive, "bob", "wrong", STATUS_LOGON_FAILURE, 0);
	is(untrusted, Interactive, "bob", right, STATUS_SUCCESS, 0);
	kdc_end();
	is(untrusted, Interactive, "fay", right, STATUS_NO_LOGON_SERVERS, 0);
	is(untrusted, Interactive, "nobody-of-this-name", right, STATUS_NO_LOGON_SERVERS, 0);
	is(untrusted, Network, "alice", right, STATUS_NO_LOGON_SERVERS, 0);
	is(untrusted, Unlock, "bob", right, STATUS_SUCCESS, 0);
	if (CHECK_U64((ULONG)log_on(untrusted, Interactive, "alice", right, &l), STATUS_SUCCESS)) {
		p = l.profile;
		CHECK(p->MessageType == KerbInteractiveProfile && (p->UserFlags & 4));
		if (CHECK(LsaGetLogonSessionData(&l.luid, &data) == STATUS_SUCCESS))
			CHECK_U64(data->LogonType, CachedInteractive);
		LsaFreeReturnBuffer(data);
		logon_end(&l);
	}
	/* Policy takes what it does not allow any more, the oldest first, and does not give it back. */
	logon_policy("cached-logons", 1);
	is(untrusted, Interactive, "bob", right, STATUS_SUCCESS, 0);
	is(untrusted, Interactive, "alice", right, STATUS_NO_LOGON_SERVERS, 0);
	logon_policy("cached-logons", 0);
	is(untrusted, Interactive, "bob", right, STATUS_NO_LOGON_SERVERS, 0);
	logon_policy("cached-logons", 2);
	is(untrusted, Interactive, "bob", right, STATUS_NO_LOGON_SERVERS, 0);
	if (!CHECK(kdc_begin()))
		return;
	is(untrusted, Interactive, "alice", right, STATUS_SUCCESS, 0);
	is(untrusted, Interactive, "bob", right, STATUS_SUCCESS, 0);
	kdc_end();
	is(trusted, Interactive, "alice", "wrong", STATUS_LOGON_FAILURE, STATUS_WRONG_PASSWORD);
	is(untrusted, Interactive, "alice", "wrong", STATUS_LOGON_FAILURE, 0);
	is(untrusted, Interactive, "alice", right, STATUS_SUCCESS, 0);		/* below the threshold; the count begins anew */
	for (int i = 0; i < 3; i++)
		is(untrusted, Interactive, "alice", "wrong", STATUS_LOGON_FAILURE, 0);
	is(untrusted, Interactive, "alice", right, STATUS_LOGON_FAILURE, 0);	/* too many */
	is(trusted, Interactive, "alice", right, STATUS_ACCOUNT_LOCKED_OUT, 0);
	is(untrusted, Interactive, "bob", right, STATUS_SUCCESS, 0);
	/* A third one makes the oldest go. */
	if (!CHECK(kdc_begin()))
		return;
	is(untrusted, Interactive, "fay", right, STATUS_SUCCESS, 0);
	kdc_end();
	is(untrusted, Interactive, "fay", right, STATUS_SUCCESS, 0);
	is(untrusted, Interactive, "bob", right, STATUS_SUCCESS, 0);
	is(untrusted, Interactive, "alice", right, STATUS_NO_LOGON_SERVERS, 0);
	/* MSV1_0's message is about everybody's. */
	CHECK_U64((ULONG)cleared(untrusted), (ULONG)STATUS_ACCESS_DENIED);
	is(untrusted, Interactive, "bob", right, STATUS_SUCCESS, 0);
	CHECK_U64((ULONG)cleared(trusted), STATUS_SUCCESS);
	is(untrusted, Interactive, "bob", right, STATUS_NO_LOGON_SERVERS, 0);
	is(untrusted, Interactive, "fay", right, STATUS_NO_LOGON_SERVERS, 0);
	CHECK_U64((ULONG)cleared(trusted), STATUS_SUCCESS);		/* there is nothing left */
}

/* RFC 7914 11: PBKDF2-HMAC-SHA-256, the first half of its 64 bytes; T(1) does not depend on the length. */
TEST(the_slow_hash_is_pbkdf2)
{
	uint8_t hash[SLOW_HASH_LEN];

	CHECK(slow_hash_of(hash, bytes_of_text("passwd"), bytes_of_text("salt"), 1));
	CHECK_HEX(hash, sizeof hash, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
	CHECK(slow_hash_of(hash, bytes_of_text("Password"), bytes_of_text("NaCl"), 80000));
	CHECK_HEX(hash, sizeof hash, "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56");
}

int
main(void)
{
	api_begin();
	setenv("KRB5CCNAME", "FILE:/nonexistent/cc", 1);
	trusted = logon_trusted();
	untrusted = logon_untrusted();
	kerberos = logon_package(untrusted, "Kerberos");
	interactive_for_all();
	RUN(the_slow_hash_is_pbkdf2);
	RUN(users_are_known_without_a_kdc);
	LsaDeregisterLogonProcess(trusted);
	LsaDeregisterLogonProcess(untrusted);
	return check_end();
}
