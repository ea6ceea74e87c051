/*
 * forge.h - AP-REQs made from scratch by somebody who has the service's key:
 * for what no KDC would ever write. [RFC 4120] 5.3, 5.5.1. Encryption is libkrb5's.
 */
#ifndef OPENLSA_TESTS_PKG_KERBEROS_FORGE_H
#define OPENLSA_TESTS_PKG_KERBEROS_FORGE_H

#include <krb5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/der.h"

#define FORGE_MAX 65536u

struct forge {
	krb5_context k5;
	const char *realm, *service[2], *client;	/* client: one part */
	krb5_keyblock *key;			/* the service's */
	krb5_keyblock *session, *subkey;	/* subkey may be NULL */
	uint32_t kvno;
	time_t now;				/* of ticket and authenticator */
	int32_t ahead;				/* of the authenticator's clock */
	int32_t cusec;
	int checksum_type;			/* 0: no checksum */
	struct bytes checksum;
	struct bytes pac;			/* empty: none */
	bool two_pacs;
	struct bytes authdata;			/* instead of the PAC: AuthorizationData's content, as it is */
	struct bytes ticket_plain, proof_plain;	/* not empty: encrypted instead of what would be made */
	struct bytes proof_authdata;		/* AuthorizationData's content */
	bool user2user;				/* the ticket is under a session key, and says so */
};

