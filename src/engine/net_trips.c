/*
 * net_trips.c - whom a request asks, and in what order: a trip for each KDC of
 * its realm, by the transport that fits, those that are silent last. Knows no
 * sockets.
 */
#include <stdlib.h>

#include "base/time.h"
#include "engine/net_inside.h"

static void
trip_add(struct request *r, unsigned place, int transport)
{
	struct kdc *kdc = r->places->at[place].kdc;
	struct trip *trip = &r->trips[r->trip_count++];

	trip->shot = (struct shot){ .fd = -1, .claim = trip_claim, .fire = trip_fire };
	trip->request = r;
	trip->lane = &kdc->lanes[transport];
	trip->address = &kdc->address;
	trip->transport = transport;
}

/* By which transport a place is asked; -1: not at all. */
static int
place_transport(const struct request *r, unsigned place, bool any_tcp)
{
	if (r->tcp)
		return !any_tcp || r->places->at[place].tcp ? BY_TCP : -1;
	return r->places->at[place].udp ? BY_UDP : BY_TCP;
}

bool
trips_make(struct request *r)
{
	const struct places *p = r->places;
	/* DNS may name hosts for UDP alone, and they serve TCP as RFC 4120 wants it; who wrote "udp/" meant it. */
	bool any_tcp = *r->realm->list != 0, avoided[PLACES_MAX];
	uint64_t now = time_mono_ms();
	int transport;

	for (unsigned i = 0; i < p->count; i++)
		any_tcp |= p->at[i].tcp;
	r->trips = calloc(p->count, sizeof *r->trips);
	if (!r->trips)
		return false;
	pthread_mutex_lock(&r->net->lock);
	for (unsigned i = 0; i < p->count; i++) {
		transport = place_transport(r, i, any_tcp);
		avoided[i] = transport < 0 || (p->count > 1 && lane_avoided(&p->at[i].kdc->lanes[transport], now));
		if (!avoided[i])
			trip_add(r, i, transport);
	}
	for (unsigned i = 0; i < p->count; i++) {
		transport = place_transport(r, i, any_tcp);
		if (avoided[i] && transport >= 0)
			trip_add(r, i, transport);
	}
	pthread_mutex_unlock(&r->net->lock);
	return true;
}

bool
trips_spare(struct request *r)
{
	bool any = false;

	for (unsigned i = 0; i < r->trip_count; i++) {
		if (i == r->now || r->trips[i].shot.fd < 0)
			continue;
		trip_close(&r->trips[i]);
		any = true;
	}
	return any;
}
