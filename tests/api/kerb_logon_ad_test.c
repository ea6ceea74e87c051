/*
 * kerb_logon_ad_test.c - who somebody of a domain is once he has logged on,
 * near and far: the SID and the groups of his token are those that the directory
 * counts itself (tokenGroups), by a password, by his name alone, and by a
 * context that was accepted. And passwords that are set and changed at its own service. Against a Samba Active Directory (tests/lab/ad.py).
 * Covers pkg/kerberos/kerb_peer.c, pkg/kerberos/kerb_pac.c, pkg/kerberos/kerb_logon.c,
 * pkg/kerberos/kerb_logon_profile.c, pkg/kerberos/kerb_logon_s4u.c, pkg/kerberos/kerb_msg_pass.c,
 * lsa/who.c, lsa/services.c (logon_as).
 */
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <stdlib.h>
#include <string.h>

#include <sddl.h>

#include "tests/api/kerb.h"
#include "tests/api/logon.h"
#include "tests/check.h"

#define SIDS_MAX 64

struct sids {
	char text[SIDS_MAX][192];
	size_t count;
};

static HANDLE trusted, untrusted;
static ULONG kerberos;

/* --- what the directory says, what a token says ------------------------------------------ */

/* The account's own first. */
static bool
directory(struct sids *s, const char *name)
{
	char command[600];
	FILE *f;

	s->count = 0;
	(void)snprintf(command, sizeof command, "/usr/bin/python3 '%s' groups '%s' %s 2>/dev/null", lab("OPENLSA_TEST_AD_PY"),
	    lab("AD_SMB_CONF"), name);
	f = popen(command, "r");
	while (f && s->count < SIDS_MAX && fscanf(f, "%191s", s->text[s->count]) == 1)
		s->count++;
	return f && pclose(f) == 0 && s->count > 2;
}

static void *
info(HANDLE token, TOKEN_INFORMATION_CLASS class)
{
	DWORD len = 0;
	void *at;

	(void)GetTokenInformation(token, class, NULL, 0, &len);
	at = calloc(1, len + 1);
	CHECK(GetTokenInformation(token, class, at, len, &len));
	return at;
}

static void
sid_add(struct sids *s, PSID sid)
{
	LPSTR text = NULL;

	if (CHECK(ConvertSidToStringSidA(sid, &text)) && CHECK(s->count < SIDS_MAX))
		(void)snprintf(s->text[s->count++], sizeof s->text[0], "%s", text);
	LocalFree(text);
}

static void
token_sids(struct sids *s, HANDLE token)
{
	TOKEN_USER *user = info(token, TokenUser);
	TOKEN_GROUPS *groups = info(token, TokenGroups);

	s->count = 0;
	sid_add(s, user->User.Sid);
	for (DWORD i = 0; i < groups->GroupCount; i++)
		sid_add(s, groups->Groups[i].Sid);
	free(user);
	free(groups);
}

static bool
has(const struct sids *s, const char *sid)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->text[i], sid) == 0)
			return true;
	return false;
}

/* The domain's own SIDs (S-1-5-21-...) are the same set; aliases of the DC (S-1-5-32-...) are not this machine's. */
static void
token_is(HANDLE token, const char *name)
{
	struct sids want, got;

	if (!CHECK(directory(&want, name)))
		return;
	token_sids(&got, token);
	CHECK_TEXT(got.text[0], want.text[0]);
	for (size_t i = 0; i < want.count; i++)
		if (strncmp(want.text[i], "S-1-5-21-", 9) == 0 && !CHECK(has(&got, want.text[i])))
			fprintf(stderr, "    %s is not in the token of %s\n", want.text[i], name);
	for (size_t i = 0; i < got.count; i++)
		if (strncmp(got.text[i], "S-1-5-21-", 9) == 0 && !CHECK(has(&want, got.text[i])))
			fprintf(stderr, "    %s is no group of %s\n", got.text[i], name);
	CHECK(has(&got, "S-1-1-0") && has(&got, "S-1-5-11"));
}

/* --- logons -------------------------------------------------------------------------------- */

static struct logging
password(HANDLE lsa, const char *domain, const char *user, const char *word)
{
	struct logging l = { .lsa = lsa, .package = kerberos, .type = Network };

	logon_interactive(&l, domain, user, word, true);
	return l;
}

static void
text_is(UNICODE_STRING s, const char *want)
{
	CHECK_U64(s.Length, 2 * strlen(want));
	for (USHORT i = 0; i < s.Length / 2 && i < strlen(want); i++)
		CHECK(s.Buffer[i] == (WCHAR)want[i]);
}

