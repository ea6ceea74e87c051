/*
 * peer_ours.c - OpenLSA's side of the conversation of peer.h.
 */
#define SECURITY_WIN32
#include <openlsa.h>

#define PEER_ULONG	ULONG
#include "peer_sspi.h"

static ULONG granted;

static bool
peer_begin(bool client)
{
	const char *user = peer_option("user", NULL);
	SEC_WINNT_AUTH_IDENTITY_A who = { .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
	SECURITY_STATUS status;
	TimeStamp expiry;

	if (user) {
		who.User = (unsigned char *)(uintptr_t)user;
		who.UserLength = (ULONG)strlen(user);
		who.Domain = (unsigned char *)(uintptr_t)peer_option("domain", "");
		who.DomainLength = (ULONG)strlen((char *)who.Domain);
		who.Password = (unsigned char *)(uintptr_t)peer_option("password", "");
		who.PasswordLength = (ULONG)strlen((char *)who.Password);
	}
	status = AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)peer_option("package", "NTLM"),
	    client ? SECPKG_CRED_OUTBOUND : SECPKG_CRED_INBOUND, NULL, client && !peer_option("default", NULL) ? &who : NULL, NULL, NULL, &cred, &expiry);
	return status == SEC_E_OK || peer_failed("AcquireCredentialsHandle", (unsigned long)status);
}

static ULONG
client_wants(void)
{
	return (peer_wants("seal") ? ISC_REQ_CONFIDENTIALITY : 0) |
	    (peer_wants("sign") ? ISC_REQ_INTEGRITY | ISC_REQ_SEQUENCE_DETECT | ISC_REQ_REPLAY_DETECT : 0) |
	    (strcmp(peer_option("mutual", "no"), "yes") == 0 ? ISC_REQ_MUTUAL_AUTH : 0) |
	    (strcmp(peer_option("dce", "no"), "yes") == 0 ? ISC_REQ_USE_DCE_STYLE | ISC_REQ_MUTUAL_AUTH : 0) |
	    (peer_option("user", NULL) || peer_option("default", NULL) ? 0 : ISC_REQ_NULL_SESSION);
}

static ULONG
server_wants(void)
{
	return (peer_wants("seal") ? ASC_REQ_CONFIDENTIALITY : 0) |
	    (peer_wants("sign") ? ASC_REQ_INTEGRITY | ASC_REQ_SEQUENCE_DETECT | ASC_REQ_REPLAY_DETECT : 0) |
	    (strcmp(peer_option("dce", "no"), "yes") == 0 ? ASC_REQ_USE_DCE_STYLE : 0) |
	    (strcmp(peer_option("allow", ""), "null") == 0 ? ASC_REQ_ALLOW_NULL_SESSION : 0);
}

static enum peer_leg
peer_leg(bool client, const uint8_t *in, size_t in_len, uint8_t *out, size_t *ret_len)
{
	uint32_t bindings_len = 0;
	SEC_CHANNEL_BINDINGS *bindings = bindings_of(peer_option("bindings", NULL), &bindings_len);
	SecBuffer told[2] = { { (ULONG)in_len, SECBUFFER_TOKEN, (void *)(uintptr_t)in },
	    { bindings_len, SECBUFFER_CHANNEL_BINDINGS, bindings } };
	SecBuffer given = { (ULONG)*ret_len, SECBUFFER_TOKEN, out };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, bindings ? 2 : 1, told };
	SecBufferDesc out_desc = { SECBUFFER_VERSION, 1, &given };
	SECURITY_STATUS status;
	TimeStamp expiry;
	LPSTR why;

	status = client ? InitializeSecurityContextA(&cred, have_ctx ? &ctx : NULL,
	    (SEC_CHAR *)(uintptr_t)peer_option("target", "host/localhost"), client_wants(), 0, SECURITY_NATIVE_DREP,
	    have_ctx || bindings ? &in_desc : NULL, 0, &ctx, &out_desc, &granted, &expiry) :
	    AcceptSecurityContext(&cred, have_ctx ? &ctx : NULL, &in_desc, server_wants(), SECURITY_NATIVE_DREP, &ctx,
	    &out_desc, &granted, &expiry);
	*ret_len = given.cbBuffer;
	if (status == SEC_I_CONTINUE_NEEDED || status == SEC_E_OK)
		have_ctx = true;
	if (status == SEC_I_CONTINUE_NEEDED)
		return PEER_MORE;
	if (status == SEC_E_OK)
		return PEER_DONE;
	(void)peer_failed(client ? "InitializeSecurityContext" : "AcceptSecurityContext", (unsigned long)status);
	if (OlsaExplain(status, NULL, &why) == SEC_E_OK) {
		fprintf(stderr, "%s", why);
		FreeContextBuffer(why);
	}
	return PEER_REFUSED;
}

static void
peer_facts(bool client)
{
	SecPkgContext_SessionKey key;
	SecPkgContext_NegotiationInfoA chosen;
	SecPkgContext_NamesA names;
	LPSTR why;

	if (QueryContextAttributesA(&ctx, SECPKG_ATTR_SESSION_KEY, &key) == SEC_E_OK) {
		peer_hex("key", key.SessionKey, key.SessionKeyLength);
		FreeContextBuffer(key.SessionKey);
	}
	if (!client && QueryContextAttributesA(&ctx, SECPKG_ATTR_NAMES, &names) == SEC_E_OK) {
		printf("name %s\n", names.sUserName);
		FreeContextBuffer(names.sUserName);
	}
	if (QueryContextAttributesA(&ctx, SECPKG_ATTR_NEGOTIATION_INFO, &chosen) == SEC_E_OK) {
		printf("inner %s %u\n", chosen.PackageInfo->Name, (unsigned)chosen.NegotiationState);
		FreeContextBuffer(chosen.PackageInfo);
	}
	printf("granted 0x%X\n", (unsigned)granted);
	if (OlsaExplain(SEC_E_OK, &ctx, &why) == SEC_E_OK) {
		fprintf(stderr, "%s", why);
		FreeContextBuffer(why);
	}
}
