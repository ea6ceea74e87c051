/*
 * net_request.c - one request to a realm: its places are found, a KDC is
 * asked, and the next when that one is silent or refuses; the first answer
 * counts, from whomever it comes. Belongs to whoever owns its call; others
 * only wake it. Never blocks.
 *
 *     finding --> in line --> under way --> over
 *                    ^            |   silence: 1 s each, then 2, 4, 8; refusal: at once
 *                    +--- next ---+
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/time.h"
#include "engine/net_inside.h"

#define PASS_MS		1000u
#define PASS_TWICE	3u		/* times it is doubled */
#define CONNECTED_MS	5000u		/* an accepted connection is given so long */
#define FAILURES_MAX	3u
#define UDP_MAX		65507u

#define REQUEST_OF(w) ((struct request *)(void *)(w))

static void request_try(struct request *r);

/* --- being waited for ------------------------------------------------------- */

void
request_wake(struct request *r)
{
	struct loop *loop = r->call->loop;

	loop_lock(loop);
	r->woken = true;
	if (r->call->at == CALL_WAITING && !r->posted) {
		r->posted = true;
		loop_post_locked(loop, &r->wake);
	}
	loop_unlock(loop);
}

static bool
request_arm(struct call_wait *w)
{
	struct request *r = REQUEST_OF(w);
	struct loop *loop = r->call->loop;
	uint64_t due = r->due;

	for (unsigned i = 0; i < r->trip_count; i++) {
		struct trip *trip = &r->trips[i];

		if (trip->shot.fd < 0 || trip->listening)
			continue;
		if (!shot_start_locked(loop, &trip->shot, trip->wants))
			return false;
		trip->listening = true;
	}
	if (r->silent_at && (!due || r->silent_at < due))
		due = r->silent_at;
	if (due && !timer_start_locked(loop, &r->timer, due))
		return false;
	if (r->woken && !r->posted) {
		r->posted = true;
		loop_post_locked(loop, &r->wake);
	}
	return true;
}

static void
request_disarm(struct call_wait *w)
{
	struct request *r = REQUEST_OF(w);

	r->woken = false;
	timer_stop_locked(r->call->loop, &r->timer);
}

/* --- the end ------------------------------------------------------------------- */

/* What others know of it: its place in a line and in lanes, work that was posted. */
static void
request_withdraw(struct request *r)
{
	struct net *net = r->net;

	pthread_mutex_lock(&net->lock);
	if (r->line)
		lane_leave_line(r->line, r);
	if (r->standing)
		realm_leave(r->standing, r);
	if (r->granted)
		lane_give_back(r->trips[r->now].lane);
	r->granted = r->turned_away = false;
	for (unsigned i = 0; i < r->trip_count; i++) {
		if (r->trips[i].holds)
			lane_give_back(r->trips[i].lane);
		r->trips[i].holds = false;
	}
	loop_lock(r->call->loop);
	r->woken = false;
	if (r->posted)
		loop_unpost_locked(r->call->loop, &r->wake);
	r->posted = false;
	timer_stop_locked(r->call->loop, &r->timer);
	loop_unlock(r->call->loop);
	pthread_mutex_unlock(&net->lock);
}

static void
request_end(struct request *r, NTSTATUS status)
{
	uint64_t now = time_mono_ms();

	request_withdraw(r);
	for (unsigned i = 0; i < r->trip_count; i++) {
		struct trip *trip = &r->trips[i];

		if (!trip->ended)
			trip->ended = now;
		if (status == STATUS_SUCCESS && (trip->at == TRIP_CONNECTING || trip->at == TRIP_ASKED))
			trip->at = TRIP_LEFT;
		trip_close(trip);
	}
	r->due = r->silent_at = 0;
	r->placed = false;
	r->wait.over = true;
	r->wait.says = status;
}

static void
ask_drop(struct request *r)
{
	if (r->ask.len)
		bytes_wipe((void *)(uintptr_t)r->ask.at, r->ask.len);
	free((void *)(uintptr_t)r->ask.at);
	r->ask = BYTES_NONE;
}

