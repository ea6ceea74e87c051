/*
 * kerb_pure_test.c - frames of tokens, target names, ticket caches as bytes, the order of messages.
 * Covers pkg/kerberos/kerb_frame.c, pkg/kerberos/kerb_spn.c, pkg/kerberos/kerb_ccache.c, and kerb_order_take of
 * pkg/kerberos/kerb_wrap.c.
 */
#include <stdlib.h>
#include <string.h>

#include "pkg/kerberos/kerb_ccache.h"
#include "pkg/kerberos/kerb_lsa.h"
#include "pkg/kerberos/kerb_spn.h"
#include "pkg/kerberos/kerb_wrap.h"
#include "tests/check.h"

#define SAID(b) (int)(b).len, (const char *)(b).at

/* --- frames ------------------------------------------------------------------ */

static void
frames_go_round(void)
{
	static const struct { struct kerb_frame f; uint8_t tag; const char *head; } rows[] = {
		{ { .is = KERB_TOKEN_AP_REQ }, 0x6e, "601006092a864886f71201020201006e" },
		{ { .is = KERB_TOKEN_AP_REP }, 0x6f, "601006092a864886f71201020202006f" },
		{ { .is = KERB_TOKEN_ERROR }, 0x7e, "601006092a864886f71201020203007e" },
		{ { .is = KERB_TOKEN_AP_REQ, .raw = true }, 0x6e, "6e" },
		{ { .is = KERB_TOKEN_TGT_REQ, .user2user = true }, 0x30, "6011060a2a864886f712010202030400" },
	};
	static const size_t lens[] = { 3, 0x70, 0x71, 0x73, 0x80, 0x100, 0x10000, 0x20000 };
	uint8_t *inner = calloc(1, 0x20000), *token = calloc(1, 0x20000 + 32);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t j = 0; j < sizeof lens / sizeof *lens; j++) {
			struct kerb_frame f = rows[i].f, got;
			struct writer w = writer_of(token, 0x20000 + 32);

			inner[0] = rows[i].tag;
			f.inner = bytes_of(inner, lens[j]);
			kerb_frame_put(&w, &f);
			CHECK(writer_ok(&w) && kerb_frame_take(&got, bytes_of(token, w.need)));
			CHECK(got.raw == f.raw && got.user2user == f.user2user && got.is == f.is && bytes_same(got.inner, f.inner));
			/* One byte less, one more, another number inside: none. */
			CHECK(f.raw || !kerb_frame_take(&got, bytes_of(token, w.need - 1)));
			CHECK(f.raw || !kerb_frame_take(&got, bytes_of(token, w.need + 1)));
			if (!f.raw && f.is != KERB_TOKEN_TGT_REQ) {
				token[w.need - lens[j]] ^= 1;
				CHECK(!kerb_frame_take(&got, bytes_of(token, w.need)));
			}
			if (j == 0 && !f.raw) {
				char hex[64] = "";

				token[w.need - lens[j]] = rows[i].tag;
				for (size_t n = 0; n < 16; n++)
					(void)snprintf(hex + 2 * n, 3, "%02x", token[n]);
				CHECK(strncmp(hex, rows[i].head, 30) == 0);
			}
		}
	free(inner);
	free(token);
}

static void
no_frames(void)
{
	static const char *const rows[] = {
		"", "60", "6000", "6003060100", "60820010", "6e",
		"61" "0d" "06092a864886f712010202" "01006e",		/* another tag */
		"60" "810e" "06092a864886f712010202" "01006e",		/* a length in more bytes than it needs */
		"60" "0e" "06092a864886f712010203" "01006e",		/* another mechanism */
		"60" "0e" "06092a864886f712010202" "01016e",		/* another number */
		"60" "0d" "06092a864886f712010202" "0100",		/* nothing inside */
		"60" "0e" "06ff2a864886f712010202" "01006e",		/* a mechanism beyond the end */
		"60" "0e" "06092a864886f712010202" "04006e",		/* a user-to-user token without its mechanism */
		"30",
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t token[64];
		size_t len = strlen(rows[i]) / 2;
		struct kerb_frame f;

		for (size_t n = 0; n < len; n++)
			(void)sscanf(rows[i] + 2 * n, "%2hhx", &token[n]);
		if (i == 5)
			continue;		/* one byte is a frame; the message inside is not, which the next reader says */
		if (!CHECK(!kerb_frame_take(&f, bytes_of(token, len))))
			fprintf(stderr, "    %s\n", rows[i]);
	}
}

