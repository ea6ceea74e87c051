/*
 * net_test.c - src/engine/net.c, net_request.c, net_trips.c, net_trip.c, net_lane.c,
 * net_places.c against KDCs that are silent, refuse, lie, are slow, die.
 * Times are bounds that a busy machine holds, too.
 */
#include <malloc.h>
#include <sys/resource.h>

#include "engine/net_peer.h"

static struct loop *loop;
static struct jobs *jobs;
static struct net *net;
static char list[200];

static void
fresh(void)
{
	net_drop(net);
	net = net_new(jobs);
}

static void
ask_now(struct asked *a, const char *places, bool tcp, uint32_t deadline, uint32_t silence)
{
	asked_begin(a, net, loop, jobs, places, deadline);
	a->ask.tcp = tcp;
	a->ask.silence_ms = silence;
	call_run(&a->call);
	asked_wait(a, loop, deadline + 3000);
	CHECK(a->done);
}

static void
both_transports_and_families(void)
{
	static const struct { int family; bool tcp; const char *form; } rows[] = {
		{ AF_INET,  false, "127.0.0.1:%u" },
		{ AF_INET,  true,  "127.0.0.1:%u" },
		{ AF_INET,  false, "tcp/127.0.0.1:%u" },
		{ AF_INET,  false, "udp/127.0.0.1:%u" },
		{ AF_INET,  false, "localhost:%u" },
		{ AF_INET6, false, "[::1]:%u" },
		{ AF_INET6, true,  "[::1]:%u" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct peer *p = peer_new(rows[i].family);
		bool tcp = rows[i].tcp || i == 2;
		struct asked a;

		peer_go(p);
		fresh();
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)snprintf(list, sizeof list, rows[i].form, p->port);
#pragma GCC diagnostic pop
		ask_now(&a, list, rows[i].tcp, 5000, 0);
		CHECK(a.says == STATUS_SUCCESS && a.len == 9 && a.first == 'A');
		CHECK(strstr(a.story, tcp ? "tcp " : "udp ") && strstr(a.story, "answered"));
		CHECK(tcp ? p->connections == 1 && !p->datagrams : p->datagrams == 1 && !p->connections);
		peer_drop(p);
	}
}

static void
silence_and_deadline(void)
{
	struct peer *p = peer_new(AF_INET);
	struct asked a;

	p->udp_silent = true;
	p->tcp = TCP_SILENT;
	peer_go(p);
	(void)snprintf(list, sizeof list, "127.0.0.1:%u", p->port);
	for (int tcp = 0; tcp < 2; tcp++) {
		fresh();
		ask_now(&a, list, tcp, 300, 0);
		CHECK(a.ended == STATUS_IO_TIMEOUT && a.says == STATUS_PENDING && a.took >= 300 && a.took < 400);
		ask_now(&a, list, tcp, 5000, 200);
		CHECK(a.ended == STATUS_IO_TIMEOUT && a.says == STATUS_IO_TIMEOUT && a.took >= 200 && a.took < 300);
		CHECK(strstr(a.story, "no answer in 0.2 s") != NULL);
	}
	peer_drop(p);
}

static void
refusal_is_told_at_once(void)
{
	struct peer *p = peer_new(AF_INET);
	struct asked a;

	peer_go(p);
	for (int tcp = 0; tcp < 2; tcp++) {
		uint16_t port = port_refused();

		fresh();
		(void)snprintf(list, sizeof list, "127.0.0.1:%u", port);
		ask_now(&a, list, tcp, 5000, 0);
		CHECK(a.says == STATUS_NO_LOGON_SERVERS && a.took < 500 && strstr(a.story, "refused"));
		(void)snprintf(list, sizeof list, "127.0.0.1:%u 127.0.0.1:%u", port, p->port);
		ask_now(&a, list, tcp, 5000, 0);
		CHECK(a.says == STATUS_SUCCESS && a.took < 500 && strstr(a.story, "refused") && strstr(a.story, "answered"));
	}
	peer_drop(p);
}

