/*
 * helpers_test.c - the small functions beside SSPI and the LSA that need no
 * LSA: memory encryption, random bytes, statuses, host names, audit names,
 * the four of windows.h.
 * Covers secur32/systemfunction.c, secur32/ssl.c, secur32/kernel.c, secur32/audit_names.c,
 * crypto/scramble.c and the helpers of secur32/credui.c.
 */
#include <windows.h>
#define SECURITY_WIN32
#include <sspi.h>
#include <ntsecapi.h>
#include <ntstatus.h>
#include <schannel.h>

#include "secur32/held.h"
#include "secur32/memory.h"
#include "secur32/text.h"
#include "check.h"

/* --- SystemFunction036, 040, 041 ------------------------------------------- */

TEST(random_bytes_differ)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	CHECK_U64(SystemFunction036(a, sizeof a), TRUE);
	CHECK_U64(RtlGenRandom(b, sizeof b), TRUE);
	CHECK(memcmp(a, b, sizeof a) != 0);
	CHECK_U64(SystemFunction036(NULL, 0), TRUE);
	CHECK_U64(SystemFunction036(NULL, 1), FALSE);
	SslGenerateRandomBits(a, sizeof a);
	CHECK(memcmp(a, b, sizeof a) != 0);
	bytes_copy(b, a, sizeof a);
	SslGenerateRandomBits(a, 0);
	SslGenerateRandomBits(a, -1);
	CHECK(memcmp(a, b, sizeof a) == 0);
}

/* Every length up to 512, there and back; nothing of the plain text at its place. */
TEST(memory_there_and_back)
{
	uint8_t plain[512], at[512];

	for (size_t i = 0; i < sizeof plain; i++)
		plain[i] = (uint8_t)(i * 7 + 3);
	for (ULONG len = 8; len <= sizeof plain; len += 8) {
		bytes_copy(at, plain, sizeof plain);
		CHECK_U64(SystemFunction040(at, len, 0), STATUS_SUCCESS);
		CHECK(memcmp(at, plain, len) != 0);
		CHECK(memcmp(at + len, plain + len, sizeof plain - len) == 0);
		CHECK_U64(SystemFunction041(at, len, 0), STATUS_SUCCESS);
		CHECK(memcmp(at, plain, sizeof plain) == 0);
	}
}

/* One bit changed makes noise of all of it. */
TEST(memory_is_one_block)
{
	uint8_t at[64] = { 0 };
	unsigned same = 0;

	CHECK_U64(SystemFunction040(at, sizeof at, 0), STATUS_SUCCESS);
	at[63] ^= 1;
	CHECK_U64(SystemFunction041(at, sizeof at, 0), STATUS_SUCCESS);
	for (size_t i = 0; i < sizeof at; i++)
		same += at[i] == 0;
	CHECK(same < 16);
}

TEST(memory_arguments)
{
	uint8_t at[16] = { 1 }, before[16] = { 1 };

	CHECK_U64(SystemFunction040(at, 12, 0), STATUS_INVALID_PARAMETER);
	CHECK_U64(SystemFunction041(at, 4, 0), STATUS_INVALID_PARAMETER);
	CHECK_U64(SystemFunction040(NULL, 8, 0), STATUS_INVALID_PARAMETER);
	CHECK_U64(SystemFunction040(at, 16, RTL_ENCRYPT_OPTION_SAME_LOGON), STATUS_NOT_SUPPORTED);
	CHECK_U64(SystemFunction041(at, 16, RTL_ENCRYPT_OPTION_CROSS_PROCESS), STATUS_NOT_SUPPORTED);
	CHECK_U64(SystemFunction040(at, 0, 0), STATUS_SUCCESS);
	CHECK(memcmp(at, before, sizeof at) == 0);
}

/* --- statuses ----------------------------------------------------------------- */

