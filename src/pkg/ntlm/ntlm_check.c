/*
 * ntlm_check.c - a response against an account.
 *
 * Knows accounts by the services table alone. It must never learn to know
 * messages, so that what it decides depends on names, proof and account.
 */
#include "pkg/ntlm/ntlm_check.h"

#include "pkg/ntlm/ntlm_lsa.h"
#include "pkg/ntlm/ntlm_name.h"
#include "pkg/ntlm/ntlm_option.h"

/* The one sentence for all causes. */
static const char sentence[] = "the user name or password is not right, or the account cannot be used";

static const char *
cause_text(NTSTATUS cause)
{
	switch (cause) {
	case STATUS_NO_SUCH_USER:		return "there is no such account";
	case STATUS_WRONG_PASSWORD:		return "the password is not right";
	case STATUS_ACCOUNT_LOCKED_OUT:		return "the account is locked";
	case STATUS_ACCOUNT_DISABLED:		return "the account is disabled";
	case STATUS_PASSWORD_MUST_CHANGE:	return "the password must be changed first";
	case STATUS_PASSWORD_EXPIRED:		return "the password has expired, and must be changed first";
	case STATUS_ACCOUNT_RESTRICTION:	return "blank passwords are for the console alone";
	case STATUS_NTLM_BLOCKED:		return "the peer answered with NTLM version 1, which policy ntlm-v1 forbids";
	case STATUS_ACCESS_DENIED:		return "anonymous logon is not allowed here";
	case STATUS_INVALID_LOGON_TYPE:		return "the peer sent no response";
	case STATUS_INVALID_PARAMETER:		return "what was sent cannot be judged";
	default:				return "the account is restricted";
	}
}

static void
deny(struct call *call, struct check *c, NTSTATUS cause, enum guess guess)
{
	c->verdict = CHECK_DENIED;
	c->status = STATUS_LOGON_FAILURE;
	c->cause = cause;
	c->guess = guess;
	because(call, cause, TO_TRUSTED, "%s", cause_text(cause));
	because(call, STATUS_LOGON_FAILURE, TO_CALLER, "%s", sentence);
}

/* --- who is meant ----------------------------------------------------- */

/* "alice@host" without a domain is alice here, when the host is this one. */
static struct bytes
account_part(struct call *call, struct bytes domain, struct bytes user)
{
	size_t at = user.len;

	if (domain.len)
		return user;
	while (at > 0 && user.at[at - 1] != '@')
		at--;
	if (at > 1 && name_is_ours(bytes_of(user.at + at, user.len - at), services(call)->computer(call),
	    services(call)->host(call)))
		return bytes_of(user.at, at - 1);
	return user;
}

/* Text that is not valid names no account, and goes through the same steps. */
static NTSTATUS
names_take(struct call *call, struct check *c, struct bytes domain, struct bytes user)
{
	NTSTATUS status = ntlm_text8(call, &c->user, user);

	if (status == STATUS_SUCCESS || status == SEC_E_INVALID_TOKEN)
		status = ntlm_text8(call, &c->domain, domain);
	return status == SEC_E_INVALID_TOKEN ? STATUS_SUCCESS : status;
}

/* Finds the account and reserves the guess. */
static NTSTATUS
check_begin(struct call *call, struct check *c, struct bytes domain, struct bytes user, bool *ret_open)
{
	const struct lsa_services *s = services(call);
	struct bytes name;
	NTSTATUS status;

	*c = (struct check){ .verdict = CHECK_DENIED, .status = STATUS_LOGON_FAILURE, .cause = STATUS_LOGON_FAILURE,
	    .guess = GUESS_LOST };
	status = names_take(call, c, domain, user);
	if (status != STATUS_SUCCESS)
		return status;
	name = account_part(call, c->domain, c->user);
	status = s->account(call, c->domain, name, &c->view);
	if (status != STATUS_SUCCESS)
		return status;
	/* A key of another length is none: of a forked child, or of a store in trouble. */
	if (c->view.found == FOUND_ERROR || secret_len(c->view.key) != sizeof(struct nt_hash))
		return because(call, STATUS_INTERNAL_ERROR, TO_CALLER, "the account's key could not be read");
	*ret_open = s->attempt(call, &c->view, name);
	return STATUS_SUCCESS;
}

