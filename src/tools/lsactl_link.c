/* SPDX-License-Identifier: MIT */
/*
 * lsactl_link.c - a handle on the LSA. The rank is asked for first; whoever
 * is not given it still may look, and the LSA refuses what he may not do.
 */
#include <ntstatus.h>

#include "tools/lsactl.h"

const char *
link_mode(void)
{
	ULONG mode = OlsaMode();

	return mode == OLSA_MODE_EMBEDDED ? "embedded" : mode == OLSA_MODE_DAEMON ? "daemon" : "unknown";
}

enum end
link_open(const struct run *run, HANDLE *ret_lsa)
{
	static CHAR own_name[] = "lsactl";
	LSA_STRING name = { sizeof own_name - 1, sizeof own_name, own_name };
	LSA_OPERATIONAL_MODE mode;
	NTSTATUS status = LsaRegisterLogonProcess(&name, ret_lsa, &mode);

	/* Refused may be this caller or that server; the second try tells. */
	if (status == STATUS_PORT_CONNECTION_REFUSED || status == STATUS_ACCESS_DENIED)
		status = LsaConnectUntrusted(ret_lsa);
	if (status == STATUS_SUCCESS)
		return END_OK;
	(void)fault_status(run, status, "the LSA cannot be reached", status == STATUS_OBJECT_NAME_NOT_FOUND ?
	    "start lsad, or name its socket in OPENLSA_SOCKET" : NULL);
	return END_NO_LSA;
}

void
link_close(HANDLE lsa)
{
	(void)LsaDeregisterLogonProcess(lsa);
}
