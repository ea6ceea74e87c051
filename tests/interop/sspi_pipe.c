/*
 * sspi_pipe.c - one security context at the end of a pipe: a test in a
 * language of its own speaks HTTP, LDAP or PostgreSQL with a stranger and
 * asks this program, which is written as a Windows program would be, for
 * tokens and wrapped messages.
 *
 *     sspi_pipe client|server PACKAGE [NAME=VALUE ...]
 *
 *     target, user, domain, password    for a client; without a user the process's own credential
 *     flags=HEX                         ISC_REQ_* or ASC_REQ_*
 *     async=yes                         legs through the asynchronous functions
 *     sasl=yes                          legs through SaslInitialize- and SaslAcceptSecurityContext
 *     authz=TEXT                        with that, for a client: whom it asks to act as; for a server
 *                                       "processed": it takes such a wish
 *     bindings=HEX                      application data of the channel bindings
 *
 * A line on standard input is a verb and bytes in hex; the answer is a line.
 *     step HEX      "STATUS HEX"  a leg, and its token
 *     seal HEX      "STATUS HEX"  TOKEN, DATA and PADDING put together: what GSS_Wrap would give
 *     open HEX      "STATUS HEX"  by STREAM and DATA
 *     sign HEX      "STATUS HEX"  the signature
 *     verify HEX HEX "STATUS"     signature and message
 *     plain HEX     "STATUS HEX"  EncryptMessage with SECQOP_WRAP_NO_ENCRYPT
 *     facts         "STATUS NAME=VALUE ..."  who, whose package, flags, expiry, the session key; what SASL agreed on
 *     why           the reasons, a line each, then "."
 */
#define SECURITY_WIN32
#include <openlsa.h>

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST (1u << 17)

static CredHandle cred;
static CtxtHandle ctx;
static bool begun, client, by_async, by_sasl;
static ULONG wants, got;
static char *target, *authz;
static SEC_CHANNEL_BINDINGS *bindings;
static ULONG bindings_len;
static SECURITY_STATUS last;
static unsigned char in[MOST], out[MOST + 4096];
static char line[2 * MOST + 64];

static size_t
from_hex(unsigned char *to, const char *text)
{
	size_t len = 0;
	unsigned byte;

	while (len < MOST && sscanf(text + 2 * len, "%2x", &byte) == 1)
		to[len++] = (unsigned char)byte;
	return len;
}

static void
answer(SECURITY_STATUS status, const unsigned char *at, size_t len)
{
	printf("%08lx ", (unsigned long)status & 0xfffffffful);
	for (size_t i = 0; i < len; i++)
		printf("%02x", at[i]);
	putchar('\n');
	last = status;
}

static char *
option(char **options, const char *name)
{
	size_t len = strlen(name);

	for (; *options; options++)
		if (strncmp(*options, name, len) == 0 && (*options)[len] == '=')
			return *options + len + 1;
	return NULL;
}

static SECURITY_STATUS
waited(SspiAsyncContext *a)
{
	SECURITY_STATUS status;
	struct timespec nap = { 0, 200 * 1000 };

	while ((status = SspiGetAsyncCallStatus(a)) == SEC_I_ASYNC_CALL_PENDING)
		nanosleep(&nap, NULL);
	return status;
}

static SECURITY_STATUS
authz_set(SECURITY_STATUS before)
{
	ULONG processed = Sasl_AuthZIDProcessed;
	SECURITY_STATUS status = client ? SaslSetContextOption(&ctx, SASL_OPTION_AUTHZ_STRING, authz, (ULONG)strlen(authz)) :
	    SaslSetContextOption(&ctx, SASL_OPTION_AUTHZ_PROCESSING, &processed, sizeof processed);

	return status == SEC_E_OK ? before : status;
}

