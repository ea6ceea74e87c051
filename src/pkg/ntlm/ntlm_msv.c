/*
 * ntlm_msv.c - logons of MSV1_0.
 *
 *     BEGIN --refused--> LOST     a lost guess is being made durable
 *       |  \--proven----> let in
 *       +--> ASKED --------^      the authority of another domain judges
 *              |  \--proven--> KEEPING --> let in, and kept for when nobody can be asked
 *              \--nobody is there--> KEPT (ntlm_cached.h)
 *
 * Layouts: MSV1_0_INTERACTIVE_LOGON, MSV1_0_LM20_LOGON, MSV1_0_S4U_LOGON and
 * their profiles, <ntsecapi.h>.
 */
#include "pkg/ntlm/ntlm_msv.h"

#include "base/utf16.h"
#include "pkg/ntlm/ntlm_cached.h"
#include "pkg/ntlm/ntlm_check.h"
#include "pkg/ntlm/ntlm_domain.h"
#include "pkg/ntlm/ntlm_lsa.h"
#include "pkg/ntlm/ntlm_name.h"
#include "pkg/ntlm/ntlm_primary.h"
#include "pkg/ntlm/ntlm_profile.h"
#include "pkg/ntlm/ntlm_submit.h"

struct logging_on {
	enum { BEGIN, ASKED, KEEPING, KEPT, LOST } at;
	NTSTATUS verdict, substatus;		/* LOST: the answer */
	struct ntlm_cached cached;
	struct logon_facts facts;		/* KEEPING: who it is; let in already, which `told` says */
	struct logon_result told;
	void (*logoff)(void *session);
};

static void
logging_drop(void *at)
{
	struct logging_on *f = at;

	ntlm_cached_drop(&f->cached);
	if (f->told.session && f->logoff)
		f->logoff(f->told.session);
}

static NTSTATUS
verdict(struct call *call, struct logon_result *ret, NTSTATUS status, const char *why)
{
	ret->verdict = because(call, status, TO_CALLER, "%s", why);
	return STATUS_SUCCESS;
}

/* --- refusals --------------------------------------------------------------------------- */

/* What this caller may learn. A caller without trust learns of an account's state only behind its right password. */
static void
answer(const struct logon_args *args, NTSTATUS cause, struct logon_result *ret)
{
	ret->verdict = STATUS_LOGON_FAILURE;
	ret->substatus = STATUS_SUCCESS;
	switch (cause) {
	case STATUS_NO_SUCH_USER:
	case STATUS_WRONG_PASSWORD:
		if (args->trusted)
			ret->substatus = cause;
		break;
	case STATUS_ACCOUNT_LOCKED_OUT:
		if (args->trusted)
			ret->verdict = cause;
		break;
	case STATUS_ACCOUNT_DISABLED:
	case STATUS_PASSWORD_EXPIRED:
	case STATUS_INVALID_LOGON_HOURS:
	case STATUS_INVALID_WORKSTATION:
		ret->verdict = STATUS_ACCOUNT_RESTRICTION;
		ret->substatus = cause;
		break;
	case STATUS_ACCOUNT_RESTRICTION:
	case STATUS_ACCOUNT_EXPIRED:
	case STATUS_PASSWORD_MUST_CHANGE:
		ret->verdict = cause;
		break;
	default:
		break;
	}
}

static NTSTATUS
refused(struct call *call, const struct logon_args *args, struct logging_on *f, struct check *c, struct logon_result *ret)
{
	NTSTATUS status;

	answer(args, c->cause, ret);
	if (ret->verdict != STATUS_LOGON_FAILURE)
		because(call, ret->verdict, TO_CALLER, "the password is right, and the account cannot be used in this way now");
	f->verdict = ret->verdict;
	f->substatus = ret->substatus;
	f->at = LOST;
	c->status = STATUS_LOGON_FAILURE;
	status = check_conclude(call, c);
	return status == STATUS_PENDING ? status : STATUS_SUCCESS;
}

/* --- let in ------------------------------------------------------------------------------------ */

