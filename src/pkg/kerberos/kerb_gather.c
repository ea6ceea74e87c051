/*
 * kerb_gather.c - the caller's own ticket cache as bytes: FILE, DIR, KEYRING,
 * KCM, whatever libkrb5 reads, on behalf of the one who may read it.
 *
 * It runs in the application and reads; it never writes, and asks no KDC:
 * caches stay their owner's.
 */
#include "pkg/kerberos/kerb_gather.h"

#include <errno.h>
#include <krb5.h>

#include "pkg/kerberos/kerb_ccache.h"

/* What one `adopt` carries. */
#define TICKETS_MAX 60000u

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

/* Appends those that grant, or those that do not, while they fit. */
static krb5_error_code
creds_put(krb5_context k5, krb5_ccache cc, bool granting, struct writer *w)
{
	struct ccache_cred c;
	krb5_cc_cursor cursor;
	krb5_creds cred;
	krb5_error_code code = krb5_cc_start_seq_get(k5, cc, &cursor);

	if (code)
		return code;
	while ((code = krb5_cc_next_cred(k5, cc, &cursor, &cred)) == 0) {
		if (cred_of(&c, &cred) && is_granting(&c) == granting) {
			struct writer measure = writer_of(NULL, 0);

			ccache_cred_put(&measure, &c);
			if (w->need + measure.need <= TICKETS_MAX)
				ccache_cred_put(w, &c);
		}
		krb5_free_cred_contents(k5, &cred);
	}
	(void)krb5_cc_end_seq_get(k5, cc, &cursor);
	return code == KRB5_CC_END ? 0 : code;
}

static krb5_error_code
cache_put(krb5_context k5, krb5_ccache cc, struct writer *w)
{
	struct ccache_head head = { 0 };
	krb5_principal client;
	krb5_error_code code = krb5_cc_get_principal(k5, cc, &client);
	krb5_timestamp ahead = 0;
	krb5_int32 micro = 0;

	if (code)
		return code;
	if (krb5_get_time_offsets(k5, &ahead, &micro) == 0)
		head.clock = ahead;
	if (name_of(&head.client, client)) {
		ccache_head_put(w, &head);
		code = creds_put(k5, cc, true, w);
		if (!code)
			code = creds_put(k5, cc, false, w);
	}
	krb5_free_principal(k5, client);
	return code;
}

/* A cache that changes between measuring and writing is read again next time. */
static krb5_error_code
gather(krb5_context k5, krb5_ccache cc, struct secret **ret_tickets)
{
	struct writer w = writer_of(NULL, 0);
	krb5_error_code code = cache_put(k5, cc, &w);
	struct secret *tickets;
	uint8_t *p;

	if (code)
		return code;
	tickets = secret_new(w.need);
	if (!tickets)
		return ENOMEM;
	WITH_SECRET(p, tickets) {
		w = writer_of(p, secret_len(tickets));
		code = cache_put(k5, cc, &w);
	}
	if (!code && w.need != secret_len(tickets))
		code = KRB5_CC_FORMAT;
	if (code)
		secret_drop(&tickets);
	*ret_tickets = tickets;
	return code;
}

/* No cache, or one that cannot be read: nothing is gathered. */
NTSTATUS
kerb_gather(struct secret **ret_tickets)
{
	krb5_context k5;
	krb5_error_code code = krb5_init_context(&k5);
	krb5_ccache cc;

	*ret_tickets = NULL;
	if (!code) {
		code = krb5_cc_default(k5, &cc);
		if (!code) {
			code = gather(k5, cc, ret_tickets);
			(void)krb5_cc_close(k5, cc);
		}
		krb5_free_context(k5);
	}
	return code == ENOMEM ? STATUS_NO_MEMORY : STATUS_SUCCESS;
}
