/*
 * keep.c - sessions as packages see them, what packages keep with a session
 * or a process, and what the configuration tells packages. Knows nothing of
 * what is kept.
 */
#include "lsa/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/time.h"
#include "lsa/raise.h"

#define LOGON_INTERACTIVE 2u

static struct lsa *
lsa_of(struct call *call)
{
	return SERVED(call)->link->lsa;
}

/* --- rows ------------------------------------------------------------------ */

static struct kept_row **
row_of(struct kept_row **rows, const struct lsa_package *package, uint64_t luid)
{
	while (*rows && ((*rows)->package != package || (*rows)->luid != luid))
		rows = &(*rows)->next;
	return rows;
}

static struct kept *
kept_hold(struct kept_row *row)
{
	if (!row)
		return NULL;
	atomic_fetch_add(&row->kept->refs, 1);
	return row->kept;
}

/* Takes over the maker's count, also when it fails. */
static NTSTATUS
row_set(pthread_mutex_t *lock, struct kept_row **rows, const struct lsa_package *package, uint64_t luid, struct kept *kept)
{
	struct kept_row *fresh = calloc(1, sizeof *fresh), **at;
	struct kept *old = NULL;

	if (!fresh) {
		kept_drop(kept);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	pthread_mutex_lock(lock);
	at = row_of(rows, package, luid);
	if (*at) {
		old = (*at)->kept;
		(*at)->kept = kept;
	} else {
		*fresh = (struct kept_row){ .package = package, .luid = luid, .kept = kept };
		*at = fresh;
		fresh = NULL;
	}
	pthread_mutex_unlock(lock);
	free(fresh);
	kept_drop(old);
	return STATUS_SUCCESS;
}

void
keep_rows_drop(struct kept_row *rows)
{
	struct kept_row *next;

	for (; rows; rows = next) {
		next = rows->next;
		kept_drop(rows->kept);
		free(rows);
	}
}

/* --- with a process -------------------------------------------------------- */

struct kept *
keep_process_kept(struct call *call, const struct lsa_package *package)
{
	struct process *p = SERVED(call)->process;
	struct kept *kept;

	if (!p)
		return NULL;
	pthread_mutex_lock(&p->lock);
	kept = kept_hold(*row_of(&p->kept, package, 0));
	pthread_mutex_unlock(&p->lock);
	return kept;
}

NTSTATUS
keep_process_keep(struct call *call, const struct lsa_package *package, struct kept *kept)
{
	struct process *p = SERVED(call)->process;

	if (!p) {
		kept_drop(kept);
		return STATUS_ACCESS_DENIED;
	}
	return row_set(&p->lock, &p->kept, package, 0, kept);
}

/* --- with the LSA ------------------------------------------------------------ */

struct kept *
keep_machine_kept(struct call *call, const struct lsa_package *package, struct kept *(*make)(void))
{
	struct lsa *lsa = lsa_of(call);
	struct kept_row **at, *fresh;
	struct kept *kept;

	pthread_mutex_lock(&lsa->kept_lock);
	at = row_of(&lsa->machine_kept, package, 0);
	if (!*at && make) {
		fresh = calloc(1, sizeof *fresh);
		kept = fresh ? make() : NULL;
		if (kept) {
			*fresh = (struct kept_row){ .package = package, .kept = kept };
			*at = fresh;
		} else {
			free(fresh);
		}
	}
	kept = kept_hold(*at);
	pthread_mutex_unlock(&lsa->kept_lock);
	return kept;
}

/* --- with a session -------------------------------------------------------- */

/* LUIDs count up: each shelf has as many. */
static struct kept_row **
shelf_of(struct lsa *lsa, uint64_t luid)
{
	return &lsa->session_kept[luid % KEPT_SHELVES];
}

struct kept *
keep_session_kept(struct call *call, void *session, const struct lsa_package *package)
{
	const struct session *of = session;
	struct lsa *lsa = lsa_of(call);
	struct kept *kept;

	pthread_mutex_lock(&lsa->kept_lock);
	kept = kept_hold(*row_of(shelf_of(lsa, of->luid), package, of->luid));
	pthread_mutex_unlock(&lsa->kept_lock);
	return kept;
}

NTSTATUS
keep_session_keep(struct call *call, void *session, const struct lsa_package *package, struct kept *kept)
{
	const struct session *of = session;
	struct lsa *lsa = lsa_of(call);
	bool tended = package->due && package->due(kept) != UINT32_MAX;
	NTSTATUS status = row_set(&lsa->kept_lock, shelf_of(lsa, of->luid), package, of->luid, kept);

	if (tended)
		tend_poke(lsa);
	return status;
}

uint32_t
keep_due(struct lsa *lsa, const struct lsa_package **ret_package, struct kept **ret_kept)
{
	uint32_t least = UINT32_MAX, due;

	pthread_mutex_lock(&lsa->kept_lock);
	for (unsigned i = 0; i < KEPT_SHELVES && least; i++)
		for (struct kept_row *row = lsa->session_kept[i]; row && least; row = row->next) {
			due = row->package->due ? row->package->due(row->kept) : UINT32_MAX;
			least = due < least ? due : least;
			if (!due) {
				*ret_package = row->package;
				*ret_kept = kept_hold(row);
			}
		}
	pthread_mutex_unlock(&lsa->kept_lock);
	return least;
}

void
keep_session_ended(void *arg, struct session *session)
{
	struct kept_row **at, *ended = NULL, *row;
	struct lsa *lsa = arg;

	if (session->logged_on)
		raise_logoff(lsa, session);
	pthread_mutex_lock(&lsa->kept_lock);
	for (at = shelf_of(lsa, session->luid); *at;) {
		row = *at;
		if (row->luid == session->luid) {
			*at = row->next;
			row->next = ended;
			ended = row;
		} else {
			at = &row->next;
		}
	}
	pthread_mutex_unlock(&lsa->kept_lock);
	keep_rows_drop(ended);
	lsa_packages_session_ended(session->luid, session->package);
}

/* --- sessions ---------------------------------------------------------------- */

/* S-1-22-1-uid: a Unix user whom no authority of ours knows by another name. */
static NTSTATUS
default_new(struct lsa *lsa, uint32_t uid, struct session **ret_session)
{
	uint8_t sid[] = { 1, 2, 0, 0, 0, 0, 0, 22, 1, 0, 0, 0, 0, 0, 0, 0 };
	char name[16];
	struct session_new new = { .package = bytes_of_text("Negotiate"), .sid = bytes_of(sid, sizeof sid),
	    .logon_time = time_filetime(), .logon_type = LOGON_INTERACTIVE, .uid = uid };

	(void)snprintf(name, sizeof name, "uid-%u", (unsigned)uid);
	put_u32(sid + 12, uid);
	new.user = bytes_of_text(name);
	new.domain = bytes_of_text("Unix User");
	return session_new(ret_session, lsa->sessions, &new);
}

/* A uid's default session begins when it is first asked for; one that says nothing about who it is has it for itself. */
static NTSTATUS
default_session(struct served *s, struct session **ret_session)
{
	struct lsa *lsa = s->link->lsa;
	struct session **at, *fresh = NULL;
	NTSTATUS status;

	if (!s->process)
		return STATUS_NO_SUCH_LOGON_SESSION;
	at = s->link->peer.unmapped ? &s->process->session : &s->process->owner->session;
	pthread_mutex_lock(&lsa->lock);
	*ret_session = *at ? session_hold(*at) : NULL;
	pthread_mutex_unlock(&lsa->lock);
	if (*ret_session)
		return STATUS_SUCCESS;
	status = default_new(lsa, s->process->uid, &fresh);
	if (status != STATUS_SUCCESS)
		return status;
	pthread_mutex_lock(&lsa->lock);
	if (!*at) {
		*at = fresh;
		fresh = NULL;
	}
	*ret_session = session_hold(*at);
	pthread_mutex_unlock(&lsa->lock);
	session_drop(fresh);
	return STATUS_SUCCESS;
}

NTSTATUS
keep_session(struct call *call, uint64_t luid, struct session_view *ret_view)
{
	struct served *s = SERVED(call);
	struct session *session = NULL;
	NTSTATUS status = STATUS_NO_SUCH_LOGON_SESSION;
	unsigned i = 0;

	if (!luid)
		status = default_session(s, &session);
	else if ((session = session_find(s->link->lsa->sessions, luid)))
		status = session->uid == s->link->peer.uid || s->link->rank >= TRUSTED || s->judged ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
	while (i < SESSIONS_VIEWED && s->viewed[i] && s->viewed[i] != session)
		i++;
	if (status == STATUS_SUCCESS && i == SESSIONS_VIEWED)
		status = STATUS_INSUFFICIENT_RESOURCES;
	if (status != STATUS_SUCCESS || s->viewed[i] == session)
		session_drop(session);
	if (status != STATUS_SUCCESS)
		return status;
	s->viewed[i] = session;
	*ret_view = (struct session_view){ .luid = session->luid, .user = session->user, .domain = session->domain,
	    .server = session->server, .sid = session->sid, .logon_type = session->logon_type, .session = session };
	return STATUS_SUCCESS;
}

void
keep_forget(struct served *s)
{
	for (unsigned i = 0; i < SESSIONS_VIEWED; i++) {
		session_drop(s->viewed[i]);
		s->viewed[i] = NULL;
	}
}

/* --- the configuration ---------------------------------------------------------- */

const char *
keep_setting(struct call *call, const char *name)
{
	return conf_text(lsa_of(call)->settings.conf, name);
}

/*
 * accept:PRINCIPAL = 33, 1000, @48: uids, and gids behind '@'. Nothing said:
 * root and the LSA's own user, so in a process of its own everything that it
 * can read.
 */
bool
keep_may_accept(struct call *call, const char *principal)
{
	const struct lsa_peer *peer = &SERVED(call)->link->peer;
	struct bytes list, item;
	char key[1100];
	const char *value;
	uint32_t id;

	if (peer->near)
		return true;
	if (peer->unmapped || !peer->known)
		return false;
	if (peer->uid == 0 || peer->uid == (uint32_t)geteuid())
		return true;
	if ((size_t)snprintf(key, sizeof key, "accept:%s", principal) >= sizeof key)
		return false;
	value = conf_text(lsa_of(call)->settings.conf, key);
	list = bytes_of_text(value);
	while (value && conf_item(&item, &list)) {
		bool group = item.len && item.at[0] == '@';

		if (group)
			item = bytes_of(item.at + 1, item.len - 1);
		if (conf_number(&id, item) && id == (group ? peer->gid : peer->uid))
			return true;
	}
	return false;
}

/* --- credentials by number ---------------------------------------------------- */

void *
keep_credential(struct call *call, uint64_t number, const struct lsa_package *package)
{
	struct served *s = SERVED(call);

	if (!s->cred)
		s->cred = (struct cred_object *)object_hold(s->process, KIND_CRED, number);
	return s->cred && s->cred->o.word == number && s->cred->o.package == package ? s->cred->cred : NULL;
}
