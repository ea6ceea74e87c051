/*
 * markers_test.c - a password is planted, used, and given back; then all
 * readable memory of this process is searched for it, in each form it might
 * have. A needle is kept scrambled, so that the search finds no copy of its own.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "tests/api/api.h"
#include "tests/check.h"

#define SCRAMBLE 0xA5
#define HUGE_MAP (1ul << 32)

static const unsigned char scrambled[] = {	/* "Quagga-Marker-7391" */
	'Q' ^ SCRAMBLE, 'u' ^ SCRAMBLE, 'a' ^ SCRAMBLE, 'g' ^ SCRAMBLE, 'g' ^ SCRAMBLE, 'a' ^ SCRAMBLE, '-' ^ SCRAMBLE,
	'M' ^ SCRAMBLE, 'a' ^ SCRAMBLE, 'r' ^ SCRAMBLE, 'k' ^ SCRAMBLE, 'e' ^ SCRAMBLE, 'r' ^ SCRAMBLE, '-' ^ SCRAMBLE,
	'7' ^ SCRAMBLE, '3' ^ SCRAMBLE, '9' ^ SCRAMBLE, '1' ^ SCRAMBLE,
};
#define LEN (sizeof scrambled)

/* Needles, scrambled: UTF-8, UTF-16LE. */
static unsigned char needles[2][2 * LEN];
static size_t needle_len[2] = { LEN, 2 * LEN };

static void
needles_make(void)
{
	for (size_t i = 0; i < LEN; i++) {
		needles[0][i] = scrambled[i];
		needles[1][2 * i] = scrambled[i];
		needles[1][2 * i + 1] = 0 ^ SCRAMBLE;
	}
}

static void
password_write(char *to)
{
	for (size_t i = 0; i < LEN; i++)
		to[i] = (char)(scrambled[i] ^ SCRAMBLE);
	to[LEN] = 0;
}

static bool
stands_at(const unsigned char *at, size_t left, unsigned n)
{
	size_t i;

	if (left < needle_len[n])
		return false;
	for (i = 0; i < needle_len[n] && at[i] == (needles[n][i] ^ SCRAMBLE); i++)
		;
	return i == needle_len[n];
}

/* How often any needle stands in readable memory; says where. */
static unsigned
found(void)
{
	enum { STEP = 1 << 20 };
	unsigned char *window = mmap(NULL, STEP, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	FILE *maps = fopen("/proc/self/maps", "re");
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	unsigned many = 0;
	char line[512];

	while (maps && mem >= 0 && window != MAP_FAILED && fgets(line, sizeof line, maps)) {
		unsigned long from, to;
		char rights[8];

		if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3 || rights[0] != 'r' || from == (uintptr_t)window)
			continue;
		if (to - from > HUGE_MAP)		/* a sanitizer's shadow: not the program's bytes */
			continue;
		for (unsigned long at = from; at < to; at += STEP - 64) {	/* windows overlap by more than a needle */
			size_t want = to - at < STEP ? to - at : STEP;
			ssize_t got = pread(mem, window, want, (off_t)at);

			if (got <= 0)
				break;
			for (unsigned n = 0; n < 2; n++)
				for (unsigned char *p = window; (p = memchr(p, needles[n][0] ^ SCRAMBLE,
				    (size_t)(window + got - p))) != NULL; p++)
					if (stands_at(p, (size_t)(window + got - p), n)) {
						many++;
						fprintf(stderr, "   form %u at %#lx in %s", n, at + (unsigned long)(p - window), line);
					}
		}
		memset(window, 0, STEP);
	}
	if (maps)
		fclose(maps);
	if (mem >= 0)
		close(mem);
	if (window != MAP_FAILED)
		munmap(window, STEP);
	return many;
}

/* --- what is done with it, in functions of their own whose stack is overwritten afterwards ----- */

static SEC_WINNT_AUTH_IDENTITY_A *identity;

