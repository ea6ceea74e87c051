/*
 * ntlm_print.h - an NTLM token as text for people and for programs.
 *
 * Pure. It shows what anybody who sees the token can see, and nothing more:
 * proofs and keys as the bytes that they are on the wire. Text in the token
 * is a stranger's, so control characters are escaped.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_PRINT_H
#define OPENLSA_PKG_NTLM_NTLM_PRINT_H

#include "base/bytes.h"

/*
 * A tree with offsets, flags and AV pairs by name; or one JSON object, no
 * newline. UTF-8, no NUL behind it. False: it is no well-formed NTLM message;
 * what was written then does not count.
 */
bool ntlm_print(struct writer *w, struct bytes token, bool json) MUST_CHECK;

#endif
