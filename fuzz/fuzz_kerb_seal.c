/*
 * fuzz_kerb_seal.c - Kerberos' per-message tokens on an established context, by
 * every encryption type, in DCE style and outside; and what an LSA hands to the
 * user half, or an application imports.
 *
 * Oracle: what was changed is never taken for another text, and what was not
 * changed always is, also right after a forgery; a message is taken once. A half that opens
 * exports, and opens again from that.
 */
#include "fuzz.h"

#include "pkg/kerberos/kerb_data.h"
#include "pkg/user_mode.h"

#define TEXT_MAX	300u
#define TOKEN_ROOM	160u

enum { SIGNED, SEALED, STREAM, CLEAR, KINDS };

static const struct { int32_t etype; uint32_t len; } etypes[] = { { 17, 16 }, { 18, 32 }, { 19, 16 }, { 20, 32 }, { 23, 16 } };

static void *
half_new(bool server, bool dce, bool subkey, const struct kerb_key *key)
{
	static uint8_t room[1024];
	struct kerb_data d = { .server = server, .dce = dce, .acceptor_subkey = subkey, .key = *key, .session_key = *key,
	    .grants = ISC_RET_CONFIDENTIALITY | ISC_RET_INTEGRITY | ISC_RET_REPLAY_DETECT | ISC_RET_SEQUENCE_DETECT |
	    (dce ? ISC_RET_USED_DCE_STYLE : 0) };
	struct writer w = writer_of(room, sizeof room);
	void *half = NULL;

	MUST(kerb_data_put(&w, &d) && writer_ok(&w));
	MUST(kerberos_user.open(&half, bytes_of(room, w.need)) == STATUS_SUCCESS);
	return half;
}

/* The same half from its bytes. */
static void *
half_again(void *half)
{
	struct secret *state = NULL;
	void *again = NULL;
	uint8_t *p;

	MUST(kerberos_user.export(half, false, &state) == STATUS_SUCCESS);
	WITH_SECRET(p, state)
		MUST(kerberos_user.open(&again, bytes_of(p, secret_len(state))) == STATUS_SUCCESS);
	secret_drop(&state);
	kerberos_user.drop(half);
	return again;
}

/* A message as it crosses: token, text, padding. */
struct message {
	uint8_t at[TOKEN_ROOM + TEXT_MAX + 16];
	size_t token, text, pad;
};

static size_t
length(const struct message *m)
{
	return m->token + m->text + m->pad;
}

static NTSTATUS
taken(void *half, struct message *m, unsigned kind, struct bytes *ret_text)
{
	SecBuffer b[3] = { { (ULONG)m->token, SECBUFFER_TOKEN, m->at }, { (ULONG)m->text, SECBUFFER_DATA, m->at + m->token },
	    { (ULONG)m->pad, SECBUFFER_PADDING, m->at + m->token + m->text } };
	SecBufferDesc d = { SECBUFFER_VERSION, kind == SIGNED ? 2 : m->pad ? 3 : 2, b };
	NTSTATUS status;
	ULONG qop = 0;

	if (kind == STREAM) {
		b[0] = (SecBuffer){ (ULONG)length(m), SECBUFFER_STREAM, m->at };
		b[1] = (SecBuffer){ 0, SECBUFFER_DATA, NULL };
		d.cBuffers = 2;
	}
	status = kind == SIGNED ? kerberos_user.verify(half, &d, 0, &qop) : kerberos_user.unseal(half, &d, 0, &qop);
	*ret_text = bytes_of(b[1].pvBuffer, b[1].cbBuffer);
	return status;
}

