/*
 * audit_test.c - events as lines and datagrams, what policy wants told, and
 * the sinks: a file that turns over, a full disk, a journal that is not read.
 * Covers store/audit.c, store/audit_table.c, store/audit_line.c, store/trail.c,
 * store/sink.c and base/auditing.c.
 */
#include "estate.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/auditing.h"
#include "base/privilege.h"
#include "store/audit.h"
#include "store/audit_line.h"
#include "store/book.h"

static char lines[600][4096];
static unsigned line_count;

static void
keep(void *arg, struct bytes line)
{
	(void)arg;
	if (line_count < 600 && CHECK(line.len < sizeof lines[0])) {
		memcpy(lines[line_count], line.at, line.len);
		lines[line_count++][line.len] = '\0';
	}
}

static struct store *
opened(const struct store_audit *audit)
{
	struct store_settings settings = { .folder = estate, .computer_name = "TESTBOX", .audit = *audit };
	struct store *s = NULL;

	if (!CHECK_U64((uint32_t)store_open(&s, &settings, estate_why), STATUS_SUCCESS))
		exit(2);
	return s;
}

static struct store *
listened(uint32_t rate)
{
	struct store *s = opened(&(struct store_audit){ .rate = rate });

	audit_to(s, keep, NULL);
	line_count = 0;
	return s;
}

static char *
file_read(const char *name)
{
	static char text[1 << 20];
	int fd = open(estate_path(name), O_RDONLY);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;

	text[n > 0 ? n : 0] = 0;
	if (fd >= 0)
		close(fd);
	return text;
}

