/*
 * ntlm_check.h - a response against an account.
 *
 *     check_proof --> DENIED                      wrong, unknown, locked, disabled: one answer, the same steps
 *         \-------> PROVEN --check_stop--> DENIED the message is refused although the password is right
 *                      \--check_conclude--> GRANTED
 *
 * A verdict starts as DENIED, and check_conclude alone makes a grant, from
 * PROVEN. The guess is reserved before the compare and settled by
 * check_conclude. A name without an account is compared against the LSA's
 * dummy key; restrictions of an account count only after the right
 * password; what is refused as a logon takes the same durable step, so that
 * neither status nor time tells one cause from another.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_CHECK_H
#define OPENLSA_PKG_NTLM_NTLM_CHECK_H

#include "pkg/lsa_mode.h"
#include "pkg/ntlm/ntlm_keys.h"

enum check_verdict { CHECK_DENIED = 0, CHECK_PROVEN, CHECK_GRANTED };

/* What a peer said, as it was sent. */
struct check_ask {
	struct bytes domain, user;		/* UTF-16LE */
	const uint8_t *challenge;		/* 8 bytes: the one we issued */
	const struct ntlm2_response *response;	/* version 2, or NULL */
	struct bytes nt, lm;			/* version 1 */
	uint32_t flags;				/* agreed; version 1 */
};

struct check {
	enum check_verdict verdict;
	NTSTATUS status;			/* what is answered */
	NTSTATUS cause;				/* the true one, for audit and trusted callers */
	enum guess guess;
	struct account_view view;
	struct bytes domain, user;		/* UTF-8 in call memory; empty where they are no valid text */
	struct exchange_key key;		/* PROVEN: KeyExchangeKey. check_drop wipes it */
};

/*
 * Compares. STATUS_SUCCESS: it was done, see the verdict. Anything else: it
 * could not be done (the store, memory), and the verdict is DENIED.
 */
NTSTATUS check_proof(struct call *call, struct check *c, const struct check_ask *ask);
/* Refuses without a compare: what the peer sent is no response that is allowed here. No guess. */
void check_refuse(struct call *call, struct check *c, const struct check_ask *ask, NTSTATUS cause);
/* Nobody could judge it: no answer about the user, and no guess. */
void check_unjudged(struct call *call, struct check *c, const struct check_ask *ask, NTSTATUS status);
/* Proven by the authority of another domain, whose word on the names it is (UTF-8, not copied). No guess of ours. */
void check_vouch(struct check *c, struct bytes domain, struct bytes user);
/* Refuses a proven one for what is no guess. */
void check_stop(struct check *c, NTSTATUS status);
/*
 * Writes the audit line of a refusal, settles the guess, and grants what is
 * still PROVEN (STATUS_SUCCESS). STATUS_PENDING: a lost guess is being made
 * durable; c->status is the answer then, keep it and call check_wait when
 * turned again. Else the answer.
 */
NTSTATUS check_conclude(struct call *call, struct check *c);
/* After STATUS_PENDING: the same again, or the answer that was kept. */
NTSTATUS check_wait(struct call *call, NTSTATUS kept);
void check_drop(struct check *c);

/* For logons with a password, reserved and settled as check_proof's. console: where a blank password is enough. */
NTSTATUS check_logon(struct call *call, struct check *c, struct bytes domain, struct bytes user, struct bytes password,
    bool console);
/* For an account that a trusted caller vouches for: whether it may be used. */
NTSTATUS check_vouched(struct call *call, struct check *c, struct bytes domain, struct bytes user);

/* For changes of passwords: whether this is the account's hash; constant in time. The same reserving, settled by check_conclude. */
NTSTATUS check_password(struct call *call, struct check *c, struct bytes domain, struct bytes user,
    struct bytes password);

#endif
