/*
 * kerb_signed.h - the domain's own signatures under what a ticket says of its
 * user: [MS-PAC] 2.8. Only the domain's key (krbtgt) can check them, so they are
 * checked where a keytab of this machine's holds it, as on a KDC's own host.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_SIGNED_H
#define OPENLSA_PKG_KERBEROS_KERB_SIGNED_H

#include <krb5.h>

#include "pkg/lsa_mode.h"

/*
 * STATUS_SUCCESS: they are right, or no krbtgt key of the service's realm is here. SEC_E_LOGON_DENIED: a key is, and
 * the PAC's KDC signature is missing or wrong by all of them, or the ticket's signature or the one over all of the PAC is there
 * and wrong; said to trusted readers. `key` is the service's, by which its realm is known (what a ticket says of that in the
 * clear proves nothing); the PAC's server signature was verified before.
 */
NTSTATUS kerb_signed_by_kdc(struct call *call, krb5_context k5, const krb5_enc_tkt_part *ticket, const krb5_keyblock *key,
    struct bytes pac);

#endif
