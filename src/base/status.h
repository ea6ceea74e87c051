/*
 * status.h - NTSTATUS, SECURITY_STATUS and Win32 errors: one table.
 *
 * Knows codes, names and sentences; it must never learn to know who
 * returned a code or why (that is base/why). Pure and thread-safe; what is
 * returned is constant and never freed.
 *
 * Codes are taken as bare 32-bit words, so that base compiles without
 * Windows' types: an NTSTATUS and a SECURITY_STATUS convert without loss.
 */
#ifndef OPENLSA_BASE_STATUS_H
#define OPENLSA_BASE_STATUS_H

#include <stdint.h>

/* The Win32 error for an NTSTATUS or SEC_ code; 317 (ERROR_MR_MID_NOT_FOUND) for one not known. */
uint32_t status_to_win32(uint32_t status);

/*
 * The symbolic name of a STATUS_, SEC_ or other HRESULT code, NULL when it
 * has none here. Zero is STATUS_SUCCESS.
 */
const char *status_name(uint32_t code);

/*
 * One or two sentences for the codes this API returns: what it means and
 * what to do about it. NULL for any other code. Reveals nothing that the
 * code itself does not.
 */
const char *status_text(uint32_t code);

/* The sentence of a status that becomes this Win32 error; NULL where none has one. */
const char *status_text_of_win32(uint32_t error);

/*
 * What an SSPI function may return for a status of the house: zero and
 * codes of facility SSPI (0x8009xxxx, 0x0009xxxx) stay as they are,
 * STATUS_PASSWORD_RESTRICTION too (ChangeAccountPassword), every other
 * NTSTATUS becomes a SEC_E_ code, SEC_E_INTERNAL_ERROR in the end.
 */
int32_t status_to_sec(int32_t status);

#endif
