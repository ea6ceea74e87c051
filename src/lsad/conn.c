/*
 * conn.c - connections. An idle one costs little: bytes are read into the
 * thread's one buffer, and only the rest of a frame that is not all there is
 * kept, growing with what has come and not with what was announced. All that
 * is timed is timed equally long, so those who have to be quick stand in a
 * queue by age, and no timer is needed.
 *
 * Who does not take its replies is not read from: above OUT_MARK of them
 * nothing is submitted and EPOLLIN is off, until they have gone. So a client
 * that sends and never reads holds itself up and nobody else.
 */
#include "lsad/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"
#include "wire/frame.h"

#define REST_FIRST	512u			/* the least that is kept for a frame that is not all there */
#define OUT_FIRST	4096u
#define OUT_MARK	65536u			/* unread replies above which nothing more is read */
#define OUT_MAX		(16u * 1024u * 1024u)	/* of calls that were waiting already; more ends the connection */
#define QUICK_MS	10000u			/* from a frame's first byte to its last; from accepting to being connected */

struct conn {
	struct watch watch;
	struct home *home;
	struct lsa_link *link;
	struct conn *next, **here;		/* among the home's, or the doomed */
	struct conn *older, *younger;		/* among those who have to be quick */
	uint64_t due;				/* 0: it does not have to be quick */
	uint8_t *rest;				/* the beginning of a frame */
	uint32_t rest_len, rest_room;
	uint8_t *out;				/* what the socket would not take yet */
	uint32_t out_at, out_len, out_room;
	uint8_t *late;				/* read, and not submitted while too much is unread */
	uint32_t late_len;
	uint32_t under_way;			/* frames submitted and not answered */
	bool stranger, doomed, gone;
};

/* --- time ------------------------------------------------------------------- */

static void
quick_end(struct conn *c)
{
	struct home *h = c->home;

	if (!c->due)
		return;
	*(c->older ? &c->older->younger : &h->oldest) = c->younger;
	*(c->younger ? &c->younger->older : &h->youngest) = c->older;
	c->due = 0;
}

static void
quick_begin(struct conn *c)
{
	struct home *h = c->home;

	if (c->due)
		return;
	c->due = time_mono_ms() + QUICK_MS;
	c->older = h->youngest;
	c->younger = NULL;
	*(h->youngest ? &h->youngest->younger : &h->oldest) = c;
	h->youngest = c;
}

/* --- birth and end ------------------------------------------------------------ */

static void
conn_list(struct conn *c, struct conn **list)
{
	c->next = *list;
	c->here = list;
	if (c->next)
		c->next->here = &c->next;
	*list = c;
}

static void
conn_unlist(struct conn *c)
{
	*c->here = c->next;
	if (c->next)
		c->next->here = c->here;
}

/* It is not touched again but by conns_bury: this turn may still hold an event for it, or a call its name. */
static void
conn_doom(struct conn *c)
{
	if (c->doomed)
		return;
	c->doomed = true;
	quick_end(c);
	loop_unwatch(c->home->loop, &c->watch);
	conn_unlist(c);
	conn_list(c, &c->home->doomed);
}

static void
memory_free(uint8_t **at, size_t len)
{
	if (*at)
		bytes_wipe(*at, len);
	free(*at);
	*at = NULL;
}

static void
rest_drop(struct conn *c)
{
	memory_free(&c->rest, c->rest_len);
	c->rest_len = c->rest_room = 0;
}

static void
out_drop(struct conn *c)
{
	memory_free(&c->out, c->out_room);
	c->out_at = c->out_len = c->out_room = 0;
}

/* What was under way is answered into the void while the link goes. */
unsigned
conns_bury(struct home *h)
{
	unsigned n = 0;

	while (h->doomed) {
		struct conn *c = h->doomed;

		conn_unlist(c);
		lsa_link_gone(c->link);
		c->link = NULL;
		(void)close(c->watch.fd);
		rest_drop(c);
		out_drop(c);
		memory_free(&c->late, c->late_len);
		c->gone = true;
		if (!c->under_way)
			free(c);
		n++;
	}
	return n;
}

/* Too much is unread, or what was read then is not through yet. */
static bool
conn_full(const struct conn *c)
{
	return c->out_len - c->out_at > OUT_MARK;
}

static void
conn_watch(struct conn *c)
{
	bool reads = !c->home->drains && !conn_full(c) && !c->late;

	if (!loop_rewatch(c->home->loop, &c->watch, (reads ? EPOLLIN : 0u) | (c->out ? EPOLLOUT : 0u)))
		conn_doom(c);
}

