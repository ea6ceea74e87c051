/*
 * kerb_quiet_test.c - does for kerb_quiet_test.py what that watches through
 * strace: after each mark one thing, on this thread.
 *     guard     libkrb5 is told to ask a KDC, by a context of pkg/kerberos/kerb_k5.c
 *     fetched   a context with an initial and a service ticket from the KDC
 *     cached    a hundred more with the same ticket
 * Covers the hook of pkg/kerberos/kerb_k5.c and what pkg/kerberos/kerb_apreq.c promises.
 */
#include "pkg/kerberos/kerb_k5.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/api/api.h"
#include "tests/check.h"

static void
mark(const char *what)
{
	(void)!write(-1, what, strlen(what));
}

static void
guard(void)
{
	krb5_context k5 = kerb_k5_take(NULL);
	krb5_principal alice = NULL;
	krb5_keytab keytab = NULL;
	krb5_creds got;

	if (!CHECK(k5 && krb5_parse_name(k5, "alice@OPENLSA.TEST", &alice) == 0) ||
	    !CHECK(krb5_kt_resolve(k5, getenv("KRB5_CLIENT_KTNAME"), &keytab) == 0))
		return;
	mark("guard");
	CHECK(krb5_get_init_creds_keytab(k5, &got, alice, keytab, 0, NULL, NULL) == KRB5_KDC_UNREACH);
	CHECK(krb5_get_init_creds_password(k5, &got, alice, "x", NULL, NULL, 0, NULL, NULL) == KRB5_KDC_UNREACH);
	mark("end");
	krb5_kt_close(k5, keytab);
	krb5_free_principal(k5, alice);
	kerb_k5_give(k5);
}

static SECURITY_STATUS
leg(PCredHandle cred, const char *target)
{
	static char room[48000];
	SecBuffer out = { sizeof room, SECBUFFER_TOKEN, room };
	SecBufferDesc desc = { SECBUFFER_VERSION, 1, &out };
	CtxtHandle context;
	ULONG attr;
	SECURITY_STATUS status = InitializeSecurityContextA(cred, NULL, (char *)(uintptr_t)target,
	    ISC_REQ_MUTUAL_AUTH | ISC_REQ_INTEGRITY, 0, SECURITY_NATIVE_DREP, NULL, 0, &context, &desc, &attr, NULL);

	if (status == SEC_I_CONTINUE_NEEDED)
		DeleteSecurityContext(&context);
	return status;
}

static void
legs(void)
{
	const char *password = getenv("KDC_PASSWORD");
	SEC_WINNT_AUTH_IDENTITY_A id = { .User = (unsigned char *)(uintptr_t)"alice", .UserLength = 5,
	    .Domain = (unsigned char *)(uintptr_t)"OPENLSA.TEST", .DomainLength = 12,
	    .Password = (unsigned char *)(uintptr_t)password, .PasswordLength = (ULONG)strlen(password),
	    .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
	CredHandle cred;

	if (!CHECK(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)"Kerberos", SECPKG_CRED_OUTBOUND, NULL, &id, NULL, NULL,
	    &cred, NULL) == SEC_E_OK))
		return;
	mark("fetched");
	/* Names that would have to be looked up, if anybody did. */
	CHECK(leg(&cred, "host/aes256.openlsa.test") == SEC_I_CONTINUE_NEEDED);
	CHECK(leg(&cred, "host/no-such-host.openlsa.test") == SEC_E_TARGET_UNKNOWN);
	CHECK(leg(&cred, "host/short") == SEC_E_TARGET_UNKNOWN);
	mark("end");
	mark("cached");
	for (int i = 0; i < 100; i++)
		CHECK(leg(&cred, "host/aes256.openlsa.test") == SEC_I_CONTINUE_NEEDED);
	mark("end");
	FreeCredentialsHandle(&cred);
}

int
main(void)
{
	RUN(guard);
	RUN(legs);
	return check_end();
}
