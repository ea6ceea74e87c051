/*
 * audit_guard_test.c - who may see and set audit policy, the system lists of
 * all files and keys, and those of the LSA's own objects with the event that
 * they raise; near and far. Covers secur32/audit_guard.c, secur32/policy.c,
 * lsa/serve_audit_guard.c, lsa/serve_policy.c, lsa/edit.c and base/guard.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <grp.h>

#include "tests/api/logon.h"
#include "tests/api/policy.h"
#include "tests/api/trail.h"
#include "tests/check.h"

#define STRANGER	64301u
#define OTHER		64302u
#define SYSTEM_LIST	0x01000000u		/* ACCESS_SYSTEM_SECURITY */
#define FLAG_GRANTED	0x40u
#define FLAG_DENIED	0x80u

static HANDLE lsa;

/* A list of one entry. */
struct list { ACL acl; BYTE type, flags; WORD size; DWORD mask; struct a_sid sid; };

static struct list
list_of(BYTE type, BYTE flags, DWORD mask, const struct a_sid *sid)
{
	WORD size = (WORD)(8 + 8 + 4 * sid->sid.SubAuthorityCount);
	struct list l;

	memset(&l, 0, sizeof l);
	l.acl = (ACL){ .AclRevision = 2, .AclSize = (WORD)(sizeof l.acl + size), .AceCount = 1 };
	l.type = type;
	l.flags = flags;
	l.size = size;
	l.mask = mask;
	l.sid = *sid;
	return l;
}

static bool
refused(BOOLEAN done, DWORD error)
{
	return CHECK(!done) && CHECK_U64(GetLastError(), error);
}

/* What fn says, asked by a child of this uid: far and as root alone. */
static uint32_t
as(uid_t uid, uint32_t (*fn)(void))
{
	gid_t group = (gid_t)uid;
	uint32_t said = 0xDEADDEADu;
	int ends[2];
	pid_t child;

	if (pipe(ends) != 0)
		return said;
	child = fork();
	if (child == 0) {
		alarm(30);
		if (setgroups(1, &group) != 0 || setresgid(group, group, group) != 0 || setresuid(uid, uid, uid) != 0)
			_exit(1);
		said = fn();
		_exit(write(ends[1], &said, sizeof said) == sizeof said ? 0 : 2);
	}
	close(ends[1]);
	if (read(ends[0], &said, sizeof said) != sizeof said)
		said = 0xDEADDEADu;
	close(ends[0]);
	(void)waitpid(child, NULL, 0);
	return said;
}

/* --- what can be asked ------------------------------------------------------------------ */

static uint32_t
done(BOOLEAN good)
{
	return good ? 0 : GetLastError();
}

/* The same, and what was returned goes. */
static uint32_t
seen(BOOLEAN good, void *got)
{
	uint32_t said = done(good);

	if (good)
		AuditFree(got);
	return said;
}

static uint32_t
set_system(void)
{
	AUDIT_POLICY_INFORMATION set = { .AuditSubCategoryGuid = Audit_ObjectAccess_Sam, .AuditingInformation = POLICY_AUDIT_EVENT_SUCCESS };

	return done(AuditSetSystemPolicy(&set, 1));
}

static uint32_t
see_system(void)
{
	AUDIT_POLICY_INFORMATION *is = NULL;
	BOOLEAN good = AuditQuerySystemPolicy(&Audit_ObjectAccess_Sam, 1, &is);

	return seen(good, is);
}

static uint32_t
set_user(void)
{
	AUDIT_POLICY_INFORMATION set = { .AuditSubCategoryGuid = Audit_ObjectAccess_Sam, .AuditingInformation = PER_USER_AUDIT_NONE };
	struct a_sid whom = SIDV(22, 1, 5);

	return done(AuditSetPerUserPolicy(&whom, &set, 1));
}

