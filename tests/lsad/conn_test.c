/*
 * conn_test.c - frames against a running daemon: whole, torn, too long, too
 * slow, with descriptors, unread, abandoned.
 * Covers lsad/conn.c, worker.c.
 */
#include "lsad_child.h"

#include <fcntl.h>

static pid_t lsad;

static const uint32_t bad_lengths[] = { 0, 1, 3, 15, FRAME_MAX + 1, 0x7FFFFFFF, 0x80000000u, 0xFFFFFFFFu };

#define COUNT(a) (sizeof (a) / sizeof *(a))

static bool
length_ends_it(int fd, uint32_t length)
{
	uint8_t head[16] = { 0 };
	bool ended;

	put_u32(head, length);
	ended = say(fd, bytes_of(head, sizeof head)) && hung_up(fd, 2000);
	close(fd);
	return ended;
}

TEST(bad_lengths_end_a_connection)
{
	for (size_t i = 0; i < COUNT(bad_lengths); i++) {
		CHECK(length_ends_it(dial(), bad_lengths[i]));
		CHECK(length_ends_it(dial_in(), bad_lengths[i]));
	}
	CHECK(length_ends_it(dial(), FRAME_MAX_STRANGER + 1));
}

TEST(longest_lengths_are_waited_for)
{
	uint8_t head[16] = { 0 };
	int stranger = dial(), known = dial_in();

	put_u32(head, FRAME_MAX_STRANGER);
	CHECK(say(stranger, bytes_of(head, sizeof head)));
	put_u32(head, FRAME_MAX);
	CHECK(say(known, bytes_of(head, sizeof head)));
	CHECK(!hung_up(stranger, 100));
	CHECK(!hung_up(known, 100));
	close(stranger);
	close(known);
}

/* Two frames, cut at every byte; the second ping shows that nothing was lost between them. */
TEST(frames_may_be_cut_anywhere)
{
	uint8_t both[256];
	struct bytes first, second;
	size_t len, split;

	first = ask_connect(1);
	len = first.len;
	memcpy(both, first.at, len);
	second = ask_ping(2, bytes_of_text("across the cut"));
	memcpy(both + len, second.at, second.len);
	len += second.len;
	for (split = 1; split < len; split++) {
		struct reply reply = { 0 };
		int fd = dial();

		CHECK(say(fd, bytes_of(both, split)));
		(void)usleep(500);
		CHECK(say(fd, bytes_of(both + split, len - split)));
		CHECK(hear(fd, &reply) && reply.id == 1 && reply.status == STATUS_SUCCESS);
		CHECK(hear(fd, &reply) && reply.id == 2 && reply.status == STATUS_SUCCESS);
		close(fd);
	}
}

TEST(bytes_may_come_one_by_one)
{
	struct reply reply = { 0 };
	int fd = dial_in();
	struct bytes ping = ask_ping(7, bytes_of_text("slowly"));

	for (size_t i = 0; i < ping.len; i++) {
		CHECK(say(fd, bytes_of(ping.at + i, 1)));
		(void)usleep(500);
	}
	CHECK(hear(fd, &reply) && reply.id == 7);
	close(fd);
}

TEST(many_frames_in_one_write)
{
	static uint8_t many[300 * 64];
	size_t len = 0;
	int fd = dial_in();
	uint32_t id;

	for (id = 0; id < 300; id++) {
		struct bytes ping = ask_ping(id, bytes_of_text("ping"));

		memcpy(many + len, ping.at, ping.len);
		len += ping.len;
	}
	CHECK(say(fd, bytes_of(many, len)));
	for (id = 0; id < 300; id++) {
		struct reply reply = { 0 };

		if (!CHECK(hear(fd, &reply) && reply.id == id && reply.status == STATUS_SUCCESS))
			break;
	}
	close(fd);
}

TEST(large_frames_come_back)
{
	static uint8_t body[WIRE_BYTES_MAX];
	struct ping_out got;
	struct reply reply;
	int fd = dial_in();

	for (size_t i = 0; i < sizeof body; i++)
		body[i] = (uint8_t)(i * 7);
	for (size_t len = 1; len <= sizeof body; len = len * 3 + 1) {
		CHECK(say(fd, ask_ping(3, bytes_of(body, len))));
		CHECK(hear(fd, &reply) && reply.status == STATUS_SUCCESS && ping_out_take(&got, reply.out) &&
		    bytes_same(got.echo, bytes_of(body, len)));
	}
	close(fd);
}

