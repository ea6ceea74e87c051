/*
 * net_peer.h - for tests of engine/net*.c: a KDC that misbehaves as it is
 * told, and a call that asks once. The peer answers "A" and the request's
 * bytes; what real KDCs answer is net_kdc_test.c's business.
 */
#ifndef OPENLSA_TESTS_NET_PEER_H
#define OPENLSA_TESTS_NET_PEER_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"
#include "engine/call.h"
#include "engine/net.h"
#include "engine/net_inside.h"
#include "engine/wait.h"
#include "tests/check.h"

#define PEER_CONNS	32
#define PEER_HELD	4096

enum peer_tcp { TCP_ANSWERS, TCP_SLOW, TCP_DIES, TCP_SILENT, TCP_EMPTY, TCP_HUGE, TCP_CLOSES };

struct peer {
	/* How it behaves. */
	bool udp_silent, udp_empty_first;
	unsigned drop_first, delay_ms, udp_size;
	enum peer_tcp tcp;
	/* What it saw. */
	_Atomic unsigned datagrams, connections, most_held, at_once;
	uint16_t port;
	int udp, listener, stop[2];
	int conns[PEER_CONNS];
	uint64_t slow_due[PEER_CONNS];
	unsigned slow_sent[PEER_CONNS];
	struct { uint64_t due; struct sockaddr_storage to; socklen_t len; uint8_t data[64]; size_t n; } held[PEER_HELD];
	unsigned from, count;
	pthread_t thread;
};

static inline void
peer_udp(struct peer *p)
{
	static const uint8_t zeros[60000];
	struct sockaddr_storage from;
	socklen_t len = sizeof from;
	uint8_t data[64] = "A";
	ssize_t n;

	while ((n = recvfrom(p->udp, data + 1, sizeof data - 1, MSG_DONTWAIT, (struct sockaddr *)&from, &len)) >= 0) {
		unsigned number = atomic_fetch_add(&p->datagrams, 1), at = (p->from + p->count) % PEER_HELD;

		if (p->udp_silent || number < p->drop_first)
			continue;
		if (p->udp_empty_first)
			(void)!sendto(p->udp, "", 0, 0, (struct sockaddr *)&from, len);
		if (p->udp_size) {
			(void)!sendto(p->udp, zeros, p->udp_size, 0, (struct sockaddr *)&from, len);
			continue;
		}
		if (p->count == PEER_HELD)
			continue;
		p->held[at].due = time_mono_ms() + p->delay_ms;
		p->held[at].to = from;
		p->held[at].len = len;
		p->held[at].n = (size_t)n + 1;
		memcpy(p->held[at].data, data, (size_t)n + 1);
		if (++p->count > atomic_load(&p->most_held))
			atomic_store(&p->most_held, p->count);
	}
}

static inline void
peer_release(struct peer *p)
{
	for (; p->count && p->held[p->from].due <= time_mono_ms(); p->count--) {
		(void)!sendto(p->udp, p->held[p->from].data, p->held[p->from].n, 0,
		    (struct sockaddr *)&p->held[p->from].to, p->held[p->from].len);
		p->from = (p->from + 1) % PEER_HELD;
	}
}

static inline void
peer_hang_up(struct peer *p, int i)
{
	close(p->conns[i]);
	p->conns[i] = -1;
}

