/*
 * unsupported.h - how a function says that this version has no such thing:
 * one status a family, a reason for OlsaExplain, outputs untouched. What
 * works and what does not is listed in docs/STATUS.md.
 */
#ifndef OPENLSA_SECUR32_UNSUPPORTED_H
#define OPENLSA_SECUR32_UNSUPPORTED_H

#include <windows.h>
#include <sspi.h>

SECURITY_STATUS unsupported_sspi(const char *function);	/* SEC_E_UNSUPPORTED_FUNCTION */
NTSTATUS unsupported_lsa(const char *function);		/* STATUS_NOT_IMPLEMENTED */
BOOLEAN unsupported_win32(const char *function);	/* FALSE; GetLastError: ERROR_NOT_SUPPORTED */

#endif
