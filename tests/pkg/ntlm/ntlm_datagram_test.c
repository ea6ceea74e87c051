/*
 * ntlm_datagram_test.c - connectionless NTLM, [MS-NLMP] 3.1.5.2, 3.2.5.2 and
 * 3.4: the acceptor speaks first, no NEGOTIATE, a key always exchanged, each
 * message a stream of its own. Covers the datagram branches of ntlm_init.c,
 * ntlm_accept.c, ntlm_lsa.c, ntlm_seal.c and ntlm_user.c. The messages come
 * from datagram_vectors.py, which knows nothing of the product.
 */
#include "tests/pkg/ntlm/fake_lsa.h"

#include <sspi.h>

#include "pkg/ntlm/ntlm_msg.h"
#include "pkg/ntlm/ntlm_seal.h"
#include "vectors.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define STRONG (NTLM_NEGOTIATE_SIGN | NTLM_NEGOTIATE_SEAL | NTLM_NEGOTIATE_ALWAYS_SIGN | NTLM_NEGOTIATE_ESS | \
		NTLM_NEGOTIATE_128 | NTLM_NEGOTIATE_KEY_EXCH | NTLM_NEGOTIATE_DATAGRAM)

static struct fake_machine home;
static struct fake_side client, server;

static void
begin(uint32_t client_wants, uint32_t server_wants)
{
	fake_open(&home, "HOME", "home.example.net");
	fake_account(&home, "alice", "Secret 1");
	CHECK_U64(fake_side(&client, &home, false, "alice", "HOME", "Secret 1"), STATUS_SUCCESS);
	CHECK_U64(fake_side(&server, &home, true, NULL, NULL, NULL), STATUS_SUCCESS);
	client.wants = client_wants;
	server.wants = server_wants;
}

static void
end(void)
{
	fake_leave(&client);
	fake_leave(&server);
	CHECK_U64(home.sessions, 0);
	fake_close(&home);
}

/* Up to the acceptor's last leg, which is the test's. */
static void
talk(void)
{
	CHECK_U64(fake_leg(&client, BYTES_NONE), SEC_I_CONTINUE_NEEDED);
	CHECK_U64(client.len, 0);
	CHECK_U64(fake_leg(&server, BYTES_NONE), SEC_I_CONTINUE_NEEDED);
	CHECK_U64(fake_leg(&client, bytes_of(server.token, server.len)), STATUS_SUCCESS);
}

static const struct session_key fives = { {
	0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
} };

/* Any order of numbers, sealed and signed mixed: each message stands alone. */
TEST(messages_of_another_witness)
{
	static const struct { const char *way; enum ntlm_side side; uint32_t number; } rows[] = {
		{ "client-to-server", NTLM_CLIENT, 4000000000u }, { "client-to-server", NTLM_CLIENT, 0 },
		{ "client-to-server", NTLM_CLIENT, 17 },	  { "client-to-server", NTLM_CLIENT, 1 },
		{ "server-to-client", NTLM_SERVER, 17 },	  { "server-to-client", NTLM_SERVER, 0 },
		{ "server-to-client", NTLM_SERVER, 4000000000u }, { "server-to-client", NTLM_SERVER, 1 },
	};
	static const char plain[] = "P\0l\0a\0i\0n\0t\0e\0x\0t";
	struct ntlm_seal from[2], to[2];

	for (int n = 0; n < 2; n++) {
		ntlm_seal_begin(&from[n], n ? NTLM_SERVER : NTLM_CLIENT, STRONG, &fives);
		ntlm_seal_begin(&to[n], n ? NTLM_CLIENT : NTLM_SERVER, STRONG, &fives);
	}
	for (size_t n = 0; n < COUNT(rows); n++) {
		int side = rows[n].side == NTLM_SERVER;
		uint8_t data[18], signature[16];
		struct ntlm_part part = { data, sizeof data, false };
		char name[64];

		bytes_copy(data, plain, sizeof data);
		ntlm_sign(&from[side], signature, &part, 1, rows[n].number);
		snprintf(name, sizeof name, "signature %s %u", rows[n].way, rows[n].number);
		CHECK_HEX(signature, 16, vector_text("datagram", name));
		CHECK_U64(ntlm_verify(&to[side], signature, &part, 1, rows[n].number), NTLM_GENUINE);
		ntlm_encrypt(&from[side], signature, &part, 1, rows[n].number);
		snprintf(name, sizeof name, "sealed %s %u", rows[n].way, rows[n].number);
		CHECK_HEX(data, sizeof data, vector_text("datagram", name));
		snprintf(name, sizeof name, "seal-signature %s %u", rows[n].way, rows[n].number);
		CHECK_HEX(signature, 16, vector_text("datagram", name));
		CHECK_U64(ntlm_decrypt(&to[side], signature, &part, 1, rows[n].number + 1), NTLM_OUT_OF_SEQUENCE);
		CHECK_U64(ntlm_decrypt(&to[side], signature, &part, 1, rows[n].number), NTLM_GENUINE);
		CHECK(memcmp(data, plain, sizeof data) == 0);
	}
}

