/*
 * ntlm_password.c - the policy of passwords: [MS-SAMR] 3.1.1.7.1 and 3.1.1.7.2
 * tell what length, history, age and complexity mean.
 */
#include "pkg/ntlm/ntlm_password.h"

#include "base/utf16.h"
#include "pkg/ntlm/ntlm_lsa.h"

#define DAY		(24ull * 60 * 60 * 10000000)
#define NAME_LEAST	3u		/* shorter names may occur in a password */
#define KINDS_LEAST	3u
#define COMPLEX		0x1u		/* DOMAIN_PASSWORD_COMPLEX */

static uint16_t
unit(struct bytes text, size_t i)
{
	return (uint16_t)(text.at[2 * i] | text.at[2 * i + 1] << 8);
}

/* Upper case, lower case, digits, other ASCII, everything else. */
static unsigned
kinds_of(struct bytes text)
{
	unsigned kinds = 0, count = 0;

	for (size_t i = 0; i < text.len / 2; i++) {
		uint16_t c = unit(text, i);

		kinds |= c >= 'A' && c <= 'Z' ? 1u : c >= 'a' && c <= 'z' ? 2u : c >= '0' && c <= '9' ? 4u : c < 0x80 ? 8u : 16u;
	}
	for (; kinds; kinds &= kinds - 1)
		count++;
	return count;
}

static bool
contains(struct bytes text, struct bytes part)
{
	for (size_t i = 0; part.len && i + part.len <= text.len; i += 2)
		if (utf16_same_fold(bytes_of(text.at + i, part.len), part))
			return true;
	return false;
}

static NTSTATUS
complex_enough(struct call *call, const struct account_view *view, struct bytes fresh)
{
	struct bytes name;
	NTSTATUS status = ntlm_text16(call, &name, bytes_of_text(view->name));

	if (status != STATUS_SUCCESS)
		return status;
	if (kinds_of(fresh) < KINDS_LEAST)
		return because(call, STATUS_PASSWORD_RESTRICTION, TO_CALLER,
		    "policy password-complexity wants three of: upper case, lower case, digits, signs, other letters");
	if (name.len >= 2 * NAME_LEAST && contains(fresh, name))
		return because(call, STATUS_PASSWORD_RESTRICTION, TO_CALLER, "policy password-complexity: the user's name is in the password");
	return STATUS_SUCCESS;
}

NTSTATUS
password_admit(struct call *call, const struct account_view *view, struct bytes fresh)
{
	uint32_t least = services(call)->rule(call, RULE_PASSWORD_LENGTH), days = services(call)->rule(call, RULE_PASSWORD_MIN_AGE);
	uint64_t now = services(call)->now(call);
	struct account_profile profile;

	if (fresh.len / 2 < least)
		return because(call, STATUS_PASSWORD_RESTRICTION, TO_CALLER, "policy password-min-length wants %u characters", least);
	/* A password that must be changed, or that an administrator gave, may be: it is not the user's choice. */
	if (days && view->restriction != STATUS_PASSWORD_MUST_CHANGE && view->restriction != STATUS_PASSWORD_EXPIRED) {
		services(call)->profile(call, view, &profile);
		if (profile.password_set && profile.password_set <= now && now - profile.password_set < days * DAY)
			return because(call, STATUS_PASSWORD_RESTRICTION, TO_CALLER,
			    "policy password-min-age lets a password be changed again after %u days only", days);
	}
	return services(call)->rule(call, RULE_PASSWORD_COMPLEX) ? complex_enough(call, view, fresh) : STATUS_SUCCESS;
}

/* Ages are spans of time, which are negative; none is the least of all. */
NTSTATUS
password_policy_reply(struct call *call, uint32_t type, struct message_result *ret)
{
	uint32_t most_age = services(call)->rule(call, RULE_PASSWORD_MAX_AGE);
	uint8_t *at = call_memory(call, 32);
	struct writer w = writer_of(at, 32);

	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	writer_u32(&w, type);
	writer_u32(&w, 1);			/* PasswordInfoValid */
	writer_u16(&w, (uint16_t)services(call)->rule(call, RULE_PASSWORD_LENGTH));
	writer_u16(&w, (uint16_t)services(call)->rule(call, RULE_PASSWORD_HISTORY));
	writer_u32(&w, services(call)->rule(call, RULE_PASSWORD_COMPLEX) ? COMPLEX : 0);
	writer_u64(&w, most_age ? 0 - most_age * DAY : 0x8000000000000000ull);
	writer_u64(&w, 0 - services(call)->rule(call, RULE_PASSWORD_MIN_AGE) * DAY);
	ret->body = bytes_of(at, w.need);
	return STATUS_SUCCESS;
}
