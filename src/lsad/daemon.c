/*
 * daemon.c - lsad from its first line to its last.
 *
 *     settings -> names -> user -> socket -> files -> LSA -> calls -> workers -> READY
 *
 * The main thread accepts and watches; the workers serve. Signals come through
 * a descriptor, so no code of ours ever runs in a handler.
 */
#include "lsad/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/secret.h"
#include "base/time.h"
#include "lsad/listen.h"
#include "lsad/notify.h"
#include "lsad/peer.h"
#include "lsad/sandbox.h"
#include "lsad/settings.h"
#include "lsad/upkeep.h"
#include "lsad/worker.h"

#define WORKERS_MAX	16
#define ACCEPT_BATCH	64
#define ACCEPT_PAUSE_MS	100

struct daemon {
	struct settings settings;
	struct peer_rules rules;
	struct listener *listener;
	struct lsa *lsa;
	struct worker *workers[WORKERS_MAX];
	uint64_t turns[WORKERS_MAX];		/* as they were when last asked */
	unsigned worker_count;
	int signals, inherited;
	uint64_t accept_after;		/* 0: accept now */
	uint32_t watchdog_ms;		/* how often systemd wants to hear; 0: it does not watch */
	uint64_t watchdog_at;
	bool poked;
};

static bool
refuse(const char *sentence)
{
	fprintf(stderr, "lsad: %s\n", sentence);
	return false;
}

/* --- the start -------------------------------------------------------------------- */

/* 0, 1 and 2 must not become a socket or a database. */
static bool
standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd < 0)
		return refuse("/dev/null cannot be opened.");
	close(fd);
	return true;
}

static bool
signals_open(struct daemon *d)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	d->signals = -1;
	if (sigprocmask(SIG_BLOCK, &set, NULL) == 0)
		d->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	sigaddset(&set, SIGPIPE);
	sigaddset(&set, SIGXFSZ);		/* a write beyond a limit is an error, not the end */
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	return d->signals >= 0 || refuse("signals cannot be received.");
}

static void
folder_of(const char *path, char *folder, size_t room)
{
	const char *slash = strrchr(path, '/');
	int len = slash == path ? 1 : slash ? (int)(slash - path) : 1;

	(void)snprintf(folder, room, "%.*s", len, slash ? path : ".");
}

/* Absent: made, for the one who will use it. */
static bool
folder_make(const char *path, mode_t mode, uint32_t uid, uint32_t gid)
{
	struct stat s;

	if (mkdir(path, mode) == 0) {
		if (chmod(path, mode) == 0 && (geteuid() != 0 || lchown(path, uid, gid) == 0))
			return true;
	} else if (errno == EEXIST && stat(path, &s) == 0) {
		if (S_ISDIR(s.st_mode))
			return true;
		errno = ENOTDIR;
	}
	fprintf(stderr, "lsad: %s: the folder cannot be made: %s.\n", path, strerror(errno));
	return false;
}

static bool
folders_make(const struct settings *s, uint32_t uid, uint32_t gid)
{
	char folder[1024];

	folder_of(s->socket, folder, sizeof folder);
	return folder_make(folder, 0755, uid, gid) && folder_make(s->state, 0700, uid, gid);
}

static bool
user_become(const struct settings *s, bool serves)
{
	const struct passwd *pw = NULL;
	uint32_t uid = geteuid(), gid = getegid();
	char why[SANDBOX_WHY];

	if (s->user) {
		pw = getpwnam(s->user);
		if (!pw) {
			fprintf(stderr, "lsad: --user: there is no user %s.\n", s->user);
			return false;
		}
		uid = pw->pw_uid;
		gid = pw->pw_gid;
	}
	if (serves && !folders_make(s, uid, gid))
		return false;
	if (pw && (geteuid() == 0 || uid != geteuid()) && !harden_user(s->user, uid, gid, why))
		return refuse(why);
	if (geteuid() == 0 && serves)
		fprintf(stderr, "lsad: warning: it runs as root; --user names somebody better.\n");
	else if (geteuid() != 0 && !harden_capabilities(why))
		return refuse(why);
	return harden_process(why) || refuse(why);
}

static bool
sandboxed(enum sandbox_end end, const char *why)
{
	if (end == SANDBOX_UNKNOWN)
		fprintf(stderr, "lsad: warning: %s\n", why);
	return end != SANDBOX_FAILED || refuse(why);
}

