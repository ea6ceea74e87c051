/*
 * fips.h - whether this machine is one where only what FIPS 140 approves may be used.
 *
 * The kernel says so for all of the machine (fips=1). What OpenSSL's own
 * configuration says is no matter of ours: libctx.h.
 */
#ifndef OPENLSA_CRYPTO_FIPS_H
#define OPENLSA_CRYPTO_FIPS_H

#include <stdbool.h>

#include "base/bytes.h"

/* False: it cannot be told. A kernel without such a mode is not in it. Any thread. */
bool fips_mode(bool *ret_on) MUST_CHECK;

#endif
