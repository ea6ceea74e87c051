/*
 * fakekrb.c - both halves of the package that stands in Kerberos' place.
 */
#include "tests/api/fakekrb.h"

#include <stdlib.h>
#include <string.h>

#include <winerror.h>

#define MUTUAL	((uint8_t)1)
#define DCE	((uint8_t)2)
#define REQ	1u
#define REP	2u
#define LAST	3u

struct fake_context {
	bool server, done;
	uint8_t mode, legs;
	uint32_t out, in;		/* sequence numbers */
};

struct fake_frame { bool waited; };

/* --- tokens and proofs --------------------------------------------------------- */

static const uint8_t krb5[] = { 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02 };

static size_t
token_put(uint8_t to[32], uint8_t kind, uint8_t mode)
{
	to[0] = 0x60;
	to[1] = sizeof krb5 + 3;
	memcpy(to + 2, krb5, sizeof krb5);
	to[2 + sizeof krb5] = kind;
	to[3 + sizeof krb5] = 0;
	to[4 + sizeof krb5] = mode;
	return 5 + sizeof krb5;
}

size_t
fakekrb_token(uint8_t to[32], bool mutual)
{
	return token_put(to, REQ, mutual ? MUTUAL : 0);
}

static bool
token_take(struct bytes token, uint8_t kind, uint8_t *ret_mode)
{
	uint8_t want[32];
	size_t len = token_put(want, kind, 0);

	if (token.len != len || memcmp(token.at, want, len - 1) != 0)
		return false;
	*ret_mode = token.at[len - 1];
	return true;
}

void
fakekrb_proof(uint8_t to[16], struct bytes text, uint32_t sequence, bool of_client)
{
	uint64_t sum = 0xcbf29ce484222325u ^ sequence ^ (of_client ? 0x1000000u : 0);

	for (size_t i = 0; i < text.len; i++)
		sum = (sum ^ text.at[i]) * 0x100000001b3u;
	memcpy(to, &sum, 8);
	sum *= 0x9e3779b97f4a7c15u;
	memcpy(to + 8, &sum, 8);
}

/* --- the LSA's half --------------------------------------------------------------- */

static bool
is(struct bytes text, const char *word)
{
	return bytes_same(text, bytes_of_text(word));
}

