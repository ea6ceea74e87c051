/*
 * blocking_table.c - what the LSA does for a third-party package: the two
 * function tables of ntsecpkg.h. Each function works for the task that this
 * thread runs; a thread of the package's own has none. What is not done
 * here answers STATUS_NOT_SUPPORTED (NULL, FALSE), and no slot is empty.
 *
 * Memory of the client is not mapped into the LSA. Its addresses are numbers
 * that mean something to these functions alone, so a package that looks
 * behind one without CopyFromClientBuffer finds nothing at all.
 */
#include "lsa/blocking.h"

#include <stdlib.h>

#include "crypto/scramble.h"

/* No address of either process is ever one of these: they are not canonical. On 32 bits, the kernel's. */
#if UINTPTR_MAX > 0xffffffffu
#define CLIENT_BASE	0x5a5a000000000000ull
#define CLIENT_STEP	0x0000000100000000ull
#else
#define CLIENT_BASE	0xc0000000ull
#define CLIENT_STEP	0x01000000ull
#endif
#define REGIONS_MAX	32u
#define REGION_MAX	(1u << 20)

/* --- heap --------------------------------------------------------------------- */

struct block {
	size_t len;
	_Alignas(16) uint8_t at[];
};

void *
plug_heap(size_t len)
{
	struct block *b = len <= SIZE_MAX - sizeof *b ? calloc(1, sizeof *b + len) : NULL;

	if (!b)
		return NULL;
	b->len = len;
	return b->at;
}

/* Wiped: nobody knows what stood there. */
void
plug_heap_free(void *at)
{
	struct block *b = at ? (struct block *)(void *)((uint8_t *)at - offsetof(struct block, at)) : NULL;

	if (!b)
		return;
	bytes_wipe(b->at, b->len);
	free(b);
}

static PVOID NTAPI
allocate_lsa_heap(ULONG length)
{
	return plug_heap(length);
}

static PVOID NTAPI
allocate_private_heap(SIZE_T length)
{
	return plug_heap(length);
}

static void NTAPI
free_heap(PVOID base)
{
	plug_heap_free(base);
}

/* Unreadable in place, under a key of this process; wiped where that cannot be. */
static void NTAPI
protect_memory(PVOID buffer, ULONG len)
{
	if (buffer && !scramble(buffer, len, SCRAMBLE_PACKAGE))
		bytes_wipe(buffer, len);
}

static void NTAPI
unprotect_memory(PVOID buffer, ULONG len)
{
	if (buffer && !unscramble(buffer, len, SCRAMBLE_PACKAGE))
		bytes_wipe(buffer, len);
}

/* --- memory of the client ---------------------------------------------------------- */

uint64_t
region_new(struct plug_task *t, struct bytes from, size_t len)
{
	struct plug_region *r;

	if (t->region_count >= REGIONS_MAX || len > REGION_MAX || from.len > len)
		return 0;
	r = calloc(1, sizeof *r);
	if (r)
		r->at = calloc(1, len ? len : 1);
	if (!r || !r->at) {
		free(r);
		return 0;
	}
	bytes_copy(r->at, from.at, from.len);
	r->len = len;
	r->base = CLIENT_BASE + CLIENT_STEP * t->region_count++;
	r->next = t->regions;
	t->regions = r;
	return r->base;
}

struct plug_region *
region_at(struct plug_task *t, uint64_t address, size_t len)
{
	for (struct plug_region *r = t->regions; r; r = r->next)
		if (address >= r->base && address - r->base <= r->len && len <= r->len - (address - r->base))
			return r;
	return NULL;
}

static void
region_drop(struct plug_region **at)
{
	struct plug_region *r = *at;

	*at = r->next;
	bytes_wipe(r->at, r->len);
	free(r->at);
	free(r);
}

void
regions_drop(struct plug_task *t)
{
	while (t->regions)
		region_drop(&t->regions);
}

/* NULL is the current request; another than that is none. */
static struct plug_task *
task_of(PLSA_CLIENT_REQUEST request)
{
	struct plug_task *t = task_current();

	return !request || (void *)request == (void *)t ? t : NULL;
}

