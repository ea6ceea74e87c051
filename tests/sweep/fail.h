/*
 * fail.h - allocations and fallible system calls that fail on command.
 *
 * fail.c defines malloc and its family for the whole process, libcrypto and
 * SQLite included, and (by the linker's --wrap) those system calls of ours
 * that a process runs out of. Each kind has its own count; a plan says from
 * which one on they fail. Nothing here allocates.
 */
#ifndef OPENLSA_TESTS_SWEEP_FAIL_H
#define OPENLSA_TESTS_SWEEP_FAIL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum fail_kind { FAIL_MEMORY, FAIL_SYSTEM, FAIL_KINDS };

/* May lie in shared memory, so that one process can plan for another. */
struct fail_plan {
	_Atomic bool armed;			/* counts, and fails as planned */
	_Atomic int kind;
	_Atomic unsigned long at;		/* from 1; 0: none fails */
	_Atomic bool on;			/* every one from there on */
	_Atomic unsigned long count[FAIL_KINDS];
	_Atomic unsigned long failed;
};

/* NULL: nothing is counted. */
extern struct fail_plan *fail_plan;

/* What the house holds in this process, always counted. */
extern _Atomic long fail_live_blocks, fail_live_bytes;

void fail_arm(int kind, unsigned long at, bool on);
void fail_disarm(void);

#endif
