/*
 * scenes.c - logons, changes of accounts, changes of policy, and how one
 * sees afterwards what has become of them. Covers, through lsad, the store's
 * ledger.c, book.c, counters.c and attempt.c.
 */
#include "tests/crash/scenes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/api/logon.h"
#include "tests/api/policy.h"

#define WRONG	"wrong horse 7"
#define OTHER	"another horse 8"

static HANDLE lsa;
static LSA_HANDLE policy;
static ULONG ntlm;

static void
need(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "    not ready: %s\n", what);
	exit(3);
}

static enum seen
broken(const char *what)
{
	fprintf(stderr, "    %s\n", what);
	return BROKEN;
}

/* --- links ------------------------------------------------------------------- */

static void
trusted(void)
{
	lsa = logon_trusted();
	ntlm = logon_package(lsa, "NTLM");
}

static LSA_HANDLE
policy_all(void)
{
	LSA_OBJECT_ATTRIBUTES none;
	LSA_HANDLE h = NULL;

	memset(&none, 0, sizeof none);
	need(LsaOpenPolicy(NULL, &none, POLICY_ALL_ACCESS, &h) == STATUS_SUCCESS, "LsaOpenPolicy");
	return h;
}

static void
with_policy(void)
{
	trusted();
	policy = policy_all();
}

/* --- logons ------------------------------------------------------------------ */

static NTSTATUS
logon_as(const char *name, const char *password)
{
	struct logging l = { .lsa = lsa, .package = ntlm, .type = Interactive };
	NTSTATUS status;

	logon_interactive(&l, "", name, password, false);
	status = logon_run(&l);
	if (status == STATUS_SUCCESS)
		logon_end(&l);
	return status;
}

/* How many wrong passwords stand against it, and whether that locks it. */
static bool
guesses(const char *name, ULONG *ret_count, bool *ret_locked)
{
	OlsaUserInfo info;

	if (OlsaUserGet(lsa, 0, name, &info) != STATUS_SUCCESS)
		return false;
	*ret_count = info.FailedAttempts;
	*ret_locked = info.Flags & OLSA_USER_LOCKED;
	OlsaUserFree(&info);
	return true;
}

/* The password opens the account, and a wrong one does not. */
static enum seen
opens(const char *name, const char *password)
{
	if (logon_as(name, WRONG) != STATUS_LOGON_FAILURE)
		return broken("a wrong password was not refused");
	return logon_as(name, password) == STATUS_SUCCESS ? OLD : broken("the right password was refused");
}

static LONG logon_good(void) { return logon_as(API_USER, API_PASSWORD); }
static LONG logon_bad(void) { return logon_as(API_USER, WRONG); }
static enum seen alice_opens(void) { trusted(); return opens(API_USER, API_PASSWORD); }

static void
two_wrong(void)
{
	trusted();
	need(logon_bad() == STATUS_LOGON_FAILURE && logon_bad() == STATUS_LOGON_FAILURE, "two wrong passwords");
}

static enum seen
third_counted(void)
{
	ULONG count;
	bool locked;

	trusted();
	if (!guesses(API_USER, &count, &locked) || count < 2 || count > 3 || locked)
		return broken("guesses were forgotten, or counted twice");
	return opens(API_USER, API_PASSWORD) == BROKEN ? BROKEN : count == 3 ? NEW : OLD;
}

/* With a threshold of three. */
static void
one_more_locks(void)
{
	trusted();
	need(OlsaPolicySet(lsa, "lockout-threshold", 3) == STATUS_SUCCESS, "lockout-threshold");
	need(logon_bad() == STATUS_LOGON_FAILURE && logon_bad() == STATUS_LOGON_FAILURE, "two wrong passwords");
}

static enum seen
locked_or_not(void)
{
	ULONG count;
	bool locked;

	trusted();
	if (!guesses(API_USER, &count, &locked) || count < 2 || count > 3 || locked != (count == 3))
		return broken("guesses were forgotten, or counted twice");
	if (locked)
		return logon_good() == STATUS_SUCCESS ? broken("a locked account was granted") : NEW;
	return logon_good() == STATUS_SUCCESS ? OLD : broken("the right password was refused");
}

