/*
 * attributes.c - questions about contexts and credentials. Answers come from
 * the application's half; no LSA is asked but for a credential's name.
 * Spec: sspi-sync 6 and 2.3.
 */
#include <stdlib.h>
#include <string.h>

#include "base/nt.h"
#include <openlsa.h>

#include "base/time.h"
#include "secur32/core.h"
#include "secur32/explain.h"
#include "secur32/text.h"

#define AUTHZ_NAME	1u		/* RPC_C_AUTHZ_NAME */

/* One question: where the answer goes, and how wide its strings are. */
struct question {
	struct context *ctx;
	const struct user_facts *facts;	/* NULL until the context is established */
	void *answer;
	bool wide;
};

static SECURITY_STATUS
string_out(void *ret_string, struct bytes utf8, bool wide)
{
	void *s = wide ? (void *)wide_of_text(BUFFER_CONTEXT, utf8) : (void *)ansi_of_text(BUFFER_CONTEXT, utf8);

	if (!s)
		return SEC_E_INSUFFICIENT_MEMORY;
	*(void **)ret_string = s;
	return SEC_E_OK;
}

/* "DOMAIN\user", or the user alone. */
static SECURITY_STATUS
account_out(void *ret_string, const struct user_facts *f, bool wide)
{
	char *name = malloc(f->domain.len + f->user.len + 2);
	size_t len = 0;
	SECURITY_STATUS status;

	if (!name)
		return SEC_E_INSUFFICIENT_MEMORY;
	if (f->domain.len) {
		bytes_copy(name, f->domain.at, f->domain.len);
		name[f->domain.len] = '\\';
		len = f->domain.len + 1;
	}
	bytes_copy(name + len, f->user.at, f->user.len);
	status = string_out(ret_string, bytes_of(name, len + f->user.len), wide);
	free(name);
	return status;
}

static SECURITY_STATUS
answer_sizes(const struct question *q)
{
	SecPkgContext_Sizes *a = q->answer;

	q->ctx->user->sizes(q->ctx->half, a);
	return SEC_E_OK;
}

static SECURITY_STATUS
answer_names(const struct question *q)
{
	return account_out(&((SecPkgContext_NamesW *)q->answer)->sUserName, q->facts, q->wide);
}

static SECURITY_STATUS
answer_lifespan(const struct question *q)
{
	SecPkgContext_Lifespan *a = q->answer;

	a->tsStart.QuadPart = 0;
	a->tsExpiry.QuadPart = (LONGLONG)time_local_of_utc(q->facts->expiry);
	return SEC_E_OK;
}

static SECURITY_STATUS
answer_key_info(const struct question *q)
{
	SecPkgContext_KeyInfoW info = { 0 }, *a = q->answer;
	SECURITY_STATUS status = string_out(&info.sSignatureAlgorithmName, bytes_of_text(q->facts->signer), q->wide);

	if (status == SEC_E_OK)
		status = string_out(&info.sEncryptAlgorithmName, bytes_of_text(q->facts->cipher), q->wide);
	if (status != SEC_E_OK) {
		(void)buffer_free(BUFFER_CONTEXT, info.sSignatureAlgorithmName);
		return status;
	}
	info.KeySize = q->facts->key_bits;
	info.SignatureAlgorithm = q->facts->signer_id;
	info.EncryptAlgorithm = q->facts->cipher_id;
	*a = info;
	return SEC_E_OK;
}

/* GSS_Wrap's form: TOKEN in front, PADDING behind. NTLM has no such messages. */
static SECURITY_STATUS
answer_stream_sizes(const struct question *q)
{
	SecPkgContext_StreamSizes *a = q->answer;
	SecPkgContext_Sizes sizes;

	if (!q->facts->native_client.len)
		return SEC_E_UNSUPPORTED_FUNCTION;
	q->ctx->user->sizes(q->ctx->half, &sizes);
	*a = (SecPkgContext_StreamSizes){
		.cbHeader = sizes.cbSecurityTrailer, .cbTrailer = sizes.cbBlockSize, .cBuffers = 3, .cbBlockSize = sizes.cbBlockSize,
		.cbMaximumMessage = INT32_MAX - sizes.cbSecurityTrailer - sizes.cbBlockSize,
	};
	return SEC_E_OK;
}

