/*
 * wellknown.h - SIDs that mean the same everywhere, and their names. Names
 * are English always. Pure. Source: [MS-DTYP] 2.4.2.4; Unix User and Unix
 * Group are ours, as Samba has them.
 */
#ifndef OPENLSA_BASE_WELLKNOWN_H
#define OPENLSA_BASE_WELLKNOWN_H

#include "base/bytes.h"
#include "base/sid.h"

/* SID_NAME_USE. */
enum sid_use { USE_USER = 1, USE_GROUP, USE_DOMAIN, USE_ALIAS, USE_WELL_KNOWN, USE_DELETED, USE_INVALID, USE_UNKNOWN,
	USE_COMPUTER, USE_LABEL, USE_SESSION };

struct well_known {
	const char *sid, *domain, *name;	/* domain "": none */
	enum sid_use use;
};
/* NULL behind the last. */
const struct well_known *well_known_at(size_t i);

/* Domains that these belong to. NULL behind the last. */
struct known_domain { const char *sid, *name; };
const struct known_domain *known_domain_at(size_t i);

/* What every machine's own accounts begin with. NULL: none of this RID. */
struct known_rid { uint32_t rid; const char *name; enum sid_use use; };
const struct known_rid *known_rid_at(size_t i);

#endif
