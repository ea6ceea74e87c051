/*
 * kerb_msg_get.c - one ticket handed out as bytes: KerbRetrieveTicket (the
 * ticket-granting ticket) and KerbRetrieveEncodedTicket, which may ask the
 * KDC. spec/lsa-logon.md 8.1.
 *
 *     BEGIN -> (service ticket, kerb_tgt.c) -> reply
 */
#include "pkg/kerberos/kerb_msg.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "pkg/kerberos/kerb_init.h"
#include "pkg/kerberos/kerb_k5.h"
#include "pkg/kerberos/kerb_spn.h"
#include "pkg/kerberos/kerb_tgt.h"

#define GET_FIXED	64u
#define TICKET_FIXED	152u		/* KERB_EXTERNAL_TICKET */
#define PARTS_MAX	SPN_PARTS_MAX

enum {					/* KERB_RETRIEVE_TICKET_* */
	DONT_USE_CACHE = 1, USE_CACHE_ONLY = 2, USE_CREDHANDLE = 4, AS_KERB_CRED = 8, WITH_SEC_CRED = 0x10, CACHE_TICKET = 0x20,
	MAX_LIFETIME = 0x40
};

struct get_ask {
	uint64_t luid, cred;
	const char *target;
	uint32_t flags, options;
	int32_t etype;
};

/* A request's own, kept while it waits for the KDC. */
struct get {
	struct kerb_fetch fetch;
	struct kerb_hoard *hoard;
	krb5_principal server;
};

static void
get_drop(void *at)
{
	struct get *g = at;

	kerb_fetch_drop(&g->fetch);
	kerb_hoard_drop(g->hoard);
	krb5_free_principal(NULL, g->server);		/* it looks at no context */
}

/* --- the reply -------------------------------------------------------------------- */

struct name { uint32_t count; uint16_t type; const char *parts[PARTS_MAX]; };

static void
name_of(struct call *call, struct name *n, krb5_const_principal p)
{
	n->type = (uint16_t)p->type;
	n->count = 0;
	for (krb5_int32 i = 0; i < p->length && n->count < PARTS_MAX; i++) {
		char *text = call_memory(call, p->data[i].length + 1u);

		if (text)
			bytes_copy(text, p->data[i].data, p->data[i].length);
		n->parts[n->count++] = text ? text : "";
	}
}

static size_t
name_room(const struct name *n)
{
	return 8 + 16 * (size_t)n->count;
}

static size_t
name_text(const struct name *n)
{
	size_t room = 0;

	for (uint32_t i = 0; i < n->count; i++)
		room += 2 * strlen(n->parts[i]) + 2;
	return room;
}

/* KERB_EXTERNAL_NAME */
static void
name_put(struct kerb_reply *r, const struct name *n)
{
	writer_u16(&r->fixed, n->type);
	writer_u16(&r->fixed, (uint16_t)n->count);
	writer_u32(&r->fixed, 0);
	for (uint32_t i = 0; i < n->count; i++)
		kerb_reply_text(r, n->parts[i]);
}

/* The ticket as a KRB-CRED message in clear, in call memory. */
static krb5_error_code
as_kerb_cred(struct call *call, krb5_context k5, krb5_creds *creds, struct bytes *ret_bytes)
{
	krb5_creds *list[2] = { creds, NULL };
	krb5_auth_context auth = NULL;
	krb5_data *message = NULL;
	krb5_error_code code = krb5_auth_con_init(k5, &auth);
	uint8_t *copy;

	if (!code)
		code = krb5_auth_con_setflags(k5, auth, 0);
	if (!code)
		code = krb5_mk_ncred(k5, auth, list, &message, NULL);
	if (!code) {
		copy = call_memory(call, message->length);
		if (copy)
			bytes_copy(copy, message->data, message->length);
		*ret_bytes = bytes_of(copy, copy ? message->length : 0);
		code = copy ? 0 : ENOMEM;
		bytes_wipe(message->data, message->length);
	}
	krb5_free_data(k5, message);
	krb5_auth_con_free(k5, auth);
	return code;
}

/*
 * Its session key may leave the LSA: a service ticket's to its owner; a ticket-granting one's to those who are trusted.
 * Some KDCs do not tell letters by their case and give such a ticket by another spelling.
 */
static bool
key_may_go(const struct message_args *args, const struct name *service)
{
	return args->trusted || service->count == 0 || strcasecmp(service->parts[0], "krbtgt") != 0;
}

