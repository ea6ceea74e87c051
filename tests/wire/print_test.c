/*
 * print_test.c - docs/CALLS.md is what the list says. With the argument
 * "--write" it prints the table instead, to put it there.
 * Covers wire/print.c.
 */
#include "wire/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/check.h"

static char table[65536], page[131072];

static void
the_page_is_the_list(void)
{
	FILE *f = fopen(TESTS_DIR "/../docs/CALLS.md", "r");
	size_t n = f ? fread(page, 1, sizeof page - 1, f) : 0;

	page[n] = 0;
	CHECK(f && strstr(page, table));
	if (f)
		fclose(f);
}

static void
verbs_by_number(void)
{
	CHECK_TEXT(call_verb(1), "connect");
	CHECK(call_verb(0) == NULL && call_verb(39) == NULL && call_verb(100000) == NULL);
}

int
main(int argc, char **argv)
{
	struct writer w = writer_of(table, sizeof table - 1);

	calls_print(&w);
	CHECK(writer_ok(&w));
	if (argc > 1 && strcmp(argv[1], "--write") == 0) {
		fputs(table, stdout);
		return 0;
	}
	RUN(the_page_is_the_list);
	RUN(verbs_by_number);
	return check_end();
}
