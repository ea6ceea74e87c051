/*
 * services.c - what a package may ask of the LSA. Joins the store to the
 * packages: neither knows the other.
 */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/time.h"
#include "lsa/client.h"
#include "lsa/raise.h"
#include "lsa/rights.h"
#include "lsa/who.h"
#include "store/history.h"
#include "store/policy.h"
#include "store/replay.h"

NTSTATUS
because(struct call *call, NTSTATUS status, enum audience to, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	why_add(&call->why, status, to, format, args);
	va_end(args);
	return status;
}

static struct lsa *
lsa_of(struct call *call)
{
	return SERVED(call)->link->lsa;
}

static bool
too_old(struct store *store, const struct account *account)
{
	uint64_t days = policy_u32(store, POLICY_PASSWORD_MAX_AGE), now = time_filetime();

	return days && !(account->flags & (ACCOUNT_NEVER_EXPIRES | ACCOUNT_MACHINE)) && account->password_set < now &&
	    now - account->password_set >= days * 24 * 60 * 60 * 10000000;
}

/* Accounts: a machine of its own takes any domain for itself, as Windows does in a workgroup; the account found says who it is. */
static NTSTATUS
find_account(struct call *call, struct bytes domain, struct bytes user, struct account_view *ret_view)
{
	struct served *s = SERVED(call);
	struct account_view view = { .found = FOUND_ERROR };
	struct store *store;
	NTSTATUS status = lsa_store(lsa_of(call), &store, call);

	(void)domain;
	*ret_view = view;
	if (status != STATUS_SUCCESS)
		return status;
	account_drop(s->account);
	s->account = NULL;
	switch (account_find(store, user, &s->account)) {
	case ACCOUNT_FOUND:
		view.found = FOUND;
		view.name = s->account->name;
		view.key = s->account->nt_hash;
		view.blank = s->account->blank_password;
		view.held = s->account;
		if (s->account->flags & ACCOUNT_DISABLED)
			view.restriction = STATUS_ACCOUNT_DISABLED;
		else if (s->account->flags & ACCOUNT_LOCKED)
			view.restriction = STATUS_ACCOUNT_LOCKED_OUT;
		else if (s->account->flags & ACCOUNT_MUST_CHANGE)
			view.restriction = STATUS_PASSWORD_MUST_CHANGE;
		else if (too_old(store, s->account))
			view.restriction = STATUS_PASSWORD_EXPIRED;
		break;
	case ACCOUNT_ABSENT:
		view.found = FOUND_NOTHING;
		view.name = "";
		view.key = lsa_of(call)->dummy_key;
		break;
	case ACCOUNT_ERROR:
	default:
		return because(call, STATUS_INTERNAL_DB_ERROR, TO_CALLER, "the account store could not be read");
	}
	*ret_view = view;
	return STATUS_SUCCESS;
}

static bool
attempt(struct call *call, const struct account_view *view, struct bytes user)
{
	struct served *s = SERVED(call);
	struct store *store;

	if (view->found == FOUND_ERROR || lsa_store(lsa_of(call), &store, call) != STATUS_SUCCESS)
		return false;
	s->gate_open = attempt_reserve(store, view->held, user, &s->attempt) == ATTEMPT_OPEN;
	s->guessed = true;
	return s->gate_open;
}

static NTSTATUS
commit_work(void *store)
{
	return attempt_commit(store);
}

/* A lost guess, and one at a locked or unknown name, take the same durable step before they are answered. */
static NTSTATUS
settle(struct call *call, enum guess outcome)
{
	struct served *s = SERVED(call);

	if (s->settling) {
		s->settling = false;
		return STATUS_SUCCESS;
	}
	if (!s->guessed)
		return STATUS_SUCCESS;
	s->guessed = false;
	switch (outcome) {
	case GUESS_WON:
		attempt_won(&s->attempt);
		return STATUS_SUCCESS;
	case GUESS_NONE:
		attempt_released(&s->attempt);
		return STATUS_SUCCESS;
	case GUESS_LOST:
	case GUESS_EXCUSED:
	default:
		if (outcome == GUESS_EXCUSED)
			attempt_excused(&s->attempt);
		else if (attempt_lost(&s->attempt) && s->account)
			raise_account(s, AUDIT_USER_LOCKED, STATUS_SUCCESS, bytes_of_text(s->account->name), "too many wrong passwords");
		s->settling = true;
		return await_job(call, commit_work, NULL, lsa_of(call)->store);
	}
}

