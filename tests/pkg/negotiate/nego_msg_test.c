/*
 * nego_msg_test.c - SPNEGO tokens: put, taken, refused; and the same by
 * libtasn1 from RFC 4178's own module (spnego.asn).
 *
 * Covers pkg/negotiate/nego_msg.c and pkg/negotiate/nego_data.c.
 */
#include "pkg/negotiate/nego_msg.h"

#include <libtasn1.h>
#include <stdlib.h>

#include "base/der.h"
#include "pkg/negotiate/nego_data.h"
#include "tests/check.h"

static asn1_node module;

static uint8_t room[4096];

static struct bytes
put_init(const struct nego_init *m)
{
	struct writer w = writer_of(room, sizeof room);

	nego_init_put(&w, m);
	CHECK(writer_ok(&w));
	return bytes_of(room, w.need);
}

static struct bytes
put_resp(const struct nego_resp *m)
{
	struct writer w = writer_of(room, sizeof room);

	nego_resp_put(&w, m);
	CHECK(writer_ok(&w));
	return bytes_of(room, w.need);
}

static struct bytes
list_of(uint8_t to[128], const enum nego_mech *mechs, unsigned count)
{
	struct writer w = writer_of(to, 128);

	nego_list_put(&w, mechs, count);
	CHECK(writer_ok(&w));
	return bytes_of(to, w.need);
}

/* Decoded strictly and encoded again it is the same. */
static bool
oracle_takes(const char *type, struct bytes token)
{
	asn1_node n = NULL;
	char path[64], error[ASN1_MAX_ERROR_DESCRIPTION_SIZE];
	static uint8_t again[4096];
	int len = (int)token.len, again_len = sizeof again;
	bool good;

	(void)snprintf(path, sizeof path, "SPNEGO.%s", type);
	good = asn1_create_element(module, path, &n) == ASN1_SUCCESS &&
	    asn1_der_decoding2(&n, token.at, &len, ASN1_DECODE_FLAG_STRICT_DER, error) == ASN1_SUCCESS &&
	    asn1_der_coding(n, "", again, &again_len, error) == ASN1_SUCCESS &&
	    bytes_same(bytes_of(again, (size_t)again_len), token);
	asn1_delete_structure(&n);
	return good;
}

static bool
oracle_has(const char *type, struct bytes token, const char *field, struct bytes want)
{
	asn1_node n = NULL;
	char path[64], error[ASN1_MAX_ERROR_DESCRIPTION_SIZE];
	static uint8_t value[4096];
	int len = sizeof value;
	bool good;

	(void)snprintf(path, sizeof path, "SPNEGO.%s", type);
	good = asn1_create_element(module, path, &n) == ASN1_SUCCESS &&
	    asn1_der_decoding(&n, token.at, (int)token.len, error) == ASN1_SUCCESS &&
	    asn1_read_value(n, field, value, &len) == ASN1_SUCCESS && bytes_same(bytes_of(value, (size_t)len), want);
	asn1_delete_structure(&n);
	return good;
}

static const enum nego_mech usual[] = { MECH_MS_KRB5, MECH_KRB5, MECH_NTLM };

/* --- NegTokenInit --------------------------------------------------------------------- */

TEST(offers)
{
	static uint8_t payload[300];
	static const size_t lens[] = { 0, 1, 100, 127, 128, 255, 256, 300 };
	uint8_t list[128];

	for (size_t i = 0; i < sizeof payload; i++)
		payload[i] = (uint8_t)i;
	for (unsigned what = 0; what < 8; what++)
		for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
			struct nego_init m = { .list = list_of(list, usual, 3), .has_token = what & 1, .has_mic = what & 2,
			    .has_hints = what & 4 }, got;
			struct bytes token;

			if (m.has_token)
				m.token = bytes_of(payload, lens[i]);
			if (m.has_mic)
				m.mic = bytes_of(payload, 16);
			if (m.has_hints)
				m.hint = bytes_of(payload + 65, 20);
			token = put_init(&m);
			CHECK(nego_kind_of(token) == NEGO_INIT && nego_init_take(&got, token));
			CHECK(bytes_same(got.list, m.list) && bytes_same(got.token, m.token) && bytes_same(got.mic, m.mic) &&
			    bytes_same(got.hint, m.hint));
			CHECK(got.has_token == m.has_token && got.has_mic == m.has_mic && got.has_hints == m.has_hints);
			CHECK(oracle_takes(m.has_hints ? "Offer2" : "Offer", token));
			if (m.has_token && lens[i])
				CHECK(oracle_has(m.has_hints ? "Offer2" : "Offer", token, "choice.mechToken", m.token));
		}
}