static void
request_drop(struct call_wait *w)
{
	struct request *r = REQUEST_OF(w);

	if (!r->wait.over || r->placed)
		request_end(r, STATUS_CANCELLED);
	if (r->answer.len)
		bytes_wipe((void *)(uintptr_t)r->answer.at, r->answer.len);
	free((void *)(uintptr_t)r->answer.at);
	free(r->story);
	free(r->trips);
	if (r->places)
		places_drop(r->net, r->places);
	realm_drop(r->realm);
	ask_drop(r);
	free(r);
}

/* --- trips ------------------------------------------------------------------------ */

bool
trip_claim(struct shot *s, uint32_t events)
{
	struct trip *trip = (struct trip *)(void *)s;

	(void)events;
	trip->listening = false;
	if (!call_claim_locked(trip->request->call))
		return false;
	trip->fired = true;
	return true;
}

static void request_go(struct request *r);

void
trip_fire(struct shot *s)
{
	struct request *r = ((struct trip *)(void *)s)->request;

	request_go(r);
	call_resume(r->call);
}

/* It no longer counts as under way; `lost`: and its KDC did not serve it. */
static void
trip_release(struct trip *trip, bool lost)
{
	struct net *net = trip->request->net;

	pthread_mutex_lock(&net->lock);
	if (lost)
		lane_lost(trip->lane, trip->since, time_mono_ms());
	if (trip->holds)
		lane_give_back(trip->lane);
	trip->holds = false;
	pthread_mutex_unlock(&net->lock);
}

static void
trip_fails(struct trip *trip, bool refused)
{
	trip_release(trip, !refused);
	trip_close(trip);
	trip->ended = time_mono_ms();
	trip->at = refused || ++trip->failures >= FAILURES_MAX ? TRIP_DEAD : TRIP_PAUSED;
}

/* --- in line and under way ------------------------------------------------------------ */

/* False: this trip came to nothing, the next is due. Without bytes it has come to its place. */
static bool
request_send(struct request *r, struct trip *trip)
{
	enum trip_end end;

	if (!r->ask.len) {
		r->placed = r->wait.over = true;
		r->wait.says = STATUS_SUCCESS;
		return true;
	}
	end = trip_open(trip, r->ask);
	trip->since = time_mono_ms();
	if (!trip->began)
		trip->began = trip->since;
	trip->tries++;
	trip->ended = 0;
	if (end == TRIP_NO_DESCRIPTORS && trips_spare(r))
		end = trip_open(trip, r->ask);
	r->sent_any = r->sent_in_pass = true;
	switch (end) {
	case TRIP_NO_DESCRIPTORS:
		request_end(r, STATUS_TOO_MANY_OPENED_FILES);
		return true;
	case TRIP_NO_MEMORY:
		request_end(r, STATUS_NO_MEMORY);
		return true;
	case TRIP_FAILED:
	case TRIP_REFUSED:
		trip_fails(trip, end == TRIP_REFUSED);
		return false;
	default:
		r->due = trip->since + ((uint64_t)PASS_MS << (r->pass < PASS_TWICE ? r->pass : PASS_TWICE));
		return true;
	}
}

/* The first from r->now on that is not dead; NULL: all are. */
static struct trip *
request_next(struct request *r)
{
	for (unsigned tried = 0; r->trip_count && tried <= r->trip_count; tried++, r->now++) {
		if (r->now >= r->trip_count) {
			r->now = 0;
			r->pass += r->sent_in_pass;
			r->sent_in_pass = false;
		}
		if (r->trips[r->now].at != TRIP_DEAD)
			return &r->trips[r->now];
	}
	return NULL;
}

static void
request_try(struct request *r)
{
	for (struct trip *trip; (trip = request_next(r)) != NULL; r->now++) {
		bool entered;

		pthread_mutex_lock(&r->net->lock);
		entered = lane_enter(trip->lane, r);
		trip->holds = entered;
		pthread_mutex_unlock(&r->net->lock);
		r->due = 0;
		if (!entered) {
			trip->at = TRIP_IN_LINE;
			return;
		}
		if (request_send(r, trip))
			return;
	}
	request_end(r, STATUS_NO_LOGON_SERVERS);
}

/* In line: has its turn come? */
static void
request_line(struct request *r, struct trip *trip)
{
	bool granted, away;

	pthread_mutex_lock(&r->net->lock);
	granted = r->granted;
	away = r->turned_away;
	r->granted = r->turned_away = false;
	trip->holds |= granted;
	pthread_mutex_unlock(&r->net->lock);
	if (granted && request_send(r, trip))
		return;
	if (!granted && !away)
		return;
	if (away)
		trip->at = trip->tries ? TRIP_LATE : TRIP_NEW;
	r->now++;
	request_try(r);
}