static void
identity_make(void)
{
	identity = calloc(1, sizeof *identity + LEN + 1);
	if (!identity)
		abort();
	password_write((char *)(identity + 1));
	*identity = (SEC_WINNT_AUTH_IDENTITY_A){ .User = (unsigned char *)(uintptr_t)API_USER, .UserLength = sizeof API_USER - 1,
	    .Password = (unsigned char *)(identity + 1), .PasswordLength = LEN, .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
}

static void
identity_end(void)
{
	bytes_wipe(identity, sizeof *identity + LEN + 1);
	free(identity);
	identity = NULL;
}

static __attribute__((noinline)) void
stack_wipe(void)
{
	unsigned char room[64 * 1024];

	bytes_wipe(room, sizeof room);
}

static __attribute__((noinline)) void
with_accounts(void)
{
	LSA_STRING name = { 7, 7, (char *)(uintptr_t)"markers" };
	LSA_OPERATIONAL_MODE mode;
	char password[LEN + 1];
	NTSTATUS status;
	HANDLE lsa;

	password_write(password);
	CHECK(LsaRegisterLogonProcess(&name, &lsa, &mode) == STATUS_SUCCESS);
	status = OlsaUserAdd(lsa, "marked", "Marked", password, NULL);
	CHECK(status == STATUS_SUCCESS || status == STATUS_USER_EXISTS);
	CHECK(OlsaUserSetPassword(lsa, "marked", password) == STATUS_SUCCESS);
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
	bytes_wipe(password, sizeof password);
}

static __attribute__((noinline)) void
with_handshakes(void)
{
	struct pair p;

	for (int round = 0; round < 3; round++) {
		pair_begin(&p, API_PASSWORD);
		FreeCredentialsHandle(&p.client_cred);
		identity_make();
		CHECK(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)"NTLM", SECPKG_CRED_OUTBOUND, NULL, identity, NULL, NULL,
		    &p.client_cred, NULL) == SEC_E_OK);
		identity_end();
		(void)pair_shake(&p);		/* refused or not, by whose password it is */
		pair_end(&p);
	}
}

static __attribute__((noinline)) void
with_async(void)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	CredHandle cred;

	for (int round = 0; round < 4; round++) {
		identity_make();
		CHECK(SspiAcquireCredentialsHandleAsyncA(a, (char *)(uintptr_t)(round < 2 ? "ms:5" : "forever"),
		    (char *)(uintptr_t)"Stall", SECPKG_CRED_OUTBOUND, NULL, identity, NULL, NULL, &cred, NULL) == SEC_E_OK);
		identity_end();
		if (round >= 2)
			CHECK(OlsaSspiCancelAsync(a) == SEC_E_OK);
		CHECK(api_wait(a, NULL, 3000) == (round < 2 ? SEC_E_OK : SEC_E_INTERNAL_ERROR));
		if (round < 2)
			CHECK(FreeCredentialsHandle(&cred) == SEC_E_OK);
		CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS);
	}
	SspiFreeAsyncContext(a);
}

static __attribute__((noinline)) void
with_password_change(void)
{
	char user[] = "marked", old[LEN + 1], fresh[] = "something else 5", empty[] = "", ntlm[] = "NTLM";
	SecBuffer none = { 0, SECBUFFER_CHANGE_PASS_RESPONSE, NULL };
	SecBufferDesc d = { SECBUFFER_VERSION, 1, &none };

	password_write(old);
	CHECK(ChangeAccountPasswordA(ntlm, empty, user, old, fresh, FALSE, 0, &d) == SEC_E_OK);
	bytes_wipe(old, sizeof old);
}

TEST(the_search_finds_what_is_there)
{
	identity_make();
	CHECK(found() >= 1);
	identity_end();
	CHECK_U64(found(), 0);
}

TEST(after_accounts)
{
	with_accounts();
	stack_wipe();
	CHECK_U64(found(), 0);
}

TEST(after_handshakes)
{
	with_handshakes();
	stack_wipe();
	CHECK_U64(found(), 0);
}

TEST(after_asynchronous_calls)
{
	uint64_t until;

	with_async();
	stack_wipe();
	for (until = api_ms() + 2000; found() && api_ms() < until; )	/* the threads end in their own time */
		usleep(20000);
	CHECK_U64(found(), 0);
}

TEST(after_a_password_change)
{
	with_password_change();
	stack_wipe();
	CHECK_U64(found(), 0);
}

int
main(void)
{
	needles_make();
	api_begin();
	RUN(the_search_finds_what_is_there);
	RUN(after_accounts);
	RUN(after_handshakes);
	RUN(after_asynchronous_calls);
	RUN(after_a_password_change);
	return check_end();
}
