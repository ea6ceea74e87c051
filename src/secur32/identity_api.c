/*
 * identity_api.c - Windows' helpers for opaque identities. What they make is
 * an EX2 block in locked memory; what they read is any form.
 *
 * Encrypting is identity_seal.c's.
 */
#include <sspi.h>

#include "base/secret.h"
#include "base/utf16.h"
#include "secur32/ex2.h"
#include "secur32/explain.h"
#include "secur32/held.h"
#include "secur32/identity.h"
#include "secur32/identity_seal.h"
#include "secur32/memory.h"
#include "secur32/text.h"

static SECURITY_STATUS
said(SECURITY_STATUS status, const char *why)
{
	why_thread_say(status, "%s", why);
	return status;
}

/* --- any form as the parts of a block -------------------------------------- */

/* `block` views the caller's EX2, or what was read from another form and is kept here. */
struct parts {
	struct ex2 block;
	struct identity id;
	struct secret *packed;
	uint8_t packages[2 * IDENTITY_PACKAGES_MAX];
	bool was_encrypted;		/* an old form that was: the copy is to be encrypted again */
};

static SECURITY_STATUS
packed_new(struct secret **ret_packed, struct bytes password)
{
	struct writer w = writer_of(NULL, 0);
	struct secret *s;
	uint8_t *p;

	packed_put(&w, password);
	s = secret_new(w.need);
	if (!s)
		return SEC_E_INSUFFICIENT_MEMORY;
	WITH_SECRET(p, s) {
		w = writer_of(p, secret_len(s));
		packed_put(&w, password);
	}
	*ret_packed = s;
	return SEC_E_OK;
}

static struct bytes
secret_view(struct secret *s)
{
	const uint8_t *p;
	struct bytes view = BYTES_NONE;

	WITH_SECRET(p, s)
		view = bytes_of(p, secret_len(s));
	return view;
}

static SECURITY_STATUS
parts_of_identity(struct parts *ret, const void *auth_data)
{
	struct identity_place place;
	struct writer w = writer_of(ret->packages, sizeof ret->packages);
	SECURITY_STATUS status;

	status = identity_take(&ret->id, auth_data, true);
	if (status != SEC_E_OK)
		return status == SEC_E_UNKNOWN_CREDENTIALS ? SEC_E_INVALID_TOKEN : status;
	if (!identity_place_of(&place, (void *)(uintptr_t)auth_data, true) || !utf16_from_utf8(&w, ret->id.packages))
		return SEC_E_INVALID_TOKEN;
	if (ret->id.has_password)
		status = packed_new(&ret->packed, ret->id.password);
	ret->block = (struct ex2){
		.user = ret->id.user, .has_user = ret->id.has_user,
		.domain = ret->id.domain, .has_domain = ret->id.has_domain,
		.packed = secret_view(ret->packed), .has_packed = ret->id.has_password,
		.packages = bytes_of(ret->packages, w.need),
		.flags = place.flags & (SEC_WINNT_AUTH_IDENTITY_MARSHALLED | SEC_WINNT_AUTH_IDENTITY_ONLY),
	};
	ret->was_encrypted = (place.flags & EX2_ENCRYPTED) != 0;
	return status;
}

/* SEC_E_INVALID_TOKEN: no identity. parts_drop in any case. */
static SECURITY_STATUS
parts_of(struct parts *ret, const void *auth_data)
{
	ret->id = (struct identity){ .given = false };
	ret->packed = NULL;
	ret->was_encrypted = false;
	if (!auth_data)
		return said(SEC_E_INVALID_TOKEN, "there is no identity");
	if (get_u32(auth_data) != SEC_WINNT_AUTH_IDENTITY_VERSION_2)
		return parts_of_identity(ret, auth_data);
	if (!ex2_take(&ret->block, bytes_of(auth_data, ex2_len(auth_data))))
		return said(SEC_E_INVALID_TOKEN, "an offset or a length points outside of the identity");
	return SEC_E_OK;
}

static void
parts_drop(struct parts *parts)
{
	identity_drop(&parts->id);
	secret_drop(&parts->packed);
}

static SECURITY_STATUS
block_new(void **ret_block, ULONG *ret_len, const struct ex2 *b, size_t room)
{
	struct writer w = writer_of(NULL, 0);
	size_t need;
	void *at;

	ex2_put(&w, b, room);
	need = w.need;
	at = held_new(need);
	if (!at)
		return said(SEC_E_INSUFFICIENT_MEMORY, "no memory that can be locked for an identity of this size");
	w = writer_of(at, need);
	ex2_put(&w, b, room);
	*ret_block = at;
	if (ret_len)
		*ret_len = (ULONG)need;
	return SEC_E_OK;
}

/* With room for a seal of the LSA behind the password. */
static SECURITY_STATUS
opaque_new(PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ret_identity, const struct ex2 *b, bool encrypt)
{
	SECURITY_STATUS status;
	void *at = NULL;

	status = block_new(&at, NULL, b, b->packed.len + SEAL_ROOM);
	if (status == SEC_E_OK && encrypt)
		status = SspiEncryptAuthIdentity(at);
	if (status != SEC_E_OK) {
		(void)held_free(at);
		return status;
	}
	*ret_identity = at;
	return SEC_E_OK;
}

