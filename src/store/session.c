/*
 * session.c - logon sessions: sixteen small tables, so that two logons
 * seldom wait for each other. Nothing here touches a disk.
 */
#include "store/session.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SHARDS		16u
#define BUCKETS_MIN	16u
#define TEXT_MAX	1024u

struct seat {
	struct session shown;
	struct sessions *home;
	struct seat *next;
	_Atomic uint32_t refs;
	struct session_group groups[];	/* behind them user, domain, package, server, SIDs */
};

struct shard {
	_Alignas(64) pthread_mutex_t lock;
	struct seat **buckets;
	uint32_t bucket_count, count;
};

struct sessions {
	struct shard shards[SHARDS];
	void (*ended)(void *arg, struct session *session);
	void *arg;
	_Alignas(64) _Atomic uint64_t next;
	_Atomic size_t count;
};

NTSTATUS
sessions_new(struct sessions **ret_sessions, void (*ended)(void *arg, struct session *session), void *arg)
{
	struct sessions *all = aligned_alloc(_Alignof(struct sessions), sizeof *all);

	if (!all)
		return STATUS_NO_MEMORY;
	memset(all, 0, sizeof *all);
	all->ended = ended;
	all->arg = arg;
	/* 65536 LUIDs a second can pass before a restarted process repeats one. */
	atomic_init(&all->next, ((uint64_t)time(NULL) & UINT32_MAX) << 16 | SESSION_LOWEST);
	for (unsigned i = 0; i < SHARDS; i++)
		(void)pthread_mutex_init(&all->shards[i].lock, NULL);
	*ret_sessions = all;
	return STATUS_SUCCESS;
}

void
sessions_drop(struct sessions *sessions)
{
	if (!sessions)
		return;
	for (unsigned i = 0; i < SHARDS; i++) {
		free(sessions->shards[i].buckets);
		(void)pthread_mutex_destroy(&sessions->shards[i].lock);
	}
	free(sessions);
}

static struct seat *
seat_of(struct session *session)
{
	return (struct seat *)(void *)session;
}

static struct shard *
shard_of(struct sessions *all, uint64_t luid)
{
	return &all->shards[luid % SHARDS];
}

static struct seat **
bucket_of(const struct shard *shard, uint64_t luid)
{
	return &shard->buckets[luid / SHARDS % shard->bucket_count];
}

/* Doubles when full; what cannot grow just gets longer chains. False only when there is no table at all. */
static bool
shard_grow(struct shard *shard)
{
	uint32_t old_count = shard->bucket_count, count = old_count ? old_count * 2 : BUCKETS_MIN;
	struct seat **old = shard->buckets, **buckets;

	if (old && shard->count < old_count)
		return true;
	buckets = calloc(count, sizeof(struct seat *));
	if (!buckets)
		return old != NULL;
	shard->buckets = buckets;
	shard->bucket_count = count;
	for (uint32_t i = 0; i < old_count; i++)
		for (struct seat *seat = old[i], *next; seat; seat = next) {
			struct seat **to = bucket_of(shard, seat->shown.luid);

			next = seat->next;
			seat->next = *to;
			*to = seat;
		}
	free(old);
	return true;
}

static struct seat *
shard_look(const struct shard *shard, uint64_t luid)
{
	struct seat *seat = shard->buckets ? *bucket_of(shard, luid) : NULL;

	while (seat && seat->shown.luid != luid)
		seat = seat->next;
	return seat;
}

static const char *
text_put(char **to, struct bytes text)
{
	char *at = *to;

	bytes_copy(at, text.at, text.len);
	at[text.len] = '\0';
	*to += text.len + 1;
	return at;
}

static bool
new_fits(const struct session_new *new, size_t *ret_len)
{
	size_t len = new->user.len + new->domain.len + new->package.len + new->server.len + 4 + new->sid.len;

	if (new->user.len > TEXT_MAX || new->domain.len > TEXT_MAX || new->package.len > TEXT_MAX ||
	    new->server.len > TEXT_MAX || new->sid.len > SESSION_SID_MAX || new->group_count > SESSION_GROUPS_MAX ||
	    (new->taken ? new->luid < SESSION_LOWEST : new->luid != 0 && (new->luid < SESSION_IUSR || new->luid > SESSION_SYSTEM)))
		return false;
	for (size_t i = 0; i < new->group_count; i++) {
		if (new->groups[i].sid.len == 0 || new->groups[i].sid.len > SESSION_SID_MAX)
			return false;
		len += new->groups[i].sid.len;
	}
	*ret_len = len + new->group_count * sizeof *new->groups;
	return true;
}

static void
groups_put(char **to, struct session_group *groups, const struct session_new *new)
{
	for (size_t i = 0; i < new->group_count; i++) {
		struct bytes sid = new->groups[i].sid;

		bytes_copy(*to, sid.at, sid.len);
		groups[i] = (struct session_group){ bytes_of(*to, sid.len), new->groups[i].attributes };
		*to += sid.len;
	}
}

