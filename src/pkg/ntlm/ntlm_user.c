/*
 * ntlm_user.c - NTLM's half in the application.
 *
 * It must never learn to know the LSA: everything it has came with the last
 * leg. Buffers are the caller's: nothing is written behind cbBuffer, no
 * pointer is kept.
 */
#include "pkg/ntlm/ntlm_user.h"

#include <pthread.h>
#include <stdlib.h>

#include "pkg/ntlm/ntlm_data.h"
#include "pkg/ntlm/ntlm_print.h"
#include "pkg/ntlm/ntlm_seal.h"

#define MAX_TOKEN	2888u
#define PARTS_INLINE	12u
#define CIPHER_RC4	0x6801u		/* CALG_RC4 */
#define SIGNER_MD5	0xFFFFFF76u	/* KERB_CHECKSUM_HMAC_MD5 */

/* In key memory, so its texts follow it there. */
struct half {
	struct ntlm_seal seal;
	pthread_mutex_t shared;		/* for one stream in both directions */
	struct ntlm_data data;		/* its texts point behind */
	size_t len;			/* of all of it */
	uint8_t text[];
};

/* --- birth and state ---------------------------------------------------- */

static bool
half_seal(struct half *h, const struct ntlm_data *d)
{
	struct reader r = reader_of(d->seal);

	if (d->running)
		return ntlm_seal_take(&h->seal, &r) && reader_done(&r) && h->seal.flags == d->flags;
	ntlm_seal_begin(&h->seal, d->server ? NTLM_SERVER : NTLM_CLIENT, d->flags, &d->key);
	return true;
}

static void
half_drop(void *at)
{
	struct half *h = at;

	if (!h)
		return;
	pthread_mutex_destroy(&h->shared);
	key_drop(h, h->len);
}

static NTSTATUS
half_open(void **ret_half, struct bytes bytes)
{
	struct ntlm_data d;
	struct half *h = NULL;
	struct writer w;
	size_t text;
	NTSTATUS status = SEC_E_INVALID_TOKEN;

	*ret_half = NULL;
	if (!ntlm_data_take(&d, bytes))
		return SEC_E_INVALID_TOKEN;
	text = d.user.len + d.domain.len + d.target.len + d.sid.len;
	h = key_new(sizeof *h + text);
	if (!h) {
		bytes_wipe(&d, sizeof d);
		return SEC_E_INSUFFICIENT_MEMORY;
	}
	h->len = sizeof *h + text;
	(void)pthread_mutex_init(&h->shared, NULL);
	if (half_seal(h, &d)) {
		w = writer_of(h->text, text);
		h->data = d;
		h->data.seal = BYTES_NONE;
		h->data.user = writer_keep(&w, d.user);
		h->data.domain = writer_keep(&w, d.domain);
		h->data.target = writer_keep(&w, d.target);
		h->data.sid = writer_keep(&w, d.sid);
		*ret_half = h;
		h = NULL;
		status = SEC_E_OK;
	}
	half_drop(h);
	bytes_wipe(&d, sizeof d);
	return status;
}

static NTSTATUS
half_export(void *at, bool fresh, struct secret **ret_state)
{
	struct half *h = at;
	struct ntlm_seal *seal = fresh ? NULL : &h->seal;
	struct writer w = writer_of(NULL, 0);
	struct secret *state;
	bool written = false;
	uint8_t *p;

	if (!ntlm_data_put(&w, &h->data, seal))
		return SEC_E_INTERNAL_ERROR;
	state = secret_new(w.need);
	if (!state)
		return SEC_E_INSUFFICIENT_MEMORY;
	WITH_SECRET(p, state) {
		w = writer_of(p, w.need);
		written = ntlm_data_put(&w, &h->data, seal);
	}
	if (!written) {
		secret_drop(&state);
		return SEC_E_INTERNAL_ERROR;
	}
	*ret_state = state;
	return SEC_E_OK;
}

static uint32_t
half_bits(const struct half *h)
{
	return h->data.flags & NTLM_NEGOTIATE_128 ? 128 : h->data.flags & NTLM_NEGOTIATE_56 ? 56 : 40;
}

static void
half_facts(const void *at, struct user_facts *ret)
{
	const struct half *h = at;
	bool ess = h->data.flags & NTLM_NEGOTIATE_ESS;

	*ret = (struct user_facts){
		.user = h->data.user, .domain = h->data.domain, .target = h->data.target, .sid = h->data.sid,
		.luid = h->data.luid, .flags = h->data.grants, .expiry = h->data.expiry, .server = h->data.server,
		.session_key = bytes_of(h->data.key.b, sizeof h->data.key.b),
		.cipher = "RSADSI RC4", .signer = ess ? "HMAC-MD5" : "RSADSI RC4-CRC32", .key_bits = half_bits(h),
		.cipher_id = CIPHER_RC4, .signer_id = ess ? SIGNER_MD5 : 0,
	};
}

