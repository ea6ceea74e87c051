/*
 * once.c - FOLDER/db/once: shelves of 64 places, each a number and the second
 * until which it counts; zero is an empty place. It must never learn to know
 * what the numbers are of.
 */
#include "store/once.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/folder.h"
#include "store/inside.h"

#define SHELVES		1024u
#define PLACES		64u
#define PATIENCE_MS	1000

struct place {
	uint8_t id[ONCE_LEN];
	uint64_t until;
};

#define SHELF_LEN	(PLACES * sizeof(struct place))
#define FILE_LEN	((off_t)SHELVES * (off_t)SHELF_LEN)

uint64_t
once_until(struct store *store, uint32_t seconds)
{
	return store_now(store) + seconds;
}

/* Sparse at first: what was never written reads as empty places. */
static NTSTATUS
once_open(struct store *s, int *ret_fd)
{
	char why[STORE_WHY];
	struct stat st;
	NTSTATUS status;
	int fd = openat(s->folder, "db/once", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);

	if (fd < 0)
		return folder_failed(errno, "db/once", "opening it", why);
	status = file_check(fd, "db/once", why);
	if (status == STATUS_SUCCESS && (fstat(fd, &st) != 0 || (st.st_size != FILE_LEN && ftruncate(fd, FILE_LEN) != 0)))
		status = folder_failed(errno, "db/once", "sizing it", why);
	if (status != STATUS_SUCCESS) {
		close(fd);
		return status;
	}
	*ret_fd = fd;
	return STATUS_SUCCESS;
}

static NTSTATUS
once_lock(int fd)
{
	static const struct timespec moment = { 0, 1000000 };

	for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited++) {
		if (waited >= PATIENCE_MS || (errno != EWOULDBLOCK && errno != EINTR))
			return STATUS_LOCK_NOT_GRANTED;
		(void)nanosleep(&moment, NULL);
	}
	return STATUS_SUCCESS;
}

static NTSTATUS
shelf_take(int fd, off_t at, const uint8_t id[ONCE_LEN], uint64_t until, uint64_t now)
{
	struct place shelf[PLACES], *empty = NULL;
	off_t offset;

	if (pread(fd, shelf, sizeof shelf, at) != (ssize_t)sizeof shelf)
		return STATUS_UNEXPECTED_IO_ERROR;
	for (size_t n = 0; n < PLACES; n++) {
		if (shelf[n].until < now) {
			if (!empty)
				empty = &shelf[n];
		} else if (memcmp(shelf[n].id, id, ONCE_LEN) == 0)	/* not secret */
			return STATUS_OBJECT_NAME_COLLISION;
	}
	if (!empty)
		return STATUS_QUOTA_EXCEEDED;
	bytes_copy(empty->id, id, ONCE_LEN);
	empty->until = until;
	offset = at + (off_t)((size_t)(empty - shelf) * sizeof *empty);
	if (pwrite(fd, empty, sizeof *empty, offset) != (ssize_t)sizeof *empty)
		return errno == ENOSPC ? STATUS_DISK_FULL : STATUS_UNEXPECTED_IO_ERROR;
	return STATUS_SUCCESS;
}

/* The file is opened anew each time: a descriptor of its own makes the lock hold between threads too. */
NTSTATUS
once_take(struct store *store, const uint8_t id[ONCE_LEN], uint64_t until)
{
	uint64_t now;
	NTSTATUS status;
	int fd = -1;

	if (!vault_alive(store->vault))
		return STATUS_INVALID_DEVICE_STATE;
	now = store_now(store);
	if (until < now)
		return STATUS_TIME_DIFFERENCE_AT_DC;
	status = once_open(store, &fd);
	if (status != STATUS_SUCCESS)
		return status;
	status = once_lock(fd);
	if (status == STATUS_SUCCESS)
		status = shelf_take(fd, (off_t)(get_u32(id) % SHELVES) * (off_t)SHELF_LEN, id, until, now);
	close(fd);
	return status;
}