TEST(a_stranger_can_only_connect)
{
	int fd = dial();

	CHECK(answers(fd, ask_ping(5, BYTES_NONE), 5, STATUS_ACCESS_DENIED));
	CHECK(answers(fd, ask_connect(6), 6, STATUS_SUCCESS));
	CHECK(alive(fd));
	CHECK(answers(fd, ask_connect(8), 8, STATUS_ACCESS_DENIED));	/* once */
	CHECK(alive(fd));
	close(fd);
}

TEST(a_reply_flag_is_no_request)
{
	uint8_t frame_bytes[64];
	int fd = dial_in();
	struct bytes ping = ask_ping(5, BYTES_NONE);

	memcpy(frame_bytes, ping.at, ping.len);
	frame_bytes[10] = 1;
	CHECK(say(fd, bytes_of(frame_bytes, ping.len)) && hung_up(fd, 2000));
	close(fd);
}

TEST(goodbye_is_answered)
{
	int fd = dial_in();

	CHECK(answers(fd, ASK(9, goodbye, CALL_GOODBYE, 0), 9, STATUS_SUCCESS));
	close(fd);
}

/* --- descriptors ------------------------------------------------------------ */

static bool
say_with_fds(int fd, struct bytes frame_bytes, int passed, size_t count)
{
	union { char room[CMSG_SPACE(253 * sizeof(int))]; struct cmsghdr head; } control;
	struct iovec iov = { (void *)(uintptr_t)frame_bytes.at, frame_bytes.len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.room,
	    .msg_controllen = CMSG_SPACE(count * sizeof(int)) };
	struct cmsghdr *head;

	memset(&control, 0, sizeof control);
	head = CMSG_FIRSTHDR(&msg);
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(count * sizeof(int));
	for (size_t i = 0; i < count; i++)
		memcpy(CMSG_DATA(head) + i * sizeof(int), &passed, sizeof(int));
	return sendmsg(fd, &msg, MSG_NOSIGNAL) == (ssize_t)frame_bytes.len;
}

TEST(passed_descriptors_are_closed_and_end_it)
{
	static const size_t counts[] = { 1, 3, 253 };

	for (size_t i = 0; i < COUNT(counts); i++) {
		int fd = dial_in(), ends[2];
		char c;

		if (!CHECK(pipe(ends) == 0))
			return;
		CHECK(say_with_fds(fd, ask_ping(5, BYTES_NONE), ends[1], counts[i]));
		close(ends[1]);
		CHECK(hung_up(fd, 2000));
		CHECK(read(ends[0], &c, 1) == 0);		/* nobody holds the other end */
		close(ends[0]);
		close(fd);
	}
}

/* --- clients that misbehave in time -------------------------------------------- */

static long
lsad_kib(void)
{
	char path[64], line[256];
	long kib = -1;
	FILE *f;

	(void)snprintf(path, sizeof path, "/proc/%d/status", (int)lsad);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, "VmRSS:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	if (f)
		fclose(f);
	return kib;
}

/*
 * Small requests with replies that are larger, a whole buffer of them at a
 * time. Whoever sends and does not read is not read from: the socket fills
 * up, the daemon does not; and when it reads at last, nothing was lost.
 */