static bool
files_close(const struct settings *s)
{
	struct sandbox_places places = { .state = s->state, .key_file = s->key_file, .keytab = s->keytab,
	    .keytab_folder = s->keytab_folder };
	char folder[1024], audit[1024], why[SANDBOX_WHY];

	if (!s->sandbox)
		return true;
	folder_of(s->socket, folder, sizeof folder);
	places.socket_folder = folder;
	if (*s->audit_file == '/') {
		folder_of(s->audit_file, audit, sizeof audit);
		places.audit_folder = audit;
	}
	return sandboxed(sandbox_files(&places, why), why);
}

static bool
calls_close(const struct settings *s)
{
	char why[SANDBOX_WHY];

	return !s->sandbox || sandboxed(sandbox_calls(why), why);
}

static struct store_audit
audit_of(const struct settings *s)
{
	struct store_audit a = { .file = s->audit_file, .mode = strcmp(s->audit_file_mode, "0640") == 0 ? 0640 : 0600,
	    .size_kib = s->audit_file_size, .keep = s->audit_file_keep, .rate = s->audit_rate, .threaded = true, .name = "lsad",
	    .journal = s->audit_journal };

	if (*a.file != '/')
		a.file = strcmp(a.file, "off") == 0 ? NULL : "audit.json";
	a.journal_must = strcmp(a.journal, "auto") != 0;
	if (*a.journal != '/')
		a.journal = strcmp(a.journal, "off") == 0 ? NULL : STORE_JOURNAL;
	return a;
}

static void
say(const char *sentence)
{
	fprintf(stderr, "lsad: %s\n", sentence);
}

/* While code can still be loaded, and as the user that it will run as. */
static void
packages_open(const struct settings *s)
{
	lsa_packages_load(s->packages, s->conf && conf_text(s->conf, "packages"), true, s->package_threads, say);
}

static bool
authority_open(struct daemon *d)
{
	const struct settings *s = &d->settings;
	struct lsa_settings settings = { .state = s->state, .exclusive = true, .key_file = s->key_file,
	    .computer = s->computer, .limits = s->limits, .audit = audit_of(s), .conf = s->conf };
	char why[LSA_SENTENCE];
	NTSTATUS status;

	status = lsa_open(&d->lsa, &settings, why);
	if (status != STATUS_SUCCESS)
		fprintf(stderr, "lsad: %s (0x%08X)\n", *why ? why : "the LSA cannot be opened.", (unsigned)status);
	return status == STATUS_SUCCESS;
}

static bool
workers_open(struct daemon *d)
{
	while (d->worker_count < d->settings.workers && d->worker_count < WORKERS_MAX) {
		d->workers[d->worker_count] = worker_new(d->lsa);
		if (!d->workers[d->worker_count])
			return refuse("a worker cannot be started: no memory, no descriptors or no threads are left.");
		d->worker_count++;
	}
	if (!lsa_tend(d->lsa, worker_loop(d->workers[0])))
		return refuse("no memory is left.");
	return true;
}

static bool
daemon_open(struct daemon *d)
{
	char why[LISTEN_WHY > PEER_WHY ? LISTEN_WHY : PEER_WHY], hard[SANDBOX_WHY], said[LSA_SENTENCE];

	secret_hide();
	if (!harden_process(hard))
		return refuse(hard);
	/* An arena for each worker and one for the rest; what is freed goes back. */
	(void)mallopt(M_ARENA_MAX, (int)d->settings.workers + 1);
	if (!signals_open(d))
		return false;
	if (!peer_rules_open(&d->rules, &d->settings, why))
		return refuse(why);
	if (!user_become(&d->settings, true))
		return false;
	peer_rules_own(&d->rules, geteuid());
	if (!listener_open(&d->listener, d->settings.socket, d->inherited, why))
		return refuse(why);
	d->watchdog_ms = notify_watchdog_ms();
	d->watchdog_at = time_mono_ms();
	if (!lsa_authority_load(d->settings.conf, said))
		return refuse(said);
	packages_open(&d->settings);
	return files_close(&d->settings) && authority_open(d) && calls_close(&d->settings) && workers_open(d);
}

/* --- serving ---------------------------------------------------------------------- */

