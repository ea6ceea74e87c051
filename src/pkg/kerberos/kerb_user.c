/*
 * kerb_user.c - Kerberos' half in the application.
 *
 * It must never learn to know the LSA or libkrb5: everything it has came with
 * the last leg. Buffers are the caller's: nothing is written behind cbBuffer,
 * no pointer is kept.
 */
#include "pkg/kerberos/kerb_user.h"

#include <stdlib.h>

#include "pkg/kerberos/kerb_gather.h"
#include "pkg/kerberos/kerb_print.h"

#define MAX_TOKEN	48000u

/* --- birth and state ---------------------------------------------------------- */

static void
half_drop(void *at)
{
	struct kerb_half *h = at;

	if (!h)
		return;
	kerb_seal_end(&h->seal);
	key_drop(h, h->len);
}

static NTSTATUS
half_open(void **ret_half, struct bytes bytes)
{
	NTSTATUS status = SEC_E_INVALID_TOKEN;
	struct kerb_half *h = NULL;
	struct kerb_data d;
	struct writer w;
	size_t text;

	*ret_half = NULL;
	if (!kerb_data_take(&d, bytes)) {
		bytes_wipe(&d, sizeof d);
		return SEC_E_INVALID_TOKEN;
	}
	text = d.user.len + d.domain.len + d.target.len + d.sid.len + d.client.len + d.service.len;
	h = key_new(sizeof *h + text);
	if (!h) {
		bytes_wipe(&d, sizeof d);
		return SEC_E_INSUFFICIENT_MEMORY;
	}
	h->len = sizeof *h + text;
	/* A type that messages cannot be made with still has a name and a key to tell. */
	if (!kerb_seal_begin(&h->seal, &d) && (kerb_etype_of(d.key.etype) || d.key.etype == KERB_RC4)) {
		half_drop(h);
	} else {
		/* Bits that mean the same on either side: ISC_REQ_ and ASC_REQ_. */
		h->seal.replay = d.grants & ISC_RET_REPLAY_DETECT;
		h->seal.sequence = d.grants & ISC_RET_SEQUENCE_DETECT;
		h->seal.numbered = d.grants & ISC_RET_DATAGRAM;
		w = writer_of(h->text, text);
		h->data = d;
		h->data.user = writer_keep(&w, d.user);
		h->data.domain = writer_keep(&w, d.domain);
		h->data.target = writer_keep(&w, d.target);
		h->data.sid = writer_keep(&w, d.sid);
		h->data.client = writer_keep(&w, d.client);
		h->data.service = writer_keep(&w, d.service);
		*ret_half = h;
		status = SEC_E_OK;
	}
	bytes_wipe(&d, sizeof d);
	return status;
}

static NTSTATUS
half_export(void *at, bool fresh, struct secret **ret_state)
{
	struct kerb_half *h = at;
	struct kerb_data d = h->data;
	struct writer w = writer_of(NULL, 0);
	struct secret *state = NULL;
	bool written = false;
	uint8_t *p;

	/* The peer counts on where it was: a Kerberos context has no fresh beginning to go back to. */
	(void)fresh;
	d.send = h->seal.send;
	d.receive = h->seal.receive;
	d.window = h->seal.window;
	if (kerb_data_put(&w, &d))
		state = secret_new(w.need);
	if (state)
		WITH_SECRET(p, state) {
			w = writer_of(p, w.need);
			written = kerb_data_put(&w, &d);
		}
	bytes_wipe(&d, sizeof d);
	if (!written) {
		secret_drop(&state);
		return SEC_E_INSUFFICIENT_MEMORY;
	}
	*ret_state = state;
	return SEC_E_OK;
}

