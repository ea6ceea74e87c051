/*
 * kerb_logon_ticket.c - logons with a service ticket for this machine that
 * somebody brought: KERB_TICKET_LOGON, KERB_TICKET_UNLOCK_LOGON. It never
 * asks a KDC.
 *
 * A ticket is no secret: it goes over the wire in each AP-REQ. Whoever brings
 * one as its owner shows that he knows its session key, by a KRB-CRED under it
 * with his ticket-granting ticket. Only a trusted caller may bring
 * a ticket alone: he answers for where it came from.
 */
#include "pkg/kerberos/kerb_logon.h"

#include <errno.h>

#include "base/time.h"
#include "pkg/kerberos/kerb_host.h"
#include "pkg/kerberos/kerb_k5.h"

#define FIXED_TICKET		32u
#define FIXED_UNLOCK		40u
#define ALLOW_EXPIRED		1u
#define REDIRECTED		2u
#define SKEW_SECONDS		300u

struct submit {
	uint32_t flags;
	struct bytes service, granting;
	uint64_t luid;
};

static bool
submit_take(struct submit *m, struct bytes body)
{
	struct reader r = reader_of(body);
	uint32_t type = reader_u32(&r), service_len, granting_len;
	size_t fixed = type == LOGON_SUBMIT_TICKET_UNLOCK ? FIXED_UNLOCK : FIXED_TICKET;
	uint64_t service_at, granting_at;

	m->flags = reader_u32(&r);
	service_len = reader_u32(&r);
	granting_len = reader_u32(&r);
	service_at = reader_u64(&r);
	granting_at = reader_u64(&r);
	m->luid = type == LOGON_SUBMIT_TICKET_UNLOCK ? reader_u64(&r) : 0;
	m->service = m->granting = BYTES_NONE;
	if (!reader_ok(&r) || !service_len || service_at < fixed || service_at > body.len ||
	    !bytes_part(&m->service, body, (size_t)service_at, service_len))
		return false;
	return !granting_len || (granting_at >= fixed && granting_at <= body.len &&
	    bytes_part(&m->granting, body, (size_t)granting_at, granting_len));
}

/* --- the two tickets ------------------------------------------------------------------ */

static NTSTATUS
timely(struct call *call, const krb5_enc_tkt_part *t, uint32_t flags)
{
	uint64_t now = services(call)->now(call), skew = (uint64_t)SKEW_SECONDS * 10000000u;
	uint32_t start = (uint32_t)(t->times.starttime ? t->times.starttime : t->times.authtime);

	if (t->flags & TKT_FLG_INVALID)
		return because(call, STATUS_LOGON_FAILURE, TO_CALLER, "the ticket is marked as not valid");
	if (time_filetime_of_unix((int64_t)start) > now + skew)
		return because(call, STATUS_LOGON_FAILURE, TO_CALLER, "the ticket is not valid yet");
	if (!(flags & ALLOW_EXPIRED) && time_filetime_of_unix((int64_t)(uint32_t)t->times.endtime) + skew < now)
		return because(call, STATUS_LOGON_FAILURE, TO_CALLER, "the ticket has expired");
	return STATUS_SUCCESS;
}

/* The ticket-granting ticket of the same client, under the session key of the other. */
static NTSTATUS
granting_take(struct call *call, krb5_context k5, const krb5_enc_tkt_part *t, struct bytes message, struct kerb_cache **ret_cache)
{
	krb5_data raw = { .data = (char *)(uintptr_t)message.at, .length = (unsigned)message.len };
	krb5_replay_data order;
	krb5_auth_context auth = NULL;
	krb5_creds **tickets = NULL;
	struct kerb_hoard *hoard = NULL;
	struct kerb_cache *cache = NULL;
	krb5_error_code code = krb5_auth_con_init(k5, &auth);
	bool same;

	if (!code)
		code = krb5_auth_con_setflags(k5, auth, 0);
	if (!code)
		code = krb5_auth_con_setrecvsubkey(k5, auth, t->session);
	if (!code)
		code = krb5_rd_cred(k5, auth, &raw, &tickets, &order);
	krb5_auth_con_free(k5, auth);
	same = !code && tickets && tickets[0] && krb5_principal_compare(k5, tickets[0]->client, t->client);
	if (same)
		code = kerb_hoard_new(&hoard, k5, tickets[0]->client, tickets, 1, 0);
	if (tickets)
		krb5_free_tgt_creds(k5, tickets);
	if (code == ENOMEM)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!hoard)
		return because(call, STATUS_LOGON_FAILURE, TO_CALLER,
		    "the ticket-granting ticket is no KRB-CRED under the service ticket's session key, or another user's");
	cache = kerb_cache_new();
	if (!cache) {
		kerb_hoard_drop(hoard);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	kerb_cache_fill(cache, hoard);
	*ret_cache = cache;
	return STATUS_SUCCESS;
}

/* libkrb5 takes a KRB-CRED in the clear even where a key was given; that would prove nothing. */
static bool
in_the_clear(krb5_context k5, struct bytes message)
{
	krb5_data raw = { .data = (char *)(uintptr_t)message.at, .length = (unsigned)message.len };
	krb5_auth_context auth = NULL;
	krb5_creds **tickets = NULL;
	bool clear = krb5_auth_con_init(k5, &auth) == 0 && krb5_auth_con_setflags(k5, auth, 0) == 0 &&
	    krb5_rd_cred(k5, auth, &raw, &tickets, NULL) == 0;

	if (tickets)
		krb5_free_tgt_creds(k5, tickets);
	krb5_auth_con_free(k5, auth);
	return clear;
}

