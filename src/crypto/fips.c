/*
 * fips.c - what the kernel says of FIPS 140. It knows no algorithm.
 */
#include "crypto/fips.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool
fips_mode(bool *ret_on)
{
	int fd = open("/proc/sys/crypto/fips_enabled", O_RDONLY | O_CLOEXEC);
	char digit = 0;
	ssize_t n;

	if (fd < 0) {
		*ret_on = false;
		return errno == ENOENT;
	}
	do
		n = read(fd, &digit, 1);
	while (n < 0 && errno == EINTR);
	close(fd);
	*ret_on = digit != '0';
	return n == 1;
}
