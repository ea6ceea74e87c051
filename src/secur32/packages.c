/*
 * packages.c - which packages there are, and the function tables. The facts
 * come from the LSA once a process.
 */
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>

#include "base/nt.h"

#include "base/fork.h"
#include "base/utf16.h"
#include "secur32/core.h"
#include "secur32/explain.h"
#include "secur32/text.h"

#define PACKAGES_MAX 16u

static struct {
	pthread_mutex_t lock;
	uint64_t stamp;
	unsigned count;
	struct package_facts facts[PACKAGES_MAX];
} known = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
name_copy(char *to, size_t cap, struct bytes from)
{
	size_t len = from.len < cap - 1 ? from.len : cap - 1;

	bytes_copy(to, from.at, len);
	to[len] = 0;
}

static NTSTATUS
facts_ask(struct link *link, unsigned i, struct package_facts *ret)
{
	struct package_in in = { .index = i };
	struct package_out out;
	struct ask_room room;
	struct ask ask = { .room = &room };
	NTSTATUS status;

	ask_package(&ask, link, &in);
	ask_wait(&ask);
	status = told_package(&ask, &out);
	if (status == STATUS_SUCCESS) {
		name_copy(ret->name, sizeof ret->name, out.name);
		name_copy(ret->comment, sizeof ret->comment, out.comment);
		ret->capabilities = out.capabilities;
		ret->rpc_id = out.rpc_id;
		ret->max_token = out.max_token;
		ret->id = out.id;
	}
	ask_end(&ask);
	return status;
}

/* Under the lock. */
static NTSTATUS
facts_load(void)
{
	struct why why = { NULL, 0, 0 };
	struct link *link = NULL;
	NTSTATUS status = root_sspi_link(&link, &why);
	unsigned n = 0;

	while (status == STATUS_SUCCESS && n < PACKAGES_MAX) {
		status = facts_ask(link, n, &known.facts[n]);
		if (status == STATUS_SUCCESS)
			n++;
	}
	if (status == STATUS_SUCCESS || status == STATUS_NO_MORE_ENTRIES) {
		known.count = n;
		known.stamp = root_stamp();
		status = STATUS_SUCCESS;
	}
	link_release(link);
	why_thread_keep(status, &why);
	return status;
}

static const struct package_facts *
package_facts_at(unsigned i, NTSTATUS *ret_status)
{
	const struct package_facts *facts = NULL;

	*ret_status = STATUS_SUCCESS;
	pthread_mutex_lock(&known.lock);
	if (!known.count || fork_changed(known.stamp))
		*ret_status = facts_load();
	if (*ret_status == STATUS_SUCCESS && i < known.count)
		facts = &known.facts[i];
	else if (*ret_status == STATUS_SUCCESS)
		*ret_status = STATUS_NO_MORE_ENTRIES;
	pthread_mutex_unlock(&known.lock);
	return facts;
}

const struct package_facts *
package_facts_find(struct bytes name, NTSTATUS *ret_status)
{
	const struct package_facts *facts;

	for (unsigned i = 0; (facts = package_facts_at(i, ret_status)) != NULL; i++)
		if (name.len && bytes_of_text(facts->name).len == name.len &&
		    strncasecmp(facts->name, (const char *)name.at, name.len) == 0)
			break;
	return facts;
}

/* --- one block: the array, then its strings ------------------------------------ */

/*
 * Both character sets: a SecPkgInfo is the same but for the width of what its
 * two strings point to.
 */
struct info_block {
	SecPkgInfoW *infos;
	struct writer strings;		/* behind the array */
	bool wide;
};

static void *
info_string(struct info_block *b, const char *text)
{
	void *at = b->strings.at ? b->strings.at + b->strings.need : NULL;

	if (!b->wide || !utf16_from_utf8(&b->strings, bytes_of_text(text)))
		writer_bytes(&b->strings, b->wide ? BYTES_NONE : bytes_of_text(text));
	writer_zeros(&b->strings, b->wide ? 2 : 1);
	if (!b->wide && b->strings.need % 2)
		writer_zeros(&b->strings, 1);
	return at;
}

