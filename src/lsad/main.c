/*
 * main.c - nothing but main, so that a test links the daemon under its own.
 */
#include "lsad/daemon.h"

int
main(int argc, char **argv)
{
	return lsad_main(argc, argv);
}
