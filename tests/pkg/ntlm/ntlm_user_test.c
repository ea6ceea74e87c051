/*
 * ntlm_user_test.c - the user half on a caller's buffers: every layout that
 * is allowed, every one that is not, and what a failure leaves behind.
 * Covers pkg/ntlm/ntlm_user.c.
 */
#include "pkg/ntlm/ntlm_user.h"

#include <stdlib.h>

#include "pkg/ntlm/ntlm_data.h"
#include "tests/check.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define FULL (NTLM_NEGOTIATE_UNICODE | NTLM_NEGOTIATE_ESS | NTLM_NEGOTIATE_SIGN | NTLM_NEGOTIATE_SEAL | \
	NTLM_NEGOTIATE_ALWAYS_SIGN | NTLM_NEGOTIATE_128 | NTLM_NEGOTIATE_KEY_EXCH)

static void *mine, *theirs;

static void *
half(bool server, uint32_t flags)
{
	uint8_t bytes[1024];
	struct writer w = writer_of(bytes, sizeof bytes);
	struct ntlm_data d = { .server = server, .flags = flags, .user = bytes_of_text("alice"),
	    .domain = bytes_of_text("HOME"), .target = bytes_of_text("host/home"), .sid = bytes_of_text("S-1-5-7") };
	void *h = NULL;

	for (uint8_t n = 0; n < 16; n++)
		d.key.b[n] = (uint8_t)(0x55 + n);
	CHECK(ntlm_data_put(&w, &d, NULL) && writer_ok(&w));
	CHECK_U64(ntlm_user.open(&h, bytes_of(bytes, w.need)), SEC_E_OK);
	return h;
}

static void
begin(uint32_t flags)
{
	mine = half(false, flags);
	theirs = half(true, flags);
}

static void
end(void)
{
	ntlm_user.drop(mine);
	ntlm_user.drop(theirs);
}

/* The flags of a context decide what it can do. */
static const struct {
	uint32_t flags;
	bool ess, seals, signs;
} kinds[] = {
	{ FULL,						true,  true,  true },
	{ FULL & ~NTLM_NEGOTIATE_KEY_EXCH,		true,  true,  true },
	{ FULL & ~NTLM_NEGOTIATE_SEAL,			true,  false, true },
	{ FULL & ~NTLM_NEGOTIATE_128,			true,  true,  true },
	{ FULL & ~NTLM_NEGOTIATE_ESS,			false, true,  true },
	{ NTLM_NEGOTIATE_ALWAYS_SIGN | NTLM_NEGOTIATE_ESS, true, false, false },
};

TEST(sign_and_verify)
{
	for (size_t k = 0; k < COUNT(kinds); k++) {
		begin(kinds[k].flags);
		for (unsigned n = 0; n < 3; n++) {
			uint8_t text[] = "attack at dawn", more[] = "or later", token[24] = { 0 };
			SecBuffer b[] = { { 14, SECBUFFER_DATA, text }, { 24, SECBUFFER_TOKEN, token },
			    { 8, SECBUFFER_DATA, more } };
			SecBufferDesc d = { SECBUFFER_VERSION, 3, b };
			ULONG qop = 9;

			CHECK_U64(ntlm_user.sign(mine, 0, &d, n), SEC_E_OK);
			CHECK_U64(b[1].cbBuffer, 16);
			CHECK_TEXT((char *)text, "attack at dawn");
			CHECK_U64(get_u32(token + 16), 0);
			CHECK_U64(ntlm_user.verify(theirs, &d, n, &qop), SEC_E_OK);
			CHECK_U64(qop, 0);
			if (!kinds[k].signs) {
				CHECK_HEX(token, 16, "01000000 00000000 00000000 00000000");
				continue;
			}
			CHECK_U64(ntlm_user.verify(theirs, &d, n, NULL), kinds[k].ess ? SEC_E_OUT_OF_SEQUENCE :
			    SEC_E_MESSAGE_ALTERED);
		}
		end();
	}
}

