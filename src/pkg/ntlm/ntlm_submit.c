/*
 * ntlm_submit.c - the buffers of MSV1_0's logons, and who may send which.
 */
#include "pkg/ntlm/ntlm_submit.h"

#include "pkg/ntlm/ntlm_flat.h"
#include "pkg/ntlm/ntlm_lsa.h"

#define FIXED_INTERACTIVE	56u
#define FIXED_LM20		104u
#define FIXED_S4U		40u
#define RESPONSE_MAX		24000u

static void
names_take(struct submit *m, struct reader *r)
{
	reader_skip(r, 4);
	m->domain = flat_take(r, FIXED_INTERACTIVE, true);
	m->user = flat_take(r, FIXED_INTERACTIVE, true);
	m->password = flat_take(r, FIXED_INTERACTIVE, true);
}

static bool
names_fit(const struct submit *m)
{
	return m->user.len <= 2 * NTLM_NAME_MAX && m->password.len <= 2 * NTLM_NAME_MAX && m->domain.len <= 2 * NTLM_DOMAIN_MAX;
}

bool
message_names_take(struct submit *m, struct bytes body)
{
	struct reader r = reader_of(body);

	*m = (struct submit){ .type = reader_u32(&r) };
	names_take(m, &r);
	return reader_ok(&r) && names_fit(m);
}

bool
submit_take(struct submit *m, struct bytes body)
{
	struct reader r = reader_of(body);

	*m = (struct submit){ .type = reader_u32(&r) };
	switch (m->type) {
	case SUBMIT_INTERACTIVE:
	case SUBMIT_UNLOCK:
		names_take(m, &r);
		break;
	case SUBMIT_LM20:
	case SUBMIT_NETWORK:
	case MESSAGE_VALIDATE:
		reader_skip(&r, 4);
		m->domain = flat_take(&r, FIXED_LM20, true);
		m->user = flat_take(&r, FIXED_LM20, true);
		(void)flat_take(&r, FIXED_LM20, true);		/* Workstation */
		reader_fixed(&r, m->challenge, sizeof m->challenge);
		m->nt = flat_take(&r, FIXED_LM20, false);
		m->lm = flat_take(&r, FIXED_LM20, false);
		m->control = reader_u32(&r);
		reader_skip(&r, 4);
		if (m->type == SUBMIT_LM20)
			m->control = 0;
		break;
	case SUBMIT_S4U:
		(void)reader_u32(&r);				/* Flags: local accounts have no logon hours */
		m->user = flat_take(&r, FIXED_S4U, true);
		m->domain = flat_take(&r, FIXED_S4U, true);
		break;
	default:
		break;
	}
	return reader_ok(&r);
}

NTSTATUS
submit_allowed(struct call *call, const struct logon_args *args, const struct submit *m)
{
	bool subauth = m->type == SUBMIT_SUBAUTH || (m->control & SUBAUTH_WANTED);

	if (!args->trusted && (subauth || m->type == SUBMIT_S4U || (m->type >= SUBMIT_VIRTUAL && m->type <= SUBMIT_LUID)))
		return because(call, STATUS_PRIVILEGE_NOT_HELD, TO_CALLER, "only a trusted caller may log on in this way");
	if (subauth)
		return because(call, STATUS_NO_SUCH_PACKAGE, TO_CALLER, "there are no subauthentication packages");
	switch (m->type) {
	case SUBMIT_INTERACTIVE:
	case SUBMIT_UNLOCK:
	case SUBMIT_S4U:
		break;
	case MESSAGE_VALIDATE:
		if (args->type != TYPE_JUDGED)
			return because(call, STATUS_BAD_VALIDATION_CLASS, TO_CALLER, "MSV1_0 knows no logon buffer of this type");
		break;
	case SUBMIT_LM20:
	case SUBMIT_NETWORK:
		if (args->type != TYPE_NETWORK)
			return because(call, STATUS_INVALID_LOGON_TYPE, TO_CALLER, "a response to a challenge is a network logon");
		if (!(m->control & CLEARTEXT_SUPPLIED) && ntlm_forbidden(call))
			return because(call, STATUS_NTLM_BLOCKED, TO_CALLER, "%s", ntlm_forbidden(call));
		break;
	default:
		return because(call, STATUS_BAD_VALIDATION_CLASS, TO_CALLER, "MSV1_0 knows no logon buffer of this type");
	}
	if (!names_fit(m) || m->nt.len > RESPONSE_MAX || m->lm.len > RESPONSE_MAX)
		return because(call, STATUS_NAME_TOO_LONG, TO_CALLER, "a name or a password has more than 256 characters");
	return STATUS_SUCCESS;
}
