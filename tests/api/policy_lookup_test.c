/*
 * policy_lookup_test.c - secur32/lookup.c with lsa/serve_lookup.c and
 * base/wellknown.c behind it: names to SIDs, SIDs to names, both forms of
 * each; who the caller is. Spec lsa-policy 6, 9.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/sid.h"
#include "base/wellknown.h"
#include "tests/api/policy.h"

/* In place of libc's: "crowd" has so many members that it wants 100,000 bytes. */
#define CROWD	7654321u

static int
crowd(struct group *g, size_t len, struct group **ret)
{
	static char name[] = "crowd";

	*ret = NULL;
	if (len < 100000)
		return ERANGE;
	*g = (struct group){ .gr_name = name, .gr_gid = CROWD };
	*ret = g;
	return 0;
}

int
getgrgid_r(gid_t gid, struct group *g, char *at, size_t len, struct group **ret)
{
	static char root[] = "root";

	(void)at;
	if (gid == CROWD)
		return crowd(g, len, ret);
	*ret = NULL;
	if (gid == 0) {
		*g = (struct group){ .gr_name = root };
		*ret = g;
	}
	return 0;
}

int
getgrnam_r(const char *name, struct group *g, char *at, size_t len, struct group **ret)
{
	(void)at;
	*ret = NULL;
	return strcmp(name, "crowd") == 0 ? crowd(g, len, ret) : 0;
}

static bool
is_sid(PSID sid, const char *text)
{
	struct reader r;
	char got[SID_TEXT_MAX];
	struct sid s;
	const SID *at = sid;

	if (!at)
		return false;
	r = reader_of(bytes_of(at, 8u + 4u * at->SubAuthorityCount));
	sid_take(&s, &r);
	return reader_done(&r) && strcmp(sid_text(&s, got), text) == 0;
}

/* 9.2: as Wine's test has seen Windows answer. */
TEST(local_service)
{
	LSA_HANDLE h = policy_open_for(POLICY_LOOKUP_NAMES);
	LSA_UNICODE_STRING names[3] = { *U("LOCAL SERVICE"), *U("LOCAL SERVIC"), *U("NT AUTHORITY\\LocalService") };
	LSA_REFERENCED_DOMAIN_LIST *domains = NULL;
	LSA_TRANSLATED_SID2 *sids = NULL;
	LSA_TRANSLATED_SID *rids = NULL;

	CHECK_ST(LsaLookupNames2(h, 0, 3, names, &domains, &sids), STATUS_SOME_NOT_MAPPED);
	CHECK(sids[0].Use == SidTypeWellKnownGroup && sids[1].Use == SidTypeUnknown && sids[2].Use == SidTypeWellKnownGroup);
	CHECK(is_sid(sids[0].Sid, "S-1-5-19") && sids[1].Sid == NULL && is_sid(sids[2].Sid, "S-1-5-19"));
	CHECK(sids[0].DomainIndex == 0 && sids[1].DomainIndex == -1 && sids[2].DomainIndex == 0);
	CHECK(domains->Entries == 1 && is_text(&domains->Domains[0].Name, "NT AUTHORITY") && is_sid(domains->Domains[0].Sid, "S-1-5"));
	/* One block, in rising order. */
	CHECK((char *)domains < (char *)domains->Domains && (char *)domains->Domains < (char *)domains->Domains[0].Sid);
	LsaFreeMemory(domains);
	LsaFreeMemory(sids);
	CHECK_ST(LsaLookupNames(h, 3, names, &domains, &rids), STATUS_SOME_NOT_MAPPED);
	CHECK(rids[0].RelativeId == 19 && rids[0].DomainIndex == 0 && rids[1].Use == SidTypeUnknown && rids[1].DomainIndex == -1);
	LsaFreeMemory(domains);
	LsaFreeMemory(rids);
	/* 9.3 */
	CHECK_ST(LsaLookupNames2(h, 0, 1, &names[1], &domains, &sids), STATUS_NONE_MAPPED);
	CHECK(domains && domains->Entries == 0 && sids && sids[0].Use == SidTypeUnknown && sids[0].Sid == NULL);
	CHECK_ST(LsaFreeMemory(domains), STATUS_SUCCESS);
	CHECK_ST(LsaFreeMemory(sids), STATUS_SUCCESS);
	LsaClose(h);
}

