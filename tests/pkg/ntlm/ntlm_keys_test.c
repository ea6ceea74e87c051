/*
 * ntlm_keys_test.c - the keys and responses of [MS-NLMP] 4.2, the captured
 * exchange with channel bindings, and what a flipped bit does (row S14).
 * Covers pkg/ntlm/ntlm_keys.c.
 */
#include "pkg/ntlm/ntlm_keys.h"

#include "crypto/bindings.h"
#include "crypto/legacy.h"
#include "vectors.h"

static const uint8_t server[8] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef };
static const uint8_t client[8] = { 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa };
static const struct session_key fives = { {
	0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
} };

#define CHECK_VECTOR(v, group, name) CHECK_HEX((v).b, sizeof (v).b, vector_text(group, name))

TEST(version_1)
{
	struct nt_hash nt = nt_hash_of_password(from_text("Password"));
	struct base_key base = ntlm1_base_key_of(&nt);
	struct lm_response lm = { { 0 } };		/* none is made */
	struct ntlm1_response response = ntlm1_response_of(&nt, server);
	struct exchange_key kx = ntlm1_exchange_key_of(&base, 0, &lm, server);
	struct wrapped_key wrapped = session_key_wrap(&fives, &kx);
	struct session_key key = session_key_unwrap(&wrapped, &kx);

	CHECK_VECTOR(nt, "v1", "ResponseKeyNT");
	CHECK_VECTOR(base, "v1", "SessionBaseKey");
	CHECK_VECTOR(response, "v1", "NTLMv1Response");
	CHECK_VECTOR(kx, "v1", "SessionBaseKey");
	CHECK_VECTOR(wrapped, "v1", "EncryptedSessionKey1");
	CHECK_HEX(key.b, 16, "55555555555555555555555555555555");
}

/* 4.2.3.2: version 1 with extended session security. */
TEST(version_1_with_ess)
{
	struct nt_hash nt = nt_hash_of_password(from_text("Password"));
	struct base_key base = ntlm1_base_key_of(&nt);
	struct lm_response lm = ntlm1_ess_lm_of(client);
	struct ntlm1_response response = ntlm1_ess_response_of(&nt, server, client);
	struct exchange_key kx = ntlm1_exchange_key_of(&base, NTLM_NEGOTIATE_ESS, &lm, server);

	CHECK_HEX(lm.b, 24, "aaaaaaaaaaaaaaaa00000000000000000000000000000000");
	CHECK_HEX(response.b, 24, "7537f803ae367128ca458204bde7caf81e97ed2683267232");
	CHECK_VECTOR(kx, "wrap-v1-ess", "KeyExchangeKey");
}

TEST(version_2)
{
	struct nt_hash nt = nt_hash_of_password(from_text("Password"));
	struct ntlm2_key v2;
	struct ntlm2_blob blob = { .time = 0, .pairs = vector("v2", "TargetInfo") };
	struct ntlm_proof proof;
	struct lm_response lm;
	struct base_key base;
	struct exchange_key kx;
	struct wrapped_key wrapped;
	struct authenticate m;
	struct ntlm2_response r;
	uint8_t out[256];
	struct writer w = writer_of(out, sizeof out);

	CHECK(ntlm2_key_of(&v2, &nt, from_text("User"), from_text("Domain")));
	CHECK_VECTOR(v2, "v2", "ResponseKeyNT");
	bytes_copy(blob.client.b, client, 8);
	ntlm2_blob_put(&w, &blob);
	proof = ntlm2_proof_of(&v2, server, bytes_of(out, w.need));
	CHECK_VECTOR(proof, "v2", "NTLMv2Response");
	lm = ntlm2_lm_of(&v2, server, client);
	CHECK_HEX(lm.b, 16, vector_text("v2", "LMv2Response"));
	CHECK_HEX(lm.b + 16, 8, "aaaaaaaaaaaaaaaa");
	base = ntlm2_base_key_of(&v2, &proof);
	CHECK_VECTOR(base, "v2", "SessionBaseKey");
	kx = ntlm2_exchange_key_of(&base);
	wrapped = session_key_wrap(&fives, &kx);
	CHECK_VECTOR(wrapped, "v2", "EncryptedSessionKey");

	CHECK(authenticate_take(&m, vector("v2", "AuthenticateMessage")));
	CHECK(ntlm2_response_take(&r, m.nt));
	CHECK(bytes_same(r.blob_bytes, bytes_of(out, w.need)));
	CHECK_U64(r.blob.time, 0);
	CHECK_HEX(r.blob.client.b, 8, "aaaaaaaaaaaaaaaa");
	CHECK(ntlm2_proof_holds(&r, &v2, server));
}

