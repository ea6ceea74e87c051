/*
 * test_lsad.c - lsad with the package "Stall" beside its own, and where the
 * environment asks for it one in the place of Kerberos.
 */
#include <stdlib.h>

#include "lsad/daemon.h"
#include "lsa/lsa.h"
#include "tests/api/fakekrb.h"
#include "tests/api/stall.h"

int
main(int argc, char **argv)
{
	package_add(&stall_lsa);
	if (getenv("OPENLSA_TEST_FAKEKRB"))
		package_add(&fakekrb_lsa);
	return lsad_main(argc, argv);
}