TEST(who_never_reads_waits)
{
	enum { ASKED = 4096 };
	static uint8_t many[ASKED * 64];
	struct timeval patience = { 1, 0 };
	int fd = dial_in(), other = dial_in();
	uint32_t asked = 0, id = 0;
	size_t len = 0, each = 0;
	long before;
	ssize_t n = 0;

	CHECK(alive(fd));
	before = lsad_kib();
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	do {
		for (len = 0; len + 64 <= sizeof many; len += each) {
			struct bytes status = ASK(asked++, status, CALL_STATUS, 0);

			each = status.len;
			memcpy(many + len, status.at, each);
		}
		n = send(fd, many, len, MSG_NOSIGNAL);
	} while (n == (ssize_t)len && asked < 2000 * ASKED);
	CHECK(n < 0 || (size_t)n < len);	/* a second long nothing was taken */
	CHECK(n > 0 || errno == EAGAIN);
	if (n < 0)
		n = 0;
#ifndef __SANITIZE_ADDRESS__
	CHECK(lsad_kib() - before < 1024);
#else
	(void)before;
#endif
	CHECK(alive(other));
	asked -= (uint32_t)((len - (size_t)n) / each);		/* the last write went in part */
	if ((size_t)n % each)
		asked--;
	for (id = 0; id < asked; id++) {
		struct reply reply = { 0 };

		if (!CHECK(hear(fd, &reply) && reply.id == id && reply.status == STATUS_SUCCESS))
			break;
	}
	if ((size_t)n % each)					/* the rest of a torn request */
		CHECK(say(fd, bytes_of(many + n, each - (size_t)n % each)));
	if ((size_t)n % each)
		CHECK(hear(fd, &(struct reply){ 0 }));
	CHECK(alive(fd));
	close(fd);
	close(other);
}

/* The same with the largest frames there are, both ways. */
TEST(large_replies_wait_too)
{
	static uint8_t body[32768];
	struct timeval patience = { 1, 0 };
	int fd = dial_in();
	uint32_t asked = 0, got = 0;
	struct bytes ping = ask_ping(1, bytes_of(body, sizeof body));
	ssize_t n = 0;

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	while (asked < 1000 && (n = send(fd, ping.at, ping.len, MSG_NOSIGNAL)) == (ssize_t)ping.len)
		asked++;
	CHECK(asked > 1 && asked < 100);
	while (got < asked) {
		struct reply reply = { 0 };

		if (!CHECK(hear(fd, &reply) && reply.id == 1 && reply.status == STATUS_SUCCESS))
			break;
		got++;
	}
	ping = ask_ping(1, bytes_of(body, sizeof body));
	n = n > 0 ? n : 0;
	CHECK(say(fd, bytes_of(ping.at + n, n ? ping.len - (size_t)n : 0)));
	if (n)
		CHECK(hear(fd, &(struct reply){ 0 }));
	CHECK(alive(fd));
	close(fd);
}

TEST(who_dies_unread_is_forgotten)
{
	static uint8_t body[32768];
	struct timeval patience = { 0, 100000 };
	int fd = dial_in();

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	while (say(fd, ask_ping(1, bytes_of(body, sizeof body))))
		;
	close(fd);
	fd = dial_in();
	CHECK(alive(fd));
	close(fd);
}

/* One wait for all of them: 10 s. */
TEST(who_is_slow_is_dropped)
{
	struct bytes ping = ask_ping(1, bytes_of_text("never all of it"));
	int silent = dial(), half = dial(), refused = dial(), torn = dial_in(), idle = dial_in(), slow = dial_in();
	uint64_t began = time_mono_ms();
	uint8_t ping_bytes[64];
	size_t i = 0;

	ping = ask_ping(1, bytes_of_text("never all of it"));
	memcpy(ping_bytes, ping.at, ping.len);
	CHECK(say(half, bytes_of(ping_bytes, 2)));
	CHECK(say(torn, bytes_of(ping_bytes, 20)));
	CHECK(answers(refused, ask_ping(2, BYTES_NONE), 2, STATUS_ACCESS_DENIED));
	/* A byte every 700 ms does not buy time. */
	while (time_mono_ms() - began < 9000) {
		if (i < 13)
			CHECK(say(slow, bytes_of(ping_bytes + i++, 1)));
		(void)usleep(700000);
	}
	CHECK(!hung_up(silent, 0));
	CHECK(!hung_up(torn, 0));
	CHECK(hung_up(silent, 3000));
	CHECK(hung_up(half, 3000));
	CHECK(hung_up(refused, 3000));
	CHECK(hung_up(torn, 3000));
	CHECK(hung_up(slow, 3000));
	CHECK(time_mono_ms() - began < 13000);
	CHECK(alive(idle));
	close(silent);
	close(half);
	close(refused);
	close(torn);
	close(slow);
	close(idle);
}

/* --- calls that wait -------------------------------------------------------------- */

