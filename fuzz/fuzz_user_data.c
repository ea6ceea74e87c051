/*
 * fuzz_user_data.c - what NTLM's LSA half hands to its user half, as a
 * broken or hostile LSA might send it, and what an application might import.
 *
 * Oracle: what is taken is put as the same bytes; a half that opens answers,
 * signs, seals and exports, and opens again from that.
 */
#include "fuzz.h"

#include "pkg/ntlm/ntlm_data.h"
#include "pkg/ntlm/ntlm_seal.h"
#include "pkg/ntlm/ntlm_user.h"

static uint8_t again[140000];

static void
must_put_back(struct bytes wire)
{
	struct ntlm_data d;
	struct ntlm_seal seal;
	struct reader r;
	struct writer w = writer_of(again, sizeof again);
	bool sealed = false;

	if (!ntlm_data_take(&d, wire))
		return;
	if (d.running) {
		r = reader_of(d.seal);
		sealed = ntlm_seal_take(&seal, &r) && reader_done(&r);
		if (!sealed)
			return;
	}
	MUST(ntlm_data_put(&w, &d, sealed ? &seal : NULL) && w.need == wire.len);
	MUST(memcmp(again, wire.at, wire.len) == 0);
}

static void
use(void *half, struct feed *f)
{
	uint8_t token[64], text[64] = "text";
	SecBuffer b[2] = { { sizeof token, SECBUFFER_TOKEN, token }, { 5, SECBUFFER_DATA, text } };
	SecBufferDesc d = { SECBUFFER_VERSION, 2, b };
	struct user_facts facts;
	SecPkgContext_Sizes sizes;
	struct secret *state = NULL;
	void *other = NULL;
	const uint8_t *p;
	ULONG qop;

	ntlm_user.facts(half, &facts);
	ntlm_user.sizes(half, &sizes);
	MUST(sizes.cbMaxSignature <= sizeof token);
	for (unsigned i = 0; i < 4; i++) {
		ULONG sequence = feed_u8(f);

		b[0].cbBuffer = sizeof token;
		switch (feed_u8(f) % 4) {
		case 0:  (void)ntlm_user.sign(half, 0, &d, sequence); break;
		case 1:  (void)ntlm_user.verify(half, &d, sequence, &qop); break;
		case 2:  (void)ntlm_user.seal(half, 0, &d, sequence); break;
		default: (void)ntlm_user.unseal(half, &d, sequence, &qop); break;
		}
	}
	if (ntlm_user.export(half, feed_u8(f) & 1, &state) == STATUS_SUCCESS) {
		WITH_SECRET(p, state)
			MUST(ntlm_user.open(&other, bytes_of(p, secret_len(state))) == STATUS_SUCCESS);
		ntlm_user.drop(other);
		secret_drop(&state);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = feed_of(data, size);
	struct bytes wire = feed_bytes(&f, size > 8 ? size - 8 : size);
	uint8_t *copy = exact_copy(wire);
	void *half = NULL;

	must_put_back(bytes_of(copy, wire.len));
	if (ntlm_user.open(&half, bytes_of(copy, wire.len)) == STATUS_SUCCESS) {
		use(half, &f);
		ntlm_user.drop(half);
	} else {
		MUST(!half);
	}
	free(copy);
	return 0;
}
