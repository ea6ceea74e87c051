/*
 * audit.c - one JSON object a line. It formats what it is told; it has no
 * way to see a secret.
 */
#include "store/audit.h"
#include "base/auditing.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/status.h"
#include "base/time.h"
#include "base/utf16.h"
#include "store/folder.h"
#include "store/inside.h"

#define NAME		"audit.json"
#define LINE_MAX_LEN	8192u
#define TEXT_MAX	256u		/* bytes of one text, before escaping */
#define PER_SECOND	50u

static const char *const kinds[AUDIT_KINDS] = {
	[AUDIT_LOGON]        = "logon",
	[AUDIT_LOGON_FAILED] = "logon-failed",
	[AUDIT_LOCKED_OUT]   = "locked-out",
	[AUDIT_ACCOUNT]      = "account",
	[AUDIT_POLICY]       = "policy",
	[AUDIT_LINK]         = "link",
	[AUDIT_STORE]        = "store",
	[AUDIT_CHOICE]       = "choice",
};

/* --- one line ------------------------------------------------------------- */

static void
put_text(struct writer *w, const char *text)
{
	writer_bytes(w, bytes_of_text(text));
}

/* The first character: its length, and its first UTF-16 unit. 0: not UTF-8. */
static size_t
character(struct bytes text, uint16_t *ret_unit)
{
	uint8_t unit[4];

	for (size_t n = 1; n <= 4 && n <= text.len; n++) {
		struct writer w = writer_of(unit, sizeof unit);

		if (utf16_from_utf8(&w, bytes_of(text.at, n))) {
			*ret_unit = get_u16(unit);
			return n;
		}
	}
	return 0;
}

static bool
needs_escape(uint16_t c)
{
	return c < 0x20 || c == '"' || c == '\\' || (c >= 0x7f && c <= 0x9f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static void
put_string(struct writer *w, const char *key, struct bytes text)
{
	char escape[8];
	bool cut = text.len > TEXT_MAX;

	if (text.len == 0)
		return;
	put_text(w, ",\"");
	put_text(w, key);
	put_text(w, "\":\"");
	if (cut)
		text.len = TEXT_MAX;
	while (text.len > 0) {
		uint16_t unit = 0xfffd;
		size_t n = character(text, &unit);

		if (n == 0 || needs_escape(unit)) {
			(void)snprintf(escape, sizeof escape, "\\u%04x", unit);
			put_text(w, escape);
			n = n ? n : 1;
		} else
			writer_bytes(w, bytes_of(text.at, n));
		text.at += n;
		text.len -= n;
	}
	put_text(w, cut ? "...\"" : "\"");
}

static void
put_time(struct writer *w)
{
	struct timespec now = { 0, 0 };
	struct tm t;
	char text[48];

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &t);
	(void)snprintf(text, sizeof text, "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", (t.tm_year + 1900) % 10000, t.tm_mon + 1,
	    t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, (int)(now.tv_nsec / 1000000));
	put_text(w, text);
}

static void
put_event(struct writer *w, const struct audit *e, uint64_t suppressed)
{
	const char *name = status_name((uint32_t)e->status);
	char number[64];

	put_time(w);
	if (suppressed > 0) {
		(void)snprintf(number, sizeof number, ",\"suppressed\":%llu", (unsigned long long)suppressed);
		put_text(w, number);
	}
	put_string(w, "event", bytes_of_text(kinds[e->kind]));
	(void)snprintf(number, sizeof number, "0x%08X", (unsigned)e->status);
	put_string(w, "status", bytes_of_text(name ? name : number));
	put_string(w, "user", e->user);
	put_string(w, "domain", e->domain);
	put_string(w, "package", e->package);
	if (e->luid) {
		(void)snprintf(number, sizeof number, "0x%llx", (unsigned long long)e->luid);
		put_string(w, "logon", bytes_of_text(number));
	}
	if (e->has_caller) {
		(void)snprintf(number, sizeof number, ",\"uid\":%lu,\"pid\":%ld", (unsigned long)e->caller_uid, (long)e->caller_pid);
		put_text(w, number);
	}
	put_string(w, "what", e->what);
	put_text(w, "}\n");
}

/* --- the file --------------------------------------------------------------- */

static bool
trail_open(struct store *s)
{
	char why[STORE_WHY];
	int fd;

	if (s->trail.fd >= 0)
		return true;
	fd = openat(s->folder, NAME, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
	if (fd < 0)
		return false;
	if (file_check(fd, NAME, why) != STATUS_SUCCESS) {
		close(fd);
		return false;
	}
	s->trail.fd = fd;
	return true;
}

static bool
trail_write(struct store *s, struct bytes line)
{
	if (s->trail.line) {
		s->trail.line(s->trail.arg, bytes_of(line.at, line.len - 1));
		return true;
	}
	return trail_open(s) && write(s->trail.fd, line.at, line.len) == (ssize_t)line.len;
}

/* Counts this line; false when this second is full. */
static bool
trail_admits(struct trail *t)
{
	uint64_t second = time_mono_ms() / 1000;

	if (second != t->second) {
		t->second = second;
		t->written = 0;
	}
	return t->written++ < PER_SECOND;
}

static void
take_setting(void *arg, struct bytes value)
{
	struct auditing *a = arg;

	if (!auditing_take(a, value))		/* nobody knows what it was: everything */
		*a = (struct auditing){ .on = true, .settings = { [PLACE_LOGON] = 3, [PLACE_LOCKOUT] = 3, [PLACE_USER_ACCOUNT] = 3 } };
}

/* Policy values are over the settings of subcategories: "audit" 0 writes nothing, "audit-success" 1 writes good logons. */
static bool
is_audited(struct store *store, const struct audit *event)
{
	static const uint8_t places[AUDIT_KINDS] = { [AUDIT_LOGON] = PLACE_LOGON, [AUDIT_LOGON_FAILED] = PLACE_LOGON,
		[AUDIT_LOCKED_OUT] = PLACE_LOCKOUT, [AUDIT_ACCOUNT] = PLACE_USER_ACCOUNT };
	struct bytes key = bytes_of_text("system");
	struct auditing a;
	unsigned wanted = event->status < 0 ? AUDITS_FAILURE : AUDITS_SUCCESS;

	if (event->kind == AUDIT_LOGON && policy_u32(store, POLICY_AUDIT_SUCCESS))
		return true;
	if (policy_u32(store, POLICY_AUDIT) == 0)
		return false;
	if (!places[event->kind])
		return true;
	if (!auditing_take(&a, BYTES_NONE) || book_look(store, BOOK_AUDIT, &key, 1, take_setting, &a) != STATUS_SUCCESS)
		return true;
	return a.on && (a.settings[places[event->kind]] & wanted);
}

void
audit_event(struct store *store, const struct audit *event)
{
	uint8_t line[LINE_MAX_LEN];
	struct writer w = writer_of(line, sizeof line);
	struct trail *t = &store->trail;

	if (event->kind <= AUDIT_NONE || event->kind >= AUDIT_KINDS || !vault_alive(store->vault))
		return;
	if (!is_audited(store, event))
		return;
	pthread_mutex_lock(&t->lock);
	if (trail_admits(t)) {
		put_event(&w, event, t->suppressed);
		if (writer_ok(&w) && trail_write(store, bytes_of(line, w.need)))
			t->suppressed = 0;
		else
			t->suppressed++;
	} else
		t->suppressed++;
	pthread_mutex_unlock(&t->lock);
}

void
audit_to(struct store *store, void (*line)(void *arg, struct bytes line), void *arg)
{
	store->trail.line = line;
	store->trail.arg = arg;
}
