/*
 * listen.c - the socket and its lock. PATH.lock is held by whoever serves
 * PATH, so two daemons started together cannot both take a stale socket for
 * theirs; it is opened by its owner alone, so nobody else can hold it.
 */
#include "lsad/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG	4096

struct listener {
	int fd, lock, reserve;
	bool ours;			/* made by us, so removed by us */
	dev_t dev;
	ino_t ino;
	struct sockaddr_un at;
	char lock_path[sizeof ((struct sockaddr_un *)0)->sun_path + 8];
};

static bool
because_of(char why[LISTEN_WHY], const char *path, const char *what, int error)
{
	(void)snprintf(why, LISTEN_WHY, "%.150s: %s%s%.60s.", path, what, error ? ": " : "", error ? strerror(error) : "");
	return false;
}

/* --- the lock ---------------------------------------------------------------- */

static bool
same_file(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && lstat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Whoever ends removes the lock's file, so the one that was locked may be gone by then. */
static bool
lock_take(struct listener *l, char why[LISTEN_WHY])
{
	for (int tries = 0; tries < 10; tries++) {
		l->lock = open(l->lock_path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
		if (l->lock < 0)
			return because_of(why, l->lock_path, "it cannot be opened", errno);
		if (flock(l->lock, LOCK_EX | LOCK_NB) != 0)
			return because_of(why, l->at.sun_path, errno == EWOULDBLOCK ?
			    "another lsad serves there; stop it, or choose another socket" : "its lock cannot be had",
			    errno == EWOULDBLOCK ? 0 : errno);
		if (same_file(l->lock, l->lock_path))
			return true;
		close(l->lock);
		l->lock = -1;
	}
	return because_of(why, l->lock_path, "it keeps disappearing", 0);
}

/* --- making it --------------------------------------------------------------- */

/* The lock holds other lsads off; this finds out about anybody else. */
static bool
stale_remove(struct listener *l, char why[LISTEN_WHY])
{
	const char *path = l->at.sun_path;
	struct stat s;
	int fd, rc;

	if (lstat(path, &s) != 0)
		return errno == ENOENT || because_of(why, path, "it cannot be looked at", errno);
	if (!S_ISSOCK(s.st_mode))
		return because_of(why, path, "something that is no socket is there; it is left alone", 0);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return because_of(why, path, "no socket can be made", errno);
	rc = connect(fd, (const struct sockaddr *)&l->at, sizeof l->at);
	rc = rc == 0 ? 0 : errno;
	close(fd);
	if (rc != ECONNREFUSED)
		return because_of(why, path, rc == 0 || rc == EAGAIN ?
		    "somebody serves there already; stop it, or choose another socket" :
		    "it cannot be told whether somebody serves there", rc == EAGAIN ? 0 : rc);
	return unlink(path) == 0 || because_of(why, path, "the stale socket cannot be removed", errno);
}

static bool
socket_make(struct listener *l, char why[LISTEN_WHY])
{
	struct stat s;
	mode_t mask;
	int rc;

	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		return because_of(why, l->at.sun_path, "no socket can be made", errno);
	mask = umask(0111);		/* mode 0666: rank decides, not the file */
	rc = bind(l->fd, (const struct sockaddr *)&l->at, sizeof l->at);
	rc = rc == 0 ? 0 : errno;
	(void)umask(mask);
	if (rc != 0)
		return because_of(why, l->at.sun_path, "the socket cannot be made there", rc);
	if (lstat(l->at.sun_path, &s) != 0)
		return because_of(why, l->at.sun_path, "the socket cannot be looked at", errno);
	l->dev = s.st_dev;
	l->ino = s.st_ino;
	l->ours = true;
	return listen(l->fd, BACKLOG) == 0 || because_of(why, l->at.sun_path, "it cannot be listened to", errno);
}

static bool
inherited_take(struct listener *l, int fd, char why[LISTEN_WHY])
{
	int type = 0, listens = 0, flags = fcntl(fd, F_GETFL);
	struct sockaddr_un at;
	socklen_t len = sizeof type;

	l->fd = fd;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0 || type != SOCK_STREAM ||
	    (len = sizeof listens, getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len)) != 0 || !listens ||
	    (len = sizeof at, getsockname(fd, (struct sockaddr *)&at, &len)) != 0 || at.sun_family != AF_UNIX)
		return because_of(why, l->at.sun_path, "the descriptor that was passed is no listening Unix stream socket", 0);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		return because_of(why, l->at.sun_path, "the descriptor that was passed cannot be set up", errno);
	return true;
}

bool
listener_open(struct listener **ret_listener, const char *path, int inherited, char why[LISTEN_WHY])
{
	struct listener *l = calloc(1, sizeof *l);
	size_t len = strlen(path);
	bool good;

	if (!l)
		return because_of(why, path, "there is no memory", 0);
	l->fd = l->lock = l->reserve = -1;
	l->at.sun_family = AF_UNIX;
	good = len < sizeof l->at.sun_path || because_of(why, path, "the path is too long for a socket", 0);
	if (good) {
		memcpy(l->at.sun_path, path, len + 1);
		(void)snprintf(l->lock_path, sizeof l->lock_path, "%s.lock", path);
		good = inherited >= 0 ? inherited_take(l, inherited, why) :
		    lock_take(l, why) && stale_remove(l, why) && socket_make(l, why);
	}
	if (good) {
		l->reserve = fcntl(l->fd, F_DUPFD_CLOEXEC, 3);
		good = l->reserve >= 0 || because_of(why, path, "no descriptor is left", errno);
	}
	if (!good) {
		listener_drop(l);
		return false;
	}
	*ret_listener = l;
	return true;
}

int
listener_fd(const struct listener *l)
{
	return l->fd;
}

/* --- accepting ------------------------------------------------------------------ */

static int
accept_one(const struct listener *l)
{
	return accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

/* The reserve makes room for one, who is told by being closed. */
static enum accepted
accept_refuse(struct listener *l)
{
	int fd;

	if (l->reserve < 0)
		l->reserve = fcntl(l->fd, F_DUPFD_CLOEXEC, 3);
	if (l->reserve < 0)
		return ACCEPT_LATER;
	close(l->reserve);
	fd = accept_one(l);
	if (fd >= 0)
		close(fd);
	l->reserve = fcntl(l->fd, F_DUPFD_CLOEXEC, 3);
	return fd >= 0 ? ACCEPT_REFUSED : ACCEPT_LATER;
}

enum accepted
listener_accept(struct listener *l, int *ret_fd)
{
	for (;;) {
		int fd = accept_one(l);

		if (fd >= 0) {
			*ret_fd = fd;
			return ACCEPTED;
		}
		switch (errno) {
		case EINTR:
		case ECONNABORTED:
			break;
		case EAGAIN:
			return ACCEPT_NONE;
		case EMFILE:
		case ENFILE:
			return accept_refuse(l);
		default:			/* ENOBUFS, ENOMEM and what nobody has thought of */
			return ACCEPT_LATER;
		}
	}
}

void
listener_drop(struct listener *l)
{
	struct stat s;

	if (!l)
		return;
	if (l->ours && lstat(l->at.sun_path, &s) == 0 && s.st_dev == l->dev && s.st_ino == l->ino)
		(void)unlink(l->at.sun_path);
	if (l->fd >= 0)
		close(l->fd);
	if (l->reserve >= 0)
		close(l->reserve);
	if (l->lock >= 0) {
		if (l->ours)
			(void)unlink(l->lock_path);
		close(l->lock);
	}
	free(l);
}