/* What a Windows client sends first, as anybody can see: NegoEx in the list. */
TEST(a_list_is_walked)
{
	static const enum nego_mech mechs[] = { MECH_MS_KRB5, MECH_KRB5, MECH_NEGOEX, MECH_NTLM };
	uint8_t room2[128];
	struct bytes list = list_of(room2, mechs, 4), oid;
	struct reader r = nego_list_open(list);
	unsigned n = 0;

	CHECK_HEX(list.at, list.len, "302e 06092a864882f712010202 06092a864886f712010202 060a2b06010401823702021e "
	    "060a2b06010401823702020a");
	while (nego_list_next(&r, &oid))
		CHECK(n < 4 && nego_mech_of(oid) == mechs[n++]);
	CHECK(n == 4);
	CHECK(nego_mech_of(bytes_of("\x2a", 1)) == MECH_NONE && nego_mech_of(BYTES_NONE) == MECH_NONE);
	CHECK(nego_same_mech(MECH_KRB5, MECH_MS_KRB5) && !nego_same_mech(MECH_KRB5, MECH_NTLM) &&
	    !nego_same_mech(MECH_NONE, MECH_NONE));
}

/* --- NegTokenResp ------------------------------------------------------------------------ */

TEST(answers)
{
	static uint8_t payload[300];

	for (unsigned what = 0; what < 5 * 8; what++)
		for (size_t len = 0; len <= sizeof payload; len += 50) {
			struct nego_resp m = { .state = (enum nego_state)(what / 8), .has_mech = what & 1, .has_token = what & 2,
			    .has_mic = what & 4 }, got;
			struct bytes token;

			if (m.has_mech)
				m.mech = nego_mech_oid(MECH_NTLM);
			if (m.has_token)
				m.token = bytes_of(payload, len);
			if (m.has_mic)
				m.mic = bytes_of(payload, 16);
			token = put_resp(&m);
			CHECK(nego_kind_of(token) == NEGO_RESP && nego_resp_take(&got, token));
			CHECK(got.state == m.state && got.has_mech == m.has_mech && got.has_token == m.has_token &&
			    got.has_mic == m.has_mic);
			CHECK(bytes_same(got.mech, m.mech) && bytes_same(got.token, m.token) && bytes_same(got.mic, m.mic));
			CHECK(oracle_takes("Answer", token));
			if (m.has_token && len)
				CHECK(oracle_has("Answer", token, "resp.responseToken", m.token));
		}
}

/* --- what is refused ------------------------------------------------------------------------- */

/* Every prefix, and whatever one changed byte makes: if it is taken it is in the one form. */
TEST(prefixes_and_changes)
{
	uint8_t list[128], token[512], copy[512];
	struct nego_init offer = { .list = list_of(list, usual, 3), .has_token = true, .token = bytes_of("token", 5),
	    .has_mic = true, .mic = bytes_of("0123456789abcdef", 16) };
	struct nego_resp answer = { .state = STATE_INCOMPLETE, .has_mech = true, .mech = nego_mech_oid(MECH_KRB5),
	    .has_token = true, .token = offer.token, .has_mic = true, .mic = offer.mic };

	for (unsigned kind = 0; kind < 2; kind++) {
		struct bytes made = kind ? put_resp(&answer) : put_init(&offer);
		struct nego_init i;
		struct nego_resp r;
		size_t len = made.len;

		memcpy(token, made.at, len);
		for (size_t n = 0; n < len; n++) {
			memcpy(copy, token, n);
			CHECK(kind ? !nego_resp_take(&r, bytes_of(copy, n)) : !nego_init_take(&i, bytes_of(copy, n)));
		}
		memcpy(copy, token, len);
		copy[len] = 0;
		CHECK(kind ? !nego_resp_take(&r, bytes_of(copy, len + 1)) : !nego_init_take(&i, bytes_of(copy, len + 1)));
		for (size_t n = 0; n < len * 8; n++) {
			bool taken;

			memcpy(copy, token, len);
			copy[n / 8] ^= (uint8_t)(1u << n % 8);
			taken = kind ? nego_resp_take(&r, bytes_of(copy, len)) : nego_init_take(&i, bytes_of(copy, len));
			if (taken && (kind || !i.has_hints))
				CHECK(bytes_same(kind ? put_resp(&r) : put_init(&i), bytes_of(copy, len)));
		}
	}
}

