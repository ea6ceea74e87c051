/*
 * rights.c - rights by SID: their entries, their union, and what follows
 * from it for a logon and for a peer. Writes nothing but the first entries
 * of a new book.
 */
#include "lsa/rights.h"

#include "base/guard.h"
#include "base/privilege.h"
#include "lsa/client.h"
#include "store/book.h"
#include "store/store.h"

bool
rights_take(struct rights *ret_rights, struct bytes *ret_guard, struct bytes value)
{
	struct reader r = reader_of(value);
	struct rights rights = { .privileges = reader_u64(&r), .access = reader_u32(&r) };
	struct bytes guard = reader_sized(&r, GUARD_MAX);

	if (!reader_done(&r))
		return false;
	*ret_rights = rights;
	if (ret_guard)
		*ret_guard = guard;
	return true;
}

void
rights_put(struct writer *w, const struct rights *rights, struct bytes guard)
{
	writer_u64(w, rights->privileges);
	writer_u32(w, rights->access);
	writer_sized(w, guard);
}

/* --- the union ---------------------------------------------------------------- */

struct sum { struct rights rights; bool bad; };

static void
sum_add(void *arg, struct bytes value)
{
	struct sum *sum = arg;
	struct rights one;

	if (!rights_take(&one, NULL, value)) {
		sum->bad = true;
		return;
	}
	sum->rights.privileges |= one.privileges;
	sum->rights.access |= one.access;
}

static NTSTATUS
sum_keys(struct sum *sum, struct store *store, const struct bytes *keys, size_t count)
{
	NTSTATUS status = book_look(store, BOOK_ACCOUNT, keys, count, sum_add, sum);

	return status == STATUS_SUCCESS && sum->bad ? STATUS_INTERNAL_DB_ERROR : status;
}

static NTSTATUS
sum_sids(struct sum *sum, struct store *store, const struct sid *sids, size_t count)
{
	NTSTATUS status = STATUS_SUCCESS;

	for (size_t i = 0; i < count && status == STATUS_SUCCESS; i++) {
		uint8_t binary[SID_SIZE_MAX];
		struct writer w = writer_of(binary, sizeof binary);
		struct bytes key;

		sid_put(&w, &sids[i]);
		key = bytes_of(binary, w.need);
		status = sum_keys(sum, store, &key, 1);
	}
	return status;
}

NTSTATUS
rights_of(struct store *store, const struct sid *sids, size_t count, struct rights *ret_rights)
{
	struct sum sum = { 0 };
	NTSTATUS status = sum_sids(&sum, store, sids, count);

	if (status == STATUS_SUCCESS)
		*ret_rights = sum.rights;
	return status;
}

/* --- a logon --------------------------------------------------------------------- */

enum { TYPE_INTERACTIVE = 2, TYPE_NETWORK, TYPE_BATCH, TYPE_SERVICE, TYPE_PROXY, TYPE_UNLOCK, TYPE_CLEARTEXT,
	TYPE_NEW_CREDENTIALS, TYPE_REMOTE, TYPE_CACHED, TYPE_CACHED_REMOTE, TYPE_CACHED_UNLOCK, TYPES };

