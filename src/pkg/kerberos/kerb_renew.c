/*
 * kerb_renew.c - one TGS exchange with RENEW ([RFC 4120] 3.3.3), and the
 * session's tickets with the new one in the old one's place.
 */
#include "pkg/kerberos/kerb_renew.h"

#include <errno.h>
#include <stdlib.h>

#include "pkg/kerberos/kerb_k5.h"
#include "pkg/kerberos/kerb_tgs.h"

#define OPTION_RENEW	0x00000002u
#define COMMON_FLAGS	0x54800000u	/* forwardable, proxiable, may-postdate, renewable: asked for as they were */
#define SILENCE_MS	9000u
#define PAUSE_LEAST	5u		/* seconds */
#define PAUSE_MOST	600u
#define TICKETS_MAX	512u

struct renewal {
	struct kerb_tgs tgs;
	struct kerb_hoard *old;
};

static void
renewal_drop(void *at)
{
	struct renewal *r = at;

	kerb_fetch_drop(&r->tgs.trip);
	kerb_hoard_drop(r->old);
}

/* --- when ------------------------------------------------------------------------ */

uint32_t
kerb_renew_due(struct kept *kept)
{
	struct kerb_cache *c = (struct kerb_cache *)(void *)kept;
	uint32_t at, now, due = UINT32_MAX;

	pthread_mutex_lock(&c->lock);
	if (c->hoard && c->hoard->renew_at) {
		now = kerb_hoard_now(c->hoard);
		at = c->hoard->renew_at > c->renew_after ? c->hoard->renew_at : c->renew_after;
		if (c->hoard->end > now)
			due = at <= now ? 0 : at - now > UINT32_MAX / 1000 - 1 ? UINT32_MAX - 1 : (at - now) * 1000;
	}
	pthread_mutex_unlock(&c->lock);
	return due;
}

static void
settle(struct kerb_cache *c, const struct kerb_hoard *old, NTSTATUS status)
{
	pthread_mutex_lock(&c->lock);
	c->renew_pause = status == STATUS_SUCCESS ? 0 : c->renew_pause * 2 < PAUSE_LEAST ? PAUSE_LEAST :
	    c->renew_pause * 2 > PAUSE_MOST ? PAUSE_MOST : c->renew_pause * 2;
	c->renew_after = c->renew_pause ? kerb_hoard_now(old) + c->renew_pause : 0;
	pthread_mutex_unlock(&c->lock);
}

/* --- how ------------------------------------------------------------------------- */

/* The old tickets but for the one that was renewed and those that are over. */
static krb5_error_code
join(krb5_context k5, struct kerb_hoard *old, krb5_creds *fresh, struct kerb_hoard **ret_hoard)
{
	krb5_creds *all = calloc(TICKETS_MAX, sizeof *all), **list = calloc(TICKETS_MAX + 1, sizeof *list);
	krb5_cc_cursor cursor;
	krb5_error_code code = all && list ? krb5_cc_start_seq_get(k5, old->cc, &cursor) : ENOMEM;
	size_t count = 0, used = 0;

	if (!code) {
		while (count < TICKETS_MAX && krb5_cc_next_cred(k5, old->cc, &cursor, &all[count]) == 0)
			count++;
		(void)krb5_cc_end_seq_get(k5, old->cc, &cursor);
		list[used++] = fresh;
		for (size_t i = 0; i < count; i++)
			if (!krb5_principal_compare(k5, all[i].server, fresh->server) && (uint32_t)all[i].times.endtime > kerb_hoard_now(old))
				list[used++] = &all[i];
		code = kerb_hoard_new(ret_hoard, k5, fresh->client, list, used, old->clock);
	}
	for (size_t i = 0; i < count; i++)
		krb5_free_cred_contents(k5, &all[i]);
	free(list);
	free(all);
	return code;
}

static NTSTATUS
refused(struct call *call, const struct kerb_hoard *old, krb5_error_code code)
{
	if (code == ENOMEM)
		return STATUS_INSUFFICIENT_RESOURCES;
	return because(call, STATUS_UNSUCCESSFUL, TO_TRUSTED, "the KDC of realm %s did not renew the ticket of %s", old->realm, old->client);
}

static NTSTATUS
take(struct call *call, krb5_context k5, struct renewal *r, krb5_creds *tgt, struct kerb_cache *cache)
{
	struct kerb_tgs_reply got = { .creds = { .magic = KV5M_CREDS, .client = tgt->client, .server = tgt->server } };
	struct kerb_hoard *fresh = NULL;
	krb5_error_code code = 0;
	NTSTATUS status = kerb_tgs_end(call, &r->tgs, k5, tgt, &got, &code);

	if (code)
		return refused(call, r->old, code);
	if (status != STATUS_SUCCESS)
		return status;
	if (!kerb_tgs_is(got.client, tgt->client) || !kerb_tgs_is(got.server, tgt->server) ||
	    (uint32_t)got.creds.times.endtime <= (uint32_t)tgt->times.endtime)
		return refused(call, r->old, KRB5_KDCREP_MODIFIED);
	code = join(k5, r->old, &got.creds, &fresh);
	if (code)
		return refused(call, r->old, code);
	kerb_cache_swap(cache, r->old, fresh);
	return STATUS_SUCCESS;
}

static NTSTATUS
turn(struct call *call, struct renewal *r, struct kerb_cache *cache)
{
	struct kerb_tgs_ask ask = { .options = OPTION_RENEW };
	krb5_context k5 = kerb_k5_take(call);
	krb5_error_code code;
	krb5_creds tgt;
	NTSTATUS status;

	if (!k5)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (r->old->clock)
		(void)kerb_k5_clock(k5, r->old->clock);
	code = kerb_tgs_granting(k5, r->old, &tgt);
	if (code) {
		kerb_k5_give(k5);
		return refused(call, r->old, code);
	}
	if (r->tgs.asked) {
		status = take(call, k5, r, &tgt, cache);
	} else {
		ask.options |= (uint32_t)tgt.ticket_flags & COMMON_FLAGS;
		ask.server = tgt.server;
		status = kerb_tgs_begin(call, &r->tgs, k5, &tgt, &ask, &code);
		if (code)
			status = refused(call, r->old, code);
	}
	krb5_free_cred_contents(k5, &tgt);
	kerb_k5_give(k5);
	return status;
}

NTSTATUS
kerb_renew(struct call *call, struct kept *kept)
{
	struct kerb_cache *cache = (struct kerb_cache *)(void *)kept;
	struct renewal *r = frame(call, sizeof *r, renewal_drop);
	NTSTATUS status;

	if (!r)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!r->old) {
		r->old = kerb_cache_hoard(cache);
		r->tgs.trip.silence_ms = SILENCE_MS;
	}
	if (!r->old)				/* purged meanwhile */
		return STATUS_SUCCESS;
	status = turn(call, r, cache);
	if (status == STATUS_PENDING)
		return status;
	settle(cache, r->old, status);
	return status == SEC_E_NO_AUTHENTICATING_AUTHORITY ? STATUS_NO_LOGON_SERVERS : status;
}
