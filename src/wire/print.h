/*
 * print.h - the list of calls as text: docs/CALLS.md. A secret prints as its
 * kind and nothing else.
 */
#ifndef OPENLSA_WIRE_PRINT_H
#define OPENLSA_WIRE_PRINT_H

#include <stdint.h>

#include "base/bytes.h"

const char *call_verb(uint32_t number);		/* NULL: no such call */
/* One Markdown row a call: number, verb, rank, what cancelling does, fields in, fields out. */
void calls_print(struct writer *w);

#endif
