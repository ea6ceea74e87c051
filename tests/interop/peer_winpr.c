/*
 * peer_winpr.c - WinPR's side of the conversation of peer.h: the SSPI of
 * FreeRDP. A program of its own, because its names are ours.
 *
 * Its server wants the NT hash set by attribute, answers COMPLETE_NEEDED to
 * any password, and tells a right from a wrong one in CompleteAuthToken
 * alone. It never writes pfContextAttr. MakeSignature and VerifySignature are
 * not implemented; EncryptMessage in a context that does not seal signs.
 */
#include <winpr/sspi.h>
#include <winpr/ntlm.h>

#define PEER_ULONG		ULONG
#define SIGNS_BY_ENCRYPTING	true
#include "peer_sspi.h"

static bool
peer_begin(bool client)
{
	SEC_WINNT_AUTH_IDENTITY_A who = { 0 };
	SECURITY_STATUS status;
	TimeStamp expiry;

	sspi_GlobalInit();
	who.User = (BYTE *)(uintptr_t)peer_option("user", "");
	who.UserLength = (uint32_t)strlen((char *)who.User);
	who.Domain = (BYTE *)(uintptr_t)peer_option("domain", "");
	who.DomainLength = (uint32_t)strlen((char *)who.Domain);
	who.Password = (BYTE *)(uintptr_t)peer_option("password", "");
	who.PasswordLength = (uint32_t)strlen((char *)who.Password);
	who.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
	status = AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)peer_option("package", "NTLM"),
	    client ? SECPKG_CRED_OUTBOUND : SECPKG_CRED_INBOUND, NULL, client ? &who : NULL, NULL, NULL, &cred, &expiry);
	return status == SEC_E_OK || peer_failed("AcquireCredentialsHandle", (unsigned long)status);
}

static SECURITY_STATUS
tell_hash(void)
{
	SecPkgContext_AuthNtlmHash hash = { .Version = 1 };
	const char *password = peer_option("password", "");

	if (!NTOWFv1A((LPSTR)(uintptr_t)password, (UINT32)strlen(password), hash.NtlmHash))
		return SEC_E_INTERNAL_ERROR;
	return SetContextAttributesA(&ctx, SECPKG_ATTR_AUTH_NTLM_HASH, &hash, sizeof hash);
}

static enum peer_leg
peer_leg(bool client, const uint8_t *in, size_t in_len, uint8_t *out, size_t *ret_len)
{
	uint32_t bindings_len = 0;
	SEC_CHANNEL_BINDINGS *bindings = bindings_of(peer_option("bindings", NULL), &bindings_len);
	SecBuffer told[2] = { { (uint32_t)in_len, SECBUFFER_TOKEN, (void *)(uintptr_t)in },
	    { bindings_len, SECBUFFER_CHANNEL_BINDINGS, bindings } };
	SecBuffer given = { (uint32_t)*ret_len, SECBUFFER_TOKEN, out };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, bindings ? 2 : 1, told };
	SecBufferDesc out_desc = { SECBUFFER_VERSION, 1, &given };
	SECURITY_STATUS status;
	TimeStamp expiry;
	ULONG granted, wants = peer_wants("seal") ? ISC_REQ_CONFIDENTIALITY : 0;
	bool first = !have_ctx;

	if (peer_wants("sign"))
		wants |= client ? ISC_REQ_INTEGRITY | ISC_REQ_SEQUENCE_DETECT | ISC_REQ_REPLAY_DETECT :
		    ASC_REQ_INTEGRITY | ASC_REQ_SEQUENCE_DETECT | ASC_REQ_REPLAY_DETECT;
	memset(out, 0, *ret_len);	/* it counts an LM response that it never writes */
	status = client ? InitializeSecurityContextA(&cred, have_ctx ? &ctx : NULL,
	    (SEC_CHAR *)(uintptr_t)peer_option("target", "host/localhost"), wants, 0, SECURITY_NATIVE_DREP,
	    have_ctx ? &in_desc : NULL, 0, &ctx, &out_desc, &granted, &expiry) :
	    AcceptSecurityContext(&cred, have_ctx ? &ctx : NULL, &in_desc, wants, SECURITY_NATIVE_DREP, &ctx, &out_desc,
	    &granted, &expiry);
	have_ctx = have_ctx || status == SEC_I_CONTINUE_NEEDED;
	*ret_len = status == SEC_I_CONTINUE_NEEDED || client ? given.cbBuffer : 0;
	if (!client && first && status == SEC_I_CONTINUE_NEEDED && tell_hash() != SEC_E_OK)
		return PEER_REFUSED;
	if (status == SEC_I_COMPLETE_NEEDED)
		status = CompleteAuthToken(&ctx, &out_desc);
	if (status == SEC_I_CONTINUE_NEEDED)
		return PEER_MORE;
	if (status == SEC_E_OK)
		return PEER_DONE;
	(void)peer_failed(client ? "InitializeSecurityContext" : "AcceptSecurityContext", (unsigned long)status);
	return PEER_REFUSED;
}

static void
peer_facts(bool client)
{
	(void)client;
}
