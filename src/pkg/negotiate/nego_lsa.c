/*
 * nego_lsa.c - Negotiate's table, its credentials, and what both roles share.
 *
 * A credential holds one credential of each package inside for each use, as
 * far as they can be had. The legs are in nego_init.c and nego_accept.c. It
 * must never learn to know what those packages do.
 */
#include "pkg/negotiate/nego_lsa.h"

#include <stdlib.h>

#include <sspi.h>

#include "base/utf16.h"
#include "pkg/negotiate/nego_data.h"

/* --- credentials -------------------------------------------------------- */

static void
negotiate_forget_cred(void *at)
{
	struct nego_cred *cred = at;

	if (!cred)
		return;
	for (unsigned i = 0; i < USES * INNERS; i++) {
		struct nego_inner *in = &cred->inner[i / INNERS][i % INNERS];

		if (in->package)
			in->package->forget_cred(in->cred);
	}
	free(cred);
}

/* What is remembered while a package inside waits; `next` counts uses and packages. */
struct acquiring {
	struct nego_cred *cred;
	unsigned next, found;
	const char *name;
	uint64_t expiry;
	NTSTATUS status;		/* of the first that failed for a reason of its own */
};

static void
acquiring_drop(void *at)
{
	struct acquiring *f = at;

	negotiate_forget_cred(f->cred);
}

/* The identity's domain is one that no KDC can know. Both are UTF-16. */
static bool
is_local(struct call *call, const struct acquire_args *args)
{
	static const uint8_t dot[] = { '.', 0 };
	const char *computer = services(call)->computer(call);
	uint8_t room[64];
	struct writer w = writer_of(room, sizeof room);

	if (!args->explicit_identity || !args->domain.len)
		return false;
	if (bytes_same(args->domain, bytes_of(dot, sizeof dot)))
		return true;
	if (!computer || !utf16_from_utf8(&w, bytes_of_text(computer)) || !writer_ok(&w) || w.need != args->domain.len)
		return false;
	for (size_t i = 0; i < w.need; i++) {
		uint8_t a = room[i], b = args->domain.at[i];

		if (a != b && !((a ^ b) == 0x20 && (a | 0x20) >= 'a' && (a | 0x20) <= 'z'))
			return false;
	}
	return true;
}

/* Without memory nothing is known about a package: the whole ends so. */
static bool
is_shortage(NTSTATUS status)
{
	return status == STATUS_INSUFFICIENT_RESOURCES || status == STATUS_NO_MEMORY || status == SEC_E_INSUFFICIENT_MEMORY;
}

/* One package for one use. STATUS_PENDING, or what is to be known is in the credential. */
static NTSTATUS
acquire_one(struct call *call, const struct acquire_args *args, struct acquiring *f, enum inner_use use, enum inner which)
{
	struct nego_inner *in = &f->cred->inner[use][which];
	const struct lsa_package *package = package_named(inner_name(which));
	struct acquire_args inner = *args;
	struct acquire_result ret = { .expiry = NEGO_NEVER };

	in->status = STATUS_NOT_FOUND;
	if (!package || !package->hand_over || f->cred->excluded[which])
		return STATUS_SUCCESS;
	if (which == INNER_KERBEROS && use == USE_OUT && (f->cred->local || f->cred->anonymous))
		return STATUS_SUCCESS;		/* the first leg says why */
	inner.inbound = use == USE_IN;
	inner.outbound = use == USE_OUT;
	inner.inside = true;
	if (use == USE_IN) {	/* the identity is that of an initiator */
		inner.explicit_identity = inner.has_password = false;
		inner.user = inner.domain = inner.password = BYTES_NONE;
	}
	in->status = enter_acquire(call, package, &inner, &ret);
	if (in->status == STATUS_PENDING)
		return STATUS_PENDING;
	if (in->status != STATUS_SUCCESS) {
		if (f->status == STATUS_SUCCESS)
			f->status = in->status;
		return is_shortage(in->status) ? in->status : STATUS_SUCCESS;
	}
	in->package = package;
	in->cred = ret.cred;
	f->found++;
	if (!f->name && ret.name && use == USE_OUT)
		f->name = ret.name;
	if (ret.expiry < f->expiry)
		f->expiry = ret.expiry;
	return STATUS_SUCCESS;
}