static void
send_one(void *from, struct message *m, unsigned kind, struct bytes text)
{
	SecPkgContext_Sizes sizes;
	SecBuffer b[3];
	SecBufferDesc d = { SECBUFFER_VERSION, kind == SIGNED ? 2 : 3, b };
	uint8_t pad[16] = { 0 };
	ULONG room;

	kerberos_user.sizes(from, &sizes);
	room = kind == SIGNED ? sizes.cbMaxSignature : sizes.cbSecurityTrailer;
	MUST(room <= TOKEN_ROOM && sizes.cbBlockSize <= sizeof pad);
	b[0] = (SecBuffer){ room, SECBUFFER_TOKEN, m->at };
	b[1] = (SecBuffer){ (ULONG)text.len, SECBUFFER_DATA, m->at + room };
	b[2] = (SecBuffer){ sizes.cbBlockSize, SECBUFFER_PADDING, pad };
	bytes_copy(m->at + room, text.at, text.len);
	MUST((kind == SIGNED ? kerberos_user.sign(from, 0, &d, 0) :
	    kerberos_user.seal(from, kind == CLEAR ? SECQOP_WRAP_NO_ENCRYPT : 0, &d, 0)) == STATUS_SUCCESS);
	m->token = b[0].cbBuffer;
	m->text = b[1].cbBuffer;
	m->pad = kind == SIGNED ? 0 : b[2].cbBuffer;
	memmove(m->at + m->token, m->at + room, m->text);
	bytes_copy(m->at + m->token + m->text, pad, m->pad);
}

/* False: a forgery was taken (its text is the sender's), so numbers may have moved. */
static bool
exchange(void *from, void *to, struct feed *f)
{
	unsigned kind = feed_u8(f) % KINDS;
	struct bytes text = feed_bytes(f, feed_u8(f) % TEXT_MAX), got;
	struct message m = { .token = 0 }, sent, forged;
	NTSTATUS status;
	uint8_t shorter;

	send_one(from, &m, kind, text);
	sent = forged = m;
	(void)feed_patch(f, forged.at, length(&forged));
	shorter = feed_u8(f);
	if (shorter & 1)
		forged.text = forged.text > shorter ? forged.text - shorter : 0;
	if (length(&forged) != length(&sent) || memcmp(forged.at, sent.at, length(&sent)) != 0) {
		status = taken(to, &forged, kind, &got);
		if (status == STATUS_SUCCESS) {		/* e.g. a rotation by a whole message more */
			MUST(bytes_same(got, text));
			return false;
		}
		MUST(status == SEC_E_MESSAGE_ALTERED || status == SEC_E_OUT_OF_SEQUENCE || status == SEC_E_INVALID_TOKEN ||
		    status == SEC_E_BUFFER_TOO_SMALL);
		if (status == SEC_E_OUT_OF_SEQUENCE)	/* genuine but for a number that nothing protects */
			return false;
	}
	m = sent;
	MUST(taken(to, &m, kind, &got) == STATUS_SUCCESS && bytes_same(got, text));
	m = sent;
	MUST(taken(to, &m, kind, &got) == SEC_E_OUT_OF_SEQUENCE);
	return true;
}

/* Somebody's bytes for a half. */
static void
imported(struct feed *f)
{
	uint8_t *copy = exact_copy(bytes_of(f->at, f->left));
	struct message m = { .token = 0 };
	SecPkgContext_Sizes sizes;
	void *half = NULL;

	if (kerberos_user.open(&half, bytes_of(copy, f->left)) == STATUS_SUCCESS) {
		kerberos_user.sizes(half, &sizes);
		half = half_again(half);
		if (sizes.cbMaxSignature)
			send_one(half, &m, SIGNED, bytes_of_text("text"));
		kerberos_user.drop(half);
	}
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = feed_of(data, size);
	uint8_t how = feed_u8(&f);
	unsigned which = how % (sizeof etypes / sizeof *etypes);
	struct kerb_key key = { .etype = etypes[which].etype, .len = etypes[which].len, .b = { 1, 2, 3 } };
	bool dce = how & 0x40, subkey = how & 0x20;
	void *client, *server;

	if (how & 0x80) {
		imported(&f);
		return 0;
	}
	client = half_new(false, dce, subkey, &key);
	server = half_new(true, dce, subkey, &key);
	for (unsigned turn = 0; turn < 8 && f.left; turn++) {
		uint8_t what = feed_u8(&f);

		if (what & 2)
			client = half_again(client);
		if (!exchange(what & 1 ? client : server, what & 1 ? server : client, &f))
			break;
	}
	kerberos_user.drop(client);
	kerberos_user.drop(server);
	return 0;
}
