/*
 * ntlm_mitm_test.c - somebody between two peers: what was taken out, put in,
 * carried elsewhere or sent again is refused, and with which status. Covers pkg/ntlm/ntlm_peer.c and
 * pkg/ntlm/ntlm_name.c (targets, reflections).
 */
#include "tests/pkg/ntlm/fake_lsa.h"

#include <stdlib.h>

#include <sspi.h>

#include "pkg/ntlm/ntlm_lsa.h"
#include "tests/check.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define ALL (ISC_REQ_INTEGRITY | ISC_REQ_CONFIDENTIALITY)

static struct fake_machine home, other;
static struct fake_side client, server;

static void
begin(void)
{
	fake_open(&home, "HOME", "home.example.net");
	fake_open(&other, "OTHER", "other.example.net");
	fake_account(&home, "alice", "Secret 1");
	CHECK_U64(fake_side(&client, &other, false, "alice", "HOME", "Secret 1"), STATUS_SUCCESS);
	CHECK_U64(fake_side(&server, &home, true, NULL, NULL, NULL), STATUS_SUCCESS);
}

static void
again(void)
{
	fake_again(&client);
	fake_again(&server);
}

static void
end(void)
{
	fake_leave(&client);
	fake_leave(&server);
	fake_close(&home);
	fake_close(&other);
}

static struct bytes
token_of(const struct fake_side *s)
{
	return bytes_of(s->token, s->len);
}

/* Who stands between; each may change a message on its way. NULL: as it is. */
typedef void meddle(uint8_t *token, size_t *len);

static NTSTATUS
talk(meddle *first, meddle *second, meddle *third)
{
	if (fake_leg(&client, BYTES_NONE) < 0)
		return client.status;
	if (first)
		first(client.token, &client.len);
	if (fake_leg(&server, token_of(&client)) < 0)
		return server.status;
	if (second)
		second(server.token, &server.len);
	if (fake_leg(&client, token_of(&server)) < 0)
		return client.status;
	if (third)
		third(client.token, &client.len);
	return fake_leg(&server, token_of(&client));
}

static bool
says(const char *text, const char *what)
{
	return strstr(text, what) != NULL;
}

/* --- S1: the MIC cannot be taken away ----------------------------------------- */

static void
rewrite(uint8_t *token, size_t *len, bool version, bool mic)
{
	uint8_t copy[FAKE_TOKEN];
	struct authenticate m;
	struct writer w = writer_of(token, FAKE_TOKEN);

	bytes_copy(copy, token, *len);
	CHECK(authenticate_take(&m, bytes_of(copy, *len)));
	if (!version) {
		m.version = BYTES_NONE;
		m.flags &= ~NTLM_NEGOTIATE_VERSION;
	}
	m.has_mic = mic;
	CHECK(authenticate_put(&w, &m));
	*len = w.need;
}

static void without_mic(uint8_t *t, size_t *len) { rewrite(t, len, true, false); }
static void without_mic_and_version(uint8_t *t, size_t *len) { rewrite(t, len, false, false); }
static void zero_mic(uint8_t *t, size_t *len) { rewrite(t, len, true, true); }
static void zero_mic_no_version(uint8_t *t, size_t *len) { rewrite(t, len, false, true); }

/* SIGN is bit 4 of the flags, which stand at 12, 20 and 60. */
static void sign_1(uint8_t *t, size_t *len) { (void)len; t[12] &= (uint8_t)~NTLM_NEGOTIATE_SIGN; }
static void sign_2(uint8_t *t, size_t *len) { (void)len; t[20] &= (uint8_t)~NTLM_NEGOTIATE_SIGN; }
static void sign_3(uint8_t *t, size_t *len) { (void)len; t[60] &= (uint8_t)~NTLM_NEGOTIATE_SIGN; }

static void
av_flags_3(uint8_t *token, size_t *len)
{
	struct authenticate m;
	struct ntlm2_response r;
	struct bytes value;

	CHECK(authenticate_take(&m, bytes_of(token, *len)) && ntlm2_response_take(&r, m.nt));
	CHECK(av_get(&r.pairs, AV_FLAGS, &value));
	token[value.at - token] = 0;
	rewrite(token, len, true, false);
}

