/*
 * net_story.c - what happened to a request, in one line for an
 * administrator: each KDC, by which transport, how it went and how long it
 * took. Only reads.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "engine/net_inside.h"

static void story_say(char story[STORY_MAX], const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
story_say(char story[STORY_MAX], const char *format, ...)
{
	size_t at = strlen(story);
	va_list args;

	if (at + 1 >= STORY_MAX)
		return;
	va_start(args, format);
	(void)vsnprintf(story + at, STORY_MAX - at, format, args);
	va_end(args);
}

static void
trip_tell(const struct trip *trip, char story[STORY_MAX])
{
	uint64_t until = trip->ended ? trip->ended : time_mono_ms();
	double seconds = trip->began ? (double)(until - trip->began) / 1000 : 0;
	char address[ADDRESS_TEXT];

	if (trip->at == TRIP_NEW)
		return;
	address_text(address, trip->address);
	story_say(story, "%s%s %s ", *story ? "; " : "", trip->transport == BY_UDP ? "udp" : "tcp", address);
	if (trip->at == TRIP_IN_LINE && !trip->tries)
		story_say(story, "has no room for one more request");
	else if (trip->at == TRIP_ANSWERED)
		story_say(story, "answered in %.2f s", seconds);
	else if (trip->fault)
		story_say(story, "%s after %.1f s", trip->fault, seconds);
	else if (trip->error == ECONNREFUSED)
		story_say(story, "refused after %.1f s", seconds);
	else if (trip->error)
		story_say(story, "failed after %.1f s: %s", seconds, strerrordesc_np(trip->error));
	else if (trip->got)
		story_say(story, "%u bytes of an answer in %.1f s", trip->got, seconds);
	else
		story_say(story, "no %s in %.1f s", trip->transport == BY_TCP && !trip->connected ? "connection" :
		    "answer", seconds);
	if (trip->tries > 1)
		story_say(story, " (asked %u times)", trip->tries);
}

void
request_tell(const struct request *r, char story[STORY_MAX])
{
	*story = 0;
	for (unsigned i = 0; i < r->trip_count; i++)
		trip_tell(&r->trips[i], story);
	if (r->places) {
		if (*r->places->note)
			story_say(story, "%s%s", *story ? "; " : "", r->places->note);
		if (!*story)
			story_say(story, "no KDC of this realm takes TCP");
		return;
	}
	pthread_mutex_lock(&r->net->lock);
	if (r->realm->at == REALM_KNOWN && *r->realm->note)
		story_say(story, "%s", r->realm->note);
	else
		story_say(story, "the name service has not yet answered for %.80s", r->realm->name);
	pthread_mutex_unlock(&r->net->lock);
}

const char *
request_story(struct call_wait *w)
{
	struct request *r = (struct request *)(void *)w;

	if (!r->story)
		r->story = malloc(STORY_MAX);
	if (!r->story)
		return "no memory to tell what happened";
	request_tell(r, r->story);
	return r->story;
}
