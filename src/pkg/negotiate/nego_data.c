/*
 * nego_data.c - Negotiate's user data as bytes.
 */
#include "pkg/negotiate/nego_data.h"

void
nego_data_put(struct writer *w, const struct nego_data *d)
{
	writer_u32(w, NEGO_DATA_PACKAGE);
	writer_u32(w, NEGO_DATA_LAYOUT);
	writer_u8(w, d->direct);
	writer_zeros(w, 3);
	writer_sized(w, d->name);
	writer_sized(w, d->data);
}

bool
nego_data_take(struct nego_data *d, struct bytes wire)
{
	struct reader r = reader_of(wire);
	uint8_t direct;

	reader_expect_u32(&r, NEGO_DATA_PACKAGE);
	reader_expect_u32(&r, NEGO_DATA_LAYOUT);
	direct = reader_u8(&r);
	if (direct > 1 || reader_u8(&r) || reader_u16(&r))
		reader_spoil(&r);
	d->direct = direct == 1;
	d->name = reader_sized(&r, NEGO_DATA_NAME_MAX);
	d->data = reader_sized(&r, NEGO_DATA_MAX);
	if (d->name.len && reader_done(&r))
		return true;
	*d = (struct nego_data){ 0 };
	return false;
}