/* An attempt that nobody settled counts as lost; there is no time left to make it durable. */
void
services_forget(struct served *s)
{
	keep_forget(s);
	memo_drop(s->memo);
	s->memo = NULL;
	if (s->guessed && attempt_lost(&s->attempt) && s->account)
		raise_account(s, AUDIT_USER_LOCKED, STATUS_SUCCESS, bytes_of_text(s->account->name), "too many wrong passwords");
	s->guessed = false;
	account_drop(s->account);
	s->account = NULL;
	authority_forget(s);
	authority_find_forget(s);
}

/* What a session and its view have in common, whoever vouched for it. */
static NTSTATUS
logon_show(struct session *session, struct logon_view *ret_logon)
{
	struct reader r = reader_of(session->sid);
	struct sid sid;

	ret_logon->sid[0] = 0;
	if (session->sid.len) {
		sid_take(&sid, &r);
		if (!reader_done(&r) || !sid_text(&sid, ret_logon->sid)) {
			session_drop(session);
			return STATUS_INTERNAL_ERROR;
		}
	}
	ret_logon->luid = session->luid;
	ret_logon->user = session->user;
	ret_logon->domain = session->domain;
	ret_logon->session = session;
	return STATUS_SUCCESS;
}

/* Policy's word on a logon of this kind by somebody of these groups. */
static NTSTATUS
groups_allow(struct call *call, const struct session_new *new)
{
	struct bytes *groups = call_memory(call, (new->group_count + 1) * sizeof *groups);

	if (!groups)
		return STATUS_INSUFFICIENT_RESOURCES;
	for (size_t i = 0; i < new->group_count; i++)
		groups[i] = new->groups[i].sid;
	return rights_allow_logon(call, new->sid, groups, new->group_count, new->logon_type);
}

static NTSTATUS
logon(struct call *call, const struct account_view *view, uint32_t logon_type, const char *package,
    struct logon_view *ret_logon)
{
	struct served *s = SERVED(call);
	struct lsa *lsa = lsa_of(call);
	const struct account *account = view ? view->held : NULL;
	static const uint8_t anonymous[] = { 1, 1, 0, 0, 0, 0, 0, 5, 7, 0, 0, 0 };
	struct session_new new = {
		.user = bytes_of_text("ANONYMOUS LOGON"), .domain = bytes_of_text("NT AUTHORITY"),
		.package = bytes_of_text(package), .sid = bytes_of(anonymous, sizeof anonymous),
		.logon_time = time_filetime(), .logon_type = logon_type, .uid = s->link->peer.uid, .logged_on = true,
	};
	struct session *session;
	NTSTATUS status;

	if (view && !account)
		return STATUS_LOGON_FAILURE;
	if (account) {
		new.user = bytes_of_text(account->name);
		new.domain = bytes_of_text(store_computer(lsa->store));
		new.sid = bytes_of(account->sid, sizeof account->sid);
		new.server = new.domain;
		new.password_set = account->password_set;
	}
	status = who_groups(call, &new, NULL, 0, account != NULL);
	if (status == STATUS_SUCCESS && account)
		status = groups_allow(call, &new);
	if (status != STATUS_SUCCESS) {
		raise_refused(call, status, &new);
		return status;
	}
	status = session_new(&session, lsa->sessions, &new);
	if (status != STATUS_SUCCESS)
		return status;
	return logon_show(session, ret_logon);
}

