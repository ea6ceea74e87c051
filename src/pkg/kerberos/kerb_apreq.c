/*
 * kerb_apreq.c - the messages that an initiator makes and reads: AP-REQ with
 * the checksum 0x8003 of RFC 4121 4.1.1, AP-REP, KRB-ERROR.
 *
 * No file, no network, no GSSAPI: a ticket is at hand and the clock is told.
 */
#include "pkg/kerberos/kerb_init.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sspi.h>

#include "base/der.h"
#include "pkg/kerberos/kerb_iakerb.h"
#include "pkg/kerberos/kerb_k5.h"

#define CHECKSUM_TYPE	0x8003
#define CHECKSUM_LEN	24u

/* RFC 4121 4.1.1.1 and [MS-KILE] 2.2.8. */
static const struct { uint32_t wants, flag; } flags[] = {
	{ ISC_REQ_MUTUAL_AUTH,     2 },
	{ ISC_REQ_REPLAY_DETECT,   4 },
	{ ISC_REQ_SEQUENCE_DETECT, 8 },
	{ ISC_REQ_CONFIDENTIALITY, 16 },
	{ ISC_REQ_USE_DCE_STYLE,   0x1000 },
	{ ISC_REQ_IDENTIFY,        0x2000 },
	{ ISC_REQ_EXTENDED_ERROR,  0x4000 },
};
#define FLAG_DELEGATE	1u
#define FLAG_INTEGRITY	32u
#define DELEGATE_OPTION	1u

static uint32_t
flags_of(const struct kerb_talk *talk)
{
	uint32_t is = kerb_grants(false, talk->wants) & ISC_RET_INTEGRITY ? FLAG_INTEGRITY : 0;
	uint32_t unordered = talk->wants & ISC_REQ_DATAGRAM ? ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT : 0;

	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (talk->wants & ~unordered & flags[i].wants)
			is |= flags[i].flag;
	return is;
}

/* 16 | Bnd | flags | [1 | length | KRB-CRED] */
static NTSTATUS
checksum_of(struct call *call, const struct kerb_talk *talk, krb5_data *ret_data)
{
	struct bytes forwarded = talk->forwarded;
	size_t len = CHECKSUM_LEN + (forwarded.len ? 4 + forwarded.len : 0);
	uint8_t *at = forwarded.len <= 0xffff ? call_memory(call, len) : NULL;
	struct writer w = writer_of(at, len);

	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	writer_u32(&w, sizeof talk->bindings);
	writer_bytes(&w, bytes_of(talk->bindings, sizeof talk->bindings));
	writer_u32(&w, flags_of(talk) | (forwarded.len ? FLAG_DELEGATE : 0));
	if (forwarded.len) {
		writer_u16(&w, DELEGATE_OPTION);
		writer_u16(&w, (uint16_t)forwarded.len);
		writer_bytes(&w, forwarded);
	}
	*ret_data = (krb5_data){ .length = (unsigned)len, .data = (char *)at };
	return STATUS_SUCCESS;
}

/* IAKERB: the checksum over what the peer has carried, with the key that this AP-REQ brings along. [type | length | bytes], big-endian. */
static krb5_error_code
finish_add(struct call *call, krb5_context k5, struct kerb_talk *talk, krb5_data *checksum)
{
	static const uint8_t type[] = { 0, 0, 0, 1 };
	struct bytes finished = BYTES_NONE;
	krb5_keyblock key = { 0 };
	struct writer w;
	size_t len = 0;
	uint8_t *at = NULL;
	krb5_error_code code = krb5_c_make_random_key(k5, talk->ticket->creds->keyblock.enctype, &key);

	if (!code)
		code = krb5_auth_con_setsendsubkey(k5, talk->auth, &key);
	if (!code)
		code = kerb_carry_finish(call, k5, talk->carry, &key, &finished);
	krb5_free_keyblock_contents(k5, &key);
	if (!code) {
		len = checksum->length + sizeof type + 4 + finished.len;
		at = call_memory(call, len);
		code = at ? 0 : ENOMEM;
	}
	if (code)
		return code;
	w = writer_of(at, len);
	writer_bytes(&w, bytes_of(checksum->data, checksum->length));
	writer_bytes(&w, bytes_of(type, sizeof type));
	for (int shift = 24; shift >= 0; shift -= 8)
		writer_u8(&w, (uint8_t)(finished.len >> shift));
	writer_bytes(&w, finished);
	*checksum = (krb5_data){ .length = (unsigned)len, .data = (char *)at };
	return 0;
}

