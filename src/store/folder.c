/*
 * folder.c - the folder, its checks and its lock (rows E2, E3 of the bug
 * list). Everything is reached from an open descriptor of the folder,
 * never through a link.
 */
#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS	1000		/* for those who open at the same time */

NTSTATUS
folder_failed(int error, const char *name, const char *doing, char why[STORE_WHY])
{
	static const struct { int error; NTSTATUS status; const char *text; } rows[] = {
		{ EACCES, STATUS_ACCESS_DENIED,           "permission denied; it must belong to the user who runs this" },
		{ EPERM,  STATUS_ACCESS_DENIED,           "not permitted" },
		{ ELOOP,  STATUS_ACCESS_DENIED,           "it is a symbolic link or of the wrong kind, which is refused" },
		{ EROFS,  STATUS_MEDIA_WRITE_PROTECTED,   "the file system is read-only" },
		{ ENOSPC, STATUS_DISK_FULL,               "the disk is full" },
		{ EDQUOT, STATUS_DISK_FULL,               "the disk quota is used up" },
		{ EFBIG,  STATUS_DISK_FULL,               "a limit (RLIMIT_FSIZE, ulimit -f) does not let it grow" },
		{ EMFILE, STATUS_TOO_MANY_OPENED_FILES,   "too many open files" },
		{ ENFILE, STATUS_TOO_MANY_OPENED_FILES,   "too many open files" },
		{ ENOMEM, STATUS_NO_MEMORY,               "no memory" },
		{ ENOENT, STATUS_OBJECT_PATH_NOT_FOUND,   "no such place" },
		{ ENOTDIR, STATUS_OBJECT_PATH_NOT_FOUND,  "a part of the path is no folder" },
		{ EISDIR, STATUS_FILE_CORRUPT_ERROR,      "it is a folder where a file should be" },
		{ ENAMETOOLONG, STATUS_OBJECT_PATH_NOT_FOUND, "the path is too long" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].error == error) {
			(void)snprintf(why, STORE_WHY, "%s: %s: %s.", name, doing, rows[i].text);
			return rows[i].status;
		}
	(void)snprintf(why, STORE_WHY, "%s: %s: error %d of the system.", name, doing, error);
	return STATUS_UNEXPECTED_IO_ERROR;
}

NTSTATUS
because_locked(char why[STORE_WHY])
{
	(void)snprintf(why, STORE_WHY, "memory for secrets cannot be locked: raise the limit RLIMIT_MEMLOCK (ulimit -l).");
	return STATUS_WORKING_SET_QUOTA;
}

/* --- checks ------------------------------------------------------------- */

static NTSTATUS
owner_check(const struct stat *s, const char *name, mode_t forbidden, char why[STORE_WHY])
{
	if (s->st_uid != geteuid()) {
		(void)snprintf(why, STORE_WHY, "%s belongs to user %lu, not to user %lu who runs this.", name,
		    (unsigned long)s->st_uid, (unsigned long)geteuid());
		return STATUS_ACCESS_DENIED;
	}
	if (s->st_mode & forbidden) {
		(void)snprintf(why, STORE_WHY, "%s is open to other users (mode %03o): chmod go-rwx it.", name,
		    (unsigned)(s->st_mode & 0777));
		return STATUS_ACCESS_DENIED;
	}
	return STATUS_SUCCESS;
}

static NTSTATUS
stat_check(const struct stat *s, const char *name, char why[STORE_WHY])
{
	if (!S_ISREG(s->st_mode)) {
		(void)snprintf(why, STORE_WHY, "%s is not a regular file.", name);
		return STATUS_ACCESS_DENIED;
	}
	return owner_check(s, name, 077, why);
}

NTSTATUS
file_check(int fd, const char *name, char why[STORE_WHY])
{
	struct stat s;

	if (fstat(fd, &s) != 0)
		return folder_failed(errno, name, "looking at it", why);
	return stat_check(&s, name, why);
}

