/*
 * policy_secrets_test.c - secur32/private_data.c with lsa/serve_secret.c, lsa/policy_entry.c
 * and store/book.c behind it: private data by name, secrets by handle, lengths,
 * kinds of names. Spec lsa-policy 4, 9.
 */
#include "tests/api/policy.h"

static LSA_UNICODE_STRING
data_of(const void *at, size_t len)
{
	return (LSA_UNICODE_STRING){ .Buffer = (PWSTR)(uintptr_t)at, .Length = (USHORT)len, .MaximumLength = (USHORT)len };
}

static bool
has(LSA_HANDLE h, const char *name, const void *want, size_t len)
{
	LSA_UNICODE_STRING *got = NULL;
	NTSTATUS status = LsaRetrievePrivateData(h, U(name), &got);
	bool same = status == STATUS_SUCCESS && got->Length == len && (len == 0 || memcmp(got->Buffer, want, len) == 0);

	LsaFreeMemory(got);
	return same;
}

TEST(stored_and_retrieved)
{
	LSA_HANDLE h = policy_open_for(POLICY_CREATE_SECRET | POLICY_GET_PRIVATE_INFORMATION), less;
	LSA_UNICODE_STRING d = data_of("odd\0len", 7), empty = data_of("x", 0), *got = (void *)1, bad = data_of(NULL, 2);

	CHECK_ST(LsaRetrievePrivateData(h, U("L$first"), &got), STATUS_OBJECT_NAME_NOT_FOUND);
	CHECK(got == NULL);
	CHECK_ST(LsaStorePrivateData(h, U("L$first"), &d), STATUS_SUCCESS);
	CHECK(has(h, "L$first", "odd\0len", 7));
	CHECK(has(h, "l$FIRST", "odd\0len", 7));
	CHECK_ST(LsaStorePrivateData(h, U("L$FIRST"), &empty), STATUS_SUCCESS);
	CHECK_ST(LsaRetrievePrivateData(h, U("L$first"), &got), STATUS_SUCCESS);
	CHECK(got->Length == 0 && got->Buffer == NULL);
	CHECK_ST(LsaFreeMemory(got), STATUS_SUCCESS);
	CHECK_ST(LsaStorePrivateData(h, U("L$first"), &bad), STATUS_INVALID_PARAMETER);
	/* 9.5 */
	CHECK_ST(LsaStorePrivateData(h, U("L$first"), NULL), STATUS_SUCCESS);
	CHECK_ST(LsaStorePrivateData(h, U("L$first"), NULL), STATUS_OBJECT_NAME_NOT_FOUND);
	CHECK_ST(LsaRetrievePrivateData(h, U("L$first"), &got), STATUS_OBJECT_NAME_NOT_FOUND);
	less = policy_open_for(POLICY_CREATE_SECRET);
	CHECK_ST(LsaRetrievePrivateData(less, U("L$first"), &got), STATUS_ACCESS_DENIED);
	LsaClose(less);
	less = policy_open_for(POLICY_GET_PRIVATE_INFORMATION);
	CHECK_ST(LsaStorePrivateData(less, U("L$first"), &d), STATUS_ACCESS_DENIED);
	CHECK_ST(LsaStorePrivateData(less, U("L$first"), NULL), STATUS_ACCESS_DENIED);
	LsaClose(less);
	LsaClose(h);
}

