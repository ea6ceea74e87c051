/*
 * who.c - who somebody is once he has logged on. The order of groups and
 * what each kind of logon adds: spec lsa-logon 4. Judges no proof.
 */
#include "lsa/who.h"

#include <stdlib.h>
#include <string.h>

#include "base/privilege.h"
#include "base/random.h"
#include "lsa/policy.h"
#include "lsa/rights.h"

#define GROUP_USUAL	0x7u		/* mandatory, enabled, and by default */
#define GROUP_LOGON	0xC0000007u
#define STANDARD_MOST	8u		/* that who_groups adds by itself */
#define NEVER		0x7fffffffffffffffu

/* --- the groups of a session --------------------------------------------------- */

struct list {
	struct call *call;
	struct session_group *at;
	size_t count, room;
	bool bad;
};

static void
list_add(struct list *l, struct bytes sid, uint32_t attributes)
{
	if (l->count == l->room) {
		l->bad = true;
		return;
	}
	for (size_t i = 0; i < l->count; i++)
		if (bytes_same(l->at[i].sid, sid))
			return;
	l->at[l->count++] = (struct session_group){ sid, attributes };
}

static void
list_add_sid(struct list *l, const struct sid *sid)
{
	uint8_t *at = call_memory(l->call, SID_SIZE_MAX);
	struct writer w = writer_of(at, SID_SIZE_MAX);

	if (!at) {
		l->bad = true;
		return;
	}
	sid_put(&w, sid);
	list_add(l, bytes_of(at, w.need), GROUP_USUAL);
}

/* Each kind of logon's own SIDs. */
static const struct sid *const kinds[][2] = {
	[LOGON_INTERACTIVE] = { &sid_interactive },
	[LOGON_NETWORK]     = { &sid_network },
	[LOGON_BATCH]       = { &sid_batch },
	[LOGON_SERVICE]     = { &sid_service },
	[LOGON_UNLOCK]      = { &sid_interactive },
	[LOGON_CLEARTEXT]   = { &sid_network },
	[LOGON_REMOTE]      = { &sid_remote_interactive, &sid_interactive },
	[LOGON_CACHED]      = { &sid_interactive },
	[LOGON_CACHED_REMOTE] = { &sid_remote_interactive, &sid_interactive },
	[LOGON_CACHED_UNLOCK] = { &sid_interactive },
};

static bool
same_as(struct bytes binary, const struct sid *sid)
{
	uint8_t at[SID_SIZE_MAX];
	struct writer w = writer_of(at, sizeof at);

	sid_put(&w, sid);
	return bytes_same(binary, bytes_of(at, w.need));
}

NTSTATUS
who_groups(struct call *call, struct session_new *new, const struct bytes *groups, size_t count, bool local)
{
	struct bytes rest = SERVED(call)->local_groups;
	struct token_group extra;
	struct list l = { .call = call };
	uint32_t extras = 0;

	if (!token_groups_count(&extras, rest, SESSION_GROUPS_MAX) || count > SESSION_GROUPS_MAX)
		return because(call, STATUS_INVALID_SID, TO_CALLER, "the groups given are malformed, or too many");
	l.room = count + extras + STANDARD_MOST;
	l.at = call_memory(call, l.room * sizeof *l.at);
	if (!l.at)
		return STATUS_INSUFFICIENT_RESOURCES;
	list_add_sid(&l, &sid_everyone);
	for (size_t i = 0; i < count; i++)
		list_add(&l, groups[i], GROUP_USUAL);
	for (unsigned i = 0; new->logon_type < sizeof kinds / sizeof *kinds && i < 2; i++)
		if (kinds[new->logon_type][i])
			list_add_sid(&l, kinds[new->logon_type][i]);
	if (!same_as(new->sid, &sid_anonymous)) {
		list_add_sid(&l, &sid_authenticated_users);
		if (bytes_same(new->package, bytes_of_text("NTLM")))
			list_add_sid(&l, &sid_ntlm_authentication);
	}
	while (token_group_take(&extra, &rest))
		list_add(&l, extra.sid, extra.attributes);
	if (local)
		list_add_sid(&l, &sid_users);
	if (l.bad || l.count > SESSION_GROUPS_MAX)
		return because(call, STATUS_TOO_MANY_SIDS, TO_CALLER, "the user is in more than %u groups", SESSION_GROUPS_MAX);
	new->groups = l.at;
	new->group_count = l.count;
	return STATUS_SUCCESS;
}

