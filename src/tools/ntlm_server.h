/* SPDX-License-Identifier: MIT */
/*
 * ntlm_server.h - the protocol ntlm-server-1: "Name: value" a line, a single
 * period ends a request, and an answer.
 */
#ifndef OPENLSA_TOOLS_NTLM_SERVER_H
#define OPENLSA_TOOLS_NTLM_SERVER_H

#include <stdbool.h>

/* One line, without its end; it may be changed. mschapv2: as in ntlm_logon.h. verdict: what a peer may be told of *status. */
void ntlm_server_line(char *line, bool mschapv2, const char *(*verdict)(int *status));
/* What was said of a request that never ended. */
void ntlm_server_end(void);

#endif