TEST(by_a_password)
{
	static const char *const rows[][2] = { { "AD.OPENLSA.TEST", "alice" }, { "ad.openlsa.test", "bob" }, { "", "alice@ad.openlsa.test" },
	    { "", "Administrator" } };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct logging l = password(untrusted, rows[i][0], rows[i][1], lab("AD_PASSWORD"));
		PSECURITY_LOGON_SESSION_DATA data = NULL;
		KERB_INTERACTIVE_PROFILE *p;
		char name[64];

		if (!CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS) && !kerb_said(STATUS_LOGON_FAILURE, "?"))
			continue;
		(void)snprintf(name, sizeof name, "%.*s", (int)strcspn(rows[i][1], "@"), rows[i][1]);
		token_is(l.token, name);
		p = l.profile;
		CHECK(p->PasswordLastSet.QuadPart > 0 && p->MessageType == KerbInteractiveProfile);
		text_is(p->LogonServer, "DC1");
		if (CHECK(LsaGetLogonSessionData(&l.luid, &data) == STATUS_SUCCESS)) {
			text_is((UNICODE_STRING){ data->LogonDomain.Length, 0, data->LogonDomain.Buffer }, "OPENLSAD");
			CHECK(data->Sid != NULL);
		}
		LsaFreeReturnBuffer(data);
		logon_end(&l);
	}
}

TEST(by_a_name_alone)
{
	struct logging l = { .lsa = trusted, .package = kerberos, .type = Network };
	KERB_S4U_LOGON *m = (void *)l.at;
	static const char upn[] = "bob@ad.openlsa.test";

	m->MessageType = KerbS4ULogon;
	m->ClientUpn = (UNICODE_STRING){ 2 * (sizeof upn - 1), 2 * (sizeof upn - 1), (PWSTR)(uintptr_t)sizeof *m };
	l.len = sizeof *m + 2 * (sizeof upn - 1);
	for (size_t i = 0; upn[i]; i++)
		l.at[sizeof *m + 2 * i] = (unsigned char)upn[i];
	if (!CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS) && !kerb_said(STATUS_LOGON_FAILURE, "?"))
		return;
	token_is(l.token, "bob");
	logon_end(&l);
}

TEST(what_is_refused)
{
	static const struct { const char *user, *word; NTSTATUS status, substatus; } rows[] = {
		{ "alice", "wrong", STATUS_LOGON_FAILURE, STATUS_WRONG_PASSWORD },
		{ "nobody-of-this-name", "wrong", STATUS_LOGON_FAILURE, STATUS_NO_SUCH_USER },
		{ "disabled", NULL, STATUS_ACCOUNT_RESTRICTION, STATUS_ACCOUNT_DISABLED },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *word = rows[i].word ? rows[i].word : lab("AD_PASSWORD");
		struct logging l = password(trusted, lab("AD_REALM"), rows[i].user, word);

		CHECK_U64((ULONG)logon_run(&l), (ULONG)rows[i].status);
		CHECK_U64((ULONG)l.substatus, (ULONG)rows[i].substatus);
		l = password(untrusted, lab("AD_REALM"), rows[i].user, word);
		CHECK_U64((ULONG)logon_run(&l), (ULONG)STATUS_LOGON_FAILURE);
		CHECK_U64((ULONG)l.substatus, 0);
	}
}

/* --- contexts --------------------------------------------------------------------------------- */

TEST(by_a_context)
{
	static const char target[] = "host/labhost.ad.openlsa.test@AD.OPENLSA.TEST";
	gss_buffer_desc text = { sizeof target - 1, (void *)(uintptr_t)target }, out = GSS_C_EMPTY_BUFFER;
	gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
	gss_name_t name = GSS_C_NO_NAME;
	char answer_at[16384], cache[300];
	OM_uint32 minor, major;
	SecBuffer in, answer = { sizeof answer_at, SECBUFFER_TOKEN, answer_at };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in }, out_desc = { SECBUFFER_VERSION, 1, &answer };
	CredHandle cred;
	CtxtHandle context;
	TimeStamp expiry;
	HANDLE token = NULL;
	ULONG attr;

	(void)snprintf(cache, sizeof cache, "FILE:%s/logon-cc", lab("AD_DIR"));
	setenv("KRB5CCNAME", cache, 1);
	CHECK(system("printf '%s\\n' \"$AD_PASSWORD\" | kinit alice@AD.OPENLSA.TEST >/dev/null") == 0);
	CHECK(gss_import_name(&minor, &text, (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME, &name) == GSS_S_COMPLETE);
	major = gss_init_sec_context(&minor, GSS_C_NO_CREDENTIAL, &ctx, name, (gss_OID)gss_mech_krb5, GSS_C_MUTUAL_FLAG, 0, NULL, NULL,
	    NULL, &out, NULL, NULL);
	CHECK(!GSS_ERROR(major));
	CHECK(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)"Kerberos", SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL, &cred, NULL) ==
	    SEC_E_OK);
	in = (SecBuffer){ (ULONG)out.length, SECBUFFER_TOKEN, out.value };
	if (CHECK_U64((ULONG)AcceptSecurityContext(&cred, NULL, &in_desc, 0, SECURITY_NATIVE_DREP, &context, &out_desc, &attr, &expiry),
	    SEC_E_OK)) {
		if (CHECK(QuerySecurityContextToken(&context, &token) == SEC_E_OK)) {
			token_is(token, "alice");
			CloseHandle(token);
		}
		DeleteSecurityContext(&context);
	}
	FreeCredentialsHandle(&cred);
	(void)gss_release_buffer(&minor, &out);
	(void)gss_release_name(&minor, &name);
	(void)gss_delete_sec_context(&minor, &ctx, NULL);
	setenv("KRB5CCNAME", "FILE:/nonexistent/cc", 1);
}