static void
locked_already(void)
{
	one_more_locks();
	need(logon_bad() < 0, "the third wrong password");
	need(logon_good() < 0, "a locked account");
}

static enum seen
still_locked(void)
{
	enum seen seen = locked_or_not();

	return seen == NEW ? OLD : broken("the lock was forgotten");
}

static struct logging network;

static void
network_ready(void)
{
	UCHAR challenge[8];

	trusted();
	need(logon_challenge(lsa, challenge), "a challenge");
	network = (struct logging){ .lsa = lsa, .package = ntlm, .type = Network };
	logon_lm20(&network, "", API_USER, API_PASSWORD, challenge);
}

static LONG network_logon(void) { return logon_run(&network); }

/* --- the last leg of NTLM ------------------------------------------------------- */

static struct pair pair;

static void
legs(const char *password)
{
	SECURITY_STATUS status;

	trusted();
	pair_begin(&pair, password);
	status = InitializeSecurityContextA(&pair.client_cred, NULL, (char *)(uintptr_t)"host/localhost", ISC_REQ_INTEGRITY, 0,
	    SECURITY_NATIVE_DREP, NULL, 0, &pair.client, &pair.client_out_desc, &pair.client_attr, &pair.expiry);
	need(status == SEC_I_CONTINUE_NEEDED, "the first leg");
	pair.server_in.cbBuffer = pair.client_out.cbBuffer;
	status = AcceptSecurityContext(&pair.server_cred, NULL, &pair.server_in_desc, ASC_REQ_INTEGRITY, SECURITY_NATIVE_DREP,
	    &pair.server, &pair.server_out_desc, &pair.server_attr, &pair.expiry);
	need(status == SEC_I_CONTINUE_NEEDED, "the second leg");
	pair.client_in.cbBuffer = pair.server_out.cbBuffer;
	pair.client_out.cbBuffer = sizeof pair.to_server;
	status = InitializeSecurityContextA(&pair.client_cred, &pair.client, NULL, ISC_REQ_INTEGRITY, 0, SECURITY_NATIVE_DREP,
	    &pair.client_in_desc, 0, &pair.client, &pair.client_out_desc, &pair.client_attr, &pair.expiry);
	need(status == SEC_E_OK, "the third leg");
	pair.server_in.cbBuffer = pair.client_out.cbBuffer;
	pair.server_out.cbBuffer = sizeof pair.to_client;
}

static void legs_good(void) { legs(API_PASSWORD); }

static void
legs_bad(void)
{
	two_wrong();
	legs(WRONG);
}

static LONG
accept_last(void)
{
	return AcceptSecurityContext(&pair.server_cred, &pair.server, &pair.server_in_desc, ASC_REQ_INTEGRITY,
	    SECURITY_NATIVE_DREP, &pair.server, &pair.server_out_desc, &pair.server_attr, &pair.expiry);
}

/* --- accounts --------------------------------------------------------------------- */

static LONG user_add(void) { return OlsaUserAdd(lsa, "newcomer", "New Comer", OTHER, NULL); }
static LONG user_del(void) { return OlsaUserDelete(lsa, "bob"); }
static LONG user_lock(void) { return OlsaUserLock(lsa, "bob", TRUE); }
static LONG user_unlock(void) { return OlsaUserLock(lsa, "barred", FALSE); }
static LONG user_disable(void) { return OlsaUserDisable(lsa, "bob", TRUE); }
static LONG user_set(void) { return OlsaUserSetPassword(lsa, "bob", OTHER); }

static LONG
password_change(void)
{
	return LsaChangePassword(NULL, NULL, U("bob"), U(API_PASSWORD), U(OTHER));
}