static uint32_t
sleeper_id(int fd)
{
	struct lookup_out got = { .id = UINT32_MAX };
	struct reply reply;

	CHECK(say(fd, ASK(1, lookup, CALL_LOOKUP, .name = bytes_of_text("sleeper"))) && hear(fd, &reply) &&
	    reply.status == STATUS_SUCCESS && lookup_out_take(&got, reply.out));
	return got.id;
}

static struct bytes
ask_sleep(uint32_t id, uint32_t package, uint32_t ms)
{
	uint8_t body[4];

	put_u32(body, ms);
	return ASK(id, message, CALL_MESSAGE, .package = package, .body = bytes_of(body, sizeof body));
}

TEST(a_waiting_call_delays_nobody)
{
	struct reply reply = { 0 };
	int fd = dial_in();
	uint32_t sleeper_number = sleeper_id(fd);

	CHECK(say(fd, ask_sleep(50, sleeper_number, 300)));
	CHECK(alive(fd));
	CHECK(hear(fd, &reply) && reply.id == 50 && reply.status == STATUS_SUCCESS);
	CHECK(say(fd, ask_sleep(51, sleeper_number, 60000)));
	CHECK(say(fd, ASK(52, cancel, CALL_CANCEL, .call = 51)));
	CHECK(hear(fd, &reply) && reply.id == 51 && reply.status == (int32_t)STATUS_CANCELLED);
	CHECK(hear(fd, &reply) && reply.id == 52 && reply.status == STATUS_SUCCESS);
	close(fd);
}

/* Gone with calls of every kind under way; whoever comes next sees nothing of it. */
TEST(who_dies_leaves_nothing)
{
	for (int i = 0; i < 200; i++) {
		int fd = dial_in();
		uint32_t sleeper_number = sleeper_id(fd);

		CHECK(say(fd, ask_sleep(50, sleeper_number, i % 3 ? 60000 : 1)));
		if (i % 20 == 0)
			CHECK(say(fd, ASK(51, change, CALL_CHANGE, .package = bytes_of_text("sleeper"))));
		if (i % 5 == 0)
			CHECK(say(fd, bytes_of("\x20\0\0", 3)));
		close(fd);
	}
	(void)usleep(1500000);			/* the jobs come home to nobody */
	CHECK(kill(lsad, 0) == 0);
}

static void
sigterm_drains(void)
{
	int fd = dial_in(), idle = dial_in(), stranger = dial();
	struct reply reply = { 0 };
	uint32_t sleeper_number = sleeper_id(fd);
	uint64_t began;

	CHECK(say(fd, ask_sleep(60, sleeper_number, 60000)));
	CHECK(say(fd, ASK(61, change, CALL_CHANGE, .package = bytes_of_text("sleeper"))));
	CHECK(alive(fd));				/* so both have been read */
	(void)kill(lsad, SIGHUP);			/* heard, and no more */
	CHECK(alive(fd));
	began = time_mono_ms();
	(void)kill(lsad, SIGTERM);
	CHECK(hear(fd, &reply) && reply.id == 60 && reply.status == (int32_t)STATUS_CANCELLED);
	CHECK(hear(fd, &reply) && reply.id == 61 && reply.status == STATUS_SUCCESS);	/* FINISH ran on */
	CHECK(hung_up(fd, 2000) && hung_up(idle, 2000) && hung_up(stranger, 2000));
	CHECK_U64(lsad_wait(lsad), 0);
	CHECK(time_mono_ms() - began < 3000);
	CHECK(access(at, F_OK) != 0 && dial() < 0);
	close(fd);
	close(idle);
	close(stranger);
	lsad = -1;
}

/* A client that does not take its replies delays the end by 5 s, no more. */
static void
sigterm_waits_for_nobody_long(void)
{
	static uint8_t body[32768];
	int fd = dial_in();
	uint64_t began;

	for (int i = 0; i < 9; i++)
		CHECK(say(fd, ask_ping(1, bytes_of(body, sizeof body))));
	(void)usleep(300000);
	began = time_mono_ms();
	(void)kill(lsad, SIGTERM);
	CHECK_U64(lsad_wait(lsad), 0);
	CHECK(time_mono_ms() - began > 4000);
	CHECK(time_mono_ms() - began < 7000);
	close(fd);
	lsad = -1;
}

