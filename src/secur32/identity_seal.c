/*
 * identity_seal.c - encrypting and decrypting the password of an identity
 * where it stands. Which key: identity_seal.h.
 */
#include "secur32/identity_seal.h"

#include "base/status.h"
#include "secur32/ex2.h"
#include "secur32/explain.h"
#include "secur32/identity.h"
#include "secur32/root.h"
#include "crypto/scramble.h"

enum { BY_LSA_LOGON = 1, BY_LSA_SYSTEM = 2 };		/* purposes of the calls wrap and unwrap */

struct way {
	uint32_t option, flag, purpose;	/* purpose 0: this process's own key */
};

static const struct way ways[] = {
	{ SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON,   SEC_WINNT_AUTH_IDENTITY_FLAGS_USER_PROTECTED,    BY_LSA_LOGON },
	{ SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS, SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED, 0 },
	{ SEC_WINNT_AUTH_IDENTITY_ENCRYPT_FOR_SYSTEM,   SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_ENCRYPTED,  BY_LSA_SYSTEM },
};

#define WAYS (sizeof ways / sizeof ways[0])

static const struct way *
way_of_option(uint32_t option)
{
	for (unsigned i = 0; i < WAYS; i++)
		if (ways[i].option == option)
			return &ways[i];
	return NULL;
}

static const struct way *
way_of_flags(uint32_t flags)
{
	for (unsigned i = 0; i < WAYS; i++)
		if ((flags & EX2_ENCRYPTED) == ways[i].flag)
			return &ways[i];
	return NULL;
}

static SECURITY_STATUS
said(SECURITY_STATUS status, const char *why)
{
	why_thread_say(status, "%s", why);
	return status;
}

/* --- by the LSA ----------------------------------------------------------- */

/* Into the place, which must have room for it. */
static SECURITY_STATUS
lsa_seal(const struct identity_place *place, uint32_t purpose, size_t *ret_len)
{
	struct wrap_in in = { .purpose = purpose, .plain = bytes_of(place->at, place->len) };
	struct ask_room room;
	struct ask ask = { .room = &room };
	struct why why = { NULL, 0, 0 };
	struct link *link = NULL;
	struct wrap_out out;
	NTSTATUS st;

	st = root_sspi_link(&link, &why);
	if (st != STATUS_SUCCESS)
		goto out;
	ask_wrap(&ask, link, &in);
	ask_wait(&ask);
	st = told_wrap(&ask, &out);
	why_take(&why, ask_why(&ask));
	if (st == STATUS_SUCCESS && (out.sealed.len > place->room || out.sealed.len > UINT16_MAX))
		st = SEC_E_BUFFER_TOO_SMALL;
	if (st == STATUS_SUCCESS) {
		bytes_copy(place->at, out.sealed.at, out.sealed.len);
		*ret_len = out.sealed.len;
	}
	ask_end(&ask);
out:
	link_release(link);
	st = status_to_sec(st);
	why_thread_keep(st, &why);
	return st;
}

static NTSTATUS
lsa_unseal(struct secret **ret_plain, uint32_t purpose, struct bytes sealed)
{
	struct unwrap_in in = { .purpose = purpose, .sealed = sealed };
	struct ask_room room;
	struct ask ask = { .room = &room };
	struct why why = { NULL, 0, 0 };
	struct link *link = NULL;
	struct unwrap_out out;
	struct secret *plain = NULL;
	NTSTATUS st;

	st = root_sspi_link(&link, &why);
	if (st != STATUS_SUCCESS) {
		st = status_to_sec(st);
		goto out;
	}
	ask_unwrap(&ask, link, &in);
	ask_wait(&ask);
	st = told_unwrap(&ask, &out);
	why_take(&why, ask_why(&ask));
	if (st == STATUS_SUCCESS) {
		plain = secret_of(out.plain);
		st = plain ? STATUS_SUCCESS : SEC_E_INSUFFICIENT_MEMORY;
	} else if (ask.lost == STATUS_SUCCESS) {
		st = SEC_E_DECRYPT_FAILURE;
	} else {
		st = status_to_sec(st);
	}
	ask_end(&ask);
out:
	link_release(link);
	why_thread_keep(st, &why);
	if (st == STATUS_SUCCESS)
		*ret_plain = plain;
	return st;
}

/* --- by this process -------------------------------------------------------- */

