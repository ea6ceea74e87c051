/*
 * kerb_pac_test.c - pkg/kerberos/kerb_pac.c and base/ndr.c: what is read out
 * of a PAC, contradictions, every prefix, every byte changed.
 */
#include "tests/check.h"
#include "tests/pkg/kerberos/pac_make.h"

#include <stdlib.h>

#include "base/ndr.h"
#include "pkg/kerberos/kerb_pac.h"

static struct pac_facts facts;
static uint8_t memory[PAC_GROUP_MEMORY], info[4096], upn[1024], sid_bytes[SID_SIZE_MAX], pac[8192];
static size_t pac_len;

static struct bytes
user_sid(const struct pac_make *m)
{
	struct writer w = writer_of(sid_bytes, sizeof sid_bytes);
	struct sid sid;

	CHECK(sid_child(&sid, &m->domain_sid, m->rid));
	sid_put(&w, &sid);
	return bytes_of(sid_bytes, w.need);
}

/* Logon information, UPN_DNS_INFO, requestor, a server signature. Copied to the heap to its exact length, for sanitizers. */
static bool
read_made(const struct pac_make *m, const char *sam)
{
	static const uint8_t signature[16] = { 16 };
	const uint32_t types[] = { PAC_LOGON_INFO, PAC_UPN_DNS, PAC_REQUESTOR, PAC_SERVER_CHECKSUM };
	struct bytes parts[] = { bytes_of(info, make_logon_info(info, sizeof info, m)),
	    bytes_of(upn, make_upn(upn, sizeof upn, m, "alice@openlsa.test", sam)), user_sid(m),
	    bytes_of(signature, sizeof signature) };
	uint8_t *exact;
	bool good;

	pac_len = make_pac(pac, sizeof pac, types, parts, 4);
	exact = malloc(pac_len);
	CHECK(exact && pac_len);
	memcpy(exact, pac, pac_len);
	good = pac_read(&facts, bytes_of(exact, pac_len), memory);
	facts.user = facts.user.at ? bytes_of(pac + (facts.user.at - exact), facts.user.len) : facts.user;
	facts.domain = facts.domain.at ? bytes_of(pac + (facts.domain.at - exact), facts.domain.len) : facts.domain;
	free(exact);
	return good;
}

static const char *
text_of(struct bytes utf16)
{
	static char text[600];
	struct writer w = writer_of(text, sizeof text - 1);

	if (!utf8_from_utf16(&w, utf16))
		return "?";
	text[w.need] = 0;
	return text;
}

static bool
has_group(const char *text)
{
	struct sid want, sid;

	CHECK(sid_of_text(&want, bytes_of_text(text)));
	for (size_t i = 0; i < facts.group_count; i++) {
		struct reader r = reader_of(facts.groups[i]);

		sid_take(&sid, &r);
		if (reader_done(&r) && sid_same(&sid, &want))
			return true;
	}
	return false;
}

TEST(everything_is_read)
{
	struct pac_make m = make_example();
	char text[SID_TEXT_MAX];

	CHECK(read_made(&m, "alice"));
	CHECK(facts.known && !facts.cut);
	CHECK_TEXT(text_of(facts.user), "alice");
	CHECK_TEXT(text_of(facts.domain), "OPENLSA");
	CHECK_TEXT(sid_text(&facts.sid, text), "S-1-5-21-11-22-33-1104");
	CHECK_U64(facts.group_count, 6);
	CHECK(has_group("S-1-5-21-11-22-33-513") && has_group("S-1-5-21-11-22-33-1110"));
	CHECK(!has_group("S-1-5-21-11-22-33-1111"));		/* there to deny */
	CHECK(has_group("S-1-18-1") && has_group("S-1-5-21-44-55-66-777"));
	CHECK(has_group("S-1-5-21-77-88-99-1200") && has_group("S-1-5-21-77-88-99-1201"));
}

TEST(flags_say_what_counts)
{
	struct pac_make m = make_example();

	m.flags = 0;
	CHECK(read_made(&m, "alice"));
	CHECK_U64(facts.group_count, 2);
	m = make_example();
	m.rid_count = m.extra_count = m.resource_count = 0;
	CHECK(read_made(&m, "alice"));
	CHECK_U64(facts.group_count, 1);			/* the primary group counts though nobody lists it */
	CHECK(has_group("S-1-5-21-11-22-33-513"));
	m.primary = 0;
	CHECK(read_made(&m, "alice"));
	CHECK_U64(facts.group_count, 0);
}

