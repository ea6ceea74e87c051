/*
 * random.c - random bytes from the kernel.
 */
#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

/* getrandom may give less than asked for, or be interrupted, above 256 bytes and before the pool is ready. */
bool
random_bytes(void *at, size_t len)
{
	uint8_t *to = at;
	size_t have = 0;

	while (have < len) {
		ssize_t got = getrandom(to + have, len - have, 0);

		if (got > 0)
			have += (size_t)got;
		else if (got == 0 || errno != EINTR)
			break;
	}
	if (have < len)
		bytes_wipe(at, len);
	return have == len;
}