/* The user name is folded, the domain is not; lengths that cannot be are refused. */
TEST(names_in_the_key)
{
	static uint8_t big[NTLM2_USER_MAX + 2];
	struct nt_hash nt = { { 1 } };
	struct ntlm2_key a, b;

	CHECK(ntlm2_key_of(&a, &nt, from_text("uSeR"), from_text("Domain")));
	CHECK(ntlm2_key_of(&b, &nt, from_text("USER"), from_text("Domain")));
	CHECK(same_secret(&a, &b, sizeof a));
	CHECK(ntlm2_key_of(&b, &nt, from_text("USER"), from_text("DOMAIN")));
	CHECK(!same_secret(&a, &b, sizeof a));
	CHECK(!ntlm2_key_of(&b, &nt, bytes_of(big, sizeof big), BYTES_NONE));
	CHECK(ntlm2_key_of(&b, &nt, bytes_of(big, NTLM2_USER_MAX), BYTES_NONE));
	CHECK(!ntlm2_key_of(&b, &nt, bytes_of(big, 3), BYTES_NONE));
	CHECK(ntlm2_key_of(&b, &nt, BYTES_NONE, BYTES_NONE));
}

TEST(responses_cut_short_are_refused)
{
	struct authenticate m;
	struct ntlm2_response r;

	CHECK(authenticate_take(&m, vector("cbt", "AuthenticateMessage")));
	for (size_t len = 0; len <= m.nt.len; len++) {
		struct bytes cut = copy_of(bytes_of(m.nt.at, len));

		/* Behind the end of the list stand four bytes that say nothing, and Windows' own padding. */
		if (len < 360)
			CHECK(!ntlm2_response_take(&r, cut));
		else
			(void)!ntlm2_response_take(&r, cut);
		copy_drop(cut);
	}
	CHECK(ntlm2_response_take(&r, m.nt));
}

struct captured {
	struct bytes negotiate, challenge, authenticate;
	struct authenticate m;
	struct ntlm2_response r;
	struct ntlm2_key v2;
	struct session_key key;
	uint8_t nonce[8];
};

static void
captured_take(struct captured *c)
{
	struct nt_hash nt = nt_hash_of_password(from_text(vector_text("cbt", "Password")));
	struct challenge challenge;
	struct base_key base;
	struct exchange_key kx;

	CHECK_VECTOR(nt, "cbt", "NTLMHash");
	c->negotiate = vector("cbt", "NegotiateMessage");
	c->challenge = vector("cbt", "ChallengeMessage");
	c->authenticate = vector("cbt", "AuthenticateMessage");
	CHECK(challenge_take(&challenge, c->challenge));
	bytes_copy(c->nonce, challenge.challenge, 8);
	CHECK(authenticate_take(&c->m, c->authenticate));
	CHECK(ntlm2_key_of(&c->v2, &nt, c->m.user, c->m.domain));
	CHECK(ntlm2_response_take(&c->r, c->m.nt));
	base = ntlm2_base_key_of(&c->v2, &c->r.proof);
	kx = ntlm2_exchange_key_of(&base);
	c->key = session_key_of(&kx);
}

TEST(the_captured_exchange_holds)
{
	struct captured c;
	struct bytes value;
	uint64_t time = 0;

	captured_take(&c);
	CHECK(ntlm2_proof_holds(&c.r, &c.v2, c.nonce));
	CHECK(av_timestamp(&c.r.pairs, &time));
	CHECK_U64(time, c.r.blob.time);
	CHECK_U64(av_flags(&c.r.pairs), AV_FLAG_MIC);
	CHECK(av_get(&c.r.pairs, AV_BINDINGS, &value));
	CHECK_HEX(value.at, value.len, vector_text("cbt", "CBSum"));
	CHECK(c.m.has_mic);
	CHECK(mic_holds(&c.key, c.negotiate, c.challenge, c.authenticate, c.m.mic_offset));
}

/* Every bit that the MIC covers counts, in all three messages, and so does every bit of the MIC. */
TEST(no_bit_may_flip_under_the_mic)
{
	struct captured c;
	uint8_t all[1024];
	struct bytes one, two, three;

	captured_take(&c);
	one = bytes_of(all, c.negotiate.len);
	two = bytes_of(one.at + one.len, c.challenge.len);
	three = bytes_of(two.at + two.len, c.authenticate.len);
	bytes_copy(all, c.negotiate.at, one.len);
	bytes_copy(all + one.len, c.challenge.at, two.len);
	bytes_copy(all + one.len + two.len, c.authenticate.at, three.len);
	for (size_t n = 0; n < 8 * (one.len + two.len + three.len); n++) {
		all[n / 8] ^= (uint8_t)(1u << n % 8);
		if (!CHECK(!mic_holds(&c.key, one, two, three, c.m.mic_offset)))
			fprintf(stderr, "  bit %zu\n", n);
		all[n / 8] ^= (uint8_t)(1u << n % 8);
	}
	CHECK(mic_holds(&c.key, one, two, three, c.m.mic_offset));
	CHECK(!mic_holds(&c.key, BYTES_NONE, two, three, c.m.mic_offset));
	CHECK(!mic_holds(&c.key, one, two, three, three.len - 15));
	CHECK(!mic_holds(&c.key, one, two, three, SIZE_MAX));
}

