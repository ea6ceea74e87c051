/*
 * kerb_k5.h - the only door to libkrb5's contexts: a pool of them, each with
 * the guard installed that refuses every blocking send, so that no path of
 * the library can open a socket on a thread of ours; what its error codes
 * mean; where its profile says a realm's KDCs are.
 *
 * A krb5 context belongs to one running call at a time: take it at the entry
 * of a turn, give it back before returning (also when returning
 * STATUS_PENDING). A step machine for an initial ticket, which holds what
 * plug-ins made, needs the one that it was made with for as long as it lives.
 * One that is turned on a job keeps one to itself: kerb_k5_take it and give it
 * back when the machine is dropped; all others share a few (kerb_k5_join).
 * Tickets, ccaches and machines for service tickets work with any.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_K5_H
#define OPENLSA_PKG_KERBEROS_KERB_K5_H

#include <krb5.h>

#include "pkg/lsa_mode.h"

/* NULL: no memory, or krb5.conf is broken (said in a reason). */
krb5_context kerb_k5_take(struct call *call) MUST_CHECK;
void kerb_k5_give(krb5_context k5);
/*
 * Of those that are shared, one that nobody uses just now where there is such a one, entered; NULL as kerb_k5_take. A
 * context has some 2 KiB, and its use by a machine ends with the turn: kerb_k5_leave, then kerb_k5_enter for the next
 * and to drop the machine. Between them others wait: nothing slow. `clock` is what kerb_k5_clock says; leaving forgets it.
 */
struct kerb_k5_shared;
struct kerb_k5_shared *kerb_k5_join(struct call *call, krb5_context *ret_k5) MUST_CHECK;
krb5_context kerb_k5_enter(struct kerb_k5_shared *shared, int32_t clock);
void kerb_k5_leave(struct kerb_k5_shared *shared);
/* Loads all that is loaded late (configuration, plug-ins), once, where files may be read and code be loaded. */
void kerb_k5_warm(void);

/* The realm of a host by [domain_realm] of krb5.conf alone, malloc'ed; "" where it is silent. */
krb5_error_code kerb_k5_realm_of(const char *host, char **ret_realm);

/*
 * A handle of a keytab in a file is large and knows no context: exchanges for a name share one. True: *keytab is such
 * a one now, and not the caller's to close.
 */
bool kerb_k5_keytab(krb5_context k5, krb5_keytab *keytab);

/* What the context takes for the time: this machine's, plus so many seconds. Giving it back forgets that. */
bool kerb_k5_clock(krb5_context k5, int32_t offset);
int32_t kerb_k5_clock_offset(krb5_context k5);

/* [RFC 4120] 7.5.9 and library codes as statuses: spec/packages.md 3.1. */
NTSTATUS kerb_k5_status(krb5_error_code code);
/* The library's words for a code, in call memory. A general error's own are the peer's: never those. NULL: what any context says. */
const char *kerb_k5_words(struct call *call, krb5_context k5, krb5_error_code code);
/* Maps a code and says so in the call's chain: "WHAT: library's words". Returns the status. */
NTSTATUS kerb_k5_because(struct call *call, krb5_context k5, krb5_error_code code, const char *what);

/* The places that a trusted caller has named (kerb_pin.h) and the profile's for a realm, for kdc_ask.places; call memory; "" when it names none, NULL when it cannot be read. kpasswd: of kpasswd_server, else admin_server's hosts. */
const char *kerb_k5_places(struct call *call, krb5_context k5, const char *realm, bool kpasswd);
/* Whether the profile lets DNS be asked for this realm's KDCs (dns_lookup_kdc). */
bool kerb_k5_searches(const char *realm);
/* libdefaults' default_realm, call memory; "" when there is none. */
const char *kerb_k5_default_realm(struct call *call);

#endif