static NTSTATUS
negotiate_acquire(struct call *call, const struct acquire_args *args, struct acquire_result *ret)
{
	struct acquiring *f = frame(call, sizeof *f, acquiring_drop);
	NTSTATUS status;

	if (!f)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!f->cred) {
		f->cred = calloc(1, sizeof *f->cred);
		if (!f->cred)
			return STATUS_INSUFFICIENT_RESOURCES;
		f->expiry = NEGO_NEVER;
		rule_packages(f->cred, args->packages);
		f->cred->local = is_local(call, args);
		f->cred->anonymous = args->explicit_identity && !args->user.len && !args->domain.len && !args->password.len;
	}
	for (; f->next < USES * INNERS; f->next++) {
		enum inner_use use = (enum inner_use)(f->next / INNERS);

		if (use == USE_IN ? !args->inbound : !args->outbound)
			continue;
		status = acquire_one(call, args, f, use, (enum inner)(f->next % INNERS));
		if (status != STATUS_SUCCESS)
			return status;
	}
	if (!f->found)
		return because(call, f->status == STATUS_SUCCESS ? SEC_E_NO_CREDENTIALS : f->status, TO_CALLER,
		    "none of the packages that Negotiate chooses from has a credential (%s)",
		    f->cred->excluded[INNER_NTLM] || f->cred->excluded[INNER_KERBEROS] ?
		    "the identity's PackageList excludes some; the lines above tell of the others" : "the lines above tell why");
	ret->name = f->name;
	ret->expiry = f->expiry;
	ret->cred = f->cred;
	f->cred = NULL;
	return STATUS_SUCCESS;
}

/* Its Kerberos part may accept with more; NTLM's judges by accounts. What is inside was made at once with it. */
static NTSTATUS
negotiate_add(struct call *call, void *at, const struct acquire_args *args)
{
	struct nego_cred *cred = at;
	struct nego_inner *in;

	for (unsigned i = 0; i < INNERS; i++) {
		in = &cred->inner[USE_IN][i];
		if (!bytes_same(args->packages, bytes_of_text(inner_name((enum inner)i))))
			continue;
		if (!in->package)
			return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER, "Negotiate's credential has no part of %s to add to",
			    inner_name((enum inner)i));
		if (!in->package->add)
			return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "a credential of %s takes no other one",
			    in->package->name);
		return enter_add(call, in->package, in->cred, args);
	}
	return because(call, SEC_E_SECPKG_NOT_FOUND, TO_CALLER, "Negotiate has nothing of this package inside");
}

/* --- contexts -------------------------------------------------------------- */

bool
nego_keep(struct bytes *own, struct bytes text)
{
	uint8_t *copy = bytes_dup(text);

	free((void *)(uintptr_t)own->at);
	*own = copy ? bytes_of(copy, text.len) : BYTES_NONE;
	return copy != NULL;
}

static struct nego_context *
nego_context_new(bool server)
{
	struct nego_context *ctx = calloc(1, sizeof *ctx);

	if (!ctx)
		return NULL;
	ctx->at = NEGO_FRESH;
	ctx->server = server;
	ctx->expiry = NEGO_NEVER;
	return ctx;
}

void
nego_inner_drop(struct nego_context *ctx)
{
	if (ctx->inner)
		ctx->package->forget_context(ctx->inner);
	ctx->inner = NULL;
	ctx->inner_done = false;
}

static void
forget_text(struct bytes *own)
{
	free((void *)(uintptr_t)own->at);
	*own = BYTES_NONE;
}

/* What is inside stays when it is done: it holds the peer's session. */
void
nego_context_end(struct nego_context *ctx, bool done)
{
	ctx->at = done ? NEGO_DONE : NEGO_FAILED;
	if (!done)
		nego_inner_drop(ctx);
	forget_text(&ctx->target);
	forget_text(&ctx->bindings);
	forget_text(&ctx->list);
}

static void
negotiate_forget_context(void *at)
{
	struct nego_context *ctx = at;

	if (!ctx)
		return;
	nego_inner_drop(ctx);
	nego_context_end(ctx, false);
	free(ctx);
}

void
nego_choose(struct nego_context *ctx, enum nego_mech mech, const struct nego_inner *inner)
{
	nego_inner_drop(ctx);
	ctx->mech = mech;
	ctx->which = mech == MECH_IAKERB ? INNER_KERBEROS : inner_of(mech);
	ctx->package = inner->package;
	/* As Windows does; MIT's initiators send none there, so an acceptor only answers one. */
	if (!ctx->server && (ctx->wants & ISC_REQ_USE_DCE_STYLE))
		ctx->mic_wanted = true;
}

NTSTATUS
nego_enter(struct call *call, struct nego_context *ctx, const struct nego_inner *inner, const struct leg_args *args,
    struct bytes token, struct bytes *ret_token)
{
	struct leg_args in = *args;
	struct leg_result ret = { .context = ctx->inner, .expiry = NEGO_NEVER };
	NTSTATUS status;

