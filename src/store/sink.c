/*
 * sink.c - a file that lines are appended to, and the journal's socket.
 *
 * A line is whole or not there: what a full disk cut off is taken back, or,
 * where another process has appended behind it, ended by a newline of its own.
 */
#include "store/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/time.h"
#include "store/audit_line.h"

#define BUFFER		(128u * 1024u)
#define KEEP_MOST	99u

struct sink {
	int folder, fd;			/* the file's; -1: not open. folder is ours when `own` */
	bool own, torn;
	bool alone;			/* lsad: nobody else appends to the file */
	char *name;			/* NULL: no file */
	mode_t mode;
	uint64_t size_most;		/* 0: never rotated */
	uint32_t keep;
	uint64_t looked;		/* the second in which the name was last compared with the descriptor */
	_Atomic bool reopen;
	uint8_t *buffer;
	size_t len;
	uint64_t lines;			/* in the buffer */
	struct sink_loss loss;		/* since the last sink_send */
	char *journal, *from;		/* NULL: none */
	uint8_t *datagram;
	bool journal_must;
	int socket;
};

/* --- opening ---------------------------------------------------------------------- */

static const char *
program(const struct store_audit *settings)
{
	return settings->name && *settings->name ? settings->name : "openlsa";
}

static bool
place(struct sink *s, int folder, const char *file)
{
	const char *slash = strrchr(file, '/');
	char *path;

	s->folder = folder;
	s->name = strdup(slash ? slash + 1 : file);
	if (!slash || !s->name)
		return s->name != NULL;
	path = strndup(file, slash == file ? 1 : (size_t)(slash - file));
	s->folder = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	s->own = s->folder >= 0;
	free(path);
	return true;			/* a folder that is not there loses lines, and says so by their number */
}

struct sink *
sink_open(int folder, const struct store_audit *settings)
{
	struct sink *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->folder = s->fd = s->socket = -1;
	s->alone = settings->threaded;
	s->mode = settings->mode ? (mode_t)settings->mode : 0600;
	s->size_most = (uint64_t)settings->size_kib * 1024;
	s->keep = settings->keep > KEEP_MOST ? KEEP_MOST : settings->keep;
	s->journal_must = settings->journal_must;
	s->journal = settings->journal ? strdup(settings->journal) : NULL;
	s->from = strdup(program(settings));
	s->buffer = malloc(BUFFER);
	s->datagram = malloc(AUDIT_LINE_MAX);
	if ((settings->file && !place(s, folder, settings->file)) || (settings->journal && !s->journal) || !s->from || !s->buffer ||
	    !s->datagram) {
		sink_close(s);
		return NULL;
	}
	return s;
}

void
sink_close(struct sink *sink)
{
	if (!sink)
		return;
	if (sink->fd >= 0)
		close(sink->fd);
	if (sink->own)
		close(sink->folder);
	if (sink->socket >= 0)
		close(sink->socket);
	free(sink->name);
	free(sink->journal);
	free(sink->from);
	free(sink->buffer);
	free(sink->datagram);
	free(sink);
}

void
sink_reopen(struct sink *sink)
{
	atomic_store(&sink->reopen, true);
}

/* A regular file of ours that others may not write. */
static bool
fits(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & 0022);
}

