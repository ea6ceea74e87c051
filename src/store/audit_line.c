/*
 * audit_line.c - one JSON object a line, and one datagram an event. It
 * formats what it is told; it has no way to see a secret. Journal: the
 * protocol of systemd.io/JOURNAL_NATIVE_PROTOCOL, RFC 5424 for priorities.
 */
#include "store/audit_line.h"

#include <time.h>

#include "base/auditing.h"
#include "base/privilege.h"
#include "base/status.h"
#include "base/utf16.h"
#include "base/why.h"

#define TEXT_MAX	256u		/* bytes of one text, before escaping */
#define CHAIN_MAX	2048u

/* The last eight digits are the number of the event; lsad.conf(5) tells them. */
#define MESSAGE_ID	"9d1c3f5ae2b74c1896d05b7e"
#define FACILITY	"10"		/* authpriv */
enum { PRIORITY_ERROR = 3, PRIORITY_WARNING, PRIORITY_NOTICE, PRIORITY_INFO };

/* --- records ---------------------------------------------------------------- */

void
audit_pack(struct writer *w, const struct audit *a, int64_t seconds, uint32_t nanoseconds)
{
	writer_u8(w, (uint8_t)a->event);
	writer_u8(w, a->has_caller);
	writer_u32(w, (uint32_t)a->status);
	writer_u32(w, a->caller_uid);
	writer_u32(w, (uint32_t)a->caller_pid);
	writer_u64(w, (uint64_t)seconds);
	writer_u32(w, nanoseconds);
	for (unsigned i = 0; i < a->count; i++) {
		const struct audit_value *v = &a->values[i];
		enum audit_show show = audit_fields[v->field].show;
		size_t most = show == SHOW_CHAIN ? CHAIN_MAX : TEXT_MAX;
		bool texts = show == SHOW_TEXT || show == SHOW_CHAIN || show == SHOW_SID;
		bool cut = v->text.len > most;

		if (!(audit_rows[a->event].fields >> v->field & 1))
			continue;
		writer_u8(w, (uint8_t)v->field);
		writer_u8(w, cut);
		writer_u16(w, (uint16_t)(!texts ? 8 : cut ? most : v->text.len));
		if (texts)
			writer_bytes(w, bytes_of(v->text.at, cut ? most : v->text.len));
		else
			writer_u64(w, v->number);
	}
}

struct head {
	const struct audit_row *row;
	NTSTATUS status;
	bool has_caller, failure;
	uint32_t uid, pid, nanoseconds;
	time_t seconds;
};

struct shown { enum audit_field field; bool cut; struct bytes text; uint64_t number; };

static bool
head_take(struct head *h, struct reader *r)
{
	uint8_t event = reader_u8(r);

	*h = (struct head){ .has_caller = reader_u8(r) != 0 };
	h->status = (NTSTATUS)reader_u32(r);
	h->uid = reader_u32(r);
	h->pid = reader_u32(r);
	h->seconds = (time_t)reader_u64(r);
	h->nanoseconds = reader_u32(r);
	h->failure = h->status < 0;
	h->row = event < AUDIT_EVENTS ? &audit_rows[event] : NULL;
	return reader_ok(r) && event != AUDIT_NONE && h->row;
}

static bool
value_take(struct shown *v, struct reader *r)
{
	struct reader number;
	uint8_t field;
	uint16_t len;

	if (!reader_left(r))
		return false;
	field = reader_u8(r);
	v->cut = reader_u8(r) != 0;
	len = reader_u16(r);
	v->text = reader_bytes(r, len);
	if (!reader_ok(r) || field >= AUDIT_FIELD_COUNT)
		return false;
	v->field = (enum audit_field)field;
	number = reader_of(v->text);
	v->number = len == 8 ? reader_u64(&number) : 0;
	return true;
}

/* --- text ------------------------------------------------------------------- */

static void
put_text(struct writer *w, const char *text)
{
	writer_bytes(w, bytes_of_text(text));
}

