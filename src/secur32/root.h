/*
 * root.h - what a process has of us: its handles, its mode, its links. Made
 * at first use; a forked child has none of its parent's and makes its own.
 */
#ifndef OPENLSA_SECUR32_ROOT_H
#define OPENLSA_SECUR32_ROOT_H

#include "base/handle.h"
#include "base/why.h"
#include "secur32/link.h"

/* Kinds of the one handle table of the application's side. */
enum { KIND_CRED = 1, KIND_CONTEXT, KIND_ASYNC, KIND_LSA, KIND_POLICY, KIND_EVENT, KIND_TOKEN };

enum mode { MODE_UNKNOWN = 0, MODE_EMBEDDED, MODE_DAEMON };

/* NULL: no memory. Cheap after the first time. */
struct handle_table *root_handles(void);
/* Whether this process image is the one that took the stamp. */
uint64_t root_stamp(void);

/* Decided once. MODE_UNKNOWN: the configuration cannot be read; `why` says so. */
enum mode root_mode(struct why *why);
const struct conf *root_conf(void);		/* openlsa.conf; NULL: there is none */
/* Root's list of third-party packages for this mode; NULL: none, or another mode, or AT_SECURE. */
const char *root_packages(enum mode mode);
const char *root_state_folder(void);		/* the embedded store's; NULL: no home to put it in */
const char *root_socket(void);
bool root_socket_from_environment(void);
uint32_t root_daemon_uid(void);

/* The link that synchronous SSPI calls share: held, link_release it. Opened anew when it died or the effective uid changed. */
NTSTATUS root_sspi_link(struct link **ret_link, struct why *why);
/* A new link of this process; held once for the caller. name: of a logon process, else empty. */
NTSTATUS root_link_open(struct link **ret_link, enum link_use use, struct bytes name, struct why *why);
void link_hold(struct link *link);
void link_release(struct link *link);		/* NULL is fine */

/* For link_near.c: where the process's one near LSA hangs. */
void **root_near_slot(void);
void root_lock(void);
void root_unlock(void);

#endif
