/*
 * sid.h - SIDs as applications hold them: memory in Windows' layout, which
 * on a little-endian machine is the binary form.
 */
#ifndef OPENLSA_SECUR32_SID_H
#define OPENLSA_SECUR32_SID_H

#include <windows.h>

#include "base/sid.h"

/* The bytes of a SID; false: none, or malformed. */
bool sid_bytes(struct bytes *ret_bytes, PSID sid) MUST_CHECK;

#endif
