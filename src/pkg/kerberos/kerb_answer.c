/*
 * kerb_answer.c - beside the acceptor's legs: whether there is a key at all,
 * the KRB-ERROR for a peer, the tickets that a peer forwarded.
 */
#include "pkg/kerberos/kerb_accept.h"

#include <errno.h>
#include <string.h>

#include <sspi.h>

#include "base/time.h"
#include "pkg/kerberos/kerb_cache.h"
#include "pkg/kerberos/kerb_extra.h"
#include "pkg/kerberos/kerb_k5.h"
#include "pkg/kerberos/kerb_keys.h"

#define PROTOCOL_ERRORS	128		/* the first of libkrb5's codes are RFC 4120's, in their order */

void
kerb_accept_error(struct call *call, krb5_context k5, const struct kerb_frame *asked, const struct kerb_clear *clear,
    krb5_error_code code, struct leg_result *ret)
{
	/* [MS-KILE] 2.2.2: KERB-ERROR-DATA with KERB_AP_ERR_TYPE_SKEW_RECOVERY: ask again with our time. */
	static uint8_t recover[] = { 0x30, 0x05, 0xa1, 0x03, 0x02, 0x01, 0x02 };
	uint64_t now = services(call)->now(call);
	krb5_error e = { .error = (krb5_ui_4)(code - ERROR_TABLE_BASE_krb5), .susec = (krb5_int32)(now / 10 % 1000000),
	    .stime = (krb5_timestamp)(uint32_t)time_unix_of_filetime(now) };
	struct kerb_frame out = { .raw = asked->raw, .user2user = asked->user2user, .is = KERB_TOKEN_ERROR };
	krb5_principal server = NULL;
	krb5_data made = { 0 };

	if (code < ERROR_TABLE_BASE_krb5 || code >= ERROR_TABLE_BASE_krb5 + PROTOCOL_ERRORS)
		e.error = KRB5KRB_ERR_GENERIC - ERROR_TABLE_BASE_krb5;
	if (code == KRB5KRB_AP_ERR_SKEW)
		e.e_data = (krb5_data){ .data = (char *)recover, .length = sizeof recover };
	if (!clear->principal[0] || krb5_parse_name(k5, clear->principal, &server) != 0)
		return;
	e.server = server;
	if (krb5_mk_error(k5, &e, &made) == 0) {
		out.inner = bytes_of(made.data, made.length);
		if (kerb_frame_give(call, &out, &ret->token) != STATUS_SUCCESS)
			ret->token = BYTES_NONE;
	}
	krb5_free_data_contents(k5, &made);
	krb5_free_principal(k5, server);
}

uint32_t
kerb_accept_grants(uint32_t wants, uint32_t flags)
{
	static const struct { uint32_t flag, wish; } rows[] = {
		{ KERB_FLAG_REPLAY, ASC_REQ_REPLAY_DETECT }, { KERB_FLAG_SEQUENCE, ASC_REQ_SEQUENCE_DETECT },
		{ KERB_FLAG_CONF, ASC_REQ_CONFIDENTIALITY }, { KERB_FLAG_INTEG, ASC_REQ_INTEGRITY },
		{ KERB_FLAG_IDENTIFY, ASC_REQ_IDENTIFY },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (flags & rows[i].flag)
			wants |= rows[i].wish;
	wants &= ~(uint32_t)ASC_REQ_USE_DCE_STYLE;
	return kerb_grants(true, wants) | (flags & KERB_FLAG_MUTUAL ? (uint32_t)ASC_RET_MUTUAL_AUTH : 0) |
	    (flags & KERB_FLAG_DCE ? (uint32_t)ASC_RET_USED_DCE_STYLE : 0);
}

static bool
session_fill(struct call *call, void *session, struct kerb_hoard *hoard)
{
	const struct lsa_services *s = services(call);
	struct kerb_cache *cache = s->session_keep ? kerb_cache_new() : NULL;

	if (!cache) {
		kerb_hoard_drop(hoard);
		return false;
	}
	kerb_cache_fill(cache, hoard);
	return s->session_keep(call, session, &kerberos_lsa, &cache->kept) == STATUS_SUCCESS;	/* the count goes, whatever it says */
}

void
kerb_accept_evidence(struct call *call, krb5_context k5, void *session, const krb5_enc_tkt_part *part, struct bytes ticket,
    const char *service)
{
	const struct lsa_services *s = services(call);
	struct kerb_evidence *e = kerb_evidence_new(k5, part->client, ticket, service, (uint32_t)part->times.endtime);
	struct kerb_cache *cache = e && s->session_keep ? kerb_cache_new() : NULL;

	if (!cache) {
		kerb_evidence_drop(e);
		return;
	}
	cache->evidence = e;
	(void)s->session_keep(call, session, &kerberos_lsa, &cache->kept);
}

bool
kerb_accept_keep(struct call *call, krb5_context k5, void *session, krb5_creds *const *tickets)
{
	struct kerb_hoard *hoard;
	size_t count = 0;

	while (tickets[count])
		count++;
	return kerb_hoard_new(&hoard, k5, tickets[0]->client, tickets, count, 0) == 0 && session_fill(call, session, hoard);
}

NTSTATUS
kerb_accept_ready(struct call *call, const struct kerb_cred *cred)
{
	krb5_context k5 = kerb_k5_take(call);
	struct kerb_cache *extra;
	struct kerb_ring *ring;
	char name[KERB_TARGET_MAX];
	krb5_error_code code;
	bool ready = false, there = false;

	if (!k5)
		return STATUS_INSUFFICIENT_RESOURCES;
	code = krb5_kt_default_name(k5, name, sizeof name);
	kerb_k5_give(k5);
	if (code == ENOMEM)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (code)
		name[0] = 0;			/* too long for any file */
	ring = kerb_keys(call, name);
	for (uint32_t i = 0; ring && i < ring->count && !ready; i++) {
		const char *principal = ring->list[i].principal;
		bool covers = kerb_keys_covers(cred->principal, principal);

		there |= covers;
		ready = covers && services(call)->may_accept(call, principal);
	}
	kerb_ring_drop(ring);
	extra = ready ? NULL : kerb_extra_cache(call, cred->luid);
	ready |= extra && kerb_extra_any(extra, cred->principal);
	kerb_cache_drop(extra);
	if (ready)
		return STATUS_SUCCESS;
	if (there)
		because(call, SEC_E_NO_CREDENTIALS, TO_TRUSTED,
		    "there is such a key, but this caller's uid is not on the list of its users (accept:PRINCIPAL in lsad.conf)");
	return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER,
	    "there is no key that this caller may accept Kerberos tickets with%s%s: see the keytab, and accept:PRINCIPAL in lsad.conf",
	    cred->principal ? " for " : "", cred->principal ? cred->principal : "");
}
