/*
 * deaf.h - the application's side for a module that is loaded into strangers'
 * programs (PAM): it reads no environment, brings nothing that belongs to the
 * caller, and has no LSA inside. What it links stays its own: the program may
 * have the library beside it.
 */
#ifndef OPENLSA_SECUR32_DEAF_H
#define OPENLSA_SECUR32_DEAF_H

#include "base/nt.h"

#include <stdbool.h>

/* Which openlsa.conf: NULL is the one built in. Before anything else; false: another one is in use in this process. */
bool deaf_conf_file(const char *path);

/*
 * Whether lsad is there, at once: nothing waits for it to start. STATUS_SUCCESS; STATUS_OBJECT_NAME_NOT_FOUND;
 * STATUS_PORT_CONNECTION_REFUSED: who serves the socket is not trusted, or the configuration cannot be read.
 * OlsaExplain tells why.
 */
NTSTATUS deaf_begin(void);

/* OlsaTokenUnixUser before there is a token: an account's SID as text, or "", its domain and its name.
 * STATUS_NONE_MAPPED. */
NTSTATUS deaf_unix_user(const char *sid, const char *domain, const char *user, uint32_t *ret_uid);

#endif
