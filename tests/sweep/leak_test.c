/*
 * leak_test.c - the scenes of the sweep a thousand times with nothing
 * failing, then the roads that end badly: what is held does not grow. Under
 * AddressSanitizer the same program has every lost block named at its end.
 */
#include <ftw.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/nt.h"
#include <openlsa.h>
#include <security.h>

#include "check.h"
#include "scenes.h"

#define WARM	400
#define TIMES	1000

static char room[64];

static int
unlink_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	(void)remove(path);
	return 0;
}

/* A sanitizer's allocator says 0, which is no growth either. */
static size_t
held(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/* A road that ends badly: each status is what it should be, and nothing stays. */
static void
bad_ends(void)
{
	char ntlm[] = "NTLM";
	uint8_t token[64] = "NTLMSSP";
	SecBuffer in = { sizeof token, SECBUFFER_TOKEN, token }, out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc id = { SECBUFFER_VERSION, 1, &in }, od = { SECBUFFER_VERSION, 1, &out };
	CredHandle cred, none;
	CtxtHandle ctx;
	TimeStamp expiry;
	ULONG grants;
	LPSTR why = NULL;

	CHECK_U64(AcquireCredentialsHandleA(NULL, (LPSTR)(uintptr_t)"none", SECPKG_CRED_BOTH, NULL, NULL, NULL, NULL, &none,
	    &expiry), SEC_E_SECPKG_NOT_FOUND);
	CHECK_U64(AcquireCredentialsHandleA(NULL, ntlm, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL, &cred, &expiry), SEC_E_OK);
	CHECK_U64(AcceptSecurityContext(&cred, NULL, &id, 0, SECURITY_NATIVE_DREP, &ctx, &od, &grants, &expiry),
	    SEC_E_INVALID_TOKEN);
	CHECK_U64(OlsaExplain(SEC_E_INVALID_TOKEN, NULL, &why), SEC_E_OK);
	CHECK(why != NULL);
	CHECK_U64(FreeContextBuffer(why), SEC_E_OK);
	CHECK_U64(FreeCredentialsHandle(&cred), SEC_E_OK);
	CHECK_U64(FreeCredentialsHandle(&cred), SEC_E_INVALID_HANDLE);
}

TEST(nothing_grows)
{
	for (unsigned i = 0; i < scene_count; i++) {
		unsigned times = scenes[i].alone ? TIMES / 20 : TIMES, wrong = 0;
		size_t before, slack = scenes[i].alone ? 65536 : 0;	/* pages that SQLite keeps once it has read them */

		if (scenes[i].far)
			continue;
		for (unsigned n = 0; n < (scenes[i].alone ? 20u : WARM); n++)
			wrong += scenes[i].run() != DONE;
		before = held();
		for (unsigned n = 0; n < times; n++)
			wrong += scenes[i].run() != DONE;
		CHECK_U64(wrong, 0);
		/* Tables that follow what they hold may stand one step higher; one lost block a run would be much more. */
		if (!CHECK(held() <= before + times + slack))
			fprintf(stderr, "    %s: %zu bytes more after %u runs\n", scenes[i].name, held() - before, times);
	}
}

TEST(bad_ends_leave_nothing)
{
	size_t before;

	for (int i = 0; i < WARM; i++)
		bad_ends();
	before = held();
	for (int i = 0; i < TIMES; i++)
		bad_ends();
	CHECK(held() <= before);
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	char path[128];

	(void)snprintf(room, sizeof room, "%.32s/openlsa-leak-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(room)) {
		perror(room);
		return 1;
	}
	(void)setenv("OPENLSA_STATE", room, 1);
	(void)snprintf(path, sizeof path, "FILE:%s/tickets", room);
	(void)setenv("KRB5CCNAME", path, 1);
	(void)snprintf(path, sizeof path, "%s/krb5.conf", room);
	(void)setenv("KRB5_CONFIG", path, 1);
	(void)snprintf(path, sizeof path, "FILE:%s/keytab", room);
	(void)setenv("KRB5_KTNAME", path, 1);
	(void)setenv("OPENLSA_MODE", "embedded", 1);
	if (!scene_accounts()) {
		fprintf(stderr, "the account could not be made\n");
		return 1;
	}
	RUN(nothing_grows);
	RUN(bad_ends_leave_nothing);
	(void)nftw(room, unlink_one, 8, FTW_DEPTH | FTW_PHYS);
	return check_end();
}
