/*
 * ex2.c - an identity as one block. Layouts: SEC_WINNT_AUTH_IDENTITY_EX2 and
 * SEC_WINNT_AUTH_PACKED_CREDENTIALS of sspi.h.
 *
 * Pure: no keys, no allocation.
 */
#include "secur32/ex2.h"

#define PACKED_HEADER_LEN	28u
#define NESTED_LEN		8u

/* SEC_WINNT_AUTH_DATA_TYPE_PASSWORD, {28bfc32f-10f6-4738-98d1-1ac061df716a} */
static const uint8_t type_password[16] = {
	0x2f, 0xc3, 0xbf, 0x28, 0xf6, 0x10, 0x38, 0x47, 0x98, 0xd1, 0x1a, 0xc0, 0x61, 0xdf, 0x71, 0x6a,
};

enum { AT_LENGTH = 8, AT_PACKED_LENGTH = 32, AT_FLAGS = 36 };

size_t
ex2_len(const void *at)
{
	const uint8_t *p = at;
	uint32_t len = get_u32(p + AT_LENGTH);

	if (get_u32(p) != SEC_WINNT_AUTH_IDENTITY_VERSION_2 || len < EX2_HEADER_LEN || len > EX2_MAX)
		return 0;
	return len;
}

/* --- reading ---------------------------------------------------------- */

/* Offset and length as they stand in the header; the header itself is not to be pointed at. */
static bool
region_take(struct reader *r, struct bytes whole, size_t header, struct bytes *ret_region, bool *ret_has, size_t *ret_at)
{
	uint32_t offset = reader_u32(r);
	uint16_t len = reader_u16(r);

	reader_skip(r, 2);
	*ret_region = BYTES_NONE;
	*ret_has = offset != 0;
	*ret_at = offset;
	if (offset == 0)
		return len == 0;
	return offset >= header && bytes_part(ret_region, whole, offset, len);
}

/* Up to the next region behind it, or the end. */
static size_t
room_of(const struct ex2 *b, struct bytes whole, const size_t starts[3])
{
	size_t end = whole.len;

	for (unsigned i = 0; i < 3; i++)
		if (starts[i] >= b->packed_at + b->packed.len && starts[i] < end)
			end = starts[i];
	return end - b->packed_at;
}

bool
ex2_take(struct ex2 *ret_block, struct bytes at)
{
	struct ex2 b = { .flags = 0 };
	size_t header, starts[3];
	struct bytes whole;
	struct reader r;
	bool good, has_packages;

	if (at.len < EX2_HEADER_LEN || !bytes_part(&whole, at, 0, ex2_len(at.at)) || whole.len == 0)
		return false;
	r = reader_of(whole);
	reader_skip(&r, 4);
	header = reader_u16(&r);
	reader_skip(&r, 6);
	if (header < EX2_HEADER_LEN || header > whole.len)
		return false;
	good = region_take(&r, whole, header, &b.user, &b.has_user, &starts[0]);
	good = region_take(&r, whole, header, &b.domain, &b.has_domain, &starts[1]) && good;
	good = region_take(&r, whole, header, &b.packed, &b.has_packed, &b.packed_at) && good;
	b.flags = reader_u32(&r);
	good = region_take(&r, whole, header, &b.packages, &has_packages, &starts[2]) && good;
	if (!good || !reader_ok(&r) || (b.user.len | b.domain.len | b.packages.len) % 2)
		return false;
	b.has_user = b.has_user && !(b.flags & SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_USER);
	b.has_domain = b.has_domain && !(b.flags & SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_DOMAIN);
	b.packed_room = b.has_packed ? room_of(&b, whole, starts) : 0;
	*ret_block = b;
	return true;
}

/* --- writing ---------------------------------------------------------- */

/* Where the next region stands, if it is there at all. */
static void
region_put(struct writer *w, size_t *next, bool has, size_t len)
{
	writer_u32(w, has ? (uint32_t)*next : 0);
	writer_u16(w, has ? (uint16_t)len : 0);
	writer_u16(w, 0);
	if (has)
		*next += (len + 3) & ~(size_t)3;
}

static void
region_fill(struct writer *w, bool has, struct bytes b)
{
	if (!has)
		return;
	writer_bytes(w, b);
	writer_zeros(w, (4 - b.len % 4) % 4);
}

/*
 * header | user | domain | packages | packed credentials, each on a multiple
 * of four. Version u32, header length u16, pad, whole length u32, then four
 * times (offset u32, length u16, pad) with Flags u32 before the last.
 */
