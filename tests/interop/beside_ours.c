/*
 * beside_ours.c - OpenLSA's half of beside_winpr_test.c.
 */
#define SECURITY_WIN32
#include <openlsa.h>
#include <ntstatus.h>

#ifdef LINKED_TO_OURS
#define SSPI(function)	function
#define OURS(function)	function
#else
static PSecurityFunctionTableA table;
static void *loaded;

#define SSPI(function)	table->function
#define OURS(function)	((__typeof__(&function))(uintptr_t)dlsym(loaded, #function))
#endif

/* No COMPLETE_NEEDED from ours: this is how one sees who answers. */
#define SERVER_LAST	SEC_E_OK
#define server_told(ctx)	((const char *)NULL)
#define server_ended(ctx, out)	((const char *)NULL)

#include "beside.h"

static char domain[64];

static const char *
account_make(void)
{
	LSA_STRING name = { 6, 7, (PCHAR)(uintptr_t)"beside" };
	LSA_OPERATIONAL_MODE mode;
	OlsaStatusInfo info;
	HANDLE lsa;

	TRY(OURS(LsaRegisterLogonProcess)(&name, &lsa, &mode), STATUS_SUCCESS);
	TRY(OURS(OlsaUserAdd)(lsa, "alice", "", "Password", NULL), STATUS_SUCCESS);
	TRY(OURS(OlsaStatus)(lsa, &info), STATUS_SUCCESS);
	memcpy(domain, info.Computer, sizeof domain);
	TRY(OURS(LsaDeregisterLogonProcess)(lsa), STATUS_SUCCESS);
	return NULL;
}

const char *
ours_begin(const char *library)
{
#ifdef LINKED_TO_OURS
	(void)library;
#else
	loaded = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	if (!loaded)
		return dlerror();
	table = OURS(InitSecurityInterfaceA)();
	if (!table)
		return "OpenLSA gave no function table";
#endif
	return account_make();
}

const char *
ours_talk(void)
{
	static char user[] = "alice", password[] = "Password";

	return beside_talk(user, domain, password);
}
