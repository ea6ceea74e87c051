/*
 * gather.c - brings what user halves gather to the LSA. What was brought last
 * is remembered, so that an unchanged cache costs no call. Knows no package
 * but that Negotiate stands for others.
 *
 * What may be slow to gather is gathered by a thread of its own, one at a
 * time; the LSA is told to expect it, and nobody waits here. Wishes are
 * numbered: a reading serves those that were there when it began.
 */
#include "secur32/gather.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fork.h"
#include "secur32/ask.h"
#include "secur32/link.h"
#include "secur32/queue.h"
#include "secur32/root.h"
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
told(struct ask *ask)
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
	ask->finished = told;
	WITH_SECRET(p, tickets) {
		in.tickets = bytes_of(p, secret_len(tickets));
		ask_adopt(ask, link, &in);
	}
	return true;
}

/* Whether it need not be told: it has just these, or never had any. */
static bool
has_these(const struct brought *b, const struct link *link, const struct user_package *half, struct secret *tickets)
{
	bool known = b->half == half && b->epoch == link->epoch && !fork_changed(b->stamp);

	return known ? secret_len(b->tickets) == secret_len(tickets) && (!tickets || secret_same(b->tickets, tickets)) : !tickets;
}

/* Takes over `tickets`. */
static void
remember(struct brought *b, const struct link *link, const struct user_package *half, struct secret *tickets)
{
	secret_drop(&b->tickets);
	*b = (struct brought){ .half = half, .epoch = link->epoch, .stamp = fork_stamp(), .tickets = tickets };
}

/* Takes over `tickets`. */
static void
bring_new(struct link *link, struct brought *b, const struct user_package *half, struct secret *tickets)
{
	if (has_these(b, link, half, tickets) || !adopt_send(link, half->name, tickets))
		secret_drop(&tickets);
	else
		remember(b, link, half, tickets);
}

/* Under the lock. NULL: there is no place for it. */
static struct brought *
brought_of(const struct user_package *half)
{
	unsigned i = 0;

	while (i < HALVES_MAX && last[i].half && last[i].half != half)
		i++;
	return i < HALVES_MAX ? &last[i] : NULL;
}

/* --- slowly ------------------------------------------------------------------- */

static _Atomic uint64_t wishes;
static _Atomic uint64_t reader;		/* of which process a thread reads; 0: of none */

static void
expect_send(struct link *link, const char *package, uint64_t coming, uint64_t done)
{
	struct ask *ask = calloc(1, sizeof *ask);
	struct expect_in in = { .package = bytes_of_text(package), .coming = coming, .done = done };

	if (!ask)
		return;
	ask->finished = told;
	ask_expect(ask, link, &in);
}

/* Waits for the LSA, which waits for nobody here. Takes over `tickets`. */
static void
deliver(const struct user_package *half, struct secret *tickets, uint64_t wish)
{
	struct adopt_in in = { .package = bytes_of_text(half->name) };
	struct expect_in over = { .package = in.package, .done = wish };
	struct why why = { NULL, 0, 0 };
	struct ask ask = { 0 };
	struct link *link = NULL;
	struct brought *b;
	bool locked;
	uint8_t *p;

	if (root_sspi_link(&link, &why) == STATUS_SUCCESS) {
		locked = pthread_mutex_trylock(&lock) == 0;
		b = locked ? brought_of(half) : NULL;
		if (!b || !has_these(b, link, half, tickets)) {
			WITH_SECRET(p, tickets) {
				in.tickets = bytes_of(p, secret_len(tickets));
				ask_adopt(&ask, link, &in);
			}
			ask_wait(&ask);
			ask_end(&ask);
			if (b) {
				remember(b, link, half, tickets);
				tickets = NULL;
			}
		}
		if (locked)
			pthread_mutex_unlock(&lock);
		ask = (struct ask){ 0 };
		ask_expect(&ask, link, &over);
		ask_wait(&ask);
		ask_end(&ask);
	}
	link_release(link);
	why_drop(&why);
	secret_drop(&tickets);
}

static void *
read_slowly(void *arg)
{
	const struct user_package *half = arg;
	struct secret *tickets;
	uint64_t wish, none;

	do {
		wish = atomic_load(&wishes);
		tickets = NULL;
		(void)half->gather(&tickets, true);
		deliver(half, tickets, wish);
		atomic_store(&reader, 0);
		none = 0;
	} while (atomic_load(&wishes) != wish && atomic_compare_exchange_strong(&reader, &none, fork_stamp()));
	return NULL;
}

static void
bring_slowly(struct link *link, const struct user_package *half)
{
	uint64_t wish = atomic_fetch_add(&wishes, 1) + 1, now;

	expect_send(link, half->name, wish, 0);
	now = atomic_load(&reader);
	if ((now && !fork_changed(now)) || !atomic_compare_exchange_strong(&reader, &now, fork_stamp()))
		return;
	if (!thread_start(read_slowly, (void *)(uintptr_t)half)) {
		atomic_store(&reader, 0);
		expect_send(link, half->name, 0, wish);
	}
}

/* --- at once ------------------------------------------------------------------- */

static void
bring(struct link *link, const struct user_package *half)
{
	struct secret *tickets = NULL;
	NTSTATUS status = half->gather(&tickets, false);
	struct brought *b;

	if (status == STATUS_PENDING)
		bring_slowly(link, half);
	if (status != STATUS_SUCCESS)
		return;
	/* Held elsewhere, perhaps for ever (a fork): the LSA gets it once more, and nothing is remembered. */
	if (pthread_mutex_trylock(&lock) != 0) {
		(void)adopt_send(link, half->name, tickets);
		secret_drop(&tickets);
		return;
	}
	b = brought_of(half);
	if (b)
		bring_new(link, b, half, tickets);
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
