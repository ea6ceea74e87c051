/*
 * net_fail_test.c - src/engine/net*.c and loop.c when something runs out:
 * each allocation and each system call of a request fails, once or from there
 * on. The call ends with a status all the same, and nothing stays behind.
 * Covers engine/net_request.c, net_trip.c, net_lane.c, net.c.
 */
#include "engine/net_peer.h"
#include "sweep/fail.h"

static struct loop *loop;
static struct peer *peer;

static bool
known(NTSTATUS status)
{
	static const NTSTATUS statuses[] = { STATUS_SUCCESS, STATUS_NO_MEMORY, STATUS_INSUFFICIENT_RESOURCES,
		STATUS_TOO_MANY_OPENED_FILES, STATUS_NO_LOGON_SERVERS, STATUS_IO_TIMEOUT };

	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		if (statuses[i] == status)
			return true;
	return false;
}

/* Asks with the plan; returns how many of this kind there were. */
static unsigned long
ask_failing(const char *form, bool tcp, bool place, int kind, unsigned long at, bool on)
{
	struct jobs *jobs = jobs_new(1);
	struct net *net = net_new(jobs);
	unsigned long count;
	char list[100];
	struct asked a;

	(void)snprintf(list, sizeof list, "%s:%u", form, peer->port);
	asked_begin(&a, net, loop, jobs, list, 700);
	a.ask.tcp = tcp;
	a.place = place;
	fail_arm(kind, at, on);
	call_run(&a.call);
	asked_wait(&a, loop, 1500);
	count = fail_plan ? fail_plan->count[kind] : 0;
	fail_disarm();
	asked_wait(&a, loop, 1500);
	if (!CHECK(a.done && known(a.ended)))
		fprintf(stderr, "%s, kind %d, %lu: 0x%X\n", list, kind, at, (unsigned)a.ended);
	if (!at)
		CHECK(a.ended == STATUS_SUCCESS);
	jobs_drop(jobs);
	net_drop(net);
	return count;
}

static void
everything_fails_once(void)
{
	static const struct { const char *host; bool tcp, place; } rows[] = {
		{ "127.0.0.1", false, false }, { "127.0.0.1", true, false }, { "localhost", false, false },
		{ "127.0.0.1", false, true }, { "localhost", true, true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (int kind = 0; kind < FAIL_KINDS; kind++) {
			unsigned long count;

			(void)ask_failing(rows[i].host, rows[i].tcp, rows[i].place, kind, 0, false);	/* what is made once is made */
			count = ask_failing(rows[i].host, rows[i].tcp, rows[i].place, kind, 0, false);
			CHECK(count >= (kind == FAIL_MEMORY ? 6 : 2));
			printf("%s %s: %lu of kind %d\n", rows[i].host, rows[i].tcp ? "tcp" : "udp", count, kind);
			for (unsigned long at = 1; at <= count; at++) {
				(void)ask_failing(rows[i].host, rows[i].tcp, rows[i].place, kind, at, false);
				(void)ask_failing(rows[i].host, rows[i].tcp, rows[i].place, kind, at, true);
			}
		}
	}
}

static void
nothing_stays(void)
{
	long before;

	(void)ask_failing("127.0.0.1", false, false, FAIL_MEMORY, 0, false);
	before = fail_live_blocks;
	for (unsigned long at = 1; at <= 6; at++)
		(void)ask_failing("127.0.0.1", false, false, FAIL_MEMORY, at, false);
	CHECK_U64((uint64_t)fail_live_blocks, (uint64_t)before);
}

int
main(void)
{
	loop = loop_new();
	peer = peer_new(AF_INET);
	peer_go(peer);
	CHECK(loop != NULL);
	RUN(everything_fails_once);
	RUN(nothing_stays);
	peer_drop(peer);
	loop_drop(loop);
	return check_end();
}
