/*
 * net_dns_test.c - engine/net_dns.c, the memory of engine/net.c and what
 * engine/net_story.c tells of each request:
 * real DNS packets from a server on loopback, whole and broken; the order of
 * RFC 2782; what is remembered and for whom.
 */
#include "engine/net_peer.h"

static struct loop *loop;
static struct jobs *jobs;
static struct net *net;

/* --- a DNS server ---------------------------------------------------------- */

struct dns {
	int fd, stop[2];
	uint16_t port, udp_kdc, tcp_kdc;	/* what it names; 0: none */
	bool silent, fails, broken;
	const char *target;
	unsigned delay_ms;
	_Atomic unsigned asked;
	pthread_t thread;
};

static size_t
put_name(uint8_t *to, const char *name)
{
	size_t at = 0;

	while (*name) {
		size_t len = strcspn(name, ".");

		to[at++] = (uint8_t)len;
		memcpy(to + at, name, len);
		at += len;
		name += len + (name[len] == '.');
	}
	to[at++] = 0;
	return at;
}

static size_t
dns_reply(struct dns *d, uint8_t *m, size_t len)
{
	uint16_t port = memcmp(m + 12 + 10, "\4_tcp", 5) == 0 || memcmp(m + 12 + 9, "\4_tcp", 5) == 0 ? d->tcp_kdc : d->udp_kdc;
	size_t name;

	m[2] = 0x81;			/* an answer */
	m[3] = 0x80;
	if (d->fails)
		m[3] |= 2;
	else if (!port)
		m[3] |= 3;
	memset(m + 8, 0, 4);		/* no authority, no additional records */
	/* The question's end: name, type, class; EDNS behind it is cut off. */
	for (len = 12; m[len]; len += m[len] + 1u)
		;
	len += 5;
	if (!port || d->fails)
		return len;
	m[7] = 1;
	memcpy(m + len, (uint8_t[]){ 0xC0, 12, 0, 33, 0, 1, 0, 0, 0, 60 }, 10);
	len += 10;
	name = put_name(m + len + 8, d->target);
	m[len] = 0;
	m[len + 1] = (uint8_t)(name + 6 - (d->broken ? 3 : 0));
	memcpy(m + len + 2, (uint8_t[]){ 0, 0, 0, 0, (uint8_t)(port >> 8), (uint8_t)port }, 6);
	return len + 8 + name;
}

static void *
dns_main(void *arg)
{
	struct dns *d = arg;

	for (;;) {
		struct pollfd fds[2] = { { .fd = d->stop[0], .events = POLLIN }, { .fd = d->fd, .events = POLLIN } };
		struct sockaddr_in from;
		socklen_t from_len = sizeof from;
		uint8_t m[1024] = { 0 };
		ssize_t n;

		(void)poll(fds, 2, -1);
		if (fds[0].revents)
			return NULL;
		n = recvfrom(d->fd, m, 512, 0, (struct sockaddr *)&from, &from_len);
		atomic_fetch_add(&d->asked, 1);
		if (n < 17 || d->silent)
			continue;
		usleep(d->delay_ms * 1000);
		(void)!sendto(d->fd, m, dns_reply(d, m, (size_t)n), 0, (struct sockaddr *)&from, from_len);
	}
}

static void
dns_begin(struct dns *d)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;

	if (!d->target)
		d->target = "localhost";
	d->fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(d->fd, (struct sockaddr *)&a, len) != 0 || getsockname(d->fd, (struct sockaddr *)&a, &len) != 0 ||
	    pipe(d->stop) != 0 || pthread_create(&d->thread, NULL, dns_main, d) != 0)
		abort();
	d->port = ntohs(a.sin_port);
	net_drop(net);
	net = net_new(jobs);
	net_use_resolver(net, a.sin_addr, d->port);
}

static void
dns_end(struct dns *d)
{
	(void)!write(d->stop[1], "", 1);
	pthread_join(d->thread, NULL);
	close(d->fd);
	close(d->stop[0]);
	close(d->stop[1]);
}

static void
ask_now(struct asked *a, const char *realm, bool tcp, bool kpasswd)
{
	asked_begin(a, net, loop, jobs, NULL, 15000);
	a->ask.realm = realm;
	a->ask.tcp = tcp;
	a->ask.kpasswd = kpasswd;
	call_run(&a->call);
	asked_wait(a, loop, 16000);
	CHECK(a->done);
}

