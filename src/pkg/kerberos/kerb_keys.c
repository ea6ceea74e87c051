/*
 * kerb_keys.c - keytabs as rings of keys, read again when their files change.
 *
 * The file format is read here and not by libkrb5, which would lock the file
 * and may wait for whoever holds it. Who may use a key, services know
 * (may_accept).
 */
#include "pkg/kerberos/kerb_keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fork.h"
#include "pkg/kerberos/kerb_proof.h"

#define FILES_MAX	32u
#define PATH_LEN	1024u
#define ENDING		".keytab"
#define SECOND		10000000ull	/* of a FILETIME */

static const struct { int32_t etype; uint32_t len; const char *name; } etypes[] = {
	{ 17, 16, "aes128-cts-hmac-sha1-96" },
	{ 18, 32, "aes256-cts-hmac-sha1-96" },
	{ 19, 16, "aes128-cts-hmac-sha256-128" },
	{ 20, 32, "aes256-cts-hmac-sha384-192" },
	{ 23, 16, "rc4-hmac" },
};

static bool
etype_fits(int32_t etype, size_t len)
{
	for (size_t i = 0; i < sizeof etypes / sizeof *etypes; i++)
		if (etypes[i].etype == etype)
			return etypes[i].len == len;
	return false;
}

const char *
kerb_etype_name(int32_t etype)
{
	for (size_t i = 0; i < sizeof etypes / sizeof *etypes; i++)
		if (etypes[i].etype == etype)
			return etypes[i].name;
	return "an encryption type that is not supported";
}

bool
kerb_etype_taken(struct call *call, int32_t etype)
{
	return (etype >= 17 && etype <= 20) || (etype == 23 && services(call)->rule(call, RULE_KERBEROS_RC4));
}

/* --- a keytab's bytes --------------------------------------------------------- */

struct entry {
	uint32_t kvno;
	int32_t etype;
	struct bytes key;
};

/* Name into `w`, with its NUL. */
static bool
entry_take(struct entry *ret, struct reader r, struct writer *w)
{
	uint16_t count = reader_be16(&r), len = reader_be16(&r);
	struct bytes realm = reader_bytes(&r, len);

	for (uint16_t i = 0; i < count && reader_ok(&r); i++) {
		if (i)
			writer_u8(w, '/');
		len = reader_be16(&r);
		kerb_part_put(w, reader_bytes(&r, len));
	}
	writer_u8(w, '@');
	kerb_part_put(w, realm);
	writer_u8(w, 0);
	reader_skip(&r, 8);			/* name type, time */
	ret->kvno = reader_u8(&r);
	ret->etype = reader_be16(&r);
	len = reader_be16(&r);
	ret->key = reader_bytes(&r, len);
	if (!reader_ok(&r) || count == 0)
		return false;
	if (reader_left(&r) >= 4) {
		uint32_t kvno = reader_be32(&r);

		if (kvno)
			ret->kvno = kvno;
	}
	return true;
}

/* The next entry, over holes; false at the end and at a mistake. */
static bool
entry_next(struct reader *r, struct reader *ret_entry)
{
	for (;;) {
		uint32_t len;

		if (reader_left(r) < 4)		/* as others do, a torn length at the end is passed over */
			return false;
		len = reader_be32(r);
		if (len == 0)
			return false;
		if (len <= INT32_MAX) {
			*ret_entry = reader_of(reader_bytes(r, len));
			return reader_ok(r);
		}
		reader_skip(r, 0u - len);
	}
}

static struct kerb_ring *
ring_new(uint32_t count, size_t names, size_t keys)
{
	struct kerb_ring *r = calloc(1, sizeof *r + count * sizeof r->list[0]);

	if (!r)
		return NULL;
	atomic_init(&r->refs, 1);
	r->names = malloc(names ? names : 1);
	r->keys = secret_new(keys ? keys : 1);
	if (!r->names || !r->keys) {
		kerb_ring_drop(r);
		return NULL;
	}
	return r;
}

static _Atomic bool granting_seen;	/* a keytab of this process held a domain's own key */

bool
kerb_keys_granting(void)
{
	return atomic_load_explicit(&granting_seen, memory_order_relaxed);
}

static bool
ring_fill(struct kerb_ring *ring, struct bytes file, size_t names)
{
	struct writer w = writer_of(ring->names, names);
	struct reader r = reader_of(file), one;
	struct entry e;
	uint8_t *to;
	uint32_t at = 0;

	reader_skip(&r, 2);
	while (entry_next(&r, &one)) {
		size_t from = w.need;

		if (!entry_take(&e, one, &w))
			return false;
		if (!etype_fits(e.etype, e.key.len) || w.need - from > KEYS_NAME_MAX) {
			w.need = from;
			continue;
		}
		ring->list[ring->count++] = (struct kerb_ring_key){ .principal = ring->names + from, .kvno = e.kvno,
		    .etype = e.etype, .len = (uint32_t)e.key.len, .at = at };
		if (kerb_keys_grants(ring->names + from))
			atomic_store_explicit(&granting_seen, true, memory_order_relaxed);
		WITH_SECRET(to, ring->keys)
			bytes_copy(to + at, e.key.at, e.key.len);
		at += (uint32_t)e.key.len;
	}
	return reader_ok(&r);
}

