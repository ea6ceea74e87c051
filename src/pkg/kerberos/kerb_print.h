/*
 * kerb_print.h - a Kerberos token as text for people and for programs: what
 * anybody who sees it can see. What is encrypted is measured, not opened.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_PRINT_H
#define OPENLSA_PKG_KERBEROS_KERB_PRINT_H

#include "base/bytes.h"

/*
 * A tree with offsets; or one JSON object, no newline. ASCII, no NUL behind it. Context tokens, framed or not
 * ([RFC 4121] 4.1, [RFC 4120] 5.5, 5.9), and message tokens ([RFC 4121] 4.2.6).
 * False: it is no well-formed token; what was written then does not count.
 */
bool kerb_print(struct writer *w, struct bytes token, bool json) MUST_CHECK;

#endif