static NTSTATUS
reply_ticket(struct call *call, const struct message_args *args, krb5_creds *creds, const char *target, bool as_cred,
    struct message_result *ret)
{
	static const uint8_t nothing[KERB_KEY_MAX];
	struct bytes ticket = bytes_of(creds->ticket.data, creds->ticket.length);
	struct bytes key = bytes_of(creds->keyblock.contents, creds->keyblock.length);
	struct name service, client, asked = { .type = KRB5_NT_SRV_INST };
	const char *realm = kerb_msg_realm(call, creds->server), *own = kerb_msg_realm(call, creds->client);
	uint64_t names_at[3];
	struct kerb_reply r;
	krb5_context k5;
	size_t room;

	name_of(call, &service, creds->server);
	name_of(call, &client, creds->client);
	asked.parts[0] = target;
	asked.count = 1;
	if (!key_may_go(args, &service)) {
		if (as_cred)
			return kerb_verdict(call, ret, STATUS_ACCESS_DENIED,
			    "only a trusted caller gets the session key of a ticket-granting ticket, which a KRB-CRED would hold");
		key = bytes_of(nothing, key.len < sizeof nothing ? key.len : sizeof nothing);
	}
	if (as_cred) {
		k5 = kerb_k5_take(call);
		if (!k5 || as_kerb_cred(call, k5, creds, &ticket) != 0) {
			kerb_k5_give(k5);
			return STATUS_INSUFFICIENT_RESOURCES;
		}
		kerb_k5_give(k5);
	}
	names_at[0] = TICKET_FIXED;
	names_at[1] = names_at[0] + name_room(&service);
	names_at[2] = names_at[1] + name_room(&asked);
	room = name_text(&service) + name_text(&asked) + name_text(&client) + 4 * strlen(realm) + 2 * strlen(own) + 6 +
	    key.len + ticket.len + 32;
	if (!kerb_reply_begin(&r, call, names_at[2] + name_room(&client), room, 3 * PARTS_MAX + 8))
		return STATUS_INSUFFICIENT_RESOURCES;
	for (unsigned i = 0; i < 3; i++)
		kerb_reply_inside(&r, names_at[i]);	/* ServiceName, TargetName, ClientName */
	kerb_reply_text(&r, realm);			/* DomainName */
	kerb_reply_text(&r, realm);			/* TargetDomainName */
	kerb_reply_text(&r, own);			/* AltTargetDomainName */
	writer_u32(&r.fixed, (uint32_t)creds->keyblock.enctype);
	writer_u32(&r.fixed, (uint32_t)key.len);
	kerb_reply_block(&r, key);
	writer_u32(&r.fixed, (uint32_t)creds->ticket_flags);
	writer_u32(&r.fixed, 0);
	writer_u64(&r.fixed, kerb_filetime((uint32_t)creds->times.endtime));
	writer_u64(&r.fixed, kerb_filetime((uint32_t)(creds->times.starttime ? creds->times.starttime : creds->times.authtime)));
	writer_u64(&r.fixed, kerb_filetime((uint32_t)creds->times.endtime));
	writer_u64(&r.fixed, kerb_filetime((uint32_t)creds->times.renew_till));
	writer_u64(&r.fixed, 0);			/* TimeSkew */
	writer_u32(&r.fixed, (uint32_t)ticket.len);
	writer_u32(&r.fixed, 0);
	kerb_reply_block(&r, ticket);
	name_put(&r, &service);
	name_put(&r, &asked);
	name_put(&r, &client);
	return kerb_reply_end(&r, ret);
}

/* --- 4: the ticket-granting ticket ------------------------------------------------------ */

static NTSTATUS
reply_tgt(struct call *call, const struct message_args *args, struct kerb_hoard *hoard, bool as_cred,
    struct message_result *ret)
{
	krb5_creds want = { .magic = KV5M_CREDS }, got;
	krb5_context k5 = kerb_k5_take(call);
	krb5_principal client = NULL, server = NULL;
	krb5_error_code code = k5 ? krb5_cc_get_principal(k5, hoard->cc, &client) : ENOMEM;
	NTSTATUS status;

	if (!code)
		code = krb5_build_principal_ext(k5, &server, client->realm.length, client->realm.data, 6, "krbtgt",
		    client->realm.length, client->realm.data, 0);
	want.client = client;
	want.server = server;
	if (!code)
		code = krb5_cc_retrieve_cred(k5, hoard->cc, 0, &want, &got);
	if (!code) {
		status = reply_ticket(call, args, &got, "krbtgt", as_cred, ret);
		krb5_free_cred_contents(k5, &got);
	} else {
		status = code == ENOMEM ? STATUS_INSUFFICIENT_RESOURCES :
		    kerb_verdict(call, ret, SEC_E_NO_CREDENTIALS, "the session has no ticket-granting ticket; run kinit");
	}
	if (k5) {
		krb5_free_principal(k5, client);
		krb5_free_principal(k5, server);
	}
	kerb_k5_give(k5);
	return status;
}