TEST(the_acceptor_speaks_first)
{
	struct user_facts mine, theirs;
	struct authenticate m;
	struct challenge c;

	begin(ISC_REQ_DATAGRAM | ISC_REQ_CONFIDENTIALITY | ISC_REQ_REPLAY_DETECT, ASC_REQ_DATAGRAM | ASC_REQ_CONFIDENTIALITY);
	client.target = "host/home";
	talk();
	CHECK(challenge_take(&c, bytes_of(server.token, server.len)));
	CHECK(c.flags & NTLM_NEGOTIATE_DATAGRAM && c.flags & NTLM_NEGOTIATE_KEY_EXCH && c.flags & NTLM_NEGOTIATE_UNICODE);
	CHECK(!(c.flags & NTLM_NEGOTIATE_OEM));
	CHECK(authenticate_take(&m, bytes_of(client.token, client.len)));
	CHECK(m.flags & NTLM_NEGOTIATE_DATAGRAM && m.flags & NTLM_NEGOTIATE_KEY_EXCH);
	CHECK(m.has_mic && m.wrapped_key.len == 16);
	CHECK_U64(fake_leg(&server, bytes_of(client.token, client.len)), STATUS_SUCCESS);
	ntlm_user.facts(client.half, &mine);
	ntlm_user.facts(server.half, &theirs);
	CHECK(bytes_same(mine.session_key, theirs.session_key));
	CHECK_U64(client.grants, ISC_RET_DATAGRAM | ISC_RET_CONFIDENTIALITY | ISC_RET_INTEGRITY);
	CHECK_U64(server.grants, ASC_RET_DATAGRAM | ASC_RET_CONFIDENTIALITY | ASC_RET_INTEGRITY);
	end();
}

/* Even without protection a key is exchanged, 2.2.2.5. */
TEST(a_key_is_always_exchanged)
{
	struct user_facts mine, theirs;
	struct authenticate m;

	begin(ISC_REQ_DATAGRAM, ASC_REQ_DATAGRAM);
	talk();
	CHECK(authenticate_take(&m, bytes_of(client.token, client.len)));
	CHECK_U64(m.wrapped_key.len, 16);
	CHECK_U64(fake_leg(&server, bytes_of(client.token, client.len)), STATUS_SUCCESS);
	ntlm_user.facts(client.half, &mine);
	ntlm_user.facts(server.half, &theirs);
	CHECK(bytes_same(mine.session_key, theirs.session_key));
	CHECK_U64(server.grants, ASC_RET_DATAGRAM);
	end();
}

/* The MIC is over CHALLENGE and AUTHENTICATE: whoever changes the former is seen. */
TEST(a_changed_challenge_is_seen)
{
	begin(ISC_REQ_DATAGRAM, ASC_REQ_DATAGRAM);
	CHECK_U64(fake_leg(&client, BYTES_NONE), SEC_I_CONTINUE_NEEDED);
	CHECK_U64(fake_leg(&server, BYTES_NONE), SEC_I_CONTINUE_NEEDED);
	server.token[32] ^= 1;		/* reserved: nothing else notices */
	CHECK_U64(fake_leg(&client, bytes_of(server.token, server.len)), STATUS_SUCCESS);
	CHECK_U64(fake_leg(&server, bytes_of(client.token, client.len)), SEC_E_MESSAGE_ALTERED);
	CHECK_U64(home.sessions, 0);
	end();
}

