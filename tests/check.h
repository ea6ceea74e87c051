/*
 * check.h - the tests' harness: checks that count and go on.
 *
 * Knows nothing of what is tested. One main per file:
 *
 *     TEST(reader_is_sticky) { CHECK_U64(reader_u8(&r), 0); }
 *     int main(void) { RUN(reader_is_sticky); return check_end(); }
 *
 * Checks may run in any thread, RUN and check_end in the main one. A check
 * says whether it held; CHECK_SKIP(why) marks the running test as skipped.
 */
#ifndef OPENLSA_TESTS_CHECK_H
#define OPENLSA_TESTS_CHECK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static _Atomic unsigned check_bad;		/* failed checks of the running test */
static unsigned check_passed, check_failed, check_skipped;
static const char *check_skip_why;

#define TEST(name)	static void name(void)
#define RUN(fn)		check_run(fn, #fn)
#define CHECK(cond)	check_true(__FILE__, __LINE__, #cond, (cond))
#define CHECK_U64(got, want) \
	check_u64(__FILE__, __LINE__, #got, (uint64_t)(got), (uint64_t)(want))
#define CHECK_TEXT(got, want)		check_text(__FILE__, __LINE__, #got, (got), (want))
#define CHECK_HEX(bytes, len, hex)	check_hex(__FILE__, __LINE__, #bytes, (bytes), (len), (hex))
#define CHECK_SKIP(why)			((void)(check_skip_why = (why)))

static inline bool
check_true(const char *file, int line, const char *what, bool held)
{
	if (held)
		return true;
	atomic_fetch_add(&check_bad, 1u);
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
	return false;
}

static inline bool
check_u64(const char *file, int line, const char *what, uint64_t got, uint64_t want)
{
	if (got == want)
		return true;
	atomic_fetch_add(&check_bad, 1u);
	fprintf(stderr, "%s:%d: %s is %llu (0x%llX), want %llu (0x%llX)\n", file, line, what,
	    (unsigned long long)got, (unsigned long long)got,
	    (unsigned long long)want, (unsigned long long)want);
	return false;
}

static inline bool
check_text(const char *file, int line, const char *what, const char *got, const char *want)
{
	if (got == want || (got && want && strcmp(got, want) == 0))
		return true;
	atomic_fetch_add(&check_bad, 1u);
	fprintf(stderr, "%s:%d: %s is \"%s\", want \"%s\"\n", file, line, what,
	    got ? got : "(null)", want ? want : "(null)");
	return false;
}

/* hex: pairs in either case, blanks between pairs allowed. */
static inline bool
check_hex(const char *file, int line, const char *what, const void *bytes, size_t len, const char *hex)
{
	const uint8_t *at = bytes;
	size_t n = 0;
	bool same = true;

	for (const char *h = hex; *h; h++) {
		unsigned value;

		if (*h == ' ' || *h == '\n' || *h == '\t')
			continue;
		same = same && h[1] && sscanf(h, "%2x", &value) == 1 && n < len && at[n] == value;
		if (!same)
			break;
		n++;
		h++;
	}
	if (same && n == len)
		return true;
	atomic_fetch_add(&check_bad, 1u);
	fprintf(stderr, "%s:%d: %s is ", file, line, what);
	for (n = 0; n < len; n++)
		fprintf(stderr, "%02x", at[n]);
	fprintf(stderr, ", want %s\n", hex);
	return false;
}

static inline void
check_run(void (*test)(void), const char *name)
{
	atomic_store(&check_bad, 0u);
	check_skip_why = NULL;
	test();
	if (atomic_load(&check_bad)) {
		check_failed++;
		fprintf(stderr, "FAILED %s\n", name);
	} else if (check_skip_why) {
		check_skipped++;
		printf("skipped %s: %s\n", name, check_skip_why);
	} else
		check_passed++;
}

static inline int
check_end(void)
{
	printf("%u passed, %u failed%s\n", check_passed, check_failed, check_skipped ? ", some skipped" : "");
	return check_failed ? 1 : 0;
}

#endif
