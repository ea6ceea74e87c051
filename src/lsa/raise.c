/*
 * raise.c - who asked, whom it is about, what came of it. Each event is
 * gathered only where somebody would read it.
 */
#include "lsa/raise.h"

#include <stdio.h>
#include <string.h>

#include "base/privilege.h"
#include "base/utf16.h"
#include "lsa/policy.h"
#include "lsa/who.h"

#define CHAIN_ROOM	2048u

/* What makes a logon special: [MS-LSAD] 3.1.1.2.1's privileges that reach beyond one's own. */
#define P(n) PRIVILEGE_BIT(n)
#define SPECIAL	(P(2) | P(3) | P(7) | P(8) | P(9) | P(10) | P(17) | P(18) | P(20) | P(21) | P(22) | P(27))

/* An event begun by a call: the texts that it points to live here. */
struct raised {
	struct audit a;
	uint8_t subject[SID_SIZE_MAX];
};

static struct bytes
sid_bytes(uint8_t room[SID_SIZE_MAX], const struct sid *sid)
{
	struct writer w = writer_of(room, SID_SIZE_MAX);

	sid_put(&w, sid);
	return writer_ok(&w) ? bytes_of(room, w.need) : BYTES_NONE;
}

/* Whose event it is, for his own audit policy. The one who asks, or the one who logs on. */
struct whose { struct bytes sid; bool administrator; };

static struct whose
whose_groups(struct bytes sid, const struct session_group *groups, size_t count)
{
	static const uint8_t administrators[] = { 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0 };
	struct whose who = { .sid = sid };

	for (size_t i = 0; i < count && !who.administrator; i++)
		who.administrator = bytes_same(groups[i].sid, bytes_of(administrators, sizeof administrators));
	return who;
}

static struct whose
whose_session(const struct session *session)
{
	return whose_groups(session->sid, session->groups, session->group_count);
}

static bool
begin_of(struct raised *r, struct served *s, enum audit_event event, NTSTATUS status, const struct whose *whose)
{
	const struct lsa_peer *peer = &s->link->peer;
	struct lsa *lsa = s->link->lsa;
	struct store *store = lsa->store;
	struct bytes asks = BYTES_NONE;
	struct sid sid;

	/* Embedded, the store is opened when it is first needed: here, where there is something to tell. */
	if (!store && (lsa->settings.audit.file || lsa->settings.audit.journal) && lsa_store(lsa, &store, &s->call) != STATUS_SUCCESS)
		return false;
	if (!store)
		return false;
	if (sid_child(&sid, &sid_unix_users, peer->uid))
		asks = sid_bytes(r->subject, &sid);
	r->a = (struct audit){ .event = event, .status = status, .has_caller = true, .caller_uid = peer->uid,
	    .caller_pid = peer->pid, .user = asks, .administrator = peer->near || peer->admin || peer->uid == 0 };
	if (whose) {
		r->a.user = whose->sid;
		r->a.administrator = whose->administrator;
	}
	if (!audit_wanted(store, &r->a))
		return false;
	audit_text(&r->a, AF_SUBJECT_SID, asks);
	return true;
}

static bool
begin(struct raised *r, struct served *s, enum audit_event event, NTSTATUS status)
{
	return begin_of(r, s, event, status, NULL);
}

static void
explain(struct raised *r, struct served *s)
{
	uint8_t lines[WHY_MAX];
	struct writer w = writer_of(lines, sizeof lines);
	char *text = call_memory(&s->call, CHAIN_ROOM);
	size_t len;

	why_put(&w, &s->call.why, TO_TRUSTED);
	if (!text || !writer_ok(&w) || !w.need)
		return;
	(void)why_text(text, CHAIN_ROOM, bytes_of(lines, w.need));
	len = strlen(text);
	while (len && text[len - 1] == '\n')
		len--;
	audit_text(&r->a, AF_CHAIN, bytes_of(text, len));
}

/* A failure tells its class, and what the call has to say to those who are trusted. */
static void
chain(struct raised *r, struct served *s)
{
	if (r->a.status >= 0)
		return;
	audit_cause(&r->a, r->a.status);
	explain(r, s);
}

