/*
 * blocking_load.c - third-party packages, from root's list into the registry.
 * A package that cannot be taken is left out, with a sentence that says why;
 * everything else goes on without it. In a daemon each is first loaded by a
 * child, which may crash or hang in its place.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/plugin.h"
#include "base/utf16.h"
#include "lsa/blocking.h"
#include "lsa/raise.h"

#define TRIAL_MS	10000
#define TOKEN_MAX	(1u << 20)
#define CLOSE_MS	2000u

static struct plug plugs[PLUGS_MAX];
static unsigned plug_count;

/* What is to be said of each, until a store is there to keep it. */
static struct outcome { char sentence[PLUG_WHY]; char name[64]; NTSTATUS status; } outcomes[2 * PLUGS_MAX];
static unsigned outcome_count, outcomes_told;

struct plug *
plug_at(unsigned slot)
{
	return slot < plug_count ? &plugs[slot] : NULL;
}

static void tell(void (*say)(const char *), NTSTATUS status, const char *name, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void
tell(void (*say)(const char *), NTSTATUS status, const char *name, const char *format, ...)
{
	struct outcome *o = &outcomes[outcome_count < 2 * PLUGS_MAX ? outcome_count++ : 2 * PLUGS_MAX - 1];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(o->sentence, sizeof o->sentence, format, args);
	va_end(args);
	(void)snprintf(o->name, sizeof o->name, "%s", name);
	o->status = status;
	if (say)
		say(o->sentence);
}

void
lsa_packages_audit(struct lsa *lsa)
{
	for (; outcomes_told < outcome_count; outcomes_told++) {
		const struct outcome *o = &outcomes[outcomes_told];

		if (o->status < 0)		/* the others are told with the LSA's own */
			raise_package(lsa, o->status, o->name, o->sentence);
	}
}

/* --- an object and its tables --------------------------------------------------------- */

static bool
tables_of(void *module, const char *path, SECPKG_FUNCTION_TABLE **ret_tables, ULONG *ret_count, char why[PLUGIN_WHY])
{
	union { void *at; SpLsaModeInitializeFn *call; } entry = { .at = dlsym(module, SECPKG_LSAMODEINIT_NAME) };
	ULONG version = 0;
	NTSTATUS status;

	if (!entry.at) {
		(void)snprintf(why, PLUGIN_WHY, "%.200s has no function %s, so it is no security package", path, SECPKG_LSAMODEINIT_NAME);
		return false;
	}
	status = entry.call(SECPKG_INTERFACE_VERSION, &version, ret_tables, ret_count);
	if (status == STATUS_SUCCESS && *ret_tables && *ret_count == 1)
		return true;
	(void)snprintf(why, PLUGIN_WHY, "%.200s: %s returned 0x%08X and %u tables, but success and one were needed", path,
	    SECPKG_LSAMODEINIT_NAME, (unsigned)status, (unsigned)*ret_count);
	return false;
}

static void
trial_child(const char *path, int to)
{
	SECPKG_FUNCTION_TABLE *tables = NULL;
	char why[PLUGIN_WHY] = "";
	ULONG count = 0;
	void *module;

	(void)alarm(TRIAL_MS / 1000 + 1);
	module = plugin_load(path, why);
	if (module && tables_of(module, path, &tables, &count, why))
		_exit(0);
	if (write(to, why, strlen(why)) < 0)
		_exit(2);
	_exit(1);
}

/* The sentence of a child that lived to say one. */
static void
trial_hear(int from, char why[PLUGIN_WHY])
{
	struct pollfd p = { .fd = from, .events = POLLIN };
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len < PLUGIN_WHY - 1 && poll(&p, 1, TRIAL_MS) > 0) {
		n = read(from, why + len, PLUGIN_WHY - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	why[len] = '\0';
}

static bool
trial(const char *path, char why[PLUGIN_WHY])
{
	int ends[2], status = -1;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return snprintf(why, PLUGIN_WHY, "no descriptors are left to try %.200s with", path) < 0;
	pid = fork();
	if (pid == 0) {
		(void)close(ends[0]);
		trial_child(path, ends[1]);
	}
	(void)close(ends[1]);
	if (pid > 0) {
		struct pollfd p = { .fd = ends[0], .events = POLLIN };

		if (poll(&p, 1, TRIAL_MS) == 0)
			(void)kill(pid, SIGKILL);
		trial_hear(ends[0], why);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	(void)close(ends[0]);
	if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	if (pid < 0)
		(void)snprintf(why, PLUGIN_WHY, "no process can be made to try %.200s with", path);
	else if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGALRM))
		(void)snprintf(why, PLUGIN_WHY, "%.200s did not come back from being loaded within %u s", path, TRIAL_MS / 1000u);
	else if (WIFSIGNALED(status))
		(void)snprintf(why, PLUGIN_WHY, "%.200s crashed while it was loaded (signal %d)", path, WTERMSIG(status));
	else if (!*why)
		(void)snprintf(why, PLUGIN_WHY, "%.200s ended the process that loaded it", path);
	return false;
}

/* --- a package ---------------------------------------------------------------------------- */

static bool
text_take(char *to, size_t room, const WCHAR *from)
{
	struct writer w = writer_of(to, room - 1);
	size_t len = 0;

	while (from && from[len] && len < room)
		len++;
	if (!from || !utf8_from_utf16(&w, bytes_of(from, len * 2)) || !writer_ok(&w))
		return false;
	to[w.need] = '\0';
	return true;
}

static bool
info_take(struct plug *p, const char *name, char why[PLUGIN_WHY])
{
	SecPkgInfoW info = { 0 };
	NTSTATUS status = p->table->GetInfo ? p->table->GetInfo(&info) : STATUS_NOT_SUPPORTED;

	if (status != STATUS_SUCCESS || !text_take(p->name, sizeof p->name, info.Name)) {
		(void)snprintf(why, PLUGIN_WHY, "GetInfo of %.64s gives no name (0x%08X)", name, (unsigned)status);
		return false;
	}
	if (strcasecmp(p->name, name) != 0) {
		(void)snprintf(why, PLUGIN_WHY, "the list calls it %.64s, but the package calls itself %.64s", name, p->name);
		return false;
	}
	if (!text_take(p->comment, sizeof p->comment, info.Comment))
		p->comment[0] = '\0';
	p->package.capabilities = info.fCapabilities;
	p->package.rpc_id = info.wRPCID;
	p->package.max_token = info.cbMaxToken;
	if (info.cbMaxToken == 0 || info.cbMaxToken > TOKEN_MAX) {
		(void)snprintf(why, PLUGIN_WHY, "%.64s: cbMaxToken is 0 or larger than %u", name, TOKEN_MAX);
		return false;
	}
	return true;
}

/* The package begins: which it is, and what the LSA does for it. */
static bool
plug_start(struct plug *p, char why[PLUGIN_WHY])
{
	static SECPKG_PARAMETERS parameters = { .Version = 1,
		.MachineState = SECPKG_STATE_ENCRYPTION_PERMITTED | SECPKG_STATE_STRONG_ENCRYPTION_PERMITTED | SECPKG_STATE_STANDALONE };
	const SECPKG_FUNCTION_TABLE *t = p->table;
	PLSA_STRING called = NULL;
	NTSTATUS status = STATUS_SUCCESS;

	p->id = package_count();
	if (t->InitializePackage)
		status = t->InitializePackage(p->id, &plug_dispatch, NULL, NULL, &called);
	if (status == STATUS_SUCCESS && t->Initialize)
		status = t->Initialize(p->id, &parameters, &plug_services);
	p->started = status == STATUS_SUCCESS;
	if (!p->started)
		(void)snprintf(why, PLUGIN_WHY, "Initialize of %.64s returned 0x%08X", p->name, (unsigned)status);
	return p->started;
}

static bool
plug_load(struct plug *p, const struct conf_entry *e, bool try, char why[PLUGIN_WHY])
{
	SECPKG_FUNCTION_TABLE *tables = NULL;
	ULONG count = 0;
	void *module;

	(void)snprintf(p->path, sizeof p->path, "%s", e->value);
	if (package_find(bytes_of_text(e->key))) {
		(void)snprintf(why, PLUGIN_WHY, "a package of the name %.64s is there already", e->key);
		return false;
	}
	if (try && !trial(e->value, why))
		return false;
	module = plugin_load(e->value, why);
	if (!module || !tables_of(module, e->value, &tables, &count, why))
		return false;
	p->table = tables;
	(void)snprintf(p->name, sizeof p->name, "%s", e->key);
	return plug_start(p, why) && info_take(p, e->key, why);
}

void
lsa_packages_load(const char *list, bool must_be, bool try, unsigned threads, void (*say)(const char *sentence))
{
	struct conf *conf = NULL;
	char why[PLUGIN_WHY];

	if (outcome_count)
		return;				/* a forked child has them already */
	switch (plugin_list(&conf, list, why)) {
	case PLUGIN_ABSENT:
		if (must_be)
			tell(say, STATUS_OBJECT_NAME_NOT_FOUND, "", "no third-party packages: %s.", why);
		return;
	case PLUGIN_REFUSED:
		tell(say, STATUS_ACCESS_DENIED, "", "no third-party packages: %s.", why);
		return;
	case PLUGIN_OK:
		break;
	}
	for (size_t i = 0; i < conf_count(conf); i++) {
		const struct conf_entry *e = conf_at(conf, i);
		struct plug *p = &plugs[plug_count];

		if (plug_count == PLUGS_MAX) {
			tell(say, STATUS_QUOTA_EXCEEDED, e->key, "the package %.64s is left out: %u are the most.", e->key, PLUGS_MAX);
			continue;
		}
		*p = (struct plug){ .cap = threads ? threads : 4 };
		if (p->cap > PLUG_THREADS_MAX)
			p->cap = PLUG_THREADS_MAX;
		if (!plug_load(p, e, try, why)) {
			tell(say, STATUS_ACCESS_DENIED, e->key, "the package %.64s is left out: %s.", e->key, why);
			continue;
		}
		plug_package(p, plug_count++);
		package_add(&p->package);
		tell(say, STATUS_SUCCESS, p->name, "the package %.64s was loaded from %.200s.", p->name, p->path);
	}
	conf_drop(conf);
}

/* --- sessions, and the end -------------------------------------------------------------------- */

struct farewell {
	struct plug_task t;
	LUID luid;
};

static void
farewell_drop(struct plug_task *t)
{
	free(t);
}

static void
farewell_run(struct plug_task *t)
{
	t->plug->table->LogonTerminated(&((struct farewell *)(void *)t)->luid);
}

void
lsa_packages_session_ended(uint64_t luid, const char *package)
{
	plug_forget_session(luid);
	for (unsigned i = 0; i < plug_count; i++) {
		struct plug *p = &plugs[i];
		struct farewell *f;

		if (!p->table->LogonTerminated || strcmp(p->name, package) != 0)
			continue;
		f = calloc(1, sizeof *f);
		if (!f)
			continue;
		task_begin(&f->t, p, NULL, "LogonTerminated");
		f->t.run = farewell_run;
		f->t.drop = farewell_drop;
		f->luid = plug_luid_of(luid);
		task_alone(&f->t);
	}
}

static void
shutdown_run(struct plug_task *t)
{
	(void)t->plug->table->Shutdown();
}

/* What still runs in a package then is lost to it; the process ends. */
void
lsa_packages_close(void)
{
	if (plug_count)
		plug_notifications_end(CLOSE_MS);
	for (unsigned i = 0; i < plug_count; i++) {
		struct plug *p = &plugs[i];
		struct farewell *f = p->table->Shutdown ? calloc(1, sizeof *f) : NULL;

		if (!plug_close(p, CLOSE_MS) || !f) {
			free(f);
			continue;
		}
		p->closing = false;
		task_begin(&f->t, p, NULL, "Shutdown");
		f->t.run = shutdown_run;
		f->t.drop = farewell_drop;
		task_alone(&f->t);
		(void)plug_close(p, CLOSE_MS);
	}
}