/* Who vouched for the user: the domain, the machine or the realm. */
static SECURITY_STATUS
answer_authority(const struct question *q)
{
	return string_out(&((SecPkgContext_AuthorityW *)q->answer)->sAuthorityName, q->facts->domain, q->wide);
}

/* For RPC's servers: authorization goes by the client's name. */
static SECURITY_STATUS
answer_dce_info(const struct question *q)
{
	SecPkgContext_DceInfo info = { .AuthzSvc = AUTHZ_NAME }, *a = q->answer;
	SECURITY_STATUS status = account_out(&info.pPac, q->facts, q->wide);

	if (status == SEC_E_OK)
		*a = info;
	return status;
}

static SECURITY_STATUS
answer_native_names(const struct question *q)
{
	SecPkgContext_NativeNamesW names = { 0 }, *a = q->answer;
	SECURITY_STATUS status;

	if (!q->facts->native_client.len)
		return SEC_E_UNSUPPORTED_FUNCTION;
	status = string_out(&names.sClientName, q->facts->native_client, q->wide);
	if (status == SEC_E_OK)
		status = string_out(&names.sServerName, q->facts->native_server, q->wide);
	if (status == SEC_E_OK)
		*a = names;
	else
		(void)buffer_free(BUFFER_CONTEXT, names.sClientName);
	return status;
}

static SECURITY_STATUS
answer_session_key(const struct question *q)
{
	SecPkgContext_SessionKey *a = q->answer;
	void *key = buffer_of(BUFFER_CONTEXT, q->facts->session_key);

	if (!key)
		return SEC_E_INSUFFICIENT_MEMORY;
	a->SessionKeyLength = (ULONG)q->facts->session_key.len;
	a->SessionKey = key;
	return SEC_E_OK;
}

static SECURITY_STATUS
answer_flags(const struct question *q)
{
	((SecPkgContext_Flags *)q->answer)->Flags = q->facts ? q->facts->flags : 0;
	return SEC_E_OK;
}

/* The package of the context, or the one inside once it has been chosen. */
static void *
info_of(const struct question *q)
{
	return package_info_new(q->facts && q->facts->inner ? q->facts->inner : q->ctx->package, q->wide);
}

static SECURITY_STATUS
answer_package(const struct question *q)
{
	void *info = info_of(q);

	if (!info)
		return SEC_E_INSUFFICIENT_MEMORY;
	((SecPkgContext_PackageInfoW *)q->answer)->PackageInfo = info;
	return SEC_E_OK;
}

static SECURITY_STATUS
answer_negotiation(const struct question *q)
{
	SecPkgContext_NegotiationInfoW *a = q->answer;
	void *info = info_of(q);

	if (!info)
		return SEC_E_INSUFFICIENT_MEMORY;
	a->PackageInfo = info;
	a->NegotiationState = !q->facts ? SECPKG_NEGOTIATION_IN_PROGRESS :
	    q->facts->direct ? SECPKG_NEGOTIATION_DIRECT : SECPKG_NEGOTIATION_COMPLETE;
	return SEC_E_OK;
}

static SECURITY_STATUS
answer_target(const struct question *q)
{
	SecPkgContext_ClientSpecifiedTarget *a = q->answer;

	/* The structure has no A form: its string is wide in both. */
	return string_out(&a->sTargetName, q->facts->target, true);
}

/* The same as bytes; the structure has no W form. */
static SECURITY_STATUS
answer_target_bytes(const struct question *q)
{
	SecPkgContext_Target *a = q->answer;
	void *target = buffer_of(BUFFER_CONTEXT, q->facts->target);

	if (!target)
		return SEC_E_INSUFFICIENT_MEMORY;
	a->TargetLength = (ULONG)q->facts->target.len;
	a->Target = target;
	return SEC_E_OK;
}

static SECURITY_STATUS
answer_token_status(const struct question *q)
{
	SecPkgContext_LastClientTokenStatus *a = q->answer;

	a->LastClientTokenStatus = q->facts ? SecPkgAttrLastClientTokenYes : SecPkgAttrLastClientTokenMaybe;
	return SEC_E_OK;
}

