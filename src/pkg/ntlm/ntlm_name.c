/*
 * ntlm_name.c - names of this machine, and what a target name says.
 */
#include "pkg/ntlm/ntlm_name.h"

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool
same(struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return false;
	for (size_t n = 0; n < a.len; n++)
		if (lower(a.at[n]) != lower(b.at[n]))
			return false;
	return true;
}

/* What stands before the first of a character, or all of it. */
static struct bytes
before(struct bytes text, uint8_t c)
{
	size_t n = 0;

	while (n < text.len && text.at[n] != c)
		n++;
	return bytes_of(text.at, n);
}

static struct bytes
behind(struct bytes text, size_t len)
{
	return len < text.len ? bytes_of(text.at + len, text.len - len) : BYTES_NONE;
}

/* An address with two colons or more is IPv6 without brackets; one colon is a port's. */
static struct bytes
without_port(struct bytes host)
{
	struct bytes first = before(host, ':');

	if (first.len == host.len)
		return host;
	return before(behind(host, first.len + 1), ':').len == host.len - first.len - 1 ? first : host;
}

struct bytes
target_host(struct bytes target)
{
	struct bytes class = before(target, '/');
	struct bytes host = class.len < target.len ? behind(target, class.len + 1) : target;

	host = before(host, '/');
	if (host.len && host.at[0] == '[')
		return before(behind(host, 1), ']');
	return without_port(before(host, '@'));
}

bool
name_is_ours(struct bytes name, const char *computer, const char *host)
{
	static const char *const always[] = { "localhost", "localhost.localdomain", "127.0.0.1", "::1" };
	struct bytes dns = bytes_of_text(host), label;

	if (name.len && name.at[name.len - 1] == '.')
		name.len--;
	if (!name.len)
		return false;
	for (size_t n = 0; n < sizeof always / sizeof always[0]; n++)
		if (same(name, bytes_of_text(always[n])))
			return true;
	label = before(dns, '.');
	if (same(name, bytes_of_text(computer)) || same(name, dns) || same(name, label))
		return true;
	return label.len && label.len == dns.len && same(before(name, '.'), label);
}
