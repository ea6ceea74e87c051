/*
 * kerb_tgs.c - one TGS exchange, made by hand. Ciphers and checksums are
 * libkrb5's; the bytes are DER of ours. RFC 4120 3.3 and 5.4, [MS-SFU] 2.2.
 */
#include "pkg/kerberos/kerb_tgs.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/der.h"
#include "base/random.h"
#include "pkg/kerberos/kerb_k5.h"

#define GENERALIZED_TIME	0x18u
#define USAGE_BODY		6		/* RFC 4120 7.5.1 */
#define USAGE_AUTHENTICATOR	7
#define USAGE_REPLY		8
#define USAGE_FOR_USER		17		/* [MS-SFU] 2.2.1 */
#define RESPONSE_TOO_BIG	52
#define PA_FOR_USER		129
#define PA_PAC_OPTIONS		167

/* --- DER, inside out, in call memory ------------------------------------------ */

struct maker {
	struct call *call;
	bool bad;			/* no memory */
};

static struct bytes
cat(struct maker *m, const struct bytes *parts, size_t count)
{
	size_t len = 0;
	struct writer w;
	uint8_t *at;

	for (size_t i = 0; i < count; i++)
		len += parts[i].len;
	at = call_memory(m->call, len);
	w = writer_of(at, at ? len : 0);
	for (size_t i = 0; at && i < count; i++)
		writer_bytes(&w, parts[i]);
	m->bad |= !at;
	return bytes_of(at, at ? len : 0);
}

#define CAT(m, ...) cat((m), (const struct bytes[]){ __VA_ARGS__ }, sizeof (struct bytes[]){ __VA_ARGS__ } / sizeof(struct bytes))

static struct bytes
element(struct maker *m, uint8_t tag, struct bytes content)
{
	size_t len = der_size(content.len);
	uint8_t *at = call_memory(m->call, len);
	struct writer w = writer_of(at, at ? len : 0);

	m->bad |= !at;
	if (at)
		der_put(&w, tag, content);
	return bytes_of(at, at ? len : 0);
}

static struct bytes
tagged(struct maker *m, unsigned n, uint8_t tag, struct bytes content)
{
	return element(m, DER_CONTEXT(n), element(m, tag, content));
}

static struct bytes
number(struct maker *m, unsigned n, int64_t value)
{
	uint8_t b[8];
	int from = 0;

	for (int i = 0; i < 8; i++)
		b[i] = (uint8_t)((uint64_t)value >> (56 - 8 * i));
	while (from < 7 && ((b[from] == 0 && b[from + 1] < 0x80) || (b[from] == 0xff && b[from + 1] >= 0x80)))
		from++;
	return tagged(m, n, DER_INTEGER, bytes_of(b + from, (size_t)(8 - from)));
}

