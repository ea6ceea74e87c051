/*
 * trace.c - events as lines: "seconds.micros pid event name=value ...".
 */
#include "base/trace.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/status.h"

#define LINE 512u

int trace_fd = -1;

/* What does not fit is cut. */
static size_t
line_grown(size_t at, int n)
{
	return n < 0 ? at : at + (size_t)n < LINE ? at + (size_t)n : LINE - 1;
}

static size_t
line_field(char *line, size_t at, const struct trace_field *f)
{
	char text[128];
	size_t len = f->text.len < sizeof text - 1 ? f->text.len : sizeof text - 1;
	const char *name;

	switch (f->kind) {
	case TRACE_STATUS:
		name = status_name((uint32_t)f->number);
		if (name)
			return line_grown(at, snprintf(line + at, LINE - at, " %s=%s", f->name, name));
		return line_grown(at, snprintf(line + at, LINE - at, " %s=0x%08x", f->name, (unsigned)f->number));
	case TRACE_TEXT:
		for (size_t i = 0; i < len; i++)
			text[i] = f->text.at[i] > 0x20 && f->text.at[i] < 0x7f ? (char)f->text.at[i] : '?';
		text[len] = 0;
		return line_grown(at, snprintf(line + at, LINE - at, " %s=%s", f->name, text));
	case TRACE_NUMBER:
	default:
		return line_grown(at, snprintf(line + at, LINE - at, " %s=%llu", f->name,
		    (unsigned long long)f->number));
	}
}

void
trace_event(const char *event, const struct trace_field *fields, size_t count)
{
	struct timespec now;
	char line[LINE];
	size_t at;
	int n;

	clock_gettime(CLOCK_REALTIME, &now);
	n = snprintf(line, sizeof line, "%lld.%06ld %d %s", (long long)now.tv_sec, now.tv_nsec / 1000, (int)getpid(),
	    event);
	at = n > 0 && (size_t)n < LINE ? (size_t)n : 0;
	for (size_t i = 0; i < count; i++)
		at = line_field(line, at, &fields[i]);
	line[at < LINE - 1 ? at : LINE - 2] = '\n';
	if (write(__atomic_load_n(&trace_fd, __ATOMIC_RELAXED), line, at < LINE - 1 ? at + 1 : LINE - 1) < 0)
		return;			/* a trace that cannot be written is not worth a failure */
}

bool
trace_to(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	int none = -1;

	if (fd < 0)
		return false;
	if (!__atomic_compare_exchange_n(&trace_fd, &none, fd, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		close(fd);		/* it is on already */
	return true;
}
