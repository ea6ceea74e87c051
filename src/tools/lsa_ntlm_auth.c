/* SPDX-License-Identifier: MIT */
/*
 * lsa_ntlm_auth.c - the helper protocols of Samba's ntlm_auth, for programs
 * that let such a helper do their authentication (Squid, for one): a line
 * on standard input, a line on standard output. Talks to the public interface
 * only; what is in a token it never looks at.
 */
#define SECURITY_WIN32
#include <ntstatus.h>
#include <openlsa.h>

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/ntlm_logon.h"
#include "tools/ntlm_server.h"
#include "tools/password.h"
#include "tools/token.h"

#define LINE_MOST	(2u * TOKEN_MOST)

static char line[LINE_MOST];			/* what has come and is not answered yet */
static size_t line_have;
static unsigned char in[TOKEN_MOST], out[TOKEN_MOST];
static char text[TOKEN_BASE64_MOST];

static CredHandle inbound;
static CtxtHandle context;
static bool talking;

/* --- what went wrong, in one line ------------------------------------------------ */

/* The first reason that this caller may read, without its line's end. */
static const char *
reason(SECURITY_STATUS status)
{
	static char said[512];
	char *why = NULL;

	OlsaExplain(status, NULL, &why);
	(void)snprintf(said, sizeof said, "%s", why && *why ? why : "no reason is known");
	said[strcspn(said, "\r\n")] = 0;
	FreeContextBuffer(why);
	return said;
}

/*
 * For a server that may hand it on to its peer: the line that is about this status and no cause behind it, in which an
 * unknown name, a wrong password and a locked account are one.
 */
static const char *
verdict(int *status)
{
	int told = *status == STATUS_ACCOUNT_LOCKED_OUT ? STATUS_LOGON_FAILURE : *status;
	static char said[512];
	const char *name = OlsaStatusName(told), *last = NULL, *end;
	size_t len = name ? strlen(name) : 0;
	char *why = NULL;

	OlsaExplain(*status, NULL, &why);
	*status = told;
	for (const char *at = why; len && at && *at; at = end ? end + 1 : NULL) {
		if (strncmp(at, name, len) == 0)
			last = at;
		end = strchr(at, '\n');
	}
	(void)snprintf(said, sizeof said, "%s", last ? last : name ? name : "no reason is known");
	said[strcspn(said, "\r\n")] = 0;
	FreeContextBuffer(why);
	return said;
}

static int
cannot(const char *what, SECURITY_STATUS status)
{
	fprintf(stderr, "lsa-ntlm-auth: %s: %s\n", what, reason(status));
	return 1;
}

/* --- tokens ------------------------------------------------------------------------ */

static void
forget(void)
{
	if (talking)
		DeleteSecurityContext(&context);
	talking = false;
}

/* The peer's name as "DOMAIN\user"; free with FreeContextBuffer. */
static char *
peer_name(CtxtHandle *of)
{
	SecPkgContext_NamesA names = { 0 };

	return QueryContextAttributesA(of, SECPKG_ATTR_NAMES, &names) == SEC_E_OK ? names.sUserName : NULL;
}

/* One leg; the token given back is base64 in `text`. */
static SECURITY_STATUS
leg(const char *token)
{
	size_t len = 0;
	SecBuffer told = { 0, SECBUFFER_TOKEN, in }, given = { sizeof out, SECBUFFER_TOKEN, out };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &told }, out_desc = { SECBUFFER_VERSION, 1, &given };
	SECURITY_STATUS status;
	TimeStamp expiry;
	ULONG granted;

	*text = 0;
	if (!token_of_text(in, sizeof in, &len, token, strlen(token)))
		return SEC_E_INVALID_TOKEN;
	told.cbBuffer = (ULONG)len;
	status = AcceptSecurityContext(&inbound, talking ? &context : NULL, &in_desc, 0, SECURITY_NATIVE_DREP, &context,
	    &out_desc, &granted, &expiry);
	if (status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED) {
		talking = true;
		token_to_base64(text, out, given.cbBuffer);
	}
	return status;
}

/*
 * YR begins and KK goes on, each with a token. NTLM's dialect says "TT token",
 * "AF name", "NA reason", "BH reason"; SPNEGO's has a token in each of them, or "*".
 */