static void
step(size_t len)
{
	SecBuffer told[2] = { { (ULONG)len, SECBUFFER_TOKEN, in }, { bindings_len, SECBUFFER_CHANNEL_BINDINGS, bindings } };
	SecBuffer given = { sizeof out, SECBUFFER_TOKEN, out };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, bindings ? 2 : 1, told }, out_desc = { SECBUFFER_VERSION, 1, &given };
	CtxtHandle *old = begun ? &ctx : NULL;
	SecBufferDesc *tokens = len || bindings ? &in_desc : NULL;
	SspiAsyncContext *a = by_async ? SspiCreateAsyncContext() : NULL;
	SECURITY_STATUS status;
	TimeStamp expiry;

	if (client && by_sasl)
		status = SaslInitializeSecurityContextA(&cred, old, target, wants, 0, SECURITY_NATIVE_DREP, tokens, 0, &ctx, &out_desc,
		    &got, &expiry);
	else if (by_sasl)
		status = SaslAcceptSecurityContext(&cred, old, &in_desc, wants, SECURITY_NATIVE_DREP, &ctx, &out_desc, &got, &expiry);
	else if (client && a)
		status = SspiInitializeSecurityContextAsyncA(a, &cred, old, target, wants, 0, SECURITY_NATIVE_DREP, tokens, 0, &ctx,
		    &out_desc, &got, &expiry);
	else if (client)
		status = InitializeSecurityContextA(&cred, old, target, wants, 0, SECURITY_NATIVE_DREP, tokens, 0, &ctx, &out_desc,
		    &got, &expiry);
	else if (a)
		status = SspiAcceptSecurityContextAsync(a, &cred, old, &in_desc, wants, SECURITY_NATIVE_DREP, &ctx, &out_desc, &got,
		    &expiry);
	else
		status = AcceptSecurityContext(&cred, old, &in_desc, wants, SECURITY_NATIVE_DREP, &ctx, &out_desc, &got, &expiry);
	if (a) {
		if (status == SEC_E_OK)
			status = waited(a);
		SspiFreeAsyncContext(a);
	}
	if (authz && !old && status == SEC_I_CONTINUE_NEEDED)
		status = authz_set(status);
	begun |= status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED;
	answer(status, out, status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED || given.cbBuffer < sizeof out ?
	    given.cbBuffer : 0);
}

static void
seal(size_t len, ULONG qop)
{
	SecPkgContext_Sizes sizes = { 0 };
	SECURITY_STATUS status = QueryContextAttributesA(&ctx, SECPKG_ATTR_SIZES, &sizes);
	unsigned char tail[256];
	SecBuffer b[3] = { { sizes.cbSecurityTrailer, SECBUFFER_TOKEN, out }, { (ULONG)len, SECBUFFER_DATA, in },
	    { sizes.cbBlockSize < sizeof tail ? sizes.cbBlockSize : 0, SECBUFFER_PADDING, tail } };
	SecBufferDesc message = { SECBUFFER_VERSION, 3, b };

	if (status == SEC_E_OK)
		status = EncryptMessage(&ctx, qop, &message, 0);
	if (status != SEC_E_OK) {
		answer(status, NULL, 0);
		return;
	}
	memcpy(out + b[0].cbBuffer, in, len);
	memcpy(out + b[0].cbBuffer + len, tail, b[2].cbBuffer);
	answer(status, out, b[0].cbBuffer + len + b[2].cbBuffer);
}

static void
opened(size_t len)
{
	SecBuffer b[2] = { { (ULONG)len, SECBUFFER_STREAM, in }, { 0, SECBUFFER_DATA, NULL } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, b };
	SECURITY_STATUS status = DecryptMessage(&ctx, &message, 0, NULL);

	answer(status, status == SEC_E_OK ? b[1].pvBuffer : NULL, status == SEC_E_OK ? b[1].cbBuffer : 0);
}

static void
signature(size_t len, const char *other)
{
	SecBuffer b[2] = { { 256, SECBUFFER_TOKEN, out }, { (ULONG)len, SECBUFFER_DATA, in } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, b };
	SECURITY_STATUS status;

	if (other) {
		b[0].pvBuffer = in;
		b[0].cbBuffer = (ULONG)len;
		b[1].pvBuffer = out;
		b[1].cbBuffer = (ULONG)from_hex(out, other);
		answer(VerifySignature(&ctx, &message, 0, NULL), NULL, 0);
		return;
	}
	status = MakeSignature(&ctx, 0, &message, 0);
	answer(status, out, status == SEC_E_OK ? b[0].cbBuffer : 0);
}

static void
agreed(void)
{
	char text[1024];
	ULONG size = 0, len = 0;

	printf(" got=%08lx", (unsigned long)got);
	if (SaslGetContextOption(&ctx, SASL_OPTION_SEND_SIZE, &size, sizeof size, NULL) == SEC_E_OK)
		printf(" send=%lu", (unsigned long)size);
	if (SaslGetContextOption(&ctx, SASL_OPTION_AUTHZ_STRING, text, sizeof text, &len) == SEC_E_OK)
		printf(" authz=%.*s", (int)len, text);
}

