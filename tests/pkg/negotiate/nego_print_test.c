/*
 * nego_print_test.c - SPNEGO tokens as text, those inside included.
 *
 * Covers pkg/negotiate/nego_print.c and the describing of pkg/negotiate/nego_user.c.
 */
#include "pkg/negotiate/nego_print.h"

#include <stdlib.h>

#include "pkg/negotiate/nego_msg.h"
#include "base/nt.h"
#include "pkg/user_mode.h"
#include "tests/check.h"

static const char *
print(struct bytes token, bool json, bool alone)
{
	static char text[16384];
	struct writer w = writer_of(text, sizeof text - 1);
	bool good = alone ? nego_print(&w, token, json, NULL) : negotiate_user.describe(&w, token, json);

	if (!good || !writer_ok(&w))
		return NULL;
	text[w.need] = 0;
	return text;
}

static const uint8_t negotiate[] = {
	'N', 'T', 'L', 'M', 'S', 'S', 'P', 0, 1, 0, 0, 0, 0x01, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t ap_req[] = {
	0x60, 0x0d, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02, 0x01, 0x00,
};

static struct bytes
offer(const void *inner, size_t len, bool hints)
{
	static const enum nego_mech mechs[] = { MECH_MS_KRB5, MECH_NTLM };
	static uint8_t token[512], list[64];
	struct writer l = writer_of(list, sizeof list), w = writer_of(token, sizeof token);
	struct nego_init m = { .has_token = len != 0, .token = bytes_of(inner, len), .has_hints = hints,
	    .hint = bytes_of_text(hints ? "a\"b\x1b[2J\xc3" : "") };

	nego_list_put(&l, mechs, 2);
	m.list = bytes_of(list, l.need);
	nego_init_put(&w, &m);
	return bytes_of(token, w.need);
}

TEST(an_offer_as_a_tree)
{
	CHECK_TEXT(print(offer(negotiate, sizeof negotiate, false), false, false),
	    "SPNEGO NegTokenInit, 77 bytes\n"
	    "0010 +25     mechTypes: 1.2.840.48018.1.2.2 Kerberos (Microsoft's number), 1.3.6.1.4.1.311.2.2.10 NTLM\n"
	    "002d +32     mechToken: 32 bytes\n\n"
	    "NTLM NEGOTIATE, 32 bytes\n"
	    "000c +4    flags: 0x00000201 UNICODE NTLM\n"
	    "           domain: \"\"\n"
	    "           workstation: \"\"\n");
	CHECK_TEXT(print(offer(ap_req, sizeof ap_req, false), false, false),
	    "SPNEGO NegTokenInit, 60 bytes\n"
	    "0010 +25     mechTypes: 1.2.840.48018.1.2.2 Kerberos (Microsoft's number), 1.3.6.1.4.1.311.2.2.10 NTLM\n"
	    "002d +15     mechToken: Kerberos AP-REQ, 15 bytes\n");
}

TEST(an_offer_as_json)
{
	CHECK_TEXT(print(offer(ap_req, sizeof ap_req, false), true, true),
	    "{\"package\":\"SPNEGO\",\"message\":\"NegTokenInit\",\"length\":60,\"mechTypes\":[{\"oid\":\"1.2.840.48018.1.2.2\","
	    "\"name\":\"Kerberos (Microsoft's number)\"},{\"oid\":\"1.3.6.1.4.1.311.2.2.10\",\"name\":\"NTLM\"}],"
	    "\"mechToken\":{\"package\":\"Kerberos\",\"message\":\"Kerberos AP-REQ\",\"length\":15,"
	    "\"bytes\":\"600d06092a864886f7120102020100\"}}");
	CHECK(strstr(print(offer(negotiate, sizeof negotiate, false), true, false),
	    "\"mechToken\":{\"package\":\"NTLM\",\"message\":\"NEGOTIATE\","));
	CHECK(strstr(print(offer("??", 2, false), true, false), "\"mechToken\":{\"package\":null,\"message\":null,\"length\":2,"
	    "\"bytes\":\"3f3f\"}"));
}

/* A stranger's text steers no terminal and ends no string. */
TEST(hints)
{
	CHECK(strstr(print(offer(NULL, 0, true), false, false), "SPNEGO NegTokenInit2, "));
	CHECK(strstr(print(offer(NULL, 0, true), false, false), "hintName: \"a\\u0022b\\u001b[2J\\u00c3\""));
	CHECK(strstr(print(offer(NULL, 0, true), true, false), "\"hintName\":\"a\\u0022b\\u001b[2J\\u00c3\"}"));
}

TEST(an_answer)
{
	uint8_t token[256];
	struct writer w = writer_of(token, sizeof token);
	struct nego_resp m = { .state = STATE_REQUEST_MIC, .has_mech = true, .mech = nego_mech_oid(MECH_NTLM), .has_mic = true,
	    .mic = bytes_of("\1\2", 2) };

	nego_resp_put(&w, &m);
	CHECK_TEXT(print(bytes_of(token, w.need), false, false),
	    "SPNEGO NegTokenResp, 29 bytes\n"
	    "             negState: request-mic\n"
	    "000d +10     supportedMech: 1.3.6.1.4.1.311.2.2.10 NTLM\n"
	    "001b +2      mechListMIC: 0102\n");
	CHECK_TEXT(print(bytes_of(token, w.need), true, false),
	    "{\"package\":\"SPNEGO\",\"message\":\"NegTokenResp\",\"length\":29,\"negState\":\"request-mic\","
	    "\"supportedMech\":{\"oid\":\"1.3.6.1.4.1.311.2.2.10\",\"name\":\"NTLM\"},\"mechListMIC\":\"0102\"}");
	CHECK(!print(bytes_of(token, w.need - 1), false, false));
	CHECK(!print(bytes_of(negotiate, sizeof negotiate), false, false));
	CHECK(!print(BYTES_NONE, true, false));
}

int
main(void)
{
	RUN(an_offer_as_a_tree);
	RUN(an_offer_as_json);
	RUN(hints);
	RUN(an_answer);
	return check_end();
}
