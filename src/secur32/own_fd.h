/*
 * own_fd.h - descriptors of ours in a program that is not: it may close every
 * number it does not know and open something else in its place. What is no
 * longer ours is neither written, shut down nor closed.
 */
#ifndef OPENLSA_SECUR32_OWN_FD_H
#define OPENLSA_SECUR32_OWN_FD_H

#include <stdbool.h>
#include <sys/types.h>

struct own_fd {
	int fd;
	dev_t dev;
	ino_t ino;
};

/* False: it could not be looked at; it stays the caller's. */
bool own_fd_take(struct own_fd *ret_own, int fd);
bool own_fd_still(const struct own_fd *own);
void own_fd_close(struct own_fd *own);
/* In a forked child, before it has threads of its own: what its parent had is closed and nothing more. */
void own_fd_close_all(void);

#endif
