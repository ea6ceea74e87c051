/*
 * damage.h - bytes of a file spoilt in one of twelve ways, by dice that are
 * set. It must never learn what the file is.
 */
#ifndef OPENLSA_TESTS_CRASH_DAMAGE_H
#define OPENLSA_TESTS_CRASH_DAMAGE_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define PAGE		4096u

struct file { uint8_t *at; size_t len; };

static uint64_t dice;

static uint32_t
roll(size_t below)
{
	dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return below ? (uint32_t)((dice >> 33) % below) : 0;
}

static char what[128];			/* it is, for whoever reads of a failure */

static uint8_t *
page(uint8_t *at, size_t len, uint32_t unit, uint32_t *ret_number)
{
	uint32_t pages = (uint32_t)(len / unit);

	*ret_number = roll(pages);
	return at + (size_t)*ret_number * unit;
}

/* `was`: the same file on the older day, or nothing. */
static void
damage(uint8_t *at, size_t *len, struct file was, unsigned kind, unsigned turn)
{
	uint32_t a = 0, b = 0, n = roll(*len);
	uint8_t *p, *q, keep[PAGE];

	if (*len < 2 * PAGE)
		kind = kind % 3;
	switch (kind) {
	case 0:				/* the head, byte by byte */
		n = turn % (*len < 256 ? (uint32_t)*len : 256);
		/* fall through */
	case 1:
		at[n] ^= (uint8_t)(1 + roll(255));
		(void)snprintf(what, sizeof what, "byte %u", n);
		break;
	case 2:
		at[n] ^= (uint8_t)(1u << roll(8));
		(void)snprintf(what, sizeof what, "a bit of byte %u", n);
		break;
	case 3:
		p = page(at, *len, PAGE, &a);
		memset(p, 0, PAGE);
		(void)snprintf(what, sizeof what, "page %u zeroed", a);
		break;
	case 4:
		p = page(at, *len, PAGE, &a);
		for (unsigned i = 0; i < PAGE; i++)
			p[i] = (uint8_t)roll(256);
		(void)snprintf(what, sizeof what, "page %u noise", a);
		break;
	case 5:
		p = page(at, *len, PAGE, &a);
		q = page(at, *len, PAGE, &b);
		memcpy(keep, p, PAGE);
		memmove(p, q, PAGE);
		memcpy(q, keep, PAGE);
		(void)snprintf(what, sizeof what, "pages %u and %u swapped", a, b);
		break;
	case 6:
		p = page(at, *len, PAGE, &a);
		q = page(at, *len, PAGE, &b);
		memmove(p, q, PAGE);
		(void)snprintf(what, sizeof what, "page %u over page %u", b, a);
		break;
	case 7:
		*len = (size_t)roll(*len / PAGE) * PAGE;
		(void)snprintf(what, sizeof what, "cut at page %zu", *len / PAGE);
		break;
	case 8:
		*len = n;
		(void)snprintf(what, sizeof what, "cut at byte %u", n);
		break;
	case 9:
		p = page(at, *len < was.len ? *len : was.len, PAGE, &a);
		if (was.len >= PAGE)
			memcpy(p, was.at + (size_t)a * PAGE, PAGE);
		(void)snprintf(what, sizeof what, "page %u of the older day", a);
		break;
	case 10:
		p = page(at, *len - PAGE, PAGE, &a);
		memmove(p + 1, p, PAGE - 1);
		(void)snprintf(what, sizeof what, "page %u moved by a byte", a);
		break;
	default:
		if (was.at) {
			memcpy(at, was.at, was.len);
			*len = was.len;
		} else
			*len = 0;
		(void)snprintf(what, sizeof what, "all of the older day");
	}
}

#endif
