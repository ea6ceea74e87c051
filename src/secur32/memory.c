/*
 * memory.c - buffers that the caller frees: a head with a tag stands before
 * each.
 */
#include "secur32/memory.h"

#include <stdlib.h>

struct head {
	uint64_t mark;		/* the tag, mixed with the address */
	size_t len;
};

#define MARK	UINT64_C(0x4f4c5341b0ffe200)

static uint64_t
mark_of(enum buffer_tag tag, const struct head *h)
{
	return (MARK | (uint64_t)tag) ^ (uint64_t)(uintptr_t)h;
}

void *
buffer_new(enum buffer_tag tag, size_t len)
{
	struct head *h;

	if (len > SIZE_MAX - sizeof *h)
		return NULL;
	h = calloc(1, sizeof *h + len);
	if (!h)
		return NULL;
	h->mark = mark_of(tag, h);
	h->len = len;
	return h + 1;
}

void *
buffer_of(enum buffer_tag tag, struct bytes b)
{
	void *at = b.len < SIZE_MAX - 2 ? buffer_new(tag, b.len + 2) : NULL;

	if (at)
		bytes_copy(at, b.at, b.len);
	return at;
}

/*
 * Our buffers are aligned as malloc aligns; a pointer that is not, is not
 * ours. A foreign one that is will not carry a mark mixed with its address.
 */
bool
buffer_free(enum buffer_tag tag, void *at)
{
	struct head *h;

	if (!at)
		return true;
	h = (struct head *)at - 1;
	if ((uintptr_t)at % _Alignof(max_align_t) != 0 || h->mark != mark_of(tag, h))
		return false;
	h->mark = 0;
	bytes_wipe(at, h->len);
	free(h);
	return true;
}
