/*
 * explain.h - the reasons that the application can read: the chain of a
 * thread's last call, and those that contexts keep.
 */
#ifndef OPENLSA_SECUR32_EXPLAIN_H
#define OPENLSA_SECUR32_EXPLAIN_H

#include "base/why.h"

/* Remembers `chain` for this thread's last call, which returned `status`; takes its memory. */
void why_thread_keep(int32_t status, struct why *chain);
void why_thread_say(int32_t status, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
