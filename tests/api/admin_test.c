/*
 * admin_test.c - OpenLSA's own functions: accounts, policy values, the LSA
 * about itself, tokens and statuses as text. Covers secur32/admin.c and
 * lsa/serve_admin.c.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/api/api.h"
#include "tests/check.h"

static HANDLE
admin_open(void)
{
	LSA_STRING name = { 10, 10, (char *)(uintptr_t)"admin-test" };
	LSA_OPERATIONAL_MODE mode;
	HANDLE lsa = NULL;

	CHECK_U64(LsaRegisterLogonProcess(&name, &lsa, &mode), STATUS_SUCCESS);
	return lsa;
}

/* Whether alice's handshake ends well with this password. */
static SECURITY_STATUS
logs_on(const char *password)
{
	struct pair p;
	SECURITY_STATUS status;

	pair_begin(&p, password);
	status = pair_shake(&p);
	pair_end(&p);
	return status;
}

TEST(accounts_come_and_go)
{
	HANDLE lsa = admin_open();
	OlsaUserInfo info;
	LPSTR sid = NULL;

	CHECK_U64(OlsaUserAdd(lsa, "bob", "Bob B.", "battery staple 9", &sid), STATUS_SUCCESS);
	CHECK(sid && strncmp(sid, "S-1-5-21-", 9) == 0);
	CHECK_U64(OlsaUserAdd(lsa, "bob", "", "x", NULL), STATUS_USER_EXISTS);
	CHECK_U64(OlsaUserGet(lsa, 0, "bob", &info), STATUS_SUCCESS);
	CHECK_TEXT(info.Name, "bob");
	CHECK_TEXT(info.FullName, "Bob B.");
	CHECK_TEXT(info.Sid, sid);
	CHECK(info.PasswordLastSet != 0 && info.Flags == 0 && info.FailedAttempts == 0);
	OlsaUserFree(&info);
	CHECK(!info.Name && !info.Sid);
	CHECK_U64(FreeContextBuffer(sid), SEC_E_OK);
	CHECK_U64(OlsaUserDelete(lsa, "bob"), STATUS_SUCCESS);
	CHECK_U64(OlsaUserDelete(lsa, "bob"), STATUS_NO_SUCH_USER);
	CHECK_U64(OlsaUserGet(lsa, 0, "bob", &info), STATUS_NO_SUCH_USER);
	CHECK_U64(OlsaUserSetPassword(lsa, "bob", "x"), STATUS_NO_SUCH_USER);
	CHECK_U64(OlsaUserLock(lsa, "bob", TRUE), STATUS_NO_SUCH_USER);
	CHECK_U64(OlsaUserDisable(lsa, "bob", TRUE), STATUS_NO_SUCH_USER);
	CHECK_U64(OlsaUserDisable(lsa, "bob", FALSE), STATUS_NO_SUCH_USER);
	OlsaUserFree(NULL);
	LsaDeregisterLogonProcess(lsa);
}

TEST(accounts_in_order)
{
	HANDLE lsa = admin_open();
	OlsaUserInfo info;
	NTSTATUS status;
	unsigned n = 0;
	bool alice = false;

	while ((status = OlsaUserGet(lsa, n, NULL, &info)) == STATUS_SUCCESS && n < 100) {
		alice = alice || strcmp(info.Name, API_USER) == 0;
		OlsaUserFree(&info);
		n++;
	}
	CHECK_U64(status, STATUS_NO_MORE_ENTRIES);
	CHECK(alice);
	LsaDeregisterLogonProcess(lsa);
}

