/*
 * pair.h - a client and a server in one process, spoken with through the SSPI
 * function table. The one source for OpenLSA and for WinPR: whoever includes
 * it has included an sspi.h and tells what differs:
 *
 *     sspi                  the function table
 *     USER, PASSWORD, domain
 *     server_told(ctx)      after the server's first leg
 *     server_ended(ctx, out, status)   what the server's last leg stands for
 */
#ifndef OPENLSA_BENCH_PAIR_H
#define OPENLSA_BENCH_PAIR_H

#include "worker.h"

#define USER		"bench"
#define PASSWORD	"Correct-Horse-9"
#define TOKEN_MOST	2048u

#define CLIENT_WANTS	(ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT)
#define SERVER_WANTS	(ASC_REQ_CONFIDENTIALITY | ASC_REQ_INTEGRITY | ASC_REQ_REPLAY_DETECT | ASC_REQ_SEQUENCE_DETECT)

struct creds {
	CredHandle client, server;
};

struct pair {
	CtxtHandle client, server;
};

static char package_name[] = "NTLM", target_name[] = "bench/localhost";

static void
creds_take(struct creds *c)
{
	static char user[] = USER, password[] = PASSWORD;
	SEC_WINNT_AUTH_IDENTITY_A who;
	TimeStamp expiry;

	memset(&who, 0, sizeof who);
	who.User = (unsigned char *)user;
	who.UserLength = (uint32_t)strlen(user);
	who.Domain = (unsigned char *)domain;
	who.DomainLength = (uint32_t)strlen(domain);
	who.Password = (unsigned char *)password;
	who.PasswordLength = (uint32_t)strlen(password);
	who.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
	MUST_BE(sspi->AcquireCredentialsHandleA(NULL, package_name, SECPKG_CRED_OUTBOUND, NULL, &who, NULL, NULL,
	    &c->client, &expiry), SEC_E_OK);
	MUST_BE(sspi->AcquireCredentialsHandleA(NULL, package_name, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
	    &c->server, &expiry), SEC_E_OK);
}

static void
creds_put(struct creds *c)
{
	sspi->FreeCredentialsHandle(&c->client);
	sspi->FreeCredentialsHandle(&c->server);
}

/* --- legs ------------------------------------------------------------------------- */

struct token {
	uint32_t len;
	unsigned char b[TOKEN_MOST];
};