static uint32_t
see_user(void)
{
	AUDIT_POLICY_INFORMATION *is = NULL;
	struct a_sid whom = SIDV(22, 1, 5);
	BOOLEAN good = AuditQueryPerUserPolicy(&whom, &Audit_ObjectAccess_Sam, 1, &is);

	return seen(good, is);
}

static uint32_t
see_users(void)
{
	POLICY_AUDIT_SID_ARRAY *users = NULL;
	BOOLEAN good = AuditEnumeratePerUserPolicy(&users);

	return seen(good, users);
}

static uint32_t
see_both(void)
{
	AUDIT_POLICY_INFORMATION *is = NULL;
	struct a_sid whom = SIDV(22, 1, 5);
	BOOLEAN good = AuditComputeEffectivePolicyBySid(&whom, &Audit_ObjectAccess_Sam, 1, &is);

	return seen(good, is);
}

static uint32_t
set_misc(void)
{
	struct a_sid whom = SIDV(1, 0);
	struct list l = list_of(2, FLAG_GRANTED, 1, &whom);

	return done(AuditSetGlobalSaclA("File", &l.acl));
}

static uint32_t
see_misc(void)
{
	PACL list = NULL;
	uint32_t said = done(AuditQueryGlobalSaclA("File", &list));

	LocalFree(list);
	return said;
}

static uint32_t
see_guard(void)
{
	PSECURITY_DESCRIPTOR d = NULL;
	BOOLEAN good = AuditQuerySecurity(DACL_SECURITY_INFORMATION, &d);

	return seen(good, d);
}

static uint32_t
set_guard(void)
{
	struct a_sid whom = SIDV(1, 0);
	struct list l = list_of(0, 0, AUDIT_GENERIC_ALL, &whom);
	SECURITY_DESCRIPTOR d = { .Revision = 1, .Control = 4, .Dacl = &l.acl };

	return done(AuditSetSecurity(DACL_SECURITY_INFORMATION, &d));
}

static const struct { uint32_t (*fn)(void); DWORD needs; } calls[] = {
	{ set_system, AUDIT_SET_SYSTEM_POLICY }, { see_system, AUDIT_QUERY_SYSTEM_POLICY }, { set_user, AUDIT_SET_USER_POLICY },
	{ see_user, AUDIT_QUERY_USER_POLICY }, { see_users, AUDIT_ENUMERATE_USERS }, { set_misc, AUDIT_SET_MISC_POLICY },
	{ see_misc, AUDIT_QUERY_MISC_POLICY }, { see_both, AUDIT_QUERY_SYSTEM_POLICY | AUDIT_QUERY_USER_POLICY },
};
#define CALLS (sizeof calls / sizeof *calls)

/* --- the security descriptor of audit policy ------------------------------------------------ */

TEST(what_it_is_at_first)
{
	struct a_sid administrators = SIDV(5, 32, 544);
	SECURITY_DESCRIPTOR_RELATIVE *d = NULL;
	const struct list *first;

	if (CHECK(AuditQuerySecurity(DACL_SECURITY_INFORMATION | SACL_SECURITY_INFORMATION | OWNER_SECURITY_INFORMATION,
	    (PSECURITY_DESCRIPTOR *)&d))) {
		CHECK(d->Revision == 1 && d->Control == 0x8004 && !d->Owner && !d->Group && !d->Sacl && d->Dacl);
		first = (const void *)((const uint8_t *)d + d->Dacl);
		CHECK(first->acl.AceCount == 2 && first->type == 0 && first->mask == AUDIT_GENERIC_READ);
		CHECK(memcmp(&first->sid, &administrators, 16) == 0);	/* not secret */
		AuditFree(d);
	}
}