TEST(passwords_and_locks)
{
	HANDLE lsa = admin_open();
	OlsaUserInfo info;

	CHECK_U64(OlsaUserSetPassword(lsa, API_USER, "set by an admin 1"), STATUS_SUCCESS);
	CHECK_U64(logs_on(API_PASSWORD), SEC_E_LOGON_DENIED);
	CHECK_U64(logs_on("set by an admin 1"), SEC_E_OK);
	CHECK_U64(OlsaUserSetPassword(lsa, API_USER, API_PASSWORD), STATUS_SUCCESS);
	CHECK_U64(OlsaUserLock(lsa, API_USER, TRUE), STATUS_SUCCESS);
	CHECK_U64(logs_on(API_PASSWORD), SEC_E_LOGON_DENIED);
	CHECK_U64(OlsaUserGet(lsa, 0, API_USER, &info), STATUS_SUCCESS);
	CHECK(info.Flags & OLSA_USER_LOCKED);
	OlsaUserFree(&info);
	CHECK_U64(OlsaUserLock(lsa, API_USER, FALSE), STATUS_SUCCESS);
	CHECK_U64(logs_on(API_PASSWORD), SEC_E_OK);
	LsaDeregisterLogonProcess(lsa);
}

/* To its peer a disabled account is a wrong password, whatever password is given; and it stays locked or not besides. */
TEST(disabled_and_enabled)
{
	HANDLE lsa = admin_open();
	OlsaUserInfo info;

	CHECK_U64(OlsaUserDisable(lsa, API_USER, FALSE), STATUS_SUCCESS);
	CHECK_U64(OlsaUserDisable(lsa, API_USER, TRUE), STATUS_SUCCESS);
	CHECK_U64(OlsaUserGet(lsa, 0, API_USER, &info), STATUS_SUCCESS);
	CHECK_U64(info.Flags, OLSA_USER_DISABLED);
	OlsaUserFree(&info);
	CHECK_U64(logs_on(API_PASSWORD), SEC_E_LOGON_DENIED);
	CHECK_U64(logs_on("a wrong one"), SEC_E_LOGON_DENIED);
	CHECK_U64(OlsaUserLock(lsa, API_USER, TRUE), STATUS_SUCCESS);
	CHECK_U64(OlsaUserDisable(lsa, API_USER, FALSE), STATUS_SUCCESS);
	CHECK_U64(logs_on(API_PASSWORD), SEC_E_LOGON_DENIED);
	CHECK_U64(OlsaUserLock(lsa, API_USER, FALSE), STATUS_SUCCESS);
	CHECK_U64(logs_on(API_PASSWORD), SEC_E_OK);
	CHECK_U64(OlsaUserGet(lsa, 0, API_USER, &info), STATUS_SUCCESS);
	CHECK_U64(info.Flags, 0);
	OlsaUserFree(&info);
	LsaDeregisterLogonProcess(lsa);
}

TEST(policy_values)
{
	HANDLE lsa = admin_open();
	OlsaPolicyInfo info, again;
	NTSTATUS status;
	ULONG n = 0, other;

	while ((status = OlsaPolicyGet(lsa, n, NULL, &info)) == STATUS_SUCCESS && n < 100) {
		CHECK(info.Name[0] && info.Least <= info.Value && info.Value <= info.Most);
		n++;
	}
	CHECK_U64(status, STATUS_NO_MORE_ENTRIES);
	CHECK(n > 0);
	CHECK_U64(OlsaPolicyGet(lsa, 0, NULL, &info), STATUS_SUCCESS);
	other = info.Value == info.Most ? info.Least : info.Value + 1;
	CHECK_U64(OlsaPolicySet(lsa, info.Name, other), STATUS_SUCCESS);
	CHECK_U64(OlsaPolicyGet(lsa, 0, info.Name, &again), STATUS_SUCCESS);
	CHECK_U64(again.Value, other);
	CHECK_U64(OlsaPolicySet(lsa, info.Name, info.Value), STATUS_SUCCESS);
	if (info.Most != UINT32_MAX)
		CHECK_U64(OlsaPolicySet(lsa, info.Name, info.Most + 1), STATUS_INVALID_PARAMETER);
	CHECK_U64(OlsaPolicyGet(lsa, 0, "no such value", &info), STATUS_OBJECT_NAME_NOT_FOUND);
	CHECK_U64(OlsaPolicySet(lsa, "no such value", 1), STATUS_OBJECT_NAME_NOT_FOUND);
	LsaDeregisterLogonProcess(lsa);
}

