/*
 * fuzz_identity.c - pAuthData in every form, EX2 blocks from nowhere, and
 * what was marshalled elsewhere. Strings end where their memory ends, as the
 * caller promised.
 *
 * Oracle: what one function takes as an identity, all take; a copy is the
 * same identity, marshalled and back it still is, encrypted and decrypted it
 * is byte for byte what it was.
 */
#include "fuzz.h"
#include "party.h"

#include "secur32/identity.h"

/* Strings of bytes without a flag that says so: the opaque functions would take them for wide ones. */
static bool bytes_unsaid;

/* What was made is freed at the end, whatever happened between. */
static void *made[16];
static unsigned made_count;

static void *
make(struct bytes b)
{
	MUST(made_count < sizeof made / sizeof *made);
	return made[made_count++] = exact_copy(b);
}

static void *
string(struct feed *f, ULONG *ret_chars, bool wide)
{
	struct bytes b = feed_bytes(f, feed_u8(f) < 0xf0 ? feed_u8(f) : feed_u16(f) % 2000u);
	uint8_t how = feed_u8(f);

	if (how < 0x20) {
		*ret_chars = how < 8 ? how : 0;		/* a NULL, sometimes with a length */
		return NULL;
	}
	b.len &= wide ? ~(size_t)1 : ~(size_t)0;
	*ret_chars = (ULONG)(wide ? b.len / 2 : b.len);
	return make(b);
}

static void *
old_form(struct feed *f, bool ex, bool wide_call)
{
	static const uint32_t widths[] = { SEC_WINNT_AUTH_IDENTITY_UNICODE, SEC_WINNT_AUTH_IDENTITY_ANSI, 0, 3 };
	SEC_WINNT_AUTH_IDENTITY_EXW e = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION, .Length = sizeof e };
	SEC_WINNT_AUTH_IDENTITY_W o = { 0 };
	uint32_t width = widths[feed_u8(f) & 3];
	bool wide = width == SEC_WINNT_AUTH_IDENTITY_UNICODE || (!width && wide_call);

	bytes_unsaid = !width && !wide_call;

	e.Flags = o.Flags = width | (feed_u8(f) & 1 ? feed_u32(f) & ~3u : 0);
	e.User = o.User = string(f, &o.UserLength, wide);
	e.Domain = o.Domain = string(f, &o.DomainLength, wide);
	e.Password = o.Password = string(f, &o.PasswordLength, wide);
	e.UserLength = o.UserLength;
	e.DomainLength = o.DomainLength;
	e.PasswordLength = o.PasswordLength;
	if (ex) {
		e.PackageList = string(f, &e.PackageListLength, wide);
		if (feed_u8(f) == 1)
			e.Length = feed_u32(f) % sizeof e;
	}
	return ex ? make(bytes_of(&e, sizeof e)) : make(bytes_of(&o, sizeof o));
}

/* A block with its header in order, and then sometimes not. */
static void *
block(struct feed *f, ULONG *ret_len)
{
	SEC_WINNT_AUTH_IDENTITY_EX2 h = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION_2, .cbHeaderLength = sizeof h };
	struct bytes body = feed_bytes(f, feed_u16(f) % 1500u);
	size_t len = sizeof h + body.len;
	uint8_t *at = malloc(len);

	MUST(at && made_count < sizeof made / sizeof *made);
	made[made_count++] = at;
	h.cbStructureLength = (ULONG)len;
	h.UserOffset = sizeof h + feed_u8(f);
	h.UserLength = (USHORT)(feed_u8(f) & ~1u);
	h.DomainOffset = h.UserOffset + h.UserLength;
	h.DomainLength = (USHORT)(feed_u8(f) & ~1u);
	h.PackedCredentialsOffset = h.DomainOffset + h.DomainLength;
	h.PackedCredentialsLength = feed_u8(f);
	h.Flags = feed_u8(f) & 1 ? feed_u32(f) : SEC_WINNT_AUTH_IDENTITY_UNICODE;
	bytes_copy(at, &h, sizeof h);
	bytes_copy(at + sizeof h, body.at, body.len);
	(void)feed_patch(f, at + 4, sizeof h - 4);
	bytes_copy(&h, at, sizeof h);
	/* The caller vouches for the memory behind the length that stands there. */
	if (h.cbStructureLength > len) {
		h.cbStructureLength = (ULONG)len;
		bytes_copy(at, &h, sizeof h);
	}
	*ret_len = (ULONG)len;
	return at;
}

static void
must_be_as_strings(PSEC_WINNT_AUTH_IDENTITY_OPAQUE id)
{
	PCWSTR user = NULL, domain = NULL, password = NULL;
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE again = NULL;

	if (SspiEncodeAuthIdentityAsStrings(id, &user, &domain, &password) != SEC_E_OK)
		return;
	if (SspiEncodeStringsAsAuthIdentity(user, domain, password, &again) == SEC_E_OK)
		MUST(SspiValidateAuthIdentity(again) == SEC_E_OK);
	SspiFreeAuthIdentity(again);
	SspiLocalFree((PVOID)(uintptr_t)user);
	SspiLocalFree((PVOID)(uintptr_t)domain);
	SspiLocalFree((PVOID)(uintptr_t)password);
}

