/*
 * alone_lsa.c - verbs and services for Kerberos without an LSA.
 */
#include "tests/pkg/kerberos/alone_lsa.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/kdc.h"
#include "base/time.h"

#define TURNS_MAX 200u

struct alone_lsa alone_lsa;

struct chunk {
	struct chunk *next;
	_Alignas(16) uint8_t at[];
};

struct call {
	struct chunk *chunks;
	struct why why;
	void *frame;
	void (*drop)(void *frame);
	NTSTATUS awaited;
	struct bytes answer;
	bool stuck;			/* waits for what never comes */
	bool starved;
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

	if (!chunk) {
		c->starved = true;
		return NULL;
	}
	chunk->next = c->chunks;
	c->chunks = chunk;
	return chunk->at;
}

bool
call_starved(const struct call *c)
{
	return c->starved;
}

void
call_starve(struct call *c)
{
	c->starved = true;
}

void *
frame(struct call *c, size_t size, void (*drop)(void *frame))
{
	if (!c->frame) {
		c->frame = calloc(1, size);
		c->drop = drop;
	}
	return c->frame;
}

NTSTATUS
await_timer(struct call *c, uint32_t ms)
{
	(void)ms;
	c->awaited = STATUS_SUCCESS;
	return STATUS_PENDING;
}

NTSTATUS
await_nothing(struct call *c)
{
	c->stuck = true;
	return STATUS_PENDING;
}

NTSTATUS
await_job(struct call *c, NTSTATUS (*work)(void *arg), void (*drop)(void *arg), void *arg)
{
	c->awaited = work(arg);
	drop(arg);
	return STATUS_PENDING;
}

NTSTATUS
await_kdc(struct call *c, const struct kdc_ask *ask)
{
	alone_lsa.trips++;
	c->answer = BYTES_NONE;
	c->awaited = alone_lsa.kdc(alone_lsa.arg, ask, &c->answer);
	return STATUS_PENDING;
}

/* There is always one. */
NTSTATUS
await_kdc_place(struct call *c, const struct kdc_ask *ask)
{
	(void)c;
	(void)ask;
	return STATUS_SUCCESS;
}

NTSTATUS
awaited(const struct call *c)
{
	return c->awaited;
}

struct bytes
kdc_answer(struct call *c)
{
	return c->answer;
}

const char *
kdc_story(struct call *c)
{
	(void)c;
	return "by the test";
}

void
kept_drop(struct kept *kept)
{
	if (kept && atomic_fetch_sub(&kept->refs, 1) == 1)
		kept->drop(kept);
}

static void
call_end(struct call *c)
{
	uint8_t lines[WHY_MAX * 2];
	struct writer w = writer_of(lines, sizeof lines);

	why_put(&w, &c->why, TO_TRUSTED);
	why_text(alone_lsa.why, sizeof alone_lsa.why, bytes_of(lines, w.need));
	if (c->frame) {
		c->drop(c->frame);
		free(c->frame);
	}
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
	return alone_lsa.rules[which];
}

static uint64_t
now(struct call *c)
{
	(void)c;
	return time_filetime();
}

static void
audit(struct call *c, NTSTATUS status, struct bytes domain, struct bytes user, const char *package, uint64_t luid)
{
	(void)c;
	(void)status;
	(void)domain;
	(void)user;
	(void)package;
	(void)luid;
}

static const char *
setting(struct call *c, const char *name)
{
	(void)c;
	return strcmp(name, "keytab") == 0 ? alone_lsa.keytab : NULL;
}

static bool
may_accept(struct call *c, const char *principal)
{
	(void)c;
	(void)principal;
	return true;
}

static bool
first_seen(struct call *c, const uint8_t print[16], uint64_t until)
{
	(void)c;
	(void)print;
	(void)until;
	return true;
}

static NTSTATUS
logon_as(struct call *c, const struct logon_facts *facts, uint32_t type, const char *package, struct logon_view *ret)
{
	(void)c;
	(void)facts;
	(void)type;
	(void)package;
	alone_lsa.sessions++;
	*ret = (struct logon_view){ .luid = 0x12345, .user = "somebody", .domain = "somewhere", .session = &alone_lsa };
	return STATUS_SUCCESS;
}

static void
logoff(void *session)
{
	((struct alone_lsa *)session)->sessions--;
}

static NTSTATUS
session(struct call *c, uint64_t luid, struct session_view *ret)
{
	(void)c;
	*ret = (struct session_view){ .luid = 1, .user = "me", .domain = "here", .server = "", .session = &alone_lsa };
	return luid <= 1 ? STATUS_SUCCESS : STATUS_NO_SUCH_LOGON_SESSION;
}

static struct kept *
session_kept(struct call *c, void *of, const struct lsa_package *package)
{
	(void)c;
	(void)of;
	(void)package;
	return NULL;
}