static krb5_error_code
req_make(struct call *call, krb5_context k5, struct kerb_talk *talk, krb5_data *checksum, krb5_data *ret_req)
{
	krb5_flags options = AP_OPTS_USE_SUBKEY | (talk->wants & ISC_REQ_MUTUAL_AUTH ? AP_OPTS_MUTUAL_REQUIRED : 0);
	int32_t clock = talk->corrected ? talk->clock : talk->hoard->clock;
	krb5_error_code code = 0;

	if (talk->user2user)
		options |= AP_OPTS_USE_SESSION_KEY;
	if (talk->auth)
		krb5_auth_con_free(k5, talk->auth);
	talk->auth = NULL;
	if (clock && !kerb_k5_clock(k5, clock))
		return ENOMEM;
	code = krb5_auth_con_init(k5, &talk->auth);
	if (!code)
		code = krb5_auth_con_setflags(k5, talk->auth, KRB5_AUTH_CONTEXT_DO_SEQUENCE);
	if (!code)
		code = krb5_auth_con_set_req_cksumtype(k5, talk->auth, CHECKSUM_TYPE);
	if (!code && talk->carry)
		code = finish_add(call, k5, talk, checksum);
	if (!code)
		code = krb5_mk_req_extended(k5, &talk->auth, options, checksum, talk->ticket->creds, ret_req);
	return code;
}

NTSTATUS
kerb_ap_req(struct call *call, struct kerb_talk *talk, struct bytes *ret_token)
{
	struct kerb_frame f = { .raw = talk->wants & ISC_REQ_USE_DCE_STYLE, .is = KERB_TOKEN_AP_REQ,
	    .user2user = talk->user2user, .iakerb = talk->carry };
	krb5_data checksum, req = { 0 };
	krb5_error_code code;
	krb5_context k5;
	NTSTATUS status = checksum_of(call, talk, &checksum);

	if (status != STATUS_SUCCESS)
		return status;
	k5 = kerb_k5_take(call);
	if (!k5)
		return STATUS_INSUFFICIENT_RESOURCES;
	code = req_make(call, k5, talk, &checksum, &req);
	if (code) {
		status = kerb_k5_because(call, k5, code, "the AP-REQ");
	} else {
		f.inner = bytes_of(req.data, req.length);
		status = kerb_frame_give(call, &f, ret_token);
	}
	krb5_free_data_contents(k5, &req);
	kerb_k5_give(k5);
	return status;
}

/* --- AP-REP ------------------------------------------------------------------ */

static NTSTATUS
rep_failed(struct call *call, const struct kerb_talk *talk, krb5_error_code code)
{
	switch (code) {
	case ENOMEM:
		return STATUS_INSUFFICIENT_RESOURCES;
	case KRB5KRB_AP_ERR_MUT_FAIL:
	case KRB5_MUTUAL_FAILED:
		return because(call, SEC_E_WRONG_PRINCIPAL, TO_CALLER,
		    "the peer's answer does not prove that it is %s: it answers another request", talk->target);
	case KRB5KRB_AP_ERR_BAD_INTEGRITY:
	case KRB5KRB_AP_ERR_MODIFIED:
		return because(call, SEC_E_MESSAGE_ALTERED, TO_CALLER,
		    "the peer's answer was altered on its way, or the peer is not %s", talk->target);
	default:
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's token is no AP-REP that can be read");
	}
}

/* What libkrb5 passes over: the version and the type that the message says itself. RFC 4120 5.5.2. */
static bool
is_ap_rep(struct bytes message)
{
	struct reader r = reader_of(message), app, seq;
	struct bytes version, type;

	app = der_open(&r, DER_APPLICATION(15));
	seq = der_open(&app, DER_SEQUENCE);
	version = der_take_tagged(&seq, 0, DER_INTEGER);
	type = der_take_tagged(&seq, 1, DER_INTEGER);
	return reader_ok(&seq) && reader_done(&r) && reader_done(&app) && version.len == 1 && version.at[0] == 5 &&
	    type.len == 1 && type.at[0] == 15;
}

NTSTATUS
kerb_ap_rep(struct call *call, struct kerb_talk *talk, struct bytes message, struct bytes *ret_token)
{
	krb5_data in = { .length = (unsigned)message.len, .data = (char *)(uintptr_t)message.at }, third = { 0 };
	krb5_ap_rep_enc_part *part = NULL;
	krb5_context k5;
	krb5_error_code code;
	NTSTATUS status;

	if (!is_ap_rep(message))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's token is no AP-REP that can be read");
	k5 = kerb_k5_take(call);
	if (!k5)
		return STATUS_INSUFFICIENT_RESOURCES;
	code = krb5_rd_rep(k5, talk->auth, &in, &part);
	status = code ? rep_failed(call, talk, code) : STATUS_SUCCESS;
	krb5_free_ap_rep_enc_part(k5, part);
	if (status == STATUS_SUCCESS && (talk->wants & ISC_REQ_USE_DCE_STYLE)) {
		code = krb5_mk_rep_dce(k5, talk->auth, &third);
		if (code) {
			status = kerb_k5_because(call, k5, code, "the third leg");
		} else {
			struct kerb_frame f = { .raw = true, .is = KERB_TOKEN_AP_REP, .inner = bytes_of(third.data, third.length) };

			status = kerb_frame_give(call, &f, ret_token);
		}
		krb5_free_data_contents(k5, &third);
	}
	kerb_k5_give(k5);
	return status;
}

/* --- KRB-ERROR ------------------------------------------------------------------ */