static NTSTATUS
fake_acquire(struct call *call, const struct acquire_args *args, struct acquire_result *ret)
{
	static const uint8_t nokrb[] = { 'n', 0, 'o', 0, 'k', 0, 'r', 0, 'b', 0 };

	if (is(args->principal, "nothing") || bytes_same(args->user, bytes_of(nokrb, sizeof nokrb)))
		return because(call, SEC_E_NO_CREDENTIALS, TO_CALLER, "Kerberos has no ticket and no keytab");
	ret->cred = calloc(1, 1);
	ret->name = "fake@REALM";
	return ret->cred ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* STATUS_SUCCESS: go on. */
static NTSTATUS
fake_authority(struct call *call, const struct leg_args *args)
{
	static const struct { const char *target; NTSTATUS status; } fails[] = {
		{ "svc/unknown", SEC_E_TARGET_UNKNOWN }, { "svc/nokdc", STATUS_NO_LOGON_SERVERS },
		{ "svc/badpass", SEC_E_LOGON_DENIED }, { "svc/skew", SEC_E_TIME_SKEW },
		{ "svc/modified", SEC_E_WRONG_PRINCIPAL }, { "svc/noticket", SEC_E_NO_CREDENTIALS },
	};
	struct fake_frame *f = frame(call, sizeof *f, NULL);
	bool silent = is(args->target, "svc/silent");

	if (!f)
		return STATUS_INSUFFICIENT_RESOURCES;
	for (size_t i = 0; i < sizeof fails / sizeof *fails; i++)
		if (is(args->target, fails[i].target))
			return because(call, fails[i].status, TO_CALLER, "Kerberos was told to fail");
	if (f->waited)
		return silent ? because(call, STATUS_IO_TIMEOUT, TO_CALLER, "no KDC answered in %u ms", args->silence_ms) :
		    STATUS_SUCCESS;
	f->waited = true;
	if (is(args->target, "svc/slow"))
		return await_timer(call, 50);
	if (is(args->target, "svc/forever") || (silent && !args->silence_ms))
		return await_nothing(call);
	return silent ? await_timer(call, args->silence_ms) : STATUS_SUCCESS;
}

static NTSTATUS
fake_give(struct call *call, struct leg_result *ret, uint8_t kind, uint8_t mode)
{
	uint8_t *at = call_memory(call, 32);

	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	ret->token = bytes_of(at, token_put(at, kind, mode));
	return STATUS_SUCCESS;
}

static NTSTATUS
fake_hand_over(struct call *call, void *context, struct bytes *ret_user_data)
{
	struct fake_context *ctx = context;
	uint8_t *at = call_memory(call, 16);

	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	put_u32(at, 0x4642524bu);
	put_u32(at + 4, ctx->server);
	put_u32(at + 8, ctx->out);
	put_u32(at + 12, ctx->in);
	*ret_user_data = bytes_of(at, 16);
	return STATUS_SUCCESS;
}

static NTSTATUS
fake_done(struct call *call, struct fake_context *ctx, const struct leg_args *args, struct leg_result *ret)
{
	ctx->done = true;
	ret->grants = (ctx->server ? ASC_RET_INTEGRITY : ISC_RET_INTEGRITY) | (ctx->mode & MUTUAL ? ISC_RET_MUTUAL_AUTH : 0);
	ret->expiry = 0x7fffffffffffffffu;
	return args->inside ? STATUS_SUCCESS : fake_hand_over(call, ctx, &ret->user_data);
}

static NTSTATUS
fake_init(struct call *call, const struct leg_args *args, struct leg_result *ret)
{
	struct fake_context *ctx = args->context;
	NTSTATUS status = ctx ? STATUS_SUCCESS : fake_authority(call, args);
	uint8_t mode;

	if (status != STATUS_SUCCESS)
		return status;
	if (!ctx) {
		ctx = calloc(1, sizeof *ctx);
		if (!ctx)
			return STATUS_INSUFFICIENT_RESOURCES;
		ret->context = ctx;
		ctx->mode = is(args->target, "svc/oneway") ? 0 : MUTUAL;
		if (args->wants & ISC_REQ_USE_DCE_STYLE)
			ctx->mode = MUTUAL | DCE;
		status = fake_give(call, ret, REQ, ctx->mode);
		if (status != STATUS_SUCCESS)
			return status;
		return ctx->mode ? SEC_I_CONTINUE_NEEDED : fake_done(call, ctx, args, ret);
	}
	if (ctx->done || !token_take(args->token, REP, &mode))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "that is no answer of Kerberos");
	if (ctx->mode & DCE)
		status = fake_give(call, ret, LAST, ctx->mode);
	return status == STATUS_SUCCESS ? fake_done(call, ctx, args, ret) : status;
}

static NTSTATUS
fake_accept(struct call *call, const struct leg_args *args, struct leg_result *ret)
{
	struct fake_context *ctx = args->context;
	NTSTATUS status = STATUS_SUCCESS;
	uint8_t mode;

	if (ctx) {
		if (ctx->done || !token_take(args->token, LAST, &mode))
			return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "that is not the last token of Kerberos");
		return fake_done(call, ctx, args, ret);
	}
	if (!token_take(args->token, REQ, &mode))
		return because(call, SEC_E_INVALID_TOKEN, TO_CALLER, "that is no request of Kerberos");
	ctx = calloc(1, sizeof *ctx);
	if (!ctx)
		return STATUS_INSUFFICIENT_RESOURCES;
	ret->context = ctx;
	ctx->server = true;
	ctx->mode = mode;
	if (mode)
		status = fake_give(call, ret, REP, mode);
	if (status != STATUS_SUCCESS)
		return status;
	return mode & DCE ? SEC_I_CONTINUE_NEEDED : fake_done(call, ctx, args, ret);
}

static NTSTATUS
fake_mic(struct call *call, void *context, struct bytes text, bool restart, struct bytes *ret_token)
{
	struct fake_context *ctx = context;
	uint8_t *at = call_memory(call, 16);

	(void)restart;
	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	fakekrb_proof(at, text, ctx->out++, !ctx->server);
	*ret_token = bytes_of(at, 16);
	return STATUS_SUCCESS;
}

static NTSTATUS
fake_check_mic(struct call *call, void *context, struct bytes text, bool restart, struct bytes token)
{
	struct fake_context *ctx = context;
	uint8_t want[16];

	(void)restart;
	fakekrb_proof(want, text, ctx->in, ctx->server);
	if (!bytes_same(token, bytes_of(want, sizeof want)))
		return because(call, SEC_E_MESSAGE_ALTERED, TO_CALLER, "Kerberos finds the proof wrong");
	ctx->in++;
	return STATUS_SUCCESS;
}

