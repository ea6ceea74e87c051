/*
 * sasl.c - SASL profiles over contexts. GSS-SPNEGO is Negotiate's tokens and
 * no more: what the context agreed on is the layer, as Windows has it.
 * GSSAPI is Kerberos' tokens, and then an agreement on the layer
 * (sasl_layer.c). [RFC4752], [MS-ADTS] 5.1.1.1.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/nt.h"

#include "base/der.h"
#include "base/utf16.h"
#include "secur32/core.h"
#include "secur32/explain.h"
#include "secur32/sasl_layer.h"
#include "secur32/text.h"

#define RECEIVE_SIZE	0x10000u		/* by default, as most peers have it */

static const struct profile {
	const char *name, *package;
	bool agrees;				/* on a layer, after the tokens */
} profiles[] = {
	{ "GSSAPI",     "Kerberos",  true },
	{ "GSS-SPNEGO", "Negotiate", false },
};
#define PROFILES (sizeof profiles / sizeof *profiles)

/* Which mechanism a first token names; [RFC2743] 3.1. */
static const struct { const char *oid, *package; } mechanisms[] = {
	{ "1.3.6.1.5.5.2",          "Negotiate" },
	{ "1.2.840.113554.1.2.2",   "Kerberos" },
	{ "1.2.840.48018.1.2.2",    "Kerberos" },
};

static const struct profile *
profile_of(const char *package)
{
	for (size_t n = 0; n < PROFILES; n++)
		if (strcasecmp(profiles[n].package, package) == 0)
			return &profiles[n];
	return NULL;
}

/* --- profiles --------------------------------------------------------------------- */

/* The names one after the other, an empty one behind the last. */
static SECURITY_STATUS
enumerate(void *ret_list, ULONG *ret_count, bool wide)
{
	uint8_t room[128];
	struct writer w = writer_of(room, sizeof room);
	void *list;

	if (!ret_list || !ret_count)
		return SEC_E_INVALID_HANDLE;
	for (size_t n = 0; n < PROFILES; n++) {
		if (!wide)
			writer_bytes(&w, bytes_of_text(profiles[n].name));
		else if (!utf16_from_utf8(&w, bytes_of_text(profiles[n].name)))
			return SEC_E_INTERNAL_ERROR;
		writer_zeros(&w, wide ? 2 : 1);
	}
	list = writer_ok(&w) ? buffer_of(BUFFER_CONTEXT, bytes_of(room, w.need)) : NULL;
	if (!list)
		return SEC_E_INSUFFICIENT_MEMORY;
	*(void **)ret_list = list;
	*ret_count = PROFILES;
	return SEC_E_OK;
}

SECURITY_STATUS
SaslEnumerateProfilesA(LPSTR *ProfileList, ULONG *ProfileCount)
{
	return enumerate(ProfileList, ProfileCount, false);
}

SECURITY_STATUS
SaslEnumerateProfilesW(LPWSTR *ProfileList, ULONG *ProfileCount)
{
	return enumerate(ProfileList, ProfileCount, true);
}

static SECURITY_STATUS
package_told(const char *package, void *ret_info, bool wide)
{
	void *info = package ? package_info_new(package, wide) : NULL;

	if (info)
		*(void **)ret_info = info;
	return info ? SEC_E_OK : SEC_E_SECPKG_NOT_FOUND;
}

static SECURITY_STATUS
profile_package(struct bytes name, void *ret_info, bool wide)
{
	if (!ret_info)
		return SEC_E_INVALID_HANDLE;
	for (size_t n = 0; n < PROFILES; n++)
		if (name.len == strlen(profiles[n].name) && strncasecmp(profiles[n].name, (const char *)name.at, name.len) == 0)
			return package_told(profiles[n].package, ret_info, wide);
	return SEC_E_SECPKG_NOT_FOUND;
}

SECURITY_STATUS
SaslGetProfilePackageA(LPSTR ProfileName, PSecPkgInfoA *PackageInfo)
{
	return ProfileName ? profile_package(bytes_of_text(ProfileName), PackageInfo, false) : SEC_E_SECPKG_NOT_FOUND;
}

SECURITY_STATUS
SaslGetProfilePackageW(LPWSTR ProfileName, PSecPkgInfoW *PackageInfo)
{
	struct text name;
	SECURITY_STATUS status = SEC_E_SECPKG_NOT_FOUND;

	if (ProfileName && text_of_wide(&name, ProfileName)) {
		status = profile_package(name.at, PackageInfo, true);
		text_drop(&name);
	}
	return status;
}

