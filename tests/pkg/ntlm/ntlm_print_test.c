/*
 * ntlm_print_test.c - tokens as text. The CHALLENGE is [MS-NLMP] 4.2.4.3's.
 * Covers pkg/ntlm/ntlm_print.c.
 */
#include "pkg/ntlm/ntlm_print.h"

#include <stdlib.h>

#include "tests/check.h"
#include "pkg/ntlm/ntlm_msg.h"

static size_t
bytes_of_hex(uint8_t *to, const char *hex)
{
	size_t n = 0;

	for (; hex[0] && hex[1]; hex += 2, n++) {
		unsigned value;

		if (sscanf(hex, "%2x", &value) != 1)
			abort();
		to[n] = (uint8_t)value;
	}
	return n;
}

static const char challenge[] =
    "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef00000000000000002400240044000000060070170000000f"
    "53006500720076006500720002000c0044006f006d00610069006e0001000c0053006500720076006500720000000000";

static const char *
print(struct bytes token, bool json)
{
	static char text[16384];
	struct writer w = writer_of(text, sizeof text - 1);

	if (!ntlm_print(&w, token, json) || !writer_ok(&w))
		return NULL;
	text[w.need] = 0;
	return text;
}

TEST(challenge_as_a_tree)
{
	uint8_t token[512];
	size_t len = bytes_of_hex(token, challenge);

	CHECK_TEXT(print(bytes_of(token, len), false),
	    "NTLM CHALLENGE, 104 bytes\n"
	    "0014 +4    flags: 0xe28a8233 UNICODE OEM SIGN SEAL NTLM ALWAYS_SIGN TARGET_TYPE_SERVER "
	    "EXTENDED_SESSIONSECURITY TARGET_INFO VERSION 128 KEY_EXCH 56\n"
	    "0038 +12   target_name: \"Server\"\n"
	    "0018 +8    challenge: 0123456789abcdef\n"
	    "0044 +32   target_info:\n"
	    "0048 +12     NbDomainName: \"Domain\"\n"
	    "0058 +12     NbComputerName: \"Server\"\n"
	    "0030 +8    version: 6.0.6000 revision 15\n");
}

TEST(challenge_as_json)
{
	uint8_t token[512];
	size_t len = bytes_of_hex(token, challenge);

	CHECK_TEXT(print(bytes_of(token, len), true),
	    "{\"package\":\"NTLM\",\"message\":\"CHALLENGE\",\"length\":104,"
	    "\"flags\":{\"value\":\"0xe28a8233\",\"names\":[\"UNICODE\",\"OEM\",\"SIGN\",\"SEAL\",\"NTLM\",\"ALWAYS_SIGN\","
	    "\"TARGET_TYPE_SERVER\",\"EXTENDED_SESSIONSECURITY\",\"TARGET_INFO\",\"VERSION\",\"128\",\"KEY_EXCH\",\"56\"]},"
	    "\"target_name\":\"Server\",\"challenge\":\"0123456789abcdef\","
	    "\"target_info\":{\"NbDomainName\":\"Domain\",\"NbComputerName\":\"Server\"},"
	    "\"version\":\"6.0.6000 revision 15\"}");
}

/* A stranger's text cannot steer a terminal, nor end a string. */
TEST(text_is_escaped)
{
	static const uint8_t user[] = { 'a', 0, '"', 0, 0x1b, 0, 0x2e, 0x20, 0x00, 0xd8, 'z', 0, 0x3d, 0xd8, 0x00, 0xde };
	static const uint8_t mic[24];
	uint8_t token[512];
	struct writer w = writer_of(token, sizeof token);
	struct authenticate m = { .flags = NTLM_NEGOTIATE_UNICODE | NTLM_NEGOTIATE_VERSION,
	    .user = bytes_of(user, sizeof user), .lm = bytes_of(mic, 24), .nt = bytes_of(mic, 24),
	    .version = bytes_of(ntlm_version, 8), .has_mic = true };
	const char *text;

	CHECK(authenticate_put(&w, &m));
	text = print(bytes_of(token, w.need), true);
	CHECK(text && strstr(text, "\"user\":\"a\\u0022\\u001b\\u202e\xef\xbf\xbdz\xf0\x9f\x98\x80\""));
	CHECK(text && strstr(text, "\"mic\":\"00000000000000000000000000000000\""));
	m.has_mic = false;
	m.version = BYTES_NONE;
	m.flags &= ~NTLM_NEGOTIATE_VERSION;
	w = writer_of(token, sizeof token);
	CHECK(authenticate_put(&w, &m));
	text = print(bytes_of(token, w.need), true);
	CHECK(text && strstr(text, "\"mic\":null"));
	text = print(bytes_of(token, w.need), false);
	CHECK(text && strstr(text, "mic: none") && !strchr(text, '\x1b'));
}

TEST(what_is_no_token)
{
	uint8_t token[512];
	size_t len = bytes_of_hex(token, challenge);

	CHECK(!print(BYTES_NONE, false));
	CHECK(!print(bytes_of_text("hello"), true));
	for (size_t n = 0; n < len; n++) {
		uint8_t *exact = malloc(n ? n : 1);

		if (!exact)
			abort();
		bytes_copy(exact, token, n);
		CHECK(!print(bytes_of(exact, n), false) || n >= len);
		free(exact);
	}
}

int
main(void)
{
	RUN(challenge_as_a_tree);
	RUN(challenge_as_json);
	RUN(text_is_escaped);
	RUN(what_is_no_token);
	return check_end();
}
