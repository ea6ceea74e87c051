/*
 * mark.c - marks an account in a store that nobody has open:
 *
 *     mark STATE NAME disabled|must-change
 */
#include <stdio.h>
#include <string.h>

#include "store/account.h"
#include "store/store.h"

int
main(int argc, char **argv)
{
	struct store_settings settings = { .folder = argc == 4 ? argv[1] : NULL, .exclusive = true };
	char why[STORE_WHY];
	struct store *store;
	NTSTATUS status;

	if (argc != 4)
		return 2;
	status = store_open(&store, &settings, why);
	if (status != STATUS_SUCCESS) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	status = account_set_flags(store, bytes_of_text(argv[2]),
	    strcmp(argv[3], "disabled") == 0 ? ACCOUNT_DISABLED : ACCOUNT_MUST_CHANGE, 0);
	store_close(store);
	return status == STATUS_SUCCESS ? 0 : 1;
}
