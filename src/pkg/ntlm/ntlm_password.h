/*
 * ntlm_password.h - which new passwords policy takes from an account's own
 * user, and how it is told which it would take.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_PASSWORD_H
#define OPENLSA_PKG_NTLM_NTLM_PASSWORD_H

#include "pkg/lsa_mode.h"

/*
 * Length, kinds of characters, and the age of the password that it replaces. fresh: UTF-16LE. The last passwords are
 * the LSA's to know, with set_key. STATUS_PASSWORD_RESTRICTION, with the reason.
 */
NTSTATUS password_admit(struct call *call, const struct account_view *view, struct bytes fresh);

/* MSV1_0_CHANGEPASSWORD_RESPONSE with what policy asks for. */
NTSTATUS password_policy_reply(struct call *call, uint32_t type, struct message_result *ret);

#endif
