/*
 * test_lsad.c - lsad with the package "Stall" beside its own.
 */
#include "lsad/daemon.h"
#include "lsa/lsa.h"
#include "tests/api/stall.h"

int
main(int argc, char **argv)
{
	package_add(&stall_lsa);
	return lsad_main(argc, argv);
}
