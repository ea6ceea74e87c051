/*
 * sharedkey_user.c - the half in the application: signs, seals, and answers
 * questions about a context, with the keys that the LSA's half handed over.
 * It keeps its own table of contexts, by the handle that it is given.
 */
#include "sharedkey.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PARTS_MAX 16u

struct context {
	struct context *next;
	LSA_SEC_HANDLE handle;
	struct sk_handed s;
};

static struct context *contexts;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static PSECPKG_DLL_FUNCTIONS services;

static struct context *
find(LSA_SEC_HANDLE handle)
{
	struct context *c;

	pthread_mutex_lock(&lock);
	for (c = contexts; c && c->handle != handle; c = c->next)
		;
	pthread_mutex_unlock(&lock);
	return c;
}

static NTSTATUS NTAPI
instance_init(ULONG version, PSECPKG_DLL_FUNCTIONS functions, PVOID *user)
{
	(void)version;
	services = functions;
	*user = NULL;
	return STATUS_SUCCESS;
}

static NTSTATUS
context_add(LSA_SEC_HANDLE handle, const SecBuffer *packed)
{
	struct context *c;

	if (packed->cbBuffer != sizeof c->s)
		return STATUS_INVALID_PARAMETER;
	c = calloc(1, sizeof *c);
	if (!c)
		return STATUS_NO_MEMORY;
	memcpy(&c->s, packed->pvBuffer, sizeof c->s);
	if (c->s.name_len > SK_NAME_MAX) {
		free(c);
		return STATUS_INVALID_PARAMETER;
	}
	c->handle = handle;
	pthread_mutex_lock(&lock);
	c->next = contexts;
	contexts = c;
	pthread_mutex_unlock(&lock);
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI
init_user_mode_context(LSA_SEC_HANDLE handle, PSecBuffer packed)
{
	return context_add(handle, packed);
}

static NTSTATUS NTAPI
delete_user_mode_context(LSA_SEC_HANDLE handle)
{
	struct context **at, *c = NULL;

	pthread_mutex_lock(&lock);
	for (at = &contexts; *at && (*at)->handle != handle; at = &(*at)->next)
		;
	if (*at) {
		c = *at;
		*at = c->next;
	}
	pthread_mutex_unlock(&lock);
	if (!c)
		return STATUS_INVALID_HANDLE;
	sk_wipe(c, sizeof *c);
	free(c);
	return STATUS_SUCCESS;
}

/* --- messages ------------------------------------------------------------------- */

struct parts {
	SecBuffer *token;
	struct sk_part sealed[PARTS_MAX], beside[PARTS_MAX];
	unsigned sealed_count, beside_count;
};

/* TOKEN once; DATA is what the message is about; READONLY data is covered and never touched. */
static int
parts_of(struct parts *p, const SecBufferDesc *message, int sign_only)
{
	memset(p, 0, sizeof *p);
	if (message->cBuffers > PARTS_MAX)
		return 0;
	for (ULONG i = 0; i < message->cBuffers; i++) {
		SecBuffer *b = &message->pBuffers[i];
		struct sk_part part = { b->pvBuffer, (uint32_t)b->cbBuffer };

		switch (b->BufferType & ~SECBUFFER_ATTRMASK) {
		case SECBUFFER_TOKEN:
			if (p->token)
				return 0;
			p->token = b;
			break;
		case SECBUFFER_DATA:
			if (b->BufferType & SECBUFFER_READONLY)
				break;
			if (sign_only || (b->BufferType & SECBUFFER_READONLY_WITH_CHECKSUM))
				p->beside[p->beside_count++] = part;
			else
				p->sealed[p->sealed_count++] = part;
			break;
		case SECBUFFER_PADDING:
			b->cbBuffer = 0;
			break;
		default:
			break;
		}
	}
	return p->token != NULL && p->token->pvBuffer != NULL;
}

static NTSTATUS
send(LSA_SEC_HANDLE handle, const SecBufferDesc *message, int sign_only)
{
	struct context *c = find(handle);
	struct parts p;
	uint8_t *token;

	if (!c)
		return SEC_E_INVALID_HANDLE;
	if (!parts_of(&p, message, sign_only))
		return SEC_E_INVALID_TOKEN;
	if (p.token->cbBuffer < SK_SIGNATURE)
		return SEC_E_BUFFER_TOO_SMALL;
	token = p.token->pvBuffer;
	if (!sk_seal(c->s.key[c->s.server != 0], c->s.sent, p.beside, p.beside_count, p.sealed, p.sealed_count, token + 8))
		return SEC_E_ENCRYPT_FAILURE;
	memcpy(token, &c->s.sent, 8);
	c->s.sent++;
	p.token->cbBuffer = SK_SIGNATURE;
	return STATUS_SUCCESS;
}

static NTSTATUS
take(LSA_SEC_HANDLE handle, const SecBufferDesc *message, int sign_only)
{
	struct context *c = find(handle);
	struct parts p;
	const uint8_t *token;
	uint64_t sequence;

	if (!c)
		return SEC_E_INVALID_HANDLE;
	if (!parts_of(&p, message, sign_only) || p.token->cbBuffer != SK_SIGNATURE)
		return SEC_E_INVALID_TOKEN;
	token = p.token->pvBuffer;
	memcpy(&sequence, token, 8);
	if (sequence != c->s.seen)
		return SEC_E_OUT_OF_SEQUENCE;
	if (!sk_open(c->s.key[c->s.server == 0], sequence, p.beside, p.beside_count, p.sealed, p.sealed_count, token + 8))
		return SEC_E_MESSAGE_ALTERED;
	c->s.seen++;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI
make_signature(LSA_SEC_HANDLE handle, ULONG qop, PSecBufferDesc message, ULONG sequence)
{
	(void)qop, (void)sequence;
	return send(handle, message, 1);
}

static NTSTATUS NTAPI
verify_signature(LSA_SEC_HANDLE handle, PSecBufferDesc message, ULONG sequence, PULONG qop)
{
	(void)sequence;
	*qop = 0;
	return take(handle, message, 1);
}

static NTSTATUS NTAPI
seal_message(LSA_SEC_HANDLE handle, ULONG qop, PSecBufferDesc message, ULONG sequence)
{
	(void)qop, (void)sequence;
	return send(handle, message, 0);
}

static NTSTATUS NTAPI
unseal_message(LSA_SEC_HANDLE handle, PSecBufferDesc message, ULONG sequence, PULONG qop)
{
	(void)sequence;
	*qop = 0;
	return take(handle, message, 0);
}

/* --- questions, and a context's way to another process ------------------------------- */

static NTSTATUS NTAPI
query(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	struct context *c = find(handle);

	if (!c)
		return SEC_E_INVALID_HANDLE;
	if (attribute == SECPKG_ATTR_SIZES) {
		*(SecPkgContext_Sizes *)buffer = (SecPkgContext_Sizes){ .cbMaxToken = SK_TOKEN_MAX,
		    .cbMaxSignature = SK_SIGNATURE, .cbBlockSize = 1, .cbSecurityTrailer = SK_SIGNATURE };
		return STATUS_SUCCESS;
	}
	if (attribute == SECPKG_ATTR_NAMES) {
		SEC_WCHAR *name = services->AllocateHeap(c->s.name_len + 2);

		if (!name)
			return SEC_E_INSUFFICIENT_MEMORY;
		memcpy(name, c->s.name, c->s.name_len);
		((SecPkgContext_NamesW *)buffer)->sUserName = name;
		return STATUS_SUCCESS;
	}
	return SEC_E_UNSUPPORTED_FUNCTION;
}

static NTSTATUS NTAPI
export_context(LSA_SEC_HANDLE handle, ULONG flags, PSecBuffer packed, PHANDLE token)
{
	struct context *c = find(handle);

	(void)flags;
	if (!c)
		return SEC_E_INVALID_HANDLE;
	packed->pvBuffer = services->AllocateHeap(sizeof c->s);
	if (!packed->pvBuffer)
		return SEC_E_INSUFFICIENT_MEMORY;
	memcpy(packed->pvBuffer, &c->s, sizeof c->s);
	packed->cbBuffer = sizeof c->s;
	*token = NULL;
	return STATUS_SUCCESS;
}

/* *handle comes filled with one of this process's own. */
static NTSTATUS NTAPI
import_context(PSecBuffer packed, HANDLE token, PLSA_SEC_HANDLE handle)
{
	(void)token;
	return context_add(*handle, packed);
}

static SECPKG_USER_FUNCTION_TABLE table = {
	.InstanceInit           = instance_init,
	.InitUserModeContext    = init_user_mode_context,
	.MakeSignature          = make_signature,
	.VerifySignature        = verify_signature,
	.SealMessage            = seal_message,
	.UnsealMessage          = unseal_message,
	.QueryContextAttributes = query,
	.DeleteUserModeContext  = delete_user_mode_context,
	.ExportContext          = export_context,
	.ImportContext          = import_context,
};

__attribute__((visibility("default"))) NTSTATUS NTAPI SpUserModeInitialize(ULONG version, PULONG package_version,
	PSECPKG_USER_FUNCTION_TABLE *ret_tables, PULONG ret_count);

NTSTATUS NTAPI
SpUserModeInitialize(ULONG version, PULONG package_version, PSECPKG_USER_FUNCTION_TABLE *ret_tables, PULONG ret_count)
{
	(void)version;
	*package_version = SECPKG_INTERFACE_VERSION;
	*ret_tables = &table;
	*ret_count = 1;
	return STATUS_SUCCESS;
}
