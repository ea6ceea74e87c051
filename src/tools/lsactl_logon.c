/* SPDX-License-Identifier: MIT */
/*
 * lsactl_logon.c - test-auth: an NTLM handshake with oneself, as a client
 * with a password and as the server that checks it.
 */
#include <stdio.h>
#include <string.h>

#include "tools/json.h"
#include "tools/lsactl.h"
#include "tools/password.h"

#define LEGS_MOST 8

/* The two sides; a handle that is invalid is not there. */
struct sides {
	CredHandle client_cred, server_cred;
	CtxtHandle client, server;
	bool has_client, has_server;
};

static void
sides_drop(struct sides *s)
{
	if (s->has_client)
		(void)DeleteSecurityContext(&s->client);
	if (s->has_server)
		(void)DeleteSecurityContext(&s->server);
	if (SecIsValidHandle(&s->client_cred))
		(void)FreeCredentialsHandle(&s->client_cred);
	if (SecIsValidHandle(&s->server_cred))
		(void)FreeCredentialsHandle(&s->server_cred);
}

static SECURITY_STATUS
sides_open(struct sides *s, char *name, struct password *password)
{
	static SEC_CHAR package[] = "NTLM";
	char *user = strchr(name, '\\'), *domain = user ? name : name + strlen(name);
	SEC_WINNT_AUTH_IDENTITY_A who = { .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
	SECURITY_STATUS status;

	*s = (struct sides){ .has_client = false };
	SecInvalidateHandle(&s->client_cred);
	SecInvalidateHandle(&s->server_cred);
	who.User = (unsigned char *)(user ? user + 1 : name);
	who.UserLength = (ULONG)strlen(user ? user + 1 : name);
	who.Domain = (unsigned char *)domain;
	who.DomainLength = user ? (ULONG)(user - name) : 0;
	who.Password = (unsigned char *)password->text;
	who.PasswordLength = (ULONG)strlen(password->text);
	status = AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_OUTBOUND, NULL, &who, NULL, NULL,
	    &s->client_cred, NULL);
	if (status == SEC_E_OK)
		status = AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
		    &s->server_cred, NULL);
	return status;
}

static SECURITY_STATUS
client_leg(struct sides *s, SecBuffer *token)
{
	SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, token }, out_desc = { SECBUFFER_VERSION, 1, &out };
	SECURITY_STATUS status;
	ULONG granted;

	status = InitializeSecurityContextA(&s->client_cred, s->has_client ? &s->client : NULL, NULL,
	    ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY, 0, SECURITY_NATIVE_DREP,
	    s->has_client ? &in_desc : NULL, 0, &s->client, &out_desc, &granted, NULL);
	s->has_client = s->has_client || status >= 0;
	if (status >= 0) {
		(void)FreeContextBuffer(token->pvBuffer);
		*token = out;
	}
	return status;
}

static SECURITY_STATUS
server_leg(struct sides *s, SecBuffer *token)
{
	SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, token }, out_desc = { SECBUFFER_VERSION, 1, &out };
	SECURITY_STATUS status;
	ULONG granted;

	status = AcceptSecurityContext(&s->server_cred, s->has_server ? &s->server : NULL, &in_desc,
	    ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_CONFIDENTIALITY | ASC_REQ_INTEGRITY, SECURITY_NATIVE_DREP, &s->server,
	    &out_desc, &granted, NULL);
	s->has_server = s->has_server || status >= 0;
	if (status >= 0) {
		(void)FreeContextBuffer(token->pvBuffer);
		*token = out;
	}
	return status;
}

/* Leg by leg until the server has decided. */
static SECURITY_STATUS
handshake(struct sides *s)
{
	SecBuffer token = { 0, SECBUFFER_TOKEN, NULL };
	SECURITY_STATUS status = SEC_E_INTERNAL_ERROR;

	for (unsigned i = 0; i < LEGS_MOST; i++) {
		status = client_leg(s, &token);
		if (status >= 0)
			status = server_leg(s, &token);
		if (status != SEC_I_CONTINUE_NEEDED)
			break;
	}
	(void)FreeContextBuffer(token.pvBuffer);
	return status;
}

static void
logon_say(const struct run *run, const OlsaLogonInfo *logon)
{
	char session[32];

	(void)snprintf(session, sizeof session, "%x:%x", (unsigned)logon->LogonId.HighPart, logon->LogonId.LowPart);
	if (run->json) {
		struct json j = { 0 };

		json_begin(&j, NULL, '{');
		json_bool(&j, "ok", true);
		json_text(&j, "user", logon->User);
		json_text(&j, "domain", logon->Domain);
		json_text(&j, "sid", logon->Sid);
		json_text(&j, "logon_session", session);
		json_text(&j, "package", "NTLM");
		json_text(&j, "mode", link_mode());
		json_end(&j, '}');
	} else if (!run->quiet) {
		fputs("user            ", stdout);
		say_text(logon->Domain);
		putchar('\\');
		say_text(logon->User);
		printf("\nSID             %s\nlogon session   %s\npackage         NTLM (%s)\n", logon->Sid, session, link_mode());
	}
}

enum end
logon_test(const struct run *run, char **args, int count)
{
	struct password password;
	struct sides sides;
	OlsaLogonInfo logon;
	const char *fault = password_read(&password, "Password: ", false);
	SECURITY_STATUS status;
	HANDLE lsa;
	enum end end;

	(void)count;
	if (fault) {
		password_drop(&password);
		return fault_plain(run, END_FAILED, fault, "no logon was tried");
	}
	/* So that an LSA that cannot be reached is told from a logon that is denied. */
	end = link_open(run, &lsa);
	if (end != END_OK) {
		password_drop(&password);
		return end;
	}
	status = sides_open(&sides, args[0], &password);
	password_drop(&password);
	if (status == SEC_E_OK)
		status = handshake(&sides);
	if (status == SEC_E_OK)
		status = QueryContextAttributesA(&sides.server, OLSA_ATTR_LOGON, &logon);
	if (status == SEC_E_OK) {
		logon_say(run, &logon);
		(void)FreeContextBuffer(logon.User);
		(void)FreeContextBuffer(logon.Domain);
		(void)FreeContextBuffer(logon.Sid);
	} else {
		end = fault_status(run, status, "the logon failed", NULL);
	}
	sides_drop(&sides);
	link_close(lsa);
	return end;
}
