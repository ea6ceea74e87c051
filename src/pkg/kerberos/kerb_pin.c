/*
 * kerb_pin.c - the list of named KDCs, and the messages that write and read it:
 * 27 to 31. Nothing here asks a network; what the list says is a hint to the
 * one who does.
 */
#include "pkg/kerberos/kerb_pin.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pkg/kerberos/kerb_msg.h"

enum { ADD = 27, QUERY, PURGE, PIN, UNPIN };

#define ADD_FIXED	48u
#define PIN_FIXED	48u
#define ENTRY		72u		/* KERB_BINDING_CACHE_ENTRY_DATA */
#define PINS_MOST	64u
#define TEXT_MOST	255u
#define ADDRESS_TYPES	2u		/* DS_INET_ADDRESS, DS_NETBIOS_ADDRESS; 0: not said */

struct pin {
	struct pin *next;
	bool pinned;			/* else bound */
	uint32_t type, dc_flags;
	uint64_t since;			/* FILETIME */
	char *address;			/* behind the realm */
	char realm[];
};

struct pins {
	struct kept kept;
	pthread_mutex_t lock;
	struct pin *first;		/* the last one that was named */
	unsigned count;
};

/* --- the list ---------------------------------------------------------------------- */

static void
pins_drop(struct kept *kept)
{
	struct pins *p = (struct pins *)(void *)kept;
	struct pin *next;

	for (struct pin *pin = p->first; pin; pin = next) {
		next = pin->next;
		free(pin);
	}
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static struct kept *
pins_make(void)
{
	struct pins *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->kept = (struct kept){ .refs = 1, .drop = pins_drop };
	pthread_mutex_init(&p->lock, NULL);
	return &p->kept;
}

/* Held, or NULL: there are none, or (make) no memory. */
static struct pins *
pins_of(struct call *call, bool make)
{
	const struct lsa_services *s = services(call);

	return s->machine_kept ? (struct pins *)(void *)s->machine_kept(call, &kerberos_lsa, make ? pins_make : NULL) : NULL;
}

/* A realm's of this kind, or all of this kind (realm NULL); they are the caller's to free. The lock is held. */
static struct pin *
pins_take(struct pins *p, const char *realm, bool pinned)
{
	struct pin **at = &p->first, *taken = NULL, *pin;

	while ((pin = *at) != NULL) {
		if (pin->pinned == pinned && (!realm || strcasecmp(pin->realm, realm) == 0)) {
			*at = pin->next;
			pin->next = taken;
			taken = pin;
			p->count--;
		} else {
			at = &pin->next;
		}
	}
	return taken;
}

static void
taken_free(struct pin *taken)
{
	while (taken) {
		struct pin *next = taken->next;

		free(taken);
		taken = next;
	}
}

/* --- as places --------------------------------------------------------------------- */

/* Without the port, unless it is an IPv6 address without brackets. */
static size_t
host_len(const char *address)
{
	const char *colon = strrchr(address, ':');

	return !colon || (strchr(address, ':') != colon && colon[-1] != ']') ? strlen(address) : (size_t)(colon - address);
}

static void
places_put(struct writer *w, struct pins *p, const char *realm, bool pinned, bool kpasswd)
{
	for (struct pin *pin = p->first; pin; pin = pin->next) {
		if (pin->pinned != pinned || strcasecmp(pin->realm, realm) != 0)
			continue;
		if (w->need)
			writer_u8(w, ' ');
		writer_bytes(w, bytes_of(pin->address, kpasswd ? host_len(pin->address) : strlen(pin->address)));
	}
}

const char *
kerb_pin_places(struct call *call, const char *realm, bool kpasswd, const char *usual)
{
	struct pins *p = pins_of(call, false);
	struct writer w = writer_of(NULL, 0);
	const char *places = usual;
	char *text;

	if (!p)
		return usual;
	pthread_mutex_lock(&p->lock);
	places_put(&w, p, realm, true, kpasswd);
	places_put(&w, p, realm, false, kpasswd);
	if (w.need) {
		size_t room = w.need + 1 + strlen(usual);

		places = text = call_memory(call, room + 1);
		if (text) {
			w = writer_of(text, room);
			places_put(&w, p, realm, true, kpasswd);
			places_put(&w, p, realm, false, kpasswd);
			if (*usual)
				writer_u8(&w, ' ');
			writer_bytes(&w, bytes_of_text(usual));
		}
	}
	pthread_mutex_unlock(&p->lock);
	kept_drop(&p->kept);
	return places;
}

/* --- 27, 30: one more ---------------------------------------------------------------- */

struct asked { const char *realm, *address; uint32_t type, dc_flags; };

static bool
asked_take(struct call *call, struct asked *a, struct bytes body, bool pinned)
{
	struct reader r = reader_of(body);
	uint32_t flags = 0;

	*a = (struct asked){ .realm = NULL };
	reader_skip(&r, 4);
	if (pinned)
		flags = reader_u32(&r);
	else
		reader_skip(&r, 4);
	a->realm = kerb_msg_text(call, &r, pinned ? PIN_FIXED : ADD_FIXED);
	a->address = kerb_msg_text(call, &r, pinned ? PIN_FIXED : ADD_FIXED);
	if (!pinned)
		a->type = reader_u32(&r);
	a->dc_flags = reader_u32(&r);
	return reader_ok(&r) && body.len >= ADD_FIXED && !flags && a->type <= ADDRESS_TYPES && a->realm && a->address;
}

/* What kdc_ask takes for one place: no blanks, no commas, no protocols. */
static bool
is_place(const char *address)
{
	size_t len = strlen(address);

	return len && len <= TEXT_MOST && address[0] != ':' &&
	    strspn(address, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]") == len;
}

static struct pin *
pin_new(struct call *call, const struct asked *a, bool pinned)
{
	size_t realm = strlen(a->realm) + 1, address = strlen(a->address) + 1;
	struct pin *pin = calloc(1, sizeof *pin + realm + address);

	if (!pin)
		return NULL;
	pin->pinned = pinned;
	pin->type = a->type;
	pin->dc_flags = a->dc_flags;
	pin->since = services(call)->now(call);
	pin->address = pin->realm + realm;
	bytes_copy(pin->realm, a->realm, realm);
	bytes_copy(pin->address, a->address, address);
	return pin;
}

static NTSTATUS
add(struct call *call, const struct message_args *args, bool pinned, struct message_result *ret)
{
	struct pin *pin, *old = NULL;
	struct pins *p;
	struct asked a;
	bool full;

	if (!asked_take(call, &a, args->body, pinned))
		return kerb_verdict(call, ret, STATUS_INVALID_PARAMETER, "the request is malformed, or its flags are not understood");
	if (strncmp(a.address, "\\\\", 2) == 0)
		a.address += 2;
	if (!*a.realm || strlen(a.realm) > TEXT_MOST || !is_place(a.address))
		return kerb_verdict(call, ret, STATUS_INVALID_PARAMETER, "the realm or the address of the KDC is none");
	p = pins_of(call, true);
	pin = p ? pin_new(call, &a, pinned) : NULL;
	if (!pin) {
		kept_drop(p ? &p->kept : NULL);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	pthread_mutex_lock(&p->lock);
	old = pins_take(p, a.realm, pinned);
	full = p->count >= PINS_MOST;
	if (!full) {
		pin->next = p->first;
		p->first = pin;
		p->count++;
	}
	pthread_mutex_unlock(&p->lock);
	taken_free(old);
	kept_drop(&p->kept);
	if (full) {
		free(pin);
		return kerb_verdict(call, ret, STATUS_QUOTA_EXCEEDED, "64 KDCs are named already; unpin or purge them");
	}
	ret->verdict = STATUS_SUCCESS;
	return STATUS_SUCCESS;
}

/* --- 29, 31: all of a kind go ---------------------------------------------------------- */

static NTSTATUS
clear(struct call *call, bool pinned, struct message_result *ret)
{
	struct pins *p = pins_of(call, false);
	struct pin *taken;

	ret->verdict = STATUS_SUCCESS;
	if (!p)
		return STATUS_SUCCESS;
	pthread_mutex_lock(&p->lock);
	taken = pins_take(p, NULL, pinned);
	pthread_mutex_unlock(&p->lock);
	taken_free(taken);
	kept_drop(&p->kept);
	return STATUS_SUCCESS;
}

/* --- 28: the list ------------------------------------------------------------------------ */

static void
entry_put(struct kerb_reply *r, struct call *call, const struct pin *pin)
{
	size_t host = host_len(pin->address);
	char *name = call_memory(call, host + 1);

	if (name)
		bytes_copy(name, pin->address, host);
	writer_u64(&r->fixed, pin->since);
	kerb_reply_text(r, pin->realm);
	kerb_reply_text(r, pin->address);
	writer_u32(&r->fixed, pin->type);
	writer_u32(&r->fixed, 0);			/* Flags */
	writer_u32(&r->fixed, pin->dc_flags);
	writer_u32(&r->fixed, 0);			/* CacheFlags */
	kerb_reply_text(r, name ? name : "");
}

static NTSTATUS
query(struct call *call, struct message_result *ret)
{
	struct pins *p = pins_of(call, false);
	NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
	struct kerb_reply reply;
	size_t room = 0, count = 0;

	if (p)
		pthread_mutex_lock(&p->lock);
	for (struct pin *pin = p ? p->first : NULL; pin; pin = pin->next, count++)
		room += 2 * (strlen(pin->realm) + 2 * strlen(pin->address)) + 3 * 2;
	if (kerb_reply_begin(&reply, call, 16 + count * ENTRY, room, 1 + 3 * count)) {
		writer_u32(&reply.fixed, QUERY);
		writer_u32(&reply.fixed, (uint32_t)count);
		if (count)
			kerb_reply_inside(&reply, 16);
		else
			writer_u64(&reply.fixed, 0);
		for (struct pin *pin = p ? p->first : NULL; pin; pin = pin->next)
			entry_put(&reply, call, pin);
		status = kerb_reply_end(&reply, ret);
	}
	if (p) {
		pthread_mutex_unlock(&p->lock);
		kept_drop(&p->kept);
	}
	return status;
}

NTSTATUS
kerb_msg_pin(struct call *call, const struct message_args *args, uint32_t type, struct message_result *ret)
{
	if (type == QUERY)
		return query(call, ret);
	if (!args->trusted)
		return kerb_verdict(call, ret, STATUS_ACCESS_DENIED, "only a trusted caller may say which KDCs are asked");
	switch (type) {
	case ADD:
	case PIN:
		return add(call, args, type == PIN, ret);
	default:
		return clear(call, type == UNPIN, ret);
	}
}