	in.cred = inner->cred;
	in.context = ctx->inner;
	in.wants = ctx->server ? args->wants : ctx->wants;
	in.token = token;
	in.target = ctx->target;
	if (!in.bindings.len)
		in.bindings = ctx->bindings;
	in.inside = true;
	in.by_peer = !ctx->server && ctx->mech == MECH_IAKERB;
	in.silence_ms = NEGO_SILENCE_MS;
	status = ctx->server ? enter_accept(call, inner->package, &in, &ret) : enter_init(call, inner->package, &in, &ret);
	ctx->inner = ret.context;
	if (status == STATUS_PENDING)
		return status;
	*ret_token = ret.token;
	if (status != STATUS_SUCCESS)
		return status;
	ctx->inner_done = true;
	ctx->grants = ret.grants;
	ctx->expiry = ret.expiry;
	ctx->mic_wanted = ctx->mic_wanted || ret.wants_mic;
	return status;
}

/* --- tokens ------------------------------------------------------------------- */

NTSTATUS
nego_give_init(struct call *call, const struct nego_init *m, struct bytes *ret_token)
{
	struct writer w = writer_of(NULL, 0);
	uint8_t *at;

	nego_init_put(&w, m);
	at = call_memory(call, w.need);
	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	w = writer_of(at, w.need);
	nego_init_put(&w, m);
	*ret_token = bytes_of(at, w.need);
	return STATUS_SUCCESS;
}

NTSTATUS
nego_give_resp(struct call *call, const struct nego_resp *m, struct bytes *ret_token)
{
	struct writer w = writer_of(NULL, 0);
	uint8_t *at;

	nego_resp_put(&w, m);
	at = call_memory(call, w.need);
	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	w = writer_of(at, w.need);
	nego_resp_put(&w, m);
	*ret_token = bytes_of(at, w.need);
	return STATUS_SUCCESS;
}

NTSTATUS
nego_begin(struct call *call, const struct leg_args *args, bool server, struct leg_result *ret, struct nego_leg **ret_leg)
{
	struct nego_leg *leg = *ret_leg = frame(call, sizeof *leg, NULL);
	struct nego_context *ctx = args->context;

	if (leg && !ctx)
		ctx = nego_context_new(server);
	if (!leg || !ctx)
		return STATUS_INSUFFICIENT_RESOURCES;
	ret->context = ctx;
	if (!leg->counted)
		ctx->legs++;
	leg->counted = true;
	return ctx->server == server && ctx->at != NEGO_FAILED && ctx->at != NEGO_DONE && ctx->legs <= NEGO_LEGS_MAX ? STATUS_SUCCESS :
	    because(call, SEC_E_OUT_OF_SEQUENCE, TO_CALLER, "the context takes no further leg");
}

NTSTATUS
nego_finish(struct call *call, struct nego_context *ctx, struct leg_result *ret)
{
	struct nego_data d = { .direct = ctx->direct, .name = bytes_of_text(ctx->package->name) };
	struct writer w = writer_of(NULL, 0);
	NTSTATUS status = ctx->package->hand_over(call, ctx->inner, &d.data);
	uint8_t *at;

	if (status != STATUS_SUCCESS)
		return status;
	nego_data_put(&w, &d);
	at = call_memory(call, w.need);
	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	w = writer_of(at, w.need);
	nego_data_put(&w, &d);
	ret->user_data = bytes_of(at, w.need);
	ret->grants = ctx->grants;
	ret->expiry = ctx->expiry;
	return STATUS_SUCCESS;
}

/* --- the table -------------------------------------------------------------------- */

/* The accounts that can be changed are NTLM's. */
static NTSTATUS
negotiate_change(struct call *call, const struct change_args *args)
{
	const struct lsa_package *ntlm = package_named(inner_name(INNER_NTLM));

	if (!ntlm || !ntlm->change)
		return because(call, SEC_E_UNSUPPORTED_FUNCTION, TO_CALLER, "no package here changes passwords");
	return ntlm->change(call, args);
}

#define SUBMIT_INTERACTIVE	2u
#define SUBMIT_UNLOCK		7u
#define SUBMIT_FIXED		56u

static struct bytes
string_at(struct bytes body, size_t place)
{
	struct reader r = reader_of(body);
	struct bytes text = BYTES_NONE;
	uint16_t len;
	uint64_t at;

	reader_skip(&r, place);
	len = reader_u16(&r);
	reader_skip(&r, 6);
	at = reader_u64(&r);
	if (!reader_ok(&r) || len % 2 || at < SUBMIT_FIXED || at > body.len || !bytes_part(&text, body, (size_t)at, len))
		return BYTES_NONE;
	return text;
}

