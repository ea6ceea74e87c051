/*
 * status_test.c - fixed points of the status table and its three readers.
 * Covers base/status.c.
 */
#include "base/status.h"

#include <stddef.h>

#include "tests/check.h"

typedef int32_t NTSTATUS;
typedef int32_t HRESULT;

#include "ntstatus.h"
#include "winerror.h"

/* Given by Microsoft's documentation or long known; the rest is a generated table. */
static const struct {
	NTSTATUS status;
	uint32_t win32;
} win32_rows[] = {
	{ STATUS_SUCCESS,			0 },
	{ STATUS_OBJECT_NAME_NOT_FOUND,		2 },
	{ STATUS_INSUFFICIENT_RESOURCES,	1450 },
	{ STATUS_UNSUCCESSFUL,			31 },
	{ STATUS_NO_SUCH_PRIVILEGE,		1313 },
	{ STATUS_INTERNAL_DB_ERROR,		1383 },
	{ STATUS_INVALID_SERVER_STATE,		1352 },
	{ STATUS_ACCESS_DENIED,			5 },
	{ STATUS_INVALID_HANDLE,		6 },
	{ STATUS_INVALID_PARAMETER,		87 },
	{ STATUS_NONE_MAPPED,			1332 },
	{ STATUS_LOGON_FAILURE,			1326 },
	{ STATUS_ACCOUNT_RESTRICTION,		1327 },
	{ STATUS_INVALID_LOGON_HOURS,		1328 },
	{ STATUS_INVALID_WORKSTATION,		1329 },
	{ STATUS_PASSWORD_EXPIRED,		1330 },
	{ STATUS_ACCOUNT_DISABLED,		1331 },
	{ STATUS_NO_LOGON_SERVERS,		1311 },
	{ STATUS_NO_SUCH_PACKAGE,		1364 },
	{ STATUS_LOGON_TYPE_NOT_GRANTED,	1385 },
	{ STATUS_PASSWORD_MUST_CHANGE,		1907 },
	{ STATUS_ACCOUNT_LOCKED_OUT,		1909 },
	{ STATUS_BAD_BINDINGS,			0x80090346 },
	{ (NTSTATUS)0xC0020017,			1722 },	/* RPC_S_SERVER_UNAVAILABLE, no name here */
	{ (NTSTATUS)0xC0FFEE00,			317 },
	{ (NTSTATUS)0xFFFFFFFF,			317 },
	{ 4,					317 },
};

TEST(win32_fixed_points)
{
	for (size_t i = 0; i < sizeof win32_rows / sizeof win32_rows[0]; i++)
		CHECK_U64(status_to_win32((uint32_t)win32_rows[i].status), win32_rows[i].win32);
}

static const struct {
	uint32_t code;
	const char *name;
} name_rows[] = {
	{ 0,		"STATUS_SUCCESS" },
	{ 1,		"STATUS_WAIT_1" },
	{ 0x00000080,	"STATUS_ABANDONED" },
	{ 0x00000103,	"STATUS_PENDING" },
	{ 0x00090312,	"SEC_I_CONTINUE_NEEDED" },
	{ 0x80090302,	"SEC_E_UNSUPPORTED_FUNCTION" },
	{ 0x80090304,	"SEC_E_INTERNAL_ERROR" },
	{ 0x80090308,	"SEC_E_INVALID_TOKEN" },
	{ 0x8009030C,	"SEC_E_LOGON_DENIED" },
	{ 0x80090005,	"NTE_BAD_DATA" },
	{ 0x80070005,	"E_ACCESSDENIED" },
	{ 0xC000006D,	"STATUS_LOGON_FAILURE" },
	{ 0xC0020016,	NULL },
	{ 0xC0FFEE00,	NULL },
	{ 0xFFFFFFFF,	NULL },
};

TEST(names)
{
	for (size_t i = 0; i < sizeof name_rows / sizeof name_rows[0]; i++)
		CHECK_TEXT(status_name(name_rows[i].code), name_rows[i].name);
}

