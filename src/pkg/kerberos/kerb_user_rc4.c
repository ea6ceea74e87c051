/*
 * kerb_user_rc4.c - the caller's buffers of a context with rc4-hmac. As
 * everywhere in this half: nothing is written behind cbBuffer, no pointer is
 * kept.
 */
#include "pkg/kerberos/kerb_rc4.h"
#include "pkg/kerberos/kerb_user.h"

NTSTATUS
kerb_user_rc4_seal(struct kerb_half *h, struct kerb_message *m, bool sealed)
{
	struct kerb_part *pad = NULL;
	size_t len;

	/* [RFC 4757] 7.3: one byte, 1. A caller asks for its place with SECBUFFER_PADDING of cbBlockSize. */
	if (m->pad) {
		for (size_t i = 0; i < m->count; i++)
			if (m->parts[i].at == m->pad->pvBuffer)
				pad = &m->parts[i];
		if (!pad)
			return SEC_E_INVALID_TOKEN;
		m->sealed_len -= pad->len - 1;
		pad->len = 1;
	} else if (!h->seal.dce) {
		return SEC_E_INVALID_TOKEN;
	}
	len = kerb_rc4_token_len(&h->seal, m->sealed_len);
	if (m->token->cbBuffer < len)
		return SEC_E_BUFFER_TOO_SMALL;
	if (pad)
		pad->at[0] = 1;
	if (!kerb_rc4_encrypt(&h->seal, &h->data.key, sealed, m->token->pvBuffer, m->parts, m->count)) {
		kerb_parts_wipe(m);
		return SEC_E_INSUFFICIENT_MEMORY;
	}
	m->token->cbBuffer = (ULONG)len;
	if (m->pad)
		m->pad->cbBuffer = 1;
	return SEC_E_OK;
}

/* The last buffer of sealed bytes loses what pads it. */
static NTSTATUS
padding_off(const struct kerb_half *h, struct kerb_message *m)
{
	SecBuffer *last = m->pad ? m->pad : m->into;
	size_t count = h->seal.dce ? 0 : kerb_rc4_padding(bytes_of(last->pvBuffer, last->cbBuffer));

	if (h->seal.dce)
		return SEC_E_OK;
	if (!count || (m->pad && count != m->pad->cbBuffer))
		return SEC_E_INVALID_TOKEN;
	if (!m->pad)
		last->cbBuffer -= (ULONG)count;
	return SEC_E_OK;
}

static NTSTATUS
open_stream(struct kerb_half *h, struct kerb_message *m, bool *ret_sealed)
{
	uint8_t *token = m->stream->pvBuffer, *body, *text;
	size_t len = m->stream->cbBuffer, at = kerb_rc4_wrapped_take(ret_sealed, &h->seal, bytes_of(token, len), 0);
	enum kerb_verdict verdict;
	NTSTATUS status;

	if (!at || m->pad)
		return SEC_E_INVALID_TOKEN;
	body = token + at;
	text = body + KERB_RC4_BODY;
	len -= at + KERB_RC4_BODY;
	status = kerb_parts_one(m, text, len);
	if (status != SEC_E_OK)
		return status;
	verdict = kerb_rc4_decrypt(&h->seal, &h->data.key, *ret_sealed, body, m->parts, m->count);
	if (verdict != KERB_GENUINE) {
		bytes_wipe(text, len);
		return kerb_verdict_status(verdict);
	}
	m->into->pvBuffer = text;
	m->into->cbBuffer = (ULONG)len;
	return padding_off(h, m);
}

static NTSTATUS
open_token(struct kerb_half *h, struct kerb_message *m, bool *ret_sealed)
{
	uint8_t *token = m->token->pvBuffer, body[KERB_RC4_BODY];
	size_t len = m->token->cbBuffer,
	    at = kerb_rc4_wrapped_take(ret_sealed, &h->seal, bytes_of(token, len), m->sealed_len);
	enum kerb_verdict verdict;

	/* Nothing of the data may stand in the token. */
	if (!at || len - at != KERB_RC4_BODY)
		return SEC_E_INVALID_TOKEN;
	bytes_copy(body, token + at, sizeof body);
	verdict = kerb_rc4_decrypt(&h->seal, &h->data.key, *ret_sealed, body, m->parts, m->count);
	if (verdict != KERB_GENUINE) {
		kerb_parts_wipe(m);
		return kerb_verdict_status(verdict);
	}
	return padding_off(h, m);
}

NTSTATUS
kerb_user_rc4_open(struct kerb_half *h, struct kerb_message *m, bool *ret_sealed)
{
	if (!m->into)
		return SEC_E_INVALID_TOKEN;
	return m->stream ? open_stream(h, m, ret_sealed) : open_token(h, m, ret_sealed);
}