/* --- passwords at the domain's own service ------------------------------------------------ */

static unsigned char room[1024];
static size_t used;

static UNICODE_STRING
text(const char *ascii)
{
	UNICODE_STRING s = { (USHORT)(2 * strlen(ascii)), (USHORT)(2 * strlen(ascii)), (PWSTR)(void *)(room + used) };

	for (const char *c = ascii; *c; c++) {
		room[used++] = (unsigned char)*c;
		room[used++] = 0;
	}
	return s;
}

static NTSTATUS
ask(void)
{
	NTSTATUS verdict = STATUS_PENDING;
	void *reply = NULL;
	ULONG len = 0;

	CHECK(LsaCallAuthenticationPackage(untrusted, kerberos, room, (ULONG)used, &reply, &len, &verdict) == STATUS_SUCCESS);
	LsaFreeReturnBuffer(reply);
	return verdict;
}

static NTSTATUS
set(const char *user, const char *fresh)
{
	KERB_SETPASSWORD_REQUEST *m = memset(room, 0, sizeof room);

	used = sizeof *m;
	m->MessageType = KerbSetPasswordMessage;
	m->DomainName = text(lab("AD_REALM"));
	m->AccountName = text(user);
	m->Password = text(fresh);
	return ask();
}

static NTSTATUS
change(const char *user, const char *old, const char *fresh)
{
	KERB_CHANGEPASSWORD_REQUEST *m = memset(room, 0, sizeof room);

	used = sizeof *m;
	m->MessageType = KerbChangePasswordMessage;
	m->DomainName = text(lab("AD_REALM"));
	m->AccountName = text(user);
	m->OldPassword = text(old);
	m->NewPassword = text(fresh);
	return ask();
}

static bool
logs_on(const char *user, const char *word)
{
	struct logging l = { .lsa = trusted, .package = kerberos, .type = Network };
	bool good;

	logon_interactive(&l, lab("AD_REALM"), user, word, true);
	good = logon_run(&l) == STATUS_SUCCESS;
	if (good)
		logon_end(&l);
	return good;
}

static bool
kinit(const char *who)
{
	char command[200];

	(void)snprintf(command, sizeof command, "printf '%%s\\n' \"$AD_PASSWORD\" | kinit %s@AD.OPENLSA.TEST >/dev/null", who);
	return system(command) == 0;
}

/* The administrator may, by his ticket-granting ticket; a user may not; and a password that is too young or too plain stays. */
TEST(passwords)
{
	const char *usual = lab("AD_PASSWORD");
	char cache[300];

	(void)snprintf(cache, sizeof cache, "FILE:%s/passwords.cc", lab("AD_DIR"));
	setenv("KRB5CCNAME", cache, 1);
	CHECK(kinit("Administrator"));
	CHECK_U64((ULONG)set("alice", "Another-Passw0rd"), STATUS_SUCCESS);
	CHECK(logs_on("alice", "Another-Passw0rd") && !logs_on("alice", usual));
	CHECK_U64((ULONG)set("alice", "plain"), (ULONG)STATUS_PASSWORD_RESTRICTION);
	CHECK_U64((ULONG)change("alice", "Another-Passw0rd", "A-third-Passw0rd"), (ULONG)STATUS_PASSWORD_RESTRICTION);	/* of today */
	CHECK_U64((ULONG)change("alice", "not it", "A-third-Passw0rd"), (ULONG)STATUS_WRONG_PASSWORD);
	CHECK_U64((ULONG)set("alice", usual), STATUS_SUCCESS);
	CHECK(logs_on("alice", usual));
	CHECK(kinit("bob"));
	CHECK_U64((ULONG)set("alice", "Another-Passw0rd"), (ULONG)STATUS_ACCESS_DENIED);
	CHECK(logs_on("alice", usual));
	setenv("KRB5CCNAME", "FILE:/nonexistent/cc", 1);
}

int
main(void)
{
	if (!getenv("AD_DIR"))
		return 77;
	api_begin();
	setenv("KRB5CCNAME", "FILE:/nonexistent/cc", 1);
	trusted = logon_trusted();
	untrusted = logon_untrusted();
	kerberos = logon_package(untrusted, "Kerberos");
	RUN(by_a_password);
	RUN(by_a_name_alone);
	RUN(what_is_refused);
	RUN(by_a_context);
	RUN(passwords);
	LsaDeregisterLogonProcess(trusted);
	LsaDeregisterLogonProcess(untrusted);
	return check_end();
}
