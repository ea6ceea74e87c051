/*
 * held.c - secret memory behind a plain pointer: a head with a mark and the
 * secret that all of it lies in.
 */
#include "secur32/held.h"

#include <stddef.h>

#include "base/secret.h"

#define MARK	UINT64_C(0x4f4c5341b0ffe4e1)

struct held {
	uint64_t mark;			/* mixed with the address */
	struct secret *whole;
	_Alignas(16) uint8_t at[];
};

static struct held *
held_of(void *at)
{
	struct held *h = (struct held *)(void *)((uint8_t *)at - offsetof(struct held, at));

	if ((uintptr_t)at % _Alignof(struct held) != 0 || h->mark != (MARK ^ (uint64_t)(uintptr_t)h))
		return NULL;
	return h;
}

void *
held_new(size_t len)
{
	struct secret *whole = len <= HELD_MAX ? secret_new(sizeof(struct held) + len) : NULL;
	struct held *h = NULL;
	uint8_t *p;

	if (!whole)
		return NULL;
	WITH_SECRET(p, whole)
		h = (struct held *)(void *)p;
	h->mark = MARK ^ (uint64_t)(uintptr_t)h;
	h->whole = whole;
	return h->at;
}

bool
held_free(void *at)
{
	struct held *h = at ? held_of(at) : NULL;
	struct secret *whole;

	if (!h)
		return !at;
	whole = h->whole;
	secret_drop(&whole);
	return true;
}
