/*
 * why.c - the explanation chain. Layout of a line:
 *   i32 status | u8 audience | u16 length | text (UTF-8, printable)
 */
#include "base/why.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"

#define HEAD	7u
#define LINE	512u

static bool
why_room(struct why *w, size_t more)
{
	uint32_t cap = w->cap ? w->cap : 128;
	uint8_t *at;

	if (more > WHY_MAX || w->len > WHY_MAX - more)
		return false;
	while (cap < w->len + more)
		cap *= 2;
	if (cap == w->cap)
		return true;
	at = realloc(w->at, cap);
	if (!at)
		return false;
	w->at = at;
	w->cap = cap;
	return true;
}

static void
why_line_add(struct why *w, int32_t status, enum audience to, struct bytes text)
{
	struct writer out;

	if (!why_room(w, HEAD + text.len))
		return;
	out = writer_of(w->at + w->len, w->cap - w->len);
	writer_u32(&out, (uint32_t)status);
	writer_u8(&out, (uint8_t)to);
	writer_u16(&out, (uint16_t)text.len);
	writer_bytes(&out, text);
	w->len += (uint32_t)out.need;
}

/* Without the beginning of a character (UTF-8) whose rest was cut off. */
static size_t
whole_characters(const char *text, size_t len)
{
	size_t lead = len;
	unsigned char c;

	while (lead && ((unsigned char)text[lead - 1] & 0xC0) == 0x80)
		lead--;
	if (!lead)
		return len;
	c = (unsigned char)text[lead - 1];
	return c >= 0xC0 && len - (lead - 1) < (c < 0xE0 ? 2u : c < 0xF0 ? 3u : 4u) ? lead - 1 : len;
}

/* Nothing that would move a terminal: neither C0 nor C1. */
static void
controls_hide(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == 0xC2 && i + 1 < len && ((unsigned char)text[i + 1] & 0xE0) == 0x80)
			text[i] = text[i + 1] = '?';
		else if (c < 0x20 || c == 0x7f)
			text[i] = '?';
	}
}

void
why_add(struct why *w, int32_t status, enum audience to, const char *format, va_list args)
{
	char text[LINE];
	int n = vsnprintf(text, sizeof text, format, args);
	size_t len;

	if (n < 0)
		return;
	len = (size_t)n < sizeof text ? (size_t)n : whole_characters(text, sizeof text - 1);
	controls_hide(text, len);
	why_line_add(w, status, to, bytes_of(text, len));
}

void
why_say(struct why *w, int32_t status, enum audience to, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	why_add(w, status, to, format, args);
	va_end(args);
}

void
why_drop(struct why *w)
{
	free(w->at);
	*w = (struct why){ NULL, 0, 0 };
}

bool
why_next(struct reader *r, struct why_line *ret_line)
{
	struct why_line line;

	if (reader_left(r) == 0)
		return false;
	line.status = (int32_t)reader_u32(r);
	line.to = (enum audience)reader_u8(r);
	line.text = reader_bytes(r, reader_u16(r));
	if (!reader_ok(r) || line.to < TO_PEER || line.to > TO_TRUSTED)
		return false;
	*ret_line = line;
	return true;
}

void
why_put(struct writer *w, const struct why *chain, enum audience reader)
{
	struct reader r = reader_of(bytes_of(chain->at, chain->len));
	struct why_line line;

	while (why_next(&r, &line))
		if (line.to <= reader) {
			writer_u32(w, (uint32_t)line.status);
			writer_u8(w, (uint8_t)line.to);
			writer_u16(w, (uint16_t)line.text.len);
			writer_bytes(w, line.text);
		}
}

void
why_take(struct why *w, struct bytes lines)
{
	struct reader r = reader_of(lines);
	struct why_line line;

	while (why_next(&r, &line))
		why_line_add(w, line.status, line.to, line.text);
}

size_t
why_text(char *to, size_t cap, struct bytes lines)
{
	struct reader r = reader_of(lines);
	struct writer w = writer_of(to, cap ? cap - 1 : 0);
	struct why_line line;
	size_t whole = 0;

	while (why_next(&r, &line)) {
		const char *name = status_name((uint32_t)line.status);
		char number[16];

		if (!name) {
			(void)snprintf(number, sizeof number, "0x%08X", (unsigned)line.status);
			name = number;
		}
		if (line.status != 0) {
			writer_bytes(&w, bytes_of_text(name));
			writer_bytes(&w, bytes_of_text(": "));
		}
		writer_bytes(&w, line.text);
		writer_u8(&w, '\n');
		if (writer_ok(&w))
			whole = w.need;
	}
	if (cap)
		to[whole] = 0;
	return w.need;
}