NTSTATUS
file_look(int folder, const char *name, uint64_t *ret_size, char why[STORE_WHY])
{
	struct stat s;
	NTSTATUS st;

	if (fstatat(folder, name, &s, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? STATUS_NO_SUCH_FILE : folder_failed(errno, name, "looking at it", why);
	st = stat_check(&s, name, why);
	if (st == STATUS_SUCCESS && ret_size)
		*ret_size = (uint64_t)s.st_size;
	return st;
}

static NTSTATUS
folder_check(int fd, const char *name, char why[STORE_WHY])
{
	struct stat s;

	if (fstat(fd, &s) != 0)
		return folder_failed(errno, name, "looking at it", why);
	return owner_check(&s, name, 022, why);
}

NTSTATUS
file_folder_sync(int folder, const char *name)
{
	char parent[1024];
	const char *slash = strrchr(name, '/');
	size_t len = slash ? (size_t)(slash - name) : 1;
	int fd, rc;

	if (len == 0)				/* "/name" */
		len = 1;
	if (len >= sizeof parent)
		return STATUS_OBJECT_PATH_NOT_FOUND;
	memcpy(parent, slash ? name : ".", len);
	parent[len] = '\0';
	fd = openat(folder, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return STATUS_UNEXPECTED_IO_ERROR;
	rc = fsync(fd);
	close(fd);
	return rc == 0 ? STATUS_SUCCESS : STATUS_UNEXPECTED_IO_ERROR;
}

/* --- making and opening ------------------------------------------------- */

/* mkdir -p, mode 0700; whether it worked shows when it is opened. */
static void
folder_make(const char *path)
{
	char part[1024];
	size_t len = strlen(path);

	if (len >= sizeof part)
		return;
	memcpy(part, path, len + 1);
	for (size_t i = 1; i <= len; i++)
		if (part[i] == '/' || part[i] == '\0') {
			part[i] = '\0';
			if (mkdir(part, 0700) == 0)
				(void)file_folder_sync(AT_FDCWD, part);
			if (i < len)
				part[i] = '/';
		}
}

NTSTATUS
folder_open(int *ret_fd, const char *path, char why[STORE_WHY])
{
	const int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	NTSTATUS st;
	int fd = open(path, how);

	if (fd < 0 && errno == ENOENT) {
		folder_make(path);
		fd = open(path, how);
	}
	if (fd < 0)
		return folder_failed(errno == ENOTDIR ? ELOOP : errno, path, "opening the store's folder", why);
	st = folder_check(fd, path, why);
	if (st != STATUS_SUCCESS) {
		close(fd);
		return st;
	}
	*ret_fd = fd;
	return STATUS_SUCCESS;
}

NTSTATUS
folder_sub(int *ret_fd, int folder, const char *name, char why[STORE_WHY])
{
	const int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	NTSTATUS st;
	int fd = openat(folder, name, how);

	if (fd < 0 && errno == ENOENT) {
		if (mkdirat(folder, name, 0700) == 0)
			(void)file_folder_sync(folder, name);
		fd = openat(folder, name, how);
	}
	if (fd < 0)
		return folder_failed(errno == ENOTDIR ? ELOOP : errno, name, "opening a folder of the store", why);
	st = folder_check(fd, name, why);
	if (st != STATUS_SUCCESS) {
		close(fd);
		return st;
	}
	*ret_fd = fd;
	return STATUS_SUCCESS;
}

/* --- the lock ------------------------------------------------------------ */

static void
nap(void)
{
	struct timespec t = { 0, 5 * 1000000 };

	(void)nanosleep(&t, NULL);
}

NTSTATUS
folder_lock(int *ret_fd, int folder, bool exclusive, bool *ret_alone, char why[STORE_WHY])
{
	NTSTATUS st;
	int fd = openat(folder, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);

	if (fd < 0)
		return folder_failed(errno, "lock", "opening the store's lock", why);
	st = file_check(fd, "lock", why);
	if (st != STATUS_SUCCESS)
		goto out;
	for (int waited = 0; ; waited += 5) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
			*ret_alone = true;
			*ret_fd = fd;
			return STATUS_SUCCESS;
		}
		if (errno == EWOULDBLOCK && !exclusive && flock(fd, LOCK_SH | LOCK_NB) == 0) {
			*ret_alone = false;
			*ret_fd = fd;
			return STATUS_SUCCESS;
		}
		if (errno != EWOULDBLOCK && errno != EINTR) {
			st = folder_failed(errno, "lock", "locking the store", why);
			goto out;
		}
		/* Whoever opens it at this moment has it alone for a while. */
		if (waited >= PATIENCE_MS)
			break;
		nap();
	}
	(void)snprintf(why, STORE_WHY, exclusive
	    ? "the store is in use by another process: stop it, or give lsad a folder of its own."
	    : "the store is in use by lsad: ask lsad (OPENLSA_MODE=daemon), or use a folder of your own.");
	st = STATUS_SHARING_VIOLATION;
out:
	close(fd);
	return st;
}

NTSTATUS
folder_share(int lock, char why[STORE_WHY])
{
	/* Not one step for the kernel; but nothing has been reserved or cached yet that a newcomer could miss. */
	for (int waited = 0; flock(lock, LOCK_SH | LOCK_NB) != 0; waited += 5) {
		if ((errno != EWOULDBLOCK && errno != EINTR) || waited >= PATIENCE_MS) {
			(void)snprintf(why, STORE_WHY, "another process took the store while it was being opened: try again.");
			return STATUS_SHARING_VIOLATION;
		}
		nap();
	}
	return STATUS_SUCCESS;
}
