/*
 * secret_test.c - locked memory: given, wiped, reused, and empty in a child.
 * Covers base/secret.c.
 */
#include "base/secret.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"

static void
a_secret_is_wiped_when_dropped(void)
{
	struct secret *s = secret_of(bytes_of_text("correct horse"));
	const uint8_t *where = NULL;
	uint8_t *p;

	CHECK(s != NULL);
	CHECK_U64(secret_len(s), 13);
	WITH_SECRET(p, s) {
		CHECK(memcmp(p, "correct horse", 13) == 0);
		where = p;
	}
	secret_drop(&s);
	CHECK(s == NULL);
	for (int i = 8; i < 13; i++)		/* the first words link the free list */
		CHECK(where[i] == 0);
	secret_drop(&s);
	CHECK_U64(secret_len(NULL), 0);
}

static void
memory_is_used_again(void)
{
	void *first = NULL;

	for (int i = 0; i < 1000; i++) {
		void *k = key_new(500);

		CHECK(k != NULL);
		if (i == 0)
			first = k;
		CHECK(k == first);
		for (int j = 0; j < 500; j++)
			if (((uint8_t *)k)[j]) {
				CHECK(((uint8_t *)k)[j] == 0);
				break;
			}
		memset(k, 0xaa, 500);
		key_drop(k, 500);
	}
}

static void
a_child_finds_nothing(void)
{
	struct secret *s = secret_of(bytes_of_text("only for the parent"));
	uint8_t *p;
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		int bad = 0;

		WITH_SECRET(p, s)
			for (int i = 0; i < 19; i++)
				bad |= p[i];
		s = secret_of(bytes_of_text("child"));	/* its own memory works */
		_exit(bad || !s || secret_len(s) != 5);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	WITH_SECRET(p, s)
		CHECK(memcmp(p, "only for the parent", 19) == 0);
	secret_drop(&s);
}

static void
too_large_is_none(void)
{
	CHECK(secret_new(1 << 20) == NULL);
	CHECK(secret_new(SIZE_MAX) == NULL);
}

int
main(void)
{
	RUN(a_secret_is_wiped_when_dropped);
	RUN(memory_is_used_again);
	RUN(a_child_finds_nothing);
	RUN(too_large_is_none);
	return check_end();
}
