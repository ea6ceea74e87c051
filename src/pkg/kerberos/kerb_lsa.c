/*
 * kerb_lsa.c - Kerberos' table, its credentials, and what both roles share.
 *
 * The initiator's legs are in kerb_init.c, the acceptor's in kerb_accept.c,
 * tickets in kerb_cache.c, who one is without saying so in kerb_default.c. It must never learn to know sockets, clocks or
 * another package.
 */
#include "pkg/kerberos/kerb_lsa.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sspi.h>

#include "base/utf16.h"
#include "pkg/kerberos/kerb_cache.h"
#include "pkg/kerberos/kerb_inside.h"
#include "pkg/kerberos/kerb_k5.h"
#include "pkg/kerberos/kerb_logon.h"
#include "pkg/kerberos/kerb_msg.h"
#include "pkg/kerberos/kerb_renew.h"

/* --- credentials: a password ---------------------------------------------------- */

static NTSTATUS
identity_fits(struct call *call, const struct acquire_args *args)
{
	if (args->user.len > 2 * KERB_NAME_MAX || args->domain.len > 2 * KERB_DOMAIN_MAX ||
	    args->password.len > 2 * KERB_NAME_MAX)
		return because(call, SEC_E_UNKNOWN_CREDENTIALS, TO_CALLER,
		    "a user name or password has more than 256 characters, or a domain more than 255");
	return STATUS_SUCCESS;
}

/* Call memory, with an end; NULL: not valid text, or no memory. */
static char *
text_of(struct call *call, struct bytes utf16)
{
	struct writer w = writer_of(NULL, 0);
	char *text;

	if (!utf8_from_utf16(&w, utf16))
		return NULL;
	text = call_memory(call, w.need + 1);
	w = writer_of(text, text ? w.need : 0);
	return text && utf8_from_utf16(&w, utf16) && strlen(text) == w.need ? text : NULL;
}

static void
upper(char *text)
{
	for (; *text; text++)
		if (*text >= 'a' && *text <= 'z')
			*text = (char)(*text - 32);
}

static bool
realm_is_known(struct call *call, krb5_context k5, const char *realm)
{
	const char *places = kerb_k5_places(call, k5, realm, false);

	return places && *places;
}

/* A DNS name is a realm in capitals; a flat name is the default realm's where that begins so. */
static const char *
realm_of_domain(struct call *call, krb5_context k5, char *domain)
{
	const char *usual = kerb_k5_default_realm(call);
	size_t len = strlen(domain);

	if (realm_is_known(call, k5, domain))
		return domain;
	if (!strchr(domain, '.') && strlen(usual) > len && usual[len] == '.' && strncasecmp(usual, domain, len) == 0)
		return usual;
	upper(domain);
	return domain;
}

/*
 * user@suffix: a realm in capitals, unless krb5.conf has a default realm and
 * knows nothing of that one: then the default realm's KDC finds it (an
 * enterprise name, RFC 6806 5).
 */
static const char *
realm_of_suffix(struct call *call, krb5_context k5, char *suffix, bool *ret_enterprise)
{
	const char *usual = kerb_k5_default_realm(call);

	upper(suffix);
	*ret_enterprise = *usual && strcmp(usual, suffix) != 0 && !realm_is_known(call, k5, suffix);
	return *ret_enterprise ? usual : suffix;
}

static NTSTATUS
client_name(struct call *call, krb5_context k5, const struct acquire_args *args, struct kerb_cred *cred)
{
	char *user = text_of(call, args->user), *domain = text_of(call, args->domain), *at;
	krb5_principal client = NULL;
	krb5_error_code code;
	const char *realm;
	char *text = NULL;

	if (!user || !*user || !domain)
		return because(call, SEC_E_UNKNOWN_CREDENTIALS, TO_CALLER, "the identity's user or domain is not valid text");
	at = strrchr(user, '@');
	if (!*domain && at) {
		char *suffix = text_of(call, args->user);

		if (!suffix)
			return STATUS_INSUFFICIENT_RESOURCES;
		realm = realm_of_suffix(call, k5, suffix + (at - user) + 1, &cred->enterprise);
		if (!cred->enterprise)
			*at = 0;
	} else {
		realm = *domain ? realm_of_domain(call, k5, domain) : kerb_k5_default_realm(call);
	}
	if (!*realm)
		return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER,
		    "the identity names no domain and krb5.conf no default realm; give user@REALM, or a domain");
	code = krb5_parse_name_flags(k5, user,
	    cred->enterprise ? KRB5_PRINCIPAL_PARSE_ENTERPRISE | KRB5_PRINCIPAL_PARSE_NO_DEF_REALM : KRB5_PRINCIPAL_PARSE_NO_REALM, &client);
	if (!code)
		code = krb5_set_principal_realm(k5, client, realm);
	if (!code)
		code = krb5_unparse_name(k5, client, &text);
	krb5_free_principal(k5, client);
	if (code)
		return code == ENOMEM ? STATUS_INSUFFICIENT_RESOURCES :
		    because(call, SEC_E_UNKNOWN_CREDENTIALS, TO_CALLER, "the identity's user name is none that Kerberos knows");
	cred->client = strdup(text);
	krb5_free_unparsed_name(k5, text);
	return cred->client ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static struct secret *
