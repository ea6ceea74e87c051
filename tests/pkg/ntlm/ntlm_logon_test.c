/*
 * ntlm_logon_test.c - messages to the package, and changes of a password.
 * Bodies are written by hand: the layouts are the promise.
 * Covers pkg/ntlm/ntlm_logon.c, ntlm_password.c.
 */
#include "pkg/ntlm/ntlm_logon.h"

#include <stdlib.h>

#include "pkg/ntlm/ntlm_keys.h"
#include "tests/check.h"
#include "tests/pkg/ntlm/fake_lsa.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct fake_machine home;

static void
begin(void)
{
	fake_open(&home, "HOME", "home.example.net");
	fake_account(&home, "alice", "Secret 1");
}

/* A reply lives as long as its call. */
static struct call *asked;

static NTSTATUS
ask(struct bytes body, bool trusted, struct message_result *ret)
{
	struct message_args args = { .body = body, .trusted = trusted };
	NTSTATUS status;

	if (asked)
		fake_end(asked);
	asked = fake_call(&home, 1);
	do {
		*ret = (struct message_result){ 0 };
		status = ntlm_message(asked, &args, ret);
	} while (status == STATUS_PENDING);
	return status;
}

static void
end(void)
{
	if (asked)
		fake_end(asked);
	asked = NULL;
	fake_close(&home);
}

/* A body under construction: a fixed part, and text behind it. */
struct body {
	uint8_t at[4096];
	size_t text;
};

static void
string(struct body *b, size_t offset, struct bytes text)
{
	put_u32(b->at + offset, (uint32_t)text.len | (uint32_t)text.len << 16);
	put_u32(b->at + offset + 8, text.len ? (uint32_t)b->text : 0);
	bytes_copy(b->at + b->text, text.at, text.len);
	b->text += text.len;
}

static void
utf16(struct body *b, size_t offset, const char *text)
{
	uint8_t room[512];

	string(b, offset, fake_utf16(room, sizeof room, text));
}

static struct bytes
reply_string(struct bytes reply, size_t offset)
{
	struct bytes text;

	CHECK(bytes_part(&text, reply, get_u32(reply.at + offset + 8), get_u16(reply.at + offset)));
	return text;
}

/* --- 0 and the numbers --------------------------------------------------------- */

TEST(challenge)
{
	static const uint8_t body[4];
	struct message_result r, again;
	uint8_t first[8];

	begin();
	CHECK_U64(ask(bytes_of(body, 4), false, &r), STATUS_SUCCESS);
	CHECK_U64(r.verdict, STATUS_SUCCESS);
	CHECK_U64(r.body.len, 12);
	CHECK_U64(get_u32(r.body.at), 0);
	bytes_copy(first, r.body.at + 4, 8);
	CHECK_U64(ask(bytes_of(body, 4), false, &again), STATUS_SUCCESS);
	CHECK(memcmp(first, again.body.at + 4, 8) != 0);
	CHECK(memcmp(home.challenges[0], first, 8) == 0);
	end();
}

TEST(who_is_logged_on)
{
	uint8_t body[12] = { 2 };
	struct message_result r;

	begin();
	CHECK_U64(ask(bytes_of(body, 4), false, &r), STATUS_SUCCESS);
	CHECK_U64(r.verdict, STATUS_SUCCESS);
	CHECK_HEX(r.body.at, r.body.len, "02000000 02000000 1800000000000000 2800000000000000 2143000000000000 2243000000000000 "
	    "21430000 22430000");
	body[0] = 3;
	CHECK_U64(ask(bytes_of(body, 12), false, &r), STATUS_SUCCESS);
	CHECK_U64(r.verdict, STATUS_SUCCESS);
	CHECK(r.body.len > 72 && get_u32(r.body.at) == 3 && get_u32(r.body.at + 8) == 0);	/* no SID is known */
	CHECK_U64(ask(bytes_of(body, 11), false, &r), STATUS_SUCCESS);
	CHECK_U64(r.verdict, STATUS_INVALID_PARAMETER);
	body[4] = 9;
	CHECK_U64(ask(bytes_of(body, 12), false, &r), STATUS_SUCCESS);
	CHECK_U64(r.verdict, STATUS_ACCESS_DENIED);
	end();
}