TEST(whole_table_both_ways)
{
	LSA_HANDLE h = policy_open_for(POLICY_LOOKUP_NAMES);
	const struct well_known *w;

	for (size_t i = 0; (w = well_known_at(i)) != NULL; i++) {
		LSA_REFERENCED_DOMAIN_LIST *domains = NULL;
		LSA_TRANSLATED_NAME *names = NULL;
		LSA_TRANSLATED_SID2 *sids = NULL;
		uint8_t binary[SID_SIZE_MAX];
		struct writer out = writer_of(binary, sizeof binary);
		struct sid sid;
		PSID at = binary;
		char full[128];

		CHECK(sid_of_text(&sid, bytes_of_text(w->sid)));
		sid_put(&out, &sid);
		CHECK_ST(LsaLookupSids(h, 1, &at, &domains, &names), STATUS_SUCCESS);
		CHECK(names[0].Use == (SID_NAME_USE)w->use && is_text(&names[0].Name, w->name) && names[0].DomainIndex == 0);
		CHECK(domains->Entries == 1 && is_text(&domains->Domains[0].Name, w->domain));
		LsaFreeMemory(domains);
		LsaFreeMemory(names);
		(void)snprintf(full, sizeof full, "%s%s%s", w->domain, *w->domain ? "\\" : "", w->name);
		CHECK_ST(LsaLookupNames2(h, 0, 1, U(full), &domains, &sids), STATUS_SUCCESS);
		CHECK(sids[0].Use == (SID_NAME_USE)w->use && is_sid(sids[0].Sid, w->sid));
		LsaFreeMemory(domains);
		LsaFreeMemory(sids);
	}
	LsaClose(h);
}

/* One name: its use, and its SID where a text is given. */
static void
one_name(LSA_HANDLE h, const char *name, SID_NAME_USE use, const char *sid)
{
	LSA_REFERENCED_DOMAIN_LIST *domains = NULL;
	LSA_TRANSLATED_SID2 *sids = NULL;
	NTSTATUS status = LsaLookupNames2(h, LSA_LOOKUP_ISOLATED_AS_LOCAL, 1, U(name), &domains, &sids);

	if (!CHECK(use == SidTypeUnknown ? status == STATUS_NONE_MAPPED : status == STATUS_SUCCESS) ||
	    !CHECK(sids && sids[0].Use == use && (!sid || is_sid(sids[0].Sid, sid))))
		fprintf(stderr, "    %s\n", name);
	LsaFreeMemory(domains);
	LsaFreeMemory(sids);
}

static void
one_sid(LSA_HANDLE h, const char *text, SID_NAME_USE use, const char *name, const char *domain)
{
	LSA_REFERENCED_DOMAIN_LIST *domains = NULL;
	LSA_TRANSLATED_NAME *names = NULL;
	uint8_t binary[SID_SIZE_MAX];
	struct writer w = writer_of(binary, sizeof binary);
	PSID at = binary;
	struct sid sid;

	CHECK(sid_of_text(&sid, bytes_of_text(text)));
	sid_put(&w, &sid);
	(void)LsaLookupSids2(h, 0, 1, &at, &domains, &names);
	if (!CHECK(names && names[0].Use == use && is_text(&names[0].Name, name)) ||
	    !CHECK(domain ? domains->Entries == 1 && is_text(&domains->Domains[0].Name, domain) :
	    domains->Entries == 0 && names[0].DomainIndex == -1))
		fprintf(stderr, "    %s\n", text);
	LsaFreeMemory(domains);
	LsaFreeMemory(names);
}