static const struct {
	uint32_t right, denied;
	const struct sid *sid;
	const char *name;
} types[TYPES] = {
	[TYPE_INTERACTIVE]   = { RIGHT_INTERACTIVE, DENY_INTERACTIVE, &sid_interactive,        "SeInteractiveLogonRight" },
	[TYPE_NETWORK]       = { RIGHT_NETWORK,     DENY_NETWORK,     &sid_network,            "SeNetworkLogonRight" },
	[TYPE_BATCH]         = { RIGHT_BATCH,       DENY_BATCH,       &sid_batch,              "SeBatchLogonRight" },
	[TYPE_SERVICE]       = { RIGHT_SERVICE,     DENY_SERVICE,     &sid_service,            "SeServiceLogonRight" },
	[TYPE_PROXY]         = { RIGHT_PROXY,       0,                &sid_proxy,              "the proxy logon right" },
	[TYPE_UNLOCK]        = { RIGHT_INTERACTIVE, DENY_INTERACTIVE, &sid_interactive,        "SeInteractiveLogonRight" },
	[TYPE_CLEARTEXT]     = { RIGHT_NETWORK,     DENY_NETWORK,     &sid_network,            "SeNetworkLogonRight" },
	[TYPE_REMOTE]        = { RIGHT_REMOTE,      DENY_REMOTE,      &sid_remote_interactive, "SeRemoteInteractiveLogonRight" },
	[TYPE_CACHED]        = { RIGHT_INTERACTIVE, DENY_INTERACTIVE, &sid_interactive,        "SeInteractiveLogonRight" },
	[TYPE_CACHED_REMOTE] = { RIGHT_REMOTE,      DENY_REMOTE,      &sid_remote_interactive, "SeRemoteInteractiveLogonRight" },
	[TYPE_CACHED_UNLOCK] = { RIGHT_INTERACTIVE, DENY_INTERACTIVE, &sid_interactive,        "SeInteractiveLogonRight" },
};

static bool
is_local(struct store *store, struct bytes sid)
{
	struct reader r = reader_of(store_sid(store)), of = reader_of(sid);
	struct sid machine, user;

	sid_take(&machine, &r);
	sid_take(&user, &of);
	return reader_done(&r) && reader_done(&of) && sid_under(&machine, &user);
}

NTSTATUS
rights_allow_logon(struct call *call, struct bytes sid, const struct bytes *groups, size_t group_count,
    uint32_t logon_type)
{
	const struct sid *besides[4] = { &sid_everyone, &sid_authenticated_users };
	uint8_t binary[4][SID_SIZE_MAX];
	struct sum sum = { 0 };
	struct bytes keys[5];
	size_t count = 2;
	struct store *store;
	NTSTATUS status = lsa_store(SERVED(call)->link->lsa, &store, call);

	if (status != STATUS_SUCCESS)
		return status;
	if (logon_type == TYPE_NEW_CREDENTIALS)		/* a clone of who asks: nobody logs on here */
		return STATUS_SUCCESS;
	if (logon_type >= TYPES || !types[logon_type].right)
		return because(call, STATUS_LOGON_TYPE_NOT_GRANTED, TO_TRUSTED, "no right allows logon type %u", logon_type);
	besides[count++] = types[logon_type].sid;
	if (is_local(store, sid))
		besides[count++] = &sid_users;
	for (size_t i = 0; i < count; i++) {
		struct writer w = writer_of(binary[i], sizeof binary[i]);

		sid_put(&w, besides[i]);
		keys[i] = bytes_of(binary[i], w.need);
	}
	if (sid.len)				/* somebody of another authority may have none */
		keys[count++] = sid;
	status = sum_keys(&sum, store, keys, count);
	if (status == STATUS_SUCCESS && group_count)
		status = sum_keys(&sum, store, groups, group_count);
	if (status != STATUS_SUCCESS)
		return because(call, status, TO_CALLER, "the rights of the account could not be read");
	if (sum.rights.access & types[logon_type].denied)
		return because(call, STATUS_LOGON_TYPE_NOT_GRANTED, TO_TRUSTED,
		    "policy denies this kind of logon to the account or a group of it (the opposite of %s)", types[logon_type].name);
	if (!(sum.rights.access & types[logon_type].right))
		return because(call, STATUS_LOGON_TYPE_NOT_GRANTED, TO_TRUSTED, "neither the account nor a group of it holds %s",
		    types[logon_type].name);
	SERVED(call)->told.privileges = sum.rights.privileges;
	return STATUS_SUCCESS;
}

/* --- a peer ---------------------------------------------------------------------------- */

static void
child_add(struct sid sids[PEER_SIDS], size_t *count, const struct sid *parent, uint32_t id)
{
	if (*count < PEER_SIDS && sid_child(&sids[*count], parent, id))
		(*count)++;
}

