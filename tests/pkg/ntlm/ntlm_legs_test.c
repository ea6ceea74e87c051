/*
 * ntlm_legs_test.c - both roles against each other, and what a refusal
 * looks like from outside: the same, whatever its cause.
 * Covers pkg/ntlm/ntlm_init.c, ntlm_accept.c, ntlm_lsa.c, ntlm_check.c.
 */
#include "tests/pkg/ntlm/fake_lsa.h"

#include <stdlib.h>

#include <sspi.h>

#include "pkg/ntlm/ntlm_msg.h"
#include "tests/check.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define ALL (ISC_REQ_INTEGRITY | ISC_REQ_CONFIDENTIALITY | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT)

static struct fake_machine home;
static struct fake_side client, server;

static void
begin(void)
{
	fake_open(&home, "HOME", "home.example.net");
	fake_account(&home, "alice", "Secret 1");
	fake_account(&home, "bob", "");
	fake_account(&home, "m\xc3\xbcller", "P\xc3\xa4ss");
}

static void
sides(const char *user, const char *domain, const char *password)
{
	CHECK_U64(fake_side(&client, &home, false, user, domain, password), STATUS_SUCCESS);
	CHECK_U64(fake_side(&server, &home, true, NULL, NULL, NULL), STATUS_SUCCESS);
}

static void
end(void)
{
	fake_leave(&client);
	fake_leave(&server);
	CHECK_U64(home.sessions, 0);
	fake_close(&home);
}

/* Three legs; the server's last status. */
static NTSTATUS
talk(void)
{
	CHECK_U64(fake_leg(&client, BYTES_NONE), SEC_I_CONTINUE_NEEDED);
	CHECK_U64(fake_leg(&server, bytes_of(client.token, client.len)), SEC_I_CONTINUE_NEEDED);
	CHECK_U64(fake_leg(&client, bytes_of(server.token, server.len)), STATUS_SUCCESS);
	return fake_leg(&server, bytes_of(client.token, client.len));
}

static bool
says(const char *text, const char *what)
{
	return strstr(text, what) != NULL;
}

/* --- what works ---------------------------------------------------------- */

TEST(plain_handshake)
{
	struct user_facts mine, theirs;

	begin();
	sides("alice", "HOME", "Secret 1");
	client.wants = ALL;
	client.target = "host/home";
	CHECK_U64(talk(), STATUS_SUCCESS);
	CHECK_U64(home.sessions, 1);
	CHECK_U64(home.won, 1);
	CHECK_U64(server.len, 0);
	CHECK_TEXT(server.steps, "account attempt settle=won logon audit=good");
	CHECK_TEXT(server.caller, "");
	CHECK_TEXT(client.caller, "");
	CHECK_U64(client.grants, ISC_RET_INTEGRITY | ISC_RET_CONFIDENTIALITY | ISC_RET_REPLAY_DETECT |
	    ISC_RET_SEQUENCE_DETECT);
	CHECK_U64(server.grants, ASC_RET_INTEGRITY | ASC_RET_CONFIDENTIALITY | ASC_RET_REPLAY_DETECT |
	    ASC_RET_SEQUENCE_DETECT);
	ntlm_user.facts(client.half, &mine);
	ntlm_user.facts(server.half, &theirs);
	CHECK(bytes_same(mine.session_key, theirs.session_key));
	CHECK(bytes_same(theirs.user, bytes_of_text("alice")));
	CHECK(bytes_same(theirs.domain, bytes_of_text("HOME")));
	CHECK(bytes_same(theirs.target, bytes_of_text("host/home")));
	CHECK(bytes_same(theirs.sid, bytes_of_text("S-1-5-21-1-2-3-1000")));
	CHECK(bytes_same(mine.target, bytes_of_text("host/home")));
	CHECK(bytes_same(mine.user, bytes_of_text("alice")));
	CHECK_U64(theirs.luid, 0x12345);
	CHECK(theirs.server && !mine.server);
	CHECK_U64(mine.key_bits, 128);
	end();
}

static const struct {
	const char *user, *domain, *password;
} names[] = {
	{ "alice", "", "Secret 1" },
	{ "alice@home.example.net", "", "Secret 1" },
	{ "alice@HOME", "", "Secret 1" },
	{ "m\xc3\xbcller", "home", "P\xc3\xa4ss" },
};

TEST(names_that_work)
{
	for (size_t n = 0; n < COUNT(names); n++) {
		begin();
		sides(names[n].user, names[n].domain, names[n].password);
		CHECK_U64(talk(), STATUS_SUCCESS);
		end();
	}
}

