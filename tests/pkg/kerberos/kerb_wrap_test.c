/*
 * kerb_wrap_test.c - our messages and MIT's GSSAPI: one side of a context is
 * MIT's, the other is played by kerberos_user from what MIT tells of its keys.
 * Covers pkg/kerberos/kerb_wrap.c, pkg/kerberos/kerb_rc4.c, pkg/kerberos/kerb_user_rc4.c, pkg/kerberos/kerb_key.c,
 * pkg/kerberos/kerb_user.c, pkg/kerberos/kerb_data.c,
 * pkg/kerberos/kerb_print.c, crypto/aes_cts.c, crypto/hmac_sha.c, crypto/confounder.c.
 *
 * In the environment of tests/lab/kdc.py.
 */
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/kerberos/kerb_data.h"
#include "pkg/kerberos/kerb_key.h"
#include "pkg/kerberos/kerb_print.h"
#include "pkg/user_mode.h"
#include "tests/check.h"

#define DATA_MOST	65536u
#define ROOM		(DATA_MOST + 256u)
#define FLAGS		(GSS_C_MUTUAL_FLAG | GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG)
#define GRANTS		(ISC_RET_CONFIDENTIALITY | ISC_RET_INTEGRITY | ISC_RET_REPLAY_DETECT | ISC_RET_SEQUENCE_DETECT)

static const char *const services[] = { "aes128", "aes256", "sha128", "sha256", "rc4" };
#define KINDS 5u

static gss_cred_id_t initiator, acceptor;
static uint8_t plain[DATA_MOST], work[ROOM], whole[ROOM];

/* --- a pair ---------------------------------------------------------------------- */

struct pair {
	gss_ctx_id_t mit;
	void *ours;
	bool dce, rc4;
};

static void
creds_make(void)
{
	krb5_creds got = { 0 };
	krb5_context k5;
	krb5_principal me = NULL;
	krb5_keytab kt;
	krb5_ccache cc;
	OM_uint32 minor;

	CHECK(krb5_init_context(&k5) == 0 && krb5_parse_name(k5, "alice@OPENLSA.TEST", &me) == 0);
	CHECK(krb5_kt_resolve(k5, getenv("KRB5_CLIENT_KTNAME"), &kt) == 0);
	CHECK(krb5_get_init_creds_keytab(k5, &got, me, kt, 0, NULL, NULL) == 0);
	CHECK(krb5_cc_new_unique(k5, "MEMORY", NULL, &cc) == 0 && krb5_cc_initialize(k5, cc, me) == 0);
	CHECK(krb5_cc_store_cred(k5, cc, &got) == 0);
	CHECK(gss_krb5_import_cred(&minor, cc, NULL, NULL, &initiator) == GSS_S_COMPLETE);
	krb5_kt_close(k5, kt);
	CHECK(krb5_kt_resolve(k5, getenv("KRB5_KTNAME"), &kt) == 0);
	CHECK(gss_krb5_import_cred(&minor, NULL, NULL, kt, &acceptor) == GSS_S_COMPLETE);
	krb5_kt_close(k5, kt);
	krb5_cc_close(k5, cc);
	krb5_free_cred_contents(k5, &got);
	krb5_free_principal(k5, me);
	krb5_free_context(k5);
}

/* Else both sides find better keys than the ticket's among themselves. */
static void
only_rc4(bool only)
{
	krb5_enctype types[] = { ENCTYPE_ARCFOUR_HMAC, ENCTYPE_AES128_CTS_HMAC_SHA1_96, ENCTYPE_AES256_CTS_HMAC_SHA1_96,
	    ENCTYPE_AES128_CTS_HMAC_SHA256_128, ENCTYPE_AES256_CTS_HMAC_SHA384_192 };
	OM_uint32 minor;

	CHECK(gss_krb5_set_allowable_enctypes(&minor, initiator, only ? 1 : 5, types) == GSS_S_COMPLETE);
}