/* Digits without printf: a busy server writes a thousand lines a second, of twenty numbers each. */
static void
put_number(struct writer *w, uint64_t n)
{
	uint8_t digits[20];
	size_t at = sizeof digits;

	do
		digits[--at] = (uint8_t)('0' + n % 10);
	while (n /= 10);
	writer_bytes(w, bytes_of(digits + at, sizeof digits - at));
}

/* At least `least` digits. */
static void
put_hex(struct writer *w, uint64_t n, unsigned least, const char *letters)
{
	uint8_t digits[16];
	size_t at = sizeof digits;

	while (n || sizeof digits - at < least) {
		digits[--at] = (uint8_t)letters[n & 15];
		n >>= 4;
	}
	writer_bytes(w, bytes_of(digits + at, sizeof digits - at));
}

static void
put_padded(struct writer *w, unsigned n, unsigned width)
{
	uint8_t digits[4];

	for (unsigned i = width; i > 0; i--, n /= 10)
		digits[i - 1] = (uint8_t)('0' + n % 10);
	writer_bytes(w, bytes_of(digits, width));
}

/* Some texts one behind the other, NULL behind the last. */
static void
put_all(struct writer *w, const char *const texts[])
{
	while (*texts)
		put_text(w, *texts++);
}
#define PUT(w, ...) put_all(w, (const char *const[]){ __VA_ARGS__, NULL })
#define SMALL	"0123456789abcdef"
#define LARGE	"0123456789ABCDEF"

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

/* Controls, quotes, and what turns the direction of a line around. */
static bool
needs_escape(uint16_t c)
{
	return c < 0x20 || c == '"' || c == '\\' || (c >= 0x7f && c <= 0x9f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069);
}

static void
put_escaped(struct writer *w, struct bytes text, bool cut)
{
	size_t plain = 0;

	while (plain < text.len) {
		uint16_t unit = 0xfffd;
		uint8_t c = text.at[plain];
		size_t n;

		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
			plain++;
			continue;
		}
		writer_bytes(w, bytes_of(text.at, plain));
		text = bytes_of(text.at + plain, text.len - plain);
		plain = 0;
		n = character(text, &unit);
		if (n == 0 && cut && text.len < 4)		/* the cut went through a character */
			break;
		if (n == 0 || needs_escape(unit))
			put_text(w, "\\u"), put_hex(w, unit, 4, SMALL);
		else
			writer_bytes(w, bytes_of(text.at, n));
		text.at += n ? n : 1;
		text.len -= n ? n : 1;
	}
	writer_bytes(w, bytes_of(text.at, plain));
	if (cut)
		put_text(w, "...");
}

/* Names of bits, each behind `before` and with `quote` around it. */
static void
put_names(struct writer *w, const struct shown *v, const char *quote, const char *between)
{
	enum audit_show show = audit_fields[v->field].show;
	const char *before = "", *name;
	uint32_t bit;

	for (uint32_t n = PRIVILEGE_FIRST; show == SHOW_PRIVILEGES && n <= PRIVILEGE_LAST; n++)
		if (v->number & PRIVILEGE_BIT(n) && (name = privilege_name(n)) != NULL) {
			PUT(w, before, quote, name, quote);
			before = between;
		}
	for (unsigned i = 0; show == SHOW_RIGHTS && (name = right_name(i, &bit)) != NULL; i++)
		if (v->number & bit) {
			PUT(w, before, quote, name, quote);
			before = between;
		}
}

/* Of revision 1 and whole, as sid_text writes it; else nobody's. */
static void
put_sid(struct writer *w, struct bytes binary)
{
	struct reader r = reader_of(binary);
	uint8_t revision = reader_u8(&r), count = reader_u8(&r);
	uint64_t authority = 0;

	for (unsigned i = 0; i < 6; i++)
		authority = authority << 8 | reader_u8(&r);
	if (!reader_ok(&r) || revision != 1 || reader_left(&r) != 4u * count || authority > UINT32_MAX) {
		put_text(w, "S-1-0-0");
		return;
	}
	put_text(w, "S-1-");
	put_number(w, authority);
	while (reader_left(&r)) {
		put_text(w, "-");
		put_number(w, reader_u32(&r));
	}
}