static void
token_line(char *words, bool spnego)
{
	bool first = strncmp(words, "YR", 2) == 0;
	const char *token = words[2] == ' ' ? words + 3 : "";
	SECURITY_STATUS status;
	char *name;

	if (!first && strncmp(words, "KK", 2) != 0) {
		puts("BH a line begins with YR or KK");
		return;
	}
	if (first)
		forget();
	if (!*token) {
		puts("BH a token is expected behind YR or KK");
		return;
	}
	status = leg(token);
	if (status == SEC_I_CONTINUE_NEEDED) {
		printf("TT %s\n", text);
		return;
	}
	if (status != SEC_E_OK) {
		printf(status == SEC_E_INVALID_TOKEN || status == SEC_E_LOGON_DENIED || status == SEC_E_MESSAGE_ALTERED ?
		    "NA %s%s\n" : "BH %s%s\n", spnego ? "* " : "", reason(status));
		forget();
		return;
	}
	name = peer_name(&context);
	if (!name)
		puts("BH the peer has no name");
	else if (spnego)
		printf("AF %s %s\n", *text ? text : "*", name);
	else
		printf("AF %s\n", name);
	FreeContextBuffer(name);
	forget();
}

/* --- passwords --------------------------------------------------------------------- */

/*
 * A name and a password are tried as a network logon: both ends of an NTLM
 * handshake, here. The password is in the LSA from the first call on.
 */
static SECURITY_STATUS
try_password(const char *domain, const char *user, const char *password, char **ret_name)
{
	SEC_WINNT_AUTH_IDENTITY_A who = {
		.User = (unsigned char *)(uintptr_t)user, .UserLength = (ULONG)strlen(user),
		.Domain = (unsigned char *)(uintptr_t)domain, .DomainLength = (ULONG)strlen(domain),
		.Password = (unsigned char *)(uintptr_t)password, .PasswordLength = (ULONG)strlen(password),
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};
	SecBuffer up = { 0, SECBUFFER_TOKEN, in }, down = { 0, SECBUFFER_TOKEN, out };
	SecBufferDesc ups = { SECBUFFER_VERSION, 1, &up }, downs = { SECBUFFER_VERSION, 1, &down };
	CtxtHandle ours, theirs;
	bool have_ours = false, have_theirs = false;
	SECURITY_STATUS status, server = SEC_I_CONTINUE_NEEDED;
	CredHandle outbound;
	TimeStamp expiry;
	ULONG granted;

	status = AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)"NTLM", SECPKG_CRED_OUTBOUND, NULL, &who, NULL, NULL,
	    &outbound, &expiry);
	if (status != SEC_E_OK)
		return status;
	while (server == SEC_I_CONTINUE_NEEDED) {
		up.cbBuffer = sizeof in;
		status = InitializeSecurityContextA(&outbound, have_ours ? &ours : NULL, NULL, 0, 0, SECURITY_NATIVE_DREP,
		    have_ours ? &downs : NULL, 0, &ours, &ups, &granted, &expiry);
		if (status != SEC_E_OK && status != SEC_I_CONTINUE_NEEDED)
			break;
		have_ours = true;
		down.cbBuffer = sizeof out;
		status = server = AcceptSecurityContext(&inbound, have_theirs ? &theirs : NULL, &ups, 0, SECURITY_NATIVE_DREP,
		    &theirs, &downs, &granted, &expiry);
		have_theirs |= server == SEC_E_OK || server == SEC_I_CONTINUE_NEEDED;
	}
	if (status == SEC_E_OK && ret_name)
		*ret_name = peer_name(&theirs);
	if (have_ours)
		DeleteSecurityContext(&ours);
	if (have_theirs)
		DeleteSecurityContext(&theirs);
	FreeCredentialsHandle(&outbound);
	return status;
}

/* "%41" is "A". */
static void
unescape(char *at)
{
	unsigned byte;
	char *to = at;

	for (; *at; to++)
		if (*at == '%' && sscanf(at + 1, "%2x", &byte) == 1 && byte) {
			*to = (char)byte;
			at += 3;
		} else {
			*to = *at++;
		}
	*to = 0;
}

/* "DOMAIN\user" or "user"; returns the user, and the domain in its own right. */
static char *
split_name(char *name, const char **ret_domain)
{
	char *user = strchr(name, '\\');

	*ret_domain = user ? name : "";
	if (!user)
		return name;
	*user = 0;
	return user + 1;
}

