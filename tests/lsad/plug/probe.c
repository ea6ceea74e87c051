/*
 * probe.c - a package that tries what the LSA does for packages, and tells
 * what came of it: threads, notifications, credentials, protected memory,
 * accounts, tokens, control tokens, what is said of a session. Built against
 * an installation alone.
 */
#include "probe.h"

#include <ntsecpkg.h>
#include <ntstatus.h>

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static PLSA_SECPKG_FUNCTION_TABLE lsa;
static ULONG package;
static _Atomic ULONG ticks, ran, once;
static _Atomic NTSTATUS on_thread;
static HANDLE ticking;
static struct { ULONG count, type[4], len[4], sum; } controlled;

/* --- threads of its own ----------------------------------------------------------- */

static DWORD
tick(LPVOID counter)
{
	atomic_fetch_add((_Atomic ULONG *)counter, 1);
	return 0;
}

static DWORD
thread(LPVOID counter)
{
	SECPKG_CLIENT_INFO info;

	atomic_store(&on_thread, lsa->GetClientInfo(&info));	/* it serves nobody */
	return tick(counter);
}

static NTSTATUS NTAPI
initialize(ULONG_PTR id, PSECPKG_PARAMETERS parameters, PLSA_SECPKG_FUNCTION_TABLE functions)
{
	(void)parameters;
	lsa = functions;
	package = (ULONG)id;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI
get_info(PSecPkgInfoW info)
{
	static WCHAR name[] = { 'P', 'r', 'o', 'b', 'e', 0 };

	*info = (SecPkgInfoW){ .fCapabilities = SECPKG_FLAG_LOGON, .wVersion = 1, .wRPCID = SECPKG_ID_NONE, .cbMaxToken = 64,
	    .Name = name };
	return STATUS_SUCCESS;
}

static void
threads(struct probe_answer *a)
{
	ULONG id = 0;

	ticking = lsa->RegisterNotification(tick, (LPVOID)&ticks, NOTIFIER_TYPE_INTERVAL, 0, NOTIFIER_FLAG_SECONDS, 1, NULL);
	a->number[0] = ticking != NULL;
	a->number[1] = lsa->RegisterNotification(tick, (LPVOID)&once, NOTIFIER_TYPE_IMMEDIATE, 0, 0, 0, NULL) != NULL;
	a->number[2] = lsa->CreateThread(NULL, 0, thread, (LPVOID)&ran, 0, &id) != NULL && id != 0;
	a->number[3] = lsa->RegisterNotification(tick, NULL, NOTIFIER_TYPE_HANDLE_WAIT, 0, 0, 0, NULL) == NULL &&
	    lsa->RegisterNotification(tick, NULL, NOTIFIER_TYPE_INTERVAL, 0, 0, 0, NULL) == NULL;
	(void)usleep(2300000);
	a->number[4] = atomic_load(&ticks);
	a->number[5] = atomic_load(&once);
	a->number[6] = atomic_load(&ran);
	a->status[0] = atomic_load(&on_thread);
}

static void
cancel(struct probe_answer *a)
{
	a->status[0] = lsa->CancelNotification(ticking);
	a->status[1] = lsa->CancelNotification(ticking);
	a->number[0] = atomic_load(&ticks);
	(void)usleep(1300000);
	a->number[1] = atomic_load(&ticks);
}

/* --- credentials and memory ---------------------------------------------------------- */

static LSA_STRING
text(const char *s)
{
	return (LSA_STRING){ (USHORT)strlen(s), (USHORT)strlen(s), (PCHAR)(uintptr_t)s };
}

static void
credentials(struct probe_answer *a)
{
	SECPKG_CLIENT_INFO info;
	LSA_STRING keys[2] = { text("one"), text("two") }, values[2] = { text("first"), text("second") }, key, value;
	ULONG query = 0, seen = 0, len;

	a->status[0] = lsa->GetClientInfo(&info);
	for (int i = 0; i < 2; i++)
		a->status[1 + i] = lsa->AddCredential(&info.LogonId, package, &keys[i], &values[i]);
	for (int i = 0; i < 3; i++) {
		NTSTATUS st = lsa->GetCredentials(&info.LogonId, package, &query, TRUE, &key, &len, &value);

		a->status[3 + i] = st;
		if (st < 0)
			continue;
		for (unsigned k = 0; k < 2; k++)
			if (key.Length == keys[k].Length && memcmp(key.Buffer, keys[k].Buffer, key.Length) == 0 &&
			    value.Length == values[k].Length && memcmp(value.Buffer, values[k].Buffer, value.Length) == 0)
				seen |= 1u << k;
		lsa->FreeLsaHeap(key.Buffer);
		lsa->FreeLsaHeap(value.Buffer);
	}
	a->number[0] = seen;
	a->status[6] = lsa->GetCredentials(&info.LogonId, package, NULL, FALSE, &keys[0], &len, &value);
	a->number[1] = value.Length == 5 && memcmp(value.Buffer, "first", 5) == 0;
	lsa->FreeLsaHeap(value.Buffer);
	/* Of another package: none of its business. */
	a->status[7] = lsa->GetCredentials(&info.LogonId, package + 1, NULL, FALSE, &keys[0], &len, &value);
	a->status[8] = lsa->DeleteCredential(&info.LogonId, package, &keys[0]);
	a->status[9] = lsa->GetCredentials(&info.LogonId, package, NULL, FALSE, &keys[0], &len, &value);
	a->status[10] = lsa->DeleteCredential(&info.LogonId, package, &keys[1]);
	info.LogonId = (LUID){ 0x7fffffff, 1 };
	a->status[11] = lsa->AddCredential(&info.LogonId, package, &keys[0], &values[0]);
}

static void
protect(struct probe_answer *a)
{
	static const char secret[] = "a secret of 21 bytes!";
	char copy[sizeof secret];
	unsigned same = 0;

	memcpy(copy, secret, sizeof copy);
	lsa->LsaProtectMemory(copy, sizeof copy);
	for (size_t i = 0; i < sizeof copy; i++)
		same += copy[i] == secret[i];
	a->number[0] = same;			/* by chance alone */
	lsa->LsaUnprotectMemory(copy, sizeof copy);
	a->number[1] = memcmp(copy, secret, sizeof copy) == 0;
}

/* --- accounts ---------------------------------------------------------------------------- */

static void
account(struct probe_answer *a, UNICODE_STRING *name)
{
	PVOID user = NULL;
	PUCHAR data = NULL, more = NULL;
	ULONG len = 0, more_len = 0;
	UNICODE_STRING flat = { 0 };
	HANDLE token = NULL;
	LUID luid = { 0, 0 };
	NTSTATUS substatus;

	a->status[0] = lsa->OpenSamUser(name, SecNameSamCompatible, NULL, FALSE, 0, &user);
	a->status[1] = lsa->OpenSamUser(name, SecNameSPN, NULL, FALSE, 0, &user);
	if (a->status[0] != STATUS_SUCCESS)
		return;
	a->status[2] = lsa->GetUserAuthData(user, &data, &len);
	a->status[3] = lsa->GetUserCredentials(user, NULL, NULL, NULL, NULL);
	a->status[4] = lsa->ExpandAuthDataForDomain(data, len, NULL, &more, &more_len);
	a->number[0] = len && len == more_len && memcmp(data, more, len) == 0;
	lsa->FreeLsaHeap(data);
	a->status[5] = lsa->GetAuthDataForUser(name, SecNameSamCompatible, NULL, &data, &len, &flat);
	a->number[1] = flat.Length == name->Length;
	lsa->FreeLsaHeap(data);
	lsa->FreeLsaHeap(flat.Buffer);
	a->status[6] = lsa->CloseSamUser(user);
	a->status[7] = lsa->ConvertAuthDataToToken(more, more_len - 1, SecurityImpersonation, NULL, Network, NULL, &token, &luid, NULL,
	    &substatus);
	more[0] ^= 1;
	a->status[8] = lsa->ConvertAuthDataToToken(more, more_len, SecurityImpersonation, NULL, Network, NULL, &token, &luid, NULL,
	    &substatus);
	lsa->FreeLsaHeap(more);
}

static void
unsupported(struct probe_answer *a)
{
	PVOID back = NULL;
	ULONG len = 0;
	NTSTATUS verdict = 0;
	UNICODE_STRING name = { 0 };

	a->status[0] = lsa->ImpersonateClient();
	a->status[1] = lsa->CallPackage(&name, NULL, 0, &back, &len, &verdict);
	a->status[2] = lsa->ClientCallback(NULL, 0, 0, NULL, NULL);
	a->status[3] = lsa->UpdateCredentials(NULL, NULL);
	a->status[4] = lsa->CrackSingleName(0, FALSE, &name, &name, 0, &name, &name, &len);
	a->status[5] = lsa->GetServiceAccountPassword(&name, &name, CredFetchDefault, NULL, NULL, NULL, NULL);
	a->status[6] = lsa->UnloadPackage();
	a->number[0] = lsa->CreateSharedMemory(4096, 4096) == NULL;
}

static NTSTATUS NTAPI
call_package(PLSA_CLIENT_REQUEST request, PVOID submit, PVOID base, ULONG len, PVOID *ret_buffer, PULONG ret_len,
    PNTSTATUS ret_verdict)
{
	struct probe_answer a = { { 0 }, { 0 } };
	SECPKG_CLIENT_INFO info;
	struct probe_ask ask;
	UNICODE_STRING name = { .Buffer = ask.name };

	(void)base;
	*ret_verdict = STATUS_INVALID_PARAMETER;
	if (len != sizeof ask)
		return STATUS_SUCCESS;
	memcpy(&ask, submit, sizeof ask);
	name.Length = name.MaximumLength = ask.length <= sizeof ask.name ? ask.length : 0;
	switch (ask.type) {
	case PROBE_THREADS:
		threads(&a);
		break;
	case PROBE_CANCEL:
		cancel(&a);
		break;
	case PROBE_CREDENTIALS:
		credentials(&a);
		break;
	case PROBE_PROTECT:
		protect(&a);
		break;
	case PROBE_ACCOUNT:
		account(&a, &name);
		break;
	case PROBE_UNSUPPORTED:
		unsupported(&a);
		break;
	case PROBE_CONTROL:
		a.number[0] = controlled.count;
		memcpy(a.number + 1, controlled.type, sizeof controlled.type);
		memcpy(a.number + 5, controlled.len, sizeof controlled.len);
		a.number[9] = controlled.sum;
		break;
	case PROBE_CALLER:
		a.status[0] = lsa->GetClientInfo(&info);
		a.number[0] = info.ProcessID;
		a.number[1] = info.HasTcbPrivilege;
		break;
	default:
		return STATUS_SUCCESS;
	}
	*ret_verdict = lsa->AllocateClientBuffer(request, sizeof a, ret_buffer);
	*ret_len = sizeof a;
	return lsa->CopyToClientBuffer(request, sizeof a, *ret_buffer, &a);
}

/* --- contexts: the token is the name of whom it lets in ------------------------------------- */

static NTSTATUS NTAPI
acquire(PUNICODE_STRING principal, ULONG use, PLUID luid, PVOID identity, PVOID get_key, PVOID get_key_arg,
    PLSA_SEC_HANDLE ret_handle, PTimeStamp expiry)
{
	(void)principal, (void)use, (void)luid, (void)identity, (void)get_key, (void)get_key_arg, (void)expiry;
	*ret_handle = 1;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI
forget(LSA_SEC_HANDLE handle)
{
	(void)handle;
	return STATUS_SUCCESS;
}

/* S-1-5-21-1-2-3-RID */
struct sid_rid { UCHAR head[8]; ULONG sub[5]; };
#define SID_RID(rid)	{ { 1, 5, 0, 0, 0, 0, 0, 5 }, { 21, 1, 2, 3, rid } }

static NTSTATUS
stranger(UNICODE_STRING *name)
{
	struct sid_rid sid = SID_RID(1001), first = SID_RID(513), more = SID_RID(525);
	TOKEN_GROUPS own = { 1, { { &first, 7 } } }, extra = { 1, { { &more, 7 } } };
	LSA_TOKEN_INFORMATION_V2 info = { .User.User.Sid = &sid, .Groups = &own };
	SECPKG_PRIMARY_CRED primary = { .DownlevelName = *name };
	LUID luid = { 0, 0 };
	BOOLEAN is = FALSE;
	HANDLE token, again = NULL;
	NTSTATUS substatus, st = lsa->CreateLogonSession(&luid);

	if (st == STATUS_SUCCESS)
		st = lsa->CreateTokenEx(&luid, NULL, Network, SecurityIdentification, LsaTokenInformationV2, &info, &extra, NULL, NULL,
		    &primary, SecSessionPrimaryCred, &token, &substatus);
	if (st == STATUS_SUCCESS)
		st = lsa->CheckProtectedUserByToken(token, &is);
	if (st == STATUS_SUCCESS && (!is || lsa->DuplicateTokenHandle(token, &again) != STATUS_SUCCESS || again != token))
		st = STATUS_INTERNAL_ERROR;
	lsa->AuditLogonEx(STATUS_LOGON_FAILURE, STATUS_WRONG_PASSWORD, name, NULL, NULL, &sid, Network, SecurityDelegation, NULL, &luid);
	return st;
}

static NTSTATUS
known(UNICODE_STRING *name)
{
	WCHAR at[] = { 'H', 'E', 'R', 'E' };
	UNICODE_STRING authority = { sizeof at, sizeof at, at }, who = { 0 };
	PUCHAR data = NULL;
	ULONG len = 0;
	HANDLE token;
	LUID luid;
	BOOLEAN is = TRUE;
	NTSTATUS substatus, st = lsa->GetAuthDataForUser(name, SecNameSamCompatible, NULL, &data, &len, NULL);

	if (st == STATUS_SUCCESS)
		st = lsa->ConvertAuthDataToToken(data, len, SecurityImpersonation, NULL, Network, &authority, &token, &luid, &who,
		    &substatus);
	if (st == STATUS_SUCCESS)
		st = lsa->CheckProtectedUserByToken(token, &is);
	if (st == STATUS_SUCCESS && (is || who.Length == 0))
		st = STATUS_INTERNAL_ERROR;
	lsa->FreeLsaHeap(data);
	lsa->FreeLsaHeap(who.Buffer);
	return st;
}

static NTSTATUS NTAPI
init(LSA_SEC_HANDLE cred, LSA_SEC_HANDLE context, PUNICODE_STRING target, ULONG wants, ULONG data_rep, PSecBufferDesc in,
    PLSA_SEC_HANDLE ret_context, PSecBufferDesc out, PULONG grants, PTimeStamp expiry, PBOOLEAN mapped, PSecBuffer data)
{
	(void)cred, (void)context, (void)wants, (void)data_rep, (void)in, (void)grants, (void)expiry, (void)mapped, (void)data;
	memcpy(out->pBuffers[0].pvBuffer, target->Buffer, target->Length);
	out->pBuffers[0].cbBuffer = target->Length;
	*ret_context = 2;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI
accept_context(LSA_SEC_HANDLE cred, LSA_SEC_HANDLE context, PSecBufferDesc in, ULONG wants, ULONG data_rep,
    PLSA_SEC_HANDLE ret_context, PSecBufferDesc out, PULONG grants, PTimeStamp expiry, PBOOLEAN mapped, PSecBuffer data)
{
	WCHAR name[32] = { 0 };
	UNICODE_STRING who = { .Buffer = name };

	(void)cred, (void)context, (void)wants, (void)data_rep, (void)grants, (void)expiry, (void)mapped, (void)data;
	out->pBuffers[0].cbBuffer = 0;
	if (!in->cBuffers || in->pBuffers[0].cbBuffer > sizeof name)
		return SEC_E_INVALID_TOKEN;
	memcpy(name, in->pBuffers[0].pvBuffer, in->pBuffers[0].cbBuffer);
	who.Length = who.MaximumLength = (USHORT)in->pBuffers[0].cbBuffer;
	*ret_context = 3;
	return name[0] == '!' ? stranger(&who) : known(&who);
}

static NTSTATUS NTAPI
control(LSA_SEC_HANDLE context, PSecBufferDesc in)
{
	if (context != 3)
		return SEC_E_LOGON_DENIED;
	controlled.count = in->cBuffers;
	controlled.sum = 0;
	for (ULONG i = 0; i < in->cBuffers && i < 4; i++) {
		controlled.type[i] = in->pBuffers[i].BufferType;
		controlled.len[i] = in->pBuffers[i].cbBuffer;
		for (ULONG k = 0; k < in->pBuffers[i].cbBuffer; k++)
			controlled.sum += ((UCHAR *)in->pBuffers[i].pvBuffer)[k];
	}
	return STATUS_SUCCESS;
}

/* --- logons: anybody, as its own stranger ---------------------------------------------------- */

static PVOID
copied(const void *from, size_t len)
{
	PVOID at = lsa->AllocateLsaHeap((ULONG)len);

	if (at)
		memcpy(at, from, len);
	return at;
}

static PUNICODE_STRING
text_new(const void *from, USHORT len)
{
	UNICODE_STRING s = { len, len, copied(from, len) };

	return copied(&s, sizeof s);
}

static NTSTATUS NTAPI
logon_user(PLSA_CLIENT_REQUEST request, SECURITY_LOGON_TYPE type, PVOID body, PVOID base, ULONG len, PVOID *ret_profile,
    PULONG ret_profile_len, PLUID ret_luid, PNTSTATUS substatus, PLSA_TOKEN_INFORMATION_TYPE ret_kind, PVOID *ret_information,
    PLSA_UNICODE_STRING *ret_account, PLSA_UNICODE_STRING *ret_authority)
{
	static const WCHAR authority[] = { 'P', 'R' };
	struct sid_rid sid = SID_RID(1002);
	struct probe_ask ask;
	LSA_TOKEN_INFORMATION_V1 info = { .User.User.Sid = NULL };
	NTSTATUS st;

	(void)request, (void)type, (void)base;
	*ret_profile = NULL;
	*ret_profile_len = 0;
	*substatus = STATUS_SUCCESS;
	*ret_luid = (LUID){ 0, 0 };
	if (len != sizeof ask)
		return STATUS_LOGON_FAILURE;
	memcpy(&ask, body, sizeof ask);
	st = lsa->CreateLogonSession(ret_luid);
	if (st != STATUS_SUCCESS)
		return st;
	info.User.User.Sid = copied(&sid, sizeof sid);
	*ret_kind = LsaTokenInformationV1;
	*ret_information = copied(&info, sizeof info);
	*ret_account = text_new(ask.name, ask.length <= sizeof ask.name ? ask.length : 0);
	*ret_authority = text_new(authority, sizeof authority);
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI
get_user_info(PLUID luid, ULONG flags, PSecurityUserData *ret_data)
{
	static const WCHAR server[] = { 'P', 'R', 'O', 'B', 'E', 'D' };
	SECURITY_USER_DATA *data = lsa->AllocateLsaHeap(sizeof *data + sizeof server);

	(void)flags;
	if (!data || !luid->LowPart)
		return STATUS_NO_MEMORY;
	memcpy(data + 1, server, sizeof server);
	data->LogonServer = (SECURITY_STRING){ sizeof server, sizeof server, (PVOID)(data + 1) };
	*ret_data = data;
	return STATUS_SUCCESS;
}

static SECPKG_FUNCTION_TABLE table = { .Initialize = initialize, .GetInfo = get_info, .AcquireCredentialsHandle = acquire,
	.FreeCredentialsHandle = forget, .InitLsaModeContext = init, .AcceptLsaModeContext = accept_context, .DeleteContext = forget,
	.ApplyControlToken = control, .CallPackageUntrusted = call_package, .LogonUser = logon_user, .GetUserInfo = get_user_info };

NTSTATUS NTAPI SpLsaModeInitialize(ULONG version, PULONG package_version, PSECPKG_FUNCTION_TABLE *ret_tables, PULONG ret_count);

NTSTATUS NTAPI
SpLsaModeInitialize(ULONG version, PULONG package_version, PSECPKG_FUNCTION_TABLE *ret_tables, PULONG ret_count)
{
	(void)version;
	*package_version = SECPKG_INTERFACE_VERSION;
	*ret_tables = &table;
	*ret_count = 1;
	return STATUS_SUCCESS;
}
