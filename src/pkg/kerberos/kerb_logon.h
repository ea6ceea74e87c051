/*
 * kerb_logon.h - LsaLogonUser: a name and a password, a ticket, and what the
 * files of it share. spec/lsa-logon.md 4.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_LOGON_H
#define OPENLSA_PKG_KERBEROS_KERB_LOGON_H

#include <krb5.h>

#include "pkg/kerberos/kerb_cache.h"
#include "pkg/kerberos/kerb_lsa.h"
#include "pkg/kerberos/kerb_pac.h"

/* The package's entry: dispatches by the number in front. */
NTSTATUS kerb_logon(struct call *call, const struct logon_args *args, struct logon_result *ret);

/* --- shared by kerb_logon*.c ----------------------------------------------------- */

enum { LOGON_SUBMIT_INTERACTIVE = 2, LOGON_SUBMIT_UNLOCK = 7, LOGON_SUBMIT_TICKET = 10, LOGON_SUBMIT_TICKET_UNLOCK, LOGON_SUBMIT_S4U };
#define LOGON_TYPE_NEW_CREDENTIALS	9u

/* A counted string of UTF-16 in a buffer (length, room, nothing, offset); spoils the reader where it is none. */
struct bytes kerb_logon_string(struct reader *r, size_t fixed);
/* A verdict with its sentence; returns STATUS_SUCCESS: the logon was judged. */
NTSTATUS kerb_logon_verdict(struct call *call, struct logon_result *ret, NTSTATUS verdict, const char *why);
/*
 * Who the deciphered ticket for this machine is of, and a session for him. The PAC's words, where there is one, come
 * back for the profile. False verdicts: STATUS_LOGON_FAILURE, STATUS_LOGON_TYPE_NOT_GRANTED.
 */
NTSTATUS kerb_logon_session(struct call *call, krb5_context k5, const krb5_ticket *ticket, const struct kerb_key *key,
    const struct logon_args *args, struct logon_view *ret_view, const struct pac_profile **ret_profile,
    struct bytes *ret_pac, struct logon_result *ret);
/* A refusal in the audit; "user@REALM" or a part of it. */
void kerb_logon_audit(struct call *call, NTSTATUS status, const char *client);
/* A status of a trip to the KDC as this API's verdict, audited where it is somebody's doing; why was said. */
NTSTATUS kerb_logon_refused(struct call *call, NTSTATUS status, const char *client, struct logon_result *ret);
/* What kerb_use_password came to, as a verdict; else the status. */
NTSTATUS kerb_logon_named(NTSTATUS status, struct logon_result *ret);
/* The verdict for what kerb_peer.h's came to; else the status. */
NTSTATUS kerb_logon_judged(struct call *call, NTSTATUS status, struct logon_result *ret);
/*
 * The last step: `cache` (may be NULL) becomes the session's, or with `luid` refreshes that one, which must be the same
 * user's, and `view` goes. ret has the session then.
 */
NTSTATUS kerb_logon_give(struct call *call, struct logon_view *view, uint64_t luid, struct kerb_cache *cache,
    struct logon_result *ret);
/* Whether the caller may refresh session `luid`: the verdict is a refusal where not. */
NTSTATUS kerb_logon_may_unlock(struct call *call, uint64_t luid, struct logon_result *ret);

/* kerb_logon_profile.c: KERB_INTERACTIVE_PROFILE, with a key KERB_TICKET_PROFILE. profile NULL: nothing is known. */
NTSTATUS kerb_logon_profile(struct call *call, const struct pac_profile *profile, const krb5_keyblock *key,
    struct logon_result *ret);

/* kerb_logon_ticket.c: KerbTicketLogon, KerbTicketUnlockLogon. */
NTSTATUS kerb_logon_ticket(struct call *call, const struct logon_args *args, struct logon_result *ret);
/* kerb_logon_s4u.c: KerbS4ULogon. */
NTSTATUS kerb_logon_s4u(struct call *call, const struct logon_args *args, struct logon_result *ret);

#endif
