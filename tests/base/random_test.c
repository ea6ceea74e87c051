/*
 * random_test.c - all the bytes that were asked for, or none. The kernel's
 * getrandom is replaced here by one that can be interrupted, short and absent.
 * Covers base/random.c.
 */
#include "base/random.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

static enum { KERNEL, SHORT, BREAKS } how;
static unsigned asked;

ssize_t
getrandom(void *at, size_t len, unsigned flags)
{
	asked++;
	if (how != KERNEL && asked % 2 == 1) {
		errno = EINTR;
		return -1;
	}
	if (how == BREAKS && asked > 4) {
		errno = ENOSYS;
		return -1;
	}
	return syscall(SYS_getrandom, at, how == KERNEL || len < 7 ? len : 7, flags);
}

TEST(bytes_come)
{
	static uint8_t big[100000];
	uint8_t a[16] = { 0 }, b[16] = { 0 };
	size_t zeros = 0;

	how = KERNEL;
	CHECK(random_bytes(a, sizeof a));
	CHECK(random_bytes(b, sizeof b));
	CHECK(memcmp(a, b, sizeof a) != 0);
	CHECK(random_bytes(big, sizeof big));
	for (size_t n = 0; n < sizeof big; n++)
		zeros += big[n] == 0;
	CHECK(zeros > 100 && zeros < 1000);
	CHECK(random_bytes(NULL, 0));
}

TEST(short_answers_are_joined)
{
	uint8_t a[70] = { 0 };
	unsigned zeros = 0;

	how = SHORT;
	asked = 0;
	CHECK(random_bytes(a, sizeof a));
	CHECK_U64(asked, 20);
	for (size_t n = 0; n < sizeof a; n++)
		zeros += a[n] == 0;
	CHECK(zeros < 20);
}

TEST(failure_is_told_and_nothing_is_left)
{
	static const uint8_t none[70];
	uint8_t a[70];

	how = BREAKS;
	asked = 0;
	memset(a, 1, sizeof a);
	CHECK(!random_bytes(a, sizeof a));
	CHECK(memcmp(a, none, sizeof a) == 0);
}

int
main(void)
{
	RUN(bytes_come);
	RUN(short_answers_are_joined);
	RUN(failure_is_told_and_nothing_is_left);
	return check_end();
}