TEST(one_credential_many_contexts)
{
	begin();
	sides("alice", "HOME", "Secret 1");
	for (int n = 0; n < 3; n++) {
		CHECK_U64(talk(), STATUS_SUCCESS);
		fake_again(&client);
		fake_again(&server);
	}
	end();
}

/* No flag asked for: no key is exchanged, and the keys agree all the same. */
TEST(nothing_asked)
{
	struct user_facts mine, theirs;
	struct authenticate m;

	begin();
	sides("alice", "", "Secret 1");
	CHECK_U64(talk(), STATUS_SUCCESS);
	CHECK(authenticate_take(&m, bytes_of(client.token, client.len)));
	CHECK(m.has_mic);
	CHECK_U64(m.wrapped_key.len, 0);
	CHECK_U64(client.grants, 0);
	CHECK_U64(server.grants, 0);
	ntlm_user.facts(client.half, &mine);
	ntlm_user.facts(server.half, &theirs);
	CHECK(bytes_same(mine.session_key, theirs.session_key));
	end();
}

/* --- the client's credentials ----------------------------------------------- */

TEST(credentials_refused)
{
	char longer[300];
	struct fake_side s;

	begin();
	memset(longer, 'x', sizeof longer);
	longer[257] = 0;
	CHECK_U64(fake_side(&s, &home, false, NULL, NULL, NULL), SEC_E_NO_CREDENTIALS);
	CHECK(says(s.caller, "pass an identity"));
	CHECK_U64(fake_side(&s, &home, false, "alice", "", NULL), SEC_E_NO_CREDENTIALS);
	CHECK_U64(fake_side(&s, &home, false, "", "HOME", "x"), SEC_E_NO_CREDENTIALS);
	CHECK_U64(fake_side(&s, &home, false, longer, "", "x"), SEC_E_UNKNOWN_CREDENTIALS);
	CHECK_U64(fake_side(&s, &home, false, "alice", "", longer), SEC_E_UNKNOWN_CREDENTIALS);
	longer[256] = 0;
	CHECK_U64(fake_side(&s, &home, false, "alice", longer, "x"), SEC_E_UNKNOWN_CREDENTIALS);
	CHECK_U64(fake_side(&s, &home, false, longer, "", "x"), STATUS_SUCCESS);
	fake_leave(&s);
	home.rules[RULE_NTLM_ALLOWED] = 0;
	CHECK_U64(fake_side(&s, &home, true, NULL, NULL, NULL), SEC_E_NO_CREDENTIALS);
	CHECK(says(s.caller, "policy ntlm-allowed forbids NTLM"));
	home.rules[RULE_FIPS] = 1;
	CHECK_U64(fake_side(&s, &home, true, NULL, NULL, NULL), SEC_E_NO_CREDENTIALS);
	CHECK(says(s.caller, "FIPS mode"));
	fake_close(&home);
}

TEST(first_legs_refused)
{
	static const char bad[] = "\xff";

	begin();
	sides("alice", "", "Secret 1");
	CHECK_U64(fake_leg(&client, bytes_of_text("token")), SEC_E_INVALID_TOKEN);
	client.target = bad;
	CHECK_U64(fake_leg(&client, BYTES_NONE), SEC_E_INVALID_TOKEN);
	client.target = NULL;
	client.wants = ISC_REQ_PROMPT_FOR_CREDS;
	CHECK_U64(fake_leg(&client, BYTES_NONE), SEC_E_UNSUPPORTED_FUNCTION);
	CHECK(!client.context);
	CHECK_U64(fake_leg(&server, BYTES_NONE), SEC_E_INVALID_TOKEN);
	CHECK_U64(fake_leg(&server, bytes_of_text("NTLMSSP")), SEC_E_INVALID_TOKEN);
	CHECK(!server.context);
	end();
}

TEST(legs_out_of_order)
{
	begin();
	sides("alice", "", "Secret 1");
	CHECK_U64(talk(), STATUS_SUCCESS);
	CHECK_U64(fake_leg(&server, bytes_of(client.token, client.len)), SEC_E_OUT_OF_SEQUENCE);
	CHECK_U64(fake_leg(&client, BYTES_NONE), SEC_E_OUT_OF_SEQUENCE);
	fake_again(&client);
	CHECK_U64(fake_leg(&client, BYTES_NONE), SEC_I_CONTINUE_NEEDED);
	CHECK_U64(fake_leg(&client, bytes_of(client.token, client.len)), SEC_E_INVALID_TOKEN);
	CHECK_U64(fake_leg(&client, BYTES_NONE), SEC_E_OUT_OF_SEQUENCE);
	end();
}

