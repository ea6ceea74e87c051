/* SPDX-License-Identifier: MIT */
/*
 * wide.h - Windows' strings and SIDs on a command line: UTF-8 to UTF-16 and
 * back, "S-1-..." to its bytes and back. Pure.
 */
#ifndef OPENLSA_TOOLS_WIDE_H
#define OPENLSA_TOOLS_WIDE_H

#include <stdbool.h>
#include <stddef.h>

#include <ntsecapi.h>

#define WIDE_MOST	1024u		/* characters */
#define SID_WORDS	15u
#define SID_SHOWN	192u

struct wide { WCHAR text[WIDE_MOST + 1]; LSA_UNICODE_STRING s; };

/* False: no UTF-8, or too long. */
bool wide_of(struct wide *ret_wide, const char *utf8);
/* Cut at room; '?' for half a surrogate. */
char *utf8_of(char *to, size_t room, const LSA_UNICODE_STRING *wide);

struct sid_room { SID sid; DWORD more[SID_WORDS - 1]; };
bool sid_of(struct sid_room *ret_sid, const char *text);
char *sid_show(char to[SID_SHOWN], PSID sid);

#endif