/* An account of ours, somebody of another domain, or nobody. */
struct who { const struct account_view *view; const struct logon_facts *facts; };

/* A session for whom it is. Policy may refuse this kind of logon: that is a verdict. */
static NTSTATUS
session_make(struct call *call, const struct logon_args *args, const struct who *who, struct logon_view *ret_view,
    struct logon_result *ret)
{
	NTSTATUS status = who->facts ? services(call)->logon_as(call, who->facts, args->type, "NTLM", ret_view) :
	    services(call)->logon(call, who->view, args->type, "NTLM", ret_view);

	if (status == STATUS_LOGON_TYPE_NOT_GRANTED)
		return verdict(call, ret, status, "policy does not let this user log on in this way here");
	ret->verdict = status;
	if (status == STATUS_SUCCESS)
		services(call)->audit(call, status, bytes_of_text(ret_view->domain), bytes_of_text(ret_view->user), "NTLM",
		    ret_view->luid);
	return status;
}

/* The session is given on, or given back where the rest could not be done. */
static NTSTATUS
session_give(struct call *call, struct logon_view *view, NTSTATUS status, struct logon_result *ret)
{
	if (ret->verdict != STATUS_SUCCESS || status != STATUS_SUCCESS)
		services(call)->logoff(view->session);
	else
		ret->session = view->session;
	return status;
}

/* --- a name and a password ----------------------------------------------------------------------- */

static bool
is_local(struct call *call, struct bytes domain, NTSTATUS *ret_status)
{
	struct bytes text;

	*ret_status = STATUS_SUCCESS;
	if (!domain.len || (domain.len == 2 && domain.at[0] == '.' && !domain.at[1]))
		return true;
	*ret_status = ntlm_text8(call, &text, domain);
	if (*ret_status == SEC_E_INVALID_TOKEN) {
		*ret_status = STATUS_SUCCESS;
		return false;
	}
	return *ret_status == STATUS_SUCCESS && name_is_ours(text, services(call)->computer(call), services(call)->host(call));
}

static NTSTATUS
new_credentials(struct call *call, const struct logon_args *args, const struct submit *m, struct logon_result *ret)
{
	struct account_profile nothing = { .full_name = NULL };
	struct logon_view view;
	struct nt_hash hash = nt_hash_of_password(m->password);
	NTSTATUS status = services(call)->clone(call, args->type, "NTLM", &view);

	if (status == STATUS_SUCCESS) {
		ret->verdict = STATUS_SUCCESS;
		status = primary_keep(call, view.session, m->user, m->domain, &hash);
		if (status == STATUS_SUCCESS)
			status = ntlm_profile_interactive(call, &nothing, 0, ret);
		status = session_give(call, &view, status, ret);
	}
	bytes_wipe(&hash, sizeof hash);
	return status;
}

/* flags: of UserFlags. */
static NTSTATUS
password_let_in(struct call *call, const struct logon_args *args, const struct submit *m, const struct check *c,
    const struct logon_facts *facts, uint32_t flags, struct logon_result *ret)
{
	struct account_profile profile = { .full_name = NULL };
	struct logon_view view;
	struct nt_hash hash;
	NTSTATUS status;

	if (!facts)
		services(call)->profile(call, &c->view, &profile);
	status = session_make(call, args, &(struct who){ &c->view, facts }, &view, ret);
	if (status != STATUS_SUCCESS || ret->verdict != STATUS_SUCCESS)
		return status;
	hash = nt_hash_of_password(m->password);
	status = primary_keep(call, view.session, m->user, m->domain, &hash);
	bytes_wipe(&hash, sizeof hash);
	if (status == STATUS_SUCCESS)
		status = ntlm_profile_interactive(call, &profile, flags, ret);
	return session_give(call, &view, status, ret);
}

static NTSTATUS
password_granted(struct call *call, const struct logon_args *args, const struct submit *m, const struct check *c,
    const struct logon_facts *facts, struct logon_result *ret)
{
	return password_let_in(call, args, m, c, facts, 0, ret);
}

