/*
 * ntlm_cached.c - logons by what was kept.
 *
 *     keeping:     BEGIN -> HASH -> WRITE
 *     logging on:  RECALL -> HASH --same--> he
 *                             \--other--> SETTLE: the lost guess is being made durable
 *     changing:    RECALL -> HASH -> WRITE
 *
 * Guesses count as those at an account of this machine's that nobody has, by
 * the name. DOMAIN\user and user@DOMAIN are one name, in letters of either
 * case; a domain's two names are two. It must never keep what a password
 * could be used without: no hash that NTLM proves itself by.
 */
#include "pkg/ntlm/ntlm_cached.h"

#include "base/utf16.h"
#include "crypto/slow_hash.h"
#include "pkg/ntlm/ntlm_flat.h"
#include "pkg/ntlm/ntlm_lsa.h"
#include "pkg/ntlm/ntlm_submit.h"

#define VERSION		2u		/* 1 is Kerberos' */
#define ROUNDS		200000u
#define ROUNDS_MOST	10000000u
#define ENTRY_MOST	60000u
#define GROUPS_MOST	2000u
#define PREFIX		"NTLM:"		/* of the keys: no principal of Kerberos' is meant */

enum { CHANGE_CACHED = 6, CACHE_LOGON = 8, CACHE_LOOKUP = 11, CLEAR_CACHED = 14, CACHE_LOOKUP_EX = 17 };

void
ntlm_cached_drop(struct ntlm_cached *f)
{
	slow_task_drop(f->slow);
	f->slow = NULL;
	secret_drop(&f->entry);
}

bool
ntlm_cached_may(struct call *call, uint32_t logon_type)
{
	return (logon_type == TYPE_INTERACTIVE || logon_type == TYPE_UNLOCK || logon_type == TYPE_REMOTE || logon_type == TYPE_CACHED) &&
	    services(call)->recall && services(call)->rule(call, RULE_CACHED_LOGONS) > 0;
}

/* --- whose ------------------------------------------------------------------------------ */

/* "NTLM:DOMAIN\USER", UTF-8 in call memory. */
static NTSTATUS
key_of(struct call *call, struct bytes *ret_key, struct bytes domain, struct bytes user)
{
	size_t at = user.len, room;
	uint8_t *wide, *key;
	struct writer w;

	while (!domain.len && at >= 2 && get_u16(user.at + at - 2) != '@')
		at -= 2;
	if (!domain.len && at >= 2) {
		domain = bytes_of(user.at + at, user.len - at);
		user = bytes_of(user.at, at - 2);
	}
	wide = call_memory(call, domain.len + user.len + 2);
	room = (domain.len + user.len) / 2 * 3 + sizeof PREFIX + 3;
	key = call_memory(call, room);
	if (!wide || !key)
		return STATUS_INSUFFICIENT_RESOURCES;
	w = writer_of(wide, domain.len + user.len + 2);
	writer_bytes(&w, domain);
	writer_u16(&w, '\\');
	writer_bytes(&w, user);
	utf16_upper(wide, w.need);
	domain = bytes_of(wide, w.need);
	w = writer_of(key, room);
	writer_bytes(&w, bytes_of_text(PREFIX));
	if (!utf8_from_utf16(&w, domain) || !writer_ok(&w))
		return STATUS_NO_SUCH_USER;
	*ret_key = bytes_of(key, w.need);
	return STATUS_SUCCESS;
}

static struct bytes
name_of(struct bytes key)
{
	return bytes_of(key.at + sizeof PREFIX - 1, key.len - (sizeof PREFIX - 1));
}

/* --- what is kept --------------------------------------------------------------------------- */

struct kept_entry {
	uint32_t rounds;
	const uint8_t *salt, *hash;
	struct logon_facts facts;
};

static size_t
entry_put(struct writer *w, const struct slow_task *s, const struct logon_facts *facts)
{
	writer_u32(w, VERSION);
	writer_u32(w, s->rounds);
	writer_bytes(w, bytes_of(s->salt, sizeof s->salt));
	writer_bytes(w, bytes_of(s->hash, sizeof s->hash));
	writer_sized(w, facts->user);
	writer_sized(w, facts->domain);
	writer_sized(w, facts->sid);
	writer_u32(w, (uint32_t)facts->group_count);
	for (size_t i = 0; i < facts->group_count; i++)
		writer_sized(w, facts->groups[i]);
	return w->need;
}

