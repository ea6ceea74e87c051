/*
 * lsad_child.h - a daemon in a child process, and a client that speaks raw
 * frames to it. The daemon is the real one with one package more: `sleeper`
 * waits, echoes and finishes when told.
 */
#ifndef OPENLSA_TESTS_LSAD_CHILD_H
#define OPENLSA_TESTS_LSAD_CHILD_H

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "check.h"
#include "lsa/lsa.h"
#include "lsad/daemon.h"
#include "pkg/lsa_mode.h"
#include "wire/calls.h"
#include "wire/frame.h"

#define FRAME_ROOM	(256u * 1024u)

static char room[96];			/* a folder of our own, without a slash at its end */
static char at[108];			/* the socket in it */

/* --- the package -------------------------------------------------------------- */

/* body: ms to wait, then it comes back. */
static NTSTATUS
sleeper_message(struct call *call, const struct message_args *args, struct message_result *ret)
{
	bool *slept = frame(call, sizeof *slept, NULL);

	if (!slept || args->body.len < 4)
		return STATUS_INVALID_PARAMETER;
	if (!*slept) {
		*slept = true;
		return await_timer(call, get_u32(args->body.at));
	}
	ret->verdict = STATUS_SUCCESS;
	ret->body = args->body;
	return STATUS_SUCCESS;
}

static NTSTATUS
sleeper_work(void *arg)
{
	(void)arg;
	(void)usleep(300000);
	return STATUS_SUCCESS;
}

/* Marked FINISH in calls.def. */
static NTSTATUS
sleeper_change(struct call *call, const struct change_args *args)
{
	bool *begun = frame(call, sizeof *begun, NULL);

	(void)args;
	if (!begun || *begun)
		return begun ? awaited(call) : STATUS_INSUFFICIENT_RESOURCES;
	*begun = true;
	return await_job(call, sleeper_work, NULL, NULL);
}

static const struct lsa_package sleeper = {
	.name    = "sleeper",
	.message = sleeper_message,
	.change  = sleeper_change,
};

/* --- the daemon ------------------------------------------------------------------ */

static inline void
room_make(void)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(room, sizeof room, "%.60s/lsad-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(room) || chmod(room, 0755) != 0) {
		perror(room);
		exit(1);
	}
	(void)snprintf(at, sizeof at, "%s/sock", room);
}

static inline void
room_remove(void)
{
	char command[160];

	(void)snprintf(command, sizeof command, "rm -rf '%s'", room);
	if (system(command) != 0)
		perror(room);
}

/* Writes lsad.conf into the room; with an empty text it stands for "no configuration". */
static inline const char *
conf_write(const char *text)
{
	static char path[128];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/lsad.conf", room);
	f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
	(void)chmod(path, 0644);
	return path;
}

/* The pid; what it warns of goes nowhere. user may be NULL. */
static inline pid_t
lsad_start(const char *conf, const char *user, void (*before)(void))
{
	char state[128];
	const char *args[] = { "lsad", "--foreground", "--socket", at, "--state", state, "--config", conf_write(conf),
	    user ? "--user" : NULL, user, NULL };
	int n = user ? 10 : 8;
	pid_t pid;

	(void)snprintf(state, sizeof state, "%s/state%s", room, user ? "-of-user" : "");
	fflush(stdout);
	fflush(stderr);
	pid = fork();
	if (pid == 0) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(9);
		if (before)
			before();
		package_add(&sleeper);
		exit(lsad_main(n, (char **)(uintptr_t)args));
	}
	return pid;
}

