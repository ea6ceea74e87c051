/*
 * nego_data.h - what Negotiate's LSA half hands to its user half: the name of
 * the package that was chosen, and that package's own user data.
 *
 * Pure. Layout 1, little-endian:
 *   u32 package   u32 layout   u8 direct   u8 0   u16 0   sized name   sized data
 */
#ifndef OPENLSA_PKG_NEGOTIATE_NEGO_DATA_H
#define OPENLSA_PKG_NEGOTIATE_NEGO_DATA_H

#include "base/bytes.h"

#define NEGO_DATA_PACKAGE	9u	/* RPC_C_AUTHN_GSS_NEGOTIATE */
#define NEGO_DATA_LAYOUT	1u
#define NEGO_DATA_NAME_MAX	63u
#define NEGO_DATA_MAX		65536u

struct nego_data {
	bool direct;			/* the peer spoke the package's own tokens, without SPNEGO around them */
	struct bytes name;
	struct bytes data;		/* secret */
};

void nego_data_put(struct writer *w, const struct nego_data *d);
/* False: another package's, another layout, cut short or too long. */
bool nego_data_take(struct nego_data *d, struct bytes wire) MUST_CHECK;

#endif
