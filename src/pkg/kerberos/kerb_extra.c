/*
 * kerb_extra.c - the list of a session's further keys. Under the cache's lock,
 * which is short: a key is copied out before it is tried.
 */
#include "pkg/kerberos/kerb_extra.h"

#include <stdlib.h>
#include <string.h>

void
kerb_extra_drop(struct kerb_extra *extra)
{
	while (extra) {
		struct kerb_extra *next = extra->next;

		secret_drop(&extra->keys);
		free(extra->client);
		free(extra->names);
		free(extra);
		extra = next;
	}
}

static struct kerb_extra **
place_of(struct kerb_cache *cache, const char *client)
{
	struct kerb_extra **at = &cache->extras;

	while (*at && strcmp((*at)->client, client) != 0)
		at = &(*at)->next;
	return at;
}

static void
take_out(struct kerb_extra **at, struct kerb_extra **ret_gone)
{
	struct kerb_extra *gone = *at;

	if (!gone)
		return;
	*at = gone->next;
	gone->next = *ret_gone;
	*ret_gone = gone;
}

NTSTATUS
kerb_extra_set(struct kerb_cache *cache, struct kerb_extra *extra, enum kerb_extra_how how)
{
	struct kerb_extra *gone = NULL, **at;
	NTSTATUS status = STATUS_SUCCESS;
	unsigned count = 0;

	pthread_mutex_lock(&cache->lock);
	for (const struct kerb_extra *e = cache->extras; e; e = e->next)
		count++;
	at = place_of(cache, extra->client);
	if (how == EXTRA_ADD && *at)
		status = STATUS_OBJECT_NAME_COLLISION;
	else if ((how & EXTRA_ADD) && !*at && count >= EXTRA_MOST)
		status = STATUS_QUOTA_EXCEEDED;
	else if (!(how & EXTRA_ADD) && !*at)
		status = STATUS_OBJECT_NAME_NOT_FOUND;
	if (status == STATUS_SUCCESS) {
		take_out(at, &gone);
		if (how != EXTRA_REMOVE) {
			extra->next = cache->extras;
			cache->extras = extra;
			extra = NULL;
		}
	}
	pthread_mutex_unlock(&cache->lock);
	kerb_extra_drop(gone);
	kerb_extra_drop(extra);
	return status;
}

static struct kerb_extra *
copy_of(struct kerb_extra *e)
{
	struct kerb_extra *copy = calloc(1, sizeof *copy);
	size_t len = 1;
	uint8_t *p;

	if (!copy)
		return NULL;
	copy->client = strdup(e->client);
	for (const char *name = e->names; name && *name; name += strlen(name) + 1)
		len += strlen(name) + 1;
	copy->names = e->names ? malloc(len) : NULL;
	if (copy->names)
		memcpy(copy->names, e->names, len);
	WITH_SECRET(p, e->keys)
		copy->keys = secret_of(bytes_of(p, secret_len(e->keys)));
	if (copy->client && copy->keys && !copy->names == !e->names)
		return copy;
	kerb_extra_drop(copy);
	return NULL;
}

NTSTATUS
kerb_extra_copy(struct kerb_cache *to, struct kerb_cache *from)
{
	struct kerb_extra *copies = NULL, *gone = NULL, **end;
	bool good = true;

	pthread_mutex_lock(&from->lock);
	for (struct kerb_extra *e = from->extras; e && good; e = e->next) {
		struct kerb_extra *copy = copy_of(e);

		good = copy != NULL;
		if (good) {
			copy->next = copies;
			copies = copy;
		}
	}
	pthread_mutex_unlock(&from->lock);
	if (!good) {
		kerb_extra_drop(copies);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	pthread_mutex_lock(&to->lock);
	for (end = &copies; *end; end = &(*end)->next)
		take_out(place_of(to, (*end)->client), &gone);
	*end = to->extras;
	to->extras = copies;
	pthread_mutex_unlock(&to->lock);
	kerb_extra_drop(gone);
	return STATUS_SUCCESS;
}

void
kerb_extra_clear(struct kerb_cache *cache)
{
	struct kerb_extra *gone;

	pthread_mutex_lock(&cache->lock);
	gone = cache->extras;
	cache->extras = NULL;
	pthread_mutex_unlock(&cache->lock);
	kerb_extra_drop(gone);
}

/* --- choosing ------------------------------------------------------------------ */

struct kerb_cache *
kerb_extra_cache(struct call *call, uint64_t luid)
{
	const struct lsa_services *s = services(call);
	struct session_view session;

	if (!s->session || !s->session_kept || s->session(call, luid, &session) != STATUS_SUCCESS)
		return NULL;
	return (struct kerb_cache *)(void *)s->session_kept(call, session.session, &kerberos_lsa);
}

static bool
names_cover(const struct kerb_extra *e, const char *principal)
{
	if (!e->names)
		return true;
	for (const char *name = e->names; *name; name += strlen(name) + 1)
		if (kerb_keys_covers(name, principal))
			return true;
	return false;
}

bool
kerb_extra_any(struct kerb_cache *cache, const char *own)
{
	bool any = false;

	pthread_mutex_lock(&cache->lock);
	for (const struct kerb_extra *e = cache->extras; e && !any; e = e->next) {
		any = !own || names_cover(e, own);
		for (const char *name = e->names; !any && name && *name; name += strlen(name) + 1)
			any = kerb_keys_covers(own, name);
	}
	pthread_mutex_unlock(&cache->lock);
	return any;
}

bool
kerb_extra_next(struct kerb_cache *cache, const char *own, const struct kerb_wanted *want, uint32_t *pos,
    struct kerb_key *ret_key)
{
	bool found = false;
	uint32_t at = 0;

	if (own && !kerb_keys_covers(own, want->principal))
		return false;
	pthread_mutex_lock(&cache->lock);
	for (struct kerb_extra *e = cache->extras; e && !found; e = e->next)
		for (uint32_t i = 0; i < EXTRA_KEYS && !found; i++, at++) {
			uint8_t *p;

			if (at < *pos || !names_cover(e, want->principal))
				continue;
			WITH_SECRET(p, e->keys)
				bytes_copy(ret_key, p + i * sizeof *ret_key, sizeof *ret_key);
			found = ret_key->len && ret_key->etype == want->etype;
		}
	*pos = at;
	pthread_mutex_unlock(&cache->lock);
	return found;
}
