/*
 * fork_test.c - a real fork finds the page empty.
 * Covers base/fork.c.
 */
#include "fork_cases.h"