TEST(this_machine)
{
	LSA_HANDLE h = policy_open_for(POLICY_LOOKUP_NAMES), lsa = NULL;
	LSA_STRING name = { 11, 11, (char *)(uintptr_t)"lookup-test" };
	LSA_OPERATIONAL_MODE mode;
	OlsaStatusInfo info;
	OlsaUserInfo user;
	char text[300];

	CHECK_ST(LsaRegisterLogonProcess(&name, &lsa, &mode), STATUS_SUCCESS);
	CHECK_ST(OlsaStatus(lsa, &info), STATUS_SUCCESS);
	CHECK_ST(OlsaUserGet(lsa, 0, API_USER, &user), STATUS_SUCCESS);
	one_name(h, "ALICE", SidTypeUser, user.Sid);
	one_name(h, "alice@localhost.invalid", SidTypeUnknown, NULL);
	(void)snprintf(text, sizeof text, "%s\\alice", info.Computer);
	one_name(h, text, SidTypeUser, user.Sid);
	one_name(h, ".\\alice", SidTypeUser, user.Sid);
	one_name(h, "ELSEWHERE\\alice", SidTypeUnknown, NULL);
	(void)snprintf(text, sizeof text, "%s\\nobody here", info.Computer);
	one_name(h, text, SidTypeUnknown, NULL);
	(void)snprintf(text, sizeof text, "alice@%s", info.Computer);
	one_name(h, text, SidTypeUser, user.Sid);
	one_name(h, info.Computer, SidTypeDomain, info.Sid);
	one_name(h, "BUILTIN", SidTypeDomain, "S-1-5-32");
	one_name(h, "administrators", SidTypeAlias, "S-1-5-32-544");
	one_name(h, "everyone", SidTypeWellKnownGroup, "S-1-1-0");
	one_name(h, "BUILTIN\\everyone", SidTypeUnknown, NULL);	/* a domain is a domain */
	one_name(h, "Unix User\\12345678", SidTypeUser, "S-1-22-1-12345678");
	one_name(h, "", SidTypeUnknown, NULL);
	one_sid(h, user.Sid, SidTypeUser, API_USER, info.Computer);
	(void)snprintf(text, sizeof text, "%s-500", info.Sid);
	one_sid(h, text, SidTypeUser, "Administrator", info.Computer);
	(void)snprintf(text, sizeof text, "%s-999999", info.Sid);
	one_sid(h, text, SidTypeUnknown, "999999", info.Computer);
	one_sid(h, info.Sid, SidTypeDomain, "", info.Computer);
	one_sid(h, "S-1-5-32-9999", SidTypeUnknown, "9999", "BUILTIN");
	one_sid(h, "S-1-5-21-1-2-3-1000", SidTypeUnknown, "S-1-5-21-1-2-3-1000", NULL);
	one_sid(h, "S-1-5-5-12-345", SidTypeLogonSession, "LogonSessionId_12_345", "NT AUTHORITY");
	one_sid(h, "S-1-22-1-0", SidTypeUser, "root", "Unix User");
	one_sid(h, "S-1-22-1-12345678", SidTypeUser, "12345678", "Unix User");
	one_sid(h, "S-1-22-2-0", SidTypeGroup, "root", "Unix Group");
	one_sid(h, "S-1-22-2-7654321", SidTypeGroup, "crowd", "Unix Group");
	one_name(h, "unix group\\crowd", SidTypeGroup, "S-1-22-2-7654321");
	one_name(h, "Unix User\\root", SidTypeUser, "S-1-22-1-0");
	OlsaUserFree(&user);
	LsaDeregisterLogonProcess(lsa);
	LsaClose(h);
}