/* The timestamp goes, so that the client sends no MIC. */
static void
no_timestamp(uint8_t *token, size_t *len)
{
	uint8_t copy[FAKE_TOKEN], info[2048];
	struct challenge m;
	struct av_pairs p;
	struct bytes value;
	struct writer w = writer_of(info, sizeof info);

	bytes_copy(copy, token, *len);
	CHECK(challenge_take(&m, bytes_of(copy, *len)) && av_take(&p, m.target_info));
	for (enum av_id id = AV_NB_COMPUTER; id < AV_TIMESTAMP; id++)
		if (av_get(&p, id, &value))
			CHECK(av_put(&w, id, value));
	av_put_end(&w);
	m.target_info = bytes_of(info, w.need);
	w = writer_of(token, FAKE_TOKEN);
	CHECK(challenge_put(&w, &m));
	*len = w.need;
}

static void
no_target_info(uint8_t *token, size_t *len)
{
	uint8_t copy[FAKE_TOKEN];
	struct challenge m;
	struct writer w = writer_of(token, FAKE_TOKEN);

	bytes_copy(copy, token, *len);
	CHECK(challenge_take(&m, bytes_of(copy, *len)));
	m.target_info = BYTES_NONE;
	m.flags &= ~NTLM_NEGOTIATE_TARGET_INFO;
	CHECK(challenge_put(&w, &m));
	*len = w.need;
}

static const struct {
	meddle *first, *second, *third;
	NTSTATUS status;
} meddlings[] = {
	{ NULL,   NULL,           without_mic,		   SEC_E_MESSAGE_ALTERED },
	{ NULL,   NULL,           without_mic_and_version, SEC_E_MESSAGE_ALTERED },
	{ NULL,   NULL,           zero_mic,		   SEC_E_MESSAGE_ALTERED },
	{ NULL,   NULL,           zero_mic_no_version,	   SEC_E_MESSAGE_ALTERED },
	{ NULL,   NULL,           av_flags_3,		   STATUS_LOGON_FAILURE },
	{ NULL,   no_timestamp,   NULL,			   SEC_E_MESSAGE_ALTERED },
	{ NULL,   no_target_info, NULL,			   SEC_E_UNSUPPORTED_FUNCTION },
	{ sign_1, NULL,           NULL,			   SEC_E_UNSUPPORTED_FUNCTION },
	{ NULL,   sign_2,         NULL,			   SEC_E_UNSUPPORTED_FUNCTION },
	{ NULL,   NULL,           sign_3,		   SEC_E_MESSAGE_ALTERED },
	{ sign_1, sign_2,         sign_3,		   SEC_E_UNSUPPORTED_FUNCTION },
};

TEST(what_is_taken_out)
{
	begin();
	client.wants = ALL;
	CHECK_U64(talk(NULL, NULL, NULL), STATUS_SUCCESS);
	again();
	for (size_t n = 0; n < COUNT(meddlings); n++) {
		NTSTATUS got = talk(meddlings[n].first, meddlings[n].second, meddlings[n].third);

		if (!CHECK_U64(got, meddlings[n].status))
			fprintf(stderr, "  meddling %zu: %s%s", n, server.trusted, client.caller);
		if (meddlings[n].status == SEC_E_MESSAGE_ALTERED)
			CHECK_TEXT(server.steps, "account attempt audit=bad settle=none");
		CHECK(!server.half);
		again();
	}
	CHECK_U64(home.lost, 1);	/* the edited AvFlags alone were a wrong proof */
	end();
}

/* --- peers of another make: no MIC, or none of version 2 ------------------------- */

