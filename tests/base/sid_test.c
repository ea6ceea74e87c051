/*
 * sid_test.c - SIDs as bytes and as text, and their family.
 * Covers base/sid.c.
 */
#include "base/sid.h"

#include "tests/check.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct {
	const char *text, *hex;
} forms[] = {
	{ "S-1-1-0",		"01 01 000000000001 00000000" },
	{ "S-1-5-7",		"01 01 000000000005 07000000" },
	{ "S-1-5-32-544",	"01 02 000000000005 20000000 20020000" },
	{ "S-1-5-21-397955417-626881126-188441444-512",		/* [MS-DTYP] 2.4.2.4's kind of SID */
	  "01 05 000000000005 15000000 5951b817 66725d25 64633b0b 00020000" },
	{ "S-1-22-1-4294967295", "01 02 000000000016 01000000 ffffffff" },
	{ "S-1-4294967295-1",	"01 01 0000ffffffff 01000000" },
	{ "S-1-0x000100000000-1", "01 01 000100000000 01000000" },
	{ "S-1-0xabcdef012345-1-2", "01 02 abcdef012345 01000000 02000000" },
	{ "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-4294967295",
	  "01 0f 000000000005 01000000 02000000 03000000 04000000 05000000 06000000 07000000 08000000"
	  "09000000 0a000000 0b000000 0c000000 0d000000 0e000000 ffffffff" },
};

TEST(text_and_bytes)
{
	for (size_t i = 0; i < COUNT(forms); i++) {
		char text[SID_TEXT_MAX];
		uint8_t bytes[SID_SIZE_MAX];
		struct writer w = writer_of(bytes, sizeof bytes);
		struct sid sid, back;
		struct reader r;

		if (!CHECK(sid_of_text(&sid, bytes_of_text(forms[i].text))))
			continue;
		CHECK_TEXT(sid_text(&sid, text), forms[i].text);
		sid_put(&w, &sid);
		CHECK_U64(w.need, sid_size(&sid));
		CHECK_HEX(bytes, w.need, forms[i].hex);
		r = reader_of(bytes_of(bytes, w.need));
		sid_take(&back, &r);
		CHECK(reader_done(&r));
		CHECK(sid_same(&sid, &back));
		for (size_t cut = 0; cut < w.need; cut++) {
			r = reader_of(bytes_of(bytes, cut));
			sid_take(&back, &r);
			CHECK(!reader_ok(&r) && back.revision == 0 && back.count == 0);
		}
	}
}

static const char *const bad_texts[] = {
	"", "S", "S-", "S-1", "S-1-", "S-1-5", "S-1-5-", "S-2-5-1", "S-1--5-1", "S-1-5--1", "S-1-5-1-", "X-1-5-1",
	" S-1-5-1", "S-1-5-1 ", "S-1-5-01", "S-1-05-1", "S-1-5-00", "S-01-5-1", "S-1-5-4294967296",
	"S-1-5-99999999999", "S-1-5-18446744073709551617", "S-1-4294967296-1", "S-1-5-+1", "S-1-5--1", "S-1-5-1x",
	"S-1-5-0x1", "S-1-0x000000000005-1", "S-1-0x5-1", "S-1-0x-1", "S-1-0x1000000000000-1", "S-1-0x00010000000g-1",
	"S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16", "S-1-5-1\n", "S-1-\xEF\xBC\x95-1",
};

TEST(bad_text_is_refused)
{
	for (size_t i = 0; i < COUNT(bad_texts); i++) {
		struct sid sid = { .count = 77 };

		if (!CHECK(!sid_of_text(&sid, bytes_of_text(bad_texts[i]))))
			fprintf(stderr, "\t%s\n", bad_texts[i]);
		CHECK_U64(sid.count, 77);
	}
	{
		struct sid sid;

		CHECK(!sid_of_text(&sid, bytes_of("S-1-5-1\0", 8)));
		CHECK(sid_of_text(&sid, bytes_of_text("s-1-0X0001ABCDEF00-1")));
	}
}

TEST(bad_bytes_are_refused)
{
	static const uint8_t other_revision[] = { 2, 1, 0, 0, 0, 0, 0, 5, 1, 0, 0, 0 };
	static const uint8_t sixteen[8 + 64] = { 1, 16, 0, 0, 0, 0, 0, 5 };
	struct sid sid = { .count = 77 };
	struct reader r = reader_of(bytes_of(other_revision, sizeof other_revision));

	sid_take(&sid, &r);
	CHECK(!reader_ok(&r) && sid.count == 0);
	r = reader_of(bytes_of(sixteen, sizeof sixteen));
	sid_take(&sid, &r);
	CHECK(!reader_ok(&r) && sid.count == 0);
}