TEST(no_bit_may_flip_under_the_proof)
{
	struct captured c;
	uint8_t nt[512];

	captured_take(&c);
	bytes_copy(nt, c.m.nt.at, c.m.nt.len);
	for (size_t n = 0; n < 8 * c.m.nt.len; n++) {
		struct ntlm2_response r;

		nt[n / 8] ^= (uint8_t)(1u << n % 8);
		if (ntlm2_response_take(&r, bytes_of(nt, c.m.nt.len)))
			CHECK(!ntlm2_proof_holds(&r, &c.v2, c.nonce));
		nt[n / 8] ^= (uint8_t)(1u << n % 8);
	}
	c.nonce[7] ^= 1;
	CHECK(!ntlm2_proof_holds(&c.r, &c.v2, c.nonce));
}

TEST(keys_for_sealing)
{
	struct session_key ess = { { 0 } };
	struct seal_key seal;
	struct sign_key sign;

	bytes_copy(ess.b, vector("wrap-v1-ess", "KeyExchangeKey").at, 16);
	seal = seal_key_of(&ess, vector_u32("wrap-v1-ess", "flags"), NTLM_CLIENT);
	CHECK_VECTOR(seal, "wrap-v1-ess", "ClientSealKey");
	sign = sign_key_of(&ess, NTLM_CLIENT);
	CHECK_VECTOR(sign, "wrap-v1-ess", "ClientSignKey");

	seal = seal_key_of(&fives, vector_u32("wrap-v2", "flags"), NTLM_CLIENT);
	CHECK_VECTOR(seal, "wrap-v2", "ClientSealKey");
	sign = sign_key_of(&fives, NTLM_CLIENT);
	CHECK_VECTOR(sign, "wrap-v2", "ClientSignKey");

	seal = seal_key_of(&fives, 0, NTLM_SERVER);
	CHECK_HEX(seal.b, seal.len, "55555555555555555555555555555555");
	seal = seal_key_of(&fives, NTLM_NEGOTIATE_LM_KEY | NTLM_NEGOTIATE_56, NTLM_SERVER);
	CHECK_HEX(seal.b, seal.len, "55555555555555a0");
	seal = seal_key_of(&fives, NTLM_NEGOTIATE_DATAGRAM, NTLM_SERVER);
	CHECK_HEX(seal.b, seal.len, "5555555555e538b0");
}

/* SEC_CHANNEL_BINDINGS with a tls-server-end-point value, and one that lies. */
TEST(bindings)
{
	/* two empty addresses of type 0, then the data: RFC 2744's order */
	static const char gss[] = "00000000000000000000000000000000" "05000000" "68656c6c6f";
	uint8_t raw[40] = { [24] = 5, [28] = 32, [32] = 'h', 'e', 'l', 'l', 'o' }, got[16], want[16];
	struct bytes plain = from_hex(gss);
	static const struct { size_t at; uint32_t value; } lie[] = {
		{ 28, 0 }, { 28, 31 }, { 28, 36 }, { 28, 37 }, { 28, 0xffffffff }, { 28, 0xfffffffb }, { 24, 6 }, { 24, 0xffffffff },
		{ 24, 0x80000000 }, { 4, 1 }, { 16, 1 },
	};

	CHECK(bindings_hash_of(got, BYTES_NONE));
	CHECK_HEX(got, 16, "00000000000000000000000000000000");
	CHECK(bindings_hash_of(got, bytes_of(raw, 37)));
	md5_of(want, plain);
	CHECK(same_secret(got, want, 16));
	for (size_t n = 0; n < sizeof lie / sizeof lie[0]; n++) {
		uint8_t bad[37];
		struct bytes copy;

		bytes_copy(bad, raw, sizeof bad);
		put_u32(bad + lie[n].at, lie[n].value);
		copy = copy_of(bytes_of(bad, sizeof bad));
		if (!CHECK(!bindings_hash_of(got, copy)))
			fprintf(stderr, "  lie %zu\n", n);
		copy_drop(copy);
	}
	for (size_t len = 1; len < 37; len++) {
		struct bytes copy = copy_of(bytes_of(raw, len));

		CHECK(!bindings_hash_of(got, copy));
		copy_drop(copy);
	}
}

int
main(void)
{
	RUN(version_1);
	RUN(version_1_with_ess);
	RUN(version_2);
	RUN(names_in_the_key);
	RUN(responses_cut_short_are_refused);
	RUN(the_captured_exchange_holds);
	RUN(no_bit_may_flip_under_the_mic);
	RUN(no_bit_may_flip_under_the_proof);
	RUN(keys_for_sealing);
	RUN(bindings);
	return check_end();
}
