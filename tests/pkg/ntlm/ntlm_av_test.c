/*
 * ntlm_av_test.c - AV pairs: sizes, ends, doubles (row P2), and the answer a
 * client gives to a challenge, [MS-NLMP] 3.1.5.1.2.
 * Covers pkg/ntlm/ntlm_av.c.
 */
#include "pkg/ntlm/ntlm_av.h"

#include "pkg/ntlm/ntlm_msg.h"
#include "vectors.h"

TEST(a_list_is_taken_apart)
{
	struct av_pairs p;
	struct bytes value;
	uint64_t time = 0;

	CHECK(av_take(&p, vector("cbt", "TargetInfo")));
	CHECK(av_get(&p, AV_DNS_COMPUTER, &value));
	CHECK(bytes_same(value, from_text(vector_text("cbt", "DnsServer"))));
	CHECK(av_get(&p, AV_NB_COMPUTER, &value));
	CHECK(bytes_same(value, from_text(vector_text("cbt", "Server"))));
	CHECK(av_timestamp(&p, &time));
	CHECK_U64(time, strtoull(vector_text("cbt", "ServerTime"), NULL, 0));
	CHECK(!av_get(&p, AV_BINDINGS, &value) && value.len == 0);
	CHECK_U64(av_flags(&p), 0);
}

TEST(every_prefix_is_refused)
{
	struct bytes wire = vector("cbt", "TargetInfo");
	struct av_pairs p;

	for (size_t len = 0; len < wire.len; len++) {
		struct bytes cut = copy_of(bytes_of(wire.at, len));

		CHECK(!av_take(&p, cut));
		CHECK_U64(p.has, 0);
		copy_drop(cut);
	}
}

TEST(sizes_and_doubles)
{
	static const struct { const char *hex; bool good; const char *why; } row[] = {
		{ "",                                           false, "no end" },
		{ "00000000",                                   true,  "nothing but the end" },
		{ "000000001122",                               true,  "bytes behind the end" },
		{ "0000020041420000",                           false, "an end with a length" },
		{ "0100020041000000 0000",                      true,  "a name" },
		{ "010001004100000000",                         false, "half a character" },
		{ "0100000000000000",                           true,  "an empty name" },
		{ "060004000200000000000000",                   true,  "flags" },
		{ "06000300020000 00000000",                    false, "short flags" },
		{ "060005000200000000 00000000",                false, "long flags" },
		{ "07000700 01020304050607 00000000",           false, "short time" },
		{ "0a000f00 000000000000000000000000000000 00000000", false, "short bindings" },
		{ "08000400 30000000 00000000",                 false, "short host" },
		{ "06000400 02000000 06000400 00000000 00000000", false, "flags twice" },
		{ "63000300 aabbcc 00000000",                   true,  "unknown" },
		{ "63000300 aabbcc 63000300 aabbcc 00000000",   true,  "unknown twice" },
		{ "0100ffff 4100",                              false, "past the end" },
	};

	for (size_t n = 0; n < sizeof row / sizeof row[0]; n++) {
		char hex[128], *to = hex;
		struct av_pairs p;
		struct bytes wire, copy;

		for (const char *h = row[n].hex; *h; h++)
			if (*h != ' ')
				*to++ = *h;
		*to = 0;
		wire = from_hex(hex);
		copy = copy_of(wire);
		if (!CHECK(av_take(&p, copy) == row[n].good))
			fprintf(stderr, "  %s\n", row[n].why);
		copy_drop(copy);
		copy_drop(wire);
	}
}

TEST(too_many_pairs)
{
	uint8_t wire[4 * (AV_PAIRS_MAX + 1)];
	struct av_pairs p;

	for (unsigned pairs = AV_PAIRS_MAX - 1; pairs <= AV_PAIRS_MAX; pairs++) {
		bytes_zero(wire, sizeof wire);
		for (unsigned n = 0; n < pairs; n++)
			wire[4 * n] = 99;
		CHECK(av_take(&p, bytes_of(wire, 4 * (pairs + 1))) == (pairs < AV_PAIRS_MAX));
	}
}