static enum seen
there(const char *name, const char *password, const char *full_name, enum seen is, enum seen is_not)
{
	OlsaUserInfo info;
	NTSTATUS status;
	bool whole;

	trusted();
	status = OlsaUserGet(lsa, 0, name, &info);
	if (status == STATUS_NO_SUCH_USER)
		return logon_as(name, password) == STATUS_LOGON_FAILURE ? is_not : broken("an account that is not there logged on");
	if (status != STATUS_SUCCESS)
		return broken("the account cannot be read");
	whole = strcmp(info.FullName, full_name) == 0;
	OlsaUserFree(&info);
	return !whole ? broken("half an account") : opens(name, password) == BROKEN ? BROKEN : is;
}

static enum seen added(void) { return there("newcomer", OTHER, "New Comer", NEW, OLD); }
static enum seen deleted(void) { return there("bob", API_PASSWORD, "Bob", OLD, NEW); }

static enum seen
barred_or_not(const char *name, enum seen barred, enum seen open)
{
	OlsaUserInfo info;
	bool is;

	trusted();
	if (OlsaUserGet(lsa, 0, name, &info) != STATUS_SUCCESS)
		return broken("the account cannot be read");
	is = info.Flags & (OLSA_USER_DISABLED | OLSA_USER_LOCKED);
	OlsaUserFree(&info);
	if ((logon_as(name, API_PASSWORD) == STATUS_SUCCESS) == is)
		return broken(is ? "a locked account was granted" : "an account that is not locked was refused");
	return is ? barred : open;
}

static enum seen bob_locked(void) { return barred_or_not("bob", NEW, OLD); }
static enum seen bob_disabled(void) { return barred_or_not("bob", NEW, OLD); }
static enum seen barred_unlocked(void) { return barred_or_not("barred", OLD, NEW); }

/* Exactly one of the two passwords. */
static enum seen
which_password(void)
{
	bool old, new;

	trusted();
	old = logon_as("bob", API_PASSWORD) == STATUS_SUCCESS;
	new = logon_as("bob", OTHER) == STATUS_SUCCESS;
	return old == new ? broken(old ? "both passwords are right" : "no password is right") : old ? OLD : NEW;
}

/* --- policy ------------------------------------------------------------------------- */

static LONG policy_set(void) { return OlsaPolicySet(lsa, "lockout-threshold", 7); }

static enum seen
threshold(void)
{
	OlsaPolicyInfo info;

	trusted();
	if (OlsaPolicyGet(lsa, 0, "lockout-threshold", &info) != STATUS_SUCCESS)
		return broken("the policy cannot be read");
	return info.Value == 7 ? NEW : info.Value == 10 ? OLD : broken("a threshold that nobody set");
}

static char right_a[] = "SeBatchLogonRight", right_b[] = "SeServiceLogonRight";

static LONG
rights(bool add)
{
	struct a_sid sid = add ? SIDV(22, 1, 4711) : SIDV(22, 1, 4712);
	LSA_UNICODE_STRING list[2] = { *U(right_a), *U(right_b) };

	return add ? LsaAddAccountRights(policy, &sid, list, 2) : LsaRemoveAccountRights(policy, &sid, FALSE, list, 2);
}

static LONG rights_add(void) { return rights(true); }
static LONG rights_del(void) { return rights(false); }

/* Both or none. */
static enum seen
rights_of(unsigned uid, enum seen both, enum seen none)
{
	struct a_sid sid = SIDV(22, 1, uid);
	LSA_UNICODE_STRING *list = NULL;
	ULONG count = 0;
	NTSTATUS status;

	with_policy();
	status = LsaEnumerateAccountRights(policy, &sid, &list, &count);
	LsaFreeMemory(list);
	if (status == STATUS_OBJECT_NAME_NOT_FOUND || (status == STATUS_SUCCESS && count == 0))
		return none;
	return status == STATUS_SUCCESS && count == 2 ? both : broken("half of the rights");
}

static enum seen rights_added(void) { return rights_of(4711, NEW, OLD); }
static enum seen rights_gone(void) { return rights_of(4712, OLD, NEW); }

