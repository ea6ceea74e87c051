/* SPDX-License-Identifier: MIT */
/*
 * lsactl_why.c - why SPN: the client half of a Negotiate handshake as the
 * caller, and every decision that was taken on the way. With an http:// URL
 * the handshake is carried through with that server; with an SPN it ends where
 * the first token would be sent.
 */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "tools/json.h"
#include "tools/lsactl.h"
#include "tools/token.h"

#define LEGS_MOST	8
#define ANSWER_MOST	(TOKEN_BASE64_MOST + 16384u)
#define PATIENCE	10		/* seconds for each step of HTTP */

struct talk {
	CredHandle cred;
	CtxtHandle ctx;
	bool has_cred, has_ctx;
	ULONG granted;
	SECURITY_STATUS status;
	unsigned legs;
	int http;			/* the last answer's status code; 0: none */
	char *reasons;			/* FreeContextBuffer */
};

struct url {
	char host[256], port[8];
	const char *path;
};

static unsigned char token_in[TOKEN_MOST], token_out[TOKEN_MOST];
static char text[TOKEN_BASE64_MOST], answer[ANSWER_MOST + 1];

/* --- HTTP, as little as it takes --------------------------------------------------- */

/* "http://host[:port][/path]"; false: not such a thing. An IPv6 address stands in brackets. */
static bool
url_take(struct url *url, const char *from)
{
	const char *at = from + strlen("http://"), *end = at + strcspn(at, "/"), *host = at, *colon;
	size_t len;

	url->path = *end ? end : "/";
	if (*host == '[') {
		const char *close = memchr(host, ']', (size_t)(end - host));

		if (!close)
			return false;
		host++;
		len = (size_t)(close - host);
		colon = close + 1 < end && close[1] == ':' ? close + 1 : NULL;
	} else {
		colon = memchr(host, ':', (size_t)(end - host));
		len = (size_t)((colon ? colon : end) - host);
	}
	if (!len || len >= sizeof url->host || (colon && (size_t)(end - colon) > sizeof url->port))
		return false;
	(void)snprintf(url->host, sizeof url->host, "%.*s", (int)len, host);
	(void)snprintf(url->port, sizeof url->port, "%.*s", colon ? (int)(end - colon - 1) : 2, colon ? colon + 1 : "80");
	return true;
}

static int
url_connect(const struct url *url)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	const struct timeval patience = { .tv_sec = PATIENCE };
	struct addrinfo *found = NULL;
	int fd = -1;

	if (getaddrinfo(url->host, url->port, &hints, &found) != 0)
		return -1;
	for (const struct addrinfo *a = found; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
		if (fd < 0)
			continue;
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
		if (connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(found);
	return fd;
}

/* A head, at most; what follows it does not matter but must be read. False: the server is gone or says too much. */
static bool
http_take(int fd, int *ret_code)
{
	size_t have = 0, want = 0;
	char *end = NULL, *length;

	while (!end || have < want) {
		ssize_t got = have < ANSWER_MOST ? recv(fd, answer + have, ANSWER_MOST - have, 0) : 0;

		if (got <= 0)
			return false;
		have += (size_t)got;
		answer[have] = 0;
		if (!end && (end = strstr(answer, "\r\n\r\n")) != NULL) {
			length = strcasestr(answer, "\r\nContent-Length:");
			want = (size_t)(end - answer) + 4;
			if (length && length < end)
				want += strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
			if (want > ANSWER_MOST)
				return false;
		}
	}
	return sscanf(answer, "HTTP/1.%*1d %3d", ret_code) == 1;
}

/* The token behind "WWW-Authenticate: Negotiate"; 0: there is none. */
static size_t
http_token(void)
{
	const char *at = answer, *end = strstr(answer, "\r\n\r\n");
	size_t len = 0;

	while ((at = strcasestr(at, "\r\nWWW-Authenticate:")) != NULL && at < end) {
		at += strlen("\r\nWWW-Authenticate:");
		at += strspn(at, " ");
		if (strncasecmp(at, "Negotiate ", 10) == 0 &&
		    token_of_text(token_in, sizeof token_in, &len, at + 10, strcspn(at + 10, "\r\n")))
			return len;
	}
	return 0;
}

static bool
http_put(int fd, const struct url *url, size_t len)
{
	static char request[ANSWER_MOST];
	size_t sent = 0;
	int size;

	token_to_base64(text, token_out, len);
	size = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s:%s\r\nAuthorization: Negotiate %s\r\n\r\n",
	    url->path, url->host, url->port, text);
	if (size < 0 || (size_t)size >= sizeof request)
		return false;
	while (sent < (size_t)size) {
		ssize_t put = send(fd, request + sent, (size_t)size - sent, MSG_NOSIGNAL);

		if (put <= 0)
			return false;
		sent += (size_t)put;
	}
	return true;
}

/* --- the handshake ------------------------------------------------------------------ */