TEST(statuses)
{
	static const struct { NTSTATUS in; ULONG out; } rows[] = {
		{ STATUS_SUCCESS, 0 }, { STATUS_ACCESS_DENIED, 5 }, { STATUS_INVALID_HANDLE, 6 },
		{ STATUS_INVALID_PARAMETER, 87 }, { STATUS_LOGON_FAILURE, 1326 }, { STATUS_NO_SUCH_PACKAGE, 1364 },
		{ STATUS_OBJECT_NAME_NOT_FOUND, 2 }, { STATUS_ACCOUNT_LOCKED_OUT, 1909 }, { (NTSTATUS)0xC0EEEEEE, 317 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_U64(LsaNtStatusToWinError(rows[i].in), rows[i].out);
}

TEST(asking_again)
{
	static const ULONG yes[] = { (ULONG)SEC_E_NO_CREDENTIALS, (ULONG)SEC_E_LOGON_DENIED, (ULONG)STATUS_LOGON_FAILURE, 1326, 1330, 1907 };
	static const ULONG no[] = { 0, 5, 6, 87, 317, (ULONG)SEC_E_INVALID_TOKEN, (ULONG)SEC_E_INSUFFICIENT_MEMORY,
	    (ULONG)STATUS_NO_MEMORY, (ULONG)SEC_I_CONTINUE_NEEDED };

	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
		CHECK_U64(SspiIsPromptingNeeded(yes[i]), TRUE);
	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
		CHECK_U64(SspiIsPromptingNeeded(no[i]), FALSE);
}

/* --- host names ------------------------------------------------------------------ */

TEST(host_names)
{
	static const struct { const void *in, *out; } rows[] = {
		{ u"HTTP/www.example.com", u"www.example.com" }, { u"HTTP/www.example.com:8080", u"www.example.com" },
		{ u"ldap/dc1/example.com", u"dc1" }, { u"host", u"host" }, { u"host:445", u"host" },
		{ u"HTTP/[::1]:80", u"::1" }, { u"HTTP/", NULL }, { u"", NULL }, { u"HTTP//x", NULL }, { u"a/[", NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		PCWSTR want = rows[i].out;
		PWSTR host = NULL;
		SECURITY_STATUS status = SspiGetTargetHostName(rows[i].in, &host);

		CHECK_U64(status, want ? SEC_E_OK : SEC_E_INVALID_PARAMETER);
		if (want)
			CHECK(host && wide_length(host) == wide_length(want) &&
			    memcmp(host, want, 2 * wide_length(want)) == 0);
		else
			CHECK(!host);
		SspiLocalFree(host);
	}
	CHECK_U64(SspiGetTargetHostName(NULL, NULL), SEC_E_INVALID_PARAMETER);
}

/* --- audit names --------------------------------------------------------------------- */

TEST(audit_categories)
{
	GUID *list = NULL, guid;
	ULONG count = 0, all = 0;
	POLICY_AUDIT_EVENT_TYPE type;
	LPSTR name = NULL;
	LPWSTR wide = NULL;

	CHECK_U64(AuditEnumerateCategories(&list, &count), TRUE);
	CHECK_U64(count, 9);
	for (ULONG i = 0; i < count; i++) {
		GUID *subs = NULL;
		ULONG n = 0;

		CHECK_U64(AuditLookupCategoryIdFromCategoryGuid(&list[i], &type), TRUE);
		CHECK_U64(type, i);
		CHECK_U64(AuditLookupCategoryGuidFromCategoryId(type, &guid), TRUE);
		CHECK(memcmp(&guid, &list[i], sizeof guid) == 0);
		CHECK_U64(AuditEnumerateSubCategories(&list[i], FALSE, &subs, &n), TRUE);
		all += n;
		for (ULONG k = 0; k < n; k++) {
			CHECK_U64(AuditLookupSubCategoryNameA(&subs[k], &name), TRUE);
			AuditFree(name);
		}
		AuditFree(subs);
	}
	CHECK_U64(AuditLookupCategoryNameA(&list[AuditCategoryLogon], &name), TRUE);
	CHECK_TEXT(name, "Logon/Logoff");
	AuditFree(name);
	CHECK_U64(AuditLookupCategoryNameW(&list[AuditCategorySystem], &wide), TRUE);
	CHECK(wide && memcmp(wide, u"System", 14) == 0);
	AuditFree(wide);
	AuditFree(list);
	CHECK_U64(AuditEnumerateSubCategories(NULL, TRUE, &list, &count), TRUE);
	CHECK_U64(count, all);
	CHECK_U64(AuditLookupSubCategoryNameW(&list[0], &wide), TRUE);
	CHECK(wide && memcmp(wide, u"Security State Change", 44) == 0);
	AuditFree(wide);
	AuditFree(list);
	AuditFree(NULL);
}

TEST(audit_refusals)
{
	GUID none = { 0 }, *list = NULL;
	POLICY_AUDIT_EVENT_TYPE type = AuditCategorySystem;
	LPSTR name = NULL;
	ULONG count = 0;

	SetLastError(0);
	CHECK_U64(AuditLookupCategoryIdFromCategoryGuid(&none, &type), FALSE);
	CHECK_U64(GetLastError(), ERROR_INVALID_PARAMETER);
	CHECK_U64(AuditLookupCategoryGuidFromCategoryId((POLICY_AUDIT_EVENT_TYPE)9, &none), FALSE);
	CHECK_U64(AuditEnumerateSubCategories(NULL, FALSE, &list, &count), FALSE);
	CHECK_U64(AuditLookupCategoryNameA(NULL, &name), FALSE);
	CHECK(!list && !name && count == 0);
}

/* --- memory and the last error ---------------------------------------------------------- */

TEST(freeing)
{
	void *policy = buffer_new(BUFFER_POLICY, 4), *local = buffer_new(BUFFER_LOCAL, 4), *held = held_new(4);

	CHECK_U64(LsaFreeMemory(NULL), STATUS_SUCCESS);
	CHECK_U64(LsaFreeMemory(local), STATUS_INVALID_PARAMETER);
	CHECK_U64(LsaFreeMemory(policy), STATUS_SUCCESS);
	CHECK(!LocalFree(NULL));
	CHECK(!LocalFree(local));
	CHECK(!LocalFree(held));
	policy = buffer_new(BUFFER_POLICY, 4);
	SetLastError(0);
	CHECK(LocalFree(policy) == policy);		/* OlsaLocalFree: another family's */
	CHECK_U64(GetLastError(), ERROR_INVALID_HANDLE);
	CHECK_U64(LsaFreeMemory(policy), STATUS_SUCCESS);
	SslFreeCertificate(NULL);
}

TEST(last_error)
{
	SetLastError(7);				/* OlsaSetLastError, OlsaGetLastError */
	CHECK_U64(GetLastError(), 7);
	CHECK_U64(CloseHandle(INVALID_HANDLE_VALUE), FALSE);	/* OlsaCloseHandle */
	CHECK_U64(GetLastError(), ERROR_INVALID_HANDLE);
	CHECK_U64(CloseHandle(NULL), FALSE);
}

int
main(void)
{
	RUN(random_bytes_differ);
	RUN(memory_there_and_back);
	RUN(memory_is_one_block);
	RUN(memory_arguments);
	RUN(statuses);
	RUN(asking_again);
	RUN(host_names);
	RUN(audit_categories);
	RUN(audit_refusals);
	RUN(freeing);
	RUN(last_error);
	return check_end();
}