/* An answer as curl makes it: the target information as it came, no MIC. */
static void
answer_plainly(const char *user, const char *password, struct bytes challenge, const uint8_t *proof_instead, struct fake_side *to)
{
	uint8_t text[512], text2[512], nt[2048];
	struct bytes name = fake_utf16(text, sizeof text, user);
	struct nt_hash hash = nt_hash_of_password(fake_utf16(text2, sizeof text2, password));
	struct challenge in;
	struct av_pairs p;
	struct ntlm2_blob blob = { .client = { { 1, 2, 3 } } };
	struct ntlm2_key key;
	struct ntlm_proof proof;
	uint8_t lm[24] = { 0 };
	struct writer w = writer_of(nt + 16, sizeof nt - 16);
	struct authenticate m = { .version = BYTES_NONE };

	CHECK(challenge_take(&in, challenge) && av_take(&p, in.target_info) && av_timestamp(&p, &blob.time));
	blob.pairs = in.target_info;
	ntlm2_blob_put(&w, &blob);
	CHECK(ntlm2_key_of(&key, &hash, name, BYTES_NONE));
	proof = ntlm2_proof_of(&key, in.challenge, bytes_of(nt + 16, w.need));
	bytes_copy(nt, proof_instead ? proof_instead : proof.b, 16);
	m.flags = in.flags & ~(NTLM_NEGOTIATE_VERSION | NTLM_NEGOTIATE_KEY_EXCH);
	m.user = name;
	m.lm = bytes_of(lm, sizeof lm);
	m.nt = bytes_of(nt, 16 + w.need);
	w = writer_of(to->token, sizeof to->token);
	CHECK(authenticate_put(&w, &m) && writer_ok(&w));
	to->len = w.need;
}

static NTSTATUS
talk_plainly(const char *user, const char *password, const uint8_t *proof)
{
	CHECK_U64(fake_leg(&client, BYTES_NONE), SEC_I_CONTINUE_NEEDED);
	CHECK_U64(fake_leg(&server, token_of(&client)), SEC_I_CONTINUE_NEEDED);
	answer_plainly(user, password, token_of(&server), proof, &client);
	return fake_leg(&server, token_of(&client));
}

TEST(a_peer_without_mic)
{
	begin();
	CHECK_U64(talk_plainly("alice", "Secret 1", NULL), STATUS_SUCCESS);
	CHECK_TEXT(server.caller, "peer sent no MIC\n");
	again();
	CHECK_U64(talk_plainly("alice", "wrong", NULL), STATUS_LOGON_FAILURE);
	again();
	home.rules[RULE_NTLM_REQUIRE_MIC] = 1;
	CHECK_U64(talk_plainly("alice", "Secret 1", NULL), SEC_E_MESSAGE_ALTERED);
	CHECK(says(server.caller, "ntlm-require-mic"));
	again();
	CHECK_U64(talk(NULL, NULL, NULL), STATUS_SUCCESS);
	end();
}

TEST(a_clock_that_is_off)
{
	begin();
	CHECK_U64(fake_leg(&client, BYTES_NONE), SEC_I_CONTINUE_NEEDED);
	CHECK_U64(fake_leg(&server, token_of(&client)), SEC_I_CONTINUE_NEEDED);
	CHECK_U64(fake_leg(&client, token_of(&server)), STATUS_SUCCESS);
	home.now += NTLM_SKEW + 1;
	CHECK_U64(fake_leg(&server, token_of(&client)), SEC_E_TIME_SKEW);
	CHECK_U64(home.released, 1);
	end();
}

TEST(proofs_that_are_none)
{
	static const uint8_t zero[16];

	begin();
	CHECK_U64(talk_plainly("alice", "Secret 1", zero), STATUS_LOGON_FAILURE);
	again();
	CHECK_U64(talk_plainly("nobody", "", NULL), STATUS_LOGON_FAILURE);
	again();
	CHECK_U64(talk_plainly("", "", NULL), STATUS_LOGON_FAILURE);
	again();
	CHECK_U64(talk_plainly("alice", "", NULL), STATUS_LOGON_FAILURE);
	again();
	CHECK_U64(home.lost, 4);
	CHECK_U64(home.won, 0);
	end();
}