static struct secret *
entry_make(const struct slow_task *s, const struct logon_facts *facts)
{
	struct writer w = writer_of(NULL, 0);
	size_t len = facts->group_count <= GROUPS_MOST ? entry_put(&w, s, facts) : SIZE_MAX;
	struct secret *entry = len <= ENTRY_MOST ? secret_new(len) : NULL;
	uint8_t *p;

	if (entry)
		WITH_SECRET(p, entry) {
			w = writer_of(p, len);
			(void)entry_put(&w, s, facts);
		}
	return entry;
}

/* A copy as long as the call. */
static struct bytes
copied(struct call *call, struct bytes from, bool *good)
{
	uint8_t *to = call_memory(call, from.len + 1);

	if (!to) {
		*good = false;
		return BYTES_NONE;
	}
	bytes_copy(to, from.at, from.len);
	return bytes_of(to, from.len);
}

/* facts: copies; salt and hash lie in what is read. */
static NTSTATUS
entry_take(struct call *call, struct kept_entry *e, struct bytes value)
{
	struct reader r = reader_of(value);
	uint32_t version = reader_u32(&r);
	struct bytes user, domain, sid, *groups;
	bool good = true;

	*e = (struct kept_entry){ .rounds = reader_u32(&r) };
	e->salt = reader_bytes(&r, SLOW_SALT_LEN).at;
	e->hash = reader_bytes(&r, SLOW_HASH_LEN).at;
	user = reader_sized(&r, ENTRY_MOST);
	domain = reader_sized(&r, ENTRY_MOST);
	sid = reader_sized(&r, SID_SIZE_MAX);
	e->facts.group_count = reader_u32(&r);
	if (!reader_ok(&r) || version != VERSION || !e->rounds || e->rounds > ROUNDS_MOST || e->facts.group_count > GROUPS_MOST)
		return STATUS_NO_SUCH_USER;
	groups = call_memory(call, (e->facts.group_count + 1) * sizeof *groups);
	if (!groups)
		return STATUS_INSUFFICIENT_RESOURCES;
	for (size_t i = 0; i < e->facts.group_count; i++)
		groups[i] = copied(call, reader_sized(&r, SID_SIZE_MAX), &good);
	e->facts.user = copied(call, user, &good);
	e->facts.domain = copied(call, domain, &good);
	e->facts.sid = copied(call, sid, &good);
	e->facts.groups = groups;
	return !good ? STATUS_INSUFFICIENT_RESOURCES : reader_done(&r) ? STATUS_SUCCESS : STATUS_NO_SUCH_USER;
}

static NTSTATUS
hash_start(struct call *call, struct ntlm_cached *f, struct bytes password, const uint8_t *salt, uint32_t rounds)
{
	f->slow = slow_task_new(password, salt, rounds);
	if (!f->slow)
		return STATUS_INSUFFICIENT_RESOURCES;
	f->at = CACHED_HASH;
	return await_job(call, slow_task_run, slow_task_drop, slow_task_hold(f->slow));
}

static NTSTATUS
write_start(struct call *call, struct ntlm_cached *f, struct bytes key, const struct logon_facts *facts)
{
	struct secret *entry = entry_make(f->slow, facts);

	if (!entry)
		return STATUS_INSUFFICIENT_RESOURCES;
	secret_drop(&f->entry);
	f->entry = entry;
	f->at = CACHED_WRITE;
	return services(call)->remember(call, key, f->entry);
}

/* Until it is there: STATUS_SUCCESS. */
static NTSTATUS
recall(struct call *call, struct ntlm_cached *f, struct bytes key)
{
	NTSTATUS status = services(call)->recall ? services(call)->recall(call, key, &f->entry) : STATUS_NOT_FOUND;

	f->at = CACHED_RECALL;
	/* What cannot be read is not there: nobody is let in by it. */
	return status == STATUS_PENDING || status == STATUS_SUCCESS || status == STATUS_INSUFFICIENT_RESOURCES ? status : STATUS_NO_SUCH_USER;
}

/* --- keeping ---------------------------------------------------------------------------------- */

