/*
 * ndr.c - NDR over the sticky reader.
 */
#include "base/ndr.h"

#define VERSION		1u
#define LITTLE		0x10u
#define COMMON_LEN	8u

struct ndr
ndr_open(struct bytes serialized)
{
	struct reader r = reader_of(serialized);
	struct ndr n;
	uint32_t len;

	/* [MS-RPCE] 2.2.6.1, 2.2.6.2: common header, then private header; fillers mean nothing. */
	if (reader_u8(&r) != VERSION || reader_u8(&r) != LITTLE || reader_u16(&r) != COMMON_LEN)
		reader_spoil(&r);
	reader_skip(&r, 4);
	len = reader_u32(&r);
	reader_skip(&r, 4);
	n.r = reader_of(reader_bytes(&r, len));
	if (!reader_ok(&r) || len % 8 != 0)
		reader_spoil(&n.r);
	return n;
}

bool
ndr_done(const struct ndr *n)
{
	return reader_ok(&n->r) && reader_left(&n->r) < 8;
}

void
ndr_align(struct ndr *n, size_t to)
{
	size_t over = n->r.pos % to;

	if (over)
		reader_skip(&n->r, to - over);
}

uint16_t
ndr_u16(struct ndr *n)
{
	ndr_align(n, 2);
	return reader_u16(&n->r);
}

uint32_t
ndr_u32(struct ndr *n)
{
	ndr_align(n, 4);
	return reader_u32(&n->r);
}

uint64_t
ndr_u64_of_u32(struct ndr *n)
{
	uint64_t low = ndr_u32(n);

	return low | (uint64_t)reader_u32(&n->r) << 32;
}

bool
ndr_pointer(struct ndr *n)
{
	return ndr_u32(n) != 0;
}

struct ndr_text
ndr_text(struct ndr *n)
{
	struct ndr_text t;
	uint16_t room;

	ndr_align(n, 4);			/* of its pointer */
	t.len = reader_u16(&n->r);
	room = reader_u16(&n->r);
	t.there = ndr_pointer(n);
	if (t.len % 2 != 0 || t.len > room || (t.len != 0 && !t.there))
		reader_spoil(&n->r);
	return t;
}

struct bytes
ndr_text_take(struct ndr *n, struct ndr_text head)
{
	uint32_t room, from, count;

	if (!head.there)
		return BYTES_NONE;
	room = ndr_u32(n);
	from = ndr_u32(n);
	count = ndr_u32(n);
	if (from != 0 || count > room || count != head.len / 2u)
		reader_spoil(&n->r);
	return reader_bytes(&n->r, head.len);
}

bool
ndr_array(struct ndr *n, uint32_t count, size_t each)
{
	if (ndr_u32(n) != count || count > reader_left(&n->r) / each)
		reader_spoil(&n->r);
	return reader_ok(&n->r);
}

void
ndr_sid(struct ndr *n, struct sid *ret_sid)
{
	uint32_t count = ndr_u32(n);

	sid_take(ret_sid, &n->r);
	if (ret_sid->count != count)
		reader_spoil(&n->r);
	if (!reader_ok(&n->r))
		*ret_sid = (struct sid){ 0 };
}
