/*
 * impersonate.h - the calling thread as somebody else, for files: the
 * kernel's groups, fsgid and fsuid of this thread alone.
 *
 * Not signals, ptrace or who a new socket belongs to. Threads and processes
 * that are made meanwhile inherit it, so an asynchronous program reverts
 * before its work moves to another thread.
 */
#ifndef OPENLSA_SECUR32_IMPERSONATE_H
#define OPENLSA_SECUR32_IMPERSONATE_H

#include <windows.h>

#include "base/why.h"

/*
 * Takes the handle over when it succeeds. STATUS_BAD_IMPERSONATION_LEVEL,
 * STATUS_NONE_MAPPED, STATUS_PRIVILEGE_NOT_HELD, STATUS_NO_MEMORY; the thread
 * is then who it was.
 */
NTSTATUS impersonate(HANDLE token, struct why *why);
/* STATUS_SUCCESS too when the thread acts as nobody. Otherwise the thread is still who it was: end it. */
NTSTATUS impersonate_end(struct why *why);
/* The token that this thread acts as, borrowed; NULL: none. */
HANDLE impersonated(void);

#endif
