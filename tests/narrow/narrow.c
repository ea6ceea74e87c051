/*
 * narrow.c - a 32-bit program that speaks SSPI to a 64-bit lsad: credentials,
 * both roles of NTLM, messages, handles that have died. The library's own
 * sources, far alone: there is no near LSA in it. Built and run by
 * narrow_test.sh, which says what it covers.
 */
#include <stdio.h>
#include <string.h>

#include "base/nt.h"
#include <ntstatus.h>

#include <ntsecapi.h>
#include <openlsa.h>
#include <sspi.h>

#include "crypto/hash.h"
#include "pkg/user_mode.h"
#include "secur32/link.h"
#include "tests/check.h"

_Static_assert(sizeof(void *) == 4 && sizeof(SecHandle) == 8, "this is for the narrow ABI");

/* The one door to the LSA in this process, walled up. */
NTSTATUS
link_near_open(struct link **ret_link, struct why *why)
{
	(void)ret_link;
	why_say(why, STATUS_NOT_SUPPORTED, TO_CALLER, "this program is for lsad alone");
	return STATUS_NOT_SUPPORTED;
}

/* Kerberos' half is libkrb5's, of which there is no 32-bit one either; where the library has none, this is unused. */
const struct user_package kerberos_user __attribute__((weak)) = { .name = "Kerberos" };

/* Encrypted identities need a 32-bit libcrypto, which this program does without; it passes none. */
bool
hmac_sha256_of(uint8_t ret_mac[SHA256_LEN], struct bytes key, struct bytes data)
{
	(void)key;
	(void)data;
	bytes_zero(ret_mac, SHA256_LEN);
	return false;
}

#define USER		"alice"
#define PASSWORD	"correct horse 7"

static CredHandle
cred_of(bool inbound, const char *password)
{
	SEC_WINNT_AUTH_IDENTITY_A id = {
		.User = (unsigned char *)(uintptr_t)USER, .UserLength = sizeof USER - 1,
		.Password = (unsigned char *)(uintptr_t)password, .PasswordLength = password ? (ULONG)strlen(password) : 0,
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};
	char ntlm[] = "NTLM";
	CredHandle cred = { 0, 0 };

	CHECK_U64((uint32_t)AcquireCredentialsHandleA(NULL, ntlm, inbound ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND, NULL,
	    inbound ? NULL : &id, NULL, NULL, &cred, NULL), SEC_E_OK);
	return cred;
}

struct pair {
	CredHandle client_cred, server_cred;
	CtxtHandle client, server;
};

static SECURITY_STATUS
shake(struct pair *p, const char *password)
{
	char up[4096], down[4096], target[] = "host/localhost";
	SecBuffer up_b = { sizeof up, SECBUFFER_TOKEN, up }, down_b = { sizeof down, SECBUFFER_TOKEN, down };
	SecBufferDesc to_server = { SECBUFFER_VERSION, 1, &up_b }, to_client = { SECBUFFER_VERSION, 1, &down_b };
	ULONG wants = ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY, granted = 0;
	TimeStamp expiry;

	p->client_cred = cred_of(false, password);
	p->server_cred = cred_of(true, NULL);
	CHECK_U64((uint32_t)InitializeSecurityContextA(&p->client_cred, NULL, target, wants, 0, SECURITY_NATIVE_DREP, NULL, 0,
	    &p->client, &to_server, &granted, &expiry), SEC_I_CONTINUE_NEEDED);
	CHECK_U64((uint32_t)AcceptSecurityContext(&p->server_cred, NULL, &to_server, 0, SECURITY_NATIVE_DREP, &p->server,
	    &to_client, &granted, &expiry), SEC_I_CONTINUE_NEEDED);
	up_b.cbBuffer = sizeof up;
	CHECK_U64((uint32_t)InitializeSecurityContextA(&p->client_cred, &p->client, NULL, wants, 0, SECURITY_NATIVE_DREP,
	    &to_client, 0, &p->client, &to_server, &granted, &expiry), SEC_E_OK);
	CHECK(granted & ISC_RET_CONFIDENTIALITY);
	down_b.cbBuffer = sizeof down;
	return AcceptSecurityContext(&p->server_cred, &p->server, &to_server, 0, SECURITY_NATIVE_DREP, &p->server, &to_client,
	    &granted, &expiry);
}

