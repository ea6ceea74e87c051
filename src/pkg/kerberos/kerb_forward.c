/*
 * kerb_forward.c - one TGS exchange for a forwarded ticket, made by hand.
 * Ciphers and checksums are libkrb5's; the bytes are DER of ours.
 */
#include "pkg/kerberos/kerb_forward.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/der.h"
#include "crypto/random.h"
#include "pkg/kerberos/kerb_k5.h"

#define GENERALIZED_TIME	0x18u
#define FORWARDABLE		0x40000000u	/* in options and in flags alike */
#define FORWARDED		0x20000000u
#define OK_AS_DELEGATE		0x00040000u
#define USAGE_BODY		6		/* RFC 4120 7.5.1 */
#define USAGE_AUTHENTICATOR	7
#define USAGE_REPLY		8
#define RESPONSE_TOO_BIG	52

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
body_make(struct maker *m, const krb5_creds *tgt, uint32_t nonce)
{
	static const int64_t etypes[] = { 18, 17, 20, 19, 23 };
	struct bytes list = BYTES_NONE;

	for (size_t i = 0; i < sizeof etypes / sizeof *etypes; i++) {
		uint8_t b = (uint8_t)etypes[i];

		list = CAT(m, list, element(m, DER_INTEGER, bytes_of(&b, 1)));
	}
	return element(m, DER_SEQUENCE, CAT(m, bits(m, 0, FORWARDABLE | FORWARDED), text(m, 2, &tgt->server->realm),
	    name(m, 3, tgt->server), moment(m, 5, (uint32_t)tgt->times.endtime), number(m, 7, nonce),
	    tagged(m, 8, DER_SEQUENCE, list)));
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
request_make(struct call *call, krb5_context k5, const krb5_creds *tgt, uint32_t nonce, struct bytes *ret_request)
{
	struct maker m = { .call = call };
	struct bytes body = body_make(&m, tgt, nonce), sum, sealed, plain, ap, pa;
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
	    tagged(&m, 3, DER_SEQUENCE, pa), element(&m, DER_CONTEXT(4), body))));
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

struct reply {
	krb5_creds creds;		/* views into call memory; names are the granting ticket's own */
	uint32_t nonce;
};

static bool
part_take(struct reply *out, struct bytes plain)
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
	return reader_ok(&key) && reader_ok(&seq) && out->creds.keyblock.length;
}

/* SUCCESS; RESPONSE_TOO_BIG; else a KDC's error or KRB5_KDCREP_MODIFIED. */
static krb5_error_code
reply_take(struct call *call, krb5_context k5, const krb5_creds *tgt, struct bytes wire, struct reply *out)
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
	for (unsigned n = 2; n <= 4; n++)
		skip_tagged(&seq, n);
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

/* --- KRB-CRED --------------------------------------------------------------------------- */

