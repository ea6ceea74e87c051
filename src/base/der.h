/*
 * der.h - DER elements over the sticky reader and the bounded writer.
 *
 * Single-byte tags, definite lengths in the fewest bytes, at most 2^31 - 1:
 * what is written otherwise is a mistake, so an element has one form and
 * what was taken can be put again to the byte. [X.690] 8.1, 10.1. It must never learn
 * to know what a tag means; the constants are the ones every protocol uses.
 */
#ifndef OPENLSA_BASE_DER_H
#define OPENLSA_BASE_DER_H

#include "base/bytes.h"

#define DER_INTEGER		0x02u
#define DER_BIT_STRING		0x03u
#define DER_OCTET_STRING	0x04u
#define DER_OID			0x06u
#define DER_ENUMERATED		0x0au
#define DER_GENERAL_STRING	0x1bu
#define DER_SEQUENCE		0x30u
#define DER_APPLICATION(n)	(uint8_t)(0x60u | (n))	/* constructed, n below 31 */
#define DER_CONTEXT(n)		(uint8_t)(0xa0u | (n))

/* Views into what was read. */
struct der_element {
	uint8_t tag;
	struct bytes whole, content;
};

/* The next element, whatever its tag; false spoils the reader. */
bool der_any(struct reader *r, struct der_element *ret_element) MUST_CHECK;
/* Whether an element of this tag comes next. Reads nothing. */
bool der_next_is(const struct reader *r, uint8_t tag) MUST_CHECK;
/* The content of the next element, which must have this tag; else empty, and the reader is spoiled. */
struct bytes der_take(struct reader *r, uint8_t tag);
/* A reader over it. A spoiled one where there is no such element. */
struct reader der_open(struct reader *r, uint8_t tag);
/* [n] around one element that must fill it, as EXPLICIT tagging has it: that element's content. */
struct bytes der_take_tagged(struct reader *r, unsigned n, uint8_t tag);
/* ENUMERATED of one byte, 0 to 127. */
uint8_t der_take_enumerated(struct reader *r);

/* How many bytes an element with so much content has. */
size_t der_size(size_t content);
/* Tag and length; the content is written behind it. */
void der_put_head(struct writer *w, uint8_t tag, size_t content);
void der_put(struct writer *w, uint8_t tag, struct bytes content);
/* [n] around one element. */
void der_put_tagged(struct writer *w, unsigned n, uint8_t tag, struct bytes content);

/* An OID's content as "1.2.840"; false: it is none, or an arc has more than 32 bits. Nothing is said then. */
bool der_oid_text(struct writer *w, struct bytes oid) MUST_CHECK;

#endif