static void
facts(void)
{
	SecPkgContext_NativeNamesA native = { 0 };
	SecPkgContext_NegotiationInfoA chosen = { 0 };
	SecPkgContext_SessionKey key = { 0 };
	SecPkgContext_NamesA names = { 0 };
	SecPkgContext_Flags flags = { 0 };
	SECURITY_STATUS status = QueryContextAttributesA(&ctx, SECPKG_ATTR_FLAGS, &flags);

	printf("%08lx flags=%08lx", (unsigned long)status & 0xfffffffful, (unsigned long)flags.Flags);
	if (QueryContextAttributesA(&ctx, SECPKG_ATTR_NAMES, &names) == SEC_E_OK)
		printf(" user=%s", names.sUserName);
	if (QueryContextAttributesA(&ctx, SECPKG_ATTR_NATIVE_NAMES, &native) == SEC_E_OK)
		printf(" client=%s server=%s", native.sClientName ? native.sClientName : "", native.sServerName ? native.sServerName : "");
	if (QueryContextAttributesA(&ctx, SECPKG_ATTR_NEGOTIATION_INFO, &chosen) == SEC_E_OK)
		printf(" package=%s", chosen.PackageInfo ? chosen.PackageInfo->Name : "");
	if (QueryContextAttributesA(&ctx, SECPKG_ATTR_SESSION_KEY, &key) == SEC_E_OK) {
		printf(" key=");
		for (ULONG i = 0; i < key.SessionKeyLength; i++)
			printf("%02x", key.SessionKey[i]);
	}
	if (by_sasl)
		agreed();
	putchar('\n');
	FreeContextBuffer(names.sUserName);
	FreeContextBuffer(native.sClientName);
	FreeContextBuffer(native.sServerName);
	FreeContextBuffer(chosen.PackageInfo);
	FreeContextBuffer(key.SessionKey);
}

static void
why(void)
{
	char *text = NULL;

	OlsaExplain(last, NULL, &text);
	printf("%s%s.\n", text ? text : "", text && *text && text[strlen(text) - 1] != '\n' ? "\n" : "");
	FreeContextBuffer(text);
}

static void
bind_to(const char *hex)
{
	size_t len = from_hex(in, hex);

	bindings_len = (ULONG)(sizeof *bindings + len);
	bindings = calloc(1, bindings_len);
	bindings->cbApplicationDataLength = (ULONG)len;
	bindings->dwApplicationDataOffset = sizeof *bindings;
	memcpy(bindings + 1, in, len);
}

int
main(int argc, char **argv)
{
	SEC_WINNT_AUTH_IDENTITY_A who = { .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
	SECURITY_STATUS status;
	TimeStamp expiry;
	char *user, *rest;

	if (argc < 3)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	client = strcmp(argv[1], "client") == 0;
	target = option(argv + 3, "target");
	by_async = option(argv + 3, "async") != NULL;
	by_sasl = option(argv + 3, "sasl") != NULL;
	authz = option(argv + 3, "authz");
	if (option(argv + 3, "flags"))
		wants = (ULONG)strtoul(option(argv + 3, "flags"), NULL, 16);
	if (option(argv + 3, "bindings"))
		bind_to(option(argv + 3, "bindings"));
	user = option(argv + 3, "user");
	if (user) {
		who.User = (unsigned char *)user;
		who.UserLength = (ULONG)strlen(user);
		who.Domain = (unsigned char *)option(argv + 3, "domain");
		who.DomainLength = who.Domain ? (ULONG)strlen((char *)who.Domain) : 0;
		who.Password = (unsigned char *)option(argv + 3, "password");
		who.PasswordLength = who.Password ? (ULONG)strlen((char *)who.Password) : 0;
	}
	status = AcquireCredentialsHandleA(option(argv + 3, "principal"), argv[2],
	    client ? SECPKG_CRED_OUTBOUND : SECPKG_CRED_INBOUND, NULL, user ? &who : NULL, NULL, NULL, &cred, &expiry);
	answer(status, NULL, 0);
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = 0;
		rest = strchr(line, ' ');
		if (rest)
			*rest++ = 0;
		else
			rest = line + strlen(line);
		if (strcmp(line, "step") == 0)
			step(from_hex(in, rest));
		else if (strcmp(line, "seal") == 0)
			seal(from_hex(in, rest), 0);
		else if (strcmp(line, "plain") == 0)
			seal(from_hex(in, rest), SECQOP_WRAP_NO_ENCRYPT);
		else if (strcmp(line, "open") == 0)
			opened(from_hex(in, rest));
		else if (strcmp(line, "sign") == 0 || strcmp(line, "verify") == 0)
			signature(from_hex(in, rest), strchr(rest, ' ') ? strchr(rest, ' ') + 1 : NULL);
		else if (strcmp(line, "facts") == 0)
			facts();
		else
			why();
	}
	if (begun)
		DeleteSecurityContext(&ctx);
	if (status == SEC_E_OK)
		FreeCredentialsHandle(&cred);
	free(bindings);
	return 0;
}