TEST(what_cannot_be_said)
{
	struct a_sid who = SIDV(1, 0);
	struct list l = list_of(0, 0, 1, &who), odd = list_of(2, 0, 1, &who);
	SECURITY_DESCRIPTOR d = { .Revision = 1, .Control = 4, .Dacl = &l.acl }, none = { .Revision = 1 },
	    wrong = { .Revision = 1, .Control = 4, .Dacl = &odd.acl }, swapped = { .Revision = 1, .Control = 0x10, .Sacl = &l.acl };
	PSECURITY_DESCRIPTOR got = (void *)5;

	CHECK(refused(AuditQuerySecurity(0, &got), ERROR_INVALID_PARAMETER));
	CHECK(refused(AuditQuerySecurity(OWNER_SECURITY_INFORMATION, &got), ERROR_INVALID_PARAMETER) && got == (void *)5);
	CHECK(refused(AuditQuerySecurity(DACL_SECURITY_INFORMATION, NULL), ERROR_INVALID_PARAMETER));
	CHECK(refused(AuditSetSecurity(GROUP_SECURITY_INFORMATION, &d), ERROR_INVALID_PARAMETER));
	CHECK(refused(AuditSetSecurity(DACL_SECURITY_INFORMATION, NULL), ERROR_INVALID_PARAMETER));
	CHECK(refused(AuditSetSecurity(DACL_SECURITY_INFORMATION, &none), ERROR_INVALID_PARAMETER));	/* no list: all could do all */
	CHECK(refused(AuditSetSecurity(DACL_SECURITY_INFORMATION, &wrong), ERROR_INVALID_SECURITY_DESCR));
	CHECK(refused(AuditSetSecurity(SACL_SECURITY_INFORMATION, &swapped), ERROR_INVALID_SECURITY_DESCR));
	l.acl.AceCount = 2;
	CHECK(refused(AuditSetSecurity(DACL_SECURITY_INFORMATION, &d), ERROR_INVALID_SECURITY_DESCR));
}

static void
guard_is(const struct a_sid *who, BYTE type, DWORD mask)
{
	struct list l = list_of(type, 0, mask, who);
	SECURITY_DESCRIPTOR d = { .Revision = 1, .Control = 4, .Dacl = &l.acl };

	CHECK(AuditSetSecurity(DACL_SECURITY_INFORMATION, &d));
}

/* Each call by the one bit that it needs, and by no other; both may be had by a group or by everybody. */
TEST(its_list_decides)
{
	struct a_sid one = SIDV(22, 1, STRANGER), group = SIDV(22, 2, STRANGER), everyone = SIDV(1, 0);
	const struct a_sid *const ways[] = { &one, &group, &everyone };
	long from, to;

	if (!api_far() || geteuid() != 0)
		return;			/* near, who asks is an administrator */
	CHECK(set_misc() == 0);		/* so that there is something to see */
	for (size_t i = 0; i < CALLS; i++)
		CHECK_U64(as(STRANGER, calls[i].fn), ERROR_ACCESS_DENIED);
	for (size_t i = 0; i < CALLS; i++) {
		guard_is(ways[i % 3], 0, calls[i].needs);
		for (size_t j = 0; j < CALLS; j++)
			CHECK_U64(as(STRANGER, calls[j].fn), calls[j].needs & ~calls[i].needs ? ERROR_ACCESS_DENIED : 0);
		CHECK_U64(as(OTHER, calls[i].fn), i % 3 == 2 ? 0 : ERROR_ACCESS_DENIED);
		guard_is(ways[i % 3], 0, AUDIT_GENERIC_ALL & ~calls[i].needs);
		CHECK_U64(as(STRANGER, calls[i].fn), ERROR_ACCESS_DENIED);
		guard_is(ways[i % 3], 1, calls[i].needs);	/* denied; and SeSecurityPrivilege is beyond it */
		CHECK_U64(as(STRANGER, calls[i].fn), ERROR_ACCESS_DENIED);
		CHECK_U64(calls[i].fn(), 0);
	}
	/* All of it is not the privilege: the descriptor itself stays. */
	guard_is(&one, 0, GENERIC_ALL | 0xFFFFFF);
	for (size_t i = 0; i < CALLS; i++)
		CHECK_U64(as(STRANGER, calls[i].fn), 0);
	CHECK_U64(as(STRANGER, see_guard), ERROR_ACCESS_DENIED);
	CHECK_U64(as(STRANGER, set_guard), ERROR_ACCESS_DENIED);
	from = trail_mark(lsa);
	guard_is(&one, 0, AUDIT_GENERIC_READ);
	to = trail_mark(lsa);
	CHECK_U64(trail_count(from, to, 4715, "\"outcome\":\"success\""), 1);
}