/* Parts of a response: blank, LM alone, version 1. None is evaluated. */
static void
answer_in_part(size_t nt_len, size_t lm_len)
{
	static const uint8_t some[24] = { 1 };
	uint8_t copy[FAKE_TOKEN];
	struct authenticate m;
	struct writer w = writer_of(client.token, sizeof client.token);

	bytes_copy(copy, client.token, client.len);
	CHECK(authenticate_take(&m, bytes_of(copy, client.len)));
	m.nt = bytes_of(some, nt_len);
	m.lm = bytes_of(some, lm_len);
	CHECK(authenticate_put(&w, &m));
	client.len = w.need;
}

static void blank(uint8_t *t, size_t *len) { (void)t; (void)len; answer_in_part(0, 0); }
static void one_byte(uint8_t *t, size_t *len) { (void)t; (void)len; answer_in_part(0, 1); }
static void lm_alone(uint8_t *t, size_t *len) { (void)t; (void)len; answer_in_part(0, 24); }
static void version_1(uint8_t *t, size_t *len) { (void)t; (void)len; answer_in_part(24, 24); }

TEST(responses_that_are_none)
{
	static meddle *const parts[] = { blank, one_byte, lm_alone, version_1 };

	begin();
	for (size_t n = 0; n < COUNT(parts); n++) {
		CHECK_U64(talk(NULL, NULL, parts[n]), STATUS_LOGON_FAILURE);
		CHECK_TEXT(server.steps, "audit=bad settle=none");
		CHECK(!server.half);
		again();
	}
	home.rules[RULE_NTLM_V1] = 1;
	CHECK_U64(talk(NULL, NULL, version_1), STATUS_LOGON_FAILURE);
	CHECK_TEXT(server.steps, "account attempt audit=bad settle=lost");
	end();
}

/* Policy on both sides: version 1 is made, with and without extended session security, and accepted. */
TEST(version_1_by_policy)
{
	for (unsigned ess = 0; ess < 2; ess++) {
		struct user_facts mine, theirs;
		uint8_t challenge[FAKE_TOKEN], answer[FAKE_TOKEN];
		size_t len;

		begin();
		home.rules[RULE_NTLM_V1] = other.rules[RULE_NTLM_V1] = 1;
		client.wants = ISC_REQ_INTEGRITY;
		CHECK_U64(fake_leg(&client, BYTES_NONE), SEC_I_CONTINUE_NEEDED);
		if (!ess)
			client.token[14] &= (uint8_t)~(NTLM_NEGOTIATE_ESS >> 16);
		CHECK_U64(fake_leg(&server, token_of(&client)), SEC_I_CONTINUE_NEEDED);
		len = server.len;
		bytes_copy(challenge, server.token, len);
		no_target_info(challenge, &len);
		CHECK_U64(fake_leg(&client, bytes_of(challenge, len)), STATUS_SUCCESS);
		CHECK(says(client.caller, "version 1"));
		bytes_copy(answer, client.token, client.len);
		CHECK_U64(fake_leg(&server, bytes_of(answer, client.len)), STATUS_SUCCESS);
		CHECK(says(server.caller, "no MIC"));
		if (server.half && client.half) {
			ntlm_user.facts(client.half, &mine);
			ntlm_user.facts(server.half, &theirs);
			CHECK(bytes_same(mine.session_key, theirs.session_key));
		}
		end();
	}
}

/* --- S3: each flag in each message ---------------------------------------------- */

static size_t flip_at, flip_bit;

static void
flip(uint8_t *token, size_t *len)
{
	(void)len;
	token[flip_at + flip_bit / 8] ^= (uint8_t)(1u << flip_bit % 8);
}

static char
letter(NTSTATUS status)
{
	switch (status) {
	case STATUS_SUCCESS:		 return '!';
	case SEC_E_MESSAGE_ALTERED:	 return 'M';
	case SEC_E_UNSUPPORTED_FUNCTION: return 'U';
	case SEC_E_INVALID_TOKEN:	 return 'T';
	case STATUS_LOGON_FAILURE:	 return 'L';
	default:			 return '?';
	}
}