NTSTATUS
ntlm_cached_keep(struct call *call, struct ntlm_cached *f, struct bytes domain, struct bytes user, struct bytes password,
    const struct logon_facts *facts)
{
	struct bytes key;
	NTSTATUS status = key_of(call, &key, domain, user);

	if (status == STATUS_SUCCESS)
		switch (f->at) {
		case CACHED_BEGIN:
			status = hash_start(call, f, password, NULL, ROUNDS);
			break;
		case CACHED_HASH:
			status = awaited(call);
			if (status == STATUS_SUCCESS)
				status = write_start(call, f, key, facts);
			break;
		case CACHED_WRITE:
			status = services(call)->remember(call, key, f->entry);
			break;
		case CACHED_RECALL:
		case CACHED_SETTLE:
			break;
		}
	if (status == STATUS_PENDING)
		return status;
	if (status != STATUS_SUCCESS)
		because(call, STATUS_SUCCESS, TO_TRUSTED, "this user cannot be kept for logons while nobody answers for his domain");
	return STATUS_SUCCESS;
}

/* --- logging on ---------------------------------------------------------------------------------- */

static NTSTATUS
settled(struct call *call, struct ntlm_cached *f, enum guess outcome)
{
	f->at = CACHED_SETTLE;
	return services(call)->settle(call, outcome) == STATUS_PENDING ? STATUS_PENDING : f->verdict;
}

static NTSTATUS
judged(struct call *call, struct ntlm_cached *f, struct bytes key, struct logon_facts *ret_facts)
{
	/* Nobody's: the counter is the name's. */
	struct account_view nobody = { .found = FOUND_NOTHING, .name = "" };
	bool open = services(call)->attempt(call, &nobody, name_of(key)), same = false;
	struct kept_entry e;
	NTSTATUS status = STATUS_NO_SUCH_USER;
	uint8_t *p;

	WITH_SECRET(p, f->entry) {
		status = entry_take(call, &e, bytes_of(p, secret_len(f->entry)));
		same = status == STATUS_SUCCESS && same_secret(e.hash, f->slow->hash, SLOW_HASH_LEN);
	}
	if (open && same) {
		*ret_facts = e.facts;
		f->verdict = STATUS_SUCCESS;
		return settled(call, f, GUESS_WON);
	}
	f->verdict = open ? STATUS_WRONG_PASSWORD : STATUS_ACCOUNT_LOCKED_OUT;
	because(call, f->verdict, TO_TRUSTED, open ? "it is not the password of the last logon" : "too many wrong guesses at this name");
	services(call)->audit(call, f->verdict, BYTES_NONE, name_of(key), "NTLM", 0);
	return settled(call, f, GUESS_LOST);
}

NTSTATUS
ntlm_cached_judge(struct call *call, struct ntlm_cached *f, struct bytes domain, struct bytes user, struct bytes password,
    struct logon_facts *ret_facts)
{
	struct kept_entry e;
	struct bytes key;
	uint8_t *p;
	NTSTATUS status = key_of(call, &key, domain, user);

	if (status != STATUS_SUCCESS)
		return status;
	switch (f->at) {
	case CACHED_BEGIN:
	case CACHED_RECALL:
		status = recall(call, f, key);
		if (status == STATUS_SUCCESS)
			WITH_SECRET(p, f->entry) {
				status = entry_take(call, &e, bytes_of(p, secret_len(f->entry)));
				if (status == STATUS_SUCCESS)
					status = hash_start(call, f, password, e.salt, e.rounds);
			}
		return status;
	case CACHED_HASH:
		status = awaited(call);
		return status == STATUS_SUCCESS ? judged(call, f, key, ret_facts) : status;
	case CACHED_SETTLE:		/* of a lost guess alone: a good one waits for nothing */
		if (f->verdict == STATUS_SUCCESS)
			break;
		return settled(call, f, GUESS_LOST);
	case CACHED_WRITE:
		break;
	}
	return because(call, STATUS_INTERNAL_ERROR, TO_TRUSTED, "a logon by what is kept in no state");
}

/* --- messages ---------------------------------------------------------------------------------------- */

static void
cached_frame_drop(void *at)
{
	ntlm_cached_drop(at);
}

static NTSTATUS
verdict(struct call *call, struct message_result *ret, NTSTATUS status, const char *why)
{
	ret->verdict = because(call, status, TO_CALLER, "%s", why);
	return STATUS_SUCCESS;
}

