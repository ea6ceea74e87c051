/*
 * link_far.c - the LSA behind a Unix socket. Who serves the socket is asked
 * of the kernel before the first byte is sent. A thread that waits reads for
 * all who wait on the same link; nobody else does.
 */
#include "secur32/link.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/fork.h"
#include "base/time.h"
#include "secur32/own_fd.h"
#include "secur32/root.h"

#define DAEMON_WAIT_MS	10000u		/* spec: a logon process may be started before lsad is */
#define IN_FIRST	4096u
#define QUIET_MS	5u
#define GRACE_MS	5000u		/* beyond the deadline the LSA itself keeps */
#define DEADLINE_USUAL	30000u

struct slot {
	struct ask *ask;		/* NULL: free, or its reply is not wanted */
	uint32_t next, turn;
	uint64_t until;
};

struct far {
	struct link link;
	struct own_fd own;
	uint64_t stamp;
	uint64_t used;			/* when it was last asked whether it lives */
	pthread_mutex_t lock;		/* everything below, and writing */
	pthread_cond_t turned;
	bool turning;
	unsigned sleepers;
	struct slot *slots;
	uint32_t slot_count, slot_free, under_way;
	uint8_t *in;
	size_t in_len, in_room;
	uint8_t *out;			/* what the socket would not take yet */
	size_t out_len, out_room;
};

#define FAR_OF(l)		((struct far *)(void *)(l))
#define SLOT_BITS	20u
#define SLOT_MASK	((1u << SLOT_BITS) - 1)
#define NO_SLOT		UINT32_MAX

/* --- asks under way -------------------------------------------------------- */

static bool
slot_take(struct far *f, struct ask *ask)
{
	struct slot *s;

	if (f->slot_free == NO_SLOT) {
		uint32_t room = f->slot_count ? f->slot_count * 2 : 8;
		struct slot *more = room <= SLOT_MASK ? realloc(f->slots, room * sizeof *more) : NULL;

		if (!more)
			return false;
		for (uint32_t i = f->slot_count; i < room; i++)
			more[i] = (struct slot){ .next = i + 1 < room ? i + 1 : NO_SLOT };
		f->slots = more;
		f->slot_free = f->slot_count;
		f->slot_count = room;
	}
	ask->id = f->slot_free;
	s = &f->slots[f->slot_free];
	f->slot_free = s->next;
	s->ask = ask;
	s->until = time_mono_ms() + (ask->deadline ? ask->deadline : DEADLINE_USUAL) + GRACE_MS;
	ask->id |= s->turn << SLOT_BITS;
	f->under_way++;
	return true;
}

/* Whether it is under way, and as which number. */
static bool
slot_is_of(const struct far *f, const struct ask *ask, uint32_t *ret_id)
{
	uint32_t i = ask->id & SLOT_MASK;

	*ret_id = ask->id;
	return i < f->slot_count && f->slots[i].ask == ask;
}

static struct ask *
slot_give(struct far *f, uint32_t id)
{
	uint32_t i = id & SLOT_MASK;
	struct slot *s = i < f->slot_count ? &f->slots[i] : NULL;
	struct ask *ask;

	if (!s || !s->ask || (s->turn & (UINT32_MAX >> SLOT_BITS)) != id >> SLOT_BITS)
		return NULL;
	ask = s->ask;
	s->ask = NULL;
	s->turn = (s->turn + 1) & (UINT32_MAX >> SLOT_BITS);
	s->next = f->slot_free;
	f->slot_free = i;
	f->under_way--;
	return ask;
}

/* --- the socket ------------------------------------------------------------- */