static inline void
peer_tcp_ready(struct peer *p, int i)
{
	uint8_t data[4096], head[4];
	ssize_t n = recv(p->conns[i], data, sizeof data, MSG_DONTWAIT);

	if (n <= 0) {
		peer_hang_up(p, i);
		return;
	}
	switch (p->tcp) {
	case TCP_ANSWERS:
		data[3]++;
		(void)!send(p->conns[i], data, 2, MSG_NOSIGNAL);		/* in pieces */
		usleep(2000);
		(void)!send(p->conns[i], data + 2, 2, MSG_NOSIGNAL);
		(void)!send(p->conns[i], "A", 1, MSG_NOSIGNAL);
		(void)!send(p->conns[i], data + 4, (size_t)n - 4, MSG_NOSIGNAL);
		break;
	case TCP_SLOW:
		p->slow_due[i] = time_mono_ms();
		break;
	case TCP_DIES:
		memcpy(head, (uint8_t[]){ 0, 0, 1, 0 }, 4);
		(void)!send(p->conns[i], head, 4, MSG_NOSIGNAL);
		(void)!send(p->conns[i], "half of it", 10, MSG_NOSIGNAL);
		peer_hang_up(p, i);
		break;
	case TCP_EMPTY:
		(void)!send(p->conns[i], "\0\0\0\0", 4, MSG_NOSIGNAL);
		break;
	case TCP_HUGE:
		(void)!send(p->conns[i], "\x7f\xff\xff\xff", 4, MSG_NOSIGNAL);
		break;
	case TCP_CLOSES:
		peer_hang_up(p, i);
		break;
	case TCP_SILENT:
		break;
	}
}

/* One byte a tenth of a second of an answer of 1000. */
static inline void
peer_slow(struct peer *p, int i)
{
	static const uint8_t head[4] = { 0, 0, 3, 0xE8 };
	uint64_t now = time_mono_ms();

	if (p->conns[i] < 0 || !p->slow_due[i] || now < p->slow_due[i])
		return;
	(void)!send(p->conns[i], p->slow_sent[i] < 4 ? &head[p->slow_sent[i]] : head, 1, MSG_NOSIGNAL);
	p->slow_sent[i]++;
	p->slow_due[i] = now + 100;
}

static inline void *
peer_main(void *arg)
{
	struct peer *p = arg;

	for (;;) {
		struct pollfd fds[3 + PEER_CONNS] = { { .fd = p->stop[0], .events = POLLIN },
		    { .fd = p->udp, .events = POLLIN }, { .fd = p->listener, .events = POLLIN } };
		unsigned open = 0;

		for (int i = 0; i < PEER_CONNS; i++)
			fds[3 + i] = (struct pollfd){ .fd = p->conns[i], .events = POLLIN };
		(void)poll(fds, 3 + PEER_CONNS, p->count || p->tcp == TCP_SLOW ? 1 : 100);
		if (fds[0].revents)
			return NULL;
		peer_udp(p);
		peer_release(p);
		for (int i = 0; i < PEER_CONNS; i++) {
			if (p->conns[i] >= 0 && fds[3 + i].revents)
				peer_tcp_ready(p, i);
			peer_slow(p, i);
			open += p->conns[i] >= 0;
		}
		if (fds[2].revents) {
			int fd = accept(p->listener, NULL, NULL);

			atomic_fetch_add(&p->connections, 1);
			for (int i = 0; fd >= 0 && i < PEER_CONNS; i++) {
				if (p->conns[i] < 0) {
					p->conns[i] = fd;
					p->slow_due[i] = p->slow_sent[i] = 0;
					open++;
					fd = -1;
				}
			}
			if (fd >= 0)
				close(fd);
		}
		if (open > atomic_load(&p->at_once))
			atomic_store(&p->at_once, open);
	}
}

