/*
 * kerb_renew.h - a session's ticket-granting ticket is renewed while the
 * session lasts: at half of its life, as often as the KDC lets it be. What
 * fails is tried again later and later, as long as the ticket is good.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_RENEW_H
#define OPENLSA_PKG_KERBEROS_KERB_RENEW_H

#include "pkg/lsa_mode.h"

/* The table's entries `due` and `tend`; what is kept with a session is a struct kerb_cache. */
uint32_t kerb_renew_due(struct kept *kept);
NTSTATUS kerb_renew(struct call *call, struct kept *kept);

#endif
