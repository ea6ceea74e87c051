/*
 * crowd.c - many strangers at the daemon's door: connections that introduce
 * themselves and then say nothing, each a process of its own in the eyes of
 * the daemon. Raw frames, since the library would join them.
 *
 *     idle N      opens N; they stay until the next line or the end
 */
#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/bytes.h"
#include "wire/calls.h"
#include "wire/frame.h"
#include "worker.h"

static int *crowd;
static unsigned long crowd_len;

static int
dial(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = getenv("OPENLSA_SOCKET");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	MUST(fd >= 0 && path && strlen(path) < sizeof to.sun_path);
	memcpy(to.sun_path, path, strlen(path) + 1);
	while (connect(fd, (const struct sockaddr *)&to, sizeof to) != 0)
		MUST(errno == EINTR || errno == EAGAIN);
	return fd;
}

static void
introduce(int fd)
{
	struct connect_in in = { .version = FRAME_VERSION, .kind = 1 };
	uint8_t frame[256];
	struct writer w = writer_of(frame, sizeof frame);
	struct reply reply;
	ssize_t n;

	request_put_head(&w, &(const struct request){ .id = 1, .number = CALL_CONNECT });
	connect_in_put(&w, &in);
	frame_end(&w);
	MUST(send(fd, frame, w.need, MSG_NOSIGNAL) == (ssize_t)w.need);
	n = recv(fd, frame, sizeof frame, 0);
	MUST(n > 0 && reply_take(&reply, bytes_of(frame, (size_t)n)) && reply.status == 0);
}

static uint64_t
idle(unsigned long n, unsigned long arg)
{
	struct rlimit files = { n + 64, n + 64 };

	(void)arg;
	while (crowd_len)
		close(crowd[--crowd_len]);
	free(crowd);
	MUST(setrlimit(RLIMIT_NOFILE, &files) == 0);
	crowd = calloc(n + 1, sizeof *crowd);
	MUST(crowd);
	while (crowd_len < n) {
		crowd[crowd_len] = dial();
		introduce(crowd[crowd_len++]);
	}
	return crowd_len;
}

int
main(void)
{
	static const struct work list[] = { { "idle", idle, 0 } };

	return worker_serve(list, sizeof list / sizeof *list);
}
