/*
 * growth_test.c - what came and went leaves nothing behind in the daemon:
 * 20,000 handshakes grow it by 64 KiB at most. The million is `make bench`.
 * Covers lsad/conn.c, lsa/client.c.
 */
#include <openlsa.h>
#include <ntstatus.h>

#include "lsad_child.h"

#define WARM		4000u
#define HANDSHAKES	20000u
#define GROWN_MOST_KIB	64u

static char domain[64];

static bool
account_make(void)
{
	LSA_STRING name = { 6, 7, (PCHAR)(uintptr_t)"growth" };
	LSA_OPERATIONAL_MODE mode;
	OlsaStatusInfo info;
	bool made;
	HANDLE lsa;

	if (!CHECK_U64(LsaRegisterLogonProcess(&name, &lsa, &mode), STATUS_SUCCESS))
		return false;
	made = CHECK_U64(OlsaUserAdd(lsa, "alice", "", "secret of alice", NULL), STATUS_SUCCESS) &&
	    CHECK_U64(OlsaStatus(lsa, &info), STATUS_SUCCESS);
	if (made)
		memcpy(domain, info.Computer, sizeof domain);
	LsaDeregisterLogonProcess(lsa);
	return made;
}

static bool
creds_take(CredHandle *client, CredHandle *server)
{
	static char package[] = "NTLM", user[] = "alice", password[] = "secret of alice";
	SEC_WINNT_AUTH_IDENTITY_A who = {
		.User = (unsigned char *)user, .UserLength = sizeof user - 1,
		.Domain = (unsigned char *)domain, .DomainLength = (ULONG)strlen(domain),
		.Password = (unsigned char *)password, .PasswordLength = sizeof password - 1,
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};
	TimeStamp expiry;

	return AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_OUTBOUND, NULL, &who, NULL, NULL, client, &expiry) ==
	    SEC_E_OK && AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL, server,
	    &expiry) == SEC_E_OK;
}

/* From nothing to nothing: two credentials, three tokens, two contexts. */
static bool
handshake(void)
{
	static unsigned char up[2048], down[2048];
	SecBuffer u = { sizeof up, SECBUFFER_TOKEN, up }, d = { sizeof down, SECBUFFER_TOKEN, down };
	SecBufferDesc ud = { SECBUFFER_VERSION, 1, &u }, dd = { SECBUFFER_VERSION, 1, &d };
	CredHandle client_cred, server_cred;
	CtxtHandle client, server;
	TimeStamp expiry;
	ULONG granted;
	bool good;

	if (!creds_take(&client_cred, &server_cred))
		return false;
	good = InitializeSecurityContextA(&client_cred, NULL, NULL, ISC_REQ_CONFIDENTIALITY, 0, SECURITY_NATIVE_DREP, NULL,
	    0, &client, &ud, &granted, &expiry) == SEC_I_CONTINUE_NEEDED &&
	    AcceptSecurityContext(&server_cred, NULL, &ud, ASC_REQ_CONFIDENTIALITY, SECURITY_NATIVE_DREP, &server, &dd,
	    &granted, &expiry) == SEC_I_CONTINUE_NEEDED;
	u.cbBuffer = sizeof up;
	good = good && InitializeSecurityContextA(&client_cred, &client, NULL, ISC_REQ_CONFIDENTIALITY, 0,
	    SECURITY_NATIVE_DREP, &dd, 0, &client, &ud, &granted, &expiry) == SEC_E_OK;
	d.cbBuffer = sizeof down;
	good = good && AcceptSecurityContext(&server_cred, &server, &ud, ASC_REQ_CONFIDENTIALITY, SECURITY_NATIVE_DREP,
	    &server, &dd, &granted, &expiry) == SEC_E_OK;
	if (good) {
		DeleteSecurityContext(&client);
		DeleteSecurityContext(&server);
	}
	FreeCredentialsHandle(&client_cred);
	FreeCredentialsHandle(&server_cred);
	return good;
}

static bool
handshakes(unsigned n)
{
	while (n--)
		if (!handshake())
			return false;
	return true;
}

TEST(handshakes_leave_nothing)
{
	pid_t pid = lsad_up("");
	uint64_t before;

	if (pid < 0)
		return;
	if (account_make() && CHECK(handshakes(WARM))) {
		before = proc_number(pid, "RssAnon", 10);
		CHECK(handshakes(HANDSHAKES));
		CHECK(before != UINT64_MAX && proc_number(pid, "RssAnon", 10) <= before + GROWN_MOST_KIB);
	}
	lsad_down(pid);
}

int
main(void)
{
	room_make();
	setenv("OPENLSA_MODE", "daemon", 1);
	setenv("OPENLSA_SOCKET", at, 1);
	RUN(handshakes_leave_nothing);
	room_remove();
	return check_end();
}
