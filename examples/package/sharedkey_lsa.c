/*
 * sharedkey_lsa.c - the half in the LSA: knows the pass phrases' keys, runs
 * the handshake, logs people on, answers messages. Every function may block;
 * several may run at once, so what they share is made once, in Initialize.
 *
 * Names and pass phrases: lines "name = pass phrase" in SHAREDKEY_FILE, which
 * only the LSA's user may read.
 */
#include "sharedkey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef SHAREDKEY_FILE
#define SHAREDKEY_FILE "/etc/openlsa/sharedkey.keys"
#endif

#define NAMES_MAX	256u
#define FLAGS_INIT	(ISC_RET_MUTUAL_AUTH | ISC_RET_REPLAY_DETECT | ISC_RET_SEQUENCE_DETECT | ISC_RET_CONFIDENTIALITY | \
			    ISC_RET_INTEGRITY | ISC_RET_IDENTIFY)
#define FLAGS_ACCEPT	(ASC_RET_MUTUAL_AUTH | ASC_RET_REPLAY_DETECT | ASC_RET_SEQUENCE_DETECT | ASC_RET_CONFIDENTIALITY | \
			    ASC_RET_INTEGRITY | ASC_RET_IDENTIFY)

struct name {
	uint8_t text[SK_NAME_MAX];	/* UTF-16LE */
	uint32_t len, rid;
	uint8_t key[SK_KEY];
};

struct cred {
	int outbound, inbound;
	uint8_t name[SK_NAME_MAX];
	uint32_t name_len;
	uint8_t key[SK_KEY];
};

struct context {
	int server, leg;
	struct sk_exchange x;
	uint8_t key[SK_KEY];
	const struct name *who;		/* of an acceptor; NULL: nobody of this name */
};

static PLSA_SECPKG_FUNCTION_TABLE lsa;
static struct name names[NAMES_MAX];
static unsigned name_count;
static struct name nobody;		/* stands in for a name that is not there, at the same cost */

/* --- the names -------------------------------------------------------------------- */

static void
name_add(const char *name, const char *phrase)
{
	struct name *n = &names[name_count];
	size_t len = strlen(name);

	if (name_count == NAMES_MAX || len == 0 || len > SK_NAME_MAX / 2)
		return;
	for (size_t i = 0; i < len; i++)
		n->text[2 * i] = (uint8_t)name[i];
	n->len = (uint32_t)(2 * len);
	n->rid = 1000 + name_count;
	if (sk_key_of(n->key, phrase, strlen(phrase), n->text, n->len))
		name_count++;
}

static NTSTATUS
names_read(void)
{
	char line[512], *equals, *name;
	FILE *f = fopen(SHAREDKEY_FILE, "re");

	if (!f)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = 0;
		equals = strstr(line, " = ");
		name = line;
		if (!equals || *name == '#')
			continue;
		*equals = 0;
		name_add(name, equals + 3);
	}
	sk_wipe(line, sizeof line);
	(void)fclose(f);
	return STATUS_SUCCESS;
}

static const struct name *
name_find(const void *text, size_t len)
{
	for (unsigned i = 0; i < name_count; i++)
		if (names[i].len == len && memcmp(names[i].text, text, len) == 0)
			return &names[i];
	return NULL;
}

/* --- the package --------------------------------------------------------------------- */

static NTSTATUS NTAPI
initialize(ULONG_PTR id, PSECPKG_PARAMETERS parameters, PLSA_SECPKG_FUNCTION_TABLE functions)
{
	(void)id, (void)parameters;
	lsa = functions;
	return sk_random(nobody.key, SK_KEY) ? names_read() : STATUS_INTERNAL_ERROR;
}

