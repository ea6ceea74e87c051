/*
 * ntlm_msg_test.c - the captured messages of [MS-NLMP] 4.2, whole, cut and
 * with offsets that lie (rows P1, P3, P4, P13 of the bug list).
 * Covers pkg/ntlm/ntlm_msg.c.
 */
#include "pkg/ntlm/ntlm_msg.h"

#include "vectors.h"

static bool
take_any(struct bytes wire)
{
	struct negotiate n;
	struct challenge c;
	struct authenticate a;

	switch (ntlm_type_of(wire)) {
	case NTLM_NEGOTIATE:	return negotiate_take(&n, wire);
	case NTLM_CHALLENGE:	return challenge_take(&c, wire);
	case NTLM_AUTHENTICATE:	return authenticate_take(&a, wire);
	case NTLM_NONE:		break;
	}
	return negotiate_take(&n, wire) || challenge_take(&c, wire) || authenticate_take(&a, wire);
}

static struct bytes
text_bytes(struct bytes got)
{
	static uint8_t text[4096];
	struct writer w = writer_of(text, sizeof text - 1);

	if (!utf8_from_utf16(&w, got))
		return BYTES_NONE;
	text[w.need] = 0;
	return bytes_of(text, w.need);
}

#define CHECK_NAME(got, want) CHECK_TEXT((const char *)text_bytes(got).at, want)

TEST(challenges_are_read)
{
	struct challenge m;

	CHECK(challenge_take(&m, vector("v1", "ChallengeMessage")));
	CHECK_U64(m.flags, vector_u32("v1", "ChallengeFlags"));
	CHECK_HEX(m.challenge, 8, "0123456789abcdef");
	CHECK_NAME(m.target_name, "Server");
	CHECK_U64(m.target_info.len, 0);
	CHECK_HEX(m.version.at, m.version.len, "060070170000000f");

	CHECK(challenge_take(&m, vector("v2", "ChallengeMessage")));
	CHECK_U64(m.flags, vector_u32("v2", "ChallengeFlags"));
	CHECK_HEX(m.target_info.at, m.target_info.len, vector_text("v2", "TargetInfo"));

	CHECK(challenge_take(&m, vector("cbt", "ChallengeMessage")));
	CHECK_U64(m.flags, vector_u32("cbt", "ChallengeFlags"));
	CHECK_HEX(m.challenge, 8, vector_text("cbt", "ServerChallenge"));
	CHECK_HEX(m.target_info.at, m.target_info.len, vector_text("cbt", "TargetInfo"));
}

TEST(authenticates_are_read)
{
	struct authenticate m;
	struct bytes wire = vector("cbt", "AuthenticateMessage");

	CHECK(authenticate_take(&m, vector("v1", "AuthenticateMessage")));
	CHECK_U64(m.flags, 0xe2808235);
	CHECK_NAME(m.user, "User");
	CHECK_NAME(m.domain, "Domain");
	CHECK_NAME(m.workstation, "COMPUTER");
	CHECK_HEX(m.lm.at, m.lm.len, vector_text("v1", "LMv1Response"));
	CHECK_HEX(m.nt.at, m.nt.len, vector_text("v1", "NTLMv1Response"));
	CHECK_HEX(m.wrapped_key.at, m.wrapped_key.len, vector_text("v1", "EncryptedSessionKey1"));
	CHECK_U64(m.version.len, 8);
	CHECK(!m.has_mic);

	CHECK(authenticate_take(&m, wire));
	CHECK_NAME(m.user, vector_text("cbt", "User"));
	CHECK_NAME(m.domain, vector_text("cbt", "Domain"));
	CHECK_NAME(m.workstation, vector_text("cbt", "Workstation"));
	CHECK_U64(m.wrapped_key.len, 0);
	CHECK(m.has_mic);
	CHECK_U64(m.mic_offset, 72);
	CHECK_HEX(wire.at + m.mic_offset, NTLM_MIC_LEN, vector_text("cbt", "MIC"));
}

/* What Windows sent comes out again, byte for byte, where its order is ours. */
TEST(what_was_taken_can_be_put)
{
	static const char *const group[] = { "v1", "v2", "cbt" };
	uint8_t out[1024];

	for (size_t n = 0; n < 3; n++) {
		struct bytes wire = vector(group[n], "ChallengeMessage");
		struct writer w = writer_of(out, sizeof out);
		struct challenge c;
		struct authenticate a;

		CHECK(challenge_take(&c, wire));
		CHECK(challenge_put(&w, &c));
		CHECK(writer_ok(&w) && w.need == wire.len);
		if (n > 0)	/* the first has an empty field with offset 0 */
			CHECK(bytes_same(bytes_of(out, w.need), wire));

		wire = vector(group[n], "AuthenticateMessage");
		w = writer_of(out, sizeof out);
		CHECK(authenticate_take(&a, wire));
		CHECK(authenticate_put(&w, &a));
		if (a.has_mic) {
			CHECK_U64(authenticate_mic_offset(&a), a.mic_offset);
			bytes_copy(out + a.mic_offset, wire.at + a.mic_offset, NTLM_MIC_LEN);
		}
		CHECK(bytes_same(bytes_of(out, w.need), wire));
		CHECK(authenticate_take(&a, bytes_of(out, w.need)));
	}
}

