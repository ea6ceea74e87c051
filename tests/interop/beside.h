/*
 * beside.h - what beside_ours.c and beside_winpr.c offer to
 * beside_winpr_test.c, and the flow that they share. Each of the two is
 * compiled against its own library's sspi.h; no header of one is seen by the
 * other.
 *
 * A function is called by its name where the program is linked to its
 * library, else through the table of the library that was loaded.
 */
#ifndef OPENLSA_TESTS_BESIDE_H
#define OPENLSA_TESTS_BESIDE_H

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Loads the library unless the program is linked to it. NULL, or what went wrong. */
const char *ours_begin(const char *library);
const char *winpr_begin(const char *library);
/* A handshake of both sides and a sealed message. NULL, or what went wrong. */
const char *ours_talk(void);
const char *winpr_talk(void);

#ifdef SSPI
#define TRY(call, want) \
	do { long got_ = (long)(call); if (got_ != (long)(want)) return beside_said(#call, got_); } while (0)

static char beside_text[200];

static const char *
beside_said(const char *what, long got)
{
	(void)snprintf(beside_text, sizeof beside_text, "%.120s: 0x%08X", what, (unsigned)got);
	return beside_text;
}

#define TOKEN(name, bytes, len) \
	SecBuffer name##_buffer = { (len), SECBUFFER_TOKEN, (bytes) }; \
	SecBufferDesc name = { SECBUFFER_VERSION, 1, &name##_buffer }

#define WANTS		(ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY | ISC_REQ_SEQUENCE_DETECT | ISC_REQ_REPLAY_DETECT)
#define SERVER_WANTS	(ASC_REQ_CONFIDENTIALITY | ASC_REQ_INTEGRITY | ASC_REQ_SEQUENCE_DETECT | ASC_REQ_REPLAY_DETECT)

static const char *
beside_sealed(CtxtHandle *client, CtxtHandle *server)
{
	unsigned char trailer[16], text[] = "between the two of us";
	SecBuffer parts[2] = { { sizeof trailer, SECBUFFER_TOKEN, trailer }, { sizeof text, SECBUFFER_DATA, text } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, parts };
	ULONG qop;

	TRY(SSPI(EncryptMessage)(client, 0, &message, 0), SEC_E_OK);
	if (memcmp(text, "between", 7) == 0)
		return "the message is still plain";
	TRY(SSPI(DecryptMessage)(server, &message, 0, &qop), SEC_E_OK);
	return strcmp((const char *)text, "between the two of us") == 0 ? NULL : "the message came out wrong";
}

static const char *
beside_talk(char *user, char *domain, char *password)
{
	static char package[] = "NTLM", target[] = "beside/localhost";
	static unsigned char a[2048], b[2048];
	SEC_WINNT_AUTH_IDENTITY_A who;
	CredHandle cred, server_cred;
	CtxtHandle client, server;
	TimeStamp expiry;
	ULONG granted;
	TOKEN(up, a, sizeof a);
	TOKEN(down, b, sizeof b);
	const char *wrong;

	memset(&who, 0, sizeof who);
	memset(&client, 0, sizeof client);
	memset(&server, 0, sizeof server);
	who.User = (unsigned char *)user;
	who.UserLength = (uint32_t)strlen(user);
	who.Domain = (unsigned char *)domain;
	who.DomainLength = (uint32_t)strlen(domain);
	who.Password = (unsigned char *)password;
	who.PasswordLength = (uint32_t)strlen(password);
	who.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
	TRY(SSPI(AcquireCredentialsHandleA)(NULL, package, SECPKG_CRED_OUTBOUND, NULL, &who, NULL, NULL, &cred, &expiry),
	    SEC_E_OK);
	TRY(SSPI(AcquireCredentialsHandleA)(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL, &server_cred,
	    &expiry), SEC_E_OK);
	TRY(SSPI(InitializeSecurityContextA)(&cred, NULL, target, WANTS, 0, SECURITY_NATIVE_DREP, NULL, 0, &client, &up,
	    &granted, &expiry), SEC_I_CONTINUE_NEEDED);
	TRY(SSPI(AcceptSecurityContext)(&server_cred, NULL, &up, SERVER_WANTS, SECURITY_NATIVE_DREP, &server, &down,
	    &granted, &expiry), SEC_I_CONTINUE_NEEDED);
	wrong = server_told(&server);
	if (wrong)
		return wrong;
	up_buffer.cbBuffer = sizeof a;
	TRY(SSPI(InitializeSecurityContextA)(&cred, &client, target, WANTS, 0, SECURITY_NATIVE_DREP, &down, 0, &client,
	    &up, &granted, &expiry), SEC_E_OK);
	down_buffer.cbBuffer = sizeof b;
	TRY(SSPI(AcceptSecurityContext)(&server_cred, &server, &up, SERVER_WANTS, SECURITY_NATIVE_DREP, &server, &down,
	    &granted, &expiry), SERVER_LAST);
	wrong = server_ended(&server, &down);
	if (!wrong)
		wrong = beside_sealed(&client, &server);
	SSPI(DeleteSecurityContext)(&client);
	SSPI(DeleteSecurityContext)(&server);
	SSPI(FreeCredentialsHandle)(&cred);
	SSPI(FreeCredentialsHandle)(&server_cred);
	return wrong;
}
#endif

#endif
