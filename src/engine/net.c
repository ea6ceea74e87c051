/*
 * net.c - what is known of realms: their KDCs, or that there is none, and for
 * how long that may be believed. One look-up serves all who wait for it.
 * Knows no sockets; requests it only wakes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "engine/net_inside.h"

#define REALMS_MAX	256u
#define LOOKING_MAX	2u		/* a silent name service must not take all job threads */
#define KNOWN_MS	300000u
#define KEPT_MS		60000u		/* places that could not be looked up again */
#define NONE_MS		60000u
#define SILENT_MS	5000u
#define FAILED_MS	1000u

/* --- KDCs and lists of them, under the lock ------------------------------ */

static struct kdc *
kdc_hold(struct net *net, const union address *address)
{
	struct kdc *k;

	for (k = net->kdcs; k && !address_same(&k->address, address); k = k->next)
		;
	if (!k) {
		k = calloc(1, sizeof *k);
		if (!k)
			return NULL;
		k->address = *address;
		for (int t = 0; t < TRANSPORTS; t++)
			lane_begin(&k->lanes[t], t);
		k->next = net->kdcs;
		net->kdcs = k;
	}
	k->refs++;
	return k;
}

static void
kdc_drop(struct net *net, struct kdc *k)
{
	struct kdc **at = &net->kdcs;

	if (--k->refs)
		return;
	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	free(k);
}

static void
places_unhold(struct net *net, struct places *p)
{
	if (!p || --p->refs)
		return;
	for (unsigned i = 0; i < p->count; i++)
		kdc_drop(net, p->at[i].kdc);
	free(p);
}

static struct places *
places_new(struct net *net, const struct found *f)
{
	struct places *p = calloc(1, sizeof *p + f->count * sizeof p->at[0]);

	if (!p)
		return NULL;
	p->refs = 1;
	(void)snprintf(p->note, sizeof p->note, "%s", f->note);
	for (; p->count < f->count; p->count++) {
		const struct place *place = &f->places[p->count];

		p->at[p->count].kdc = kdc_hold(net, &place->address);
		p->at[p->count].udp = place->udp;
		p->at[p->count].tcp = place->tcp;
		if (!p->at[p->count].kdc) {
			places_unhold(net, p);
			return NULL;
		}
	}
	return p;
}

void
places_drop(struct net *net, struct places *p)
{
	pthread_mutex_lock(&net->lock);
	places_unhold(net, p);
	pthread_mutex_unlock(&net->lock);
}

/* --- realms, under the lock ------------------------------------------------ */

static void
realm_unhold(struct realm *realm)
{
	if (--realm->refs)
		return;
	places_unhold(realm->net, realm->places);
	free(realm->found);
	free(realm);
}

static void
realm_unlist(struct net *net, struct realm *realm)
{
	struct realm **at = &net->realms;

	while (*at != realm)
		at = &(*at)->next;
	*at = realm->next;
	net->realm_count--;
	realm_unhold(realm);
}

/* The one that was not asked for the longest time, among those that nobody waits for. */
static void
realms_trim(struct net *net)
{
	struct realm *oldest = NULL;

	for (struct realm *realm = net->realms; realm; realm = realm->next)
		if (!realm->first && (realm->at == REALM_NEW || realm->at == REALM_KNOWN))
			oldest = realm;
	if (net->realm_count > REALMS_MAX && oldest && oldest != net->realms)
		realm_unlist(net, oldest);
}

static struct realm *
realm_new(struct net *net, const char *name, const char *list, bool kpasswd)
{
	size_t name_len = strlen(name) + 1, list_len = strlen(list) + 1;
	struct realm *realm = calloc(1, sizeof *realm + name_len + list_len);

	if (!realm)
		return NULL;
	realm->net = net;
	realm->refs = 1;
	realm->kpasswd = kpasswd;
	realm->last = &realm->first;
	bytes_copy(realm->name, name, name_len);
	bytes_copy(realm->name + name_len, list, list_len);
	realm->list = realm->name + name_len;
	realm->next = net->realms;
	net->realms = realm;
	net->realm_count++;
	realms_trim(net);
	return realm;
}

struct realm *
realm_of(struct net *net, const struct kdc_ask *ask)
{
	const char *name = ask->realm ? ask->realm : "", *list = ask->places ? ask->places : "";
	struct realm **at, *realm;

	pthread_mutex_lock(&net->lock);
	for (at = &net->realms; (realm = *at) != NULL; at = &realm->next)
		if (realm->kpasswd == ask->kpasswd && strcmp(realm->name, name) == 0 && strcmp(realm->list, list) == 0)
			break;
	if (realm) {			/* to the front */
		*at = realm->next;
		realm->next = net->realms;
		net->realms = realm;
	} else {
		realm = realm_new(net, name, list, ask->kpasswd);
	}
	if (realm)
		realm->refs++;
	pthread_mutex_unlock(&net->lock);
	return realm;
}

void
realm_drop(struct realm *realm)
{
	struct net *net = realm->net;

	pthread_mutex_lock(&net->lock);
	realm_unhold(realm);
	pthread_mutex_unlock(&net->lock);
}

/* --- looking up, under the lock ----------------------------------------------- */