TEST(texts)
{
	CHECK(status_text(0) != NULL);
	CHECK(status_text((uint32_t)SEC_E_LOGON_DENIED) != NULL);
	CHECK(status_text((uint32_t)STATUS_LOGON_FAILURE) != NULL);
	CHECK(status_text(0xC0FFEE00) == NULL);
	for (uint32_t low = 0; low < 0x500; low++) {
		/* Whatever has a sentence has a name, and a sentence ends. */
		for (int i = 0; i < 4; i++) {
			uint32_t code = low | (uint32_t[]){ 0, 0xC0000000, 0x80090000, 0x00090000 }[i];
			const char *text = status_text(code);

			if (text) {
				CHECK(status_name(code) != NULL);
				CHECK(text[strlen(text) - 1] == '.');
			}
		}
	}
}

static const struct {
	int32_t status, sec;
} sec_rows[] = {
	{ STATUS_SUCCESS,		SEC_E_OK },
	{ SEC_I_CONTINUE_NEEDED,	SEC_I_CONTINUE_NEEDED },
	{ SEC_E_INVALID_TOKEN,		SEC_E_INVALID_TOKEN },
	{ SEC_E_BAD_BINDINGS,		SEC_E_BAD_BINDINGS },
	{ STATUS_LOGON_FAILURE,		SEC_E_LOGON_DENIED },
	{ STATUS_WRONG_PASSWORD,	SEC_E_LOGON_DENIED },
	{ STATUS_NO_SUCH_USER,		SEC_E_LOGON_DENIED },
	{ STATUS_ACCOUNT_LOCKED_OUT,	SEC_E_LOGON_DENIED },
	{ STATUS_LOGON_TYPE_NOT_GRANTED, SEC_E_LOGON_DENIED },
	{ STATUS_NO_MEMORY,		SEC_E_INSUFFICIENT_MEMORY },
	{ STATUS_QUOTA_EXCEEDED,	SEC_E_INSUFFICIENT_MEMORY },
	{ STATUS_INVALID_HANDLE,	SEC_E_INVALID_HANDLE },
	{ STATUS_NO_SUCH_PACKAGE,	SEC_E_SECPKG_NOT_FOUND },
	{ STATUS_NOT_SUPPORTED,		SEC_E_UNSUPPORTED_FUNCTION },
	{ STATUS_NOT_IMPLEMENTED,	SEC_E_UNSUPPORTED_FUNCTION },
	{ STATUS_BUFFER_TOO_SMALL,	SEC_E_BUFFER_TOO_SMALL },
	{ STATUS_NO_LOGON_SERVERS,	SEC_E_NO_AUTHENTICATING_AUTHORITY },
	{ STATUS_ACCESS_DENIED,		SEC_E_NOT_OWNER },
	{ STATUS_PRIVILEGE_NOT_HELD,	SEC_E_NOT_OWNER },
	{ STATUS_NO_SUCH_LOGON_SESSION,	SEC_E_NO_CREDENTIALS },
	{ STATUS_PASSWORD_RESTRICTION,	STATUS_PASSWORD_RESTRICTION },
	{ STATUS_PENDING,		SEC_E_INTERNAL_ERROR },
	{ STATUS_PORT_DISCONNECTED,	SEC_E_INTERNAL_ERROR },
	{ CERT_E_EXPIRED,		SEC_E_INTERNAL_ERROR },
	{ (int32_t)0xC0FFEE00,		SEC_E_INTERNAL_ERROR },
};

TEST(to_sec)
{
	for (size_t i = 0; i < sizeof sec_rows / sizeof sec_rows[0]; i++)
		CHECK_U64((uint32_t)status_to_sec(sec_rows[i].status), (uint32_t)sec_rows[i].sec);
}

int
main(void)
{
	RUN(win32_fixed_points);
	RUN(names);
	RUN(texts);
	RUN(to_sec);
	return check_end();
}
