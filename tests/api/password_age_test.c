/*
 * password_age_test.c - a password that has become too old: the clock of
 * this process is turned, so near alone. Covers lsa/services.c,
 * pkg/ntlm/ntlm_password.c, pkg/ntlm/ntlm_check.c.
 */
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/api/logon.h"
#include "tests/check.h"

static time_t turned;

/* In place of the system's, for the library too. */
int
clock_gettime(clockid_t clock, struct timespec *ret_time)
{
	long status = syscall(SYS_clock_gettime, clock, ret_time);

	if (clock == CLOCK_REALTIME)
		ret_time->tv_sec += turned;
	return (int)status;
}

static NTSTATUS
log_on(HANDLE lsa, const char *password, NTSTATUS *ret_sub)
{
	struct logging l = { .lsa = lsa, .package = logon_package(lsa, "NTLM"), .type = Interactive };
	NTSTATUS status;

	logon_interactive(&l, "", "aged", password, false);
	status = logon_run(&l);
	*ret_sub = l.substatus;
	if (status == STATUS_SUCCESS)
		logon_end(&l);
	return status;
}

static void
ages(void)
{
	static char package[] = "NTLM", domain[] = "", user[] = "aged", old[] = "the old one", fresh[] = "the new one";
	SecBuffer out = { 0, SECBUFFER_CHANGE_PASS_RESPONSE, NULL };
	SecBufferDesc desc = { SECBUFFER_VERSION, 1, &out };
	HANDLE lsa = logon_trusted();
	NTSTATUS sub;

	logon_user(user, old);
	logon_policy("password-max-age", 30);
	logon_policy("password-min-age", 2);
	CHECK(log_on(lsa, old, &sub) == STATUS_SUCCESS);
	CHECK(ChangeAccountPasswordA(package, domain, user, old, fresh, FALSE, 0, &desc) == STATUS_PASSWORD_RESTRICTION);
	turned = 29 * 86400;
	CHECK(log_on(lsa, old, &sub) == STATUS_SUCCESS);
	turned = 30 * 86400 + 1;
	CHECK(log_on(lsa, old, &sub) == STATUS_ACCOUNT_RESTRICTION && sub == STATUS_PASSWORD_EXPIRED);
	CHECK(log_on(lsa, fresh, &sub) == STATUS_LOGON_FAILURE);
	/* It still proves who may change it. */
	CHECK(ChangeAccountPasswordA(package, domain, user, old, fresh, FALSE, 0, &desc) == SEC_E_OK);
	CHECK(log_on(lsa, fresh, &sub) == STATUS_SUCCESS);
	/* The new one is too young, for two days. */
	CHECK(ChangeAccountPasswordA(package, domain, user, fresh, old, FALSE, 0, &desc) == STATUS_PASSWORD_RESTRICTION);
	turned = 32 * 86400 + 3;
	CHECK(ChangeAccountPasswordA(package, domain, user, fresh, old, FALSE, 0, &desc) == SEC_E_OK);
	turned = 0;
	LsaDeregisterLogonProcess(lsa);
}

int
main(void)
{
	api_begin();
	if (api_far()) {
		CHECK(turned == 0);
		CHECK_SKIP("the daemon has a clock of its own");
	} else {
		RUN(ages);
	}
	return check_end();
}
