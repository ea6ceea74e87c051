/*
 * wait.h - what a call can wait for. The same verbs stand in pkg/lsa_mode.h,
 * where packages see them; a package includes nothing of the engine.
 */
#ifndef OPENLSA_ENGINE_WAIT_H
#define OPENLSA_ENGINE_WAIT_H

#include "base/nt.h"

#include "base/bytes.h"

struct call;
struct jobs;

void *frame(struct call *call, size_t size, void (*drop)(void *frame));
NTSTATUS await_timer(struct call *call, uint32_t ms);
NTSTATUS await_nothing(struct call *call);
NTSTATUS await_job(struct call *call, NTSTATUS (*work)(void *arg), void (*drop)(void *arg), void *arg);
/* The same, on other threads than those of all: for what may not come back for a long time. */
NTSTATUS await_job_of(struct call *call, struct jobs *jobs, NTSTATUS (*work)(void *arg), void (*drop)(void *arg), void *arg);
NTSTATUS awaited(const struct call *call);
void *call_memory(struct call *call, size_t len);
bool call_starved(const struct call *call);		/* there was none, or somebody said so */
void call_starve(struct call *call);

#endif
