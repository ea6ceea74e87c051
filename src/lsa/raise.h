/*
 * raise.h - the events of the LSA's life, as audit.h takes them: who asked,
 * whom it is about. Packages come here by services alone. Nothing waits.
 */
#ifndef OPENLSA_LSA_RAISE_H
#define OPENLSA_LSA_RAISE_H

#include "lsa/client.h"
#include "store/audit.h"

struct edit;

void raise_started(struct lsa *lsa);		/* and the packages that it has */
void raise_stopped(struct lsa *lsa);
/* A third-party package was left out, or does not return. */
void raise_package(struct lsa *lsa, NTSTATUS status, const char *package, const char *what);

/* A logon that was granted (4624, and 4672 where it is special) or refused (4625, 4723); names UTF-8, as they were sent. */
void raise_logon(struct call *call, NTSTATUS cause, struct bytes domain, struct bytes user, const char *package, uint64_t luid);
/* A proof was good, and policy refuses this kind of logon. */
void raise_refused(struct call *call, NTSTATUS cause, const struct session_new *who);
void raise_logoff(struct lsa *lsa, const struct session *session);
void raise_user_logoff(struct served *s, const struct session *session);
/* Another name than the caller's own is used: user "DOMAIN\name" or domain and name, towards a server. */
void raise_explicit(struct served *s, struct bytes domain, struct bytes user, struct bytes server, const char *package,
    uint32_t logon_type);
void raise_choice(struct call *call, NTSTATUS status, const char *package, const char *what);

/* A logon process registers, or is refused. */
void raise_process(struct served *s, struct bytes name, NTSTATUS status);
/* SeTcbPrivilege was used, or missing, for this service. */
void raise_tcb(struct served *s, const char *service, NTSTATUS status);

/* An account; what may be NULL. */
void raise_account(struct served *s, enum audit_event event, NTSTATUS status, struct bytes name, const char *what);
void raise_domain_policy(struct served *s, NTSTATUS status, const char *what);
/* Access to an object was asked for, and its system list wants that told. */
void raise_opened(struct served *s, const char *type, struct bytes key, uint32_t wanted, NTSTATUS status);
void raise_edit(struct served *s, const struct edit *e, NTSTATUS status);

#endif
