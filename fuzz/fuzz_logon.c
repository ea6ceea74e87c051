/*
 * fuzz_logon.c - LsaLogonUser's and LsaCallAuthenticationPackage's buffers:
 * every package, every message and logon type, strings laid anywhere in the
 * buffer or outside it, trusted and not.
 *
 * Oracle: nobody else than the caller is logged on, for the only account has a password that no
 * input can know, and who is not trusted may not do without one; the caller's buffer
 * is only read; what fails writes no output but the substatus; what is
 * returned is one block that can be read and given back.
 */
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include "party.h"

#include "base/random.h"

static HANDLE trusted, untrusted;
static ULONG packages[3];

static void
begin(void)
{
	static const char *const names[] = { "NTLM", "Kerberos", "Negotiate" };
	char password[40] = "P-";
	uint8_t random[16];

	party_make();
	trusted = party_admin();
	MUST(random_bytes(random, sizeof random));
	for (size_t i = 0; i < sizeof random; i++)
		(void)snprintf(password + 2 + 2 * i, 3, "%02x", random[i]);
	MUST(OlsaUserSetPassword(trusted, PARTY_USER, password) == STATUS_SUCCESS);
	MUST(LsaConnectUntrusted(&untrusted) == STATUS_SUCCESS);
	for (unsigned i = 0; i < 3; i++) {
		LSA_STRING name = { (USHORT)strlen(names[i]), (USHORT)strlen(names[i]), (PCHAR)(uintptr_t)names[i] };

		MUST(LsaLookupAuthenticationPackage(untrusted, &name, &packages[i]) == STATUS_SUCCESS);
	}
}

/* A UNICODE_STRING somewhere in the buffer, pointing somewhere. */
static void
string_lay(struct feed *f, uint8_t *at, size_t len)
{
	UNICODE_STRING s;
	size_t where = (size_t)feed_u8(f) * 4u, to = feed_u16(f);
	uint8_t how = feed_u8(f);

	s.Length = (USHORT)(feed_u8(f) & ~1u);
	s.MaximumLength = how & 1 ? s.Length : feed_u16(f);
	switch (how >> 1 & 7) {
	case 0: case 1: case 2:
		s.Buffer = (PWSTR)(void *)(at + to % (len + 1));
		break;
	case 3: case 4:
		s.Buffer = (PWSTR)(uintptr_t)(to % (len + 1));
		break;
	case 5:
		s.Buffer = (PWSTR)((uintptr_t)at + to);
		break;
	case 6:
		s.Buffer = (PWSTR)((uintptr_t)at - to - 1);
		break;
	default:
		s.Buffer = (PWSTR)(UINTPTR_MAX - to);
	}
	if (where + sizeof s <= len)
		bytes_copy(at + where, &s, sizeof s);
}

static void
call(struct feed *f, HANDLE lsa, ULONG package, uint8_t *at, ULONG len)
{
	volatile uint8_t sum = 0;
	void *reply = NULL;
	ULONG reply_len = 0;
	NTSTATUS verdict = STATUS_PENDING, status = LsaCallAuthenticationPackage(lsa, package, at, len, &reply, &reply_len, &verdict);

	(void)f;
	if (status != STATUS_SUCCESS) {
		MUST(status < 0 && !reply && !reply_len && verdict == STATUS_PENDING);
		return;
	}
	MUST(verdict != STATUS_PENDING);
	for (ULONG i = 0; reply && i < reply_len; i++)
		sum = (uint8_t)(sum + ((uint8_t *)reply)[i]);
	if (reply)
		MUST(LsaFreeReturnBuffer(reply) == STATUS_SUCCESS);
}

static void
logon(struct feed *f, ULONG package, uint8_t *at, ULONG len)
{
	LSA_STRING origin = { 4, 4, (PCHAR)(uintptr_t)"fuzz" };
	TOKEN_SOURCE source = { { 'f', 'u', 'z', 'z', 0, 0, 0, 0 }, { 1, 2 } };
	void *profile = (void *)at;
	ULONG profile_len = 77;
	LUID luid = { 7, 7 };
	HANDLE token = (HANDLE)at;
	QUOTA_LIMITS quotas;
	NTSTATUS substatus = 0, status;
	uint8_t type = feed_u8(f);

	memset(&quotas, 0, sizeof quotas);
	/* Not S4U by a trusted one, which needs no password. */
	status = LsaLogonUser(untrusted, &origin, (SECURITY_LOGON_TYPE)(type % 16), package, at, len, NULL, &source, &profile,
	    &profile_len, &luid, &token, &quotas, &substatus);
	if (status == STATUS_SUCCESS) {		/* of the caller himself, with a password for elsewhere that is not looked at here */
		_Alignas(16) uint8_t user[256];
		DWORD user_len = 0;

		MUST(type % 16 == NewCredentials && GetTokenInformation(token, TokenUser, user, sizeof user, &user_len));
		/* S-1-5-21-...: an account of the machine's. */
		MUST(*GetSidSubAuthority(((TOKEN_USER *)(void *)user)->User.Sid, 0) != 21);
		MUST(!profile || LsaFreeReturnBuffer(profile) == STATUS_SUCCESS);
		MUST(CloseHandle(token));
		return;
	}
	MUST(status < 0);
	MUST(luid.LowPart == 7 && token == (HANDLE)at);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	struct feed f = feed_of(data, size);
	uint8_t how, *buffer, *kept;
	struct bytes raw;
	ULONG package;
	size_t len;

	if (!begun) {
		begin();
		begun = true;
	}
	how = feed_u8(&f);
	package = how & 0x80 ? feed_u8(&f) : packages[(how >> 4) % 3];
	len = feed_u16(&f) % (how & 1 ? 4096u : 400u);
	buffer = malloc(len ? len : 1);
	MUST(buffer);
	bytes_zero(buffer, len);
	if (len >= 4)
		put_u32(buffer, feed_u8(&f));
	for (unsigned strings = feed_u8(&f) & 7u; strings; strings--)
		string_lay(&f, buffer, len);
	raw = feed_sized(&f);
	if (len > 16)
		for (size_t i = 0; i < raw.len && 16 + i < len; i++)
			buffer[16 + i] ^= raw.at[i];
	kept = exact_copy(bytes_of(buffer, len));
	if (how & 2)
		call(&f, how & 4 ? trusted : untrusted, package, buffer, (ULONG)len);
	else
		logon(&f, package, buffer, (ULONG)len);
	MUST(memcmp(kept, buffer, len) == 0);
	free(kept);
	free(buffer);
	return 0;
}
