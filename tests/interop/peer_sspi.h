/*
 * peer_sspi.h - what peer_ours.c and peer_winpr.c have in common: SSPI's
 * calls by their names. Included behind the sspi.h of the one or the other.
 */
#ifndef OPENLSA_TESTS_PEER_SSPI_H
#define OPENLSA_TESTS_PEER_SSPI_H

#include "peer.h"

static CredHandle cred;
static CtxtHandle ctx;
static bool have_ctx;

/* NULL: no bindings are asked for. */
static SEC_CHANNEL_BINDINGS *
bindings_of(const char *text, uint32_t *ret_len)
{
	static union { SEC_CHANNEL_BINDINGS head; uint8_t bytes[512]; } b;
	size_t len = text ? strlen(text) : 0;

	if (!text || len > sizeof b - sizeof b.head)
		return NULL;
	memset(&b, 0, sizeof b);
	b.head.cbApplicationDataLength = (uint32_t)len;
	b.head.dwApplicationDataOffset = sizeof b.head;
	memcpy(b.bytes + sizeof b.head, text, len);
	*ret_len = (uint32_t)(sizeof b.head + len);
	return &b.head;
}

static bool
protect(bool seal, uint8_t *signature, uint8_t *data, size_t len)
{
	SecBuffer parts[2] = { { PEER_SIGNATURE, SECBUFFER_TOKEN, signature }, { (uint32_t)len, SECBUFFER_DATA, data } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, parts };
	static uint32_t sequence;	/* WinPR counts by itself, too */
	SECURITY_STATUS status = seal ? EncryptMessage(&ctx, 0, &message, sequence) :
	    MakeSignature(&ctx, 0, &message, sequence);

	sequence++;
	if (status == SEC_E_OK && parts[0].cbBuffer == PEER_SIGNATURE && parts[1].cbBuffer == len)
		return true;
	return peer_failed(seal ? "EncryptMessage" : "MakeSignature", (unsigned long)status);
}

static bool
unprotect(bool sealed, uint8_t *signature, uint8_t *data, size_t len)
{
	SecBuffer parts[2] = { { PEER_SIGNATURE, SECBUFFER_TOKEN, signature }, { (uint32_t)len, SECBUFFER_DATA, data } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, parts };
	static uint32_t sequence;
	PEER_ULONG qop = 0;
	SECURITY_STATUS status = sealed ? DecryptMessage(&ctx, &message, sequence, &qop) :
	    VerifySignature(&ctx, &message, sequence, &qop);

	sequence++;
	return status == SEC_E_OK || peer_failed(sealed ? "DecryptMessage" : "VerifySignature", (unsigned long)status);
}

static bool peer_seal(uint8_t *signature, uint8_t *data, size_t len) { return protect(true, signature, data, len); }
static bool peer_open(uint8_t *signature, uint8_t *data, size_t len) { return unprotect(true, signature, data, len); }

#ifndef SIGNS_BY_ENCRYPTING
#define SIGNS_BY_ENCRYPTING	false
#endif

static bool
peer_sign(uint8_t *signature, uint8_t *data, size_t len)
{
	return protect(SIGNS_BY_ENCRYPTING, signature, data, len);
}

static bool
peer_verify(uint8_t *signature, uint8_t *data, size_t len)
{
	return unprotect(SIGNS_BY_ENCRYPTING, signature, data, len);
}

#endif