static NTSTATUS
logon_as(struct call *call, const struct logon_facts *facts, uint32_t logon_type, const char *package,
    struct logon_view *ret_logon)
{
	struct session_new new = {
		.user = facts->user, .domain = facts->domain, .package = bytes_of_text(package), .sid = facts->sid,
		.logon_time = time_filetime(), .logon_type = logon_type, .uid = SERVED(call)->link->peer.uid,
		.logged_on = true,
		.luid = facts->luid, .taken = facts->luid != 0,
	};
	const struct bytes *groups = facts->groups;
	size_t count = facts->group_count;
	struct session *session;
	NTSTATUS status = facts->here ? STATUS_SUCCESS : who_vouched(call, facts->sid, &groups, &count);

	if (status == STATUS_SUCCESS)
		status = who_groups(call, &new, groups, count, false);
	if (status == STATUS_SUCCESS)
		status = groups_allow(call, &new);
	if (status != STATUS_SUCCESS) {
		raise_refused(call, status, &new);
		return status;
	}
	status = session_new(&session, lsa_of(call)->sessions, &new);
	return status == STATUS_SUCCESS ? logon_show(session, ret_logon) : status;
}

/* An LSA without a store cannot remember, so it has seen everything. */
static bool
first_seen(struct call *call, const uint8_t print[16], uint64_t until)
{
	struct store *store;
	enum replay is = REPLAY_ERROR;

	if (lsa_store(lsa_of(call), &store, call) == STATUS_SUCCESS)
		is = replay_take(store, print, until);
	switch (is) {
	case REPLAY_FIRST:
		return true;
	case REPLAY_SEEN:
		because(call, SEC_E_LOGON_DENIED, TO_TRUSTED, "the same proof was brought before");
		return false;
	case REPLAY_LATE:
		because(call, SEC_E_LOGON_DENIED, TO_TRUSTED, "the proof is over, or good for longer than a day");
		return false;
	case REPLAY_FULL:
		because(call, SEC_E_LOGON_DENIED, TO_TRUSTED,
		    "the memory of proofs is full, so none can be taken for a first one: wait five minutes; many logons a second?");
		return false;
	case REPLAY_ERROR:
	default:
		because(call, SEC_E_LOGON_DENIED, TO_TRUSTED,
		    "the memory of proofs (db/replays in the store's folder) cannot be used: is it damaged, or the disk full? "
		    "Remove it while nobody uses the store");
		return false;
	}
}

/* The caller's own session once more: the same user, and room for other credentials. */
static NTSTATUS
clone_own(struct call *call, uint32_t logon_type, const char *package, struct logon_view *ret_logon)
{
	struct session_view own;
	struct session *session = NULL;
	NTSTATUS status = keep_session(call, 0, &own);

	if (status == STATUS_SUCCESS) {
		const struct session *of = own.session;
		struct session_new new = {
			.user = bytes_of_text(of->user), .domain = bytes_of_text(of->domain), .package = bytes_of_text(package),
			.server = bytes_of_text(of->server), .sid = of->sid, .logon_time = time_filetime(), .logon_type = logon_type,
			.uid = of->uid, .logged_on = true, .groups = of->groups, .group_count = of->group_count,
		};

		status = session_new(&session, lsa_of(call)->sessions, &new);
	}
	return status == STATUS_SUCCESS ? logon_show(session, ret_logon) : status;
}

static void
profile(struct call *call, const struct account_view *view, struct account_profile *ret_profile)
{
	const struct account *account = view->held;

	(void)call;
	*ret_profile = (struct account_profile){ .full_name = "" };
	if (!account)
		return;
	ret_profile->password_set = account->password_set;
	ret_profile->full_name = account->full_name;
}

static void
logoff(void *session)
{
	session_drop(session);
}