TEST(the_lsa_about_itself)
{
	HANDLE lsa = admin_open();
	OlsaStatusInfo info, later;

	CHECK_U64(OlsaPing(lsa), STATUS_SUCCESS);
	CHECK_U64(OlsaStatus(lsa, &info), STATUS_SUCCESS);
	CHECK_U64(info.Mode, OlsaMode());
	CHECK(info.Computer[0] && strncmp(info.Sid, "S-1-5-21-", 9) == 0 && info.Links >= 1 && info.Started);
	CHECK_U64(logs_on(API_PASSWORD), SEC_E_OK);
	CHECK_U64(OlsaStatus(lsa, &later), STATUS_SUCCESS);
	CHECK(later.Handshakes > info.Handshakes);
	LsaDeregisterLogonProcess(lsa);
	CHECK_U64(OlsaStatus(lsa, &info), STATUS_INVALID_HANDLE);
	CHECK_U64(OlsaPing(lsa), STATUS_INVALID_HANDLE);
}

/* An untrusted connection may look at policy and may change nothing. */
TEST(ranks)
{
	OlsaPolicyInfo info;
	HANDLE lsa = NULL;

	CHECK_U64(LsaConnectUntrusted(&lsa), STATUS_SUCCESS);
	CHECK_U64(OlsaPolicyGet(lsa, 0, NULL, &info), STATUS_SUCCESS);
	CHECK_U64(OlsaPolicySet(lsa, info.Name, info.Value), STATUS_ACCESS_DENIED);
	CHECK_U64(OlsaUserAdd(lsa, "mallory", "", "x", NULL), STATUS_ACCESS_DENIED);
	CHECK_U64(OlsaUserSetPassword(lsa, API_USER, "x"), STATUS_ACCESS_DENIED);
	CHECK_U64(OlsaUserDelete(lsa, API_USER), STATUS_ACCESS_DENIED);
	CHECK_U64(OlsaUserDisable(lsa, API_USER, TRUE), STATUS_ACCESS_DENIED);
	LsaDeregisterLogonProcess(lsa);
}

TEST(tokens_and_statuses_as_text)
{
	static const unsigned char negotiate[] = { 'N', 'T', 'L', 'M', 'S', 'S', 'P', 0, 1, 0, 0, 0, 7, 0x82, 8, 0xA2,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0x61, 0x4A, 0, 0, 0, 15 };
	LPSTR text = NULL;

	CHECK_U64(OlsaDecodeToken(negotiate, sizeof negotiate, OLSA_DECODE_TREE, &text), SEC_E_OK);
	CHECK(text && strstr(text, "NEGOTIATE"));
	CHECK_U64(FreeContextBuffer(text), SEC_E_OK);
	CHECK_U64(OlsaDecodeToken(negotiate, sizeof negotiate, OLSA_DECODE_JSON, &text), SEC_E_OK);
	CHECK(text && text[0] == '{');
	CHECK_U64(FreeContextBuffer(text), SEC_E_OK);
	text = NULL;
	CHECK_U64(OlsaDecodeToken("nonsense", 8, OLSA_DECODE_TREE, &text), SEC_E_INVALID_TOKEN);
	CHECK_U64(OlsaDecodeToken(NULL, 0, OLSA_DECODE_TREE, &text), SEC_E_INVALID_TOKEN);
	CHECK(!text);
	CHECK_TEXT(OlsaStatusName((LONG)SEC_E_LOGON_DENIED), "SEC_E_LOGON_DENIED");
	CHECK_TEXT(OlsaStatusName(STATUS_NO_SUCH_USER), "STATUS_NO_SUCH_USER");
	CHECK(!OlsaStatusName((LONG)0xC0EEEEEE));
	CHECK_U64(OlsaExplain((LONG)SEC_E_LOGON_DENIED, NULL, &text), SEC_E_OK);
	CHECK(text && *text);
	CHECK_U64(FreeContextBuffer(text), SEC_E_OK);
}

int
main(void)
{
	api_begin();
	RUN(accounts_come_and_go);
	RUN(accounts_in_order);
	RUN(passwords_and_locks);
	RUN(disabled_and_enabled);
	RUN(policy_values);
	RUN(the_lsa_about_itself);
	RUN(ranks);
	RUN(tokens_and_statuses_as_text);
	return check_end();
}
