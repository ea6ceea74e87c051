/*
 * why.h - the explanation chain behind a status.
 *
 * A chain is a short list of lines: a status, an audience and a sentence.
 * The layer that fails first speaks first; each layer above adds what it was
 * trying to do. Bounded at 4 KiB: what does not fit is dropped and the last
 * line says so. A line that cannot get memory is dropped: a chain explains,
 * nothing depends on it. Never a secret, a token or a peer's raw text.
 */
#ifndef OPENLSA_BASE_WHY_H
#define OPENLSA_BASE_WHY_H

#include <stdarg.h>

#include "base/bytes.h"

/* Who may read a line; each reads its own and those before it. */
enum audience {
	TO_NOBODY = 0,
	TO_PEER,		/* may cross the network */
	TO_CALLER,		/* the program that made the call */
	TO_TRUSTED,		/* trusted callers, administrators and the audit log */
};

#define WHY_MAX 4096u

struct why {
	uint8_t *at;
	uint32_t len, cap;
};

void why_add(struct why *w, int32_t status, enum audience to, const char *format, va_list args)
	__attribute__((format(printf, 4, 0)));
void why_say(struct why *w, int32_t status, enum audience to, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void why_drop(struct why *w);

/* Line by line out of its bytes (a chain's own, or those of a reply): false at the end or at a mistake. */
struct why_line { int32_t status; enum audience to; struct bytes text; };
bool why_next(struct reader *r, struct why_line *ret_line);
/* The lines that an audience may read, as bytes. */
void why_put(struct writer *w, const struct why *chain, enum audience reader);
/* Appends lines that arrived as bytes; malformed ones end it. */
void why_take(struct why *w, struct bytes lines);
/*
 * "SEC_E_LOGON_DENIED: sentence", one line each, NUL-terminated: as many whole lines as there is room for.
 * The length that all of them need, without the NUL.
 */
size_t why_text(char *to, size_t cap, struct bytes lines);

#endif
