/*
 * privilege_test.c - base/privilege.c, wellknown.c and auditing.c: tables
 * without holes or doubles, against the values of the public headers.
 */
#include "base/privilege.h"

#include <string.h>

#include "base/auditing.h"
#include "base/utf16.h"
#include "base/wellknown.h"
#include "tests/check.h"

static bool
find(const char *name, uint64_t *privilege, uint32_t *access)
{
	uint8_t wide[256];
	struct writer w = writer_of(wide, sizeof wide);

	CHECK(utf16_from_utf8(&w, bytes_of_text(name)));
	return right_find(privilege, access, bytes_of(wide, w.need));
}

static void
privileges(void)
{
	uint64_t privilege, all = 0;
	uint32_t access;

	for (uint32_t i = 0; i <= 64; i++) {
		bool there = i >= PRIVILEGE_FIRST && i <= PRIVILEGE_LAST;

		CHECK(there == (privilege_name(i) != NULL) && there == (privilege_text(i) != NULL));
		if (!there)
			continue;
		CHECK(find(privilege_name(i), &privilege, &access) && privilege == PRIVILEGE_BIT(i) && access == 0);
		all |= privilege;
	}
	CHECK_U64(all, PRIVILEGES_ALL);
	CHECK_TEXT(privilege_name(7), "SeTcbPrivilege");
	CHECK_TEXT(privilege_name(23), "SeChangeNotifyPrivilege");
	CHECK(!find("SeUnsolicitedInputPrivilege", &privilege, &access) && !find("", &privilege, &access));
}

static void
logon_rights(void)
{
	uint64_t privilege;
	uint32_t access, bit, all = 0;

	for (unsigned i = 0; right_name(i, &bit); i++) {
		CHECK(find(right_name(i, &bit), &privilege, &access) && access == bit && privilege == 0 && !(all & bit));
		all |= bit;
	}
	CHECK_U64(all | RIGHT_PROXY, RIGHTS_ALL);
	CHECK(find("seDENYnetworkLOGONright", &privilege, &access) && access == 0x80);
}

static void
well_known(void)
{
	struct sid a, b;

	for (size_t i = 0; well_known_at(i); i++) {
		if (!CHECK(sid_of_text(&a, bytes_of_text(well_known_at(i)->sid))))
			continue;
		CHECK(well_known_at(i)->name[0] && well_known_at(i)->use);
		for (size_t j = 0; j < i; j++)
			CHECK(!(sid_of_text(&b, bytes_of_text(well_known_at(j)->sid)) && sid_same(&a, &b)));
	}
	CHECK(known_domain_at(0) && known_rid_at(0) && !known_domain_at(5) && !known_rid_at(4));
}

static void
auditing(void)
{
	uint8_t bytes[4 + AUDIT_PLACES + 1] = { 0 };
	struct writer w = writer_of(bytes, sizeof bytes);
	struct auditing a, b;

	CHECK(auditing_take(&a, BYTES_NONE) && a.on && a.settings[PLACE_LOGON] == (AUDITS_SUCCESS | AUDITS_FAILURE));
	a.settings[3] = 1;
	auditing_put(&w, &a);
	CHECK(auditing_take(&b, bytes_of(bytes, w.need)) && b.on && memcmp(&a.settings, &b.settings, AUDIT_PLACES) == 0);
	CHECK(!auditing_take(&b, bytes_of(bytes, w.need - 1)) && !auditing_take(&b, bytes_of(bytes, w.need + 1)));
	CHECK_U64(auditing_first(0), 0);
	CHECK_U64(auditing_first(99), AUDIT_PLACES);
	for (uint32_t c = 0; c < AUDIT_CATEGORIES; c++)
		CHECK(auditing_first(c) < auditing_first(c + 1));
}

int
main(void)
{
	RUN(privileges);
	RUN(logon_rights);
	RUN(well_known);
	RUN(auditing);
	return check_end();
}