NTSTATUS
kerb_ring_of_keytab(struct kerb_ring **ret_ring, struct bytes keytab)
{
	struct reader r = reader_of(keytab), one;
	struct writer w = writer_of(NULL, 0);
	struct kerb_ring *ring;
	size_t names = 0, keys = 0;
	uint32_t count = 0;
	struct entry e;

	if (reader_u8(&r) != 5 || reader_u8(&r) != 2 || !reader_ok(&r))
		return STATUS_INVALID_PARAMETER;
	while (entry_next(&r, &one)) {
		size_t from = w.need;

		if (!entry_take(&e, one, &w))
			return STATUS_INVALID_PARAMETER;
		names = w.need > names ? w.need : names;
		if (!etype_fits(e.etype, e.key.len) || w.need - from > KEYS_NAME_MAX) {
			w.need = from;
			continue;
		}
		keys += e.key.len;
		if (++count > KEYS_MAX)
			return STATUS_INVALID_PARAMETER;
	}
	if (!reader_ok(&r))
		return STATUS_INVALID_PARAMETER;
	ring = ring_new(count, names, keys);
	if (!ring)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!ring_fill(ring, keytab, names)) {
		kerb_ring_drop(ring);
		return STATUS_INVALID_PARAMETER;
	}
	*ret_ring = ring;
	return STATUS_SUCCESS;
}

struct kerb_ring *
kerb_ring_join(struct kerb_ring *const *rings, size_t count)
{
	size_t names = 0, keys = 0, total = 0;
	struct kerb_ring *all;
	uint32_t key_at = 0;
	char *name_at;

	for (size_t i = 0; i < count; i++)
		for (uint32_t k = 0; k < rings[i]->count; k++, total++) {
			names += strlen(rings[i]->list[k].principal) + 1;
			keys += rings[i]->list[k].len;
		}
	all = total <= KEYS_MAX ? ring_new((uint32_t)total, names, keys) : NULL;
	if (!all)
		return NULL;
	name_at = all->names;
	for (size_t i = 0; i < count; i++)
		for (uint32_t k = 0; k < rings[i]->count; k++) {
			const struct kerb_ring_key *from = &rings[i]->list[k];
			struct kerb_ring_key *to = &all->list[all->count++];
			size_t len = strlen(from->principal) + 1;
			uint8_t *a, *b;

			*to = *from;
			to->principal = memcpy(name_at, from->principal, len);
			to->at = key_at;
			WITH_SECRET(a, all->keys)
				WITH_SECRET(b, rings[i]->keys)
					bytes_copy(a + key_at, b + from->at, from->len);
			name_at += len;
			key_at += from->len;
		}
	return all;
}

struct kerb_ring *
kerb_ring_hold(struct kerb_ring *r)
{
	(void)atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
	return r;
}

void
kerb_ring_drop(struct kerb_ring *r)
{
	if (!r || atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) != 1)
		return;
	secret_drop(&r->keys);
	free(r->names);
	free(r);
}

bool
kerb_ring_key(const struct kerb_ring *r, const struct kerb_ring_key *k, struct kerb_key *ret_key)
{
	const uint8_t *from;

	if (k->len > KERB_KEY_MAX)
		return false;
	*ret_key = (struct kerb_key){ .etype = k->etype, .len = k->len };
	WITH_SECRET(from, r->keys)
		bytes_copy(ret_key->b, from + k->at, k->len);
	return true;
}

/* --- the machine's -------------------------------------------------------------- */

struct mark {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed, written;
	int error;			/* errno instead of all this */
};

struct source {
	char path[PATH_LEN];
	struct mark mark;
	struct kerb_ring *ring;		/* the last that was whole, or NULL */
	const char *fault;		/* why there is none, or why it is an old one */
};

/* A forked child begins anew: secrets are empty there, and the lock may have been held. */
struct shop {
	struct fork_own own;
	pthread_mutex_t lock;
	uint64_t looked;		/* FILETIME */
	char named[2 * PATH_LEN];	/* what it was told to look at */
	uint32_t count;
	struct source sources[FILES_MAX];
	struct kerb_ring *all;
	bool partial;			/* there may be more files than the sources */
	bool stale;			/* the files are others than what stands in all */
};

static _Atomic(struct fork_own *) shops;

