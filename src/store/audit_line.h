/*
 * audit_line.h - an event as a record (packed, so that it can wait), and a
 * record as a line of JSON or as a datagram of the journal. Pure.
 */
#ifndef OPENLSA_STORE_AUDIT_LINE_H
#define OPENLSA_STORE_AUDIT_LINE_H

#include "store/audit.h"

#define AUDIT_RECORD_MAX	6144u
#define AUDIT_LINE_MAX		32768u	/* of JSON with its newline, and of a datagram */

/* seconds, nanoseconds: since 1970. writer_ok says whether it fitted. */
void audit_pack(struct writer *w, const struct audit *a, int64_t seconds, uint32_t nanoseconds);
/* False: not a record. One object and a newline; text is escaped, cut at 256 bytes (reasons at 2048), and what is not UTF-8 becomes U+FFFD. */
bool audit_json(struct writer *w, struct bytes record) MUST_CHECK;
/* The journal's native protocol: lines KEY=value. `from` is its SYSLOG_IDENTIFIER. */
bool audit_datagram(struct writer *w, struct bytes record, const char *from) MUST_CHECK;

#endif