static inline int
dial(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(to.sun_path, at, sizeof at);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Started and serving. */
static inline pid_t
lsad_up_as(const char *conf, const char *user, void (*before)(void))
{
	pid_t pid = lsad_start(conf, user, before);
	int fd = -1;

	for (int i = 0; i < 1000 && fd < 0; i++) {
		fd = dial();
		if (fd < 0 && waitpid(pid, NULL, WNOHANG) == pid)
			break;
		if (fd < 0)
			(void)usleep(10000);
	}
	if (!CHECK(fd >= 0))
		return -1;
	close(fd);
	return pid;
}

static inline pid_t
lsad_up(const char *conf)
{
	return lsad_up_as(conf, NULL, NULL);
}

/* Its exit status; 256 and more: a signal ended it. */
static inline unsigned
lsad_wait(pid_t pid)
{
	int status = -1;

	if (pid <= 0 || waitpid(pid, &status, 0) != pid)
		return 999;
	return WIFEXITED(status) ? (unsigned)WEXITSTATUS(status) : 256u + (unsigned)WTERMSIG(status);
}

static inline void
lsad_down(pid_t pid)
{
	if (pid <= 0)
		return;
	(void)kill(pid, SIGTERM);
	CHECK_U64(lsad_wait(pid), 0);
}

/* A line of /proc/PID/status, its value as a number of the given base. */
static inline uint64_t
proc_number(pid_t pid, const char *key, int base)
{
	char path[64], line[256];
	uint64_t value = UINT64_MAX;
	size_t len = strlen(key);
	FILE *f;

	(void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, key, len) == 0 && line[len] == ':')
			value = strtoull(line + len + 1, NULL, base);
	if (f)
		fclose(f);
	return value;
}

/* --- frames ------------------------------------------------------------------------ */

static uint8_t out[FRAME_ROOM], heard[FRAME_ROOM];

/* Writes a whole frame into `out` and returns it. */
#define ASK(id, verb, NUMBER, ...) \
	ask_of((id), (NUMBER), (void (*)(struct writer *, const void *))(void (*)(void))verb##_in_put, \
	    &(const struct verb##_in){ __VA_ARGS__ })

static inline struct bytes
ask_of(uint32_t id, uint16_t number, void (*put)(struct writer *, const void *), const void *in)
{
	struct writer w = writer_of(out, sizeof out);

	request_put_head(&w, &(const struct request){ .id = id, .number = number });
	put(&w, in);
	frame_end(&w);
	return bytes_of(out, w.need);
}

static inline struct bytes
ask_connect(uint32_t id)
{
	return ASK(id, connect, CALL_CONNECT, .version = FRAME_VERSION, .kind = 1, .name = bytes_of_text("test"));
}

static inline struct bytes
ask_ping(uint32_t id, struct bytes echo)
{
	return ASK(id, ping, CALL_PING, .echo = echo);
}

static inline bool
say(int fd, struct bytes b)
{
	while (b.len) {
		ssize_t n = send(fd, b.at, b.len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		b = bytes_of(b.at + n, b.len - (size_t)n);
	}
	return true;
}

static inline bool
hear_some(int fd, size_t from, size_t to, int ms)
{
	uint64_t until = time_mono_ms() + (uint64_t)ms;

	while (from < to) {
		uint64_t now = time_mono_ms();
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (now > until || poll(&p, 1, (int)(until - now)) <= 0)
			return false;
		n = recv(fd, heard + from, to - from, 0);
		if (n <= 0)
			return false;
		from += (size_t)n;
	}
	return true;
}

/* One whole reply within 5 s. It lies in `heard`. */
static inline bool
hear(int fd, struct reply *ret)
{
	uint32_t len;

	if (!hear_some(fd, 0, 4, 5000))
		return false;
	len = get_u32(heard);
	return len >= REPLY_HEAD && len <= sizeof heard && hear_some(fd, 4, len, 5000) &&
	    reply_take(ret, bytes_of(heard, len));
}

/* The other end hung up, with nothing said before. */
static inline bool
hung_up(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;

	return poll(&p, 1, ms) == 1 && recv(fd, &c, 1, MSG_DONTWAIT) <= 0;
}

static inline bool
answers(int fd, struct bytes frame, uint32_t id, NTSTATUS status)
{
	struct reply reply = { 0 };

	if (!say(fd, frame) || !hear(fd, &reply))
		return false;
	if (reply.id != id || reply.status != (int32_t)status)
		fprintf(stderr, "    call %u answered with 0x%08X\n", reply.id, (unsigned)reply.status);
	return reply.id == id && reply.status == (int32_t)status;
}

static inline bool
alive(int fd)
{
	return answers(fd, ask_ping(4711, bytes_of_text("hello")), 4711, STATUS_SUCCESS);
}

/* A connected one. */
static inline int
dial_in(void)
{
	int fd = dial();

	CHECK(fd >= 0 && answers(fd, ask_connect(1), 1, STATUS_SUCCESS));
	return fd;
}

#endif
