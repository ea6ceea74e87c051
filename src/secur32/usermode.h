/*
 * usermode.h - the packages' halves in the application, by name.
 */
#ifndef OPENLSA_SECUR32_USERMODE_H
#define OPENLSA_SECUR32_USERMODE_H

#include "pkg/user_mode.h"

const struct user_package *usermode_find(const char *name);
const struct user_package *usermode_at(unsigned i);		/* NULL behind the last */
/* A half beyond the built-in ones, or in the place of one, for a program that links this statically. Before the first call. */
void usermode_add(const struct user_package *package);

#endif