static void
the_next_when_one_is_silent(void)
{
	struct peer *dead = peer_new(AF_INET), *good = peer_new(AF_INET);
	struct asked a;

	dead->udp_silent = true;
	peer_go(dead);
	peer_go(good);
	fresh();
	(void)snprintf(list, sizeof list, "127.0.0.1:%u 127.0.0.1:%u", dead->port, good->port);
	for (int i = 0; i < 3; i++) {
		ask_now(&a, list, false, 5000, 0);
		CHECK(a.says == STATUS_SUCCESS && a.took >= 1000 && a.took < 1500 && a.len == 9);
	}
	/* Three in a row: now the other stands first. */
	ask_now(&a, list, false, 5000, 0);
	CHECK(a.says == STATUS_SUCCESS && a.took < 500 && !strstr(a.story, "no answer"));
	net_forget(net);
	ask_now(&a, list, false, 5000, 0);
	CHECK(a.says == STATUS_SUCCESS && a.took >= 1000);
	peer_drop(dead);
	peer_drop(good);
}

static void
a_late_answer_counts(void)
{
	struct peer *late = peer_new(AF_INET), *dead = peer_new(AF_INET);
	struct asked a;

	late->delay_ms = 1300;
	dead->udp_silent = true;
	peer_go(late);
	peer_go(dead);
	fresh();
	(void)snprintf(list, sizeof list, "127.0.0.1:%u 127.0.0.1:%u", late->port, dead->port);
	ask_now(&a, list, false, 5000, 0);
	CHECK(a.says == STATUS_SUCCESS && a.took >= 1300 && a.took < 1900 && late->datagrams == 1);
	peer_drop(late);
	peer_drop(dead);
}

static void
lost_datagrams_are_sent_again(void)
{
	struct peer *p = peer_new(AF_INET);
	struct asked a;

	p->drop_first = 2;
	p->udp_empty_first = true;
	peer_go(p);
	fresh();
	(void)snprintf(list, sizeof list, "127.0.0.1:%u", p->port);
	ask_now(&a, list, false, 8000, 0);
	CHECK(a.says == STATUS_SUCCESS && a.took >= 3000 && a.took < 3800 && p->datagrams == 3);
	CHECK(strstr(a.story, "asked 3 times") != NULL);
	peer_drop(p);
}

static void
large_datagrams_come_whole(void)
{
	struct peer *p = peer_new(AF_INET);
	struct asked a;

	p->udp_size = 60000;
	peer_go(p);
	fresh();
	(void)snprintf(list, sizeof list, "127.0.0.1:%u", p->port);
	ask_now(&a, list, false, 5000, 0);
	CHECK(a.says == STATUS_SUCCESS && a.len == 60000 && a.first == 0);
	peer_drop(p);
}

