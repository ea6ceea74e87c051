/*
 * kerb_gather.c - the caller's own ticket cache as bytes: FILE, DIR, KEYRING,
 * KCM, whatever libkrb5 reads, on behalf of the one who may read it.
 *
 * A FILE cache that has not changed since it was read is not read again: it
 * is opened, so the caller's rights count each time, and looked at.
 *
 * It runs in the application and reads; it never writes, and asks no KDC:
 * caches stay their owner's.
 */
#include "pkg/kerberos/kerb_gather.h"

#include <errno.h>
#include <fcntl.h>
#include <krb5.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fork.h"
#include "pkg/kerberos/kerb_ccache.h"
#include "pkg/kerberos/kerb_guard.h"

/* What one `adopt` carries. */
#define TICKETS_MAX 60000u
/* A file that was written less than this before it was read may have been written again in the same tick. */
#define RACE_SECONDS 2

static struct bytes
bytes_of_data(const krb5_data *d)
{
	return bytes_of(d->data, d->length);
}

static bool
name_of(struct ccache_name *n, krb5_const_principal p)
{
	*n = (struct ccache_name){ .type = (uint32_t)p->type, .count = (uint32_t)p->length, .realm = bytes_of_data(&p->realm) };
	if (p->length < 0 || n->count > CCACHE_PARTS_MAX)
		return false;
	for (uint32_t i = 0; i < n->count; i++)
		n->parts[i] = bytes_of_data(&p->data[i]);
	return true;
}

static bool
cred_of(struct ccache_cred *c, const krb5_creds *from)
{
	*c = (struct ccache_cred){
		.etype = (uint16_t)from->keyblock.enctype,
		.key = bytes_of(from->keyblock.contents, from->keyblock.length),
		.authtime = (uint32_t)from->times.authtime, .starttime = (uint32_t)from->times.starttime,
		.endtime = (uint32_t)from->times.endtime, .renew_till = (uint32_t)from->times.renew_till,
		.with_session_key = from->is_skey, .flags = (uint32_t)from->ticket_flags,
		.ticket = bytes_of_data(&from->ticket), .second_ticket = bytes_of_data(&from->second_ticket),
	};
	return name_of(&c->client, from->client) && name_of(&c->server, from->server) && !ccache_cred_is_note(c);
}

static bool
is_granting(const struct ccache_cred *c)
{
	return c->server.count == 2 && bytes_same(c->server.parts[0], bytes_of_text("krbtgt"));
}

/* --- reading -------------------------------------------------------------- */

/* All that a cache holds, read once. */
struct pile {
	krb5_principal client;
	krb5_timestamp ahead;
	krb5_creds *list;
	size_t count, room;
};

static void
pile_drop(krb5_context k5, struct pile *p)
{
	for (size_t i = 0; i < p->count; i++)
		krb5_free_cred_contents(k5, &p->list[i]);
	free(p->list);
	krb5_free_principal(k5, p->client);
}

static krb5_error_code
pile_add(struct pile *p, const krb5_creds *cred)
{
	krb5_creds *more;

	if (p->count == p->room) {
		more = reallocarray(p->list, p->room + 8, 2 * sizeof *more);
		if (!more)
			return ENOMEM;
		p->list = more;
		p->room = 2 * (p->room + 8);
	}
	p->list[p->count++] = *cred;
	return 0;
}

static krb5_error_code
pile_read(krb5_context k5, krb5_ccache cc, struct pile *p)
{
	krb5_error_code code = krb5_cc_get_principal(k5, cc, &p->client);
	krb5_int32 micro = 0;
	krb5_cc_cursor cursor;
	krb5_creds cred;

	if (code)
		return code;
	if (krb5_get_time_offsets(k5, &p->ahead, &micro) != 0)
		p->ahead = 0;
	code = krb5_cc_start_seq_get(k5, cc, &cursor);
	if (code)
		return code;
	while ((code = krb5_cc_next_cred(k5, cc, &cursor, &cred)) == 0) {
		code = pile_add(p, &cred);
		if (code) {
			krb5_free_cred_contents(k5, &cred);
			break;
		}
	}
	(void)krb5_cc_end_seq_get(k5, cc, &cursor);
	return code == KRB5_CC_END ? 0 : code;
}

/* Those that grant before those that do not, while they fit. */
static void
pile_put(const struct pile *p, struct writer *w)
{
	struct ccache_head head = { .clock = p->ahead };
	struct ccache_cred c;

	if (!name_of(&head.client, p->client))
		return;
	ccache_head_put(w, &head);
	for (int granting = 1; granting >= 0; granting--)
		for (size_t i = 0; i < p->count; i++) {
			struct writer measure = writer_of(NULL, 0);

			if (!cred_of(&c, &p->list[i]) || is_granting(&c) != granting)
				continue;
			ccache_cred_put(&measure, &c);
			if (w->need + measure.need <= TICKETS_MAX)
				ccache_cred_put(w, &c);
		}
}