TEST(a_wrong_password_is_a_guess)
{
	begin(ISC_REQ_DATAGRAM, ASC_REQ_DATAGRAM);
	fake_leave(&client);
	CHECK_U64(fake_side(&client, &home, false, "alice", "HOME", "wrong"), STATUS_SUCCESS);
	client.wants = ISC_REQ_DATAGRAM;
	talk();
	CHECK_U64(fake_leg(&server, bytes_of(client.token, client.len)), STATUS_LOGON_FAILURE);
	CHECK_U64(home.lost, 1);
	end();
}

/* Which flag is missing from the challenge, or from the answer. */
static const uint32_t needed[] = { NTLM_NEGOTIATE_DATAGRAM, NTLM_NEGOTIATE_KEY_EXCH };

TEST(flags_cannot_be_taken_back)
{
	for (size_t n = 0; n < COUNT(needed); n++) {
		uint32_t flags;

		begin(ISC_REQ_DATAGRAM, ASC_REQ_DATAGRAM);
		CHECK_U64(fake_leg(&client, BYTES_NONE), SEC_I_CONTINUE_NEEDED);
		CHECK_U64(fake_leg(&server, BYTES_NONE), SEC_I_CONTINUE_NEEDED);
		flags = get_u32(server.token + 20);
		put_u32(server.token + 20, flags & ~needed[n]);
		CHECK_U64(fake_leg(&client, bytes_of(server.token, server.len)), SEC_E_INVALID_TOKEN);
		CHECK_U64(client.len, 0);
		fake_again(&client);
		put_u32(server.token + 20, flags);
		CHECK_U64(fake_leg(&client, BYTES_NONE), SEC_I_CONTINUE_NEEDED);
		CHECK_U64(fake_leg(&client, bytes_of(server.token, server.len)), STATUS_SUCCESS);
		put_u32(client.token + 60, get_u32(client.token + 60) & ~needed[n]);
		CHECK_U64(fake_leg(&server, bytes_of(client.token, client.len)), SEC_E_INVALID_TOKEN);
		CHECK_TEXT(server.steps, "");
		end();
	}
}

TEST(the_two_kinds_do_not_mix)
{
	begin(0, ASC_REQ_DATAGRAM);
	CHECK_U64(fake_leg(&client, BYTES_NONE), SEC_I_CONTINUE_NEEDED);
	CHECK(client.len > 0);
	CHECK_U64(fake_leg(&server, bytes_of(client.token, client.len)), SEC_E_INVALID_TOKEN);
	CHECK(!server.context);
	CHECK_U64(fake_leg(&server, BYTES_NONE), SEC_I_CONTINUE_NEEDED);
	CHECK_U64(fake_leg(&client, bytes_of(server.token, server.len)), STATUS_SUCCESS);
	CHECK_U64(fake_leg(&server, bytes_of(client.token, client.len)), SEC_E_INVALID_TOKEN);
	CHECK_TEXT(server.steps, "");
	fake_again(&client);
	fake_again(&server);
	server.wants = 0;
	client.wants = ISC_REQ_DATAGRAM;
	CHECK_U64(fake_leg(&server, BYTES_NONE), SEC_E_INVALID_TOKEN);
	CHECK_U64(fake_leg(&client, bytes_of_text("token")), SEC_E_INVALID_TOKEN);
	home.rules[RULE_NTLM_ALLOWED] = 0;
	server.wants = ASC_REQ_DATAGRAM;
	CHECK_U64(fake_leg(&server, BYTES_NONE), SEC_E_NO_CREDENTIALS);
	end();
}

int
main(void)
{
	RUN(messages_of_another_witness);
	RUN(the_acceptor_speaks_first);
	RUN(a_key_is_always_exchanged);
	RUN(a_changed_challenge_is_seen);
	RUN(a_wrong_password_is_a_guess);
	RUN(flags_cannot_be_taken_back);
	RUN(the_two_kinds_do_not_mix);
	return check_end();
}