/* One leg; how long the token in token_out is. */
static size_t
leg(struct talk *t, char *spn, size_t in_len)
{
	SecBuffer in = { (ULONG)in_len, SECBUFFER_TOKEN, token_in }, out = { sizeof token_out, SECBUFFER_TOKEN, token_out };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in }, out_desc = { SECBUFFER_VERSION, 1, &out };
	char *more = NULL;
	TimeStamp expiry;

	t->status = InitializeSecurityContextA(&t->cred, t->has_ctx ? &t->ctx : NULL, spn,
	    ISC_REQ_MUTUAL_AUTH | ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY, 0, SECURITY_NATIVE_DREP,
	    t->has_ctx ? &in_desc : NULL, 0, &t->ctx, &out_desc, &t->granted, &expiry);
	t->has_ctx |= t->status >= 0;
	t->legs++;
	OlsaExplain(t->status, t->has_ctx ? &t->ctx : NULL, &more);
	if (more) {
		FreeContextBuffer(t->reasons);
		t->reasons = more;
	}
	return t->status >= 0 ? out.cbBuffer : 0;
}

/* Through to the end with a server; what of it was HTTP's fault is said in words. */
static const char *
talk_with(struct talk *t, char *spn, const struct url *url)
{
	int fd = url_connect(url);
	size_t len = 0;

	if (fd < 0)
		return "the server cannot be reached";
	for (unsigned i = 0; i < LEGS_MOST; i++) {
		len = leg(t, spn, len);
		if (t->status < 0 || (t->status == SEC_E_OK && !len))
			break;
		if (!http_put(fd, url, len) || !http_take(fd, &t->http)) {
			close(fd);
			return "the server hung up, or said more than a page";
		}
		len = http_token();
		if (t->status == SEC_E_OK || !len)
			break;
	}
	close(fd);
	return NULL;
}

/* --- saying it ---------------------------------------------------------------------- */

static void
each_reason(char *reasons, void (*say)(void *arg, const char *line), void *arg)
{
	for (char *line = strtok(reasons, "\n"); line; line = strtok(NULL, "\n"))
		say(arg, line);
}

static void
reason_json(void *arg, const char *line)
{
	json_text(arg, NULL, line);
}

static void
reason_text(void *arg, const char *line)
{
	(void)arg;
	fputs("  ", stdout);
	say_text(line);
	putchar('\n');
}

static const char *
outcome(const struct talk *t, const char *fault)
{
	if (fault)
		return fault;
	if (t->status < 0)
		return "it fails on this side";
	if (t->http == 0)
		return "the first token can be sent";
	return t->http == 401 ? "the server refuses" : "the server answers";
}

static void
why_say(const struct run *run, struct talk *t, const char *spn, const char *fault)
{
	SecPkgContext_NegotiationInfoA chosen = { 0 };
	const char *package = NULL;
	char code[16];

	if (t->has_ctx && QueryContextAttributesA(&t->ctx, SECPKG_ATTR_NEGOTIATION_INFO, &chosen) == SEC_E_OK &&
	    chosen.PackageInfo)
		package = chosen.PackageInfo->Name;
	(void)snprintf(code, sizeof code, "0x%08x", (unsigned)t->status);
	if (run->json) {
		struct json j = { 0 };

		json_begin(&j, NULL, '{');
		json_bool(&j, "ok", !fault && t->status >= 0 && t->http != 401);
		json_text(&j, "spn", spn);
		json_text(&j, "package", package);
		json_text(&j, "status", code);
		json_number(&j, "legs", t->legs);
		json_number(&j, "http", (uint64_t)t->http);
		json_text(&j, "outcome", outcome(t, fault));
		json_text(&j, "mode", link_mode());
		json_begin(&j, "reasons", '[');
		each_reason(t->reasons, reason_json, &j);
		json_end(&j, ']');
		json_end(&j, '}');
	} else {
		printf("target   ");
		say_text(spn);
		printf("\npackage  %s (%s)\noutcome  %s", package ? package : "none", link_mode(), outcome(t, fault));
		printf(t->http ? ", HTTP %d\n" : "\n", t->http);
		each_reason(t->reasons, reason_text, NULL);
	}
	FreeContextBuffer(chosen.PackageInfo);
}

enum end
why_target(const struct run *run, char **args, int count)
{
	static SEC_CHAR package[] = "Negotiate";
	bool by_http = strncasecmp(args[0], "http://", 7) == 0;
	char spn[300], *target = args[0];
	struct talk t = { .has_cred = false };
	const char *fault = NULL;
	struct url url;
	TimeStamp expiry;
	HANDLE lsa;
	enum end end;

	(void)count;
	if (by_http) {
		if (!url_take(&url, args[0]))
			return fault_plain(run, END_USAGE, "that is no URL", "give http://host[:port][/path], or an SPN");
		(void)snprintf(spn, sizeof spn, "HTTP/%s", url.host);
		target = spn;
	}
	end = link_open(run, &lsa);
	if (end != END_OK)
		return end;
	t.status = AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL, &t.cred, &expiry);
	t.has_cred = t.status == SEC_E_OK;
	if (!t.has_cred)
		OlsaExplain(t.status, NULL, &t.reasons);
	else if (by_http)
		fault = talk_with(&t, target, &url);
	else
		(void)leg(&t, target, 0);
	why_say(run, &t, target, fault);
	end = fault || t.status < 0 || t.http == 401 ? END_FAILED : END_OK;
	FreeContextBuffer(t.reasons);
	if (t.has_ctx)
		(void)DeleteSecurityContext(&t.ctx);
	if (t.has_cred)
		(void)FreeCredentialsHandle(&t.cred);
	link_close(lsa);
	return end;
}