/* --- names --------------------------------------------------------------------- */

static void
names(void)
{
	static const struct { const char *text; unsigned count; const char *parts[3], *realm, *host; } rows[] = {
		{ "HTTP/web.example.com", 2, { "HTTP", "web.example.com" }, "", "web.example.com" },
		{ "HTTP/web.example.com@EXAMPLE.COM", 2, { "HTTP", "web.example.com" }, "EXAMPLE.COM", "web.example.com" },
		{ "MSSQLSvc/db.example.com:1433", 2, { "MSSQLSvc", "db.example.com:1433" }, "", "db.example.com" },
		{ "MSSQLSvc/db:1433/INST@R", 3, { "MSSQLSvc", "db:1433", "INST" }, "R", "db" },
		{ "HTTP/[::1]:80", 2, { "HTTP", "[::1]:80" }, "", "[::1]" },
		{ "HTTP/[fe80::1]", 2, { "HTTP", "[fe80::1]" }, "", "[fe80::1]" },
		{ "HTTP/fe80::1", 2, { "HTTP", "fe80::1" }, "", "fe80::1" },
		{ "alice@EXAMPLE.COM", 1, { "alice" }, "EXAMPLE.COM", "" },
		{ "a@b@R", 1, { "a@b" }, "R", "" },
		{ "HOST$", 1, { "HOST$" }, "", "" },
		{ "HTTP/h@", 2, { "HTTP", "h" }, "", "h" },
	};
	static const char *const none[] = { "", "/", "HTTP/", "/host", "a//b", "@R", "HTTP/h /x", "HTTP/h\n", "HTTP/h\x7f", "a/b/c/d/e/f/g/h/i" };
	struct kerb_spn s;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!CHECK(kerb_spn_take(&s, bytes_of_text(rows[i].text))) || !CHECK_U64(s.count, rows[i].count))
			continue;
		for (unsigned n = 0; n < s.count; n++)
			CHECK(bytes_same(s.parts[n], bytes_of_text(rows[i].parts[n])));
		CHECK(bytes_same(s.realm, bytes_of_text(rows[i].realm)));
		if (!CHECK(bytes_same(s.host, bytes_of_text(rows[i].host))))
			fprintf(stderr, "    %s: %.*s\n", rows[i].text, SAID(s.host));
	}
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		if (!CHECK(!kerb_spn_take(&s, bytes_of_text(none[i]))))
			fprintf(stderr, "    %s\n", none[i]);
}

/* --- caches ------------------------------------------------------------------------ */

static size_t
cache_make(uint8_t *to, size_t room, int32_t clock)
{
	static const uint8_t key[] = "0123456789abcdef";
	struct ccache_head head = { .clock = clock, .client = { .type = 1, .count = 1, .realm = bytes_of_text("R"),
	    .parts = { bytes_of_text("alice") } } };
	struct ccache_cred c = { .client = head.client, .server = { .type = 2, .count = 2, .realm = bytes_of_text("R"),
	    .parts = { bytes_of_text("krbtgt"), bytes_of_text("R") } }, .etype = 17, .key = bytes_of(key, 16), .authtime = 1,
	    .starttime = 2, .endtime = 0xfffffff0u, .renew_till = 4, .with_session_key = true, .flags = 0x40e00000u,
	    .ticket = bytes_of_text("ticket"), .second_ticket = bytes_of_text("second") };
	struct writer w = writer_of(to, room);

	ccache_head_put(&w, &head);
	ccache_cred_put(&w, &c);
	ccache_cred_put(&w, &c);
	return writer_ok(&w) ? w.need : 0;
}

/* The whole of it: how many tickets, or -1. */
static int
cache_read(struct bytes all, struct ccache_head *head, struct ccache_cred *c)
{
	struct reader r = reader_of(all);
	int count = 0;

	if (!ccache_head_take(head, &r))
		return -1;
	while (reader_left(&r)) {
		if (!ccache_cred_take(c, &r))
			return -1;
		count++;
	}
	return count;
}