static void
half_facts(const void *at, struct user_facts *ret)
{
	const struct kerb_half *h = at;
	const struct kerb_etype *e = h->seal.etype;

	*ret = (struct user_facts){
		.user = h->data.user, .domain = h->data.domain, .target = h->data.target, .sid = h->data.sid,
		.native_client = h->data.client, .native_server = h->data.service,
		.luid = h->data.luid, .flags = h->data.grants, .expiry = h->data.expiry, .server = h->data.server,
		.session_key = bytes_of(h->data.session_key.b, h->data.session_key.len),
		.cipher = e ? e->name : "RC4-HMAC", .signer = e ? e->signer : "HMAC-MD5", .key_bits = e ? e->bits : 128,
		.cipher_id = (uint32_t)h->data.key.etype, .signer_id = (uint32_t)h->data.key.etype,
	};
}

static void
half_sizes(const void *at, SecPkgContext_Sizes *ret)
{
	const struct kerb_half *h = at;

	*ret = (SecPkgContext_Sizes){ .cbMaxToken = MAX_TOKEN };
	if (kerb_seal_works(&h->seal)) {
		ret->cbMaxSignature = (ULONG)kerb_signature_len(&h->seal);
		ret->cbBlockSize = 1;
		ret->cbSecurityTrailer = (ULONG)kerb_token_len(&h->seal, true);
	}
}

/* --- the caller's buffers ------------------------------------------------------- */

static ULONG
type_of(const SecBuffer *b)
{
	return b->BufferType & ~(ULONG)SECBUFFER_ATTRMASK;
}

static void
message_drop(struct kerb_message *m)
{
	if (m->parts != m->few)
		free(m->parts);
}

static NTSTATUS
message_part(struct kerb_message *m, SecBuffer *b, bool streams, bool padded)
{
	bool clear = b->BufferType & SECBUFFER_READONLY_WITH_CHECKSUM;

	switch (type_of(b)) {
	case SECBUFFER_TOKEN:
	case SECBUFFER_STREAM:
		if (type_of(b) == SECBUFFER_STREAM && !streams)
			return SEC_E_OK;
		if (m->token || m->stream || !b->pvBuffer)
			return SEC_E_INVALID_TOKEN;
		*(type_of(b) == SECBUFFER_STREAM ? &m->stream : &m->token) = b;
		return SEC_E_OK;
	case SECBUFFER_DATA:
		if (b->BufferType & SECBUFFER_READONLY)
			return SEC_E_OK;
		if (b->cbBuffer && !b->pvBuffer)
			return SEC_E_INVALID_TOKEN;
		if (!clear) {
			m->into = b;
			m->sealed_len += b->cbBuffer;
		}
		m->parts[m->count++] = (struct kerb_part){ b->pvBuffer, b->cbBuffer, clear };
		return SEC_E_OK;
	case SECBUFFER_PADDING:
		if (!padded || !b->cbBuffer)
			return SEC_E_OK;
		if (m->pad || !b->pvBuffer)
			return SEC_E_INVALID_TOKEN;
		m->pad = b;
		m->sealed_len += b->cbBuffer;
		m->parts[m->count++] = (struct kerb_part){ b->pvBuffer, b->cbBuffer, false };
		return SEC_E_OK;
	default:
		return SEC_E_OK;
	}
}

/* On any failure there is nothing to drop. */
static NTSTATUS
message_take(struct kerb_message *m, PSecBufferDesc desc, bool streams, bool padded)
{
	NTSTATUS status = SEC_E_OK;

	m->token = m->stream = m->pad = m->into = NULL;
	m->count = m->sealed_len = 0;
	m->parts = m->few;
	if (!desc || desc->ulVersion != SECBUFFER_VERSION || (desc->cBuffers && !desc->pBuffers))
		return SEC_E_INVALID_TOKEN;
	if (desc->cBuffers > KERB_PARTS_INLINE)
		m->parts = calloc(desc->cBuffers, sizeof *m->parts);
	if (!m->parts)
		return SEC_E_INSUFFICIENT_MEMORY;
	for (ULONG n = 0; n < desc->cBuffers && status == SEC_E_OK; n++)
		status = message_part(m, &desc->pBuffers[n], streams, padded);
	if (status == SEC_E_OK && (!m->count || (!m->token && !m->stream)))
		status = SEC_E_INVALID_TOKEN;
	if (status != SEC_E_OK)
		message_drop(m);
	return status;
}