static NTSTATUS
own_unseal(struct secret **ret_plain, struct bytes sealed)
{
	struct secret *plain = secret_of(sealed);
	bool good = false;
	uint8_t *p;

	if (!plain)
		return SEC_E_INSUFFICIENT_MEMORY;
	WITH_SECRET(p, plain)
		good = unscramble(p, sealed.len, SCRAMBLE_IDENTITY);
	if (!good) {
		secret_drop(&plain);
		return SEC_E_INSUFFICIENT_MEMORY;
	}
	*ret_plain = plain;
	return STATUS_SUCCESS;
}

NTSTATUS
identity_unseal(struct secret **ret_plain, uint32_t flags, struct bytes sealed)
{
	const struct way *way = way_of_flags(flags);

	if (!way)
		return SEC_E_DECRYPT_FAILURE;
	return way->purpose ? lsa_unseal(ret_plain, way->purpose, sealed) : own_unseal(ret_plain, sealed);
}

/* --- Windows' functions -------------------------------------------------------- */

SECURITY_STATUS
SspiEncryptAuthIdentityEx(ULONG Options, PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData)
{
	const struct way *way = way_of_option(Options);
	struct identity_place place;
	SECURITY_STATUS status = SEC_E_OK;
	size_t len;

	if (!way)
		return said(SEC_E_INVALID_PARAMETER, "Options must be exactly one of the SEC_WINNT_AUTH_IDENTITY_ENCRYPT_ values");
	if (!AuthData || !identity_place_of(&place, AuthData, true))
		return said(SEC_E_INVALID_TOKEN, "this is not an identity");
	if (!place.has || place.flags & EX2_ENCRYPTED)
		return SEC_E_OK;
	if (place.block && !packed_headed(bytes_of(place.at, place.len)))
		return said(SEC_E_INVALID_TOKEN, "the packed credentials have no header, so decrypting could not tell them from noise");
	len = place.len;
	if (way->purpose && place.room < place.len + SEAL_ROOM)
		return said(SEC_E_BUFFER_TOO_SMALL,
		    "the LSA's seal needs room behind the password: make the identity with an Sspi function, or copy it with SspiCopyAuthIdentity");
	if (way->purpose)
		status = lsa_seal(&place, way->purpose, &len);
	else if (!scramble(place.at, place.len, SCRAMBLE_IDENTITY))
		status = said(SEC_E_INSUFFICIENT_MEMORY, "there is no key for this process");
	if (status == SEC_E_OK)
		identity_place_set(&place, len, place.flags | way->flag);
	return status;
}

SECURITY_STATUS
SspiDecryptAuthIdentityEx(ULONG Options, PSEC_WINNT_AUTH_IDENTITY_OPAQUE EncryptedAuthData)
{
	const struct way *way = way_of_option(Options);
	struct identity_place place;
	struct secret *plain = NULL;
	const uint8_t *p;
	size_t len;
	NTSTATUS st;

	if (!way)
		return said(SEC_E_INVALID_PARAMETER, "Options must be exactly one of the SEC_WINNT_AUTH_IDENTITY_ENCRYPT_ values");
	if (!EncryptedAuthData || !identity_place_of(&place, EncryptedAuthData, true))
		return said(SEC_E_INVALID_TOKEN, "this is not an identity");
	if (!(place.flags & EX2_ENCRYPTED))
		return SEC_E_OK;
	if (way_of_flags(place.flags) != way)
		return said(SEC_E_DECRYPT_FAILURE, "the identity was encrypted with another option");
	st = identity_unseal(&plain, place.flags, bytes_of(place.at, place.len));
	if (st != STATUS_SUCCESS)
		return st;
	len = secret_len(plain);
	WITH_SECRET(p, plain) {
		if (len > place.room || (place.block && !packed_headed(bytes_of(p, len)))) {
			st = said(SEC_E_DECRYPT_FAILURE, "the identity was not encrypted by this process, or was changed since");
		} else {
			bytes_copy(place.at, p, len);
			if (place.len > len)
				bytes_zero(place.at + len, place.len - len);
			identity_place_set(&place, len, place.flags & ~(uint32_t)EX2_ENCRYPTED);
		}
	}
	secret_drop(&plain);
	return st;
}

SECURITY_STATUS
SspiEncryptAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData)
{
	return SspiEncryptAuthIdentityEx(SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS, AuthData);
}

SECURITY_STATUS
SspiDecryptAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE EncryptedAuthData)
{
	return SspiDecryptAuthIdentityEx(SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS, EncryptedAuthData);
}

BOOLEAN
SspiIsAuthIdentityEncrypted(PSEC_WINNT_AUTH_IDENTITY_OPAQUE EncryptedAuthData)
{
	struct identity_place place;

	return EncryptedAuthData && identity_place_of(&place, EncryptedAuthData, true) &&
	    (place.flags & EX2_ENCRYPTED) != 0;
}