TEST(seal_and_unseal)
{
	for (size_t k = 0; k < COUNT(kinds); k++) {
		begin(kinds[k].flags);
		for (unsigned n = 0; n < 3; n++) {
			uint8_t head[] = "head", text[] = "attack at dawn", pad[4] = "pad", token[16];
			SecBuffer b[] = { { 4, SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM, head },
			    { 14, SECBUFFER_DATA, text }, { 4, SECBUFFER_PADDING, pad }, { 16, SECBUFFER_TOKEN, token } };
			SecBufferDesc d = { SECBUFFER_VERSION, 4, b };
			ULONG qop = 9;

			if (!kinds[k].seals) {
				CHECK_U64(ntlm_user.seal(mine, 0, &d, 0), SEC_E_UNSUPPORTED_FUNCTION);
				CHECK_TEXT((char *)text, "attack at dawn");
				CHECK_U64(ntlm_user.seal(mine, SECQOP_WRAP_NO_ENCRYPT, &d, 0),
				    kinds[k].signs ? SEC_E_OK : SEC_E_QOP_NOT_SUPPORTED);
				CHECK_TEXT((char *)text, "attack at dawn");
				CHECK_U64(ntlm_user.unseal(theirs, &d, 0, &qop),
				    kinds[k].signs ? SEC_E_OK : SEC_E_UNSUPPORTED_FUNCTION);
				CHECK_U64(qop, kinds[k].signs ? SECQOP_WRAP_NO_ENCRYPT : 9);
				continue;
			}
			CHECK_U64(ntlm_user.seal(mine, 0, &d, 0), SEC_E_OK);
			CHECK_U64(b[2].cbBuffer, 0);
			CHECK_TEXT((char *)head, "head");
			CHECK(memcmp(text, "attack at dawn", 14) != 0);
			CHECK_U64(ntlm_user.unseal(theirs, &d, 0, &qop), SEC_E_OK);
			CHECK_U64(qop, 0);
			CHECK_TEXT((char *)text, "attack at dawn");
		}
		end();
	}
}

TEST(whole_message_as_stream)
{
	begin(FULL);
	for (unsigned n = 0; n < 3; n++) {
		uint8_t wire[16 + 14];
		SecBuffer out[] = { { 16, SECBUFFER_TOKEN, wire }, { 14, SECBUFFER_DATA, wire + 16 } };
		SecBuffer in[] = { { sizeof wire, SECBUFFER_STREAM, wire }, { 0, SECBUFFER_DATA, NULL } };
		SecBufferDesc o = { SECBUFFER_VERSION, 2, out }, i = { SECBUFFER_VERSION, 2, in };

		bytes_copy(wire + 16, "attack at dawn", 14);
		CHECK_U64(ntlm_user.seal(mine, 0, &o, 0), SEC_E_OK);
		CHECK_U64(ntlm_user.unseal(theirs, &i, 0, NULL), SEC_E_OK);
		CHECK(in[1].pvBuffer == wire + 16);
		CHECK_U64(in[1].cbBuffer, 14);
		CHECK(memcmp(wire + 16, "attack at dawn", 14) == 0);
	}
	end();
}

/* READONLY takes no part on either side: it may even differ. */
TEST(readonly_is_left_out)
{
	uint8_t aside[] = "aside", other[] = "other", text[] = "text", token[16];
	SecBuffer b[] = { { 5, SECBUFFER_DATA | SECBUFFER_READONLY, aside }, { 4, SECBUFFER_DATA, text },
	    { 16, SECBUFFER_TOKEN, token } };
	SecBufferDesc d = { SECBUFFER_VERSION, 3, b };

	begin(FULL);
	CHECK_U64(ntlm_user.seal(mine, 0, &d, 0), SEC_E_OK);
	CHECK_TEXT((char *)aside, "aside");
	b[0].pvBuffer = other;
	CHECK_U64(ntlm_user.unseal(theirs, &d, 0, NULL), SEC_E_OK);
	CHECK_TEXT((char *)other, "other");
	CHECK_TEXT((char *)text, "text");
	end();
}

static uint8_t some[64];

/* Buffers that make no message. */
static const struct {
	SecBuffer b[3];
	ULONG count;
	NTSTATUS sign, unseal;
} broken[] = {
	{ { { 4, SECBUFFER_DATA, some } }, 1, SEC_E_INVALID_TOKEN, SEC_E_INVALID_TOKEN },
	{ { { 16, SECBUFFER_TOKEN, some } }, 1, SEC_E_INVALID_TOKEN, SEC_E_INVALID_TOKEN },
	{ { { 0, 0, NULL } }, 0, SEC_E_INVALID_TOKEN, SEC_E_INVALID_TOKEN },
	{ { { 15, SECBUFFER_TOKEN, some }, { 4, SECBUFFER_DATA, some + 20 } }, 2,
	    SEC_E_BUFFER_TOO_SMALL, SEC_E_BUFFER_TOO_SMALL },
	{ { { 16, SECBUFFER_TOKEN, NULL }, { 4, SECBUFFER_DATA, some + 20 } }, 2,
	    SEC_E_INVALID_TOKEN, SEC_E_INVALID_TOKEN },
	{ { { 16, SECBUFFER_TOKEN, some }, { 4, SECBUFFER_DATA, NULL } }, 2,
	    SEC_E_INVALID_TOKEN, SEC_E_INVALID_TOKEN },
	{ { { 16, SECBUFFER_TOKEN, some }, { 16, SECBUFFER_TOKEN, some + 16 }, { 4, SECBUFFER_DATA, some + 32 } }, 3,
	    SEC_E_INVALID_TOKEN, SEC_E_INVALID_TOKEN },
	{ { { 16, SECBUFFER_TOKEN, some }, { 4, SECBUFFER_DATA | SECBUFFER_READONLY, some + 20 } }, 2,
	    SEC_E_INVALID_TOKEN, SEC_E_INVALID_TOKEN },
	{ { { 20, SECBUFFER_STREAM, some }, { 4, SECBUFFER_DATA, some + 20 } }, 2,
	    SEC_E_INVALID_TOKEN, SEC_E_MESSAGE_ALTERED },
	{ { { 15, SECBUFFER_STREAM, some }, { 0, SECBUFFER_DATA, NULL } }, 2,
	    SEC_E_INVALID_TOKEN, SEC_E_INVALID_TOKEN },
	{ { { 20, SECBUFFER_STREAM, some } }, 1, SEC_E_INVALID_TOKEN, SEC_E_INVALID_TOKEN },
	{ { { 20, SECBUFFER_STREAM, some }, { 0, SECBUFFER_DATA, NULL }, { 0, SECBUFFER_DATA, NULL } }, 3,
	    SEC_E_INVALID_TOKEN, SEC_E_INVALID_TOKEN },
};

