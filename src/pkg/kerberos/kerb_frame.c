/*
 * kerb_frame.c - the frame of Kerberos tokens: RFC 2743 3.1 with the token
 * ids of RFC 4121 4.1, or none at all. Pure: it looks at no message inside
 * beyond its first byte.
 */
#include "pkg/kerberos/kerb_lsa.h"

#include "base/der.h"

static const uint8_t oid_krb5[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02 };
static const uint8_t oid_user2user[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02, 0x03 };
static const uint8_t oid_iakerb[] = { 0x2b, 0x06, 0x01, 0x05, 0x02, 0x05 };
static const uint8_t oid_microsoft[] = { 0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 0x01, 0x02, 0x02 };

#define OF(field) bytes_of((field), sizeof(field))

/* First bytes of messages: [RFC 4120] 5.10, application tags. */
static const struct { uint8_t tag; enum kerb_token is; } tags[] = {
	{ 0x6e, KERB_TOKEN_AP_REQ },
	{ 0x6f, KERB_TOKEN_AP_REP },
	{ 0x7e, KERB_TOKEN_ERROR },
};

void
kerb_frame_put(struct writer *w, const struct kerb_frame *f)
{
	struct bytes oid = f->user2user ? OF(oid_user2user) : f->iakerb ? OF(oid_iakerb) : OF(oid_krb5);

	if (!f->raw) {
		der_put_head(w, DER_APPLICATION(0), der_size(oid.len) + 2 + f->inner.len);
		der_put(w, DER_OID, oid);
		writer_u8(w, (uint8_t)(f->is >> 8));
		writer_u8(w, (uint8_t)f->is);
	}
	writer_bytes(w, f->inner);
}

static bool
raw_take(struct kerb_frame *f, struct bytes token)
{
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (token.at[0] == tags[i].tag) {
			*f = (struct kerb_frame){ .raw = true, .is = tags[i].is, .inner = token };
			return true;
		}
	return false;
}

/* User-to-user's own tokens have messages of their own (KRB-TGT-REQ), the others what their id says. */
static bool
inner_fits(const struct kerb_frame *f)
{
	if (!f->inner.len)
		return false;
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (f->is == tags[i].is)
			return f->inner.at[0] == tags[i].tag;
	return f->user2user && (f->is == KERB_TOKEN_TGT_REQ || f->is == KERB_TOKEN_TGT_REP);
}

bool
kerb_frame_take(struct kerb_frame *f, struct bytes token)
{
	struct reader whole = reader_of(token), r;
	struct bytes oid;
	unsigned id;

	*f = (struct kerb_frame){ 0 };
	if (!token.len)
		return false;
	if (token.at[0] != DER_APPLICATION(0))
		return raw_take(f, token);
	r = der_open(&whole, DER_APPLICATION(0));
	oid = der_take(&r, DER_OID);
	id = reader_be16(&r);
	f->inner = reader_rest(&r);
	if (!reader_ok(&r) || !reader_done(&whole))
		return false;
	f->user2user = bytes_same(oid, OF(oid_user2user));
	f->iakerb = bytes_same(oid, OF(oid_iakerb));
	f->is = (enum kerb_token)id;
	return (f->user2user || f->iakerb || bytes_same(oid, OF(oid_krb5)) || bytes_same(oid, OF(oid_microsoft))) && inner_fits(f);
}