static NTSTATUS NTAPI
allocate_client_buffer(PLSA_CLIENT_REQUEST request, ULONG length, PVOID *ret_address)
{
	struct plug_task *t = task_of(request);
	uint64_t base;

	if (!t)
		return STATUS_INVALID_SERVER_STATE;
	if (!ret_address)
		return STATUS_INVALID_PARAMETER;
	base = region_new(t, BYTES_NONE, length);
	if (!base)
		return STATUS_NO_MEMORY;
	*ret_address = (PVOID)(uintptr_t)base;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI
free_client_buffer(PLSA_CLIENT_REQUEST request, PVOID address)
{
	struct plug_task *t = task_of(request);

	if (!t)
		return STATUS_INVALID_SERVER_STATE;
	for (struct plug_region **at = &t->regions; *at; at = &(*at)->next)
		if ((*at)->base == (uint64_t)(uintptr_t)address) {
			region_drop(at);
			return STATUS_SUCCESS;
		}
	return STATUS_INVALID_PARAMETER;
}

/* What stands there; NULL: the client has no such memory. */
static uint8_t *
client_at(struct plug_task *t, const void *address, size_t len)
{
	struct plug_region *r = region_at(t, (uintptr_t)address, len);

	return r ? r->at + ((uintptr_t)address - r->base) : NULL;
}

static NTSTATUS NTAPI
copy_to_client(PLSA_CLIENT_REQUEST request, ULONG length, PVOID address, PVOID from)
{
	struct plug_task *t = task_of(request);
	uint8_t *at = t ? client_at(t, address, length) : NULL;

	if (!t)
		return STATUS_INVALID_SERVER_STATE;
	if (!at || (length && !from))
		return STATUS_ACCESS_VIOLATION;
	bytes_copy(at, from, length);
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI
copy_from_client(PLSA_CLIENT_REQUEST request, ULONG length, PVOID to, PVOID address)
{
	struct plug_task *t = task_of(request);
	const uint8_t *at = t ? client_at(t, address, length) : NULL;

	if (!t)
		return STATUS_INVALID_SERVER_STATE;
	if (!at || (length && !to))
		return STATUS_ACCESS_VIOLATION;
	bytes_copy(to, at, length);
	return STATUS_SUCCESS;
}

/* Buffers of legs come mapped. */
static NTSTATUS NTAPI
map_buffer(PSecBuffer in, PSecBuffer out)
{
	if (!in || !out)
		return STATUS_INVALID_PARAMETER;
	*out = *in;
	return STATUS_SUCCESS;
}

/* --- who calls ------------------------------------------------------------------------ */

static NTSTATUS NTAPI
get_client_info(PSECPKG_CLIENT_INFO info)
{
	struct plug_task *t = task_current();

	if (!t)
		return STATUS_INVALID_SERVER_STATE;
	if (!info)
		return STATUS_INVALID_PARAMETER;
	*info = (SECPKG_CLIENT_INFO){
		.LogonId = plug_luid_of(t->caller.luid),
		.ProcessID = t->caller.pid, .HasTcbPrivilege = t->caller.tcb, .ImpersonationLevel = SecurityImpersonation,
	};
	return STATUS_SUCCESS;
}

static BOOLEAN NTAPI
get_call_info(PSECPKG_CALL_INFO info)
{
	struct plug_task *t = task_current();

	if (!t || !info)
		return FALSE;
	*info = (SECPKG_CALL_INFO){ .ProcessId = t->caller.pid, .CallCount = 1,
	    .Attributes = t->attributes | (t->caller.near ? SECPKG_CALL_IN_PROC : 0) | (t->caller.tcb ? SECPKG_CALL_IS_TCB : 0) };
	return TRUE;
}

static NTSTATUS NTAPI
get_extended_call_flags(ULONG *flags)
{
	if (!flags)
		return STATUS_INVALID_PARAMETER;
	*flags = 0;
	return STATUS_SUCCESS;
}

/* --- the tables ------------------------------------------------------------------------- */

/* The arguments are the caller's to clean up, so one function without any stands for all. */
static NTSTATUS
not_supported(void)
{
	return STATUS_NOT_SUPPORTED;
}

static void *
nothing(void)
{
	return NULL;
}

static void
done(void)
{
}

#define UNSUPPORTED(slot)	.slot = (__typeof__(plug_services.slot))(void (*)(void))not_supported
#define NOTHING(slot)		.slot = (__typeof__(plug_services.slot))(void (*)(void))nothing
#define DONE(slot)		.slot = (__typeof__(plug_services.slot))(void (*)(void))done

LSA_SECPKG_FUNCTION_TABLE plug_services = {
	.CreateLogonSession   = plug_create_session,
	.DeleteLogonSession   = plug_delete_session,
	.AddCredential        = plug_add_credential,
	.GetCredentials       = plug_get_credentials,
	.DeleteCredential     = plug_delete_credential,
	.AllocateLsaHeap      = allocate_lsa_heap,
	.FreeLsaHeap          = free_heap,
	.AllocateClientBuffer = allocate_client_buffer,
	.FreeClientBuffer     = free_client_buffer,
	.CopyToClientBuffer   = copy_to_client,
	.CopyFromClientBuffer = copy_from_client,
	UNSUPPORTED(ImpersonateClient),
	UNSUPPORTED(UnloadPackage),
	.DuplicateHandle      = plug_duplicate_handle,
	UNSUPPORTED(SaveSupplementalCredentials),
	.CreateThread         = plug_create_thread,
	.GetClientInfo        = get_client_info,
	.RegisterNotification = plug_register_notification,
	.CancelNotification   = plug_cancel_notification,
	.MapBuffer            = map_buffer,
	.CreateToken          = plug_create_token,
	.AuditLogon           = plug_audit_logon,
	UNSUPPORTED(CallPackage),
	.FreeReturnBuffer     = free_heap,
	.GetCallInfo          = get_call_info,
	UNSUPPORTED(CallPackageEx),
	NOTHING(CreateSharedMemory),
	NOTHING(AllocateSharedMemory),
	DONE(FreeSharedMemory),
	NOTHING(DeleteSharedMemory),
	.OpenSamUser          = plug_open_user,
	UNSUPPORTED(GetUserCredentials),
	.GetUserAuthData      = plug_user_auth_data,
	.CloseSamUser         = plug_close_user,
	.ConvertAuthDataToToken = plug_auth_data_to_token,
	UNSUPPORTED(ClientCallback),
	UNSUPPORTED(UpdateCredentials),
	.GetAuthDataForUser   = plug_auth_data_for_user,
	UNSUPPORTED(CrackSingleName),
	UNSUPPORTED(AuditAccountLogon),
	UNSUPPORTED(CallPackagePassthrough),
	UNSUPPORTED(CrediRead),
	UNSUPPORTED(CrediReadDomainCredentials),
	DONE(CrediFreeCredentials),
	.LsaProtectMemory     = protect_memory,
	.LsaUnprotectMemory   = unprotect_memory,
	UNSUPPORTED(OpenTokenByLogonId),
	.ExpandAuthDataForDomain = plug_expand_auth_data,
	.AllocatePrivateHeap  = allocate_private_heap,
	.FreePrivateHeap      = free_heap,
	.CreateTokenEx        = plug_create_token_ex,
	UNSUPPORTED(CrediWrite),
	UNSUPPORTED(CrediUnmarshalandDecodeString),
	.GetExtendedCallFlags = get_extended_call_flags,
	.DuplicateTokenHandle = plug_duplicate_handle,
	UNSUPPORTED(GetServiceAccountPassword),
	.AuditLogonEx         = plug_audit_logon_ex,
	.CheckProtectedUserByToken = plug_check_protected,
	UNSUPPORTED(QueryClientRequest),
	UNSUPPORTED(GetAppModeInfo),
	UNSUPPORTED(SetAppModeInfo),
};

LSA_DISPATCH_TABLE plug_dispatch = {
	.CreateLogonSession   = plug_create_session,
	.DeleteLogonSession   = plug_delete_session,
	.AddCredential        = plug_add_credential,
	.GetCredentials       = plug_get_credentials,
	.DeleteCredential     = plug_delete_credential,
	.AllocateLsaHeap      = allocate_lsa_heap,
	.FreeLsaHeap          = free_heap,
	.AllocateClientBuffer = allocate_client_buffer,
	.FreeClientBuffer     = free_client_buffer,
	.CopyToClientBuffer   = copy_to_client,
	.CopyFromClientBuffer = copy_from_client,
};
