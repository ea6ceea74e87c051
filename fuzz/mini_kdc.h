/*
 * mini_kdc.h - a KDC as a function: an AS-REQ or TGS-REQ in, the reply out,
 * with the part inside the encryption changed by who asks for that. One realm,
 * one client, one key for everything long-lived. [RFC 4120] 5.4.
 */
#ifndef OPENLSA_FUZZ_MINI_KDC_H
#define OPENLSA_FUZZ_MINI_KDC_H

#include "fuzz.h"

#include "tests/pkg/kerberos/forge.h"

#define MINI_REALM	"FORGE.TEST"
#define MINI_CLIENT	"alice"

struct mini_kdc {
	struct forge f;			/* session: of the granting ticket, then of the service's */
	krb5_keyblock lasting, session[2];
	uint8_t bytes[3][32];
	struct feed *change;		/* not NULL: patches what is inside the encryption, and says where it ends */
};

static inline void
mini_begin(struct mini_kdc *k)
{
	krb5_keyblock *keys[] = { &k->lasting, &k->session[0], &k->session[1] };

	MUST(krb5_init_context(&k->f.k5) == 0);
	for (int i = 0; i < 3; i++) {
		memset(k->bytes[i], 29 * i + 3, sizeof k->bytes[i]);
		*keys[i] = (krb5_keyblock){ .magic = KV5M_KEYBLOCK, .enctype = ENCTYPE_AES256_CTS_HMAC_SHA1_96, .length = 32, .contents = k->bytes[i] };
	}
	k->f.realm = MINI_REALM;
	k->f.client = MINI_CLIENT;
	k->f.key = &k->lasting;
}

/* The client's and the service's keys are the lasting one. */
static inline void
mini_keytab(struct mini_kdc *k, const char *path, const char *const *names, size_t count)
{
	char name[128];
	krb5_keytab keytab;

	(void)snprintf(name, sizeof name, "FILE:%s", path);
	MUST(krb5_kt_resolve(k->f.k5, name, &keytab) == 0);
	for (size_t i = 0; i < count; i++) {
		krb5_keytab_entry e = { .vno = 1, .key = k->lasting };

		MUST(krb5_parse_name(k->f.k5, names[i], &e.principal) == 0);
		MUST(krb5_kt_add_entry(k->f.k5, keytab, &e) == 0);
		krb5_free_principal(k->f.k5, e.principal);
	}
	krb5_kt_close(k->f.k5, keytab);
}

/* --- the request ---------------------------------------------------------------- */

struct mini_asked {
	bool as;
	struct bytes padata, sname, nonce;
};

static inline bool
mini_take(struct mini_asked *a, struct bytes request)
{
	struct reader whole = reader_of(request), outer, seq, body, tagged, skipped;
	struct der_element e;

	a->as = request.len && request.at[0] == DER_APPLICATION(10);
	outer = der_open(&whole, a->as ? DER_APPLICATION(10) : DER_APPLICATION(12));
	seq = der_open(&outer, DER_SEQUENCE);
	(void)der_take_tagged(&seq, 1, DER_INTEGER);
	(void)der_take_tagged(&seq, 2, DER_INTEGER);
	a->padata = der_next_is(&seq, DER_CONTEXT(3)) ? der_take_tagged(&seq, 3, DER_SEQUENCE) : BYTES_NONE;
	tagged = der_open(&seq, DER_CONTEXT(4));
	body = der_open(&tagged, DER_SEQUENCE);
	skipped = der_open(&body, DER_CONTEXT(0));
	(void)skipped;
	if (der_next_is(&body, DER_CONTEXT(1)))
		(void)der_open(&body, DER_CONTEXT(1));
	(void)der_open(&body, DER_CONTEXT(2));
	if (!der_any(&body, &e) || e.tag != DER_CONTEXT(3))
		return false;
	a->sname = e.content;
	while (!der_next_is(&body, DER_CONTEXT(7)))
		if (!der_any(&body, &e))
			return false;
	a->nonce = der_take_tagged(&body, 7, DER_INTEGER);
	return reader_ok(&body);
}

/* The authenticator of an AP-REQ to a KDC, opened; its length. */
static inline size_t
mini_authenticator(struct mini_kdc *k, struct bytes ap_req, uint8_t *to, size_t room)
{
	struct reader r = reader_of(ap_req), outer = der_open(&r, DER_APPLICATION(14)), seq = der_open(&outer, DER_SEQUENCE), tagged, sealed;
	krb5_enc_data in = { .enctype = k->session[0].enctype };
	krb5_data out = { .data = (char *)to, .length = (unsigned)room };
	struct bytes cipher;

	for (unsigned n = 0; n < 4; n++)
		(void)der_open(&seq, DER_CONTEXT(n));
	tagged = der_open(&seq, DER_CONTEXT(4));
	sealed = der_open(&tagged, DER_SEQUENCE);
	(void)der_take_tagged(&sealed, 0, DER_INTEGER);
	cipher = der_take_tagged(&sealed, 2, DER_OCTET_STRING);
	in.ciphertext = (krb5_data){ .data = (char *)(uintptr_t)cipher.at, .length = (unsigned)cipher.len };
	return reader_ok(&sealed) && cipher.len <= room && krb5_c_decrypt(k->f.k5, &k->session[0], 7, NULL, &in, &out) == 0 ? out.length : 0;
}

