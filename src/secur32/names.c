/*
 * names.c - what users and computers are called elsewhere: not in this
 * version, which asks no directory.
 */
#include <windows.h>
#include <secext.h>

#include "secur32/unsupported.h"

/* None looks at its parameters. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

BOOLEAN
GetComputerObjectNameA(EXTENDED_NAME_FORMAT NameFormat, LPSTR lpNameBuffer, PULONG nSize)
{
	return unsupported_win32(__func__);
}

BOOLEAN
GetComputerObjectNameW(EXTENDED_NAME_FORMAT NameFormat, LPWSTR lpNameBuffer, PULONG nSize)
{
	return unsupported_win32(__func__);
}

BOOLEAN
GetUserNameExA(EXTENDED_NAME_FORMAT NameFormat, LPSTR lpNameBuffer, PULONG nSize)
{
	return unsupported_win32(__func__);
}

BOOLEAN
GetUserNameExW(EXTENDED_NAME_FORMAT NameFormat, LPWSTR lpNameBuffer, PULONG nSize)
{
	return unsupported_win32(__func__);
}

BOOLEAN
TranslateNameA(LPCSTR lpAccountName, EXTENDED_NAME_FORMAT AccountNameFormat, EXTENDED_NAME_FORMAT DesiredNameFormat,
    LPSTR lpTranslatedName, PULONG nSize)
{
	return unsupported_win32(__func__);
}

BOOLEAN
TranslateNameW(LPCWSTR lpAccountName, EXTENDED_NAME_FORMAT AccountNameFormat,
    EXTENDED_NAME_FORMAT DesiredNameFormat, LPWSTR lpTranslatedName, PULONG nSize)
{
	return unsupported_win32(__func__);
}
