/*
 * want_test.c - lsad without room on the disk, without leave to write and
 * without descriptors, and an embedded LSA without descriptors. A change is
 * refused with the status of its cause and leaves all as it was; who has an
 * account goes on logging on; a wrong password never gets in; and when the
 * want is over, all works again. Covers lsad/listen.c, store/folder.c,
 * store/sqlite.c, store/audit.c, secur32/link_far.c, and lsa/lsa.c where a store does not open.
 *
 *     want_test LSAD
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/api/logon.h"
#include "tests/api/policy.h"
#include "tests/check.h"
#include "tests/crash/scenes.h"

#define WRONG	"wrong horse 9"

static const char *lsad;
static char room[64], at[80], disk[80], state[100], said[300];

/* --- the daemon ------------------------------------------------------------------- */

static int
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

static rlim_t file_size;		/* 0: no limit */

/* -1: it did not start. */
static pid_t
up(rlim_t files)
{
	int log = open("log", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), fd;
	struct rlimit limit = { files, files }, size = { file_size, file_size };
	pid_t pid;

	(void)unlink(at);
	pid = fork();
	if (pid == 0) {
		if ((files && setrlimit(RLIMIT_NOFILE, &limit) != 0) || (file_size && setrlimit(RLIMIT_FSIZE, &size) != 0) || dup2(log, 2) != 2)
			_exit(125);
		execl(lsad, "lsad", "--foreground", "--socket", at, "--state", state, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 4000; i++) {
		int status;

		if (waitpid(pid, &status, WNOHANG) == pid) {
			/* 127: the loader of programs had no descriptor itself. */
			CHECK(WIFEXITED(status) && (WEXITSTATUS(status) == 1 || WEXITSTATUS(status) == 127));
			pid = -1;
			break;
		}
		fd = dial();
		if (fd >= 0) {
			close(fd);
			break;
		}
		(void)usleep(2000);
	}
	close(log);
	return pid;
}

static void
down(pid_t pid)
{
	int status = -1;

	/* kill(-1) would be everybody. */
	if (!CHECK(pid > 0) || kill(pid, SIGTERM) != 0)
		return;
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
listen_to_it(void)
{
	int log = open("log", O_RDONLY | O_CLOEXEC);
	ssize_t n = log >= 0 ? read(log, said, sizeof said - 1) : -1;

	said[n > 0 ? n : 0] = '\0';
	if (log >= 0)
		close(log);
}

/* It listens before it opens its store, so whoever knocks in between is let down; then it ends with 1. */
static bool
ends(pid_t pid)
{
	int status = 0, gone = pid < 0;

	for (int i = 0; i < 3000 && gone == 0; i++) {
		gone = waitpid(pid, &status, WNOHANG);
		(void)usleep(1000);
	}
	listen_to_it();
	return gone != 0 && (pid < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 1));
}

static bool
refuses(const char *sentence)
{
	pid_t pid = up(0);

	if (!ends(pid)) {
		down(pid);
		return false;
	}
	return strstr(said, sentence) != NULL;
}

/* In a process of its own; its failed checks are this one's. */
static void
client(void (*body)(void))
{
	int status = -1;
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		atomic_store(&check_bad, 0u);
		body();
		(void)fflush(stderr);
		_exit(atomic_load(&check_bad) ? 1 : 0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* --- what is asked ----------------------------------------------------------------- */

static NTSTATUS
logon_as(HANDLE lsa, const char *name, const char *password)
{
	struct logging l = { .lsa = lsa, .package = logon_package(lsa, "NTLM"), .type = Interactive };
	NTSTATUS status;

	logon_interactive(&l, "", name, password, false);
	status = logon_run(&l);
	if (status == STATUS_SUCCESS)
		logon_end(&l);
	return status;
}

static void
doors(HANDLE lsa)
{
	CHECK_ST(logon_as(lsa, API_USER, WRONG), STATUS_LOGON_FAILURE);
	CHECK_ST(logon_as(lsa, API_USER, API_PASSWORD), STATUS_SUCCESS);
	CHECK_ST(logon_as(lsa, "newcomer", API_PASSWORD), STATUS_LOGON_FAILURE);
}

/* Six changes, each of which must end with `want`. */
static void
changes(HANDLE lsa, LSA_HANDLE policy, NTSTATUS want)
{
	struct a_sid sid = SIDV(22, 1, 4713);
	LSA_UNICODE_STRING right = *U("SeBatchLogonRight"), value = { 6, 6, (PWSTR)(uintptr_t)"newest" };
	bool done = want == STATUS_SUCCESS;
	OlsaPolicyInfo info = { 0 };

	CHECK_ST(OlsaUserAdd(lsa, "newcomer", "", "another horse 8", NULL), want);
	CHECK_ST(OlsaUserSetPassword(lsa, "bob", "another horse 8"), want);
	CHECK_ST(OlsaUserLock(lsa, "barred", FALSE), want);
	CHECK_ST(OlsaPolicySet(lsa, "lockout-threshold", 50), want);
	CHECK_ST(LsaAddAccountRights(policy, &sid, &right, 1), want);
	CHECK_ST(LsaStorePrivateData(policy, U("L$kept"), &value), want);
	CHECK_ST(logon_as(lsa, "bob", API_PASSWORD), done ? STATUS_LOGON_FAILURE : STATUS_SUCCESS);
	CHECK((logon_as(lsa, "barred", API_PASSWORD) == STATUS_SUCCESS) == done);
	CHECK_ST(OlsaPolicyGet(lsa, 0, "lockout-threshold", &info), STATUS_SUCCESS);
	CHECK_U64(info.Value, done ? 50 : 10);
}

/* --- a full disk --------------------------------------------------------------------- */

/* All the room there is; true when some of it was taken. */
static bool
fill(void)
{
	static char block[4096];
	char path[120];
	size_t taken = 0;
	int fd;

	(void)snprintf(path, sizeof path, "%s/filler", disk);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	for (size_t step = sizeof block; step > 0; step /= 2)
		for (ssize_t n; (n = write(fd, block, step)) > 0; )
			taken += (size_t)n;
	CHECK(errno == ENOSPC);
	close(fd);
	return taken > 0;
}

static void
empty(void)
{
	char path[120];

	(void)snprintf(path, sizeof path, "%s/filler", disk);
	CHECK(unlink(path) == 0);
}

static void
full_and_empty(void)
{
	HANDLE lsa = logon_trusted();
	LSA_HANDLE policy = policy_open_for(POLICY_ALL_ACCESS);
	LPSTR why = NULL;

	doors(lsa);
	CHECK(fill());
	doors(lsa);
	changes(lsa, policy, STATUS_DISK_FULL);
	CHECK_ST(OlsaUserAdd(lsa, "newcomer", "", "another horse 8", NULL), STATUS_DISK_FULL);
	CHECK(OlsaExplain(STATUS_DISK_FULL, NULL, &why) == SEC_E_OK && strstr(why, "STATUS_DISK_FULL"));
	FreeContextBuffer(why);
	doors(lsa);
	empty();
	changes(lsa, policy, STATUS_SUCCESS);
}

static void
after_a_restart(void)
{
	HANDLE lsa = logon_trusted();

	CHECK_ST(logon_as(lsa, "newcomer", "another horse 8"), STATUS_SUCCESS);
	CHECK_ST(logon_as(lsa, "bob", "another horse 8"), STATUS_SUCCESS);
	CHECK_ST(logon_as(lsa, "bob", API_PASSWORD), STATUS_LOGON_FAILURE);
	CHECK_ST(logon_as(lsa, API_USER, API_PASSWORD), STATUS_SUCCESS);
}

static void
same_as_ever(void)
{
	HANDLE lsa = logon_trusted();

	doors(lsa);
	changes(lsa, policy_open_for(POLICY_ALL_ACCESS), STATUS_SUCCESS);
}

/* A small disk of our own, in a name space that ends with this process. */
static bool
disk_mount(unsigned long flags)
{
	static bool apart;

	if (!apart && (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0))
		return false;
	apart = true;
	return mount("tmpfs", disk, "tmpfs", flags, "size=1m,mode=0755") == 0;
}

TEST(a_full_disk)
{
	pid_t pid;

	if (!disk_mount(0)) {
		CHECK_SKIP("only root can mount a small disk");
		return;
	}
	pid = up(0);
	if (!CHECK(pid > 0))
		return;
	client(scene_furnish);
	client(full_and_empty);
	down(pid);
	pid = up(0);
	client(after_a_restart);
	down(pid);
	/* And where it is full from the beginning. */
	CHECK(rename(state, "state-kept") == 0 || errno == EXDEV);
	CHECK(fill());
	(void)snprintf(state, sizeof state, "%s/fresh", disk);
	CHECK(refuses("the disk is full"));
	empty();
	pid = up(0);
	if (CHECK(pid > 0)) {
		client(scene_furnish);
		down(pid);
	}
	(void)snprintf(state, sizeof state, "%s/state", disk);
	CHECK(umount(disk) == 0);
}

static unsigned *granted;			/* shared with the clients */

/* The log may not grow beyond what some changes need; the last one that was answered is remembered. */
static void
until_it_is_full(void)
{
	HANDLE lsa = logon_trusted();
	NTSTATUS status = STATUS_SUCCESS;
	unsigned value = 20;

	while (status == STATUS_SUCCESS && value < 200) {
		status = OlsaPolicySet(lsa, "lockout-threshold", value);
		if (status == STATUS_SUCCESS)
			*granted = value++;
	}
	/* SQLite tells a full disk from other errors, not this. */
	CHECK_ST(status, STATUS_UNEXPECTED_IO_ERROR);
	CHECK_ST(OlsaUserSetPassword(lsa, "bob", "another horse 8"), STATUS_UNEXPECTED_IO_ERROR);
	CHECK_ST(logon_as(lsa, "bob", API_PASSWORD), STATUS_SUCCESS);
	doors(lsa);
}

static void
what_was_answered(void)
{
	HANDLE lsa = logon_trusted();
	OlsaPolicyInfo info = { 0 };

	CHECK_ST(OlsaPolicyGet(lsa, 0, "lockout-threshold", &info), STATUS_SUCCESS);
	CHECK_U64(info.Value, *granted);
	CHECK_ST(OlsaPolicySet(lsa, "lockout-threshold", 10), STATUS_SUCCESS);
	CHECK_ST(logon_as(lsa, "bob", API_PASSWORD), STATUS_SUCCESS);
}

/* What anybody can try who is not root. */
TEST(files_that_may_not_grow)
{
	pid_t pid = up(0);

	client(scene_furnish);
	down(pid);
	file_size = 65536 + 8192;
	pid = up(0);
	if (CHECK(pid > 0)) {
		client(until_it_is_full);
		down(pid);
	}
	file_size = 0;
	pid = up(0);
	client(what_was_answered);
	down(pid);
	CHECK(system("rm -rf disk/state") == 0);
}

TEST(a_disk_that_cannot_be_written)
{
	pid_t pid;

	if (!disk_mount(0)) {
		CHECK_SKIP("only root can mount a small disk");
		return;
	}
	pid = up(0);
	client(scene_furnish);
	down(pid);
	CHECK(mount("tmpfs", disk, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL) == 0);
	CHECK(refuses("read-only"));
	CHECK(mount("tmpfs", disk, "tmpfs", MS_REMOUNT, NULL) == 0);
	pid = up(0);
	if (CHECK(pid > 0)) {
		client(same_as_ever);
		down(pid);
	}
	CHECK(umount(disk) == 0);
}

/* --- descriptors ------------------------------------------------------------------------ */

#define STRANGERS 200

static unsigned served, refused;

static void
no_lockout(void)
{
	logon_policy("lockout-threshold", 0);
}

/* Any of these is a defined answer of a daemon that has no descriptor for another client. */
static bool
turned_away(NTSTATUS status)
{
	switch (status) {
	case STATUS_PORT_CONNECTION_REFUSED: case STATUS_PORT_DISCONNECTED: case STATUS_OBJECT_NAME_NOT_FOUND:
	case STATUS_INSUFFICIENT_RESOURCES: case STATUS_TOO_MANY_OPENED_FILES:
		return true;
	}
	fprintf(stderr, "    status 0x%08X\n", (unsigned)status);
	return false;
}

static void
with_strangers(void)
{
	HANDLE lsa = logon_trusted(), late = NULL;
	int strangers[STRANGERS];
	unsigned come = 0;
	NTSTATUS status;

	doors(lsa);
	for (; come < STRANGERS; come++) {
		strangers[come] = dial();
		if (strangers[come] < 0)
			break;
	}
	(void)usleep(20000);
	/* Whoever is in stays in; a newcomer is turned away, or served. */
	CHECK_ST(logon_as(lsa, API_USER, WRONG), STATUS_LOGON_FAILURE);
	CHECK_ST(logon_as(lsa, API_USER, API_PASSWORD), STATUS_SUCCESS);
	CHECK_ST(OlsaUserSetPassword(lsa, "bob", "another horse 8"), STATUS_SUCCESS);
	status = LsaConnectUntrusted(&late);
	if (status == STATUS_SUCCESS)
		LsaDeregisterLogonProcess(late);
	CHECK(status == STATUS_SUCCESS || turned_away(status));
	while (come > 0)
		close(strangers[--come]);
	for (int i = 0; i < 200 && (status = LsaConnectUntrusted(&late)) != STATUS_SUCCESS; i++)
		(void)usleep(20000);
	if (CHECK_ST(status, STATUS_SUCCESS))
		doors(late);
}

static void
knock(void)
{
	HANDLE lsa;

	*granted = LsaConnectUntrusted(&lsa) == STATUS_SUCCESS;
}

TEST(strangers_and_few_descriptors)
{
	pid_t pid = up(0);

	client(scene_furnish);
	client(no_lockout);
	down(pid);
	for (rlim_t files = 5; files < 64; files += files < 40 ? 1 : 7) {
		pid = up(files);
		if (pid < 0) {
			refused++;
			listen_to_it();
			if (!CHECK(strstr(said, "lsad: ") != NULL || strstr(said, "shared librar")))
				fprintf(stderr, "    %u descriptors: %s\n", (unsigned)files, said);
			continue;
		}
		client(knock);
		if (!*granted) {
			if (!ends(pid))
				down(pid);	/* it lives, and has no descriptor for anybody */
			refused++;
			continue;
		}
		served++;
		if (files >= 32)
			client(with_strangers);
		down(pid);
	}
	printf("lsad with 5 to 63 descriptors: %u times it refused to start or turned all away, %u times served\n", refused, served);
	CHECK(refused > 0 && served > 0);
}

/* CVE-2022-24883: no descriptor is left, and the password is not looked at. */
static void
embedded_without(void)
{
	LSA_STRING name = { 4, 4, (char *)(uintptr_t)"NTLM" };
	struct logging l = { .type = Interactive };
	NTSTATUS status = LsaConnectUntrusted(&l.lsa);

	if (status == STATUS_SUCCESS)
		status = LsaLookupAuthenticationPackage(l.lsa, &name, &l.package);
	if (status != STATUS_SUCCESS) {
		granted[2]++;
		return;
	}
	logon_interactive(&l, "", API_USER, WRONG, false);
	CHECK(logon_run(&l) < 0);
	logon_interactive(&l, "", "nobody-here", "", false);
	CHECK(logon_run(&l) < 0);
	logon_interactive(&l, "", API_USER, API_PASSWORD, false);
	status = logon_run(&l);
	granted[status == STATUS_SUCCESS ? 0 : 1]++;
}

static rlim_t few;

static void
embedded_few(void)
{
	struct rlimit limit = { few, few };

	(void)setenv("OPENLSA_MODE", "embedded", 1);
	(void)setenv("OPENLSA_STATE", state, 1);
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	embedded_without();
}

TEST(embedded_and_few_descriptors)
{
	*granted = 0;
	for (few = 3; few < 40; few++)
		client(embedded_few);
	printf("embedded with 3 to 39 descriptors: %u times the right password, %u refused, %u not even connected; no other\n",
	    granted[0], granted[1], granted[2]);
	CHECK(granted[0] > 0 && granted[1] + granted[2] > 0);
}

int
main(int argc, char **argv)
{
	lsad = argc > 1 ? realpath(argv[1], NULL) : NULL;
	if (!lsad)
		return 2;
	(void)snprintf(room, sizeof room, "%s", "/tmp/openlsa-want-XXXXXX");
	if (!mkdtemp(room) || chdir(room) != 0)
		return 2;
	(void)snprintf(at, sizeof at, "%s/s", room);
	(void)snprintf(disk, sizeof disk, "%s/disk", room);
	(void)snprintf(state, sizeof state, "%s/state", disk);
	if (mkdir(disk, 0755) != 0)
		return 2;
	(void)setenv("OPENLSA_MODE", "daemon", 1);
	(void)setenv("OPENLSA_SOCKET", at, 1);
	granted = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (granted == MAP_FAILED)
		return 2;
	RUN(a_full_disk);
	RUN(files_that_may_not_grow);
	RUN(a_disk_that_cannot_be_written);
	RUN(strangers_and_few_descriptors);
	RUN(embedded_and_few_descriptors);
	if (system("rm -rf \"$PWD\"") != 0)
		perror(room);
	return check_end();
}