static void
half_sizes(const void *at, SecPkgContext_Sizes *ret)
{
	(void)at;
	*ret = (SecPkgContext_Sizes){ .cbMaxToken = MAX_TOKEN, .cbMaxSignature = NTLM_SIGNATURE_LEN, .cbBlockSize = 0,
	    .cbSecurityTrailer = NTLM_SIGNATURE_LEN };
}

/* --- the caller's buffers ------------------------------------------------- */

/* What one message is made of, as ntlm_seal.h wants it. */
struct message {
	SecBuffer *token;		/* NULL where a stream stands for it */
	SecBuffer *stream, *into;	/* the whole message, and the DATA that will point into it */
	uint8_t *signature;
	struct ntlm_part *parts;
	size_t count;
	struct ntlm_part few[PARTS_INLINE];
};

static ULONG
type_of(const SecBuffer *b)
{
	return b->BufferType & ~(ULONG)SECBUFFER_ATTRMASK;
}

static void
message_drop(struct message *m)
{
	if (m->parts != m->few)
		free(m->parts);
}

/* DATA that takes part; with a stream an empty one is where the text will be. */
static NTSTATUS
message_data(struct message *m, SecBuffer *b)
{
	bool clear = b->BufferType & SECBUFFER_READONLY_WITH_CHECKSUM;

	if (b->BufferType & SECBUFFER_READONLY)
		return SEC_E_OK;
	if (m->stream && !clear) {
		if (m->into)
			return SEC_E_INVALID_TOKEN;
		m->into = b;
		m->parts[m->count++] = (struct ntlm_part){ (uint8_t *)m->stream->pvBuffer + NTLM_SIGNATURE_LEN,
		    m->stream->cbBuffer - NTLM_SIGNATURE_LEN, false };
		return SEC_E_OK;
	}
	if (b->cbBuffer && !b->pvBuffer)
		return SEC_E_INVALID_TOKEN;
	m->parts[m->count++] = (struct ntlm_part){ b->pvBuffer, b->cbBuffer, clear };
	return SEC_E_OK;
}

/* Exactly one TOKEN; a STREAM stands for it where the caller may bring one. */
static NTSTATUS
message_token(struct message *m, PSecBufferDesc desc, bool streams)
{
	SecBuffer *found = NULL;

	for (ULONG n = 0; n < desc->cBuffers; n++) {
		SecBuffer *b = &desc->pBuffers[n];
		ULONG type = type_of(b);

		if (type != SECBUFFER_TOKEN && (type != SECBUFFER_STREAM || !streams))
			continue;
		if (found)
			return SEC_E_INVALID_TOKEN;
		found = b;
	}
	if (!found || !found->pvBuffer)
		return SEC_E_INVALID_TOKEN;
	m->signature = found->pvBuffer;
	if (type_of(found) == SECBUFFER_STREAM) {
		m->stream = found;
		return found->cbBuffer < NTLM_SIGNATURE_LEN ? SEC_E_INVALID_TOKEN : SEC_E_OK;
	}
	m->token = found;
	return found->cbBuffer < NTLM_SIGNATURE_LEN ? SEC_E_BUFFER_TOO_SMALL : SEC_E_OK;
}

/* On any failure there is nothing to drop. */
static NTSTATUS
message_take(struct message *m, PSecBufferDesc desc, bool streams)
{
	NTSTATUS status;

	m->token = m->stream = m->into = NULL;
	m->count = 0;
	m->parts = m->few;
	if (!desc || desc->ulVersion != SECBUFFER_VERSION || (desc->cBuffers && !desc->pBuffers))
		return SEC_E_INVALID_TOKEN;
	status = message_token(m, desc, streams);
	if (status != SEC_E_OK)
		return status;
	if (desc->cBuffers > PARTS_INLINE)
		m->parts = calloc(desc->cBuffers, sizeof *m->parts);
	if (!m->parts)
		return SEC_E_INSUFFICIENT_MEMORY;
	for (ULONG n = 0; n < desc->cBuffers && status == SEC_E_OK; n++)
		if (type_of(&desc->pBuffers[n]) == SECBUFFER_DATA)
			status = message_data(m, &desc->pBuffers[n]);
	if (status == SEC_E_OK && (m->count == 0 || (m->stream && !m->into)))
		status = SEC_E_INVALID_TOKEN;
	if (status != SEC_E_OK)
		message_drop(m);
	return status;
}

static void
message_wipe(const struct message *m)
{
	for (size_t n = 0; n < m->count; n++)
		if (!m->parts[n].clear)
			bytes_wipe(m->parts[n].at, m->parts[n].len);
}

/* --- outgoing --------------------------------------------------------------- */

typedef void sealer(struct ntlm_seal *, uint8_t *, const struct ntlm_part *, size_t, uint32_t);

static NTSTATUS
outgoing(struct half *h, sealer *make, PSecBufferDesc desc, ULONG sequence)
{
	struct message m;
	NTSTATUS status = message_take(&m, desc, false);

	if (status != SEC_E_OK)
		return status;
	if (ntlm_seal_shared(&h->seal)) {
		pthread_mutex_lock(&h->shared);
		make(&h->seal, m.signature, m.parts, m.count, sequence);
		pthread_mutex_unlock(&h->shared);
	} else
		make(&h->seal, m.signature, m.parts, m.count, sequence);
	m.token->cbBuffer = NTLM_SIGNATURE_LEN;
	message_drop(&m);
	return SEC_E_OK;
}