static NTSTATUS
cred_make(struct call *call, krb5_context k5, const struct kerb_ticket *ticket, krb5_creds *forwarded, struct bytes *ret_cred)
{
	krb5_auth_context auth = NULL;
	krb5_data *out = NULL;
	krb5_error_code code = krb5_auth_con_init(k5, &auth);
	uint8_t *copy;

	/* Without its times and numbers: AP-REQ around it has them. */
	if (!code)
		code = krb5_auth_con_setflags(k5, auth, 0);
	if (!code)
		code = krb5_auth_con_setuseruserkey(k5, auth, &ticket->creds->keyblock);
	if (!code)
		code = krb5_mk_1cred(k5, auth, forwarded, &out, NULL);
	if (auth)
		krb5_auth_con_free(k5, auth);
	if (code)
		return kerb_k5_because(call, k5, code, "the forwarded ticket");
	copy = call_memory(call, out->length);
	if (copy) {
		bytes_copy(copy, out->data, out->length);
		*ret_cred = bytes_of(copy, out->length);
	}
	krb5_free_data(k5, out);
	return copy ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* --- steps -------------------------------------------------------------------------------- */

/* The granting ticket of the client's own realm; *ret_tgt to be freed by krb5_free_cred_contents. */
static krb5_error_code
tgt_of(krb5_context k5, const struct kerb_hoard *hoard, krb5_creds *ret_tgt)
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

bool
kerb_forward_fits(struct call *call, const struct kerb_hoard *hoard, const struct kerb_ticket *ticket)
{
	krb5_context k5 = kerb_k5_take(call);
	krb5_creds tgt;
	bool may = (uint32_t)ticket->creds->ticket_flags & OK_AS_DELEGATE, can = false;

	if (k5 && may && tgt_of(k5, hoard, &tgt) == 0) {
		can = (uint32_t)tgt.ticket_flags & FORWARDABLE;
		krb5_free_cred_contents(k5, &tgt);
	}
	kerb_k5_give(k5);
	if (!may)
		because(call, STATUS_SUCCESS, TO_CALLER,
		    "no ticket is delegated: the KDC does not say that %s may act for others (ok-as-delegate)", ticket->target);
	else if (!can)
		because(call, STATUS_SUCCESS, TO_CALLER, "no ticket is delegated: the one of %s may not be forwarded (kinit -f)",
		    hoard->client);
	return can;
}

static NTSTATUS
refused(struct call *call, krb5_error_code code, const struct kerb_hoard *hoard)
{
	const char *words;

	if (code == ENOMEM)
		return STATUS_INSUFFICIENT_RESOURCES;
	words = krb5_get_error_message(NULL, code);
	because(call, SEC_E_DELEGATION_POLICY, TO_CALLER, "the KDC of realm %s gives no forwarded ticket to %s: %s", hoard->realm,
	    hoard->client, words);
	krb5_free_error_message(NULL, words);
	return SEC_E_DELEGATION_POLICY;
}

static NTSTATUS
take_reply(struct call *call, struct kerb_forward *f, krb5_context k5, krb5_creds *tgt, const struct kerb_hoard *hoard,
    const struct kerb_ticket *ticket, struct bytes *ret_cred)
{
	struct reply got = { .creds = { .magic = KV5M_CREDS, .client = tgt->client, .server = tgt->server } };
	NTSTATUS status = kerb_trip_end(call, &f->trip);
	krb5_error_code code;

	if (status == SEC_E_NO_AUTHENTICATING_AUTHORITY)
		return SEC_E_DELEGATION_POLICY;
	if (status != STATUS_SUCCESS)
		return status;
	code = reply_take(call, k5, tgt, kdc_answer(call), &got);
	if (code == (krb5_error_code)(ERROR_TABLE_BASE_krb5 + RESPONSE_TOO_BIG) && !f->tcp) {
		f->tcp = true;
		return kerb_trip_begin(call, &f->trip, k5, bytes_of_text(hoard->realm), f->request, true);
	}
	if (!code && (got.nonce != f->nonce || !((uint32_t)got.creds.ticket_flags & FORWARDED)))
		code = KRB5_KDCREP_MODIFIED;
	return code ? refused(call, code, hoard) : cred_make(call, k5, ticket, &got.creds, ret_cred);
}

NTSTATUS
kerb_forward(struct call *call, struct kerb_forward *f, struct kerb_hoard *hoard, const struct kerb_ticket *ticket,
    struct bytes *ret_cred)
{
	krb5_context k5 = kerb_k5_take(call);
	krb5_error_code code;
	krb5_creds tgt;
	NTSTATUS status;

	if (!k5)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (hoard->clock)
		(void)kerb_k5_clock(k5, hoard->clock);
	code = tgt_of(k5, hoard, &tgt);
	if (code) {
		kerb_k5_give(k5);
		return refused(call, code, hoard);
	}
	if (f->asked) {
		status = take_reply(call, f, k5, &tgt, hoard, ticket, ret_cred);
	} else {
		f->asked = true;
		if (!random_bytes(&f->nonce, sizeof f->nonce))
			code = ENOMEM;
		f->nonce &= 0x7fffffff;
		if (!code)
			code = request_make(call, k5, &tgt, f->nonce, &f->request);
		status = code ? refused(call, code, hoard) :
		    kerb_trip_begin(call, &f->trip, k5, bytes_of_text(hoard->realm), f->request, false);
		if (status == SEC_E_NO_AUTHENTICATING_AUTHORITY)
			status = SEC_E_DELEGATION_POLICY;
	}
	krb5_free_cred_contents(k5, &tgt);
	kerb_k5_give(k5);
	return status;
}
