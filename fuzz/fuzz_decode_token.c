/*
 * fuzz_decode_token.c - a stranger's token as text: what comes out is
 * UTF-8 without control characters, whatever went in; and message by message
 * taken apart and put together again.
 */
#include "fuzz.h"

#include "base/utf16.h"
#include "pkg/kerberos/kerb_print.h"
#include "pkg/negotiate/nego_print.h"
#include "pkg/ntlm/ntlm_msg.h"
#include "pkg/ntlm/ntlm_print.h"

static uint8_t text[1 << 20], again[140000];

static bool
spnego_print(struct writer *w, struct bytes token, bool json)
{
	return nego_print(w, token, json, kerb_print);
}

static void
must_print(bool (*print)(struct writer *, struct bytes, bool), struct bytes token, bool json)
{
	struct writer w = writer_of(text, sizeof text), wide = writer_of(NULL, 0);

	if (!print(&w, token, json) || !writer_ok(&w))
		return;
	MUST(utf16_from_utf8(&wide, bytes_of(text, w.need)));
	for (size_t i = 0; i < w.need; i++)
		MUST((text[i] >= 0x20 && text[i] != 0x7f) || (text[i] == '\n' && !json));
	if (json)
		MUST(w.need >= 2 && text[0] == '{' && text[w.need - 1] == '}');
}

static void
must_rebuild(struct bytes token)
{
	struct writer w = writer_of(again, sizeof again);
	struct negotiate n;
	struct challenge c, d;

	if (negotiate_take(&n, token) && negotiate_put(&w, &n)) {
		struct negotiate o;

		MUST(negotiate_take(&o, bytes_of(again, w.need)) && o.flags == n.flags && bytes_same(o.domain, n.domain));
	}
	w = writer_of(again, sizeof again);
	if (challenge_take(&c, token) && challenge_put(&w, &c)) {
		MUST(writer_ok(&w) && challenge_take(&d, bytes_of(again, w.need)));
		MUST(c.flags == d.flags && bytes_same(c.target_name, d.target_name) &&
		    bytes_same(c.target_info, d.target_info) && memcmp(c.challenge, d.challenge, 8) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = exact_copy(bytes_of(data, size));
	struct bytes token = bytes_of(copy, size);

	for (int json = 0; json < 2; json++) {
		must_print(ntlm_print, token, json);
		must_print(kerb_print, token, json);
		must_print(spnego_print, token, json);
	}
	must_rebuild(token);
	free(copy);
	return 0;
}
