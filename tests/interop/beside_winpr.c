/*
 * beside_winpr.c - WinPR's half of beside_winpr_test.c. Its server is given
 * the NT hash and completes its last token by a call of its own.
 */
#include <winpr/sspi.h>

#ifdef LINKED_TO_WINPR
#define SSPI(function)	function
#else
static SecurityFunctionTableA *table;

#define SSPI(function)	table->function
#endif

#define SERVER_LAST	SEC_I_COMPLETE_NEEDED

static const char *server_told(CtxtHandle *ctx);
static const char *server_ended(CtxtHandle *ctx, SecBufferDesc *out);

#include "beside.h"

/* MD4 of "Password". */
static const BYTE nt_hash[16] = { 0xa4, 0xf4, 0x9c, 0x40, 0x65, 0x10, 0xbd, 0xca, 0xb6, 0x82, 0x4e, 0xe7, 0xc3, 0x0f,
	0xd8, 0x52 };

static const char *
server_told(CtxtHandle *ctx)
{
	SecPkgContext_AuthNtlmHash hash = { .Version = 1 };

	memcpy(hash.NtlmHash, nt_hash, sizeof nt_hash);
	TRY(SSPI(SetContextAttributesA)(ctx, SECPKG_ATTR_AUTH_NTLM_HASH, &hash, sizeof hash), SEC_E_OK);
	return NULL;
}

static const char *
server_ended(CtxtHandle *ctx, SecBufferDesc *out)
{
	TRY(SSPI(CompleteAuthToken)(ctx, out), SEC_E_OK);
	return NULL;
}

const char *
winpr_begin(const char *library)
{
#ifdef LINKED_TO_WINPR
	(void)library;
	sspi_GlobalInit();
#else
	void *loaded = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	__typeof__(&InitSecurityInterfaceExA) interface;
	__typeof__(&sspi_GlobalInit) init;

	if (!loaded)
		return dlerror();
	init = (__typeof__(init))(uintptr_t)dlsym(loaded, "sspi_GlobalInit");
	interface = (__typeof__(interface))(uintptr_t)dlsym(loaded, "InitSecurityInterfaceExA");
	if (!init || !interface)
		return "this WinPR has no function table";
	init();
	table = interface(SSPI_INTERFACE_WINPR);
	if (!table)
		return "WinPR gave no function table";
#endif
	return NULL;
}

const char *
winpr_talk(void)
{
	static char user[] = "alice", domain[] = "BESIDE", password[] = "Password";

	return beside_talk(user, domain, password);
}
