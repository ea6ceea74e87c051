/* SPDX-License-Identifier: MIT */
/*
 * wide.c - UTF-8 and UTF-16, SIDs as text.
 */
#include "tools/wide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One character; 0 behind the last, 0xFFFFFFFF: not UTF-8. */
static unsigned
next_of(const unsigned char **at)
{
	const unsigned char *p = *at;
	unsigned c = *p, more = c < 0x80 ? 0 : c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
	static const unsigned least[] = { 0, 0x80, 0x800, 0x10000 };

	if (c >= 0x80 && (c < 0xC2 || c > 0xF4))
		return 0xFFFFFFFFu;
	c = more ? c & (0x3Fu >> more) : c;
	for (unsigned i = 1; i <= more; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0xFFFFFFFFu;
		c = c << 6 | (p[i] & 0x3Fu);
	}
	*at = p + 1 + more;
	return c < least[more] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000) ? 0xFFFFFFFFu : c;
}

bool
wide_of(struct wide *ret_wide, const char *utf8)
{
	const unsigned char *at = (const unsigned char *)utf8;
	size_t n = 0;

	while (*at) {
		unsigned c = next_of(&at);

		if (c == 0xFFFFFFFFu || n + 2 > WIDE_MOST)
			return false;
		if (c >= 0x10000) {
			ret_wide->text[n++] = (WCHAR)(0xD7C0 + (c >> 10));
			c = 0xDC00 + (c & 0x3FF);
		}
		ret_wide->text[n++] = (WCHAR)c;
	}
	ret_wide->text[n] = 0;
	ret_wide->s.Buffer = ret_wide->text;
	ret_wide->s.Length = (USHORT)(2 * n);
	ret_wide->s.MaximumLength = (USHORT)(2 * n + 2);
	return true;
}

char *
utf8_of(char *to, size_t room, const LSA_UNICODE_STRING *wide)
{
	size_t n = wide->Length / 2, used = 0;

	for (size_t i = 0; i < n && used + 5 < room; i++) {
		unsigned c = wide->Buffer[i];

		if (c >= 0xD800 && c < 0xDC00 && i + 1 < n && (wide->Buffer[i + 1] & 0xFC00) == 0xDC00)
			c = 0x10000 + ((c & 0x3FF) << 10) + (wide->Buffer[++i] & 0x3FFu);
		else if (c >= 0xD800 && c < 0xE000)
			c = '?';
		if (c < 0x80) {
			to[used++] = (char)c;
		} else if (c < 0x800) {
			to[used++] = (char)(0xC0 | c >> 6);
			to[used++] = (char)(0x80 | (c & 0x3F));
		} else {
			if (c >= 0x10000) {
				to[used++] = (char)(0xF0 | c >> 18);
				to[used++] = (char)(0x80 | (c >> 12 & 0x3F));
			} else {
				to[used++] = (char)(0xE0 | c >> 12);
			}
			to[used++] = (char)(0x80 | (c >> 6 & 0x3F));
			to[used++] = (char)(0x80 | (c & 0x3F));
		}
	}
	to[used] = 0;
	return to;
}

bool
sid_of(struct sid_room *ret_sid, const char *text)
{
	char *end;
	unsigned long long value;
	struct sid_room s;

	memset(&s, 0, sizeof s);
	if ((text[0] != 'S' && text[0] != 's') || strncmp(text + 1, "-1-", 3) != 0)
		return false;
	value = strtoull(text + 4, &end, 0);
	if (end == text + 4 || value >> 48)
		return false;
	for (unsigned i = 0; i < 6; i++)
		s.sid.IdentifierAuthority.Value[i] = (BYTE)(value >> (40 - 8 * i));
	s.sid.Revision = 1;
	while (*end == '-' && s.sid.SubAuthorityCount < SID_WORDS) {
		const char *from = end + 1;

		value = strtoull(from, &end, 10);
		if (end == from || value > 0xFFFFFFFFull)
			return false;
		s.sid.SubAuthority[s.sid.SubAuthorityCount++] = (DWORD)value;
	}
	*ret_sid = s;
	return *end == 0 && s.sid.SubAuthorityCount > 0;
}

char *
sid_show(char to[SID_SHOWN], PSID sid)
{
	const SID *s = sid;
	unsigned long long authority = 0;
	int used;

	if (!s) {
		to[0] = 0;
		return to;
	}
	for (unsigned i = 0; i < 6; i++)
		authority = authority << 8 | s->IdentifierAuthority.Value[i];
	used = snprintf(to, SID_SHOWN, authority >> 32 ? "S-1-0x%012llx" : "S-1-%llu", authority);
	for (unsigned i = 0; i < s->SubAuthorityCount && i < SID_WORDS; i++)
		used += snprintf(to + used, SID_SHOWN - (size_t)used, "-%lu", (unsigned long)s->SubAuthority[i]);
	return to;
}
