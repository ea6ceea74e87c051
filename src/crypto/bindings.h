/*
 * bindings.h - the hash that stands for channel bindings in a proof: NTLM's
 * MsvAvChannelBindings and Kerberos' Bnd field ([MS-NLMP] 2.2.2.1, RFC 4121
 * 4.1.1.2) are the same sixteen bytes.
 */
#ifndef OPENLSA_CRYPTO_BINDINGS_H
#define OPENLSA_CRYPTO_BINDINGS_H

#include "base/bytes.h"

/*
 * MD5 over gss_channel_bindings_struct. `raw` is a SEC_CHANNEL_BINDINGS with
 * its data at offsets from its start. Empty gives 16 zero bytes. False: a
 * part does not lie inside.
 */
bool bindings_hash_of(uint8_t ret_hash[16], struct bytes raw) MUST_CHECK;

#endif
