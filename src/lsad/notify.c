/*
 * notify.c - NOTIFY_SOCKET, WATCHDOG_USEC, LISTEN_FDS: sd_notify(3) and
 * sd_listen_fds(3) describe them.
 */
#include "lsad/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LISTEN_FDS_FIRST 3
#define HOUR_MS		3600000u

void
notify(const char *format, ...)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	char text[256];
	va_list args;
	int fd, n;

	if (len < 2 || len >= sizeof at.sun_path || (*path != '/' && *path != '@'))
		return;
	memcpy(at.sun_path, path, len);
	if (*path == '@')
		at.sun_path[0] = '\0';		/* an abstract name */
	va_start(args, format);
	n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n <= 0)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1, MSG_NOSIGNAL | MSG_DONTWAIT,
	    (const struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}

/* A number that is meant for this process, or 0. */
static uint64_t
number_for_me(const char *name, const char *pid_name)
{
	const char *text = getenv(name), *pid = getenv(pid_name);

	if (!text || (pid && strtoull(pid, NULL, 10) != (uint64_t)getpid()))
		return 0;
	return strtoull(text, NULL, 10);
}

uint32_t
notify_watchdog_ms(void)
{
	uint64_t ms = number_for_me("WATCHDOG_USEC", "WATCHDOG_PID") / 2000;

	return ms < HOUR_MS ? (uint32_t)ms : HOUR_MS;
}

int
notify_socket_passed(void)
{
	return number_for_me("LISTEN_FDS", "LISTEN_PID") > 0 ? LISTEN_FDS_FIRST : -1;
}
