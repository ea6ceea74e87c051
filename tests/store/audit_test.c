/*
 * audit_test.c - lines of the audit file, and the policies that rule them.
 */
#include "estate.h"

#include "base/auditing.h"
#include "store/audit.h"
#include "store/book.h"

static char lines[200][2048];
static unsigned line_count;

static void
keep(void *arg, struct bytes line)
{
	(void)arg;
	if (line_count < 200 && CHECK(line.len < sizeof lines[0])) {
		memcpy(lines[line_count], line.at, line.len);
		lines[line_count++][line.len] = '\0';
	}
}

TEST(a_line)
{
	struct store *s;
	struct audit e = {
		.kind = AUDIT_LOGON_FAILED, .status = STATUS_WRONG_PASSWORD, .user = bytes_of_text("al\"i\\ce\n\xff\xe2\x80\xae\xc3\xa9"),
		.package = bytes_of_text("NTLM"), .luid = 0x12345, .has_caller = true, .caller_uid = 1000, .caller_pid = 7,
	};
	char text[256] = "";
	int fd;
	struct stat st;

	estate_begin();
	s = estate_open(false);
	audit_to(s, keep, NULL);
	line_count = 0;
	audit_event(s, &e);
	if (CHECK_U64(line_count, 1)) {
		CHECK(strncmp(lines[0], "{\"time\":\"20", 11) == 0);
		CHECK_TEXT(strstr(lines[0], ",\"event\""), ",\"event\":\"logon-failed\",\"status\":\"STATUS_WRONG_PASSWORD\","
		    "\"user\":\"al\\u0022i\\u005cce\\u000a\\ufffd\\u202e\xc3\xa9\",\"package\":\"NTLM\",\"logon\":\"0x12345\",\"uid\":1000,\"pid\":7}");
	}
	/* Whatever it is sent, it stays one bounded line. */
	char wild[4096];
	memset(wild, 1, sizeof wild);
	e = (struct audit){ .kind = AUDIT_ACCOUNT, .user = bytes_of(wild, sizeof wild), .domain = bytes_of(wild, sizeof wild),
	    .package = bytes_of(wild, sizeof wild), .what = bytes_of(wild, sizeof wild) };
	audit_to(s, NULL, NULL);
	audit_event(s, &e);
	fd = open(estate_path("audit.json"), O_RDONLY);
	CHECK(fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & 0777) == 0600 && st.st_size < 8192);
	CHECK(read(fd, text, sizeof text - 1) > 0 && strncmp(text, "{\"time\"", 7) == 0 && strstr(text, "\"event\":\"account\""));
	close(fd);
	store_close(s);
	estate_end();
}

TEST(what_is_written)
{
	struct store *s;
	struct audit good = { .kind = AUDIT_LOGON }, bad = { .kind = AUDIT_LOGON_FAILED, .status = STATUS_NO_SUCH_USER };

	estate_begin();
	s = estate_open(false);
	audit_to(s, keep, NULL);
	line_count = 0;
	audit_event(s, &good);
	CHECK_U64(line_count, 0);
	CHECK_U64((uint32_t)policy_set(s, POLICY_AUDIT_SUCCESS, 1), STATUS_SUCCESS);
	audit_event(s, &good);
	CHECK_U64(line_count, 1);
	CHECK_U64((uint32_t)policy_set(s, POLICY_AUDIT, 0), STATUS_SUCCESS);
	audit_event(s, &bad);
	CHECK_U64(line_count, 1);
	CHECK_U64((uint32_t)policy_set(s, POLICY_AUDIT, 1), STATUS_SUCCESS);
	audit_event(s, &(struct audit){ .kind = AUDIT_NONE });
	CHECK_U64(line_count, 1);
	for (unsigned i = 0; i < 150; i++)
		audit_event(s, &bad);
	CHECK(line_count <= 101);				/* at most two seconds' worth */
	sleep(1);
	audit_event(s, &bad);
	CHECK(line_count > 0 && strstr(lines[line_count - 1], "\"suppressed\":"));
	store_close(s);
	estate_end();
}

/* What AuditSetSystemPolicy stores decides by subcategory and outcome; the policy "audit" is over it. */
TEST(subcategories)
{
	struct audit events[] = {
		{ .kind = AUDIT_LOGON_FAILED, .status = STATUS_WRONG_PASSWORD }, { .kind = AUDIT_LOGON },
		{ .kind = AUDIT_ACCOUNT }, { .kind = AUDIT_ACCOUNT, .status = STATUS_ACCESS_DENIED }, { .kind = AUDIT_POLICY },
	};
	static const struct { bool on; uint8_t logon, account; const char *written; } rows[] = {
		{ true,  AUDITS_FAILURE, 3,                    "10111" },	/* as it is from the start */
		{ true,  AUDITS_SUCCESS, AUDITS_FAILURE,       "01011" },
		{ true,  3,              AUDITS_SUCCESS,       "11101" },
		{ true,  0,              0,                    "00001" },
		{ false, 3,              3,                    "00001" },
	};
	struct store *s;

	estate_begin();
	s = estate_open(false);
	audit_to(s, keep, NULL);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct auditing a = { .on = rows[i].on, .settings = { [PLACE_LOGON] = rows[i].logon, [PLACE_USER_ACCOUNT] = rows[i].account } };
		uint8_t bytes[128];
		struct writer w = writer_of(bytes, sizeof bytes);
		struct book_change c;
		char written[6] = "";

		auditing_put(&w, &a);
		if (i > 0)
			CHECK(book_begin(&c, s) == STATUS_SUCCESS &&
			    book_end(&c, book_write(&c, BOOK_AUDIT, bytes_of_text("system"), bytes_of(bytes, w.need))) == STATUS_SUCCESS);
		for (size_t e = 0; e < 5; e++) {
			line_count = 0;
			audit_event(s, &events[e]);
			written[e] = line_count ? '1' : '0';
		}
		CHECK_TEXT(written, rows[i].written);
	}
	CHECK_U64((uint32_t)policy_set(s, POLICY_AUDIT, 0), STATUS_SUCCESS);
	line_count = 0;
	audit_event(s, &events[4]);
	CHECK_U64(line_count, 0);
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
	RUN(what_is_written);
	RUN(subcategories);
	RUN(policies);
	return check_end();
}