static struct bytes
bits(struct maker *m, unsigned n, uint32_t value)
{
	const uint8_t b[] = { 0, (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value };

	return tagged(m, n, DER_BIT_STRING, bytes_of(b, sizeof b));
}

static struct bytes
text(struct maker *m, unsigned n, const krb5_data *d)
{
	return tagged(m, n, DER_GENERAL_STRING, bytes_of(d->data, d->length));
}

static struct bytes
moment(struct maker *m, unsigned n, uint32_t seconds)
{
	time_t t = (time_t)seconds;
	char stamp[16];
	struct tm tm;

	m->bad |= !gmtime_r(&t, &tm) || strftime(stamp, sizeof stamp, "%Y%m%d%H%M%SZ", &tm) != 15;
	return tagged(m, n, GENERALIZED_TIME, bytes_of(stamp, 15));
}

static struct bytes
name(struct maker *m, unsigned n, krb5_const_principal p)
{
	struct bytes parts = BYTES_NONE;

	for (krb5_int32 i = 0; i < p->length; i++)
		parts = CAT(m, parts, element(m, DER_GENERAL_STRING, bytes_of(p->data[i].data, p->data[i].length)));
	return tagged(m, n, DER_SEQUENCE, CAT(m, number(m, 0, p->type), tagged(m, 1, DER_SEQUENCE, parts)));
}

/* --- the request ---------------------------------------------------------------- */

static struct bytes
body_make(struct maker *m, const struct kerb_tgs_ask *ask, const krb5_creds *tgt, uint32_t nonce)
{
	static const int64_t etypes[] = { 18, 17, 20, 19, 23 };
	struct bytes list = BYTES_NONE, second = BYTES_NONE;

	for (size_t i = 0; i < sizeof etypes / sizeof *etypes; i++) {
		uint8_t b = (uint8_t)etypes[i];

		list = CAT(m, list, element(m, DER_INTEGER, bytes_of(&b, 1)));
	}
	if (ask->second.len)
		second = tagged(m, 11, DER_SEQUENCE, ask->second);
	return element(m, DER_SEQUENCE, CAT(m, bits(m, 0, ask->options), text(m, 2, &tgt->server->realm),
	    name(m, 3, ask->server), moment(m, 5, (uint32_t)tgt->times.endtime), number(m, 7, nonce),
	    tagged(m, 8, DER_SEQUENCE, list), second));
}

static krb5_error_code
checksum_make(struct maker *m, krb5_context k5, const krb5_creds *tgt, struct bytes body, struct bytes *ret_checksum)
{
	krb5_data in = { .length = (unsigned)body.len, .data = (char *)(uintptr_t)body.at };
	krb5_checksum sum;
	krb5_error_code code = krb5_c_make_checksum(k5, 0, &tgt->keyblock, USAGE_BODY, &in, &sum);

	if (code)
		return code;
	*ret_checksum = tagged(m, 3, DER_SEQUENCE, CAT(m, number(m, 0, sum.checksum_type),
	    tagged(m, 1, DER_OCTET_STRING, bytes_of(sum.contents, sum.length))));
	krb5_free_checksum_contents(k5, &sum);
	return 0;
}

static krb5_error_code
seal(struct maker *m, krb5_context k5, const krb5_creds *tgt, struct bytes plain, struct bytes *ret_sealed)
{
	krb5_data in = { .length = (unsigned)plain.len, .data = (char *)(uintptr_t)plain.at };
	krb5_enc_data out = { .enctype = tgt->keyblock.enctype };
	krb5_error_code code;
	size_t len = 0;

	code = krb5_c_encrypt_length(k5, tgt->keyblock.enctype, plain.len, &len);
	if (code)
		return code;
	out.ciphertext.data = call_memory(m->call, len);
	out.ciphertext.length = (unsigned)len;
	if (!out.ciphertext.data)
		return ENOMEM;
	code = krb5_c_encrypt(k5, &tgt->keyblock, USAGE_AUTHENTICATOR, NULL, &in, &out);
	*ret_sealed = tagged(m, 4, DER_SEQUENCE, CAT(m, number(m, 0, tgt->keyblock.enctype),
	    tagged(m, 2, DER_OCTET_STRING, bytes_of(out.ciphertext.data, out.ciphertext.length))));
	return code;
}

static krb5_error_code
request_make(struct call *call, krb5_context k5, const krb5_creds *tgt, const struct kerb_tgs_ask *ask, uint32_t nonce,
    struct bytes *ret_request)
{
	struct maker m = { .call = call };
	struct bytes body = body_make(&m, ask, tgt, nonce), sum, sealed, plain, ap, pa;
	krb5_timestamp now;
	krb5_int32 micro;
	krb5_error_code code = krb5_us_timeofday(k5, &now, &micro);

	if (!code)
		code = checksum_make(&m, k5, tgt, body, &sum);
	if (code)
		return code;
	plain = element(&m, DER_APPLICATION(2), element(&m, DER_SEQUENCE, CAT(&m, number(&m, 0, 5),
	    text(&m, 1, &tgt->client->realm), name(&m, 2, tgt->client), sum, number(&m, 4, micro),
	    moment(&m, 5, (uint32_t)now))));
	code = seal(&m, k5, tgt, plain, &sealed);
	if (code)
		return code;
	ap = element(&m, DER_APPLICATION(14), element(&m, DER_SEQUENCE, CAT(&m, number(&m, 0, 5), number(&m, 1, 14),
	    bits(&m, 2, 0), element(&m, DER_CONTEXT(3), bytes_of(tgt->ticket.data, tgt->ticket.length)), sealed)));
	pa = element(&m, DER_SEQUENCE, CAT(&m, number(&m, 1, 1), tagged(&m, 2, DER_OCTET_STRING, ap)));
	*ret_request = element(&m, DER_APPLICATION(12), element(&m, DER_SEQUENCE, CAT(&m, number(&m, 1, 5), number(&m, 2, 12),
	    tagged(&m, 3, DER_SEQUENCE, CAT(&m, pa, ask->padata)), element(&m, DER_CONTEXT(4), body))));
	return m.bad ? ENOMEM : 0;
}

/* --- the reply --------------------------------------------------------------------- */

static uint32_t
take_uint(struct reader *r, unsigned n)
{
	struct bytes b = der_take_tagged(r, n, DER_INTEGER);
	uint32_t v = 0;

	if (!b.len || b.len > 5)
		reader_spoil(r);
	for (size_t i = 0; i < b.len && i < 5; i++)
		v = v << 8 | b.at[i];
	return v;
}

/* Days since 1970 of a date of the Gregorian calendar. */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static uint32_t
take_moment(struct reader *r, unsigned n)
{
	struct bytes b = der_take_tagged(r, n, GENERALIZED_TIME);
	int64_t v[6] = { 0 };
	size_t at = 0;

	if (b.len != 15 || b.at[14] != 'Z') {
		reader_spoil(r);
		return 0;
	}
	for (unsigned i = 0; i < 6; i++)
		for (unsigned digits = i ? 2 : 4; digits; digits--, at++) {
			if (b.at[at] < '0' || b.at[at] > '9')
				reader_spoil(r);
			v[i] = v[i] * 10 + (b.at[at] - '0');
		}
	return (uint32_t)(days_of(v[0], v[1], v[2]) * 86400 + v[3] * 3600 + v[4] * 60 + v[5]);
}

static void
skip_tagged(struct reader *r, unsigned n)
{
	struct der_element e;

	if (der_next_is(r, DER_CONTEXT(n)) && !der_any(r, &e))
		reader_spoil(r);
}

static bool
part_take(struct kerb_tgs_reply *out, struct bytes plain)
{
	struct reader r = reader_of(plain), app, seq, key, inner;
	struct bytes b;

	/* Some KDCs write the number of an AS reply. */
	app = der_open(&r, der_next_is(&r, DER_APPLICATION(25)) ? DER_APPLICATION(25) : DER_APPLICATION(26));
	seq = der_open(&app, DER_SEQUENCE);
	inner = der_open(&seq, DER_CONTEXT(0));
	key = der_open(&inner, DER_SEQUENCE);
	out->creds.keyblock.enctype = (krb5_enctype)take_uint(&key, 0);
	b = der_take_tagged(&key, 1, DER_OCTET_STRING);
	out->creds.keyblock.contents = (krb5_octet *)(uintptr_t)b.at;
	out->creds.keyblock.length = (unsigned)b.len;
	skip_tagged(&seq, 1);
	out->nonce = take_uint(&seq, 2);
	skip_tagged(&seq, 3);
	b = der_take_tagged(&seq, 4, DER_BIT_STRING);
	if (b.len == 5)
		out->creds.ticket_flags = (krb5_flags)((uint32_t)b.at[1] << 24 | (uint32_t)b.at[2] << 16 | (uint32_t)b.at[3] << 8 | b.at[4]);
	out->creds.times.authtime = (krb5_timestamp)take_moment(&seq, 5);
	out->creds.times.starttime = der_next_is(&seq, DER_CONTEXT(6)) ? (krb5_timestamp)take_moment(&seq, 6) : out->creds.times.authtime;
	out->creds.times.endtime = (krb5_timestamp)take_moment(&seq, 7);
	if (der_next_is(&seq, DER_CONTEXT(8)))
		out->creds.times.renew_till = (krb5_timestamp)take_moment(&seq, 8);
	(void)der_take_tagged(&seq, 9, DER_GENERAL_STRING);
	out->server = der_take_tagged(&seq, 10, DER_SEQUENCE);
	return reader_ok(&key) && reader_ok(&seq) && out->creds.keyblock.length;
}

/* SUCCESS; RESPONSE_TOO_BIG; else a KDC's error or KRB5_KDCREP_MODIFIED. */
static krb5_error_code
reply_take(struct call *call, krb5_context k5, const krb5_creds *tgt, struct bytes wire, struct kerb_tgs_reply *out)
{
	struct reader r = reader_of(wire), app, seq, sealed, inner;
	krb5_enc_data in = { 0 };
	krb5_data plain = { 0 };
	krb5_error_code code;
	struct bytes b;

	if (der_next_is(&r, DER_APPLICATION(30))) {
		krb5_data told = { .length = (unsigned)wire.len, .data = (char *)(uintptr_t)wire.at };
		krb5_error *error = NULL;

		code = krb5_rd_error(k5, &told, &error);
		if (!code)
			code = error->error <= 127 ? (krb5_error_code)(ERROR_TABLE_BASE_krb5 + (long)error->error) : KRB5KRB_ERR_GENERIC;
		krb5_free_error(k5, error);
		return code;
	}
	app = der_open(&r, DER_APPLICATION(13));
	seq = der_open(&app, DER_SEQUENCE);
	if (take_uint(&seq, 0) != 5 || take_uint(&seq, 1) != 13)
		return KRB5_KDCREP_MODIFIED;
	skip_tagged(&seq, 2);
	out->client_realm = der_take_tagged(&seq, 3, DER_GENERAL_STRING);
	out->client = der_take_tagged(&seq, 4, DER_SEQUENCE);
	b = der_take(&seq, DER_CONTEXT(5));
	out->creds.ticket = (krb5_data){ .length = (unsigned)b.len, .data = (char *)(uintptr_t)b.at };
	inner = der_open(&seq, DER_CONTEXT(6));
	sealed = der_open(&inner, DER_SEQUENCE);
	in.enctype = (krb5_enctype)take_uint(&sealed, 0);
	skip_tagged(&sealed, 1);
	b = der_take_tagged(&sealed, 2, DER_OCTET_STRING);
	if (!reader_ok(&seq) || !reader_ok(&sealed) || !b.len || !out->creds.ticket.length)
		return KRB5_KDCREP_MODIFIED;
	in.ciphertext = (krb5_data){ .length = (unsigned)b.len, .data = (char *)(uintptr_t)b.at };
	plain.data = call_memory(call, b.len);
	plain.length = (unsigned)b.len;
	if (!plain.data)
		return ENOMEM;
	code = krb5_c_decrypt(k5, &tgt->keyblock, USAGE_REPLY, NULL, &in, &plain);
	if (code)
		return code;
	return part_take(out, bytes_of(plain.data, plain.length)) ? 0 : KRB5_KDCREP_MODIFIED;
}

/* --- names --------------------------------------------------------------------------- */

bool
kerb_tgs_is(struct bytes sequence, krb5_const_principal p)
{
	struct reader r = reader_of(sequence), parts;
	krb5_int32 n = 0;

	(void)der_take_tagged(&r, 0, DER_INTEGER);
	parts = der_open(&r, DER_CONTEXT(1));
	parts = der_open(&parts, DER_SEQUENCE);
	for (; reader_left(&parts); n++) {
		struct bytes part = der_take(&parts, DER_GENERAL_STRING);

		if (!reader_ok(&parts) || n >= p->length || !bytes_same(part, bytes_of(p->data[n].data, p->data[n].length)))
			return false;
	}
	return reader_ok(&r) && reader_ok(&parts) && n == p->length;
}

/* --- what goes beside ------------------------------------------------------------------ */

/* Under the granting ticket's key: whom a service asks for, in the order of [MS-SFU] 2.2.1. */
krb5_error_code
kerb_tgs_for_user(struct call *call, krb5_context k5, const krb5_creds *tgt, krb5_const_principal user, struct bytes *ret_padata)
{
	static const char package[] = "Kerberos";
	struct maker m = { .call = call };
	struct bytes said, sum;
	uint8_t type[4];
	krb5_data in;
	krb5_checksum made;
	krb5_error_code code;

	put_u32(type, (uint32_t)user->type);
	said = bytes_of(type, sizeof type);
	for (krb5_int32 i = 0; i < user->length; i++)
		said = CAT(&m, said, bytes_of(user->data[i].data, user->data[i].length));
	said = CAT(&m, said, bytes_of(user->realm.data, user->realm.length), bytes_of_text(package));
	if (m.bad)
		return ENOMEM;
	in = (krb5_data){ .length = (unsigned)said.len, .data = (char *)(uintptr_t)said.at };
	code = krb5_c_make_checksum(k5, CKSUMTYPE_HMAC_MD5_ARCFOUR, &tgt->keyblock, USAGE_FOR_USER, &in, &made);
	if (code)
		return code;
	sum = tagged(&m, 2, DER_SEQUENCE, CAT(&m, number(&m, 0, made.checksum_type),
	    tagged(&m, 1, DER_OCTET_STRING, bytes_of(made.contents, made.length))));
	krb5_free_checksum_contents(k5, &made);
	said = element(&m, DER_SEQUENCE, CAT(&m, name(&m, 0, user), text(&m, 1, &user->realm), sum,
	    tagged(&m, 3, DER_GENERAL_STRING, bytes_of_text(package))));
	*ret_padata = element(&m, DER_SEQUENCE, CAT(&m, number(&m, 1, PA_FOR_USER), tagged(&m, 2, DER_OCTET_STRING, said)));
	return m.bad ? ENOMEM : 0;
}

krb5_error_code
kerb_tgs_pac_options(struct call *call, struct bytes *ret_padata)
{
	struct maker m = { .call = call };

	*ret_padata = element(&m, DER_SEQUENCE, CAT(&m, number(&m, 1, PA_PAC_OPTIONS),
	    tagged(&m, 2, DER_OCTET_STRING, element(&m, DER_SEQUENCE, bits(&m, 0, 0x10000000)))));
	return m.bad ? ENOMEM : 0;
}

/* --- the exchange ------------------------------------------------------------------------ */

NTSTATUS
kerb_tgs_begin(struct call *call, struct kerb_tgs *x, krb5_context k5, const krb5_creds *tgt, const struct kerb_tgs_ask *ask,
    krb5_error_code *ret_code)
{
	struct bytes realm = bytes_of(tgt->server->realm.data, tgt->server->realm.length);

	x->asked = true;
	*ret_code = random_bytes(&x->nonce, sizeof x->nonce) ? 0 : ENOMEM;
	x->nonce &= 0x7fffffff;
	if (!*ret_code)
		*ret_code = request_make(call, k5, tgt, ask, x->nonce, &x->request);
	return *ret_code ? STATUS_UNSUCCESSFUL : kerb_trip_begin(call, &x->trip, k5, realm, x->request, false);
}

NTSTATUS
kerb_tgs_end(struct call *call, struct kerb_tgs *x, krb5_context k5, const krb5_creds *tgt, struct kerb_tgs_reply *out,
    krb5_error_code *ret_code)
{
	struct bytes realm = bytes_of(tgt->server->realm.data, tgt->server->realm.length);
	NTSTATUS status = kerb_trip_end(call, &x->trip);

	*ret_code = 0;
	if (status != STATUS_SUCCESS)
		return status;
	*ret_code = reply_take(call, k5, tgt, kdc_answer(call), out);
	if (*ret_code == (krb5_error_code)(ERROR_TABLE_BASE_krb5 + RESPONSE_TOO_BIG) && !x->tcp) {
		x->tcp = true;
		*ret_code = 0;
		return kerb_trip_begin(call, &x->trip, k5, realm, x->request, true);
	}
	if (!*ret_code && out->nonce != x->nonce)
		*ret_code = KRB5_KDCREP_MODIFIED;
	return *ret_code ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}

/* The granting ticket of the client's own realm. */
krb5_error_code
kerb_tgs_granting(krb5_context k5, const struct kerb_hoard *hoard, krb5_creds *ret_tgt)
{
	krb5_creds wanted = { .magic = KV5M_CREDS };
	krb5_error_code code = krb5_cc_get_principal(k5, hoard->cc, &wanted.client);

	if (!code)
		code = krb5_build_principal(k5, &wanted.server, wanted.client->realm.length, wanted.client->realm.data, "krbtgt",
		    hoard->realm, NULL);
	if (!code)
		code = krb5_cc_retrieve_cred(k5, hoard->cc, 0, &wanted, ret_tgt);
	krb5_free_principal(k5, wanted.server);
	krb5_free_principal(k5, wanted.client);
	return code;
}
