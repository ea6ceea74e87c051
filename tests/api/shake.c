/*
 * shake.c - a handshake of two sides.
 */
#include "tests/api/shake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 20000u

static unsigned char *
text(const char *t)
{
	return (unsigned char *)(uintptr_t)t;
}

SECURITY_STATUS
side_client(struct side *s, const char *package, const char *user, const char *password, const char *list)
{
	SEC_WINNT_AUTH_IDENTITY_EXA id = {
		.Version = SEC_WINNT_AUTH_IDENTITY_VERSION, .Length = sizeof id, .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
		.User = text(user), .UserLength = user ? (ULONG)strlen(user) : 0,
		.Password = text(password), .PasswordLength = password ? (ULONG)strlen(password) : 0,
		.PackageList = text(list), .PackageListLength = list ? (ULONG)strlen(list) : 0,
	};

	*s = (struct side){ .wants = ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY | ISC_REQ_SEQUENCE_DETECT, .target = "svc/good" };
	return s->status = AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)package, SECPKG_CRED_OUTBOUND, NULL, user ? &id : NULL, NULL,
	    NULL, &s->cred, NULL);
}

SECURITY_STATUS
side_server(struct side *s, const char *package, const char *principal)
{
	*s = (struct side){ .server = true, .wants = ASC_REQ_CONFIDENTIALITY | ASC_REQ_INTEGRITY };
	return s->status = AcquireCredentialsHandleA((char *)(uintptr_t)principal, (char *)(uintptr_t)package, SECPKG_CRED_INBOUND, NULL,
	    NULL, NULL, NULL, &s->cred, NULL);
}

static SECURITY_STATUS
leg_async(struct side *s, SecBufferDesc *in, SecBufferDesc *out)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	CtxtHandle *had = s->has ? &s->ctx : NULL;
	SECURITY_STATUS status;

	if (!a)
		abort();
	status = s->server ? SspiAcceptSecurityContextAsync(a, &s->cred, had, in, s->wants, SECURITY_NATIVE_DREP, &s->ctx, out,
	    &s->attr, NULL) : SspiInitializeSecurityContextAsyncA(a, &s->cred, had, (char *)(uintptr_t)s->target, s->wants, 0,
	    SECURITY_NATIVE_DREP, in, 0, &s->ctx, out, &s->attr, NULL);
	if (status == SEC_E_OK)
		status = api_wait(a, NULL, WAIT_MS);
	SspiFreeAsyncContext(a);
	return status;
}

SECURITY_STATUS
side_leg(struct side *s, const uint8_t *in, ULONG len)
{
	uint8_t *copy = malloc(len ? len : 1);		/* so that a step over its end is seen */
	SecBuffer ib = { len, SECBUFFER_TOKEN, copy }, ob = { sizeof s->token, SECBUFFER_TOKEN, s->token };
	SecBufferDesc id = { SECBUFFER_VERSION, 1, &ib }, od = { SECBUFFER_VERSION, 1, &ob };
	SecBufferDesc *told = len || s->server ? &id : NULL;
	CtxtHandle *had = s->has ? &s->ctx : NULL;

	if (!copy)
		abort();
	if (len)
		memcpy(copy, in, len);
	s->legs++;
	if (s->async)
		s->status = leg_async(s, told, &od);
	else if (s->server)
		s->status = AcceptSecurityContext(&s->cred, had, &id, s->wants, SECURITY_NATIVE_DREP, &s->ctx, &od, &s->attr, NULL);
	else
		s->status = InitializeSecurityContextA(&s->cred, had, (char *)(uintptr_t)s->target, s->wants, 0,
		    SECURITY_NATIVE_DREP, told, 0, &s->ctx, &od, &s->attr, NULL);
	free(copy);
	s->len = s->status >= 0 ? ob.cbBuffer : 0;
	s->error_len = s->status < 0 ? ob.cbBuffer : 0;
	if (s->status >= 0)
		s->has = true;
	return s->status;
}

void
side_again(struct side *s)
{
	if (s->has)
		DeleteSecurityContext(&s->ctx);
	s->has = false;
	s->legs = 0;
	s->len = 0;
}

void
side_leave(struct side *s)
{
	side_again(s);
	FreeCredentialsHandle(&s->cred);
}

const char *
side_why(struct side *s)
{
	static char why[8192];
	LPSTR told = NULL;

	why[0] = 0;
	if (OlsaExplain(s->status, s->has ? &s->ctx : NULL, &told) == SEC_E_OK)
		(void)snprintf(why, sizeof why, "%s", told);
	FreeContextBuffer(told);
	return why;
}

bool
shake(struct side *client, struct side *server, middle *edit, void *arg)
{
	unsigned leg = 0;

	(void)side_leg(client, NULL, 0);
	for (;;) {
		struct side *from = leg % 2 ? server : client, *to = leg % 2 ? client : server;

		if (from->status < 0)
			return false;
		if (from->status == SEC_E_OK && to->legs && to->status == SEC_E_OK)
			return true;
		if (edit)
			edit(arg, leg, from->token, &from->len);
		if (!from->len)		/* nobody will ever speak again */
			return false;
		if (to->legs && to->status == SEC_E_OK)
			return false;
		(void)side_leg(to, from->token, from->len);
		leg++;
	}
}

static bool
speak(struct side *from, struct side *to, bool seal)
{
	char data[] = "what is said", token[64];
	SecBuffer b[2] = { { sizeof token, SECBUFFER_TOKEN, token }, { sizeof data, SECBUFFER_DATA, data } };
	SecBufferDesc d = { SECBUFFER_VERSION, 2, b };
	SECURITY_STATUS status = seal ? EncryptMessage(&from->ctx, 0, &d, 0) : MakeSignature(&from->ctx, 0, &d, 0);

	if (status == SEC_E_OK)
		status = seal ? DecryptMessage(&to->ctx, &d, 0, NULL) : VerifySignature(&to->ctx, &d, 0, NULL);
	return status == SEC_E_OK && strcmp(data, "what is said") == 0;
}

bool
shake_speaks(struct side *client, struct side *server)
{
	bool seal = (client->attr & ISC_RET_CONFIDENTIALITY) != 0;

	for (unsigned i = 0; i < 3; i++)
		if (!speak(client, server, false) || !speak(server, client, false) ||
		    (seal && (!speak(client, server, true) || !speak(server, client, true))))
			return false;
	return true;
}
