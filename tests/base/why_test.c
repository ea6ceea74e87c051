/*
 * why_test.c - the chain of reasons: order, audiences, bounds.
 * Covers base/why.c.
 */
#include "base/why.h"

#include <stdlib.h>
#include <string.h>

#include "base/nt.h"
#include "tests/check.h"

static struct bytes
filtered(const struct why *w, enum audience to, uint8_t *room, size_t cap)
{
	struct writer out = writer_of(room, cap);

	why_put(&out, w, to);
	return bytes_of(room, writer_ok(&out) ? out.need : 0);
}

static void
audiences(void)
{
	struct why w = { NULL, 0, 0 };
	uint8_t room[1024];
	char text[1024];

	why_say(&w, STATUS_WRONG_PASSWORD, TO_TRUSTED, "the proof of %s does not match", "alice");
	why_say(&w, STATUS_LOGON_FAILURE, TO_CALLER, "the name or password is not right");
	why_say(&w, SEC_E_OK, TO_PEER, "choice");
	(void)why_text(text, sizeof text, filtered(&w, TO_NOBODY, room, sizeof room));
	CHECK_TEXT(text, "");
	(void)why_text(text, sizeof text, filtered(&w, TO_PEER, room, sizeof room));
	CHECK_TEXT(text, "choice\n");
	(void)why_text(text, sizeof text, filtered(&w, TO_CALLER, room, sizeof room));
	CHECK_TEXT(text, "STATUS_LOGON_FAILURE: the name or password is not right\nchoice\n");
	(void)why_text(text, sizeof text, filtered(&w, TO_TRUSTED, room, sizeof room));
	CHECK(strstr(text, "STATUS_WRONG_PASSWORD: the proof of alice does not match\n") == text);
	why_drop(&w);
}

static void
bounded_and_printable(void)
{
	struct why w = { NULL, 0, 0 };
	char long_text[2000], text[64];

	memset(long_text, 'x', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = 0;
	for (int i = 0; i < 100; i++)
		why_say(&w, -1, TO_CALLER, "%s", long_text);
	CHECK(w.len <= WHY_MAX);
	why_drop(&w);
	why_say(&w, 0, TO_CALLER, "a\nb\x1b[31mc");
	(void)why_text(text, sizeof text, bytes_of(w.at, w.len));
	CHECK_TEXT(text, "a?b?[31mc\n");
	why_drop(&w);
	why_say(&w, 0, TO_CALLER, "a\xc2\x9b" "31mb\xc2\xa0\xc3\x9b");
	(void)why_text(text, sizeof text, bytes_of(w.at, w.len));
	CHECK_TEXT(text, "a??31mb\xc2\xa0\xc3\x9b\n");
	why_drop(&w);
	why_say(&w, 0, TO_CALLER, "a\nb\x1b[31mc");
	CHECK_U64(why_text(text, 4, bytes_of(w.at, w.len)), 10);
	CHECK_TEXT(text, "");					/* whole lines alone */
	why_say(&w, 0, TO_CALLER, "second");
	CHECK_U64(why_text(text, 12, bytes_of(w.at, w.len)), 17);
	CHECK_TEXT(text, "a?b?[31mc\n");
	why_drop(&w);
}

/* A line that is too long ends with a whole character, whichever that is. */
static void
cut_between_characters(void)
{
	static const char *const marks[] = { "x", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x94\x91" };

	for (size_t m = 0; m < 4; m++)
		for (size_t before = 505; before < 512; before++) {
			struct why w = { NULL, 0, 0 };
			char line[600], text[600];
			size_t size = strlen(marks[m]), len = before, want;

			memset(line, 'x', before);
			line[before] = 0;
			for (int i = 0; i < 8; i++)
				strcat(line, marks[m]);
			for (want = before; want + size <= 511; )
				want += size;
			if (before + 8 * size < want)
				want = before + 8 * size;
			why_say(&w, 0, TO_CALLER, "%s", line);
			len = why_text(text, sizeof text, bytes_of(w.at, w.len));
			CHECK_U64(len, want + 1);		/* and the end of the line */
			CHECK(memcmp(text, line, want) == 0);
			why_drop(&w);
		}
}

static void
foreign_bytes(void)
{
	struct why w = { NULL, 0, 0 }, copy = { NULL, 0, 0 };

	why_say(&w, 5, TO_CALLER, "one");
	why_say(&w, 6, TO_TRUSTED, "two");
	for (size_t n = 0; n <= w.len; n++) {
		why_take(&copy, bytes_of(w.at, n));
		CHECK(copy.len <= w.len);
		why_drop(&copy);
	}
	w.at[4] = 9;				/* no such audience */
	why_take(&copy, bytes_of(w.at, w.len));
	CHECK_U64(copy.len, 0);
	why_drop(&w);
}

int
main(void)
{
	RUN(audiences);
	RUN(bounded_and_printable);
	RUN(cut_between_characters);
	RUN(foreign_bytes);
	return check_end();
}