/* What is written can be read: a challenge that leaves no room for what is added is refused. */
TEST(an_answer_is_no_longer_than_a_list)
{
	struct av_answer a = { .flags = AV_FLAG_MIC, .set_target_name = true };
	uint8_t wire[4 * (AV_PAIRS_MAX + 1)], out[4 * (AV_PAIRS_MAX + 4)];
	struct av_pairs challenge, again;
	unsigned most = 0;

	for (unsigned pairs = 1; pairs < AV_PAIRS_MAX; pairs++) {
		struct writer w = writer_of(out, sizeof out);

		bytes_zero(wire, sizeof wire);
		for (unsigned n = 0; n < pairs; n++)
			wire[4 * n] = 99;
		CHECK(av_take(&challenge, bytes_of(wire, 4 * (pairs + 1))));
		if (av_put_answer(&w, &challenge, &a)) {
			CHECK(writer_ok(&w) && av_take(&again, bytes_of(out, w.need)));
			most = pairs;
		}
	}
	CHECK_U64(most, AV_PAIRS_MAX - 3);
}

/* The captured client's own list, from the challenge that it had. */
TEST(the_answer_is_that_of_windows)
{
	struct authenticate m;
	struct av_pairs challenge, sent;
	struct av_answer a = { .flags = AV_FLAG_MIC, .set_target_name = true };
	struct bytes list;
	struct writer w;
	uint8_t out[1024];

	CHECK(av_take(&challenge, vector("cbt", "TargetInfo")));
	CHECK(authenticate_take(&m, vector("cbt", "AuthenticateMessage")));
	CHECK(bytes_part(&list, m.nt, 44, m.nt.len - 44));
	CHECK(av_take(&sent, list));
	CHECK_U64(av_flags(&sent), AV_FLAG_MIC);
	CHECK(av_get(&sent, AV_SINGLE_HOST, &a.single_host));
	CHECK(av_get(&sent, AV_BINDINGS, &a.bindings));
	CHECK_HEX(a.bindings.at, a.bindings.len, vector_text("cbt", "CBSum"));
	CHECK(av_get(&sent, AV_TARGET_NAME, &a.target_name));

	w = writer_of(NULL, 0);
	CHECK(av_put_answer(&w, &challenge, &a));
	CHECK_U64(w.need, sent.list.len + 4);
	w = writer_of(out, w.need);
	CHECK(av_put_answer(&w, &challenge, &a));
	CHECK(writer_ok(&w) && bytes_same(bytes_of(out, sent.list.len), sent.list));
	CHECK_HEX(out + sent.list.len, 4, "00000000");
}

/* Values that a server sent of its own are replaced, the rest stays, unknown pairs too. */
TEST(the_answer_replaces)
{
	static const uint8_t bindings[16] = { 0 };
	struct bytes wire = from_hex("0a001000" "ffffffffffffffffffffffffffffffff" "63000100aa"
	    "07000800" "0100000000000000" "0600040001000000" "00000000");
	struct av_answer a = {
		.set_timestamp = true, .timestamp = 5, .flags = AV_FLAG_MIC, .bindings = bytes_of(bindings, 16),
	};
	struct av_pairs p, none = { 0 };
	uint8_t out[128];
	struct writer w = writer_of(out, sizeof out);

	CHECK(av_take(&p, wire));
	CHECK(av_put_answer(&w, &p, &a));
	CHECK_HEX(out, w.need, "63000100aa 07000800 0500000000000000 06000400 03000000"
	    "0a001000 00000000000000000000000000000000 00000000");

	w = writer_of(out, sizeof out);
	CHECK(av_put_answer(&w, &none, &(struct av_answer){ 0 }));
	CHECK_HEX(out, w.need, "00000000");
	a.bindings.len = 15;
	CHECK(!av_put_answer(&w, &none, &a));
	a = (struct av_answer){ .set_target_name = true, .target_name = bytes_of(bindings, 65536) };
	CHECK(!av_put_answer(&w, &none, &a));
}

int
main(void)
{
	RUN(a_list_is_taken_apart);
	RUN(every_prefix_is_refused);
	RUN(sizes_and_doubles);
	RUN(too_many_pairs);
	RUN(an_answer_is_no_longer_than_a_list);
	RUN(the_answer_is_that_of_windows);
	RUN(the_answer_replaces);
	return check_end();
}
