/*
 * net_lane.c - how many requests are under way to one KDC at once. A burst
 * overflows its receive buffer and each loss costs a second, so the window
 * begins small, grows with every answer and is halved by a loss. It stops
 * growing when answers come slower for it: then requests only pile up before
 * the KDC, whose buffer of 208 KiB holds about 90 large ones. Knows no sockets. Everything under the net's lock.
 */
#include "engine/net_inside.h"

#define SILENT_AFTER	3u		/* losses in a row */
#define AVOID_MS	10000u
#define PILE_MOST	48u

static const struct { unsigned start, least, most; } lane_sizes[TRANSPORTS] = {
	[BY_UDP] = { 64, 8, 256 },
	[BY_TCP] = { 4,  1, 4 },	/* krb5kdc's listen queue is 5 long */
};

void
lane_begin(struct lane *lane, int transport)
{
	lane->start = lane_sizes[transport].start;
	lane->least = lane_sizes[transport].least;
	lane->most = lane_sizes[transport].most;
	lane->window = lane->start;
	lane->slow_until = lane->most;
	lane->credit = lane->silent = 0;
	lane->quickest = UINT32_MAX;
	lane->answered = lane->cut = lane->avoid_until = 0;
	for (unsigned i = 0; i < 2; i++)
		if (!lane->lines[i].first)
			lane->lines[i].last = &lane->lines[i].first;
}

bool
lane_avoided(struct lane *lane, uint64_t now)
{
	if (!lane->avoid_until)
		return false;
	if (now < lane->avoid_until)
		return true;
	lane->avoid_until = now + AVOID_MS;
	return false;
}

bool
lane_enter(struct lane *lane, struct request *r)
{
	struct line *line = &lane->lines[r->going_on ? LINE_GOING_ON : LINE_NEW];

	if (!line->first && (r->going_on || !lane->lines[LINE_GOING_ON].first) && lane->under_way < lane->window) {
		lane->under_way++;
		return true;
	}
	r->line = lane;
	r->next = NULL;
	r->granted = r->turned_away = false;
	*line->last = r;
	line->last = &r->next;
	return false;
}

static bool
line_leave(struct line *line, struct request *r)
{
	struct request **at = &line->first;

	while (*at && *at != r)
		at = &(*at)->next;
	if (!*at)
		return false;
	*at = r->next;
	if (!*at)
		line->last = at;
	r->line = NULL;
	return true;
}

void
lane_leave_line(struct lane *lane, struct request *r)
{
	if (!line_leave(&lane->lines[LINE_GOING_ON], r))
		(void)line_leave(&lane->lines[LINE_NEW], r);
}

/* Exchanges that have begun are ended before others begin: what they hold is most of what all hold. NULL: nobody waits. */
static struct request *
lane_pop(struct lane *lane)
{
	struct line *line = lane->lines[LINE_GOING_ON].first ? &lane->lines[LINE_GOING_ON] : &lane->lines[LINE_NEW];
	struct request *r = line->first;

	if (!r)
		return NULL;
	line->first = r->next;
	if (!line->first)
		line->last = &line->first;
	r->line = NULL;
	return r;
}

static void
lane_admit(struct lane *lane)
{
	struct request *r;

	while (lane->under_way < lane->window && (r = lane_pop(lane)) != NULL) {
		lane->under_way++;
		r->granted = true;
		request_wake(r);
	}
}

void
lane_give_back(struct lane *lane)
{
	lane->under_way--;
	lane_admit(lane);
}

/* By what the quickest answer took: so many of the window wait at the KDC, as TCP Vegas reckons. */
static bool
lane_piles(struct lane *lane, uint64_t sent, uint64_t now)
{
	uint32_t took = now > sent ? (uint32_t)(now - sent) : 1;

	if (took < lane->quickest)
		lane->quickest = took;
	return (uint64_t)lane->window * (took - lane->quickest) > (uint64_t)PILE_MOST * took;
}

/* Doubles in a round trip until it has once lost something, from there by one in each round. */
void
lane_answered(struct lane *lane, uint64_t sent, uint64_t now)
{
	bool piles = lane_piles(lane, sent, now);

	lane->answered = now;
	lane->silent = 0;
	lane->avoid_until = 0;
	if (piles) {
		lane->credit = 0;
	} else if (lane->window < lane->slow_until) {
		lane->window++;
	} else if (lane->window < lane->most && ++lane->credit >= lane->window) {
		lane->window++;
		lane->credit = 0;
	}
	lane_admit(lane);
}

void
lane_lost(struct lane *lane, uint64_t sent, uint64_t now)
{
	/* What was sent before the window was halved has been counted. */
	if (sent >= lane->cut) {
		lane->window = lane->window / 2 > lane->least ? lane->window / 2 : lane->least;
		lane->slow_until = lane->window;
		lane->credit = 0;
		lane->cut = now;
	}
	if (lane->answered > sent)
		return;
	/* A silent one starts afresh when it is back. */
	if (++lane->silent == SILENT_AFTER) {
		lane->slow_until = lane->most;
		lane->avoid_until = now + AVOID_MS;
		for (struct request *r; (r = lane_pop(lane)) != NULL; ) {
			r->turned_away = true;
			request_wake(r);
		}
	}
}
