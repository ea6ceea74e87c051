/*
 * name.h - account names: what may be one, and when two are the same.
 * Pure. A folded name is UTF-16LE in upper case; it is compared and hashed as bytes.
 */
#ifndef OPENLSA_STORE_NAME_H
#define OPENLSA_STORE_NAME_H

#include "base/bytes.h"

#define NAME_FOLD_MAX	512u		/* bytes: 256 units */
#define NAME_UTF8_MAX	768u		/* the longest UTF-8 of so many units */

struct name_fold {
	size_t len;
	uint8_t at[NAME_FOLD_MAX];	/* unset behind len */
};

/* False: no UTF-8, empty, or longer than 256 units; no account can have such a name. */
bool name_fold(struct name_fold *ret_fold, struct bytes utf8) MUST_CHECK;
/* May be an account's from now on: see account.h. */
bool name_allowed(struct bytes utf8) MUST_CHECK;
/* A full name: UTF-8 of at most 256 units without control characters; may be empty. */
bool name_text_allowed(struct bytes utf8) MUST_CHECK;

/* SipHash-2-4 (Aumasson and Bernstein 2012): who does not know the key cannot aim at a place in a table. */
uint64_t name_hash(const uint8_t key[16], struct bytes b);

#endif
