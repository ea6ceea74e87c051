/*
 * ntlm_seal_test.c - the messages of [MS-NLMP] 4.2.2.4, 4.2.3.4 and 4.2.4.4,
 * then two sides that talk to each other in every mode, and what is refused.
 * Covers pkg/ntlm/ntlm_seal.c.
 */
#include "pkg/ntlm/ntlm_seal.h"

#include "vectors.h"

static const struct session_key fives = { {
	0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
} };

#define BASE	(NTLM_NEGOTIATE_SIGN | NTLM_NEGOTIATE_SEAL | NTLM_NEGOTIATE_ALWAYS_SIGN)
#define STRONG	(BASE | NTLM_NEGOTIATE_ESS | NTLM_NEGOTIATE_128 | NTLM_NEGOTIATE_KEY_EXCH)

static const struct { const char *name; uint32_t flags; } mode[] = {
	{ "strong",          STRONG },
	{ "no key exchange", BASE | NTLM_NEGOTIATE_ESS | NTLM_NEGOTIATE_128 },
	{ "56 bits",         BASE | NTLM_NEGOTIATE_ESS | NTLM_NEGOTIATE_56 | NTLM_NEGOTIATE_KEY_EXCH },
	{ "40 bits",         BASE | NTLM_NEGOTIATE_ESS },
	{ "no ESS",          BASE | NTLM_NEGOTIATE_128 | NTLM_NEGOTIATE_KEY_EXCH },
	{ "datagram",        STRONG | NTLM_NEGOTIATE_DATAGRAM },
	{ "datagram no ESS", BASE | NTLM_NEGOTIATE_DATAGRAM },
};
#define MODES (sizeof mode / sizeof mode[0])

struct pair {
	struct ntlm_seal client, server;
};

static void
pair_begin(struct pair *p, uint32_t flags)
{
	ntlm_seal_begin(&p->client, NTLM_CLIENT, flags, &fives);
	ntlm_seal_begin(&p->server, NTLM_SERVER, flags, &fives);
}

static void
check_vector(const char *group)
{
	struct bytes plain = copy_of(vector(group, "Plaintext"));
	uint8_t data[64], signature[16];
	struct ntlm_part part = { .at = data, .len = plain.len };
	struct session_key key;
	struct ntlm_seal client, server;
	uint32_t flags = vector_u32(group, "flags");

	bytes_copy(key.b, vector(group, "KeyExchangeKey").at, 16);
	ntlm_seal_begin(&client, NTLM_CLIENT, flags, &key);
	ntlm_seal_begin(&server, NTLM_SERVER, flags, &key);
	bytes_copy(data, plain.at, plain.len);
	ntlm_encrypt(&client, signature, &part, 1, 0);
	CHECK_HEX(data, part.len, vector_text(group, "Ciphertext"));
	CHECK_HEX(signature, 16, vector_text(group, "Signature"));
	CHECK_U64(ntlm_decrypt(&server, signature, &part, 1, 0), NTLM_GENUINE);
	CHECK(bytes_same(bytes_of(data, part.len), plain));
	copy_drop(plain);
}

TEST(published_messages)
{
	check_vector("wrap-v1-no-ess");
	check_vector("wrap-v1-ess");
	check_vector("wrap-v2");
}

static void
fill(uint8_t *at, size_t len, unsigned seed)
{
	for (size_t n = 0; n < len; n++)
		at[n] = (uint8_t)(seed = seed * 1103515245u + 12345u, seed >> 16);
}