static void
bad_tcp_answers(void)
{
	static const struct { enum peer_tcp tcp; NTSTATUS status; const char *story; } rows[] = {
		{ TCP_SLOW,   STATUS_IO_TIMEOUT,       NULL },
		{ TCP_DIES,   STATUS_NO_LOGON_SERVERS, "closed in the middle of its answer" },
		{ TCP_CLOSES, STATUS_NO_LOGON_SERVERS, "closed without an answer" },
		{ TCP_EMPTY,  STATUS_NO_LOGON_SERVERS, "announced an empty answer" },
		{ TCP_HUGE,   STATUS_NO_LOGON_SERVERS, "announced an answer too long" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct peer *p = peer_new(AF_INET);
		struct asked a;

		p->tcp = rows[i].tcp;
		peer_go(p);
		fresh();
		(void)snprintf(list, sizeof list, "127.0.0.1:%u", p->port);
		ask_now(&a, list, true, 1000, 0);
		CHECK_U64((uint32_t)a.ended, (uint32_t)rows[i].status);
		CHECK(rows[i].story ? a.took < 900 && strstr(a.story, rows[i].story) : a.took >= 1000 && a.took < 1100);
		peer_drop(p);
	}
}

static void
cancel_returns_at_once(void)
{
	struct peer *p = peer_new(AF_INET);
	struct asked a;
	bool mine;

	p->udp_silent = true;
	p->tcp = TCP_SILENT;
	peer_go(p);
	(void)snprintf(list, sizeof list, "127.0.0.1:%u", p->port);
	for (int tcp = 0; tcp < 2; tcp++) {
		fresh();
		asked_begin(&a, net, loop, jobs, list, 60000);
		a.ask.tcp = tcp;
		call_run(&a.call);
		(void)loop_turn(loop, 20);
		loop_lock(loop);
		mine = call_cancel_locked(&a.call);
		loop_unlock(loop);
		CHECK(mine);
		if (mine)
			call_end_cancelled(&a.call);
		CHECK(a.done && a.ended == STATUS_CANCELLED && a.took < 200);
		CHECK(net->kdcs->lanes[tcp].under_way == 0);
	}
	peer_drop(p);
}

static void
what_is_no_place(void)
{
	static const struct { const char *list; bool tcp; const char *story; } rows[] = {
		{ "127.0.0.1:0",           false, "is no host" },
		{ "127.0.0.1:65536",       false, "is no host" },
		{ "tcp/ [ []:8",           false, "is no host" },
		{ "udp/127.0.0.1:9",       true,  "takes TCP" },
		{ "no-such-host.invalid",  false, "no-such-host.invalid: " },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct asked a;

		fresh();
		ask_now(&a, rows[i].list, rows[i].tcp, 15000, 0);
		CHECK_U64((uint32_t)a.says, (uint32_t)STATUS_NO_LOGON_SERVERS);
		if (!CHECK(strstr(a.story, rows[i].story)))
			fprintf(stderr, "%s\n", a.story);
	}
}

static void
arguments(void)
{
	struct asked a;

	asked_begin(&a, NULL, loop, jobs, "127.0.0.1", 1000);
	call_run(&a.call);
	CHECK(a.done && a.ended == STATUS_NOT_SUPPORTED);
	asked_begin(&a, net, loop, jobs, "127.0.0.1", 1000);
	a.ask.request = BYTES_NONE;
	call_run(&a.call);
	CHECK(a.done && a.ended == STATUS_INVALID_PARAMETER);
}

static bool
all_done(struct asked *a, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (!atomic_load(&a[i].done))
			return false;
	return true;
}

static unsigned
successes(const struct asked *a, unsigned count)
{
	unsigned good = 0;

	for (unsigned i = 0; i < count; i++)
		good += a[i].done && a[i].says == STATUS_SUCCESS && a[i].len == 9;
	return good;
}

static void
thousand_at_once(void)
{
	enum { MANY = 1000 };
	struct asked *a = calloc(MANY, sizeof *a);
	struct peer *p = peer_new(AF_INET);
	uint64_t from = time_mono_ms();

	p->delay_ms = 50;
	peer_go(p);
	fresh();
	(void)snprintf(list, sizeof list, "127.0.0.1:%u", p->port);
	for (int i = 0; i < MANY; i++) {
		asked_begin(&a[i], net, loop, jobs, list, 20000);
		call_run(&a[i].call);
	}
	while (!all_done(a, MANY) && time_mono_ms() - from < 20000)
		(void)loop_turn(loop, 20);
	CHECK_U64(successes(a, MANY), MANY);
	CHECK(p->most_held <= 256 && p->most_held >= 64);
	printf("1000 answers held back 50 ms: %u ms, at most %u under way\n", (unsigned)(time_mono_ms() - from), p->most_held);
	peer_drop(p);
	free(a);
}

static void
few_connections_at_once(void)
{
	enum { MANY = 60 };
	struct asked *a = calloc(MANY, sizeof *a);
	struct peer *p = peer_new(AF_INET);
	uint64_t from = time_mono_ms();

	peer_go(p);
	fresh();
	(void)snprintf(list, sizeof list, "tcp/127.0.0.1:%u", p->port);
	for (int i = 0; i < MANY; i++) {
		asked_begin(&a[i], net, loop, jobs, list, 20000);
		call_run(&a[i].call);
	}
	while (!all_done(a, MANY) && time_mono_ms() - from < 20000)
		(void)loop_turn(loop, 20);
	CHECK_U64(successes(a, MANY), MANY);
	/* The peer sees an end a little later than the next beginning. */
	CHECK(p->at_once <= 8);
	peer_drop(p);
	free(a);
}

static void
ten_thousand_held(void)
{
	enum { MANY = 10000 };
	struct asked *a = calloc(MANY, sizeof *a);
	struct peer *p = peer_new(AF_INET);
	struct mallinfo2 before, after;
	struct rlimit limit;
	uint64_t from;
	unsigned ended = 0;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	fresh();
	(void)snprintf(list, sizeof list, "127.0.0.1:%u", p->port);	/* nobody reads there */
	before = mallinfo2();
	/* The window would let few out; here every one has its socket, as far as descriptors go. */
	asked_begin(&a[0], net, loop, jobs, list, 6000);
	call_run(&a[0].call);
	net->kdcs->lanes[BY_UDP].window = limit.rlim_cur > MANY + 200 ? MANY : (unsigned)limit.rlim_cur / 2;
	for (int i = 1; i < MANY; i++) {
		asked_begin(&a[i], net, loop, jobs, list, 6000);
		call_run(&a[i].call);
	}
	after = mallinfo2();
	printf("10000 held, %u with a socket: %zu bytes each, and %zu for the call\n",
	    net->kdcs->lanes[BY_UDP].under_way, (size_t)(after.uordblks - before.uordblks) / MANY, sizeof(struct call));
	CHECK((size_t)(after.uordblks - before.uordblks) / MANY + sizeof(struct call) < 8192);
	from = time_mono_ms();
	while (!all_done(a, MANY) && time_mono_ms() - from < 20000)
		(void)loop_turn(loop, 20);
	for (int i = 0; i < MANY; i++)
		ended += a[i].done && a[i].ended == STATUS_IO_TIMEOUT;
	CHECK_U64(ended, MANY);
	CHECK(net->kdcs->lanes[BY_UDP].under_way == 0 && !net->kdcs->lanes[BY_UDP].lines[LINE_NEW].first);
	peer_drop(p);
	free(a);
}

static void
out_of_descriptors(void)
{
	struct rlimit limit, small;
	struct asked a;
	int next = dup(0);

	close(next);
	fresh();
	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	small = limit;
	small.rlim_cur = (rlim_t)next;
	CHECK(setrlimit(RLIMIT_NOFILE, &small) == 0);
	ask_now(&a, "127.0.0.1:9", false, 1000, 0);
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	CHECK_U64((uint32_t)a.says, (uint32_t)STATUS_TOO_MANY_OPENED_FILES);
}

/* --- threads ------------------------------------------------------------------- */

struct crowd {
	struct loop *loop;
	struct asked *a;
	unsigned count;
	_Atomic bool *stop;
};

static void *
crowd_main(void *arg)
{
	struct crowd *c = arg;
	uint64_t until = time_mono_ms() + 20000;

	for (unsigned i = 0; i < c->count; i++)
		call_run(&c->a[i].call);
	while (!all_done(c->a, c->count) && time_mono_ms() < until)
		(void)loop_turn(c->loop, 5);
	return NULL;
}

static void
two_loops_share_a_window(void)
{
	enum { EACH = 500 };
	struct crowd crowds[2];
	struct peer *p = peer_new(AF_INET);
	pthread_t threads[2];

	p->delay_ms = 10;
	peer_go(p);
	fresh();
	(void)snprintf(list, sizeof list, "localhost:%u", p->port);	/* one look-up for all */
	for (int i = 0; i < 2; i++) {
		crowds[i] = (struct crowd){ .loop = loop_new(), .a = calloc(EACH, sizeof(struct asked)), .count = EACH };
		for (int k = 0; k < EACH; k++)
			asked_begin(&crowds[i].a[k], net, crowds[i].loop, jobs, list, 20000);
		CHECK(pthread_create(&threads[i], NULL, crowd_main, &crowds[i]) == 0);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		CHECK_U64(successes(crowds[i].a, EACH), EACH);
		loop_drop(crowds[i].loop);
		free(crowds[i].a);
	}
	CHECK(p->most_held <= 256);
	peer_drop(p);
}

static void *
turn_main(void *arg)
{
	struct crowd *c = arg;

	while (!atomic_load(c->stop))
		(void)loop_turn(c->loop, 5);
	return NULL;
}

/* Two threads turn one loop, a third cancels every second call. */
static void
cancel_races_answers(void)
{
	enum { MANY = 600 };
	struct asked *a = calloc(MANY, sizeof *a);
	struct peer *p = peer_new(AF_INET);
	_Atomic bool stop = false;
	struct crowd c = { .loop = loop_new(), .stop = &stop };
	uint64_t until = time_mono_ms() + 20000;
	pthread_t threads[2];
	unsigned odd = 0;

	p->delay_ms = 2;
	peer_go(p);
	fresh();
	(void)snprintf(list, sizeof list, "127.0.0.1:%u", p->port);
	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&threads[i], NULL, turn_main, &c) == 0);
	for (int i = 0; i < MANY; i++) {
		asked_begin(&a[i], net, c.loop, jobs, list, 15000);
		a[i].ask.tcp = i % 5 == 0;
		call_run(&a[i].call);
		if (i >= 40 && i % 2 == 0) {
			bool mine = false;

			loop_lock(c.loop);
			if (!atomic_load(&a[i - 40].done))
				mine = call_cancel_locked(&a[i - 40].call);
			loop_unlock(c.loop);
			if (mine)
				call_end_cancelled(&a[i - 40].call);
		}
		if (i % 16 == 0)
			usleep(500);
	}
	while (!all_done(a, MANY) && time_mono_ms() < until)
		usleep(5000);
	for (int i = 0; i < MANY; i++)
		odd += !(a[i].done && (a[i].says == STATUS_SUCCESS || a[i].ended == STATUS_CANCELLED));
	CHECK_U64(odd, 0);
	atomic_store(&stop, true);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (struct kdc *k = net->kdcs; k; k = k->next)
		for (int t = 0; t < TRANSPORTS; t++)
			CHECK(k->lanes[t].under_way == 0 && !k->lanes[t].lines[LINE_NEW].first && !k->lanes[t].lines[LINE_GOING_ON].first);
	loop_drop(c.loop);
	peer_drop(p);
	free(a);
}

int
main(void)
{
	loop = loop_new();
	jobs = jobs_new(2);
	net = net_new(jobs);
	CHECK(loop && jobs && net);
	RUN(both_transports_and_families);
	RUN(silence_and_deadline);
	RUN(refusal_is_told_at_once);
	RUN(the_next_when_one_is_silent);
	RUN(a_late_answer_counts);
	RUN(lost_datagrams_are_sent_again);
	RUN(large_datagrams_come_whole);
	RUN(bad_tcp_answers);
	RUN(cancel_returns_at_once);
	RUN(what_is_no_place);
	RUN(arguments);
	RUN(thousand_at_once);
	RUN(few_connections_at_once);
	RUN(ten_thousand_held);
	RUN(out_of_descriptors);
	RUN(two_loops_share_a_window);
	RUN(cancel_races_answers);
	jobs_drop(jobs);
	net_drop(net);
	loop_drop(loop);
	return check_end();
}