/* Whether one byte goes behind the data of a sealed message. */
static bool
pads(const struct kerb_half *h)
{
	return h->seal.rc4 && !h->seal.dce;
}

static void
padding_none(PSecBufferDesc desc)
{
	for (ULONG n = 0; n < desc->cBuffers; n++)
		if (type_of(&desc->pBuffers[n]) == SECBUFFER_PADDING)
			desc->pBuffers[n].cbBuffer = 0;		/* ciphertext stealing pads nothing */
}

NTSTATUS
kerb_verdict_status(enum kerb_verdict verdict)
{
	switch (verdict) {
	case KERB_GENUINE:         return SEC_E_OK;
	case KERB_OUT_OF_SEQUENCE: return SEC_E_OUT_OF_SEQUENCE;
	case KERB_MALFORMED:       return SEC_E_INVALID_TOKEN;
	case KERB_NO_MEMORY:       return SEC_E_INSUFFICIENT_MEMORY;
	case KERB_ALTERED:
	default:                   return SEC_E_MESSAGE_ALTERED;
	}
}

/* --- outgoing ----------------------------------------------------------------------- */

/* Datagrams are numbered by the caller; the others here. */
static void
number_send(struct kerb_half *h, ULONG sequence)
{
	if (h->seal.numbered)
		h->seal.send = sequence;
}

static NTSTATUS
half_sign(void *at, ULONG qop, PSecBufferDesc desc, ULONG sequence)
{
	struct kerb_half *h = at;
	struct kerb_message m;
	NTSTATUS status;

	number_send(h, sequence);
	if (qop)
		return SEC_E_QOP_NOT_SUPPORTED;
	if (!kerb_seal_works(&h->seal))
		return SEC_E_UNSUPPORTED_FUNCTION;
	status = message_take(&m, desc, false, false);
	if (status != SEC_E_OK)
		return status;
	if (m.token->cbBuffer < kerb_signature_len(&h->seal))
		status = SEC_E_BUFFER_TOO_SMALL;
	else if (!kerb_sign(&h->seal, &h->data.key, m.token->pvBuffer, m.parts, m.count))
		status = SEC_E_INSUFFICIENT_MEMORY;
	else
		m.token->cbBuffer = (ULONG)kerb_signature_len(&h->seal);
	message_drop(&m);
	return status;
}

void
kerb_parts_wipe(const struct kerb_message *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (!m->parts[i].clear)
			bytes_wipe(m->parts[i].at, m->parts[i].len);
}

static NTSTATUS
half_seal_message(void *at, ULONG qop, PSecBufferDesc desc, ULONG sequence)
{
	bool sealed = qop != SECQOP_WRAP_NO_ENCRYPT;
	struct kerb_half *h = at;
	struct kerb_message m;
	NTSTATUS status;
	size_t len;

	number_send(h, sequence);
	if (qop && sealed)
		return SEC_E_QOP_NOT_SUPPORTED;
	if (!kerb_seal_works(&h->seal) || (sealed && !(h->data.grants & ISC_RET_CONFIDENTIALITY)))
		return SEC_E_UNSUPPORTED_FUNCTION;
	status = message_take(&m, desc, false, pads(h));
	if (status != SEC_E_OK)
		return status;
	len = kerb_token_len(&h->seal, sealed);
	if (h->seal.rc4) {
		status = kerb_user_rc4_seal(h, &m, sealed);
		if (status == SEC_E_OK && !pads(h))
			padding_none(desc);
	} else if (m.token->cbBuffer < len) {
		status = SEC_E_BUFFER_TOO_SMALL;
	} else if (!kerb_encrypt(&h->seal, &h->data.key, sealed, m.token->pvBuffer, m.parts, m.count)) {
		kerb_parts_wipe(&m);				/* half of it may be enciphered */
		status = SEC_E_INSUFFICIENT_MEMORY;
	} else {
		m.token->cbBuffer = (ULONG)len;
		padding_none(desc);
	}
	message_drop(&m);
	return status;
}

/* --- incoming ----------------------------------------------------------------------- */

