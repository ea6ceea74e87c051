/*
 * plugged.c - a third-party package's half in this process (Windows'
 * SECPKG_USER_FUNCTION_TABLE) behind door two's table. It begins with what
 * the LSA's half handed over, and is known to the package by a number of
 * this process; the LSA's own handle never comes here.
 * A program with privileges that its caller lacks (AT_SECURE) loads nothing.
 */
#include "secur32/plugged.h"

#include "base/nt.h"

#include <dlfcn.h>
#include <ntsecpkg.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/plugin.h"
#include "base/utf16.h"
#include "secur32/memory.h"
#include "secur32/root.h"
#include "secur32/usermode.h"
#include "wire/plug_data.h"

#define HALVES_MAX	8u
#define NAME_ROOM	512u

struct plugged {
	struct user_package package;
	char name[64], why[PLUGIN_WHY];
	const SECPKG_USER_FUNCTION_TABLE *table;	/* NULL: refused, and why */
};

static struct plugged halves[HALVES_MAX];
static unsigned halves_known;
static struct conf *list;
static char list_why[PLUGIN_WHY];
static bool list_read;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct half {
	const struct plugged *p;
	LSA_SEC_HANDLE handle;
	bool server;
	uint32_t grants;
	uint64_t expiry;
	char target[NAME_ROOM], name[NAME_ROOM];	/* UTF-8; the name as DOMAIN\user */
};

/* --- what the package may ask of its process ------------------------------------ */

static PVOID NTAPI
heap(ULONG length)
{
	return buffer_new(BUFFER_CONTEXT, length);
}

static void NTAPI
heap_free(PVOID base)
{
	(void)buffer_free(BUFFER_CONTEXT, base);
}

static NTSTATUS NTAPI
register_callback(ULONG id, PLSA_CALLBACK_FUNCTION callback)
{
	(void)id, (void)callback;
	return STATUS_NOT_SUPPORTED;
}

static VOID *NTAPI
locate_package(ULONG id)
{
	(void)id;
	return NULL;
}

static SECPKG_DLL_FUNCTIONS services = { .AllocateHeap = heap, .FreeHeap = heap_free,
	.RegisterCallback = register_callback, .LocatePackageById = locate_package };

/* --- a half ------------------------------------------------------------------------ */

static void
half_drop(void *half)
{
	struct half *h = half;

	if (!h)
		return;
	if (h->handle && h->p->table->DeleteUserModeContext)
		(void)h->p->table->DeleteUserModeContext(h->handle);
	free(h);
}

static bool
text_take(char to[NAME_ROOM], struct bytes from)
{
	if (from.len >= NAME_ROOM)
		return false;
	bytes_copy(to, from.at, from.len);
	to[from.len] = '\0';
	return true;
}

/* Whom the context is of, as far as the package tells. */
static void
half_name(struct half *h)
{
	SecPkgContext_NamesW names = { 0 };
	struct writer w = writer_of(h->name, NAME_ROOM - 1);
	size_t len = 0;

	if (!h->p->table->QueryContextAttributes ||
	    h->p->table->QueryContextAttributes(h->handle, SECPKG_ATTR_NAMES, &names) != STATUS_SUCCESS || !names.sUserName)
		return;
	while (names.sUserName[len] && len < NAME_ROOM)
		len++;
	if (!utf8_from_utf16(&w, bytes_of(names.sUserName, len * 2)) || !writer_ok(&w))
		h->name[0] = '\0';
	heap_free(names.sUserName);
}

static NTSTATUS
half_begin(struct half *h, unsigned kind, struct bytes data)
{
	static _Atomic uint32_t handles;
	const SECPKG_USER_FUNCTION_TABLE *t = h->p->table;
	SecBuffer packed = { (ULONG)data.len, SECBUFFER_TOKEN, bytes_dup(data) };
	LSA_SEC_HANDLE handle = atomic_fetch_add(&handles, 1) + 1;
	NTSTATUS status = STATUS_NOT_SUPPORTED;

	if (!packed.pvBuffer)
		return STATUS_NO_MEMORY;
	if (kind == PLUG_DATA_FRESH && t->InitUserModeContext)
		status = t->InitUserModeContext(handle, &packed);
	else if (kind == PLUG_DATA_EXPORTED && t->ImportContext)
		status = t->ImportContext(&packed, NULL, &handle);
	bytes_wipe(packed.pvBuffer, data.len);
	free(packed.pvBuffer);
	if (status == STATUS_SUCCESS)
		h->handle = handle;
	return status > 0 ? STATUS_INTERNAL_ERROR : status;
}