password_of(struct bytes utf16)
{
	struct writer w = writer_of(NULL, 0);
	struct secret *s;
	bool good = false;
	uint8_t *p;

	if (!utf8_from_utf16(&w, utf16))
		return NULL;
	s = secret_new(w.need ? w.need : 1);
	if (!s)
		return NULL;
	WITH_SECRET(p, s) {
		w = writer_of(p, w.need);
		good = utf8_from_utf16(&w, utf16);
	}
	if (!good)
		secret_drop(&s);
	return s;
}

NTSTATUS
kerb_use_password(struct call *call, krb5_context k5, const struct acquire_args *args, struct kerb_cred *cred)
{
	NTSTATUS status = identity_fits(call, args);

	if (status == STATUS_SUCCESS && !args->user.len)
		status = because(call, SEC_E_NO_CREDENTIALS, TO_CALLER, "the identity names no user");
	if (status == STATUS_SUCCESS)
		status = client_name(call, k5, args, cred);
	if (status != STATUS_SUCCESS)
		return status;
	cred->is = KERB_PASSWORD;
	cred->cache = kerb_cache_new();
	cred->password = password_of(args->password);
	return cred->cache && cred->password ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* --- acquire ------------------------------------------------------------------------------- */

void
kerb_cred_clear(struct kerb_cred *cred)
{
	if (cred->service) {
		kerb_cred_clear(cred->service);
		free(cred->service);
	}
	kerb_cache_drop(cred->cache);
	kerb_cache_drop(atomic_load(&cred->extra));
	secret_drop(&cred->password);
	free(cred->client);
	free(cred->principal);
	*cred = (struct kerb_cred){ .is = KERB_NOBODY };
}

static void
kerb_forget_cred(void *at)
{
	struct kerb_cred *cred = at;

	if (!cred)
		return;
	kerb_cred_clear(cred);
	free(cred);
}

static NTSTATUS
use_outbound(struct call *call, const struct acquire_args *args, struct kerb_cred *cred, const char *principal)
{
	bool identity = args->explicit_identity && (args->user.len || args->domain.len || args->password.len);
	krb5_context k5 = kerb_k5_take(call);
	NTSTATUS status;

	if (!k5)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!identity)
		status = kerb_use_default(call, k5, args->logon_id, principal, cred);
	else if (!args->has_password)
		status = because(call, SEC_E_NO_CREDENTIALS, TO_CALLER,
		    "the identity has no password, and Kerberos has no stored one for it (an empty password is given as an empty "
		    "string that is not NULL)");
	else
		status = kerb_use_password(call, k5, args, cred);
	kerb_k5_give(k5);
	return status;
}

/* Without a key the tickets of a user are good for user-to-user. Negotiate does not choose Kerberos for that. */
static NTSTATUS
use_own(struct call *call, const struct acquire_args *args, struct kerb_cred *cred, NTSTATUS keyless)
{
	NTSTATUS status = use_outbound(call, args, cred, cred->principal ? cred->principal : "");

	if (status == STATUS_SUCCESS)
		because(call, status, TO_CALLER, "%s accepts user-to-user alone (see above)", cred->client);
	return status == SEC_E_NO_CREDENTIALS ? keyless : status;
}

static NTSTATUS
cred_fill(struct call *call, const struct acquire_args *args, struct kerb_cred *cred)
{
	NTSTATUS status = STATUS_SUCCESS;

	cred->inbound = args->inbound;
	cred->luid = args->logon_id;
	cred->outbound = args->outbound;
	if (args->principal.len) {
		cred->principal = bytes_dup(args->principal);
		if (!cred->principal)
			return STATUS_INSUFFICIENT_RESOURCES;
	}
	if (args->inbound)
		status = kerb_accept_ready(call, cred);
	if (status == SEC_E_NO_CREDENTIALS && !args->inside)
		return use_own(call, args, cred, status);
	if (status != STATUS_SUCCESS || !args->outbound)
		return status;
	status = use_outbound(call, args, cred, cred->principal ? cred->principal : "");
	/* For both uses one of them may be all that there is; a leg of the other says so. */
	if (status == SEC_E_NO_CREDENTIALS && args->inbound && !args->explicit_identity)
		status = STATUS_SUCCESS;
	return status;
}

static NTSTATUS
kerb_acquire(struct call *call, const struct acquire_args *args, struct acquire_result *ret)
{
	struct kerb_cred *cred = calloc(1, sizeof *cred);
	struct kerb_hoard *hoard;
	const char *name;
	NTSTATUS status;
	char *copy;

	if (!cred)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = cred_fill(call, args, cred);
	if (status != STATUS_SUCCESS) {
		kerb_forget_cred(cred);
		return status;
	}
	ret->expiry = KERB_NEVER;
	hoard = cred->is == KERB_TICKETS ? kerb_cache_hoard(cred->cache) : NULL;
	if (hoard)
		ret->expiry = ((uint64_t)hoard->end + 11644473600u) * 10000000u;
	kerb_hoard_drop(hoard);
	name = cred->is != KERB_NOBODY ? cred->client : cred->principal;
	copy = name ? call_memory(call, strlen(name) + 1) : NULL;
	if (copy)
		bytes_copy(copy, name, strlen(name));
	ret->name = copy;
	ret->cred = cred;
	return STATUS_SUCCESS;
}