/* Who has got it may all, whatever the list says. */
TEST(the_privilege)
{
	struct a_sid one = SIDV(22, 1, STRANGER), nobody = SIDV(5, 7);
	LSA_HANDLE h = policy_open_for(POLICY_ALL_ACCESS);

	guard_is(&nobody, 0, 0);
	for (size_t i = 0; i < CALLS; i++)
		CHECK_U64(calls[i].fn(), 0);
	if (api_far() && geteuid() == 0) {
		CHECK_U64(as(STRANGER, set_system), ERROR_ACCESS_DENIED);
		CHECK_ST(LsaAddAccountRights(h, &one, U("SeSecurityPrivilege"), 1), STATUS_SUCCESS);
		for (size_t i = 0; i < CALLS; i++)
			CHECK_U64(as(STRANGER, calls[i].fn), 0);
		CHECK_U64(as(STRANGER, see_guard), 0);
		CHECK_U64(as(STRANGER, set_guard), 0);
		CHECK_U64(as(OTHER, set_system), 0);		/* as it says now */
		CHECK_ST(LsaRemoveAccountRights(h, &one, TRUE, NULL, 0), STATUS_SUCCESS);
		guard_is(&nobody, 0, 0);
		CHECK_U64(as(STRANGER, set_guard), ERROR_ACCESS_DENIED);
	}
	LsaClose(h);
}

/* Its system list is kept beside the other one, and tells who comes. */
TEST(its_system_list)
{
	struct a_sid everyone = SIDV(1, 0);
	struct list l = list_of(2, FLAG_GRANTED, AUDIT_SET_SYSTEM_POLICY, &everyone);
	SECURITY_DESCRIPTOR d = { .Revision = 1, .Control = 0x10, .Sacl = &l.acl }, none = { .Revision = 1 };
	SECURITY_DESCRIPTOR_RELATIVE *got = NULL;
	long from, to;

	CHECK(AuditSetSecurity(SACL_SECURITY_INFORMATION, &d));
	from = trail_mark(lsa);
	CHECK_U64(set_system(), 0);
	CHECK_U64(see_system(), 0);		/* which it does not name */
	if (api_far() && geteuid() == 0)
		CHECK_U64(as(STRANGER, set_system), ERROR_ACCESS_DENIED);	/* nor what is denied */
	to = trail_mark(lsa);
	CHECK_U64(trail_count(from, to, 4656, "\"ObjectType\":\"AuditPolicyObject\""), 1);
	CHECK_U64(trail_count(from, to, 4656, "\"AccessMask\":\"0x1\""), 1);
	if (CHECK(AuditQuerySecurity(SACL_SECURITY_INFORMATION, (PSECURITY_DESCRIPTOR *)&got))) {
		CHECK(got->Control == 0x8010 && got->Sacl && !got->Dacl);
		CHECK(memcmp((const uint8_t *)got + got->Sacl, &l, l.acl.AclSize) == 0);	/* not secret */
		AuditFree(got);
	}
	CHECK(AuditQuerySecurity(DACL_SECURITY_INFORMATION, (PSECURITY_DESCRIPTOR *)&got) && got->Control == 0x8004);
	AuditFree(got);
	CHECK(AuditSetSecurity(SACL_SECURITY_INFORMATION, &none));
	CHECK(AuditQuerySecurity(SACL_SECURITY_INFORMATION, (PSECURITY_DESCRIPTOR *)&got) && got->Control == 0x8000);
	AuditFree(got);
}

