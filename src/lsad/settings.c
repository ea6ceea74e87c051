/*
 * settings.c - options, lsad.conf and defaults. A key that nobody knows, a
 * value out of bounds, a named file that cannot be read: lsad does not start.
 */
#include "lsad/settings.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/conf.h"

#include <openlsa.h>

#ifndef OPENLSA_LSAD_CONF_FILE
#define OPENLSA_LSAD_CONF_FILE	"/etc/openlsa/lsad.conf"
#endif
#ifndef OPENLSA_SOCKET_FILE
#define OPENLSA_SOCKET_FILE	"/run/lsad/lsad.sock"
#endif
#ifndef OPENLSA_STATE_FOLDER
#define OPENLSA_STATE_FOLDER	"/var/lib/lsad"
#endif

#ifndef OPENLSA_PACKAGES_FILE
#define OPENLSA_PACKAGES_FILE	"/etc/openlsa/packages.conf"
#endif

#define WORKERS_MAX	16u

struct key {
	const char *name;
	enum { TEXT, NUMBER, SWITCH } kind;
	size_t at;
	uint32_t least, most;		/* of a number; of a text: its length */
};

#define AT(member) offsetof(struct settings, member)

static const struct key keys[] = {
	{ "socket",              TEXT,   AT(socket),              1, 107 },
	{ "state",               TEXT,   AT(state),               1, 1000 },
	{ "ntlm_fallback_only_to", TEXT, AT(ntlm_fallback_only_to), 0, 60000 },
	{ "workers",             NUMBER, AT(workers),             1, WORKERS_MAX },
	{ "tcb_users",           TEXT,   AT(tcb_users),           0, 60000 },
	{ "tcb_group",           TEXT,   AT(tcb_group),           0, 255 },
	{ "admin_group",         TEXT,   AT(admin_group),         0, 255 },
	{ "key_file",            TEXT,   AT(key_file),            1, 1000 },
	{ "domain_authority",    TEXT,   AT(domain_authority),    0, 1000 },
	{ "keytab",              TEXT,   AT(keytab),              1, 1000 },
	{ "keytab_folder",       TEXT,   AT(keytab_folder),       1, 1000 },
	{ "packages",            TEXT,   AT(packages),            1, 1000 },
	{ "package_threads",     NUMBER, AT(package_threads),     1, 16 },
	{ "computer_name",       TEXT,   AT(computer),            1, 15 },
	{ "max_links_per_uid",   NUMBER, AT(limits.links),        1, 10000000 },
	{ "max_objects_per_uid", NUMBER, AT(limits.objects),      1, 10000000 },
	{ "max_calls_per_uid",   NUMBER, AT(limits.calls),        1, 10000000 },
	{ "max_strangers_per_uid", NUMBER, AT(limits.strangers),  1, 10000000 },
	{ "deadline_ms",         NUMBER, AT(limits.deadline_ms),  1, 3600000 },
	{ "audit_file",          TEXT,   AT(audit_file),          1, 1000 },
	{ "audit_file_mode",     TEXT,   AT(audit_file_mode),     4, 4 },
	{ "audit_file_size",     NUMBER, AT(audit_file_size),     0, 4000000 },
	{ "audit_file_keep",     NUMBER, AT(audit_file_keep),     0, 99 },
	{ "audit_journal",       TEXT,   AT(audit_journal),       2, 107 },
	{ "audit_rate",          NUMBER, AT(audit_rate),          0, 10000000 },
	{ "sandbox",             SWITCH, AT(sandbox),             0, 0 },
};

#define KEYS (sizeof keys / sizeof *keys)

static const char usage[] =
	"usage: lsad [--foreground] [--config FILE] [--socket PATH] [--state DIR] [--user NAME] [-T]\n"
	"       lsad --backup DIR | --restore DIR | --rotate-key [--config FILE] [--state DIR] [--user NAME]\n"
	"The Local Security Authority of OpenLSA, as a daemon. It stays in the foreground.\n"
	"\n"
	"  --config FILE   read FILE, which must exist, instead of " OPENLSA_LSAD_CONF_FILE "\n"
	"  --socket PATH   serve on PATH (" OPENLSA_SOCKET_FILE ")\n"
	"  --state DIR     keep accounts and policy in DIR (" OPENLSA_STATE_FOLDER ")\n"
	"  --user NAME     started as root: become NAME for good\n"
	"  --foreground    what it does anyway\n"
	"  --backup DIR    copy the store into the new folder DIR, and end; lsad may be running\n"
	"  --restore DIR   put such a copy back, and end; lsad must not be running\n"
	"  --rotate-key    seal the store with a new key, and end; lsad must not be running\n"
	"  -T              print the configuration in effect, and end\n"
	"  --help, --version\n"
	"\n"
	"See lsad(8) and lsad.conf(5).\n";