static NTSTATUS
half_verify(void *at, PSecBufferDesc desc, ULONG sequence, ULONG *ret_qop)
{
	struct kerb_half *h = at;
	struct kerb_message m;
	NTSTATUS status;

	h->seal.expected = sequence;
	if (!kerb_seal_works(&h->seal))
		return SEC_E_UNSUPPORTED_FUNCTION;
	status = message_take(&m, desc, false, false);
	if (status != SEC_E_OK)
		return status;
	status = kerb_verdict_status(kerb_verify(&h->seal, &h->data.key, bytes_of(m.token->pvBuffer, m.token->cbBuffer), m.parts, m.count));
	message_drop(&m);
	if (status == SEC_E_OK && ret_qop)
		*ret_qop = 0;
	return status;
}

static void
reverse(uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len / 2; i++) {
		uint8_t b = at[i];

		at[i] = at[len - 1 - i];
		at[len - 1 - i] = b;
	}
}

/* A body in one piece, turned back in place. */
static void
turn_back(uint8_t *body, size_t len, size_t turn)
{
	if (!turn)
		return;
	reverse(body, turn);
	reverse(body + turn, len - turn);
	reverse(body, len);
}

NTSTATUS
kerb_parts_one(struct kerb_message *m, uint8_t *text, size_t len)
{
	bool placed = false;
	size_t n = 0;

	for (size_t i = 0; i < m->count; i++) {
		if (m->parts[i].clear)
			m->parts[n++] = m->parts[i];
		else if (!placed)
			m->parts[n++] = (struct kerb_part){ text, len, false };
		placed |= !m->parts[i].clear;
	}
	m->count = n;
	return placed ? SEC_E_OK : SEC_E_INVALID_TOKEN;
}

/* A body that lies in one piece at `body`: where the text is, is told. */
static NTSTATUS
open_whole(struct kerb_half *h, struct kerb_message *m, const struct kerb_wrapped *w, const uint8_t *header, uint8_t *body, size_t len,
    struct bytes *ret_text)
{
	size_t data = len - w->before - w->after, start = w->before + w->turn;
	uint8_t *before = body + w->turn, *text, *after;
	enum kerb_verdict verdict;
	NTSTATUS status;

	/*
	 * As we and Windows turn it everything behind the data stands in front of
	 * them: nothing has to be moved. Without a turn nothing has to be, either.
	 */
	if (w->turn == w->after) {
		after = body;
	} else {
		turn_back(body, len, w->turn);
		before = body;
		start = w->before;
		after = body + w->before + data;
	}
	text = body + start;
	status = kerb_parts_one(m, text, data);
	if (status != SEC_E_OK)
		return status;
	verdict = kerb_decrypt(&h->seal, &h->data.key, w, header, before, after, m->parts, m->count);
	if (verdict != KERB_GENUINE)
		bytes_wipe(body, len);
	*ret_text = bytes_of(text, data);
	return kerb_verdict_status(verdict);
}

static NTSTATUS
open_stream(struct kerb_half *h, struct kerb_message *m, bool *ret_sealed)
{
	uint8_t *at = m->stream->pvBuffer, header[KERB_HEADER_LEN];
	size_t len = m->stream->cbBuffer;
	struct kerb_wrapped w;
	struct bytes text;
	NTSTATUS status;

	if (len < KERB_HEADER_LEN || !m->into)
		return SEC_E_INVALID_TOKEN;
	if (!kerb_wrapped_take(&w, &h->seal, bytes_of(at, KERB_HEADER_LEN), len - KERB_HEADER_LEN))
		return SEC_E_INVALID_TOKEN;
	bytes_copy(header, at, sizeof header);
	status = open_whole(h, m, &w, header, at + KERB_HEADER_LEN, len - KERB_HEADER_LEN, &text);
	if (status == SEC_E_OK) {
		m->into->pvBuffer = (void *)(uintptr_t)text.at;
		m->into->cbBuffer = (ULONG)text.len;
	}
	*ret_sealed = w.sealed;
	return status;
}

