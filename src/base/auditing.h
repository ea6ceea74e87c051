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

/* Of a single user, besides: what is written that is not of all, and what is left out (PER_USER_AUDIT_*). */
enum { AUDITS_WITH_SUCCESS = 1, AUDITS_WITHOUT_SUCCESS = 2, AUDITS_WITH_FAILURE = 4, AUDITS_WITHOUT_FAILURE = 8, AUDITS_AS_ALL = 16 };

/* Those of which events are written here. */
enum {
	PLACE_SECURITY_STATE = 0, PLACE_SUBSYSTEM = 1, PLACE_INTEGRITY = 2, PLACE_LOGON = 5, PLACE_LOGOFF = 6, PLACE_LOCKOUT = 7,
	PLACE_SPECIAL_LOGON = 9, PLACE_OTHER_LOGON = 12, PLACE_HANDLE = 22, PLACE_SENSITIVE = 30, PLACE_AUDIT_POLICY = 39, PLACE_AUTHENTICATION = 40,
	PLACE_AUTHORIZATION = 41, PLACE_OTHER_POLICY = 44, PLACE_USER_ACCOUNT = 45,
};

struct auditing {
	bool on;			/* AuditingMode */
	uint8_t settings[AUDIT_PLACES];
};

/* The first subcategory of a category; of AUDIT_CATEGORIES it is AUDIT_PLACES. */
uint32_t auditing_first(uint32_t category);
/* English names, of a subcategory and of the category that it belongs to. */
const char *auditing_name(uint32_t place);
const char *auditing_category(uint32_t place);
/* A subcategory's setting of all and of a user, together. What an administrator does cannot be left out. */
unsigned auditing_join(unsigned all, unsigned user, bool administrator);
/* As it stands in the store; an empty value is the usual one. */
bool auditing_take(struct auditing *a, struct bytes value) MUST_CHECK;
void auditing_put(struct writer *w, const struct auditing *a);

#endif
