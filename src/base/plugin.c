/*
 * plugin.c - checked files and their loading.
 */
#include "base/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_LEN_MAX	1024u
#define LOADS_MAX	64u

static enum plugin_result refuse(char why[PLUGIN_WHY], const char *format, ...) __attribute__((format(printf, 2, 3)));

static enum plugin_result
refuse(char why[PLUGIN_WHY], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(why, PLUGIN_WHY, format, args);
	va_end(args);
	return PLUGIN_REFUSED;
}

/* --- the way to a file --------------------------------------------------------- */

static bool
only_root_writes(const struct stat *s)
{
	return s->st_uid == 0 && (s->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* One step down. `sofar` is for the sentence. */
static enum plugin_result
step(int *at, const char *name, int flags, const char *sofar, struct stat *ret_stat, char why[PLUGIN_WHY])
{
	int fd = openat(*at, name, flags | O_NOFOLLOW | O_CLOEXEC);
	int error = errno;

	(void)close(*at);
	*at = fd;
	if (fd < 0 && error == ENOENT) {
		(void)refuse(why, "%.200s: there is no such file", sofar);
		return PLUGIN_ABSENT;
	}
	if (fd < 0 && (error == ELOOP || error == ENOTDIR))
		return refuse(why, "%.200s is a symbolic link, or no folder: give the path without links", sofar);
	if (fd < 0 || fstat(fd, ret_stat) != 0)
		return refuse(why, "%.200s cannot be opened: %s", sofar, strerror(error));
	if (!only_root_writes(ret_stat))
		return refuse(why, "%.200s: others than root own it or may write to it (chown root, chmod go-w)", sofar);
	return PLUGIN_OK;
}

static enum plugin_result
walk(int *at, char *path, char why[PLUGIN_WHY])
{
	enum plugin_result had = PLUGIN_OK;
	char *name = path + 1, *end;
	struct stat s;

	for (;; name = end + 1) {
		bool last;

		end = strchr(name, '/');
		last = end == NULL;
		if (end)
			*end = '\0';
		if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			return refuse(why, "%.200s: the path has an empty part, \".\" or \"..\"", path);
		had = step(at, name, last ? O_RDONLY | O_NONBLOCK | O_NOCTTY : O_PATH | O_DIRECTORY, path, &s, why);
		if (had != PLUGIN_OK)
			return had;
		if (last)
			return S_ISREG(s.st_mode) ? PLUGIN_OK : refuse(why, "%.200s is not a regular file", path);
		*end = '/';
	}
}

enum plugin_result
plugin_open(int *ret_fd, const char *path, char why[PLUGIN_WHY])
{
	char copy[PATH_LEN_MAX];
	enum plugin_result had;
	struct stat s;
	int at;

	if (*path != '/')
		return refuse(why, "\"%.200s\" is not an absolute path", path);
	if ((size_t)snprintf(copy, sizeof copy, "%s", path) >= sizeof copy)
		return refuse(why, "%.200s...: the path is too long", path);
	at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at < 0 || fstat(at, &s) != 0 || !only_root_writes(&s)) {
		if (at >= 0)
			(void)close(at);
		return refuse(why, "/ cannot be opened, or others than root may write to it");
	}
	had = walk(&at, copy, why);
	if (had == PLUGIN_OK)
		*ret_fd = at;
	else if (at >= 0)
		(void)close(at);
	return had;
}

/* --- the list ----------------------------------------------------------------------- */

enum plugin_result
plugin_list(struct conf **ret_list, const char *path, char why[PLUGIN_WHY])
{
	struct conf_fault fault = { 0 };
	enum plugin_result had;
	size_t len = 0;
	char *text;
	ssize_t n;
	int fd;

	had = plugin_open(&fd, path, why);
	if (had != PLUGIN_OK)
		return had;
	text = malloc(CONF_SIZE_MAX + 1);
	do {
		n = text ? read(fd, text + len, CONF_SIZE_MAX + 1 - len) : -1;
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0 || (n < 0 && text && errno == EINTR));
	(void)close(fd);
	if (n < 0)
		had = refuse(why, "%.200s cannot be read", path);
	else if (conf_parse(ret_list, bytes_of(text, len), &fault) != CONF_OK)
		had = refuse(why, "%.200s, line %u: %s", path, (unsigned)fault.line, fault.what ? fault.what : "it is too long");
	free(text);
	return had;
}

/* --- loading ---------------------------------------------------------------------------- */

/*
 * The loader knows an object by the name that it was opened by, and a descriptor's number comes back: a name that
 * was never used before keeps one object from being taken for another.
 */
static bool
name_of(char *name, size_t room, int fd)
{
	static _Atomic unsigned loads;
	unsigned n = atomic_fetch_add(&loads, 1);
	size_t len;

	if (n >= LOADS_MAX)
		return false;
	len = (size_t)snprintf(name, room, "/proc/self/fd/");
	for (unsigned i = 0; i < n; i++)
		len += (size_t)snprintf(name + len, room - len, "./");
	(void)snprintf(name + len, room - len, "%d", fd);
	return true;
}

void *
plugin_load(const char *path, char why[PLUGIN_WHY])
{
	char name[32 + LOADS_MAX * 2];
	void *module = NULL;
	const char *said;
	int fd;

	if (plugin_open(&fd, path, why) != PLUGIN_OK)
		return NULL;
	if (!name_of(name, sizeof name, fd)) {
		(void)refuse(why, "%.200s: %u objects were loaded already", path, LOADS_MAX);
	} else {
		module = dlopen(name, RTLD_NOW | RTLD_LOCAL);
		said = module ? NULL : dlerror();
		if (!module)
			(void)refuse(why, "%.200s cannot be loaded: %.150s", path, said ? said : "nothing more is known");
	}
	(void)close(fd);
	return module;
}
