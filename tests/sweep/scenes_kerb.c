/*
 * scenes_kerb.c - Kerberos without a KDC: datagrams, and user-to-user as far
 * as the tickets at hand go.
 */
#include "scenes.h"

#include <stdint.h>
#include <string.h>

#include "base/nt.h"
#include <openlsa.h>
#include <security.h>

/* No password is looked at here, so a denial is never an honest answer. */
static enum outcome
refused(SECURITY_STATUS status)
{
	return status == SEC_E_LOGON_DENIED || status == SEC_E_INVALID_TOKEN ? MISLED : status < 0 ? REFUSED : WRONG;
}

/* --- datagrams, user-to-user --------------------------------------------------------- */

struct ends {
	CredHandle cred;
	CtxtHandle client, server;
	bool has_client, has_server;
	char room[2][4096];
	SecBuffer said[2];
	SecBufferDesc desc[2];
};

static SECURITY_STATUS
leg(struct ends *e, bool server, ULONG wants, bool silent)
{
	static char target[] = "host/h@R";
	SecBufferDesc *in = silent ? NULL : &e->desc[!server], *out = &e->desc[server];
	SECURITY_STATUS status;
	ULONG attr;

	e->said[server] = (SecBuffer){ sizeof e->room[server], SECBUFFER_TOKEN, e->room[server] };
	if (server)
		status = AcceptSecurityContext(&e->cred, e->has_server ? &e->server : NULL, in, wants, SECURITY_NATIVE_DREP, &e->server, out,
		    &attr, NULL);
	else
		status = InitializeSecurityContextA(&e->cred, e->has_client ? &e->client : NULL, target, wants, 0, SECURITY_NATIVE_DREP, in,
		    0, &e->client, out, &attr, NULL);
	if (server)
		e->has_server |= status >= 0;
	else
		e->has_client |= status >= 0;
	return status;
}

static enum outcome
ends_run(ULONG wants)
{
	struct ends e = { .has_client = false };
	char kerberos[] = "Kerberos";
	SECURITY_STATUS status;
	enum outcome how;

	for (int i = 0; i < 2; i++)
		e.desc[i] = (SecBufferDesc){ SECBUFFER_VERSION, 1, &e.said[i] };
	status = AcquireCredentialsHandleA(NULL, kerberos, SECPKG_CRED_BOTH, NULL, NULL, NULL, NULL, &e.cred, NULL);
	if (status != SEC_E_OK)
		return refused(status);
	status = leg(&e, false, wants, true);
	if (status == SEC_I_CONTINUE_NEEDED && (wants & ISC_REQ_USE_SESSION_KEY))
		status = leg(&e, true, 0, false);			/* its ticket-granting ticket */
	else if (status == SEC_I_CONTINUE_NEEDED)
		status = leg(&e, false, wants, true) == SEC_E_OK && e.said[0].cbBuffer ? SEC_I_CONTINUE_NEEDED : SEC_E_INSUFFICIENT_MEMORY;
	how = status == SEC_I_CONTINUE_NEEDED ? DONE : refused(status);
	if (how == DONE && (wants & ISC_REQ_USE_SESSION_KEY) && !e.said[1].cbBuffer)
		how = WRONG;
	if (e.has_client)
		(void)DeleteSecurityContext(&e.client);
	if (e.has_server)
		(void)DeleteSecurityContext(&e.server);
	(void)FreeCredentialsHandle(&e.cred);
	return how;
}

enum outcome
scene_user_to_user(void)
{
	enum outcome how = ends_run(ISC_REQ_DATAGRAM | ISC_REQ_INTEGRITY);

	return how == DONE ? ends_run(ISC_REQ_USE_SESSION_KEY | ISC_REQ_MUTUAL_AUTH) : how;
}
