/* SPDX-License-Identifier: MIT */
/*
 * lsactl_audit.c - the audit file, line by line: chosen, shown, followed
 * across its turning over. It reads the file and asks nobody; the lines are
 * one flat JSON object each, and what is none is passed over.
 */
#include "tools/lsactl.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef OPENLSA_LSAD_CONF_FILE
#define OPENLSA_LSAD_CONF_FILE	"/etc/openlsa/lsad.conf"
#endif
#ifndef OPENLSA_STATE_FOLDER
#define OPENLSA_STATE_FOLDER	"/var/lib/lsad"
#endif

#define OLD_MOST	99
#define VALUE_MAX	4096
#define LINE_MAX_LEN	(64 * 1024)
#define LOOK_NS		200000000l

struct view {
	const struct run *run;
	char since[32];			/* as lines write a time; empty: all */
	char path[1100];
	int fd;
	char *line;			/* what has been read of the next one */
	size_t len;
	bool skipping;			/* it is too long to be one of ours */
};

/* --- where it is ---------------------------------------------------------------- */

/* One value of lsad.conf; false: not there. The daemon's own reader judges the file, this one only looks. */
static bool
conf_value(const char *key, char *to, size_t room)
{
	FILE *f = fopen(OPENLSA_LSAD_CONF_FILE, "re");
	char line[2048];
	bool found = false;

	while (f && !found && fgets(line, sizeof line, f)) {
		size_t n = strlen(key);
		char *at = line + strspn(line, " \t"), *end;

		if (strncmp(at, key, n) != 0)
			continue;
		at += n + strspn(at + n, " \t");
		if (*at != '=')
			continue;
		at += 1 + strspn(at + 1, " \t");
		end = at + strcspn(at, "\r\n");
		for (char *c = at; c < end; c++)
			if (*c == '#' && c > at && (c[-1] == ' ' || c[-1] == '\t'))
				end = c;
		while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		*end = 0;
		(void)snprintf(to, room, "%s", at);
		found = true;
	}
	if (f)
		fclose(f);
	return found;
}

static void
place(struct view *v)
{
	const char *state = getenv("OPENLSA_STATE"), *told = getenv("OPENLSA_AUDIT");
	char text[1024];

	if (v->run->file) {
		(void)snprintf(v->path, sizeof v->path, "%s", v->run->file);
	} else if (strcmp(link_mode(), "embedded") == 0 && (state || (told && *told == '/'))) {
		if (told && *told == '/')
			(void)snprintf(v->path, sizeof v->path, "%s", told);
		else
			(void)snprintf(v->path, sizeof v->path, "%s/audit.json", state);
	} else if (conf_value("audit_file", text, sizeof text) && *text == '/') {
		(void)snprintf(v->path, sizeof v->path, "%s", text);
	} else {
		if (!conf_value("state", text, sizeof text))
			(void)snprintf(text, sizeof text, "%s", OPENLSA_STATE_FOLDER);
		(void)snprintf(v->path, sizeof v->path, "%s/audit.json", text);
	}
}

/* --- a line ------------------------------------------------------------------------ */

static const char *
string_end(const char *at)
{
	while (*at && *at != '"')
		at += *at == '\\' && at[1] ? 2 : 1;
	return at;
}

/* "key":value from *at on, which moves behind it; a value as it stands, strings without their quotes. */
static bool
pair_next(const char **at, char key[64], char value[VALUE_MAX])
{
	const char *p = *at, *end;
	int depth = 0;

	while (*p == '{' || *p == ',' || *p == ' ')
		p++;
	if (*p != '"')
		return false;
	end = string_end(p + 1);
	(void)snprintf(key, 64, "%.*s", (int)(end - p - 1), p + 1);
	if (*end != '"' || end[1] != ':')
		return false;
	p = end + 2;
	if (*p == '"') {
		end = string_end(p + 1);
		(void)snprintf(value, VALUE_MAX, "%.*s", (int)(end - p - 1), p + 1);
		*at = *end ? end + 1 : end;
		return *end == '"';
	}
	for (end = p; *end && (depth || (*end != ',' && *end != '}')); end++)
		depth += (*end == '[') - (*end == ']');
	(void)snprintf(value, VALUE_MAX, "%.*s", (int)(end - p), p);
	*at = end;
	return *end != 0;
}

