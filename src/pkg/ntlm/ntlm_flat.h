/*
 * ntlm_flat.h - the API's structures as they cross the line: 64-bit layout,
 * offsets from the start for pointers, strings behind the fixed part. Pure.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_FLAT_H
#define OPENLSA_PKG_NTLM_NTLM_FLAT_H

#include "base/bytes.h"

/* A counted string: u16 length, u16 room, u32 nothing, u64 offset. `text`: it has whole characters. */
static inline struct bytes
flat_take(struct reader *r, size_t fixed, bool text)
{
	uint16_t len = reader_u16(r);
	struct bytes part;
	uint64_t at;

	reader_skip(r, 6);
	at = reader_u64(r);
	if (!len)
		return BYTES_NONE;
	if ((text && len % 2) || at < fixed || at > r->whole.len || !bytes_part(&part, r->whole, (size_t)at, len)) {
		reader_spoil(r);
		return BYTES_NONE;
	}
	return part;
}

/* The same for a reply; the text goes to *at, which moves on to the next even place. */
static inline void
flat_put(struct writer *w, struct bytes text, uint64_t *at, size_t behind)
{
	writer_u16(w, (uint16_t)text.len);
	writer_u16(w, (uint16_t)(text.len + behind));
	writer_u32(w, 0);
	writer_u64(w, text.len ? *at : 0);
	if (text.len)
		*at += text.len + text.len % 2 + behind;
}

static inline void
flat_put_text(struct writer *w, struct bytes text, size_t behind)
{
	writer_bytes(w, text);
	if (text.len)
		writer_zeros(w, text.len % 2 + behind);
}

#endif