/* --- what another authority may say ---------------------------------------------- */

bool
who_elsewhere(const struct sid *machine, const struct sid *sid)
{
	struct sid nt = sid_root(5);

	return sid_under(&nt, sid) && sid->sub[0] == 21 && (sid->count == 4 || sid->count == 5) && !sid_same(sid, machine) &&
	    !sid_under(machine, sid);
}

static bool
account_elsewhere(const struct sid *machine, struct bytes binary)
{
	struct sid sid;

	return sid_whole(&sid, binary) && sid.count == 5 && who_elsewhere(machine, &sid);
}

/* What a domain says of how and from where somebody came to it: [MS-DTYP] 2.4.2.4, S-1-18, S-1-5-9, -15, -1000 and -65-1. */
static bool
group_elsewhere(const struct sid *machine, struct bytes binary)
{
	struct sid sid, asserted = sid_root(18), nt = sid_root(5);

	if (account_elsewhere(machine, binary))
		return true;
	if (!sid_whole(&sid, binary))
		return false;
	if (sid_under(&asserted, &sid))
		return true;
	if (!sid_under(&nt, &sid))
		return false;
	return sid.count == 1 ? sid.sub[0] == 9 || sid.sub[0] == 15 || sid.sub[0] == 1000 :
	    sid.count == 2 && sid.sub[0] == 65 && sid.sub[1] == 1;
}

NTSTATUS
who_vouched(struct call *call, struct bytes sid, const struct bytes **groups, size_t *count)
{
	struct bytes *kept = call_memory(call, (*count + 1) * sizeof *kept);
	struct store *store;
	struct sid machine;
	size_t n = 0;
	NTSTATUS status = lsa_store(SERVED(call)->link->lsa, &store, call);

	if (status != STATUS_SUCCESS)
		return status;
	if (!kept)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!sid_whole(&machine, store_sid(store)))
		return STATUS_INTERNAL_ERROR;
	if (sid.len && !account_elsewhere(&machine, sid))
		return because(call, STATUS_LOGON_FAILURE, TO_TRUSTED,
		    "another authority vouched for an account that is not a domain's, or is this machine's own");
	for (size_t i = 0; i < *count; i++)
		if (group_elsewhere(&machine, (*groups)[i]))
			kept[n++] = (*groups)[i];
	*groups = kept;
	*count = n;
	return STATUS_SUCCESS;
}

/* --- a token ------------------------------------------------------------------------ */

static NTSTATUS
privileges_of(struct call *call, const struct session *session, uint64_t *ret_privileges)
{
	struct sid *sids = call_memory(call, (session->group_count + 1) * sizeof *sids);
	struct rights rights = { 0 };
	struct store *store;
	size_t count = 0;
	NTSTATUS status;

	if (!sids)
		return STATUS_INSUFFICIENT_RESOURCES;
	for (uint32_t i = 0; i <= session->group_count; i++) {
		struct reader r = reader_of(i ? session->groups[i - 1].sid : session->sid);

		sid_take(&sids[count], &r);
		if (reader_done(&r))
			count++;
	}
	status = lsa_store(SERVED(call)->link->lsa, &store, call);
	if (status == STATUS_SUCCESS)
		status = rights_of(store, sids, count, &rights);
	if (status == STATUS_SUCCESS)
		*ret_privileges = rights.privileges;
	return status;
}

#define CHANGE_NOTIFY	23u
#define CREATE_GLOBAL	30u

static NTSTATUS
made(struct call *call, struct session *session, struct token_new *new, struct token **ret_token)
{
	NTSTATUS status = privileges_of(call, session, &new->privileges);

	if (status != STATUS_SUCCESS)
		return status;
	new->expiry = NEVER;
	new->enabled = new->type == TYPE_IMPERSONATION ? new->privileges : new->privileges &
	    (PRIVILEGE_BIT(CHANGE_NOTIFY) | PRIVILEGE_BIT(PRIVILEGE_IMPERSONATE) | PRIVILEGE_BIT(CREATE_GLOBAL));
	return token_new(ret_token, session, new);
}

NTSTATUS
who_token(struct call *call, struct session *session, uint32_t type, uint32_t level, struct bytes source,
    struct token **ret_token)
{
	struct token_new new = { .type = (enum token_type)type, .level = (enum token_level)(level + 1) };
	struct reader r = reader_of(source);

