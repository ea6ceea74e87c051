/* SPDX-License-Identifier: MIT */
/*
 * sspi-server.c - the classic server: accepts a handshake over TCP, says who
 * it is, and answers each sealed message with a sealed one. As it would be
 * written on Windows; sspi-client.c is its peer. One client, then it ends.
 *
 *     sspi-server PORT          0: any; it says which
 */
#define SECURITY_WIN32
#include "sspi-sock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>
#include <sddl.h>
#include <sspi.h>

static CredHandle cred;
static CtxtHandle ctx;
static BOOL have_ctx;
static BYTE buffer[MESSAGE_MOST];

static int
Fail(const char *what, SECURITY_STATUS status)
{
	fprintf(stderr, "sspi-server: %s: 0x%08X\n", what, (unsigned)status);
	return 1;
}

static SECURITY_STATUS
Authenticate(SOCKET s)
{
	SECURITY_STATUS status;
	SecBuffer in, out;
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in }, out_desc = { SECBUFFER_VERSION, 1, &out };
	ULONG granted, len;
	TimeStamp expiry;

	do {
		if (!ReceiveMessageBytes(s, buffer, sizeof buffer, &len))
			return SEC_E_INCOMPLETE_MESSAGE;
		in.BufferType = SECBUFFER_TOKEN;
		in.cbBuffer = len;
		in.pvBuffer = buffer;
		out.BufferType = SECBUFFER_TOKEN;
		out.cbBuffer = 0;
		out.pvBuffer = NULL;
		status = AcceptSecurityContext(&cred, have_ctx ? &ctx : NULL, &in_desc,
		    ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_CONFIDENTIALITY | ASC_REQ_REPLAY_DETECT, SECURITY_NATIVE_DREP, &ctx,
		    &out_desc, &granted, &expiry);
		if (status < 0)
			return status;
		have_ctx = TRUE;
		if (out.cbBuffer && !SendMessageBytes(s, out.pvBuffer, out.cbBuffer))
			status = SEC_E_INTERNAL_ERROR;
		FreeContextBuffer(out.pvBuffer);
	} while (status == SEC_I_CONTINUE_NEEDED);
	if (status == SEC_E_OK && !(granted & ASC_RET_CONFIDENTIALITY))
		status = SEC_E_SECURITY_QOS_FAILED;
	return status;
}

static SECURITY_STATUS
PrintName(void)
{
	SecPkgContext_NamesA names;
	SECURITY_STATUS status = QueryContextAttributesA(&ctx, SECPKG_ATTR_NAMES, &names);

	if (status == SEC_E_OK) {
		printf("client is %s\n", names.sUserName);
		FreeContextBuffer(names.sUserName);
	}
	return status;
}

/* The context's token, the token's SID, and the name that this SID has here. */
static SECURITY_STATUS
PrintAccount(void)
{
	SECURITY_STATUS status;
	HANDLE token = NULL;
	DWORD len = 0, name_len, domain_len;
	char name[256], domain[256];
	SID_NAME_USE use;
	TOKEN_USER *user;
	LPSTR sid = NULL;

	status = QuerySecurityContextToken(&ctx, &token);
	if (status != SEC_E_OK)
		return status;
	GetTokenInformation(token, TokenUser, NULL, 0, &len);
	user = malloc(len);
	name_len = sizeof name;
	domain_len = sizeof domain;
	if (user && GetTokenInformation(token, TokenUser, user, len, &len) && ConvertSidToStringSidA(user->User.Sid, &sid) &&
	    LookupAccountSidA(NULL, user->User.Sid, name, &name_len, domain, &domain_len, &use))
		printf("client's account is %s\\%s, %s\n", domain, name, sid);
	else
		status = SEC_E_INTERNAL_ERROR;
	LocalFree(sid);
	free(user);
	CloseHandle(token);
	return status;
}

/* Opens one message and seals it again, for the way back. */
static SECURITY_STATUS
Echo(SOCKET s, ULONG len)
{
	static BYTE reply[MESSAGE_MOST];
	SecPkgContext_Sizes sizes;
	SecBuffer parts[2];
	SecBufferDesc message = { SECBUFFER_VERSION, 2, parts };
	SECURITY_STATUS status;
	ULONG qop, text_len;

	parts[0].BufferType = SECBUFFER_STREAM;
	parts[0].cbBuffer = len;
	parts[0].pvBuffer = buffer;
	parts[1].BufferType = SECBUFFER_DATA;
	parts[1].cbBuffer = 0;
	parts[1].pvBuffer = NULL;
	status = DecryptMessage(&ctx, &message, 0, &qop);
	if (status == SEC_E_OK)
		status = QueryContextAttributes(&ctx, SECPKG_ATTR_SIZES, &sizes);
	if (status != SEC_E_OK)
		return status;
	if (qop == SECQOP_WRAP_NO_ENCRYPT)
		return SEC_E_SECURITY_QOS_FAILED;
	text_len = parts[1].cbBuffer;
	printf("client says: %.*s\n", (int)text_len, (const char *)parts[1].pvBuffer);
	if (text_len > sizeof reply - sizes.cbSecurityTrailer)
		return SEC_E_BUFFER_TOO_SMALL;
	memcpy(reply + sizes.cbSecurityTrailer, parts[1].pvBuffer, text_len);
	parts[0].BufferType = SECBUFFER_TOKEN;
	parts[0].cbBuffer = sizes.cbSecurityTrailer;
	parts[0].pvBuffer = reply;
	parts[1].BufferType = SECBUFFER_DATA;
	parts[1].cbBuffer = text_len;
	parts[1].pvBuffer = reply + sizes.cbSecurityTrailer;
	status = EncryptMessage(&ctx, 0, &message, 0);
	if (status != SEC_E_OK)
		return status;
	memmove(reply + parts[0].cbBuffer, parts[1].pvBuffer, text_len);
	return SendMessageBytes(s, reply, parts[0].cbBuffer + text_len) ? SEC_E_OK : SEC_E_INTERNAL_ERROR;
}

int
main(int argc, char **argv)
{
	SECURITY_STATUS status;
	SOCKET listener, s;
	TimeStamp expiry;
	ULONG len;

	if (argc != 2) {
		fputs("usage: sspi-server PORT    (0: any)\n", stderr);
		return 2;
	}
	if (!StartSockets())
		return Fail("sockets", 0);
	status = AcquireCredentialsHandle(NULL, TEXT("NTLM"), SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL, &cred, &expiry);
	if (status != SEC_E_OK)
		return Fail("AcquireCredentialsHandle", status);
	listener = Listen(argv[1]);
	s = listener == INVALID_SOCKET ? INVALID_SOCKET : accept(listener, NULL, NULL);
	if (s == INVALID_SOCKET) {
		FreeCredentialsHandle(&cred);
		return Fail("listen", 0);
	}
	status = Authenticate(s);
	if (status == SEC_E_OK)
		status = PrintName();
	if (status == SEC_E_OK)
		status = PrintAccount();
	while (status == SEC_E_OK && ReceiveMessageBytes(s, buffer, sizeof buffer, &len))
		status = Echo(s, len);
	close_socket(s);
	close_socket(listener);
	if (have_ctx)
		DeleteSecurityContext(&ctx);
	FreeCredentialsHandle(&cred);
	return status == SEC_E_OK ? 0 : Fail("no sealed conversation", status);
}
