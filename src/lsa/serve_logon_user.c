/*
 * serve_logon_user.c - a logon by a buffer of the API's: what is checked
 * before a package looks at it, and the token of whom the package let in.
 * The order of checks is the contract's (spec lsa-logon 4).
 */
#include "lsa/client.h"

#include "lsa/raise.h"
#include "lsa/policy.h"
#include "lsa/who.h"

#define LOCAL_GROUPS_MOST	1024u
#define SOURCE_LEN		16u
#define LEVEL_USUAL		2u	/* SecurityImpersonation */

/* What each type yields; TYPE_NONE: nobody logs on in this way. */
static const enum token_type kinds[] = {
	[LOGON_INTERACTIVE] = TYPE_PRIMARY, [LOGON_NETWORK] = TYPE_IMPERSONATION, [LOGON_BATCH] = TYPE_PRIMARY,
	[LOGON_SERVICE] = TYPE_PRIMARY, [LOGON_PROXY] = TYPE_NONE, [LOGON_UNLOCK] = TYPE_PRIMARY,
	[LOGON_CLEARTEXT] = TYPE_IMPERSONATION, [LOGON_NEW_CREDENTIALS] = TYPE_PRIMARY, [LOGON_REMOTE] = TYPE_PRIMARY,
	[LOGON_CACHED] = TYPE_PRIMARY, [LOGON_CACHED_REMOTE] = TYPE_NONE, [LOGON_CACHED_UNLOCK] = TYPE_NONE,
};

static NTSTATUS
local_groups(struct served *s, const struct logon_in *in)
{
	uint32_t count;

	s->local_groups = BYTES_NONE;
	if (!in->given)
		return STATUS_SUCCESS;
	if (s->link->rank < TRUSTED) {
		raise_tcb(s, "LsaLogonUser()", because(&s->call, STATUS_PRIVILEGE_NOT_HELD, TO_CALLER,
		    "only a trusted caller may add LocalGroups"));
		return STATUS_PRIVILEGE_NOT_HELD;
	}
	if (!token_groups_count(&count, in->groups, LOCAL_GROUPS_MOST))
		return because(&s->call, STATUS_INVALID_SID, TO_CALLER, "a SID of LocalGroups is none, or there are more than %u",
		    LOCAL_GROUPS_MOST);
	s->local_groups = in->groups;
	return STATUS_SUCCESS;
}

static NTSTATUS
admit(struct served *s, const struct logon_in *in, const struct lsa_package **ret_package)
{
	const struct lsa_package *p = package_at(in->package);
	NTSTATUS status;

	if (!p)
		return because(&s->call, STATUS_NO_SUCH_PACKAGE, TO_CALLER, "no authentication package %u here", in->package);
	if (in->type >= sizeof kinds / sizeof *kinds || !kinds[in->type])
		return because(&s->call, STATUS_INVALID_LOGON_TYPE, TO_CALLER, "nobody can log on with logon type %u", in->type);
	if (in->source.len != SOURCE_LEN)
		return STATUS_INVALID_PARAMETER;
	status = local_groups(s, in);
	if (status == STATUS_SUCCESS && !p->logon)
		status = because(&s->call, STATUS_NOT_SUPPORTED, TO_CALLER, "%s logs nobody on", p->name);
	*ret_package = p;
	return status;
}

/* For primary tokens alone. Nothing here is limited by them, nor are they ever taken from the client. */
static NTSTATUS
quotas(struct served *s, struct bytes sid, struct logon_out *out)
{
	uint8_t *at = call_memory(&s->call, 48);
	struct store *store;
	NTSTATUS status = at ? lsa_store(s->link->lsa, &store, &s->call) : STATUS_INSUFFICIENT_RESOURCES;

	if (status == STATUS_SUCCESS)
		status = account_quotas(store, sid, at);
	if (status == STATUS_SUCCESS)
		out->quotas = bytes_of(at, 48);
	return status;
}

/* The session's first holder was the package, or it is an older one; from here on its token holds it. */
static NTSTATUS
let_in(struct served *s, const struct logon_in *in, const struct logon_result *got, struct logon_out *out)
{
	struct session *session = got->borrowed ? session_hold(got->session) : got->session;
	struct token *token = NULL;
	bool as_another = in->type == LOGON_NEW_CREDENTIALS;
	NTSTATUS status = kinds[in->type] == TYPE_PRIMARY ? quotas(s, session->sid, out) : STATUS_SUCCESS;

	if (status == STATUS_SUCCESS)
		status = who_token(&s->call, session, kinds[in->type], got->level ? got->level : LEVEL_USUAL, in->source, &token);
	if (status == STATUS_SUCCESS)
		status = who_show(s, token, &out->token, &out->key, &out->facts);
	if (status == STATUS_SUCCESS && as_another) {		/* no package has judged anything */
		raise_logon(&s->call, status, BYTES_NONE, BYTES_NONE, session->package, session->luid);
		raise_explicit(s, BYTES_NONE, BYTES_NONE, BYTES_NONE, session->package, in->type);
	}
	if (status == STATUS_SUCCESS && in->given)
		raise_tcb(s, "LsaLogonUser()", status);
	session_drop(session);
	return status;
}

NTSTATUS
serve_logon(struct served *s, const struct logon_in *in, struct logon_out *out)
{
	const struct lsa_package *p = NULL;
	struct logon_args args = { .type = in->type, .body = in->body, .trusted = s->link->rank >= TRUSTED };
	struct logon_result got = { .verdict = STATUS_LOGON_FAILURE };
	NTSTATUS status = admit(s, in, &p);

	if (status != STATUS_SUCCESS)
		return status;
	s->told.type = in->type;
	call_enter(&s->call);
	status = p->logon(&s->call, &args, &got);
	call_leave(&s->call, status);
	if (status != STATUS_SUCCESS)
		return status;
	if (got.verdict == STATUS_SUCCESS && !got.session)
		got.verdict = because(&s->call, STATUS_INTERNAL_ERROR, TO_CALLER, "the package let somebody in without a session");
	if (got.verdict == STATUS_SUCCESS) {
		status = let_in(s, in, &got, out);
		if (status != STATUS_SUCCESS)
			return status;
		out->profile = got.profile;
		out->pointers = got.pointers;
	}
	out->verdict = (uint32_t)got.verdict;
	out->substatus = got.verdict == STATUS_SUCCESS ? 0 : (uint32_t)got.substatus;
	return STATUS_SUCCESS;
}
