/*
 * guard.h - security descriptors: who may do what to an object, in Windows'
 * self-relative form ([MS-DTYP] 2.4.6). Pure; whose object it is, is not
 * known here. A list holds entries that allow or deny a SID, a system list
 * such as say whose access is audited; no other kind.
 */
#ifndef OPENLSA_BASE_GUARD_H
#define OPENLSA_BASE_GUARD_H

#include "base/bytes.h"
#include "base/sid.h"

#define GUARD_MAX	8192u

enum { GUARD_OWNER = 1, GUARD_GROUP = 2, GUARD_LIST = 4, GUARD_SYSTEM_LIST = 8, GUARD_PARTS = 15 };	/* SECURITY_INFORMATION */

#define ACCESS_DELETE		0x00010000u
#define ACCESS_READ_CONTROL	0x00020000u
#define ACCESS_WRITE_LIST	0x00040000u
#define ACCESS_WRITE_OWNER	0x00080000u
#define ACCESS_STANDARD		0x000F0000u
#define ACCESS_SYSTEM_LIST	0x01000000u
#define ACCESS_MAXIMUM		0x02000000u

/* What the generic bits of a mask stand for, per kind of object. */
struct access_map { uint32_t read, write, execute, all; };
uint32_t access_mapped(const struct access_map *map, uint32_t mask);

/* A list of entries that allow. An owner by itself may read it and change its list. */
struct guard_entry { const struct sid *sid; uint32_t mask; };
void guard_make(struct writer *w, const struct sid *owner, const struct guard_entry *entries, size_t count);
bool guard_valid(struct bytes guard) MUST_CHECK;
/* Among the SIDs of somebody who is in more groups than are named: what is denied to any group is denied to him. */
struct sid guard_more_groups(void);
/* Everything that these SIDs together may do. Nothing where the guard is not valid. */
uint32_t guard_allows(struct bytes guard, const struct sid *sids, size_t count, const struct access_map *map);
/* Whether its system list says that access to any of `mask` is audited for one of these SIDs, granted or denied. */
bool guard_audits(struct bytes guard, const struct sid *sids, size_t count, const struct access_map *map, uint32_t mask, bool granted);
/* A system list by itself. */
bool guard_system_list_valid(struct bytes list) MUST_CHECK;
/* It has this one of its two lists. */
bool guard_has(struct bytes guard, uint32_t part) MUST_CHECK;
/* The parts of `fresh` in place of those of `old`; both valid. */
void guard_merge(struct writer *w, struct bytes old, struct bytes fresh, uint32_t parts);
/* Only some of its parts. */
void guard_cut(struct writer *w, struct bytes guard, uint32_t parts);
/* The owner: false where none is named. */
bool guard_owner(struct sid *ret_owner, struct bytes guard) MUST_CHECK;

#endif
