/*
 * ndr.h - the slice of NDR that serialized structures of Windows need: type
 * serialization version 1 ([MS-RPCE] 2.2.6) of 32-bit little-endian NDR
 * ([C706] 14), read only.
 *
 * A structure is read member by member in its order; what a pointer points to
 * comes later, in the order of the pointers, so a member that is one gives a bool
 * that is asked again when its turn has come. Sticky like the reader below it.
 * Must never learn to know a structure.
 */
#ifndef OPENLSA_BASE_NDR_H
#define OPENLSA_BASE_NDR_H

#include "base/bytes.h"
#include "base/sid.h"

struct ndr {
	struct reader r;		/* the object without its headers: alignment counts from its start */
};

/* Takes both headers; whatever is wrong with them makes a spoiled one. Padding behind the object is left aside. */
struct ndr ndr_open(struct bytes serialized);
static inline bool ndr_ok(const struct ndr *n) { return reader_ok(&n->r); }
/* Nothing but padding to a multiple of eight is left. */
bool ndr_done(const struct ndr *n) MUST_CHECK;

void ndr_align(struct ndr *n, size_t to);
uint16_t ndr_u16(struct ndr *n);		/* aligned, as all of these */
uint32_t ndr_u32(struct ndr *n);
uint64_t ndr_u64_of_u32(struct ndr *n);		/* two halves, aligned as 32 bits: FILETIME, LARGE_INTEGER by halves */
bool ndr_pointer(struct ndr *n);		/* whether it points to anything */

/* RPC_UNICODE_STRING: its head now, its characters when their turn has come. */
struct ndr_text {
	uint16_t len;				/* bytes */
	bool there;
};
struct ndr_text ndr_text(struct ndr *n);
/* UTF-16LE, a view; empty where there are none. */
struct bytes ndr_text_take(struct ndr *n, struct ndr_text head);

/* The conformance of an array: how many, which must be what the structure said and fit with so many bytes each. */
bool ndr_array(struct ndr *n, uint32_t count, size_t each);
/* A SID behind a pointer: its conformance, then itself. */
void ndr_sid(struct ndr *n, struct sid *ret_sid);

#endif