static NTSTATUS
half_open(const struct plugged *p, void **ret_half, struct bytes data)
{
	struct reader r = reader_of(data);
	struct half *h = calloc(1, sizeof *h);
	NTSTATUS status = STATUS_INVALID_PARAMETER;
	struct bytes target;
	unsigned kind;

	if (!h)
		return STATUS_NO_MEMORY;
	h->p = p;
	reader_expect_u32(&r, PLUG_LAYOUT);
	kind = reader_u8(&r);
	h->server = reader_u8(&r) != 0;
	reader_skip(&r, 2);
	h->grants = reader_u32(&r);
	h->expiry = reader_u64(&r);
	target = reader_sized(&r, NAME_ROOM - 1);
	data = reader_sized(&r, UINT32_MAX);
	if (reader_done(&r) && text_take(h->target, target))
		status = half_begin(h, kind, data);
	if (status != STATUS_SUCCESS) {
		half_drop(h);
		return status;
	}
	half_name(h);
	*ret_half = h;
	return STATUS_SUCCESS;
}

static void
half_facts(const void *half, struct user_facts *ret)
{
	const struct half *h = half;
	const char *slash = strchr(h->name, '\\');

	*ret = (struct user_facts){ .target = bytes_of_text(h->target), .flags = h->grants, .expiry = h->expiry,
	    .server = h->server, .cipher = "", .signer = "" };
	ret->user = bytes_of_text(slash ? slash + 1 : h->name);
	if (slash)
		ret->domain = bytes_of(h->name, (size_t)(slash - h->name));
}

static NTSTATUS
half_query(void *half, ULONG attribute, void *buffer)
{
	struct half *h = half;

	return h->p->table->QueryContextAttributes ? h->p->table->QueryContextAttributes(h->handle, attribute, buffer) :
	    SEC_E_UNSUPPORTED_FUNCTION;
}

static void
half_sizes(const void *half, SecPkgContext_Sizes *ret)
{
	const struct half *h = half;

	*ret = (SecPkgContext_Sizes){ 0 };
	if (h->p->table->QueryContextAttributes)
		(void)h->p->table->QueryContextAttributes(h->handle, SECPKG_ATTR_SIZES, ret);
}

/* --- messages ------------------------------------------------------------------------- */

#define MISSING(h, slot)	(!(h)->p->table->slot)

static NTSTATUS
half_sign(void *half, ULONG qop, PSecBufferDesc message, ULONG sequence)
{
	struct half *h = half;

	return MISSING(h, MakeSignature) ? SEC_E_UNSUPPORTED_FUNCTION : h->p->table->MakeSignature(h->handle, qop, message, sequence);
}

static NTSTATUS
half_verify(void *half, PSecBufferDesc message, ULONG sequence, ULONG *ret_qop)
{
	struct half *h = half;

	return MISSING(h, VerifySignature) ? SEC_E_UNSUPPORTED_FUNCTION :
	    h->p->table->VerifySignature(h->handle, message, sequence, ret_qop);
}

static NTSTATUS
half_seal(void *half, ULONG qop, PSecBufferDesc message, ULONG sequence)
{
	struct half *h = half;

	return MISSING(h, SealMessage) ? SEC_E_UNSUPPORTED_FUNCTION : h->p->table->SealMessage(h->handle, qop, message, sequence);
}

static NTSTATUS
half_unseal(void *half, PSecBufferDesc message, ULONG sequence, ULONG *ret_qop)
{
	struct half *h = half;

	return MISSING(h, UnsealMessage) ? SEC_E_UNSUPPORTED_FUNCTION :
	    h->p->table->UnsealMessage(h->handle, message, sequence, ret_qop);
}

static NTSTATUS
half_complete(void *half, PSecBufferDesc token)
{
	struct half *h = half;

	return MISSING(h, CompleteAuthToken) ? SEC_E_UNSUPPORTED_FUNCTION : h->p->table->CompleteAuthToken(h->handle, token);
}

static NTSTATUS
half_export(void *half, bool fresh, struct secret **ret_state)
{
	struct half *h = half;
	SecBuffer packed = { 0, SECBUFFER_TOKEN, NULL };
	HANDLE token = NULL;
	struct writer w = writer_of(NULL, 0);
	NTSTATUS status;
	uint8_t *p = NULL;

	if (MISSING(h, ExportContext) || MISSING(h, ImportContext))
		return SEC_E_UNSUPPORTED_FUNCTION;
	status = h->p->table->ExportContext(h->handle, fresh ? SECPKG_CONTEXT_EXPORT_RESET_NEW : 0, &packed, &token);
	if (status != STATUS_SUCCESS)
		return status < 0 ? status : STATUS_INTERNAL_ERROR;
	for (int pass = 0; pass < 2; pass++) {
		if (pass) {
			*ret_state = secret_new(w.need);
			if (!*ret_state) {
				status = STATUS_NO_MEMORY;
				break;
			}
			WITH_SECRET(p, *ret_state)
				w = writer_of(p, w.need);
		}
		writer_u32(&w, PLUG_LAYOUT);
		writer_u8(&w, PLUG_DATA_EXPORTED);
		writer_u8(&w, h->server);
		writer_u16(&w, 0);
		writer_u32(&w, h->grants);
		writer_u64(&w, h->expiry);
		writer_sized(&w, bytes_of_text(h->target));
		writer_sized(&w, bytes_of(packed.pvBuffer, packed.cbBuffer));
	}
	heap_free(packed.pvBuffer);		/* wiped */
	return status;
}

