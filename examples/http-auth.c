/* SPDX-License-Identifier: MIT */
/*
 * http-auth.c - see http-auth.h. What a Windows server does with
 * AcceptSecurityContext, without ever waiting in it.
 */
#include "http-auth.h"

#include <stdio.h>
#include <string.h>

bool auth_decode;

/* --- telling ------------------------------------------------------------------- */

static void
token_tell(const char *direction, const SecBuffer *token)
{
	LPSTR text;

	if (!auth_decode || !token->cbBuffer)
		return;
	printf("%s, %u bytes\n", direction, token->cbBuffer);
	if (OlsaDecodeToken(token->pvBuffer, token->cbBuffer, OLSA_DECODE_TREE, &text) != SEC_E_OK) {
		puts("  not a token that is known here");
		return;
	}
	printf("%s", text);
	(void)FreeContextBuffer(text);
}

/* For the one who runs the server; the peer learns nothing of it. */
static void
denial_tell(struct auth *a, SECURITY_STATUS status)
{
	const char *name = OlsaStatusName(status);
	LPSTR text = NULL;

	fprintf(stderr, "denied: %s (0x%08X)\n", name ? name : "a status without a name", (unsigned)status);
	if (OlsaExplain(status, a->has_ctx ? &a->ctx : NULL, &text) == SEC_E_OK)
		fprintf(stderr, "%s", text);
	(void)FreeContextBuffer(text);
}

/* A name on a terminal: no character that means something there. */
static void
name_tell(const char *name)
{
	for (; *name; name++)
		putchar((unsigned char)*name < 0x20 || *name == 0x7F ? '?' : *name);
}

static void
logon_tell(const OlsaLogonInfo *logon)
{
	fputs("accepted: ", stdout);
	name_tell(logon->Domain);
	putchar('\\');
	name_tell(logon->User);
	printf(", SID %s, logon session %x:%x\n", logon->Sid, (unsigned)logon->LogonId.HighPart, logon->LogonId.LowPart);
}

/* --- the handshake --------------------------------------------------------------- */

/* A call without callback is nobody's to wait for: freed at once, it deletes all the same. */
void
auth_reset(struct auth *a)
{
	SspiAsyncContext *call = a->has_ctx ? SspiCreateAsyncContext() : NULL;

	if (a->has_ctx && (!call || SspiDeleteSecurityContextAsync(call, &a->ctx) != SEC_E_OK))
		(void)DeleteSecurityContext(&a->ctx);
	SspiFreeAsyncContext(call);
	a->has_ctx = a->granted = false;
	(void)FreeContextBuffer(a->logon.User);
	(void)FreeContextBuffer(a->logon.Domain);
	(void)FreeContextBuffer(a->logon.Sid);
	a->logon = (OlsaLogonInfo){ .User = NULL };
}

/* The callback: on the loop's thread, out of OlsaSspiAsyncDispatch. */
static void
leg_ended(SspiAsyncContext *call, void *data)
{
	struct auth *a = data;
	SECURITY_STATUS status = SspiGetAsyncCallStatus(call);
	void *token;

	a->pending = false;
	(void)SspiReinitAsyncContext(call);	/* ready for the next leg */
	a->has_ctx = a->has_ctx || status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED;
	if (status == SEC_E_OK)
		status = QueryContextAttributesA(&a->ctx, OLSA_ATTR_LOGON, &a->logon);
	a->granted = status == SEC_E_OK;
	if (a->granted) {
		token_tell("server -> client", &a->token_out);
		logon_tell(&a->logon);
	} else if (status == SEC_I_CONTINUE_NEEDED) {
		token_tell("server -> client", &a->token_out);
	} else {
		denial_tell(a, status);
		auth_reset(a);
	}
	token = a->token_out.pvBuffer;
	a->ended(a->owner, a->granted ? AUTH_GRANTED : status == SEC_I_CONTINUE_NEEDED ? AUTH_MORE : AUTH_DENIED);
	(void)FreeContextBuffer(token);		/* a may be closed by now, or in its next leg */
}

/* A first leg begins anew; a next one goes on with what is not finished. */
bool
auth_leg(struct auth *a, CredHandle *cred, size_t token_len)
{
	bool next = a->has_ctx && !a->granted;
	SECURITY_STATUS status;

	if (!next)
		auth_reset(a);
	a->token_in = (SecBuffer){ (ULONG)token_len, SECBUFFER_TOKEN, a->token };
	a->token_out = (SecBuffer){ 0, SECBUFFER_TOKEN, NULL };
	a->desc_in = (SecBufferDesc){ SECBUFFER_VERSION, 1, &a->token_in };
	a->desc_out = (SecBufferDesc){ SECBUFFER_VERSION, 1, &a->token_out };
	token_tell("client -> server", &a->token_in);
	status = SspiAcceptSecurityContextAsync(a->call, cred, next ? &a->ctx : NULL, &a->desc_in,
	    ASC_REQ_ALLOCATE_MEMORY, SECURITY_NATIVE_DREP, &a->ctx, &a->desc_out, &a->attributes, NULL);
	a->pending = status == SEC_E_OK;
	if (!a->pending) {
		denial_tell(a, status);
		auth_reset(a);
	}
	return a->pending;
}

bool
auth_open(struct auth *a, OLSA_ASYNC_QUEUE *queue, void (*ended)(void *owner, enum auth_end end), void *owner)
{
	a->ended = ended;
	a->owner = owner;
	a->call = SspiCreateAsyncContext();
	if (!a->call)
		return false;
	if (SspiSetAsyncNotifyCallback(a->call, leg_ended, a) == SEC_E_OK &&
	    OlsaSspiBindAsyncContext(a->call, queue, NULL) == SEC_E_OK)
		return true;
	SspiFreeAsyncContext(a->call);
	a->call = NULL;
	return false;
}

void
auth_close(struct auth *a)
{
	auth_reset(a);
	SspiFreeAsyncContext(a->call);
	a->call = NULL;
}