/*
 * By bit, 0 first: M the MIC shows it at the end, U what was asked for is
 * not had any more, T the message makes no sense now. Success is '!', and is
 * nowhere.
 */
static const struct {
	uint32_t wants;
	const char *outcome[3];
} flips[] = {
	{ ALL, {
		"UMMMUUMMMMMMMMMMMMMUMMMMMMMMMUMM",
		"UMMMUUMMMMMMMMMMMMMUMMMUMMMMMUMM",
		"TMMMMMMMMMMMMMMMMMMUMMMMMMMMMUMM" } },
	{ 0, {
		"UMMMMMMMMMMMMMMMMMMUMMMMMMMMMMMM",
		"UMMMMMMMMMMMMMMMMMMUMMMUMMMMMMMM",
		"TMMMMMMMMMMMMMMMMMMUMMMMMMMMMMMM" } },
};

TEST(each_flag_of_each_message)
{
	static const size_t at[3] = { 12, 20, 60 };

	begin();
	for (size_t n = 0; n < COUNT(flips); n++)
		for (size_t m = 0; m < 3; m++) {
			char got[33] = { 0 };

			client.wants = flips[n].wants;
			flip_at = at[m];
			for (flip_bit = 0; flip_bit < 32; flip_bit++) {
				got[flip_bit] = letter(talk(m == 0 ? flip : NULL, m == 1 ? flip : NULL, m == 2 ? flip : NULL));
				again();
			}
			CHECK_TEXT(got, flips[n].outcome[m]);
			CHECK(!strchr(got, '!') && !strchr(got, '?'));
		}
	end();
}

/* --- S2: another target, a reflection, another channel ----------------------------- */

static const struct {
	const char *target;
	NTSTATUS by_rule[3];
	bool said;		/* by rule 1 */
} targets[] = {
	{ "host/home",			 { 0, 0, 0 },			false },
	{ "HTTP/Home.Example.Net",	 { 0, 0, 0 },			false },
	{ "cifs/home.example.net.:445",	 { 0, 0, 0 },			false },
	{ "ldap/home/example.net@EXAMPLE", { 0, 0, 0 },			false },
	{ "HTTP/localhost:8080",	 { 0, 0, 0 },			false },
	{ "HTTP/127.0.0.1",		 { 0, 0, 0 },			false },
	{ "HTTP/[::1]:80",		 { 0, 0, 0 },			false },
	{ "home",			 { 0, 0, 0 },			false },
	{ NULL,				 { 0, 0, SEC_E_WRONG_PRINCIPAL }, false },
	{ "host/elsewhere",		 { 0, 0, SEC_E_WRONG_PRINCIPAL }, true },
	{ "host/home.example.org",	 { 0, 0, SEC_E_WRONG_PRINCIPAL }, true },
	{ "host/home2",			 { 0, 0, SEC_E_WRONG_PRINCIPAL }, true },
	{ "elsewhere/home2/home",	 { 0, 0, SEC_E_WRONG_PRINCIPAL }, true },
	{ "host/",			 { 0, 0, SEC_E_WRONG_PRINCIPAL }, true },
	{ "host/\xc3\xa4\x1b[2J",	 { 0, 0, SEC_E_WRONG_PRINCIPAL }, true },
};

TEST(other_targets)
{
	begin();
	for (size_t n = 0; n < COUNT(targets); n++)
		for (uint32_t rule = 0; rule < 3; rule++) {
			home.rules[RULE_NTLM_TARGET] = rule;
			client.target = targets[n].target;
			if (!CHECK_U64(talk(NULL, NULL, NULL), targets[n].by_rule[rule]))
				fprintf(stderr, "  target %s rule %u\n", targets[n].target, rule);
			CHECK(says(server.caller, "peer named target") == (rule >= 1 && targets[n].said));
			CHECK(!strchr(server.caller, '\x1b'));
			if (server.status)
				CHECK_TEXT(server.steps, "account attempt audit=bad settle=none");
			again();
		}
	end();
}