static bool
shop_begin(void *own)
{
	return pthread_mutex_init(&((struct shop *)own)->lock, NULL) == 0;
}

static void
shop_end(void *own)
{
	pthread_mutex_destroy(&((struct shop *)own)->lock);
}

static struct shop *
shop_of(void)
{
	return fork_own(&shops, sizeof(struct shop), shop_begin, shop_end);
}

static struct mark
mark_of(const struct stat *s)
{
	return (struct mark){ .dev = s->st_dev, .ino = s->st_ino, .size = s->st_size, .changed = s->st_ctim,
	    .written = s->st_mtim };
}

static bool
mark_same(const struct mark *a, const struct mark *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size && a->error == b->error &&
	    a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec &&
	    a->written.tv_sec == b->written.tv_sec && a->written.tv_nsec == b->written.tv_nsec;
}

static const char NO_MEMORY[] = "no memory that can be locked";
static const char TOO_MANY[] = "its keys and those of the files before it are too many";

/* The whole file into a secret; what changes while it is read shows in its mark the next time. */
static const char *
file_read(struct kerb_ring **ret_ring, int fd, const struct stat *s)
{
	size_t len = (size_t)s->st_size, have = 0;
	struct secret *file;
	const char *fault = NULL;
	NTSTATUS status;
	uint8_t *at;

	if (!S_ISREG(s->st_mode) || s->st_size < 0 || len > KEYS_FILE_MAX)
		return "it is no file of at most 1 MiB";
	if (s->st_mode & S_IWOTH)
		return "everybody may write to it, so nobody can trust it: chmod o-w";
	file = secret_new(len ? len : 1);
	if (!file)
		return NO_MEMORY;
	WITH_SECRET(at, file) {
		while (have < len) {
			ssize_t n = pread(fd, at + have, len - have, (off_t)have);

			if (n <= 0 && !(n < 0 && errno == EINTR))
				break;
			have += n > 0 ? (size_t)n : 0;
		}
		status = have < len ? STATUS_INVALID_PARAMETER : kerb_ring_of_keytab(ret_ring, bytes_of(at, len));
		if (status != STATUS_SUCCESS)
			fault = status == STATUS_INSUFFICIENT_RESOURCES ? NO_MEMORY :
			    "it is no keytab (version 2 of the format), or damaged";
	}
	secret_drop(&file);
	return fault;
}

/* True when its keys are others than before. */
static bool
source_look(struct source *s)
{
	struct mark now = { 0 };
	struct kerb_ring *ring = NULL;
	struct stat st;
	const char *fault;
	int fd;

	if (stat(s->path, &st) != 0)
		now.error = errno;
	else
		now = mark_of(&st);
	if (mark_same(&now, &s->mark) && (s->ring || s->fault))
		return false;
	fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd >= 0 && fstat(fd, &st) == 0) {
		s->mark = mark_of(&st);
		fault = file_read(&ring, fd, &st);
		if (fault == NO_MEMORY)
			s->mark.error = ENOMEM;		/* to be read again */
	} else {
		s->mark = (struct mark){ .error = errno };
		fault = errno == ENOENT ? "there is no such file" : errno == EACCES ? "this process may not read it" :
		    "it cannot be opened";
	}
	if (fd >= 0)
		close(fd);
	s->fault = fault;
	if (fault && s->mark.error != ENOENT)
		return false;			/* half written, or out of reach for now: the old keys stay */
	kerb_ring_drop(s->ring);
	s->ring = ring;
	return true;
}

/* False: there is no place for another. */
static bool
source_name(struct shop *shop, struct bytes path, bool *changed)
{
	struct source *s = &shop->sources[shop->count];

	if (path.len > 5 && bytes_same(bytes_of(path.at, 5), bytes_of_text("FILE:")))
		path = bytes_of(path.at + 5, path.len - 5);
	else if (path.len > 7 && bytes_same(bytes_of(path.at, 7), bytes_of_text("WRFILE:")))
		path = bytes_of(path.at + 7, path.len - 7);
	if (path.len == 0)
		return true;
	if (shop->count == FILES_MAX || path.len >= sizeof s->path)
		return false;
	if (!bytes_same(bytes_of_text(s->path), path)) {
		kerb_ring_drop(s->ring);
		*s = (struct source){ 0 };
		bytes_copy(s->path, path.at, path.len);
		*changed = true;
	}
	shop->count++;
	return true;
}