static void
request_answer(struct request *r, struct trip *trip)
{
	uint64_t now = time_mono_ms();

	pthread_mutex_lock(&r->net->lock);
	lane_answered(trip->lane, trip->since, now);
	pthread_mutex_unlock(&r->net->lock);
	r->answer = bytes_of(trip->reply, trip->got);
	trip->reply = NULL;
	trip->at = TRIP_ANSWERED;
	trip->ended = now;
	request_end(r, STATUS_SUCCESS);
}

static void
request_read(struct request *r, struct trip *trip)
{
	bool current = trip == &r->trips[r->now], connecting = trip->at == TRIP_CONNECTING;
	enum trip_end end;

	trip->fired = false;
	end = trip_ready(trip, r->ask);
	switch (end) {
	case TRIP_HAS_ANSWER:
		request_answer(r, trip);
		break;
	case TRIP_NO_MEMORY:
		request_end(r, STATUS_NO_MEMORY);
		break;
	case TRIP_FAILED:
	case TRIP_REFUSED:
		if (current && trip->at == TRIP_IN_LINE) {
			pthread_mutex_lock(&r->net->lock);
			if (r->line)
				lane_leave_line(r->line, r);
			trip->holds |= r->granted;
			r->granted = r->turned_away = false;
			pthread_mutex_unlock(&r->net->lock);
		}
		trip_fails(trip, end == TRIP_REFUSED);
		if (current) {
			r->now++;
			request_try(r);
		}
		break;
	default:
		if (current && connecting && trip->at == TRIP_ASKED)
			r->due = time_mono_ms() + CONNECTED_MS;
		break;
	}
}

static void
request_late(struct request *r)
{
	struct trip *trip = &r->trips[r->now];

	trip_release(trip, true);
	trip->at = TRIP_LATE;
	r->now++;
	request_try(r);
}

/* Who stands in line behind others that are answered has no silent KDC before him. */
static bool
request_silent(struct request *r, uint64_t now)
{
	struct trip *trip = r->trip_count ? &r->trips[r->now] : NULL;
	uint64_t answered;

	if (!r->silent_at || now < r->silent_at)
		return false;
	if (trip && trip->at == TRIP_IN_LINE && !r->sent_any) {
		pthread_mutex_lock(&r->net->lock);
		answered = trip->lane->answered;
		pthread_mutex_unlock(&r->net->lock);
		if (answered + r->silence_ms > now) {
			r->silent_at = answered + r->silence_ms;
			return false;
		}
	}
	return true;
}

static void
request_start(struct request *r)
{
	NTSTATUS status;

	if (!realm_places(r, &r->places))
		return;
	if (!r->places) {
		pthread_mutex_lock(&r->net->lock);
		status = r->realm->status == STATUS_NO_MEMORY ? STATUS_NO_MEMORY : STATUS_NO_LOGON_SERVERS;
		pthread_mutex_unlock(&r->net->lock);
		request_end(r, status);
	} else if (!trips_make(r)) {
		request_end(r, STATUS_NO_MEMORY);
	} else {
		request_try(r);
	}
}

/* Looks at all that may have happened; spurious looks do no harm. */
static void
request_go(struct request *r)
{
	uint64_t now;

	if (r->wait.over)
		return;
	if (!r->places)
		request_start(r);
	for (unsigned i = 0; i < r->trip_count && !r->wait.over; i++)
		if (r->trips[i].fired)
			request_read(r, &r->trips[i]);
	if (!r->wait.over && r->trip_count && r->trips[r->now].at == TRIP_IN_LINE)
		request_line(r, &r->trips[r->now]);
	now = time_mono_ms();
	if (!r->wait.over && r->due && now >= r->due)
		request_late(r);
	if (!r->wait.over && request_silent(r, now))
		request_end(r, STATUS_IO_TIMEOUT);
}

static bool
request_timer_claim(struct timer *t)
{
	return call_claim_locked(((struct request *)(void *)((char *)t - offsetof(struct request, timer)))->call);
}