static SECURITY_STATUS
answer_logon(const struct question *q)
{
	OlsaLogonInfo info = { 0 }, *a = q->answer;
	SECURITY_STATUS status = string_out(&info.User, q->facts->user, false);

	if (status == SEC_E_OK)
		status = string_out(&info.Domain, q->facts->domain, false);
	if (status == SEC_E_OK)
		status = string_out(&info.Sid, q->facts->sid, false);
	if (status != SEC_E_OK) {
		(void)buffer_free(BUFFER_CONTEXT, info.User);
		(void)buffer_free(BUFFER_CONTEXT, info.Domain);
		return status;
	}
	info.LogonId.LowPart = (ULONG)q->facts->luid;
	info.LogonId.HighPart = (LONG)(q->facts->luid >> 32);
	*a = info;
	return SEC_E_OK;
}

static SECURITY_STATUS
answer_mode(const struct question *q)
{
	*(ULONG *)q->answer = OlsaMode();
	return SEC_E_OK;
}

static SECURITY_STATUS
answer_reasons(const struct question *q)
{
	struct bytes lines = bytes_of(q->ctx->why.at, q->ctx->why.len);
	size_t len = why_text(NULL, 0, lines);
	char *text = buffer_new(BUFFER_CONTEXT, len + 1);

	if (!text)
		return SEC_E_INSUFFICIENT_MEMORY;
	(void)why_text(text, len + 1, lines);
	*(LPSTR *)q->answer = text;
	return SEC_E_OK;
}

struct row {
	ULONG attribute;
	SECURITY_STATUS (*answer)(const struct question *q);
	ULONG size;
	bool early;		/* also while the context is being established */
};

static const struct row rows[] = {
	{ SECPKG_ATTR_SIZES,                    answer_sizes,        sizeof(SecPkgContext_Sizes),                 false },
	{ SECPKG_ATTR_NAMES,                    answer_names,        sizeof(SecPkgContext_NamesW),                false },
	{ SECPKG_ATTR_LIFESPAN,                 answer_lifespan,     sizeof(SecPkgContext_Lifespan),              false },
	{ SECPKG_ATTR_DCE_INFO,                 answer_dce_info,     sizeof(SecPkgContext_DceInfo),               false },
	{ SECPKG_ATTR_STREAM_SIZES,             answer_stream_sizes, sizeof(SecPkgContext_StreamSizes),           false },
	{ SECPKG_ATTR_AUTHORITY,                answer_authority,    sizeof(SecPkgContext_AuthorityW),            false },
	{ SECPKG_ATTR_NATIVE_NAMES,             answer_native_names, sizeof(SecPkgContext_NativeNamesW),          false },
	{ SECPKG_ATTR_TARGET,                   answer_target_bytes, sizeof(SecPkgContext_Target),                false },
	{ SECPKG_ATTR_KEY_INFO,                 answer_key_info,     sizeof(SecPkgContext_KeyInfoW),              false },
	{ SECPKG_ATTR_SESSION_KEY,              answer_session_key,  sizeof(SecPkgContext_SessionKey),            false },
	{ SECPKG_ATTR_PACKAGE_INFO,             answer_package,      sizeof(SecPkgContext_PackageInfoW),          true },
	{ SECPKG_ATTR_NEGOTIATION_INFO,         answer_negotiation,  sizeof(SecPkgContext_NegotiationInfoW),      true },
	{ SECPKG_ATTR_FLAGS,                    answer_flags,        sizeof(SecPkgContext_Flags),                 true },
	{ SECPKG_ATTR_CLIENT_SPECIFIED_TARGET,  answer_target,       sizeof(SecPkgContext_ClientSpecifiedTarget), false },
	{ SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS, answer_token_status, sizeof(SecPkgContext_LastClientTokenStatus), true },
	{ OLSA_ATTR_LOGON,                      answer_logon,        sizeof(OlsaLogonInfo),                       false },
	{ OLSA_ATTR_MODE,                       answer_mode,         sizeof(ULONG),                               true },
	{ OLSA_ATTR_REASONS,                    answer_reasons,      sizeof(LPSTR),                               true },
};

static const struct row *
row_find(ULONG attribute)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].attribute == attribute)
			return &rows[i];
	return NULL;
}

