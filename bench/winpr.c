/*
 * winpr.c - WinPR's SSPI under the same hands as ours (pair.h). Its server is
 * given the account's NT hash, as FreeRDP's server does; it looks nobody up.
 */
#include <winpr/ntlm.h>
#include <winpr/sspi.h>
#include <winpr/version.h>

static SecurityFunctionTableA *sspi;
static char domain[] = "BENCH";

static void server_told(CtxtHandle *ctx);
static SECURITY_STATUS server_ended(CtxtHandle *ctx, SecBufferDesc *out, SECURITY_STATUS status);

#include "pair.h"

static BYTE nt_hash[16];

static void
server_told(CtxtHandle *ctx)
{
	SecPkgContext_AuthNtlmHash hash = { .Version = 1 };

	memcpy(hash.NtlmHash, nt_hash, sizeof nt_hash);
	MUST_BE(sspi->SetContextAttributesA(ctx, SECPKG_ATTR_AUTH_NTLM_HASH, &hash, sizeof hash), SEC_E_OK);
}

/* The password is only checked when the server completes its token. */
static SECURITY_STATUS
server_ended(CtxtHandle *ctx, SecBufferDesc *out, SECURITY_STATUS status)
{
	return status == SEC_I_COMPLETE_NEEDED ? sspi->CompleteAuthToken(ctx, out) : status;
}

int
main(int argc, char **argv)
{
	static const struct work list[] = { PAIR_WORK };
	static char password[] = PASSWORD;

	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		puts(WINPR_VERSION_FULL);
		return 0;
	}
	sspi_GlobalInit();
	sspi = InitSecurityInterfaceExA(SSPI_INTERFACE_WINPR);
	MUST(sspi && NTOWFv1A(password, (UINT32)strlen(password), nt_hash));
	return worker_serve(list, sizeof list / sizeof *list);
}
