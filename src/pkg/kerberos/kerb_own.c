/*
 * kerb_own.c - the ticket-granting ticket that an acceptor shows to its peer.
 */
#include "pkg/kerberos/kerb_own.h"

#include <sspi.h>

#include "pkg/kerberos/kerb_k5.h"
#include "pkg/kerberos/kerb_tgs.h"
#include "pkg/kerberos/kerb_u2u.h"

static void
own_drop(void *at)
{
	kerb_fetch_drop(at);
}

NTSTATUS
kerb_own_tickets(struct call *call, const struct kerb_cred *cred, struct kerb_hoard **ret_hoard)
{
	struct kerb_fetch *fetch;
	struct kerb_hoard *hoard;
	NTSTATUS status;

	if (cred->is == KERB_NOBODY)
		return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER,
		    "the peer asks for user-to-user: that needs a credential for both uses, which has a ticket-granting ticket");
	fetch = frame(call, sizeof *fetch, own_drop);
	if (!fetch)
		return STATUS_INSUFFICIENT_RESOURCES;
	hoard = fetch->steps ? NULL : kerb_cache_hoard(cred->cache);
	if (kerb_hoard_fits(hoard, cred->is != KERB_TICKETS)) {
		*ret_hoard = hoard;
		return STATUS_SUCCESS;
	}
	kerb_hoard_drop(hoard);
	if (cred->is == KERB_TICKETS)
		return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER, "the ticket-granting ticket of %s has expired; run kinit", cred->client);
	status = kerb_fetch_tgt(call, fetch, cred);
	if (status == STATUS_SUCCESS)
		*ret_hoard = kerb_cache_hoard(cred->cache);
	return status;
}

NTSTATUS
kerb_own_give(struct call *call, struct kerb_hoard *own, struct bytes *ret_token)
{
	struct kerb_frame out = { .user2user = true, .is = KERB_TOKEN_TGT_REP };
	krb5_context k5 = kerb_k5_take(call);
	krb5_creds tgt;
	NTSTATUS status;

	if (!k5)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (kerb_tgs_granting(k5, own, &tgt) != 0) {
		status = because(call, SEC_E_NO_CREDENTIALS, TO_CALLER, "%s has no ticket-granting ticket for a peer to use", own->client);
	} else {
		status = kerb_u2u_reply(call, bytes_of(tgt.ticket.data, tgt.ticket.length), &out.inner);
		if (status == STATUS_SUCCESS)
			status = kerb_frame_give(call, &out, ret_token);
		krb5_free_cred_contents(k5, &tgt);
	}
	kerb_k5_give(k5);
	return status;
}

bool
kerb_own_key(krb5_context k5, const struct kerb_hoard *own, struct kerb_key *ret_key)
{
	krb5_creds tgt;
	bool good;

	if (!own || kerb_tgs_granting(k5, own, &tgt) != 0)
		return false;
	good = tgt.keyblock.length <= sizeof ret_key->b;
	if (good) {
		*ret_key = (struct kerb_key){ .etype = tgt.keyblock.enctype, .len = tgt.keyblock.length };
		bytes_copy(ret_key->b, tgt.keyblock.contents, tgt.keyblock.length);
	}
	krb5_free_cred_contents(k5, &tgt);
	return good;
}