/* --- refusals: one answer, the same steps ------------------------------------- */

static const struct {
	const char *user, *password;
	NTSTATUS restriction;
	bool locked;
	NTSTATUS cause;
	bool excused;			/* the password is right: not counted, and nobody can tell */
} refusals[] = {
	{ "alice",  "wrong",    0,			    false, STATUS_WRONG_PASSWORD, false },
	{ "alice",  "",         0,			    false, STATUS_WRONG_PASSWORD, false },
	{ "nobody", "Secret 1", 0,			    false, STATUS_NO_SUCH_USER, false },
	{ "nobody", "",         0,			    false, STATUS_NO_SUCH_USER, false },
	{ "alice@elsewhere", "Secret 1", 0,		    false, STATUS_NO_SUCH_USER, false },
	{ "alice",  "Secret 1", STATUS_ACCOUNT_DISABLED,    false, STATUS_ACCOUNT_DISABLED, true },
	{ "alice",  "wrong",    STATUS_ACCOUNT_DISABLED,    false, STATUS_WRONG_PASSWORD, false },
	{ "alice",  "Secret 1", STATUS_PASSWORD_MUST_CHANGE, false, STATUS_PASSWORD_MUST_CHANGE, true },
	{ "alice",  "Secret 1", 0,			    true,  STATUS_ACCOUNT_LOCKED_OUT, false },
	{ "alice",  "wrong",    0,			    true,  STATUS_ACCOUNT_LOCKED_OUT, false },
	{ "bob",    "",         0,			    false, STATUS_ACCOUNT_RESTRICTION, true },
};

TEST(refusals_look_alike)
{
	for (size_t n = 0; n < COUNT(refusals); n++) {
		begin();
		home.accounts[0].restriction = refusals[n].restriction;
		home.accounts[0].locked = refusals[n].locked;
		sides(refusals[n].user, "", refusals[n].password);
		CHECK_U64(talk(), STATUS_LOGON_FAILURE);
		CHECK_TEXT(server.caller, "STATUS_LOGON_FAILURE: the user name or password is not right, or the account "
		    "cannot be used\n");
		CHECK_TEXT(server.steps, refusals[n].excused ? "account attempt audit=bad settle=excused" :
		    "account attempt audit=bad settle=lost");
		CHECK_U64(server.pended, 1);
		CHECK_U64(home.audited, refusals[n].cause);
		CHECK(strlen(server.trusted) > strlen(server.caller));
		CHECK_U64(home.sessions, 0);
		CHECK_U64(home.lost, refusals[n].excused ? 0 : 1);
		CHECK_U64(home.excused, refusals[n].excused ? 1 : 0);
		CHECK_U64(fake_leg(&server, bytes_of(client.token, client.len)), SEC_E_OUT_OF_SEQUENCE);
		end();
	}
}

TEST(blank_password_where_policy_allows)
{
	begin();
	home.rules[RULE_LIMIT_BLANK] = 0;
	sides("bob", "", "");
	CHECK_U64(talk(), STATUS_SUCCESS);
	end();
}

/* An error is no grant, and neither is a session that cannot be made. */
TEST(errors_grant_nothing)
{
	begin();
	sides("alice", "", "Secret 1");
	home.store_broken = true;
	CHECK_U64(talk(), STATUS_INTERNAL_DB_ERROR);
	CHECK_TEXT(server.steps, "account");
	fake_again(&client);
	fake_again(&server);
	home.store_broken = false;
	home.no_sessions = true;
	CHECK_U64(talk(), STATUS_QUOTA_EXCEEDED);
	CHECK(!server.half);
	fake_again(&client);
	fake_again(&server);
	home.no_sessions = false;
	secret_drop(&home.accounts[0].hash);
	home.accounts[0].hash = secret_of(BYTES_NONE);	/* as in a forked child */
	CHECK_U64(talk(), STATUS_INTERNAL_ERROR);
	CHECK(!server.half);
	end();
}

