/*
 * kerb_cache.c - tickets as the LSA keeps them. Knows no leg and no KDC.
 */
#include "pkg/kerberos/kerb_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pkg/kerberos/kerb_ccache.h"
#include "pkg/kerberos/kerb_extra.h"
#include "pkg/kerberos/kerb_k5.h"
#include "pkg/kerberos/kerb_lsa.h"

#define LAST_SECONDS 5u

/* --- tickets ------------------------------------------------------------------ */

void
kerb_ticket_drop(struct kerb_ticket *t)
{
	krb5_context k5;

	if (!t || atomic_fetch_sub(&t->refs, 1) != 1)
		return;
	k5 = kerb_k5_take(NULL);
	krb5_free_creds(k5, t->creds);		/* it looks at no context, so none is fine too */
	kerb_k5_give(k5);
	free(t);
}

/* --- hoards --------------------------------------------------------------------- */

struct kerb_hoard *
kerb_hoard_hold(struct kerb_hoard *h)
{
	if (h)
		atomic_fetch_add(&h->refs, 1);
	return h;
}

void
kerb_hoard_drop(struct kerb_hoard *h)
{
	krb5_context k5;

	if (!h || atomic_fetch_sub(&h->refs, 1) != 1)
		return;
	for (unsigned i = 0; h->places && i < HOARD_PLACES; i++)
		kerb_ticket_drop(h->places[i]);
	free(h->places);
	k5 = kerb_k5_take(NULL);
	if (k5 && h->cc)
		krb5_cc_destroy(k5, h->cc);
	krb5_free_creds(k5, h->evidence);
	free(h->service);
	kerb_k5_give(k5);
	pthread_mutex_destroy(&h->lock);
	free(h->client);
	free(h->user);
	free(h->realm);
	free(h);
}

static bool
is_granting(krb5_const_principal client, krb5_const_principal server)
{
	return server->length == 2 && bytes_same(bytes_of(server->data[0].data, server->data[0].length),
	    bytes_of_text("krbtgt")) && bytes_same(bytes_of(server->data[1].data, server->data[1].length),
	    bytes_of(client->realm.data, client->realm.length));
}

/* Components with '/' between. */
static char *
name_for_people(krb5_const_principal p)
{
	struct writer w;
	size_t room = 1;
	char *text;

	for (krb5_int32 i = 0; i < p->length; i++)
		room += p->data[i].length + 1;
	text = calloc(1, room);
	if (!text)
		return NULL;
	w = writer_of(text, room - 1);
	for (krb5_int32 i = 0; i < p->length; i++) {
		if (i)
			writer_u8(&w, '/');
		writer_bytes(&w, bytes_of(p->data[i].data, p->data[i].length));
	}
	return text;
}

static krb5_error_code
hoard_names(struct kerb_hoard *h, krb5_context k5, krb5_principal client)
{
	char *text = NULL;
	krb5_error_code code = krb5_unparse_name(k5, client, &text);

	if (code)
		return code;
	h->client = strdup(text);
	krb5_free_unparsed_name(k5, text);
	h->user = name_for_people(client);
	h->realm = bytes_dup(bytes_of(client->realm.data, client->realm.length));
	return h->client && h->user && h->realm ? 0 : ENOMEM;
}

/* Without tickets. Dropped by the caller on failure too. */
static krb5_error_code
hoard_empty(struct kerb_hoard **ret_hoard, krb5_context k5, krb5_const_principal client, int32_t clock)
{
	krb5_principal who = (krb5_principal)(uintptr_t)client;
	struct kerb_hoard *h = *ret_hoard = calloc(1, sizeof *h);
	krb5_error_code code;

	if (!h)
		return ENOMEM;
	atomic_init(&h->refs, 1);
	pthread_mutex_init(&h->lock, NULL);
	h->clock = clock;
	code = hoard_names(h, k5, who);
	if (!code)
		code = krb5_cc_new_unique(k5, "MEMORY", NULL, &h->cc);
	return code ? code : krb5_cc_initialize(k5, h->cc, who);
}

krb5_error_code
kerb_hoard_of_evidence(struct kerb_hoard **ret_hoard, krb5_context k5, krb5_const_principal client, struct bytes ticket,
    const char *service, uint32_t end)
{
	krb5_creds from = { .magic = KV5M_CREDS, .client = (krb5_principal)(uintptr_t)client,
	    .times = { .endtime = (krb5_timestamp)end },
	    .ticket = { .length = (unsigned)ticket.len, .data = (char *)(uintptr_t)ticket.at } };
	struct kerb_hoard *h;
	krb5_error_code code = hoard_empty(&h, k5, client, 0);

	if (!code)
		code = krb5_parse_name(k5, service, &from.server);
	if (!code) {
		code = krb5_copy_creds(k5, &from, &h->evidence);
		krb5_free_principal(k5, from.server);
	}
	if (!code) {
		h->end = end;
		h->service = strdup(service);
		code = h->service ? 0 : ENOMEM;
	}
	if (code) {
		kerb_hoard_drop(h);
		h = NULL;
	}
	*ret_hoard = h;
	return code;
}

