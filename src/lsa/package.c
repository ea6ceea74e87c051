/*
 * package.c - the registry of packages. A package is known by its SSPI name
 * and perhaps by an alias; its id is its place, stable for the life of the
 * LSA.
 */
#include "lsa/client.h"

#define PACKAGES_MAX 16u

static const struct lsa_package *packages[PACKAGES_MAX] = { &negotiate_lsa, &kerberos_lsa, &ntlm_lsa };
static uint32_t packages_known = 3;

void
package_add(const struct lsa_package *package)
{
	for (uint32_t i = 0; i < packages_known; i++)
		if (bytes_same(bytes_of_text(packages[i]->name), bytes_of_text(package->name))) {
			packages[i] = package;
			return;
		}
	if (packages_known < PACKAGES_MAX)
		packages[packages_known++] = package;
}

uint32_t
package_count(void)
{
	return packages_known;
}

const struct lsa_package *
package_at(uint32_t id)
{
	return id < packages_known ? packages[id] : NULL;
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool
name_fits(struct bytes name, const char *known)
{
	struct bytes k = bytes_of_text(known);

	if (!known || name.len != k.len)
		return false;
	for (size_t i = 0; i < k.len; i++)
		if (lower(name.at[i]) != lower(k.at[i]))
			return false;
	return true;
}

const struct lsa_package *
package_find(struct bytes name)
{
	for (uint32_t i = 0; i < packages_known; i++)
		if (name_fits(name, packages[i]->name) || name_fits(name, packages[i]->alias))
			return packages[i];
	return NULL;
}

uint32_t
package_id(const struct lsa_package *package)
{
	uint32_t i = 0;

	while (i < packages_known && packages[i] != package)
		i++;
	return i;
}

const struct lsa_package *
package_named(const char *name)
{
	return package_find(bytes_of_text(name));
}

/* --- one package does a part of another's call ------------------------------ */

NTSTATUS
enter_acquire(struct call *call, const struct lsa_package *package, const struct acquire_args *args,
    struct acquire_result *ret)
{
	NTSTATUS status;

	call_enter(call);
	status = package->acquire(call, args, ret);
	call_leave(call, status);
	return status;
}

NTSTATUS
enter_add(struct call *call, const struct lsa_package *package, void *cred, const struct acquire_args *args)
{
	NTSTATUS status;

	call_enter(call);
	status = package->add(call, cred, args);
	call_leave(call, status);
	return status;
}

NTSTATUS
enter_init(struct call *call, const struct lsa_package *package, const struct leg_args *args, struct leg_result *ret)
{
	NTSTATUS status;

	call_enter(call);
	status = package->init(call, args, ret);
	call_leave(call, status);
	return status;
}

NTSTATUS
enter_accept(struct call *call, const struct lsa_package *package, const struct leg_args *args, struct leg_result *ret)
{
	NTSTATUS status;

	call_enter(call);
	status = package->accept(call, args, ret);
	call_leave(call, status);
	return status;
}

void
kept_drop(struct kept *kept)
{
	if (kept && atomic_fetch_sub(&kept->refs, 1) == 1)
		kept->drop(kept);
}