/* Who is not mapped into our name space is nobody but one of all. */
size_t
peer_sids(const struct lsa_peer *peer, struct sid sids[PEER_SIDS])
{
	size_t count = 0;

	if (!peer->known)
		return 0;
	sids[count++] = sid_everyone;
	if (peer->unmapped)
		return count;
	sids[count++] = sid_authenticated_users;
	if (peer->near || peer->uid == 0)
		sids[count++] = sid_system;
	if (peer->near || peer->admin)
		sids[count++] = sid_administrators;
	child_add(sids, &count, &sid_unix_users, peer->uid);
	child_add(sids, &count, &sid_unix_groups, peer->gid);
	for (size_t i = 0; i < peer->group_count; i++)
		child_add(sids, &count, &sid_unix_groups, peer->groups[i]);
	if (peer->more_groups)
		sids[count++] = guard_more_groups();
	return count;
}

bool
rights_peer_holds(struct call *call, const struct lsa_peer *peer, unsigned privilege)
{
	struct sid sids[PEER_SIDS];
	struct rights rights = { 0 };
	struct store *store;

	if (!peer->known || peer->unmapped || lsa_store(SERVED(call)->link->lsa, &store, call) != STATUS_SUCCESS)
		return false;
	return rights_of(store, sids, peer_sids(peer, sids), &rights) == STATUS_SUCCESS &&
	    (rights.privileges & PRIVILEGE_BIT(privilege));
}

/* --- a new book --------------------------------------------------------------------------- */

#define P(n) PRIVILEGE_BIT(n)
#define NOT_ADMINISTRATORS (P(2) | P(3) | P(6) | P(7) | P(21) | P(26) | P(27) | P(31) | P(32) | P(36))
#define SERVICES	(P(3) | P(5) | P(21) | P(23) | P(29) | P(30))

static const struct { const struct sid *sid; struct rights rights; } first[] = {
	{ &sid_administrators,  { PRIVILEGES_ALL & ~NOT_ADMINISTRATORS, RIGHT_INTERACTIVE | RIGHT_NETWORK | RIGHT_REMOTE } },
	{ &sid_system,          { PRIVILEGES_ALL, 0 } },
	{ &sid_local_service,   { SERVICES, 0 } },
	{ &sid_network_service, { SERVICES, 0 } },
	{ &sid_users,           { P(23) | P(33) | P(34), RIGHT_INTERACTIVE } },
	{ &sid_everyone,        { P(23), RIGHT_NETWORK } },
};

static NTSTATUS
first_put(struct book_change *c, const struct sid *sid, const struct rights *rights)
{
	uint8_t key[SID_SIZE_MAX], value[64];
	struct writer k = writer_of(key, sizeof key), v = writer_of(value, sizeof value);

	sid_put(&k, sid);
	rights_put(&v, rights, BYTES_NONE);
	return book_write(c, BOOK_ACCOUNT, bytes_of(key, k.need), bytes_of(value, v.need));
}

/* Somebody else may have been faster; then there is nothing to do. */
NTSTATUS
rights_begin(struct store *store)
{
	struct rights guest = { 0, DENY_INTERACTIVE | DENY_NETWORK };
	struct book_age age;
	struct book_change c;
	struct secret *old = NULL;
	struct reader r = reader_of(store_sid(store));
	struct sid machine, sid;
	NTSTATUS status = book_age(store, &age);

	if (status != STATUS_NOT_FOUND)
		return status;
	status = book_begin(&c, store);
	if (status != STATUS_SUCCESS)
		return status;
	status = book_read(&c, BOOK_META, bytes_of_text("modified"), &old);
	secret_drop(&old);
	if (status != STATUS_NOT_FOUND)
		return book_end(&c, status);
	status = STATUS_SUCCESS;
	for (size_t i = 0; i < sizeof first / sizeof *first && status == STATUS_SUCCESS; i++)
		status = first_put(&c, first[i].sid, &first[i].rights);
	sid_take(&machine, &r);
	if (status == STATUS_SUCCESS && reader_done(&r) && sid_child(&sid, &machine, 501))
		status = first_put(&c, &sid, &guest);
	if (status == STATUS_SUCCESS)
		status = first_put(&c, &sid_guests, &guest);
	return book_end(&c, status);
}
