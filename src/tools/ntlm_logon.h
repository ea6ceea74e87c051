/* SPDX-License-Identifier: MIT */
/*
 * ntlm_logon.h - network logons by a response to somebody's challenge, as a
 * server with a protocol of its own has it, or by a password.
 */
#ifndef OPENLSA_TOOLS_NTLM_LOGON_H
#define OPENLSA_TOOLS_NTLM_LOGON_H

#include <stdbool.h>
#include <stddef.h>

#define RESPONSE_MOST	24000u
#define SESSION_KEY_LEN	16u

struct ntlm_logon {
	const char *user, *domain, *workstation;	/* UTF-8; may be empty */
	const char *password;				/* NULL: by responses */
	unsigned char challenge[8];
	const unsigned char *nt, *lm;
	size_t nt_len, lm_len;
	bool mschapv2;					/* MSV1_0_ALLOW_MSVCHAPV2 */
};

/*
 * Logs on and off again. 0, and the key of the session (zeros by a password); or an NTSTATUS; of those, a peer may not
 * be told that the account is locked. A challenge that the LSA did not issue is for logon processes (LsaRegisterLogonProcess).
 * The line to the LSA stays for the next one.
 */
int ntlm_log_on(const struct ntlm_logon *logon, unsigned char ret_key[SESSION_KEY_LEN]);

/* As 32 digits. */
void session_key_show(char ret_text[2 * SESSION_KEY_LEN + 1], const unsigned char key[SESSION_KEY_LEN]);

#endif
