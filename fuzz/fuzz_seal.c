/*
 * fuzz_seal.c - per-message tokens on an established context, in every
 * strength that was ever agreed on. The input patches what crosses.
 *
 * Oracle: what was changed is never taken, and what was not changed always
 * is - also right after a forgery, which leaves the direction as it was; a
 * message is taken once.
 */
#include "fuzz.h"

#include "pkg/ntlm/ntlm_data.h"
#include "pkg/ntlm/ntlm_user.h"

#define TEXT_MAX 200u

static const uint32_t strengths[] = {
	NTLM_NEGOTIATE_ESS | NTLM_NEGOTIATE_128 | NTLM_NEGOTIATE_KEY_EXCH,
	NTLM_NEGOTIATE_ESS | NTLM_NEGOTIATE_128,
	NTLM_NEGOTIATE_ESS | NTLM_NEGOTIATE_56 | NTLM_NEGOTIATE_KEY_EXCH,
	NTLM_NEGOTIATE_ESS,
	NTLM_NEGOTIATE_KEY_EXCH | NTLM_NEGOTIATE_56,
	NTLM_NEGOTIATE_ESS | NTLM_NEGOTIATE_128 | NTLM_NEGOTIATE_DATAGRAM | NTLM_NEGOTIATE_KEY_EXCH,
};

static void *
half_new(bool server, uint32_t flags, const struct session_key *key)
{
	static uint8_t room[1024];
	struct ntlm_data d = { .server = server, .flags = flags, .key = *key };
	struct writer w = writer_of(room, sizeof room);
	void *half = NULL;

	MUST(ntlm_data_put(&w, &d, NULL) && writer_ok(&w));
	MUST(ntlm_user.open(&half, bytes_of(room, w.need)) == STATUS_SUCCESS);
	return half;
}

/* A message as it crosses: the signature, then the text. */
struct message {
	uint8_t at[16 + TEXT_MAX];
	size_t len;
};

static NTSTATUS
taken(void *half, struct message *m, bool sealed, bool stream, ULONG sequence)
{
	SecBuffer b[2] = { { 16, SECBUFFER_TOKEN, m->at }, { (ULONG)(m->len - 16), SECBUFFER_DATA, m->at + 16 } };
	SecBufferDesc d = { SECBUFFER_VERSION, 2, b };
	ULONG qop = 0;

	if (sealed && stream) {
		b[0] = (SecBuffer){ (ULONG)m->len, SECBUFFER_STREAM, m->at };
		b[1] = (SecBuffer){ 0, SECBUFFER_DATA, NULL };
	}
	return sealed ? ntlm_user.unseal(half, &d, sequence, &qop) : ntlm_user.verify(half, &d, sequence, &qop);
}

static void
exchange(void *from, void *to, struct feed *f, uint32_t flags, unsigned turn)
{
	bool sealed = feed_u8(f) & 1, stream = feed_u8(f) & 1, weak = !(flags & NTLM_NEGOTIATE_ESS), changed;
	struct bytes text = feed_bytes(f, feed_u8(f) % TEXT_MAX);
	struct message m = { .len = 16 + text.len }, sent, forged;
	SecBuffer b[2] = { { 16, SECBUFFER_TOKEN, m.at }, { (ULONG)text.len, SECBUFFER_DATA, m.at + 16 } };
	SecBufferDesc d = { SECBUFFER_VERSION, 2, b };
	NTSTATUS status;

	bytes_copy(m.at + 16, text.at, text.len);
	MUST((sealed ? ntlm_user.seal(from, 0, &d, turn) : ntlm_user.sign(from, 0, &d, turn)) == STATUS_SUCCESS);
	sent = forged = m;
	(void)feed_patch(f, forged.at, forged.len);
	if (feed_u8(f) & 1)
		forged.len = 16 + feed_u8(f) % (TEXT_MAX + 1);
	if (weak)			/* four bytes of padding that no one looks at: [MS-NLMP] 2.2.2.9.1 */
		bytes_copy(forged.at + 4, sent.at + 4, 4);
	changed = forged.len != sent.len || memcmp(forged.at, sent.at, sent.len) != 0;
	if (changed) {
		status = taken(to, &forged, sealed, stream, turn);
		MUST(status == SEC_E_MESSAGE_ALTERED || status == SEC_E_OUT_OF_SEQUENCE);
		if (sealed && status == SEC_E_MESSAGE_ALTERED)
			for (size_t i = 16; i < forged.len; i++)
				MUST(forged.at[i] == 0);
	}
	m = sent;
	MUST(taken(to, &m, sealed, stream, turn) == STATUS_SUCCESS);
	MUST(!text.len || memcmp(m.at + 16, text.at, text.len) == 0);
	if (!(flags & NTLM_NEGOTIATE_DATAGRAM)) {
		m = sent;
		MUST(taken(to, &m, sealed, stream, turn) != STATUS_SUCCESS);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = feed_of(data, size);
	uint32_t flags = strengths[feed_u8(&f) % (sizeof strengths / sizeof *strengths)] | NTLM_NEGOTIATE_UNICODE |
	    NTLM_NEGOTIATE_SIGN | NTLM_NEGOTIATE_SEAL | NTLM_NEGOTIATE_ALWAYS_SIGN;
	struct bytes seed = feed_bytes(&f, 16);
	struct session_key key = { { 1, 2, 3 } };
	void *client, *server;

	bytes_copy(key.b, seed.at, seed.len);
	client = half_new(false, flags, &key);
	server = half_new(true, flags, &key);
	for (unsigned turn = 0; turn < 12 && f.left; turn++) {
		bool up = feed_u8(&f) & 1;

		exchange(up ? client : server, up ? server : client, &f, flags, turn);
	}
	ntlm_user.drop(client);
	ntlm_user.drop(server);
	return 0;
}