/* An opaque one of ours: every round trip. */
static void
must_go_round(PSEC_WINNT_AUTH_IDENTITY_OPAQUE id, struct feed *f)
{
	static const ULONG ways[] = { SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON,
	    SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS, SEC_WINNT_AUTH_IDENTITY_ENCRYPT_FOR_SYSTEM };
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE back = NULL;
	BOOLEAN same_user = FALSE, same = FALSE;
	ULONG len = 0, way = ways[feed_u8(f) % 3];
	char *wire = NULL;
	uint8_t *was;
	bool readable;

	if (SspiMarshalAuthIdentity(id, &len, &wire) != SEC_E_OK)
		return;
	MUST(SspiUnmarshalAuthIdentity(len, wire, &back) == SEC_E_OK);
	/* What was unmarshalled from nowhere may hold credentials of a kind that nobody here can read. */
	readable = SspiCompareAuthIdentities(id, id, &same_user, &same) == SEC_E_OK;
	if (readable)
		MUST(SspiCompareAuthIdentities(id, back, &same_user, &same) == SEC_E_OK && same_user && same);
	was = exact_copy(bytes_of(wire, len));
	if (!SspiIsAuthIdentityEncrypted(back) && SspiEncryptAuthIdentityEx(way, back) == SEC_E_OK) {
		if (SspiIsAuthIdentityEncrypted(back)) {
			MUST(SspiDecryptAuthIdentityEx(way, back) == SEC_E_OK);
			MUST(!SspiIsAuthIdentityEncrypted(back));
		}
		if (readable)
			MUST(SspiCompareAuthIdentities(id, back, &same_user, &same) == SEC_E_OK && same);
	}
	MUST(memcmp(was, wire, len) == 0);
	free(was);
	SspiFreeAuthIdentity(back);
	SspiLocalFree(wire);
}

static void
use(void *auth, bool wide, struct feed *f)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE copy = NULL;
	struct identity id = { .given = false };
	BOOLEAN same_user = FALSE, same = FALSE;
	CredHandle cred;
	TimeStamp expiry;
	SECURITY_STATUS status;
	NTSTATUS taken = identity_take(&id, auth, wide);
	unsigned char ntlm_a[] = "NTLM";
	WCHAR ntlm_w[] = { 'N', 'T', 'L', 'M', 0 };

	if (taken == STATUS_SUCCESS) {
		MUST(!wide || SspiValidateAuthIdentity(auth) == SEC_E_OK);
		MUST(id.user.len <= 2 * IDENTITY_USER_MAX && id.domain.len <= 2 * IDENTITY_DOMAIN_MAX);
		MUST(id.password.len <= 2 * IDENTITY_PASSWORD_MAX && id.packages.len <= IDENTITY_PACKAGES_MAX);
	}
	identity_drop(&id);
	if (!bytes_unsaid && SspiCopyAuthIdentity(auth, &copy) == SEC_E_OK) {
		MUST(SspiValidateAuthIdentity(copy) == SEC_E_OK || SspiValidateAuthIdentity(auth) != SEC_E_OK);
		if (wide && taken == STATUS_SUCCESS)
			MUST(SspiCompareAuthIdentities(auth, copy, &same_user, &same) == SEC_E_OK && same_user);
		must_be_as_strings(copy);
		must_go_round(copy, f);
		SspiFreeAuthIdentity(copy);
	}
	status = wide ? AcquireCredentialsHandleW(NULL, ntlm_w, SECPKG_CRED_OUTBOUND, NULL, auth, NULL, NULL, &cred, &expiry) :
	    AcquireCredentialsHandleA(NULL, (LPSTR)ntlm_a, SECPKG_CRED_OUTBOUND, NULL, auth, NULL, NULL, &cred, &expiry);
	MUST(status == SEC_E_OK || status < 0);
	MUST(status != SEC_E_OK || taken == STATUS_SUCCESS);
	if (status == SEC_E_OK)
		MUST(FreeCredentialsHandle(&cred) == SEC_E_OK);
	if (!bytes_unsaid && (feed_u8(f) & 1))
		SspiZeroAuthIdentity(auth);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	struct feed f = feed_of(data, size);
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE back = NULL;
	bool wide;
	ULONG len;
	void *at;

	if (!begun) {
		party_make();
		begun = true;
	}
	bytes_unsaid = false;
	wide = feed_u8(&f) & 1;
	switch (feed_u8(&f) % 4) {
	case 0:
		use(old_form(&f, false, wide), wide, &f);
		break;
	case 1:
		use(old_form(&f, true, wide), wide, &f);
		break;
	case 2:
		at = block(&f, &len);
		use(at, wide, &f);
		break;
	default:
		if (feed_u8(&f) & 1) {
			at = block(&f, &len);
		} else {
			struct bytes raw = feed_sized(&f);

			at = make(raw);
			len = (ULONG)raw.len;
		}
		if (SspiUnmarshalAuthIdentity(len, at, &back) == SEC_E_OK) {
			if (SspiValidateAuthIdentity(back) == SEC_E_OK)
				must_be_as_strings(back);
			must_go_round(back, &f);
			SspiFreeAuthIdentity(back);
		}
		break;
	}
	while (made_count)
		free(made[--made_count]);
	return 0;
}
