/*
 * privilege.h - the names of privileges and logon rights. A privilege is a
 * small number (the low half of its LUID), a logon right is a bit of an
 * account's system access. Pure; who holds what is not known here.
 * Values: ntsecapi.h, [MS-LSAD] 3.1.1.2.
 */
#ifndef OPENLSA_BASE_PRIVILEGE_H
#define OPENLSA_BASE_PRIVILEGE_H

#include "base/bytes.h"

#define PRIVILEGE_FIRST	2u
#define PRIVILEGE_LAST	36u
#define PRIVILEGE_TCB	7u
#define PRIVILEGE_SECURITY 8u
#define PRIVILEGE_IMPERSONATE	29u
#define PRIVILEGE_BIT(n) (UINT64_C(1) << (n))
#define PRIVILEGES_ALL	((UINT64_C(1) << (PRIVILEGE_LAST + 1)) - (UINT64_C(1) << PRIVILEGE_FIRST))

enum access_right {
	RIGHT_INTERACTIVE = 0x1, RIGHT_NETWORK = 0x2, RIGHT_BATCH = 0x4, RIGHT_SERVICE = 0x10, RIGHT_PROXY = 0x20,
	DENY_INTERACTIVE = 0x40, DENY_NETWORK = 0x80, DENY_BATCH = 0x100, DENY_SERVICE = 0x200,
	RIGHT_REMOTE = 0x400, DENY_REMOTE = 0x800,
	RIGHTS_ALL = 0xFF7,
};

/* NULL: there is none of this number. */
const char *privilege_name(uint32_t number);
const char *privilege_text(uint32_t number);		/* in English, for people */
/* The i-th logon right that has a name, and its bit; NULL behind the last. */
const char *right_name(unsigned i, uint32_t *ret_bit);

/* By name in UTF-16LE, case does not count. One of the two is set. */
bool right_find(uint64_t *ret_privilege, uint32_t *ret_access, struct bytes utf16) MUST_CHECK;

#endif