/* --- loading ------------------------------------------------------------------------------ */

/* Our table does not say whose half is to be opened: one function for each place. */
#define PLACE(n) \
	static NTSTATUS open_##n(void **ret_half, struct bytes data) { return half_open(&halves[n], ret_half, data); }

PLACE(0) PLACE(1) PLACE(2) PLACE(3) PLACE(4) PLACE(5) PLACE(6) PLACE(7)

static void
tables_take(struct plugged *p, const char *path)
{
	union { void *at; SpUserModeInitializeFn *call; } entry = { .at = NULL };
	SECPKG_USER_FUNCTION_TABLE *tables = NULL;
	void *module = plugin_load(path, p->why), *unused = NULL;
	ULONG version = 0, count = 0;
	NTSTATUS status;

	if (!module)
		return;
	entry.at = dlsym(module, SECPKG_USERMODEINIT_NAME);
	if (!entry.at) {
		(void)snprintf(p->why, sizeof p->why, "%.200s has no function %s: the package has no half for applications", path,
		    SECPKG_USERMODEINIT_NAME);
		return;
	}
	status = entry.call(SECPKG_INTERFACE_VERSION, &version, &tables, &count);
	if (status == STATUS_SUCCESS && tables && count == 1 && tables->InstanceInit)
		status = tables->InstanceInit(SECPKG_INTERFACE_VERSION, &services, &unused);
	if (status == STATUS_SUCCESS && tables && count == 1)
		p->table = tables;
	else
		(void)snprintf(p->why, sizeof p->why, "%.200s: %s returned 0x%08X and %u tables, but success and one were needed", path,
		    SECPKG_USERMODEINIT_NAME, (unsigned)status, (unsigned)count);
}

/* Under the lock, once for each name that the list has. */
static const struct plugged *
half_load(const char *name, const char *path)
{
	static NTSTATUS (*const opens[HALVES_MAX])(void **, struct bytes) = { open_0, open_1, open_2, open_3, open_4, open_5, open_6,
		open_7 };
	struct plugged *p = &halves[halves_known];

	if (halves_known == HALVES_MAX)
		return NULL;
	(void)snprintf(p->name, sizeof p->name, "%s", name);
	tables_take(p, path);
	p->package = (struct user_package){ .name = p->name, .layout = PLUG_LAYOUT, .open = opens[halves_known], .drop = half_drop,
	    .facts = half_facts, .sizes = half_sizes, .sign = half_sign, .verify = half_verify, .seal = half_seal,
	    .unseal = half_unseal, .export = half_export, .query = half_query, .complete = half_complete };
	halves_known++;
	return p;
}

/* Under the lock. */
static void
list_take(void)
{
	const char *path = root_packages(MODE_DAEMON);

	if (list_read)
		return;
	list_read = true;
	if (!path)
		path = root_packages(MODE_EMBEDDED);
	if (!path)
		(void)snprintf(list_why, sizeof list_why, "no list of third-party packages is in use");
	else if (plugin_list(&list, path, list_why) != PLUGIN_OK)
		list = NULL;
}

/* Under the lock. */
static const struct plugged *
find(const char *name)
{
	list_take();
	for (unsigned i = 0; i < halves_known; i++)
		if (strcasecmp(halves[i].name, name) == 0)
			return &halves[i];
	for (size_t i = 0; list && i < conf_count(list); i++)
		if (strcasecmp(conf_at(list, i)->key, name) == 0)
			return half_load(conf_at(list, i)->key, conf_at(list, i)->value);
	return NULL;
}

const struct user_package *
plugged_find(const char *name)
{
	const struct plugged *p;

	pthread_mutex_lock(&lock);
	p = find(name);
	pthread_mutex_unlock(&lock);
	return p && p->table ? &p->package : NULL;
}

const char *
plugged_why(const char *name)
{
	const struct plugged *p;

	pthread_mutex_lock(&lock);
	p = find(name);
	pthread_mutex_unlock(&lock);
	return p ? p->why : *list_why ? list_why : "root's list of packages does not name it";
}