static void
hoard_times(struct kerb_hoard *h, const krb5_ticket_times *times, uint32_t flags)
{
	uint32_t start = (uint32_t)(times->starttime ? times->starttime : times->authtime);

	h->end = (uint32_t)times->endtime;
	h->renew_at = 0;
	if ((flags & TKT_FLG_RENEWABLE) && (uint32_t)times->renew_till > h->end && h->end > start)
		h->renew_at = start + (h->end - start) / 2;
}

krb5_error_code
kerb_hoard_new(struct kerb_hoard **ret_hoard, krb5_context k5, krb5_principal client, krb5_creds *const *tickets,
    size_t count, int32_t clock)
{
	struct kerb_hoard *h;
	krb5_error_code code = hoard_empty(&h, k5, client, clock);

	for (size_t i = 0; !code && i < count; i++) {
		code = krb5_cc_store_cred(k5, h->cc, tickets[i]);
		if (is_granting(client, tickets[i]->server) && (uint32_t)tickets[i]->times.endtime > h->end)
			hoard_times(h, &tickets[i]->times, (uint32_t)tickets[i]->ticket_flags);
	}
	if (!code && !h->end)
		code = KRB5_CC_NOTFOUND;
	if (code) {
		kerb_hoard_drop(h);
		return code;
	}
	*ret_hoard = h;
	return 0;
}

uint32_t
kerb_hoard_now(const struct kerb_hoard *h)
{
	return (uint32_t)(time(NULL) + h->clock);
}

