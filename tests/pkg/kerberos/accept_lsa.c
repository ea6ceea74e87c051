/*
 * accept_lsa.c - verbs and services for the acceptor's tests.
 */
#include "tests/pkg/kerberos/accept_lsa.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "pkg/kerberos/kerb_cache.h"
#include "pkg/kerberos/kerb_k5.h"
#include "pkg/kerberos/kerb_own.h"
#include "store/replay.h"

struct accept_lsa accept_lsa;

struct chunk {
	struct chunk *next;
	_Alignas(16) uint8_t at[];
};

struct call {
	struct chunk *chunks;
	struct why why;
	struct kerb_data data;
	bool done;
};

/* --- verbs -------------------------------------------------------------------- */

NTSTATUS
because(struct call *c, NTSTATUS status, enum audience to, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	why_add(&c->why, status, to, format, args);
	va_end(args);
	return status;
}

void *
call_memory(struct call *c, size_t len)
{
	struct chunk *chunk = calloc(1, sizeof *chunk + len);

	if (!chunk)
		return NULL;
	chunk->next = c->chunks;
	c->chunks = chunk;
	return chunk->at;
}

static void
call_end(struct call *c)
{
	while (c->chunks) {
		struct chunk *chunk = c->chunks;

		c->chunks = chunk->next;
		free(chunk);
	}
	why_drop(&c->why);
}

/* --- services ------------------------------------------------------------------- */

static uint32_t
rule(struct call *c, enum rule which)
{
	(void)c;
	return accept_lsa.rules[which];
}

static uint64_t
now(struct call *c)
{
	(void)c;
	return (uint64_t)((int64_t)time_filetime() + accept_lsa.clock * (int64_t)TIME_SECOND);
}

static void
audit(struct call *c, NTSTATUS status, struct bytes domain, struct bytes user, const char *package, uint64_t luid)
{
	(void)c;
	(void)domain;
	(void)user;
	(void)package;
	(void)luid;
	accept_lsa.audited = status;
}

static const char *
setting(struct call *c, const char *name)
{
	(void)c;
	return strcmp(name, "keytab") == 0 ? accept_lsa.keytab :
	    strcmp(name, "keytab_folder") == 0 ? accept_lsa.keytab_folder : NULL;
}

static bool
may_accept(struct call *c, const char *principal)
{
	(void)c;
	return !accept_lsa.only || strcmp(accept_lsa.only, principal) == 0;
}

static bool
first_seen(struct call *c, const uint8_t print[16], uint64_t until)
{
	(void)c;
	accept_lsa.remembered++;
	return !accept_lsa.store || replay_take(accept_lsa.store, print, until) == REPLAY_FIRST;
}

static char *
sid_of(struct bytes binary, char text[SID_TEXT_MAX])
{
	struct reader r = reader_of(binary);
	struct sid sid;

	sid_take(&sid, &r);
	if (!reader_done(&r))
		abort();
	return sid_text(&sid, text);
}

static NTSTATUS
logon_as(struct call *c, const struct logon_facts *facts, uint32_t type, const char *package, struct logon_view *ret)
{
	struct accept_lsa *l = &accept_lsa;

	(void)c;
	if (type != 3 || strcmp(package, "Kerberos") != 0)
		abort();
	snprintf(l->user, sizeof l->user, "%.*s", (int)facts->user.len, (const char *)facts->user.at);
	snprintf(l->domain, sizeof l->domain, "%.*s", (int)facts->domain.len, (const char *)facts->domain.at);
	l->sid[0] = 0;
	if (facts->sid.len)
		sid_of(facts->sid, l->sid);
	l->groups = (unsigned)facts->group_count;
	for (unsigned i = 0; i < l->groups && i < 8; i++)
		sid_of(facts->groups[i], l->group[i]);
	l->sessions++;
	*ret = (struct logon_view){ .luid = 0x12345, .user = l->user, .domain = l->domain, .session = l };
	snprintf(ret->sid, sizeof ret->sid, "%s", l->sid);
	return STATUS_SUCCESS;
}

static void
logoff(void *session)
{
	((struct accept_lsa *)session)->sessions--;
}

static NTSTATUS
session_keep(struct call *c, void *session, const struct lsa_package *package, struct kept *kept)
{
	(void)c;
	(void)session;
	(void)package;
	if (atomic_fetch_sub(&kept->refs, 1) == 1)
		kept->drop(kept);
	return STATUS_SUCCESS;
}

static const struct lsa_services table = {
	.rule = rule, .now = now, .audit = audit, .setting = setting, .may_accept = may_accept, .first_seen = first_seen,
	.logon_as = logon_as, .logoff = logoff, .session_keep = session_keep,
};

const struct lsa_services *
services(struct call *call)
{
	(void)call;
	return &table;
}

/* --- what stands beside the acceptor in its package: a clock to be moved, results to be seen ----------- */

const struct lsa_package kerberos_lsa = { .name = "Kerberos" };

krb5_context
kerb_k5_take(struct call *call)
{
	krb5_context k5;

	(void)call;
	if (accept_lsa.no_context || krb5_init_context(&k5) != 0)
		return NULL;
	if (accept_lsa.clock)
		(void)krb5_set_real_time(k5, (krb5_timestamp)(uint32_t)(time(NULL) + accept_lsa.clock), -1);
	return k5;
}

void
kerb_k5_give(krb5_context k5)
{
	if (k5)
		krb5_free_context(k5);
}

static void
cache_drop(struct kept *kept)
{
	free(kept);
}

