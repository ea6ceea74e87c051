/*
 * nego_print.h - a SPNEGO token as text for people and for programs.
 *
 * Pure. It shows what anybody who sees the token can see. The token inside is
 * named here, and described by whoever `inside` asks.
 */
#ifndef OPENLSA_PKG_NEGOTIATE_NEGO_PRINT_H
#define OPENLSA_PKG_NEGOTIATE_NEGO_PRINT_H

#include "base/bytes.h"

/* As user_package.describe; false: it cannot, and what it wrote does not count. */
typedef bool nego_inside(struct writer *w, struct bytes token, bool json);

/*
 * A tree with offsets; or one JSON object, no newline. UTF-8, no NUL behind it.
 * False: it is no well-formed SPNEGO token; what was written then does not count.
 */
bool nego_print(struct writer *w, struct bytes token, bool json, nego_inside *inside) MUST_CHECK;

#endif
