/*
 * kerb_use_test.c - who may accept with which key: users and groups by
 * principals, through a daemon of its own that runs as root, in its sandbox
 * (src/lsa/keep.c's may_accept, pkg/kerberos/kerb_answer.c, pkg/kerberos/kerb_keys.c;
 * spec: a caller that is not on the list is told what one is told where there is no
 * key). And a keytab in the folder is replaced while the daemon runs.
 */
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/api/api.h"
#include "tests/check.h"
#include "tests/pkg/kerberos/forge.h"

static char room[64], path[200];
static pid_t daemon_pid;

static const char *
in_room(const char *name)
{
	snprintf(path, sizeof path, "%s/%s", room, name);
	return path;
}

static void
keytab_add(const char *name, const char *class, const char *mode)
{
	static uint8_t bytes[32] = "not a secret, only a test's key";
	krb5_keyblock key = { .enctype = 18, .length = 32, .contents = bytes };
	struct forge f = { .realm = "USE.TEST", .service = { class, "a.use.test" }, .kvno = 1, .key = &key };
	uint8_t raw[512];
	size_t len = forge_keytab(&f, raw, sizeof raw), skip = *mode == 'a' ? 2 : 0;
	FILE *file = fopen(in_room(name), mode);

	CHECK(file && fwrite(raw + skip, len - skip, 1, file) == 1);
	if (file)
		fclose(file);
}

static void
daemon_start(void)
{
	FILE *conf = fopen(in_room("lsad.conf"), "w");
	struct stat st;

	fprintf(conf, "keytab = %s/machine.keytab\nkeytab_folder = %s/services\n"
	    "accept:HTTP/a.use.test@USE.TEST = 1001\naccept:cifs/a.use.test@USE.TEST = @1005, 1002\n"
	    "accept:ldap/a.use.test@USE.TEST = 1001\n", room, room);
	fclose(conf);
	chmod(in_room("lsad.conf"), 0600);
	daemon_pid = fork();
	if (daemon_pid == 0) {
		char conf_path[128], socket_path[128], state_path[128];

		snprintf(conf_path, sizeof conf_path, "%s/lsad.conf", room);
		snprintf(socket_path, sizeof socket_path, "%s/s", room);
		snprintf(state_path, sizeof state_path, "%s/state", room);
		execl(getenv("OPENLSA_TEST_LSAD"), "lsad", "--foreground", "--config", conf_path, "--socket", socket_path, "--state",
		    state_path, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 100 && stat(in_room("s"), &st) != 0; i++)
		usleep(50000);
	CHECK(stat(in_room("s"), &st) == 0);
}

/* In a process of that user's: 0 taken, 1 no credentials, 2 something else. */
static int
asked(uid_t uid, gid_t gid, const char *principal)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		CredHandle cred;
		SECURITY_STATUS st;

		setenv("OPENLSA_MODE", "daemon", 1);
		setenv("OPENLSA_SOCKET", in_room("s"), 1);
		if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
			_exit(3);
		st = AcquireCredentialsHandleA((char *)(uintptr_t)principal, (char *)(uintptr_t)"Kerberos", SECPKG_CRED_INBOUND,
		    NULL, NULL, NULL, NULL, &cred, NULL);
		_exit(st == SEC_E_OK ? 0 : st == SEC_E_NO_CREDENTIALS ? 1 : 2);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(users_by_principals)
{
	static const struct { uid_t uid; gid_t gid; } callers[] = { { 0, 0 }, { 1001, 1001 }, { 1002, 1002 }, { 1003, 1005 }, { 1004, 1004 } };
	static const char *const principals[] = { "host/a.use.test", "HTTP/a.use.test@USE.TEST", "cifs", NULL, "nfs/a.use.test" };
	static const int want[5][5] = {		/* caller by principal: 0 taken, 1 as if there were no key */
		{ 0, 0, 0, 0, 1 },
		{ 1, 0, 1, 0, 1 },
		{ 1, 1, 0, 0, 1 },
		{ 1, 1, 0, 0, 1 },
		{ 1, 1, 1, 1, 1 },
	};

	for (int c = 0; c < 5; c++)
		for (int p = 0; p < 5; p++)
			if (!CHECK_U64(asked(callers[c].uid, callers[c].gid, principals[p]), want[c][p]))
				fprintf(stderr, "    uid %u, %s\n", callers[c].uid, principals[p] ? principals[p] : "any");
}

/* A file of the folder is replaced by another one, out there, while the daemon is in its sandbox. */
TEST(replaced_keytab)
{
	struct timespec nap = { 1, 100000000 };
	char old[200];

	CHECK_U64(asked(1001, 1001, "ldap/a.use.test"), 1);
	keytab_add("services/new.keytab", "ldap", "w");
	nanosleep(&nap, NULL);
	CHECK_U64(asked(1001, 1001, "ldap/a.use.test"), 0);
	keytab_add("next", "nfs", "w");
	snprintf(old, sizeof old, "%s/next", room);
	CHECK(rename(old, in_room("services/new.keytab")) == 0);
	nanosleep(&nap, NULL);
	CHECK_U64(asked(1001, 1001, "ldap/a.use.test"), 1);
	CHECK_U64(asked(0, 0, "nfs/a.use.test"), 0);
	keytab_add("machine.keytab", "ldap", "a");	/* the machine's grows in its place */
	nanosleep(&nap, NULL);
	CHECK_U64(asked(1001, 1001, "ldap/a.use.test"), 0);
}

int
main(void)
{
	char command[120];
	int status = -1, failed;

	if (geteuid() != 0 || !getenv("OPENLSA_TEST_LSAD")) {
		fprintf(stderr, "needs root and OPENLSA_TEST_LSAD\n");
		return 77;
	}
	snprintf(room, sizeof room, "/tmp/openlsa-use-XXXXXX");
	if (!mkdtemp(room) || chmod(room, 0755) != 0 || mkdir(in_room("services"), 0700) != 0)
		return 2;
	keytab_add("machine.keytab", "host", "w");
	keytab_add("machine.keytab", "HTTP", "a");
	keytab_add("services/files.keytab", "cifs", "w");
	daemon_start();
	RUN(users_by_principals);
	RUN(replaced_keytab);
	kill(daemon_pid, SIGTERM);
	CHECK(waitpid(daemon_pid, &status, 0) == daemon_pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	failed = check_end();
	snprintf(command, sizeof command, "rm -rf %s", room);
	return system(command) != 0 || failed;
}
