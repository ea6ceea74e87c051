/*
 * net_trip.c - one socket to one KDC: opened, written, read, closed. Never
 * blocks. Over TCP four bytes of length stand before what is sent and what
 * comes back, high byte first (RFC 4120 7.2.2). Knows no other trip and no
 * time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "engine/net_inside.h"

#define GUESS	4096u		/* most answers fit */

static enum trip_end
trip_fault(struct trip *trip, enum trip_end end, int error, const char *fault)
{
	trip->error = error;
	trip->fault = fault;
	return end;
}

static bool
tell_later(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

void
trip_close(struct trip *trip)
{
	struct loop *loop = trip->request->call->loop;

	if (trip->shot.fd >= 0) {
		loop_lock(loop);
		shot_stop_locked(loop, &trip->shot);
		trip->listening = false;
		loop_unlock(loop);
		close(trip->shot.fd);
		trip->shot.fd = -1;
	}
	if (trip->reply)
		bytes_wipe(trip->reply, trip->room);
	free(trip->reply);
	trip->reply = NULL;
	trip->fired = false;
	trip->wants = trip->sent = trip->got = trip->room = 0;
}

/* --- UDP ------------------------------------------------------------------ */

static enum trip_end
udp_send(struct trip *trip, struct bytes ask)
{
	trip->wants = EPOLLIN;
	trip->at = TRIP_ASKED;
	if (send(trip->shot.fd, ask.at, ask.len, MSG_NOSIGNAL) >= 0)
		return TRIP_GOES_ON;
	/* No room in our own buffers is a datagram lost: it is sent again. */
	if (tell_later(errno) || errno == ENOBUFS)
		return TRIP_GOES_ON;
	return trip_fault(trip, TRIP_REFUSED, errno, NULL);
}

static enum trip_end
udp_ready(struct trip *trip)
{
	uint8_t first[GUESS];
	ssize_t len = recv(trip->shot.fd, first, sizeof first, MSG_PEEK | MSG_TRUNC);

	if (len < 0)
		return tell_later(errno) ? TRIP_GOES_ON : trip_fault(trip, TRIP_REFUSED, errno, NULL);
	if (len == 0) {			/* an empty one says nothing; the next may */
		(void)recv(trip->shot.fd, first, sizeof first, 0);
		return TRIP_GOES_ON;
	}
	trip->reply = malloc((size_t)len);
	if (!trip->reply)
		return TRIP_NO_MEMORY;
	trip->room = trip->got = (uint32_t)len;
	if ((size_t)len <= sizeof first)
		bytes_copy(trip->reply, first, (size_t)len);
	else if (recv(trip->shot.fd, trip->reply, (size_t)len, 0) != len)
		return trip_fault(trip, TRIP_FAILED, errno, NULL);
	return TRIP_HAS_ANSWER;
}

/* --- TCP -------------------------------------------------------------------- */

static enum trip_end
tcp_send(struct trip *trip, struct bytes ask)
{
	uint8_t head[4] = { (uint8_t)(ask.len >> 24), (uint8_t)(ask.len >> 16), (uint8_t)(ask.len >> 8), (uint8_t)ask.len };

	trip->at = TRIP_ASKED;
	trip->connected = true;
	while (trip->sent < sizeof head + ask.len) {
		size_t from = trip->sent < sizeof head ? trip->sent : sizeof head, past = trip->sent - from;
		struct iovec parts[2] = { { head + from, sizeof head - from },
		    { (void *)(uintptr_t)(ask.at + past), ask.len - past } };
		struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
		ssize_t n = sendmsg(trip->shot.fd, &message, MSG_NOSIGNAL);

		if (n < 0 && tell_later(errno)) {
			trip->wants = EPOLLOUT;
			return TRIP_GOES_ON;
		}
		if (n <= 0)
			return trip_fault(trip, TRIP_FAILED, n ? errno : EPIPE, NULL);
		trip->sent += (uint32_t)n;
	}
	trip->wants = EPOLLIN;
	return TRIP_GOES_ON;
}

static enum trip_end
tcp_connected(struct trip *trip, struct bytes ask)
{
	socklen_t len = sizeof trip->error;
	int error = 0;

	if (getsockopt(trip->shot.fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	if (error)
		return trip_fault(trip, TRIP_REFUSED, error, NULL);
	return tcp_send(trip, ask);
}

/* Room grows with what comes, not with what is announced. */
static bool
reply_grow(struct trip *trip, uint32_t whole)
{
	uint32_t room = trip->room ? trip->room * 2 : GUESS;
	uint8_t *more;

	if (room > whole)
		room = whole;
	more = malloc(room);
	if (!more)
		return false;
	if (trip->reply) {
		bytes_copy(more, trip->reply, trip->room);
		bytes_wipe(trip->reply, trip->room);
		free(trip->reply);
	}
	trip->reply = more;
	trip->room = room;
	return true;
}

/* trip->got counts the four bytes of length, too. */
static enum trip_end
tcp_read(struct trip *trip)
{
	for (;;) {
		const uint8_t *h = trip->head;
		uint32_t whole = (uint32_t)h[0] << 24 | (uint32_t)h[1] << 16 | (uint32_t)h[2] << 8 | h[3], in = trip->got - 4;
		ssize_t n;

		if (trip->got < 4) {
			n = recv(trip->shot.fd, trip->head + trip->got, 4 - trip->got, 0);
		} else if (!whole || whole > REPLY_MAX) {
			return trip_fault(trip, TRIP_REFUSED, 0, whole ? "announced an answer too long" : "announced an empty answer");
		} else if (in == whole) {
			trip->got = whole;
			return TRIP_HAS_ANSWER;
		} else {
			if (in == trip->room && !reply_grow(trip, whole))
				return TRIP_NO_MEMORY;
			n = recv(trip->shot.fd, trip->reply + in, trip->room - in, 0);
		}
		if (n < 0)
			return tell_later(errno) ? TRIP_GOES_ON : trip_fault(trip, TRIP_FAILED, errno, NULL);
		if (n == 0)
			return trip_fault(trip, TRIP_FAILED, 0, trip->got ? "closed in the middle of its answer" : "closed without an answer");
		trip->got += (uint32_t)n;
	}
}

/* --- both --------------------------------------------------------------------- */

static enum trip_end
trip_connect(struct trip *trip, struct bytes ask)
{
	const union address *to = trip->address;
	socklen_t len = to->any.sa_family == AF_INET ? sizeof to->v4 : sizeof to->v6;
	int kind = trip->transport == BY_UDP ? SOCK_DGRAM : SOCK_STREAM;

	trip->shot.fd = socket(to->any.sa_family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (trip->shot.fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			return TRIP_NO_DESCRIPTORS;
		if (errno == ENOMEM || errno == ENOBUFS)
			return TRIP_NO_MEMORY;
		return trip_fault(trip, TRIP_REFUSED, errno, NULL);
	}
	if (connect(trip->shot.fd, &to->any, len) == 0)
		return trip->transport == BY_UDP ? udp_send(trip, ask) : tcp_send(trip, ask);
	if (errno != EINPROGRESS)
		return trip_fault(trip, TRIP_REFUSED, errno, NULL);
	trip->at = TRIP_CONNECTING;
	trip->wants = EPOLLOUT;
	return TRIP_GOES_ON;
}

/* A second time by UDP sends again; a TCP connection that brought nothing is made anew. */
enum trip_end
trip_open(struct trip *trip, struct bytes ask)
{
	trip->fault = NULL;
	trip->error = 0;
	if (trip->shot.fd >= 0 && trip->transport == BY_UDP)
		return udp_send(trip, ask);
	if (trip->shot.fd >= 0 && trip->got) {
		trip->at = TRIP_ASKED;
		return TRIP_GOES_ON;
	}
	trip_close(trip);
	trip->connected = false;
	return trip_connect(trip, ask);
}

enum trip_end
trip_ready(struct trip *trip, struct bytes ask)
{
	if (trip->transport == BY_UDP)
		return udp_ready(trip);
	if (!trip->sent && trip->wants == EPOLLOUT)
		return tcp_connected(trip, ask);
	if (trip->wants == EPOLLOUT)
		return tcp_send(trip, ask);
	return tcp_read(trip);
}
