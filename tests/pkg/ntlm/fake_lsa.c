/*
 * fake_lsa.c - verbs and services for package tests.
 */
#include "tests/pkg/ntlm/fake_lsa.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/utf16.h"
#include "pkg/ntlm/ntlm_keys.h"

struct chunk {
	struct chunk *next;
	_Alignas(16) uint8_t at[];
};

struct call {
	struct fake_machine *machine;
	uint32_t process;
	struct chunk *chunks;
	void *frame;
	void (*drop)(void *);
	struct why why;
	bool reserved, settling;
	char steps[256];
};

/* --- text and steps --------------------------------------------------- */

struct bytes
fake_utf16(uint8_t *to, size_t cap, const char *text)
{
	struct writer w = writer_of(to, cap);

	if (!utf16_from_utf8(&w, bytes_of_text(text)) || !writer_ok(&w))
		abort();
	return bytes_of(to, w.need);
}

static void
step(struct call *c, const char *what)
{
	size_t len = strlen(c->steps);

	snprintf(c->steps + len, sizeof c->steps - len, "%s%s", len ? " " : "", what);
}

/* --- the machine -------------------------------------------------------- */

static struct secret *
hash_of(const char *password)
{
	uint8_t text[1024];
	struct nt_hash hash = nt_hash_of_password(fake_utf16(text, sizeof text, password));

	return secret_of(bytes_of(hash.b, sizeof hash.b));
}

void
fake_open(struct fake_machine *m, const char *computer, const char *host)
{
	*m = (struct fake_machine){ .computer = computer, .host = host, .now = 133000000000000000ull,
	    .rules = { [RULE_NTLM_BINDINGS] = 1, [RULE_NTLM_TARGET] = 1, [RULE_NTLM_LOOPBACK] = 1,
	    [RULE_NTLM_ALLOWED] = 1, [RULE_LIMIT_BLANK] = 1 } };
	if (!random_bytes(m->id, sizeof m->id))
		abort();
	m->dummy = hash_of("a key that no account has");
}

void
fake_account(struct fake_machine *m, const char *name, const char *password)
{
	size_t n = 0;

	while (m->accounts[n].name)
		n++;
	m->accounts[n] = (struct fake_account){ .name = name, .password = password, .hash = hash_of(password) };
}

void
fake_close(struct fake_machine *m)
{
	for (size_t n = 0; n < FAKE_ACCOUNTS; n++)
		secret_drop(&m->accounts[n].hash);
	secret_drop(&m->dummy);
}

/* --- the verbs ---------------------------------------------------------- */

int fake_memory = -1;

static bool
memory_left(void)
{
	if (fake_memory > 0)
		fake_memory--;
	return fake_memory != 0;
}

void *
frame(struct call *c, size_t size, void (*drop)(void *))
{
	if (!c->frame && memory_left()) {
		c->frame = calloc(1, size);
		c->drop = drop;
	}
	return c->frame;
}

NTSTATUS
because(struct call *c, NTSTATUS status, enum audience to, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	why_add(&c->why, status, to, format, args);
	va_end(args);
	return status;
}

/* No package comes here: there is no authority, and nothing is kept. */
NTSTATUS
await_job(struct call *call, NTSTATUS (*work)(void *arg), void (*drop)(void *arg), void *arg)
{
	(void)call;
	(void)work;
	drop(arg);
	return STATUS_NOT_SUPPORTED;
}

NTSTATUS
awaited(const struct call *call)
{
	(void)call;
	return STATUS_NOT_SUPPORTED;
}

void *
call_memory(struct call *c, size_t len)
{
	struct chunk *chunk = memory_left() ? calloc(1, sizeof *chunk + len) : NULL;

	if (!chunk)
		return NULL;
	chunk->next = c->chunks;
	c->chunks = chunk;
	return chunk->at;
}

struct call *
fake_call(struct fake_machine *m, uint32_t process)
{
	struct call *c = calloc(1, sizeof *c);

	if (!c)
		abort();
	c->machine = m;
	c->process = process;
	return c;
}

const char *
fake_steps(const struct call *c)
{
	return c->steps;
}

void
fake_why(const struct call *c, enum audience reader, char *to, size_t cap)
{
	uint8_t lines[WHY_MAX * 2];
	struct writer w = writer_of(lines, sizeof lines);

	why_put(&w, &c->why, reader);
	why_text(to, cap, bytes_of(lines, w.need));
}

void
fake_end(struct call *c)
{
	if (c->frame && c->drop)
		c->drop(c->frame);
	free(c->frame);
	while (c->chunks) {
		struct chunk *chunk = c->chunks;

		c->chunks = chunk->next;
		free(chunk);
	}
	why_drop(&c->why);
	free(c);
}

