/*
 * kerb_print_test.c - Kerberos tokens as text: libkrb5's own errors, message
 * tokens, and what is cut short. Message tokens of MIT's are printed in kerb_wrap_test.c, AP-REQs of a KDC's tickets are printed in
 * tests/interop/negotiate_krb5_test.py.
 *
 * Covers pkg/kerberos/kerb_print.c and base/outline.c.
 */
#include "pkg/kerberos/kerb_print.h"

#include <krb5.h>
#include <stdio.h>
#include <string.h>

#include "pkg/kerberos/kerb_lsa.h"
#include "tests/check.h"

static const char *
print(struct bytes token, bool json)
{
	static char text[8192];
	struct writer w = writer_of(text, sizeof text - 1);

	if (!kerb_print(&w, token, json) || !writer_ok(&w))
		return NULL;
	text[w.need] = 0;
	return text;
}

static struct bytes
libkrb5s_error(int number, const char *said)
{
	static uint8_t kept[1024];
	krb5_error e = { .error = (krb5_ui_4)number, .stime = 1800000000, .susec = 5 };
	krb5_context k5;
	krb5_data out = { 0, 0, NULL };
	size_t len;

	CHECK(krb5_init_context(&k5) == 0 && krb5_parse_name(k5, "HTTP/web.example@EXAMPLE", &e.server) == 0);
	e.text.data = (char *)(uintptr_t)said;
	e.text.length = (unsigned)strlen(said);
	CHECK(krb5_mk_error(k5, &e, &out) == 0 && out.length < sizeof kept);
	len = out.length;
	bytes_copy(kept, out.data, len);
	krb5_free_data_contents(k5, &out);
	krb5_free_principal(k5, e.server);
	krb5_free_context(k5);
	return bytes_of(kept, len);
}

TEST(an_error_of_libkrb5)
{
	struct bytes raw = libkrb5s_error(37, "clock\x1b[2J\"");
	const char *text = print(raw, false);
	struct kerb_frame f = { .is = KERB_TOKEN_ERROR, .inner = raw };
	uint8_t framed[1200];
	struct writer w = writer_of(framed, sizeof framed);

	if (!CHECK(text))
		return;
	CHECK(strstr(text, "Kerberos KRB-ERROR, "));
	CHECK(strstr(text, "serverTime: \"20270115080000Z\"\n"));
	CHECK(strstr(text, "error: 37 KRB_AP_ERR_SKEW\n"));
	CHECK(strstr(text, "realm: \"EXAMPLE\"\n"));
	CHECK(strstr(text, "service: \"HTTP\"/\"web.example\"\n"));
	CHECK(strstr(text, "text: \"clock\\u001b[2J\\u0022\"\n"));
	text = print(raw, true);
	CHECK(text && strstr(text, "\"error\":37,\"errorName\":\"KRB_AP_ERR_SKEW\"") &&
	    strstr(text, "\"service\":[\"HTTP\",\"web.example\"]") && text[strlen(text) - 1] == '}');
	kerb_frame_put(&w, &f);
	CHECK(writer_ok(&w));
	text = print(bytes_of(framed, w.need), false);
	CHECK(text && strstr(text, "error: 37 KRB_AP_ERR_SKEW\n"));
}

TEST(nothing_is_printed_of_a_piece)
{
	struct bytes raw = libkrb5s_error(99, "x");
	const char *text = print(raw, true);

	CHECK(text && strstr(text, "\"error\":99,\"errorName\":null"));
	for (size_t len = 0; len < raw.len; len++)
		CHECK(!print(bytes_of(raw.at, len), false));
}

TEST(message_tokens)
{
	static const uint8_t mic[] = { 4, 4, 5, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 1, 2, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9 };
	static const uint8_t wrap[] = { 5, 4, 2, 0xff, 0, 16, 0, 28, 0, 0, 0, 0, 0, 0, 0, 7, 1, 2, 3 };

	CHECK_TEXT(print(bytes_of(mic, sizeof mic), false),
	    "Kerberos MIC, 28 bytes\n"
	    "0002 +1      flags: from the acceptor, by the acceptor's key\n"
	    "0008 +8      sequence: 258\n"
	    "0010 +12     checksum: 12 bytes\n");
	CHECK_TEXT(print(bytes_of(wrap, sizeof wrap), false),
	    "Kerberos Wrap, 19 bytes\n"
	    "0002 +1      flags: from the initiator, sealed\n"
	    "0004 +2      extraCount: 16\n"
	    "0006 +2      rightRotation: 28\n"
	    "0008 +8      sequence: 7\n"
	    "0010 +3      body: 3 bytes, encrypted\n");
	CHECK(!print(bytes_of(wrap, 15), false));
	CHECK(!print(bytes_of("NTLMSSP", 8), false));
	CHECK(!print(BYTES_NONE, false));
}

/* Every bit of the flags; those that nobody has given a meaning are shown as they are. */
TEST(flags_of_messages)
{
	uint8_t wrap[16] = { 5, 4, 0, 0xff };
	char want[64];

	for (unsigned flags = 0; flags < 256; flags++) {
		const char *text;

		wrap[2] = (uint8_t)flags;
		text = print(bytes_of(wrap, sizeof wrap), false);
		if (!CHECK(text))
			continue;
		CHECK(!!strstr(text, "from the acceptor") == (flags & 1) && !!strstr(text, ", sealed") == (flags >> 1 & 1));
		CHECK(!!strstr(text, ", by the acceptor's key") == (flags >> 2 & 1));
		(void)snprintf(want, sizeof want, ", reserved 0x%02x\n", flags & 0xf8);
		CHECK(!!strstr(text, want) == (flags > 7) && !!strstr(text, "reserved") == (flags > 7));
		text = print(bytes_of(wrap, sizeof wrap), true);
		(void)snprintf(want, sizeof want, "\"reserved\":%u}", flags & 0xf8);
		CHECK(text && strstr(text, want));
	}
}

int
main(void)
{
	RUN(an_error_of_libkrb5);
	RUN(nothing_is_printed_of_a_piece);
	RUN(message_tokens);
	RUN(flags_of_messages);
	return check_end();
}