/* Says that all is well only when every worker has turned since it was last asked to. */
static void
watchdog_look(struct daemon *d)
{
	uint64_t now = time_mono_ms();
	bool well = true;

	if (!d->watchdog_ms || now < d->watchdog_at)
		return;
	for (unsigned i = 0; i < d->worker_count; i++) {
		uint64_t turns = worker_poke(d->workers[i]);

		well = well && (!d->poked || turns != d->turns[i]);
		d->turns[i] = turns;
	}
	d->poked = true;
	d->watchdog_at = now + d->watchdog_ms;
	if (well)
		notify("WATCHDOG=1");
}

static void
accept_some(struct daemon *d)
{
	for (int i = 0; i < ACCEPT_BATCH; i++) {
		struct worker *least = d->workers[0];
		struct lsa_peer peer;
		int fd;

		switch (listener_accept(d->listener, &fd)) {
		case ACCEPT_NONE:
			return;
		case ACCEPT_LATER:
			d->accept_after = time_mono_ms() + ACCEPT_PAUSE_MS;
			return;
		case ACCEPT_REFUSED:
			continue;
		case ACCEPTED:
			break;
		}
		if (!peer_of(&peer, &d->rules, fd)) {
			(void)close(fd);
			continue;
		}
		for (unsigned w = 1; w < d->worker_count; w++)
			if (worker_load(d->workers[w]) < worker_load(least))
				least = d->workers[w];
		worker_take(least, fd, &peer);
	}
}

/* True: it is the end. SIGHUP: the audit file was renamed. */
static bool
signal_take(struct daemon *d)
{
	struct signalfd_siginfo info;

	while (read(d->signals, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo != SIGHUP)
			return true;
		lsa_reopen(d->lsa);
	}
	return false;
}

static int
daemon_patience(const struct daemon *d)
{
	uint64_t until = d->accept_after, now;

	if (d->watchdog_ms && (!until || d->watchdog_at < until))
		until = d->watchdog_at;
	if (!until)
		return -1;
	now = time_mono_ms();
	return until > now ? (int)(until - now) : 0;
}

static void
daemon_serve(struct daemon *d)
{
	struct pollfd fds[2] = { { .fd = d->signals, .events = POLLIN }, { .events = POLLIN } };

	for (;;) {
		fds[1].fd = d->accept_after ? -1 : listener_fd(d->listener);
		fds[0].revents = fds[1].revents = 0;
		(void)poll(fds, 2, daemon_patience(d));
		if (fds[0].revents && signal_take(d))
			return;
		if (d->accept_after && time_mono_ms() >= d->accept_after)
			d->accept_after = 0;
		if (fds[1].revents)
			accept_some(d);
		watchdog_look(d);
	}
}

/* --- the end -------------------------------------------------------------------------- */

static void
daemon_close(struct daemon *d)
{
	listener_drop(d->listener);
	for (unsigned i = 0; i < d->worker_count; i++)
		worker_stop(d->workers[i]);
	for (unsigned i = 0; i < d->worker_count; i++)
		worker_join(d->workers[i]);
	lsa_tend_stop(d->lsa);
	lsa_close(d->lsa);
	for (unsigned i = 0; i < d->worker_count; i++)
		worker_drop(d->workers[i]);
	peer_rules_drop(&d->rules);
	settings_drop(&d->settings);
	if (d->signals >= 0)
		close(d->signals);
}

int
lsad_main(int argc, char **argv)
{
	struct daemon d = { .signals = -1, .inherited = -1 };
	bool good;

	if (!standard_fds())
		return 1;
	switch (settings_open(&d.settings, argc, argv)) {
	case SETTINGS_PRINTED:
		return fflush(stdout) == 0 ? 0 : 1;
	case SETTINGS_REFUSED:
		return 1;
	case SETTINGS_RUN:
		break;
	}
	if (d.settings.backup || d.settings.restore || d.settings.rotate_key) {
		int end = user_become(&d.settings, false) ? upkeep_run(&d.settings) : 1;

		settings_drop(&d.settings);
		return end;
	}
	d.inherited = notify_socket_passed();
	good = daemon_open(&d);
	if (good) {
		notify("READY=1\nSTATUS=Serving %s with %u workers", d.settings.socket, d.worker_count);
		daemon_serve(&d);
		notify("STOPPING=1\nSTATUS=Answering what waits");
	}
	daemon_close(&d);
	return good ? 0 : 1;
}
