/*
 * kerb_msg_pass.c - passwords at the KDC: KerbChangePassword with the old one,
 * KerbSetPassword(Ex) with a ticket. The protocol is [RFC 3244]; its errors
 * are 2 of that.
 *
 *     BEGIN -> (a ticket for kadmin/changepw) -> ASKED the password service -> verdict
 */
#include "pkg/kerberos/kerb_msg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/der.h"
#include "pkg/kerberos/kerb_k5.h"
#include "pkg/kerberos/kerb_tgt.h"

#define SERVICE		"kadmin/changepw"
#define CHANGE_FIXED	80u
#define SET_FIXED	88u
#define SET_EX_FIXED	152u
#define VERSION_CHANGE	1u		/* the password alone */
#define VERSION_SET	0xff80u		/* ChangePasswdData: whose, too */

enum { SET_BY_LOGON = 1, SET_BY_CREDENTIAL = 2 };	/* KERB_SETPASS_USE_* */

struct pass {
	enum { BEGIN = 0, TICKET, ASKED } at;
	bool set;			/* somebody else's, by a ticket */
	const char *user, *realm;	/* whose; call memory */
	struct secret *fresh;		/* UTF-8 */
	struct kerb_cred cred;		/* a change: the old password, for this once */
	struct kerb_hoard *hoard;	/* a set: whose ticket proves the right */
	struct kerb_fetch fetch;
	struct kerb_ticket *ticket;
	krb5_context k5;		/* for `auth` and `server` */
	krb5_auth_context auth;
	krb5_principal server;
};

static void
pass_drop(void *at)
{
	struct pass *p = at;

	kerb_fetch_drop(&p->fetch);
	kerb_ticket_drop(p->ticket);
	kerb_hoard_drop(p->hoard);
	secret_drop(&p->fresh);
	secret_drop(&p->cred.password);
	free(p->cred.client);
	if (p->k5) {
		krb5_auth_con_free(p->k5, p->auth);
		krb5_free_principal(p->k5, p->server);
	}
	kerb_k5_give(p->k5);
}

/* --- what is asked -------------------------------------------------------------------- */

/* A text of the request that is secret; NULL: none, or no memory. */
static struct secret *
secret_text(struct call *call, struct reader *r, size_t fixed)
{
	const char *text = kerb_msg_text(call, r, fixed);
	struct secret *secret = text ? secret_of(bytes_of_text(text)) : NULL;

	if (text && !secret)
		call_starve(call);
	return secret;
}

static bool
change_take(struct call *call, struct pass *p, struct bytes body)
{
	struct reader r = reader_of(body);

	reader_skip(&r, 8);
	p->realm = kerb_msg_text(call, &r, CHANGE_FIXED);
	p->user = kerb_msg_text(call, &r, CHANGE_FIXED);
	p->cred.password = secret_text(call, &r, CHANGE_FIXED);
	p->fresh = secret_text(call, &r, CHANGE_FIXED);
	return reader_ok(&r) && p->realm && p->user && *p->user && p->cred.password && p->fresh;
}

static bool
set_take(struct call *call, struct pass *p, struct bytes body, bool longer, uint64_t *ret_luid, uint64_t *ret_cred,
    uint32_t *ret_flags)
{
	size_t fixed = longer ? SET_EX_FIXED : SET_FIXED;
	struct reader r = reader_of(body);

	reader_skip(&r, 4);
	*ret_luid = reader_u64(&r);
	reader_skip(&r, 4);
	*ret_cred = reader_u64(&r);
	reader_skip(&r, 8);
	*ret_flags = reader_u32(&r);
	reader_skip(&r, 4);
	p->realm = kerb_msg_text(call, &r, fixed);
	p->user = kerb_msg_text(call, &r, fixed);
	p->fresh = secret_text(call, &r, fixed);
	p->set = true;
	return reader_ok(&r) && body.len >= fixed && p->realm && p->user && *p->user && p->fresh;
}

/* "user@REALM" with what libkrb5 would take for more escaped. */
static char *
client_text(const char *user, const char *realm)
{
	size_t room = 2 * strlen(user) + 2 * strlen(realm) + 2;
	char *text = malloc(room), *to = text;

	if (!text)
		return NULL;
	for (int half = 0; half < 2; half++) {
		for (const char *c = half ? realm : user; *c; c++) {
			if (*c == '@' || *c == '\\' || (half && *c == '/'))
				*to++ = '\\';
			*to++ = *c;
		}
		*to++ = half ? 0 : '@';
	}
	return text;
}

/* --- the message of RFC 3244 ------------------------------------------------------------- */

