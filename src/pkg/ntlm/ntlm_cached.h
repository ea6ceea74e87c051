/*
 * ntlm_cached.h - logons of a domain's users while nobody answers for it: whom its
 * authority has let in at this machine before, with a password, is known by it
 * again. What is kept: a salted, slow hash of it, and who the authority said he is.
 * Policy says for how many (cached-logons), Kerberos' users among them. Names and
 * passwords are UTF-16LE.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_CACHED_H
#define OPENLSA_PKG_NTLM_NTLM_CACHED_H

#include "pkg/lsa_mode.h"

struct slow_task;

/* In a frame, zeroed at first. */
struct ntlm_cached {
	enum { CACHED_BEGIN = 0, CACHED_RECALL, CACHED_HASH, CACHED_WRITE, CACHED_SETTLE } at;
	struct slow_task *slow;		/* the hash under way */
	struct secret *entry;		/* what was recalled, or is to be kept */
	NTSTATUS verdict;		/* SETTLE */
};
void ntlm_cached_drop(struct ntlm_cached *f);

/* Whether policy lets a logon of this type be kept, and done by what was kept. */
bool ntlm_cached_may(struct call *call, uint32_t logon_type);
/* Step by step, as all here. A failure is said and does no harm. facts live until the call ends. */
NTSTATUS ntlm_cached_keep(struct call *call, struct ntlm_cached *f, struct bytes domain, struct bytes user, struct bytes password,
    const struct logon_facts *facts);
/*
 * STATUS_SUCCESS: it is he, see facts (call memory). STATUS_NO_SUCH_USER: nothing is kept of him. STATUS_WRONG_PASSWORD, which
 * counts as a guess, and STATUS_ACCOUNT_LOCKED_OUT: audited. Else it could not be judged.
 */
NTSTATUS ntlm_cached_judge(struct call *call, struct ntlm_cached *f, struct bytes domain, struct bytes user, struct bytes password,
    struct logon_facts *ret_facts);

/* Messages 6 (a new password for what is kept), 8, 11, 14 (nothing is kept any more) and 17 (whether it is he). */
NTSTATUS ntlm_cached_message(struct call *call, const struct message_args *args, uint32_t number, struct message_result *ret);

#endif
