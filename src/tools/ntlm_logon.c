/* SPDX-License-Identifier: MIT */
/*
 * ntlm_logon.c - MSV1_0_LM20_LOGON and MSV1_0_INTERACTIVE_LOGON as network
 * logons. The token that comes of it is closed at once: what is wanted is the
 * verdict, and the key.
 */
#include "tools/ntlm_logon.h"

#include <windows.h>
#include <ntstatus.h>
#include <openlsa.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/wide.h"

#define LOGON_NAME	"lsa-ntlm-auth"

static HANDLE lsa;
static ULONG package;

void
session_key_show(char ret_text[2 * SESSION_KEY_LEN + 1], const unsigned char key[SESSION_KEY_LEN])
{
	for (size_t i = 0; i < SESSION_KEY_LEN; i++)
		(void)snprintf(ret_text + 2 * i, 3, "%02X", key[i]);
}

/* --- the line ------------------------------------------------------------------ */

static void
hang_up(void)
{
	if (lsa)
		(void)LsaDeregisterLogonProcess(lsa);
	lsa = NULL;
}

/* As a logon process where that is granted; who is none may still bring passwords. */
static NTSTATUS
reach(bool as_server)
{
	LSA_STRING name = { sizeof LOGON_NAME - 1, sizeof LOGON_NAME - 1, (PCHAR)(uintptr_t)LOGON_NAME };
	LSA_STRING msv = { sizeof MSV1_0_PACKAGE_NAME - 1, sizeof MSV1_0_PACKAGE_NAME - 1, (PCHAR)(uintptr_t)MSV1_0_PACKAGE_NAME };
	LSA_OPERATIONAL_MODE mode;
	NTSTATUS status;

	if (lsa)
		return 0;
	status = LsaRegisterLogonProcess(&name, &lsa, &mode);
	if (status == STATUS_PORT_CONNECTION_REFUSED && !as_server)
		status = LsaConnectUntrusted(&lsa);
	if (status != 0) {
		lsa = NULL;
		return status;
	}
	status = LsaLookupAuthenticationPackage(lsa, &msv, &package);
	if (status != 0)
		hang_up();
	return status;
}

/* --- buffers --------------------------------------------------------------------- */

/* A structure and what its strings point to, in one block. */
struct block {
	size_t len, room;
	_Alignas(16) unsigned char at[];
};

static struct block *
block_new(const struct ntlm_logon *l, size_t fixed)
{
	size_t room = fixed + 3 * sizeof(((struct wide *)0)->text) + l->nt_len + l->lm_len;
	struct block *b = calloc(1, sizeof *b + room);

	if (b) {
		b->room = room;
		b->len = fixed;
	}
	return b;
}

static void
block_drop(struct block *b)
{
	if (b)
		explicit_bzero(b->at, b->room);
	free(b);
}

static void
put_bytes(struct block *b, PCHAR *ret_buffer, USHORT *ret_len, const void *bytes, size_t len)
{
	if (len)
		memcpy(b->at + b->len, bytes, len);
	*ret_buffer = (PCHAR)b->at + b->len;
	*ret_len = (USHORT)len;
	b->len += len;
}

static bool
put_text(struct block *b, UNICODE_STRING *ret_string, const char *text)
{
	struct wide wide;
	bool good = wide_of(&wide, text);

	if (good) {
		put_bytes(b, (PCHAR *)(void *)&ret_string->Buffer, &ret_string->Length, wide.text, wide.s.Length);
		ret_string->MaximumLength = ret_string->Length;
	}
	explicit_bzero(&wide, sizeof wide);
	return good;
}

static struct block *
by_password(const struct ntlm_logon *l)
{
	struct block *b = block_new(l, sizeof(MSV1_0_INTERACTIVE_LOGON));
	MSV1_0_INTERACTIVE_LOGON *m = b ? (void *)b->at : NULL;

	if (!b)
		return NULL;
	m->MessageType = MsV1_0InteractiveLogon;
	if (put_text(b, &m->LogonDomainName, l->domain) && put_text(b, &m->UserName, l->user) &&
	    put_text(b, &m->Password, l->password))
		return b;
	block_drop(b);
	return NULL;
}

static struct block *
by_response(const struct ntlm_logon *l)
{
	struct block *b = block_new(l, sizeof(MSV1_0_LM20_LOGON));
	MSV1_0_LM20_LOGON *m = b ? (void *)b->at : NULL;
	STRING *nt = m ? &m->CaseSensitiveChallengeResponse : NULL, *lm = m ? &m->CaseInsensitiveChallengeResponse : NULL;

	if (!b)
		return NULL;
	m->MessageType = MsV1_0NetworkLogon;
	m->ParameterControl = l->mschapv2 ? MSV1_0_ALLOW_MSVCHAPV2 : 0;
	memcpy(m->ChallengeToClient, l->challenge, sizeof l->challenge);
	put_bytes(b, &nt->Buffer, &nt->Length, l->nt, l->nt_len);
	put_bytes(b, &lm->Buffer, &lm->Length, l->lm, l->lm_len);
	if (put_text(b, &m->LogonDomainName, l->domain) && put_text(b, &m->UserName, l->user) &&
	    put_text(b, &m->Workstation, l->workstation))
		return b;
	block_drop(b);
	return NULL;
}

/* --- the logon ------------------------------------------------------------------------ */

static NTSTATUS
try_it(struct block *b, unsigned char ret_key[SESSION_KEY_LEN])
{
	LSA_STRING origin = { sizeof LOGON_NAME - 1, sizeof LOGON_NAME - 1, (PCHAR)(uintptr_t)LOGON_NAME };
	TOKEN_SOURCE source = { { 'n', 't', 'l', 'm', 'a', 'u', 't', 'h' }, { 0, 0 } };
	MSV1_0_LM20_LOGON_PROFILE *profile = NULL;
	QUOTA_LIMITS quotas;
	HANDLE token = NULL;
	ULONG len = 0;
	LUID luid;
	NTSTATUS status, substatus = 0;

	status = LsaLogonUser(lsa, &origin, Network, package, b->at, (ULONG)b->len, NULL, &source, (PVOID *)&profile, &len, &luid,
	    &token, &quotas, &substatus);
	/* An unknown name and a wrong password stay one, as for every peer. */
	if (status != 0)
		return status == STATUS_ACCOUNT_RESTRICTION && substatus ? substatus : status;
	if (len >= sizeof *profile && profile->MessageType == MsV1_0Lm20LogonProfile)
		memcpy(ret_key, profile->UserSessionKey, SESSION_KEY_LEN);
	(void)LsaFreeReturnBuffer(profile);
	(void)CloseHandle(token);
	return 0;
}

int
ntlm_log_on(const struct ntlm_logon *l, unsigned char ret_key[SESSION_KEY_LEN])
{
	struct block *b = l->password ? by_password(l) : by_response(l);
	NTSTATUS status;

	memset(ret_key, 0, SESSION_KEY_LEN);
	if (!b)
		return STATUS_LOGON_FAILURE;		/* no text, or too much of it: nobody is called so */
	status = reach(!l->password);
	if (status == 0)
		status = try_it(b, ret_key);
	if (status == STATUS_PORT_DISCONNECTED) {	/* lsad was started anew: once more */
		hang_up();
		status = reach(!l->password);
		if (status == 0)
			status = try_it(b, ret_key);
	}
	block_drop(b);
	return status;
}