TEST(buffers_that_make_no_message)
{
	begin(FULL);
	for (size_t n = 0; n < COUNT(broken); n++) {
		SecBuffer b[3];
		SecBufferDesc d = { SECBUFFER_VERSION, broken[n].count, b };

		memcpy(b, broken[n].b, sizeof b);
		CHECK_U64(ntlm_user.sign(mine, 0, &d, 0), broken[n].sign);
		CHECK_U64(ntlm_user.seal(mine, 0, &d, 0), broken[n].sign);
		CHECK_U64(ntlm_user.unseal(theirs, &d, 0, NULL), broken[n].unseal);
		d.ulVersion = 1;
		CHECK_U64(ntlm_user.sign(mine, 0, &d, 0), SEC_E_INVALID_TOKEN);
	}
	CHECK_U64(ntlm_user.sign(mine, 0, NULL, 0), SEC_E_INVALID_TOKEN);
	CHECK_U64(ntlm_user.verify(mine, NULL, 0, NULL), SEC_E_INVALID_TOKEN);
	end();
}

TEST(qualities_that_are_none)
{
	uint8_t token[16], text[4];
	SecBuffer b[] = { { 16, SECBUFFER_TOKEN, token }, { 4, SECBUFFER_DATA, text } };
	SecBufferDesc d = { SECBUFFER_VERSION, 2, b };

	begin(FULL);
	CHECK_U64(ntlm_user.sign(mine, 1, &d, 0), SEC_E_QOP_NOT_SUPPORTED);
	CHECK_U64(ntlm_user.seal(mine, 7, &d, 0), SEC_E_QOP_NOT_SUPPORTED);
	end();
}

/* What is refused is wiped where it was sealed, and the genuine message still opens afterwards. */
TEST(a_failure_leaves_the_direction_alone)
{
	for (size_t k = 0; k < COUNT(kinds); k++) {
		if (!kinds[k].seals)
			continue;
		begin(kinds[k].flags);
		for (unsigned bit = 0; bit < 8 * 30; bit++) {
			uint8_t wire[30], copy[30];
			SecBuffer b[] = { { 16, SECBUFFER_TOKEN, wire }, { 14, SECBUFFER_DATA, wire + 16 } };
			SecBufferDesc d = { SECBUFFER_VERSION, 2, b };
			NTSTATUS status;

			/* Without ESS the second four bytes of a signature are free. */
			if (!kinds[k].ess && bit >= 32 && bit < 64)
				continue;
			bytes_copy(wire + 16, "attack at dawn", 14);
			CHECK_U64(ntlm_user.seal(mine, 0, &d, 0), SEC_E_OK);
			bytes_copy(copy, wire, sizeof wire);
			wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
			status = ntlm_user.unseal(theirs, &d, 0, NULL);
			CHECK(status == SEC_E_MESSAGE_ALTERED || status == SEC_E_OUT_OF_SEQUENCE);
			CHECK_HEX(wire + 16, 14, "0000000000000000000000000000");
			bytes_copy(wire, copy, sizeof wire);
			CHECK_U64(ntlm_user.unseal(theirs, &d, 0, NULL), SEC_E_OK);
			CHECK(memcmp(wire + 16, "attack at dawn", 14) == 0);
		}
		end();
	}
}

