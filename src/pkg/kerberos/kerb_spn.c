/*
 * kerb_spn.c - target names. Pure.
 */
#include "pkg/kerberos/kerb_spn.h"

static bool
is_plain(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < 0x21 || text.at[i] == 0x7f)
			return false;
	return text.len > 0;
}

/* "host:1433", "[::1]:88": the host of it. A bare IPv6 literal is all host. */
static struct bytes
host_of(struct bytes part)
{
	size_t colon = part.len, colons = 0, bracket = part.len;

	for (size_t i = 0; i < part.len; i++) {
		if (part.at[i] == ':') {
			colon = i;
			colons++;
		}
		if (part.at[i] == ']')
			bracket = i;
	}
	if (colons == 0 || (colons > 1 && (bracket == part.len || colon < bracket)))
		return part;
	return bytes_of(part.at, colon);
}

bool
kerb_spn_take(struct kerb_spn *s, struct bytes text)
{
	size_t end = text.len, start = 0;

	*s = (struct kerb_spn){ 0 };
	if (!is_plain(text))
		return false;
	for (size_t i = text.len; i-- > 0;)
		if (text.at[i] == '@') {
			s->realm = bytes_of(text.at + i + 1, text.len - i - 1);
			end = i;
			break;
		}
	for (size_t i = 0; i <= end; i++) {
		if (i < end && text.at[i] != '/')
			continue;
		if (i == start || s->count == SPN_PARTS_MAX)
			return false;
		s->parts[s->count++] = bytes_of(text.at + start, i - start);
		start = i + 1;
	}
	if (s->count > 1)
		s->host = host_of(s->parts[1]);
	return s->count > 0;
}