/* --- the file ------------------------------------------------------------- */

static bool
refuse(const char *file, uint32_t line, const char *key, const char *what)
{
	if (line)
		fprintf(stderr, "lsad: %s, line %u: %s%s%s.\n", file, line, key ? key : "", key ? ": " : "", what);
	else
		fprintf(stderr, "lsad: %s: %s%s%s.\n", file, key ? key : "", key ? ": " : "", what);
	return false;
}

static bool
text_take(struct settings *s, const struct key *k, const char *file, const struct conf_entry *e)
{
	size_t len = strlen(e->value);

	if (len < k->least)
		return refuse(file, e->line, k->name, "it must not be empty");
	if (len > k->most)
		return refuse(file, e->line, k->name, "it is too long");
	*(const char **)(void *)((char *)s + k->at) = e->value;
	return true;
}

static bool
entry_take(struct settings *s, const char *file, const struct conf_entry *e)
{
	const struct key *k = keys;
	struct conf_fault fault = { 0 };
	enum conf_result had;
	char *at;

	if (strncmp(e->key, "accept:", 7) == 0)		/* packages read these for themselves */
		return true;
	while (k < keys + KEYS && strcmp(k->name, e->key) != 0)
		k++;
	if (k == keys + KEYS)
		return refuse(file, e->line, e->key, "lsad knows no such key");
	at = (char *)s + k->at;
	switch (k->kind) {
	case TEXT:
		return text_take(s, k, file, e);
	case NUMBER:
		had = conf_u32((uint32_t *)(void *)at, s->conf, k->name, k->least, k->most, &fault);
		break;
	case SWITCH:
	default:
		had = conf_bool((bool *)at, s->conf, k->name, &fault);
		break;
	}
	return had == CONF_OK ||
	    refuse(file, fault.line ? fault.line : e->line, k->name, fault.what ? fault.what : "it cannot be understood");
}

/* What a text must be, and which one of it is not. */
static bool
audit_fits(const struct settings *s, const char *file)
{
	static const char *const words[] = { "on", "off", "auto" };
	bool known = *s->audit_journal == '/';

	for (unsigned i = 0; i < 3; i++)
		known = known || strcmp(s->audit_journal, words[i]) == 0;
	if (!known)
		return refuse(file, 0, "audit_journal", "it is auto, on, off or the path of a socket");
	if (*s->audit_file != '/' && strcmp(s->audit_file, "on") != 0 && strcmp(s->audit_file, "off") != 0)
		return refuse(file, 0, "audit_file", "it is on, off or a path that begins with a slash");
	if (strcmp(s->audit_file_mode, "0600") != 0 && strcmp(s->audit_file_mode, "0640") != 0)
		return refuse(file, 0, "audit_file_mode", "it is 0600 or 0640");
	return true;
}

static bool
file_take(struct settings *s, const char *named)
{
	const char *file = named ? named : OPENLSA_LSAD_CONF_FILE;
	struct conf_fault fault = { 0 };
	enum conf_result had = conf_open(&s->conf, file, &fault);

	if (had == CONF_ABSENT) {
		s->conf = NULL;
		return !named || refuse(file, 0, NULL, "there is no such file; --config names one that must exist");
	}
	if (had == CONF_UNREADABLE) {
		s->conf = NULL;
		return refuse(file, 0, fault.what ? fault.what : "it cannot be read",
		    fault.error ? strerror(fault.error) : "nothing more is known");
	}
	if (had != CONF_OK) {
		s->conf = NULL;
		return refuse(file, fault.line, NULL, fault.what ? fault.what : "it cannot be understood");
	}
	for (size_t i = 0; i < conf_count(s->conf); i++)
		if (!entry_take(s, file, conf_at(s->conf, i)))
			return false;
	if (!audit_fits(s, file))
		return false;
	s->tcb_group_named = conf_text(s->conf, "tcb_group") != NULL;
	s->admin_group_named = conf_text(s->conf, "admin_group") != NULL;
	return true;
}

/* --- all of it -------------------------------------------------------------- */

