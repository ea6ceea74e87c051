/*
 * net_place_test.c - src/engine/net_request.c, net_lane.c: a place at a KDC
 * that is waited for before a request is made, what becomes of it, and that
 * exchanges which have begun go before others.
 */
#include "engine/net_peer.h"

static struct loop *loop;
static struct jobs *jobs;
static struct net *net;
static char list[200];

static void
fresh(const struct peer *p)
{
	net_drop(net);
	net = net_new(jobs);
	(void)snprintf(list, sizeof list, "127.0.0.1:%u", p->port);
}

static void
begin(struct asked *a, uint32_t deadline)
{
	asked_begin(a, net, loop, jobs, list, deadline);
	a->place = true;
}

static struct lane *
lane(void)
{
	return &net->kdcs->lanes[BY_UDP];
}

static bool
lane_is_empty(void)
{
	return lane()->under_way == 0 && !lane()->lines[LINE_NEW].first && !lane()->lines[LINE_GOING_ON].first;
}

static void
alone_it_waits_for_nothing(void)
{
	struct peer *p = peer_new(AF_INET);
	struct asked a;

	peer_go(p);
	fresh(p);
	begin(&a, 5000);
	a.trips = 1;
	call_run(&a.call);
	CHECK(a.placed && lane()->under_way == 1);
	asked_wait(&a, loop, 8000);
	CHECK(a.done && a.says == STATUS_SUCCESS && a.made == 1 && a.len == 9 && p->datagrams == 2);
	CHECK(strstr(a.story, "answered") && lane_is_empty());
	peer_drop(p);
}

/* What a request holds is there while its exchange is under way, and not before. */
static unsigned live, most_live;

static void
state_made(struct asked *a)
{
	(void)a;
	if (++live > most_live)
		most_live = live;
}

static void
state_done(struct call *c, NTSTATUS status)
{
	live--;
	asked_done(c, status);
}

static void
few_are_begun_at_once(void)
{
	enum { MANY = 1000 };
	struct asked *a = calloc(MANY, sizeof *a);
	struct peer *p = peer_new(AF_INET);
	uint64_t from = time_mono_ms();
	unsigned good = 0;
	bool busy = true;

	p->delay_ms = 20;
	peer_go(p);
	fresh(p);
	for (int i = 0; i < MANY; i++) {
		begin(&a[i], 20000);
		a[i].trips = 2;
		a[i].on_place = state_made;
		a[i].call.done = state_done;
		call_run(&a[i].call);
	}
	CHECK_U64(live, 64);
	while (busy && time_mono_ms() - from < 20000) {
		(void)loop_turn(loop, 20);
		busy = false;
		for (int i = 0; i < MANY && !busy; i++)
			busy = !a[i].done;
	}
	for (int i = 0; i < MANY; i++)
		good += a[i].done && a[i].says == STATUS_SUCCESS && a[i].made == 2 && a[i].len == 9;
	CHECK_U64(good, MANY);
	CHECK_U64(p->datagrams, 3 * MANY);
	/* As many as may be under way, and those whose answer has just let another one in. */
	CHECK(most_live >= 64 && most_live <= 320);
	CHECK(live == 0 && lane_is_empty());
	printf("1000 exchanges of three trips: %u ms, at most %u begun\n", (unsigned)(time_mono_ms() - from), most_live);
	peer_drop(p);
	free(a);
}

static void
turns(unsigned count)
{
	while (count--)
		(void)loop_turn(loop, 5);
}

/* Nobody answers; the window has room for one. */
static struct peer *
narrow(struct asked *first)
{
	struct peer *p = peer_new(AF_INET);
	struct asked none;

	fresh(p);
	asked_begin(&none, net, loop, jobs, list, 10);	/* makes the lane known */
	call_run(&none.call);
	asked_wait(&none, loop, 1000);
	CHECK(none.done);
	lane()->window = 1;
	begin(first, 20000);
	call_run(&first->call);
	CHECK(first->placed && lane()->under_way == 1);
	return p;
}

static void
cancel(struct asked *a)
{
	bool mine;

	loop_lock(loop);
	mine = call_cancel_locked(&a->call);
	loop_unlock(loop);
	CHECK(mine);
	if (mine)
		call_end_cancelled(&a->call);
}

static void
who_has_begun_goes_first(void)
{
	struct asked first, fresh_one, begun, later;
	struct peer *p = narrow(&first);

	begin(&fresh_one, 20000);
	call_run(&fresh_one.call);
	begin(&later, 20000);
	call_run(&later.call);
	CHECK(!fresh_one.placed && !later.placed);
	/* One that has been answered before: its next trip stands before both. */
	asked_begin(&begun, net, loop, jobs, list, 20000);
	call_run(&begun.call);
	CHECK(lane()->lines[LINE_NEW].first && !lane()->lines[LINE_GOING_ON].first);
	pthread_mutex_lock(&net->lock);
	lane_leave_line(lane(), (struct request *)(void *)begun.call.other);
	((struct request *)(void *)begun.call.other)->going_on = true;
	CHECK(!lane_enter(lane(), (struct request *)(void *)begun.call.other));
	pthread_mutex_unlock(&net->lock);
	cancel(&first);
	turns(3);
	CHECK(!fresh_one.placed && !later.placed && p->datagrams == 0 && lane()->under_way == 1);
	CHECK(!lane()->lines[LINE_GOING_ON].first);
	cancel(&begun);
	turns(3);
	CHECK(fresh_one.placed && !later.placed);
	cancel(&fresh_one);
	turns(3);
	CHECK(later.placed);
	cancel(&later);
	CHECK(lane_is_empty());
	peer_drop(p);
}