/* --- through the net --------------------------------------------------------- */

static void
srv_leads_to_the_kdc(void)
{
	struct peer *p = peer_new(AF_INET);
	struct dns d = { .udp_kdc = p->port, .tcp_kdc = p->port };
	struct asked a;

	peer_go(p);
	dns_begin(&d);
	ask_now(&a, "ONE.TEST", false, false);
	CHECK(a.says == STATUS_SUCCESS && strstr(a.story, "udp ") && d.asked == 2);
	ask_now(&a, "ONE.TEST", true, false);
	CHECK(a.says == STATUS_SUCCESS && strstr(a.story, "tcp ") && d.asked == 2);		/* remembered */
	ask_now(&a, "ONE.TEST", false, true);
	CHECK(a.says == STATUS_SUCCESS && d.asked == 4);					/* _kpasswd is another question */
	net_forget(net);
	ask_now(&a, "ONE.TEST", false, false);
	CHECK(a.says == STATUS_SUCCESS && d.asked == 6);
	dns_end(&d);
	/* Only _tcp is named: then TCP it is. Only _udp: TCP goes there too. */
	for (int tcp = 0; tcp < 2; tcp++) {
		d = tcp ? (struct dns){ .tcp_kdc = p->port } : (struct dns){ .udp_kdc = p->port };
		dns_begin(&d);
		ask_now(&a, "TWO.TEST", !tcp, false);
		CHECK(a.says == STATUS_SUCCESS && strstr(a.story, "tcp "));
		dns_end(&d);
	}
	peer_drop(p);
}

static void
no_kdc_is_remembered(void)
{
	struct dns d = { .port = 0 };
	struct asked a;

	dns_begin(&d);
	for (int i = 0; i < 20; i++) {
		ask_now(&a, "NOWHERE.TEST", false, false);
		CHECK(a.says == STATUS_NO_LOGON_SERVERS && d.asked == 2);
		CHECK(strstr(a.story, "DNS has no _kerberos._udp.NOWHERE.TEST") != NULL);
	}
	CHECK(a.took < 100);
	dns_end(&d);
	d = (struct dns){ .udp_kdc = 88, .target = "" };	/* "." : decidedly not here */
	dns_begin(&d);
	ask_now(&a, "NOTHERE.TEST", false, false);
	CHECK(a.says == STATUS_NO_LOGON_SERVERS);
	dns_end(&d);
}