static NTSTATUS NTAPI
shut_down(void)
{
	sk_wipe(names, sizeof names);
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI
get_info(PSecPkgInfoW info)
{
	static WCHAR name[] = { 'S', 'h', 'a', 'r', 'e', 'd', 'K', 'e', 'y', 0 };
	static WCHAR comment[] = { 'E', 'x', 'a', 'm', 'p', 'l', 'e', ' ', 'p', 'a', 'c', 'k', 'a', 'g', 'e', 0 };

	*info = (SecPkgInfoW){ .fCapabilities = SECPKG_FLAG_INTEGRITY | SECPKG_FLAG_PRIVACY | SECPKG_FLAG_CONNECTION |
	    SECPKG_FLAG_MUTUAL_AUTH | SECPKG_FLAG_LOGON, .wVersion = 1, .wRPCID = SECPKG_ID_NONE, .cbMaxToken = SK_TOKEN_MAX,
	    .Name = name, .Comment = comment };
	return STATUS_SUCCESS;
}

/* --- credentials ------------------------------------------------------------------------ */

/* The identity lies in the client's memory, and each of its strings by itself. Nothing there can be trusted. */
static NTSTATUS
identity_take(struct cred *c, PVOID address)
{
	SEC_WINNT_AUTH_IDENTITY_W id;
	uint8_t phrase[1024];
	char narrow[512];
	NTSTATUS status = lsa->CopyFromClientBuffer(NULL, sizeof id, &id, address);
	size_t len;

	if (status != STATUS_SUCCESS)
		return status;
	len = (size_t)id.PasswordLength * 2;
	if (!(id.Flags & SEC_WINNT_AUTH_IDENTITY_UNICODE) || id.UserLength > SK_NAME_MAX / 2 || len > sizeof phrase || !id.Password)
		return SEC_E_UNKNOWN_CREDENTIALS;
	c->name_len = (uint32_t)id.UserLength * 2;
	status = lsa->CopyFromClientBuffer(NULL, c->name_len, c->name, id.User);
	if (status == STATUS_SUCCESS)
		status = lsa->CopyFromClientBuffer(NULL, (ULONG)len, phrase, id.Password);
	for (size_t i = 0; i < len / 2; i++) {
		narrow[i] = (char)phrase[2 * i];
		if (phrase[2 * i + 1] || phrase[2 * i] > 126)
			status = SEC_E_UNKNOWN_CREDENTIALS;	/* an example: ASCII alone */
	}
	if (status == STATUS_SUCCESS && !sk_key_of(c->key, narrow, len / 2, c->name, c->name_len))
		status = STATUS_INTERNAL_ERROR;
	sk_wipe(phrase, sizeof phrase);
	sk_wipe(narrow, sizeof narrow);
	return status;
}

static NTSTATUS NTAPI
acquire(PUNICODE_STRING principal, ULONG use, PLUID luid, PVOID identity, PVOID get_key, PVOID get_key_arg,
    PLSA_SEC_HANDLE ret_handle, PTimeStamp expiry)
{
	struct cred *c;
	NTSTATUS status = STATUS_SUCCESS;

	(void)principal, (void)luid, (void)get_key, (void)get_key_arg, (void)expiry;
	if ((use & SECPKG_CRED_OUTBOUND) && !identity)
		return SEC_E_NO_CREDENTIALS;		/* nothing is kept for a logon session here */
	c = lsa->AllocatePrivateHeap(sizeof *c);
	if (!c)
		return SEC_E_INSUFFICIENT_MEMORY;
	c->inbound = (use & SECPKG_CRED_INBOUND) != 0;
	c->outbound = (use & SECPKG_CRED_OUTBOUND) != 0;
	if (identity)
		status = identity_take(c, identity);
	if (status != STATUS_SUCCESS) {
		lsa->FreePrivateHeap(c);
		return status;
	}
	*ret_handle = (LSA_SEC_HANDLE)c;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI
free_cred(LSA_SEC_HANDLE handle)
{
	lsa->FreePrivateHeap((struct cred *)handle);	/* which wipes it */
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI
query_cred(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	const struct cred *c = (const struct cred *)handle;
	SEC_WCHAR *name;

	if (attribute != SECPKG_CRED_ATTR_NAMES || !c->name_len)
		return SEC_E_UNSUPPORTED_FUNCTION;
	name = lsa->AllocateLsaHeap(c->name_len + 2);
	if (!name)
		return SEC_E_INSUFFICIENT_MEMORY;
	memcpy(name, c->name, c->name_len);
	((SecPkgCredentials_NamesW *)buffer)->sUserName = name;
	return STATUS_SUCCESS;
}

/* --- legs ------------------------------------------------------------------------------------ */

static const SecBuffer *
buffer_of(const SecBufferDesc *desc, ULONG type)
{
	for (ULONG i = 0; desc && i < desc->cBuffers; i++)
		if ((desc->pBuffers[i].BufferType & ~SECBUFFER_ATTRMASK) == type)
			return &desc->pBuffers[i];
	return NULL;
}

static int
token_is(const SecBuffer *b, uint8_t leg, uint32_t least, uint32_t most)
{
	static const char magic[3] = { 'S', 'K', '1' };
	const uint8_t *at = b ? b->pvBuffer : NULL;

	return at && b->cbBuffer >= least && b->cbBuffer <= most && memcmp(at, magic, 3) == 0 && at[3] == leg;
}

static uint8_t *
token_begin(SecBufferDesc *desc, uint8_t leg, uint32_t len)
{
	SecBuffer *b = (SecBuffer *)(uintptr_t)buffer_of(desc, SECBUFFER_TOKEN);
	uint8_t *at = b ? b->pvBuffer : NULL;

	if (!at || b->cbBuffer < len)
		return NULL;
	memcpy(at, "SK1", 3);
	at[3] = leg;
	b->cbBuffer = len;
	return at + SK_HEAD;
}

static void
token_none(SecBufferDesc *desc)
{
	SecBuffer *b = (SecBuffer *)(uintptr_t)buffer_of(desc, SECBUFFER_TOKEN);

	if (b)
		b->cbBuffer = 0;
}

/* What goes to the half in the application: LSA heap, taken over by the LSA. */
static NTSTATUS
hand_over(const struct context *c, PBOOLEAN mapped, PSecBuffer data)
{
	struct sk_handed *s = lsa->AllocateLsaHeap(sizeof *s);

	if (!s || !sk_prove(s->key[0], c->key, "messages of the initiator", &c->x) ||
	    !sk_prove(s->key[1], c->key, "messages of the acceptor", &c->x)) {
		lsa->FreeLsaHeap(s);
		return SEC_E_INSUFFICIENT_MEMORY;
	}
	s->server = (uint32_t)c->server;
	s->name_len = c->x.name_len;
	memcpy(s->name, c->x.name, c->x.name_len);
	*data = (SecBuffer){ sizeof *s, SECBUFFER_TOKEN, s };
	*mapped = TRUE;
	return STATUS_SUCCESS;
}

static NTSTATUS
init_first(const struct cred *cred, struct context *c, SecBufferDesc *out)
{
	uint8_t *at = token_begin(out, 1, SK_HEAD + SK_NONCE + cred->name_len);

	if (!at || !sk_random(c->x.nonce[0], SK_NONCE))
		return SEC_E_INTERNAL_ERROR;
	memcpy(c->x.name, cred->name, cred->name_len);
	c->x.name_len = cred->name_len;
	memcpy(c->key, cred->key, SK_KEY);
	memcpy(at, c->x.nonce[0], SK_NONCE);
	memcpy(at + SK_NONCE, cred->name, cred->name_len);
	return SEC_I_CONTINUE_NEEDED;
}

static NTSTATUS
init_second(struct context *c, const SecBuffer *in, SecBufferDesc *out, PBOOLEAN mapped, PSecBuffer data)
{
	uint8_t expected[SK_PROOF], *at;
	const uint8_t *from;

	if (!token_is(in, 2, SK_HEAD + SK_NONCE + SK_PROOF, SK_HEAD + SK_NONCE + SK_PROOF))
		return SEC_E_INVALID_TOKEN;
	from = (const uint8_t *)in->pvBuffer + SK_HEAD;
	memcpy(c->x.nonce[1], from, SK_NONCE);
	if (!sk_prove(expected, c->key, "acceptor", &c->x))
		return SEC_E_INTERNAL_ERROR;
	if (!sk_same(expected, from + SK_NONCE, SK_PROOF))
		return SEC_E_LOGON_DENIED;		/* the pass phrases differ, or nobody here has this name */
	at = token_begin(out, 3, SK_HEAD + SK_PROOF);
	if (!at || !sk_prove(at, c->key, "initiator", &c->x))
		return SEC_E_INTERNAL_ERROR;
	return hand_over(c, mapped, data);
}

static NTSTATUS
accept_first(struct context *c, const SecBuffer *in, SecBufferDesc *out)
{
	const uint8_t *from;
	uint8_t *at;

	if (!token_is(in, 1, SK_HEAD + SK_NONCE + 2, SK_HEAD + SK_NONCE + SK_NAME_MAX))
		return SEC_E_INVALID_TOKEN;
	from = (const uint8_t *)in->pvBuffer + SK_HEAD;
	memcpy(c->x.nonce[0], from, SK_NONCE);
	c->x.name_len = (uint32_t)in->cbBuffer - SK_HEAD - SK_NONCE;
	memcpy(c->x.name, from + SK_NONCE, c->x.name_len);
	c->who = name_find(c->x.name, c->x.name_len);
	memcpy(c->key, (c->who ? c->who : &nobody)->key, SK_KEY);
	at = token_begin(out, 2, SK_HEAD + SK_NONCE + SK_PROOF);
	if (!at || !sk_random(c->x.nonce[1], SK_NONCE) || !sk_prove(at + SK_NONCE, c->key, "acceptor", &c->x))
		return SEC_E_INTERNAL_ERROR;
	memcpy(at, c->x.nonce[1], SK_NONCE);
	return SEC_I_CONTINUE_NEEDED;
}

/* --- whom a name stands for ------------------------------------------------------------------ */

/* S-1-5-21-1397444971-1703967077-1-RID: an authority of this example's own. One block, as of the second kind. */
static LSA_TOKEN_INFORMATION_V2 *
information_new(const struct name *who)
{
	static const uint32_t sub[] = { 21, 1397444971, 1703967077, 1 };
	LSA_TOKEN_INFORMATION_V2 *info = lsa->AllocateLsaHeap(sizeof *info + 28);
	uint8_t *sid = (uint8_t *)(info + 1);

	if (!info)
		return NULL;
	sid[0] = 1;
	sid[1] = 5;
	sid[7] = 5;
	memcpy(sid + 8, sub, sizeof sub);
	memcpy(sid + 8 + sizeof sub, &who->rid, 4);
	info->User.User.Sid = sid;
	info->PrimaryGroup.PrimaryGroup = sid;
	return info;
}

/* A session and a token of it for the acceptor, so that QuerySecurityContextToken has something to give. */
static NTSTATUS
let_in(const struct name *who)
{
	LSA_TOKEN_INFORMATION_V2 *info = information_new(who);
	TOKEN_SOURCE source = { .SourceName = { 'S', 'h', 'a', 'r', 'e', 'd', 'K', 'y' } };
	UNICODE_STRING name = { (USHORT)who->len, (USHORT)who->len, (PWSTR)(uintptr_t)who->text };
	WCHAR authority[] = { 'S', 'K' };
	UNICODE_STRING domain = { sizeof authority, sizeof authority, authority };
	LUID luid = { 0, 0 };
	HANDLE token;
	NTSTATUS substatus, status;

	if (!info)
		return STATUS_NO_MEMORY;
	status = lsa->CreateLogonSession(&luid);
	if (status == STATUS_SUCCESS)
		status = lsa->CreateToken(&luid, &source, Network, SecurityImpersonation, LsaTokenInformationV2, info, NULL, &name,
		    &domain, NULL, NULL, &token, &substatus);
	lsa->FreeLsaHeap(info);
	return status;
}

static NTSTATUS
accept_second(struct context *c, const SecBuffer *in, PBOOLEAN mapped, PSecBuffer data)
{
	uint8_t expected[SK_PROOF];
	NTSTATUS status;

	if (!token_is(in, 3, SK_HEAD + SK_PROOF, SK_HEAD + SK_PROOF))
		return SEC_E_INVALID_TOKEN;
	if (!sk_prove(expected, c->key, "initiator", &c->x))
		return SEC_E_INTERNAL_ERROR;
	if (!sk_same(expected, (const uint8_t *)in->pvBuffer + SK_HEAD, SK_PROOF) || !c->who)
		return SEC_E_LOGON_DENIED;
	status = let_in(c->who);
	return status == STATUS_SUCCESS ? hand_over(c, mapped, data) : status;
}

static NTSTATUS NTAPI
init(LSA_SEC_HANDLE cred, LSA_SEC_HANDLE context, PUNICODE_STRING target, ULONG wants, ULONG data_rep, PSecBufferDesc in,
    PLSA_SEC_HANDLE ret_context, PSecBufferDesc out, PULONG grants, PTimeStamp expiry, PBOOLEAN mapped, PSecBuffer data)
{
	struct context *c = (struct context *)context;
	NTSTATUS status;

	(void)target, (void)wants, (void)data_rep, (void)expiry;
	if (c) {
		if (c->server || c->leg != 1)
			return SEC_E_OUT_OF_SEQUENCE;
		status = init_second(c, buffer_of(in, SECBUFFER_TOKEN), out, mapped, data);
	} else {
		c = lsa->AllocatePrivateHeap(sizeof *c);
		if (!c)
			return SEC_E_INSUFFICIENT_MEMORY;
		status = init_first((const struct cred *)cred, c, out);
		if (status < 0) {
			lsa->FreePrivateHeap(c);
			return status;
		}
	}
	c->leg++;
	*ret_context = (LSA_SEC_HANDLE)c;
	*grants = FLAGS_INIT;
	return status;
}

static NTSTATUS NTAPI
accept_context(LSA_SEC_HANDLE cred, LSA_SEC_HANDLE context, PSecBufferDesc in, ULONG wants, ULONG data_rep,
    PLSA_SEC_HANDLE ret_context, PSecBufferDesc out, PULONG grants, PTimeStamp expiry, PBOOLEAN mapped, PSecBuffer data)
{
	struct context *c = (struct context *)context;
	NTSTATUS status;

	(void)cred, (void)wants, (void)data_rep, (void)expiry;
	if (c) {
		if (!c->server || c->leg != 1)
			return SEC_E_OUT_OF_SEQUENCE;
		status = accept_second(c, buffer_of(in, SECBUFFER_TOKEN), mapped, data);
		token_none(out);
	} else {
		c = lsa->AllocatePrivateHeap(sizeof *c);
		if (!c)
			return SEC_E_INSUFFICIENT_MEMORY;
		c->server = 1;
		status = accept_first(c, buffer_of(in, SECBUFFER_TOKEN), out);
		if (status < 0) {
			lsa->FreePrivateHeap(c);
			return status;
		}
	}
	c->leg++;
	*ret_context = (LSA_SEC_HANDLE)c;
	*grants = FLAGS_ACCEPT;
	return status;
}

static NTSTATUS NTAPI
delete_context(LSA_SEC_HANDLE context)
{
	lsa->FreePrivateHeap((struct context *)context);
	return STATUS_SUCCESS;
}

/* --- messages and logons ---------------------------------------------------------------------- */

static NTSTATUS
answer(PLSA_CLIENT_REQUEST request, const void *from, ULONG len, PVOID *ret_buffer, PULONG ret_len)
{
	NTSTATUS status = lsa->AllocateClientBuffer(request, len, ret_buffer);

	if (status == STATUS_SUCCESS)
		status = lsa->CopyToClientBuffer(request, len, *ret_buffer, (PVOID)(uintptr_t)from);
	*ret_len = len;
	return status;
}

static NTSTATUS
answer_who(PLSA_CLIENT_REQUEST request, PVOID *ret_buffer, PULONG ret_len)
{
	struct { struct sk_who who; WCHAR name[9]; } reply = { .name = { 'S', 'h', 'a', 'r', 'e', 'd', 'K', 'e', 'y' } };
	SECPKG_CLIENT_INFO info;
	NTSTATUS status = lsa->GetClientInfo(&info);

	if (status == STATUS_SUCCESS)
		status = lsa->AllocateClientBuffer(request, sizeof reply, ret_buffer);
	if (status != STATUS_SUCCESS)
		return status;
	reply.who.MessageType = SK_MESSAGE_WHO;
	reply.who.Names = name_count;
	reply.who.ProcessId = info.ProcessID;
	reply.who.Package.Length = reply.who.Package.MaximumLength = sizeof reply.name;
	/* As the client will see it: an address in his buffer. */
	reply.who.Package.Buffer = (PWSTR)((uintptr_t)*ret_buffer + offsetof(__typeof__(reply), name));
	*ret_len = sizeof reply;
	return lsa->CopyToClientBuffer(request, sizeof reply, *ret_buffer, &reply);
}

static NTSTATUS NTAPI
call_package(PLSA_CLIENT_REQUEST request, PVOID submit, PVOID base, ULONG len, PVOID *ret_buffer, PULONG ret_len,
    PNTSTATUS ret_verdict)
{
	ULONG type;

	(void)base;
	*ret_buffer = NULL;
	*ret_len = 0;
	*ret_verdict = STATUS_INVALID_PARAMETER;
	if (len < sizeof type)
		return STATUS_SUCCESS;
	memcpy(&type, submit, sizeof type);
	if (type == SK_MESSAGE_WHO)
		*ret_verdict = answer_who(request, ret_buffer, ret_len);
	else if (type == SK_MESSAGE_ECHO)
		*ret_verdict = answer(request, submit, len, ret_buffer, ret_len);
	return STATUS_SUCCESS;
}

static PUNICODE_STRING
text_new(const void *text, size_t len)
{
	PUNICODE_STRING s = lsa->AllocateLsaHeap(sizeof *s);

	if (!s)
		return NULL;
	s->Buffer = lsa->AllocateLsaHeap((ULONG)len);
	if (!s->Buffer) {
		lsa->FreeLsaHeap(s);
		return NULL;
	}
	memcpy(s->Buffer, text, len);
	s->Length = s->MaximumLength = (USHORT)len;
	return s;
}

/* Who is meant, if his phrase is right; one cost and one answer for all who are not. */
static const struct name *
logon_check(const uint8_t *body, ULONG len)
{
	struct sk_logon l;
	char narrow[256];
	uint8_t key[SK_KEY];
	const struct name *who;
	int good;

	if (len < sizeof l)
		return NULL;
	memcpy(&l, body, sizeof l);
	if (l.MessageType != 1 || l.NameOffset > len || l.NameLength > len - l.NameOffset || l.NameLength > SK_NAME_MAX ||
	    l.PhraseOffset > len || l.PhraseLength > len - l.PhraseOffset || l.PhraseLength > 2 * sizeof narrow)
		return NULL;
	for (ULONG i = 0; i < l.PhraseLength / 2; i++)
		narrow[i] = (char)body[l.PhraseOffset + 2 * i];
	who = name_find(body + l.NameOffset, l.NameLength);
	good = sk_key_of(key, narrow, l.PhraseLength / 2, body + l.NameOffset, l.NameLength);
	good = sk_same(key, (who ? who : &nobody)->key, SK_KEY) && good;
	sk_wipe(narrow, sizeof narrow);
	sk_wipe(key, sizeof key);
	return good ? who : NULL;
}

static NTSTATUS NTAPI
logon_user(PLSA_CLIENT_REQUEST request, SECURITY_LOGON_TYPE type, PVOID body, PVOID base, ULONG len, PVOID *ret_profile,
    PULONG ret_profile_len, PLUID ret_luid, PNTSTATUS substatus, PLSA_TOKEN_INFORMATION_TYPE ret_kind, PVOID *ret_information,
    PUNICODE_STRING *ret_account, PUNICODE_STRING *ret_authority, PUNICODE_STRING *ret_machine, PSECPKG_PRIMARY_CRED primary,
    PSECPKG_SUPPLEMENTAL_CRED_ARRAY *cached)
{
	static const WCHAR authority[] = { 'S', 'K' };
	const struct name *who = logon_check(body, len);
	NTSTATUS status;

	(void)request, (void)type, (void)base, (void)primary;
	*ret_profile = NULL;
	*ret_profile_len = 0;
	*ret_machine = NULL;
	*cached = NULL;
	*substatus = STATUS_SUCCESS;
	if (!who)
		return STATUS_LOGON_FAILURE;
	*ret_luid = (LUID){ 0, 0 };
	status = lsa->CreateLogonSession(ret_luid);
	if (status != STATUS_SUCCESS)
		return status;
	*ret_kind = LsaTokenInformationV2;
	*ret_information = information_new(who);
	*ret_account = text_new(who->text, who->len);
	*ret_authority = text_new(authority, sizeof authority);
	return *ret_information && *ret_account && *ret_authority ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static SECPKG_FUNCTION_TABLE table = {
	.Initialize                 = initialize,
	.Shutdown                   = shut_down,
	.GetInfo                    = get_info,
	.AcquireCredentialsHandle   = acquire,
	.FreeCredentialsHandle      = free_cred,
	.QueryCredentialsAttributes = query_cred,
	.InitLsaModeContext         = init,
	.AcceptLsaModeContext       = accept_context,
	.DeleteContext              = delete_context,
	.CallPackage                = call_package,
	.CallPackageUntrusted       = call_package,
	.LogonUserEx2               = logon_user,
};

__attribute__((visibility("default"))) NTSTATUS NTAPI SpLsaModeInitialize(ULONG version, PULONG package_version,
	PSECPKG_FUNCTION_TABLE *ret_tables, PULONG ret_count);

NTSTATUS NTAPI
SpLsaModeInitialize(ULONG version, PULONG package_version, PSECPKG_FUNCTION_TABLE *ret_tables, PULONG ret_count)
{
	(void)version;
	*package_version = SECPKG_INTERFACE_VERSION;
	*ret_tables = &table;
	*ret_count = 1;
	return STATUS_SUCCESS;
}
