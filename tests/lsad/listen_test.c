/*
 * listen_test.c - the socket and the process around it: made safely, never
 * taken from somebody, refused and recovered when descriptors are out, cheap
 * while idle; and what lsad refuses to start with.
 * Covers lsad/listen.c, notify.c, settings.c, daemon.c.
 */
#include "lsad_child.h"

#include <fcntl.h>
#include <sys/resource.h>

#define IDLE_CLIENTS	5000u
#define IDLE_COST	8192u		/* bytes each, of lsad's own memory */
#define FEW_FDS		48u

static mode_t
mode_of(const char *name)
{
	char path[160];
	struct stat s;

	(void)snprintf(path, sizeof path, "%s%s", room, name);
	return stat(path, &s) == 0 ? s.st_mode & 07777 : 0;
}

TEST(modes_are_as_promised)
{
	pid_t lsad = lsad_up("");

	CHECK_U64(mode_of("/sock"), 0666);
	CHECK_U64(mode_of("/state"), 0700);
	CHECK_U64(mode_of("/sock.lock"), 0600);
	lsad_down(lsad);
	CHECK_U64(mode_of("/sock"), 0);
	CHECK_U64(mode_of("/sock.lock"), 0);
}

TEST(a_second_one_is_refused)
{
	pid_t lsad = lsad_up("");
	int fd = dial_in();

	CHECK_U64(lsad_wait(lsad_start("", NULL, NULL)), 1);
	CHECK(alive(fd));
	close(fd);
	fd = dial_in();
	close(fd);
	lsad_down(lsad);
}

TEST(a_stale_socket_is_replaced)
{
	pid_t lsad = lsad_up("");

	(void)kill(lsad, SIGKILL);
	CHECK_U64(lsad_wait(lsad), 256 + SIGKILL);
	CHECK_U64(mode_of("/sock"), 0666);
	lsad = lsad_up("");
	close(dial_in());
	lsad_down(lsad);
}

TEST(what_is_no_stale_socket_is_left_alone)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = open(at, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	CHECK(fd >= 0 && write(fd, "mine", 4) == 4);
	close(fd);
	CHECK_U64(lsad_wait(lsad_start("", NULL, NULL)), 1);
	CHECK_U64(mode_of("/sock"), 0644);
	CHECK(unlink(at) == 0);
	/* Somebody else's server. */
	memcpy(to.sun_path, at, sizeof at);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(fd, (const struct sockaddr *)&to, sizeof to) == 0 && listen(fd, 1) == 0);
	CHECK_U64(lsad_wait(lsad_start("", NULL, NULL)), 1);
	CHECK(access(at, F_OK) == 0);
	close(fd);
	CHECK(unlink(at) == 0);
	/* A symbolic link to a place that it must not make. */
	CHECK(symlink("/nowhere/at/all", at) == 0);
	CHECK_U64(lsad_wait(lsad_start("", NULL, NULL)), 1);
	CHECK(unlink(at) == 0);
}

/* --- descriptors --------------------------------------------------------------- */

static void
few_fds(void)
{
	const struct rlimit few = { FEW_FDS, FEW_FDS };

	(void)setrlimit(RLIMIT_NOFILE, &few);
}

/* More clients than descriptors: some are sent away at once, the rest is served, and it recovers. */
TEST(out_of_descriptors_it_refuses_and_recovers)
{
	pid_t lsad = lsad_up_as("workers = 1\n", NULL, few_fds);
	int fds[2 * FEW_FDS];
	unsigned served = 0, refused = 0, i;

	for (i = 0; i < 2 * FEW_FDS; i++)
		fds[i] = dial();
	(void)usleep(200000);
	for (i = 0; i < 2 * FEW_FDS; i++) {
		if (hung_up(fds[i], 0))
			refused++;
		else if (answers(fds[i], ask_connect(1), 1, STATUS_SUCCESS))
			served++;
	}
	CHECK(served > FEW_FDS / 4);
	CHECK(refused > FEW_FDS);
	CHECK_U64(served + refused, 2 * FEW_FDS);
	for (i = 0; i < 2 * FEW_FDS; i++)
		close(fds[i]);
	(void)usleep(200000);
	i = (unsigned)dial_in();
	CHECK(alive((int)i));
	close((int)i);
	lsad_down(lsad);
}

/* --- idle clients ------------------------------------------------------------------ */

TEST(idle_clients_are_cheap)
{
	struct rlimit limit;
	unsigned n = IDLE_CLIENTS;
	uint64_t before, after;
	pid_t lsad;
	int *fds, fd;

	if (!CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0))
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_max < n + 200)
		n = (unsigned)limit.rlim_max - 200;
	lsad = lsad_up("");
	fds = calloc(n, sizeof *fds);
	if (!CHECK(fds != NULL))
		return;
	fd = dial_in();
	CHECK(alive(fd));
	before = proc_number(lsad, "RssAnon", 10) * 1024;
	for (unsigned i = 0; i < n; i++)
		fds[i] = dial_in();
	after = proc_number(lsad, "RssAnon", 10) * 1024;
	printf("%u idle clients cost %llu bytes each\n", n, (unsigned long long)((after - before) / n));
	if (!CHECK(after >= before && (after - before) / n <= IDLE_COST))
		fprintf(stderr, "    %llu bytes each\n", (unsigned long long)((after - before) / n));
	CHECK(alive(fd));
	CHECK(alive(fds[n / 2]));
	for (unsigned i = 0; i < n; i++)
		close(fds[i]);
	CHECK(alive(fd));
	close(fd);
	free(fds);
	lsad_down(lsad);
}