/* \u00XX of printable ASCII becomes that; all else that is escaped stays so, and can harm no terminal. */
static void
unescape(char *text)
{
	char *to = text;

	while (*text) {
		unsigned c = 0;

		if (text[0] == '\\' && text[1] == 'u' && sscanf(text + 2, "%4x", &c) == 1 && c >= 0x20 && c < 0x7f && strlen(text) >= 6) {
			*to++ = (char)c;
			text += 6;
		} else {
			*to++ = *text++;
		}
	}
	*to = 0;
}

struct line {
	char time[64], id[64], event[64], outcome[64], user[VALUE_MAX];
	bool whole;
};

static void
line_take(struct line *l, const char *text)
{
	char key[64], value[VALUE_MAX];
	size_t len = strlen(text);

	*l = (struct line){ .whole = len > 1 && text[0] == '{' && text[len - 1] == '}' };
	while (l->whole && pair_next(&text, key, value)) {
		char *to = strcmp(key, "time") == 0 ? l->time : strcmp(key, "id") == 0 ? l->id : strcmp(key, "event") == 0 ? l->event :
		    strcmp(key, "outcome") == 0 ? l->outcome : NULL;

		if (to)
			(void)snprintf(to, 64, "%.63s", value);
		if (strcmp(key, "TargetUserName") == 0) {
			(void)snprintf(l->user, sizeof l->user, "%s", value);
			unescape(l->user);
		}
	}
	l->whole = l->whole && *l->time && *l->id && *l->event;
}

