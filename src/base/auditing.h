/*
 * auditing.h - what can be audited: subcategories by number, category after
 * category, in the order in which the library lists them
 * (secur32/audit_names.c; a test compares). Each has a setting.
 */
#ifndef OPENLSA_BASE_AUDITING_H
#define OPENLSA_BASE_AUDITING_H

#include "base/bytes.h"

#define AUDIT_CATEGORIES	9u
#define AUDIT_PLACES		59u
#define AUDITS_SUCCESS		1u
#define AUDITS_FAILURE		2u

/* Those of which events are written here. */
enum { PLACE_LOGON = 5, PLACE_LOCKOUT = 7, PLACE_USER_ACCOUNT = 45 };

struct auditing {
	bool on;			/* AuditingMode */
	uint8_t settings[AUDIT_PLACES];
};

/* The first subcategory of a category; of AUDIT_CATEGORIES it is AUDIT_PLACES. */
uint32_t auditing_first(uint32_t category);
/* As it stands in the store; an empty value is the usual one. */
bool auditing_take(struct auditing *a, struct bytes value) MUST_CHECK;
void auditing_put(struct writer *w, const struct auditing *a);

#endif