/* Each mode, messages of many lengths in four parts, both ways in turn, sealed and signed mixed. */
TEST(two_sides_talk)
{
	static uint8_t data[3000], was[3000];

	for (size_t k = 0; k < MODES; k++) {
		struct pair p;
		unsigned seed = 1;

		pair_begin(&p, mode[k].flags);
		for (size_t len = 0; len < sizeof data; len += len < 300 ? 1 : 131) {
			size_t a = len / 7, b = len / 3, c = len - len / 5;
			struct ntlm_part parts[] = {
				{ data, a, true }, { data + a, b - a, false }, { data + b, c - b, true },
				{ data + c, len - c, false },
			};
			uint32_t seq = (uint32_t)len * 3;
			uint8_t signature[16];
			struct ntlm_seal *from = len % 2 ? &p.client : &p.server, *to = len % 2 ? &p.server : &p.client;

			fill(data, len, seed++);
			bytes_copy(was, data, len);
			if (len % 3 == 0) {
				ntlm_sign(from, signature, parts, 4, seq);
				CHECK(bytes_same(bytes_of(data, len), bytes_of(was, len)));
				CHECK_U64(ntlm_verify(to, signature, parts, 4, seq), NTLM_GENUINE);
			} else {
				ntlm_encrypt(from, signature, parts, 4, seq);
				CHECK(bytes_same(bytes_of(data, a), bytes_of(was, a)));
				CHECK(bytes_same(bytes_of(data + b, c - b), bytes_of(was + b, c - b)));
				CHECK(len < 64 || !bytes_same(bytes_of(data + c, len - c), bytes_of(was + c, len - c)));
				CHECK_U64(ntlm_decrypt(to, signature, parts, 4, seq), NTLM_GENUINE);
			}
			if (!CHECK(bytes_same(bytes_of(data, len), bytes_of(was, len))))
				fprintf(stderr, "  %s, %zu bytes\n", mode[k].name, len);
		}
	}
}

/* One bit anywhere, in the signature, the sealed and the clear part: refused, and nothing is shown. */
TEST(no_bit_may_flip)
{
	for (size_t k = 0; k < MODES; k++) {
		struct pair fresh, p;
		uint8_t sealed[100], data[100], was[16], signature[16];
		struct ntlm_part parts[] = { { sealed, 20, true }, { sealed + 20, 80, false } };

		pair_begin(&fresh, mode[k].flags);
		fill(sealed, sizeof sealed, 7);
		ntlm_encrypt(&fresh.client, was, parts, 2, 9);
		parts[0].at = data;
		parts[1].at = data + 20;
		for (size_t n = 0; n < 8 * (16 + sizeof data); n++) {
			static const uint8_t zeros[80];
			enum ntlm_verdict verdict;
			bool pad = ntlm_seal_shared(&fresh.client) && n >= 32 && n < 64;

			p = fresh;
			bytes_copy(data, sealed, sizeof data);
			bytes_copy(signature, was, sizeof was);
			if (n < 128)
				signature[n / 8] ^= (uint8_t)(1u << n % 8);
			else
				data[n / 8 - 16] ^= (uint8_t)(1u << n % 8);
			verdict = ntlm_decrypt(&p.server, signature, parts, 2, 9);
			if (!CHECK((verdict == NTLM_GENUINE) == pad))
				fprintf(stderr, "  %s, bit %zu\n", mode[k].name, n);
			if (verdict == NTLM_ALTERED && n >= 32)
				CHECK(bytes_same(bytes_of(data + 20, 80), bytes_of(zeros, 80)));
		}
	}
}

/* A replay and a message too early are told by the number, and the context goes on. */
TEST(sequence_is_kept)
{
	struct pair p;
	uint8_t data[3][8] = { "first", "second", "third" }, again[8], signature[3][16];

	pair_begin(&p, STRONG);
	for (int n = 0; n < 3; n++) {
		struct ntlm_part part = { data[n], 8, false };

		ntlm_encrypt(&p.client, signature[n], &part, 1, 77);
	}
	for (int n = 0; n < 3; n++) {
		struct ntlm_part early = { data[2], 8, false }, part = { data[n], 8, false }, replay = { again, 8, false };

		if (n < 2)
			CHECK_U64(ntlm_decrypt(&p.server, signature[2], &early, 1, 77), NTLM_OUT_OF_SEQUENCE);
		bytes_copy(again, data[n], 8);
		CHECK_U64(ntlm_decrypt(&p.server, signature[n], &part, 1, 77), NTLM_GENUINE);
		CHECK_U64(ntlm_decrypt(&p.server, signature[n], &replay, 1, 77), NTLM_OUT_OF_SEQUENCE);
	}
	CHECK_TEXT((const char *)data[2], "third");
}

/* Datagrams come in any order, each under its own number. */
TEST(datagrams_in_any_order)
{
	struct pair p;
	uint8_t data[3][8] = { "first", "second", "third" }, signature[3][16];
	static const uint32_t number[3] = { 4000000000u, 0, 17 };

	pair_begin(&p, STRONG | NTLM_NEGOTIATE_DATAGRAM);
	for (int n = 0; n < 3; n++) {
		struct ntlm_part part = { data[n], 8, false };

		ntlm_encrypt(&p.client, signature[n], &part, 1, number[n]);
	}
	for (int n = 2; n >= 0; n--) {
		struct ntlm_part part = { data[n], 8, false };

		CHECK_U64(ntlm_decrypt(&p.server, signature[n], &part, 1, number[n] + 1), NTLM_OUT_OF_SEQUENCE);
		CHECK_U64(ntlm_decrypt(&p.server, signature[n], &part, 1, number[n]), NTLM_GENUINE);
	}
	CHECK_TEXT((const char *)data[0], "first");
}

