/*
 * kerb_cached.c - logons by what was kept.
 *
 *     keeping:     BEGIN -> HASH -> WRITE
 *     logging on:  BEGIN -> RECALL -> HASH --same--> let in
 *                                         \--other--> SETTLE: the lost guess is being made durable
 *
 * Guesses count as those at an account of this machine's that nobody has:
 * by the name that was given.
 */
#include "pkg/kerberos/kerb_cached.h"

#include <string.h>

#include "crypto/slow_hash.h"
#include "pkg/kerberos/kerb_k5.h"
#include "pkg/kerberos/kerb_peer.h"

#define VERSION		1u
#define ROUNDS		200000u
#define ROUNDS_MOST	10000000u
#define PAC_MOST	60000u
#define USER_FLAG_CACHED 4u	/* LOGON_CACHED_ACCOUNT */

enum { INTERACTIVE = 2, UNLOCK = 7, REMOTE = 10, CACHED, CACHED_REMOTE, CACHED_UNLOCK };

/* --- the hash, on a job ----------------------------------------------------------- */

/* salt NULL: a fresh one. */
static NTSTATUS
slow_start(struct call *call, struct kerb_cached *f, const struct kerb_cred *cred, const uint8_t *salt, uint32_t rounds)
{
	const uint8_t *p;

	WITH_SECRET(p, cred->password)
		f->slow = slow_task_new(bytes_of(p, secret_len(cred->password)), salt, rounds);
	if (!f->slow)
		return STATUS_INSUFFICIENT_RESOURCES;
	f->at = CACHED_HASH;
	return await_job(call, slow_task_run, slow_task_drop, slow_task_hold(f->slow));
}

void
kerb_cached_drop(struct kerb_cached *f)
{
	slow_task_drop(f->slow);
	secret_drop(&f->entry);
	f->slow = NULL;
}

bool
kerb_cached_may(struct call *call, const struct logon_args *args)
{
	return (args->type == INTERACTIVE || args->type == UNLOCK || args->type == REMOTE || args->type == CACHED) &&
	    services(call)->rule(call, RULE_CACHED_LOGONS) > 0;
}

/* --- keeping ------------------------------------------------------------------------ */

static struct secret *
entry_make(const struct slow_task *s, const char *client, struct bytes pac)
{
	size_t len = 4 + 4 + SLOW_SALT_LEN + SLOW_HASH_LEN + 4 + strlen(client) + 4 + pac.len;
	struct secret *entry = secret_new(len);
	struct writer w;
	uint8_t *p;

	if (entry)
		WITH_SECRET(p, entry) {
			w = writer_of(p, len);
			writer_u32(&w, VERSION);
			writer_u32(&w, s->rounds);
			writer_bytes(&w, bytes_of(s->salt, SLOW_SALT_LEN));
			writer_bytes(&w, bytes_of(s->hash, SLOW_HASH_LEN));
			writer_sized(&w, bytes_of_text(client));
			writer_sized(&w, pac);
		}
	return entry;
}

NTSTATUS
kerb_cached_keep(struct call *call, struct kerb_cached *f, const struct kerb_cred *cred, const char *client, struct bytes pac)
{
	NTSTATUS status = STATUS_SUCCESS;

	if (f->at == CACHED_BEGIN) {
		if (pac.len > PAC_MOST)
			return STATUS_SUCCESS;
		status = slow_start(call, f, cred, NULL, ROUNDS);
	} else if (f->at == CACHED_HASH) {
		status = awaited(call);
		f->entry = status == STATUS_SUCCESS ? entry_make(f->slow, client, pac) : NULL;
		if (f->entry) {
			f->at = CACHED_WRITE;
			status = services(call)->remember(call, bytes_of_text(cred->client), f->entry);
		}
	} else {
		status = services(call)->remember(call, bytes_of_text(cred->client), f->entry);
	}
	if (status == STATUS_PENDING)
		return status;
	if (status != STATUS_SUCCESS || f->at != CACHED_WRITE)
		because(call, STATUS_SUCCESS, TO_TRUSTED, "%s cannot be kept for logons without a KDC", cred->client);
	return STATUS_SUCCESS;
}

/* --- logging on ----------------------------------------------------------------------- */

struct kept_entry {
	uint32_t rounds;
	struct bytes salt, hash, client, pac;
};

static bool
entry_take(struct kept_entry *e, struct bytes value)
{
	struct reader r = reader_of(value);
	uint32_t version = reader_u32(&r);

	e->rounds = reader_u32(&r);
	e->salt = reader_bytes(&r, SLOW_SALT_LEN);
	e->hash = reader_bytes(&r, SLOW_HASH_LEN);
	e->client = reader_sized(&r, KERB_TARGET_MAX);
	e->pac = reader_sized(&r, PAC_MOST);
	return reader_done(&r) && version == VERSION && e->rounds && e->rounds <= ROUNDS_MOST;
}

static NTSTATUS
nothing_kept(struct call *call, const struct kerb_cred *cred, struct logon_result *ret)
{
	ret->verdict = because(call, STATUS_NO_LOGON_SERVERS, TO_CALLER,
	    "no KDC answered, and nothing is kept of a logon of %s at this machine", cred->client);
	return STATUS_SUCCESS;
}

