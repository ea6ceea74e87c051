/*
 * ntlm_option.c - MsV1_0SetProcessOption and MsV1_0SetThreadOption. The LSA
 * keeps them; a thread's count in the place of the process's.
 */
#include "pkg/ntlm/ntlm_option.h"

static NTSTATUS
verdict(struct call *call, struct message_result *ret, NTSTATUS status, const char *why)
{
	ret->verdict = because(call, status, TO_CALLER, "%s", why);
	return STATUS_SUCCESS;
}

NTSTATUS
ntlm_set_option(struct call *call, const struct message_args *args, bool thread, struct message_result *ret)
{
	struct reader r = reader_of(args->body);
	uint32_t options;
	uint8_t off;

	reader_skip(&r, 4);
	options = reader_u32(&r);
	off = reader_u8(&r);
	if (!args->trusted)
		return verdict(call, ret, STATUS_ACCESS_DENIED, "only a trusted caller may set options");
	if (!reader_ok(&r))
		return verdict(call, ret, STATUS_INVALID_PARAMETER, "the request is malformed");
	if (options & ~OPTIONS_ALL)
		return verdict(call, ret, STATUS_INVALID_PARAMETER, "there is no such option");
	if (!services(call)->set_options)
		return verdict(call, ret, STATUS_NOT_SUPPORTED, "nothing keeps options here");
	services(call)->set_options(call, options, !off, thread);
	ret->verdict = STATUS_SUCCESS;
	return STATUS_SUCCESS;
}

bool
option_chosen(struct call *call, uint32_t option)
{
	return services(call)->options && (services(call)->options(call) & option);
}