const struct lsa_package fakekrb_lsa = {
	.name           = "Kerberos",
	.comment        = "in Kerberos' place, for tests",
	.rpc_id         = 16,
	.max_token      = 12000,
	.acquire        = fake_acquire,
	.init           = fake_init,
	.accept         = fake_accept,
	.forget_cred    = free,
	.forget_context = free,
	.mic            = fake_mic,
	.check_mic      = fake_check_mic,
	.hand_over      = fake_hand_over,
};

/* --- the application's half ---------------------------------------------------------- */

struct half { bool server; uint32_t out, in; };

static NTSTATUS
half_open(void **ret_half, struct bytes data)
{
	struct half *h = data.len == 16 && get_u32(data.at) == 0x4642524bu ? calloc(1, sizeof *h) : NULL;

	*ret_half = h;
	if (!h)
		return SEC_E_INVALID_TOKEN;
	*h = (struct half){ get_u32(data.at + 4) != 0, get_u32(data.at + 8), get_u32(data.at + 12) };
	return STATUS_SUCCESS;
}

static void
half_facts(const void *half, struct user_facts *ret)
{
	const struct half *h = half;

	*ret = (struct user_facts){ .user = bytes_of_text("fake"), .domain = bytes_of_text("REALM"), .cipher = "none",
	    .signer = "sum", .server = h->server };
}

static void
half_sizes(const void *half, SecPkgContext_Sizes *ret)
{
	(void)half;
	*ret = (SecPkgContext_Sizes){ .cbMaxToken = 12000, .cbMaxSignature = 16 };
}

/* One TOKEN, one DATA. */
static bool
buffers(PSecBufferDesc message, SecBuffer **token, struct bytes *text)
{
	*token = NULL;
	*text = BYTES_NONE;
	for (ULONG i = 0; i < message->cBuffers; i++)
		if (message->pBuffers[i].BufferType == SECBUFFER_TOKEN)
			*token = &message->pBuffers[i];
		else
			*text = bytes_of(message->pBuffers[i].pvBuffer, message->pBuffers[i].cbBuffer);
	return *token && (*token)->cbBuffer >= 16;
}

static NTSTATUS
half_sign(void *half, ULONG qop, PSecBufferDesc message, ULONG sequence)
{
	struct half *h = half;
	struct bytes text;
	SecBuffer *token;

	(void)qop, (void)sequence;
	if (!buffers(message, &token, &text))
		return SEC_E_INVALID_TOKEN;
	fakekrb_proof(token->pvBuffer, text, h->out++, !h->server);
	return SEC_E_OK;
}

static NTSTATUS
half_verify(void *half, PSecBufferDesc message, ULONG sequence, ULONG *ret_qop)
{
	struct half *h = half;
	struct bytes text;
	SecBuffer *token;
	uint8_t want[16];

	(void)sequence, (void)ret_qop;
	if (!buffers(message, &token, &text))
		return SEC_E_INVALID_TOKEN;
	fakekrb_proof(want, text, h->in, h->server);
	if (memcmp(want, token->pvBuffer, 16) != 0)
		return SEC_E_MESSAGE_ALTERED;
	h->in++;
	return SEC_E_OK;
}

static NTSTATUS
half_seal(void *half, ULONG qop, PSecBufferDesc message, ULONG sequence)
{
	(void)half, (void)qop, (void)message, (void)sequence;
	return SEC_E_UNSUPPORTED_FUNCTION;
}

static NTSTATUS
half_unseal(void *half, PSecBufferDesc message, ULONG sequence, ULONG *ret_qop)
{
	(void)half, (void)message, (void)sequence, (void)ret_qop;
	return SEC_E_UNSUPPORTED_FUNCTION;
}

static NTSTATUS
half_export(void *half, bool fresh, struct secret **ret_state)
{
	(void)half, (void)fresh, (void)ret_state;
	return SEC_E_UNSUPPORTED_FUNCTION;
}

const struct user_package fakekrb_user = {
	.name = "Kerberos", .open = half_open, .drop = free, .facts = half_facts, .sizes = half_sizes, .sign = half_sign,
	.verify = half_verify, .seal = half_seal, .unseal = half_unseal, .export = half_export,
};