/* The session says that it is one of these. */
static uint32_t
type_shown(uint32_t type)
{
	return type == UNLOCK ? CACHED_UNLOCK : type == REMOTE ? CACHED_REMOTE : CACHED;
}

static NTSTATUS
let_in(struct call *call, const struct kept_entry *e, const struct kerb_cred *cred, uint64_t luid, const struct logon_args *args,
    struct logon_result *ret)
{
	const struct pac_profile *known = NULL;
	struct pac_profile profile = { .logoff = KERB_NEVER, .kick_off = KERB_NEVER, .must_change = KERB_NEVER };
	krb5_context k5 = kerb_k5_take(call);
	struct logon_view view;
	char *client = call_memory(call, e->client.len + 1);
	NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

	if (client)
		bytes_copy(client, e->client.at, e->client.len);
	if (k5 && client)
		status = kerb_peer_kept(call, k5, client, e->pac, type_shown(args->type), &view, &known);

	kerb_k5_give(k5);
	status = kerb_logon_judged(call, status, ret);
	if (status != STATUS_SUCCESS || ret->verdict != STATUS_SUCCESS)
		return status;
	if (known)
		profile = *known;
	profile.flags |= USER_FLAG_CACHED;
	status = kerb_logon_profile(call, &profile, NULL, ret);
	if (status != STATUS_SUCCESS) {
		services(call)->logoff(view.session);
		return status;
	}
	because(call, STATUS_SUCCESS, TO_CALLER, "no KDC answered: %s is known by an earlier logon, and has no tickets", cred->client);
	return kerb_logon_give(call, &view, luid, NULL, ret);
}

static NTSTATUS
settled(struct call *call, struct kerb_cached *f, enum guess outcome, struct logon_result *ret)
{
	NTSTATUS status = services(call)->settle(call, outcome);

	if (status == STATUS_PENDING && f->at != CACHED_SETTLE) {
		f->told = *ret;
		f->at = CACHED_SETTLE;
	}
	return status == STATUS_PENDING ? status : STATUS_SUCCESS;
}

static NTSTATUS
judge(struct call *call, struct kerb_cached *f, const struct kerb_cred *cred, uint64_t luid, const struct logon_args *args,
    struct logon_result *ret)
{
	/* Nobody's: the counter is the name's. */
	struct account_view nobody = { .found = FOUND_NOTHING, .name = "" };
	bool open = services(call)->attempt(call, &nobody, bytes_of_text(cred->client)), same = false;
	struct kept_entry e;
	uint8_t *p;
	NTSTATUS status = STATUS_SUCCESS;

	WITH_SECRET(p, f->entry) {
		same = entry_take(&e, bytes_of(p, secret_len(f->entry))) && same_secret(e.hash.at, f->slow->hash, SLOW_HASH_LEN);
		if (open && same) {
			status = settled(call, f, GUESS_WON, ret);
			if (status == STATUS_SUCCESS)
				status = let_in(call, &e, cred, luid, args, ret);
		}
	}
	if (open && same)
		return status;
	ret->verdict = !open && args->trusted ? STATUS_ACCOUNT_LOCKED_OUT : STATUS_LOGON_FAILURE;
	ret->substatus = open && args->trusted ? STATUS_WRONG_PASSWORD : STATUS_SUCCESS;
	because(call, ret->verdict, TO_TRUSTED, open ? "it is not the password of the last logon" : "too many wrong guesses at this name");
	because(call, ret->verdict, TO_CALLER, "no KDC answered, and what is kept of an earlier logon does not let this one in");
	services(call)->audit(call, open ? STATUS_WRONG_PASSWORD : STATUS_ACCOUNT_LOCKED_OUT, BYTES_NONE, bytes_of_text(cred->client),
	    "Kerberos", 0);
	return settled(call, f, GUESS_LOST, ret);
}

NTSTATUS
kerb_cached_logon(struct call *call, struct kerb_cached *f, const struct kerb_cred *cred, uint64_t luid,
    const struct logon_args *args, struct logon_result *ret)
{
	struct kept_entry e = { .rounds = 0 };
	NTSTATUS status;
	bool good = false;
	uint8_t *p;

	switch (f->at) {
	case CACHED_BEGIN:
	case CACHED_RECALL:
		f->at = CACHED_RECALL;
		status = services(call)->recall(call, bytes_of_text(cred->client), &f->entry);
		if (status == STATUS_PENDING || status == STATUS_INSUFFICIENT_RESOURCES)
			return status;
		if (status == STATUS_SUCCESS)
			WITH_SECRET(p, f->entry) {
				good = entry_take(&e, bytes_of(p, secret_len(f->entry)));
				if (good)
					status = slow_start(call, f, cred, e.salt.at, e.rounds);
			}
		return good ? status : nothing_kept(call, cred, ret);
	case CACHED_HASH:
		status = awaited(call);
		return status == STATUS_SUCCESS ? judge(call, f, cred, luid, args, ret) : status;
	default:
		*ret = f->told;
		return settled(call, f, GUESS_LOST, ret);
	}
}