/* --- the logon ---------------------------------------------------------------------------- */

static void
audit(struct call *call, NTSTATUS status, krb5_const_principal client)
{
	struct bytes user = BYTES_NONE, realm = BYTES_NONE;

	if (client && client->length > 0) {
		user = bytes_of(client->data[0].data, client->data[0].length);
		realm = bytes_of(client->realm.data, client->realm.length);
	}
	services(call)->audit(call, status, realm, user, "Kerberos", 0);
}

static NTSTATUS
opened(struct call *call, krb5_context k5, const struct logon_args *args, const struct submit *m, const krb5_ticket *ticket,
    const struct kerb_key *key, struct logon_result *ret)
{
	const krb5_enc_tkt_part *t = ticket->enc_part2;
	const struct pac_profile *profile = NULL;
	struct kerb_cache *cache = NULL;
	struct logon_view view;
	NTSTATUS status = timely(call, t, m->flags);

	if (status == STATUS_SUCCESS && m->granting.len)
		status = in_the_clear(k5, m->granting) ? because(call, STATUS_LOGON_FAILURE, TO_CALLER,
		    "the ticket-granting ticket came in the clear, which proves nothing") : granting_take(call, k5, t, m->granting, &cache);
	if (status == STATUS_SUCCESS)
		status = kerb_logon_session(call, k5, ticket, key, args, &view, &profile, NULL, ret);
	else if (status == STATUS_LOGON_FAILURE) {
		ret->verdict = status;
		status = STATUS_SUCCESS;
	}
	if (status == STATUS_SUCCESS && ret->verdict != STATUS_SUCCESS)
		audit(call, ret->verdict, t->client);
	if (status == STATUS_SUCCESS && ret->verdict == STATUS_SUCCESS) {
		status = kerb_logon_profile(call, profile, t->session, ret);
		if (status == STATUS_SUCCESS)
			status = kerb_logon_give(call, &view, m->luid, cache, ret);
		else
			services(call)->logoff(view.session);
	}
	kerb_cache_drop(cache);
	return status;
}

static NTSTATUS
allowed(struct call *call, const struct logon_args *args, const struct submit *m, struct logon_result *ret)
{
	ret->verdict = STATUS_SUCCESS;
	if (args->type == LOGON_TYPE_NEW_CREDENTIALS)
		return kerb_logon_verdict(call, ret, STATUS_INVALID_LOGON_TYPE, "a ticket for this machine is no credential for elsewhere");
	if (m->flags & ~(ALLOW_EXPIRED | REDIRECTED))
		return kerb_logon_verdict(call, ret, STATUS_INVALID_PARAMETER, "the flags are not understood");
	if (!args->trusted && !m->granting.len)
		return kerb_logon_verdict(call, ret, STATUS_PRIVILEGE_NOT_HELD,
		    "only a trusted caller may bring a service ticket alone; others show that it is theirs by a KRB-CRED under its session key");
	if (!args->trusted && (m->flags & ALLOW_EXPIRED))
		return kerb_logon_verdict(call, ret, STATUS_PRIVILEGE_NOT_HELD, "only a trusted caller may bring a ticket that has expired");
	return m->luid ? kerb_logon_may_unlock(call, m->luid, ret) : STATUS_SUCCESS;
}

NTSTATUS
kerb_logon_ticket(struct call *call, const struct logon_args *args, struct logon_result *ret)
{
	struct kerb_ring *ring;
	krb5_ticket *ticket = NULL;
	struct kerb_key key;
	char name[KERB_TARGET_MAX];
	struct submit m;
	krb5_context k5;
	NTSTATUS status;

	if (!submit_take(&m, args->body))
		return kerb_logon_verdict(call, ret, STATUS_INVALID_PARAMETER, "the logon buffer is malformed");
	status = allowed(call, args, &m, ret);
	if (status != STATUS_SUCCESS || ret->verdict != STATUS_SUCCESS)
		return status;
	ret->verdict = STATUS_LOGON_FAILURE;
	k5 = kerb_k5_take(call);
	if (!k5)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (krb5_kt_default_name(k5, name, sizeof name) != 0)
		name[0] = 0;
	ring = kerb_keys(call, name);
	status = ring ? kerb_host_decipher(call, k5, ring, m.service, &ticket, &key) :
	    because(call, STATUS_NO_TRUST_LSA_SECRET, TO_CALLER, "this machine has no keys to open tickets with");
	if (status == STATUS_SUCCESS)
		status = opened(call, k5, args, &m, ticket, &key, ret);
	else if (status != STATUS_INSUFFICIENT_RESOURCES) {
		ret->verdict = status == STATUS_TRUSTED_RELATIONSHIP_FAILURE ? STATUS_LOGON_FAILURE :
		    status == STATUS_NO_TRUST_LSA_SECRET || status == STATUS_INVALID_PARAMETER ? status : STATUS_UNSUCCESSFUL;
		audit(call, ret->verdict, NULL);
		status = STATUS_SUCCESS;
	}
	bytes_wipe(&key, sizeof key);
	krb5_free_ticket(k5, ticket);
	kerb_ring_drop(ring);
	kerb_k5_give(k5);
	return status;
}