TEST(numbers)
{
	struct message_result r;
	uint8_t body[4];

	begin();
	for (uint32_t n = 4; n < 30; n++) {
		if (n == 5)
			continue;
		if (n == 10 || n == 12 || n == 16 || n == 19) {		/* tests/api/logon_validate_test.c has them whole */
			put_u32(body, n);
			CHECK_U64(ask(bytes_of(body, 4), true, &r), STATUS_SUCCESS);
			CHECK_U64(r.verdict, STATUS_INVALID_PARAMETER);
			continue;
		}
		put_u32(body, n);
		CHECK_U64(ask(bytes_of(body, 4), true, &r), STATUS_SUCCESS);
		/* Those that have something to take apart: 4 bytes are no request. */
		CHECK_U64(r.verdict, n == 6 || n == 10 || n == 12 || n == 16 || n == 17 || n == 19 ? STATUS_INVALID_PARAMETER : n == 7 ? STATUS_NO_LOGON_SERVERS : n == 14 ? STATUS_SUCCESS :
		    n == 9 ? STATUS_NO_SUCH_PACKAGE : n < 25 ? STATUS_NOT_SUPPORTED : STATUS_INVALID_PARAMETER);
		CHECK_U64(r.body.len, 0);
	}
	CHECK_U64(ask(bytes_of(body, 3), true, &r), STATUS_SUCCESS);
	CHECK_U64(r.verdict, STATUS_INVALID_PARAMETER);
	end();
}

/* --- 1: responses ------------------------------------------------------------------ */

static struct body
request(uint32_t control, const char *password, const char *user, const char *domain)
{
	struct body b = { .text = control & 0x20 ? 88 : 40 };

	put_u32(b.at, 1);
	put_u32(b.at + 4, control);
	for (uint8_t n = 0; n < 8; n++)
		b.at[32 + n] = (uint8_t)(0x11 * n);
	utf16(&b, 16, password);
	if (control & 0x20) {
		utf16(&b, 40, user);
		utf16(&b, 56, domain);
	}
	return b;
}

static void
response_holds(struct bytes reply, const char *password, const char *user, const char *domain)
{
	uint8_t t1[128], t2[128], t3[128], challenge[8];
	struct nt_hash hash = nt_hash_of_password(fake_utf16(t1, sizeof t1, password));
	struct ntlm2_response r;
	struct ntlm2_key key;
	struct base_key base;

	for (uint8_t n = 0; n < 8; n++)
		challenge[n] = (uint8_t)(0x11 * n);
	CHECK(ntlm2_key_of(&key, &hash, fake_utf16(t2, sizeof t2, user), fake_utf16(t3, sizeof t3, domain)));
	CHECK(ntlm2_response_take(&r, reply_string(reply, 8)));
	CHECK(ntlm2_proof_holds(&r, &key, challenge));
	base = ntlm2_base_key_of(&key, &r.proof);
	CHECK(memcmp(base.b, reply.at + 72, 16) == 0);
	CHECK_U64(reply_string(reply, 24).len, 24);
}

TEST(response_of_version_2)
{
	struct body b;
	struct message_result r;
	uint8_t name[64], info[64];
	struct writer w = writer_of(info, sizeof info);

	begin();
	b = request(0x20 | 2 | 4, "Secret 1", "alice", "HOME");
	CHECK_U64(ask(bytes_of(b.at, b.text), false, &r), STATUS_SUCCESS);
	CHECK_U64(r.verdict, STATUS_SUCCESS);
	CHECK_U64(get_u32(r.body.at), 1);
	response_holds(r.body, "Secret 1", "alice", "HOME");
	CHECK(bytes_same(reply_string(r.body, 40), fake_utf16(name, sizeof name, "alice")));
	CHECK(bytes_same(reply_string(r.body, 56), fake_utf16(name, sizeof name, "HOME")));
	/* With target information as it came, and its time. */
	CHECK(av_put(&w, AV_TIMESTAMP, bytes_of("\1\2\3\4\5\6\7\x08", 8)));
	av_put_end(&w);
	b = request(0x20 | 0x40, "Secret 1", "alice", "HOME");
	string(&b, 72, bytes_of(info, w.need));
	CHECK_U64(ask(bytes_of(b.at, b.text), false, &r), STATUS_SUCCESS);
	response_holds(r.body, "Secret 1", "alice", "HOME");
	CHECK_HEX(reply_string(r.body, 8).at + 24, 8, "0102030405060708");
	CHECK_U64(reply_string(r.body, 40).len, 0);
	end();
}

