/*
 * logon.h - from a person and a password to a stay.
 */
#ifndef OPENLSA_PAM_LOGON_H
#define OPENLSA_PAM_LOGON_H

#include "pam/options.h"
#include "pam/person.h"

/* Why a stay is wanted. */
enum logon_for { LOGON_ENTRY, LOGON_AFTER_CHANGE };

/*
 * PAM_SUCCESS: he is logged on, and is the Unix user of his name; or (LOGON_ENTRY) his password is right and must be
 * changed first. Everything else lets nobody in; PAM_AUTHTOK_EXPIRED: only root could say who he is before the change.
 */
int logon_try(pam_handle_t *pamh, const struct options *o, const struct person *p, const char *password,
    enum logon_for why);
/* A session on the word of whoever authenticated him. PAM_SUCCESS; PAM_IGNORE: he has no account; else refused. */
int logon_vouch(pam_handle_t *pamh, const struct options *o, const struct person *p);
/* Whether the password is his, a change being due or not; makes no stay. */
int logon_proves(pam_handle_t *pamh, const struct options *o, const struct person *p, const char *password);
/* What an administrator knows of his account. PAM_SUCCESS; PAM_NEW_AUTHTOK_REQD; PAM_MAXTRIES: locked; PAM_IGNORE: he has
 * none, or it is a realm's; else refused. */
int logon_account(pam_handle_t *pamh, const struct options *o, const struct person *p);

/* PAM's service name, for the LSA's log. */
const char *logon_service(pam_handle_t *pamh);

#endif