/* facts: what the authority of another domain said; NULL for an account of ours. */
typedef NTSTATUS granted(struct call *call, const struct logon_args *args, const struct submit *m, const struct check *c,
    const struct logon_facts *facts, struct logon_result *ret);

/* --- KEEPING: let in by the authority ------------------------------------------------------------- */

static NTSTATUS
keep(struct call *call, const struct submit *m, struct logging_on *f, struct logon_result *ret)
{
	NTSTATUS status = ntlm_cached_keep(call, &f->cached, m->domain, m->user, m->password, &f->facts);

	if (status != STATUS_SUCCESS)
		return status;
	*ret = f->told;
	f->told.session = NULL;			/* the result's */
	return STATUS_SUCCESS;
}

/* --- KEPT: nobody can be asked, and an earlier logon is all that is known ------------------------------- */

static NTSTATUS
kept_logon(struct call *call, const struct logon_args *args, const struct submit *m, struct logging_on *f, struct logon_result *ret)
{
	struct logon_args as = *args;
	struct check c = { .verdict = CHECK_DENIED };
	struct logon_facts facts;
	NTSTATUS status = ntlm_cached_judge(call, &f->cached, m->domain, m->user, m->password, &facts);

	switch (status) {
	case STATUS_SUCCESS:
		as.type = args->type == TYPE_UNLOCK ? TYPE_CACHED_UNLOCK : args->type == TYPE_REMOTE ? TYPE_CACHED_REMOTE : TYPE_CACHED;
		because(call, STATUS_SUCCESS, TO_CALLER, "nobody answers for that domain: the user is known by an earlier logon at this machine");
		return password_let_in(call, &as, m, &c, &facts, NTLM_USER_CACHED, ret);
	case STATUS_NO_SUCH_USER:
		return verdict(call, ret, STATUS_NO_LOGON_SERVERS,
		    "nobody answers for that domain, and nothing is kept of a logon of this user at this machine");
	case STATUS_WRONG_PASSWORD:
	case STATUS_ACCOUNT_LOCKED_OUT:
		answer(args, status, ret);
		because(call, ret->verdict, TO_CALLER, "nobody answers for that domain, and what is kept of an earlier logon does not let this one in");
		return STATUS_SUCCESS;
	default:
		return status;
	}
}

/* --- ASKED ------------------------------------------------------------------------------------------------ */

static NTSTATUS
asked(struct call *call, const struct logon_args *args, const struct submit *m, struct logging_on *f, const struct check_ask *ask,
    granted *give, struct logon_result *ret)
{
	bool keeps = give == password_granted && ntlm_cached_may(call, args->type);
	struct check c;
	NTSTATUS status = domain_answer(call, &c, ask, &f->facts);

	if (status != STATUS_SUCCESS)
		return status;
	if (c.verdict == CHECK_PROVEN) {
		status = check_conclude(call, &c);
		if (status == STATUS_SUCCESS)
			status = give(call, args, m, &c, &f->facts, ret);
		keeps = keeps && status == STATUS_SUCCESS && ret->verdict == STATUS_SUCCESS;
		if (keeps) {
			f->told = *ret;
			f->logoff = services(call)->logoff;
			ret->session = NULL;
			f->at = KEEPING;
			status = keep(call, m, f, ret);
		}
	} else if (c.cause == STATUS_NO_LOGON_SERVERS && keeps) {
		f->at = KEPT;
		status = kept_logon(call, args, m, f, ret);
	} else if (c.cause == STATUS_NO_LOGON_SERVERS) {
		ret->verdict = c.cause;
		(void)check_conclude(call, &c);
	} else {
		status = refused(call, args, f, &c, ret);
	}
	check_drop(&c);
	return status;
}

static NTSTATUS
elsewhere_logon(struct call *call, const struct logon_args *args, const struct submit *m, struct logging_on *f, granted *give,
    struct logon_result *ret)
{
	struct check_ask ask = { .domain = m->domain, .user = m->user, .challenge = m->challenge, .nt = m->nt, .lm = m->lm };
	NTSTATUS status;

