/*
 * des.h - DES of one block, for NTLM's version 1 responses alone. Pure; any
 * thread; not constant in time.
 */
#ifndef OPENLSA_CRYPTO_DES_H
#define OPENLSA_CRYPTO_DES_H

#include "base/bytes.h"

/* Under a key of seven bytes, as NTLM spreads them: [MS-NLMP] 6, DES(K, D). */
void des_block_of(uint8_t ret_block[8], const uint8_t key[7], const uint8_t data[8]);

#endif
