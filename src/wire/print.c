/*
 * print.c - expands the list of calls into text.
 */
#include "wire/print.h"

#include <stdio.h>

#include "wire/calls.h"

const char *
call_verb(uint32_t number)
{
#define VERB(number, verb, FIELDS, rank, drop) [number] = #verb,
	static const char *const verbs[LSA_HIGHEST_CALL + 1] = { LSA_CALLS(VERB) };

	return number <= LSA_HIGHEST_CALL ? verbs[number] : NULL;
}

static void
put(struct writer *w, const char *text)
{
	writer_bytes(w, bytes_of_text(text));
}

#define FIELD_TEXT(kind, name)	" " #name " _" #kind "_,"

/* "a _u32_, b _bytes_," without its last comma; a dash for no fields. */
static void
put_fields(struct writer *w, const char *fields)
{
	struct bytes f = bytes_of_text(fields);

	if (f.len)
		writer_bytes(w, bytes_of(f.at, f.len - 1));
	else
		put(w, " -");
	put(w, " |");
}

static void
put_row(struct writer *w, unsigned number, const char *verb, const char *rank, const char *drop, const char *in,
    const char *out)
{
	char head[128];

	(void)snprintf(head, sizeof head, "| %u | `%s` | %s | %s |", number, verb, rank, drop);
	put(w, head);
	put_fields(w, in);
	put_fields(w, out);
	put(w, "\n");
}

void
calls_print(struct writer *w)
{
	put(w, "| # | call | rank | cancelling | in | out |\n|---|---|---|---|---|---|\n");
#define ROW(number, verb, FIELDS, rank, drop) \
	put_row(w, (number), #verb, #rank, #drop, "" FIELDS##_IN(FIELD_TEXT), "" FIELDS##_OUT(FIELD_TEXT));
	LSA_CALLS(ROW)
}
