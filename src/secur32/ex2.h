/*
 * ex2.h - an identity as one block: SEC_WINNT_AUTH_IDENTITY_EX2, offsets from
 * its start, lengths in bytes, little-endian, no pointers. It is the form of
 * every opaque identity that this library makes, and the marshalled form.
 *
 * Pure: no keys, no allocation. What is encrypted stays so here.
 */
#ifndef OPENLSA_SECUR32_EX2_H
#define OPENLSA_SECUR32_EX2_H

#include <sspi.h>

#include "base/bytes.h"

#define EX2_HEADER_LEN	48u
#define EX2_MAX		65536u

/* The bits that say how the packed credentials are encrypted. */
#define EX2_ENCRYPTED	(SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED | \
			 SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_PROTECTED | \
			 SEC_WINNT_AUTH_IDENTITY_FLAGS_USER_PROTECTED | SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_ENCRYPTED)

/* Views into the block; strings are UTF-16LE without a NUL. Offset 0 is "absent", not "empty". */
struct ex2 {
	struct bytes user, domain, packed, packages;
	bool has_user, has_domain, has_packed;
	uint32_t flags;
	size_t packed_at;	/* offset of the packed credentials, */
	size_t packed_room;	/* and how long they could become in place */
};

/* What a block says of its own length; 0: not an EX2 block, or an impossible length. Reads 12 bytes. */
size_t ex2_len(const void *at);
/* False: something does not lie inside. Bytes behind the length it says are ignored. */
bool ex2_take(struct ex2 *ret_block, struct bytes at) MUST_CHECK;
/* The block, its packed credentials last with at least `room` bytes for them. */
void ex2_put(struct writer *w, const struct ex2 *block, size_t room);
/* After the packed credentials were replaced in place. */
void ex2_patch(uint8_t *at, size_t packed_len, uint32_t flags);

/* Packed credentials that are a password; a region without Windows' header is the password itself. */
bool packed_password(struct bytes *ret_utf16, struct bytes packed) MUST_CHECK;
/* Whether they begin with Windows' header and stay inside: noise does not. */
bool packed_headed(struct bytes packed) MUST_CHECK;
void packed_put(struct writer *w, struct bytes password_utf16);

#endif