TEST(names)
{
	LSA_HANDLE h = policy_open_for(POLICY_ALL_ACCESS);
	LSA_UNICODE_STRING d = data_of("v", 1), *got, nul = *U("a b"), odd = *U("abc");
	static const char *const machine[] = { "M$x", "NL$KM", "_SC_spooler", "_sc_Spooler" };
	static const char *const readable[] = { "G$global", "$MACHINE.ACC", "SAC", "SAI", "SANSC", "RasDialParms!S-1", "plain", "L$l" };
	static const char *const bad[] = { "", "G$", "L$", "m$", "a\\b" };
	char longest[257];

	/* 9.4 */
	for (size_t i = 0; i < sizeof machine / sizeof *machine; i++) {
		CHECK_ST(LsaStorePrivateData(h, U(machine[i]), &d), STATUS_SUCCESS);
		CHECK_ST(LsaRetrievePrivateData(h, U(machine[i]), &got), STATUS_ACCESS_DENIED);
	}
	CHECK_ST(LsaStorePrivateData(h, U("M$x"), NULL), STATUS_SUCCESS);
	for (size_t i = 0; i < sizeof readable / sizeof *readable; i++) {
		CHECK_ST(LsaStorePrivateData(h, U(readable[i]), &d), STATUS_SUCCESS);
		CHECK(has(h, readable[i], "v", 1));
		CHECK_ST(LsaStorePrivateData(h, U(readable[i]), NULL), STATUS_SUCCESS);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_ST(LsaStorePrivateData(h, U(bad[i]), &d), STATUS_INVALID_PARAMETER);
	nul.Buffer[1] = 0;
	CHECK_ST(LsaStorePrivateData(h, &nul, &d), STATUS_INVALID_PARAMETER);
	odd.Length = 5;
	CHECK_ST(LsaStorePrivateData(h, &odd, &d), STATUS_INVALID_PARAMETER);
	CHECK_ST(LsaStorePrivateData(h, NULL, &d), STATUS_INVALID_PARAMETER);
	memset(longest, 'n', 256);
	longest[256] = 0;
	CHECK_ST(LsaStorePrivateData(h, U(longest), &d), STATUS_INVALID_PARAMETER);
	longest[255] = 0;
	CHECK_ST(LsaStorePrivateData(h, U(longest), &d), STATUS_SUCCESS);
	CHECK_ST(LsaStorePrivateData(h, U(longest), NULL), STATUS_SUCCESS);
	LsaClose(h);
}

TEST(lengths)
{
	static uint8_t large[65534];
	LSA_HANDLE h = policy_open_for(POLICY_ALL_ACCESS), lsa = NULL;
	LSA_STRING name = { 11, 11, (char *)(uintptr_t)"secret-test" };
	LSA_OPERATIONAL_MODE mode;
	LSA_UNICODE_STRING d = data_of(large, sizeof large);

	for (size_t i = 0; i < sizeof large; i++)
		large[i] = (uint8_t)(i * 7);
	CHECK_ST(LsaStorePrivateData(h, U("L$large"), &d), STATUS_SUCCESS);
	CHECK(has(h, "L$large", large, sizeof large));
	d.Length = 513;
	CHECK_ST(LsaRegisterLogonProcess(&name, &lsa, &mode), STATUS_SUCCESS);
	CHECK_ST(OlsaPolicySet(lsa, "strict-secret-length", 1), STATUS_SUCCESS);
	CHECK_ST(LsaStorePrivateData(h, U("L$large"), &d), STATUS_SECRET_TOO_LONG);
	CHECK(has(h, "L$large", large, sizeof large));
	d.Length = 512;
	CHECK_ST(LsaStorePrivateData(h, U("L$large"), &d), STATUS_SUCCESS);
	CHECK(has(h, "L$large", large, 512));
	CHECK_ST(OlsaPolicySet(lsa, "strict-secret-length", 0), STATUS_SUCCESS);
	CHECK_ST(LsaStorePrivateData(h, U("L$large"), NULL), STATUS_SUCCESS);
	LsaDeregisterLogonProcess(lsa);
	LsaClose(h);
}

TEST(by_handle)
{
	LSA_HANDLE h = policy_open_for(POLICY_CREATE_SECRET), none = policy_open_for(0), s = NULL, again = NULL;
	LSA_UNICODE_STRING one = data_of("one", 3), two = data_of("two!", 4), old = data_of("given", 5), *now = NULL, *was = NULL;
	LARGE_INTEGER now_set, was_set;

	CHECK_ST(LsaOpenSecret(none, U("G$h"), SECRET_QUERY_VALUE, &s), STATUS_OBJECT_NAME_NOT_FOUND);
	CHECK_ST(LsaCreateSecret(none, U("G$h"), SECRET_SET_VALUE, &s), STATUS_ACCESS_DENIED);
	CHECK_ST(LsaCreateSecret(h, U("G$h"), SECRET_ALL_ACCESS, &s), STATUS_SUCCESS);
	CHECK_ST(LsaCreateSecret(h, U("g$H"), SECRET_ALL_ACCESS, &again), STATUS_OBJECT_NAME_COLLISION);
	CHECK_ST(LsaQuerySecret(s, &now, &now_set, &was, &was_set), STATUS_SUCCESS);
	CHECK(now == NULL && was == NULL);
	CHECK_ST(LsaSetSecret(s, &one, NULL), STATUS_SUCCESS);
	CHECK_ST(LsaQuerySecret(s, &now, &now_set, &was, &was_set), STATUS_SUCCESS);
	CHECK(now && now->Length == 3 && memcmp(now->Buffer, "one", 3) == 0 && was == NULL && now_set.QuadPart != 0);
	LsaFreeMemory(now);
	CHECK_ST(LsaSetSecret(s, &two, NULL), STATUS_SUCCESS);
	CHECK_ST(LsaQuerySecret(s, &now, &now_set, &was, &was_set), STATUS_SUCCESS);
	CHECK(now && now->Length == 4 && was && was->Length == 3 && memcmp(was->Buffer, "one", 3) == 0);
	CHECK(was_set.QuadPart != 0 && now_set.QuadPart >= was_set.QuadPart);
	LsaFreeMemory(now);
	LsaFreeMemory(was);
	CHECK_ST(LsaSetSecret(s, NULL, &old), STATUS_SUCCESS);
	CHECK_ST(LsaQuerySecret(s, &now, NULL, &was, NULL), STATUS_SUCCESS);
	CHECK(now == NULL && was && was->Length == 5);
	LsaFreeMemory(was);
	/* The handle of policy needs nothing for opening: the secret's own guard decides. */
	CHECK_ST(LsaOpenSecret(none, U("G$h"), SECRET_QUERY_VALUE, &again), STATUS_SUCCESS);
	CHECK_ST(LsaSetSecret(again, &one, NULL), STATUS_ACCESS_DENIED);
	CHECK_ST(LsaDelete(s), STATUS_SUCCESS);
	CHECK_ST(LsaQuerySecret(again, &now, NULL, NULL, NULL), STATUS_OBJECT_NAME_NOT_FOUND);
	LsaClose(again);
	/* What cannot be read by name cannot be read by handle. */
	CHECK_ST(LsaCreateSecret(h, U("M$h"), SECRET_QUERY_VALUE, &s), STATUS_ACCESS_DENIED);
	CHECK_ST(LsaCreateSecret(h, U("M$h"), MAXIMUM_ALLOWED, &s), STATUS_SUCCESS);
	CHECK_ST(LsaQuerySecret(s, &now, NULL, NULL, NULL), STATUS_ACCESS_DENIED);
	CHECK_ST(LsaDelete(s), STATUS_SUCCESS);
	LsaClose(h);
	LsaClose(none);
}

int
main(void)
{
	api_begin();
	RUN(stored_and_retrieved);
	RUN(names);
	RUN(lengths);
	RUN(by_handle);
	return check_end();
}