TEST(response_of_version_1)
{
	struct body b = request(0, "Secret 1", "", "");
	struct message_result r;
	uint8_t text[64], challenge[8];
	struct nt_hash hash = nt_hash_of_password(fake_utf16(text, sizeof text, "Secret 1"));
	struct ntlm1_response want;

	begin();
	CHECK_U64(ask(bytes_of(b.at, b.text), false, &r), STATUS_SUCCESS);
	CHECK_U64(r.verdict, STATUS_NOT_SUPPORTED);
	home.rules[RULE_NTLM_V1] = 1;
	CHECK_U64(ask(bytes_of(b.at, b.text), false, &r), STATUS_SUCCESS);
	CHECK_U64(r.verdict, STATUS_SUCCESS);
	bytes_copy(challenge, b.at + 32, 8);
	want = ntlm1_response_of(&hash, challenge);
	CHECK(bytes_same(reply_string(r.body, 8), bytes_of(want.b, 24)));
	b = request(0x10, "Secret 1", "", "");
	CHECK_U64(ask(bytes_of(b.at, b.text), false, &r), STATUS_SUCCESS);
	want = ntlm1_ess_response_of(&hash, challenge, reply_string(r.body, 24).at);
	CHECK(bytes_same(reply_string(r.body, 8), bytes_of(want.b, 24)));
	end();
}

static const struct {
	uint32_t control, logon_id;
	bool trusted;
	NTSTATUS verdict;
	bool reply;
} primaries[] = {
	{ 7,       0, false, STATUS_SUCCESS,		   true },
	{ 7,       5, false, STATUS_ACCESS_DENIED,	   false },	/* as the LSA says */
	{ 1,       0, false, STATUS_NO_SUCH_LOGON_SESSION, false },
	{ 3,       0, true,  STATUS_NO_SUCH_LOGON_SESSION, false },
	{ 0x820,   0, false, STATUS_ACCESS_DENIED,	   false },
	{ 0x820,   0, true,  STATUS_INVALID_PARAMETER,	   false },	/* no hash of 16 bytes */
};

TEST(primary_password)
{
	begin();
	for (size_t n = 0; n < COUNT(primaries); n++) {
		struct body b = request(primaries[n].control, "", "", "");
		struct message_result r;

		put_u32(b.at + 8, primaries[n].logon_id);
		CHECK_U64(ask(bytes_of(b.at, b.text), primaries[n].trusted, &r), STATUS_SUCCESS);
		CHECK_U64(r.verdict, primaries[n].verdict);
		CHECK_U64(r.body.len, primaries[n].reply ? 96 : 0);
	}
	end();
}

/* Every length and offset, turned into something else. */
TEST(strings_that_lie_elsewhere)
{
	static const size_t at[] = { 16, 40, 56, 72 };
	static const uint32_t offsets[] = { 0, 1, 87, 200, 0x7fffffff, 0xffffffff };
	struct message_result r;

	begin();
	for (size_t s = 0; s < COUNT(at); s++)
		for (size_t n = 0; n < COUNT(offsets); n++) {
			struct body b = request(0x20, "Secret 1", "alice", "HOME");
			uint8_t *exact;

			utf16(&b, 72, "S");
			put_u32(b.at + at[s] + 8, offsets[n]);
			exact = malloc(b.text);
			if (!exact)
				abort();
			bytes_copy(exact, b.at, b.text);
			CHECK_U64(ask(bytes_of(exact, b.text), true, &r), STATUS_SUCCESS);
			CHECK_U64(r.verdict, STATUS_INVALID_PARAMETER);
			for (size_t len = 0; len < 88; len++)
				CHECK_U64(ask(bytes_of(exact, len), true, &r), STATUS_SUCCESS);
			free(exact);
		}
	end();
}

/* --- a new password ------------------------------------------------------------------ */