/* Token and data that were cut otherwise than we cut them: put together in memory of their own. */
static NTSTATUS
open_moved(struct kerb_half *h, struct kerb_message *m, const struct kerb_wrapped *w, size_t rest)
{
	size_t len = rest + m->sealed_len, at = 0;
	uint8_t *body = malloc(len ? len : 1), *to;
	struct bytes text;
	NTSTATUS status;

	if (!body)
		return SEC_E_INSUFFICIENT_MEMORY;
	bytes_copy(body, (uint8_t *)m->token->pvBuffer + KERB_HEADER_LEN, rest);
	at = rest;
	for (size_t i = 0; i < m->count; i++)
		if (!m->parts[i].clear) {
			bytes_copy(body + at, m->parts[i].at, m->parts[i].len);
			at += m->parts[i].len;
		}
	to = m->into->pvBuffer;
	status = m->into->cbBuffer == m->sealed_len ? SEC_E_OK : SEC_E_INVALID_TOKEN;	/* several pieces: no place for what moved */
	if (status == SEC_E_OK) {
		status = open_whole(h, m, w, m->token->pvBuffer, body, len, &text);
		if (status != SEC_E_OK)
			kerb_parts_wipe(m);
	}
	if (status == SEC_E_OK && text.len > m->into->cbBuffer)
		status = SEC_E_BUFFER_TOO_SMALL;
	if (status == SEC_E_OK) {
		bytes_copy(to, text.at, text.len);
		m->into->cbBuffer = (ULONG)text.len;
	}
	bytes_wipe(body, len);
	free(body);
	return status;
}

static NTSTATUS
open_token(struct kerb_half *h, struct kerb_message *m, bool *ret_sealed)
{
	uint8_t *token = m->token->pvBuffer, *rest = token + KERB_HEADER_LEN;
	size_t len = m->token->cbBuffer;
	struct kerb_wrapped w;
	NTSTATUS status;

	if (len < KERB_HEADER_LEN || !m->into)
		return SEC_E_INVALID_TOKEN;
	len -= KERB_HEADER_LEN;
	if (!kerb_wrapped_take(&w, &h->seal, bytes_of(token, KERB_HEADER_LEN), len + m->sealed_len))
		return SEC_E_INVALID_TOKEN;
	*ret_sealed = w.sealed;
	if (w.turn != w.after || len != w.after + w.before)
		return open_moved(h, m, &w, len);
	status = kerb_verdict_status(kerb_decrypt(&h->seal, &h->data.key, &w, token, rest + w.after, rest, m->parts, m->count));
	if (status != SEC_E_OK)
		kerb_parts_wipe(m);
	return status;
}

static NTSTATUS
half_unseal(void *at, PSecBufferDesc desc, ULONG sequence, ULONG *ret_qop)
{
	struct kerb_half *h = at;
	struct kerb_message m;
	bool sealed = false;
	NTSTATUS status;

	h->seal.expected = sequence;
	if (!kerb_seal_works(&h->seal))
		return SEC_E_UNSUPPORTED_FUNCTION;
	status = message_take(&m, desc, true, pads(h));
	if (status != SEC_E_OK)
		return status;
	if (h->seal.rc4)
		status = kerb_user_rc4_open(h, &m, &sealed);
	else
		status = m.stream ? open_stream(h, &m, &sealed) : open_token(h, &m, &sealed);
	message_drop(&m);
	if (status == SEC_E_OK) {
		if (!pads(h))
			padding_none(desc);
		if (ret_qop)
			*ret_qop = sealed ? 0 : SECQOP_WRAP_NO_ENCRYPT;
	}
	return status;
}

const struct user_package kerberos_user = {
	.name   = "Kerberos",
	.layout = KERB_DATA_LAYOUT,
	.open   = half_open,
	.drop   = half_drop,
	.facts  = half_facts,
	.sizes  = half_sizes,
	.sign   = half_sign,
	.verify = half_verify,
	.seal   = half_seal_message,
	.unseal = half_unseal,
	.export = half_export,
	.gather = kerb_gather,
	.describe = kerb_print,
};
