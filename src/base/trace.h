/*
 * trace.h - what developers read: one line an event, named fields with
 * typed places. A secret, a token or bytes have no type to print with. Off
 * until trace_to; then each event is one write. Reasons (why.h) answer users,
 * traces answer developers.
 */
#ifndef OPENLSA_BASE_TRACE_H
#define OPENLSA_BASE_TRACE_H

#include "base/bytes.h"

struct trace_field {
	const char *name;
	enum { TRACE_NUMBER = 1, TRACE_STATUS, TRACE_TEXT } kind;
	uint64_t number;
	struct bytes text;
};

#define T_NUMBER(n, v)	{ .name = (n), .kind = TRACE_NUMBER, .number = (uint64_t)(v) }
#define T_STATUS(n, v)	{ .name = (n), .kind = TRACE_STATUS, .number = (uint32_t)(v) }
#define T_TEXT(n, v)	{ .name = (n), .kind = TRACE_TEXT, .text = bytes_of_text(v) }

extern int trace_fd;			/* -1: off */

/* TRACE("told", T_TEXT("call", verb), T_STATUS("status", st)); costs one comparison while it is off. */
#define TRACE(event, ...)                                                                     \
	do {                                                                                  \
		if (__atomic_load_n(&trace_fd, __ATOMIC_RELAXED) >= 0) {                      \
			const struct trace_field fields_[] = { __VA_ARGS__ };                 \
			trace_event((event), fields_, sizeof fields_ / sizeof *fields_);      \
		}                                                                             \
	} while (0)

void trace_event(const char *event, const struct trace_field *fields, size_t count);
/* Appends to a file (0600, made when absent, no link followed). False: it cannot be opened. */
bool trace_to(const char *path);

#endif
