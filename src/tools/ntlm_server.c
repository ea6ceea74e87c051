/* SPDX-License-Identifier: MIT */
/*
 * ntlm_server.c - a request of ntlm-server-1 as it comes in, and its answer.
 * Names are compared without case; "Name:: value" has its value in base64.
 */
#include "tools/ntlm_server.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tools/ntlm_logon.h"
#include "tools/token.h"

#define TEXT_MOST	1024u
#define VALUE_MOST	65536u

static struct request {
	char user[TEXT_MOST], domain[TEXT_MOST], password[TEXT_MOST];
	bool has_user, has_password, has_challenge, wants_key;
	unsigned char challenge[8], nt[RESPONSE_MOST], lm[RESPONSE_MOST];
	size_t nt_len, lm_len;
	bool bad;			/* an error was answered; only the period is awaited */
} request;

static void
error(const char *what)
{
	if (!request.bad)
		printf("Error: %s\n", what);
	request.bad = true;
}

static void
text_keep(char to[TEXT_MOST], const char *value)
{
	if (strlen(value) >= TEXT_MOST)
		error("a value is too long");
	else
		memcpy(to, value, strlen(value) + 1);
}

/* "DOMAIN\user" */
static void
full_name(char *value)
{
	char *slash = strchr(value, '\\');

	if (!slash) {
		text_keep(request.user, value);
	} else {
		*slash = 0;
		text_keep(request.domain, value);
		text_keep(request.user, slash + 1);
	}
	request.has_user = true;
}

static void
hex_keep(unsigned char *to, size_t room, size_t *ret_len, const char *value)
{
	*ret_len = 0;
	if (*value && !token_of_hex(to, room, ret_len, value, strlen(value)))
		error("a value is no hex, or too long");
}

static void
challenge_keep(const char *value)
{
	size_t len = 0;

	if (!token_of_hex(request.challenge, sizeof request.challenge, &len, value, strlen(value)) || len != sizeof request.challenge)
		error("LANMAN-Challenge must be 8 bytes in hex");
	else
		request.has_challenge = true;
}

static void
parameter(const char *name, char *value)
{
	if (strcasecmp(name, "Username") == 0) {
		text_keep(request.user, value);
		request.has_user = true;
	} else if (strcasecmp(name, "Full-Username") == 0) {
		full_name(value);
	} else if (strcasecmp(name, "NT-Domain") == 0) {
		text_keep(request.domain, value);
	} else if (strcasecmp(name, "Password") == 0) {
		text_keep(request.password, value);
		request.has_password = true;
	} else if (strcasecmp(name, "LANMAN-Challenge") == 0) {
		challenge_keep(value);
	} else if (strcasecmp(name, "NT-Response") == 0) {
		hex_keep(request.nt, sizeof request.nt, &request.nt_len, value);
	} else if (strcasecmp(name, "LANMAN-Response") == 0) {
		hex_keep(request.lm, sizeof request.lm, &request.lm_len, value);
	} else if (strcasecmp(name, "Request-User-Session-Key") == 0) {
		request.wants_key = strcasecmp(value, "Yes") == 0;
	} else if (strcasecmp(name, "Request-LanMan-Session-Key") != 0) {	/* there is none, ever */
		error("a parameter is not known");
	}
}

static const char *
incomplete(void)
{
	if (!request.has_user)
		return "no username was given";
	if (request.has_password)
		return NULL;
	if (!request.nt_len)
		return "neither a password nor an NT response was given";
	return request.has_challenge ? NULL : "no challenge was given";
}

static void
answer(bool mschapv2, const char *(*verdict)(int *status))
{
	struct ntlm_logon logon = { .user = request.user, .domain = request.domain, .workstation = "",
	    .password = request.has_password ? request.password : NULL, .nt = request.nt, .nt_len = request.nt_len,
	    .lm = request.lm, .lm_len = request.lm_len, .mschapv2 = mschapv2 };
	unsigned char key[SESSION_KEY_LEN];
	char shown[2 * SESSION_KEY_LEN + 1];
	int status;

	memcpy(logon.challenge, request.challenge, sizeof logon.challenge);
	status = ntlm_log_on(&logon, key);
	if (status != 0) {
		const char *said = verdict(&status);

		printf("Authenticated: No\nAuthentication-Error: %s (0x%08x)\n", said, (unsigned)status);
	} else {
		puts("Authenticated: Yes");
		session_key_show(shown, key);
		if (request.wants_key && !request.has_password)
			printf("User-Session-Key: %s\n", shown);
	}
	explicit_bzero(key, sizeof key);
	explicit_bzero(shown, sizeof shown);
}

void
ntlm_server_end(void)
{
	explicit_bzero(&request, sizeof request);
}

void
ntlm_server_line(char *line, bool mschapv2, const char *(*verdict)(int *status))
{
	static unsigned char decoded[VALUE_MOST + 1];
	char *value = strchr(line, ':');
	size_t len = 0;
	bool base64;

	if (strcmp(line, ".") == 0) {
		const char *lacks = request.bad ? NULL : incomplete();

		if (lacks)
			error(lacks);
		if (!request.bad)
			answer(mschapv2, verdict);
		puts(".");
		ntlm_server_end();
		return;
	}
	if (!value) {
		error("a line is Name: value, or a period");
		return;
	}
	*value++ = 0;
	base64 = *value == ':';
	value += base64;
	value += strspn(value, " ");
	if (!base64) {
		parameter(line, value);
		return;
	}
	if ((*value && !token_of_base64(decoded, VALUE_MOST, &len, value, strlen(value))) || memchr(decoded, 0, len))
		error("a value is no base64 of a text");
	else {
		decoded[len] = 0;
		parameter(line, (char *)decoded);
	}
	explicit_bzero(decoded, sizeof decoded);
}