static void
info_fill(struct info_block *b, unsigned i, const struct package_facts *facts)
{
	void *name = info_string(b, facts->name), *comment = info_string(b, facts->comment);

	if (b->infos)
		b->infos[i] = (SecPkgInfoW){
			.fCapabilities = facts->capabilities, .wVersion = 1, .wRPCID = (USHORT)facts->rpc_id,
			.cbMaxToken = facts->max_token, .Name = name, .Comment = comment,
		};
}

static SecPkgInfoW *
info_new(const struct package_facts *const *facts, unsigned count, bool wide)
{
	struct info_block b = { .strings = writer_of(NULL, 0), .wide = wide };
	size_t array = count * sizeof *b.infos;

	for (unsigned i = 0; i < count; i++)
		info_fill(&b, i, facts[i]);
	b.infos = buffer_new(BUFFER_CONTEXT, array + b.strings.need);
	if (!b.infos)
		return NULL;
	b.strings = writer_of((uint8_t *)b.infos + array, b.strings.need);
	for (unsigned i = 0; i < count; i++)
		info_fill(&b, i, facts[i]);
	return b.infos;
}

void *
package_info_new(const char *name, bool wide)
{
	NTSTATUS status;
	const struct package_facts *facts = package_facts_find(bytes_of_text(name), &status);

	return facts ? info_new(&facts, 1, wide) : NULL;
}

static SECURITY_STATUS
enumerate(PULONG ret_count, void *ret_infos, bool wide)
{
	const struct package_facts *all[PACKAGES_MAX];
	unsigned count = 0;
	SecPkgInfoW *infos;
	NTSTATUS status;

	if (!ret_count || !ret_infos)
		return SEC_E_INVALID_HANDLE;
	while (count < PACKAGES_MAX && (all[count] = package_facts_at(count, &status)) != NULL)
		count++;
	if (!count)
		return sec_of(status);
	infos = info_new(all, count, wide);
	if (!infos)
		return SEC_E_INSUFFICIENT_MEMORY;
	*ret_count = count;
	*(SecPkgInfoW **)ret_infos = infos;
	return SEC_E_OK;
}

static SECURITY_STATUS
query(struct bytes name, void *ret_info, bool wide)
{
	const struct package_facts *facts;
	SecPkgInfoW *info;
	NTSTATUS status;

	if (!ret_info)
		return SEC_E_INVALID_HANDLE;
	facts = package_facts_find(name, &status);
	if (!facts)
		return status == STATUS_NO_MORE_ENTRIES ? SEC_E_SECPKG_NOT_FOUND : sec_of(status);
	info = info_new(&facts, 1, wide);
	if (!info)
		return SEC_E_INSUFFICIENT_MEMORY;
	*(SecPkgInfoW **)ret_info = info;
	return SEC_E_OK;
}

SECURITY_STATUS
EnumerateSecurityPackagesW(ULONG *pcPackages, PSecPkgInfoW *ppPackageInfo)
{
	return enumerate(pcPackages, ppPackageInfo, true);
}

SECURITY_STATUS
EnumerateSecurityPackagesA(ULONG *pcPackages, PSecPkgInfoA *ppPackageInfo)
{
	return enumerate(pcPackages, ppPackageInfo, false);
}

SECURITY_STATUS
QuerySecurityPackageInfoW(SEC_WCHAR *pszPackageName, PSecPkgInfoW *ppPackageInfo)
{
	struct text name;
	SECURITY_STATUS status = SEC_E_SECPKG_NOT_FOUND;

	if (pszPackageName && text_of_wide(&name, pszPackageName)) {
		status = query(name.at, ppPackageInfo, true);
		text_drop(&name);
	}
	return status;
}

SECURITY_STATUS
QuerySecurityPackageInfoA(SEC_CHAR *pszPackageName, PSecPkgInfoA *ppPackageInfo)
{
	return pszPackageName ? query(bytes_of_text(pszPackageName), ppPackageInfo, false) : SEC_E_SECPKG_NOT_FOUND;
}

SECURITY_STATUS
FreeContextBuffer(PVOID pvContextBuffer)
{
	return buffer_free(BUFFER_CONTEXT, pvContextBuffer) ? SEC_E_OK : SEC_E_INVALID_HANDLE;
}

/* --- function tables -------------------------------------------------------------- */

#define TABLE_VERSION 1u		/* what Windows says, though newer members are filled */

