/*
 * trail.c - see trail.h.
 */
#include "tests/api/trail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/check.h"

#define TEXT_MOST	(8u << 20)

static FILE *
trail_open(void)
{
	const char *state = getenv("OPENLSA_STATE"), *at = getenv("OPENLSA_SOCKET");
	char file[512];

	if (api_far())
		(void)snprintf(file, sizeof file, "%.*s/far/audit.json", (int)(strrchr(at, '/') - at), at);
	else
		(void)snprintf(file, sizeof file, "%s/audit.json", state);
	return fopen(file, "re");
}

/* All of the file from `from` on, with a NUL; whose, not yours. */
static char *
trail_text(long from)
{
	static char *text;
	FILE *file = trail_open();
	size_t n = 0;

	if (!text)
		text = malloc(TEXT_MOST + 1);
	if (file && text && fseek(file, from, SEEK_SET) == 0)
		n = fread(text, 1, TEXT_MOST, file);
	if (file)
		fclose(file);
	if (text)
		text[n] = '\0';
	return text;
}

long
trail_mark(HANDLE lsa)
{
	static ULONG mark;
	static long from;
	char want[60];

	if (!mark)
		mark = 100 + (ULONG)(getpid() % 1000) * 50;
	mark++;
	CHECK(OlsaPolicySet(lsa, "lockout-window", mark) == STATUS_SUCCESS);
	(void)snprintf(want, sizeof want, "\"lockout-window = %u\"", (unsigned)mark);
	for (unsigned i = 0; i < 500; i++) {
		char *text = trail_text(from), *at = text ? strstr(text, want) : NULL, *end = at ? strchr(at, '\n') : NULL;

		if (end) {
			from += (long)(end + 1 - text);
			return from;
		}
		usleep(20000);
	}
	fprintf(stderr, "    %s has not come through to the audit file\n", want);
	CHECK_U64(0, mark);
	return from;
}

unsigned
trail_count(long from, long to, unsigned id, const char *text)
{
	char *line = trail_text(from), *end, number[24];
	unsigned count = 0;
	long at = from;

	(void)snprintf(number, sizeof number, "\"id\":%u,", id);
	for (; line && at < to && (end = strchr(line, '\n')) != NULL; at += end + 1 - line, line = end + 1) {
		*end = '\0';
		if ((!id || strstr(line, number)) && strstr(line, text))
			count++;
	}
	return count;
}