/* The strictest answer where the store cannot be read. What FIPS 140 does not approve of, no policy allows. */
static uint32_t
rule(struct call *call, enum rule which)
{
	static const enum policy names[] = {
		[RULE_NTLM_V1]          = POLICY_NTLM_V1,
		[RULE_NTLM_REQUIRE_MIC] = POLICY_NTLM_REQUIRE_MIC,
		[RULE_NTLM_ANONYMOUS]   = POLICY_NTLM_ANONYMOUS,
		[RULE_NTLM_BINDINGS]    = POLICY_NTLM_CHANNEL_BINDINGS,
		[RULE_NTLM_TARGET]      = POLICY_NTLM_TARGET_NAME,
		[RULE_NTLM_LOOPBACK]    = POLICY_NTLM_LOOPBACK_RELAY,
		[RULE_NTLM_ALLOWED]     = POLICY_NTLM_ALLOWED,
		[RULE_LIMIT_BLANK]      = POLICY_LIMIT_BLANK_PASSWORD,
		[RULE_NTLM_FALLBACK]    = POLICY_NTLM_FALLBACK,
		[RULE_KERBEROS_RC4]      = POLICY_KERBEROS_RC4,
		[RULE_KERBEROS_BINDINGS] = POLICY_KERBEROS_CHANNEL_BINDINGS,
		[RULE_CACHED_LOGONS]     = POLICY_CACHED_LOGONS,
		[RULE_KERBEROS_HOST_KEY] = POLICY_KERBEROS_REQUIRE_HOST_KEY,
		[RULE_KERBEROS_PAC]      = POLICY_KERBEROS_REQUIRE_PAC,
		[RULE_PASSWORD_LENGTH]  = POLICY_PASSWORD_LENGTH,
		[RULE_PASSWORD_COMPLEX] = POLICY_PASSWORD_COMPLEX,
		[RULE_PASSWORD_HISTORY] = POLICY_PASSWORD_HISTORY,
		[RULE_PASSWORD_MIN_AGE] = POLICY_PASSWORD_MIN_AGE,
		[RULE_PASSWORD_MAX_AGE] = POLICY_PASSWORD_MAX_AGE,
	};
	struct store *store;

	if (which == RULE_FIPS)
		return lsa_of(call)->fips;
	if (lsa_of(call)->fips && (which == RULE_NTLM_ALLOWED || which == RULE_NTLM_V1 || which == RULE_KERBEROS_RC4))
		return 0;
	if (lsa_store(lsa_of(call), &store, call) != STATUS_SUCCESS)
		return policy_rows[names[which]].strict;
	return policy_u32(store, names[which]);
}

static const char *
computer(struct call *call)
{
	struct store *store;

	return lsa_store(lsa_of(call), &store, call) == STATUS_SUCCESS ? store_computer(store) : NULL;
}

static const char *
host(struct call *call)
{
	return lsa_of(call)->host;
}

static const uint8_t *
machine_id(struct call *call)
{
	return lsa_of(call)->machine_id;
}

static uint32_t
process_of(struct call *call)
{
	return (uint32_t)SERVED(call)->link->peer.pid;
}

static uint64_t
now(struct call *call)
{
	(void)call;
	return time_filetime();
}

static void
audit_detail(struct call *call, enum audit_detail what, struct bytes text, uint32_t number)
{
	struct served *s = SERVED(call);

	switch (what) {
	case DETAIL_WORKSTATION:
		s->told.workstation = text;
		break;
	case DETAIL_VERSION:
		s->told.version = text;
		break;
	case DETAIL_LEVEL:
		s->told.level = number;
		s->told.levelled = true;
		break;
	case DETAIL_CHANGE:
		s->told.changing = true;
		break;
	}
}

/* --- a new password --------------------------------------------------------- */

struct key_change {
	struct store *store;
	struct account *account;		/* as it was when the old password was proven */
	struct secret *nt_hash;
	bool blank;
	size_t user_len;
	uint8_t user[];
};

static NTSTATUS
change_work(void *arg)
{
	struct key_change *k = arg;
	NTSTATUS status = history_turn(k->store, k->account, k->nt_hash, policy_u32(k->store, POLICY_PASSWORD_HISTORY));

	if (status != STATUS_SUCCESS)
		return status;
	return account_set_password(k->store, bytes_of(k->user, k->user_len), k->nt_hash, k->blank);
}

static void
change_drop(void *arg)
{
	struct key_change *k = arg;

	account_drop(k->account);
	secret_drop(&k->nt_hash);
	free(k);
}