static unsigned
count_of(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

/* --- one line -------------------------------------------------------------------- */

TEST(a_line)
{
	static const uint8_t everyone[] = { 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0 };
	struct store *s;
	struct audit e = { .event = AUDIT_LOGON_FAILED, .status = STATUS_WRONG_PASSWORD, .has_caller = true, .caller_uid = 1000,
		.caller_pid = 7 };

	estate_begin();
	s = listened(0);
	audit_text(&e, AF_TARGET_NAME, bytes_of_text("al\"i\\ce\n\x1b[2J\xff\xe2\x80\xae\xc3\xa9"));
	audit_text(&e, AF_PACKAGE, bytes_of_text("NTLM"));
	audit_fact(&e, AF_LOGON_TYPE, 3);
	audit_number(&e, AF_TARGET_LOGON, 0x12345);		/* not a field of this event */
	audit_cause(&e, e.status);
	audit_raise(s, &e);
	if (CHECK_U64(line_count, 1)) {
		CHECK(strncmp(lines[0], "{\"time\":\"20", 11) == 0);
		CHECK_TEXT(strstr(lines[0], ",\"id\""), ",\"id\":4625,\"event\":\"logon-failed\",\"category\":\"Logon/Logoff\","
		    "\"subcategory\":\"Logon\",\"outcome\":\"failure\",\"status\":\"STATUS_WRONG_PASSWORD\",\"uid\":1000,\"pid\":7,"
		    "\"TargetUserName\":\"al\\u0022i\\u005cce\\u000a\\u001b[2J\\ufffd\\u202e\xc3\xa9\","
		    "\"AuthenticationPackageName\":\"NTLM\",\"LogonType\":3,\"Status\":\"0xC000006D\",\"SubStatus\":\"0xC000006A\","
		    "\"FailureReason\":\"wrong-password\"}");
	}
	e = (struct audit){ .event = AUDIT_SPECIAL };
	audit_text(&e, AF_TARGET_USER_SID, bytes_of(everyone, sizeof everyone));
	audit_fact(&e, AF_TARGET_LOGON, 0x3e7);
	audit_number(&e, AF_PRIVILEGES, PRIVILEGE_BIT(7) | PRIVILEGE_BIT(20));
	audit_raise(s, &e);
	CHECK_TEXT(strstr(lines[1], ",\"outcome\""), ",\"outcome\":\"success\",\"status\":\"STATUS_SUCCESS\",\"TargetUserSid\":\"S-1-1-0\","
	    "\"TargetLogonId\":\"0x3e7\",\"PrivilegeList\":[\"SeTcbPrivilege\",\"SeDebugPrivilege\"]}");
	e = (struct audit){ .event = AUDIT_LOGON };
	audit_fact(&e, AF_LEVEL, 1);
	audit_fact(&e, AF_ELEVATED, 0);
	audit_raise(s, &e);
	CHECK(strstr(lines[2], ",\"ImpersonationLevel\":\"Identification\",\"ElevatedToken\":false}"));
	store_close(s);
	estate_end();
}

/* Whatever it is sent, it stays one bounded line, and every event fits. */
TEST(wild_text)
{
	static char wild[70000];
	struct store *s;

	estate_begin();
	s = opened(&(struct store_audit){ .file = "audit.json" });
	memset(wild, 1, sizeof wild);
	for (unsigned i = 1; i < AUDIT_EVENTS; i++) {
		struct audit e = { .event = (enum audit_event)i };
		char *text;

		for (unsigned f = 0; f < AUDIT_FIELD_COUNT; f++)
			if (audit_rows[i].fields >> f & 1) {
				bool texts = audit_fields[f].show == SHOW_TEXT || audit_fields[f].show == SHOW_CHAIN;

				CHECK(e.count < AUDIT_VALUES);
				if (texts)
					audit_text(&e, (enum audit_field)f, bytes_of(wild, sizeof wild));
				else
					audit_fact(&e, (enum audit_field)f, UINT64_MAX);
			}
		CHECK(access(estate_path("audit.json"), F_OK) != 0 || truncate(estate_path("audit.json"), 0) == 0);
		audit_raise(s, &e);
		text = file_read("audit.json");
		CHECK_U64(count_of(text, "\n"), 1);
		CHECK(strlen(text) < AUDIT_LINE_MAX && strncmp(text, "{\"time\"", 7) == 0 && text[strlen(text) - 2] == '}');
		for (const char *c = text; c[1]; c++)
			CHECK((unsigned char)*c >= 0x20);
	}
	store_close(s);
	estate_end();
}

/* --- what is written --------------------------------------------------------------- */

static void
set_auditing(struct store *s, const struct auditing *a)
{
	uint8_t bytes[128];
	struct writer w = writer_of(bytes, sizeof bytes);
	struct book_change c;

	auditing_put(&w, a);
	CHECK(book_begin(&c, s) == STATUS_SUCCESS &&
	    book_end(&c, book_write(&c, BOOK_AUDIT, bytes_of_text("system"), bytes_of(bytes, w.need))) == STATUS_SUCCESS);
}

static void
set_own(struct store *s, struct bytes key, struct bytes settings)
{
	struct book_change c;

	CHECK(book_begin(&c, s) == STATUS_SUCCESS && book_end(&c, book_write(&c, BOOK_AUDIT, key, settings)) == STATUS_SUCCESS);
}

static unsigned
raised(struct store *s, unsigned event, NTSTATUS status)
{
	struct audit e = { .event = (enum audit_event)event, .status = status };

	line_count = 0;
	audit_raise(s, &e);
	return line_count;
}

/* Each row of the table is switched by its own subcategory, success and failure apart, and by nothing else. */
TEST(subcategories)
{
	struct store *s;

	estate_begin();
	s = listened(0);
	for (unsigned i = 1; i < AUDIT_EVENTS; i++) {
		const struct audit_row *row = &audit_rows[i];
		struct auditing only = { .on = true }, but = { .on = true }, off = { .on = false };

		CHECK(row->id && row->name && row->sentence && row->place < AUDIT_PLACES);
		CHECK_U64(raised(s, i, STATUS_SUCCESS), 1);		/* as it is from the start: all of them */
		CHECK_U64(raised(s, i, STATUS_ACCESS_DENIED), 1);
		memset(but.settings, 3, sizeof but.settings);
		memset(off.settings, 3, sizeof off.settings);
		only.settings[row->place] = AUDITS_SUCCESS;
		but.settings[row->place] = AUDITS_FAILURE;
		set_auditing(s, &only);
		CHECK_U64(raised(s, i, STATUS_SUCCESS), 1);
		CHECK_U64(raised(s, i, STATUS_ACCESS_DENIED), row->always ? 1 : 0);
		set_auditing(s, &but);
		CHECK_U64(raised(s, i, STATUS_SUCCESS), row->always ? 1 : 0);
		CHECK_U64(raised(s, i, STATUS_ACCESS_DENIED), 1);
		set_auditing(s, &off);
		CHECK_U64(raised(s, i, STATUS_SUCCESS), row->always ? 1 : 0);
		CHECK(auditing_take(&but, BYTES_NONE));
		set_auditing(s, &but);
	}
	CHECK_U64(raised(s, AUDIT_NONE, STATUS_SUCCESS) + raised(s, AUDIT_EVENTS, STATUS_SUCCESS), 0);
	CHECK_U64((uint32_t)policy_set(s, POLICY_AUDIT, 0), STATUS_SUCCESS);
	CHECK_U64(raised(s, AUDIT_LOGON, STATUS_SUCCESS) + raised(s, AUDIT_DOMAIN_POLICY, STATUS_SUCCESS) +
	    raised(s, AUDIT_STOPPED, STATUS_SUCCESS), 0);
	CHECK_U64((uint32_t)policy_set(s, POLICY_AUDIT_SUCCESS, 1), STATUS_SUCCESS);
	CHECK_U64(raised(s, AUDIT_LOGON, STATUS_SUCCESS), 1);
	store_close(s);
	/* Nowhere to write to: nothing is wanted. */
	s = opened(&(struct store_audit){ .rate = 0 });
	CHECK(!audit_wanted(s, &(struct audit){ .event = AUDIT_DOMAIN_POLICY }));
	store_close(s);
	CHECK(access(estate_path("audit.json"), F_OK) != 0);
	estate_end();
}

/* A user's own settings beside those of all: of every row of the table, of this user alone, and never less of an administrator. */
TEST(users)
{
	static const uint8_t sid[] = { 1, 1, 0, 0, 0, 0, 0, 22, 9, 0, 0, 0 }, other[] = { 1, 1, 0, 0, 0, 0, 0, 22, 8, 0, 0, 0 };
	static const struct { unsigned all, own, as_user, as_administrator; } rows[] = {
		{ 0, 0, 0, 0 }, { 3, 0, 3, 3 }, { 0, AUDITS_WITH_SUCCESS, 1, 1 }, { 0, AUDITS_WITH_FAILURE, 2, 2 },
		{ 3, AUDITS_WITHOUT_SUCCESS, 2, 3 }, { 3, AUDITS_WITHOUT_FAILURE, 1, 3 },
		{ 1, AUDITS_WITHOUT_SUCCESS | AUDITS_WITH_FAILURE, 2, 3 }, { 2, AUDITS_WITH_SUCCESS | AUDITS_WITHOUT_FAILURE, 1, 3 },
		{ 1, AUDITS_AS_ALL, 1, 1 },
	};
	struct audit e = { .event = AUDIT_LOGON, .user = bytes_of(sid, sizeof sid) };
	struct auditing all = { .on = true };
	uint8_t room[AUDIT_USER_KEY_MAX], own[AUDIT_PLACES], deep[SID_SIZE_MAX + 1] = { 0 };
	struct bytes key;
	struct store *s;

	CHECK(!audit_user_key(room, &key, BYTES_NONE) && !audit_user_key(room, &key, bytes_of(deep, sizeof deep)));
	CHECK(audit_user_key(room, &key, bytes_of(deep, SID_SIZE_MAX)) && audit_user_key(room, &key, e.user));
	estate_begin();
	s = listened(0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		memset(all.settings, (int)rows[i].all, sizeof all.settings);
		memset(own, (int)rows[i].own, sizeof own);
		set_auditing(s, &all);
		set_own(s, key, bytes_of(own, sizeof own));
		for (int way = 0; way < 8; way++) {
			bool administrator = way & 1, his = way & 2;
			unsigned wants = !his ? rows[i].all : administrator ? rows[i].as_administrator : rows[i].as_user;

			e.status = way & 4 ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
			e.administrator = administrator;
			e.user = his ? bytes_of(sid, sizeof sid) : bytes_of(other, sizeof other);
			CHECK(audit_wanted(s, &e) == ((wants & (way & 4 ? AUDITS_FAILURE : AUDITS_SUCCESS)) != 0));
		}
	}
	/* What cannot be read is told, rather than not. */
	e = (struct audit){ .event = AUDIT_LOGON, .user = bytes_of(sid, sizeof sid) };
	memset(all.settings, 0, sizeof all.settings);
	set_auditing(s, &all);
	set_own(s, key, bytes_of(own, 5));
	CHECK(audit_wanted(s, &e));
	/* Some rows are told in any case; and where auditing is off, nobody's own settings turn it on. */
	memset(own, AUDITS_WITHOUT_SUCCESS, sizeof own);
	set_own(s, key, bytes_of(own, sizeof own));
	e.event = AUDIT_AUDITING;
	CHECK(audit_wanted(s, &e));
	e.event = AUDIT_LOGON;
	memset(own, AUDITS_WITH_SUCCESS, sizeof own);
	set_own(s, key, bytes_of(own, sizeof own));
	CHECK(audit_wanted(s, &e));
	all.on = false;
	set_auditing(s, &all);
	CHECK(!audit_wanted(s, &e));
	store_close(s);
	estate_end();
}

/* Who floods one budget hides nothing of another, and is counted. */
TEST(rate)
{
	struct audit bad = { .event = AUDIT_LOGON_FAILED, .status = STATUS_NO_SUCH_USER };
	struct audit good = { .event = AUDIT_LOGON }, change = { .event = AUDIT_DOMAIN_POLICY };
	unsigned dropped = 0, bads = 0;
	struct store *s;

	estate_begin();
	s = listened(50);
	for (unsigned i = 0; i < 250; i++)
		audit_raise(s, &bad);
	audit_raise(s, &good);
	audit_raise(s, &change);
	CHECK(strstr(lines[line_count - 1], "\"id\":4739") && strstr(lines[line_count - 2], "\"id\":4624"));
	usleep(1100000);
	audit_raise(s, &change);
	for (unsigned i = 0; i < line_count; i++) {
		const char *lost = strstr(lines[i], "\"id\":1101") ? strstr(lines[i], "\"Dropped\":") : NULL;

		if (lost)
			dropped += (unsigned)atoi(lost + 10);
		bads += strstr(lines[i], "\"id\":4625") != NULL;
	}
	CHECK(bads >= 50 && bads <= 100);		/* one second, or the end of one and all of the next */
	CHECK_U64(bads + dropped, 250);
	CHECK(strstr(lines[line_count - 1], "\"id\":4739"));
	store_close(s);
	estate_end();
}

/* --- the file ----------------------------------------------------------------------- */

TEST(file_turns_over)
{
	struct audit e = { .event = AUDIT_DOMAIN_POLICY };
	struct store *s;
	struct stat st;

	estate_begin();
	s = opened(&(struct store_audit){ .file = "audit.json", .mode = 0640, .size_kib = 1, .keep = 2, .threaded = true });
	audit_text(&e, AF_POLICY, bytes_of_text("one"));
	for (unsigned i = 0; i < 20; i++)
		audit_raise(s, &e);
	audit_flush(s);
	CHECK(stat(estate_path("audit.json"), &st) == 0 && (st.st_mode & 07777) == 0640);
	CHECK_U64(count_of(file_read("audit.json"), "\n"), 20);
	usleep(1100000);					/* it is looked at once a second */
	audit_raise(s, &e);
	audit_flush(s);
	CHECK_U64(count_of(file_read("audit.json.1"), "\n"), 20);
	CHECK_U64(count_of(file_read("audit.json"), "\n"), 1);
	/* Renamed by somebody else, and said so. */
	{
		char to[300];

		snprintf(to, sizeof to, "%s", estate_path("mine"));
		CHECK(rename(estate_path("audit.json"), to) == 0);
	}
	store_reopen(s);
	audit_raise(s, &e);
	audit_flush(s);
	CHECK_U64(count_of(file_read("audit.json"), "\n"), 1);
	CHECK_U64(count_of(file_read("mine"), "\n"), 1);
	store_close(s);
	estate_end();
}

TEST(file_of_others)
{
	struct audit e = { .event = AUDIT_DOMAIN_POLICY };
	char target[300];
	struct store *s;

	estate_begin();
	/* A link is not followed; what could not be written is told when it can. */
	snprintf(target, sizeof target, "%s", estate_path("elsewhere"));
	CHECK(symlink(target, estate_path("audit.json")) == 0);
	s = opened(&(struct store_audit){ .file = "audit.json" });
	audit_raise(s, &e);
	CHECK(access(target, F_OK) != 0 && errno == ENOENT);
	CHECK(unlink(estate_path("audit.json")) == 0);
	usleep(1100000);
	audit_raise(s, &e);
	CHECK(strstr(file_read("audit.json"), "\"id\":1101") && strstr(file_read("audit.json"), "\"Dropped\":1,"));
	store_close(s);
	/* One that others may write is none. */
	CHECK(chmod(estate_path("audit.json"), 0666) == 0);
	s = opened(&(struct store_audit){ .file = "audit.json" });
	CHECK(access(estate_path("audit.json"), F_OK) != 0 || truncate(estate_path("audit.json"), 0) == 0);
	audit_raise(s, &e);
	CHECK_TEXT(file_read("audit.json"), "");
	store_close(s);
	/* A folder that is not there loses lines, and nothing else. */
	s = opened(&(struct store_audit){ .file = "/nonexistent/audit.json" });
	audit_raise(s, &e);
	store_close(s);
	estate_end();
}

/* A file that may not grow is a full disk: no half line, no signal, no waiting, and a count when there is room. */
static void
full_disk(bool threaded)
{
	struct audit e = { .event = AUDIT_DOMAIN_POLICY };
	struct rlimit before, little = { 2000, 0 };
	char *text;
	struct store *s;

	estate_begin();
	s = opened(&(struct store_audit){ .file = "audit.json", .threaded = threaded });
	audit_text(&e, AF_POLICY, bytes_of_text("something"));
	CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
	little.rlim_max = before.rlim_max;
	CHECK(setrlimit(RLIMIT_FSIZE, &little) == 0);
	for (unsigned i = 0; i < 30; i++) {
		audit_raise(s, &e);
		if (i == 14)
			audit_flush(s);
	}
	audit_flush(s);
	CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
	usleep(1200000);
	audit_raise(s, &e);
	audit_flush(s);
	store_close(s);
	text = file_read("audit.json");
	CHECK(strstr(text, "\"id\":1101") && strstr(text, "disk full"));
	if (strstr(text, "\"Dropped\":"))
		CHECK_U64((unsigned)atoi(strstr(text, "\"Dropped\":") + 10) + count_of(text, "\"id\":4739"), 31);
	/* Half lines may stand alone where several processes write, never in front of a whole one. */
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		CHECK(count_of(line, "{\"time\"") <= 1 && (!threaded || line[strlen(line) - 1] == '}'));
	estate_end();
}

TEST(disk_full)
{
	full_disk(false);
	full_disk(true);
}

/* --- the journal ---------------------------------------------------------------------- */

static int
journal_make(char path[108])
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	snprintf(path, 108, "%.100s", estate_path("journal"));
	snprintf(at.sun_path, sizeof at.sun_path, "%.100s", path);
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0);
	return fd;
}

