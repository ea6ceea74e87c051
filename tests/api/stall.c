/*
 * stall.c - both halves of the package "Stall".
 */
#include "tests/api/stall.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct stall_context { unsigned legs_left, legs_done; };

struct stall_frame { bool waited; };

static unsigned
number_after(struct bytes what, const char *word)
{
	size_t len = strlen(word);
	unsigned n = 0;

	for (size_t i = len; i < what.len && what.at[i] >= '0' && what.at[i] <= '9'; i++)
		n = n * 10 + (unsigned)(what.at[i] - '0');
	return n;
}

static bool
begins(struct bytes what, const char *word)
{
	return what.len >= strlen(word) && memcmp(what.at, word, strlen(word)) == 0;
}

static NTSTATUS
sleep_work(void *arg)
{
	usleep(*(unsigned *)arg * 1000);
	return STATUS_SUCCESS;
}

/* Waits as `what` says, once; STATUS_SUCCESS: go on. */
static NTSTATUS
stall(struct call *call, struct bytes what)
{
	struct stall_frame *f = frame(call, sizeof *f, NULL);

	if (!f)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (f->waited)
		return STATUS_SUCCESS;
	f->waited = true;
	if (begins(what, "forever"))
		return await_nothing(call);
	if (begins(what, "ms:"))
		return await_timer(call, number_after(what, "ms:"));
	if (begins(what, "job:")) {
		unsigned *ms = malloc(sizeof *ms);

		if (!ms)
			return STATUS_INSUFFICIENT_RESOURCES;
		*ms = number_after(what, "job:");
		return await_job(call, sleep_work, free, ms);
	}
	if (begins(what, "deny"))
		return because(call, STATUS_LOGON_FAILURE, TO_CALLER, "Stall was told to deny");
	return STATUS_SUCCESS;
}

static NTSTATUS
stall_acquire(struct call *call, const struct acquire_args *args, struct acquire_result *ret)
{
	NTSTATUS status = stall(call, args->principal);

	if (status == STATUS_SUCCESS) {
		ret->cred = calloc(1, 1);
		status = ret->cred ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
	}
	ret->name = "stall";
	return status;
}

static NTSTATUS
leg(struct call *call, const struct leg_args *args, struct bytes what, struct leg_result *ret)
{
	struct stall_context *ctx = args->context;
	uint8_t *token;
	NTSTATUS status = stall(call, what);

	if (status != STATUS_SUCCESS)
		return status;
	if (!ctx) {
		ctx = calloc(1, sizeof *ctx);
		if (!ctx)
			return STATUS_INSUFFICIENT_RESOURCES;
		ctx->legs_left = begins(what, "legs:") ? number_after(what, "legs:") : 1;
		ret->context = ctx;
	}
	token = call_memory(call, 4);
	if (!token)
		return STATUS_INSUFFICIENT_RESOURCES;
	put_u32(token, ++ctx->legs_done);
	ret->token = bytes_of(token, 4);
	ret->expiry = 0x7fffffffffffffffu;
	if (ctx->legs_left > 1) {
		ctx->legs_left--;
		return SEC_I_CONTINUE_NEEDED;
	}
	ret->user_data = bytes_of(token, 4);
	return STATUS_SUCCESS;
}

static NTSTATUS
stall_init(struct call *call, const struct leg_args *args, struct leg_result *ret)
{
	return leg(call, args, args->context ? args->token : args->target, ret);
}

static NTSTATUS
stall_accept(struct call *call, const struct leg_args *args, struct leg_result *ret)
{
	return leg(call, args, args->token, ret);
}

static NTSTATUS
stall_message(struct call *call, const struct message_args *args, struct message_result *ret)
{
	struct reader r = reader_of(args->body);
	struct stall_frame *f = frame(call, sizeof *f, NULL);
	uint32_t type = reader_u32(&r);

	if (!f)
		return STATUS_INSUFFICIENT_RESOURCES;
	ret->verdict = STATUS_SUCCESS;
	if (type == 100)
		return await_nothing(call);
	if (type == 101 && !f->waited) {
		f->waited = true;
		return await_timer(call, reader_u32(&r));
	}
	if (type == 102)
		ret->body = args->body;
	return STATUS_SUCCESS;
}

const struct lsa_package stall_lsa = {
	.name           = "Stall",
	.comment        = "waits, for tests",
	.rpc_id         = 0xffff,
	.max_token      = 64,
	.acquire        = stall_acquire,
	.init           = stall_init,
	.accept         = stall_accept,
	.message        = stall_message,
	.forget_cred    = free,
	.forget_context = free,
};

/* --- the application's half ---------------------------------------------------- */

static NTSTATUS
half_open(void **ret_half, struct bytes data)
{
	*ret_half = bytes_dup(data);
	return *ret_half ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static void
half_facts(const void *half, struct user_facts *ret)
{
	(void)half;
	*ret = (struct user_facts){ .user = bytes_of_text("stall"), .cipher = "none", .signer = "none" };
}

static void
half_sizes(const void *half, SecPkgContext_Sizes *ret)
{
	(void)half;
	*ret = (SecPkgContext_Sizes){ .cbMaxToken = 64 };
}

static NTSTATUS
half_send(void *half, ULONG qop, PSecBufferDesc message, ULONG sequence)
{
	(void)half, (void)qop, (void)message, (void)sequence;
	return SEC_E_UNSUPPORTED_FUNCTION;
}

static NTSTATUS
half_take(void *half, PSecBufferDesc message, ULONG sequence, ULONG *ret_qop)
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

const struct user_package stall_user = {
	.name = "Stall", .open = half_open, .drop = free, .facts = half_facts, .sizes = half_sizes,
	.sign = half_send, .seal = half_send, .verify = half_take, .unseal = half_take, .export = half_export,
};