/* Under the lock. What does not go out at once waits in f->out. */
static bool
far_flush(struct far *f)
{
	size_t sent = 0;

	while (sent < f->out_len) {
		ssize_t n = send(f->own.fd, f->out + sent, f->out_len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return false;
		if (n < 0)
			break;
		sent += (size_t)n;
	}
	if (sent) {
		memmove(f->out, f->out + sent, f->out_len - sent);
		f->out_len -= sent;
		bytes_wipe(f->out + f->out_len, sent);
	}
	return true;
}

static bool
far_write(struct far *f, const uint8_t *at, size_t len)
{
	if (!f->out_len) {
		ssize_t n;

		do
			n = send(f->own.fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		while (n < 0 && errno == EINTR);
		if (n < 0 && errno != EAGAIN)
			return false;
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
		if (!len)
			return true;
	}
	if (len > f->out_room - f->out_len) {
		size_t room = 2 * (f->out_len + len) + 4096;
		uint8_t *more = malloc(room);

		if (!more)
			return false;
		bytes_copy(more, f->out, f->out_len);
		bytes_wipe(f->out, f->out_len);
		free(f->out);
		f->out = more;
		f->out_room = room;
	}
	bytes_copy(f->out + f->out_len, at, len);
	f->out_len += len;
	return true;
}

/* Every ask under way is lost. Called without the lock. */
static void
far_lose_all(struct far *f, NTSTATUS lost)
{
	for (uint32_t i = 0;;) {	/* nothing comes in any more: the link is dead */
		struct ask *ask = NULL;

		pthread_mutex_lock(&f->lock);
		for (; i < f->slot_count && !ask; i++)
			if (f->slots[i].ask)
				ask = slot_give(f, i | f->slots[i].turn << SLOT_BITS);
		pthread_mutex_unlock(&f->lock);
		if (!ask)
			break;
		ask_lose(ask, lost);
	}
}

/* A broken link stays broken; whoever comes next opens another. */
static void
far_break(struct far *f)
{
	if (!atomic_exchange(&f->link.dead, true) && own_fd_still(&f->own))
		(void)shutdown(f->own.fd, SHUT_RDWR);
	far_lose_all(f, STATUS_PORT_DISCONNECTED);
}

static void
far_send(struct link *link, struct ask *ask)
{
	struct far *f = FAR_OF(link);
	bool taken, written = false;

	pthread_mutex_lock(&f->lock);
	taken = !atomic_load(&link->dead) && slot_take(f, ask);
	if (taken) {
		put_u32(ask->frame + 4, ask->id);
		written = own_fd_still(&f->own) && far_write(f, ask->frame, ask->frame_len);
		bytes_wipe(ask->frame, ask->frame_len);
		if (!written)
			(void)slot_give(f, ask->id);
	}
	pthread_mutex_unlock(&f->lock);
	if (written)
		return;				/* it may be told, and gone, already */
	if (taken)
		far_break(f);
	ask_lose(ask, atomic_load(&link->dead) ? STATUS_PORT_DISCONNECTED : STATUS_NO_MEMORY);
}

static bool
far_backlog(struct link *link)
{
	struct far *f = FAR_OF(link);
	bool backlog;

	pthread_mutex_lock(&f->lock);
	backlog = f->out_len > 0;
	pthread_mutex_unlock(&f->lock);
	return backlog;
}

/* Hands out the whole frames that stand in the buffer. False: not our protocol. */
static bool
far_deliver(struct far *f)
{
	size_t at = 0;
	bool good = true;

	for (;;) {
		struct bytes rest = bytes_of(f->in + at, f->in_len - at), frame;
		struct reply reply;
		struct ask *ask;
		uint32_t len = 0;
		enum frame_size size = frame_measure(&len, rest, FRAME_MAX);

		if (size != FRAME_WHOLE) {
			good = size == FRAME_SHORT;
			break;
		}
		if (!bytes_part(&frame, rest, 0, len) || !reply_take(&reply, frame)) {
			good = false;
			break;
		}
		pthread_mutex_lock(&f->lock);
		ask = slot_give(f, reply.id);
		pthread_mutex_unlock(&f->lock);
		if (ask)
			ask_tell(ask, frame);
		at += len;
	}
	if (at) {
		memmove(f->in, f->in + at, f->in_len - at);
		f->in_len -= at;
		bytes_wipe(f->in + f->in_len, at);
	}
	return good;
}

/* Room for at least the frame that has begun. */
static bool
far_room(struct far *f)
{
	uint32_t len = 0;
	size_t want = IN_FIRST;
	uint8_t *more;

	if (frame_measure(&len, bytes_of(f->in, f->in_len), FRAME_MAX) == FRAME_SHORT && len > want)
		want = len;
	if (f->in_room >= want && f->in_room > f->in_len)
		return true;
	more = malloc(want);
	if (!more)
		return false;
	bytes_copy(more, f->in, f->in_len);
	bytes_wipe(f->in, f->in_len);
	free(f->in);
	f->in = more;
	f->in_room = want;
	return true;
}

/* One read and what came of it; only the thread that turns the link. False: the link is broken. */
static bool
far_read(struct far *f, int flags)
{
	ssize_t n;

	if (!far_room(f))
		return false;
	n = recv(f->own.fd, f->in + f->in_len, f->in_room - f->in_len, flags);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	f->in_len += (size_t)n;
	return far_deliver(f);
}

/* The LSA keeps deadlines itself; this is for one that is stopped. */
static void
far_expire(struct far *f)
{
	uint64_t now = time_mono_ms();

	for (uint32_t i = 0;;) {	/* goes on where it was: what came in behind it is younger */
		struct ask *ask = NULL;

		pthread_mutex_lock(&f->lock);
		for (; i < f->slot_count && !ask; i++)
			if (f->slots[i].ask && f->slots[i].until < now)
				ask = slot_give(f, i | f->slots[i].turn << SLOT_BITS);
		pthread_mutex_unlock(&f->lock);
		if (!ask)
			break;
		ask_lose(ask, STATUS_IO_TIMEOUT);
	}
}

static void
far_turn_once(struct far *f)
{
	struct pollfd p = { .fd = f->own.fd, .events = POLLOUT };
	bool backlog, good;

	pthread_mutex_lock(&f->lock);
	backlog = f->out_len > 0;
	good = far_flush(f);
	pthread_mutex_unlock(&f->lock);
	if (backlog)
		(void)poll(&p, 1, 10);
	/* The socket's own time limit ends the read each second. */
	good = good && far_read(f, backlog ? MSG_DONTWAIT : 0);
	if (!good)
		far_break(f);
}

static void
far_wait(struct link *link, struct ask *ask)
{
	struct far *f = FAR_OF(link);
	uint64_t looked = time_mono_ms();

	pthread_mutex_lock(&f->lock);
	f->sleepers++;
	while (!atomic_load(&ask->done)) {
		if (f->turning) {
			pthread_cond_wait(&f->turned, &f->lock);
			continue;
		}
		f->turning = true;
		pthread_mutex_unlock(&f->lock);
		far_turn_once(f);
		if (time_mono_ms() > looked + 1000) {
			looked = time_mono_ms();
			far_expire(f);
		}
		pthread_mutex_lock(&f->lock);
		f->turning = false;
		if (f->sleepers > 1)
			pthread_cond_broadcast(&f->turned);
	}
	f->sleepers--;
	pthread_mutex_unlock(&f->lock);
}

static void
far_woken(struct link *link)
{
	struct far *f = FAR_OF(link);

	pthread_mutex_lock(&f->lock);
	if (f->sleepers)
		pthread_cond_broadcast(&f->turned);
	pthread_mutex_unlock(&f->lock);
}

static int
far_fd(const struct link *link)
{
	return ((const struct far *)(const void *)link)->own.fd;
}

static void
far_pump(struct link *link)
{
	struct far *f = FAR_OF(link);
	bool mine, good;

	pthread_mutex_lock(&f->lock);
	mine = !f->turning;
	f->turning = true;
	good = far_flush(f);
	pthread_mutex_unlock(&f->lock);
	if (!mine)
		return;
	if (!good || !far_read(f, MSG_DONTWAIT))
		far_break(f);
	pthread_mutex_lock(&f->lock);
	f->turning = false;
	pthread_cond_broadcast(&f->turned);
	pthread_mutex_unlock(&f->lock);
}

/* A daemon that was restarted is noticed before a call is lost to its old socket. */
static bool
far_alive(struct link *link)
{
	struct far *f = FAR_OF(link);
	uint64_t now = time_mono_ms();
	bool quiet, ended = false;
	char byte;

	pthread_mutex_lock(&f->lock);
	quiet = !f->under_way && now > f->used + QUIET_MS;
	f->used = now;
	if (quiet && !atomic_load(&link->dead))
		ended = !own_fd_still(&f->own) || recv(f->own.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
	pthread_mutex_unlock(&f->lock);
	if (ended)
		far_break(f);
	return !atomic_load(&link->dead);
}

static void
cancel_told(struct ask *ask)
{
	ask_end(ask);
	free(ask);
}

static void
far_cancel(struct link *link, struct ask *ask)
{
	struct far *f = FAR_OF(link);
	struct ask *messenger;
	struct cancel_in in;
	bool found;

	pthread_mutex_lock(&f->lock);
	found = slot_is_of(f, ask, &in.call);
	pthread_mutex_unlock(&f->lock);
	messenger = found ? calloc(1, sizeof *messenger) : NULL;
	if (!messenger)
		return;				/* not sent yet, told already, or the deadline ends it */
	messenger->finished = cancel_told;
	ask_cancel(messenger, link, &in);
}

static void
far_close(struct link *link)
{
	struct far *f = FAR_OF(link);

	if (fork_changed(f->stamp))	/* the socket is the parent's: neither written nor shut down */
		return;
	far_break(f);
}

static void
far_drop(struct link *link)
{
	struct far *f = FAR_OF(link);

	own_fd_close(&f->own);
	bytes_wipe(f->in, f->in_len);
	bytes_wipe(f->out, f->out_len);
	free(f->in);
	free(f->out);
	free(f->slots);
	pthread_cond_destroy(&f->turned);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

static const struct link_kind far_kind = {
	.send   = far_send,
	.wait   = far_wait,
	.woken  = far_woken,
	.fd     = far_fd,
	.pump   = far_pump,
	.backlog = far_backlog,
	.alive  = far_alive,
	.cancel = far_cancel,
	.close  = far_close,
	.drop   = far_drop,
};

/* --- finding the daemon ------------------------------------------------------- */

/* Root, the configured uid of lsad, or, where the caller itself named the socket, the caller. */
static bool
server_trusted(int fd, struct why *why)
{
	struct ucred peer;
	socklen_t len = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || len != sizeof peer) {
		why_say(why, STATUS_PORT_CONNECTION_REFUSED, TO_CALLER, "the kernel does not say who serves %s",
		    root_socket());
		return false;
	}
	if (peer.uid == 0 || (root_daemon_uid() != UINT32_MAX && peer.uid == root_daemon_uid()) ||
	    (root_socket_from_environment() && peer.uid == geteuid()))
		return true;
	why_say(why, STATUS_PORT_CONNECTION_REFUSED, TO_CALLER,
	    "%s is served by uid %u, who is neither root nor the configured lsad_uid; nothing was sent",
	    root_socket(), (unsigned)peer.uid);
	return false;
}

static NTSTATUS
far_dial(int *ret_fd, bool waits, struct why *why)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = root_socket();
	uint64_t until = time_mono_ms() + (waits ? DAEMON_WAIT_MS : 0);
	int fd = -1, error = 0;

	if (!path || strlen(path) >= sizeof to.sun_path) {
		why_say(why, STATUS_PORT_CONNECTION_REFUSED, TO_CALLER, "the socket's path is too long");
		return STATUS_PORT_CONNECTION_REFUSED;
	}
	bytes_copy(to.sun_path, path, strlen(path));
	for (;;) {
		const struct timespec nap = { 0, 50 * 1000 * 1000 };

		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			return STATUS_INSUFFICIENT_RESOURCES;
		if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
			break;
		error = errno;
		close(fd);
		if ((error != ENOENT && error != ECONNREFUSED && error != EINTR) || time_mono_ms() >= until) {
			why_say(why, STATUS_OBJECT_NAME_NOT_FOUND, TO_CALLER, "lsad does not answer at %s: %s", path,
			    strerror(error));
			return STATUS_OBJECT_NAME_NOT_FOUND;
		}
		nanosleep(&nap, NULL);
	}
	if (!server_trusted(fd, why)) {
		close(fd);
		return STATUS_PORT_CONNECTION_REFUSED;
	}
	*ret_fd = fd;
	return STATUS_SUCCESS;
}

NTSTATUS
link_far_dial(int *ret_fd, struct why *why)
{
	return far_dial(ret_fd, false, why);
}

NTSTATUS
link_far_open(struct link **ret_link, bool waits_for_daemon, struct why *why)
{
	const struct timeval second = { .tv_sec = 1 };
	struct far *f;
	int fd = -1;
	NTSTATUS status = far_dial(&fd, waits_for_daemon, why);

	if (status != STATUS_SUCCESS)
		return status;
	f = calloc(1, sizeof *f);
	if (!f || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second) != 0 || !own_fd_take(&f->own, fd)) {
		free(f);
		close(fd);
		return STATUS_NO_MEMORY;
	}
	f->link.kind = &far_kind;
	f->stamp = root_stamp();
	f->slot_free = NO_SLOT;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->turned, NULL);
	*ret_link = &f->link;
	return STATUS_SUCCESS;
}