static const char *
level_name(uint64_t level)
{
	static const char *const names[] = { "Anonymous", "Identification", "Impersonation", "Delegation" };

	return level < 4 ? names[level] : "unknown";
}

/* Without quotes, as a person reads it. */
static void
put_plain(struct writer *w, const struct shown *v)
{
	switch (audit_fields[v->field].show) {
	case SHOW_TEXT:
	case SHOW_CHAIN:
		put_escaped(w, v->text, v->cut);
		break;
	case SHOW_SID:
		put_sid(w, v->text);
		break;
	case SHOW_NUMBER:
		put_number(w, v->number);
		break;
	case SHOW_HEX:
		put_text(w, "0x");
		put_hex(w, v->number, 1, SMALL);
		break;
	case SHOW_STATUS:
		put_text(w, "0x");
		put_hex(w, (uint32_t)v->number, 8, LARGE);
		break;
	case SHOW_FLAG:
		put_text(w, v->number ? "true" : "false");
		break;
	case SHOW_LEVEL:
		put_text(w, level_name(v->number));
		break;
	case SHOW_PRIVILEGES:
	case SHOW_RIGHTS:
		put_names(w, v, "", " ");
		break;
	}
}

/* --- JSON ------------------------------------------------------------------- */

static void
put_time(struct writer *w, const struct head *h)
{
	struct tm t = { 0 };

	(void)gmtime_r(&h->seconds, &t);
	put_padded(w, (unsigned)t.tm_year + 1900, 4);
	for (size_t i = 0; i < 5; i++) {
		const unsigned parts[] = { (unsigned)t.tm_mon + 1, (unsigned)t.tm_mday, (unsigned)t.tm_hour, (unsigned)t.tm_min,
			(unsigned)t.tm_sec };

		writer_bytes(w, bytes_of(&"--T::"[i], 1));
		put_padded(w, parts[i], 2);
	}
	put_text(w, ".");
	put_padded(w, h->nanoseconds / 1000000, 3);
	put_text(w, "Z");
}

static void
put_status(struct writer *w, NTSTATUS status)
{
	const char *name = status == STATUS_SUCCESS ? "STATUS_SUCCESS" : status_name((uint32_t)status);

	if (name) {
		put_text(w, name);
	} else {
		put_text(w, "0x");
		put_hex(w, (uint32_t)status, 8, LARGE);
	}
}

static void
put_json(struct writer *w, const struct shown *v)
{
	PUT(w, ",\"", audit_fields[v->field].name, "\":");
	switch (audit_fields[v->field].show) {
	case SHOW_NUMBER:
	case SHOW_FLAG:
		put_plain(w, v);
		break;
	case SHOW_PRIVILEGES:
	case SHOW_RIGHTS:
		put_text(w, "[");
		put_names(w, v, "\"", ",");
		put_text(w, "]");
		break;
	case SHOW_TEXT: case SHOW_CHAIN: case SHOW_SID: case SHOW_HEX: case SHOW_STATUS: case SHOW_LEVEL:
		put_text(w, "\"");
		put_plain(w, v);
		put_text(w, "\"");
		break;
	}
}

bool
audit_json(struct writer *w, struct bytes record)
{
	struct reader r = reader_of(record);
	struct shown v;
	struct head h;

	if (!head_take(&h, &r))
		return false;
	put_text(w, "{\"time\":\"");
	put_time(w, &h);
	put_text(w, "\",\"id\":");
	put_number(w, h.row->id);
	PUT(w, ",\"event\":\"", h.row->name, "\",\"category\":\"", auditing_category(h.row->place), "\",\"subcategory\":\"",
	    auditing_name(h.row->place), "\",\"outcome\":\"", h.failure ? "failure" : "success", "\",\"status\":\"");
	put_status(w, h.status);
	put_text(w, "\"");
	if (h.has_caller) {
		put_text(w, ",\"uid\":");
		put_number(w, h.uid);
		put_text(w, ",\"pid\":");
		put_number(w, h.pid);
	}
	while (value_take(&v, &r))
		put_json(w, &v);
	put_text(w, "}\n");
	return reader_ok(&r) && writer_ok(w);
}