/* Each piece of memory refused in turn: no grant, no session left, the credential goes on working. */
TEST(memory_runs_out)
{
	bool finished = false;

	begin();
	sides("alice", "HOME", "Secret 1");
	client.wants = ALL;
	client.target = "host/home";
	for (int n = 1; n < 60 && !finished; n++) {
		NTSTATUS status;

		fake_memory = n;
		status = fake_leg(&client, BYTES_NONE);
		if (status >= 0)
			status = fake_leg(&server, bytes_of(client.token, client.len));
		if (status >= 0)
			status = fake_leg(&client, bytes_of(server.token, server.len));
		if (status >= 0)
			status = fake_leg(&server, bytes_of(client.token, client.len));
		finished = fake_memory > 0;
		CHECK_U64(status, finished ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES);
		CHECK(finished || !server.half);
		fake_again(&client);
		fake_again(&server);
		CHECK_U64(home.sessions, 0);
	}
	fake_memory = -1;
	CHECK(finished);
	end();
}

/* --- anonymous ------------------------------------------------------------------ */

static const struct {
	uint32_t rule, wants;
	NTSTATUS status;
} anonymous[] = {
	{ 0, 0,				 STATUS_LOGON_FAILURE },
	{ 1, 0,				 STATUS_LOGON_FAILURE },
	{ 0, ASC_REQ_ALLOW_NULL_SESSION, STATUS_LOGON_FAILURE },
	{ 1, ASC_REQ_ALLOW_NULL_SESSION, STATUS_SUCCESS },
};

TEST(anonymous_needs_both)
{
	for (size_t n = 0; n < COUNT(anonymous); n++) {
		struct user_facts theirs;

		begin();
		sides("", "", "");
		home.rules[RULE_NTLM_ANONYMOUS] = anonymous[n].rule;
		server.wants = anonymous[n].wants;
		client.wants = ISC_REQ_INTEGRITY;
		CHECK_U64(talk(), anonymous[n].status);
		CHECK(client.grants == ISC_RET_NULL_SESSION);
		CHECK(says(client.caller, "protects nothing"));
		if (server.status == STATUS_SUCCESS) {
			CHECK_U64(server.grants, ASC_RET_NULL_SESSION);
			ntlm_user.facts(server.half, &theirs);
			CHECK(bytes_same(theirs.user, bytes_of_text("ANONYMOUS LOGON")));
		} else {
			CHECK(says(server.caller, "the user name or password is not right"));
			CHECK(says(server.trusted, "anonymous"));
			CHECK_TEXT(server.steps, "audit=bad settle=none");
		}
		end();
	}
}

TEST(null_session_by_flag)
{
	begin();
	sides("alice", "", "Secret 1");
	home.rules[RULE_NTLM_ANONYMOUS] = 1;
	server.wants = ASC_REQ_ALLOW_NULL_SESSION;
	client.wants = ISC_REQ_NULL_SESSION;
	CHECK_U64(talk(), STATUS_SUCCESS);
	CHECK_U64(client.grants, ISC_RET_NULL_SESSION);
	end();
}

/* --- what each side demands -------------------------------------------------------- */

TEST(acceptor_demands_protection)
{
	begin();
	sides("alice", "", "Secret 1");
	server.wants = ASC_REQ_INTEGRITY;
	CHECK_U64(talk(), SEC_E_UNSUPPORTED_FUNCTION);
	CHECK_TEXT(server.steps, "");
	end();
}

TEST(initiator_demands_protection)
{
	begin();
	sides("alice", "", "Secret 1");
	client.wants = ISC_REQ_CONFIDENTIALITY;
	CHECK_U64(fake_leg(&client, BYTES_NONE), SEC_I_CONTINUE_NEEDED);
	CHECK_U64(fake_leg(&server, bytes_of(client.token, client.len)), SEC_I_CONTINUE_NEEDED);
	server.token[20] &= (uint8_t)~NTLM_NEGOTIATE_SEAL;
	CHECK_U64(fake_leg(&client, bytes_of(server.token, server.len)), SEC_E_UNSUPPORTED_FUNCTION);
	CHECK_U64(client.len, 0);
	end();
}

int
main(void)
{
	RUN(plain_handshake);
	RUN(names_that_work);
	RUN(one_credential_many_contexts);
	RUN(nothing_asked);
	RUN(credentials_refused);
	RUN(first_legs_refused);
	RUN(legs_out_of_order);
	RUN(refusals_look_alike);
	RUN(blank_password_where_policy_allows);
	RUN(errors_grant_nothing);
	RUN(memory_runs_out);
	RUN(anonymous_needs_both);
	RUN(null_session_by_flag);
	RUN(acceptor_demands_protection);
	RUN(initiator_demands_protection);
	return check_end();
}