TEST(what_a_token_is)
{
	static const struct { const char *hex; enum nego_kind kind; } rows[] = {
		{ "4e544c4d5353500001000000", NEGO_RAW_NTLM },
		{ "4e544c4d535350", NEGO_NOTHING },
		{ "6e00", NEGO_RAW_KERBEROS },
		{ "600d06092a864886f7120102020100", NEGO_RAW_KERBEROS },
		{ "600d06092a864882f7120102020100", NEGO_RAW_KERBEROS },
		{ "600e060a2a864886f712010202030400", NEGO_RAW_KERBEROS },
		{ "600b06092a864886f712010203", NEGO_NOTHING },
		{ "600806062b0601050502", NEGO_INIT },
		{ "600806062b060105050200", NEGO_NOTHING },
		{ "a100", NEGO_RESP },
		{ "", NEGO_NOTHING },
		{ "00", NEGO_NOTHING },
		{ "16030100", NEGO_NOTHING },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t b[64];
		size_t n = 0;
		unsigned value;

		for (const char *h = rows[i].hex; *h && sscanf(h, "%2x", &value) == 1; h += 2)
			b[n++] = (uint8_t)value;
		if (!CHECK(nego_kind_of(bytes_of(b, n)) == rows[i].kind))
			fprintf(stderr, "%s\n", rows[i].hex);
	}
}

TEST(malformed)
{
	static const char *const offers[] = {
		"a0023000",                             /* an empty SEQUENCE is an offer without a list; see below */
		"a0073005a0033001 00",                  /* the list is no OID */
		"a0063004a0023000",                     /* the list is empty */
		"a00a3008a006300406022a03 a000",        /* something behind it */
	};
	uint8_t b[256];
	struct nego_init m;

	for (size_t i = 0; i < sizeof offers / sizeof *offers; i++) {
		static const uint8_t head[] = { 0x06, 0x06, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x02 };
		uint8_t inner[128];
		size_t n = 0;
		unsigned value;
		struct writer w = writer_of(b, sizeof b);

		for (const char *h = offers[i]; *h; h++) {
			if (*h == ' ')
				continue;
			if (sscanf(h, "%2x", &value) != 1)
				break;
			inner[n++] = (uint8_t)value;
			h++;
		}
		der_put_head(&w, DER_APPLICATION(0), sizeof head + n);
		writer_bytes(&w, bytes_of(head, sizeof head));
		writer_bytes(&w, bytes_of(inner, n));
		if (i == 0)
			CHECK(nego_init_take(&m, bytes_of(b, w.need)) && !m.list.len && !m.has_token);
		else
			CHECK(!nego_init_take(&m, bytes_of(b, w.need)));
	}
}

/* --- user data ----------------------------------------------------------------------------------- */

TEST(user_data)
{
	struct nego_data d = { .direct = true, .name = bytes_of_text("NTLM"), .data = bytes_of_text("keys") }, got;
	struct writer w = writer_of(room, sizeof room);
	size_t len;

	nego_data_put(&w, &d);
	len = w.need;
	CHECK(nego_data_take(&got, bytes_of(room, len)) && got.direct && bytes_same(got.name, d.name) &&
	    bytes_same(got.data, d.data));
	for (size_t n = 0; n < len; n++)
		CHECK(!nego_data_take(&got, bytes_of(room, n)));
	CHECK(!nego_data_take(&got, bytes_of(room, len + 1)));
	room[4] ^= 1;
	CHECK(!nego_data_take(&got, bytes_of(room, len)));
	room[4] ^= 1;
	room[8] = 2;
	CHECK(!nego_data_take(&got, bytes_of(room, len)));
}

int
main(void)
{
	char error[ASN1_MAX_ERROR_DESCRIPTION_SIZE] = "";

	if (asn1_parser2tree(TESTS_DIR "/pkg/negotiate/spnego.asn", &module, error) != ASN1_SUCCESS) {
		fprintf(stderr, "spnego.asn: %s\n", error);
		return 1;
	}
	RUN(offers);
	RUN(a_list_is_walked);
	RUN(answers);
	RUN(prefixes_and_changes);
	RUN(what_a_token_is);
	RUN(malformed);
	RUN(user_data);
	asn1_delete_structure(&module);
	return check_end();
}