TEST(journal)
{
	struct audit e = { .event = AUDIT_LOGON_FAILED, .status = STATUS_NO_SUCH_USER, .has_caller = true, .caller_uid = 5 };
	char path[108], got[65536] = "";
	struct store *s;
	ssize_t n;
	int fd;

	estate_begin();
	fd = journal_make(path);
	s = opened(&(struct store_audit){ .journal = path, .name = "tester", .threaded = true });
	audit_text(&e, AF_TARGET_NAME, bytes_of_text("eve\nPRIORITY=0\nMESSAGE=forged"));
	audit_cause(&e, e.status);
	audit_raise(s, &e);
	audit_flush(s);
	n = recv(fd, got, sizeof got - 1, 0);
	CHECK(n > 0);
	got[n > 0 ? n : 0] = 0;
	CHECK(strncmp(got, "MESSAGE=An account failed to log on [TargetUserName=eve\\u000aPRIORITY=0\\u000aMESSAGE=forged "
	    "FailureReason=unknown-user]\n", 90) == 0);
	CHECK(strstr(got, "\nMESSAGE_ID=9d1c3f5ae2b74c1896d05b7e00001211\n") && strstr(got, "\nPRIORITY=4\n"));
	CHECK(strstr(got, "\nSYSLOG_IDENTIFIER=tester\n") && strstr(got, "\nOLSA_EVENT_ID=4625\n") && strstr(got, "\nOLSA_UID=5\n"));
	CHECK(strstr(got, "\nOLSA_SUB_STATUS=0xC0000064\n") && strstr(got, "\nOLSA_FAILURE_REASON=unknown-user\n"));
	CHECK(count_of(got, "PRIORITY=") == 3 && count_of(got, "\nPRIORITY=") == 1 && count_of(got, "\nMESSAGE=") == 0);
	/* Nobody reads: nothing waits, and what was lost is told. */
	for (unsigned i = 0; i < 2000; i++)
		audit_raise(s, &e);
	audit_flush(s);
	while (recv(fd, got, sizeof got, 0) > 0)
		;
	usleep(1200000);
	audit_flush(s);
	n = recv(fd, got, sizeof got - 1, 0);
	got[n > 0 ? n : 0] = 0;
	CHECK(strstr(got, "OLSA_EVENT_ID=1101") && strstr(got, "\nPRIORITY=3\n") && strstr(got, "\nOLSA_DROPPED="));
	store_close(s);
	/* No journal there at all. */
	close(fd);
	CHECK(unlink(path) == 0);
	s = opened(&(struct store_audit){ .journal = path, .file = "audit.json" });
	audit_raise(s, &e);
	usleep(1100000);
	audit_raise(s, &e);
	CHECK(!strstr(file_read("audit.json"), "\"id\":1101"));
	store_close(s);
	s = opened(&(struct store_audit){ .journal = path, .journal_must = true, .file = "audit.json" });
	audit_raise(s, &e);
	usleep(1100000);
	audit_raise(s, &e);
	CHECK(strstr(file_read("audit.json"), "\"id\":1101"));
	store_close(s);
	estate_end();
}

