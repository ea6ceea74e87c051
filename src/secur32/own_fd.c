/*
 * own_fd.c - which socket a number meant when it was ours.
 */
#include "secur32/own_fd.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* In ordinary memory, so that a forked child still finds what to close. */
static struct own_fd *list;
static size_t list_len, list_room;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void
list_add(const struct own_fd *own)
{
	pthread_mutex_lock(&lock);
	if (list_len == list_room) {
		size_t room = list_room ? list_room * 2 : 16;
		struct own_fd *more = realloc(list, room * sizeof *more);

		if (more) {
			list = more;
			list_room = room;
		}
	}
	if (list_len < list_room)
		list[list_len++] = *own;
	pthread_mutex_unlock(&lock);
}

static void
list_remove(int fd)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < list_len; i++)
		if (list[i].fd == fd) {
			list[i] = list[--list_len];
			break;
		}
	pthread_mutex_unlock(&lock);
}

bool
own_fd_take(struct own_fd *ret_own, int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return false;
	*ret_own = (struct own_fd){ .fd = fd, .dev = st.st_dev, .ino = st.st_ino };
	list_add(ret_own);
	return true;
}

bool
own_fd_still(const struct own_fd *own)
{
	struct stat st;

	return fstat(own->fd, &st) == 0 && st.st_dev == own->dev && st.st_ino == own->ino;
}

void
own_fd_close(struct own_fd *own)
{
	list_remove(own->fd);
	if (own_fd_still(own))
		(void)close(own->fd);
	own->fd = -1;
}

void
own_fd_close_all(void)
{
	/* The lock may be held by a thread that does not exist here. */
	lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	for (size_t i = 0; i < list_len; i++)
		if (own_fd_still(&list[i]))
			(void)close(list[i].fd);
	list_len = 0;
}