static unsigned
place_of(const char *target)
{
	uint32_t hash = 2166136261u;

	for (const char *c = target; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 16777619u;
	return (hash ^ hash >> 15) % HOARD_PLACES;
}

struct kerb_ticket *
kerb_hoard_find(struct kerb_hoard *h, const char *target)
{
	uint32_t now = kerb_hoard_now(h);
	struct kerb_ticket *t;

	pthread_mutex_lock(&h->lock);
	t = h->places ? h->places[place_of(target)] : NULL;
	if (t && t->end > now && t->end - now > LAST_SECONDS && strcmp(t->target, target) == 0)
		atomic_fetch_add(&t->refs, 1);
	else
		t = NULL;
	pthread_mutex_unlock(&h->lock);
	return t;
}

static uint32_t
kvno_of(const krb5_creds *creds)
{
	krb5_context k5 = kerb_k5_take(NULL);
	krb5_ticket *ticket = NULL;
	uint32_t kvno = 0;

	if (k5 && krb5_decode_ticket(&creds->ticket, &ticket) == 0) {
		kvno = ticket->enc_part.kvno;
		krb5_free_ticket(k5, ticket);
	}
	kerb_k5_give(k5);
	return kvno;
}

struct kerb_ticket *
kerb_hoard_add(struct kerb_hoard *h, const char *target, krb5_creds *creds)
{
	size_t len = strlen(target) + 1;
	struct kerb_ticket *t = calloc(1, sizeof *t + len);
	krb5_context k5;

	if (!t) {
		k5 = kerb_k5_take(NULL);
		krb5_free_creds(k5, creds);
		kerb_k5_give(k5);
		return NULL;
	}
	atomic_init(&t->refs, 1);
	t->creds = creds;
	t->end = (uint32_t)creds->times.endtime;
	t->kvno = kvno_of(creds);
	bytes_copy(t->target, target, len);
	if (h)
		kerb_hoard_keep(h, t);
	return t;
}

void
kerb_hoard_keep(struct kerb_hoard *h, struct kerb_ticket *ticket)
{
	unsigned place = place_of(ticket->target);
	struct kerb_ticket *old = ticket;

	atomic_fetch_add(&ticket->refs, 1);
	pthread_mutex_lock(&h->lock);
	if (!h->places)
		h->places = calloc(HOARD_PLACES, sizeof(struct kerb_ticket *));
	if (h->places) {
		old = h->places[place];
		h->places[place] = ticket;
	}						/* else it is the caller's alone */
	pthread_mutex_unlock(&h->lock);
	kerb_ticket_drop(old);
}

void
kerb_hoard_forget(struct kerb_hoard *h, struct kerb_ticket *ticket)
{
	unsigned place = place_of(ticket->target);
	bool was = false;
	krb5_context k5;

	pthread_mutex_lock(&h->lock);
	if (h->places && h->places[place] == ticket) {
		h->places[place] = NULL;
		was = true;
	}
	pthread_mutex_unlock(&h->lock);
	k5 = kerb_k5_take(NULL);
	if (k5)
		(void)krb5_cc_remove_cred(k5, h->cc, KRB5_TC_MATCH_SRV_NAMEONLY, ticket->creds);
	kerb_k5_give(k5);
	if (was)
		kerb_ticket_drop(ticket);
}

/* --- caches ------------------------------------------------------------------------ */

static void
cache_kept_drop(struct kept *kept)
{
	struct kerb_cache *c = (struct kerb_cache *)(void *)kept;

	kerb_hoard_drop(c->hoard);
	kerb_evidence_drop(c->evidence);
	secret_drop(&c->password);
	free(c->client);
	kerb_extra_drop(c->extras);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

struct kerb_cache *
kerb_cache_new(void)
{
	struct kerb_cache *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	atomic_init(&c->kept.refs, 1);
	c->kept.drop = cache_kept_drop;
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

struct kerb_cache *
kerb_cache_hold(struct kerb_cache *c)
{
	if (c)
		atomic_fetch_add(&c->kept.refs, 1);
	return c;
}

void
kerb_cache_drop(struct kerb_cache *c)
{
	if (c)
		kept_drop(&c->kept);
}

void
kerb_cache_by_password(struct kerb_cache *c, struct kerb_cred *cred)
{
	c->password = cred->password;
	c->client = cred->client;
	c->enterprise = cred->enterprise;
	cred->password = NULL;
	cred->client = NULL;
}

struct kerb_hoard *
kerb_cache_hoard(struct kerb_cache *c)
{
	struct kerb_hoard *h;

	pthread_mutex_lock(&c->lock);
	if (!c->hoard && c->evidence) {
		c->hoard = kerb_evidence_open(c->evidence);
		if (c->hoard) {
			kerb_evidence_drop(c->evidence);
			c->evidence = NULL;
		}
	}
	h = kerb_hoard_hold(c->hoard);
	pthread_mutex_unlock(&c->lock);
	return h;
}

void
kerb_cache_fill(struct kerb_cache *c, struct kerb_hoard *hoard)
{
	struct kerb_hoard *old;

	pthread_mutex_lock(&c->lock);
	old = c->hoard;
	kerb_evidence_drop(c->evidence);
	c->evidence = NULL;
	c->hoard = hoard;
	pthread_mutex_unlock(&c->lock);
	kerb_hoard_drop(old);
}

void
kerb_cache_swap(struct kerb_cache *c, const struct kerb_hoard *old, struct kerb_hoard *hoard)
{
	struct kerb_hoard *gone = hoard;

	pthread_mutex_lock(&c->lock);
	if (c->hoard == old) {
		gone = c->hoard;
		c->hoard = hoard;
	}
	pthread_mutex_unlock(&c->lock);
	kerb_hoard_drop(gone);
}

bool
kerb_cache_begin(struct kerb_cache *c, uint32_t *ret_round)
{
	bool mine;

	pthread_mutex_lock(&c->lock);
	mine = !c->fetching;
	c->fetching = true;
	*ret_round = c->rounds;
	pthread_mutex_unlock(&c->lock);
	return mine;
}

void
kerb_cache_end(struct kerb_cache *c, NTSTATUS outcome)
{
	pthread_mutex_lock(&c->lock);
	c->fetching = false;
	c->rounds++;
	c->outcome = outcome;
	pthread_mutex_unlock(&c->lock);
}

NTSTATUS
kerb_cache_ended(struct kerb_cache *c, uint32_t round)
{
	NTSTATUS outcome;

	pthread_mutex_lock(&c->lock);
	outcome = c->rounds == round ? STATUS_PENDING : c->outcome;
	pthread_mutex_unlock(&c->lock);
	return outcome;
}

/* --- tickets that the application brings ----------------------------------------------- */

/* A name of libkrb5's that looks into the bytes: good for copying from, never to be freed. */
struct name_view {
	krb5_principal_data name;
	krb5_data parts[CCACHE_PARTS_MAX];
};

static krb5_data
data_view(struct bytes b)
{
	return (krb5_data){ .length = (unsigned)b.len, .data = (char *)(uintptr_t)b.at };
}

static krb5_principal
name_view_of(struct name_view *v, const struct ccache_name *n)
{
	for (uint32_t i = 0; i < n->count; i++)
		v->parts[i] = data_view(n->parts[i]);
	v->name = (krb5_principal_data){ .magic = KV5M_PRINCIPAL, .realm = data_view(n->realm), .data = v->parts,
	    .length = (krb5_int32)n->count, .type = (krb5_int32)n->type };
	return &v->name;
}

static krb5_error_code
ticket_copy(krb5_context k5, const struct ccache_cred *c, krb5_creds **ret_ticket)
{
	struct name_view client, server;
	krb5_creds view = {
		.magic = KV5M_CREDS,
		.client = name_view_of(&client, &c->client), .server = name_view_of(&server, &c->server),
		.keyblock = { .magic = KV5M_KEYBLOCK, .enctype = (int16_t)c->etype, .length = (unsigned)c->key.len,
		    .contents = (krb5_octet *)(uintptr_t)c->key.at },
		.times = { (krb5_timestamp)c->authtime, (krb5_timestamp)c->starttime, (krb5_timestamp)c->endtime,
		    (krb5_timestamp)c->renew_till },
		.is_skey = c->with_session_key, .ticket_flags = (krb5_flags)c->flags,
		.ticket = data_view(c->ticket), .second_ticket = data_view(c->second_ticket),
	};

	return krb5_copy_creds(k5, &view, ret_ticket);
}

static bool
ticket_fits(const struct ccache_cred *c)
{
	return c->client.count && c->server.count && c->key.len && c->key.len <= KERB_KEY_MAX && c->ticket.len;
}

static krb5_error_code
hoard_of_bytes(struct kerb_hoard **ret_hoard, krb5_context k5, struct bytes tickets)
{
	krb5_creds **list = calloc(CCACHE_CREDS_MAX, sizeof *list);
	struct reader r = reader_of(tickets);
	struct ccache_head head;
	struct ccache_cred cred;
	struct name_view client;
	krb5_error_code code = list ? 0 : ENOMEM;
	size_t count = 0;

	if (!code && !ccache_head_take(&head, &r))
		code = KRB5_CC_FORMAT;
	while (!code && reader_left(&r)) {
		if (count == CCACHE_CREDS_MAX || !ccache_cred_take(&cred, &r))
			code = KRB5_CC_FORMAT;
		else if (!ccache_cred_is_note(&cred) && ticket_fits(&cred))
			code = ticket_copy(k5, &cred, &list[count++]);
	}
	if (!code)
		code = kerb_hoard_new(ret_hoard, k5, name_view_of(&client, &head.client), list, count, head.clock);
	for (size_t i = 0; list && i < count; i++)
		krb5_free_creds(k5, list[i]);
	free(list);
	return code;
}

/* The same client's newer tickets refresh what credentials already hold; another's are another cache. */
NTSTATUS
kerb_adopt(struct call *call, struct bytes tickets)
{
	struct kerb_cache *cache;
	struct kerb_hoard *hoard = NULL, *old = NULL;
	krb5_context k5;
	krb5_error_code code;
	NTSTATUS status;

	if (!tickets.len) {		/* kdestroy: credentials keep what they have, the next one finds nothing */
		cache = kerb_cache_new();
		return cache ? kerb_process_keep(call, cache) : STATUS_INSUFFICIENT_RESOURCES;
	}
	k5 = kerb_k5_take(call);
	if (!k5)
		return STATUS_INSUFFICIENT_RESOURCES;
	code = hoard_of_bytes(&hoard, k5, tickets);
	kerb_k5_give(k5);
	if (code == KRB5_CC_FORMAT)
		return because(call, STATUS_INVALID_PARAMETER, TO_CALLER, "the tickets brought along are no ticket cache of version 4");
	if (code == KRB5_CC_NOTFOUND)
		return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER,
		    "the ticket cache has no ticket-granting ticket of its owner's realm; run kinit");
	if (code)
		return STATUS_INSUFFICIENT_RESOURCES;
	cache = kerb_process_cache(call);
	if (cache)
		old = kerb_cache_hoard(cache);
	if (old && strcmp(old->client, hoard->client) == 0) {
		kerb_cache_fill(cache, hoard);
		status = STATUS_SUCCESS;
	} else {
		kerb_cache_drop(cache);
		cache = kerb_cache_new();
		if (cache)
			kerb_cache_fill(cache, hoard);
		else
			kerb_hoard_drop(hoard);
		status = cache ? kerb_process_keep(call, kerb_cache_hold(cache)) : STATUS_INSUFFICIENT_RESOURCES;
	}
	kerb_hoard_drop(old);
	kerb_cache_drop(cache);
	return status;
}

bool
kerb_hoard_fits(const struct kerb_hoard *h, bool renewable)
{
	uint32_t now = h ? kerb_hoard_now(h) : 0;

	return h && h->end > now && h->end - now > (renewable ? 60 : 0);
}