/* The key that a TGS-REQ wants its reply under: the authenticator's. */
static inline bool
mini_subkey(struct mini_kdc *k, const struct mini_asked *a, krb5_keyblock *ret_key)
{
	static uint8_t plain[8192];
	struct reader r = reader_of(a->padata), one, authenticator, seq, key;
	struct bytes type, value = BYTES_NONE;
	struct der_element e;

	do {
		one = der_open(&r, DER_SEQUENCE);
		type = der_take_tagged(&one, 1, DER_INTEGER);
		value = der_take_tagged(&one, 2, DER_OCTET_STRING);
	} while (reader_ok(&one) && reader_left(&r) && (type.len != 1 || type.at[0] != 1));
	r = reader_of(bytes_of(plain, mini_authenticator(k, value, plain, sizeof plain)));
	authenticator = der_open(&r, DER_APPLICATION(2));
	seq = der_open(&authenticator, DER_SEQUENCE);
	while (!der_next_is(&seq, DER_CONTEXT(6)))
		if (!der_any(&seq, &e))
			return false;
	one = der_open(&seq, DER_CONTEXT(6));
	key = der_open(&one, DER_SEQUENCE);
	type = der_take_tagged(&key, 0, DER_INTEGER);
	value = der_take_tagged(&key, 1, DER_OCTET_STRING);
	*ret_key = (krb5_keyblock){ .magic = KV5M_KEYBLOCK, .enctype = k->session[0].enctype, .length = (unsigned)value.len,
	    .contents = (krb5_octet *)(uintptr_t)value.at };
	return reader_ok(&key) && value.len == 32;
}

/* --- the reply ------------------------------------------------------------------ */

static inline size_t
mini_plain(const struct mini_kdc *k, const struct mini_asked *a, uint8_t *to)
{
	static const uint8_t flags[] = { 0, 0x40, 0x40, 0, 0 };
	static uint8_t in[8192], last[64], one[64];
	struct writer w = writer_of(in, sizeof in), l = writer_of(last, sizeof last), o = writer_of(one, sizeof one);

	forge_key(&w, 0, k->f.session);
	forge_number(&o, 0, 0);
	forge_time(&o, 1, k->f.now);
	der_put(&l, DER_SEQUENCE, bytes_of(one, o.need));
	der_put_tagged(&w, 1, DER_SEQUENCE, bytes_of(last, l.need));
	der_put_tagged(&w, 2, DER_INTEGER, a->nonce);
	der_put_tagged(&w, 4, DER_BIT_STRING, bytes_of(flags, sizeof flags));
	forge_time(&w, 5, k->f.now - 60);
	forge_time(&w, 6, k->f.now - 60);
	forge_time(&w, 7, k->f.now + 3600);
	der_put_tagged(&w, 9, DER_GENERAL_STRING, bytes_of_text(MINI_REALM));
	der_put(&w, DER_CONTEXT(10), a->sname);
	return forge_wrap(to, a->as ? 25 : 26, bytes_of(in, w.need));
}

/* 0: it is no request that can be answered. */
static inline size_t
mini_answer(struct mini_kdc *k, struct bytes request, uint8_t to[FORGE_MAX])
{
	static uint8_t plain[FORGE_MAX], ticket[FORGE_MAX], part[FORGE_MAX], all[FORGE_MAX];
	struct writer p = writer_of(part, sizeof part), w = writer_of(all, sizeof all);
	krb5_keyblock subkey, *reply_key = &k->lasting;
	struct mini_asked a;
	size_t len, at;
	bool good;

	k->f.now = time(NULL);
	if (!mini_take(&a, request))
		return 0;
	k->f.session = &k->session[a.as ? 0 : 1];
	forge_number(&p, 0, 5);
	der_put_tagged(&p, 1, DER_GENERAL_STRING, bytes_of_text(MINI_REALM));
	der_put(&p, DER_CONTEXT(2), a.sname);
	len = forge_ticket_plain(&k->f, plain);
	good = forge_encrypted(&p, 3, &k->f, &k->lasting, 2, 1, bytes_of(plain, len));
	len = forge_wrap(ticket, 1, bytes_of(part, p.need));
	if (!a.as) {
		if (!mini_subkey(k, &a, &subkey))
			return 0;
		reply_key = &subkey;
	}
	forge_number(&w, 0, 5);
	forge_number(&w, 1, a.as ? 11 : 13);
	der_put_tagged(&w, 3, DER_GENERAL_STRING, bytes_of_text(MINI_REALM));
	forge_name(&w, 4, 1, &k->f.client, 1);
	der_put_head(&w, DER_CONTEXT(5), len);
	writer_bytes(&w, bytes_of(ticket, len));
	len = mini_plain(k, &a, plain);
	if (k->change) {
		at = feed_u16(k->change) % (len + 1);
		(void)feed_patch(k->change, plain, len);
		len = at ? at : len;
	}
	good = good && forge_encrypted(&w, 6, &k->f, reply_key, a.as ? 3 : 9, 0, bytes_of(plain, len));
	return good && writer_ok(&w) ? forge_wrap(to, a.as ? 11 : 13, bytes_of(all, w.need)) : 0;
}

#endif