/* --- the lists of all files and keys ---------------------------------------------------------- */

TEST(global_lists)
{
	static const WCHAR key[] = { 'k', 'E', 'Y', 0 }, keys[] = { 'K', 'e', 'y', 's', 0 };
	struct a_sid everyone = SIDV(1, 0), one = SIDV(22, 1, STRANGER);
	struct list first = list_of(2, FLAG_GRANTED, 0x1F01FF, &everyone), second = list_of(2, FLAG_DENIED, 1, &one),
	    allows = list_of(0, 0, 1, &everyone);
	ACL empty = { .AclRevision = 2, .AclSize = sizeof empty }, *got = (void *)5;
	HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
	long from, to;

	CHECK(AuditSetGlobalSaclA("FILE", NULL) && AuditSetGlobalSaclW(key, NULL));
	CHECK(refused(AuditQueryGlobalSaclA("File", &got), ERROR_FILE_NOT_FOUND) && !got);
	CHECK_ST(LsaRegisterPolicyChangeNotification(PolicyNotifyGlobalSaclInformation, event), STATUS_SUCCESS);
	from = trail_mark(lsa);
	CHECK(AuditSetGlobalSaclA("file", &first.acl));
	CHECK_U64(WaitForSingleObject(event, 5000), WAIT_OBJECT_0);
	CHECK(AuditSetGlobalSaclW(key, &second.acl));
	CHECK_U64(WaitForSingleObject(event, 5000), WAIT_OBJECT_0);
	if (CHECK(AuditQueryGlobalSaclA("File", &got))) {
		CHECK(got->AclSize == first.acl.AclSize && memcmp(got, &first, got->AclSize) == 0);	/* not secret */
		CHECK(LocalFree(got) == NULL);
	}
	if (CHECK(AuditQueryGlobalSaclW(key, &got))) {
		CHECK(got->AclSize == second.acl.AclSize && memcmp(got, &second, got->AclSize) == 0);	/* not secret */
		CHECK(LocalFree(got) == NULL);
	}
	CHECK(refused(AuditSetGlobalSaclA("File", &allows.acl), ERROR_INVALID_ACL));
	second.acl.AceCount = 2;
	CHECK(refused(AuditSetGlobalSaclA("File", &second.acl), ERROR_INVALID_ACL));
	CHECK(refused(AuditSetGlobalSaclA("Files", &first.acl), ERROR_INVALID_PARAMETER));
	CHECK(refused(AuditSetGlobalSaclA("", &first.acl), ERROR_INVALID_PARAMETER));
	CHECK(refused(AuditSetGlobalSaclA(NULL, &first.acl), ERROR_INVALID_PARAMETER));
	CHECK(refused(AuditSetGlobalSaclW(keys, &first.acl), ERROR_INVALID_PARAMETER));
	CHECK(refused(AuditQueryGlobalSaclW(NULL, &got), ERROR_INVALID_PARAMETER));
	CHECK(refused(AuditQueryGlobalSaclA("Key", NULL), ERROR_INVALID_PARAMETER));
	CHECK_U64(WaitForSingleObject(event, 100), WAIT_TIMEOUT);	/* nothing of that was a change */
	CHECK(AuditSetGlobalSaclA("File", &empty));			/* which is not none */
	CHECK(AuditQueryGlobalSaclA("File", &got) && got->AclSize == 8 && LocalFree(got) == NULL);
	CHECK(AuditSetGlobalSaclA("File", NULL) && AuditSetGlobalSaclA("Key", NULL));
	CHECK(refused(AuditQueryGlobalSaclA("Key", &got), ERROR_FILE_NOT_FOUND));
	to = trail_mark(lsa);
	CHECK_U64(trail_count(from, to, 4817, "\"ObjectName\":\"File\""), 3);
	CHECK_U64(trail_count(from, to, 4817, "\"ObjectName\":\"Key\""), 2);
	CHECK_ST(LsaUnregisterPolicyChangeNotification(PolicyNotifyGlobalSaclInformation, event), STATUS_SUCCESS);
	CloseHandle(event);
}

