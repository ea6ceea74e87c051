/*
 * net_kdc_test.c - src/engine/net*.c against MIT's krb5kdc, which
 * tests/lab/kdc.py has started: libkrb5 makes each request and judges each
 * answer, await_kdc carries them. Skipped where no KDC stands in the
 * environment.
 * Covers engine/net_request.c, net_trip.c.
 */
#include <krb5.h>

#include "engine/net_peer.h"

static struct loop *loop;
static struct jobs *jobs;
static struct net *net;
static krb5_context k5;
static char places[64];

/* One initial ticket: as many trips as libkrb5 wants. */
struct ticket {
	struct call call;
	krb5_init_creds_context steps;
	krb5_data in, out, realm;
	bool tcp, tcp_told, ended_well;
	unsigned trips;
	_Atomic bool done;
	NTSTATUS ended;
	char story[STORY_MAX];
};

static NTSTATUS
ticket_turn(struct call *c)
{
	struct ticket *t = (struct ticket *)(void *)c;
	struct kdc_ask ask = { .realm = "OPENLSA.TEST", .places = places };
	unsigned more = 0;
	krb5_error_code error;

	if (t->trips) {
		struct bytes answer = kdc_answer(c);

		(void)snprintf(t->story, sizeof t->story, "%s", kdc_story(c));
		if (awaited(c) != STATUS_SUCCESS)
			return awaited(c);
		t->in = (krb5_data){ .data = (char *)(uintptr_t)answer.at, .length = (unsigned)answer.len };
	}
	krb5_free_data_contents(k5, &t->out);
	krb5_free_data_contents(k5, &t->realm);
	error = krb5_init_creds_step(k5, t->steps, &t->in, &t->out, &t->realm, &more);
	if (error == KRB5KRB_ERR_RESPONSE_TOO_BIG) {
		t->tcp = t->tcp_told = true;
	} else if (error) {
		fprintf(stderr, "step: %s\n", krb5_get_error_message(k5, error));
		return STATUS_UNSUCCESSFUL;
	} else if (!(more & KRB5_INIT_CREDS_STEP_FLAG_CONTINUE)) {
		return STATUS_SUCCESS;
	}
	t->trips++;
	ask.request = bytes_of(t->out.data, t->out.length);
	ask.tcp = t->tcp;
	return await_kdc(c, &ask);
}

static void
ticket_done(struct call *c, NTSTATUS status)
{
	struct ticket *t = (struct ticket *)(void *)c;

	t->ended = status;
	call_drop_memory(c);
	atomic_store(&t->done, true);
}

static void
ticket_begin(struct ticket *t, krb5_principal who, krb5_keytab keys, bool tcp)
{
	*t = (struct ticket){ .tcp = tcp };
	t->call.loop = loop;
	t->call.jobs = jobs;
	t->call.net = net;
	t->call.turn = ticket_turn;
	t->call.done = ticket_done;
	t->call.cancel_status = STATUS_CANCELLED;
	t->call.deadline_status = STATUS_IO_TIMEOUT;
	t->call.deadline_ms = 20000;
	call_begin(&t->call);
	CHECK(krb5_init_creds_init(k5, who, NULL, NULL, 0, NULL, &t->steps) == 0);
	CHECK(krb5_init_creds_set_keytab(k5, t->steps, keys) == 0);
	call_run(&t->call);
}

/* The ticket is there, is alice's and opens with her key: libkrb5 has decrypted the answer. */
static bool
ticket_good(struct ticket *t)
{
	krb5_creds creds = { 0 };
	bool good = t->done && t->ended == STATUS_SUCCESS && krb5_init_creds_get_creds(k5, t->steps, &creds) == 0 &&
	    creds.ticket.length > 100 && creds.keyblock.length;

	krb5_free_cred_contents(k5, &creds);
	if (!good)
		fprintf(stderr, "no ticket: 0x%X, %s\n", (unsigned)t->ended, t->story);
	return good;
}

static void
ticket_drop(struct ticket *t)
{
	krb5_free_data_contents(k5, &t->out);
	krb5_free_data_contents(k5, &t->realm);
	krb5_init_creds_free(k5, t->steps);
}

static void
tickets(unsigned count, bool tcp, const char *transport)
{
	struct ticket *t = calloc(count, sizeof *t);
	uint64_t from = time_mono_ms();
	krb5_principal who = NULL;
	krb5_keytab keys = NULL;
	unsigned good = 0;

	CHECK(krb5_parse_name(k5, "alice@OPENLSA.TEST", &who) == 0);
	CHECK(krb5_kt_resolve(k5, getenv("KRB5_CLIENT_KTNAME"), &keys) == 0);
	for (unsigned i = 0; i < count; i++)
		ticket_begin(&t[i], who, keys, tcp);
	for (unsigned i = 0; i < count; i++)
		while (!atomic_load(&t[i].done) && time_mono_ms() - from < 25000)
			(void)loop_turn(loop, 20);
	for (unsigned i = 0; i < count; i++) {
		good += ticket_good(&t[i]) && strstr(t[i].story, transport) && t[i].trips == 2;
		ticket_drop(&t[i]);
	}
	CHECK_U64(good, count);
	printf("%u tickets over %s: %u ms\n", count, transport, (unsigned)(time_mono_ms() - from));
	krb5_kt_close(k5, keys);
	krb5_free_principal(k5, who);
	free(t);
}

static void one_over_udp(void) { tickets(1, false, "udp "); }
static void one_over_tcp(void) { tickets(1, true, "tcp "); }
static void many_over_udp(void) { tickets(400, false, "udp "); }
static void many_over_tcp(void) { tickets(100, true, "tcp "); }

static void
behind_a_dead_one(void)
{
	char alone[sizeof places];

	memcpy(alone, places, sizeof places);
	(void)snprintf(places, sizeof places, "127.0.0.1:%u %.30s", port_refused(), alone);
	tickets(20, false, "refused");
	memcpy(places, alone, sizeof places);
}

int
main(void)
{
	const char *port = getenv("KDC_PORT");

	if (!port) {
		printf("no KDC: run under tests/lab/kdc.py\n");
		return 77;
	}
	(void)snprintf(places, sizeof places, "127.0.0.1:%.5s", port);
	loop = loop_new();
	jobs = jobs_new(2);
	net = net_new(jobs);
	CHECK(loop && jobs && net && krb5_init_context(&k5) == 0);
	RUN(one_over_udp);
	RUN(one_over_tcp);
	RUN(many_over_udp);
	RUN(many_over_tcp);
	RUN(behind_a_dead_one);
	jobs_drop(jobs);
	net_drop(net);
	loop_drop(loop);
	krb5_free_context(k5);
	return check_end();
}