static inline void
forge_number(struct writer *w, unsigned tag, int64_t v)
{
	uint8_t b[5] = { (uint8_t)(v >> 32), (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };
	size_t from = 0;

	while (from < 4 && ((b[from] == 0 && !(b[from + 1] & 0x80)) || (b[from] == 0xff && (b[from + 1] & 0x80))))
		from++;
	der_put_tagged(w, tag, DER_INTEGER, bytes_of(b + from, 5 - from));
}

static inline void
forge_time(struct writer *w, unsigned tag, time_t t)
{
	char text[32];
	struct tm tm;

	gmtime_r(&t, &tm);
	(void)strftime(text, sizeof text, "%Y%m%d%H%M%SZ", &tm);
	der_put_tagged(w, tag, 0x18, bytes_of_text(text));
}

static inline void
forge_name(struct writer *w, unsigned tag, int type, const char *const *parts, size_t count)
{
	uint8_t list[512], name[600];
	struct writer l = writer_of(list, sizeof list), n = writer_of(name, sizeof name);

	for (size_t i = 0; i < count; i++)
		der_put(&l, DER_GENERAL_STRING, bytes_of_text(parts[i]));
	forge_number(&n, 0, type);
	der_put_tagged(&n, 1, DER_SEQUENCE, bytes_of(list, l.need));
	der_put_tagged(w, tag, DER_SEQUENCE, bytes_of(name, n.need));
}

static inline void
forge_key(struct writer *w, unsigned tag, const krb5_keyblock *key)
{
	uint8_t both[80];
	struct writer b = writer_of(both, sizeof both);

	forge_number(&b, 0, key->enctype);
	der_put_tagged(&b, 1, DER_OCTET_STRING, bytes_of(key->contents, key->length));
	der_put_tagged(w, tag, DER_SEQUENCE, bytes_of(both, b.need));
}

static inline void
forge_authdata(struct writer *w, int type, struct bytes data)
{
	uint8_t *one = malloc(FORGE_MAX);
	struct writer o = writer_of(one, FORGE_MAX);

	forge_number(&o, 0, type);
	der_put_tagged(&o, 1, DER_OCTET_STRING, data);
	der_put(w, DER_SEQUENCE, bytes_of(one, o.need));
	free(one);
}

/* application tag, SEQUENCE, content: into `to`, which must have room. */
static inline size_t
forge_wrap(uint8_t *to, unsigned application, struct bytes content)
{
	struct writer w = writer_of(to, FORGE_MAX);

	der_put_head(&w, DER_APPLICATION(application), der_size(content.len));
	der_put(&w, DER_SEQUENCE, content);
	return w.need;
}

static inline size_t
forge_ticket_plain(const struct forge *f, uint8_t *to)
{
	uint8_t *in = malloc(FORGE_MAX), *ad = malloc(FORGE_MAX), *relevant = malloc(FORGE_MAX);
	struct writer w = writer_of(in, FORGE_MAX), a = writer_of(ad, FORGE_MAX), r = writer_of(relevant, FORGE_MAX);
	static const uint8_t flags[] = { 0, 0x40, 0, 0, 0 }, nothing[] = { 0 };
	uint8_t transited[16], *seq = malloc(FORGE_MAX);
	struct writer t = writer_of(transited, sizeof transited), s = writer_of(seq, FORGE_MAX);
	size_t len;

	der_put_tagged(&w, 0, DER_BIT_STRING, bytes_of(flags, sizeof flags));
	forge_key(&w, 1, f->session);
	der_put_tagged(&w, 2, DER_GENERAL_STRING, bytes_of_text(f->realm));
	forge_name(&w, 3, 1, &f->client, 1);
	forge_number(&t, 0, 1);
	der_put_tagged(&t, 1, DER_OCTET_STRING, bytes_of(nothing, 0));
	der_put_tagged(&w, 4, DER_SEQUENCE, bytes_of(transited, t.need));
	forge_time(&w, 5, f->now - 60);
	forge_time(&w, 6, f->now - 60);
	forge_time(&w, 7, f->now + 3600);
	if (f->authdata.len) {
		der_put_tagged(&w, 10, DER_SEQUENCE, f->authdata);
	} else if (f->pac.len) {
		for (int i = 0; i < (f->two_pacs ? 2 : 1); i++)
			forge_authdata(&r, 128, f->pac);
		der_put(&s, DER_SEQUENCE, bytes_of(relevant, r.need));
		forge_authdata(&a, 1, bytes_of(seq, s.need));
		der_put_tagged(&w, 10, DER_SEQUENCE, bytes_of(ad, a.need));
	}
	len = forge_wrap(to, 3, bytes_of(in, w.need));
	free(in);
	free(ad);
	free(relevant);
	free(seq);
	return len;
}

static inline size_t
forge_proof_plain(const struct forge *f, uint8_t *to)
{
	uint8_t *in = malloc(FORGE_MAX), *sum = malloc(FORGE_MAX);
	struct writer w = writer_of(in, FORGE_MAX), c = writer_of(sum, FORGE_MAX);
	size_t len;

	forge_number(&w, 0, 5);
	der_put_tagged(&w, 1, DER_GENERAL_STRING, bytes_of_text(f->realm));
	forge_name(&w, 2, 1, &f->client, 1);
	if (f->checksum_type) {
		forge_number(&c, 0, f->checksum_type);
		der_put_tagged(&c, 1, DER_OCTET_STRING, f->checksum);
		der_put_tagged(&w, 3, DER_SEQUENCE, bytes_of(sum, c.need));
	}
	forge_number(&w, 4, f->cusec);
	forge_time(&w, 5, f->now + f->ahead);
	if (f->subkey)
		forge_key(&w, 6, f->subkey);
	forge_number(&w, 7, 0x12345678);
	if (f->proof_authdata.len)
		der_put_tagged(&w, 8, DER_SEQUENCE, f->proof_authdata);
	len = forge_wrap(to, 2, bytes_of(in, w.need));
	free(in);
	free(sum);
	return len;
}

/* EncryptedData under a context tag. */
static inline bool
forge_encrypted(struct writer *w, unsigned tag, const struct forge *f, const krb5_keyblock *key, int usage, uint32_t kvno,
    struct bytes plain)
{
	krb5_data in = { .data = (char *)(uintptr_t)plain.at, .length = (unsigned)plain.len };
	uint8_t *cipher = malloc(FORGE_MAX), *all = malloc(FORGE_MAX);
	krb5_enc_data out = { .ciphertext = { .data = (char *)cipher, .length = FORGE_MAX - 64 } };
	struct writer a = writer_of(all, FORGE_MAX);
	size_t need = 0;
	bool good = krb5_c_encrypt_length(f->k5, key->enctype, plain.len, &need) == 0 && need < FORGE_MAX - 64;

	if (good) {
		out.ciphertext.length = (unsigned)need;
		good = krb5_c_encrypt(f->k5, key, usage, NULL, &in, &out) == 0;
	}
	forge_number(&a, 0, key->enctype);
	if (kvno)
		forge_number(&a, 1, kvno);
	der_put_tagged(&a, 2, DER_OCTET_STRING, bytes_of(cipher, out.ciphertext.length));
	der_put_tagged(w, tag, DER_SEQUENCE, bytes_of(all, a.need));
	free(cipher);
	free(all);
	return good && writer_ok(&a);
}

/* A raw AP-REQ; 0: it could not be made. */
static inline size_t
forge_ap_req(const struct forge *f, uint8_t *to)
{
	const uint8_t options[] = { 0, f->user2user ? 0x60 : 0x20, 0, 0, 0 };
	uint8_t *plain = malloc(FORGE_MAX), *part = malloc(FORGE_MAX), *ticket = malloc(FORGE_MAX), *all = malloc(FORGE_MAX);
	struct writer p = writer_of(part, FORGE_MAX), w = writer_of(all, FORGE_MAX);
	struct bytes text = f->ticket_plain;
	size_t len = 0;
	bool good;

	if (!text.len)
		text = bytes_of(plain, forge_ticket_plain(f, plain));
	forge_number(&p, 0, 5);
	der_put_tagged(&p, 1, DER_GENERAL_STRING, bytes_of_text(f->realm));
	forge_name(&p, 2, 2, f->service, 2);
	good = forge_encrypted(&p, 3, f, f->key, 2, f->kvno, text);
	text = f->proof_plain;
	if (!text.len)
		text = bytes_of(plain, forge_proof_plain(f, plain));
	forge_number(&w, 0, 5);
	forge_number(&w, 1, 14);
	der_put_tagged(&w, 2, DER_BIT_STRING, bytes_of(options, sizeof options));
	len = forge_wrap(ticket, 1, bytes_of(part, p.need));
	der_put_head(&w, DER_CONTEXT(3), len);
	writer_bytes(&w, bytes_of(ticket, len));
	good = good && forge_encrypted(&w, 4, f, f->session, 11, 0, text) && writer_ok(&w) && writer_ok(&p);
	len = good ? forge_wrap(to, 14, bytes_of(all, w.need)) : 0;
	free(plain);
	free(part);
	free(ticket);
	free(all);
	return len;
}

/* A PAC of these parts, signed with the service's key and any KDC's. Malloc'ed by libkrb5: krb5_free_data_contents. */
static inline bool
forge_pac(const struct forge *f, krb5_data *ret, const krb5_keyblock *signer, const char *client, struct bytes logon_info)
{
	krb5_data info = { .data = (char *)(uintptr_t)logon_info.at, .length = (unsigned)logon_info.len };
	krb5_principal who = NULL;
	krb5_pac pac = NULL;
	bool good = krb5_pac_init(f->k5, &pac) == 0 &&
	    krb5_build_principal(f->k5, &who, (unsigned)strlen(f->realm), f->realm, client, (char *)NULL) == 0 &&
	    (!info.length || krb5_pac_add_buffer(f->k5, pac, 1, &info) == 0) &&
	    krb5_pac_sign(f->k5, pac, (krb5_timestamp)(f->now - 60), who, signer, f->session, ret) == 0;

	krb5_free_principal(f->k5, who);
	krb5_pac_free(f->k5, pac);
	return good;
}

/* One key as a keytab's bytes, version 2. */
static inline size_t
forge_keytab(const struct forge *f, uint8_t *to, size_t cap)
{
	struct writer w = writer_of(to, cap);
	const char *texts[] = { f->realm, f->service[0], f->service[1] };
	size_t start;

	writer_u8(&w, 5);
	writer_u8(&w, 2);
	writer_u32(&w, 0);
	start = w.need;
	writer_u16(&w, 0x0200);			/* two parts, big-endian */
	for (int i = 0; i < 3; i++) {
		size_t len = strlen(texts[i]);

		writer_u8(&w, (uint8_t)(len >> 8));
		writer_u8(&w, (uint8_t)len);
		writer_bytes(&w, bytes_of_text(texts[i]));
	}
	writer_u32(&w, 0x01000000);
	writer_u32(&w, 0);
	writer_u8(&w, (uint8_t)f->kvno);
	writer_u8(&w, 0);
	writer_u8(&w, (uint8_t)f->key->enctype);
	writer_u8(&w, 0);
	writer_u8(&w, (uint8_t)f->key->length);
	writer_bytes(&w, bytes_of(f->key->contents, f->key->length));
	writer_patch_u32(&w, 2, __builtin_bswap32((uint32_t)(w.need - start)));
	return writer_ok(&w) ? w.need : 0;
}

#endif