TEST(negotiate_in_its_three_lengths)
{
	struct bytes name = bytes_of_text("DOMAIN"), station = bytes_of_text("HOST");
	struct negotiate m, again;
	uint8_t out[64];
	struct writer w = writer_of(NULL, 0);

	m = (struct negotiate){
		.flags = NTLM_NEGOTIATE_UNICODE | NTLM_NEGOTIATE_VERSION | NTLM_DOMAIN_SUPPLIED | NTLM_WORKSTATION_SUPPLIED,
		.domain = name, .workstation = station, .version = bytes_of(ntlm_version, NTLM_VERSION_LEN),
	};
	CHECK(negotiate_put(&w, &m));
	CHECK_U64(w.need, 50);
	w = writer_of(out, sizeof out);
	CHECK(negotiate_put(&w, &m));
	CHECK(negotiate_take(&again, bytes_of(out, w.need)));
	CHECK(bytes_same(again.domain, name) && bytes_same(again.workstation, station));
	CHECK_HEX(again.version.at, again.version.len, "0a0000000000000f");

	put_u32(out + 12, NTLM_NEGOTIATE_UNICODE | NTLM_NEGOTIATE_VERSION);
	for (size_t len = 0; len <= 40; len++) {
		struct bytes cut = copy_of(bytes_of(out, len));
		bool good = len == 16 || len == 32 || len == 40;

		if (!CHECK(negotiate_take(&again, cut) == good))
			fprintf(stderr, "  at length %zu\n", len);
		if (good) {
			CHECK_U64(again.flags, NTLM_NEGOTIATE_UNICODE | NTLM_NEGOTIATE_VERSION);
			CHECK_U64(again.domain.len, 0);		/* not announced, so not looked at */
		}
		copy_drop(cut);
	}
	put_u32(out + 12, NTLM_DOMAIN_SUPPLIED);
	CHECK(!negotiate_take(&again, bytes_of(out, 16)));
}

TEST(challenge_without_version_or_target_info)
{
	uint8_t wire[48];
	struct challenge m = { .flags = NTLM_NEGOTIATE_NTLM, .challenge = { 1, 2, 3, 4, 5, 6, 7, 8 } };
	struct writer w = writer_of(wire, sizeof wire);

	CHECK(challenge_put(&w, &m));
	CHECK(writer_ok(&w));
	for (size_t len = 0; len <= sizeof wire; len++) {
		struct bytes cut = copy_of(bytes_of(wire, len));

		CHECK(challenge_take(&m, cut) == (len >= 32));
		copy_drop(cut);
	}
	put_u32(wire + 20, NTLM_NEGOTIATE_TARGET_INFO);
	CHECK(!challenge_take(&m, bytes_of(wire, 47)));
	CHECK(challenge_take(&m, bytes_of(wire, 48)));
}

TEST(every_prefix_is_refused)
{
	static const char *const group[] = { "v1", "v2", "cbt" };

	for (size_t n = 0; n < 6; n++) {
		struct bytes wire = vector(group[n / 2], n % 2 ? "AuthenticateMessage" : "ChallengeMessage");

		for (size_t len = 0; len < wire.len; len++) {
			struct bytes cut = copy_of(bytes_of(wire.at, len));

			if (!CHECK(!take_any(cut)))
				fprintf(stderr, "  %s %zu of %zu\n", group[n / 2], len, wire.len);
			copy_drop(cut);
		}
		CHECK(take_any(wire));
	}
}

/* Any byte may change to anything: no reader leaves the message. */
TEST(every_changed_byte_is_survived)
{
	static const uint8_t with[] = { 0x01, 0x80, 0xff };
	static const char *const group[] = { "v1", "v2", "cbt" };

	for (size_t n = 0; n < 6; n++) {
		struct bytes wire = vector(group[n / 2], n % 2 ? "AuthenticateMessage" : "ChallengeMessage");
		uint8_t *at = malloc(wire.len);

		for (size_t k = 0; at && k < wire.len * sizeof with; k++) {
			bytes_copy(at, wire.at, wire.len);
			at[k / sizeof with] ^= with[k % sizeof with];
			(void)take_any(bytes_of(at, wire.len));
		}
		free(at);
	}
}