	switch (f->at) {
	case BEGIN:
		status = give == password_granted ? domain_ask_password(call, m->domain, m->user, m->password) :
		    domain_ask(call, &ask, BYTES_NONE, false);
		f->at = status == STATUS_PENDING ? ASKED : BEGIN;
		return status;
	case ASKED:
		return asked(call, args, m, f, &ask, give, ret);
	case KEEPING:
		return keep(call, m, f, ret);
	case KEPT:
		return kept_logon(call, args, m, f, ret);
	case LOST:
		break;
	}
	return because(call, STATUS_INTERNAL_ERROR, TO_TRUSTED, "a logon in no state");
}

static NTSTATUS
password_logon(struct call *call, const struct logon_args *args, const struct submit *m, struct logging_on *f,
    struct logon_result *ret)
{
	bool console = args->type == TYPE_INTERACTIVE || args->type == TYPE_UNLOCK || args->type == TYPE_CACHED;
	struct check c;
	NTSTATUS status;

	if (args->type == TYPE_NEW_CREDENTIALS)
		return new_credentials(call, args, m, ret);
	if (!m->user.len)
		return verdict(call, ret, STATUS_LOGON_FAILURE, "no user was named");
	if (f->at != BEGIN || domain_is_elsewhere(call, m->domain, m->user))
		return elsewhere_logon(call, args, m, f, password_granted, ret);
	if (!is_local(call, m->domain, &status))
		return status != STATUS_SUCCESS ? status :
		    verdict(call, ret, STATUS_NO_LOGON_SERVERS, "the domain is another than this machine, and NTLM can ask none for it");
	status = check_logon(call, &c, m->domain, m->user, m->password, console);
	if (status != STATUS_SUCCESS)
		return status;
	if (c.verdict != CHECK_PROVEN) {
		status = refused(call, args, f, &c, ret);
	} else {
		status = check_conclude(call, &c);
		if (status == STATUS_SUCCESS)
			status = password_granted(call, args, m, &c, NULL, ret);
	}
	check_drop(&c);
	return status;
}

/* --- a response to a challenge ---------------------------------------------------------------------- */

static NTSTATUS
nobody_logon(struct call *call, const struct logon_args *args, struct logon_result *ret)
{
	struct logon_view view;
	NTSTATUS status;

	if (!services(call)->rule(call, RULE_NTLM_ANONYMOUS) && !args->trusted)
		return verdict(call, ret, STATUS_LOGON_FAILURE, "policy ntlm-anonymous lets nobody in without a name");
	status = session_make(call, args, &(struct who){ 0 }, &view, ret);
	if (status != STATUS_SUCCESS || ret->verdict != STATUS_SUCCESS)
		return status;
	return session_give(call, &view, ntlm_profile_lm20(call, view.domain, NULL, 0, ret), ret);
}

/* A client's clock may be 36 hours off: MSV1_0_MAX_NTLM3_LIFE. */
static bool
timely(struct call *call, const struct ntlm2_response *response)
{
	uint64_t now = services(call)->now(call), then = response->blob.time;

	return then <= now ? now - then <= NTLM_SKEW : then - now <= NTLM_SKEW;
}

/* A logon process that speaks MS-CHAP has no other response than this; anybody else needs the policy. */
static bool
v1_allowed(struct call *call, const struct logon_args *args, const struct submit *m)
{
	return services(call)->rule(call, RULE_NTLM_V1) || (args->trusted && (m->control & MSCHAPV2_ALLOWED));
}

/* NULL: it may be judged; else why it is refused without being looked at. */
static const char *
response_objection(struct call *call, const struct logon_args *args, const struct submit *m, struct ntlm2_response *response)
{
	bool issued = services(call)->challenge_take(call, m->challenge);

	if (!issued && !args->trusted)
		return "the challenge was not issued on this connection, or it was used before";
	if (m->control & GUEST_ONLY)
		return "there is no guest account";
	if ((m->control & THIS_DOMAIN_ONLY) && !m->domain.len)
		return "only the domain named was to be tried, and none was";
	if (m->control & CLEARTEXT_SUPPLIED)
		return m->control & CLEARTEXT_ALLOWED && m->nt.len % 2 == 0 && m->nt.len <= 2 * NTLM_NAME_MAX ? NULL :
		    "a password in place of a response was not allowed, or is none";
	if (m->nt.len == sizeof(struct ntlm1_response))
		return v1_allowed(call, args, m) ? NULL : "the response is one of NTLM version 1, which policy ntlm-v1 forbids";
	if (!ntlm2_response_take(response, m->nt))
		return "there is no NT response, or it is malformed";
	return timely(call, response) ? NULL : "the response was made more than 36 hours ago, or will be";
}