/* In letters of either case. */
static bool
is_text(struct bytes utf16, const char *ascii)
{
	size_t i = 0;

	for (; 2 * i + 1 < utf16.len && ascii[i]; i++) {
		uint8_t a = utf16.at[2 * i], b = (uint8_t)ascii[i];

		if (utf16.at[2 * i + 1] || (a != b && !((a ^ b) == 0x20 && (a | 0x20) >= 'a' && (a | 0x20) <= 'z')))
			return false;
	}
	return 2 * i == utf16.len && !ascii[i];
}

/* What stands behind the first '@'. */
static struct bytes
suffix_of(struct bytes utf16)
{
	for (size_t i = 0; i + 1 < utf16.len; i += 2)
		if (utf16.at[i] == '@' && !utf16.at[i + 1])
			return bytes_of(utf16.at + i + 2, utf16.len - i - 2);
	return BYTES_NONE;
}

/* The configuration names somebody else to judge it, and NTLM asks him. */
static bool
is_vouched_for(struct call *call, struct bytes domain)
{
	uint8_t room[1024];
	struct writer w = writer_of(room, sizeof room);

	return services(call)->vouches && utf8_from_utf16(&w, domain) && writer_ok(&w) &&
	    services(call)->vouches(call, bytes_of(room, w.need));
}

/*
 * A name without a domain, or with this machine's, is an account's here: NTLM's. Whether there is one is not asked,
 * so that no answer tells. Another domain's users are Kerberos', unless an authority (domain_authority) is there to judge
 * them by NTLM; both packages take the same form, unlocking without a LUID.
 */
static bool
is_of_a_domain(struct call *call, struct bytes body)
{
	struct acquire_args named = { .explicit_identity = true, .domain = string_at(body, 8), .user = string_at(body, 24) };

	if (!named.domain.len)
		named.domain = suffix_of(named.user);
	if (!named.domain.len || is_vouched_for(call, named.domain))
		return false;
	return !is_local(call, &named) && !is_text(named.domain, services(call)->host(call)) && !is_text(named.domain, "localhost");
}

static NTSTATUS
negotiate_logon(struct call *call, const struct logon_args *args, struct logon_result *ret)
{
	const struct lsa_package *ntlm = package_named(inner_name(INNER_NTLM)), *kerberos = package_named(inner_name(INNER_KERBEROS));
	struct logon_args as = *args;
	struct reader r = reader_of(args->body);
	uint32_t type = reader_u32(&r);
	struct writer w;

	if ((type == SUBMIT_INTERACTIVE || type == SUBMIT_UNLOCK) && kerberos && kerberos->logon && is_of_a_domain(call, args->body)) {
		w = writer_of(call_memory(call, args->body.len), args->body.len);
		if (!w.at)
			return STATUS_INSUFFICIENT_RESOURCES;
		writer_u32(&w, SUBMIT_INTERACTIVE);
		writer_bytes(&w, reader_rest(&r));
		as.body = bytes_of(w.at, w.need);
		return kerberos->logon(call, &as, ret);
	}
	if (!ntlm || !ntlm->logon)
		return because(call, STATUS_NOT_SUPPORTED, TO_CALLER, "no package here logs users on");
	return ntlm->logon(call, args, ret);
}

static void *
negotiate_who(void *at, uint32_t *ret_level)
{
	const struct nego_context *ctx = at;

	return ctx->inner && ctx->package->who ? ctx->package->who(ctx->inner, ret_level) : NULL;
}

const struct lsa_package negotiate_lsa = {
	.name           = "Negotiate",
	.comment        = "Microsoft Package Negotiator",
	.capabilities   = SECPKG_FLAG_INTEGRITY | SECPKG_FLAG_PRIVACY | SECPKG_FLAG_CONNECTION | SECPKG_FLAG_MULTI_REQUIRED |
	    SECPKG_FLAG_EXTENDED_ERROR | SECPKG_FLAG_IMPERSONATION | SECPKG_FLAG_ACCEPT_WIN32_NAME | SECPKG_FLAG_NEGOTIABLE |
	    SECPKG_FLAG_GSS_COMPATIBLE | SECPKG_FLAG_LOGON | SECPKG_FLAG_RESTRICTED_TOKENS,
	.rpc_id         = 9,
	.max_token      = 48256,
	.layout         = NEGO_DATA_LAYOUT,
	.acquire        = negotiate_acquire,
	.add            = negotiate_add,
	.init           = negotiate_init,
	.accept         = negotiate_accept,
	.change         = negotiate_change,
	.logon          = negotiate_logon,
	.who            = negotiate_who,
	.forget_cred    = negotiate_forget_cred,
	.forget_context = negotiate_forget_context,
};