/*
 * Client and server on one machine. `near`: in one process. A target that
 * names somebody else and an answer that is here is a reflection, unless one
 * program talks to itself.
 */
static const struct {
	const char *target;
	bool near;
	NTSTATUS by_rule[3];
} reflections[] = {
	{ NULL,			 true,  { 0, 0, 0 } },
	{ NULL,			 false, { 0, 0, 0 } },
	{ "host/home",		 true,  { 0, 0, 0 } },
	{ "host/home",		 false, { 0, 0, 0 } },
	{ "HTTP/localhost",	 false, { 0, 0, 0 } },
	{ "cifs/elsewhere",	 true,  { 0, 0, SEC_E_WRONG_PRINCIPAL } },
	{ "cifs/elsewhere",	 false, { 0, SEC_E_WRONG_PRINCIPAL, SEC_E_WRONG_PRINCIPAL } },
};

TEST(reflections_to_oneself)
{
	begin();
	fake_leave(&client);
	CHECK_U64(fake_side(&client, &home, false, "alice", "HOME", "Secret 1"), STATUS_SUCCESS);
	for (size_t n = 0; n < COUNT(reflections); n++)
		for (uint32_t rule = 0; rule < 3; rule++) {
			home.rules[RULE_NTLM_LOOPBACK] = rule;
			client.target = reflections[n].target;
			client.process = reflections[n].near ? server.process : server.process + 1;
			if (!CHECK_U64(talk(NULL, NULL, NULL), reflections[n].by_rule[rule]))
				fprintf(stderr, "  reflection %zu rule %u\n", n, rule);
			CHECK(says(server.caller, "reflected") == (reflections[n].by_rule[rule] != 0));
			again();
		}
	end();
}

/* Two servers with the same accounts: what was for one is carried to the other. */
TEST(relay_to_another_server)
{
	struct fake_side wanted;

	begin();
	fake_account(&other, "alice", "Secret 1");
	CHECK_U64(fake_side(&wanted, &other, true, NULL, NULL, NULL), STATUS_SUCCESS);
	client.target = "host/other";
	CHECK_U64(fake_leg(&client, BYTES_NONE), SEC_I_CONTINUE_NEEDED);
	CHECK_U64(fake_leg(&wanted, token_of(&client)), SEC_I_CONTINUE_NEEDED);
	CHECK_U64(fake_leg(&server, token_of(&client)), SEC_I_CONTINUE_NEEDED);
	CHECK_U64(fake_leg(&client, token_of(&wanted)), STATUS_SUCCESS);
	/* An answer to another challenge proves nothing. */
	CHECK_U64(fake_leg(&server, token_of(&client)), STATUS_LOGON_FAILURE);
	CHECK_U64(fake_leg(&wanted, token_of(&client)), STATUS_SUCCESS);
	/* And the same answer once more neither. */
	fake_again(&wanted);
	fake_again(&client);
	CHECK_U64(fake_leg(&client, BYTES_NONE), SEC_I_CONTINUE_NEEDED);
	CHECK_U64(fake_leg(&wanted, token_of(&client)), SEC_I_CONTINUE_NEEDED);
	fake_leave(&wanted);
	end();
}

/* SEC_CHANNEL_BINDINGS with nothing but application data. */
static struct bytes
bindings(uint8_t to[48], uint8_t fill)
{
	struct writer w = writer_of(to, 48);

	writer_zeros(&w, 24);
	writer_u32(&w, 16);
	writer_u32(&w, 32);
	for (unsigned n = 0; n < 16; n++)
		writer_u8(&w, fill);
	return bytes_of(to, 48);
}

static const struct {
	uint8_t client, server;		/* 0: none */
	NTSTATUS by_rule[3];
	bool said;
} channels[] = {
	{ 0, 0, { 0, 0, 0 }, false },
	{ 1, 0, { 0, 0, 0 }, false },
	{ 0, 1, { 0, 0, SEC_E_BAD_BINDINGS }, true },
	{ 1, 1, { 0, 0, 0 }, false },
	{ 1, 2, { 0, SEC_E_BAD_BINDINGS, SEC_E_BAD_BINDINGS }, false },
};

