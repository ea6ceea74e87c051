/*
 * usermode.c - the registry of user halves. The one file here that knows
 * door two's tables by name.
 */
#include "secur32/usermode.h"

#include <strings.h>

#include "secur32/plugged.h"

#define HALVES_MAX 16u

static const struct user_package *halves[HALVES_MAX] = { &negotiate_user, &kerberos_user, &ntlm_user };
static unsigned halves_known = 3;

void
usermode_add(const struct user_package *package)
{
	for (unsigned i = 0; i < halves_known; i++)
		if (strcasecmp(halves[i]->name, package->name) == 0) {
			halves[i] = package;
			return;
		}
	if (halves_known < HALVES_MAX)
		halves[halves_known++] = package;
}

const struct user_package *
usermode_at(unsigned i)
{
	return i < halves_known ? halves[i] : NULL;
}

const struct user_package *
usermode_find(const char *name)
{
	for (unsigned i = 0; i < halves_known; i++)
		if (strcasecmp(halves[i]->name, name) == 0)
			return halves[i];
	return plugged_find(name);
}

const struct user_package *
user_package_named(const char *name)
{
	return usermode_find(name);
}
