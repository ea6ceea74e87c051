/*
 * outline.c - fields as a tree or as JSON.
 */
#include "base/outline.h"

#include <stdarg.h>

void
outline_say(struct outline *o, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	writer_format_list(o->w, format, args);
	va_end(args);
}

void
outline_key(struct outline *o, const char *name, struct bytes at)
{
	if (o->json)
		outline_say(o, ",\"%s\":", name);
	else if (at.len)
		outline_say(o, "\n%04zx +%-5zu  %s: ", (size_t)(at.at - o->token.at), at.len, name);
	else
		outline_say(o, "\n             %s: ", name);
}

void
outline_hex(struct outline *o, struct bytes b)
{
	outline_say(o, "%s", o->json ? "\"" : "");
	for (size_t n = 0; n < b.len; n++)
		outline_say(o, "%02x", b.at[n]);
	outline_say(o, "%s", o->json ? "\"" : b.len ? "" : "none");
}

void
outline_text(struct outline *o, struct bytes text)
{
	outline_say(o, "\"");
	for (size_t n = 0; n < text.len; n++)
		if (text.at[n] < 0x20 || text.at[n] > 0x7e || text.at[n] == '"' || text.at[n] == '\\')
			outline_say(o, "\\u%04x", text.at[n]);
		else
			outline_say(o, "%c", text.at[n]);
	outline_say(o, "\"");
}
