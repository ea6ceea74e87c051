/* SPDX-License-Identifier: MIT */
/*
 * sspi-client.c - the classic client: a handshake over TCP, then sealed
 * messages. As it would be written on Windows; sspi-server.c is its peer.
 *
 *     sspi-client HOST PORT DOMAIN USER < password-line
 */
#define SECURITY_WIN32
#include "sspi-sock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sspi.h>

static CredHandle cred;
static CtxtHandle ctx;
static BOOL have_ctx;
static BYTE buffer[MESSAGE_MOST];

static int
Fail(const char *what, SECURITY_STATUS status)
{
	fprintf(stderr, "sspi-client: %s: 0x%08X\n", what, (unsigned)status);
	return 1;
}

static SOCKET
Connect(const char *host, const char *port)
{
	struct sockaddr_in to;
	SOCKET s = socket(AF_INET, SOCK_STREAM, 0);

	memset(&to, 0, sizeof to);
	to.sin_family = AF_INET;
	to.sin_port = htons((USHORT)strtoul(port, NULL, 10));
	to.sin_addr.s_addr = inet_addr(host);
	if (s != INVALID_SOCKET && connect(s, (struct sockaddr *)&to, sizeof to) == 0)
		return s;
	if (s != INVALID_SOCKET)
		close_socket(s);
	return INVALID_SOCKET;
}

static SECURITY_STATUS
Acquire(char *domain, char *user)
{
	SEC_WINNT_AUTH_IDENTITY who;
	SECURITY_STATUS status;
	TimeStamp expiry;
	char password[1026];

	setvbuf(stdin, NULL, _IONBF, 0);	/* no copy of it stays behind */
	if (!fgets(password, sizeof password, stdin))
		return SEC_E_NO_CREDENTIALS;
	password[strcspn(password, "\n")] = '\0';
	memset(&who, 0, sizeof who);
	who.User = (unsigned char *)user;
	who.UserLength = (ULONG)strlen(user);
	who.Domain = (unsigned char *)domain;
	who.DomainLength = (ULONG)strlen(domain);
	who.Password = (unsigned char *)password;
	who.PasswordLength = (ULONG)strlen(password);
	who.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
	status = AcquireCredentialsHandle(NULL, TEXT("NTLM"), SECPKG_CRED_OUTBOUND, NULL, &who, NULL, NULL,
	    &cred, &expiry);
	explicit_bzero(password, sizeof password);
	return status;
}

/* Sends what a leg produces, feeds it what the peer says, until both are done. */
static SECURITY_STATUS
Authenticate(SOCKET s)
{
	SECURITY_STATUS status;
	SecBuffer in, out;
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in }, out_desc = { SECBUFFER_VERSION, 1, &out };
	ULONG granted, len = 0;
	TimeStamp expiry;

	do {
		in.BufferType = SECBUFFER_TOKEN;
		in.cbBuffer = len;
		in.pvBuffer = buffer;
		out.BufferType = SECBUFFER_TOKEN;
		out.cbBuffer = 0;
		out.pvBuffer = NULL;
		status = InitializeSecurityContext(&cred, have_ctx ? &ctx : NULL, TEXT("sample/localhost"),
		    ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_CONFIDENTIALITY | ISC_REQ_REPLAY_DETECT, 0, SECURITY_NATIVE_DREP,
		    have_ctx ? &in_desc : NULL, 0, &ctx, &out_desc, &granted, &expiry);
		if (status < 0)
			return status;
		have_ctx = TRUE;
		if (out.cbBuffer && !SendMessageBytes(s, out.pvBuffer, out.cbBuffer))
			status = SEC_E_INTERNAL_ERROR;
		FreeContextBuffer(out.pvBuffer);
		if (status == SEC_I_CONTINUE_NEEDED && !ReceiveMessageBytes(s, buffer, sizeof buffer, &len))
			status = SEC_E_LOGON_DENIED;	/* the server has hung up */
	} while (status == SEC_I_CONTINUE_NEEDED);
	if (status == SEC_E_OK && !(granted & ISC_RET_CONFIDENTIALITY))
		status = SEC_E_SECURITY_QOS_FAILED;
	return status;
}