/* What a package of somebody else's answers, and what is ours to answer where it does not. */
static bool
asked_itself(struct context *ctx, const struct row *row, ULONG attribute, void *answer, ULONG size, bool wide,
    SECURITY_STATUS *ret_status)
{
	bool texts = attribute == SECPKG_ATTR_NAMES || attribute == SECPKG_ATTR_KEY_INFO || attribute == SECPKG_ATTR_NATIVE_NAMES ||
	    attribute == SECPKG_ATTR_AUTHORITY || attribute == SECPKG_ATTR_DCE_INFO;
	bool ours = row && (row->early || attribute == OLSA_ATTR_LOGON || attribute == SECPKG_ATTR_CLIENT_SPECIFIED_TARGET);

	if (!ctx->user->query || ours || (texts && !wide) || (row ? size < row->size : size != UINT32_MAX))
		return false;
	*ret_status = sec_of(ctx->user->query(ctx->half, attribute, answer));
	return *ret_status != SEC_E_UNSUPPORTED_FUNCTION || attribute == SECPKG_ATTR_SIZES || attribute == SECPKG_ATTR_KEY_INFO ||
	    attribute == SECPKG_ATTR_SESSION_KEY;
}

/* `size` is what the caller's buffer has; UINT32_MAX where it does not say. */
static SECURITY_STATUS
query(PCtxtHandle handle, ULONG attribute, void *answer, ULONG size, bool wide)
{
	struct context *ctx = handle ? context_hold(handle) : NULL;
	const struct row *row = row_find(attribute);
	struct question q = { .ctx = ctx, .answer = answer, .wide = wide };
	struct user_facts facts;
	SECURITY_STATUS status;

	if (!ctx)
		return SEC_E_INVALID_HANDLE;
	if (!answer) {
		context_release(ctx);
		return SEC_E_INTERNAL_ERROR;
	}
	pthread_mutex_lock(&ctx->lock);
	if (ctx->state == CTX_ESTABLISHED && ctx->half) {
		ctx->user->facts(ctx->half, &facts);
		q.facts = &facts;
	}
	if (q.facts && asked_itself(ctx, row, attribute, answer, size, wide, &status))
		;
	else if (!q.facts && atomic_load(&ctx->leg) == LEG_ASYNC)
		status = SEC_E_OUT_OF_SEQUENCE;
	else if (!row)
		status = SEC_E_UNSUPPORTED_FUNCTION;
	else if (!q.facts && !row->early)
		status = SEC_E_INVALID_HANDLE;
	else if (size < row->size)
		status = SEC_E_BUFFER_TOO_SMALL;
	else
		status = row->answer(&q);
	pthread_mutex_unlock(&ctx->lock);
	context_release(ctx);
	return status;
}

SECURITY_STATUS
QueryContextAttributesW(PCtxtHandle phContext, ULONG ulAttribute, void *pBuffer)
{
	return query(phContext, ulAttribute, pBuffer, UINT32_MAX, true);
}

SECURITY_STATUS
QueryContextAttributesA(PCtxtHandle phContext, ULONG ulAttribute, void *pBuffer)
{
	return query(phContext, ulAttribute, pBuffer, UINT32_MAX, false);
}

SECURITY_STATUS
QueryContextAttributesExW(PCtxtHandle phContext, ULONG ulAttribute, void *pBuffer, ULONG cbBuffer)
{
	return query(phContext, ulAttribute, pBuffer, cbBuffer, true);
}

SECURITY_STATUS
QueryContextAttributesExA(PCtxtHandle phContext, ULONG ulAttribute, void *pBuffer, ULONG cbBuffer)
{
	return query(phContext, ulAttribute, pBuffer, cbBuffer, false);
}

/* No package here takes an attribute of a context yet. */
static SECURITY_STATUS
set(PCtxtHandle handle, ULONG attribute)
{
	struct context *ctx = handle ? context_hold(handle) : NULL;

	if (!ctx)
		return SEC_E_INVALID_HANDLE;
	why_thread_say(SEC_E_UNSUPPORTED_FUNCTION, "%s has no attribute %u that can be set", ctx->package,
	    (unsigned)attribute);
	context_release(ctx);
	return SEC_E_UNSUPPORTED_FUNCTION;
}

SECURITY_STATUS
SetContextAttributesW(PCtxtHandle phContext, ULONG ulAttribute, void *pBuffer, ULONG cbBuffer)
{
	(void)pBuffer;
	(void)cbBuffer;
	return set(phContext, ulAttribute);
}