/* Both sockets on one free port of a loopback address. */
static inline bool
peer_bind(struct peer *p, int family)
{
	union address a = { .any = { .sa_family = (sa_family_t)family } };
	socklen_t len = family == AF_INET ? sizeof a.v4 : sizeof a.v6;

	if (family == AF_INET)
		a.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		a.v6.sin6_addr = in6addr_loopback;
	for (int i = 0; i < 20; i++) {
		p->udp = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		p->listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (family == AF_INET)
			a.v4.sin_port = 0;
		else
			a.v6.sin6_port = 0;
		if (bind(p->udp, &a.any, len) == 0 && getsockname(p->udp, &a.any, &len) == 0 &&
		    bind(p->listener, &a.any, len) == 0 && listen(p->listener, 64) == 0) {
			p->port = ntohs(family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
			return true;
		}
		close(p->udp);
		close(p->listener);
	}
	return false;
}

static inline struct peer *
peer_new(int family)
{
	struct peer *p = calloc(1, sizeof *p);

	for (int i = 0; p && i < PEER_CONNS; i++)
		p->conns[i] = -1;
	if (!p || !peer_bind(p, family) || pipe(p->stop) != 0)
		abort();
	return p;
}

static inline void
peer_go(struct peer *p)
{
	if (pthread_create(&p->thread, NULL, peer_main, p) != 0)
		abort();
}

static inline void
peer_drop(struct peer *p)
{
	if (p->thread) {
		(void)!write(p->stop[1], "", 1);
		pthread_join(p->thread, NULL);
	}
	for (int i = 0; i < PEER_CONNS; i++)
		if (p->conns[i] >= 0)
			close(p->conns[i]);
	close(p->udp);
	close(p->listener);
	close(p->stop[0]);
	close(p->stop[1]);
	free(p);
}

/* A port that refuses. */
static inline uint16_t
port_refused(void)
{
	struct peer *p = peer_new(AF_INET);
	uint16_t port = p->port;

	peer_drop(p);
	return port;
}

/* --- a call that asks once ---------------------------------------------------- */

struct asked {
	struct call call;
	struct kdc_ask ask;
	NTSTATUS armed, says, ended;
	bool armed_once;
	bool place, placed;		/* it asks for a place first; and has had it */
	unsigned trips, made;		/* answers that it wants in all beyond the first, and has */
	void (*on_place)(struct asked *a);	/* or NULL */
	_Atomic bool done;
	uint64_t began, took;
	size_t len;
	uint8_t first;
	char story[STORY_MAX];
};

static inline NTSTATUS
asked_turn(struct call *c)
{
	struct asked *a = (struct asked *)(void *)c;
	struct bytes answer;

	if (a->place && !a->placed) {
		NTSTATUS status = a->armed_once ? awaited(c) : await_kdc_place(c, &a->ask);

		a->armed_once = true;
		if (status == STATUS_PENDING)
			return status;
		if (status != STATUS_SUCCESS) {
			(void)snprintf(a->story, sizeof a->story, "%s", kdc_story(c));
			return a->says = status;
		}
		a->placed = true;
		a->armed_once = false;
		if (a->on_place)
			a->on_place(a);
	}
	if (!a->armed_once) {
		a->armed_once = true;
		return a->armed = await_kdc(c, &a->ask);
	}
	a->says = awaited(c);
	if (a->says == STATUS_SUCCESS && a->made < a->trips) {
		a->made++;
		return await_kdc(c, &a->ask);
	}
	answer = kdc_answer(c);
	a->len = answer.len;
	a->first = answer.len ? answer.at[0] : 0;
	(void)snprintf(a->story, sizeof a->story, "%s", kdc_story(c));
	return a->says;
}

static inline void
asked_done(struct call *c, NTSTATUS status)
{
	struct asked *a = (struct asked *)(void *)c;

	a->ended = status;
	a->took = time_mono_ms() - a->began;
	call_drop_memory(c);
	atomic_store(&a->done, true);
}

static inline void
asked_begin(struct asked *a, struct net *net, struct loop *loop, struct jobs *jobs, const char *places, uint32_t deadline)
{
	*a = (struct asked){ .ask = { .realm = "TEST", .places = places, .request = bytes_of("question", 8) },
	    .says = STATUS_PENDING, .began = time_mono_ms() };
	a->call.loop = loop;
	a->call.jobs = jobs;
	a->call.net = net;
	a->call.turn = asked_turn;
	a->call.done = asked_done;
	a->call.cancel_status = STATUS_CANCELLED;
	a->call.deadline_status = STATUS_IO_TIMEOUT;
	a->call.deadline_ms = deadline;
	call_begin(&a->call);
}

static inline void
asked_wait(struct asked *a, struct loop *loop, uint64_t ms)
{
	for (uint64_t until = time_mono_ms() + ms; !atomic_load(&a->done) && time_mono_ms() < until; )
		(void)loop_turn(loop, 20);
}

#endif