/* --- the services --------------------------------------------------------- */

static NTSTATUS
account(struct call *c, struct bytes domain, struct bytes user, struct account_view *ret_view)
{
	struct fake_machine *m = c->machine;

	(void)domain;
	step(c, "account");
	if (m->store_broken)
		return STATUS_INTERNAL_DB_ERROR;
	*ret_view = (struct account_view){ .found = FOUND_NOTHING, .name = "", .key = m->dummy };
	for (size_t n = 0; n < FAKE_ACCOUNTS && m->accounts[n].name; n++)
		if (bytes_same(user, bytes_of_text(m->accounts[n].name)))
			*ret_view = (struct account_view){ .found = FOUND, .name = m->accounts[n].name,
			    .key = m->accounts[n].hash, .blank = !*m->accounts[n].password,
			    .restriction = m->accounts[n].restriction, .held = &m->accounts[n] };
	return STATUS_SUCCESS;
}

static bool
attempt(struct call *c, const struct account_view *view, struct bytes user)
{
	const struct fake_account *a = view->held;

	(void)user;
	step(c, c->reserved ? "attempt-again" : "attempt");
	c->reserved = true;
	return !a || !a->locked;
}

static NTSTATUS
settle(struct call *c, enum guess outcome)
{
	static const char *const names[] = { "?", "settle=won", "settle=lost", "settle=none", "settle=excused" };

	if (c->settling) {
		c->settling = false;
		return STATUS_SUCCESS;
	}
	step(c, names[outcome]);
	if (!c->reserved)
		return STATUS_SUCCESS;
	c->reserved = false;
	if (outcome == GUESS_WON)
		c->machine->won++;
	else if (outcome == GUESS_NONE)
		c->machine->released++;
	else {
		if (outcome == GUESS_LOST)
			c->machine->lost++;
		else
			c->machine->excused++;
		c->settling = true;
		return STATUS_PENDING;
	}
	return STATUS_SUCCESS;
}

static NTSTATUS
logon(struct call *c, const struct account_view *view, uint32_t type, const char *package, struct logon_view *ret)
{
	(void)type;
	(void)package;
	step(c, "logon");
	if (c->machine->no_sessions)
		return STATUS_QUOTA_EXCEEDED;
	c->machine->sessions++;
	ret->luid = 0x12345;
	snprintf(ret->sid, sizeof ret->sid, "%s", view ? "S-1-5-21-1-2-3-1000" : "S-1-5-7");
	ret->user = view ? view->name : "ANONYMOUS LOGON";
	ret->domain = view ? c->machine->computer : "NT AUTHORITY";
	ret->session = c->machine;
	return STATUS_SUCCESS;
}

static void
logoff(void *session)
{
	((struct fake_machine *)session)->sessions--;
}

static uint32_t
rule(struct call *c, enum rule which)
{
	return c->machine->rules[which];
}

static const char *computer(struct call *c) { return c->machine->computer; }
static const char *host(struct call *c) { return c->machine->host; }
static const uint8_t *machine_id(struct call *c) { return c->machine->id; }
static uint32_t process(struct call *c) { return c->process; }
static uint64_t now(struct call *c) { return c->machine->now; }

static void
audit(struct call *c, NTSTATUS status, struct bytes domain, struct bytes user, const char *package, uint64_t luid)
{
	(void)domain;
	(void)package;
	(void)luid;
	step(c, status == STATUS_SUCCESS ? "audit=good" : "audit=bad");
	c->machine->audited = status;
	snprintf(c->machine->audited_user, sizeof c->machine->audited_user, "%.*s", (int)user.len, (const char *)user.at);
}

static const char *
setting(struct call *c, const char *name)
{
	(void)name;
	return c->machine->setting;
}

static void
audit_choice(struct call *c, NTSTATUS status, const char *package, const char *what)
{
	(void)status;
	snprintf(c->machine->choice, sizeof c->machine->choice, "%s: %s", package, what);
}

static NTSTATUS
set_key(struct call *c, const struct account_view *view, struct bytes user, struct secret *hash, bool blank)
{
	struct fake_account *a = view->held;
	const uint8_t *p;

	(void)user;
	(void)blank;
	if (c->settling) {
		c->settling = false;
		return STATUS_SUCCESS;
	}
	step(c, "set_key");
	secret_drop(&a->hash);
	WITH_SECRET(p, hash)
		a->hash = secret_of(bytes_of(p, secret_len(hash)));
	c->settling = true;
	return STATUS_PENDING;
}

static NTSTATUS
issue(struct call *c, uint8_t challenge[8])
{
	if (!random_bytes(challenge, 8))
		return STATUS_INTERNAL_ERROR;
	bytes_copy(c->machine->challenges[c->machine->issued++ % 16], challenge, 8);
	return STATUS_SUCCESS;
}