/* ChangePasswdData ::= SEQUENCE { [0] OCTET STRING, [1] PrincipalName, [2] Realm } */
static bool
data_put(struct writer *w, const struct pass *p, struct bytes fresh)
{
	static const uint8_t type = KRB5_NT_PRINCIPAL;
	struct bytes user = bytes_of_text(p->user), realm = bytes_of_text(p->realm);
	size_t name, principal;

	if (!p->set) {
		writer_bytes(w, fresh);
		return writer_ok(w);
	}
	/* From inside out: what each holds, with the heads around it. */
	name = der_size(der_size(user.len));				/* SEQUENCE OF GeneralString, tagged */
	principal = der_size(der_size(3) + der_size(name));		/* SEQUENCE of it and the type, tagged */
	der_put_head(w, DER_SEQUENCE, der_size(der_size(fresh.len)) + der_size(principal) + der_size(der_size(realm.len)));
	der_put_tagged(w, 0, DER_OCTET_STRING, fresh);
	der_put_head(w, DER_CONTEXT(1), principal);
	der_put_head(w, DER_SEQUENCE, der_size(3) + der_size(name));
	der_put_tagged(w, 0, DER_INTEGER, bytes_of(&type, 1));
	der_put_head(w, DER_CONTEXT(1), name);
	der_put_head(w, DER_SEQUENCE, der_size(user.len));
	der_put(w, DER_GENERAL_STRING, user);
	der_put_tagged(w, 2, DER_GENERAL_STRING, realm);
	return writer_ok(w);
}

static krb5_error_code
private_make(struct pass *p, krb5_data *ret_private)
{
	static uint8_t nowhere[4];
	krb5_address from = { .magic = KV5M_ADDRESS, .addrtype = ADDRTYPE_INET, .length = sizeof nowhere, .contents = nowhere };
	krb5_replay_data order = { 0 };
	struct secret *plain = secret_new(secret_len(p->fresh) + strlen(p->user) + strlen(p->realm) + 96);
	krb5_error_code code = plain ? 0 : ENOMEM;
	uint8_t *at, *fresh;

	if (!code)
		code = krb5_auth_con_setaddrs(p->k5, p->auth, &from, NULL);
	if (!code)
		code = krb5_auth_con_setflags(p->k5, p->auth, KRB5_AUTH_CONTEXT_DO_SEQUENCE);
	if (!code)
		WITH_SECRET(at, plain)
			WITH_SECRET(fresh, p->fresh) {
				struct writer w = writer_of(at, secret_len(plain));
				krb5_data data = { 0 };

				code = data_put(&w, p, bytes_of(fresh, secret_len(p->fresh))) ? 0 : ENOMEM;
				data.data = (char *)at;
				data.length = (unsigned)w.need;
				if (!code)
					code = krb5_mk_priv(p->k5, p->auth, &data, ret_private, &order);
			}
	secret_drop(&plain);
	return code;
}

/* The request, in call memory. */
static krb5_error_code
request_make(struct call *call, struct pass *p, struct bytes *ret_request)
{
	krb5_data proof = { 0 }, private = { 0 };
	krb5_error_code code;
	struct writer w;
	uint8_t *at;

	p->k5 = kerb_k5_take(call);
	code = p->k5 ? krb5_auth_con_init(p->k5, &p->auth) : ENOMEM;
	if (!code)
		code = krb5_mk_req_extended(p->k5, &p->auth, AP_OPTS_USE_SUBKEY, NULL, p->ticket->creds, &proof);
	if (!code)
		code = private_make(p, &private);
	if (!code && proof.length + private.length > 65000)
		code = KRB5KRB_ERR_FIELD_TOOLONG;
	if (!code) {
		size_t len = 6 + proof.length + private.length;

		at = call_memory(call, len);
		w = writer_of(at, at ? len : 0);
		writer_be16(&w, (uint16_t)len);
		writer_be16(&w, p->set ? VERSION_SET : VERSION_CHANGE);
		writer_be16(&w, (uint16_t)proof.length);
		writer_bytes(&w, bytes_of(proof.data, proof.length));
		writer_bytes(&w, bytes_of(private.data, private.length));
		*ret_request = bytes_of(at, len);
		code = writer_ok(&w) ? 0 : ENOMEM;
	}
	if (p->k5) {
		krb5_free_data_contents(p->k5, &proof);
		krb5_free_data_contents(p->k5, &private);
	}
	return code;
}

/* --- the answer ------------------------------------------------------------------------- */

/* [RFC 3244] 2: result codes. */
static NTSTATUS
result_status(unsigned result)
{
	switch (result) {
	case 0: return STATUS_SUCCESS;
	case 3: return STATUS_WRONG_PASSWORD;		/* authentication */
	case 4: return STATUS_PASSWORD_RESTRICTION;	/* the password was not acceptable */
	case 5: return STATUS_ACCESS_DENIED;
	case 7: return STATUS_ACCESS_DENIED;		/* an initial ticket is needed */
	default: return STATUS_UNSUCCESSFUL;
	}
}