static NTSTATUS
response_granted(struct call *call, const struct logon_args *args, const struct submit *m, const struct check *c,
    const struct logon_facts *facts, struct logon_result *ret)
{
	bool v2 = m->nt.len != sizeof(struct ntlm1_response) && !(m->control & CLEARTEXT_SUPPLIED);
	struct logon_view view;
	NTSTATUS status = session_make(call, args, &(struct who){ &c->view, facts }, &view, ret);

	if (status != STATUS_SUCCESS || ret->verdict != STATUS_SUCCESS)
		return status;
	return session_give(call, &view, ntlm_profile_lm20(call, view.domain, m->control & CLEARTEXT_SUPPLIED ? NULL : c->key.b,
	    NTLM_USER_NTLM2 | (v2 ? NTLM_USER_V2 : 0), ret), ret);
}

/* For who asks whether it is right and no more. */
static NTSTATUS
validated(struct call *call, const struct logon_args *args, const struct submit *m, const struct check *c,
    const struct logon_facts *facts, struct logon_result *ret)
{
	(void)call;
	(void)args;
	(void)m;
	(void)facts;
	ret->verdict = c->verdict == CHECK_GRANTED ? STATUS_SUCCESS : STATUS_LOGON_FAILURE;
	return STATUS_SUCCESS;
}

static NTSTATUS
response_logon(struct call *call, const struct logon_args *args, const struct submit *m, struct logging_on *f, granted *give,
    struct logon_result *ret)
{
	struct ntlm2_response response;
	struct check_ask ask = { .domain = m->domain, .user = m->user, .challenge = m->challenge, .nt = m->nt, .lm = m->lm,
	    .flags = m->control & CLIENT_CHALLENGE ? NTLM_NEGOTIATE_ESS : 0 };
	const char *objection;
	struct check c;
	NTSTATUS status;

	if (!m->user.len && !m->nt.len && !m->lm.len)
		return give == validated ? verdict(call, ret, STATUS_LOGON_FAILURE, "nobody was named") : nobody_logon(call, args, ret);
	if (f->at == ASKED)
		return elsewhere_logon(call, args, m, f, give, ret);
	objection = response_objection(call, args, m, &response);
	if (!objection && m->nt.len > sizeof(struct ntlm1_response) && !(m->control & CLEARTEXT_SUPPLIED) &&
	    domain_is_elsewhere(call, m->domain, m->user))
		return elsewhere_logon(call, args, m, f, give, ret);
	if (objection) {
		check_refuse(call, &c, &ask, STATUS_INVALID_PARAMETER);
		because(call, STATUS_LOGON_FAILURE, TO_TRUSTED, "%s", objection);
		return refused(call, args, f, &c, ret);
	}
	if (m->control & CLEARTEXT_SUPPLIED) {
		status = check_logon(call, &c, m->domain, m->user, m->nt, false);
	} else {
		ask.response = m->nt.len == sizeof(struct ntlm1_response) ? NULL : &response;
		status = check_proof(call, &c, &ask);
	}
	if (status == STATUS_SUCCESS) {
		if (c.verdict != CHECK_PROVEN) {
			status = refused(call, args, f, &c, ret);
		} else {
			status = check_conclude(call, &c);
			if (status == STATUS_SUCCESS)
				status = give(call, args, m, &c, NULL, ret);
		}
	}
	check_drop(&c);
	return status;
}

/* --- a name alone ------------------------------------------------------------------------------------- */