static LSA_UNICODE_STRING
data(const char *text)
{
	USHORT len = (USHORT)strlen(text);

	return (LSA_UNICODE_STRING){ .Buffer = (PWSTR)(uintptr_t)text, .Length = len, .MaximumLength = len };
}

static LONG
private_store(void)
{
	LSA_UNICODE_STRING value = data("newest");

	return LsaStorePrivateData(policy, U("L$kept"), &value);
}

static LONG private_del(void) { return LsaStorePrivateData(policy, U("L$kept"), NULL); }

static enum seen
private_is(const char *name)
{
	LSA_UNICODE_STRING *got = NULL;
	enum seen seen = BROKEN;
	NTSTATUS status;

	with_policy();
	status = LsaRetrievePrivateData(policy, U(name), &got);
	if (status == STATUS_OBJECT_NAME_NOT_FOUND)
		return NEW;
	if (status == STATUS_SUCCESS && got->Length == 6 && memcmp(got->Buffer, "newest", 6) == 0)
		seen = NEW;
	else if (status == STATUS_SUCCESS && got->Length == 5 && memcmp(got->Buffer, "older", 5) == 0)
		seen = OLD;
	LsaFreeMemory(got);
	return seen == BROKEN ? broken("private data that nobody stored") : seen;
}

static enum seen private_look(void) { return private_is("L$kept"); }

static LSA_HANDLE secret;

static void
secret_ready(void)
{
	with_policy();
	need(LsaOpenSecret(policy, U("G$both"), SECRET_ALL_ACCESS, &secret) == STATUS_SUCCESS, "LsaOpenSecret");
}

static LONG
secret_set(void)
{
	LSA_UNICODE_STRING now = data("fresh now"), old = data("fresh old");

	return LsaSetSecret(secret, &now, &old);
}

/* Its two values belong together. */
static enum seen
secret_look(void)
{
	LSA_UNICODE_STRING *now = NULL, *was = NULL;
	LARGE_INTEGER at, before;
	enum seen seen = BROKEN;

	secret_ready();
	if (LsaQuerySecret(secret, &now, &at, &was, &before) == STATUS_SUCCESS && now && was) {
		if (now->Length == 9 && was->Length == 9 && memcmp(now->Buffer, "fresh now", 9) == 0 &&
		    memcmp(was->Buffer, "fresh old", 9) == 0)
			seen = NEW;
		else if (now->Length == 5 && was->Length == 5 && memcmp(now->Buffer, "first", 5) == 0)
			seen = OLD;
	}
	LsaFreeMemory(now);
	LsaFreeMemory(was);
	return seen == BROKEN ? broken("half a secret") : seen;
}

static NTSTATUS
trust_make(LSA_HANDLE h, const char *name, const char *flat, DWORD number)
{
	struct a_sid sid = SIDV(5, 21, 4711, 2, number);
	LSA_AUTH_INFORMATION key = { { .QuadPart = 5 }, 2, 6, (PUCHAR)(uintptr_t)"secret" };
	TRUSTED_DOMAIN_INFORMATION_EX ex = { .Sid = &sid, .TrustDirection = 3, .TrustType = 2 };
	TRUSTED_DOMAIN_AUTH_INFORMATION auth = { 0, NULL, NULL, 1, &key, &key };
	LSA_HANDLE made = NULL;
	NTSTATUS status;

	ex.Name = *U(name);
	ex.FlatName = *U(flat);
	status = LsaCreateTrustedDomainEx(h, &ex, &auth, 0xF007F, &made);
	LsaClose(made);
	return status;
}

static LONG trust_create(void) { return trust_make(policy, "new.example", "NEW", 1); }

static LONG
trust_delete(void)
{
	struct a_sid sid = SIDV(5, 21, 4711, 2, 2);

	return LsaDeleteTrustedDomain(policy, &sid);
}