NTSTATUS
kerb_ap_error(struct call *call, struct kerb_talk *talk, struct bytes message, uint32_t *ret_stime)
{
	krb5_data in = { .length = (unsigned)message.len, .data = (char *)(uintptr_t)message.at };
	krb5_context k5 = kerb_k5_take(call);
	krb5_error *error = NULL;
	krb5_error_code code;
	const char *words;
	NTSTATUS status;

	if (!k5)
		return STATUS_INSUFFICIENT_RESOURCES;
	code = krb5_rd_error(k5, &in, &error);
	if (code || error->error > 127) {
		krb5_free_error(k5, error);
		kerb_k5_give(k5);
		return code == ENOMEM ? STATUS_INSUFFICIENT_RESOURCES :
		    because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "the peer's token is no KRB-ERROR that can be read");
	}
	code = (krb5_error_code)(ERROR_TABLE_BASE_krb5 + (long)error->error);
	*ret_stime = (uint32_t)error->stime;
	krb5_free_error(k5, error);
	status = kerb_k5_status(code);
	if (status == STATUS_SUCCESS || status == SEC_E_INTERNAL_ERROR || status == STATUS_INSUFFICIENT_RESOURCES)
		status = SEC_E_LOGON_DENIED;
	words = kerb_k5_words(call, NULL, code);
	/* A ticket that the service cannot open is not used twice. */
	if (talk->ticket && (status == SEC_E_WRONG_PRINCIPAL || code == KRB5KRB_AP_ERR_TKT_EXPIRED))
		kerb_hoard_forget(talk->hoard, talk->ticket);
	if (status == SEC_E_WRONG_PRINCIPAL)
		because(call, status, TO_CALLER,
		    "%s cannot open the ticket: %s; its keytab is older or newer than the KDC's key, or the name belongs to another "
		    "service (compare klist -k there with kvno %s)", talk->target, words, talk->target);
	else
		because(call, status, TO_CALLER, "%s refuses: %s", talk->target, words);
	kerb_k5_give(k5);
	return status;
}

/* --- what follows from it ----------------------------------------------------------- */

static bool
key_copy(struct kerb_key *to, const krb5_keyblock *from)
{
	if (!from || from->length > sizeof to->b)
		return false;
	to->etype = from->enctype;
	to->len = from->length;
	bytes_copy(to->b, from->contents, from->length);
	return true;
}

/*
 * RFC 4121 2: the acceptor's sub-key where it gave one; with the older RC4
 * tokens the initiator's goes on unless the acceptor's has another type or
 * the style is DCE ([MS-KILE] 3.2.5.2).
 */
static bool
is_older(krb5_enctype etype)
{
	return etype == ENCTYPE_ARCFOUR_HMAC || etype == ENCTYPE_ARCFOUR_HMAC_EXP;
}

static krb5_error_code
data_fill(krb5_context k5, const struct kerb_talk *talk, struct kerb_data *d)
{
	krb5_keyblock *ours = NULL, *theirs = NULL, *use;
	krb5_int32 send = 0, receive = 0;
	bool mutual = talk->wants & ISC_REQ_MUTUAL_AUTH;
	krb5_error_code code = krb5_auth_con_getsendsubkey(k5, talk->auth, &ours);

	if (!code && mutual)
		code = krb5_auth_con_getrecvsubkey(k5, talk->auth, &theirs);
	if (!code)
		code = krb5_auth_con_getlocalseqnumber(k5, talk->auth, &send);
	if (!code && mutual)
		code = krb5_auth_con_getremoteseqnumber(k5, talk->auth, &receive);
	use = ours;
	if (!code && theirs && !(ours && is_older(ours->enctype) && theirs->enctype == ours->enctype && !d->dce)) {
		use = theirs;
		d->acceptor_subkey = true;
	}
	if (!code && !(key_copy(&d->key, use) && key_copy(&d->session_key, use)))
		code = KRB5_BAD_ENCTYPE;
	d->send = (uint32_t)send;
	d->receive = mutual ? (uint32_t)receive : (uint32_t)send;
	krb5_free_keyblock(k5, ours);
	krb5_free_keyblock(k5, theirs);
	return code;
}

NTSTATUS
kerb_init_data(struct call *call, struct kerb_talk *talk, struct kerb_data *d)
{
	krb5_context k5 = kerb_k5_take(call);
	krb5_error_code code;
	NTSTATUS status = STATUS_SUCCESS;

	if (!k5)
		return STATUS_INSUFFICIENT_RESOURCES;
	d->dce = talk->wants & ISC_REQ_USE_DCE_STYLE;
	d->expiry = ((uint64_t)talk->ticket->end + 11644473600u) * 10000000u;
	d->user = bytes_of_text(talk->hoard->user);
	d->domain = bytes_of_text(talk->hoard->realm);
	d->target = bytes_of_text(talk->target);
	d->client = bytes_of_text(talk->hoard->client);
	code = data_fill(k5, talk, d);
	if (!code && !talk->service)
		code = krb5_unparse_name(k5, talk->ticket->creds->server, &talk->service);
	if (!code)
		d->service = bytes_of_text(talk->service);
	if (code)
		status = kerb_k5_because(call, k5, code, "the context's key");
	kerb_k5_give(k5);
	return status;
}
