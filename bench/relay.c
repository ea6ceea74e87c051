/*
 * relay.c - a KDC far away: stands before a real one on loopback and holds
 * every answer back.
 *
 *     bench-relay LISTEN-PORT KDC-PORT DELAY-MS WINDOW
 *
 * UDP. At most WINDOW requests are outstanding at the KDC and the rest wait
 * here, so that what is measured is the asker and not the KDC's socket buffer.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HELD_MOST	65536u
#define WINDOW_MOST	256u
#define BYTES_MOST	4096u

struct packet {
	struct sockaddr_in who;
	uint64_t due;
	size_t len;
	uint8_t *bytes;
};

struct queue {
	struct packet at[HELD_MOST];
	size_t first, count;
};

static struct queue waiting, held;		/* for a place at the KDC; until the answer is due */
static struct { int fd; bool busy; struct sockaddr_in who; uint64_t since; } places[WINDOW_MOST];
static uint8_t room[65536];

static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static void
put(struct queue *q, const struct sockaddr_in *who, const uint8_t *bytes, size_t len, uint64_t due)
{
	struct packet *p = &q->at[(q->first + q->count) % HELD_MOST];

	if (q->count == HELD_MOST)
		return;				/* lost, as on any net */
	p->bytes = malloc(len ? len : 1);
	if (!p->bytes)
		return;
	memcpy(p->bytes, bytes, len);
	p->who = *who;
	p->len = len;
	p->due = due;
	q->count++;
}

static void
drop(struct queue *q)
{
	free(q->at[q->first].bytes);
	q->first = (q->first + 1) % HELD_MOST;
	q->count--;
}

static int
udp_socket(unsigned port, bool listening)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), size = 8 << 20;
	const struct sockaddr *to = (const struct sockaddr *)&at;

	if (fd < 0 || (listening ? bind(fd, to, sizeof at) : connect(fd, to, sizeof at)) != 0) {
		perror("relay");
		exit(1);
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
	return fd;
}

int
main(int argc, char **argv)
{
	struct pollfd polls[WINDOW_MOST + 1];
	unsigned window, idle = 0;
	uint64_t delay;
	int front;

	if (argc != 5)
		return 2;
	front = udp_socket((unsigned)atoi(argv[1]), true);
	delay = strtoull(argv[3], NULL, 10) * 1000u;
	window = (unsigned)atoi(argv[4]);
	window = window && window < WINDOW_MOST ? window : WINDOW_MOST;
	for (unsigned i = 0; i < window; i++)
		places[i].fd = udp_socket((unsigned)atoi(argv[2]), false);
	for (;;) {
		uint64_t now = now_us();
		int wait = -1;
		struct sockaddr_in who;
		socklen_t who_len = sizeof who;
		ssize_t got;

		while (held.count && held.at[held.first].due <= now) {
			struct packet *p = &held.at[held.first];

			(void)sendto(front, p->bytes, p->len, 0, (const struct sockaddr *)&p->who, sizeof p->who);
			drop(&held);
		}
		for (idle = 0; idle < window && waiting.count; idle++)
			if (!places[idle].busy || now - places[idle].since > 1000000u) {
				struct packet *p = &waiting.at[waiting.first];

				places[idle].busy = true;
				places[idle].who = p->who;
				places[idle].since = now;
				(void)send(places[idle].fd, p->bytes, p->len, 0);
				drop(&waiting);
			}
		if (held.count)
			wait = (int)((held.at[held.first].due - now + 999u) / 1000u);
		polls[0] = (struct pollfd){ front, POLLIN, 0 };
		for (unsigned i = 0; i < window; i++)
			polls[i + 1] = (struct pollfd){ places[i].fd, POLLIN, 0 };
		if (poll(polls, window + 1, wait) <= 0)
			continue;
		now = now_us();
		while ((got = recvfrom(front, room, sizeof room, 0, (struct sockaddr *)&who, &who_len)) >= 0) {
			if ((size_t)got <= BYTES_MOST)
				put(&waiting, &who, room, (size_t)got, 0);
			who_len = sizeof who;
		}
		for (unsigned i = 0; i < window; i++)
			if (polls[i + 1].revents && (got = recv(places[i].fd, room, sizeof room, 0)) >= 0) {
				if (places[i].busy)
					put(&held, &places[i].who, room, (size_t)got, now + delay);
				places[i].busy = false;
			}
	}
}