static void
end(struct raised *r, struct served *s)
{
	audit_tell(s->link->lsa->store, &r->a);
}

/* --- the LSA itself -------------------------------------------------------------- */

static void
told(struct lsa *lsa, enum audit_event event, enum audit_field field, const char *text)
{
	struct audit a = { .event = event };

	audit_text(&a, field, bytes_of_text(text));
	audit_raise(lsa->store, &a);
}

static const char *
mode(const struct lsa *lsa)
{
	return lsa->settings.exclusive ? "lsad" : "embedded";
}

void
raise_started(struct lsa *lsa)
{
	told(lsa, AUDIT_STARTED, AF_WHAT, mode(lsa));
	for (uint32_t i = 0; i < package_count(); i++) {
		const struct lsa_package *p = package_at(i);

		if (p->logon || p->message)
			told(lsa, AUDIT_PACKAGE, AF_PACKAGE, p->alias ? p->alias : p->name);
		told(lsa, AUDIT_SECURITY_PACKAGE, AF_SECURITY_PACKAGE, p->name);
	}
}

void
raise_stopped(struct lsa *lsa)
{
	told(lsa, AUDIT_STOPPED, AF_WHAT, mode(lsa));
}

void
raise_package(struct lsa *lsa, NTSTATUS status, const char *package, const char *what)
{
	struct audit a = { .event = AUDIT_PACKAGE_TROUBLE, .status = status };

	if (!lsa->store)
		return;
	audit_text(&a, AF_SECURITY_PACKAGE, bytes_of_text(package));
	audit_text(&a, AF_WHAT, bytes_of_text(what));
	audit_cause(&a, status);
	audit_raise(lsa->store, &a);
}

/* --- logons ------------------------------------------------------------------------ */

static void
add_session(struct audit *a, const struct session *session)
{
	audit_text(a, AF_TARGET_USER_SID, session->sid);
	audit_text(a, AF_TARGET_NAME, bytes_of_text(session->user));
	audit_text(a, AF_TARGET_DOMAIN, bytes_of_text(session->domain));
	audit_fact(a, AF_TARGET_LOGON, session->luid);
}

static void
add_how(struct raised *r, struct served *s, uint32_t type, struct bytes package)
{
	audit_fact(&r->a, AF_LOGON_TYPE, type);
	audit_text(&r->a, AF_LOGON_PROCESS, bytes_of_text(s->link->name));
	audit_text(&r->a, AF_PACKAGE, package);
	audit_text(&r->a, AF_LM_PACKAGE, s->told.version);
	audit_text(&r->a, AF_WORKSTATION, s->told.workstation);
}

static void
granted(struct served *s, const struct session *session, const char *package)
{
	uint64_t special = s->told.privileges & SPECIAL;
	struct whose whose = whose_session(session);
	struct raised r;

	if (begin_of(&r, s, AUDIT_LOGON, STATUS_SUCCESS, &whose)) {
		add_session(&r.a, session);
		add_how(&r, s, session->logon_type, bytes_of_text(package));
		if (s->told.levelled)
			audit_fact(&r.a, AF_LEVEL, s->told.level);
		audit_fact(&r.a, AF_ELEVATED, special != 0);
		end(&r, s);
	}
	if (special && begin_of(&r, s, AUDIT_SPECIAL, STATUS_SUCCESS, &whose)) {
		add_session(&r.a, session);
		audit_number(&r.a, AF_PRIVILEGES, special);
		end(&r, s);
	}
}

static void
refused(struct served *s, NTSTATUS cause, struct bytes domain, struct bytes user, struct bytes package, uint32_t type,
    const struct whose *whose)
{
	enum audit_event event = s->told.changing ? AUDIT_PASSWORD_CHANGED :
	    cause == STATUS_ACCOUNT_LOCKED_OUT ? AUDIT_LOGON_LOCKED : AUDIT_LOGON_FAILED;
	struct raised r;

	if (!begin_of(&r, s, event, cause, s->told.changing ? NULL : whose))
		return;
	audit_text(&r.a, AF_TARGET_NAME, user);
	audit_text(&r.a, AF_TARGET_DOMAIN, domain);
	add_how(&r, s, type, package);
	chain(&r, s);
	end(&r, s);
}