TEST(longest_text_fits)
{
	struct sid sid = sid_root(0xFFFFFFFFFFFF);
	char text[SID_TEXT_MAX];

	for (int i = 0; i < SID_SUB_MAX; i++)
		CHECK(sid_child(&sid, &sid, UINT32_MAX));
	CHECK(!sid_child(&sid, &sid, 1));
	CHECK_U64(strlen(sid_text(&sid, text)), SID_TEXT_MAX - 1);
}

TEST(family)
{
	struct sid domain, child, parent, other;
	uint32_t rid = 0;

	CHECK(sid_of_text(&domain, bytes_of_text("S-1-5-21-1-2-3")));
	CHECK(sid_child(&child, &domain, 1000));
	CHECK(sid_under(&domain, &child) && !sid_under(&child, &domain) && !sid_under(&domain, &domain));
	CHECK(sid_parent(&parent, &rid, &child) && rid == 1000 && sid_same(&parent, &domain));
	CHECK(sid_child(&other, &domain, 1001));
	CHECK(!sid_same(&child, &other) && !sid_same(&child, &domain));
	CHECK(sid_child(&other, &sid_everyone, 1000) && !sid_under(&domain, &other));
	other = child;
	other.sub[SID_SUB_MAX - 1] = 9;			/* beyond count: means nothing */
	CHECK(sid_same(&child, &other));
	parent = sid_root(5);
	CHECK(!sid_parent(&other, &rid, &parent));
}

static const struct {
	const struct sid *sid;
	const char *text;
} known[] = {
	{ &sid_null,			"S-1-0-0" },
	{ &sid_everyone,		"S-1-1-0" },
	{ &sid_local,			"S-1-2-0" },
	{ &sid_console_logon,		"S-1-2-1" },
	{ &sid_creator_owner,		"S-1-3-0" },
	{ &sid_creator_group,		"S-1-3-1" },
	{ &sid_owner_rights,		"S-1-3-4" },
	{ &sid_dialup,			"S-1-5-1" },
	{ &sid_network,			"S-1-5-2" },
	{ &sid_batch,			"S-1-5-3" },
	{ &sid_interactive,		"S-1-5-4" },
	{ &sid_service,			"S-1-5-6" },
	{ &sid_anonymous,		"S-1-5-7" },
	{ &sid_proxy,			"S-1-5-8" },
	{ &sid_self,			"S-1-5-10" },
	{ &sid_authenticated_users,	"S-1-5-11" },
	{ &sid_restricted,		"S-1-5-12" },
	{ &sid_remote_interactive,	"S-1-5-14" },
	{ &sid_this_organization,	"S-1-5-15" },
	{ &sid_iusr,			"S-1-5-17" },
	{ &sid_system,			"S-1-5-18" },
	{ &sid_local_service,		"S-1-5-19" },
	{ &sid_network_service,		"S-1-5-20" },
	{ &sid_builtin,			"S-1-5-32" },
	{ &sid_administrators,		"S-1-5-32-544" },
	{ &sid_users,			"S-1-5-32-545" },
	{ &sid_guests,			"S-1-5-32-546" },
	{ &sid_ntlm_authentication,	"S-1-5-64-10" },
	{ &sid_schannel_authentication,	"S-1-5-64-14" },
	{ &sid_digest_authentication,	"S-1-5-64-21" },
	{ &sid_unix_users,		"S-1-22-1" },
	{ &sid_unix_groups,		"S-1-22-2" },
};

TEST(well_known)
{
	char text[SID_TEXT_MAX];

	for (size_t i = 0; i < COUNT(known); i++)
		CHECK_TEXT(sid_text(known[i].sid, text), known[i].text);
}

TEST(luids)
{
	char text[SID_TEXT_MAX];
	struct luid luid = luid_of(0x89ABCDEF, (int32_t)0x81234567);
	struct sid sid = sid_of_logon(luid_of(123456, 7));

	CHECK_U64(luid.value, 0x8123456789ABCDEF);
	CHECK_U64(luid_low(luid), 0x89ABCDEF);
	CHECK_U64((uint32_t)luid_high(luid), 0x81234567);
	CHECK(luid_same(luid_of(0x3E7, 0), LUID_SYSTEM) && !luid_same(luid, LUID_NONE));
	CHECK_TEXT(sid_text(&sid, text), "S-1-5-5-7-123456");
}

int
main(void)
{
	RUN(text_and_bytes);
	RUN(bad_text_is_refused);
	RUN(bad_bytes_are_refused);
	RUN(longest_text_fits);
	RUN(family);
	RUN(well_known);
	RUN(luids);
	return check_end();
}
