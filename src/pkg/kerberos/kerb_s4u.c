/*
 * kerb_s4u.c - S4U2self and S4U2proxy, each one TGS exchange. It must never
 * learn to know legs; whether the service may is the KDC's to say.
 */
#include "pkg/kerberos/kerb_s4u.h"

#include <errno.h>

#include "pkg/kerberos/kerb_k5.h"

/* What an exchange is for. */
struct errand {
	struct call *call;
	krb5_context k5;
	krb5_creds tgt;
	struct kerb_hoard *own;
	krb5_const_principal user, server;
	const char *target, *name;	/* of the service; of the user */
	bool proxy;
};

static bool
in_realm(krb5_const_principal p, const struct kerb_hoard *own)
{
	return !p->realm.length || bytes_same(bytes_of(p->realm.data, p->realm.length), bytes_of_text(own->realm));
}

static NTSTATUS
refused(const struct errand *e, krb5_error_code code)
{
	NTSTATUS status = kerb_k5_status(code);
	const char *words;

	if (status == STATUS_INSUFFICIENT_RESOURCES)
		return status;
	words = kerb_k5_words(e->call, NULL, code);
	if (!e->proxy && (code == KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN || code == KRB5KDC_ERR_CLIENT_REVOKED))
		because(e->call, status = SEC_E_LOGON_DENIED, TO_CALLER, "the KDC of realm %s knows no user %s who may log on: %s",
		    e->own->realm, e->name, words);
	else if (status == SEC_E_TARGET_UNKNOWN)
		because(e->call, status, TO_CALLER, "the KDC of realm %s knows no service %s (asked for %s by %s): %s", e->own->realm,
		    e->target, e->name, e->own->client, words);
	else if (e->proxy)
		because(e->call, status = SEC_E_DELEGATION_POLICY, TO_CALLER,
		    "the KDC of realm %s does not let %s act for %s towards %s: %s; see msDS-AllowedToDelegateTo of the one, and whether "
		    "the other may be delegated", e->own->realm, e->own->client, e->name, e->target, words);
	else
		because(e->call, status = SEC_E_DELEGATION_POLICY, TO_CALLER, "the KDC of realm %s gives %s no ticket for %s: %s",
		    e->own->realm, e->own->client, e->name, words);
	return status;
}

/* The user in whose name it is asked, the service that was asked for, and nobody else. */
static NTSTATUS
take(const struct errand *e, struct kerb_tgs_reply *got, struct kerb_ticket **ret_ticket)
{
	krb5_creds *copy = NULL;
	krb5_error_code code;

	if (!bytes_same(got->client_realm, bytes_of(e->user->realm.data, e->user->realm.length)) ||
	    !kerb_tgs_is(got->client, e->user))
		return because(e->call, SEC_E_DELEGATION_POLICY, TO_CALLER,
		    "the KDC of realm %s gives a ticket for somebody else than %s: it knows nothing of services that ask for users",
		    e->own->realm, e->name);
	if (!kerb_tgs_is(got->server, e->server))
		return because(e->call, SEC_E_TARGET_UNKNOWN, TO_CALLER,
		    "the KDC of realm %s names another service than %s, or another realm, which delegation does not follow", e->own->realm,
		    e->target);
	got->creds.client = (krb5_principal)(uintptr_t)e->user;
	got->creds.server = (krb5_principal)(uintptr_t)e->server;
	code = krb5_copy_creds(e->k5, &got->creds, &copy);
	if (!code && !e->server->realm.length)
		code = krb5_set_principal_realm(e->k5, copy->server, e->own->realm);
	if (code) {
		krb5_free_creds(e->k5, copy);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	*ret_ticket = kerb_hoard_add(NULL, e->target, copy);
	return *ret_ticket ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS
turn(struct errand *e, struct kerb_tgs *x, const krb5_creds *evidence, struct kerb_ticket **ret_ticket)
{
	struct kerb_tgs_ask ask = { .options = TGS_FORWARDABLE, .server = e->server };
	struct kerb_tgs_reply got = { .creds = { .magic = KV5M_CREDS } };
	krb5_error_code code = 0;
	NTSTATUS status;

	if (x->asked) {
		status = kerb_tgs_end(e->call, x, e->k5, &e->tgt, &got, &code);
		return code ? refused(e, code) : status == STATUS_SUCCESS ? take(e, &got, ret_ticket) : status;
	}
	if (evidence) {
		ask.options |= TGS_CNAME_IN_TICKET;
		ask.second = bytes_of(evidence->ticket.data, evidence->ticket.length);
		code = kerb_tgs_pac_options(e->call, &ask.padata);
	} else {
		code = kerb_tgs_for_user(e->call, e->k5, &e->tgt, e->user, &ask.padata);
	}
	status = code ? STATUS_INSUFFICIENT_RESOURCES : kerb_tgs_begin(e->call, x, e->k5, &e->tgt, &ask, &code);
	return code ? refused(e, code) : status;
}

static NTSTATUS
run(struct call *call, struct kerb_tgs *x, struct errand *e, const krb5_creds *evidence, struct kerb_ticket **ret_ticket)
{
	char *name = NULL;
	krb5_error_code code;
	NTSTATUS status;

	e->call = call;
	e->k5 = kerb_k5_take(call);
	if (!e->k5)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (e->own->clock)
		(void)kerb_k5_clock(e->k5, e->own->clock);
	code = krb5_unparse_name(e->k5, e->user, &name);
	if (!code)
		code = kerb_tgs_granting(e->k5, e->own, &e->tgt);
	e->name = name;
	if (code) {
		status = code == ENOMEM ? STATUS_INSUFFICIENT_RESOURCES : because(call, SEC_E_NO_CREDENTIALS, TO_CALLER,
		    "%s has no ticket-granting ticket to ask for others with; run kinit", e->own->client);
	} else {
		/* S4U2self: to who asks, by the name it asks with. */
		if (!e->server)
			e->server = e->tgt.client;
		if (!in_realm(e->user, e->own) || !in_realm(e->server, e->own))
			status = because(call, SEC_E_DELEGATION_POLICY, TO_CALLER,
			    "%s or %s is of another realm than %s: tickets in another's name are asked for in one realm alone", name, e->target,
			    e->own->client);
		else
			status = turn(e, x, evidence, ret_ticket);
		krb5_free_cred_contents(e->k5, &e->tgt);
	}
	krb5_free_unparsed_name(e->k5, name);
	kerb_k5_give(e->k5);
	return status;
}

NTSTATUS
kerb_s4u_self(struct call *call, struct kerb_tgs *x, struct kerb_hoard *own, krb5_const_principal user,
    struct kerb_ticket **ret_ticket)
{
	struct errand e = { .own = own, .user = user, .target = own->client };

	return run(call, x, &e, NULL, ret_ticket);
}

NTSTATUS
kerb_s4u_proxy(struct call *call, struct kerb_tgs *x, struct kerb_hoard *own, const krb5_creds *evidence,
    krb5_const_principal server, const char *target, struct kerb_ticket **ret_ticket)
{
	struct errand e = { .own = own, .user = evidence->client, .server = server, .target = target, .proxy = true };

	return run(call, x, &e, evidence, ret_ticket);
}
