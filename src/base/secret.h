/*
 * secret.h - memory for what must not be seen.
 *
 * Two classes. A `struct secret` holds a password, a hash or a long-term
 * key: its page is locked, stays out of core dumps and is empty in a forked
 * child; when it cannot be locked there is no secret (NULL). `key_new` gives
 * memory for the keys of one context: not dumped, empty after fork, locked
 * as far as RLIMIT_MEMLOCK goes. Both are wiped when they are dropped.
 * Any thread may call; one object belongs to one owner.
 */
#ifndef OPENLSA_BASE_SECRET_H
#define OPENLSA_BASE_SECRET_H

#include "base/bytes.h"

struct secret;

/*
 * For a process that never forks, before it has a secret: from now on secrets lie in memfd_secret's pages, where
 * the kernel has them, which it has taken out of its own map of the memory. A forked child would have no such page at all.
 */
void secret_hide(void);

struct secret *secret_new(size_t len) MUST_CHECK;		/* zeroed; NULL: no memory that can be locked */
struct secret *secret_of(struct bytes b) MUST_CHECK;		/* a copy; the caller wipes its own */
void secret_drop(struct secret **s);				/* wiped; *s becomes NULL */
size_t secret_len(const struct secret *s);			/* 0 for NULL */
bool secret_same(const struct secret *a, const struct secret *b) MUST_CHECK;
uint8_t *secret_open(struct secret *s);				/* for WITH_SECRET alone */

/* The only way to see inside; runs the statement once. NULL shows an empty secret. */
#define WITH_SECRET(p, s) \
	for (int once_##p = ((p) = secret_open(s), 1); once_##p; once_##p = 0)

void *key_new(size_t len) MUST_CHECK;				/* zeroed; at most 4000 bytes */
void key_drop(void *key, size_t len);				/* the length it was made with */

#endif