static bool
half_has(const struct half *h, uint32_t flags)
{
	return (h->data.flags & flags) != 0;
}

static NTSTATUS
half_sign(void *at, ULONG qop, PSecBufferDesc desc, ULONG sequence)
{
	return qop ? SEC_E_QOP_NOT_SUPPORTED : outgoing(at, ntlm_sign, desc, sequence);
}

static NTSTATUS
half_seal_message(void *at, ULONG qop, PSecBufferDesc desc, ULONG sequence)
{
	struct half *h = at;
	bool plain = qop == SECQOP_WRAP_NO_ENCRYPT;
	NTSTATUS status;

	if (qop && !plain)
		return SEC_E_QOP_NOT_SUPPORTED;
	if (plain && !half_has(h, NTLM_NEGOTIATE_SIGN | NTLM_NEGOTIATE_SEAL))
		return SEC_E_QOP_NOT_SUPPORTED;
	if (!plain && !half_has(h, NTLM_NEGOTIATE_SEAL))
		return SEC_E_UNSUPPORTED_FUNCTION;
	status = outgoing(h, plain ? ntlm_sign : ntlm_encrypt, desc, sequence);
	for (ULONG n = 0; status == SEC_E_OK && n < desc->cBuffers; n++)
		if (type_of(&desc->pBuffers[n]) == SECBUFFER_PADDING)
			desc->pBuffers[n].cbBuffer = 0;		/* a stream cipher pads nothing */
	return status;
}

/* --- incoming --------------------------------------------------------------- */

typedef enum ntlm_verdict opener(struct ntlm_seal *, const uint8_t *, const struct ntlm_part *, size_t, uint32_t);

/* A message that is refused leaves the direction as it found it. */
static enum ntlm_verdict
incoming_checked(struct half *h, opener *check, const struct message *m, ULONG sequence)
{
	struct ntlm_way *way = ntlm_seal_shared(&h->seal) ? &h->seal.out : &h->seal.in;
	struct ntlm_way before = *way;
	enum ntlm_verdict verdict = check(&h->seal, m->signature, m->parts, m->count, sequence);

	if (verdict != NTLM_GENUINE)
		*way = before;
	bytes_wipe(&before, sizeof before);
	return verdict;
}

static NTSTATUS
incoming(struct half *h, opener *check, bool open, PSecBufferDesc desc, ULONG sequence)
{
	struct message m;
	enum ntlm_verdict verdict;
	NTSTATUS status = message_take(&m, desc, open);

	if (status != SEC_E_OK)
		return status;
	if (ntlm_seal_shared(&h->seal)) {
		pthread_mutex_lock(&h->shared);
		verdict = incoming_checked(h, check, &m, sequence);
		pthread_mutex_unlock(&h->shared);
	} else
		verdict = incoming_checked(h, check, &m, sequence);
	if (verdict == NTLM_GENUINE) {
		if (m.into) {
			m.into->pvBuffer = m.signature + NTLM_SIGNATURE_LEN;
			m.into->cbBuffer = m.stream->cbBuffer - NTLM_SIGNATURE_LEN;
		}
	} else {
		if (open)
			message_wipe(&m);
		status = verdict == NTLM_OUT_OF_SEQUENCE ? SEC_E_OUT_OF_SEQUENCE : SEC_E_MESSAGE_ALTERED;
	}
	message_drop(&m);
	return status;
}

static NTSTATUS
half_verify(void *at, PSecBufferDesc desc, ULONG sequence, ULONG *ret_qop)
{
	NTSTATUS status = incoming(at, ntlm_verify, false, desc, sequence);

	if (status == SEC_E_OK && ret_qop)
		*ret_qop = 0;
	return status;
}

static NTSTATUS
half_unseal(void *at, PSecBufferDesc desc, ULONG sequence, ULONG *ret_qop)
{
	struct half *h = at;
	bool sealed = half_has(h, NTLM_NEGOTIATE_SEAL);
	NTSTATUS status;

	if (!sealed && !half_has(h, NTLM_NEGOTIATE_SIGN))
		return SEC_E_UNSUPPORTED_FUNCTION;
	status = incoming(h, sealed ? ntlm_decrypt : ntlm_verify, true, desc, sequence);
	if (status == SEC_E_OK && ret_qop)
		*ret_qop = sealed ? 0 : SECQOP_WRAP_NO_ENCRYPT;
	return status;
}

const struct user_package ntlm_user = {
	.name     = "NTLM",
	.layout   = NTLM_DATA_LAYOUT,
	.open     = half_open,
	.drop     = half_drop,
	.facts    = half_facts,
	.sizes    = half_sizes,
	.sign     = half_sign,
	.verify   = half_verify,
	.seal     = half_seal_message,
	.unseal   = half_unseal,
	.export   = half_export,
	.describe = ntlm_print,
};
