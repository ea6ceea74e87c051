/*
 * kerb_u2u.h - what user-to-user adds: the messages by which an initiator
 * asks for the acceptor's ticket-granting ticket, as bytes.
 *
 *     KERB-TGT-REQUEST ::= SEQUENCE { pvno [0] 5, msg-type [1] 16, server-name [2] PrincipalName OPTIONAL, realm [3] Realm OPTIONAL }
 *     KERB-TGT-REPLY   ::= SEQUENCE { pvno [0] 5, msg-type [1] 17, ticket [2] Ticket }
 *
 * [MS-KILE] 3.2.5.2 and 3.4.5.2, the internet draft swift-win2k-krb-user2user.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_U2U_H
#define OPENLSA_PKG_KERBEROS_KERB_U2U_H

#include "pkg/kerberos/kerb_spn.h"
#include "pkg/lsa_mode.h"

/* In call memory. The realm goes along where the target names one. */
NTSTATUS kerb_u2u_ask(struct call *call, const struct kerb_spn *target, struct bytes *ret_message);
NTSTATUS kerb_u2u_reply(struct call *call, struct bytes ticket, struct bytes *ret_message);
/* Exactly one of them; views. */
bool kerb_u2u_asked(struct bytes message) MUST_CHECK;
bool kerb_u2u_replied(struct bytes *ret_ticket, struct bytes message) MUST_CHECK;

#endif
