/*
 * fork_pid_test.c - the same where the kernel does not wipe pages: built
 * with its own copy of base/fork.c that does not ask for it.
 */
#define FORK_WIPES 0
#include "base/fork.c"

#include "fork_cases.h"