static void
file_forget(struct sink *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static bool
file_open(struct sink *s)
{
	int fd;

	if (s->fd >= 0)
		return true;
	fd = openat(s->folder, s->name, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
	if (fd < 0)
		return false;
	if (!fits(fd) || fchmod(fd, s->mode) != 0) {
		close(fd);
		return false;
	}
	s->torn = false;
	s->fd = fd;
	return true;
}

/* --- turning over ------------------------------------------------------------------- */

static void
file_shift(struct sink *s)
{
	char from[300], to[300];

	for (uint32_t i = s->keep; i > 0; i--) {
		(void)snprintf(to, sizeof to, "%.250s.%u", s->name, i);
		if (i > 1)
			(void)snprintf(from, sizeof from, "%.250s.%u", s->name, i - 1);
		else
			(void)snprintf(from, sizeof from, "%.250s", s->name);
		(void)renameat(s->folder, from, s->folder, to);
	}
	if (s->keep == 0)
		(void)unlinkat(s->folder, s->name, 0);
	file_forget(s);
}

static bool
same_file(const struct sink *s, off_t *ret_size)
{
	struct stat named, open_one;

	if (fstat(s->fd, &open_one) != 0 || fstatat(s->folder, s->name, &named, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	*ret_size = open_one.st_size;
	return named.st_dev == open_one.st_dev && named.st_ino == open_one.st_ino;
}

/* Several processes may write to one file: who has its lock turns it over, if nobody has done so meanwhile. */
static void
file_look(struct sink *s)
{
	uint64_t second = time_mono_ms() / 1000;
	off_t size = 0;

	if (atomic_exchange(&s->reopen, false))
		file_forget(s);
	if (s->fd < 0 || second == s->looked)
		return;
	s->looked = second;
	if (!same_file(s, &size)) {
		file_forget(s);
		return;
	}
	if (!s->size_most || (uint64_t)size < s->size_most || flock(s->fd, LOCK_EX | LOCK_NB) != 0)
		return;
	if (same_file(s, &size))
		file_shift(s);
	else
		file_forget(s);
}

/* --- the file ------------------------------------------------------------------------- */

static uint64_t
lines_in(const uint8_t *at, size_t len)
{
	uint64_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += at[i] == '\n';
	return count;
}

/* `len` of a batch have been written, the rest has not: no half line stays, if that can be helped. */
static void
file_mend(struct sink *s, size_t len)
{
	size_t whole = len;
	struct stat st;

	while (whole > 0 && s->buffer[whole - 1] != '\n')
		whole--;
	if (whole == len || fstat(s->fd, &st) != 0)
		return;
	s->torn = !s->alone || ftruncate(s->fd, st.st_size - (off_t)(len - whole)) != 0;
}

static void
file_write(struct sink *s)
{
	uint64_t there = 0;
	ssize_t n = -1;

	if (!s->len)
		return;
	file_look(s);
	if (file_open(s)) {
		if (s->torn && write(s->fd, "\n", 1) == 1)
			s->torn = false;
		if (!s->torn)
			n = write(s->fd, s->buffer, s->len);
	}
	if (n > 0) {
		there = lines_in(s->buffer, (size_t)n);
		if ((size_t)n < s->len)
			file_mend(s, (size_t)n);
	} else if (s->fd >= 0 && errno != ENOSPC && errno != EDQUOT && errno != EFBIG) {
		file_forget(s);
	}
	s->loss.file += s->lines - there;
	s->len = 0;
	s->lines = 0;
}

/* --- the journal -------------------------------------------------------------------------- */

static void
journal_write(struct sink *s, struct bytes record)
{
	struct writer w = writer_of(s->datagram, AUDIT_LINE_MAX);
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	size_t len = strlen(s->journal);

	if (s->socket < 0)
		s->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->socket < 0 || len >= sizeof at.sun_path || !audit_datagram(&w, record, s->from)) {
		s->loss.journal++;
		return;
	}
	memcpy(at.sun_path, s->journal, len);
	if (sendto(s->socket, s->datagram, w.need, MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&at,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1)) >= 0)
		return;
	/* No journal on this machine is no loss, unless one was asked for. */
	if (s->journal_must || (errno != ENOENT && errno != ECONNREFUSED && errno != EACCES))
		s->loss.journal++;
}

void
sink_take(struct sink *sink, struct bytes record)
{
	struct writer w;

	if (sink->journal)
		journal_write(sink, record);
	if (!sink->name)
		return;
	if (BUFFER - sink->len < AUDIT_LINE_MAX)
		file_write(sink);
	w = writer_of(sink->buffer + sink->len, BUFFER - sink->len);
	if (audit_json(&w, record)) {
		sink->len += w.need;
		sink->lines++;
	} else {
		sink->loss.file++;
	}
}

bool
sink_send(struct sink *sink, struct sink_loss *ret_loss)
{
	file_write(sink);
	*ret_loss = sink->loss;
	sink->loss = (struct sink_loss){ 0 };
	return (sink->name && !ret_loss->file) || (sink->journal && !ret_loss->journal);
}