static bool
issued_take(struct call *c, const uint8_t challenge[8])
{
	for (size_t n = 0; n < 16; n++)
		if (memcmp(c->machine->challenges[n], challenge, 8) == 0) {
			bytes_zero(c->machine->challenges[n], 8);
			return true;
		}
	return false;
}

/* The caller's own has number 0; there is another one, which is not his. */
static NTSTATUS
session(struct call *c, uint64_t luid, struct session_view *ret)
{
	if (luid)
		return STATUS_ACCESS_DENIED;
	*ret = (struct session_view){ .luid = 0x4321, .user = "uid-1", .domain = "here", .server = "", .session = c->machine };
	return STATUS_SUCCESS;
}

static NTSTATUS
sessions(struct call *c, struct bytes *ret_luids)
{
	static const uint8_t luids[16] = { 0x21, 0x43, 0, 0, 0, 0, 0, 0, 0x22, 0x43 };

	(void)c;
	*ret_luids = bytes_of(luids, sizeof luids);
	return STATUS_SUCCESS;
}

static struct kept *
session_kept(struct call *c, void *of, const struct lsa_package *package)
{
	(void)c;
	(void)of;
	(void)package;
	return NULL;
}

void
kept_drop(struct kept *kept)
{
	kept->drop(kept);
}

static const struct lsa_services table = {
	.account = account, .attempt = attempt, .settle = settle, .logon = logon, .logoff = logoff, .rule = rule,
	.computer = computer, .host = host, .machine_id = machine_id, .process = process, .now = now, .audit = audit,
	.session = session, .sessions = sessions, .session_kept = session_kept, .set_key = set_key, .challenge_issue = issue, .challenge_take = issued_take,
	.setting = setting, .audit_choice = audit_choice,
};

const struct lsa_services *
services(struct call *call)
{
	(void)call;
	return &table;
}

/* --- one side of a conversation ------------------------------------------- */

NTSTATUS
fake_side(struct fake_side *s, struct fake_machine *m, bool server, const char *user, const char *domain,
    const char *password)
{
	uint8_t u[1200], d[1200], p[1200];
	struct acquire_args args = { .inbound = server, .outbound = !server, .explicit_identity = user != NULL,
	    .has_password = password != NULL };
	struct acquire_result ret = { 0 };
	struct call *c = fake_call(m, 1);

	memset(s, 0, sizeof *s);
	s->machine = m;
	s->process = 1;
	s->server = server;
	if (user) {
		args.user = fake_utf16(u, sizeof u, user);
		args.domain = fake_utf16(d, sizeof d, domain);
	}
	if (password)
		args.password = fake_utf16(p, sizeof p, password);
	s->status = ntlm_lsa.acquire(c, &args, &ret);
	s->cred = ret.cred;
	fake_why(c, TO_CALLER, s->caller, sizeof s->caller);
	fake_end(c);
	return s->status;
}

NTSTATUS
fake_leg(struct fake_side *s, struct bytes token)
{
	struct call *c = fake_call(s->machine, s->process);
	struct leg_args args = { .cred = s->cred, .context = s->context, .wants = s->wants,
	    .target = bytes_of_text(s->target), .token = token, .bindings = s->bindings };
	struct leg_result ret = { 0 };

	s->pended = 0;
	do {
		ret = (struct leg_result){ .context = s->context };
		args.context = s->context;
		s->status = s->server ? ntlm_lsa.accept(c, &args, &ret) : ntlm_lsa.init(c, &args, &ret);
		s->context = ret.context;
	} while (s->status == STATUS_PENDING && s->pended++ < 10);
	s->len = s->status >= 0 ? ret.token.len : 0;
	s->grants = ret.grants;
	bytes_copy(s->token, ret.token.at, s->len);
	if (s->status == STATUS_SUCCESS && ntlm_user.open(&s->half, ret.user_data) != SEC_E_OK)
		s->status = SEC_E_INTERNAL_ERROR;
	snprintf(s->steps, sizeof s->steps, "%s", fake_steps(c));
	fake_why(c, TO_CALLER, s->caller, sizeof s->caller);
	fake_why(c, TO_TRUSTED, s->trusted, sizeof s->trusted);
	fake_end(c);
	return s->status;
}

void
fake_again(struct fake_side *s)
{
	ntlm_user.drop(s->half);
	ntlm_lsa.forget_context(s->context);
	s->half = s->context = NULL;
	s->len = 0;
}

void
fake_leave(struct fake_side *s)
{
	fake_again(s);
	ntlm_lsa.forget_cred(s->cred);
	s->cred = NULL;
}
