/*
 * gather.c - brings what user halves gather to the LSA. What was brought last
 * is remembered, so that an unchanged cache costs no call. Knows no package
 * but that Negotiate stands for others.
 */
#include "secur32/gather.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fork.h"
#include "secur32/ask.h"
#include "secur32/link.h"
#include "secur32/usermode.h"

/* What the LSA of this epoch has of a half's. A forked child is another process to it. */
struct brought {
	const struct user_package *half;
	uint64_t epoch, stamp;
	struct secret *tickets;
};

#define HALVES_MAX 4u

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct brought last[HALVES_MAX];

static bool
is_named(struct bytes package, const char *name)
{
	return package.len == strlen(name) && strncasecmp((const char *)package.at, name, package.len) == 0;
}

static void
adopt_told(struct ask *ask)
{
	ask_end(ask);
	free(ask);
}

static bool
adopt_send(struct link *link, const char *package, struct secret *tickets)
{
	struct ask *ask = calloc(1, sizeof *ask);
	struct adopt_in in = { .package = bytes_of_text(package) };
	uint8_t *p;

	if (!ask)
		return false;
	ask->finished = adopt_told;
	WITH_SECRET(p, tickets) {
		in.tickets = bytes_of(p, secret_len(tickets));
		ask_adopt(ask, link, &in);
	}
	return true;
}

/* Whether the LSA has just these; remembers them where it has not. Takes over `tickets`. */
static void
bring_new(struct link *link, struct brought *b, const struct user_package *half, struct secret *tickets)
{
	bool known = b->half == half && b->epoch == link->epoch && !fork_changed(b->stamp);
	bool same = known && secret_len(b->tickets) == secret_len(tickets) && (!tickets || secret_same(b->tickets, tickets));

	if (same || (!known && !tickets) || !adopt_send(link, half->name, tickets)) {
		secret_drop(&tickets);
		return;
	}
	secret_drop(&b->tickets);
	*b = (struct brought){ .half = half, .epoch = link->epoch, .stamp = fork_stamp(), .tickets = tickets };
}

static void
bring(struct link *link, const struct user_package *half)
{
	struct secret *tickets = NULL;
	unsigned i = 0;

	if (half->gather(&tickets) != STATUS_SUCCESS)
		return;
	/* Held elsewhere, perhaps for ever (a fork): the LSA gets it once more, and nothing is remembered. */
	if (pthread_mutex_trylock(&lock) != 0) {
		(void)adopt_send(link, half->name, tickets);
		secret_drop(&tickets);
		return;
	}
	while (i < HALVES_MAX && last[i].half && last[i].half != half)
		i++;
	if (i < HALVES_MAX)
		bring_new(link, &last[i], half, tickets);
	else
		secret_drop(&tickets);
	pthread_mutex_unlock(&lock);
}

void
gather_bring(struct link *link, struct bytes package)
{
	const struct user_package *half;
	bool all = is_named(package, "Negotiate");

	for (unsigned i = 0; (half = usermode_at(i)); i++)
		if (half->gather && (all || is_named(package, half->name)))
			bring(link, half);
}