static SECURITY_STATUS
identify(const SecBufferDesc *input, void *ret_info, bool wide)
{
	struct reader r = reader_of(leg_buffer(input, SECBUFFER_TOKEN)), token;
	char oid[64];
	struct writer w = writer_of(oid, sizeof oid - 1);

	if (!ret_info || buffers_check(input) != SEC_E_OK)
		return SEC_E_INVALID_TOKEN;
	token = der_open(&r, DER_APPLICATION(0));
	if (!der_oid_text(&w, der_take(&token, DER_OID)) || !reader_ok(&token) || !writer_ok(&w))
		return SEC_E_INVALID_TOKEN;
	oid[w.need] = 0;
	for (size_t n = 0; n < sizeof mechanisms / sizeof *mechanisms; n++)
		if (strcmp(oid, mechanisms[n].oid) == 0)
			return package_told(mechanisms[n].package, ret_info, wide);
	return SEC_E_SECPKG_NOT_FOUND;
}

SECURITY_STATUS
SaslIdentifyPackageA(PSecBufferDesc pInput, PSecPkgInfoA *PackageInfo)
{
	return identify(pInput, PackageInfo, false);
}

SECURITY_STATUS
SaslIdentifyPackageW(PSecBufferDesc pInput, PSecPkgInfoW *PackageInfo)
{
	return identify(pInput, PackageInfo, true);
}

/* --- conversations ---------------------------------------------------------------- */

static struct sasl *
sasl_new(const struct leg *leg)
{
	struct sasl *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->server = leg->server;
	s->private = leg->wants & ISC_REQ_CONFIDENTIALITY;		/* the server's bit is the same */
	s->integral = leg->wants & (leg->server ? ASC_REQ_INTEGRITY : ISC_REQ_INTEGRITY);
	s->receive_size = RECEIVE_SIZE;
	s->authz_state = Sasl_AuthZIDForbidden;
	return s;
}

/* The agreement's next step, into the caller's buffer. The context's lock is held. */
static SECURITY_STATUS
step(struct context *ctx, const struct leg *leg, struct why *why)
{
	struct sasl *s = ctx->sasl;
	struct bytes said = leg_buffer(leg->input, SECBUFFER_TOKEN);
	uint8_t message[SASL_MESSAGE_MAX];
	size_t len = 0;
	ULONG allocated = 0;
	SECURITY_STATUS status, given;

	if (s->stage == SASL_AGREED || s->stage == SASL_REFUSED || (s->stage == SASL_ANSWER_DUE && said.len)) {
		why_say(why, SEC_E_OUT_OF_SEQUENCE, TO_CALLER, s->stage == SASL_ANSWER_DUE ?
		    "the client answers the last token with nothing before a layer is offered to it" : "the conversation has ended");
		return SEC_E_OUT_OF_SEQUENCE;
	}
	status = leg_token_fits(leg, sasl_room(ctx));
	if (status != SEC_E_OK)
		return status;
	if (s->stage == SASL_OFFER_AWAITED)
		status = sasl_choose(ctx, said, message, &len, why);
	else if (s->stage == SASL_CHOICE_AWAITED)
		status = sasl_take_choice(ctx, said, why);
	else
		status = sasl_offer(ctx, message, &len, why);
	if (status < 0)
		return status;
	given = leg_token_give(leg, bytes_of(message, len), &allocated);
	if (given != SEC_E_OK)
		return given;
	if (leg->attributes)
		*leg->attributes = sasl_attributes(s) | allocated;
	if (leg->new_context)
		sec_handle_of(leg->new_context, KIND_CONTEXT, ctx->word);
	return status;
}

/* The tokens are through. Kerberos then agrees on a layer; the context's lock is held. */
static SECURITY_STATUS
established(struct context *ctx, const struct leg *leg, ULONG room, struct why *why)
{
	struct sasl *s = ctx->sasl;
	SecBuffer *token = leg_buffer_find(leg->output, SECBUFFER_TOKEN);

	s->attributes = *leg->attributes;
	if (!profile_of(ctx->package)->agrees) {
		s->stage = SASL_AGREED;
		s->send_size = s->receive_size;
		return SEC_E_OK;
	}
	if (!s->server) {
		s->stage = SASL_OFFER_AWAITED;
		return SEC_I_CONTINUE_NEEDED;
	}
	if (token && token->cbBuffer) {
		s->stage = SASL_ANSWER_DUE;
		return SEC_I_CONTINUE_NEEDED;
	}
	if (token)
		token->cbBuffer = room;
	s->stage = SASL_OFFER_DUE;
	return step(ctx, leg, why);
}

