/*
 * beside_winpr_test.c - two libraries that export SSPI's names in one
 * process, each with functions of its own. Built twice: linked to WinPR with
 * ours loaded RTLD_LOCAL, and linked to ours with WinPR loaded RTLD_LOCAL.
 * Linking one program to both is what nobody promises.
 *
 *     beside_winpr LIBRARY-TO-LOAD
 */
#include <stdlib.h>
#include <unistd.h>

#include "beside.h"
#include "check.h"

static const char *library;

/* The one that is loaded comes second, behind a use of the other. */
TEST(each_talks_with_itself)
{
#ifdef LINKED_TO_OURS
	CHECK_TEXT(ours_begin(library), NULL);
	CHECK_TEXT(ours_talk(), NULL);
	CHECK_TEXT(winpr_begin(library), NULL);
#else
	CHECK_TEXT(winpr_begin(library), NULL);
	CHECK_TEXT(winpr_talk(), NULL);
	CHECK_TEXT(ours_begin(library), NULL);
#endif
	for (int i = 0; i < 3 && !check_bad; i++) {
		CHECK_TEXT(winpr_talk(), NULL);
		CHECK_TEXT(ours_talk(), NULL);
	}
}

/* What the program calls by name is what it was linked to. */
TEST(names_belong_to_the_linked_one)
{
	void *name = dlsym(RTLD_DEFAULT, "AcquireCredentialsHandleA");
	Dl_info from = { .dli_fname = "nowhere" };

	CHECK(name && dladdr(name, &from) != 0);
#ifdef LINKED_TO_OURS
	CHECK(strstr(from.dli_fname, "libsecur32") != NULL);
#else
	CHECK(strstr(from.dli_fname, "libwinpr") != NULL);
#endif
}

int
main(int argc, char **argv)
{
	const char *tmp = getenv("TMPDIR");
	char state[64], command[128];

	if (argc != 2)
		return 2;
	library = argv[1];
	(void)snprintf(state, sizeof state, "%.40s/beside-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(state))
		return 1;
	setenv("OPENLSA_MODE", "embedded", 1);
	setenv("OPENLSA_STATE", state, 1);
	setenv("WLOG_LEVEL", "OFF", 1);
	RUN(each_talks_with_itself);
	RUN(names_belong_to_the_linked_one);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", state);
	if (system(command) != 0)
		perror(state);
	return check_end();
}