static void
contexts_make(gss_ctx_id_t *client, gss_ctx_id_t *server, const char *service, OM_uint32 flags)
{
	gss_buffer_desc up = GSS_C_EMPTY_BUFFER, down = GSS_C_EMPTY_BUFFER, text;
	OM_uint32 minor, ours = GSS_S_CONTINUE_NEEDED, theirs = GSS_S_CONTINUE_NEEDED;
	char spn[128];
	gss_name_t name;

	text.length = (size_t)snprintf(spn, sizeof spn, "host/%s.openlsa.test@OPENLSA.TEST", service);
	text.value = spn;
	CHECK(gss_import_name(&minor, &text, (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME, &name) == GSS_S_COMPLETE);
	*client = *server = GSS_C_NO_CONTEXT;
	while (ours == GSS_S_CONTINUE_NEEDED || theirs == GSS_S_CONTINUE_NEEDED) {
		ours = gss_init_sec_context(&minor, initiator, client, name, (gss_OID)gss_mech_krb5, flags, 0, NULL, &down, NULL, &up,
		    NULL, NULL);
		gss_release_buffer(&minor, &down);
		if (GSS_ERROR(ours) || !up.length)
			break;
		theirs = gss_accept_sec_context(&minor, server, acceptor, &up, NULL, NULL, NULL, &down, NULL, NULL, NULL);
		gss_release_buffer(&minor, &up);
		if (GSS_ERROR(theirs))
			break;
	}
	CHECK(ours == GSS_S_COMPLETE && theirs == GSS_S_COMPLETE);
	gss_release_name(&minor, &name);
}

static void
key_take(struct kerb_key *to, const gss_krb5_lucid_key_t *from)
{
	to->etype = (int32_t)from->type;
	to->len = (uint32_t)from->length;
	memcpy(to->b, from->data, from->length);
}

/* Our half in the place of a context of MIT's, which is gone afterwards. */
static void *
half_of(gss_ctx_id_t *mit, bool dce)
{
	struct kerb_data d = { .grants = GRANTS, .dce = dce, .user = bytes_of_text("alice") };
	gss_krb5_lucid_context_v1_t *lucid = NULL;
	uint8_t wire[512];
	struct writer w;
	void *any = NULL, *half = NULL;
	OM_uint32 minor;

	CHECK(gss_krb5_export_lucid_sec_context(&minor, mit, 1, &any) == GSS_S_COMPLETE);
	lucid = any;
	d.server = !lucid->initiate;
	d.send = lucid->send_seq;
	d.receive = lucid->recv_seq;
	if (lucid->protocol == 1) {
		d.acceptor_subkey = lucid->cfx_kd.have_acceptor_subkey;
		key_take(&d.key, d.acceptor_subkey ? &lucid->cfx_kd.acceptor_subkey : &lucid->cfx_kd.ctx_key);
	} else {
		key_take(&d.key, &lucid->rfc1964_kd.ctx_key);
		CHECK(d.key.etype == KERB_RC4);
	}
	w = writer_of(wire, sizeof wire);
	CHECK(kerb_data_put(&w, &d));
	CHECK(kerberos_user.open(&half, bytes_of(wire, w.need)) == SEC_E_OK);
	gss_krb5_free_lucid_sec_context(&minor, any);
	return half;
}

static struct pair
pair_make(const char *service, bool we_accept, bool dce)
{
	gss_ctx_id_t client, server;
	struct pair p = { .dce = dce, .rc4 = strcmp(service, "rc4") == 0 };

	only_rc4(p.rc4);
	contexts_make(&client, &server, service, FLAGS | (dce ? GSS_C_DCE_STYLE : 0));
	p.mit = we_accept ? client : server;
	p.ours = half_of(we_accept ? &server : &client, dce);
	return p;
}

static void
pair_drop(struct pair *p)
{
	OM_uint32 minor;

	gss_delete_sec_context(&minor, &p->mit, NULL);
	kerberos_user.drop(p->ours);
}

/* --- both ways ---------------------------------------------------------------------- */

static void
mit_to_us(struct pair *p, size_t len, int conf)
{
	gss_buffer_desc in = { len, plain }, out;
	SecBuffer b[2] = { { 0, SECBUFFER_STREAM, NULL }, { 0, SECBUFFER_DATA, NULL } };
	SecBufferDesc m = { SECBUFFER_VERSION, 2, b };
	OM_uint32 minor;
	ULONG qop = 7;
	int state;

	CHECK(gss_wrap(&minor, p->mit, conf, GSS_C_QOP_DEFAULT, &in, &state, &out) == GSS_S_COMPLETE && state == conf);
	memcpy(work, out.value, out.length);
	b[0].pvBuffer = work;
	b[0].cbBuffer = (ULONG)out.length;
	gss_release_buffer(&minor, &out);
	CHECK(kerberos_user.unseal(p->ours, &m, 0, &qop) == SEC_E_OK);
	CHECK(qop == (conf ? 0 : SECQOP_WRAP_NO_ENCRYPT));
	CHECK(b[1].cbBuffer == len && (!len || memcmp(b[1].pvBuffer, plain, len) == 0));
}

static size_t
our_wrap(struct pair *p, size_t len, bool conf)
{
	SecPkgContext_Sizes sizes;
	uint8_t padding[1] = { 0 };
	SecBuffer b[3] = { { 0, SECBUFFER_TOKEN, whole }, { (ULONG)len, SECBUFFER_DATA, work }, { 1, SECBUFFER_PADDING, padding } };
	SecBufferDesc m = { SECBUFFER_VERSION, 3, b };

	kerberos_user.sizes(p->ours, &sizes);
	b[0].cbBuffer = sizes.cbSecurityTrailer;
	memcpy(work, plain, len);
	CHECK(kerberos_user.seal(p->ours, conf ? 0 : SECQOP_WRAP_NO_ENCRYPT, &m, 0) == SEC_E_OK);
	CHECK(b[2].cbBuffer == (p->rc4 && !p->dce) && b[0].cbBuffer <= sizes.cbSecurityTrailer);
	memmove(whole + b[0].cbBuffer, work, len);
	whole[b[0].cbBuffer + len] = padding[0];
	return b[0].cbBuffer + len + b[2].cbBuffer;
}

static void
us_to_mit(struct pair *p, size_t len, bool conf)
{
	gss_buffer_desc in = { our_wrap(p, len, conf), whole }, out = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor;
	int state = -1;

	CHECK(gss_unwrap(&minor, p->mit, &in, &out, &state, NULL) == GSS_S_COMPLETE);
	CHECK(state == conf && out.length == len && (!len || memcmp(out.value, plain, len) == 0));
	if (!out.length)
		free(out.value);		/* gss_release_buffer leaves it when the length is 0 */
	gss_release_buffer(&minor, &out);
}

static void
signatures(struct pair *p, size_t len)
{
	gss_buffer_desc text = { len, plain }, mic;
	SecBuffer b[2] = { { 64, SECBUFFER_TOKEN, whole }, { (ULONG)len, SECBUFFER_DATA, plain } };
	SecBufferDesc m = { SECBUFFER_VERSION, 2, b };
	OM_uint32 minor;

	CHECK(kerberos_user.sign(p->ours, 0, &m, 0) == SEC_E_OK);
	mic = (gss_buffer_desc){ b[0].cbBuffer, whole };
	CHECK(gss_verify_mic(&minor, p->mit, &text, &mic, NULL) == GSS_S_COMPLETE);
	CHECK(gss_get_mic(&minor, p->mit, GSS_C_QOP_DEFAULT, &text, &mic) == GSS_S_COMPLETE);
	b[0].pvBuffer = mic.value;
	b[0].cbBuffer = (ULONG)mic.length;
	CHECK(kerberos_user.verify(p->ours, &m, 0, NULL) == SEC_E_OK);
	gss_release_buffer(&minor, &mic);
}

/* Each length to 80, then some to the longest, then one beyond it. */
static size_t
longer(size_t len)
{
	return len < 80 ? len + 1 : len == DATA_MOST || len * 7 / 4 < DATA_MOST ? len * 7 / 4 + len % 3 : DATA_MOST;
}

TEST(whole_tokens_both_ways)
{
	for (unsigned i = 0; i < 2 * KINDS; i++) {
		struct pair p = pair_make(services[i / 2], i % 2, false);

		for (size_t len = 0; len <= DATA_MOST; len = longer(len)) {
			for (int conf = 0; conf < 2; conf++) {
				mit_to_us(&p, len, conf);
				us_to_mit(&p, len, conf);
			}
			signatures(&p, len);
		}
		pair_drop(&p);
	}
}

/* --- pieces, and what is only signed --------------------------------------------------- */

#define HEAD	24u
#define TAIL	8u

static void
pieces_from_us(struct pair *p, size_t len)
{
	uint8_t head[HEAD], tail[TAIL], token[128], padding[1] = { 0 }, passed[5] = "pass";	/* READONLY: nobody looks at it */
	SecPkgContext_Sizes sizes;
	SecBuffer b[6] = { { HEAD, SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM, head }, { (ULONG)len, SECBUFFER_DATA, work },
	    { TAIL, SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM, tail }, { 0, SECBUFFER_TOKEN, token },
	    { 1, SECBUFFER_PADDING, padding }, { sizeof passed, SECBUFFER_DATA | SECBUFFER_READONLY, passed } };
	SecBufferDesc m = { SECBUFFER_VERSION, 6, b };
	gss_iov_buffer_desc iov[5] = { { GSS_IOV_BUFFER_TYPE_SIGN_ONLY, { HEAD, head } }, { GSS_IOV_BUFFER_TYPE_DATA, { len, work } },
	    { GSS_IOV_BUFFER_TYPE_SIGN_ONLY, { TAIL, tail } }, { GSS_IOV_BUFFER_TYPE_HEADER, { 0, token } },
	    { GSS_IOV_BUFFER_TYPE_PADDING, { 0, padding } } };
	OM_uint32 minor;
	int state;

	memcpy(head, plain + 500, HEAD);
	memcpy(tail, plain + 600, TAIL);
	memcpy(work, plain, len);
	kerberos_user.sizes(p->ours, &sizes);
	b[3].cbBuffer = sizes.cbSecurityTrailer;
	CHECK(kerberos_user.seal(p->ours, 0, &m, 0) == SEC_E_OK);
	CHECK(memcmp(head, plain + 500, HEAD) == 0 && memcmp(passed, "pass", sizeof passed) == 0);
	iov[3].buffer.length = b[3].cbBuffer;
	iov[4].buffer.length = b[4].cbBuffer;
	CHECK(b[4].cbBuffer == (p->rc4 && !p->dce));
	CHECK(gss_unwrap_iov(&minor, p->mit, &state, NULL, iov, 5) == GSS_S_COMPLETE && state == 1);
	CHECK(memcmp(work, plain, len) == 0);
}

static void
pieces_from_mit(struct pair *p, size_t len)
{
	uint8_t head[HEAD], tail[TAIL];
	gss_iov_buffer_desc iov[5] = { { GSS_IOV_BUFFER_TYPE_SIGN_ONLY, { HEAD, head } }, { GSS_IOV_BUFFER_TYPE_DATA, { len, work } },
	    { GSS_IOV_BUFFER_TYPE_SIGN_ONLY, { TAIL, tail } },
	    { GSS_IOV_BUFFER_TYPE_HEADER | GSS_IOV_BUFFER_FLAG_ALLOCATE, { 0, NULL } },
	    { GSS_IOV_BUFFER_TYPE_PADDING | GSS_IOV_BUFFER_FLAG_ALLOCATE, { 0, NULL } } };
	SecBuffer b[6] = { { HEAD, SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM, head },
	    { (ULONG)(len / 2), SECBUFFER_DATA, work }, { (ULONG)(len - len / 2), SECBUFFER_DATA, work + len / 2 },
	    { TAIL, SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM, tail }, { 0, SECBUFFER_TOKEN, NULL },
	    { 0, SECBUFFER_PADDING, NULL } };
	SecBufferDesc m = { SECBUFFER_VERSION, 6, b };
	OM_uint32 minor;
	int state;

	memcpy(head, plain + 500, HEAD);
	memcpy(tail, plain + 600, TAIL);
	memcpy(work, plain, len);
	CHECK(gss_wrap_iov(&minor, p->mit, 1, GSS_C_QOP_DEFAULT, &state, iov, 5) == GSS_S_COMPLETE && state == 1);
	b[4].pvBuffer = iov[3].buffer.value;
	b[4].cbBuffer = (ULONG)iov[3].buffer.length;
	b[5].pvBuffer = iov[4].buffer.value;
	b[5].cbBuffer = (ULONG)iov[4].buffer.length;
	CHECK(kerberos_user.unseal(p->ours, &m, 0, NULL) == SEC_E_OK);
	CHECK(memcmp(work, plain, len) == 0);
	gss_release_iov_buffer(&minor, iov, 5);
}

TEST(pieces_and_signed_only_parts)
{
	for (unsigned i = 0; i < 4 * KINDS; i++) {
		struct pair p = pair_make(services[i / 4], i % 2, i & 2);

		for (size_t len = 0; len <= DATA_MOST; len = longer(len)) {
			pieces_from_us(&p, len);
			pieces_from_mit(&p, len);
		}
		pair_drop(&p);
	}
}

/* --- what is refused ---------------------------------------------------------------------- */

static NTSTATUS
open_copy(void *half, const uint8_t *message, size_t len)
{
	SecBuffer b[2] = { { (ULONG)len, SECBUFFER_STREAM, work }, { 0, SECBUFFER_DATA, NULL } };
	SecBufferDesc m = { SECBUFFER_VERSION, 2, b };

	memcpy(work, message, len);
	return kerberos_user.unseal(half, &m, 0, NULL);
}

TEST(every_byte_and_every_prefix_counts)
{
	for (unsigned i = 0; i < 2 * KINDS; i++) {
		struct pair p = pair_make(services[i / 2], true, false);
		gss_buffer_desc in = { 37, plain }, out;
		OM_uint32 minor;
		int conf = i % 2;

		CHECK(gss_wrap(&minor, p.mit, conf, GSS_C_QOP_DEFAULT, &in, NULL, &out) == GSS_S_COMPLETE);
		memcpy(whole, out.value, out.length);
		for (size_t at = 0; at < out.length; at++) {
			NTSTATUS status;

			whole[at] ^= 0x21;
			status = open_copy(p.ours, whole, out.length);
			/* A number that nothing but the order protects: kerb_rc4.h. */
			if (p.rc4 && !conf && at >= 21 && at < 25)
				CHECK(status == SEC_E_OUT_OF_SEQUENCE);
			else
				CHECK(status == SEC_E_MESSAGE_ALTERED || status == SEC_E_INVALID_TOKEN);
			whole[at] ^= 0x21;
			status = open_copy(p.ours, whole, at);
			CHECK(status == SEC_E_MESSAGE_ALTERED || status == SEC_E_INVALID_TOKEN);
		}
		CHECK(open_copy(p.ours, whole, out.length) == SEC_E_OK);	/* nothing of that was counted */
		CHECK(open_copy(p.ours, whole, out.length) == SEC_E_OUT_OF_SEQUENCE);
		gss_release_buffer(&minor, &out);
		pair_drop(&p);
	}
}

/* The types of [RFC 4121]'s tokens, sealed and signed. */
TEST(any_rotation_is_turned_back)
{
	for (unsigned i = 0; i < KINDS - 1; i++) {
		struct pair p = pair_make(services[i], i % 2, false);

		for (unsigned way = 0; way < 400; way++) {
			unsigned turn = way / 2;
			int conf = way % 2;
			gss_buffer_desc in = { 41, plain }, out;
			uint8_t *body = whole + 16;
			OM_uint32 minor;
			size_t len;

			CHECK(gss_wrap(&minor, p.mit, conf, GSS_C_QOP_DEFAULT, &in, NULL, &out) == GSS_S_COMPLETE);
			CHECK(((uint8_t *)out.value)[6] == 0 && ((uint8_t *)out.value)[7] == 0);
			len = out.length - 16;
			memcpy(whole, out.value, 16);
			for (size_t at = 0; at < len; at++)
				body[(at + turn) % len] = ((uint8_t *)out.value)[16 + at];
			whole[7] = (uint8_t)turn;
			CHECK(open_copy(p.ours, whole, out.length) == SEC_E_OK);
			gss_release_buffer(&minor, &out);
		}
		pair_drop(&p);
	}
}

TEST(token_and_data_cut_anywhere)
{
	for (unsigned i = 0; i < 2 * (KINDS - 1); i++) {
		struct pair p = pair_make(services[i / 2], true, false);
		int conf = i % 2;

		for (ULONG cut = 16; cut < 64; cut++) {
			gss_buffer_desc in = { 50, plain }, out;
			SecBuffer b[2] = { { cut, SECBUFFER_TOKEN, work }, { 0, SECBUFFER_DATA, work + cut } };
			SecBufferDesc m = { SECBUFFER_VERSION, 2, b };
			OM_uint32 minor;
			NTSTATUS status;

			CHECK(gss_wrap(&minor, p.mit, conf, GSS_C_QOP_DEFAULT, &in, NULL, &out) == GSS_S_COMPLETE);
			memcpy(work, out.value, out.length);
			b[1].cbBuffer = (ULONG)out.length - cut;
			status = kerberos_user.unseal(p.ours, &m, 0, NULL);
			if (out.length - cut >= 50)
				CHECK(status == SEC_E_OK && b[1].cbBuffer == 50 && memcmp(b[1].pvBuffer, plain, 50) == 0);
			else
				CHECK(status == SEC_E_BUFFER_TOO_SMALL);
			gss_release_buffer(&minor, &out);
		}
		pair_drop(&p);
	}
}

TEST(exported_and_taken_up_again)
{
	struct pair p = pair_make("aes128", false, false);
	struct secret *state;
	uint8_t *at;

	us_to_mit(&p, 100, true);
	mit_to_us(&p, 100, 1);
	CHECK(kerberos_user.export(p.ours, false, &state) == SEC_E_OK);
	kerberos_user.drop(p.ours);
	WITH_SECRET(at, state)
		CHECK(kerberos_user.open(&p.ours, bytes_of(at, secret_len(state))) == SEC_E_OK);
	secret_drop(&state);
	us_to_mit(&p, 100, true);
	mit_to_us(&p, 100, 1);
	pair_drop(&p);
}

TEST(rc4_sizes_and_padding)
{
	struct pair p = pair_make("rc4", false, false), dce = pair_make("rc4", false, true);
	SecPkgContext_Sizes sizes;
	uint8_t token[64], padding[4] = { 0, 9, 9, 9 };
	SecBuffer b[3] = { { sizeof token, SECBUFFER_TOKEN, token }, { 9, SECBUFFER_DATA, work }, { 4, SECBUFFER_PADDING, padding } };
	SecBufferDesc m = { SECBUFFER_VERSION, 2, b };

	kerberos_user.sizes(p.ours, &sizes);
	CHECK(sizes.cbMaxSignature == 37 && sizes.cbBlockSize == 1 && sizes.cbSecurityTrailer == 49);
	CHECK(kerberos_user.seal(p.ours, 0, &m, 0) == SEC_E_INVALID_TOKEN);		/* no place for the padding */
	m.cBuffers = 3;
	b[0].cbBuffer = 44;
	CHECK(kerberos_user.seal(p.ours, 0, &m, 0) == SEC_E_BUFFER_TOO_SMALL);
	b[0].cbBuffer = sizeof token;
	CHECK(kerberos_user.seal(p.ours, 0, &m, 0) == SEC_E_OK);
	CHECK(b[0].cbBuffer == 45 && b[2].cbBuffer == 1 && padding[1] == 9);
	kerberos_user.sizes(dce.ours, &sizes);
	CHECK(sizes.cbMaxSignature == 37 && sizes.cbBlockSize == 1 && sizes.cbSecurityTrailer == 45);
	pair_drop(&p);
	pair_drop(&dce);
}

/* A message that is the peer's own, sent back, and one out of its order. */
TEST(rc4_reflection_and_order)
{
	struct pair p = pair_make("rc4", true, false);
	gss_buffer_desc in = { 20, plain }, first, second;
	OM_uint32 minor;
	size_t len = our_wrap(&p, 20, true);

	CHECK(open_copy(p.ours, whole, len) == SEC_E_MESSAGE_ALTERED);
	CHECK(gss_wrap(&minor, p.mit, 1, GSS_C_QOP_DEFAULT, &in, NULL, &first) == GSS_S_COMPLETE);
	CHECK(gss_wrap(&minor, p.mit, 1, GSS_C_QOP_DEFAULT, &in, NULL, &second) == GSS_S_COMPLETE);
	CHECK(open_copy(p.ours, second.value, second.length) == SEC_E_OUT_OF_SEQUENCE);
	CHECK(open_copy(p.ours, first.value, first.length) == SEC_E_OK);
	CHECK(open_copy(p.ours, second.value, second.length) == SEC_E_OK);
	gss_release_buffer(&minor, &first);
	gss_release_buffer(&minor, &second);
	pair_drop(&p);
}

/* [RFC 8009] A: keys derived for usage 2; [RFC 3962] gives no derived ones, MIT above is their judge. */
TEST(derived_keys_of_rfc_8009)
{
	static const uint8_t base[16] = { 0x37, 0x05, 0xD9, 0x60, 0x80, 0xC1, 0x77, 0x28, 0xA0, 0xE8, 0x00, 0xEA, 0xB6, 0xE0, 0xD2, 0x3C };
	static const uint8_t check[16] = { 0xB3, 0x1A, 0x01, 0x8A, 0x48, 0xF5, 0x47, 0x76, 0xF4, 0x03, 0xE9, 0xA3, 0x96, 0x32, 0x5D, 0xC3 };
	static const uint8_t encrypt[16] = { 0x9B, 0x19, 0x7D, 0xD1, 0xE8, 0xC5, 0x60, 0x9D, 0x6E, 0x67, 0xC3, 0xE3, 0x7C, 0x62, 0xC7, 0x2E };
	struct kerb_key key = { .etype = KERB_AES128_SHA256, .len = 16 };
	uint8_t got[KERB_KEY_MAX];

	memcpy(key.b, base, sizeof base);
	CHECK(kerb_derive(got, kerb_etype_of(KERB_AES128_SHA256), &key, 2, KERB_DERIVE_CHECK) && memcmp(got, check, 16) == 0);
	CHECK(kerb_derive(got, kerb_etype_of(KERB_AES128_SHA256), &key, 2, KERB_DERIVE_ENCRYPT) && memcmp(got, encrypt, 16) == 0);
}

/* --- as text: kerb_print of MIT's tokens ------------------------------------------------ */

static const char *
as_text(const gss_buffer_desc *token, bool json)
{
	static char text[4096];
	struct writer w = writer_of(text, sizeof text - 1);

	if (!kerb_print(&w, bytes_of(token->value, token->length), json) || !writer_ok(&w))
		return "";
	text[w.need] = 0;
	return text;
}

TEST(tokens_as_text)
{
	for (size_t kind = 0; kind < KINDS; kind++)
		for (int accepts = 0; accepts < 2; accepts++) {
			struct pair p = pair_make(services[kind], !accepts, false);
			gss_buffer_desc in = { 20, plain }, out, cut;
			const char *side = accepts ? "flags: from the acceptor" : "flags: from the initiator";
			OM_uint32 minor;

			CHECK(gss_get_mic(&minor, p.mit, GSS_C_QOP_DEFAULT, &in, &out) == GSS_S_COMPLETE);
			CHECK(strstr(as_text(&out, false), p.rc4 ? "Kerberos MIC (RFC 4757), 37 bytes\n" : "Kerberos MIC, "));
			CHECK(strstr(as_text(&out, false), p.rc4 ? "signAlgorithm: 17 HMAC\n" : side));
			CHECK(p.rc4 || strstr(as_text(&out, false), "sequence: "));
			CHECK(strstr(as_text(&out, true), p.rc4 ? "\"signAlgorithm\":17,\"signAlgorithmName\":\"HMAC\"" :
			    accepts ? "\"fromAcceptor\":true,\"sealed\":false" : "\"fromAcceptor\":false,\"sealed\":false"));
			for (cut = out; --cut.length > (p.rc4 ? 0 : 20);)
				CHECK(p.rc4 ? !*as_text(&cut, false) : !!strstr(as_text(&cut, false), "checksum: "));
			gss_release_buffer(&minor, &out);
			for (int conf = 0; conf < 2; conf++) {
				CHECK(gss_wrap(&minor, p.mit, conf, GSS_C_QOP_DEFAULT, &in, NULL, &out) == GSS_S_COMPLETE);
				CHECK(strstr(as_text(&out, false), p.rc4 ? "Kerberos Wrap (RFC 4757), " : "Kerberos Wrap, "));
				CHECK(strstr(as_text(&out, false), !p.rc4 ? side : conf ? "sealAlgorithm: 16 RC4\n" : "sealAlgorithm: 65535 none\n"));
				CHECK(!!strstr(as_text(&out, false), ", sealed") == (conf && !p.rc4));
				CHECK(strstr(as_text(&out, false), p.rc4 ? conf ? "body: 21 bytes, encrypted\n" : "body: 21 bytes\n" : "extraCount: "));
				out.length -= p.rc4 ? 21 : 0;		/* the token alone, as SSPI's buffers have it */
				CHECK(!p.rc4 || strstr(as_text(&out, false), conf ? "body: 0 bytes, encrypted\n" : "body: 0 bytes\n"));
				gss_release_buffer(&minor, &out);
			}
			pair_drop(&p);
		}
}

int
main(void)
{
	OM_uint32 minor;

	for (size_t i = 0; i < sizeof plain; i++)
		plain[i] = (uint8_t)(i * 31 + i / 256);
	creds_make();
	RUN(derived_keys_of_rfc_8009);
	RUN(whole_tokens_both_ways);
	RUN(pieces_and_signed_only_parts);
	RUN(every_byte_and_every_prefix_counts);
	RUN(any_rotation_is_turned_back);
	RUN(token_and_data_cut_anywhere);
	RUN(exported_and_taken_up_again);
	RUN(rc4_sizes_and_padding);
	RUN(rc4_reflection_and_order);
	RUN(tokens_as_text);
	gss_release_cred(&minor, &initiator);
	gss_release_cred(&minor, &acceptor);
	return check_end();
}