/* --- the journal -------------------------------------------------------------- */

/* "TargetUserName" is OLSA_TARGET_USER_NAME. */
static void
put_key(struct writer *w, const char *name)
{
	char key[64];
	size_t n = 0;

	for (const char *c = name; *c && n + 2 < sizeof key; c++) {
		bool upper = *c >= 'A' && *c <= 'Z';

		if (upper && c > name && !(c[-1] >= 'A' && c[-1] <= 'Z'))
			key[n++] = '_';
		key[n++] = (char)(upper ? *c : *c - 'a' + 'A');
	}
	key[n] = 0;
	PUT(w, "OLSA_", key, "=");
}

static unsigned
priority(const struct head *h)
{
	if (h->row == &audit_rows[AUDIT_LOST])
		return PRIORITY_ERROR;
	if (h->failure || h->row == &audit_rows[AUDIT_USER_LOCKED])
		return PRIORITY_WARNING;
	return h->row->flood == FLOOD_LOGONS ? PRIORITY_INFO : PRIORITY_NOTICE;
}

/* The sentence, and in brackets who: what an administrator sees without asking for more. */
static void
put_message(struct writer *w, const struct head *h, struct reader r)
{
	static const enum audit_field told[] = { AF_TARGET_NAME, AF_TARGET_DOMAIN, AF_LOGON_TYPE, AF_PACKAGE, AF_REASON,
		AF_LOGON_PROCESS, AF_POLICY, AF_DOMAIN_NAME, AF_SECURITY_PACKAGE, AF_OBJECT_NAME, AF_SUBCATEGORY, AF_DROPPED,
		AF_TARGET_SID, AF_WHAT };
	const char *before = " [";
	struct shown v;

	PUT(w, "MESSAGE=", h->row->sentence);
	if (h->failure)
		put_text(w, h->row->flood == FLOOD_FAILURES ? "" : " (failed)");
	while (value_take(&v, &r)) {
		size_t i = 0;

		while (i < sizeof told / sizeof *told && told[i] != v.field)
			i++;
		if (i == sizeof told / sizeof *told)
			continue;
		PUT(w, before, audit_fields[v.field].name, "=");
		put_plain(w, &v);
		before = " ";
	}
	put_text(w, *before == ' ' && before[1] == 0 ? "]\n" : "\n");
}

bool
audit_datagram(struct writer *w, struct bytes record, const char *from)
{
	struct reader r = reader_of(record);
	struct shown v;
	struct head h;

	if (!head_take(&h, &r))
		return false;
	put_message(w, &h, r);
	put_text(w, "MESSAGE_ID=" MESSAGE_ID);
	put_hex(w, h.row->id, 8, SMALL);
	put_text(w, "\nPRIORITY=");
	put_number(w, priority(&h));
	PUT(w, "\nSYSLOG_FACILITY=" FACILITY "\nSYSLOG_IDENTIFIER=", from, "\nOLSA_EVENT_ID=");
	put_number(w, h.row->id);
	PUT(w, "\nOLSA_EVENT=", h.row->name, "\nOLSA_CATEGORY=", auditing_category(h.row->place), "\nOLSA_SUBCATEGORY=",
	    auditing_name(h.row->place), "\nOLSA_OUTCOME=", h.failure ? "failure" : "success", "\nOLSA_CAUSE=");
	put_status(w, h.status);
	put_text(w, "\n");
	if (h.has_caller) {
		put_text(w, "OLSA_UID=");
		put_number(w, h.uid);
		put_text(w, "\nOLSA_PID=");
		put_number(w, h.pid);
		put_text(w, "\n");
	}
	while (value_take(&v, &r)) {
		put_key(w, audit_fields[v.field].name);
		put_plain(w, &v);
		put_text(w, "\n");
	}
	return reader_ok(&r) && writer_ok(w);
}
