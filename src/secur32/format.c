/*
 * format.c - FormatMessage: the sentence of a status or an error. Of the
 * system's messages alone: no message files, no strings of the caller's.
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "secur32/account_name.h"
#include "secur32/memory.h"
#include "secur32/text.h"

#define MESSAGE_MOST	640u
#define FACILITY_NT	0x10000000u

/* A status, an HRESULT of one or of a Win32 error, a Win32 error. False: it has neither sentence nor name. */
static bool
message_of(char to[MESSAGE_MOST], uint32_t code)
{
	const char *text = status_text(code), *name;

	if (!text && (code & 0xFFFF0000u) == 0x80070000u)
		code &= 0xFFFFu;
	if (!text && (code & 0xF0000000u) == (0xC0000000u | FACILITY_NT)) {
		code &= ~FACILITY_NT;
		text = status_text(code);
	}
	if (code && code < 0x10000u) {
		text = status_text_of_win32(code);
		name = NULL;
	} else {
		name = status_name(code);
	}
	if (!text && !name)
		return false;
	(void)snprintf(to, MESSAGE_MOST, "%s", text ? text : name);
	return true;
}

static DWORD
none(DWORD error)
{
	SetLastError(error);
	return 0;
}

static DWORD
format(DWORD flags, DWORD code, void *buffer, DWORD size, bool wide)
{
	char text[MESSAGE_MOST + 3];
	size_t len;
	ULONG chars;

	if (!buffer || !(flags & FORMAT_MESSAGE_FROM_SYSTEM) || (flags & (FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_FROM_HMODULE)))
		return none(ERROR_INVALID_PARAMETER);
	if (!message_of(text, code))
		return none(ERROR_MR_MID_NOT_FOUND);
	len = strlen(text);
	/* A line's end, or with any width a blank: nothing is ever broken within. */
	memcpy(text + len, (flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) == FORMAT_MESSAGE_MAX_WIDTH_MASK ? " \0" : "\r\n", 3);
	len = strlen(text);
	if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
		DWORD room = size > len + 1 ? size : (DWORD)len + 1;
		void *at = buffer_new(BUFFER_LOCAL, wide ? 2u * (size_t)room : room);

		if (!at)
			return none(ERROR_NOT_ENOUGH_MEMORY);
		chars = text_give(at, room, wide, bytes_of(text, len));
		memcpy(buffer, &at, sizeof at);
		return chars;
	}
	chars = text_give(buffer, size, wide, bytes_of(text, len));
	return size > chars ? chars : none(ERROR_INSUFFICIENT_BUFFER);
}

/* Our messages have no inserts, and there is one language. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

DWORD
FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId, LPSTR lpBuffer, DWORD nSize,
    va_list *Arguments)
{
	return format(dwFlags, dwMessageId, lpBuffer, nSize, false);
}

DWORD
FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId, LPWSTR lpBuffer, DWORD nSize,
    va_list *Arguments)
{
	return format(dwFlags, dwMessageId, lpBuffer, nSize, true);
}
