/*
 * upkeep.c - what an administrator does to the store by lsad's own program:
 * a copy, which may be made while lsad serves; a copy put back and a new key,
 * which may not. It serves nobody.
 */
#include "lsad/upkeep.h"

#include <stdio.h>

#include "lsad/sandbox.h"
#include "store/upkeep.h"

static int
told(NTSTATUS status, const char *why)
{
	fprintf(stderr, "lsad: %s (0x%08X)\n", why[0] ? why : "it did not work.", (unsigned)status);
	return 1;
}

int
upkeep_run(const struct settings *settings)
{
	struct store_settings store = { .folder = settings->state, .exclusive = true, .key_file = settings->key_file };
	char why[STORE_WHY > SANDBOX_WHY ? STORE_WHY : SANDBOX_WHY] = "";
	bool has_key = false;
	NTSTATUS status;

	if (!harden_process(why))
		return told(STATUS_UNSUCCESSFUL, why);
	if (settings->backup) {
		status = store_backup(&store, settings->backup, &has_key, why);
		if (status != STATUS_SUCCESS)
			return told(status, why);
		printf("%s: a copy of the store in %s. %s\n", settings->backup, settings->state, has_key
		    ? "It has the sealing key too: whoever has the folder has every password's hash."
		    : "The sealing key is a credential of systemd's and is not in it.");
		return 0;
	}
	if (settings->restore) {
		status = store_restore(&store, settings->restore, why);
		if (status != STATUS_SUCCESS)
			return told(status, why);
		printf("%s: put back from %s. What was there is kept beside it, in replaced-*; lockouts are forgotten.\n",
		    settings->state, settings->restore);
		return 0;
	}
	status = store_rotate(&store, why);
	if (status != STATUS_SUCCESS)
		return told(status, why);
	printf("%s: every row is sealed with a new key. Older copies need the key that is in them.\n", settings->state);
	return 0;
}
