/*
 * bindings.c - the hash of channel bindings. Pure.
 */
#include "crypto/bindings.h"

#include "crypto/legacy.h"

#define OF(field) bytes_of((field), sizeof(field))

#define BINDINGS_HEADER 32u

/* One address or the data: a length and the bytes, as RFC 2744's structure would lie in memory. */
static bool
bindings_add(struct md5 *m, struct bytes raw, uint32_t len, uint32_t offset)
{
	uint8_t number[4];
	struct bytes part = BYTES_NONE;

	if (len && (offset < BINDINGS_HEADER || !bytes_part(&part, raw, offset, len)))
		return false;
	put_u32(number, len);
	md5_add(m, OF(number));
	md5_add(m, part);
	return true;
}

/*
 * SEC_CHANNEL_BINDINGS: for initiator, acceptor and data each {type,} length,
 * offset; 32 bytes. What is hashed has the same order without the offsets.
 */
bool
bindings_hash_of(uint8_t ret_hash[16], struct bytes raw)
{
	struct reader r = reader_of(raw);
	struct md5 m;
	uint8_t number[4];
	uint32_t len;

	bytes_zero(ret_hash, 16);
	if (raw.len == 0)
		return true;
	md5_begin(&m);
	for (int n = 0; n < 3; n++) {
		if (n < 2) {
			put_u32(number, reader_u32(&r));
			md5_add(&m, OF(number));
		}
		len = reader_u32(&r);
		if (!bindings_add(&m, raw, len, reader_u32(&r)))
			return false;
	}
	if (!reader_ok(&r))
		return false;
	md5_end(&m, ret_hash);
	return true;
}