static void
leave(struct pair *p)
{
	CHECK_U64((uint32_t)DeleteSecurityContext(&p->client), SEC_E_OK);
	CHECK_U64((uint32_t)DeleteSecurityContext(&p->server), SEC_E_OK);
	CHECK_U64((uint32_t)FreeCredentialsHandle(&p->client_cred), SEC_E_OK);
	CHECK_U64((uint32_t)FreeCredentialsHandle(&p->server_cred), SEC_E_OK);
}

TEST(the_daemon_answers)
{
	HANDLE lsa = NULL;

	CHECK_U64(OlsaMode(), OLSA_MODE_DAEMON);
	CHECK_U64((uint32_t)LsaConnectUntrusted(&lsa), STATUS_SUCCESS);
	CHECK_U64((uint32_t)OlsaPing(lsa), STATUS_SUCCESS);
	CHECK_U64((uint32_t)LsaDeregisterLogonProcess(lsa), STATUS_SUCCESS);
	CHECK_U64((uint32_t)OlsaPing(lsa), (uint32_t)STATUS_INVALID_HANDLE);
}

TEST(a_conversation)
{
	char data[] = "four bytes a pointer", token[16];
	SecBuffer b[2] = { { sizeof token, SECBUFFER_TOKEN, token }, { sizeof data, SECBUFFER_DATA, data } };
	SecBufferDesc d = { SECBUFFER_VERSION, 2, b };
	SecPkgContext_SessionKey ours, theirs;
	SecPkgContext_NamesA names;
	struct pair p;

	CHECK_U64((uint32_t)shake(&p, PASSWORD), SEC_E_OK);
	CHECK(EncryptMessage(&p.client, 0, &d, 0) == SEC_E_OK && memcmp(data, "four", 4) != 0);
	CHECK_U64((uint32_t)DecryptMessage(&p.server, &d, 0, NULL), SEC_E_OK);
	CHECK_TEXT(data, "four bytes a pointer");
	CHECK_U64((uint32_t)MakeSignature(&p.server, 0, &d, 0), SEC_E_OK);
	CHECK_U64((uint32_t)VerifySignature(&p.client, &d, 0, NULL), SEC_E_OK);
	CHECK_U64((uint32_t)QueryContextAttributesA(&p.server, SECPKG_ATTR_NAMES, &names), SEC_E_OK);
	CHECK(strstr(names.sUserName, "\\" USER) != NULL);
	FreeContextBuffer(names.sUserName);
	CHECK_U64((uint32_t)QueryContextAttributesA(&p.client, SECPKG_ATTR_SESSION_KEY, &ours), SEC_E_OK);
	CHECK_U64((uint32_t)QueryContextAttributesA(&p.server, SECPKG_ATTR_SESSION_KEY, &theirs), SEC_E_OK);
	CHECK(ours.SessionKeyLength == 16 && memcmp(ours.SessionKey, theirs.SessionKey, 16) == 0);
	FreeContextBuffer(ours.SessionKey);
	FreeContextBuffer(theirs.SessionKey);
	leave(&p);
}

TEST(refusals)
{
	struct pair p;

	CHECK_U64((uint32_t)shake(&p, "not the password"), (uint32_t)SEC_E_LOGON_DENIED);
	leave(&p);
}

/* A word here is half as wide; two thousand lives in a few slots, and the dead stay dead. */
TEST(handles_die)
{
	CredHandle first = cred_of(true, NULL), kept = first;

	CHECK_U64((uint32_t)FreeCredentialsHandle(&first), SEC_E_OK);
	for (int n = 0; n < 2000; n++) {
		CredHandle next = cred_of(true, NULL);

		CHECK(next.dwLower != kept.dwLower);
		CHECK_U64((uint32_t)FreeCredentialsHandle(&kept), (uint32_t)SEC_E_INVALID_HANDLE);
		CHECK_U64((uint32_t)FreeCredentialsHandle(&next), SEC_E_OK);
	}
}

int
main(void)
{
	RUN(the_daemon_answers);
	RUN(a_conversation);
	RUN(refusals);
	RUN(handles_die);
	return check_end();
}
