/*
 * ntlm_data.c - the user data of NTLM as bytes.
 *
 * Layout 1, little-endian:
 *   u32 package   u32 layout   u8 server   u8 running   u16 0
 *   u32 flags     u32 grants   u64 luid    u64 expiry   16 session key
 *   sized user, domain, target, sid        the seal's state, when running
 */
#include "pkg/ntlm/ntlm_data.h"

#include "pkg/ntlm/ntlm_seal.h"

bool
ntlm_data_put(struct writer *w, const struct ntlm_data *d, struct ntlm_seal *seal)
{
	const struct bytes texts[] = { d->user, d->domain, d->target, d->sid };

	for (size_t n = 0; n < 4; n++)
		if (texts[n].len > NTLM_DATA_TEXT_MAX)
			return false;
	writer_u32(w, NTLM_DATA_PACKAGE);
	writer_u32(w, NTLM_DATA_LAYOUT);
	writer_u8(w, d->server);
	writer_u8(w, seal != NULL);
	writer_u16(w, 0);
	writer_u32(w, d->flags);
	writer_u32(w, d->grants);
	writer_u64(w, d->luid);
	writer_u64(w, d->expiry);
	writer_bytes(w, bytes_of(d->key.b, sizeof d->key.b));
	for (size_t n = 0; n < 4; n++)
		writer_sized(w, texts[n]);
	if (seal)
		ntlm_seal_put(w, seal);
	return true;
}

/* A byte that may be 0 or 1. */
static bool
take_flag(struct reader *r)
{
	uint8_t value = reader_u8(r);

	if (value > 1)
		reader_spoil(r);
	return value == 1;
}

bool
ntlm_data_take(struct ntlm_data *d, struct bytes wire)
{
	struct reader r = reader_of(wire);

	*d = (struct ntlm_data){ 0 };
	reader_expect_u32(&r, NTLM_DATA_PACKAGE);
	reader_expect_u32(&r, NTLM_DATA_LAYOUT);
	d->server = take_flag(&r);
	d->running = take_flag(&r);
	if (reader_u16(&r) != 0)
		reader_spoil(&r);
	d->flags = reader_u32(&r);
	d->grants = reader_u32(&r);
	d->luid = reader_u64(&r);
	d->expiry = reader_u64(&r);
	reader_fixed(&r, d->key.b, sizeof d->key.b);
	d->user = reader_sized(&r, NTLM_DATA_TEXT_MAX);
	d->domain = reader_sized(&r, NTLM_DATA_TEXT_MAX);
	d->target = reader_sized(&r, NTLM_DATA_TEXT_MAX);
	d->sid = reader_sized(&r, NTLM_DATA_TEXT_MAX);
	if (d->running)
		d->seal = reader_rest(&r);
	if (reader_done(&r))
		return true;
	bytes_wipe(d, sizeof *d);
	return false;
}