TEST(many_and_too_many)
{
	LSA_HANDLE h = policy_open_for(POLICY_LOOKUP_NAMES), other = policy_open_for(POLICY_VIEW_LOCAL_INFORMATION);
	LSA_UNICODE_STRING *names = calloc(1001, sizeof *names);
	struct a_sid *room = calloc(1001, sizeof *room);
	PSID *at = calloc(1001, sizeof *at);
	LSA_REFERENCED_DOMAIN_LIST *domains = (void *)1;
	LSA_TRANSLATED_SID2 *sids = (void *)1;
	LSA_TRANSLATED_NAME *back = (void *)1;
	static struct wide texts[3];
	bool good = true;

	wide_set(&texts[0], "Everyone");
	wide_set(&texts[1], "BUILTIN\\Users");
	wide_set(&texts[2], "nobody knows me");
	for (unsigned i = 0; i < 1001; i++) {
		names[i] = texts[i % 3].s;
		room[i] = SIDV(5, 32, 544);
		at[i] = &room[i];
	}
	CHECK_ST(LsaLookupNames2(h, 0, 1001, names, &domains, &sids), STATUS_TOO_MANY_NAMES);
	CHECK(domains == NULL && sids == NULL);
	CHECK_ST(LsaLookupNames2(h, 0, 1000, names, &domains, &sids), STATUS_SOME_NOT_MAPPED);
	CHECK_U64(domains->Entries, 2);
	for (unsigned i = 0; i < 1000; i++)
		good = good && sids[i].Use == (i % 3 == 0 ? SidTypeWellKnownGroup : i % 3 == 1 ? SidTypeAlias : SidTypeUnknown) &&
		    sids[i].DomainIndex == (i % 3 == 2 ? -1 : (LONG)(i % 3));
	CHECK(good);
	LsaFreeMemory(domains);
	LsaFreeMemory(sids);
	CHECK_ST(LsaLookupNames2(h, 0, 0, NULL, &domains, &sids), STATUS_SUCCESS);
	CHECK(domains && domains->Entries == 0 && sids);
	LsaFreeMemory(domains);
	LsaFreeMemory(sids);
	CHECK_ST(LsaLookupNames2(h, 1, 1, names, &domains, &sids), STATUS_INVALID_PARAMETER);
	CHECK_ST(LsaLookupNames2(other, 0, 1, names, &domains, &sids), STATUS_ACCESS_DENIED);
	CHECK_ST(LsaLookupSids(h, 1000, at, &domains, &back), STATUS_SUCCESS);
	CHECK(domains->Entries == 1 && is_text(&back[999].Name, "Administrators"));
	LsaFreeMemory(domains);
	LsaFreeMemory(back);
	CHECK_ST(LsaLookupSids(h, 1001, at, &domains, &back), STATUS_TOO_MANY_SIDS);
	room[1].sid.Revision = 3;
	CHECK_ST(LsaLookupSids(h, 2, at, &domains, &back), STATUS_INVALID_PARAMETER);
	at[0] = NULL;
	CHECK_ST(LsaLookupSids(h, 1, at, &domains, &back), STATUS_INVALID_PARAMETER);
	CHECK_ST(LsaLookupSids2(h, 1, 1, at, &domains, &back), STATUS_INVALID_PARAMETER);
	free(names);
	free(room);
	free(at);
	LsaClose(h);
	LsaClose(other);
}

TEST(who_i_am)
{
	LSA_UNICODE_STRING *user = NULL, *domain = NULL;
	struct passwd *pw = getpwuid(geteuid());

	CHECK_ST(LsaGetUserName(&user, &domain), STATUS_SUCCESS);
	if (geteuid() == 0)
		CHECK(is_text(user, "SYSTEM") && is_text(domain, "NT AUTHORITY"));
	else if (pw)
		CHECK(is_text(user, pw->pw_name) && is_text(domain, "Unix User"));
	LsaFreeMemory(user);
	LsaFreeMemory(domain);
	CHECK_ST(LsaGetUserName(NULL, &domain), STATUS_INVALID_PARAMETER);
	CHECK_ST(LsaChangePassword(NULL, NULL, U(API_USER), U(API_PASSWORD), U("another one 8")), STATUS_SUCCESS);
	CHECK_ST(LsaChangePassword(NULL, NULL, U(API_USER), U("another one 8"), U(API_PASSWORD)), STATUS_SUCCESS);
	CHECK_ST(LsaChangePassword(U("elsewhere"), NULL, U(API_USER), U("a"), U("b")), STATUS_UNSUCCESSFUL);
}

int
main(void)
{
	api_begin();
	RUN(local_service);
	RUN(whole_table_both_ways);
	RUN(this_machine);
	RUN(many_and_too_many);
	RUN(who_i_am);
	return check_end();
}