void
raise_logon(struct call *call, NTSTATUS cause, struct bytes domain, struct bytes user, const char *package, uint64_t luid)
{
	struct served *s = SERVED(call);
	struct whose whose = { .sid = BYTES_NONE };
	struct session *session;

	if (s->account)			/* it was looked for by this name */
		whose.sid = bytes_of(s->account->sid, sizeof s->account->sid);
	if (cause != STATUS_SUCCESS && s->told.refused)		/* told with a better cause */
		return;
	if (cause != STATUS_SUCCESS) {
		refused(s, cause, domain, user, bytes_of_text(package), s->told.type ? s->told.type : LOGON_NETWORK,
		    &whose);
		return;
	}
	session = session_find(s->link->lsa->sessions, luid);
	if (session)
		granted(s, session, package);
	session_drop(session);
}

void
raise_refused(struct call *call, NTSTATUS cause, const struct session_new *who)
{
	struct whose whose = whose_groups(who->sid, who->groups, who->group_count);

	SERVED(call)->told.refused = true;
	refused(SERVED(call), cause, who->domain, who->user, who->package, who->logon_type, &whose);
}

static void
left(struct store *store, struct audit *a, const struct session *session)
{
	add_session(a, session);
	audit_fact(a, AF_LOGON_TYPE, session->logon_type);
	audit_tell(store, a);
}

void
raise_logoff(struct lsa *lsa, const struct session *session)
{
	struct whose whose = whose_session(session);
	struct audit a = { .event = AUDIT_LOGOFF, .user = whose.sid, .administrator = whose.administrator };

	if (lsa->store && audit_wanted(lsa->store, &a))
		left(lsa->store, &a, session);
}

void
raise_user_logoff(struct served *s, const struct session *session)
{
	struct whose whose = whose_session(session);
	struct raised r;

	if (begin_of(&r, s, AUDIT_USER_LOGOFF, STATUS_SUCCESS, &whose))
		left(s->link->lsa->store, &r.a, session);
}

void
raise_explicit(struct served *s, struct bytes domain, struct bytes user, struct bytes server, const char *package,
    uint32_t logon_type)
{
	struct raised r;

	if (!begin(&r, s, AUDIT_EXPLICIT, STATUS_SUCCESS))
		return;
	audit_text(&r.a, AF_TARGET_NAME, user);
	audit_text(&r.a, AF_TARGET_DOMAIN, domain);
	audit_text(&r.a, AF_TARGET_SERVER, server);
	audit_text(&r.a, AF_PACKAGE, bytes_of_text(package));
	audit_number(&r.a, AF_LOGON_TYPE, logon_type);
	end(&r, s);
}

void
raise_choice(struct call *call, NTSTATUS status, const char *package, const char *what)
{
	struct served *s = SERVED(call);
	struct raised r;

	if (!begin(&r, s, AUDIT_CHOICE, status))
		return;
	audit_text(&r.a, AF_PACKAGE, bytes_of_text(package));
	chain(&r, s);
	audit_text(&r.a, AF_WHAT, bytes_of_text(what));
	end(&r, s);
}

/* --- privileges ----------------------------------------------------------------------- */

static void
privilege(struct served *s, const char *service, struct bytes name, NTSTATUS status)
{
	struct raised r;

	if (!begin(&r, s, AUDIT_PRIVILEGE, status))
		return;
	audit_text(&r.a, AF_SERVICE, bytes_of_text(service));
	audit_number(&r.a, AF_PRIVILEGES, PRIVILEGE_BIT(PRIVILEGE_TCB));
	audit_text(&r.a, AF_LOGON_PROCESS, name);
	chain(&r, s);
	end(&r, s);
}

void
raise_tcb(struct served *s, const char *service, NTSTATUS status)
{
	privilege(s, service, bytes_of_text(s->link->name), status);
}