NTSTATUS
session_new(struct session **ret_session, struct sessions *sessions, const struct session_new *new)
{
	struct seat *seat, **place;
	struct shard *shard;
	size_t len;
	char *to;

	if (!new_fits(new, &len))
		return STATUS_INVALID_PARAMETER;
	seat = malloc(sizeof *seat + len);
	if (!seat)
		return STATUS_NO_MEMORY;
	to = (char *)&seat->groups[new->group_count];
	seat->shown = (struct session){
		.luid = new->luid ? new->luid : atomic_fetch_add_explicit(&sessions->next, 1, memory_order_relaxed),
		.logon_time = new->logon_time,
		.logon_type = new->logon_type,
		.uid = new->uid,
		.user_flags = new->user_flags, .logged_on = new->logged_on,
		.password_set = new->password_set,
		.group_count = (uint32_t)new->group_count,
		.groups = seat->groups,
	};
	seat->shown.user = text_put(&to, new->user);
	seat->shown.domain = text_put(&to, new->domain);
	seat->shown.package = text_put(&to, new->package);
	seat->shown.server = text_put(&to, new->server);
	bytes_copy(to, new->sid.at, new->sid.len);
	seat->shown.sid = bytes_of(to, new->sid.len);
	to += new->sid.len;
	groups_put(&to, seat->groups, new);
	seat->home = sessions;
	atomic_init(&seat->refs, 1);
	shard = shard_of(sessions, seat->shown.luid);
	pthread_mutex_lock(&shard->lock);
	if (!shard_grow(shard) || (new->luid != 0 && shard_look(shard, new->luid))) {
		bool exists = shard->buckets != NULL;

		pthread_mutex_unlock(&shard->lock);
		free(seat);
		return exists ? STATUS_LOGON_SESSION_EXISTS : STATUS_NO_MEMORY;
	}
	place = bucket_of(shard, seat->shown.luid);
	seat->next = *place;
	*place = seat;
	shard->count++;
	pthread_mutex_unlock(&shard->lock);
	(void)atomic_fetch_add_explicit(&sessions->count, 1, memory_order_relaxed);
	*ret_session = &seat->shown;
	return STATUS_SUCCESS;
}

struct session *
session_hold(struct session *session)
{
	(void)atomic_fetch_add_explicit(&seat_of(session)->refs, 1, memory_order_relaxed);
	return session;
}

bool
session_last(const struct session *session)
{
	return atomic_load(&((const struct seat *)(const void *)session)->refs) == 1;
}

void
session_drop(struct session *session)
{
	struct seat *seat = session ? seat_of(session) : NULL, **at;
	struct sessions *all;
	struct shard *shard;

	if (!seat || atomic_fetch_sub_explicit(&seat->refs, 1, memory_order_acq_rel) != 1)
		return;
	all = seat->home;
	shard = shard_of(all, session->luid);
	pthread_mutex_lock(&shard->lock);
	at = bucket_of(shard, session->luid);
	while (*at != seat)
		at = &(*at)->next;
	*at = seat->next;
	shard->count--;
	pthread_mutex_unlock(&shard->lock);
	(void)atomic_fetch_sub_explicit(&all->count, 1, memory_order_relaxed);
	if (all->ended)
		all->ended(all->arg, session);
	free(seat);
}

struct session *
session_find(struct sessions *sessions, uint64_t luid)
{
	struct shard *shard = shard_of(sessions, luid);
	struct seat *seat;
	uint32_t refs = 0;

	pthread_mutex_lock(&shard->lock);
	seat = shard_look(shard, luid);
	if (seat)
		refs = atomic_load_explicit(&seat->refs, memory_order_relaxed);
	/* One that is ending is not raised again. */
	while (refs != 0 && !atomic_compare_exchange_weak_explicit(&seat->refs, &refs, refs + 1, memory_order_acquire, memory_order_relaxed))
		;
	pthread_mutex_unlock(&shard->lock);
	return refs ? &seat->shown : NULL;
}

static int
luid_order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

NTSTATUS
session_list(struct sessions *sessions, uint64_t **ret_luids, size_t *ret_count)
{
	uint64_t *luids = NULL;
	size_t room = 0, count = 0;

	for (unsigned i = 0; i < SHARDS; i++)
		pthread_mutex_lock(&sessions->shards[i].lock);
	for (unsigned i = 0; i < SHARDS; i++)
		room += sessions->shards[i].count;
	if (room > 0)
		luids = calloc(room, sizeof *luids);
	for (unsigned i = 0; luids && i < SHARDS; i++)
		for (uint32_t b = 0; b < sessions->shards[i].bucket_count; b++)
			for (const struct seat *seat = sessions->shards[i].buckets[b]; seat; seat = seat->next)
				luids[count++] = seat->shown.luid;
	for (unsigned i = 0; i < SHARDS; i++)
		pthread_mutex_unlock(&sessions->shards[i].lock);
	if (room > 0 && !luids)
		return STATUS_NO_MEMORY;
	if (luids)
		qsort(luids, count, sizeof *luids, luid_order);
	*ret_luids = luids;
	*ret_count = count;
	return STATUS_SUCCESS;
}

size_t
session_count(struct sessions *sessions)
{
	return atomic_load_explicit(&sessions->count, memory_order_relaxed);
}

uint64_t
session_next(struct sessions *sessions)
{
	return atomic_fetch_add_explicit(&sessions->next, 1, memory_order_relaxed);
}

uint64_t
session_luid(struct session *session)
{
	return atomic_fetch_add_explicit(&seat_of(session)->home->next, 1, memory_order_relaxed);
}