SECURITY_STATUS
SetContextAttributesA(PCtxtHandle phContext, ULONG ulAttribute, void *pBuffer, ULONG cbBuffer)
{
	(void)pBuffer;
	(void)cbBuffer;
	return set(phContext, ulAttribute);
}

/* --- credentials ------------------------------------------------------------------ */

static SECURITY_STATUS
cred_name(struct cred *cred, void *answer, bool wide)
{
	struct cred_name_in in = { .cred = cred->wire };
	struct cred_name_out out;
	struct ask_room room;
	struct ask ask = { .room = &room };
	struct why why = { NULL, 0, 0 };
	struct link *link = NULL;
	SECURITY_STATUS status = sec_of(root_sspi_link(&link, &why));

	if (status == SEC_E_OK && link->epoch != cred->epoch)
		status = SEC_E_INVALID_HANDLE;
	if (status == SEC_E_OK) {
		ask_cred_name(&ask, link, &in);
		ask_wait(&ask);
		status = sec_of(told_cred_name(&ask, &out));
		why_take(&why, ask_why(&ask));
		if (status == SEC_E_OK)
			status = string_out(&((SecPkgCredentials_NamesW *)answer)->sUserName, out.name, wide);
		ask_end(&ask);
	}
	link_release(link);
	why_thread_keep(status, &why);
	return status;
}

static SECURITY_STATUS
cred_query(PCredHandle handle, ULONG attribute, void *answer, ULONG size, bool wide)
{
	struct cred *cred = handle ? cred_hold(handle) : NULL;
	SECURITY_STATUS status = SEC_E_UNSUPPORTED_FUNCTION;

	if (!cred)
		return SEC_E_INVALID_HANDLE;
	if (!answer)
		status = SEC_E_INTERNAL_ERROR;
	else if (attribute == SECPKG_CRED_ATTR_NAMES)
		status = size < sizeof(SecPkgCredentials_NamesW) ? SEC_E_BUFFER_TOO_SMALL :
		    cred_name(cred, answer, wide);
	cred_release(cred);
	return status;
}

SECURITY_STATUS
QueryCredentialsAttributesW(PCredHandle phCredential, ULONG ulAttribute, void *pBuffer)
{
	return cred_query(phCredential, ulAttribute, pBuffer, UINT32_MAX, true);
}

SECURITY_STATUS
QueryCredentialsAttributesA(PCredHandle phCredential, ULONG ulAttribute, void *pBuffer)
{
	return cred_query(phCredential, ulAttribute, pBuffer, UINT32_MAX, false);
}

SECURITY_STATUS
QueryCredentialsAttributesExW(PCredHandle phCredential, ULONG ulAttribute, void *pBuffer, ULONG cbBuffer)
{
	return cred_query(phCredential, ulAttribute, pBuffer, cbBuffer, true);
}

SECURITY_STATUS
QueryCredentialsAttributesExA(PCredHandle phCredential, ULONG ulAttribute, void *pBuffer, ULONG cbBuffer)
{
	return cred_query(phCredential, ulAttribute, pBuffer, cbBuffer, false);
}

static SECURITY_STATUS
cred_set(PCredHandle handle, ULONG attribute, const void *value, ULONG size)
{
	struct cred *cred = handle ? cred_hold(handle) : NULL;
	SECURITY_STATUS status = SEC_E_UNSUPPORTED_FUNCTION;

	if (!cred)
		return SEC_E_INVALID_HANDLE;
	if (attribute == OLSA_CRED_ATTR_DEADLINE) {
		status = !value ? SEC_E_INTERNAL_ERROR : size < sizeof(ULONG) ? SEC_E_BUFFER_TOO_SMALL : SEC_E_OK;
		if (status == SEC_E_OK)
			atomic_store(&cred->deadline, *(const ULONG *)value);
	}
	cred_release(cred);
	return status;
}

SECURITY_STATUS
SetCredentialsAttributesW(PCredHandle phCredential, ULONG ulAttribute, void *pBuffer, ULONG cbBuffer)
{
	return cred_set(phCredential, ulAttribute, pBuffer, cbBuffer);
}

SECURITY_STATUS
SetCredentialsAttributesA(PCredHandle phCredential, ULONG ulAttribute, void *pBuffer, ULONG cbBuffer)
{
	return cred_set(phCredential, ulAttribute, pBuffer, cbBuffer);
}