struct kerb_cache *
kerb_cache_new(void)
{
	struct kerb_cache *c = calloc(1, sizeof *c);

	if (c) {
		atomic_init(&c->kept.refs, 1);
		c->kept.drop = cache_drop;
	}
	return c;
}

void
kerb_cache_drop(struct kerb_cache *c)
{
	free(c);
}

krb5_error_code
kerb_hoard_new(struct kerb_hoard **ret_hoard, krb5_context k5, krb5_principal client, krb5_creds *const *tickets,
    size_t count, int32_t clock)
{
	(void)k5;
	(void)client;
	(void)clock;
	*ret_hoard = NULL;
	accept_lsa.forwarded = tickets[0]->keyblock.length ? (unsigned)count : 0;
	return 0;
}

void
kerb_hoard_drop(struct kerb_hoard *h)
{
	(void)h;		/* there is never one */
}

struct kerb_evidence *
kerb_evidence_new(krb5_context k5, krb5_const_principal client, struct bytes ticket, const char *service, uint32_t end)
{
	(void)k5;
	(void)client;
	accept_lsa.evidence = ticket.len && *service && end ? ticket.len : 0;
	return NULL;		/* it is not kept */
}

void
kerb_evidence_drop(struct kerb_evidence *e)
{
	(void)e;
}

void
kerb_cache_fill(struct kerb_cache *c, struct kerb_hoard *hoard)
{
	(void)c;
	(void)hoard;
}

struct kerb_context *
kerb_context_new(bool server)
{
	struct kerb_context *ctx = calloc(1, sizeof *ctx);

	if (ctx) {
		ctx->at = KERB_TALKING;
		ctx->server = server;
	}
	return ctx;
}

NTSTATUS
kerb_context_done(struct call *call, struct kerb_context *ctx, const struct leg_args *args, const struct kerb_data *d,
    struct leg_result *ret)
{
	(void)args;
	(void)ret;
	call->data = *d;
	call->done = true;
	ctx->at = KERB_DONE;
	return STATUS_SUCCESS;
}

NTSTATUS
kerb_frame_give(struct call *call, const struct kerb_frame *f, struct bytes *ret_token)
{
	uint8_t *at = call_memory(call, f->inner.len + 64);
	struct writer w = writer_of(at, at ? f->inner.len + 64 : 0);

	kerb_frame_put(&w, f);
	*ret_token = bytes_of(at, w.need);
	return writer_ok(&w) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

struct kerb_hoard *
kerb_cache_hoard(struct kerb_cache *c)
{
	(void)c;
	return NULL;
}

/* No KDC here, and so no tickets of one's own. */
NTSTATUS
kerb_own_tickets(struct call *call, const struct kerb_cred *cred, struct kerb_hoard **ret_hoard)
{
	(void)cred;
	(void)ret_hoard;
	return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER, "no tickets of its own");
}

NTSTATUS
kerb_own_give(struct call *call, struct kerb_hoard *own, struct bytes *ret_token)
{
	(void)own;
	(void)ret_token;
	return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER, "no tickets of its own");
}

bool
kerb_own_key(krb5_context k5, const struct kerb_hoard *own, struct kerb_key *ret_key)
{
	(void)k5;
	(void)own;
	(void)ret_key;
	return false;
}

uint32_t
kerb_grants(bool server, uint32_t wants)
{
	(void)server;
	return wants;
}

/* --- a leg ------------------------------------------------------------------------ */

static void
text_keep(char *to, size_t cap, struct bytes *text)
{
	snprintf(to, cap, "%.*s", (int)text->len, (const char *)text->at);
	*text = bytes_of(to, strlen(to));
}

static void
why_keep(const struct call *c, enum audience reader, char *to, size_t cap)
{
	uint8_t lines[WHY_MAX * 2];
	struct writer w = writer_of(lines, sizeof lines);

	why_put(&w, &c->why, reader);
	why_text(to, cap, bytes_of(lines, w.need));
}

NTSTATUS
accept_leg(struct accept_side *s, struct bytes token)
{
	struct leg_args args = { .cred = &s->cred, .context = s->context, .wants = s->wants, .token = token,
	    .bindings = s->bindings };
	struct call c = { 0 };

	s->ret = (struct leg_result){ .context = s->context };
	accept_lsa.audited = STATUS_PENDING;
	s->status = kerb_accept(&c, &args, &s->ret);
	s->context = s->ret.context;
	s->len = s->ret.token.len;
	bytes_copy(s->token, s->ret.token.at, s->len);
	if (c.done) {
		s->data = c.data;
		text_keep(s->user, sizeof s->user, &s->data.user);
		text_keep(s->domain, sizeof s->domain, &s->data.domain);
		text_keep(s->target, sizeof s->target, &s->data.target);
		text_keep(s->sid, sizeof s->sid, &s->data.sid);
	}
	why_keep(&c, TO_CALLER, s->caller, sizeof s->caller);
	why_keep(&c, TO_TRUSTED, s->trusted, sizeof s->trusted);
	call_end(&c);
	return s->status;
}

NTSTATUS
accept_ready(struct accept_side *s)
{
	struct call c = { 0 };
	NTSTATUS status = kerb_accept_ready(&c, &s->cred);

	why_keep(&c, TO_CALLER, s->caller, sizeof s->caller);
	why_keep(&c, TO_TRUSTED, s->trusted, sizeof s->trusted);
	call_end(&c);
	return status;
}

void
accept_over(struct accept_side *s)
{
	if (s->context) {
		kerb_accept_forget(s->context->acceptor);
		free(s->context);
	}
	s->context = NULL;
	s->len = 0;
}
