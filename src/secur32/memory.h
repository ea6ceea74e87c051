/*
 * memory.h - what the caller frees. Each family of functions has a tag of
 * its own, so that a mix-up is an error and not a crash. Contents are wiped.
 */
#ifndef OPENLSA_SECUR32_MEMORY_H
#define OPENLSA_SECUR32_MEMORY_H

#include "base/bytes.h"

enum buffer_tag {
	BUFFER_CONTEXT = 1,	/* FreeContextBuffer */
	BUFFER_RETURN,		/* LsaFreeReturnBuffer */
	BUFFER_LOCAL,		/* SspiLocalFree, LocalFree */
	BUFFER_POLICY,		/* LsaFreeMemory */
};

void *buffer_new(enum buffer_tag tag, size_t len) MUST_CHECK;	/* zeroed; NULL: no memory */
void *buffer_of(enum buffer_tag tag, struct bytes b) MUST_CHECK;	/* a copy, two NULs behind it */
/* False: not a buffer of this tag; nothing happens. NULL is true. */
bool buffer_free(enum buffer_tag tag, void *at);

#endif
