/*
 * kerb_expect.c - tickets of the caller's own cache that are still to come:
 * where a daemon keeps it (KCM), the application reads it on a thread of its
 * own, and who asks for its tickets waits here. It must never learn to know
 * how it is read.
 *
 * Readings are numbered, since wish and answer come by different links: one
 * that is over may be heard of before it was wished for.
 */
#include "pkg/kerberos/kerb_cache.h"

#include "base/fork.h"
#include "base/time.h"
#include "pkg/kerberos/kerb_lsa.h"

#define PATIENCE_MS	5000u

static struct kerb_cache *
kept_with_process(struct call *call)
{
	return (struct kerb_cache *)(void *)services(call)->process_kept(call, &kerberos_lsa);
}

struct kerb_cache *
kerb_process_cache(struct call *call)
{
	struct kerb_cache *cache = kept_with_process(call);

	if (cache && cache->bare) {
		kerb_cache_drop(cache);
		cache = NULL;
	}
	return cache;
}

/* Two that find nothing at once must not both begin anew. A forked child has a lock of its own. */
struct keeping {
	struct fork_own own;
	pthread_mutex_t lock;
};

static _Atomic(struct fork_own *) keepings;

static bool
keeping_begin(void *own)
{
	return pthread_mutex_init(&((struct keeping *)own)->lock, NULL) == 0;
}

static void
keeping_end(void *own)
{
	pthread_mutex_destroy(&((struct keeping *)own)->lock);
}

/* Locked; NULL: no memory. */
static pthread_mutex_t *
keeping_lock(void)
{
	struct keeping *k = fork_own(&keepings, sizeof *k, keeping_begin, keeping_end);

	if (k)
		pthread_mutex_lock(&k->lock);
	return k ? &k->lock : NULL;
}

NTSTATUS
kerb_process_keep(struct call *call, struct kerb_cache *cache)
{
	pthread_mutex_t *keeping = keeping_lock();
	struct kerb_cache *old;
	NTSTATUS status;

	if (!keeping) {
		kerb_cache_drop(cache);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	old = kept_with_process(call);
	if (old && old != cache) {
		pthread_mutex_lock(&old->lock);
		cache->coming = old->coming;
		cache->done = old->done;
		cache->since = old->since;
		pthread_mutex_unlock(&old->lock);
	}
	status = services(call)->process_keep(call, &kerberos_lsa, &cache->kept);
	pthread_mutex_unlock(keeping);
	kerb_cache_drop(old);
	return status;
}

/* Each that is over shows that somebody answers. */
static void
note(struct kerb_cache *cache, uint64_t coming, uint64_t done)
{
	pthread_mutex_lock(&cache->lock);
	if (cache->done >= cache->coming || done > cache->done)
		cache->since = time_mono_ms();
	if (coming > cache->coming)
		cache->coming = coming;
	if (done > cache->done)
		cache->done = done;
	pthread_mutex_unlock(&cache->lock);
}

NTSTATUS
kerb_expect(struct call *call, uint64_t coming, uint64_t done)
{
	pthread_mutex_t *keeping = keeping_lock();
	struct kerb_cache *cache, *fresh = NULL;
	NTSTATUS status = STATUS_SUCCESS;

	if (!keeping)
		return STATUS_INSUFFICIENT_RESOURCES;
	cache = kept_with_process(call);
	if (!cache) {
		fresh = kerb_cache_new();
		if (fresh)
			fresh->bare = true;
		cache = kerb_cache_hold(fresh);
		status = fresh ? services(call)->process_keep(call, &kerberos_lsa, &fresh->kept) : STATUS_INSUFFICIENT_RESOURCES;
	}
	if (cache)
		note(cache, coming, done);
	pthread_mutex_unlock(keeping);
	kerb_cache_drop(cache);
	return status;
}

NTSTATUS
kerb_expected(struct call *call)
{
	struct kerb_cache *cache = kept_with_process(call);
	uint64_t since, waited;
	bool missing;

	if (!cache)
		return STATUS_SUCCESS;
	pthread_mutex_lock(&cache->lock);
	missing = cache->coming > cache->done;
	since = cache->since;
	pthread_mutex_unlock(&cache->lock);
	kerb_cache_drop(cache);
	if (!missing)
		return STATUS_SUCCESS;
	waited = time_mono_ms() - since;
	if (waited >= PATIENCE_MS)
		return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER, "the ticket cache of this process is kept by a daemon (KCM) that has not "
		    "answered for %u seconds; see whether klist answers, and restart that daemon, or name another cache in KRB5CCNAME",
		    PATIENCE_MS / 1000);
	return await_timer(call, waited < 16 ? 1 : waited < 400 ? (uint32_t)(waited / 16) : 25);
}