static NTSTATUS
retrieve_tgt(struct call *call, const struct message_args *args, struct message_result *ret)
{
	struct reader r = reader_of(args->body);
	struct kerb_cache *cache;
	struct kerb_hoard *hoard;
	NTSTATUS status;
	uint64_t luid;

	reader_skip(&r, 4);
	luid = reader_u64(&r);
	if (!reader_ok(&r))
		return kerb_verdict(call, ret, STATUS_INVALID_PARAMETER, "the request is too short");
	if (kerb_expected(call) == STATUS_PENDING)
		return STATUS_PENDING;
	cache = kerb_msg_cache(call, luid, &ret->verdict);
	if (ret->verdict != STATUS_SUCCESS)
		return STATUS_SUCCESS;
	hoard = cache ? kerb_cache_hoard(cache) : NULL;
	kerb_cache_drop(cache);
	if (!hoard)
		return kerb_verdict(call, ret, SEC_E_NO_CREDENTIALS, "the session has no tickets; run kinit");
	status = reply_tgt(call, args, hoard, false, ret);
	kerb_hoard_drop(hoard);
	return status;
}

/* --- 8: any ticket ---------------------------------------------------------------------- */

static bool
get_take(struct call *call, struct get_ask *ask, struct bytes body)
{
	struct reader r = reader_of(body);

	reader_skip(&r, 4);
	ask->luid = reader_u64(&r);
	reader_skip(&r, 4);
	ask->target = kerb_msg_text(call, &r, GET_FIXED);
	ask->flags = reader_u32(&r);
	ask->options = reader_u32(&r);
	ask->etype = (int32_t)reader_u32(&r);
	reader_skip(&r, 4);
	ask->cred = reader_u64(&r);
	reader_skip(&r, 8);
	if (ask->options & MAX_LIFETIME)
		ask->options = (ask->options | CACHE_TICKET) & ~(uint32_t)USE_CACHE_ONLY;
	return reader_ok(&r) && ask->target && *ask->target;
}

static const char *
get_wrong(const struct get_ask *ask)
{
	if (ask->options & WITH_SEC_CRED)
		return "supplemental credentials are not handed out";
	if (ask->options & ~0x6fu)
		return "the cache options are not understood";
	if ((ask->options & DONT_USE_CACHE) && (ask->options & (USE_CACHE_ONLY | CACHE_TICKET)))
		return "not to use the cache, and to use it, was asked for at once";
	return NULL;
}

static struct kerb_cache *
get_cache(struct call *call, const struct get_ask *ask, struct message_result *ret)
{
	struct kerb_cred *cred;

	if (!(ask->options & USE_CREDHANDLE))
		return kerb_msg_cache(call, ask->luid, &ret->verdict);
	cred = services(call)->credential(call, ask->cred, &kerberos_lsa);
	if (!cred) {
		ret->verdict = because(call, STATUS_INVALID_HANDLE, TO_CALLER, "CredentialsHandle is no Kerberos credential");
		return NULL;
	}
	ret->verdict = STATUS_SUCCESS;
	return cred->cache ? kerb_cache_hold(cred->cache) : kerb_msg_cache(call, 0, &ret->verdict);
}

static NTSTATUS
get_begin(struct call *call, struct get *g, const struct get_ask *ask, const struct kerb_spn *spn,
    struct message_result *ret)
{
	struct kerb_cache *cache = get_cache(call, ask, ret);
	struct kerb_ticket *old;
	krb5_context k5;
	krb5_error_code code;

	g->hoard = cache ? kerb_cache_hoard(cache) : NULL;
	kerb_cache_drop(cache);
	if (ret->verdict != STATUS_SUCCESS)
		return STATUS_SUCCESS;
	if (!g->hoard) {
		ret->verdict = because(call, SEC_E_NO_CREDENTIALS, TO_CALLER, "there are no tickets to ask with; run kinit");
		return STATUS_SUCCESS;
	}
	k5 = kerb_k5_take(call);
	code = k5 ? kerb_server_of(k5, spn, g->hoard->realm, &g->server) : ENOMEM;
	kerb_k5_give(k5);
	if (code)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (ask->options & DONT_USE_CACHE) {
		old = kerb_hoard_find(g->hoard, ask->target);
		if (old)
			kerb_hoard_forget(g->hoard, old);
		kerb_ticket_drop(old);
	}
	return STATUS_SUCCESS;
}