/* A leg of the context itself. `ctx` NULL: the first. */
static SECURITY_STATUS
tokens(struct context *ctx, struct leg *leg, bool text_good, struct why *why)
{
	struct sasl *fresh = ctx ? NULL : sasl_new(leg);
	const SecBuffer *out = leg_buffer_find(leg->output, SECBUFFER_TOKEN);
	ULONG room = out ? out->cbBuffer : 0, spare = 0;
	SECURITY_STATUS status;

	if (!ctx && !fresh)
		return SEC_E_INSUFFICIENT_MEMORY;
	if (!leg->attributes)
		leg->attributes = &spare;
	status = core_leg(leg, text_good);
	if (status < 0) {
		free(fresh);
		return status;
	}
	if (fresh) {
		ctx = context_hold(leg->new_context);
		if (!ctx) {			/* another thread deleted it already */
			free(fresh);
			return SEC_E_INVALID_HANDLE;
		}
	}
	pthread_mutex_lock(&ctx->lock);
	if (fresh)
		ctx->sasl = fresh;
	if (status == SEC_E_OK)
		status = established(ctx, leg, room, why);
	pthread_mutex_unlock(&ctx->lock);
	if (fresh)
		context_release(ctx);
	return status;
}

/* Which profile the first leg's credential is for; it then asks for what the agreement needs. */
static SECURITY_STATUS
profile_ask(struct leg *leg, struct why *why)
{
	struct cred *cred = leg->has_cred ? cred_hold(&leg->cred_handle) : NULL;
	const struct profile *profile = cred ? profile_of(cred->package) : NULL;
	SECURITY_STATUS status = !cred && !leg->has_context ? SEC_E_INVALID_HANDLE : SEC_E_OK;

	if (cred && !profile) {
		why_say(why, SEC_E_SECPKG_NOT_FOUND, TO_CALLER, "there is no SASL profile for the package %s", cred->package);
		status = SEC_E_SECPKG_NOT_FOUND;
	}
	if (profile && profile->agrees && !leg->server) {
		if (leg->wants & (ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY))		/* RFC 4752 3.1 */
			leg->wants |= ISC_REQ_MUTUAL_AUTH | ISC_REQ_SEQUENCE_DETECT;
	}
	cred_release(cred);
	return status;
}

static SECURITY_STATUS
converse(struct leg *leg, bool text_good)
{
	struct context *ctx = leg->has_context ? context_hold(&leg->context_handle) : NULL;
	struct why why = { NULL, 0, 0 };
	SECURITY_STATUS status = profile_ask(leg, &why);
	bool agrees = false, spoken = !leg->has_context;

	if (ctx) {
		pthread_mutex_lock(&ctx->lock);
		spoken = ctx->sasl != NULL;
		agrees = spoken && ctx->sasl->stage != SASL_TOKENS;
		if (agrees && status == SEC_E_OK)
			status = leg_check(leg);
		if (agrees && status == SEC_E_OK)
			status = step(ctx, leg, &why);
		pthread_mutex_unlock(&ctx->lock);
	}
	if (status == SEC_E_OK && !spoken) {
		why_say(&why, SEC_E_INVALID_HANDLE, TO_CALLER, "the context does not come from a function of SASL");
		status = SEC_E_INVALID_HANDLE;
	}
	if (status == SEC_E_OK && !agrees) {
		status = tokens(ctx, leg, text_good, &why);
		if (!why.len) {			/* core_leg has told its own */
			context_release(ctx);
			return status;
		}
	}
	context_release(ctx);
	why_thread_keep(status, &why);
	why_drop(&why);
	return status;
}

SECURITY_STATUS
SaslInitializeSecurityContextA(PCredHandle phCredential, PCtxtHandle phContext, LPSTR pszTargetName,
    ULONG fContextReq, ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput, ULONG Reserved2,
    PCtxtHandle phNewContext, PSecBufferDesc pOutput, ULONG *pfContextAttr, PTimeStamp ptsExpiry)
{
	struct text target;
	bool good = text_of_ansi(&target, pszTargetName);
	struct leg leg = leg_of(false, phCredential, phContext, fContextReq, TargetDataRep, pInput, phNewContext, pOutput,
	    pfContextAttr, ptsExpiry);

	(void)Reserved1;
	(void)Reserved2;
	leg.target = target.at;
	return converse(&leg, good);
}

SECURITY_STATUS
SaslInitializeSecurityContextW(PCredHandle phCredential, PCtxtHandle phContext, LPWSTR pszTargetName,
    ULONG fContextReq, ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput, ULONG Reserved2,
    PCtxtHandle phNewContext, PSecBufferDesc pOutput, ULONG *pfContextAttr, PTimeStamp ptsExpiry)
{
	struct text target;
	bool good = text_of_wide(&target, pszTargetName);
	struct leg leg = leg_of(false, phCredential, phContext, fContextReq, TargetDataRep, pInput, phNewContext, pOutput,
	    pfContextAttr, ptsExpiry);
	SECURITY_STATUS status;

	(void)Reserved1;
	(void)Reserved2;
	leg.target = target.at;
	status = converse(&leg, good);
	text_drop(&target);
	return status;
}

