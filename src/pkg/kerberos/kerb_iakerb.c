/*
 * kerb_iakerb.c - IAKERB's tokens as bytes, and the checksum over them. It
 * must never learn to know what the messages within are.
 */
#include "pkg/kerberos/kerb_iakerb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sspi.h>

#include "base/der.h"

#define USAGE_FINISHED	42
#define UTF8_STRING	0x0cu

static const uint8_t oid[] = { 0x2b, 0x06, 0x01, 0x05, 0x02, 0x05 }, proxy[] = { 5, 1 };

void
kerb_carry_drop(struct kerb_carry *c)
{
	if (!c)
		return;
	free(c->cookie);
	free(c->said);
	free(c);
}

static bool
note(struct kerb_carry *c, struct bytes token)
{
	uint8_t *more = c->said_len + token.len <= CARRY_MOST ? realloc(c->said, c->said_len + token.len) : NULL;

	if (!more)
		return false;
	c->said = more;
	bytes_copy(c->said + c->said_len, token.at, token.len);
	c->said_len += token.len;
	return true;
}

NTSTATUS
kerb_carry_give(struct call *call, struct kerb_carry *c, struct bytes *ret_token)
{
	struct bytes realm = bytes_of_text(c->realm), cookie = bytes_of(c->cookie, c->cookie_len);
	size_t fields = der_size(der_size(realm.len)) + (cookie.len ? der_size(der_size(cookie.len)) : 0);
	size_t inner = sizeof proxy + der_size(fields) + c->request.len, body = der_size(sizeof oid) + inner;
	bool first = !c->said_len;
	size_t len = first ? der_size(body) : inner;
	uint8_t *at = call_memory(call, len);
	struct writer w = writer_of(at, at ? len : 0);

	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (first) {
		der_put_head(&w, DER_APPLICATION(0), body);
		der_put(&w, DER_OID, bytes_of(oid, sizeof oid));
	}
	writer_bytes(&w, bytes_of(proxy, sizeof proxy));
	der_put_head(&w, DER_SEQUENCE, fields);
	der_put_tagged(&w, 1, DER_OCTET_STRING, realm);
	if (cookie.len)
		der_put_tagged(&w, 2, DER_OCTET_STRING, cookie);
	writer_bytes(&w, c->request);
	*ret_token = bytes_of(at, len);
	c->request = BYTES_NONE;
	c->asked = true;
	return writer_ok(&w) && note(c, *ret_token) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static bool
token_take(struct bytes token, struct bytes *ret_cookie, struct bytes *ret_message)
{
	struct reader r = reader_of(token), header;
	struct der_element realm;

	if (token.len && token.at[0] == DER_APPLICATION(0)) {
		struct reader whole = r;

		r = der_open(&whole, DER_APPLICATION(0));
		if (!bytes_same(der_take(&r, DER_OID), bytes_of(oid, sizeof oid)) || !reader_done(&whole))
			return false;
	}
	if (!bytes_same(reader_bytes(&r, sizeof proxy), bytes_of(proxy, sizeof proxy)))
		return false;
	header = der_open(&r, DER_SEQUENCE);
	{
		struct reader tagged = der_open(&header, DER_CONTEXT(1));

		if (!der_any(&tagged, &realm) || !reader_done(&tagged) || (realm.tag != DER_OCTET_STRING && realm.tag != UTF8_STRING))
			return false;
	}
	*ret_cookie = der_next_is(&header, DER_CONTEXT(2)) ? der_take_tagged(&header, 2, DER_OCTET_STRING) : BYTES_NONE;
	*ret_message = reader_rest(&r);
	return reader_done(&header) && reader_ok(&r) && ret_message->len;
}

NTSTATUS
kerb_carry_take(struct call *call, struct kerb_carry *c, struct bytes token)
{
	struct bytes cookie = BYTES_NONE;

	if (!token_take(token, &cookie, &c->answer))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's token carries no answer of a KDC (IAKERB)");
	free(c->cookie);
	c->cookie = cookie.len ? (uint8_t *)bytes_dup(cookie) : NULL;
	c->cookie_len = c->cookie ? cookie.len : 0;
	if ((cookie.len && !c->cookie) || !note(c, token))
		return STATUS_INSUFFICIENT_RESOURCES;
	c->asked = false;
	return STATUS_SUCCESS;
}

krb5_error_code
kerb_carry_finish(struct call *call, krb5_context k5, const struct kerb_carry *c, const krb5_keyblock *key,
    struct bytes *ret_finished)
{
	krb5_data in = { .length = (unsigned)c->said_len, .data = (char *)c->said };
	uint8_t type[4], *at;
	krb5_checksum sum;
	struct bytes number;
	struct writer w;
	size_t from = 0, fields, len;
	krb5_error_code code = krb5_c_make_checksum(k5, 0, key, USAGE_FINISHED, &in, &sum);

	if (code)
		return code;
	for (int i = 0; i < 4; i++)
		type[i] = (uint8_t)((uint32_t)sum.checksum_type >> (24 - 8 * i));
	while (from < 3 && ((type[from] == 0 && type[from + 1] < 0x80) || (type[from] == 0xff && type[from + 1] >= 0x80)))
		from++;
	number = bytes_of(type + from, 4 - from);
	fields = der_size(der_size(number.len)) + der_size(der_size(sum.length));
	len = der_size(der_size(der_size(fields)));
	at = call_memory(call, len);
	w = writer_of(at, at ? len : 0);
	der_put_head(&w, DER_SEQUENCE, der_size(der_size(fields)));
	der_put_head(&w, DER_CONTEXT(1), der_size(fields));
	der_put_head(&w, DER_SEQUENCE, fields);
	der_put_tagged(&w, 0, DER_INTEGER, number);
	der_put_tagged(&w, 1, DER_OCTET_STRING, bytes_of(sum.contents, sum.length));
	krb5_free_checksum_contents(k5, &sum);
	*ret_finished = bytes_of(at, len);
	return at && writer_ok(&w) ? 0 : ENOMEM;
}
