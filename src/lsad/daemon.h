/*
 * daemon.h - the process lsad: its start, its end and what stands between.
 */
#ifndef OPENLSA_LSAD_DAEMON_H
#define OPENLSA_LSAD_DAEMON_H

/* All of the daemon. 0: it ended as it was asked to, or only printed; 1: it refused, and stderr says why. */
int lsad_main(int argc, char **argv);

#endif
