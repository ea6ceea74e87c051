/*
 * kerb_data.c - a context as bytes.
 */
#include "pkg/kerberos/kerb_data.h"

enum { DATA_SERVER = 1, DATA_SUBKEY = 2, DATA_DCE = 4, DATA_FLAGS = 7 };

static bool
text_put(struct writer *w, struct bytes text)
{
	writer_u32(w, (uint32_t)text.len);
	writer_bytes(w, text);
	return text.len <= KERB_DATA_TEXT_MAX;
}

static void
key_put(struct writer *w, const struct kerb_key *key)
{
	writer_u32(w, (uint32_t)key->etype);
	writer_u32(w, key->len);
	writer_bytes(w, bytes_of(key->b, key->len));
}

bool
kerb_data_put(struct writer *w, const struct kerb_data *d)
{
	if (d->key.len > KERB_KEY_MAX || d->session_key.len > KERB_KEY_MAX)
		return false;
	writer_u32(w, KERB_DATA_PACKAGE);
	writer_u32(w, KERB_DATA_LAYOUT);
	writer_u32(w, (d->server ? DATA_SERVER : 0u) | (d->acceptor_subkey ? DATA_SUBKEY : 0u) | (d->dce ? DATA_DCE : 0u));
	writer_u32(w, d->grants);
	writer_u64(w, d->send);
	writer_u64(w, d->receive);
	writer_u64(w, d->window);
	writer_u64(w, d->luid);
	writer_u64(w, d->expiry);
	key_put(w, &d->key);
	key_put(w, &d->session_key);
	return text_put(w, d->user) && text_put(w, d->domain) && text_put(w, d->target) && text_put(w, d->sid) &&
	    text_put(w, d->client) && text_put(w, d->service);
}

static struct bytes
text_take(struct reader *r)
{
	uint32_t len = reader_u32(r);

	if (len > KERB_DATA_TEXT_MAX) {
		reader_spoil(r);
		return BYTES_NONE;
	}
	return reader_bytes(r, len);
}

static void
key_take(struct kerb_key *key, struct reader *r)
{
	key->etype = (int32_t)reader_u32(r);
	key->len = reader_u32(r);
	if (key->len > KERB_KEY_MAX) {
		key->len = 0;
		reader_spoil(r);
		return;
	}
	reader_fixed(r, key->b, key->len);
}

bool
kerb_data_take(struct kerb_data *d, struct bytes wire)
{
	struct reader r = reader_of(wire);
	uint32_t flags;

	*d = (struct kerb_data){ .server = false };
	if (reader_u32(&r) != KERB_DATA_PACKAGE || reader_u32(&r) != KERB_DATA_LAYOUT)
		return false;
	flags = reader_u32(&r);
	d->server = flags & DATA_SERVER;
	d->acceptor_subkey = flags & DATA_SUBKEY;
	d->dce = flags & DATA_DCE;
	d->grants = reader_u32(&r);
	d->send = reader_u64(&r);
	d->receive = reader_u64(&r);
	d->window = reader_u64(&r);
	d->luid = reader_u64(&r);
	d->expiry = reader_u64(&r);
	key_take(&d->key, &r);
	key_take(&d->session_key, &r);
	d->user = text_take(&r);
	d->domain = text_take(&r);
	d->target = text_take(&r);
	d->sid = text_take(&r);
	d->client = text_take(&r);
	d->service = text_take(&r);
	return !(flags & ~(uint32_t)DATA_FLAGS) && reader_done(&r);
}
