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

/* The token that this thread acts as, borrowed; NULL: none. */
HANDLE impersonated(void);

#endif