static struct nt_hash
account_hash(const struct check *c)
{
	struct nt_hash hash;
	const uint8_t *p;

	WITH_SECRET(p, c->view.key)
		bytes_copy(hash.b, p, sizeof hash);
	return hash;
}

/* --- the compare ------------------------------------------------------ */

static bool
proof_v2(const struct nt_hash *hash, const struct check_ask *ask, struct exchange_key *ret_key)
{
	struct ntlm2_key key;
	struct base_key base;
	bool right;

	if (!ntlm2_key_of(&key, hash, ask->user, ask->domain))
		return false;
	right = ntlm2_proof_holds(ask->response, &key, ask->challenge);
	base = ntlm2_base_key_of(&key, &ask->response->proof);
	*ret_key = ntlm2_exchange_key_of(&base);
	bytes_wipe(&key, sizeof key);
	bytes_wipe(&base, sizeof base);
	return right;
}

static bool
proof_v1(const struct nt_hash *hash, const struct check_ask *ask, struct exchange_key *ret_key)
{
	bool ess = ask->flags & NTLM_NEGOTIATE_ESS;
	struct lm_response lm = { { 0 } };
	struct ntlm1_response want;
	struct base_key base;
	bool right;

	if (ask->nt.len != sizeof want.b || (ess && ask->lm.len != sizeof lm.b))
		return false;
	bytes_copy(lm.b, ask->lm.at, ask->lm.len < sizeof lm.b ? ask->lm.len : sizeof lm.b);
	want = ess ? ntlm1_ess_response_of(hash, ask->challenge, lm.b) : ntlm1_response_of(hash, ask->challenge);
	right = same_secret(want.b, ask->nt.at, sizeof want.b);
	base = ntlm1_base_key_of(hash);
	*ret_key = ntlm1_exchange_key_of(&base, ask->flags, &lm, ask->challenge);
	bytes_wipe(&want, sizeof want);
	bytes_wipe(&base, sizeof base);
	return right;
}

/* --- the verdict ------------------------------------------------------ */

/* Why not, whatever was compared; STATUS_SUCCESS: nothing stands against it. */
static NTSTATUS
objection(struct call *call, const struct check *c, bool open, bool right, bool console)
{
	if (!open)
		return STATUS_ACCOUNT_LOCKED_OUT;
	if (c->view.found != FOUND)
		return STATUS_NO_SUCH_USER;
	if (!right)
		return STATUS_WRONG_PASSWORD;
	if (c->view.restriction != STATUS_SUCCESS)
		return c->view.restriction;
	if (c->view.blank && !console && services(call)->rule(call, RULE_LIMIT_BLANK) && !option_chosen(call, OPTION_BLANK_PASSWORD))
		return STATUS_ACCOUNT_RESTRICTION;
	return STATUS_SUCCESS;
}

/* A right password is no wrong guess, even where the account may not be used. */
static enum guess
guessed(const struct check *c, bool open, bool right)
{
	return open && right && c->view.found == FOUND ? GUESS_EXCUSED : GUESS_LOST;
}

NTSTATUS
check_proof(struct call *call, struct check *c, const struct check_ask *ask)
{
	struct nt_hash hash;
	bool open = false, right;
	NTSTATUS status = check_begin(call, c, ask->domain, ask->user, &open);

	if (status != STATUS_SUCCESS)
		return status;
	hash = account_hash(c);
	right = ask->response ? proof_v2(&hash, ask, &c->key) : proof_v1(&hash, ask, &c->key);
	bytes_wipe(&hash, sizeof hash);
	status = objection(call, c, open, right, false);
	if (status == STATUS_SUCCESS)
		c->verdict = CHECK_PROVEN;
	else
		deny(call, c, status, guessed(c, open, right));
	return STATUS_SUCCESS;
}

/* An expired password is what a change is for; a blank one may be changed from anywhere. */
NTSTATUS
check_password(struct call *call, struct check *c, struct bytes domain, struct bytes user, struct bytes password)
{
	struct nt_hash hash, given = nt_hash_of_password(password);
	bool open = false, right;
	NTSTATUS status = check_begin(call, c, domain, user, &open);

	if (status != STATUS_SUCCESS)
		goto out;
	hash = account_hash(c);
	right = same_secret(hash.b, given.b, sizeof hash.b);
	bytes_wipe(&hash, sizeof hash);
	if (!open)
		status = STATUS_ACCOUNT_LOCKED_OUT;
	else if (c->view.found != FOUND)
		status = STATUS_NO_SUCH_USER;
	else if (!right)
		status = STATUS_WRONG_PASSWORD;
	else if (c->view.restriction != STATUS_PASSWORD_MUST_CHANGE && c->view.restriction != STATUS_PASSWORD_EXPIRED)
		status = c->view.restriction;
	if (status == STATUS_SUCCESS)
		c->verdict = CHECK_PROVEN;
	else
		deny(call, c, status, guessed(c, open, right));
	status = STATUS_SUCCESS;
out:
	bytes_wipe(&given, sizeof given);
	return status;
}