	reader_fixed(&r, new.source, sizeof new.source);
	new.source_id = reader_u64(&r);
	return made(call, session, &new, ret_token);
}

/* Another process of the same uid may have other groups, so they are the token's and not the session's. */
NTSTATUS
who_own(struct served *s, struct session *session, struct token **ret_token)
{
	const struct lsa_peer *peer = &s->link->peer;
	uint32_t gids[PEER_GROUPS + 1];
	struct token_new new = { .type = TYPE_PRIMARY, .level = LEVEL_IMPERSONATION, .source = "OLsaSelf", .gids = gids };

	if (!peer->unmapped)
		gids[new.gid_count++] = peer->gid;
	for (uint32_t i = 0; i < peer->group_count && !peer->unmapped; i++)
		gids[new.gid_count++] = peer->groups[i];
	return made(&s->call, session, &new, ret_token);
}

/* --- shown to a process ---------------------------------------------------------------- */

static bool
facts_put(struct writer *w, const struct token *token)
{
	const struct session *session = token->session;
	struct token_facts facts = {
		.luid = session->luid, .id = token->id, .expiry = token->made.expiry, .source_id = token->made.source_id,
		.privileges = token->made.privileges, .enabled = token->made.enabled, .type = token->made.type,
		.level = (uint32_t)token->made.level - 1, .logon_type = session->logon_type,
		.user = bytes_of_text(session->user), .domain = bytes_of_text(session->domain),
		.package = bytes_of_text(session->package), .sid = session->sid, .group_count = session->group_count,
	};
	struct sid logon = sid_of_logon((struct luid){ session->luid });
	uint8_t logon_at[SID_SIZE_MAX];
	struct writer l = writer_of(logon_at, sizeof logon_at);

	bytes_copy(facts.source, token->made.source, sizeof facts.source);
	facts.group_count += (token->made.type == TYPE_PRIMARY) + token->made.gid_count;
	token_facts_put(w, &facts);
	if (token->made.type == TYPE_PRIMARY) {
		sid_put(&l, &logon);
		token_group_put(w, &(struct token_group){ bytes_of(logon_at, l.need), GROUP_LOGON });
	}
	for (uint32_t i = 0; i < session->group_count; i++)
		token_group_put(w, &(struct token_group){ session->groups[i].sid, session->groups[i].attributes });
	for (uint32_t i = 0; i < token->made.gid_count; i++) {
		struct sid gid;

		l = writer_of(logon_at, sizeof logon_at);
		if (!sid_child(&gid, &sid_unix_groups, token->made.gids[i]))
			return false;
		sid_put(&l, &gid);
		token_group_put(w, &(struct token_group){ bytes_of(logon_at, l.need), GROUP_USUAL });
	}
	return w->need <= WIRE_BYTES_MAX;
}

static NTSTATUS
facts_of(struct call *call, const struct token *token, struct bytes *ret_facts)
{
	struct writer w = writer_of(NULL, 0);
	uint8_t *at;

	if (!facts_put(&w, token))
		return because(call, STATUS_TOO_MANY_SIDS, TO_CALLER, "the token has too many groups to be shown");
	at = call_memory(call, w.need);
	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	w = writer_of(at, w.need);
	if (!facts_put(&w, token))
		return STATUS_INTERNAL_ERROR;
	*ret_facts = bytes_of(at, w.need);
	return STATUS_SUCCESS;
}

NTSTATUS
who_show(struct served *s, struct token *token, uint64_t *ret_word, struct bytes *ret_key, struct bytes *ret_facts)
{
	struct token_object *t = calloc(1, sizeof *t);
	uint8_t *key = call_memory(&s->call, TOKEN_KEY_LEN);
	NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

	if (t && key && random_bytes(t->key, sizeof t->key))
		status = facts_of(&s->call, token, ret_facts);
	if (status == STATUS_SUCCESS) {
		status = object_new(&t->o, s->process, KIND_TOKEN, NULL);
		if (status != STATUS_SUCCESS)
			because(&s->call, status, TO_CALLER, "too many tokens, credentials and contexts, or no memory for one more");
	}
	if (status != STATUS_SUCCESS) {
		token_drop(token);
		free(t);
		return status;
	}
	t->token = token;
	bytes_copy(key, t->key, TOKEN_KEY_LEN);
	*ret_key = bytes_of(key, TOKEN_KEY_LEN);
	*ret_word = s->made = t->o.word;
	object_drop(&t->o);
	return STATUS_SUCCESS;
}
