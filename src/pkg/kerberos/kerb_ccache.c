/*
 * kerb_ccache.c - a ticket cache as bytes. Pure.
 */
#include "pkg/kerberos/kerb_ccache.h"

#define VERSION		0x0504u
#define TAG_CLOCK	1u
#define NOTE_REALM	"X-CACHECONF:"

/* --- numbers ------------------------------------------------------------- */

static struct bytes
take_sized(struct reader *r)
{
	return reader_bytes(r, reader_be32(r));
}

/* --- names ------------------------------------------------------------------ */

static void
name_put(struct writer *w, const struct ccache_name *n)
{
	writer_be32(w, n->type);
	writer_be32(w, n->count);
	writer_be_sized(w, n->realm);
	for (uint32_t i = 0; i < n->count && i < CCACHE_PARTS_MAX; i++)
		writer_be_sized(w, n->parts[i]);
}

static void
name_take(struct ccache_name *n, struct reader *r)
{
	n->type = reader_be32(r);
	n->count = reader_be32(r);
	if (n->count > CCACHE_PARTS_MAX) {
		reader_spoil(r);
		n->count = 0;
	}
	n->realm = take_sized(r);
	for (uint32_t i = 0; i < n->count; i++)
		n->parts[i] = take_sized(r);
}

/* --- the head ------------------------------------------------------------------ */

void
ccache_head_put(struct writer *w, const struct ccache_head *h)
{
	writer_be16(w, VERSION);
	writer_be16(w, h->clock ? 12 : 0);
	if (h->clock) {
		writer_be16(w, TAG_CLOCK);
		writer_be16(w, 8);
		writer_be32(w, (uint32_t)h->clock);
		writer_be32(w, 0);
	}
	name_put(w, &h->client);
}

bool
ccache_head_take(struct ccache_head *h, struct reader *r)
{
	struct reader tags;
	struct bytes value;
	uint16_t tag;

	*h = (struct ccache_head){ 0 };
	if (reader_be16(r) != VERSION)
		return false;
	tags = reader_of(reader_bytes(r, reader_be16(r)));
	while (reader_left(&tags)) {
		tag = reader_be16(&tags);
		value = reader_bytes(&tags, reader_be16(&tags));
		if (!reader_ok(&tags))
			return false;
		if (tag == TAG_CLOCK && value.len == 8) {
			struct reader v = reader_of(value);

			h->clock = (int32_t)reader_be32(&v);
		}
	}
	name_take(&h->client, r);
	return reader_ok(r) && h->client.count && h->client.realm.len;
}

/* --- a ticket --------------------------------------------------------------------- */

void
ccache_cred_put(struct writer *w, const struct ccache_cred *c)
{
	name_put(w, &c->client);
	name_put(w, &c->server);
	writer_be16(w, c->etype);
	writer_be_sized(w, c->key);
	writer_be32(w, c->authtime);
	writer_be32(w, c->starttime);
	writer_be32(w, c->endtime);
	writer_be32(w, c->renew_till);
	writer_u8(w, c->with_session_key);
	writer_be32(w, c->flags);
	writer_be32(w, 0);
	writer_be32(w, 0);
	writer_be_sized(w, c->ticket);
	writer_be_sized(w, c->second_ticket);
}

/* Typed pieces that nobody here needs. */
static void
list_skip(struct reader *r)
{
	uint32_t count = reader_be32(r);

	if (count > CCACHE_LISTS_MAX)
		reader_spoil(r);
	for (uint32_t i = 0; i < count && reader_ok(r); i++) {
		reader_skip(r, 2);
		(void)take_sized(r);
	}
}

bool
ccache_cred_take(struct ccache_cred *c, struct reader *r)
{
	*c = (struct ccache_cred){ 0 };
	name_take(&c->client, r);
	name_take(&c->server, r);
	c->etype = reader_be16(r);
	c->key = take_sized(r);
	c->authtime = reader_be32(r);
	c->starttime = reader_be32(r);
	c->endtime = reader_be32(r);
	c->renew_till = reader_be32(r);
	c->with_session_key = reader_u8(r) != 0;
	c->flags = reader_be32(r);
	list_skip(r);
	list_skip(r);
	c->ticket = take_sized(r);
	c->second_ticket = take_sized(r);
	return reader_ok(r);
}

bool
ccache_cred_is_note(const struct ccache_cred *c)
{
	return bytes_same(c->server.realm, bytes_of_text(NOTE_REALM));
}
