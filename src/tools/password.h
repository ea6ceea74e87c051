/* SPDX-License-Identifier: MIT */
/*
 * password.h - a password from whoever sits there. It stays in one locked
 * buffer and is wiped by password_drop; it never comes from an argument or
 * the environment, where others could read it.
 */
#ifndef OPENLSA_TOOLS_PASSWORD_H
#define OPENLSA_TOOLS_PASSWORD_H

#include <stdbool.h>

#define PASSWORD_BYTES 1024u	/* 256 characters, four bytes each */

struct password { char text[PASSWORD_BYTES + 2]; };

/*
 * From the terminal with echo off, asked twice where twice is set, or one line
 * of standard input where that is no terminal. NULL, or what went wrong.
 */
const char *password_read(struct password *ret_password, const char *prompt, bool twice);
void password_drop(struct password *password);

#endif
