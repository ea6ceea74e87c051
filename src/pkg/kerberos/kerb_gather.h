/*
 * kerb_gather.h - the caller's own ticket cache as bytes for the LSA half:
 * the user half's `gather`.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_GATHER_H
#define OPENLSA_PKG_KERBEROS_KERB_GATHER_H

#include "base/nt.h"

#include "base/secret.h"

/*
 * The default ccache (KRB5CCNAME, krb5.conf) of any kind that libkrb5 reads, as version 4 of the file format:
 * ticket-granting tickets first, then service tickets as far as they fit a message. NULL and success: there is
 * none, or it holds nothing. STATUS_PENDING: it is kept by another process (KCM), which may be slow, and the caller may
 * not wait. STATUS_NO_MEMORY.
 */
NTSTATUS kerb_gather(struct secret **ret_tickets, bool may_wait);

#endif