/* A ticket that the cache has, in either of its two halves; held, or NULL. */
static struct kerb_ticket *
get_cached(struct call *call, struct get *g, const char *target)
{
	struct kerb_ticket *t = kerb_hoard_find(g->hoard, target);
	krb5_creds want = { .magic = KV5M_CREDS, .server = g->server }, got, *copy = NULL;
	krb5_context k5;

	if (t)
		return t;
	k5 = kerb_k5_take(call);
	if (k5 && krb5_cc_get_principal(k5, g->hoard->cc, &want.client) == 0) {
		if (krb5_cc_retrieve_cred(k5, g->hoard->cc, 0, &want, &got) == 0) {
			(void)krb5_copy_creds(k5, &got, &copy);
			krb5_free_cred_contents(k5, &got);
		}
		krb5_free_principal(k5, want.client);
	}
	kerb_k5_give(k5);
	return copy ? kerb_hoard_add(g->hoard, target, copy) : NULL;
}

static NTSTATUS
get_ticket(struct call *call, const struct message_args *args, struct get *g, const struct get_ask *ask,
    struct message_result *ret)
{
	bool keep = !ask->flags && !ask->etype && !(ask->options & ~(uint32_t)(CACHE_TICKET | MAX_LIFETIME));
	struct kerb_ticket *ticket = ask->options & DONT_USE_CACHE ? NULL : get_cached(call, g, ask->target);
	NTSTATUS status;

	if (!ticket && (ask->options & USE_CACHE_ONLY))
		return kerb_verdict(call, ret, STATUS_OBJECT_NAME_NOT_FOUND, "the cache has no such ticket");
	if (!ticket) {
		status = keep ? kerb_fetch_ticket(call, &g->fetch, g->hoard, ask->target, g->server, NULL, &ticket) :
		    kerb_fetch_fresh(call, &g->fetch, g->hoard, ask->target, g->server, &ticket);
		if (status == STATUS_PENDING)
			return status;
		if (status != STATUS_SUCCESS) {
			ret->verdict = status;		/* why has been said */
			return STATUS_SUCCESS;
		}
	}
	if (ask->etype && ticket->creds->keyblock.enctype != ask->etype)
		status = kerb_verdict(call, ret, SEC_E_KDC_UNKNOWN_ETYPE, "the KDC gave a session key of another type than was asked for");
	else
		status = reply_ticket(call, args, ticket->creds, ask->target, ask->options & AS_KERB_CRED, ret);
	kerb_ticket_drop(ticket);
	return status;
}

/* "krbtgt/REALM" of the client's own realm. */
static bool
is_own_tgt(const struct kerb_spn *spn, const struct kerb_hoard *hoard)
{
	return spn->count == 2 && bytes_same(spn->parts[0], bytes_of_text("krbtgt")) &&
	    bytes_same(spn->parts[1], bytes_of_text(hoard->realm));
}

static NTSTATUS
retrieve(struct call *call, const struct message_args *args, struct message_result *ret)
{
	struct get *g = frame(call, sizeof *g, get_drop);
	struct get_ask ask = { 0 };
	struct kerb_spn spn;
	const char *wrong;
	NTSTATUS status;

	if (!g)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!get_take(call, &ask, args->body) || !kerb_spn_take(&spn, bytes_of_text(ask.target)))
		return kerb_verdict(call, ret, STATUS_INVALID_PARAMETER, "the request, or the name in it, is malformed");
	wrong = get_wrong(&ask);
	if (wrong)
		return kerb_verdict(call, ret, STATUS_INVALID_PARAMETER, wrong);
	if (!g->hoard) {
		if (kerb_expected(call) == STATUS_PENDING)
			return STATUS_PENDING;
		status = get_begin(call, g, &ask, &spn, ret);
		if (status != STATUS_SUCCESS || ret->verdict != STATUS_SUCCESS)
			return status;
	}
	if (is_own_tgt(&spn, g->hoard))
		return reply_tgt(call, args, g->hoard, ask.options & AS_KERB_CRED, ret);
	return get_ticket(call, args, g, &ask, ret);
}

NTSTATUS
kerb_msg_retrieve(struct call *call, const struct message_args *args, struct message_result *ret)
{
	struct reader r = reader_of(args->body);

	return reader_u32(&r) == 4 ? retrieve_tgt(call, args, ret) : retrieve(call, args, ret);
}
