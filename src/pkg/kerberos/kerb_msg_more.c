/*
 * kerb_msg_more.c - messages about caches that are always empty here: nothing
 * goes through KDC proxies, S4U2proxy remembers no answers, a KDC's policies
 * are not fetched, a machine has no credentials of PKINIT. And which messages
 * are whose. Layouts: <ntsecapi.h>.
 */
#include "pkg/kerberos/kerb_msg.h"
#include "pkg/kerberos/kerb_pin.h"

enum {
	QUERY_PROXY = 23, PURGE_PROXY, CLEANUP_PKINIT = 26, ADD_BINDING, QUERY_BINDING, PURGE_BINDING, PIN_KDC, UNPIN_ALL,
	QUERY_POLICIES, QUERY_S4U2PROXY, RETRIEVE_KEYTAB
};

#define POLICIES_FIXED 24u

/* The session that is meant is there, and the caller's to ask about. */
static bool
session_is_open(struct call *call, struct bytes body, struct message_result *ret)
{
	struct reader r = reader_of(body);
	struct session_view session;
	uint64_t luid;

	reader_skip(&r, 8);
	luid = reader_u64(&r);
	if (!reader_ok(&r)) {
		(void)kerb_verdict(call, ret, STATUS_INVALID_PARAMETER, "the request is too short");
		return false;
	}
	ret->verdict = services(call)->session(call, luid, &session);
	if (ret->verdict != STATUS_SUCCESS)
		(void)because(call, ret->verdict, TO_CALLER, ret->verdict == STATUS_ACCESS_DENIED ?
		    "only a trusted caller may ask for another's logon session" : "there is no such logon session");
	return ret->verdict == STATUS_SUCCESS;
}

/* The message's number and zeros: no entries. */
static NTSTATUS
empty(struct call *call, uint32_t type, size_t len, struct message_result *ret)
{
	uint8_t *at = call_memory(call, len);
	struct writer w = writer_of(at, len);

	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	writer_u32(&w, type);
	writer_zeros(&w, len - 4);
	ret->body = bytes_of(at, w.need);
	ret->verdict = STATUS_SUCCESS;
	return STATUS_SUCCESS;
}

static NTSTATUS
query_policies(struct call *call, const struct message_args *args, struct message_result *ret)
{
	struct reader r = reader_of(args->body);

	reader_skip(&r, 8);
	if (!kerb_msg_text(call, &r, POLICIES_FIXED) || !reader_ok(&r))
		return kerb_verdict(call, ret, STATUS_INVALID_PARAMETER, "the request is malformed");
	return empty(call, QUERY_POLICIES, 16, ret);
}

NTSTATUS
kerb_msg_more(struct call *call, const struct message_args *args, uint32_t type, struct message_result *ret)
{
	switch (type) {
	case QUERY_PROXY:
	case QUERY_S4U2PROXY:
		return session_is_open(call, args->body, ret) ? empty(call, type, 16, ret) : STATUS_SUCCESS;
	case PURGE_PROXY:
		return session_is_open(call, args->body, ret) ? empty(call, type, 8, ret) : STATUS_SUCCESS;
	case CLEANUP_PKINIT:
		if (!args->trusted)
			return kerb_verdict(call, ret, STATUS_ACCESS_DENIED, "only a trusted caller may do this");
		ret->verdict = STATUS_SUCCESS;
		return STATUS_SUCCESS;
	case ADD_BINDING:
	case QUERY_BINDING:
	case PURGE_BINDING:
	case PIN_KDC:
	case UNPIN_ALL:
		return kerb_msg_pin(call, args, type, ret);
	case QUERY_POLICIES:
		return query_policies(call, args, ret);
	case RETRIEVE_KEYTAB:
		return kerb_msg_keytab(call, args, ret);
	default:
		return kerb_verdict(call, ret, STATUS_NOT_SUPPORTED, "Kerberos does not support this message");
	}
}
