/*
 * fork_test.c - a real fork finds the page empty.
 */
#include "fork_cases.h"