/* TOKEN, then DATA, is what goes over the wire. */
static SECURITY_STATUS
SendSealed(SOCKET s, const char *text)
{
	SecPkgContext_Sizes sizes;
	SecBuffer parts[2];
	SecBufferDesc message = { SECBUFFER_VERSION, 2, parts };
	SECURITY_STATUS status = QueryContextAttributes(&ctx, SECPKG_ATTR_SIZES, &sizes);
	ULONG len = (ULONG)strlen(text);

	if (status != SEC_E_OK)
		return status;
	if (len > sizeof buffer - sizes.cbSecurityTrailer)
		return SEC_E_BUFFER_TOO_SMALL;
	parts[0].BufferType = SECBUFFER_TOKEN;
	parts[0].cbBuffer = sizes.cbSecurityTrailer;
	parts[0].pvBuffer = buffer;
	parts[1].BufferType = SECBUFFER_DATA;
	parts[1].cbBuffer = len;
	parts[1].pvBuffer = buffer + sizes.cbSecurityTrailer;
	memcpy(parts[1].pvBuffer, text, len);
	status = EncryptMessage(&ctx, 0, &message, 0);
	if (status != SEC_E_OK)
		return status;
	memmove(buffer + parts[0].cbBuffer, parts[1].pvBuffer, len);
	return SendMessageBytes(s, buffer, parts[0].cbBuffer + len) ? SEC_E_OK : SEC_E_INTERNAL_ERROR;
}

/* The whole message as a STREAM; DATA then points into it. */
static SECURITY_STATUS
PrintSealed(SOCKET s)
{
	SecBuffer parts[2];
	SecBufferDesc message = { SECBUFFER_VERSION, 2, parts };
	SECURITY_STATUS status;
	ULONG len, qop;

	if (!ReceiveMessageBytes(s, buffer, sizeof buffer, &len))
		return SEC_E_INCOMPLETE_MESSAGE;
	parts[0].BufferType = SECBUFFER_STREAM;
	parts[0].cbBuffer = len;
	parts[0].pvBuffer = buffer;
	parts[1].BufferType = SECBUFFER_DATA;
	parts[1].cbBuffer = 0;
	parts[1].pvBuffer = NULL;
	status = DecryptMessage(&ctx, &message, 0, &qop);
	if (status == SEC_E_OK)
		printf("server says: %.*s\n", (int)parts[1].cbBuffer, (const char *)parts[1].pvBuffer);
	return status;
}

int
main(int argc, char **argv)
{
	static const char *const lines[] = { "hello", "this line is sealed", "so is this one" };
	SECURITY_STATUS status;
	SOCKET s;

	if (argc != 5) {
		fputs("usage: sspi-client ADDRESS PORT DOMAIN USER    (the password: a line of standard input)\n", stderr);
		return 2;
	}
	if (!StartSockets())
		return Fail("sockets", 0);
	status = Acquire(argv[3], argv[4]);
	if (status != SEC_E_OK)
		return Fail("AcquireCredentialsHandle", status);
	s = Connect(argv[1], argv[2]);
	if (s == INVALID_SOCKET) {
		FreeCredentialsHandle(&cred);
		return Fail("the server does not answer", 0);
	}
	status = Authenticate(s);
	for (int i = 0; i < 3 && status == SEC_E_OK; i++) {
		status = SendSealed(s, lines[i]);
		if (status == SEC_E_OK)
			status = PrintSealed(s);
	}
	close_socket(s);
	if (have_ctx)
		DeleteSecurityContext(&ctx);
	FreeCredentialsHandle(&cred);
	return status == SEC_E_OK ? 0 : Fail("no sealed conversation", status);
}