/* Text of the server's is shown as far as it is printable. */
static NTSTATUS
result_say(struct call *call, struct message_result *ret, struct bytes result)
{
	struct reader r = reader_of(result);
	unsigned code = reader_be16(&r);
	char said[200];
	size_t len = 0;

	if (!reader_ok(&r))
		return kerb_verdict(call, ret, STATUS_UNSUCCESSFUL, "the password service answered nothing that can be read");
	while (reader_left(&r) && len + 1 < sizeof said) {
		uint8_t c = reader_u8(&r);

		said[len++] = c >= 0x20 && c < 0x7f ? (char)c : ' ';
	}
	said[len] = 0;
	ret->verdict = result_status(code);
	if (ret->verdict != STATUS_SUCCESS)
		(void)because(call, ret->verdict, TO_CALLER, "the password service refused (%u): %s", code, *said ? said : "it did not say why");
	return STATUS_SUCCESS;
}

/* KRB-ERROR in place of an answer: its e-data is a result. */
static NTSTATUS
error_say(struct call *call, struct pass *p, struct message_result *ret, struct bytes message)
{
	krb5_data data = { .length = (unsigned)message.len, .data = (char *)(uintptr_t)message.at };
	krb5_error *error = NULL;
	NTSTATUS status;

	if (krb5_rd_error(p->k5, &data, &error) != 0)
		return kerb_verdict(call, ret, STATUS_UNSUCCESSFUL, "the password service answered nothing that can be read");
	if (error->e_data.length >= 2) {
		status = result_say(call, ret, bytes_of(error->e_data.data, error->e_data.length));
		if (ret->verdict == STATUS_SUCCESS)	/* an error cannot bring good news: nobody has signed it */
			ret->verdict = STATUS_UNSUCCESSFUL;
	} else {
		status = kerb_verdict(call, ret, STATUS_UNSUCCESSFUL, "the password service answered with an error of Kerberos");
	}
	krb5_free_error(p->k5, error);
	return status;
}

static NTSTATUS
answer_take(struct call *call, struct pass *p, struct message_result *ret)
{
	struct bytes answer = kdc_answer(call), proof, private;
	struct reader r = reader_of(answer);
	krb5_ap_rep_enc_part *part = NULL;
	krb5_data ap_rep, priv, plain = { 0 };
	krb5_replay_data order = { 0 };
	krb5_error_code code;
	uint16_t proof_len;
	NTSTATUS status;

	if (answer.len > 1 && answer.at[0] == 0x7e)
		return error_say(call, p, ret, answer);
	reader_skip(&r, 4);
	proof_len = reader_be16(&r);
	proof = reader_bytes(&r, proof_len);
	private = reader_rest(&r);
	if (!reader_ok(&r))
		return kerb_verdict(call, ret, STATUS_UNSUCCESSFUL, "the password service answered nothing that can be read");
	if (!proof_len)
		return error_say(call, p, ret, private);
	ap_rep = (krb5_data){ .length = (unsigned)proof.len, .data = (char *)(uintptr_t)proof.at };
	priv = (krb5_data){ .length = (unsigned)private.len, .data = (char *)(uintptr_t)private.at };
	code = krb5_rd_rep(p->k5, p->auth, &ap_rep, &part);
	if (!code) {
		krb5_free_ap_rep_enc_part(p->k5, part);
		/* The reply is under the session key where the server makes no subkey of its own. */
		(void)krb5_auth_con_setsendsubkey(p->k5, p->auth, NULL);
		code = krb5_auth_con_setflags(p->k5, p->auth, KRB5_AUTH_CONTEXT_DO_SEQUENCE);
	}
	if (!code)
		code = krb5_rd_priv(p->k5, p->auth, &priv, &plain, &order);
	if (code)
		return kerb_verdict(call, ret, STATUS_UNSUCCESSFUL, "the answer of the password service is not from it, or was changed");
	status = result_say(call, ret, bytes_of(plain.data, plain.length));
	krb5_free_data_contents(p->k5, &plain);
	return status;
}

/* --- its life ------------------------------------------------------------------------------ */