static NTSTATUS
change(const char *user, const char *old, const char *fresh, bool trusted, char steps[256])
{
	uint8_t u[128], o[2048], f[2048];
	struct change_args args = { .user = fake_utf16(u, sizeof u, user), .old = fake_utf16(o, sizeof o, old),
	    .fresh = fake_utf16(f, sizeof f, fresh), .trusted = trusted };
	struct call *c = fake_call(&home, 1);
	NTSTATUS status;

	do
		status = ntlm_change(c, &args);
	while (status == STATUS_PENDING);
	snprintf(steps, 256, "%s", fake_steps(c));
	fake_end(c);
	return status;
}

static const struct {
	const char *user, *old;
	NTSTATUS restriction;
	bool locked;
	NTSTATUS trusted;
} refusals[] = {
	{ "alice",  "wrong",    0,			 false, STATUS_WRONG_PASSWORD },
	{ "nobody", "Secret 1", 0,			 false, STATUS_NO_SUCH_USER },
	{ "alice",  "Secret 1", 0,			 true,  STATUS_ACCOUNT_LOCKED_OUT },
	{ "alice",  "Secret 1", STATUS_ACCOUNT_DISABLED, false, STATUS_ACCOUNT_DISABLED },
};

TEST(changes_refused)
{
	for (size_t n = 0; n < COUNT(refusals); n++) {
		char steps[256];

		begin();
		home.accounts[0].restriction = refusals[n].restriction;
		home.accounts[0].locked = refusals[n].locked;
		CHECK_U64(change(refusals[n].user, refusals[n].old, "new", false, steps), STATUS_WRONG_PASSWORD);
		CHECK_TEXT(steps, refusals[n].restriction ? "account attempt audit=bad settle=excused" :
		    "account attempt audit=bad settle=lost");
		CHECK_U64(change(refusals[n].user, refusals[n].old, "new", true, steps), refusals[n].trusted);
		end();
	}
}

TEST(changes)
{
	char steps[256], longer[258];

	begin();
	home.accounts[0].restriction = STATUS_PASSWORD_MUST_CHANGE;
	CHECK_U64(change("alice", "Secret 1", "Secret 2", false, steps), STATUS_SUCCESS);
	CHECK_TEXT(steps, "account attempt settle=won set_key");
	CHECK_U64(change("alice", "Secret 1", "Secret 3", false, steps), STATUS_WRONG_PASSWORD);
	CHECK_U64(change("alice", "Secret 2", "", false, steps), STATUS_SUCCESS);
	memset(longer, 'x', sizeof longer);
	longer[257] = 0;
	CHECK_U64(change("alice", "", longer, false, steps), STATUS_PASSWORD_RESTRICTION);
	CHECK_TEXT(steps, "");
	CHECK_U64(change("", "", "new", false, steps), STATUS_INVALID_PARAMETER);
	end();
}

TEST(change_as_a_message)
{
	struct body b = { .text = 80 };
	struct message_result r;
	char longer[258];

	begin();
	put_u32(b.at, 5);
	utf16(&b, 24, "alice");
	utf16(&b, 40, "Secret 1");
	utf16(&b, 56, "Secret 2");
	CHECK_U64(ask(bytes_of(b.at, b.text), false, &r), STATUS_SUCCESS);
	CHECK_U64(r.verdict, STATUS_SUCCESS);
	CHECK_U64(r.body.len, 0);
	CHECK_U64(ask(bytes_of(b.at, b.text), false, &r), STATUS_SUCCESS);
	CHECK_U64(r.verdict, STATUS_WRONG_PASSWORD);
	memset(longer, 'x', sizeof longer);
	longer[257] = 0;
	b.text = 80;
	utf16(&b, 24, "alice");
	string(&b, 56, BYTES_NONE);
	string(&b, 40, BYTES_NONE);
	{
		uint8_t text[600];

		string(&b, 56, fake_utf16(text, sizeof text, longer));
	}
	CHECK_U64(ask(bytes_of(b.at, b.text), false, &r), STATUS_SUCCESS);
	CHECK_U64(r.verdict, STATUS_PASSWORD_RESTRICTION);
	CHECK_U64(r.body.len, 32);
	end();
}

int
main(void)
{
	RUN(challenge);
	RUN(who_is_logged_on);
	RUN(numbers);
	RUN(response_of_version_2);
	RUN(response_of_version_1);
	RUN(primary_password);
	RUN(strings_that_lie_elsewhere);
	RUN(changes_refused);
	RUN(changes);
	RUN(change_as_a_message);
	return check_end();
}