SECURITY_STATUS
SaslAcceptSecurityContext(PCredHandle phCredential, PCtxtHandle phContext, PSecBufferDesc pInput, ULONG fContextReq,
    ULONG TargetDataRep, PCtxtHandle phNewContext, PSecBufferDesc pOutput, ULONG *pfContextAttr,
    PTimeStamp ptsExpiry)
{
	struct leg leg = leg_of(true, phCredential, phContext, fContextReq, TargetDataRep, pInput, phNewContext, pOutput,
	    pfContextAttr, ptsExpiry);

	return converse(&leg, true);
}

/* --- options ---------------------------------------------------------------------- */

/* With its lock; NULL: not a context that SASL is spoken with. */
static struct context *
spoken_with(PCtxtHandle handle)
{
	struct context *ctx = handle ? context_hold(handle) : NULL;

	if (!ctx)
		return NULL;
	pthread_mutex_lock(&ctx->lock);
	if (ctx->sasl)
		return ctx;
	pthread_mutex_unlock(&ctx->lock);
	context_release(ctx);
	return NULL;
}

static void
spoken_end(struct context *ctx)
{
	pthread_mutex_unlock(&ctx->lock);
	context_release(ctx);
}

/* UTF-8 without a NUL, which would end it for some peers and not for others. */
static bool
is_identity(struct bytes text)
{
	struct writer w = writer_of(NULL, 0);

	return text.len <= SASL_AUTHZ_MAX && (!text.len || !memchr(text.at, 0, text.len)) && utf16_from_utf8(&w, text);
}

static SECURITY_STATUS
option_set(struct sasl *s, ULONG option, struct bytes value)
{
	ULONG number = 0;
	bool numbered = value.len == sizeof number;

	if (numbered)
		bytes_copy(&number, value.at, sizeof number);
	if (s->stage >= SASL_CHOICE_AWAITED)
		return SEC_E_OUT_OF_SEQUENCE;
	if (option == SASL_OPTION_SEND_SIZE || option == SASL_OPTION_RECV_SIZE) {
		if (!number || number > SASL_SIZE_MAX)
			return SEC_E_INVALID_PARAMETER;
		*(option == SASL_OPTION_SEND_SIZE ? &s->send_size : &s->receive_size) = number;
		return SEC_E_OK;
	}
	if (option == SASL_OPTION_AUTHZ_STRING && !s->server) {
		if (!is_identity(value))
			return SEC_E_INVALID_PARAMETER;
		bytes_copy(s->authz, value.at, value.len);
		s->authz_len = value.len;
		return SEC_E_OK;
	}
	if (option == SASL_OPTION_AUTHZ_PROCESSING && s->server) {
		if (!numbered || number > Sasl_AuthZIDProcessed)
			return SEC_E_INVALID_PARAMETER;
		s->authz_state = (SASL_AUTHZID_STATE)number;
		return SEC_E_OK;
	}
	return SEC_E_UNSUPPORTED_FUNCTION;
}

SECURITY_STATUS
SaslSetContextOption(PCtxtHandle ContextHandle, ULONG Option, PVOID Value, ULONG Size)
{
	struct context *ctx = spoken_with(ContextHandle);
	SECURITY_STATUS status;

	if (!ctx)
		return SEC_E_INVALID_HANDLE;
	status = Value || !Size ? option_set(ctx->sasl, Option, bytes_of(Value, Size)) : SEC_E_INVALID_PARAMETER;
	spoken_end(ctx);
	return status;
}

SECURITY_STATUS
SaslGetContextOption(PCtxtHandle ContextHandle, ULONG Option, PVOID Value, ULONG Size, PULONG Needed)
{
	struct context *ctx = spoken_with(ContextHandle);
	SECURITY_STATUS status = SEC_E_OK;
	ULONG number = 0;
	struct bytes told = bytes_of(&number, sizeof number);

	if (!ctx)
		return SEC_E_INVALID_HANDLE;
	if (Option == SASL_OPTION_SEND_SIZE)
		number = ctx->sasl->send_size;
	else if (Option == SASL_OPTION_RECV_SIZE)
		number = ctx->sasl->receive_size;
	else if (Option == SASL_OPTION_AUTHZ_STRING)
		told = bytes_of(ctx->sasl->authz, ctx->sasl->authz_len);
	else if (Option == SASL_OPTION_AUTHZ_PROCESSING)
		number = ctx->sasl->authz_state;
	else
		status = SEC_E_UNSUPPORTED_FUNCTION;
	if (status == SEC_E_OK && Needed)
		*Needed = (ULONG)told.len;
	if (status == SEC_E_OK && (told.len > Size || (told.len && !Value)))
		status = SEC_E_BUFFER_TOO_SMALL;
	if (status == SEC_E_OK)
		bytes_copy(Value, told.at, told.len);
	spoken_end(ctx);
	return status;
}