/* Row P1: the offset and the length that a field may name. */
TEST(fields_lie_inside)
{
	uint8_t wire[108];
	uint32_t n = sizeof wire;
	struct authenticate m = { .flags = NTLM_NEGOTIATE_UNICODE, .user = bytes_of("a\0b\0", 4) };
	struct writer w = writer_of(wire, sizeof wire);
	const struct { uint32_t len, offset; bool good; } row[] = {
		{ 0,      0,           true },	/* an empty field may point anywhere */
		{ 0,      0xffffffff,  true },
		{ 4,      n - 4,       true },
		{ 4,      n - 3,       false },
		{ 4,      n,           false },
		{ 4,      n + 1,       false },
		{ 2,      0,           false },	/* in the header */
		{ 2,      62,          false },
		{ 2,      64,          true },
		{ 3,      64,          false },	/* half a character */
		{ 4,      0x7ffffffe,  false },
		{ 4,      0x80000000,  false },
		{ 4,      0xfffffffc,  false },	/* the 32-bit sum is 0 */
		{ 6,      0xfffffffe,  false },
		{ 0xffff, 64,          false },
		{ 0xffff, 0xffff0001,  false },
	};

	bytes_zero(wire, sizeof wire);
	CHECK(authenticate_put(&w, &m));
	for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
		struct bytes copy;

		wire[36] = (uint8_t)row[k].len;
		wire[37] = (uint8_t)(row[k].len >> 8);
		put_u32(wire + 40, row[k].offset);
		copy = copy_of(bytes_of(wire, sizeof wire));
		if (!CHECK(authenticate_take(&m, copy) == row[k].good))
			fprintf(stderr, "  at row %zu\n", k);
		copy_drop(copy);
	}
}

/* Row P13: the lengths of responses. */
TEST(responses_have_their_sizes)
{
	static uint8_t data[128];

	for (size_t len = 0; len <= 128; len++) {
		struct authenticate m = { .lm = bytes_of(data, len) }, again;
		struct writer w = writer_of(NULL, 0);
		bool lm = len <= 1 || len == 24, nt = len == 0 || len == 24 || len >= 48, key = len == 0 || len == 16;

		CHECK(authenticate_put(&w, &m) == lm);
		m = (struct authenticate){ .nt = bytes_of(data, len) };
		CHECK(authenticate_put(&w, &m) == nt);
		m = (struct authenticate){ .wrapped_key = bytes_of(data, len) };
		CHECK(authenticate_put(&w, &m) == key);

		m = (struct authenticate){ 0 };
		uint8_t wire[64 + 128] = { 0 };
		w = writer_of(wire, sizeof wire);
		CHECK(authenticate_put(&w, &m));
		wire[12] = (uint8_t)len;
		put_u32(wire + 16, 64);
		CHECK(authenticate_take(&again, bytes_of(wire, 64 + len)) == lm);
	}
}

TEST(the_mic_is_found_by_the_room_for_it)
{
	static const struct { uint32_t flags; size_t version; bool mic; } row[] = {
		{ 0, 0, false }, { 0, 0, true }, { NTLM_NEGOTIATE_VERSION, 8, false }, { NTLM_NEGOTIATE_VERSION, 8, true },
		{ 0, 8, true },		/* Windows: zeros for a version that is not negotiated */
	};
	uint8_t out[256];

	for (size_t n = 0; n < sizeof row / sizeof row[0]; n++) {
		struct authenticate m = {
			.flags = row[n].flags, .user = bytes_of_text("user"), .has_mic = row[n].mic,
			.version = bytes_of(ntlm_version, row[n].version),
		}, again;
		struct writer w = writer_of(out, sizeof out);

		CHECK(authenticate_put(&w, &m));
		CHECK(authenticate_take(&again, bytes_of(out, w.need)));
		CHECK(again.has_mic == row[n].mic);
		CHECK_U64(again.version.len, row[n].version);
		if (row[n].mic)
			CHECK_U64(again.mic_offset, authenticate_mic_offset(&m));
	}
}

/* Row P4: lengths that no field can say. */
TEST(long_fields_are_refused)
{
	static uint8_t big[70000];
	struct writer w = writer_of(NULL, 0);
	struct negotiate n = { .domain = bytes_of(big, 65536) };
	struct challenge c = { .target_name = bytes_of(big, 70000) };
	struct authenticate a = { .user = bytes_of(big, (size_t)1 << 31) };	/* not read */

	CHECK(!negotiate_put(&w, &n));
	CHECK(!challenge_put(&w, &c));
	CHECK(!authenticate_put(&w, &a));
	CHECK_U64(w.need, 0);
	c.target_name.len = 65535;
	CHECK(challenge_put(&w, &c));
	CHECK_U64(w.need, 48 + 65535);
}

int
main(void)
{
	RUN(challenges_are_read);
	RUN(authenticates_are_read);
	RUN(what_was_taken_can_be_put);
	RUN(negotiate_in_its_three_lengths);
	RUN(challenge_without_version_or_target_info);
	RUN(every_prefix_is_refused);
	RUN(every_changed_byte_is_survived);
	RUN(fields_lie_inside);
	RUN(responses_have_their_sizes);
	RUN(the_mic_is_found_by_the_room_for_it);
	RUN(long_fields_are_refused);
	return check_end();
}
