/*
 * kerb_peer.h - who a verified ticket is of, and a session for them: by the
 * word of the domain (the PAC), else by the principal.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_PEER_H
#define OPENLSA_PKG_KERBEROS_KERB_PEER_H

#include <krb5.h>

#include "pkg/kerberos/kerb_pac.h"
#include "pkg/lsa_mode.h"

#define KERB_LOGON_NETWORK	3u	/* SECURITY_LOGON_TYPE */

/*
 * A session of this SECURITY_LOGON_TYPE. `key` is the service's key that opened the ticket. SEC_E_LOGON_DENIED: the PAC is not this ticket's, not
 * signed with that key, or contradicts itself; the name is none that can be shown; or policy wants a PAC. Why is
 * for trusted readers alone. *ret_profile: what the domain says of the account, call memory, or NULL; ret_profile may
 * be NULL itself. *ret_pac: the PAC, call memory, maybe empty; the same.
 */
NTSTATUS kerb_peer_logon(struct call *call, krb5_context k5, const krb5_enc_tkt_part *ticket, const krb5_keyblock *key,
    uint32_t type, struct logon_view *ret_logon, const struct pac_profile **ret_profile, struct bytes *ret_pac);
/* The same by the principal alone, where no ticket for this machine says more. */
NTSTATUS kerb_peer_named(struct call *call, krb5_const_principal client, uint64_t expiry, uint32_t type,
    struct logon_view *ret_logon);
/* And by what was kept of an earlier logon. The profile's texts are views of `pac`. */
NTSTATUS kerb_peer_kept(struct call *call, krb5_context k5, const char *client, struct bytes pac, uint32_t type,
    struct logon_view *ret_logon, const struct pac_profile **ret_profile);

#endif
