/*
 * kerb_pin.h - KDCs that a trusted caller has named (KerbAddBindingCacheEntryEx,
 * KerbPinKdc): asked before those that krb5.conf names. Kept with the LSA.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_PIN_H
#define OPENLSA_PKG_KERBEROS_KERB_PIN_H

#include "pkg/lsa_mode.h"

/* `usual` with the pinned ones before it, in call memory; NULL: no memory. kpasswd: their hosts, at the password service's port. */
const char *kerb_pin_places(struct call *call, const char *realm, bool kpasswd, const char *usual);

/* Messages 27 to 31. */
NTSTATUS kerb_msg_pin(struct call *call, const struct message_args *args, uint32_t type, struct message_result *ret);

#endif