/* He has another password now: by it he is known, and as who he was. */
static NTSTATUS
changing(struct call *call, struct ntlm_cached *f, struct bytes key, struct bytes fresh)
{
	struct kept_entry e;
	NTSTATUS status;
	uint8_t *p;

	switch (f->at) {
	case CACHED_BEGIN:
	case CACHED_RECALL:
		status = recall(call, f, key);
		return status == STATUS_SUCCESS ? hash_start(call, f, fresh, NULL, ROUNDS) : status;
	case CACHED_HASH:
		status = awaited(call);
		if (status == STATUS_SUCCESS)
			WITH_SECRET(p, f->entry)
				status = entry_take(call, &e, bytes_of(p, secret_len(f->entry)));
		return status == STATUS_SUCCESS ? write_start(call, f, key, &e.facts) : status;
	case CACHED_WRITE:
		return services(call)->remember(call, key, f->entry);
	case CACHED_SETTLE:
		break;
	}
	return because(call, STATUS_INTERNAL_ERROR, TO_TRUSTED, "a change of what is kept in no state");
}

static NTSTATUS
change_cached(struct call *call, const struct message_args *args, struct message_result *ret)
{
	const size_t fixed = 80;
	struct ntlm_cached *f = frame(call, sizeof *f, cached_frame_drop);
	struct reader r = reader_of(args->body);
	struct bytes domain, user, fresh, key;
	NTSTATUS status;

	reader_skip(&r, 8);
	domain = flat_take(&r, fixed, true);
	user = flat_take(&r, fixed, true);
	(void)flat_take(&r, fixed, true);	/* OldPassword: the caller answers for the change */
	fresh = flat_take(&r, fixed, true);
	reader_skip(&r, 8);
	if (!reader_ok(&r) || fresh.len > 2 * NTLM_NAME_MAX || user.len > 2 * NTLM_NAME_MAX || domain.len > 2 * NTLM_DOMAIN_MAX)
		return verdict(call, ret, STATUS_INVALID_PARAMETER, "the request is malformed, or a name or a password is too long");
	status = f ? key_of(call, &key, domain, user) : STATUS_INSUFFICIENT_RESOURCES;
	if (status == STATUS_SUCCESS)
		status = changing(call, f, key, fresh);
	if (status == STATUS_NO_SUCH_USER)
		return verdict(call, ret, status, "nothing is kept of a logon of this user");
	ret->verdict = status;
	return status == STATUS_PENDING ? status : STATUS_SUCCESS;
}

static NTSTATUS
look_up(struct call *call, const struct message_args *args, struct message_result *ret)
{
	struct ntlm_cached *f = frame(call, sizeof *f, cached_frame_drop);
	struct submit m;
	struct logon_facts facts;
	NTSTATUS status;

	if (!f)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!message_names_take(&m, args->body))
		return verdict(call, ret, STATUS_INVALID_PARAMETER, "the request is malformed, or a name or a password is too long");
	status = services(call)->rule(call, RULE_CACHED_LOGONS) ? ntlm_cached_judge(call, f, m.domain, m.user, m.password, &facts) :
	    STATUS_NO_SUCH_USER;
	if (status == STATUS_NO_SUCH_USER)
		return verdict(call, ret, status, "nothing is kept of a logon of this user");
	ret->verdict = status;
	return status == STATUS_PENDING ? status : STATUS_SUCCESS;
}

NTSTATUS
ntlm_cached_message(struct call *call, const struct message_args *args, uint32_t number, struct message_result *ret)
{
	NTSTATUS status;

	if (!args->trusted && number != CACHE_LOGON && number != CACHE_LOOKUP)
		return verdict(call, ret, STATUS_ACCESS_DENIED, "only a trusted caller may send this message");
	switch (number) {
	case CHANGE_CACHED:
		return change_cached(call, args, ret);
	case CACHE_LOOKUP_EX:
		return look_up(call, args, ret);
	case CLEAR_CACHED:
		status = services(call)->forget_all ? services(call)->forget_all(call) : STATUS_SUCCESS;
		ret->verdict = status;
		return status == STATUS_PENDING ? status : STATUS_SUCCESS;
	case CACHE_LOGON:
		return verdict(call, ret, STATUS_NOT_SUPPORTED, "whoever logs on by a name and a password is kept by that logon itself");
	case CACHE_LOOKUP:
	default:
		return verdict(call, ret, STATUS_NOT_SUPPORTED, "this message is not supported; MsV1_0CacheLookupEx is");
	}
}
