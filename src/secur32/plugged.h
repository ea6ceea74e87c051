/*
 * plugged.h - the application's halves of third-party packages, loaded from
 * root's list when a context of theirs is first established. For usermode.c.
 */
#ifndef OPENLSA_SECUR32_PLUGGED_H
#define OPENLSA_SECUR32_PLUGGED_H

struct user_package;

/* By name; NULL: root's list has none of this name, or it was refused (plugged_why). Any thread. */
const struct user_package *plugged_find(const char *name);
/* A sentence on why there is no half of this name. */
const char *plugged_why(const char *name);

#endif