NTSTATUS
check_logon(struct call *call, struct check *c, struct bytes domain, struct bytes user, struct bytes password, bool console)
{
	struct nt_hash hash, given = nt_hash_of_password(password);
	bool open = false, right;
	NTSTATUS status = check_begin(call, c, domain, user, &open);

	if (status == STATUS_SUCCESS) {
		hash = account_hash(c);
		right = same_secret(hash.b, given.b, sizeof hash.b);
		bytes_wipe(&hash, sizeof hash);
		status = objection(call, c, open, right, console);
		if (status == STATUS_SUCCESS)
			c->verdict = CHECK_PROVEN;
		else
			deny(call, c, status, guessed(c, open, right));
		status = STATUS_SUCCESS;
	}
	bytes_wipe(&given, sizeof given);
	return status;
}

/* Nothing is guessed, so nothing counts; a lock holds all the same. */
NTSTATUS
check_vouched(struct call *call, struct check *c, struct bytes domain, struct bytes user)
{
	bool open = false;
	NTSTATUS status = check_begin(call, c, domain, user, &open);

	if (status != STATUS_SUCCESS)
		return status;
	status = objection(call, c, open, true, true);
	if (status == STATUS_SUCCESS)
		c->verdict = CHECK_PROVEN;
	else
		deny(call, c, status, GUESS_NONE);
	return STATUS_SUCCESS;
}

void
check_refuse(struct call *call, struct check *c, const struct check_ask *ask, NTSTATUS cause)
{
	*c = (struct check){ .verdict = CHECK_DENIED };
	(void)names_take(call, c, ask->domain, ask->user);
	deny(call, c, cause, GUESS_NONE);
}

void
check_unjudged(struct call *call, struct check *c, const struct check_ask *ask, NTSTATUS status)
{
	*c = (struct check){ .verdict = CHECK_DENIED };
	(void)names_take(call, c, ask->domain, ask->user);
	check_stop(c, status);
}

void
check_vouch(struct check *c, struct bytes domain, struct bytes user)
{
	*c = (struct check){ .verdict = CHECK_PROVEN, .status = STATUS_LOGON_FAILURE, .cause = STATUS_LOGON_FAILURE,
	    .guess = GUESS_NONE, .domain = domain, .user = user };
}

void
check_stop(struct check *c, NTSTATUS status)
{
	c->verdict = CHECK_DENIED;
	c->status = c->cause = status;
	c->guess = GUESS_NONE;
}

/* The only place where a grant comes from. */
static NTSTATUS
check_grant(struct check *c)
{
	if (c->verdict != CHECK_PROVEN)
		return STATUS_LOGON_FAILURE;
	c->verdict = CHECK_GRANTED;
	c->guess = GUESS_WON;
	c->status = c->cause = STATUS_SUCCESS;
	return STATUS_SUCCESS;
}

NTSTATUS
check_conclude(struct call *call, struct check *c)
{
	const struct lsa_services *s = services(call);

	if (c->verdict == CHECK_PROVEN && check_grant(c) == STATUS_SUCCESS) {
		(void)s->settle(call, GUESS_WON);
		return STATUS_SUCCESS;
	}
	s->audit(call, c->cause, c->domain, c->user, "NTLM", 0);
	return s->settle(call, c->guess) == STATUS_PENDING ? STATUS_PENDING : c->status;
}

/* What was kept is a refusal; nothing that went wrong with it makes it a grant. */
NTSTATUS
check_wait(struct call *call, NTSTATUS kept)
{
	if (services(call)->settle(call, GUESS_LOST) == STATUS_PENDING)
		return STATUS_PENDING;
	return kept < 0 ? kept : STATUS_LOGON_FAILURE;
}

void
check_drop(struct check *c)
{
	bytes_wipe(c, sizeof *c);
}
