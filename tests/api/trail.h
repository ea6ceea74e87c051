/*
 * trail.h - what the tests of auditing share: the file of the LSA that is
 * asked, near or far, and what was written to it between two moments.
 */
#ifndef OPENLSA_TESTS_API_TRAIL_H
#define OPENLSA_TESTS_API_TRAIL_H

#include "tests/api/api.h"

/* A moment: everything that was raised before stands before it in the file. Marked by a change of policy lockout-window. */
long trail_mark(HANDLE lsa);
/* Lines between two moments that have this number (0: any) and this text in them. */
unsigned trail_count(long from, long to, unsigned id, const char *text);

#endif
