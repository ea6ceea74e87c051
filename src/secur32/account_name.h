/*
 * account_name.h - an account by its SID or its name, through the LSA's
 * policy; and texts put where the application wants them.
 */
#ifndef OPENLSA_SECUR32_ACCOUNT_NAME_H
#define OPENLSA_SECUR32_ACCOUNT_NAME_H

#include <windows.h>

#include "base/bytes.h"
#include "base/sid.h"

#define ACCOUNT_TEXT 2048u

struct account_named {
	char domain[ACCOUNT_TEXT], name[ACCOUNT_TEXT];	/* UTF-8 */
	SID_NAME_USE use;
	uint8_t sid[SID_SIZE_MAX];
	uint32_t sid_len;
};

/* STATUS_NONE_MAPPED, or why the LSA does not say. */
NTSTATUS account_of_sid(struct account_named *ret_account, PSID sid) MUST_CHECK;
NTSTATUS account_of_name(struct account_named *ret_account, struct bytes name) MUST_CHECK;

/* Characters of a text without its NUL, as WCHARs or as UTF-8. It is written, with a NUL, where `room` is enough. */
ULONG text_give(void *to, ULONG room, bool wide, struct bytes utf8);

/* FALSE, with the last error. */
BOOL win32_fail(DWORD error);

#endif