/* SPNEGO: the stream begins again, the number goes on. [MS-SPNG] 3.3.5.1. */
TEST(the_stream_begins_again)
{
	struct pair p;
	uint8_t list[] = "mech list", one[16], two[16];
	struct ntlm_part part = { list, sizeof list, false };

	pair_begin(&p, STRONG);
	ntlm_sign(&p.client, one, &part, 1, 0);
	CHECK_U64(ntlm_verify(&p.server, one, &part, 1, 0), NTLM_GENUINE);
	ntlm_seal_reset(&p.client, NTLM_OUT);
	ntlm_encrypt(&p.client, two, &part, 1, 0);
	CHECK_HEX(two + 12, 4, "01000000");
	{
		struct ntlm_seal late = p.server;
		uint8_t copy[sizeof list];
		struct ntlm_part same = { copy, sizeof copy, false };

		bytes_copy(copy, list, sizeof list);
		CHECK_U64(ntlm_decrypt(&late, two, &same, 1, 0), NTLM_ALTERED);		/* without the reset */
	}
	ntlm_seal_reset(&p.server, NTLM_IN);
	CHECK_U64(ntlm_decrypt(&p.server, two, &part, 1, 0), NTLM_GENUINE);
	CHECK_TEXT((const char *)list, "mech list");
	CHECK_U64(p.client.out.seq, 2);
	CHECK_U64(p.client.in.seq, 0);
}

TEST(always_sign_alone)
{
	struct pair p;
	uint8_t data[] = "data", signature[16];
	struct ntlm_part part = { data, sizeof data, false };

	pair_begin(&p, NTLM_NEGOTIATE_ALWAYS_SIGN | NTLM_NEGOTIATE_ESS | NTLM_NEGOTIATE_128);
	for (int n = 0; n < 2; n++) {
		ntlm_sign(&p.client, signature, &part, 1, 0);
		CHECK_HEX(signature, 16, "01000000000000000000000000000000");
		CHECK_U64(ntlm_verify(&p.server, signature, &part, 1, 0), NTLM_GENUINE);
	}
	signature[15] = 1;
	CHECK_U64(ntlm_verify(&p.server, signature, &part, 1, 0), NTLM_ALTERED);
}

TEST(a_seal_travels_as_bytes)
{
	struct pair p;
	struct ntlm_seal moved;
	uint8_t state[NTLM_SEAL_BYTES], data[] = "data", signature[16];
	struct ntlm_part part = { data, sizeof data, false };
	struct writer w = writer_of(state, sizeof state);
	struct reader r;

	pair_begin(&p, STRONG);
	ntlm_encrypt(&p.client, signature, &part, 1, 0);
	CHECK_U64(ntlm_decrypt(&p.server, signature, &part, 1, 0), NTLM_GENUINE);
	ntlm_seal_put(&w, &p.client);
	CHECK_U64(w.need, NTLM_SEAL_BYTES);
	for (size_t len = 0; len < sizeof state; len++) {
		r = reader_of(bytes_of(state, len));
		CHECK(!ntlm_seal_take(&moved, &r));
	}
	r = reader_of(bytes_of(state, sizeof state));
	CHECK(ntlm_seal_take(&moved, &r) && reader_done(&r));
	ntlm_encrypt(&moved, signature, &part, 1, 0);
	CHECK_U64(ntlm_decrypt(&p.server, signature, &part, 1, 0), NTLM_GENUINE);
	CHECK_TEXT((const char *)data, "data");
	CHECK(sizeof moved < 700);
}

int
main(void)
{
	RUN(published_messages);
	RUN(two_sides_talk);
	RUN(no_bit_may_flip);
	RUN(sequence_is_kept);
	RUN(datagrams_in_any_order);
	RUN(the_stream_begins_again);
	RUN(always_sign_alone);
	RUN(a_seal_travels_as_bytes);
	return check_end();
}