/* A forked child writes nothing, and closing does not wait for its parent's thread. */
TEST(forked)
{
	struct audit e = { .event = AUDIT_DOMAIN_POLICY };
	struct store *s;
	int status = -1;
	pid_t child;

	estate_begin();
	s = opened(&(struct store_audit){ .file = "audit.json", .threaded = true });
	audit_raise(s, &e);
	audit_flush(s);
	child = fork();
	if (child == 0) {
		alarm(20);
		audit_raise(s, &e);
		store_close(s);
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	CHECK_U64(count_of(file_read("audit.json"), "\n"), 1);
	store_close(s);
	estate_end();
}

TEST(policies)
{
	struct store *s;
	enum policy p;

	estate_begin();
	s = estate_open(true);
	for (unsigned i = 0; i < POLICY_COUNT; i++) {
		const struct policy_row *row = &policy_rows[i];

		CHECK(row->min <= row->standard && row->standard <= row->max && row->min <= row->strict && row->strict <= row->max);
		CHECK_U64(policy_u32(s, (enum policy)i), row->standard);
		CHECK(policy_find(&p, bytes_of_text(row->name)) && p == (enum policy)i);
		CHECK_U64((uint32_t)policy_set(s, (enum policy)i, row->max + 1), (uint32_t)STATUS_INVALID_PARAMETER);
		CHECK_U64((uint32_t)policy_set(s, (enum policy)i, row->max), STATUS_SUCCESS);
	}
	CHECK(!policy_find(&p, bytes_of_text("NTLM-V1")));
	CHECK_U64((uint32_t)policy_set(s, POLICY_COUNT, 0), (uint32_t)STATUS_INVALID_PARAMETER);
	store_close(s);
	s = estate_open(false);
	for (unsigned i = 0; i < POLICY_COUNT; i++)
		CHECK_U64(policy_u32(s, (enum policy)i), policy_rows[i].max);
	store_close(s);
	estate_end();
}

int
main(void)
{
	RUN(a_line);
	RUN(wild_text);
	RUN(subcategories);
	RUN(users);
	RUN(rate);
	RUN(file_turns_over);
	RUN(file_of_others);
	RUN(disk_full);
	RUN(journal);
	RUN(forked);
	RUN(policies);
	return check_end();
}