TEST(channel_bindings)
{
	uint8_t mine[48], theirs[48];

	begin();
	for (size_t n = 0; n < COUNT(channels); n++)
		for (uint32_t rule = 0; rule < 3; rule++) {
			home.rules[RULE_NTLM_BINDINGS] = rule;
			client.bindings = channels[n].client ? bindings(mine, channels[n].client) : BYTES_NONE;
			server.bindings = channels[n].server ? bindings(theirs, channels[n].server) : BYTES_NONE;
			if (!CHECK_U64(talk(NULL, NULL, NULL), channels[n].by_rule[rule]))
				fprintf(stderr, "  channel %zu rule %u\n", n, rule);
			CHECK(says(server.caller, "allows") == (rule == 1 && channels[n].said));
			again();
		}
	client.bindings = bytes_of_text("too short");
	CHECK_U64(fake_leg(&client, BYTES_NONE), SEC_E_INVALID_TOKEN);
	end();
}

/* --- every prefix and every byte --------------------------------------------------- */

/* The same acceptor once more, before its last leg. */
static struct ntlm_context *
copy_of(const struct ntlm_context *ctx)
{
	size_t len = sizeof *ctx->talk + ctx->talk->negotiate_len + ctx->talk->challenge_len + ctx->talk->target_len;
	struct ntlm_context *copy = malloc(sizeof *copy);

	if (!copy)
		abort();
	*copy = *ctx;
	copy->talk = malloc(len);
	if (!copy->talk)
		abort();
	memcpy(copy->talk, ctx->talk, len);
	return copy;
}

static NTSTATUS
try(const struct ntlm_context *ctx, const uint8_t *token, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);		/* so that a sanitizer sees one byte too many */
	NTSTATUS status;

	if (!exact)
		abort();
	bytes_copy(exact, token, len);
	server.context = copy_of(ctx);
	status = fake_leg(&server, bytes_of(exact, len));
	free(exact);
	fake_again(&server);
	return status;
}

TEST(every_prefix_and_every_byte)
{
	struct ntlm_context *ctx;
	unsigned passed = 0, odd = 0;

	begin();
	client.wants = ALL;
	client.target = "host/home";
	CHECK_U64(fake_leg(&client, BYTES_NONE), SEC_I_CONTINUE_NEEDED);
	CHECK_U64(fake_leg(&server, token_of(&client)), SEC_I_CONTINUE_NEEDED);
	CHECK_U64(fake_leg(&client, token_of(&server)), STATUS_SUCCESS);
	ctx = server.context;
	server.context = NULL;
	CHECK_U64(try(ctx, client.token, client.len), STATUS_SUCCESS);
	for (size_t len = 0; len < client.len; len++)
		passed += try(ctx, client.token, len) >= 0;
	for (size_t n = 0; n < client.len; n++)
		for (unsigned x = 1; x < 256; x += n < 88 ? 1 : 37) {
			NTSTATUS got;

			client.token[n] ^= (uint8_t)x;
			got = try(ctx, client.token, client.len);
			client.token[n] ^= (uint8_t)x;
			passed += got >= 0;
			odd += letter(got) == '?';
		}
	CHECK_U64(passed, 0);
	CHECK_U64(odd, 0);
	CHECK_U64(try(ctx, client.token, client.len), STATUS_SUCCESS);
	CHECK_U64(home.sessions, 0);
	ntlm_lsa.forget_context(ctx);
	end();
}

int
main(void)
{
	RUN(what_is_taken_out);
	RUN(a_peer_without_mic);
	RUN(a_clock_that_is_off);
	RUN(proofs_that_are_none);
	RUN(responses_that_are_none);
	RUN(version_1_by_policy);
	RUN(each_flag_of_each_message);
	RUN(other_targets);
	RUN(reflections_to_oneself);
	RUN(relay_to_another_server);
	RUN(channel_bindings);
	RUN(every_prefix_and_every_byte);
	return check_end();
}