static krb5_error_code
gather(krb5_context k5, krb5_ccache cc, struct secret **ret_tickets)
{
	struct writer w = writer_of(NULL, 0);
	struct pile pile = { 0 };
	krb5_error_code code = pile_read(k5, cc, &pile);
	struct secret *tickets = NULL;
	uint8_t *p;

	if (!code) {
		pile_put(&pile, &w);
		tickets = secret_new(w.need);
		code = tickets ? 0 : ENOMEM;
	}
	if (!code)
		WITH_SECRET(p, tickets) {
			w = writer_of(p, secret_len(tickets));
			pile_put(&pile, &w);
		}
	pile_drop(k5, &pile);
	*ret_tickets = tickets;
	return code;
}

/* --- a file that was read before --------------------------------------------- */

struct look {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed, written;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* tried, never waited for: it may have been held at a fork */
static struct { uint64_t stamp; struct look look; struct secret *tickets; } known;

/* False: no file, or none that this thread may read. */
static bool
look_at(krb5_context k5, krb5_ccache cc, struct look *ret)
{
	struct stat s;
	bool seen;
	int fd;

	if (strcmp(krb5_cc_get_type(k5, cc), "FILE") != 0)
		return false;
	fd = open(krb5_cc_get_name(k5, cc), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return false;
	seen = fstat(fd, &s) == 0 && S_ISREG(s.st_mode);
	close(fd);
	memset(ret, 0, sizeof *ret);			/* compared as bytes */
	ret->dev = s.st_dev;
	ret->ino = s.st_ino;
	ret->size = s.st_size;
	ret->changed = s.st_ctim;
	ret->written = s.st_mtim;
	return seen;
}

static struct secret *
secret_copy(struct secret *from)
{
	struct secret *to = NULL;
	uint8_t *p;

	WITH_SECRET(p, from)
		to = secret_of(bytes_of(p, secret_len(from)));
	return to;
}

/* What it held when it was last read, or NULL. */
static struct secret *
recall(const struct look *look)
{
	struct secret *tickets = NULL;

	if (pthread_mutex_trylock(&lock) != 0)
		return NULL;
	if (known.tickets && !fork_changed(known.stamp) && memcmp(&known.look, look, sizeof *look) == 0)	/* not secret */
		tickets = secret_copy(known.tickets);
	pthread_mutex_unlock(&lock);
	return tickets;
}

static void
remember(const struct look *look, struct secret *tickets)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (look->changed.tv_sec > now.tv_sec - RACE_SECONDS || pthread_mutex_trylock(&lock) != 0)
		return;
	if (!fork_changed(known.stamp))			/* else it lies in pages that were the parent's */
		secret_drop(&known.tickets);
	known.tickets = secret_copy(tickets);
	known.look = *look;
	known.stamp = fork_stamp();
	pthread_mutex_unlock(&lock);
}

static krb5_error_code
gather_once(krb5_context k5, krb5_ccache cc, struct secret **ret_tickets)
{
	struct look look;
	bool file = look_at(k5, cc, &look);
	krb5_error_code code;

	*ret_tickets = file ? recall(&look) : NULL;
	if (*ret_tickets)
		return 0;
	code = gather(k5, cc, ret_tickets);
	if (!code && file)
		remember(&look, *ret_tickets);
	return code;
}

/* By its name alone: to resolve a KCM's is to talk to it. */
static bool
is_at_hand(krb5_context k5)
{
	static const char *const kinds[] = { "FILE:", "DIR:", "KEYRING:", "MEMORY:" };
	const char *name = krb5_cc_default_name(k5);

	for (size_t i = 0; name && i < sizeof kinds / sizeof *kinds; i++)
		if (strncmp(name, kinds[i], strlen(kinds[i])) == 0)
			return true;
	return !name || !strchr(name, ':');
}

/* No cache, or one that cannot be read: nothing is gathered. */
NTSTATUS
kerb_gather(struct secret **ret_tickets, bool may_wait)
{
	krb5_context k5;
	krb5_error_code code = krb5_init_context(&k5);
	krb5_ccache cc;

	*ret_tickets = NULL;
	if (!code && !may_wait && !is_at_hand(k5)) {
		krb5_free_context(k5);
		return STATUS_PENDING;
	}
	if (!code) {
		kerb_guard(k5);
		code = krb5_cc_default(k5, &cc);
		if (!code) {
			code = gather_once(k5, cc, ret_tickets);
			(void)krb5_cc_close(k5, cc);
		}
		krb5_free_context(k5);
	}
	return code == ENOMEM ? STATUS_NO_MEMORY : STATUS_SUCCESS;
}