/* A call that has a place and asks for nothing, or somewhere else. */
static NTSTATUS
idle_turn(struct call *c)
{
	struct asked *a = (struct asked *)(void *)c;
	NTSTATUS status = a->armed_once ? awaited(c) : await_kdc_place(c, &a->ask);

	a->armed_once = true;
	a->placed |= status == STATUS_SUCCESS;
	if (status != STATUS_SUCCESS || !a->trips)
		return status;
	a->ask.realm = "ELSEWHERE";
	a->call.turn = asked_turn;
	a->armed_once = true;
	a->place = false;
	return await_kdc(c, &a->ask);
}

static void
a_place_that_is_not_used_is_given_back(void)
{
	struct asked first, idle, next;
	struct peer *p = narrow(&first);

	begin(&idle, 20000);
	idle.call.turn = idle_turn;
	call_run(&idle.call);
	begin(&next, 20000);
	call_run(&next.call);
	CHECK(!idle.done && !next.placed);
	cancel(&first);
	turns(4);
	CHECK(idle.done && idle.placed && idle.ended == STATUS_SUCCESS && next.placed);
	cancel(&next);
	CHECK(lane_is_empty());
	peer_drop(p);
}

static void
a_place_is_good_for_its_realm_alone(void)
{
	struct peer *p = peer_new(AF_INET);
	struct asked a;

	peer_go(p);
	fresh(p);
	begin(&a, 5000);
	a.call.turn = idle_turn;
	a.trips = 1;
	call_run(&a.call);
	CHECK_U64(lane()->under_way, 1);	/* the same KDC's, for the second realm */
	asked_wait(&a, loop, 8000);
	CHECK(a.done && a.says == STATUS_SUCCESS && a.len == 9 && lane_is_empty());
	peer_drop(p);
}

static void
cancelled_while_it_waits(void)
{
	struct asked first, other;
	struct peer *p = narrow(&first);

	begin(&other, 20000);
	call_run(&other.call);
	CHECK(lane()->lines[LINE_NEW].first != NULL);
	cancel(&other);
	CHECK(other.ended == STATUS_CANCELLED && !lane()->lines[LINE_NEW].first);
	/* And with the place granted, but not turned yet. */
	begin(&other, 20000);
	call_run(&other.call);
	cancel(&first);
	CHECK_U64(lane()->under_way, 1);
	cancel(&other);
	CHECK(!other.placed && lane_is_empty());
	peer_drop(p);
}

static void
it_ends_as_a_request_does(void)
{
	struct asked first, a;
	struct peer *p = narrow(&first);

	begin(&a, 3000);
	a.ask.silence_ms = 150;
	call_run(&a.call);
	asked_wait(&a, loop, 5000);
	CHECK(a.done && a.ended == STATUS_IO_TIMEOUT && !a.placed && strstr(a.story, "no room") && a.took < 2500);
	begin(&a, 100);
	call_run(&a.call);
	asked_wait(&a, loop, 5000);
	CHECK(a.done && a.ended == STATUS_IO_TIMEOUT && !a.placed);
	cancel(&first);
	CHECK(lane_is_empty());
	begin(&a, 3000);
	a.ask.places = "no/place/at/all";
	call_run(&a.call);
	asked_wait(&a, loop, 5000);
	CHECK(a.done && a.ended == STATUS_NO_LOGON_SERVERS && !a.placed);
	begin(&a, 3000);
	a.call.net = NULL;
	call_run(&a.call);
	CHECK(a.done && a.ended == STATUS_NOT_SUPPORTED);
	peer_drop(p);
}

/* A silent KDC turns away who waits for a place there; the next one has it. */
static void
the_next_kdc_has_a_place(void)
{
	struct peer *silent = peer_new(AF_INET), *good = peer_new(AF_INET);
	struct asked a[5];

	peer_go(good);
	fresh(silent);
	(void)snprintf(list, sizeof list, "127.0.0.1:%u 127.0.0.1:%u", silent->port, good->port);
	begin(&a[0], 20000);
	call_run(&a[0].call);
	for (struct kdc *k = net->kdcs; k; k = k->next)
		k->lanes[BY_UDP].window = 3;
	for (int i = 1; i < 5; i++) {
		begin(&a[i], 20000);
		call_run(&a[i].call);
	}
	CHECK(a[2].placed && !a[3].placed);
	for (int i = 0; i < 5; i++) {
		asked_wait(&a[i], loop, 8000);
		CHECK(a[i].done && a[i].says == STATUS_SUCCESS && a[i].len == 9);
	}
	for (struct kdc *k = net->kdcs; k; k = k->next)
		CHECK(k->lanes[BY_UDP].under_way == 0);
	peer_drop(silent);
	peer_drop(good);
}

int
main(void)
{
	loop = loop_new();
	jobs = jobs_new(2);
	net = net_new(jobs);
	CHECK(loop && jobs && net);
	RUN(alone_it_waits_for_nothing);
	RUN(few_are_begun_at_once);
	RUN(who_has_begun_goes_first);
	RUN(a_place_that_is_not_used_is_given_back);
	RUN(a_place_is_good_for_its_realm_alone);
	RUN(cancelled_while_it_waits);
	RUN(it_ends_as_a_request_does);
	RUN(the_next_kdc_has_a_place);
	jobs_drop(jobs);
	net_drop(net);
	loop_drop(loop);
	return check_end();
}