/* --- strings ------------------------------------------------------------------ */

static struct bytes
wide_bytes(PCWSTR text)
{
	return bytes_of(text, 2 * wide_length(text));
}

SECURITY_STATUS
SspiEncodeStringsAsAuthIdentity(PCWSTR pszUserName, PCWSTR pszDomainName, PCWSTR pszPackedCredentialsString,
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity)
{
	struct bytes password = wide_bytes(pszPackedCredentialsString);
	struct ex2 b = {
		.user = wide_bytes(pszUserName), .has_user = pszUserName,
		.domain = wide_bytes(pszDomainName), .has_domain = pszDomainName,
		.has_packed = pszPackedCredentialsString,
	};
	struct secret *packed = NULL;
	SECURITY_STATUS status = SEC_E_OK;

	if (!ppAuthIdentity || !(b.has_user || b.has_domain || b.has_packed))
		return said(SEC_E_INVALID_TOKEN, "an identity needs a user, a domain or a password");
	if (b.user.len > 2 * IDENTITY_USER_MAX || b.domain.len > 2 * IDENTITY_DOMAIN_MAX ||
	    password.len > 2 * IDENTITY_PASSWORD_MAX)
		return said(SEC_E_INVALID_TOKEN, "a user, a domain or a password is longer than 256, 255 or 256 characters");
	if (b.has_packed)
		status = packed_new(&packed, password);
	if (status == SEC_E_OK) {
		b.packed = secret_view(packed);
		status = opaque_new(ppAuthIdentity, &b, false);
	}
	secret_drop(&packed);
	return status;
}

/* NUL-terminated in memory for SspiLocalFree; a secret one is locked. *ret_failed is only ever set. */
static PCWSTR
string_new(bool has, struct bytes text, bool is_secret, bool *ret_failed)
{
	uint8_t *at;

	if (!has || *ret_failed)
		return NULL;
	at = is_secret ? held_new(text.len + 2) : buffer_new(BUFFER_LOCAL, text.len + 2);
	if (at)
		bytes_copy(at, text.at, text.len);
	*ret_failed = !at;
	return (PCWSTR)(void *)at;
}

SECURITY_STATUS
SspiEncodeAuthIdentityAsStrings(PSEC_WINNT_AUTH_IDENTITY_OPAQUE pAuthIdentity, PCWSTR *ppszUserName,
    PCWSTR *ppszDomainName, PCWSTR *ppszPackedCredentialsString)
{
	PCWSTR user, domain, password;
	struct identity id;
	NTSTATUS st;
	bool failed = false;

	if (!pAuthIdentity)
		return said(SEC_E_INVALID_TOKEN, "there is no identity");
	st = identity_take(&id, pAuthIdentity, true);
	if (st != STATUS_SUCCESS)
		return st == SEC_E_UNKNOWN_CREDENTIALS ? said(SEC_E_INVALID_TOKEN, "this identity has no form as strings") : st;
	user = string_new(id.has_user && ppszUserName, id.user, false, &failed);
	domain = string_new(id.has_domain && ppszDomainName, id.domain, false, &failed);
	password = string_new(id.has_password && ppszPackedCredentialsString, id.password, true, &failed);
	identity_drop(&id);
	if (failed) {
		SspiLocalFree((PVOID)(uintptr_t)user);
		SspiLocalFree((PVOID)(uintptr_t)domain);
		SspiLocalFree((PVOID)(uintptr_t)password);
		return SEC_E_INSUFFICIENT_MEMORY;
	}
	if (ppszUserName)
		*ppszUserName = user;
	if (ppszDomainName)
		*ppszDomainName = domain;
	if (ppszPackedCredentialsString)
		*ppszPackedCredentialsString = password;
	return SEC_E_OK;
}

/* --- copies --------------------------------------------------------------------- */

SECURITY_STATUS
SspiCopyAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData, PSEC_WINNT_AUTH_IDENTITY_OPAQUE *AuthDataCopy)
{
	struct parts parts;
	SECURITY_STATUS status;

	if (!AuthDataCopy)
		return said(SEC_E_INVALID_TOKEN, "AuthDataCopy is NULL");
	status = parts_of(&parts, AuthData);
	if (status == SEC_E_OK)
		status = opaque_new(AuthDataCopy, &parts.block, parts.was_encrypted);
	parts_drop(&parts);
	return status;
}

SECURITY_STATUS
SspiMarshalAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity, ULONG *AuthIdentityLength,
    char **AuthIdentityByteArray)
{
	struct parts parts;
	SECURITY_STATUS status;
	void *at = NULL;

	if (!AuthIdentityLength || !AuthIdentityByteArray)
		return said(SEC_E_INVALID_TOKEN, "there is no place for the result");
	status = parts_of(&parts, AuthIdentity);
	if (status == SEC_E_OK && parts.was_encrypted)
		status = said(SEC_E_UNSUPPORTED_FUNCTION, "an encrypted identity of the old form is copied before it is marshalled");
	if (status == SEC_E_OK)
		status = block_new(&at, AuthIdentityLength, &parts.block, 0);
	parts_drop(&parts);
	if (status == SEC_E_OK)
		*AuthIdentityByteArray = at;
	return status;
}