static void
request_timer_fire(struct timer *t)
{
	struct request *r = (struct request *)(void *)((char *)t - offsetof(struct request, timer));

	request_go(r);
	call_resume(r->call);
}

static bool
request_wake_claim(struct work *w)
{
	struct request *r = (struct request *)(void *)((char *)w - offsetof(struct request, wake));

	r->posted = false;
	return call_claim_locked(r->call);
}

static void
request_wake_run(struct work *w)
{
	struct request *r = (struct request *)(void *)((char *)w - offsetof(struct request, wake));

	request_go(r);
	call_resume(r->call);
}

/* --- the verbs ------------------------------------------------------------------------------ */

/* The wait before this one may have been another file's. */
static struct request *
request_of(struct call *call)
{
	return call->other && call->other->drop == request_drop ? REQUEST_OF(call->other) : NULL;
}

static bool
ask_copy(struct request *r, struct bytes ask)
{
	uint8_t *at = ask.len ? bytes_dup(ask) : NULL;

	if (ask.len && !at)
		return false;
	r->ask = bytes_of(at, ask.len);
	return true;
}

static struct request *
request_new(struct call *call, const struct kdc_ask *ask)
{
	const struct request *before = request_of(call);
	struct request *r = calloc(1, sizeof *r);

	if (!r || !ask_copy(r, ask->request)) {
		free(r);
		return NULL;
	}
	r->realm = realm_of(call->net, ask);
	if (!r->realm) {
		ask_drop(r);
		free(r);
		return NULL;
	}
	r->wait = (struct call_wait){ .arm = request_arm, .disarm = request_disarm, .tell = request_story, .drop = request_drop };
	r->call = call;
	r->net = call->net;
	r->wake = (struct work){ NULL, request_wake_claim, request_wake_run };
	r->timer = (struct timer){ .claim = request_timer_claim, .fire = request_timer_fire };
	r->began = time_mono_ms();
	r->silence_ms = ask->silence_ms;
	r->silent_at = ask->silence_ms ? r->began + ask->silence_ms : 0;
	r->tcp = ask->tcp || ask->request.len > UDP_MAX;
	r->going_on = before && (before->answer.len || before->going_on);
	return r;
}

/* It has waited for a place at these KDCs, and has it. */
static bool
request_fits(const struct request *r, const struct kdc_ask *ask)
{
	const char *list = ask->places ? ask->places : "";

	return r && r->placed && r->tcp == (ask->tcp || ask->request.len > UDP_MAX) && r->realm->kpasswd == ask->kpasswd &&
	    ask->realm && strcmp(r->realm->name, ask->realm) == 0 && strcmp(r->realm->list, list) == 0;
}

NTSTATUS
await_kdc(struct call *call, const struct kdc_ask *ask)
{
	struct request *r = request_of(call);

	if (!call->net)
		return STATUS_NOT_SUPPORTED;
	if (!ask->request.len || ask->request.len > REPLY_MAX)
		return STATUS_INVALID_PARAMETER;
	if (request_fits(r, ask)) {
		if (!ask_copy(r, ask->request))
			return STATUS_NO_MEMORY;
		r->placed = r->wait.over = false;
		(void)call_await(call, &r->wait);
		if (!request_send(r, &r->trips[r->now])) {
			r->now++;
			request_try(r);
		}
		return STATUS_PENDING;
	}
	r = request_new(call, ask);
	if (!r)
		return STATUS_NO_MEMORY;
	(void)call_await(call, &r->wait);
	request_go(r);
	return STATUS_PENDING;
}

NTSTATUS
await_kdc_place(struct call *call, const struct kdc_ask *ask)
{
	struct kdc_ask place = *ask;
	struct request *r;

	place.request = BYTES_NONE;
	r = call->net ? request_new(call, &place) : NULL;
	if (!r)
		return call->net ? STATUS_NO_MEMORY : STATUS_NOT_SUPPORTED;
	(void)call_await(call, &r->wait);
	request_go(r);
	return r->placed ? STATUS_SUCCESS : STATUS_PENDING;
}

struct bytes
kdc_answer(struct call *call)
{
	struct request *r = request_of(call);

	return r ? r->answer : BYTES_NONE;
}

const char *
kdc_story(struct call *call)
{
	struct request *r = request_of(call);

	return r ? request_story(&r->wait) : "no KDC was asked";
}