void
ex2_put(struct writer *w, const struct ex2 *b, size_t room)
{
	size_t before = w->need, next = EX2_HEADER_LEN, packed_at;
	size_t packed_len = room > b->packed.len ? room : b->packed.len;
	bool has_packages = b->packages.len != 0;
	uint32_t flags = b->flags & ~(uint32_t)(SEC_WINNT_AUTH_IDENTITY_ANSI |
	    SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_USER | SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_DOMAIN);

	flags |= SEC_WINNT_AUTH_IDENTITY_UNICODE;
	flags |= b->has_user ? 0 : SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_USER;
	flags |= b->has_domain ? 0 : SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_DOMAIN;
	writer_u32(w, SEC_WINNT_AUTH_IDENTITY_VERSION_2);
	writer_u16(w, EX2_HEADER_LEN);
	writer_u16(w, 0);
	writer_u32(w, 0);
	region_put(w, &next, b->has_user, b->user.len);
	region_put(w, &next, b->has_domain, b->domain.len);
	packed_at = next + (has_packages ? (b->packages.len + 3) & ~(size_t)3 : 0);
	region_put(w, &packed_at, b->has_packed, b->packed.len);
	writer_u32(w, flags);
	region_put(w, &next, has_packages, b->packages.len);
	region_fill(w, b->has_user, b->user);
	region_fill(w, b->has_domain, b->domain);
	region_fill(w, has_packages, b->packages);
	if (b->has_packed) {
		writer_bytes(w, b->packed);
		writer_zeros(w, packed_len - b->packed.len);
		writer_zeros(w, (4 - packed_len % 4) % 4);
	}
	writer_patch_u32(w, before + AT_LENGTH, (uint32_t)(w->need - before));
}

void
ex2_patch(uint8_t *at, size_t packed_len, uint32_t flags)
{
	at[AT_PACKED_LENGTH] = (uint8_t)packed_len;
	at[AT_PACKED_LENGTH + 1] = (uint8_t)(packed_len >> 8);
	put_u32(at + AT_FLAGS, flags);
}

/* --- packed credentials ------------------------------------------------- */

/*
 * Header length u16, whole length u16, GUID of the kind, then offset u32 and
 * length u16 of the credential, counted from the start of this region. What
 * stands there is the password, or a SEC_WINNT_AUTH_DATA_PASSWORD with the
 * password behind it: {8, its length}.
 */
static bool
packed_take(struct bytes packed, uint8_t ret_type[16], struct bytes *ret_data)
{
	struct reader r = reader_of(packed);
	uint16_t header = reader_u16(&r), whole = reader_u16(&r);
	uint32_t offset;
	uint16_t len;

	reader_fixed(&r, ret_type, 16);
	offset = reader_u32(&r);
	len = reader_u16(&r);
	*ret_data = BYTES_NONE;
	if (!reader_ok(&r) || header != PACKED_HEADER_LEN || whole > packed.len || whole < header)
		return false;
	return len == 0 || (offset >= header && bytes_part(ret_data, bytes_of(packed.at, whole), offset, len));
}

bool
packed_headed(struct bytes packed)
{
	uint8_t type[16];
	struct bytes data;

	return packed_take(packed, type, &data);
}

bool
packed_password(struct bytes *ret_utf16, struct bytes packed)
{
	uint8_t type[16];
	struct bytes data;

	if (!packed_take(packed, type, &data)) {
		*ret_utf16 = packed;
		return packed.len % 2 == 0;
	}
	if (!bytes_same(bytes_of(type, sizeof type), bytes_of(type_password, sizeof type_password)))
		return false;
	if (data.len >= NESTED_LEN && get_u32(data.at) == NESTED_LEN && get_u16(data.at + 4) == data.len - NESTED_LEN)
		data = bytes_of(data.at + NESTED_LEN, data.len - NESTED_LEN);
	*ret_utf16 = data;
	return data.len % 2 == 0;
}

void
packed_put(struct writer *w, struct bytes password_utf16)
{
	writer_u16(w, PACKED_HEADER_LEN);
	writer_u16(w, (uint16_t)(PACKED_HEADER_LEN + password_utf16.len));
	writer_bytes(w, bytes_of(type_password, sizeof type_password));
	writer_u32(w, PACKED_HEADER_LEN);
	writer_u16(w, (uint16_t)password_utf16.len);
	writer_u16(w, 0);
	writer_bytes(w, password_utf16);
}