/* --- quotas ------------------------------------------------------------------------- */

/* One whose first call is answered so, once a worker has noticed the end of another. */
static int
dial_soon(struct bytes first, NTSTATUS want)
{
	uint64_t until = time_mono_ms() + 3000;
	int fd;

	for (;;) {
		fd = dial();
		if (fd >= 0 && answers(fd, first, 1, want))
			return fd;
		if (!CHECK(time_mono_ms() < until))
			return fd;
		close(fd);
		(void)usleep(5000);
	}
}

static void
quotas_are_kept(void)
{
	int fds[3], more;
	uint32_t sleeper_number;
	struct reply reply = { 0 };

	for (size_t i = 0; i < COUNT(fds); i++)
		fds[i] = dial_in();
	more = dial();
	CHECK(answers(more, ask_connect(1), 1, STATUS_QUOTA_EXCEEDED));
	close(more);
	close(fds[2]);
	fds[2] = dial_soon(ask_connect(1), STATUS_SUCCESS);
	sleeper_number = sleeper_id(fds[0]);
	CHECK(say(fds[0], ask_sleep(1, sleeper_number, 1500)));
	CHECK(say(fds[1], ask_sleep(2, sleeper_number, 1500)));
	(void)usleep(300000);
	CHECK(answers(fds[2], ask_sleep(3, sleeper_number, 1500), 3, STATUS_QUOTA_EXCEEDED));
	CHECK(hear(fds[0], &reply) && reply.id == 1 && reply.status == STATUS_SUCCESS);
	CHECK(alive(fds[2]));
	for (size_t i = 0; i < COUNT(fds); i++)
		close(fds[i]);
}

/* Doors that are held open and not gone through. */
static void
strangers_are_counted(void)
{
	int strangers[4], known = dial_in(), more;

	for (size_t i = 0; i < COUNT(strangers); i++) {
		strangers[i] = dial();
		CHECK(answers(strangers[i], ask_ping(1, BYTES_NONE), 1, STATUS_ACCESS_DENIED));
	}
	more = dial();
	CHECK(hung_up(more, 2000));		/* one too many */
	close(more);
	CHECK(answers(strangers[0], ask_connect(2), 2, STATUS_SUCCESS));	/* which makes room for another */
	more = dial_in();
	CHECK(alive(more));
	close(strangers[1]);			/* and so does an end */
	close(more);
	more = dial_soon(ask_ping(1, BYTES_NONE), STATUS_ACCESS_DENIED);
	close(more);
	CHECK(alive(known));
	close(strangers[0]);
	close(strangers[2]);
	close(strangers[3]);
	close(known);
	for (int i = 0; i < 30; i++) {		/* nothing is counted twice, or for ever */
		close(dial());
		known = dial_soon(ask_connect(1), STATUS_SUCCESS);
		CHECK(alive(known));
		close(known);
	}
}

int
main(void)
{
	room_make();
	lsad = lsad_up("workers = 2\n");
	RUN(bad_lengths_end_a_connection);
	RUN(longest_lengths_are_waited_for);
	RUN(frames_may_be_cut_anywhere);
	RUN(bytes_may_come_one_by_one);
	RUN(many_frames_in_one_write);
	RUN(large_frames_come_back);
	RUN(a_stranger_can_only_connect);
	RUN(a_reply_flag_is_no_request);
	RUN(goodbye_is_answered);
	RUN(passed_descriptors_are_closed_and_end_it);
	RUN(who_never_reads_waits);
	RUN(large_replies_wait_too);
	RUN(who_dies_unread_is_forgotten);
	RUN(who_is_slow_is_dropped);
	RUN(a_waiting_call_delays_nobody);
	RUN(who_dies_leaves_nothing);
	RUN(sigterm_drains);
	lsad = lsad_up("workers = 2\n");
	RUN(sigterm_waits_for_nobody_long);
	lsad = lsad_up("workers = 2\nmax_links_per_uid = 3\nmax_calls_per_uid = 2\n");
	RUN(quotas_are_kept);
	lsad_down(lsad);
	lsad = lsad_up("workers = 2\nmax_strangers_per_uid = 4\n");
	RUN(strangers_are_counted);
	lsad_down(lsad);
	room_remove();
	return check_end();
}
