/*
 * quiet_kerb_test.c - what quiet_encrypt_test.c holds for NTLM holds for
 * Kerberos, alone and chosen by Negotiate, with each encryption type: after
 * the first message neither a system call nor an allocation, however many
 * confounders were drawn. Runs under tests/lab/kdc.py, both roles in here.
 * Covers src/pkg/kerberos/kerb_wrap.c, src/crypto/confounder.c.
 */
#define SECURITY_WIN32
#include <openlsa.h>
#include <ntstatus.h>

#include "quiet.h"

#define MESSAGES	2000u
#define LONGEST		65536u
#define TRAILER		160u

static char state[64];
static unsigned char text[LONGEST], trailer[TRAILER];
static CtxtHandle client, server;
static ULONG trailer_len, signature_len;

/* --- a pair ------------------------------------------------------------------------ */

static bool
leg(bool accept, PCredHandle cred, bool first, PSecBufferDesc in, PSecBufferDesc out, const char *target,
    SECURITY_STATUS *ret)
{
	ULONG wants = ISC_REQ_MUTUAL_AUTH | ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY | ISC_REQ_REPLAY_DETECT |
	    ISC_REQ_SEQUENCE_DETECT, granted;
	TimeStamp expiry;

	*ret = accept ? AcceptSecurityContext(cred, first ? NULL : &server, in, ASC_REQ_CONFIDENTIALITY | ASC_REQ_INTEGRITY |
		ASC_REQ_REPLAY_DETECT | ASC_REQ_SEQUENCE_DETECT, SECURITY_NATIVE_DREP, &server, out, &granted, &expiry) :
	    InitializeSecurityContextA(cred, first ? NULL : &client, (char *)(uintptr_t)target, wants, 0, SECURITY_NATIVE_DREP,
		first ? NULL : in, 0, &client, out, &granted, &expiry);
	return CHECK(*ret == SEC_E_OK || *ret == SEC_I_CONTINUE_NEEDED);
}

static bool
pair_open(const char *package, const char *target)
{
	static unsigned char up[8192], down[8192];
	SecBuffer u = { 0, SECBUFFER_TOKEN, up }, d = { 0, SECBUFFER_TOKEN, down };
	SecBufferDesc ud = { SECBUFFER_VERSION, 1, &u }, dd = { SECBUFFER_VERSION, 1, &d };
	SECURITY_STATUS ours = SEC_I_CONTINUE_NEEDED, theirs = SEC_I_CONTINUE_NEEDED;
	CredHandle out, in;
	SecPkgContext_Sizes sizes;
	TimeStamp expiry;

	if (!CHECK_U64(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)package, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL,
		&out, &expiry), SEC_E_OK) ||
	    !CHECK_U64(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)package, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
		&in, &expiry), SEC_E_OK))
		return false;
	for (bool first = true; ours == SEC_I_CONTINUE_NEEDED || theirs == SEC_I_CONTINUE_NEEDED; first = false) {
		u.cbBuffer = sizeof up;
		if (!leg(false, &out, first, &dd, &ud, target, &ours))
			return false;
		if (!u.cbBuffer)
			break;
		d.cbBuffer = sizeof down;
		if (!leg(true, &in, first, &ud, &dd, target, &theirs))
			return false;
	}
	if (!CHECK_U64(QueryContextAttributesA(&client, SECPKG_ATTR_SIZES, &sizes), SEC_E_OK) ||
	    !CHECK(sizes.cbSecurityTrailer <= TRAILER))
		return false;
	trailer_len = sizes.cbSecurityTrailer;
	signature_len = sizes.cbMaxSignature;
	return true;
}

/* One of each kind. */
static bool
speak(unsigned len)
{
	SecBuffer parts[2] = {
		{ trailer_len, SECBUFFER_TOKEN, trailer },
		{ len,         SECBUFFER_DATA,  text },
	};
	SecBufferDesc message = { SECBUFFER_VERSION, 2, parts };
	ULONG qop;

	if (EncryptMessage(&client, 0, &message, 0) != SEC_E_OK || DecryptMessage(&server, &message, 0, &qop) != SEC_E_OK)
		return false;
	parts[0].cbBuffer = signature_len;
	return MakeSignature(&client, 0, &message, 0) == SEC_E_OK && VerifySignature(&server, &message, 0, &qop) == SEC_E_OK;
}

/* --- tests --------------------------------------------------------------------------- */

static const char *package_now, *target_now;

/* How many allocations (at most 60), 70: a message failed, 71: there is no pair. */
static int
quiet(void)
{
	unsigned long before, made;
	bool good;

	if (!pair_open(package_now, target_now) || !speak(1))
		return 71;
	memset(text, 'q', sizeof text);
	if (!lock_in())
		return NO_FILTER;
	before = allocations;
	good = speak(0);
	for (unsigned i = 0; good && i < MESSAGES; i++)
		good = speak(i % 4 ? i % 100 : i * 7919u % (LONGEST + 1));
	made = allocations - before;
	return !good ? 70 : made > 60 ? 60 : (int)made;
}

static void
quiet_with(const char *package, const char *target)
{
	int end;

	package_now = package;
	target_now = target;
	end = child(quiet);
	if (end == NO_FILTER)
		CHECK_SKIP("no seccomp filters here");
	else if (!CHECK_U64(end, 0))
		fprintf(stderr, "with %s to %s\n", package, target);
}

TEST(kerberos_is_quiet)
{
	quiet_with("Kerberos", "host/aes128.openlsa.test");
	quiet_with("Kerberos", "host/aes256.openlsa.test");
	quiet_with("Kerberos", "host/sha128.openlsa.test");
	quiet_with("Kerberos", "host/sha256.openlsa.test");
}

TEST(negotiate_is_quiet)
{
	quiet_with("Negotiate", "host/aes256.openlsa.test");
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
	RUN(kerberos_is_quiet);
	RUN(negotiate_is_quiet);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", state);
	if (system(command) != 0)
		perror(state);
	return check_end();
}