/* --- contexts -------------------------------------------------------------------------------- */

struct kerb_context *
kerb_context_new(bool server)
{
	struct kerb_context *ctx = calloc(1, sizeof *ctx);

	if (ctx) {
		ctx->at = KERB_TALKING;
		ctx->server = server;
	}
	return ctx;
}

static void
kerb_forget_context(void *at)
{
	struct kerb_context *ctx = at;

	if (!ctx)
		return;
	kerb_talk_drop(ctx->talk);
	kerb_accept_forget(ctx->acceptor);
	secret_drop(&ctx->kept);
	free(ctx);
}

static void *
kerb_who(void *at, uint32_t *ret_level)
{
	struct kerb_context *ctx = at;

	return ctx->server && ctx->at == KERB_DONE && ctx->acceptor ? kerb_accept_who(ctx->acceptor, ret_level) : NULL;
}

NTSTATUS
kerb_data_give(struct call *call, const struct kerb_data *d, struct bytes *ret_bytes)
{
	struct writer w = writer_of(NULL, 0);
	uint8_t *at;

	if (!kerb_data_put(&w, d))
		return because(call, STATUS_NAME_TOO_LONG, TO_CALLER, "a name is too long to be handed on");
	at = call_memory(call, w.need);
	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	w = writer_of(at, w.need);
	if (!kerb_data_put(&w, d))
		return STATUS_INTERNAL_ERROR;
	*ret_bytes = bytes_of(at, w.need);
	return STATUS_SUCCESS;
}

NTSTATUS
kerb_context_done(struct call *call, struct kerb_context *ctx, const struct leg_args *args, const struct kerb_data *d,
    struct leg_result *ret)
{
	struct bytes data;
	NTSTATUS status = kerb_data_give(call, d, &data);

	if (status != STATUS_SUCCESS)
		return status;
	if (args->inside) {
		ctx->kept = secret_of(data);
		if (!ctx->kept)
			return STATUS_INSUFFICIENT_RESOURCES;
	} else {
		ret->user_data = data;
	}
	ctx->at = KERB_DONE;
	return STATUS_SUCCESS;
}

NTSTATUS
kerb_frame_give(struct call *call, const struct kerb_frame *f, struct bytes *ret_token)
{
	struct writer w = writer_of(NULL, 0);
	uint8_t *at;

	kerb_frame_put(&w, f);
	at = call_memory(call, w.need);
	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	w = writer_of(at, w.need);
	kerb_frame_put(&w, f);
	*ret_token = bytes_of(at, w.need);
	return STATUS_SUCCESS;
}

uint32_t
kerb_grants(bool server, uint32_t wants)
{
	uint32_t integrity = server ? ASC_REQ_INTEGRITY : ISC_REQ_INTEGRITY;
	uint32_t grants = wants & (ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_USE_DCE_STYLE | ISC_REQ_CONNECTION);
	uint32_t order = wants & (ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT);

	if (wants & ISC_REQ_DATAGRAM) {			/* their order is the caller's */
		order = 0;
		grants |= ISC_REQ_DATAGRAM;
	}
	grants |= wants & ISC_REQ_CONFIDENTIALITY;
	grants |= wants & (server ? ASC_REQ_IDENTIFY | ASC_REQ_EXTENDED_ERROR : ISC_REQ_IDENTIFY | ISC_REQ_EXTENDED_ERROR);
	if (!server && (wants & ISC_REQ_NO_INTEGRITY))
		return grants | (grants & ISC_RET_CONFIDENTIALITY ? integrity : 0);
	if (wants & (integrity | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT | ISC_REQ_CONFIDENTIALITY))
		grants |= integrity;
	return grants | order;
}

/* Capabilities as Windows has them: 0x000F3BBF. */
const struct lsa_package kerberos_lsa = {
	.name           = "Kerberos",
	.comment        = "Microsoft Kerberos V1.0",
	.capabilities   = 0x000F3BBF,
	.rpc_id         = KERB_DATA_PACKAGE,
	.max_token      = 48000,
	.layout         = KERB_DATA_LAYOUT,
	.acquire        = kerb_acquire,
	.add            = kerb_add,
	.init           = kerb_init,
	.accept         = kerb_accept,
	.warm           = kerb_k5_warm,
	.message        = kerb_message,
	.logon          = kerb_logon,
	.due            = kerb_renew_due,
	.tend           = kerb_renew,
	.adopt          = kerb_adopt,
	.expect         = kerb_expect,
	.mic            = kerb_inside_mic,
	.check_mic      = kerb_inside_check,
	.hand_over      = kerb_inside_hand_over,
	.who            = kerb_who,
	.forget_cred    = kerb_forget_cred,
	.forget_context = kerb_forget_context,
};