static NTSTATUS
begin(struct call *call, const struct message_args *args, struct pass *p, struct message_result *ret)
{
	struct reader r = reader_of(args->body);
	uint32_t type = reader_u32(&r), flags = 0;
	struct kerb_cache *cache = NULL;
	struct kerb_cred *cred;
	uint64_t luid = 0, word = 0;

	ret->verdict = STATUS_SUCCESS;
	if (type == 7 ? !change_take(call, p, args->body) : !set_take(call, p, args->body, type == 12, &luid, &word, &flags))
		return kerb_verdict(call, ret, STATUS_INVALID_PARAMETER, "the request is malformed, or a name or password is missing");
	if (!p->set) {
		if (!*p->realm)
			p->realm = kerb_k5_default_realm(call);
		p->cred.is = KERB_PASSWORD;
		p->cred.outbound = true;
		p->cred.client = client_text(p->user, p->realm);
		return p->cred.client ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
	}
	if (flags & SET_BY_CREDENTIAL) {
		cred = services(call)->credential(call, word, &kerberos_lsa);
		if (!cred)
			return kerb_verdict(call, ret, STATUS_INVALID_HANDLE, "CredentialsHandle is no Kerberos credential");
		cache = kerb_cache_hold(cred->cache);
	}
	if (!cache)
		cache = kerb_msg_cache(call, flags & SET_BY_LOGON ? luid : 0, &ret->verdict);
	p->hoard = cache ? kerb_cache_hoard(cache) : NULL;
	kerb_cache_drop(cache);
	if (ret->verdict == STATUS_SUCCESS && !p->hoard)
		return kerb_verdict(call, ret, SEC_E_NO_CREDENTIALS, "there are no tickets to prove the right with; run kinit");
	if (p->hoard && !*p->realm)
		p->realm = p->hoard->realm;
	return STATUS_SUCCESS;
}

static NTSTATUS
ticket_turn(struct call *call, struct pass *p)
{
	krb5_context k5;
	krb5_error_code code = 0;
	NTSTATUS status;

	if (!p->set)
		return kerb_fetch_initial(call, &p->fetch, &p->cred, SERVICE, &p->ticket);
	if (!p->server) {
		k5 = kerb_k5_take(call);
		code = k5 ? krb5_build_principal(k5, &p->server, (unsigned)strlen(p->realm), p->realm, "kadmin", "changepw", NULL) : ENOMEM;
		p->k5 = k5;
	}
	if (code)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = kerb_fetch_ticket(call, &p->fetch, p->hoard, SERVICE, p->server, NULL, &p->ticket);
	if (status != STATUS_PENDING && p->k5) {
		krb5_free_principal(p->k5, p->server);
		p->server = NULL;
		kerb_k5_give(p->k5);
		p->k5 = NULL;
	}
	return status;
}

/* As a message of the LSA says it. */
static NTSTATUS
told(NTSTATUS status)
{
	switch (status) {
	case SEC_E_LOGON_DENIED: return STATUS_WRONG_PASSWORD;
	case SEC_E_NO_AUTHENTICATING_AUTHORITY: return STATUS_NO_LOGON_SERVERS;
	default: return status;
	}
}

static NTSTATUS
ask_service(struct call *call, struct pass *p, struct message_result *ret)
{
	struct kdc_ask ask = { .realm = p->realm, .kpasswd = true };
	krb5_error_code code = request_make(call, p, &ask.request);

	if (code == ENOMEM)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (code) {
		ret->verdict = kerb_k5_because(call, p->k5, code, "the request could not be made");
		return STATUS_SUCCESS;
	}
	ask.places = kerb_k5_places(call, p->k5, p->realm, true);
	if (!ask.places)
		return STATUS_INSUFFICIENT_RESOURCES;
	p->at = ASKED;
	return await_kdc(call, &ask);
}

NTSTATUS
kerb_msg_password(struct call *call, const struct message_args *args, struct message_result *ret)
{
	struct pass *p = frame(call, sizeof *p, pass_drop);
	NTSTATUS status;

	if (!p)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (p->at == BEGIN) {
		status = begin(call, args, p, ret);
		if (status != STATUS_SUCCESS || ret->verdict != STATUS_SUCCESS)
			return status;
		p->at = TICKET;
	}
	if (p->at == TICKET) {
		status = ticket_turn(call, p);
		if (status == STATUS_PENDING || status == STATUS_INSUFFICIENT_RESOURCES)
			return status;
		if (status != STATUS_SUCCESS) {
			ret->verdict = told(status);
			return STATUS_SUCCESS;
		}
		return ask_service(call, p, ret);
	}
	status = awaited(call);
	if (status == STATUS_NO_LOGON_SERVERS || status == STATUS_IO_TIMEOUT) {
		ret->verdict = because(call, STATUS_NO_LOGON_SERVERS, TO_CALLER,
		    "no password service of realm %s answered (%s); see kpasswd_server in krb5.conf", p->realm, kdc_story(call));
		return STATUS_SUCCESS;
	}
	return status == STATUS_SUCCESS ? answer_take(call, p, ret) : status;
}
