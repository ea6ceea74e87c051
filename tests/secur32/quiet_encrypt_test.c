/*
 * quiet_encrypt_test.c - signing and sealing stay in the application: no
 * system call, no allocation. A child makes an established pair, locks itself
 * in so that the kernel kills it for anything but write and exit, and then
 * sends messages of many lengths. The locks are proved to be locked.
 */
#define SECURITY_WIN32
#include <openlsa.h>
#include <ntstatus.h>

#include "quiet.h"

#define MESSAGES	1000u
#define LONGEST		65536u

static char state[64];

/* --- a pair ------------------------------------------------------------------------ */

static CredHandle client_cred, server_cred;
static CtxtHandle client, server;
static unsigned char text[LONGEST], trailer[64];

static bool
account_make(char domain[64])
{
	LSA_STRING name = { 5, 6, (PCHAR)(uintptr_t)"quiet" };
	LSA_OPERATIONAL_MODE mode;
	OlsaStatusInfo info;
	HANDLE lsa;
	bool made;

	if (!CHECK_U64(LsaRegisterLogonProcess(&name, &lsa, &mode), STATUS_SUCCESS))
		return false;
	made = CHECK_U64(OlsaUserAdd(lsa, "alice", "", "secret of alice", NULL), STATUS_SUCCESS) &&
	    CHECK_U64(OlsaStatus(lsa, &info), STATUS_SUCCESS);
	if (made)
		memcpy(domain, info.Computer, 64);
	LsaDeregisterLogonProcess(lsa);
	return made;
}

static bool
creds_take(char *domain)
{
	static char package[] = "NTLM", user[] = "alice", password[] = "secret of alice";
	SEC_WINNT_AUTH_IDENTITY_A who = {
		.User = (unsigned char *)user, .UserLength = sizeof user - 1,
		.Domain = (unsigned char *)domain, .DomainLength = (ULONG)strlen(domain),
		.Password = (unsigned char *)password, .PasswordLength = sizeof password - 1,
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};
	TimeStamp expiry;

	return CHECK_U64(AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_OUTBOUND, NULL, &who, NULL, NULL,
		   &client_cred, &expiry), SEC_E_OK) &&
	    CHECK_U64(AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
		&server_cred, &expiry), SEC_E_OK);
}

static bool
pair_open(void)
{
	static unsigned char up[2048], down[2048];
	static char target[] = "quiet/localhost";
	SecBuffer u = { sizeof up, SECBUFFER_TOKEN, up }, d = { sizeof down, SECBUFFER_TOKEN, down };
	SecBufferDesc ud = { SECBUFFER_VERSION, 1, &u }, dd = { SECBUFFER_VERSION, 1, &d };
	ULONG wants = ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY | ISC_REQ_SEQUENCE_DETECT, granted;
	ULONG server_wants = ASC_REQ_CONFIDENTIALITY | ASC_REQ_INTEGRITY | ASC_REQ_SEQUENCE_DETECT;
	char domain[64] = "";
	TimeStamp expiry;

	if (!account_make(domain) || !creds_take(domain) ||
	    !CHECK_U64(InitializeSecurityContextA(&client_cred, NULL, target, wants, 0, SECURITY_NATIVE_DREP, NULL, 0,
		&client, &ud, &granted, &expiry), SEC_I_CONTINUE_NEEDED) ||
	    !CHECK_U64(AcceptSecurityContext(&server_cred, NULL, &ud, server_wants, SECURITY_NATIVE_DREP, &server, &dd,
		&granted, &expiry), SEC_I_CONTINUE_NEEDED))
		return false;
	u.cbBuffer = sizeof up;
	if (!CHECK_U64(InitializeSecurityContextA(&client_cred, &client, target, wants, 0, SECURITY_NATIVE_DREP, &dd, 0,
		&client, &ud, &granted, &expiry), SEC_E_OK))
		return false;
	d.cbBuffer = sizeof down;
	return CHECK_U64(AcceptSecurityContext(&server_cred, &server, &ud, server_wants, SECURITY_NATIVE_DREP, &server,
	    &dd, &granted, &expiry), SEC_E_OK);
}

/* --- tests --------------------------------------------------------------------------- */

/* Every function of the per-message road, from the first call on; how many allocations (at most 60), or 70: a call failed. */
static int
quiet(void)
{
	unsigned long before, made;
	bool good = true;

	if (!pair_open())
		return 71;
	memset(text, 'q', sizeof text);
	if (!lock_in())
		return NO_FILTER;
	before = allocations;
	for (unsigned i = 0; good && i < MESSAGES; i++) {
		SecBuffer parts[2] = {
			{ 16,                                 SECBUFFER_TOKEN, trailer },
			{ (ULONG)(i * 7919u % (LONGEST + 1)), SECBUFFER_DATA,  text },
		};
		SecBufferDesc message = { SECBUFFER_VERSION, 2, parts };
		ULONG qop;

		good = EncryptMessage(&client, 0, &message, 0) == SEC_E_OK &&
		    DecryptMessage(&server, &message, 0, &qop) == SEC_E_OK &&
		    MakeSignature(&client, 0, &message, 0) == SEC_E_OK &&
		    VerifySignature(&server, &message, 0, &qop) == SEC_E_OK;
	}
	made = allocations - before;
	return !good ? 70 : made > 60 ? 60 : (int)made;
}

TEST(messages_are_quiet)
{
	int end = child(quiet);

	if (end == NO_FILTER)
		CHECK_SKIP("no seccomp filters here");
	else
		CHECK_U64(end, 0);
}

int
main(void)
{
	char command[128];
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(state, sizeof state, "%.40s/quiet-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(state))
		return 1;
	setenv("OPENLSA_MODE", "embedded", 1);
	setenv("OPENLSA_STATE", state, 1);
	RUN(the_lock_is_locked);
	RUN(allocations_are_counted);
	RUN(messages_are_quiet);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", state);
	if (system(command) != 0)
		perror(state);
	return check_end();
}
