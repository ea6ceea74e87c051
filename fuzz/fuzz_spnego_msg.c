/*
 * fuzz_spnego_msg.c - SPNEGO tokens as bytes, and what the DER below them
 * takes.
 *
 * Oracle: what is taken can be put again: to the byte, but for what is passed
 * over (reqFlags, hintAddress). Views lie inside the token. A list ends. The
 * text of a token is measured and written alike.
 */
#include "fuzz.h"

#include "base/nt.h"

#include "base/der.h"
#include "pkg/negotiate/nego_data.h"
#include "pkg/negotiate/nego_msg.h"
#include "pkg/negotiate/nego_print.h"
#include "pkg/user_mode.h"

static uint8_t again[1 << 17];

static void
must_lie_inside(struct bytes part, struct bytes whole)
{
	MUST(!part.len || (part.at >= whole.at && part.len <= whole.len && part.at - whole.at <= (ptrdiff_t)(whole.len - part.len)));
}

static void
offer(struct bytes token)
{
	struct writer w = writer_of(again, sizeof again);
	struct nego_init m, second;
	struct reader r;
	struct bytes oid;
	size_t count = 0;

	if (!nego_init_take(&m, token))
		return;
	MUST(nego_kind_of(token) == NEGO_INIT);
	must_lie_inside(m.list, token);
	must_lie_inside(m.token, token);
	must_lie_inside(m.mic, token);
	must_lie_inside(m.hint, token);
	for (r = nego_list_open(m.list); m.list.len && nego_list_next(&r, &oid); count++)
		MUST(count < token.len);
	MUST(!m.list.len || count);
	nego_init_put(&w, &m);
	MUST(writer_ok(&w) && nego_init_take(&second, bytes_of(again, w.need)));
	MUST(bytes_same(m.list, second.list) && bytes_same(m.token, second.token) && bytes_same(m.mic, second.mic));
	MUST(m.has_token == second.has_token && m.has_mic == second.has_mic && m.has_hints == second.has_hints);
}

static void
answer(struct bytes token)
{
	struct writer w = writer_of(again, sizeof again);
	struct nego_resp m;

	if (!nego_resp_take(&m, token))
		return;
	MUST(nego_kind_of(token) == NEGO_RESP);
	must_lie_inside(m.mech, token);
	must_lie_inside(m.token, token);
	must_lie_inside(m.mic, token);
	nego_resp_put(&w, &m);
	MUST(bytes_same(bytes_of(again, w.need), token));
}

static void
elements(struct bytes token)
{
	struct reader r = reader_of(token);
	struct der_element e;

	while (reader_left(&r) && der_any(&r, &e)) {
		struct writer w = writer_of(again, sizeof again);

		must_lie_inside(e.content, e.whole);
		der_put(&w, e.tag, e.content);
		MUST(bytes_same(bytes_of(again, w.need), e.whole) && der_size(e.content.len) == e.whole.len);
	}
	{
		struct writer measure = writer_of(NULL, 0), w;
		bool good = der_oid_text(&measure, token);

		w = writer_of(again, sizeof again);
		MUST(der_oid_text(&w, token) == good && w.need == measure.need);
	}
}

static void
text(struct bytes token)
{
	for (int json = 0; json < 2; json++) {
		struct writer measure = writer_of(NULL, 0), w;
		bool good = negotiate_user.describe(&measure, token, json);
		char *at = malloc(measure.need + 1);

		MUST(at);
		w = writer_of(at, measure.need);
		MUST(negotiate_user.describe(&w, token, json) == good && w.need == measure.need);
		for (size_t i = 0; good && i < w.need; i++)
			MUST((uint8_t)at[i] >= 0x20 || at[i] == '\n');
		free(at);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = exact_copy(bytes_of(data, size));
	struct bytes token = bytes_of(copy, size);
	struct nego_data d;

	if (size < sizeof again / 8) {
		offer(token);
		answer(token);
		elements(token);
		text(token);
		if (nego_data_take(&d, token)) {
			struct writer w = writer_of(again, sizeof again);

			nego_data_put(&w, &d);
			MUST(bytes_same(bytes_of(again, w.need), token));
		}
	}
	free(copy);
	return 0;
}
