/*
 * trace_test.c - events as lines, and nothing while it is off.
 * Covers base/trace.c.
 */
#include "base/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/nt.h"
#include "tests/check.h"

static void
one_line_an_event(void)
{
	char path[] = "/tmp/openlsa-trace-XXXXXX", line[600] = "";
	int fd = mkstemp(path);
	struct stat st;
	FILE *f;

	TRACE("before", T_NUMBER("n", 1));
	CHECK(trace_fd == -1);
	CHECK(fd >= 0 && trace_to(path));
	TRACE("told", T_TEXT("call", "in\nit\x1b"), T_STATUS("status", SEC_E_LOGON_DENIED), T_NUMBER("n", 42));
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	f = fopen(path, "r");
	CHECK(f && fgets(line, sizeof line, f) && strstr(line, " told call=in?it? status=SEC_E_LOGON_DENIED n=42\n"));
	CHECK(f && !fgets(line, sizeof line, f));
	if (f)
		fclose(f);
	close(fd);
	unlink(path);
}

static void
long_text_is_cut(void)
{
	char text[2000];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = 0;
	for (int i = 0; i < 3; i++)
		TRACE("long", T_TEXT("a", text), T_TEXT("b", text), T_TEXT("c", text), T_TEXT("d", text), T_TEXT("e", text));
	CHECK(!trace_to("/nonexistent/folder/file"));
}

int
main(void)
{
	RUN(one_line_an_event);
	RUN(long_text_is_cut);
	return check_end();
}
