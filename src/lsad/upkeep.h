/*
 * upkeep.h - lsad --backup, --restore and --rotate-key.
 */
#ifndef OPENLSA_LSAD_UPKEEP_H
#define OPENLSA_LSAD_UPKEEP_H

#include "lsad/settings.h"

/* Does it and says so: the exit status. */
int upkeep_run(const struct settings *settings);

#endif