/* By name, by flat name, by SID and with its keys; or by none of them. */
static enum seen
trust_is(const char *name, const char *flat, DWORD number, enum seen is, enum seen is_not)
{
	struct a_sid sid = SIDV(5, 21, 4711, 2, number);
	TRUSTED_DOMAIN_INFORMATION_EX *ex = NULL;
	TRUSTED_PASSWORD_INFO *password = NULL;
	LSA_HANDLE h = NULL;
	unsigned ways = 0;

	with_policy();
	ways += LsaQueryTrustedDomainInfoByName(policy, U(name), TrustedDomainInformationEx, (PVOID *)&ex) == STATUS_SUCCESS;
	LsaFreeMemory(ex);
	ways += LsaOpenTrustedDomainByName(policy, U(flat), TRUSTED_QUERY_DOMAIN_NAME, &h) == STATUS_SUCCESS;
	LsaClose(h);
	h = NULL;
	ways += LsaOpenTrustedDomain(policy, &sid, TRUSTED_QUERY_DOMAIN_NAME, &h) == STATUS_SUCCESS;
	LsaClose(h);
	if (LsaQueryTrustedDomainInfo(policy, &sid, TrustedPasswordInformation, (PVOID *)&password) == STATUS_SUCCESS)
		ways += password->Password.Length == 6;
	LsaFreeMemory(password);
	return ways == 4 ? is : ways == 0 ? is_not : broken("half a trusted domain");
}

static enum seen trust_created(void) { return trust_is("new.example", "NEW", 1, NEW, OLD); }
static enum seen trust_deleted(void) { return trust_is("old.example", "OLD", 2, OLD, NEW); }

/* Two of them in one change. */
static AUDIT_POLICY_INFORMATION auditing[2];

static void
audit_ready(void)
{
	AUDIT_POLICY_INFORMATION *now = NULL;
	GUID *subs = NULL;
	ULONG count = 0, found = 0;

	with_policy();
	need(AuditEnumerateSubCategories(NULL, TRUE, &subs, &count), "AuditEnumerateSubCategories");
	need(AuditQuerySystemPolicy(subs, count, &now), "AuditQuerySystemPolicy");
	for (ULONG i = 0; i < count && found < 2; i++)
		if (now[i].AuditingInformation != 3)
			auditing[found++] = (AUDIT_POLICY_INFORMATION){ .AuditSubCategoryGuid = subs[i], .AuditingInformation = 3 };
	need(found == 2, "another audit policy");
	AuditFree(now);
	AuditFree(subs);
}

static LONG
audit_set(void)
{
	return AuditSetSystemPolicy(auditing, 2) ? 0 : (LONG)GetLastError();
}

static enum seen
audit_seen(void)
{
	GUID which[2] = { auditing[0].AuditSubCategoryGuid, auditing[1].AuditSubCategoryGuid };
	AUDIT_POLICY_INFORMATION *now = NULL;
	unsigned changed = 0;

	with_policy();
	if (!AuditQuerySystemPolicy(which, 2, &now))
		return broken("the audit policy cannot be read");
	for (int i = 0; i < 2; i++)
		changed += now[i].AuditingInformation == 3;
	AuditFree(now);
	return changed == 2 ? NEW : changed == 0 ? OLD : broken("half an audit policy");
}

/* --- all of them --------------------------------------------------------------------- */

void
scene_furnish(void)
{
	LSA_UNICODE_STRING older = data("older"), first = data("first");
	struct a_sid sid = SIDV(22, 1, 4712);
	LSA_UNICODE_STRING list[2];

	with_policy();
	list[0] = *U(right_a);
	list[1] = *U(right_b);
	need(OlsaUserAdd(lsa, API_USER, "Alice", API_PASSWORD, NULL) == STATUS_SUCCESS, API_USER);
	need(OlsaUserAdd(lsa, "bob", "Bob", API_PASSWORD, NULL) == STATUS_SUCCESS, "bob");
	need(OlsaUserAdd(lsa, "barred", "Barred", API_PASSWORD, NULL) == STATUS_SUCCESS, "barred");
	need(OlsaUserLock(lsa, "barred", TRUE) == STATUS_SUCCESS, "barred");
	need(LsaAddAccountRights(policy, &sid, list, 2) == STATUS_SUCCESS, "rights");
	need(LsaStorePrivateData(policy, U("L$kept"), &older) == STATUS_SUCCESS, "private data");
	need(LsaCreateSecret(policy, U("G$both"), SECRET_ALL_ACCESS, &secret) == STATUS_SUCCESS, "a secret");
	need(LsaSetSecret(secret, &first, &first) == STATUS_SUCCESS, "a secret's values");
	need(trust_make(policy, "old.example", "OLD", 2) == STATUS_SUCCESS, "a trusted domain");
}