static NTSTATUS
session_keep(struct call *c, void *of, const struct lsa_package *package, struct kept *kept)
{
	(void)c;
	(void)of;
	(void)package;
	kept_drop(kept);
	return STATUS_SUCCESS;
}

static struct kept *
process_kept(struct call *c, const struct lsa_package *package)
{
	(void)c;
	(void)package;
	if (alone_lsa.kept)
		atomic_fetch_add(&alone_lsa.kept->refs, 1);
	return alone_lsa.kept;
}

static NTSTATUS
process_keep(struct call *c, const struct lsa_package *package, struct kept *kept)
{
	(void)c;
	(void)package;
	kept_drop(alone_lsa.kept);
	alone_lsa.kept = kept;
	return STATUS_SUCCESS;
}

static void *
credential(struct call *c, uint64_t number, const struct lsa_package *package)
{
	(void)c;
	(void)number;
	(void)package;
	return NULL;
}

static void
audit_choice(struct call *c, NTSTATUS status, const char *package, const char *what)
{
	(void)c;
	(void)status;
	(void)package;
	(void)what;
}

static void
audit_detail(struct call *c, enum audit_detail which, struct bytes text, uint32_t number)
{
	(void)c;
	(void)which;
	(void)text;
	(void)number;
}

static const struct lsa_services table = {
	.rule = rule, .now = now, .audit = audit, .audit_detail = audit_detail, .audit_choice = audit_choice, .setting = setting,
	.may_accept = may_accept, .first_seen = first_seen, .logon_as = logon_as, .logoff = logoff, .session = session,
	.session_kept = session_kept, .session_keep = session_keep, .process_kept = process_kept, .process_keep = process_keep,
	.credential = credential,
};

const struct lsa_services *
services(struct call *call)
{
	(void)call;
	return &table;
}

/* --- calls ------------------------------------------------------------------------ */

NTSTATUS
alone_acquire(struct alone_side *s, const char *principal)
{
	struct acquire_args args = { .inbound = s->server, .outbound = true, .principal = bytes_of_text(principal) };
	struct acquire_result ret = { 0 };
	struct call c = { 0 };
	NTSTATUS status = STATUS_PENDING;

	for (unsigned n = 0; status == STATUS_PENDING && n < TURNS_MAX && !c.stuck; n++)
		status = kerberos_lsa.acquire(&c, &args, &ret);
	s->cred = ret.cred;
	call_end(&c);
	return status;
}

NTSTATUS
alone_leg(struct alone_side *s, struct bytes token)
{
	struct leg_args args = { .cred = s->cred, .context = s->context, .wants = s->wants, .token = token,
	    .target = bytes_of_text(s->target), .by_peer = s->by_peer, .inside = s->by_peer };
	struct leg_result ret = { .context = s->context };
	struct call c = { 0 };

	s->status = STATUS_PENDING;
	for (unsigned n = 0; s->status == STATUS_PENDING && n < TURNS_MAX && !c.stuck; n++) {
		s->status = (s->server ? kerberos_lsa.accept : kerberos_lsa.init)(&c, &args, &ret);
		args.context = s->context = ret.context;
	}
	if (s->status == STATUS_PENDING)
		s->status = STATUS_IO_TIMEOUT;
	s->established = s->status == STATUS_SUCCESS;
	s->len = ret.token.len <= sizeof s->token ? ret.token.len : 0;
	bytes_copy(s->token, ret.token.at, s->len);
	call_end(&c);
	return s->status;
}

NTSTATUS
alone_adopt(struct bytes tickets)
{
	struct call c = { 0 };
	NTSTATUS status = kerberos_lsa.adopt(&c, tickets);

	call_end(&c);
	return status;
}

NTSTATUS
alone_message(struct bytes body, struct bytes *ret_body)
{
	struct message_args args = { .body = body };
	struct message_result ret = { .verdict = STATUS_UNSUCCESSFUL };
	struct call c = { 0 };
	NTSTATUS status = STATUS_PENDING;

	for (unsigned n = 0; status == STATUS_PENDING && n < TURNS_MAX && !c.stuck; n++)
		status = kerberos_lsa.message(&c, &args, &ret);
	*ret_body = BYTES_NONE;
	if (status == STATUS_SUCCESS && ret.verdict == STATUS_SUCCESS && ret.body.len)
		*ret_body = bytes_of(bytes_dup(ret.body), ret.body.len);
	call_end(&c);
	return status == STATUS_SUCCESS ? ret.verdict : status;
}

void
alone_over(struct alone_side *s)
{
	kerberos_lsa.forget_context(s->context);
	kerberos_lsa.forget_cred(s->cred);
	s->context = s->cred = NULL;
	s->len = 0;
	s->established = false;
}

void
alone_forget(void)
{
	kept_drop(alone_lsa.kept);
	alone_lsa.kept = NULL;
}
