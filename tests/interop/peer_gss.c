/*
 * peer_gss.c - GSSAPI's side of the conversation of peer.h, by way of the
 * mechanism gss-ntlmssp. Wrapped with confidentiality, a message is the
 * signature and the sealed data in one: just what a frame holds.
 *
 * With mech=spnego it is inside MIT's SPNEGO; with inner=krb5 Kerberos is, by
 * the default credential; with inner=both NTLM is offered before Kerberos.
 * GSS_MECH_CONFIG names the mechanism, NTLM_USER_FILE has the passwords.
 */
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>

#include "peer.h"

static gss_OID_desc ntlm = { 10, (void *)(uintptr_t)"\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a" };
static gss_OID_desc spnego = { 6, (void *)(uintptr_t)"\x2b\x06\x01\x05\x05\x02" };
static gss_OID_desc session_key = { 11, (void *)(uintptr_t)"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x05\x05" };
static gss_OID_desc in_turn[] = {
	{ 10, (void *)(uintptr_t)"\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a" },
	{ 9, (void *)(uintptr_t)"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02" },
};
static gss_OID_set_desc ntlm_first = { 2, in_turn };
static gss_OID_set_desc mechanisms = { 1, &ntlm }, negotiated = { 1, &spnego };
static gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
static gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
static gss_name_t target = GSS_C_NO_NAME, client_name = GSS_C_NO_NAME;

/* "status" is the major code, the minor one goes with it. */
static bool
failed(const char *what, OM_uint32 major, OM_uint32 minor)
{
	OM_uint32 ignored, more = 0;
	gss_buffer_desc text = GSS_C_EMPTY_BUFFER;

	(void)gss_display_status(&ignored, minor, GSS_C_MECH_CODE, &ntlm, &more, &text);
	fprintf(stderr, "%s: %08x, %u: %.*s\n", what, major, minor, (int)text.length, (char *)text.value);
	(void)gss_release_buffer(&ignored, &text);
	return peer_failed(what, major);
}

static bool
name_of(const char *text, gss_OID type, gss_name_t *ret_name)
{
	gss_buffer_desc b = { strlen(text), (void *)(uintptr_t)text };
	OM_uint32 minor, major = gss_import_name(&minor, &b, type, ret_name);

	return !GSS_ERROR(major) || failed("gss_import_name", major, minor);
}

static bool
by_spnego(void)
{
	return strcmp(peer_option("mech", "ntlm"), "spnego") == 0;
}

static bool
by_kerberos(void)
{
	return strcmp(peer_option("inner", "ntlm"), "ntlm") != 0;
}

static bool
peer_begin(bool client)
{
	OM_uint32 minor, major;
	gss_name_t own = GSS_C_NO_NAME;
	char user[256];

	if (client) {
		(void)snprintf(user, sizeof user, "%s\\%s", peer_option("domain", ""), peer_option("user", ""));
		if ((!by_kerberos() && !name_of(user, GSS_C_NT_USER_NAME, &own)) ||
		    !name_of(peer_option("target", "host@localhost"), GSS_C_NT_HOSTBASED_SERVICE, &target))
			return false;
	}
	major = gss_acquire_cred(&minor, own, GSS_C_INDEFINITE, by_spnego() ? &negotiated : &mechanisms,
	    client ? GSS_C_INITIATE : GSS_C_ACCEPT, &cred, NULL, NULL);
	if (!GSS_ERROR(major) && by_spnego() && !by_kerberos())
		major = gss_set_neg_mechs(&minor, cred, &mechanisms);
	if (!GSS_ERROR(major) && strcmp(peer_option("inner", "ntlm"), "both") == 0)
		major = gss_set_neg_mechs(&minor, cred, &ntlm_first);
	return !GSS_ERROR(major) || failed("gss_acquire_cred", major, minor);
}