/* The number or the name, one of several between commas. */
static bool
is_event(const struct line *l, const char *list)
{
	while (*list) {
		size_t n = strcspn(list, ",");

		if ((strlen(l->id) == n && strncmp(l->id, list, n) == 0) || (strlen(l->event) == n && strncmp(l->event, list, n) == 0))
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}

static bool
chosen(const struct view *v, const struct line *l)
{
	return l->whole && (!*v->since || strcmp(l->time, v->since) >= 0) &&
	    (!v->run->event || is_event(l, v->run->event)) && (!v->run->user || strcasecmp(l->user, v->run->user) == 0);
}

static void
show_plain(const struct line *l, const char *text)
{
	static const char *const head[] = { "time", "id", "event", "category", "subcategory", "outcome", "Explanation" };
	char key[64], value[VALUE_MAX];

	printf("%.19sZ  %-4s %-22s %s", l->time, l->id, l->event, strcmp(l->outcome, "failure") == 0 ? "FAILED " : "");
	while (pair_next(&text, key, value)) {
		size_t i = 0;

		while (i < sizeof head / sizeof *head && strcmp(head[i], key) != 0)
			i++;
		if (i < sizeof head / sizeof *head || (strcmp(key, "status") == 0 && strcmp(value, "STATUS_SUCCESS") == 0))
			continue;
		unescape(value);
		printf(" %s=", key);
		say_text(value);
	}
	putchar('\n');
}

static void
line_end(struct view *v)
{
	struct line l;

	v->line[v->len] = 0;
	line_take(&l, v->line);
	if (!v->skipping && chosen(v, &l)) {
		if (v->run->json)
			puts(v->line);
		else
			show_plain(&l, v->line);
	}
	v->len = 0;
	v->skipping = false;
}

/* --- files --------------------------------------------------------------------------- */

/* All that is there now. False: it cannot be read. */
static bool
read_on(struct view *v)
{
	char block[16384];
	ssize_t n;

	while ((n = read(v->fd, block, sizeof block)) > 0)
		for (ssize_t i = 0; i < n; i++) {
			if (block[i] == '\n')
				line_end(v);
			else if (v->len + 1 < LINE_MAX_LEN)
				v->line[v->len++] = block[i];
			else
				v->skipping = true;
		}
	return n == 0 || errno == EINTR;
}

static const char *
old_path(const struct view *v, int n, char path[1200])
{
	if (n)
		(void)snprintf(path, 1200, "%s.%d", v->path, n);
	else
		(void)snprintf(path, 1200, "%s", v->path);
	return path;
}

static bool
turn_to(struct view *v, int n)
{
	char path[1200];
	int fd = open(old_path(v, n, path), O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return false;
	if (v->fd >= 0)
		close(v->fd);
	v->fd = fd;
	v->len = 0;
	v->skipping = false;
	return true;
}

/* Files that were turned over meanwhile are read to their ends, the oldest first. */
static void
catch_up(struct view *v)
{
	struct stat mine, there;
	char path[1200];
	int n = 0;

	if (fstat(v->fd, &mine) != 0)
		return;
	if (stat(v->path, &there) != 0)
		return;				/* between the renaming and the next line */
	if (there.st_ino == mine.st_ino && there.st_dev == mine.st_dev) {
		if (lseek(v->fd, 0, SEEK_CUR) > there.st_size)
			(void)lseek(v->fd, 0, SEEK_SET);
		return;
	}
	(void)read_on(v);
	for (n = OLD_MOST; n > 0; n--)
		if (stat(old_path(v, n, path), &there) == 0 && there.st_ino == mine.st_ino && there.st_dev == mine.st_dev)
			break;
	for (n = n ? n - 1 : 0; n >= 0; n--)
		if (turn_to(v, n))
			(void)read_on(v);
}

static enum end
follow(struct view *v)
{
	static const struct timespec look = { 0, LOOK_NS };

	while (fflush(stdout) == 0 && !ferror(stdout)) {
		(void)nanosleep(&look, NULL);
		if (v->fd >= 0) {
			(void)read_on(v);
			catch_up(v);
		} else if (turn_to(v, 0)) {
			(void)read_on(v);
		}
	}
	return END_OK;
}

/* --- the verb -------------------------------------------------------------------------- */

/* "90s", "10m", "2h", "3d" ago; or a time as lines have it, or its beginning. */
static bool
since_take(struct view *v, const char *text)
{
	static const struct { char unit; long seconds; } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	size_t len = strlen(text);
	char *end = NULL;
	long n = strtol(text, &end, 10);
	time_t at = time(NULL);
	struct tm t;

	for (size_t i = 0; i < 4; i++)
		if (len > 1 && isdigit((unsigned char)*text) && n < 1000000 && *end == units[i].unit && !end[1]) {
			at -= n * units[i].seconds;
			return gmtime_r(&at, &t) && strftime(v->since, sizeof v->since, "%Y-%m-%dT%H:%M:%S", &t) > 0;
		}
	if (len < 4 || len >= sizeof v->since || strspn(text, "0123456789-:.TZ") != len || !isdigit((unsigned char)*text))
		return false;
	(void)snprintf(v->since, sizeof v->since, "%.*s", (int)(len - (text[len - 1] == 'Z')), text);
	return true;
}

enum end
audit_show(const struct run *run, char **args, int count)
{
	struct view v = { .run = run, .fd = -1 };
	char what[1300];
	enum end end = END_OK;

	(void)args;
	(void)count;
	if (run->since && !since_take(&v, run->since))
		return fault_plain(run, END_USAGE, "--since is not understood", "say 10m, 2h, 3d, or a time like 2026-11-21T05:08:00");
	v.line = malloc(LINE_MAX_LEN);
	if (!v.line)
		return fault_plain(run, END_FAILED, "there is no memory", NULL);
	place(&v);
	for (int n = OLD_MOST; n > 0; n--)
		if (turn_to(&v, n))
			(void)read_on(&v);
	if (!turn_to(&v, 0) && (errno != ENOENT || (!run->follow && v.fd < 0))) {
		(void)snprintf(what, sizeof what, "%s cannot be read: %s", v.path, strerror(errno));
		end = fault_plain(run, END_FAILED, what, errno == ENOENT ? "--file names another; is audit_file off in lsad.conf?" :
		    "it is for root and the user that lsad runs as");
	} else {
		if (v.fd >= 0)
			(void)read_on(&v);
		if (run->follow)
			end = follow(&v);
	}
	if (v.fd >= 0)
		close(v.fd);
	free(v.line);
	return end;
}
