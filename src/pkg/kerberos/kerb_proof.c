/*
 * kerb_proof.c - the clear part of an AP-REQ, and the 0x8003 checksum.
 */
#include "pkg/kerberos/kerb_proof.h"

#include <string.h>

#include "base/der.h"

#define AP_REQ	14u
#define TICKET	1u

/* An INTEGER of at most four bytes; kvno and etype are 32 bits wide, the one of them signed. */
static int64_t
number(struct reader *r, unsigned tag)
{
	struct bytes b = der_take_tagged(r, tag, DER_INTEGER);
	int64_t v;

	if (b.len == 0 || b.len > 5 || (b.len == 5 && b.at[0] != 0)) {
		reader_spoil(r);
		return 0;
	}
	v = (b.at[0] & 0x80) ? -1 : 0;
	for (size_t i = 0; i < b.len; i++)
		v = (int64_t)((uint64_t)v << 8 | b.at[i]);
	return v;
}

/* EncryptedData: 5.2.9. */
static struct bytes
encrypted(struct reader r, int32_t *ret_etype, uint32_t *ret_kvno)
{
	struct reader in = der_open(&r, DER_SEQUENCE);
	struct bytes cipher;

	*ret_etype = (int32_t)number(&in, 0);
	*ret_kvno = der_next_is(&in, DER_CONTEXT(1)) ? (uint32_t)number(&in, 1) : 0;
	cipher = der_take_tagged(&in, 2, DER_OCTET_STRING);
	return reader_done(&in) && reader_done(&r) ? cipher : BYTES_NONE;
}

void
kerb_part_put(struct writer *w, struct bytes part)
{
	for (size_t i = 0; i < part.len; i++) {
		uint8_t c = part.at[i];
		const char *plain = "\n\t\b", *letters = "ntb", *at = c ? strchr(plain, c) : NULL;

		if (c == 0 || at) {
			writer_u8(w, '\\');
			writer_u8(w, c == 0 ? '0' : (uint8_t)letters[at - plain]);
			continue;
		}
		if (c == '/' || c == '@' || c == '\\')
			writer_u8(w, '\\');
		writer_u8(w, c);
	}
}

/* PrincipalName and Realm: 5.2.2. */
static bool
name_take(struct writer *w, struct reader *ticket)
{
	struct bytes realm = der_take_tagged(ticket, 1, DER_GENERAL_STRING);
	struct reader outer = der_open(ticket, DER_CONTEXT(2)), name = der_open(&outer, DER_SEQUENCE), tagged, parts;
	bool first = true;

	(void)number(&name, 0);
	tagged = der_open(&name, DER_CONTEXT(1));
	parts = der_open(&tagged, DER_SEQUENCE);
	while (reader_ok(&parts) && reader_left(&parts)) {
		if (!first)
			writer_u8(w, '/');
		kerb_part_put(w, der_take(&parts, DER_GENERAL_STRING));
		first = false;
	}
	writer_u8(w, '@');
	kerb_part_put(w, realm);
	writer_u8(w, 0);
	return !first && reader_done(&parts) && reader_done(&tagged) && reader_done(&name) && reader_done(&outer) &&
	    reader_ok(ticket) && writer_ok(w);
}

static bool
ticket_take(struct kerb_clear *ret, struct bytes whole)
{
	struct writer w = writer_of(ret->principal, sizeof ret->principal);
	struct reader r = reader_of(whole), outer = der_open(&r, DER_APPLICATION(TICKET)), in = der_open(&outer, DER_SEQUENCE);
	struct bytes cipher;

	if (number(&in, 0) != 5 || !name_take(&w, &in))
		return false;
	cipher = encrypted(der_open(&in, DER_CONTEXT(3)), &ret->etype, &ret->kvno);
	ret->ticket = whole;
	return cipher.len && reader_done(&in) && reader_done(&outer) && reader_done(&r);
}

bool
kerb_clear_take(struct kerb_clear *ret, struct bytes ap_req)
{
	struct reader r = reader_of(ap_req), outer = der_open(&r, DER_APPLICATION(AP_REQ)), in = der_open(&outer, DER_SEQUENCE);
	struct bytes options;
	struct reader ticket;
	uint32_t unused;

	bytes_zero(ret, sizeof *ret);
	if (number(&in, 0) != 5 || number(&in, 1) != AP_REQ)
		return false;
	options = der_take_tagged(&in, 2, DER_BIT_STRING);	/* unused bits, then 32 of them */
	if (options.len != 5 || options.at[0] != 0)
		return false;
	ret->session_key = options.at[1] & 0x40;
	ret->mutual = options.at[1] & 0x20;
	ticket = der_open(&in, DER_CONTEXT(3));
	if (!reader_ok(&in) || !ticket_take(ret, reader_rest(&ticket)))
		return false;
	ret->proof = encrypted(der_open(&in, DER_CONTEXT(4)), &ret->proof_etype, &unused);
	return ret->proof.len && reader_done(&in) && reader_done(&outer) && reader_done(&r);
}

const char *
kerb_clear_name(const struct kerb_clear *c)
{
	for (const char *p = c->principal; *p; p++) {
		bool plain = (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		    strchr(".-_/:@$", *p);

		if (!plain || p - c->principal >= 256)
			return "a principal that is not repeated here";
	}
	return c->principal;
}

bool
kerb_bind_take(struct kerb_bind *ret, struct bytes checksum)
{
	struct reader r = reader_of(checksum);

	*ret = (struct kerb_bind){ 0 };
	if (reader_u32(&r) != sizeof ret->bindings)
		reader_spoil(&r);
	reader_fixed(&r, ret->bindings, sizeof ret->bindings);
	ret->flags = reader_u32(&r);
	if (ret->flags & KERB_FLAG_DELEG) {
		uint16_t option = reader_u16(&r), len = reader_u16(&r);

		ret->delegated = reader_bytes(&r, len);
		if (option != 1 || !len)
			reader_spoil(&r);
	}
	return reader_ok(&r);			/* extensions may follow */
}
