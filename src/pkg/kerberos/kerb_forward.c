/*
 * kerb_forward.c - a forwarded ticket, and KRB-CRED with it.
 */
#include "pkg/kerberos/kerb_forward.h"

#include <errno.h>

#include "pkg/kerberos/kerb_k5.h"

#define OK_AS_DELEGATE		0x00040000u

/* --- KRB-CRED --------------------------------------------------------------------------- */

static NTSTATUS
cred_make(struct call *call, krb5_context k5, const struct kerb_ticket *ticket, krb5_creds *forwarded, struct bytes *ret_cred)
{
	krb5_auth_context auth = NULL;
	krb5_data *out = NULL;
	krb5_error_code code = krb5_auth_con_init(k5, &auth);
	uint8_t *copy;

	/* Without its times and numbers: AP-REQ around it has them. */
	if (!code)
		code = krb5_auth_con_setflags(k5, auth, 0);
	if (!code)
		code = krb5_auth_con_setuseruserkey(k5, auth, &ticket->creds->keyblock);
	if (!code)
		code = krb5_mk_1cred(k5, auth, forwarded, &out, NULL);
	if (auth)
		krb5_auth_con_free(k5, auth);
	if (code)
		return kerb_k5_because(call, k5, code, "the forwarded ticket");
	copy = call_memory(call, out->length);
	if (copy) {
		bytes_copy(copy, out->data, out->length);
		*ret_cred = bytes_of(copy, out->length);
	}
	krb5_free_data(k5, out);
	return copy ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* --- steps -------------------------------------------------------------------------------- */

bool
kerb_forward_fits(struct call *call, const struct kerb_hoard *hoard, const struct kerb_ticket *ticket)
{
	krb5_context k5 = kerb_k5_take(call);
	krb5_creds tgt;
	bool may = (uint32_t)ticket->creds->ticket_flags & OK_AS_DELEGATE, can = false;

	if (k5 && may && kerb_tgs_granting(k5, hoard, &tgt) == 0) {
		can = (uint32_t)tgt.ticket_flags & TGS_FORWARDABLE;
		krb5_free_cred_contents(k5, &tgt);
	}
	kerb_k5_give(k5);
	if (!may)
		because(call, STATUS_SUCCESS, TO_CALLER,
		    "no ticket is delegated: the KDC does not say that %s may act for others (ok-as-delegate)", ticket->target);
	else if (!can)
		because(call, STATUS_SUCCESS, TO_CALLER, "no ticket is delegated: the one of %s may not be forwarded (kinit -f)",
		    hoard->client);
	return can;
}

static NTSTATUS
refused(struct call *call, krb5_error_code code, const struct kerb_hoard *hoard)
{
	if (code == ENOMEM)
		return STATUS_INSUFFICIENT_RESOURCES;
	return because(call, SEC_E_DELEGATION_POLICY, TO_CALLER, "the KDC of realm %s gives no forwarded ticket to %s: %s",
	    hoard->realm, hoard->client, kerb_k5_words(call, NULL, code));
}

static NTSTATUS
take_reply(struct call *call, struct kerb_forward *f, krb5_context k5, krb5_creds *tgt, const struct kerb_hoard *hoard,
    const struct kerb_ticket *ticket, struct bytes *ret_cred)
{
	struct kerb_tgs_reply got = { .creds = { .magic = KV5M_CREDS, .client = tgt->client, .server = tgt->server } };
	krb5_error_code code;
	NTSTATUS status = kerb_tgs_end(call, &f->tgs, k5, tgt, &got, &code);

	if (status == SEC_E_NO_AUTHENTICATING_AUTHORITY)
		return SEC_E_DELEGATION_POLICY;
	if (status == STATUS_SUCCESS && !((uint32_t)got.creds.ticket_flags & TGS_FORWARDED))
		code = KRB5_KDCREP_MODIFIED;
	if (code)
		return refused(call, code, hoard);
	return status == STATUS_SUCCESS ? cred_make(call, k5, ticket, &got.creds, ret_cred) : status;
}

NTSTATUS
kerb_forward(struct call *call, struct kerb_forward *f, struct kerb_hoard *hoard, const struct kerb_ticket *ticket,
    struct bytes *ret_cred)
{
	struct kerb_tgs_ask ask = { .options = TGS_FORWARDABLE | TGS_FORWARDED };
	krb5_context k5 = kerb_k5_take(call);
	krb5_error_code code;
	krb5_creds tgt;
	NTSTATUS status;

	if (!k5)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (hoard->clock)
		(void)kerb_k5_clock(k5, hoard->clock);
	code = kerb_tgs_granting(k5, hoard, &tgt);
	if (code) {
		kerb_k5_give(k5);
		return refused(call, code, hoard);
	}
	if (f->tgs.asked) {
		status = take_reply(call, f, k5, &tgt, hoard, ticket, ret_cred);
	} else {
		ask.server = tgt.server;
		status = kerb_tgs_begin(call, &f->tgs, k5, &tgt, &ask, &code);
		if (code)
			status = refused(call, code, hoard);
		if (status == SEC_E_NO_AUTHENTICATING_AUTHORITY)
			status = SEC_E_DELEGATION_POLICY;
	}
	krb5_free_cred_contents(k5, &tgt);
	kerb_k5_give(k5);
	return status;
}
