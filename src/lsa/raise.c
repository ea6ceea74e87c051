/*
 * raise.c - who asked, whom it is about, what came of it. Each event is
 * gathered only where somebody would read it.
 */
#include "lsa/raise.h"

#include <stdio.h>

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

static bool
begin(struct raised *r, struct served *s, enum audit_event event, NTSTATUS status)
{
	struct lsa *lsa = s->link->lsa;
	struct store *store = lsa->store;
	struct sid sid;

	/* Embedded, the store is opened when it is first needed: here, where there is something to tell. */
	if (!store && (lsa->settings.audit.file || lsa->settings.audit.journal) && lsa_store(lsa, &store, &s->call) != STATUS_SUCCESS)
		return false;
	if (!store || !audit_wanted(store, event, status))
		return false;
	r->a = (struct audit){ .event = event, .status = status, .has_caller = true, .caller_uid = s->link->peer.uid,
	    .caller_pid = s->link->peer.pid };
	if (sid_child(&sid, &sid_unix_users, s->link->peer.uid))
		audit_text(&r->a, AF_SUBJECT_SID, sid_bytes(r->subject, &sid));
	return true;
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
	len = why_text(text, CHAIN_ROOM, bytes_of(lines, w.need));
	if (len >= CHAIN_ROOM)
		len = CHAIN_ROOM - 1;
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
	audit_raise(s->link->lsa->store, &r->a);
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
	struct raised r;

	if (begin(&r, s, AUDIT_LOGON, STATUS_SUCCESS)) {
		add_session(&r.a, session);
		add_how(&r, s, session->logon_type, bytes_of_text(package));
		if (s->told.levelled)
			audit_fact(&r.a, AF_LEVEL, s->told.level);
		audit_fact(&r.a, AF_ELEVATED, special != 0);
		end(&r, s);
	}
	if (special && begin(&r, s, AUDIT_SPECIAL, STATUS_SUCCESS)) {
		add_session(&r.a, session);
		audit_number(&r.a, AF_PRIVILEGES, special);
		end(&r, s);
	}
}

static void
refused(struct served *s, NTSTATUS cause, struct bytes domain, struct bytes user, struct bytes package, uint32_t type)
{
	enum audit_event event = s->told.changing ? AUDIT_PASSWORD_CHANGED :
	    cause == STATUS_ACCOUNT_LOCKED_OUT ? AUDIT_LOGON_LOCKED : AUDIT_LOGON_FAILED;
	struct raised r;

	if (!begin(&r, s, event, cause))
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
	struct session *session;

	if (cause != STATUS_SUCCESS && s->told.refused)		/* told with a better cause */
		return;
	if (cause != STATUS_SUCCESS) {
		refused(s, cause, domain, user, bytes_of_text(package), s->told.type ? s->told.type : LOGON_NETWORK);
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
	SERVED(call)->told.refused = true;
	refused(SERVED(call), cause, who->domain, who->user, who->package, who->logon_type);
}

static void
left(struct store *store, struct audit *a, const struct session *session)
{
	add_session(a, session);
	audit_fact(a, AF_LOGON_TYPE, session->logon_type);
	audit_raise(store, a);
}

void
raise_logoff(struct lsa *lsa, const struct session *session)
{
	struct audit a = { .event = AUDIT_LOGOFF };

	if (lsa->store && audit_wanted(lsa->store, a.event, a.status))
		left(lsa->store, &a, session);
}

void
raise_user_logoff(struct served *s, const struct session *session)
{
	struct raised r;

	if (begin(&r, s, AUDIT_USER_LOGOFF, STATUS_SUCCESS))
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
auditing_changed(struct served *s, const char *name, const char *change, NTSTATUS status)
{
	struct raised r;

	if (!begin(&r, s, AUDIT_AUDITING, status))
		return;
	audit_text(&r.a, AF_SUBCATEGORY, bytes_of_text(name));
	audit_text(&r.a, AF_CHANGES, bytes_of_text(change));
	chain(&r, s);
	end(&r, s);
}

static void
auditing(struct served *s, const struct edit *e, NTSTATUS status)
{
	static const char *const changes[2][2] = {	/* success, failure: removed or added */
		{ "Success removed", "Success added" }, { "Failure removed", "Failure added" },
	};

	if (status != STATUS_SUCCESS) {
		auditing_changed(s, "", "", status);
		return;
	}
	if (e->before.on != e->after.on)
		auditing_changed(s, "", e->after.on ? "auditing on" : "auditing off", status);
	for (uint32_t i = 0; i < AUDIT_PLACES; i++) {
		unsigned differs = e->before.settings[i] ^ e->after.settings[i];
		const char *success = changes[0][(e->after.settings[i] & AUDITS_SUCCESS) != 0];
		const char *failure = changes[1][(e->after.settings[i] & AUDITS_FAILURE) != 0];
		char text[48];

		if (!differs)
			continue;
		(void)snprintf(text, sizeof text, "%s%s%s", differs & AUDITS_SUCCESS ? success : "",
		    differs == 3 ? ", " : "", differs & AUDITS_FAILURE ? failure : "");
		auditing_changed(s, auditing_name(i), text, status);
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

static void
object(struct served *s, const struct edit *e, NTSTATUS status)
{
	static const char *const types[OBJECT_KINDS] = { [OBJECT_ANY] = "", [OBJECT_POLICY] = "PolicyObject",
		[OBJECT_ACCOUNT] = "AccountObject", [OBJECT_SECRET] = "SecretObject", [OBJECT_TRUST] = "TrustedDomainObject" };
	bool trust = e->event == AUDIT_TRUST_MADE || e->event == AUDIT_TRUST_GONE || e->event == AUDIT_TRUST_CHANGED;
	uint8_t name[1024];
	struct raised r;

	if (!begin(&r, s, e->event, status))
		return;
	if (e->object < OBJECT_KINDS)
		audit_text(&r.a, AF_OBJECT_TYPE, bytes_of_text(types[e->object]));
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

void
raise_edit(struct served *s, const struct edit *e, NTSTATUS status)
{
	if (e->event == AUDIT_AUDITING) {
		auditing(s, e, status);
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
