/*
 * confounder_test.c - random bytes in stock: none is given twice, not to
 * another thread and not to a forked child. Covers src/crypto/confounder.c.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/confounder.h"
#include "tests/check.h"

#define LEN	16u
#define EACH	700u		/* more than a stock */

typedef uint8_t draw[LEN];

static draw drawn[4 * EACH];

static void *
draw_some(void *at)
{
	draw *to = at;

	for (unsigned i = 0; i < EACH; i++)
		CHECK(confounder(to[i], LEN));
	return NULL;
}

static int
order(const void *a, const void *b)
{
	return memcmp(a, b, LEN);
}

TEST(none_twice)
{
	draw *parents = drawn + 2 * EACH, *childs = drawn + 3 * EACH;
	int pipes[2], status = -1;
	pthread_t other;
	pid_t pid;

	(void)draw_some(drawn);
	CHECK(pthread_create(&other, NULL, draw_some, drawn + EACH) == 0 && pthread_join(other, NULL) == 0);
	CHECK(pipe(pipes) == 0);
	pid = fork();
	if (pid == 0) {
		size_t left = EACH * sizeof *childs, done = 0;

		(void)draw_some(childs);
		while (left) {
			ssize_t some = write(pipes[1], (uint8_t *)childs + done, left);

			if (some <= 0)
				_exit(1);
			done += (size_t)some;
			left -= (size_t)some;
		}
		_exit(0);
	}
	(void)draw_some(parents);
	for (size_t done = 0; done < EACH * sizeof *childs;) {
		ssize_t some = read(pipes[0], (uint8_t *)childs + done, EACH * sizeof *childs - done);

		if (!CHECK(some > 0))
			break;
		done += (size_t)some;
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	close(pipes[0]);
	close(pipes[1]);
	qsort(drawn, 4 * EACH, sizeof *drawn, order);
	for (unsigned i = 1; i < 4 * EACH; i++)
		if (!CHECK(memcmp(drawn[i - 1], drawn[i], LEN) != 0))
			break;
}

TEST(so_much_and_no_more)
{
	uint8_t big[65];

	CHECK(confounder(big, 0) && confounder(big, 1) && confounder(big, 64) && !confounder(big, 65));
}

int
main(void)
{
	RUN(none_twice);
	RUN(so_much_and_no_more);
	return check_end();
}
