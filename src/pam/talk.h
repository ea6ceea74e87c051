/*
 * talk.h - what the module says and is told: passwords by PAM's conversation,
 * the reasons of the LSA in the system's log, its statuses in PAM's words.
 */
#ifndef OPENLSA_PAM_TALK_H
#define OPENLSA_PAM_TALK_H

#include "pam/options.h"

#include "base/nt.h"
#include "pam/person.h"

/*
 * item: PAM_AUTHTOK or PAM_OLDAUTHTOK. The text is PAM's, until the item is set anew or PAM returns to the program.
 * talk_kept: what an earlier module was told, or NULL.
 */
const char *talk_kept(pam_handle_t *pamh, int item);
/* Asks, and keeps the answer as the item. PAM_SUCCESS; PAM_INCOMPLETE; PAM_CONV_ERR; PAM_BUF_ERR. */
int talk_ask(pam_handle_t *pamh, int item, const char *prompt, const char **ret_text);
/* Asks twice for a new password; PAM_AUTHTOK_ERR: the two differ, and the user was told. */
int talk_ask_new(pam_handle_t *pamh, int flags, const char **ret_text);
/* To the user, unless PAM_SILENT. */
void talk_error(pam_handle_t *pamh, int flags, const char *text);

/* To the log, with what OlsaExplain knows of the calling thread's last call; neither holds a secret. */
void talk_refused(pam_handle_t *pamh, const struct person *p, const char *what, NTSTATUS status);

/*
 * A logon's outcome in PAM's words. Who may not be told apart are not: an unknown account, a wrong password and a
 * locked account are PAM_AUTH_ERR, unless the configuration says tell. PAM_NEW_AUTHTOK_REQD: the password is right
 * and has to be changed.
 */
int talk_verdict(const struct options *o, NTSTATUS status, NTSTATUS substatus);

#endif
