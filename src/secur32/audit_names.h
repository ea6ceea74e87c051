/*
 * audit_names.h - subcategories of audit events by their places.
 */
#ifndef OPENLSA_SECUR32_AUDIT_NAMES_H
#define OPENLSA_SECUR32_AUDIT_NAMES_H

#include <windows.h>

#include <stdint.h>

/* AUDIT_PLACES (base/auditing.h): there is none of this GUID. */
uint32_t audit_place(const GUID *subcategory);
/* The category that a place belongs to. */
const GUID *audit_category_at(uint32_t place);

#endif