TEST(contradictions)
{
	struct pac_make m = make_example(), other = m;
	const uint32_t twice[] = { PAC_LOGON_INFO, PAC_LOGON_INFO }, pair[] = { PAC_LOGON_INFO, PAC_REQUESTOR };
	struct bytes part, two[2];

	CHECK(!read_made(&m, "bob"));				/* UPN_DNS_INFO is of somebody else */
	CHECK(!facts.known && facts.group_count == 0);
	two[0] = two[1] = bytes_of(info, make_logon_info(info, sizeof info, &m));
	pac_len = make_pac(pac, sizeof pac, twice, two, 2);
	CHECK(!pac_read(&facts, bytes_of(pac, pac_len), memory));
	other.rid++;
	two[1] = user_sid(&other);
	pac_len = make_pac(pac, sizeof pac, pair, two, 2);
	CHECK(!pac_read(&facts, bytes_of(pac, pac_len), memory));
	two[1] = user_sid(&m);
	pac_len = make_pac(pac, sizeof pac, pair, two, 2);
	CHECK(pac_read(&facts, bytes_of(pac, pac_len), memory));
	m.user = "";
	CHECK(!read_made(&m, ""));
	m.user = "al\001ice";
	CHECK(!read_made(&m, m.user));
	m = make_example();
	m.rid = 0;
	CHECK(!read_made(&m, "alice"));
	m = make_example();
	m.domain_sid.count = SID_SUB_MAX;			/* no room for a RID */
	part = bytes_of(info, make_logon_info(info, sizeof info, &m));
	pac_len = make_pac(pac, sizeof pac, twice, &part, 1);
	CHECK(!pac_read(&facts, bytes_of(pac, pac_len), memory));
}

/* No logon information, as MIT's KDC makes them: no SID, and no mistake. */
TEST(minimal)
{
	static const uint8_t client[16] = { 0 };
	const uint32_t types[] = { PAC_CLIENT_INFO };
	struct bytes part = bytes_of(client, sizeof client);

	pac_len = make_pac(pac, sizeof pac, types, &part, 1);
	CHECK(pac_read(&facts, bytes_of(pac, pac_len), memory));
	CHECK(!facts.known && facts.sid.count == 0 && facts.group_count == 0);
	CHECK(!pac_read(&facts, BYTES_NONE, memory));
	CHECK(pac_count(BYTES_NONE, PAC_LOGON_INFO) < 0);
}

TEST(signature_must_fit_the_key)
{
	static const struct { int32_t etype, type; uint32_t len; bool good; } rows[] = {
		{ 18, 16, 12, true }, { 18, 16, 14, true }, { 18, 16, 13, false }, { 18, 15, 12, false }, { 18, -138, 16, false },
		{ 17, 15, 12, true }, { 19, 19, 16, true }, { 20, 20, 24, true }, { 23, -138, 16, true }, { 23, 7, 16, false },
		{ 18, 16, 0, false }, { 3, 16, 12, false }, { 0, 0, 0, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const uint32_t types[] = { PAC_SERVER_CHECKSUM, PAC_SERVER_CHECKSUM };
		uint8_t raw[64] = { 0 };
		struct bytes parts[2];

		put_u32(raw, (uint32_t)rows[i].type);
		parts[0] = parts[1] = bytes_of(raw, 4 + rows[i].len);
		pac_len = make_pac(pac, sizeof pac, types, parts, 1);
		CHECK_U64(pac_signed_for(bytes_of(pac, pac_len), rows[i].etype), rows[i].good);
		pac_len = make_pac(pac, sizeof pac, types, parts, 2);
		CHECK(!pac_signed_for(bytes_of(pac, pac_len), rows[i].etype));
	}
}

/* No prefix is taken, and no change of a byte reads outside or finds more groups than fit. */
TEST(mutations)
{
	struct pac_make m = make_example();
	size_t len = make_logon_info(info, sizeof info, &m), taken = 0;
	const uint32_t types[] = { PAC_LOGON_INFO };

	for (size_t cut = 0; cut < len; cut++) {
		struct bytes part = bytes_of(info, cut);
		uint8_t *exact;

		pac_len = make_pac(pac, sizeof pac, types, &part, 1);
		exact = malloc(pac_len);
		CHECK(exact != NULL);
		memcpy(exact, pac, pac_len);
		CHECK(!pac_read(&facts, bytes_of(exact, pac_len), memory));
		for (size_t n = 0; n < pac_len && cut == len / 2; n++)
			CHECK(!pac_read(&facts, bytes_of(exact, n), memory));
		free(exact);
	}
	CHECK(read_made(&m, "alice"));
	for (size_t at = 0; at < pac_len; at++)
		for (unsigned v = 0; v < 256; v += 5) {
			uint8_t *exact = malloc(pac_len);

			CHECK(exact != NULL);
			memcpy(exact, pac, pac_len);
			exact[at] = (uint8_t)(exact[at] ^ (v | 1));
			if (pac_read(&facts, bytes_of(exact, pac_len), memory)) {
				taken++;
				CHECK(facts.group_count <= 8);
			} else
				CHECK(!facts.known && facts.group_count == 0);
			free(exact);
		}
	CHECK(taken > 0);			/* times, counters: they mean nothing to us */
}

int
main(void)
{
	RUN(everything_is_read);
	RUN(flags_say_what_counts);
	RUN(contradictions);
	RUN(minimal);
	RUN(signature_must_fit_the_key);
	RUN(mutations);
	return check_end();
}