static enum peer_leg
peer_leg(bool client, const uint8_t *in, size_t in_len, uint8_t *out, size_t *ret_len)
{
	const char *text = peer_option("bindings", NULL);
	struct gss_channel_bindings_struct bindings = { 0 };
	gss_channel_bindings_t bound = text ? &bindings : GSS_C_NO_CHANNEL_BINDINGS;
	gss_buffer_desc token = { in_len, (void *)(uintptr_t)in }, answer = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor, ignored, major, flags = (peer_wants("seal") ? GSS_C_CONF_FLAG : 0u) |
	    (peer_wants("sign") ? GSS_C_INTEG_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_REPLAY_FLAG : 0u) |
	    (strcmp(peer_option("mutual", "no"), "yes") == 0 ? GSS_C_MUTUAL_FLAG : 0u) |
	    (strcmp(peer_option("dce", "no"), "yes") == 0 ? GSS_C_DCE_STYLE | GSS_C_MUTUAL_FLAG : 0u);

	bindings.application_data.value = (void *)(uintptr_t)text;
	bindings.application_data.length = text ? strlen(text) : 0;
	major = client ? gss_init_sec_context(&minor, cred, &ctx, target, by_spnego() ? &spnego : &ntlm, flags, 0, bound, &token, NULL, &answer,
	    NULL, NULL) : gss_accept_sec_context(&minor, &ctx, cred, &token, bound, &client_name, NULL, &answer, NULL,
	    NULL, NULL);
	if (GSS_ERROR(major) || answer.length > *ret_len) {
		(void)failed(client ? "gss_init_sec_context" : "gss_accept_sec_context", major, minor);
		return PEER_REFUSED;
	}
	if (answer.length)
		memcpy(out, answer.value, answer.length);
	*ret_len = answer.length;
	(void)gss_release_buffer(&ignored, &answer);
	return major & GSS_S_CONTINUE_NEEDED ? PEER_MORE : PEER_DONE;
}

/* --- messages ------------------------------------------------------------------ */

static bool
peer_seal(uint8_t *signature, uint8_t *data, size_t len)
{
	gss_buffer_desc plain = { len, data }, wrapped = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor, ignored, major;
	int sealed = 0;

	major = gss_wrap(&minor, ctx, 1, GSS_C_QOP_DEFAULT, &plain, &sealed, &wrapped);
	if (GSS_ERROR(major) || !sealed || wrapped.length != len + PEER_SIGNATURE)
		return failed("gss_wrap", major, minor);
	memcpy(signature, wrapped.value, PEER_SIGNATURE);
	if (len)
		memcpy(data, (uint8_t *)wrapped.value + PEER_SIGNATURE, len);
	(void)gss_release_buffer(&ignored, &wrapped);
	return true;
}

static bool
peer_open(uint8_t *signature, uint8_t *data, size_t len)
{
	static uint8_t message[PEER_SIGNATURE + PEER_DATA_MOST];
	gss_buffer_desc wrapped = { len + PEER_SIGNATURE, message }, plain = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor, ignored, major;
	int sealed = 0;

	memcpy(message, signature, PEER_SIGNATURE);
	memcpy(message + PEER_SIGNATURE, data, len);
	major = gss_unwrap(&minor, ctx, &wrapped, &plain, &sealed, NULL);
	if (GSS_ERROR(major) || !sealed || plain.length != len)
		return failed("gss_unwrap", major, minor);
	if (len)
		memcpy(data, plain.value, len);
	(void)gss_release_buffer(&ignored, &plain);
	return true;
}

static bool
peer_sign(uint8_t *signature, uint8_t *data, size_t len)
{
	gss_buffer_desc plain = { len, data }, mic = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor, ignored, major;

	major = gss_get_mic(&minor, ctx, GSS_C_QOP_DEFAULT, &plain, &mic);
	if (GSS_ERROR(major) || mic.length != PEER_SIGNATURE)
		return failed("gss_get_mic", major, minor);
	memcpy(signature, mic.value, PEER_SIGNATURE);
	(void)gss_release_buffer(&ignored, &mic);
	return true;
}

static bool
peer_verify(uint8_t *signature, uint8_t *data, size_t len)
{
	gss_buffer_desc plain = { len, data }, mic = { PEER_SIGNATURE, signature };
	OM_uint32 minor, major = gss_verify_mic(&minor, ctx, &plain, &mic, NULL);

	return !GSS_ERROR(major) || failed("gss_verify_mic", major, minor);
}

static void
peer_facts(bool client)
{
	gss_buffer_set_t key = GSS_C_NO_BUFFER_SET;
	gss_buffer_desc name = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor;

	if (!GSS_ERROR(gss_inquire_sec_context_by_oid(&minor, ctx, &session_key, &key)) && key && key->count)
		peer_hex("key", key->elements[0].value, key->elements[0].length);
	(void)gss_release_buffer_set(&minor, &key);
	if (!client && !GSS_ERROR(gss_display_name(&minor, client_name, &name, NULL)))
		printf("name %.*s\n", (int)name.length, (char *)name.value);
	(void)gss_release_buffer(&minor, &name);
}