static void
basic_line(char *words)
{
	char *password = strchr(words, ' ');
	const char *domain;
	char *user;
	SECURITY_STATUS status;

	if (!password) {
		puts("ERR a line is a name and a password");
		return;
	}
	*password++ = 0;
	unescape(words);
	unescape(password);
	user = split_name(words, &domain);
	status = try_password(domain, user, password, NULL);
	if (status == SEC_E_OK)
		puts("OK");
	else
		printf("ERR %s\n", reason(status));
}

/* --- the program ------------------------------------------------------------------- */

static void
ntlm_line(char *words)
{
	token_line(words, false);
}

static void
spnego_line(char *words)
{
	token_line(words, true);
}

static bool mschapv2;

static void
server_line(char *words)
{
	ntlm_server_line(words, mschapv2, verdict);
}

static const struct protocol {
	const char *name, *package;
	void (*line)(char *words);
} protocols[] = {
	{ "squid-2.5-ntlmssp", "NTLM",      ntlm_line },
	{ "gss-spnego",        "Negotiate", spnego_line },
	{ "squid-2.5-basic",   "NTLM",      basic_line },
	{ "ntlm-server-1",     NULL,        server_line },	/* no handshake: the other side has had it */
};

static int
usage(int code)
{
	fputs("usage: lsa-ntlm-auth --helper-protocol=PROTOCOL\n"
	      "       lsa-ntlm-auth --username=NAME [--domain=DOMAIN]\n"
	      "       lsa-ntlm-auth --username=NAME [--domain=DOMAIN] [--workstation=NAME]\n"
	      "                     --challenge=HEX --nt-response=HEX [--lm-response=HEX]\n"
	      "                     [--request-nt-key] [--allow-mschapv2]\n"
	      "protocols: squid-2.5-ntlmssp gss-spnego squid-2.5-basic ntlm-server-1\n"
	      "lsa-ntlm-auth(1) says more.\n", code ? stderr : stdout);
	return code;
}

static SECURITY_STATUS
listen_as(const char *package)
{
	TimeStamp expiry;

	return AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)package, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
	    &inbound, &expiry);
}

enum came { LINE_WHOLE, LINE_LONG, LINE_ENDED, LINE_FAILED };

