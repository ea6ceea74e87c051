/*
 * ntlm_peer.c - MIC, time, channel bindings, reflection and target of an
 * answer whose proof is right.
 *
 * It must never learn to know accounts. [MS-NLMP] 3.2.5.1.2.
 */
#include "pkg/ntlm/ntlm_peer.h"

#include <winerror.h>

#include "pkg/ntlm/ntlm_lsa.h"
#include "pkg/ntlm/ntlm_name.h"

#define SAY_TARGET	64u	/* bytes of a peer's target that are repeated */

/* --- MIC and time ------------------------------------------------------- */

static NTSTATUS
altered(struct call *call, const char *why)
{
	return because(call, SEC_E_MESSAGE_ALTERED, TO_CALLER, "%s", why);
}

NTSTATUS
peer_mic(struct call *call, const struct peer_said *said)
{
	bool promised = said->response && (av_flags(&said->response->pairs) & AV_FLAG_MIC);
	uint64_t time;

	if (promised) {
		if (!said->m->has_mic)
			return altered(call, "the peer promised a MIC over the messages, and it is missing");
		if (!mic_holds(said->key, said->negotiate, said->challenge, said->authenticate, said->m->mic_offset))
			return altered(call, "the MIC over the messages is wrong: one of them was changed on its way");
		return STATUS_SUCCESS;
	}
	if (services(call)->rule(call, RULE_NTLM_REQUIRE_MIC))
		return altered(call, "peer sent no MIC, and policy ntlm-require-mic wants one");
	if (said->response && (!av_timestamp(&said->response->pairs, &time) || time != said->timestamp))
		return altered(call, "peer sent no MIC, and what it answered is not the challenge that was sent");
	because(call, STATUS_SUCCESS, TO_CALLER, "peer sent no MIC");
	return STATUS_SUCCESS;
}

NTSTATUS
peer_time(struct call *call, const struct peer_said *said)
{
	uint64_t now = services(call)->now(call), time = said->response ? said->response->blob.time : now;

	if ((time > now ? time - now : now - time) > NTLM_SKEW)
		return because(call, SEC_E_TIME_SKEW, TO_CALLER, "the peer's clock is off by more than 36 hours");
	return STATUS_SUCCESS;
}

/* --- channel bindings ----------------------------------------------------- */

NTSTATUS
peer_bindings(struct call *call, const struct peer_said *said)
{
	static const uint8_t none[16];
	uint32_t rule = services(call)->rule(call, RULE_NTLM_BINDINGS);
	struct bytes sent = BYTES_NONE;

	if (!said->bindings || rule == 0)
		return STATUS_SUCCESS;
	if (said->response && av_get(&said->response->pairs, AV_BINDINGS, &sent) &&
	    !same_secret(sent.at, none, sizeof none)) {
		if (same_secret(sent.at, said->bindings, sizeof none))
			return STATUS_SUCCESS;
		return because(call, SEC_E_BAD_BINDINGS, TO_CALLER,
		    "the peer's channel bindings are not this channel's: it speaks to somebody between");
	}
	if (rule >= 2)
		return because(call, SEC_E_BAD_BINDINGS, TO_CALLER,
		    "peer sent no channel bindings, and policy ntlm-channel-bindings wants them");
	because(call, STATUS_SUCCESS, TO_CALLER, "peer sent no channel bindings, which policy ntlm-channel-bindings allows");
	return STATUS_SUCCESS;
}

/* --- reflection and target ------------------------------------------------ */

static bool
target_is_ours(struct call *call, const struct peer_said *said)
{
	const struct lsa_services *s = services(call);

	return name_is_ours(target_host(said->target), s->computer(call), s->host(call));
}

/* A target as far as it is safe to repeat: names have no other characters. */
static const char *
target_text(struct bytes target, char text[SAY_TARGET + 1])
{
	for (size_t n = 0; n < target.len; n++) {
		uint8_t c = target.at[n];
		bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
		    c == '.' || c == '-' || c == '_' || c == '/' || c == ':' || c == '@';

		if (!plain || n >= SAY_TARGET)
			return "a name that is not repeated here";
	}
	bytes_copy(text, target.at, target.len);
	text[target.len] = 0;
	return text;
}

/* SingleHost: size, zero, eight bytes of our own (the process), 32 of the machine. 2.2.2.2. */
NTSTATUS
peer_reflection(struct call *call, const struct peer_said *said)
{
	const struct lsa_services *s = services(call);
	uint32_t rule = s->rule(call, RULE_NTLM_LOOPBACK);
	char text[SAY_TARGET + 1];
	uint8_t tag[8];
	struct bytes host;

	if (!rule || !said->response || !av_get(&said->response->pairs, AV_SINGLE_HOST, &host))
		return STATUS_SUCCESS;
	if (!same_secret(host.at + 16, s->machine_id(call), 32))
		return STATUS_SUCCESS;
	if (!said->target.len || target_is_ours(call, said))
		return STATUS_SUCCESS;
	ntlm_process_tag(call, tag);
	if (rule == 1 && same_secret(host.at + 8, tag, sizeof tag))
		return STATUS_SUCCESS;
	return because(call, SEC_E_WRONG_PRINCIPAL, TO_CALLER,
	    "a client on this machine meant %s, not this machine: somebody reflected its messages "
	    "(policy ntlm-loopback-relay-check)", target_text(said->target, text));
}

NTSTATUS
peer_target(struct call *call, const struct peer_said *said)
{
	uint32_t rule = services(call)->rule(call, RULE_NTLM_TARGET);
	char text[SAY_TARGET + 1];

	if (!rule || (rule == 1 && !said->target.len) || target_is_ours(call, said))
		return STATUS_SUCCESS;
	if (rule == 1) {
		because(call, STATUS_SUCCESS, TO_CALLER,
		    "peer named target %s, which is no name of this machine; policy ntlm-target-name accepts it",
		    target_text(said->target, text));
		return STATUS_SUCCESS;
	}
	if (!said->target.len)
		return because(call, SEC_E_WRONG_PRINCIPAL, TO_CALLER, "peer named no target, and policy ntlm-target-name wants one");
	return because(call, SEC_E_WRONG_PRINCIPAL, TO_CALLER, "peer named target %s, which is no name of this machine",
	    target_text(said->target, text));
}