SECURITY_STATUS
SspiUnmarshalAuthIdentity(ULONG AuthIdentityLength, char *AuthIdentityByteArray,
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity)
{
	struct ex2 b;

	if (!AuthIdentityByteArray || !ppAuthIdentity ||
	    !ex2_take(&b, bytes_of(AuthIdentityByteArray, AuthIdentityLength)))
		return said(SEC_E_INVALID_TOKEN, "this is not a marshalled identity, or it was cut short");
	return opaque_new(ppAuthIdentity, &b, false);
}

/* --- packages ---------------------------------------------------------------------- */

/* "!name" among the comma-separated; ASCII and the rest alike without regard to case. */
static bool
is_excluded(struct bytes list, struct bytes mark)
{
	size_t begin = 0;

	for (size_t i = 0; i <= list.len; i += 2) {
		if (i < list.len && get_u16(list.at + i) != ',')
			continue;
		if (utf16_same_fold(bytes_of(list.at + begin, i - begin), mark))
			return true;
		begin = i + 2;
	}
	return false;
}

static bool
is_package_name(struct bytes name)
{
	for (size_t i = 0; i < name.len; i += 2)
		if (get_u16(name.at + i) == ',' || get_u16(name.at + i) == '!')
			return false;
	return name.len != 0 && name.len <= 128;
}

/* A name stays excluded whatever else the list says, so it is only ever added. */
SECURITY_STATUS
SspiExcludePackage(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity, PCWSTR pszPackageName,
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppNewAuthIdentity)
{
	struct bytes name = wide_bytes(pszPackageName);
	uint8_t mark[2 + 128], list[2 * IDENTITY_PACKAGES_MAX];
	struct writer m = writer_of(mark, sizeof mark), w = writer_of(list, sizeof list);
	struct parts parts;
	SECURITY_STATUS status;

	if (!ppNewAuthIdentity || !is_package_name(name))
		return said(SEC_E_INVALID_PARAMETER, "a package name has neither comma nor exclamation mark and is not empty");
	writer_u16(&m, '!');
	writer_bytes(&m, name);
	status = parts_of(&parts, AuthIdentity);
	if (status == SEC_E_OK && !is_excluded(parts.block.packages, bytes_of(mark, m.need))) {
		writer_bytes(&w, parts.block.packages);
		if (w.need)
			writer_u16(&w, ',');
		writer_bytes(&w, bytes_of(mark, m.need));
		parts.block.packages = bytes_of(list, w.need);
		if (!writer_ok(&w))
			status = said(SEC_E_INVALID_TOKEN, "the list of packages would become too long");
	}
	if (status == SEC_E_OK)
		status = opaque_new(ppNewAuthIdentity, &parts.block, parts.was_encrypted);
	parts_drop(&parts);
	return status;
}

/* --- looking, comparing, ending --------------------------------------------------------- */

SECURITY_STATUS
SspiValidateAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData)
{
	if (!AuthData || !identity_valid(AuthData, true))
		return said(SEC_E_INVALID_TOKEN, "this is not an identity");
	return SEC_E_OK;
}

/* NULL is an identity without anything. */
static SECURITY_STATUS
compare_take(struct identity *ret, const void *auth_data)
{
	SECURITY_STATUS status = identity_take(ret, auth_data, true);

	return status == SEC_E_UNKNOWN_CREDENTIALS ? said(SEC_E_INVALID_TOKEN, "this is not an identity") : status;
}

SECURITY_STATUS
SspiCompareAuthIdentities(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity1,
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity2, PBOOLEAN SameSuppliedUser, PBOOLEAN SameSuppliedIdentity)
{
	struct identity a = { .given = false }, b = { .given = false };
	SECURITY_STATUS status;
	bool user, same;

	status = compare_take(&a, AuthIdentity1);
	if (status == SEC_E_OK)
		status = compare_take(&b, AuthIdentity2);
	if (status != SEC_E_OK)
		goto out;
	user = a.given == b.given && utf16_same_fold(a.user, b.user) && utf16_same_fold(a.domain, b.domain);
	same = user && a.has_password == b.has_password && a.password.len == b.password.len &&
	    (a.password.len == 0 || same_secret(a.password.at, b.password.at, a.password.len));
	if (SameSuppliedUser)
		*SameSuppliedUser = user;
	if (SameSuppliedIdentity)
		*SameSuppliedIdentity = same;
out:
	identity_drop(&a);
	identity_drop(&b);
	return status;
}

void
SspiZeroAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData)
{
	if (AuthData)
		identity_wipe(AuthData, true);
}

void
SspiFreeAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData)
{
	(void)held_free(AuthData);
}

void
SspiLocalFree(PVOID DataBuffer)
{
	if (!buffer_free(BUFFER_LOCAL, DataBuffer))
		(void)held_free(DataBuffer);
}