/* Files of the folder whose names end so, in whatever order the folder has them: all count. False: there may be more. */
static bool
folder_name(struct shop *shop, const char *folder, bool *changed)
{
	DIR *d = opendir(folder);
	bool all = d || errno == ENOENT || errno == ENOTDIR || errno == EACCES;
	char path[PATH_LEN];
	struct dirent *e;

	while (d && (errno = 0, e = readdir(d))) {
		size_t len = strlen(e->d_name), ends = sizeof ENDING - 1;
		int n = snprintf(path, sizeof path, "%s/%s", folder, e->d_name);

		if (len > ends && strcmp(e->d_name + len - ends, ENDING) == 0)
			all &= n > 0 && (size_t)n < sizeof path && source_name(shop, bytes_of_text(path), changed);
	}
	all &= !d || errno == 0;
	if (d)
		closedir(d);
	return all;
}

/* False: there may be more files than these. Those of a folder that cannot be listed stay. */
static bool
sources_name(struct shop *shop, const char *first, const char *folder, bool *changed)
{
	uint32_t before = shop->count;
	bool all;

	shop->count = 0;
	all = source_name(shop, bytes_of_text(first), changed);
	if (folder && !folder_name(shop, folder, changed))
		all = false;
	if (!all && shop->count < before)
		shop->count = before;
	for (uint32_t i = shop->count; i < before; i++) {
		kerb_ring_drop(shop->sources[i].ring);
		shop->sources[i] = (struct source){ 0 };
		*changed = true;
	}
	return all;
}

/* The file is there, and what it holds is not among the keys at hand. */
static bool
is_unread(const struct source *s)
{
	switch (s->mark.error) {
	case 0:
		return s->fault && (!s->ring || s->fault == TOO_MANY);
	case ENOENT:
	case EACCES:
		return false;
	default:
		return true;
	}
}

/* Whether it is the same place as the last time; another one is remembered. */
static bool
named_same(struct shop *shop, const char *first, const char *folder)
{
	char now[sizeof shop->named];
	int n = snprintf(now, sizeof now, "%s\n%s", first, folder ? folder : "");

	if (n > 0 && (size_t)n < sizeof now && strcmp(now, shop->named) == 0)
		return true;
	memcpy(shop->named, now, sizeof now);
	return false;
}

/* False where the keys at hand may not be all that the files hold. */
static bool
shop_refresh(struct shop *shop, const char *first, const char *folder, uint64_t now)
{
	struct kerb_ring *rings[FILES_MAX], *all;
	bool renamed = !named_same(shop, first, folder), unread = false;
	size_t count = 0, keys = 0;

	if (renamed || now < shop->looked || now - shop->looked >= SECOND) {
		shop->looked = now;
		shop->partial = !sources_name(shop, first, folder, &shop->stale);
		for (uint32_t i = 0; i < shop->count; i++)
			shop->stale |= source_look(&shop->sources[i]);
	}
	for (uint32_t i = 0; i < shop->count; i++) {
		struct source *s = &shop->sources[i];

		if (s->ring && keys + s->ring->count > KEYS_MAX) {
			s->fault = TOO_MANY;
		} else if (s->ring) {
			s->fault = s->fault == TOO_MANY ? NULL : s->fault;
			keys += s->ring->count;
			rings[count++] = s->ring;
		}
		unread |= is_unread(s);
	}
	if (shop->stale) {
		all = count ? kerb_ring_join(rings, count) : NULL;
		if (all || !count) {
			kerb_ring_drop(shop->all);
			shop->all = all;
			shop->stale = false;
		}
	}
	return !shop->stale && !shop->partial && !unread;
}

/* False where they may not be all. */
static bool
keys_now(struct kerb_ring **ret_ring, struct call *call, const char *default_name, bool tells)
{
	const struct lsa_services *s = services(call);
	const char *first = s->setting ? s->setting(call, "keytab") : NULL;
	const char *folder = s->setting ? s->setting(call, "keytab_folder") : NULL;
	struct shop *shop = shop_of();
	bool whole = false;

	*ret_ring = NULL;
	if (shop) {
		pthread_mutex_lock(&shop->lock);
		whole = shop_refresh(shop, first ? first : default_name, folder, s->now(call));
		*ret_ring = shop->all ? kerb_ring_hold(shop->all) : NULL;
		for (uint32_t i = 0; i < shop->count; i++)
			if (tells && shop->sources[i].fault && (!*ret_ring || shop->sources[i].mark.error != ENOENT))
				because(call, SEC_E_NO_CREDENTIALS, TO_CALLER, "keytab %s: %s", shop->sources[i].path,
				    shop->sources[i].fault);
		pthread_mutex_unlock(&shop->lock);
	}
	return whole;
}

struct kerb_ring *
kerb_keys(struct call *call, const char *default_name)
{
	struct kerb_ring *ring;

	(void)keys_now(&ring, call, default_name, true);
	return ring;
}

bool
kerb_keys_beside(struct kerb_ring **ret_ring, struct call *call, const char *default_name)
{
	bool whole = keys_now(ret_ring, call, default_name, false);

	if (!whole) {
		kerb_ring_drop(*ret_ring);
		*ret_ring = NULL;
	}
	return whole;
}