#define TOKEN_BUFFER(name, token, length) \
	SecBuffer name##_buffer = { (length), SECBUFFER_TOKEN, (token)->b }; \
	SecBufferDesc name = { SECBUFFER_VERSION, 1, &name##_buffer }

static SECURITY_STATUS
client_leg(const struct creds *c, struct pair *p, struct token *in, struct token *out)
{
	TOKEN_BUFFER(from, in, in->len);
	TOKEN_BUFFER(to, out, TOKEN_MOST);
	CredHandle cred = c->client;
	SECURITY_STATUS status;
	TimeStamp expiry;
	ULONG granted;
	int first = in->len == 0;

	status = sspi->InitializeSecurityContextA(&cred, first ? NULL : &p->client, target_name, CLIENT_WANTS, 0,
	    SECURITY_NATIVE_DREP, first ? NULL : &from, 0, &p->client, &to, &granted, &expiry);
	out->len = to_buffer.cbBuffer;
	return status;
}

static SECURITY_STATUS
server_leg(const struct creds *c, struct pair *p, int first, struct token *in, struct token *out)
{
	TOKEN_BUFFER(from, in, in->len);
	TOKEN_BUFFER(to, out, TOKEN_MOST);
	CredHandle cred = c->server;
	SECURITY_STATUS status;
	TimeStamp expiry;
	ULONG granted;

	status = sspi->AcceptSecurityContext(&cred, first ? NULL : &p->server, &from, SERVER_WANTS,
	    SECURITY_NATIVE_DREP, &p->server, &to, &granted, &expiry);
	if (!first)
		status = server_ended(&p->server, &to, status);
	out->len = to_buffer.cbBuffer;
	return status;
}

/* NEGOTIATE, CHALLENGE, AUTHENTICATE. How long the server's two calls took, when that is asked for. */
static uint64_t
pair_open(const struct creds *c, struct pair *p, int timed)
{
	struct token up, down;
	uint64_t spent = 0;

	memset(p, 0, sizeof *p);
	down.len = 0;
	MUST_BE(client_leg(c, p, &down, &up), SEC_I_CONTINUE_NEEDED);
	if (timed)
		spent -= clock_ns(CLOCK_MONOTONIC);
	MUST_BE(server_leg(c, p, 1, &up, &down), SEC_I_CONTINUE_NEEDED);
	if (timed)
		spent += clock_ns(CLOCK_MONOTONIC);
	server_told(&p->server);
	MUST_BE(client_leg(c, p, &down, &up), SEC_E_OK);
	if (timed)
		spent -= clock_ns(CLOCK_MONOTONIC);
	MUST_BE(server_leg(c, p, 0, &up, &down), SEC_E_OK);
	if (timed)
		spent += clock_ns(CLOCK_MONOTONIC);
	return spent;
}

static void
pair_close(struct pair *p)
{
	sspi->DeleteSecurityContext(&p->client);
	sspi->DeleteSecurityContext(&p->server);
}

/* --- cases -------------------------------------------------------------------------- */

/* Credentials and contexts, from nothing to nothing. */
static uint64_t
handshake(unsigned long n, unsigned long arg)
{
	struct creds creds;
	struct pair pair;

	(void)arg;
	while (n--) {
		creds_take(&creds);
		(void)pair_open(&creds, &pair, 0);
		pair_close(&pair);
		creds_put(&creds);
	}
	return 0;
}

/* Contexts on held credentials; nanoseconds in AcceptSecurityContext when arg asks. */
static uint64_t
contexts(unsigned long n, unsigned long arg)
{
	struct creds creds;
	struct pair pair;
	uint64_t spent = 0;

	creds_take(&creds);
	while (n--) {
		spent += pair_open(&creds, &pair, arg != 0);
		pair_close(&pair);
	}
	creds_put(&creds);
	return spent;
}

static uint64_t
seal(unsigned long n, unsigned long len)
{
	unsigned char trailer[64], *text = calloc(1, len);
	SecPkgContext_Sizes sizes;
	struct creds creds;
	struct pair pair;
	ULONG qop;

	MUST(text);
	creds_take(&creds);
	(void)pair_open(&creds, &pair, 0);
	MUST_BE(sspi->QueryContextAttributesA(&pair.client, SECPKG_ATTR_SIZES, &sizes), SEC_E_OK);
	MUST(sizes.cbSecurityTrailer <= sizeof trailer);
	for (uint32_t seq = 0; n--; seq++) {
		SecBuffer parts[2] = {
			{ sizes.cbSecurityTrailer, SECBUFFER_TOKEN, trailer },
			{ (uint32_t)len,           SECBUFFER_DATA,  text },
		};
		SecBufferDesc message = { SECBUFFER_VERSION, 2, parts };

		MUST_BE(sspi->EncryptMessage(&pair.client, 0, &message, seq), SEC_E_OK);
		MUST_BE(sspi->DecryptMessage(&pair.server, &message, seq, &qop), SEC_E_OK);
	}
	pair_close(&pair);
	creds_put(&creds);
	free(text);
	return 0;
}

/* Bytes of memory that n server contexts hold. */
static uint64_t
held(unsigned long n, unsigned long arg)
{
	CtxtHandle *kept = malloc(n * sizeof *kept);
	struct creds creds;
	struct pair pair;
	unsigned long before;
	uint64_t grown;

	(void)arg;
	MUST(kept);
	memset(kept, 1, n * sizeof *kept);
	(void)contexts(64, 0);
	creds_take(&creds);
	before = proc_self("smaps_rollup", "Rss:");
	for (unsigned long i = 0; i < n; i++) {
		(void)pair_open(&creds, &pair, 0);
		sspi->DeleteSecurityContext(&pair.client);
		kept[i] = pair.server;
	}
	grown = (proc_self("smaps_rollup", "Rss:") - before) * 1024u;
	for (unsigned long i = 0; i < n; i++)
		sspi->DeleteSecurityContext(&kept[i]);
	creds_put(&creds);
	free(kept);
	return grown;
}

#define PAIR_WORK \
	{ "handshake",  handshake, 0 }, \
	{ "contexts",   contexts,  0 }, \
	{ "accept",     contexts,  1 }, \
	{ "seal-64",    seal,      64 }, \
	{ "seal-1024",  seal,      1024 }, \
	{ "seal-16384", seal,      16384 }, \
	{ "seal-65536", seal,      65536 }, \
	{ "held",       held,      0 }

#endif