void
raise_process(struct served *s, struct bytes name, NTSTATUS status)
{
	struct raised r;

	privilege(s, "LsaRegisterLogonProcess()", name, status);
	if (status != STATUS_SUCCESS || !begin(&r, s, AUDIT_PROCESS, status))
		return;
	audit_text(&r.a, AF_LOGON_PROCESS, name);
	end(&r, s);
}

/* --- accounts and policy ---------------------------------------------------------------- */

void
raise_account(struct served *s, enum audit_event event, NTSTATUS status, struct bytes name, const char *what)
{
	struct lsa *lsa = s->link->lsa;
	struct account *account = NULL;
	struct raised r;

	if (!begin(&r, s, event, status))
		return;
	audit_text(&r.a, AF_TARGET_NAME, name);
	audit_text(&r.a, AF_TARGET_DOMAIN, bytes_of_text(store_computer(lsa->store)));
	if (account_find(lsa->store, name, &account) == ACCOUNT_FOUND)
		audit_text(&r.a, AF_TARGET_SID, bytes_of(account->sid, sizeof account->sid));
	chain(&r, s);
	audit_text(&r.a, AF_WHAT, bytes_of_text(what));
	end(&r, s);
	account_drop(account);
}

void
raise_domain_policy(struct served *s, NTSTATUS status, const char *what)
{
	struct raised r;

	if (!begin(&r, s, AUDIT_DOMAIN_POLICY, status))
		return;
	audit_text(&r.a, AF_POLICY, bytes_of_text(what));
	chain(&r, s);
	end(&r, s);
}

/* One event for privileges, another for logon rights, as each has its number. */
static void
rights(struct served *s, const struct edit *e, NTSTATUS status, const struct rights *which, bool gave)
{
	const struct rights *all = status == STATUS_SUCCESS ? which : &e->rights;
	struct raised r;

	if (all->privileges && begin(&r, s, gave ? AUDIT_RIGHT_GIVEN : AUDIT_RIGHT_TAKEN, status)) {
		audit_text(&r.a, AF_TARGET_SID, e->key);
		audit_number(&r.a, AF_PRIVILEGES, all->privileges);
		chain(&r, s);
		end(&r, s);
	}
	if (all->access && begin(&r, s, gave ? AUDIT_ACCESS_GIVEN : AUDIT_ACCESS_TAKEN, status)) {
		audit_text(&r.a, AF_TARGET_SID, e->key);
		audit_number(&r.a, gave ? AF_GRANTED : AF_REMOVED, all->access);
		chain(&r, s);
		end(&r, s);
	}
}

static void
auditing_changed(struct served *s, const struct edit *e, const char *name, const char *change, NTSTATUS status)
{
	struct raised r;

	if (!begin(&r, s, e->event, status))
		return;
	audit_text(&r.a, AF_TARGET_USER_SID, e->name);
	audit_text(&r.a, AF_SUBCATEGORY, bytes_of_text(name));
	audit_text(&r.a, AF_CHANGES, bytes_of_text(change));
	chain(&r, s);
	end(&r, s);
}

/* "Success removed, Failure added": each bit that differs, by name. */
static void
auditing(struct served *s, const struct edit *e, NTSTATUS status)
{
	static const char *const of_all[] = { "Success", "Failure" };
	static const char *const of_user[] = { "Success include", "Success exclude", "Failure include", "Failure exclude" };
	bool user = e->event == AUDIT_USER_AUDITING;
	const char *const *names = user ? of_user : of_all;

	if (status != STATUS_SUCCESS) {
		auditing_changed(s, e, "", "", status);
		return;
	}
	if (e->before.on != e->after.on)
		auditing_changed(s, e, "", e->after.on ? "auditing on" : "auditing off", status);
	for (uint32_t i = 0; i < AUDIT_PLACES; i++) {
		unsigned differs = e->before.settings[i] ^ e->after.settings[i];
		char text[120] = "";
		size_t used = 0;

		for (unsigned bit = 0; bit < (user ? 4 : 2); bit++)
			if (differs & 1u << bit)
				used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %s", used ? ", " : "", names[bit],
				    e->after.settings[i] & 1u << bit ? "added" : "removed");
		if (used)
			auditing_changed(s, e, auditing_name(i), text, status);
	}
}