/* --- the LSA's own objects -------------------------------------------------------------------- */

static NTSTATUS
system_list(LSA_HANDLE h, const struct list *list)
{
	SECURITY_DESCRIPTOR d = { .Revision = 1, .Control = list ? 0x10 : 0, .Sacl = (PACL)(uintptr_t)list };

	return LsaSetSecurityObject(h, SACL_SECURITY_INFORMATION, &d);
}

static uint32_t
open_policy(void)
{
	LSA_HANDLE h;

	return (uint32_t)LsaOpenPolicy(NULL, NULL, POLICY_VIEW_LOCAL_INFORMATION, &h);
}

static uint32_t
open_policy_whole(void)
{
	LSA_HANDLE h;

	return (uint32_t)LsaOpenPolicy(NULL, NULL, POLICY_ALL_ACCESS, &h);
}

static uint32_t
open_policy_list(void)
{
	LSA_HANDLE h;

	return (uint32_t)LsaOpenPolicy(NULL, NULL, SYSTEM_LIST, &h);
}

/* An entry audits what it names, of whom it names, granted or denied. */
TEST(opened)
{
	struct a_sid everyone = SIDV(1, 0), whom = SIDV(5, 21, 8, 8, 8, 1008), sid = SIDV(5, 21, 4711, 8, 8);
	struct list l = list_of(2, FLAG_GRANTED, POLICY_VIEW_AUDIT_INFORMATION | SECRET_QUERY_VALUE, &everyone),
	    any = list_of(2, FLAG_GRANTED | FLAG_DENIED, GENERIC_ALL, &everyone);
	TRUSTED_DOMAIN_INFORMATION_EX ex = { .Sid = &sid, .TrustDirection = 3, .TrustType = 2 };
	LSA_HANDLE h, again, objects[3];
	SECURITY_DESCRIPTOR_RELATIVE *got = NULL;
	long from, to;

	ex.Name = *U("opened.example");
	ex.FlatName = *U("OPENED");
	h = policy_open_for(SYSTEM_LIST | POLICY_ALL_ACCESS);
	CHECK_ST(system_list(h, &l), STATUS_SUCCESS);
	if (CHECK_ST(LsaQuerySecurityObject(h, SACL_SECURITY_INFORMATION, (PSECURITY_DESCRIPTOR *)&got), STATUS_SUCCESS)) {
		CHECK(got->Control == 0x8010 && memcmp((const uint8_t *)got + got->Sacl, &l, l.acl.AclSize) == 0);	/* not secret */
		LsaFreeMemory(got);
	}
	from = trail_mark(lsa);
	again = policy_open_for(POLICY_VIEW_AUDIT_INFORMATION);
	LsaClose(again);
	again = policy_open_for(POLICY_LOOKUP_NAMES);		/* which no entry names */
	LsaClose(again);
	again = policy_open_for(GENERIC_READ);			/* has it in */
	CHECK_ST(system_list(again, &any), STATUS_ACCESS_DENIED);
	CHECK_ST(LsaQuerySecurityObject(again, SACL_SECURITY_INFORMATION, (PSECURITY_DESCRIPTOR *)&got), STATUS_ACCESS_DENIED);
	LsaClose(again);
	to = trail_mark(lsa);
	CHECK_U64(trail_count(from, to, 4656, "\"ObjectType\":\"PolicyObject\""), 2);
	CHECK_U64(trail_count(from, to, 4656, "\"AccessMask\":\"0x2\""), 1);
	CHECK_ST(system_list(h, NULL), STATUS_SUCCESS);

	/* Accounts, secrets and trusted domains have one each; the other list stays what it was. */
	CHECK_ST(LsaCreateAccount(h, &whom, SYSTEM_LIST | READ_CONTROL | DELETE, &objects[0]), STATUS_SUCCESS);
	CHECK_ST(LsaCreateSecret(h, U("G$opened"), SYSTEM_LIST | SECRET_ALL_ACCESS, &objects[1]), STATUS_SUCCESS);
	CHECK_ST(LsaCreateTrustedDomainEx(h, &ex, NULL, SYSTEM_LIST | 0xF007F, &objects[2]), STATUS_SUCCESS);
	from = trail_mark(lsa);
	for (unsigned i = 0; i < 3; i++)
		CHECK_ST(system_list(objects[i], &any), STATUS_SUCCESS);
	CHECK_ST(LsaOpenAccount(h, &whom, ACCOUNT_VIEW, &again), STATUS_SUCCESS);
	LsaClose(again);
	CHECK_ST(LsaOpenSecret(h, U("G$opened"), SECRET_QUERY_VALUE, &again), STATUS_SUCCESS);
	LsaClose(again);
	CHECK_ST(LsaOpenSecret(h, U("G$opened"), 0x100, &again), STATUS_ACCESS_DENIED);	/* no such right; and no entry for it */
	CHECK_ST(LsaOpenTrustedDomain(h, &sid, 1, &again), STATUS_SUCCESS);
	LsaClose(again);
	to = trail_mark(lsa);
	CHECK_U64(trail_count(from, to, 4656, "\"ObjectType\":\"AccountObject\""), 1);
	CHECK_U64(trail_count(from, to, 4656, "\"TargetSid\":\"S-1-5-21-8-8-8-1008\""), 1);
	CHECK_U64(trail_count(from, to, 4656, "\"ObjectType\":\"SecretObject\""), 1);
	CHECK_U64(trail_count(from, to, 4656, "\"ObjectType\":\"TrustedDomainObject\""), 1);
	CHECK_U64(trail_count(from, to, 4670, "\"outcome\":\"success\""), 3);
	for (unsigned i = 0; i < 3; i++)
		CHECK_ST(LsaDelete(objects[i]), STATUS_SUCCESS);

	if (api_far() && geteuid() == 0) {
		struct a_sid one = SIDV(22, 1, STRANGER);
		struct list denied = list_of(2, FLAG_DENIED, GENERIC_ALL, &one);

		CHECK_ST(system_list(h, &denied), STATUS_SUCCESS);
		from = trail_mark(lsa);
		CHECK_ST(as(STRANGER, open_policy), STATUS_SUCCESS);
		CHECK_ST(as(STRANGER, open_policy_whole), STATUS_ACCESS_DENIED);
		CHECK_ST(as(OTHER, open_policy_whole), STATUS_ACCESS_DENIED);
		CHECK_ST(as(STRANGER, open_policy_list), STATUS_ACCESS_DENIED);
		to = trail_mark(lsa);
		CHECK_U64(trail_count(from, to, 4656, "\"outcome\":\"failure\""), 1);
		CHECK_U64(trail_count(from, to, 4656, "\"status\":\"STATUS_ACCESS_DENIED\""), 1);
		CHECK_ST(system_list(h, NULL), STATUS_SUCCESS);
	}
	LsaClose(h);
}

int
main(void)
{
	api_begin();
	lsa = logon_trusted();
	if (api_far() && geteuid() == 0)
		logon_for_all();
	RUN(what_it_is_at_first);
	RUN(what_cannot_be_said);
	RUN(its_list_decides);
	RUN(the_privilege);
	RUN(its_system_list);
	RUN(global_lists);
	RUN(opened);
	LsaDeregisterLogonProcess(lsa);
	return check_end();
}