static uint32_t
cores(void)
{
	cpu_set_t set;
	uint32_t n = 1;

	if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
		n = (uint32_t)CPU_COUNT(&set);
	return n < WORKERS_MAX ? n : WORKERS_MAX;
}

static void
settings_usual(struct settings *s)
{
	*s = (struct settings){
		.socket      = OPENLSA_SOCKET_FILE,
		.state       = OPENLSA_STATE_FOLDER,
		.tcb_users   = "",
		.tcb_group   = "lsa-tcb",
		.admin_group = "lsa-admin",
		.packages    = OPENLSA_PACKAGES_FILE,
		.package_threads = 4,
		.workers     = cores(),
		.sandbox     = true,
		.audit_file  = "on", .audit_file_mode = "0600", .audit_file_size = 65536, .audit_file_keep = 4,
		.audit_journal = "auto", .audit_rate = 1000,
		.limits      = { .links = 20000, .strangers = 1000, .objects = 250000, .calls = 250000, .deadline_ms = 30000 },
	};
}

/* In the file's own language, so that it can be kept as one. */
static void
settings_print(const struct settings *s)
{
	for (const struct key *k = keys; k < keys + KEYS; k++) {
		const char *at = (const char *)s + k->at;
		const char *text;

		switch (k->kind) {
		case TEXT:
			text = *(const char *const *)(const void *)at;
			if (text)
				printf("%s = %s\n", k->name, text);
			else
				printf("# %s is not set\n", k->name);
			break;
		case NUMBER:
			printf("%s = %u\n", k->name, *(const uint32_t *)(const void *)at);
			break;
		case SWITCH:
			printf("%s = %s\n", k->name, *(const bool *)at ? "on" : "off");
			break;
		}
	}
}

enum settings_end
settings_open(struct settings *ret_settings, int argc, char **argv)
{
	enum { CONFIG = 256, SOCKET, STATE, USER, BACKUP, RESTORE, ROTATE, FOREGROUND, HELP, VERSION };
	static const struct option options[] = {
		{ "config",     required_argument, NULL, CONFIG },
		{ "socket",     required_argument, NULL, SOCKET },
		{ "state",      required_argument, NULL, STATE },
		{ "user",       required_argument, NULL, USER },
		{ "backup",     required_argument, NULL, BACKUP },
		{ "restore",    required_argument, NULL, RESTORE },
		{ "rotate-key", no_argument,       NULL, ROTATE },
		{ "foreground", no_argument,       NULL, FOREGROUND },
		{ "help",       no_argument,       NULL, HELP },
		{ "version",    no_argument,       NULL, VERSION },
		{ NULL, 0, NULL, 0 },
	};
	const char *config = NULL, *socket = NULL, *state = NULL, *user = NULL, *backup = NULL, *restore = NULL;
	bool print = false, rotate = false;
	struct settings s;
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "T", options, NULL)) != -1)
		switch (option) {
		case CONFIG:		config = optarg; break;
		case SOCKET:		socket = optarg; break;
		case STATE:		state = optarg; break;
		case USER:		user = optarg; break;
		case BACKUP:		backup = optarg; break;
		case RESTORE:		restore = optarg; break;
		case ROTATE:		rotate = true; break;
		case FOREGROUND:	break;
		case 'T':		print = true; break;
		case HELP:
			fputs(usage, stdout);
			return SETTINGS_PRINTED;
		case VERSION:
			puts("lsad (OpenLSA) " OLSA_VERSION);
			return SETTINGS_PRINTED;
		default:
			fputs(usage, stderr);
			return SETTINGS_REFUSED;
		}
	if (optind < argc || (socket && !*socket) || (state && !*state) || (user && !*user) ||
	    (backup && !*backup) || (restore && !*restore) || (backup ? 1 : 0) + (restore ? 1 : 0) + (rotate ? 1 : 0) > 1) {
		fputs(usage, stderr);
		return SETTINGS_REFUSED;
	}
	settings_usual(&s);
	if (!file_take(&s, config)) {
		settings_drop(&s);
		return SETTINGS_REFUSED;
	}
	s.socket = socket ? socket : s.socket;
	s.state = state ? state : s.state;
	s.user = user;
	s.backup = backup;
	s.restore = restore;
	s.rotate_key = rotate;
	if (print) {
		settings_print(&s);
		settings_drop(&s);
		return SETTINGS_PRINTED;
	}
	*ret_settings = s;
	return SETTINGS_RUN;
}

void
settings_drop(struct settings *settings)
{
	conf_drop(settings->conf);
	settings->conf = NULL;
}
