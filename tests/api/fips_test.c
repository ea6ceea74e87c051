/*
 * fips_test.c - a machine in FIPS mode: NTLM is refused in each of its roles
 * and forms, with a reason; what is no NTLM goes on. FIPS_MODE, from
 * fips_run.sh, says which machine this is. Covers crypto/fips.c,
 * lsa/services.c (rule), pkg/ntlm/ntlm_lsa.c (ntlm_forbidden) and who asks it.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/api/logon.h"
#include "tests/check.h"

static const char *mode;

/* With the sentence that it was refused with. */
static void
forbidden(LONG status, LONG wanted)
{
	LPSTR why = NULL;

	CHECK_U64((ULONG)status, (ULONG)wanted);
	CHECK(OlsaExplain(status, NULL, &why) == SEC_E_OK && why && strstr(why, "FIPS mode, which forbids NTLM"));
	FreeContextBuffer(why);
}

static SECURITY_STATUS
acquire(const char *package, ULONG use, PCredHandle cred)
{
	SEC_WINNT_AUTH_IDENTITY_A id = { (unsigned char *)(uintptr_t)API_USER, 5, NULL, 0,
	    (unsigned char *)(uintptr_t)API_PASSWORD, (ULONG)strlen(API_PASSWORD), SEC_WINNT_AUTH_IDENTITY_ANSI };

	return AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)package, use, NULL, use == SECPKG_CRED_OUTBOUND ? &id : NULL,
	    NULL, NULL, cred, NULL);
}

TEST(neither_role)
{
	CredHandle cred = { 7, 7 };

	forbidden(acquire("NTLM", SECPKG_CRED_INBOUND, &cred), SEC_E_NO_CREDENTIALS);
	forbidden(acquire("NTLM", SECPKG_CRED_OUTBOUND, &cred), SEC_E_NO_CREDENTIALS);
	CHECK(cred.dwLower == 7 && cred.dwUpper == 7);
}

/* Negotiate has nothing left but Kerberos, of which there is none here. */
TEST(not_inside_negotiate)
{
	char room[4096];
	SecBuffer b = { sizeof room, SECBUFFER_TOKEN, room };
	SecBufferDesc d = { SECBUFFER_VERSION, 1, &b };
	CredHandle cred;
	CtxtHandle ctx;
	ULONG attr;
	SECURITY_STATUS status = acquire("Negotiate", SECPKG_CRED_OUTBOUND, &cred);
	bool acquired = status == SEC_E_OK;

	if (acquired)
		status = InitializeSecurityContextA(&cred, NULL, (char *)(uintptr_t)"host/127.0.0.1", 0, 0, 0, NULL, 0, &ctx, &d, &attr,
		    NULL);
	CHECK(status < 0);
	if (acquired)
		FreeCredentialsHandle(&cred);
}

/* No response is made, and none is judged. */
TEST(not_by_messages)
{
	HANDLE lsa = logon_trusted();
	struct logging l = { .lsa = lsa, .package = logon_package(lsa, "NTLM"), .type = Network };
	MSV1_0_GETCHALLENRESP_REQUEST ask = { .MessageType = MsV1_0Lm20GetChallengeResponse, .ParameterControl = 0x20 };
	MSV1_0_LM20_LOGON *m = (void *)l.at;
	NTSTATUS verdict = 0;
	PVOID reply = NULL;
	ULONG len = 0;

	CHECK(LsaCallAuthenticationPackage(lsa, l.package, &ask, sizeof ask, &reply, &len, &verdict) == STATUS_SUCCESS);
	forbidden(verdict, STATUS_NTLM_BLOCKED);
	CHECK(!reply && !len);
	m->MessageType = MsV1_0NetworkLogon;
	m->UserName = (UNICODE_STRING){ 2, 2, (PWSTR)(void *)(l.at + sizeof *m) };
	l.at[sizeof *m] = 'a';
	m->CaseSensitiveChallengeResponse = (STRING){ 60, 60, (PCHAR)l.at + sizeof *m + 2 };
	l.len = sizeof *m + 62;
	forbidden(logon_run(&l), STATUS_NTLM_BLOCKED);
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
}

/* A password is no NTLM. */
TEST(passwords_go_on)
{
	HANDLE lsa = logon_untrusted();
	struct logging l = { .lsa = lsa, .package = logon_package(lsa, "NTLM"), .type = Interactive };

	logon_interactive(&l, "", API_USER, API_PASSWORD, false);
	if (CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS))
		logon_end(&l);
	logon_interactive(&l, "", API_USER, "wrong", false);
	CHECK(logon_run(&l) == STATUS_LOGON_FAILURE);
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
}

/* The same machine, where it is not in that mode. */
TEST(all_of_it_works)
{
	struct pair p;

	pair_begin(&p, API_PASSWORD);
	CHECK(pair_shake(&p) == SEC_E_OK);
	pair_end(&p);
}

/* What cannot be told is not guessed. */
TEST(nothing_is_had)
{
	CredHandle cred;
	LPSTR why = NULL;
	SECURITY_STATUS status = acquire("NTLM", SECPKG_CRED_INBOUND, &cred);

	CHECK(status != SEC_E_OK);
	CHECK(OlsaExplain(status, NULL, &why) == SEC_E_OK && why && strstr(why, "fips_enabled cannot be read"));
	FreeContextBuffer(why);
}

int
main(void)
{
	mode = getenv("FIPS_MODE");
	if (mode && strcmp(mode, "unknown") == 0) {
		RUN(nothing_is_had);
		return check_end();
	}
	api_begin();
	if (mode && strcmp(mode, "1") == 0) {
		RUN(neither_role);
		RUN(not_inside_negotiate);
		RUN(not_by_messages);
		RUN(passwords_go_on);
	} else {
		RUN(all_of_it_works);
	}
	return check_end();
}