/* The bytes of the next line, its end among them. Not by stdio, whose buffer would keep passwords. */
static enum came
line_come(size_t *ret_whole)
{
	for (;;) {
		const char *end = memchr(line, '\n', line_have);
		ssize_t n;

		if (end) {
			*ret_whole = (size_t)(end - line) + 1;
			return LINE_WHOLE;
		}
		if (line_have == sizeof line - 1)
			return LINE_LONG;
		n = read(STDIN_FILENO, line + line_have, sizeof line - 1 - line_have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return LINE_FAILED;
		if (n == 0 && !line_have)
			return LINE_ENDED;
		if (n == 0)
			line[line_have++] = '\n';		/* the last one, without its end */
		line_have += (size_t)n;
	}
}

static void
line_answered(size_t whole)
{
	line_have -= whole;
	memmove(line, line + whole, line_have);
	explicit_bzero(line + line_have, whole);
}

static int
serve(const struct protocol *p)
{
	SECURITY_STATUS status = p->package ? listen_as(p->package) : SEC_E_OK;
	enum came came;
	size_t whole;

	if (status != SEC_E_OK)
		return cannot(p->package, status);
	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((came = line_come(&whole)) == LINE_WHOLE) {
		line[whole - 1] = 0;
		line[strcspn(line, "\r")] = 0;
		p->line(line);
		line_answered(whole);
	}
	if (came == LINE_LONG)
		puts("BH a line is too long");
	explicit_bzero(line, sizeof line);
	forget();
	ntlm_server_end();
	if (p->package)
		FreeCredentialsHandle(&inbound);
	return came == LINE_FAILED ? 1 : 0;
}

/* Once, with a password from the terminal or standard input. */
static int
try_once(const char *domain, const char *user)
{
	struct password password;
	const char *wrong = password_read(&password, "Password: ", false);
	char *name = NULL;
	SECURITY_STATUS status;

	if (wrong) {
		fprintf(stderr, "lsa-ntlm-auth: %s\n", wrong);
		return 1;
	}
	status = listen_as("NTLM");
	if (status == SEC_E_OK)
		status = try_password(domain, user, password.text, &name);
	password_drop(&password);
	if (status != SEC_E_OK)
		return cannot(user, status);
	printf("%s\n", name ? name : user);
	FreeContextBuffer(name);
	FreeCredentialsHandle(&inbound);
	return 0;
}

/* What a RADIUS server asks on the command line, and reads from standard output. */
struct response_ask {
	const char *user, *domain, *workstation, *challenge, *nt, *lm;
	bool wants_key;
};

static bool
hex_option(const char *name, const char *value, unsigned char *to, size_t room, size_t *ret_len)
{
	if (!value || !*value || token_of_hex(to, room, ret_len, value, strlen(value)))
		return true;
	printf("--%s is no hex, or too long (0x%08x)\n", name, (unsigned)STATUS_INVALID_PARAMETER);
	return false;
}

static int
try_response(const struct response_ask *ask)
{
	struct ntlm_logon logon = { .user = ask->user, .domain = ask->domain, .workstation = ask->workstation, .nt = in, .lm = out,
	    .mschapv2 = mschapv2 };
	unsigned char challenge[sizeof logon.challenge], key[SESSION_KEY_LEN];
	char shown[2 * SESSION_KEY_LEN + 1];
	size_t len = 0;
	int status;

	if (!hex_option("challenge", ask->challenge, challenge, sizeof challenge, &len) ||
	    !hex_option("nt-response", ask->nt, in, RESPONSE_MOST, &logon.nt_len) ||
	    !hex_option("lm-response", ask->lm, out, RESPONSE_MOST, &logon.lm_len))
		return 1;
	if (len != sizeof challenge || !logon.nt_len) {
		printf("a challenge of 8 bytes and an NT response are needed (0x%08x)\n", (unsigned)STATUS_INVALID_PARAMETER);
		return 1;
	}
	memcpy(logon.challenge, challenge, sizeof challenge);
	status = ntlm_log_on(&logon, key);
	if (status != 0) {
		const char *said = verdict(&status);

		printf("%s (0x%08x)\n", said, (unsigned)status);
		return 1;
	}
	session_key_show(shown, key);
	if (ask->wants_key)
		printf("NT_KEY: %s\n", shown);
	else
		puts("NT_STATUS_OK: the response is right (0x0)");
	explicit_bzero(key, sizeof key);
	explicit_bzero(shown, sizeof shown);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "helper-protocol", required_argument, NULL, 'p' }, { "username", required_argument, NULL, 'u' },
		{ "domain", required_argument, NULL, 'd' }, { "workstation", required_argument, NULL, 'w' },
		{ "challenge", required_argument, NULL, 'c' }, { "nt-response", required_argument, NULL, 'n' },
		{ "lm-response", required_argument, NULL, 'l' }, { "request-nt-key", no_argument, NULL, 'k' },
		{ "request-lm-key", no_argument, NULL, 'K' }, { "allow-mschapv2", no_argument, NULL, 'm' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	struct response_ask ask = { .domain = "", .workstation = "" };
	const char *protocol = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 'p': protocol = optarg; break;
		case 'u': ask.user = optarg; break;
		case 'd': ask.domain = optarg; break;
		case 'w': ask.workstation = optarg; break;
		case 'c': ask.challenge = optarg; break;
		case 'n': ask.nt = optarg; break;
		case 'l': ask.lm = optarg; break;
		case 'k': ask.wants_key = true; break;
		case 'K': break;			/* there is none: LM is not known here */
		case 'm': mschapv2 = true; break;
		case 'h': return usage(0);
		default:  return usage(2);
		}
	if (optind < argc || (protocol != NULL) == (ask.user != NULL))
		return usage(2);
	if (ask.challenge || ask.nt || ask.lm)
		return ask.user ? try_response(&ask) : usage(2);
	if (ask.user)
		return try_once(ask.domain, ask.user);
	for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
		if (strcmp(protocols[i].name, protocol) == 0)
			return serve(&protocols[i]);
	fprintf(stderr, "lsa-ntlm-auth: there is no helper protocol \"%s\" here\n", protocol);
	return usage(2);
}