static void
caches_go_round(void)
{
	uint8_t all[512], copy[512];
	struct ccache_head head;
	struct ccache_cred c;

	for (int32_t clock = -3600; clock <= 3600; clock += 3600) {
		size_t len = cache_make(all, sizeof all, clock), start = (clock ? 16u : 4u) + 22;

		CHECK_U64(cache_read(bytes_of(all, len), &head, &c), 2);
		CHECK(head.clock == clock && bytes_same(head.client.parts[0], bytes_of_text("alice")));
		CHECK(c.etype == 17 && c.key.len == 16 && c.endtime == 0xfffffff0u && c.flags == 0x40e00000u && c.with_session_key);
		CHECK(bytes_same(c.server.parts[1], bytes_of_text("R")) && bytes_same(c.ticket, bytes_of_text("ticket")) &&
		    bytes_same(c.second_ticket, bytes_of_text("second")) && !ccache_cred_is_note(&c));
		/* Cut anywhere but between two tickets: none. */
		for (size_t n = 0; n < len; n++) {
			memcpy(copy, all, n);
			if (cache_read(bytes_of(copy, n), &head, &c) >= 0)
				CHECK(n == start || n == start + (len - start) / 2);
		}
		/* Whatever stands in it, reading ends inside. */
		for (size_t n = 0; n < len; n++)
			for (unsigned bit = 0; bit < 8; bit++) {
				memcpy(copy, all, len);
				copy[n] ^= (uint8_t)(1u << bit);
				(void)cache_read(bytes_of(copy, len), &head, &c);
			}
	}
}

/* --- the order of messages ------------------------------------------------------------ */

#define GOOD KERB_GENUINE
#define BAD KERB_OUT_OF_SEQUENCE

/* Numbers as they come, from 1000 on; 0 ends a row. */
static const struct { bool replay, sequence; uint64_t first; struct { uint64_t number; enum kerb_verdict verdict; } come[10]; } orders[] = {
	{ false, false, 1000, { { 1000, GOOD }, { 1000, GOOD }, { 7, GOOD }, { 5000, GOOD } } },
	{ true, false, 1000, { { 1000, GOOD }, { 1000, BAD }, { 1003, GOOD }, { 1001, GOOD }, { 1001, BAD }, { 1003, BAD }, { 1002, GOOD },
	    { 1004, GOOD } } },
	/* 64 are remembered: what is older may have come before. */
	{ true, false, 1000, { { 1000, GOOD }, { 1064, GOOD }, { 1001, GOOD }, { 1000, BAD }, { 1065, GOOD }, { 1001, BAD }, { 1002, GOOD } } },
	{ true, false, 1000, { { 1000, GOOD }, { 2000, GOOD }, { 1937, GOOD }, { 1936, BAD }, { 1937, BAD }, { 1000, BAD }, { 1999, GOOD } } },
	{ false, true, 1000, { { 1001, BAD }, { 1000, GOOD }, { 1000, BAD }, { 1002, BAD }, { 1001, GOOD }, { 999, BAD }, { 1002, GOOD } } },
	{ true, true, 1000, { { 1000, GOOD }, { 1002, BAD }, { 1001, GOOD }, { 1000, BAD }, { 1002, GOOD } } },
	/* Behind the largest number comes none. */
	{ true, false, UINT64_MAX - 1, { { UINT64_MAX - 1, GOOD }, { UINT64_MAX, GOOD }, { UINT64_MAX - 1, BAD }, { UINT64_MAX, BAD } } },
};

static void
order_of_messages(void)
{
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		struct kerb_seal s = { .replay = orders[i].replay, .sequence = orders[i].sequence, .receive = orders[i].first };

		for (size_t k = 0; k < 10 && orders[i].come[k].number; k++)
			if (!CHECK_U64(kerb_order_take(&s, orders[i].come[k].number), orders[i].come[k].verdict))
				fprintf(stderr, "    row %zu, message %zu\n", i, k);
	}
}

int
main(void)
{
	RUN(frames_go_round);
	RUN(no_frames);
	RUN(names);
	RUN(caches_go_round);
	RUN(order_of_messages);
	return check_end();
}