TEST(more_buffers_than_usual)
{
	uint8_t text[40], token[16];
	SecBuffer b[41];
	SecBufferDesc d = { SECBUFFER_VERSION, 41, b };

	begin(FULL);
	for (ULONG n = 0; n < 40; n++) {
		text[n] = (uint8_t)n;
		b[n] = (SecBuffer){ 1, SECBUFFER_DATA, &text[n] };
	}
	b[40] = (SecBuffer){ 16, SECBUFFER_TOKEN, token };
	CHECK_U64(ntlm_user.seal(mine, 0, &d, 0), SEC_E_OK);
	CHECK_U64(ntlm_user.unseal(theirs, &d, 0, NULL), SEC_E_OK);
	for (ULONG n = 0; n < 40; n++)
		CHECK_U64(text[n], n);
	end();
}

/* --- facts, sizes, export ---------------------------------------------------- */

TEST(facts_and_sizes)
{
	SecPkgContext_Sizes sizes;
	struct user_facts f;

	begin(FULL);
	ntlm_user.sizes(mine, &sizes);
	CHECK_U64(sizes.cbMaxToken, 2888);
	CHECK_U64(sizes.cbMaxSignature, 16);
	CHECK_U64(sizes.cbBlockSize, 0);
	CHECK_U64(sizes.cbSecurityTrailer, 16);
	ntlm_user.facts(theirs, &f);
	CHECK(f.server && bytes_same(f.user, bytes_of_text("alice")) && bytes_same(f.sid, bytes_of_text("S-1-5-7")));
	CHECK_U64(f.session_key.len, 16);
	CHECK_TEXT(f.signer, "HMAC-MD5");
	end();
}

static NTSTATUS
one_message(void *from, void *to)
{
	uint8_t token[16], text[] = "attack at dawn";
	SecBuffer b[] = { { 14, SECBUFFER_DATA, text }, { 16, SECBUFFER_TOKEN, token } };
	SecBufferDesc d = { SECBUFFER_VERSION, 2, b };

	CHECK_U64(ntlm_user.seal(from, 0, &d, 0), SEC_E_OK);
	return ntlm_user.unseal(to, &d, 0, NULL);
}

static void *
moved(void *half, bool fresh)
{
	struct secret *state = NULL;
	const uint8_t *p;
	void *h = NULL;

	CHECK_U64(ntlm_user.export(half, fresh, &state), SEC_E_OK);
	WITH_SECRET(p, state)
		CHECK_U64(ntlm_user.open(&h, bytes_of(p, secret_len(state))), SEC_E_OK);
	secret_drop(&state);
	return h;
}

TEST(exported_and_taken_back)
{
	struct user_facts f;
	void *copy, *fresh;

	begin(FULL);
	CHECK_U64(one_message(mine, theirs), SEC_E_OK);
	copy = moved(theirs, false);
	fresh = moved(theirs, true);
	ntlm_user.facts(copy, &f);
	CHECK(bytes_same(f.target, bytes_of_text("host/home")));
	CHECK_U64(one_message(mine, copy), SEC_E_OK);
	CHECK_U64(one_message(mine, fresh), SEC_E_OUT_OF_SEQUENCE);
	ntlm_user.drop(mine);
	mine = half(false, FULL);
	CHECK_U64(one_message(mine, fresh), SEC_E_OK);
	ntlm_user.drop(copy);
	ntlm_user.drop(fresh);
	end();
}

/* User data of another layout, cut short or too long is refused. */
TEST(user_data_that_is_none)
{
	struct secret *state = NULL;
	uint8_t bytes[2048];
	const uint8_t *p;
	size_t len;
	void *h = mine;

	begin(FULL);
	CHECK_U64(ntlm_user.export(mine, false, &state), SEC_E_OK);
	len = secret_len(state);
	WITH_SECRET(p, state)
		bytes_copy(bytes, p, len);
	secret_drop(&state);
	bytes[len] = 0;
	for (size_t n = 0; n < len; n++)
		CHECK_U64(ntlm_user.open(&h, bytes_of(bytes, n)), SEC_E_INVALID_TOKEN);
	CHECK_U64(ntlm_user.open(&h, bytes_of(bytes, len + 1)), SEC_E_INVALID_TOKEN);
	for (size_t n = 0; n < 12; n++) {
		bytes[n] ^= 0x80;
		CHECK_U64(ntlm_user.open(&h, bytes_of(bytes, len)), SEC_E_INVALID_TOKEN);
		bytes[n] ^= 0x80;
	}
	CHECK(!h);
	end();
}

int
main(void)
{
	RUN(sign_and_verify);
	RUN(seal_and_unseal);
	RUN(whole_message_as_stream);
	RUN(readonly_is_left_out);
	RUN(buffers_that_make_no_message);
	RUN(qualities_that_are_none);
	RUN(a_failure_leaves_the_direction_alone);
	RUN(more_buffers_than_usual);
	RUN(facts_and_sizes);
	RUN(exported_and_taken_back);
	RUN(user_data_that_is_none);
	return check_end();
}