static void
realm_learn(struct realm *realm, const struct found *f)
{
	struct places *fresh = f->status == STATUS_SUCCESS ? places_new(realm->net, f) : NULL;
	uint64_t now = time_mono_ms();

	realm->at = REALM_KNOWN;
	realm->status = f->status;
	if (f->status == STATUS_SUCCESS && !fresh)
		realm->status = STATUS_NO_MEMORY;
	(void)snprintf(realm->note, sizeof realm->note, "%s", f->note);
	if (fresh || realm->status == STATUS_NO_LOGON_SERVERS) {
		places_unhold(realm->net, realm->places);
		realm->places = fresh;
		realm->until = now + (fresh ? KNOWN_MS : NONE_MS);
	} else if (realm->places) {
		realm->until = now + KEPT_MS;
	} else {
		realm->until = now + (realm->status == STATUS_IO_TIMEOUT ? SILENT_MS : FAILED_MS);
	}
	if (realm->forgotten)
		realm->until = now + FAILED_MS;
	realm->forgotten = false;
	while (realm->first) {
		struct request *r = realm->first;

		realm->first = r->next;
		r->standing = NULL;
		request_wake(r);
	}
	realm->last = &realm->first;
}

static void
look_run(struct job *job)
{
	struct realm *realm = (struct realm *)(void *)((char *)job - offsetof(struct realm, job));

	places_look_up(realm->found, realm->name, realm->list, realm->kpasswd, &realm->net->resolver);
}

static void look_ended(struct job *job);

/* Queued realms are asked as long as there is room. */
static void
look_more(struct net *net)
{
	struct realm *realm, *next;

	for (realm = net->realms; realm && net->looking < LOOKING_MAX; realm = next) {
		next = realm->next;
		if (realm->at != REALM_QUEUED)
			continue;
		if (!realm->first) {
			realm->at = REALM_NEW;
			continue;
		}
		if (!realm->found)
			realm->found = calloc(1, sizeof *realm->found);
		realm->job = (struct job){ .run = look_run, .ended = look_ended };
		if (realm->found && jobs_add(net->jobs, &realm->job)) {
			realm->at = REALM_ASKED;
			realm->refs++;
			net->looking++;
		} else {
			struct found none = { .status = STATUS_NO_MEMORY,
			    .note = "no memory or thread to ask the name service with" };

			realm_learn(realm, &none);
		}
	}
}

static void
look_ended(struct job *job)
{
	struct realm *realm = (struct realm *)(void *)((char *)job - offsetof(struct realm, job));
	struct net *net = realm->net;

	pthread_mutex_lock(&net->lock);
	net->looking--;
	realm_learn(realm, realm->found);
	free(realm->found);
	realm->found = NULL;
	look_more(net);
	realm_unhold(realm);
	pthread_mutex_unlock(&net->lock);
}

/* What is needed is known at once, or a look-up has been set out for. */
static void
realm_ask(struct realm *realm)
{
	struct found f;

	if (*realm->list && places_plain(&f, realm->list, realm->kpasswd)) {
		realm_learn(realm, &f);
	} else if (!*realm->list && !*realm->name) {
		f = (struct found){ .status = STATUS_NO_LOGON_SERVERS, .note = "neither a realm nor a KDC was named" };
		realm_learn(realm, &f);
	} else {
		realm->at = REALM_QUEUED;
	}
}

bool
realm_places(struct request *r, struct places **ret_places)
{
	struct realm *realm = r->realm;
	struct net *net = realm->net;
	bool known;

	pthread_mutex_lock(&net->lock);
	if (r->standing) {		/* woken for nothing */
		pthread_mutex_unlock(&net->lock);
		return false;
	}
	if (realm->at == REALM_NEW || (realm->at == REALM_KNOWN && time_mono_ms() >= realm->until))
		realm_ask(realm);
	known = realm->at == REALM_KNOWN;
	if (known) {
		*ret_places = realm->places;
		if (realm->places)
			realm->places->refs++;
	} else {
		r->standing = realm;
		r->next = NULL;
		*realm->last = r;
		realm->last = &r->next;
		look_more(net);
		/* No thread: then it has been told already, and has been woken. */
	}
	pthread_mutex_unlock(&net->lock);
	return known;
}

void
realm_leave(struct realm *realm, struct request *r)
{
	struct request **at = &realm->first;

	while (*at && *at != r)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = r->next;
	if (!*at)
		realm->last = at;
	r->standing = NULL;
}

/* --- the net itself ------------------------------------------------------------ */

struct net *
net_new(struct jobs *jobs)
{
	struct net *net = calloc(1, sizeof *net);

	if (!net)
		return NULL;
	pthread_mutex_init(&net->lock, NULL);
	net->jobs = jobs;
	return net;
}

void
net_drop(struct net *net)
{
	if (!net)
		return;
	while (net->realms)
		realm_unlist(net, net->realms);
	pthread_mutex_destroy(&net->lock);
	free(net);
}

void
net_forget(struct net *net)
{
	pthread_mutex_lock(&net->lock);
	for (struct realm *realm = net->realms; realm; realm = realm->next) {
		if (realm->at == REALM_KNOWN) {
			places_unhold(net, realm->places);
			realm->places = NULL;
			realm->at = REALM_NEW;
		} else {
			realm->forgotten = realm->at == REALM_ASKED;
		}
	}
	for (struct kdc *k = net->kdcs; k; k = k->next)
		for (int t = 0; t < TRANSPORTS; t++)
			lane_begin(&k->lanes[t], t);
	pthread_mutex_unlock(&net->lock);
}

void
net_use_resolver(struct net *net, struct in_addr address, uint16_t port)
{
	net->resolver = (struct resolver){ true, address, port };
}