static NTSTATUS
s4u_logon(struct call *call, const struct logon_args *args, const struct submit *m, struct logging_on *f,
    struct logon_result *ret)
{
	struct logon_view view;
	struct check c;
	NTSTATUS status;

	if (!m->user.len)
		return verdict(call, ret, STATUS_LOGON_FAILURE, "no user was named");
	if (!is_local(call, m->domain, &status))
		return status != STATUS_SUCCESS ? status :
		    verdict(call, ret, STATUS_NO_LOGON_SERVERS, "the domain is another than this machine, and NTLM can ask none for it");
	status = check_vouched(call, &c, m->domain, m->user);
	if (status != STATUS_SUCCESS)
		return status;
	if (c.verdict != CHECK_PROVEN)
		return refused(call, args, f, &c, ret);
	status = check_conclude(call, &c);
	if (status == STATUS_SUCCESS)
		status = session_make(call, args, &(struct who){ .view = &c.view }, &view, ret);
	if (status != STATUS_SUCCESS || ret->verdict != STATUS_SUCCESS)
		return status;
	return session_give(call, &view, ntlm_profile_lm20(call, view.domain, NULL, 0, ret), ret);
}

NTSTATUS
ntlm_logon(struct call *call, const struct logon_args *args, struct logon_result *ret)
{
	struct logging_on *f = frame(call, sizeof *f, logging_drop);
	struct submit m;
	NTSTATUS status;
	bool good;

	if (!f)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (f->at == LOST) {
		status = check_wait(call, STATUS_LOGON_FAILURE);
		ret->verdict = f->verdict;
		ret->substatus = f->substatus;
		return status == STATUS_PENDING ? status : STATUS_SUCCESS;
	}
	ret->verdict = STATUS_LOGON_FAILURE;
	good = submit_take(&m, args->body);
	status = args->body.len >= 4 ? submit_allowed(call, args, &m) : STATUS_SUCCESS;
	if (status == STATUS_SUCCESS && !good)
		status = because(call, STATUS_INVALID_PARAMETER, TO_CALLER, "the logon buffer is malformed");
	if (status != STATUS_SUCCESS) {
		ret->verdict = status;
		return STATUS_SUCCESS;
	}
	switch (m.type) {
	case SUBMIT_LM20:
	case SUBMIT_NETWORK:
		return response_logon(call, args, &m, f, response_granted, ret);
	case SUBMIT_S4U:
		return s4u_logon(call, args, &m, f, ret);
	default:
		return password_logon(call, args, &m, f, ret);
	}
}

/* --- a message: is it right? ----------------------------------------------------------------------------- */

NTSTATUS
ntlm_validate(struct call *call, const struct message_args *args, struct message_result *ret)
{
	struct logon_args as = { .type = TYPE_JUDGED, .body = args->body, .trusted = args->trusted };
	struct logon_result got = { .verdict = STATUS_LOGON_FAILURE };
	struct logging_on *f = frame(call, sizeof *f, logging_drop);
	struct submit m;
	NTSTATUS status;
	bool good;

	if (!f)
		return STATUS_INSUFFICIENT_RESOURCES;
	good = submit_take(&m, args->body);
	if (!args->trusted) {
		ret->verdict = because(call, STATUS_ACCESS_DENIED, TO_CALLER, "only a trusted caller may have names and proofs judged");
		return STATUS_SUCCESS;
	}
	status = good ? submit_allowed(call, &as, &m) : because(call, STATUS_INVALID_PARAMETER, TO_CALLER, "the request is malformed");
	if (status != STATUS_SUCCESS) {
		ret->verdict = status;
		return STATUS_SUCCESS;
	}
	if (f->at == LOST) {
		status = check_wait(call, STATUS_LOGON_FAILURE);
		got.verdict = f->verdict;
		got.substatus = f->substatus;
		status = status == STATUS_PENDING ? status : STATUS_SUCCESS;
	} else {
		status = response_logon(call, &as, &m, f, validated, &got);
	}
	ret->verdict = got.substatus != STATUS_SUCCESS ? got.substatus : got.verdict;
	return status;
}