static SecurityFunctionTableW table_w = {
	.dwVersion                  = TABLE_VERSION,
	.EnumerateSecurityPackagesW = EnumerateSecurityPackagesW,
	.QueryCredentialsAttributesW = QueryCredentialsAttributesW,
	.AcquireCredentialsHandleW  = AcquireCredentialsHandleW,
	.FreeCredentialsHandle      = FreeCredentialsHandle,
	.InitializeSecurityContextW = InitializeSecurityContextW,
	.AcceptSecurityContext      = AcceptSecurityContext,
	.CompleteAuthToken          = CompleteAuthToken,
	.DeleteSecurityContext      = DeleteSecurityContext,
	.ApplyControlToken          = ApplyControlToken,
	.QueryContextAttributesW    = QueryContextAttributesW,
	.ImpersonateSecurityContext = ImpersonateSecurityContext,
	.RevertSecurityContext      = RevertSecurityContext,
	.MakeSignature              = MakeSignature,
	.VerifySignature            = VerifySignature,
	.FreeContextBuffer          = FreeContextBuffer,
	.QuerySecurityPackageInfoW  = QuerySecurityPackageInfoW,
	.Reserved3                  = (void *)EncryptMessage,
	.Reserved4                  = (void *)DecryptMessage,
	.ExportSecurityContext      = ExportSecurityContext,
	.ImportSecurityContextW     = ImportSecurityContextW,
	.AddCredentialsW            = AddCredentialsW,
	.QuerySecurityContextToken  = QuerySecurityContextToken,
	.EncryptMessage             = EncryptMessage,
	.DecryptMessage             = DecryptMessage,
	.SetContextAttributesW      = SetContextAttributesW,
	.SetCredentialsAttributesW  = SetCredentialsAttributesW,
	.ChangeAccountPasswordW     = ChangeAccountPasswordW,
	.QueryContextAttributesExW  = QueryContextAttributesExW,
	.QueryCredentialsAttributesExW = QueryCredentialsAttributesExW,
};

static SecurityFunctionTableA table_a = {
	.dwVersion                  = TABLE_VERSION,
	.EnumerateSecurityPackagesA = EnumerateSecurityPackagesA,
	.QueryCredentialsAttributesA = QueryCredentialsAttributesA,
	.AcquireCredentialsHandleA  = AcquireCredentialsHandleA,
	.FreeCredentialsHandle      = FreeCredentialsHandle,
	.InitializeSecurityContextA = InitializeSecurityContextA,
	.AcceptSecurityContext      = AcceptSecurityContext,
	.CompleteAuthToken          = CompleteAuthToken,
	.DeleteSecurityContext      = DeleteSecurityContext,
	.ApplyControlToken          = ApplyControlToken,
	.QueryContextAttributesA    = QueryContextAttributesA,
	.ImpersonateSecurityContext = ImpersonateSecurityContext,
	.RevertSecurityContext      = RevertSecurityContext,
	.MakeSignature              = MakeSignature,
	.VerifySignature            = VerifySignature,
	.FreeContextBuffer          = FreeContextBuffer,
	.QuerySecurityPackageInfoA  = QuerySecurityPackageInfoA,
	.Reserved3                  = (void *)EncryptMessage,
	.Reserved4                  = (void *)DecryptMessage,
	.ExportSecurityContext      = ExportSecurityContext,
	.ImportSecurityContextA     = ImportSecurityContextA,
	.AddCredentialsA            = AddCredentialsA,
	.QuerySecurityContextToken  = QuerySecurityContextToken,
	.EncryptMessage             = EncryptMessage,
	.DecryptMessage             = DecryptMessage,
	.SetContextAttributesA      = SetContextAttributesA,
	.SetCredentialsAttributesA  = SetCredentialsAttributesA,
	.ChangeAccountPasswordA     = ChangeAccountPasswordA,
	.QueryContextAttributesExA  = QueryContextAttributesExA,
	.QueryCredentialsAttributesExA = QueryCredentialsAttributesExA,
};

PSecurityFunctionTableW
InitSecurityInterfaceW(VOID)
{
	return &table_w;
}

PSecurityFunctionTableA
InitSecurityInterfaceA(VOID)
{
	return &table_a;
}