static NTSTATUS
set_key(struct call *call, const struct account_view *view, struct bytes user, struct secret *nt_hash, bool blank)
{
	struct served *s = SERVED(call);
	struct key_change *k;
	NTSTATUS status;

	if (s->settling) {
		s->settling = false;
		status = awaited(call);
		raise_account(s, AUDIT_PASSWORD_CHANGED, status, user, NULL);
		if (status == STATUS_PASSWORD_RESTRICTION)
			return because(call, status, TO_CALLER, "policy password-history: the new password is one of the last ones");
		return status == STATUS_SUCCESS ? status :
		    because(call, status, TO_CALLER, "the new password could not be stored");
	}
	if (view->found != FOUND || !view->held)
		return STATUS_NO_SUCH_USER;
	k = calloc(1, sizeof *k + user.len);
	if (!k)
		return STATUS_INSUFFICIENT_RESOURCES;
	k->store = lsa_of(call)->store;
	k->account = account_hold(view->held);
	k->blank = blank;
	k->user_len = user.len;
	bytes_copy(k->user, user.at, user.len);
	k->nt_hash = secret_new(secret_len(nt_hash));
	if (!k->nt_hash) {
		change_drop(k);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	bytes_copy(secret_open(k->nt_hash), secret_open(nt_hash), secret_len(nt_hash));
	s->settling = true;
	return await_job(call, change_work, change_drop, k);
}

/* --- challenges of a link: the last sixteen, five minutes, each good once ------- */

#define CHALLENGE_LIFE_MS (5u * 60u * 1000u)

static NTSTATUS
challenge_issue(struct call *call, uint8_t challenge[8])
{
	struct lsa_link *link = SERVED(call)->link;
	unsigned i;

	if (!random_bytes(challenge, 8))
		return because(call, STATUS_INTERNAL_ERROR, TO_CALLER, "no random bytes");
	pthread_mutex_lock(&link->lock);
	i = link->next_challenge++ % CHALLENGES;
	bytes_copy(link->challenges[i].bytes, challenge, 8);
	link->challenges[i].until = time_mono_ms() + CHALLENGE_LIFE_MS;
	pthread_mutex_unlock(&link->lock);
	return STATUS_SUCCESS;
}

static bool
challenge_take(struct call *call, const uint8_t challenge[8])
{
	struct lsa_link *link = SERVED(call)->link;
	bool taken = false;

	pthread_mutex_lock(&link->lock);
	for (unsigned i = 0; i < CHALLENGES && !taken; i++)
		if (link->challenges[i].until > time_mono_ms() && same_secret(link->challenges[i].bytes, challenge, 8)) {
			link->challenges[i].until = 0;
			taken = true;
		}
	pthread_mutex_unlock(&link->lock);
	return taken;
}

static const struct lsa_services table = {
	.account         = find_account,
	.attempt         = attempt,
	.settle          = settle,
	.logon           = logon,
	.logoff          = logoff,
	.clone           = clone_own,
	.profile         = profile,
	.rule            = rule,
	.computer        = computer,
	.host            = host,
	.machine_id      = machine_id,
	.process         = process_of,
	.now             = now,
	.audit           = raise_logon,
	.audit_detail    = audit_detail,
	.set_key         = set_key,
	.challenge_issue = challenge_issue,
	.challenge_take  = challenge_take,
	.session         = keep_session,
	.sessions        = sessions_of,
	.session_kept    = keep_session_kept,
	.session_keep    = keep_session_keep,
	.process_kept    = keep_process_kept,
	.process_keep    = keep_process_keep,
	.machine_kept    = keep_machine_kept,
	.credential      = keep_credential,
	.setting         = keep_setting,
	.may_accept      = keep_may_accept,
	.logon_as        = logon_as,
	.first_seen      = first_seen,
	.vouches         = authority_vouches,
	.vouch           = authority_vouch,
	.vouched         = authority_vouched,
	.remember        = remember,
	.forget_all      = forget_all,
	.recall          = recall,
	.options         = option_bits,
	.set_options     = option_set,
	.audit_choice    = raise_choice,
};

const struct lsa_services *
services(struct call *call)
{
	(void)call;
	return &table;
}
