/*
 * kerb_accept.c - the acceptor's legs: not in this build.
 */
#include "pkg/kerberos/kerb_lsa.h"

NTSTATUS
kerb_accept_ready(struct call *call, const struct kerb_cred *cred)
{
	(void)cred;
	return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER, "Kerberos accepts no contexts in this build");
}

NTSTATUS
kerb_accept(struct call *call, const struct leg_args *args, struct leg_result *ret)
{
	(void)args;
	(void)ret;
	return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "Kerberos accepts no contexts in this build");
}

void
kerb_accept_forget(void *acceptor)
{
	(void)acceptor;
}
