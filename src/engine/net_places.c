/*
 * net_places.c - where the KDCs are: a list as configuration writes it, names
 * and numbers to addresses. What asks a name service blocks and runs on a
 * job. Shares nothing, knows no request.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/net_inside.h"

#define PORT_KDC	88u		/* RFC 4120 7.2.1 */
#define PORT_KPASSWD	464u		/* RFC 3244 */
#define HOST_MAX	256u

bool
address_same(const union address *a, const union address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	if (a->any.sa_family == AF_INET)
		return a->v4.sin_port == b->v4.sin_port && a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
	return a->v6.sin6_port == b->v6.sin6_port && a->v6.sin6_scope_id == b->v6.sin6_scope_id &&
	    memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof a->v6.sin6_addr) == 0;	/* not secret */
}

void
address_text(char text[ADDRESS_TEXT], const union address *a)
{
	char host[INET6_ADDRSTRLEN] = "?";

	if (a->any.sa_family == AF_INET) {
		(void)inet_ntop(AF_INET, &a->v4.sin_addr, host, sizeof host);
		(void)snprintf(text, ADDRESS_TEXT, "%s:%u", host, (unsigned)ntohs(a->v4.sin_port));
	} else {
		(void)inet_ntop(AF_INET6, &a->v6.sin6_addr, host, sizeof host);
		(void)snprintf(text, ADDRESS_TEXT, "[%s]:%u", host, (unsigned)ntohs(a->v6.sin6_port));
	}
}

void
found_note(struct found *f, const char *format, ...)
{
	size_t at = strlen(f->note);
	va_list args;

	if (at)
		at += (size_t)snprintf(f->note + at, sizeof f->note - at, "; ");
	if (at >= sizeof f->note)
		return;
	va_start(args, format);
	(void)vsnprintf(f->note + at, sizeof f->note - at, format, args);
	va_end(args);
}

/* The same address twice is one place. */
static void
found_add(struct found *f, const union address *address, bool udp, bool tcp)
{
	for (unsigned i = 0; i < f->count; i++) {
		if (address_same(&f->places[i].address, address)) {
			f->places[i].udp |= udp;
			f->places[i].tcp |= tcp;
			return;
		}
	}
	if (f->count < PLACES_MAX)
		f->places[f->count++] = (struct place){ *address, udp, tcp };
}

static bool
address_of_number(union address *a, const char *name, uint16_t port)
{
	*a = (union address){ .v6 = { 0 } };
	if (inet_pton(AF_INET, name, &a->v4.sin_addr) == 1) {
		a->v4.sin_family = AF_INET;
		a->v4.sin_port = htons(port);
		return true;
	}
	if (inet_pton(AF_INET6, name, &a->v6.sin6_addr) == 1) {
		a->v6.sin6_family = AF_INET6;
		a->v6.sin6_port = htons(port);
		return true;
	}
	return false;
}

static void
found_add_info(struct found *f, const struct host *h, const struct addrinfo *info)
{
	for (; info; info = info->ai_next) {
		union address a = { .v6 = { 0 } };

		if (info->ai_addrlen > sizeof a || (info->ai_family != AF_INET && info->ai_family != AF_INET6))
			continue;
		bytes_copy(&a, info->ai_addr, info->ai_addrlen);
		if (info->ai_family == AF_INET)
			a.v4.sin_port = htons(h->port);
		else
			a.v6.sin6_port = htons(h->port);
		found_add(f, &a, h->udp, h->tcp);
	}
}

/* The worst of several failures counts, and only where nothing was found. */
static void
found_worsen(struct found *f, NTSTATUS status)
{
	if (f->status != STATUS_NO_MEMORY)
		f->status = status;
}

void
found_add_host(struct found *f, const struct host *h)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };
	struct addrinfo *info = NULL;
	union address a;
	int rc;

	if (address_of_number(&a, h->name, h->port)) {
		found_add(f, &a, h->udp, h->tcp);
		return;
	}
	rc = getaddrinfo(h->name, NULL, &hints, &info);
	if (rc == 0) {
		found_add_info(f, h, info);
		freeaddrinfo(info);
		return;
	}
	found_note(f, "%.80s: %s", h->name, gai_strerror(rc));
	if (rc == EAI_MEMORY)
		found_worsen(f, STATUS_NO_MEMORY);
	else if (rc == EAI_AGAIN || rc == EAI_SYSTEM || rc == EAI_FAIL)
		found_worsen(f, STATUS_IO_TIMEOUT);
}

/* --- the list --------------------------------------------------------- */

static bool
port_take(const char *text, uint16_t *ret_port)
{
	unsigned port = 0;

	for (; *text >= '0' && *text <= '9' && port <= 65535; text++)
		port = port * 10 + (unsigned)(*text - '0');
	if (*text || !port || port > 65535)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

/* "host", "host:port", "[v6]", "[v6]:port", "v6", each after "tcp/" or "udp/" or neither. Cuts the word where it stands. */
static bool
host_take(struct host *h, char *word, uint16_t port)
{
	char *colon, *end;

	*h = (struct host){ .port = port, .udp = true, .tcp = true };
	if (strncmp(word, "tcp/", 4) == 0 || strncmp(word, "udp/", 4) == 0) {
		h->udp = *word == 'u';
		h->tcp = *word == 't';
		word += 4;
	}
	h->name = word;
	if (*word == '[') {
		end = strchr(word, ']');
		h->name = word + 1;
		if (!end || end == word + 1)
			return false;
		*end++ = 0;
		return !*end || (*end == ':' && port_take(end + 1, &h->port));
	}
	colon = strchr(word, ':');
	if (!colon || strchr(colon + 1, ':'))		/* more than one: an IPv6 address without brackets */
		return *word != 0;
	*colon = 0;
	return *word && port_take(colon + 1, &h->port);
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == ',';
}

/* The next word of a list, copied; false at its end. Words that are too long come out empty. */
static bool
word_next(const char **list, char word[HOST_MAX])
{
	const char *from = *list;
	size_t len = 0;

	while (blank(*from))
		from++;
	while (from[len] && !blank(from[len]))
		len++;
	*list = from + len;
	word[0] = 0;
	if (len < HOST_MAX) {
		bytes_copy(word, from, len);
		word[len] = 0;
	}
	return len != 0;
}

static bool
list_read(struct found *f, const char *list, bool kpasswd, bool may_ask)
{
	uint16_t port = kpasswd ? PORT_KPASSWD : PORT_KDC;
	char word[HOST_MAX];
	union address a;
	struct host h;

	while (word_next(&list, word)) {
		if (!host_take(&h, word, port))
			found_note(f, "\"%.60s\" is no host", word);
		else if (!may_ask && !address_of_number(&a, h.name, h.port))
			return false;
		else
			found_add_host(f, &h);
	}
	return true;
}

static void
found_begin(struct found *f)
{
	f->status = STATUS_NO_LOGON_SERVERS;
	f->count = 0;
	f->note[0] = 0;
}

bool
places_plain(struct found *f, const char *list, bool kpasswd)
{
	found_begin(f);
	if (!*list || !list_read(f, list, kpasswd, false))
		return false;
	if (f->count)
		f->status = STATUS_SUCCESS;
	return true;
}

void
places_look_up(struct found *f, const char *realm, const char *list, bool kpasswd, const struct resolver *resolver)
{
	found_begin(f);
	if (*list)
		(void)list_read(f, list, kpasswd, true);
	else
		dns_look_up(f, realm, kpasswd, resolver);
	if (f->count)
		f->status = STATUS_SUCCESS;
}