#define LOST	STATUS_PORT_DISCONNECTED

const struct scene scenes[] = {
	{ "LsaLogonUser, right password",    trusted,        logon_good,     alice_opens,     STATUS_SUCCESS, LOST, true },
	{ "LsaLogonUser, wrong password",    two_wrong,      logon_bad,      third_counted,   STATUS_LOGON_FAILURE, LOST, false },
	{ "LsaLogonUser, the guess that locks", one_more_locks, logon_bad,   locked_or_not,   STATUS_LOGON_FAILURE, LOST, false },
	{ "LsaLogonUser, locked account",    locked_already, logon_good,     still_locked,    STATUS_ACCOUNT_LOCKED_OUT, LOST, true },
	{ "LsaLogonUser, network logon",     network_ready,  network_logon,  alice_opens,     STATUS_SUCCESS, LOST, true },
	{ "AcceptSecurityContext, right",    legs_good,      accept_last,    alice_opens,     SEC_E_OK, SEC_E_INTERNAL_ERROR, true },
	{ "AcceptSecurityContext, wrong",    legs_bad,       accept_last,    third_counted,   SEC_E_LOGON_DENIED, SEC_E_INTERNAL_ERROR, false },
	{ "OlsaUserAdd",                     trusted,        user_add,       added,           STATUS_SUCCESS, LOST, false },
	{ "OlsaUserDelete",                  trusted,        user_del,       deleted,         STATUS_SUCCESS, LOST, false },
	{ "OlsaUserLock",                    trusted,        user_lock,      bob_locked,      STATUS_SUCCESS, LOST, false },
	{ "OlsaUserLock, unlock",            trusted,        user_unlock,    barred_unlocked, STATUS_SUCCESS, LOST, false },
	{ "OlsaUserDisable",                 trusted,        user_disable,   bob_disabled,    STATUS_SUCCESS, LOST, false },
	{ "OlsaUserSetPassword",             trusted,        user_set,       which_password,  STATUS_SUCCESS, LOST, false },
	{ "LsaChangePassword",               trusted,        password_change, which_password, STATUS_SUCCESS, LOST, false },
	{ "OlsaPolicySet",                   trusted,        policy_set,     threshold,       STATUS_SUCCESS, LOST, false },
	{ "LsaAddAccountRights",             with_policy,    rights_add,     rights_added,    STATUS_SUCCESS, LOST, false },
	{ "LsaRemoveAccountRights",          with_policy,    rights_del,     rights_gone,     STATUS_SUCCESS, LOST, false },
	{ "LsaStorePrivateData",             with_policy,    private_store,  private_look,    STATUS_SUCCESS, LOST, false },
	{ "LsaStorePrivateData, delete",     with_policy,    private_del,    private_look,    STATUS_SUCCESS, LOST, false },
	{ "LsaSetSecret",                    secret_ready,   secret_set,     secret_look,     STATUS_SUCCESS, LOST, false },
	{ "LsaCreateTrustedDomainEx",        with_policy,    trust_create,   trust_created,   STATUS_SUCCESS, LOST, false },
	{ "LsaDeleteTrustedDomain",          with_policy,    trust_delete,   trust_deleted,   STATUS_SUCCESS, LOST, false },
	{ "AuditSetSystemPolicy",            audit_ready,    audit_set,      audit_seen,      0, (LONG)ERROR_INVALID_HANDLE, false },
};
const unsigned scene_count = sizeof scenes / sizeof *scenes;
