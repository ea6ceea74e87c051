/*
 * ntlm_domain.h - accounts of another domain: judged by its authority, where
 * one is configured. What comes back is a check like that of an account of
 * our own, so what the message protects is looked at in the same way.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_DOMAIN_H
#define OPENLSA_PKG_NTLM_NTLM_DOMAIN_H

#include "pkg/ntlm/ntlm_check.h"

/* Whether these names (UTF-16LE) are another authority's. An error counts as no. */
bool domain_is_elsewhere(struct call *call, struct bytes domain, struct bytes user);

/*
 * Version 2 alone, since an authority may have other rules for the rest. Returns STATUS_PENDING, or why it cannot
 * be asked.
 */
NTSTATUS domain_ask(struct call *call, const struct check_ask *ask, struct bytes workstation, bool interactive);
/* A password is never shown to it: a response to a challenge of our own is. */
NTSTATUS domain_ask_password(struct call *call, struct bytes domain, struct bytes user, struct bytes password);

/*
 * In the turn after it. STATUS_SUCCESS: see the verdict, which is CHECK_PROVEN or CHECK_DENIED; no guess of ours.
 * facts live until the call ends.
 */
NTSTATUS domain_answer(struct call *call, struct check *c, const struct check_ask *ask, struct logon_facts *ret_facts);

#endif