static void
bad_name_service(void)
{
	static const struct { bool silent, fails, broken; } rows[] = {
		{ true, false, false }, { false, true, false }, { false, false, true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dns d = { .udp_kdc = 88, .silent = rows[i].silent, .fails = rows[i].fails, .broken = rows[i].broken };
		struct asked a;
		uint64_t from;

		dns_begin(&d);
		/* The call does not wait longer than its deadline, whatever the look-up does. */
		asked_begin(&a, net, loop, jobs, NULL, 800);
		from = time_mono_ms();
		call_run(&a.call);
		CHECK(time_mono_ms() - from < 600);
		asked_wait(&a, loop, 5000);
		CHECK(a.done && a.took < 1500);
		ask_now(&a, "TEST", false, false);
		CHECK(a.says == STATUS_NO_LOGON_SERVERS);
		if (!CHECK(strstr(a.story, "no usable answer")))
			fprintf(stderr, "%zu: %s\n", i, a.story);
		dns_end(&d);
	}
}

static void
one_look_up_serves_all(void)
{
	enum { MANY = 200 };
	struct peer *p = peer_new(AF_INET);
	struct dns d = { .udp_kdc = p->port, .delay_ms = 50 };
	struct asked *a = calloc(MANY, sizeof *a);
	unsigned good = 0;

	peer_go(p);
	dns_begin(&d);
	for (int i = 0; i < MANY; i++) {
		asked_begin(&a[i], net, loop, jobs, NULL, 10000);
		call_run(&a[i].call);
	}
	CHECK(!a[0].done);
	for (int i = 0; i < MANY; i++) {
		asked_wait(&a[i], loop, 10000);
		good += a[i].says == STATUS_SUCCESS;
	}
	CHECK_U64(good, MANY);
	CHECK(d.asked == 2);
	dns_end(&d);
	peer_drop(p);
	free(a);
}

static void
many_realms_are_forgotten_again(void)
{
	struct dns d = { .port = 0 };
	struct asked a;
	char realm[20];

	dns_begin(&d);
	for (int i = 0; i < 400; i++) {
		(void)snprintf(realm, sizeof realm, "R%d.TEST", i);
		ask_now(&a, realm, false, false);
		CHECK(a.says == STATUS_NO_LOGON_SERVERS);
	}
	CHECK(net->realm_count <= 257);
	dns_end(&d);
}

/* --- the packet alone ------------------------------------------------------------ */

static const uint8_t good_answer[] = {
	0, 1, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0,
	9, '_', 'k', 'e', 'r', 'b', 'e', 'r', 'o', 's', 4, '_', 'u', 'd', 'p', 1, 'T', 0, 0, 33, 0, 1,
	0xC0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, 12, 0, 10, 0, 5, 0, 88, 3, 'k', 'd', 'c', 0xC0, 27,
	0xC0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, 11, 0, 20, 0, 0, 3, 0xE8, 1, 'a', 1, '!', 0,
};

static void
packets_are_read(void)
{
	struct srv srv[SRV_MAX];

	CHECK(srv_take(srv, bytes_of(good_answer, sizeof good_answer)) == 2);
	CHECK(srv[0].priority == 10 && srv[0].weight == 5 && srv[0].port == 88 && srv[1].port == 1000);
	CHECK_TEXT(srv[0].name, "kdc.T");
	CHECK_TEXT(srv[1].name, "a.?");
}

/* Every prefix is refused; every changed byte ends without harm (the sanitizers watch). */
static void
broken_packets_are_refused(void)
{
	static const uint8_t loops[] = { 0, 1, 0x81, 0x80, 0, 0, 0, 1, 0, 0, 0, 0,
		0, 0, 33, 0, 1, 0, 0, 0, 60, 0, 8, 0, 0, 0, 0, 0, 88, 0xC0, 29 };
	struct srv srv[SRV_MAX];

	for (size_t len = 0; len < sizeof good_answer; len++) {
		uint8_t *part = malloc(len ? len : 1);

		memcpy(part, good_answer, len);
		CHECK(srv_take(srv, bytes_of(part, len)) < 0);
		free(part);
	}
	for (size_t i = 0; i < sizeof good_answer * 256; i++) {
		uint8_t *changed = malloc(sizeof good_answer);

		memcpy(changed, good_answer, sizeof good_answer);
		changed[i / 256] = (uint8_t)i;
		CHECK(srv_take(srv, bytes_of(changed, sizeof good_answer)) <= 2);
		free(changed);
	}
	CHECK(srv_take(srv, bytes_of(loops, sizeof loops)) < 0);
}

static void
order_follows_priority_and_weight(void)
{
	unsigned heavy = 0, weightless = 0;

	for (uint32_t seed = 1; seed <= 4000; seed++) {
		struct srv srv[4] = { { 20, 0, 1, "later" }, { 10, 10, 2, "light" }, { 10, 90, 3, "heavy" }, { 10, 0, 4, "none" } };

		srv_order(srv, 4, seed * 2654435761u);
		CHECK(srv[3].port == 1);
		heavy += srv[0].port == 3;
		weightless += srv[0].port == 4;
	}
	CHECK(heavy > 3300 && heavy < 3850);		/* 90 of 101 */
	CHECK(weightless > 0 && weightless < 150);	/* 1 of 101 */
}

int
main(void)
{
	loop = loop_new();
	jobs = jobs_new(2);
	net = net_new(jobs);
	CHECK(loop && jobs && net);
	RUN(packets_are_read);
	RUN(broken_packets_are_refused);
	RUN(order_follows_priority_and_weight);
	RUN(srv_leads_to_the_kdc);
	RUN(no_kdc_is_remembered);
	RUN(bad_name_service);
	RUN(one_look_up_serves_all);
	RUN(many_realms_are_forgotten_again);
	jobs_drop(jobs);
	net_drop(net);
	loop_drop(loop);
	return check_end();
}