/* --- what it refuses to start with ---------------------------------------------------- */

static const char *const bad_confs[] = {
	"sockett = /tmp/x\n", "workers = 0\n", "workers = 17\n", "workers = many\n", "sandbox = perhaps\n",
	"socket =\n", "tcb_users = no-such-user-here\n", "tcb_group = no-such-group-here\n",
	"admin_group = no-such-group-here\n", "workers = 1\nworkers = 2\n", "nonsense\n", "deadline_ms = -1\n",
};

static unsigned
runs(const char *const *args, int n)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (!freopen("/dev/null", "w", stderr) || !freopen("/dev/null", "w", stdout))
			_exit(9);
		exit(lsad_main(n, (char **)(uintptr_t)args));
	}
	return lsad_wait(pid);
}

TEST(bad_settings_are_refused)
{
	const char *printing[] = { "lsad", "-T", "--config", NULL };
	const char *help[] = { "lsad", "--help" }, *version[] = { "lsad", "--version" };
	const char *unknown[] = { "lsad", "--nonsense" }, *extra[] = { "lsad", "-T", "extra" };
	char path[160];

	for (size_t i = 0; i < sizeof bad_confs / sizeof *bad_confs; i++)
		if (!CHECK(lsad_wait(lsad_start(bad_confs[i], NULL, NULL)) == 1))
			fprintf(stderr, "    %s", bad_confs[i]);
	CHECK_U64(lsad_wait(lsad_start("", "no-such-user-here", NULL)), 1);
	printing[3] = conf_write("workers = 3 # a comment\ntcb_users = root, 12\n");
	CHECK_U64(runs(printing, 4), 0);
	(void)snprintf(path, sizeof path, "%s/not-there.conf", room);
	printing[3] = path;
	CHECK_U64(runs(printing, 4), 1);
	printing[3] = room;			/* a folder */
	CHECK_U64(runs(printing, 4), 1);
	CHECK_U64(runs(help, 2), 0);
	CHECK_U64(runs(version, 2), 0);
	CHECK_U64(runs(unknown, 2), 1);
	CHECK_U64(runs(extra, 3), 1);
	CHECK(access(at, F_OK) != 0);
}

/* --- systemd ----------------------------------------------------------------------------- */

static bool
told(int fd, const char *word)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char text[256];
	ssize_t n;

	while (poll(&p, 1, 3000) == 1 && (n = recv(fd, text, sizeof text - 1, 0)) > 0) {
		text[n] = '\0';
		if (strncmp(text, word, strlen(word)) == 0)
			return true;
	}
	return false;
}

TEST(systemd_is_told)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	pid_t lsad;

	(void)snprintf(to.sun_path, sizeof to.sun_path, "%s/notify", room);
	CHECK(bind(fd, (const struct sockaddr *)&to, sizeof to) == 0 && chmod(to.sun_path, 0666) == 0);
	(void)setenv("NOTIFY_SOCKET", to.sun_path, 1);
	(void)setenv("WATCHDOG_USEC", "200000", 1);
	lsad = lsad_up("");
	CHECK(told(fd, "READY=1"));
	CHECK(told(fd, "WATCHDOG=1"));
	CHECK(told(fd, "WATCHDOG=1"));
	(void)kill(lsad, SIGTERM);
	CHECK(told(fd, "STOPPING=1"));
	CHECK_U64(lsad_wait(lsad), 0);
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	close(fd);
}

static int passed;

/* As systemd does it: the listening socket is descriptor 3. */
static void
pass_socket(void)
{
	char pid[16];

	(void)snprintf(pid, sizeof pid, "%d", (int)getpid());
	(void)setenv("LISTEN_PID", pid, 1);
	(void)setenv("LISTEN_FDS", "1", 1);
	(void)dup2(passed, 3);
}

TEST(a_passed_socket_is_served)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	pid_t lsad;
	int fd;

	memcpy(to.sun_path, at, sizeof at);
	passed = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(passed, (const struct sockaddr *)&to, sizeof to) == 0 && listen(passed, 10) == 0);
	lsad = lsad_up_as("", NULL, pass_socket);
	fd = dial_in();
	CHECK(alive(fd));
	close(fd);
	lsad_down(lsad);
	CHECK(access(at, F_OK) == 0);		/* it is systemd's, and stays */
	close(passed);
	CHECK(unlink(at) == 0);
}

int
main(void)
{
	room_make();
	RUN(modes_are_as_promised);
	RUN(a_second_one_is_refused);
	RUN(a_stale_socket_is_replaced);
	RUN(what_is_no_stale_socket_is_left_alone);
	RUN(out_of_descriptors_it_refuses_and_recovers);
	RUN(idle_clients_are_cheap);
	RUN(bad_settings_are_refused);
	RUN(systemd_is_told);
	RUN(a_passed_socket_is_served);
	room_remove();
	return check_end();
}