/* A key is a SID or a name in UTF-16LE. */
static void
add_key(struct raised *r, struct bytes key, enum audit_field sid_field, enum audit_field name_field, uint8_t room[1024])
{
	struct writer w = writer_of(room, 1024);
	struct sid sid;

	if (sid_whole(&sid, key))
		audit_text(&r->a, sid_field, key);
	else if (utf8_from_utf16(&w, key) && writer_ok(&w))
		audit_text(&r->a, name_field, bytes_of(room, w.need));
}

void
raise_opened(struct served *s, const char *type, struct bytes key, uint32_t wanted, NTSTATUS status)
{
	uint8_t name[1024];
	struct raised r;

	if (!begin(&r, s, AUDIT_HANDLE, status))
		return;
	audit_text(&r.a, AF_OBJECT_TYPE, bytes_of_text(type));
	add_key(&r, key, AF_TARGET_SID, AF_OBJECT_NAME, name);
	audit_number(&r.a, AF_ACCESS_MASK, wanted);
	chain(&r, s);
	end(&r, s);
}

static void
object(struct served *s, const struct edit *e, NTSTATUS status)
{
	bool trust = e->event == AUDIT_TRUST_MADE || e->event == AUDIT_TRUST_GONE || e->event == AUDIT_TRUST_CHANGED;
	uint8_t name[1024];
	struct raised r;

	if (!begin(&r, s, e->event, status))
		return;
	if (e->object < OBJECT_KINDS)
		audit_text(&r.a, AF_OBJECT_TYPE, bytes_of_text(policy_types[e->object]));
	add_key(&r, e->key, trust ? AF_DOMAIN_SID : AF_TARGET_SID, trust ? AF_DOMAIN_NAME : AF_OBJECT_NAME, name);
	if (e->trust[0] || e->trust[1]) {
		audit_text(&r.a, AF_DOMAIN_SID, bytes_of(e->domain_sid, e->domain_sid_len));
		audit_fact(&r.a, AF_TDO_DIRECTION, e->trust[0]);
		audit_fact(&r.a, AF_TDO_TYPE, e->trust[1]);
		audit_fact(&r.a, AF_TDO_ATTRIBUTES, e->trust[2]);
	}
	audit_number(&r.a, AF_ACCESS_MASK, e->wanted);
	chain(&r, s);
	audit_text(&r.a, AF_WHAT, bytes_of_text(e->what));
	end(&r, s);
}

/* Neither has a key of its own to tell. */
static void
audit_object(struct served *s, const struct edit *e, NTSTATUS status)
{
	struct raised r;

	if (!begin(&r, s, e->event, status))
		return;
	if (e->event == AUDIT_GLOBAL_SACL) {
		audit_text(&r.a, AF_OBJECT_TYPE, bytes_of_text("Global SACL"));
		audit_text(&r.a, AF_OBJECT_NAME, bytes_of_text(e->what));
	}
	chain(&r, s);
	end(&r, s);
}

void
raise_edit(struct served *s, const struct edit *e, NTSTATUS status)
{
	if (e->event == AUDIT_AUDITING || e->event == AUDIT_USER_AUDITING) {
		auditing(s, e, status);
	} else if (e->event == AUDIT_AUDIT_GUARD || e->event == AUDIT_GLOBAL_SACL) {
		audit_object(s, e, status);
	} else if (e->event == AUDIT_DOMAIN_POLICY) {
		raise_domain_policy(s, status, e->what);
	} else if (e->event == AUDIT_RIGHT_GIVEN || e->event == AUDIT_RIGHT_TAKEN) {
		if (status == STATUS_SUCCESS || e->event == AUDIT_RIGHT_GIVEN)
			rights(s, e, status, &e->given, true);
		if (status == STATUS_SUCCESS || e->event == AUDIT_RIGHT_TAKEN)
			rights(s, e, status, &e->taken, false);
	} else {
		object(s, e, status);
		if (status == STATUS_SUCCESS)		/* with an account its rights go */
			rights(s, e, status, &e->taken, false);
	}
}
