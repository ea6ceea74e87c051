/*
 * remember.c - what a package remembers of users who have logged on, for when
 * nobody can be asked about them. Sealed in the store's book, its value on the
 * disk alone; the oldest go when they are more than policy lets be.
 */
#include "lsa/client.h"

#include <stdlib.h>

#include "base/time.h"
#include "store/book.h"
#include "store/policy.h"

struct memo {
	_Atomic uint32_t refs;
	struct store *store;
	struct secret *value;		/* to be written, or what was read */
	bool writes, clears;
	struct bytes key;
	uint8_t text[];
};

void
memo_drop(void *arg)
{
	struct memo *m = arg;

	if (!m || atomic_fetch_sub(&m->refs, 1) != 1)
		return;
	secret_drop(&m->value);
	free(m);
}

/* --- on a job ---------------------------------------------------------------------- */

static NTSTATUS
erase(struct book_change *c, struct bytes key)
{
	NTSTATUS status = book_erase(c, BOOK_LOGON_PROOF, key);

	return status == STATUS_SUCCESS || status == STATUS_NOT_FOUND ? book_erase(c, BOOK_LOGON, key) : status;
}

static uint64_t
when(const struct entry *e)
{
	struct reader r = reader_of(e->value);

	return reader_u64(&r);
}

/* The oldest go until `most` are left; a key that is among them counts as none. */
static NTSTATUS
trim(struct store *store, struct book_change *c, size_t most, struct bytes but)
{
	struct entry **all = NULL, *oldest;
	size_t count = 0, left;
	NTSTATUS status = book_list(store, BOOK_LOGON, &all, &count);
	bool there = false;

	for (size_t i = 0; i < count; i++)
		there |= bytes_same(all[i]->key, but);
	for (left = there ? count - 1 : count; status == STATUS_SUCCESS && left > most; left--) {
		oldest = NULL;
		for (size_t i = 0; i < count; i++)
			if (all[i] && !bytes_same(all[i]->key, but) && (!oldest || when(all[i]) < when(oldest)))
				oldest = all[i];
		for (size_t i = 0; i < count; i++)
			if (all[i] == oldest)
				all[i] = NULL;
		status = oldest ? erase(c, oldest->key) : STATUS_SUCCESS;
		entry_drop(oldest);
	}
	for (size_t i = 0; i < count; i++)
		entry_drop(all[i]);
	free(all);
	return status;
}

static NTSTATUS
write_both(const struct memo *m, struct book_change *c)
{
	uint8_t now[8];
	struct writer w = writer_of(now, sizeof now);
	const uint8_t *p;
	NTSTATUS status;

	writer_u64(&w, time_filetime());
	status = book_write(c, BOOK_LOGON, m->key, bytes_of(now, sizeof now));
	if (status == STATUS_SUCCESS)
		WITH_SECRET(p, m->value)
			status = book_write(c, BOOK_LOGON_PROOF, m->key, bytes_of(p, secret_len(m->value)));
	return status;
}

NTSTATUS
remember_most(struct store *store, uint32_t most)
{
	struct book_change c;
	NTSTATUS status = book_begin(&c, store);

	return status == STATUS_SUCCESS ? book_end(&c, trim(store, &c, most, BYTES_NONE)) : status;
}

static NTSTATUS
memo_work(void *arg)
{
	struct memo *m = arg;
	struct book_change c;
	uint32_t most;
	NTSTATUS status;

	if (m->clears)
		return remember_most(m->store, 0);
	if (!m->writes)
		return book_fetch(m->store, BOOK_LOGON_PROOF, m->key, &m->value);
	status = book_begin(&c, m->store);
	if (status != STATUS_SUCCESS)
		return status;
	most = policy_u32(m->store, POLICY_CACHED_LOGONS);	/* as it is now: nothing is written beside its change */
	if (most)
		status = trim(m->store, &c, most - 1, m->key);
	if (most && status == STATUS_SUCCESS)
		status = write_both(m, &c);
	return book_end(&c, status);
}

/* --- the services ------------------------------------------------------------------- */

/* Takes it over. */
static NTSTATUS
memo_go(struct call *call, struct memo *m)
{
	struct served *s = SERVED(call);
	NTSTATUS status = lsa_store(s->link->lsa, &m->store, call);

	if (status != STATUS_SUCCESS) {
		memo_drop(m);
		return status;
	}
	s->memo = m;
	atomic_fetch_add(&m->refs, 1);
	return await_job(call, memo_work, memo_drop, m);
}

static NTSTATUS
memo_start(struct call *call, struct bytes who, const struct secret *what)
{
	struct memo *m = who.len && who.len <= BOOK_KEY_MAX ? calloc(1, sizeof *m + who.len) : NULL;
	const uint8_t *p;

	if (!m)
		return who.len && who.len <= BOOK_KEY_MAX ? STATUS_INSUFFICIENT_RESOURCES : STATUS_NOT_FOUND;
	atomic_init(&m->refs, 1);
	bytes_copy(m->text, who.at, who.len);
	m->key = bytes_of(m->text, who.len);
	m->writes = what != NULL;
	if (what)
		WITH_SECRET(p, (struct secret *)(uintptr_t)what)
			m->value = secret_of(bytes_of(p, secret_len(what)));
	if (what && !m->value) {
		memo_drop(m);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	return memo_go(call, m);
}

static void
memo_end(struct served *s)
{
	memo_drop(s->memo);
	s->memo = NULL;
}

NTSTATUS
remember(struct call *call, struct bytes who, const struct secret *what)
{
	struct served *s = SERVED(call);

	if (!s->memo)
		return memo_start(call, who, what);
	memo_end(s);
	return awaited(call);
}

NTSTATUS
recall(struct call *call, struct bytes who, struct secret **ret_what)
{
	struct served *s = SERVED(call);
	NTSTATUS status;

	if (!s->memo)
		return memo_start(call, who, NULL);
	status = awaited(call);
	if (status == STATUS_SUCCESS) {
		*ret_what = s->memo->value;
		s->memo->value = NULL;
	}
	memo_end(s);
	return status;
}

NTSTATUS
forget_all(struct call *call)
{
	struct served *s = SERVED(call);
	struct memo *m;

	if (s->memo) {
		memo_end(s);
		return awaited(call);
	}
	m = calloc(1, sizeof *m);
	if (!m)
		return STATUS_INSUFFICIENT_RESOURCES;
	atomic_init(&m->refs, 1);
	m->clears = true;
	return memo_go(call, m);
}