/* --- replies ------------------------------------------------------------------- */

static ssize_t
conn_send(const struct conn *c, const uint8_t *at, size_t len)
{
	ssize_t n;

	do
		n = send(c->watch.fd, at, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 && errno == EAGAIN ? 0 : n;
}

/* A place for len more bytes behind those that wait; NULL: the client has left too much unread. */
static uint8_t *
out_room(struct conn *c, size_t len)
{
	uint32_t waits = c->out_len - c->out_at;
	size_t room = OUT_FIRST;
	uint8_t *more;

	if (len > OUT_MAX - waits)
		return NULL;
	if (len <= c->out_room - c->out_len)
		return c->out + c->out_len;
	while (room < waits + len)
		room *= 2;
	more = malloc(room);
	if (!more)
		return NULL;
	bytes_copy(more, c->out + c->out_at, waits);
	memory_free(&c->out, c->out_room);
	c->out = more;
	c->out_at = 0;
	c->out_len = waits;
	c->out_room = (uint32_t)room;
	return c->out + c->out_len;
}

static void
conn_write(struct conn *c, struct bytes reply)
{
	bool was_empty = !c->out, was_full = conn_full(c);
	uint8_t *at;

	if (was_empty) {
		ssize_t n = conn_send(c, reply.at, reply.len);

		if (n < 0) {
			conn_doom(c);
			return;
		}
		reply = bytes_of(reply.at + n, reply.len - (size_t)n);
		if (!reply.len)
			return;
	}
	at = out_room(c, reply.len);
	if (!at) {
		conn_doom(c);
		return;
	}
	bytes_copy(at, reply.at, reply.len);
	c->out_len += (uint32_t)reply.len;
	if (was_empty || was_full != conn_full(c))
		conn_watch(c);
}

static void conn_feed(struct conn *c, struct bytes in);

/* What was held back, now that replies have gone. */
static void
late_feed(struct conn *c)
{
	uint8_t *at = c->late;
	uint32_t len = c->late_len;

	if (!at || conn_full(c) || c->home->drains)
		return;
	c->late = NULL;
	c->late_len = 0;
	conn_feed(c, bytes_of(at, len));
	memory_free(&at, len);
}

static void
conn_flush(struct conn *c)
{
	ssize_t n = c->out ? conn_send(c, c->out + c->out_at, c->out_len - c->out_at) : 0;

	if (n < 0) {
		conn_doom(c);
		return;
	}
	c->out_at += (uint32_t)n;
	if (c->out_at == c->out_len)
		out_drop(c);
	late_feed(c);
	if (!c->doomed)
		conn_watch(c);
}

/* Once for every frame: within lsa_submit, later on this thread, or while the link goes. */
static void
conn_done(void *arg, struct bytes reply)
{
	struct conn *c = arg;

	c->under_way--;
	if (c->gone && !c->under_way)
		free(c);
	else if (!c->doomed && reply.len)
		conn_write(c, reply);
}

/* --- frames ---------------------------------------------------------------------- */

static void
conn_submit(struct conn *c, struct bytes frame)
{
	c->under_way++;
	if (!lsa_submit(c->link, frame, 0, conn_done, c)) {
		c->under_way--;
		conn_doom(c);
	}
	if (c->stranger && lsa_frame_max(c->link) > FRAME_MAX_STRANGER)
		c->stranger = false;
	if (!c->stranger)
		quick_end(c);
}

/* Keeps bytes of a frame of which `len` bytes are announced, 0 while that is not known. */
static bool
rest_keep(struct conn *c, struct bytes more, uint32_t len)
{
	uint32_t need = c->rest_len + (uint32_t)more.len;

	if (need > c->rest_room) {
		uint32_t room = need < REST_FIRST ? REST_FIRST : need * 2;
		uint8_t *at;

		if (len && room > len)
			room = len;
		at = malloc(room);
		if (!at)
			return false;
		bytes_copy(at, c->rest, c->rest_len);
		memory_free(&c->rest, c->rest_len);
		c->rest = at;
		c->rest_room = room;
	}
	bytes_copy(c->rest + c->rest_len, more.at, more.len);
	c->rest_len = need;
	return true;
}

/* Carries the kept beginning on: first to a length, then to its end. Returns how much of `more` it took. */
static size_t
rest_feed(struct conn *c, struct bytes more)
{
	uint32_t max = lsa_frame_max(c->link), len = 0;
	enum frame_size size = frame_measure(&len, bytes_of(c->rest, c->rest_len), max);
	size_t took = (len ? len : 4) - c->rest_len;

	if (took > more.len)
		took = more.len;
	if (!rest_keep(c, bytes_of(more.at, took), len)) {
		conn_doom(c);
		return took;
	}
	size = frame_measure(&len, bytes_of(c->rest, c->rest_len), max);
	if (size == FRAME_BAD)
		conn_doom(c);
	if (size != FRAME_WHOLE)
		return took;
	conn_submit(c, bytes_of(c->rest, c->rest_len));
	rest_drop(c);
	return took;
}

/* Nobody is slow who is not listened to. */
static void
late_keep(struct conn *c, struct bytes in)
{
	c->late = malloc(in.len);
	if (!c->late) {
		conn_doom(c);
		return;
	}
	bytes_copy(c->late, in.at, in.len);
	c->late_len = (uint32_t)in.len;
	if (!c->stranger)
		quick_end(c);
	conn_watch(c);
}

static void
conn_feed(struct conn *c, struct bytes in)
{
	while (in.len && !c->doomed && !conn_full(c)) {
		uint32_t len = 0;
		size_t took = in.len;

		if (c->rest) {
			took = rest_feed(c, in);
		} else {
			switch (frame_measure(&len, in, lsa_frame_max(c->link))) {
			case FRAME_WHOLE:
				took = len;
				conn_submit(c, bytes_of(in.at, len));
				break;
			case FRAME_SHORT:
				if (rest_keep(c, in, len))
					break;
				/* fall through */
			case FRAME_BAD:
				conn_doom(c);
				break;
			}
		}
		in = bytes_of(in.at + took, in.len - took);
	}
	if (c->doomed)
		return;
	if (in.len) {
		late_keep(c, in);
		return;
	}
	if (c->rest)
		quick_begin(c);
}

/*
 * No place for control data is offered, so a descriptor that a client sends is
 * never ours: the kernel drops it and says so.
 */
static void
conn_read(struct conn *c)
{
	struct home *h = c->home;
	struct iovec iov = { h->buffer, sizeof h->buffer };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n = recvmsg(c->watch.fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || msg.msg_flags & MSG_CTRUNC)
		conn_doom(c);
	else
		conn_feed(c, bytes_of(h->buffer, (size_t)n));
	if (n > 0)
		bytes_wipe(h->buffer, (size_t)n);
}

static void
conn_ready(struct watch *watch, uint32_t events)
{
	struct conn *c = (struct conn *)(void *)watch;

	if (!c->doomed && events & EPOLLOUT)
		conn_flush(c);
	if (c->doomed || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	if (!c->home->drains && !conn_full(c) && !c->late)
		conn_read(c);
	else if (c->home->drains || events & (EPOLLHUP | EPOLLERR))
		conn_doom(c);			/* nothing is read now, so this is its end */
}

/* --- the home's part ------------------------------------------------------------------ */

bool
conn_open(struct home *h, int fd, const struct lsa_peer *peer)
{
	struct conn *c = calloc(1, sizeof *c);

	if (c) {
		c->watch = (struct watch){ .fd = fd, .ready = conn_ready };
		c->home = h;
		c->stranger = true;
		c->link = lsa_link_open(h->lsa, h->loop, peer);
	}
	if (!c || !c->link || !loop_watch(h->loop, &c->watch, EPOLLIN)) {
		if (c)
			lsa_link_gone(c->link);
		free(c);
		(void)close(fd);
		return false;
	}
	conn_list(c, &h->conns);
	quick_begin(c);
	return true;
}

void
conns_expire(struct home *h)
{
	uint64_t now = h->oldest ? time_mono_ms() : 0;

	while (h->oldest && h->oldest->due <= now)
		conn_doom(h->oldest);
}

uint64_t
conns_due(const struct home *h)
{
	return h->oldest ? h->oldest->due : 0;
}

void
conns_drain(struct home *h)
{
	struct conn *next;

	h->drains = true;
	for (struct conn *c = h->conns; c; c = next) {
		next = c->next;
		if (!loop_rewatch(h->loop, &c->watch, c->out ? EPOLLOUT : 0u))
			conn_doom(c);
	}
	for (struct conn *c = h->conns; c; c = next) {
		next = c->next;
		lsa_link_drain(c->link);		/* may doom c, and nobody else */
	}
}

void
conns_part(struct home *h, bool late)
{
	struct conn *next;

	for (struct conn *c = h->conns; c; c = next) {
		next = c->next;
		if (late || (!c->out && lsa_link_idle(c->link)))
			conn_doom(c);
	}
}
