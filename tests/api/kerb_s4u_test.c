/*
 * kerb_s4u_test.c - acting for a client towards a further service, near and
 * far: ImpersonateSecurityContext, then AcquireCredentialsHandle and
 * InitializeSecurityContext, against a Samba Active Directory (tests/lab/ad.py), whose
 * front-svc may delegate to HTTP/web and cifs/dc1. MIT's GSSAPI is the client and the last service.
 * Covers pkg/kerberos/kerb_s4u.c, pkg/kerberos/kerb_tgs.c, pkg/kerberos/kerb_init.c (ASKED_OWN, ASKED_PROXY),
 * pkg/kerberos/kerb_answer.c (evidence), pkg/kerberos/kerb_lsa.c (use_service), pkg/kerberos/kerb_logon_s4u.c
 * (evidence_of), pkg/kerberos/kerb_evidence.c, src/lsa/serve_sspi.c (serve_acquire_as), src/secur32/acquire.c (acting).
 */
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "tests/api/kerb.h"
#include "tests/api/logon.h"
#include "tests/check.h"

#define ALL (ISC_REQ_MUTUAL_AUTH | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT | ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY)

static const char front[] = "HTTP/front.ad.openlsa.test@AD.OPENLSA.TEST", web[] = "HTTP/web.ad.openlsa.test";

static struct {
	CredHandle cred;		/* the front's, inbound */
	CtxtHandle context;
	bool has_context;
	ULONG attr;
} f;
static char front_cache[512], user_cache[512];

/* In place of root_conf (linked with --wrap): the users of the domain have no uid here. */
const struct conf *__wrap_root_conf(void);
const struct conf *
__wrap_root_conf(void)
{
	static struct conf *conf;
	struct conf_fault fault;
	char path[512];
	FILE *file;

	(void)snprintf(path, sizeof path, "%s/openlsa.conf", lab("AD_DIR"));
	if (!conf && (file = fopen(path, "w"))) {
		fputs("impersonate = identity\n", file);
		fclose(file);
		CHECK(conf_open(&conf, path, &fault) == CONF_OK);
	}
	return conf;
}

static void
front_over(void)
{
	if (f.has_context)
		CHECK(DeleteSecurityContext(&f.context) == SEC_E_OK);
	f.has_context = false;
}

/* A user of the domain, by MIT's client, at the front, which accepts. */
static bool
front_meets(const char *user, OM_uint32 flags, const char *kinit)
{
	gss_buffer_desc text = { sizeof front - 1, (void *)(uintptr_t)front }, out = GSS_C_EMPTY_BUFFER;
	gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
	gss_name_t name = GSS_C_NO_NAME;
	char token[16384], command[300];
	OM_uint32 minor, major;
	SecBuffer in, answer = { sizeof token, SECBUFFER_TOKEN, token };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in }, out_desc = { SECBUFFER_VERSION, 1, &answer };
	TimeStamp expiry;
	SECURITY_STATUS status;

	front_over();
	setenv("KRB5CCNAME", user_cache, 1);
	(void)snprintf(command, sizeof command, "printf '%%s\\n' \"$AD_PASSWORD\" | kinit %s %s@AD.OPENLSA.TEST >/dev/null", kinit, user);
	if (!CHECK(system(command) == 0))
		return false;
	CHECK(gss_import_name(&minor, &text, (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME, &name) == GSS_S_COMPLETE);
	major = gss_init_sec_context(&minor, GSS_C_NO_CREDENTIAL, &ctx, name, (gss_OID)gss_mech_krb5, flags, 0, NULL, NULL, NULL,
	    &out, NULL, NULL);
	CHECK(!GSS_ERROR(major));
	in = (SecBuffer){ (ULONG)out.length, SECBUFFER_TOKEN, out.value };
	status = AcceptSecurityContext(&f.cred, NULL, &in_desc, 0, SECURITY_NATIVE_DREP, &f.context, &out_desc, &f.attr, &expiry);
	f.has_context = status >= 0;
	if (!CHECK_U64((uint32_t)status, SEC_E_OK))
		(void)kerb_said(status, "?");
	(void)gss_release_buffer(&minor, &out);
	(void)gss_release_name(&minor, &name);
	(void)gss_delete_sec_context(&minor, &ctx, NULL);
	setenv("KRB5CCNAME", front_cache, 1);
	return status == SEC_E_OK;
}

/* The front, as its client, at a further service. */
static void
go_on(struct shake *s, const char *target, bool async)
{
	static CredHandle cred;

	*s = (struct shake){ .cred = &cred, .target = target, .wants = ALL, .async = async };
	CHECK(ImpersonateSecurityContext(&f.context) == SEC_E_OK);
	s->status = kerb_cred(&cred, NULL, NULL, NULL);
	if (s->status == SEC_E_OK) {
		shake(s);
		CHECK(RevertSecurityContext(&f.context) == SEC_E_OK);
		FreeCredentialsHandle(&cred);
	} else
		CHECK(RevertSecurityContext(&f.context) == SEC_E_OK);
}

static void
arrives(const char *target, const char *client, bool async)
{
	struct shake s;

	go_on(&s, target, async);
	if (!CHECK_U64((uint32_t)s.status, SEC_E_OK) || !CHECK_U64(s.gss_major, 0))
		(void)kerb_said(s.status, "?");
	CHECK_TEXT(s.client, client);
	CHECK(s.talked);
	shake_end(&s);
}

TEST(on_to_a_service_that_may_be)
{
	if (!front_meets("alice", GSS_C_MUTUAL_FLAG, "-f"))
		return;
	CHECK(!(f.attr & ASC_RET_DELEGATE));
	for (int i = 0; i < 4; i++)
		arrives(web, "alice@AD.OPENLSA.TEST", i % 2);		/* from the second time on by the ticket that is there */
	front_over();
}

TEST(itself_again_afterwards)
{
	CredHandle cred;
	struct shake s = { .cred = &cred, .target = web, .wants = ALL };

	if (!front_meets("alice", GSS_C_MUTUAL_FLAG, "-f"))
		return;
	arrives(web, "alice@AD.OPENLSA.TEST", false);
	CHECK(kerb_cred(&cred, NULL, NULL, NULL) == SEC_E_OK);
	shake(&s);
	CHECK_TEXT(s.client, "front-svc@AD.OPENLSA.TEST");
	shake_end(&s);
	FreeCredentialsHandle(&cred);
	front_over();
}

TEST(not_on_to_any_service)
{
	struct shake s;

	if (!front_meets("alice", GSS_C_MUTUAL_FLAG, "-f"))
		return;
	go_on(&s, "host/localhost@AD.OPENLSA.TEST", false);
	CHECK_U64((uint32_t)s.status, (uint32_t)SEC_E_DELEGATION_POLICY);
	CHECK(kerb_said(s.status, "msDS-AllowedToDelegateTo"));
	shake_end(&s);
	go_on(&s, "HTTP/nowhere.ad.openlsa.test", false);
	CHECK(s.status == SEC_E_TARGET_UNKNOWN || s.status == SEC_E_DELEGATION_POLICY);
	shake_end(&s);
	go_on(&s, "HTTP/web.other.test@OTHER.TEST", false);
	CHECK_U64((uint32_t)s.status, (uint32_t)SEC_E_DELEGATION_POLICY);
	CHECK(kerb_said(s.status, "another realm"));
	shake_end(&s);
	front_over();
}

/* The directory forbids it for bob, and alice can by asking for a ticket that is not to be forwarded. */
TEST(not_for_any_user)
{
	static const char *const rows[][2] = { { "bob", "-f" }, { "alice", "-F" } };
	struct shake s;

	for (size_t i = 0; i < 2; i++) {
		if (!front_meets(rows[i][0], GSS_C_MUTUAL_FLAG, rows[i][1]))
			continue;
		go_on(&s, web, false);
		CHECK_U64((uint32_t)s.status, (uint32_t)SEC_E_DELEGATION_POLICY);
		CHECK(kerb_said(s.status, "does not let"));
		shake_end(&s);
	}
	front_over();
}

/* The client is acted for as long as the thread wants, with or without the context; then the process is itself again. */
TEST(the_context_may_go_first)
{
	CredHandle cred;
	struct shake s = { .cred = &cred, .target = web, .wants = ALL };

	if (!front_meets("alice", GSS_C_MUTUAL_FLAG, "-f"))
		return;
	CHECK(ImpersonateSecurityContext(&f.context) == SEC_E_OK);
	front_over();
	CHECK(kerb_cred(&cred, NULL, NULL, NULL) == SEC_E_OK);
	CHECK(RevertToSelf());
	shake(&s);
	CHECK_TEXT(s.client, "alice@AD.OPENLSA.TEST");
	shake_end(&s);
	FreeCredentialsHandle(&cred);
}

/* Who lets itself be identified alone is not acted for; the token says so as well. */
TEST(identified_alone)
{
	CredHandle cred;

	if (!front_meets("alice", GSS_C_MUTUAL_FLAG | GSS_C_IDENTIFY_FLAG, "-f"))
		return;
	CHECK(f.attr & ASC_RET_IDENTIFY);
	CHECK_U64((uint32_t)ImpersonateSecurityContext(&f.context), (uint32_t)SEC_E_NO_IMPERSONATION);
	CHECK(kerb_said(SEC_E_NO_IMPERSONATION, "for identifying alone"));
	CHECK(kerb_cred(&cred, NULL, NULL, NULL) == SEC_E_OK);
	FreeCredentialsHandle(&cred);
	front_over();
}

/* With Negotiate it is the same: Kerberos within it shows the evidence. */
TEST(by_negotiate)
{
	CredHandle cred;
	struct shake s = { .cred = &cred, .target = web, .wants = ALL };
	char name[] = "Negotiate";

	if (!front_meets("alice", GSS_C_MUTUAL_FLAG, "-f"))
		return;
	CHECK(ImpersonateSecurityContext(&f.context) == SEC_E_OK);
	CHECK(AcquireCredentialsHandleA(NULL, name, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL, &cred, NULL) == SEC_E_OK);
	CHECK(RevertSecurityContext(&f.context) == SEC_E_OK);
	shake(&s);
	CHECK_TEXT(s.client, "alice@AD.OPENLSA.TEST");
	shake_end(&s);
	FreeCredentialsHandle(&cred);
	front_over();
}

/* A name alone (S4U2self): the machine goes on in that user's name. Of the untrusted nobody is acted for. */
TEST(from_a_name_alone)
{
	static const char upn[] = "alice@ad.openlsa.test";
	KERB_S4U_LOGON *m;
	CredHandle cred;
	struct shake s = { .cred = &cred, .target = web, .wants = ALL };

	for (int trusted = 0; trusted < 2; trusted++) {
		struct logging l = { .lsa = trusted ? logon_trusted() : logon_untrusted(), .type = Network };

		l.package = logon_package(l.lsa, MICROSOFT_KERBEROS_NAME_A);
		m = (void *)l.at;
		m->MessageType = KerbS4ULogon;
		m->ClientUpn = (UNICODE_STRING){ 2 * (sizeof upn - 1), 2 * (sizeof upn - 1), (PWSTR)(uintptr_t)sizeof *m };
		l.len = sizeof *m + 2 * (sizeof upn - 1);
		for (size_t i = 0; upn[i]; i++)
			l.at[sizeof *m + 2 * i] = (unsigned char)upn[i];
		if (!CHECK_U64((uint32_t)logon_run(&l), STATUS_SUCCESS)) {
			(void)kerb_said(STATUS_LOGON_FAILURE, "?");
			continue;
		}
		CHECK(!ImpersonateLoggedOnUser(l.token) == !trusted);
		if (trusted) {
			CHECK(kerb_cred(&cred, NULL, NULL, NULL) == SEC_E_OK);
			CHECK(RevertToSelf());
			shake(&s);
			if (!CHECK_U64((uint32_t)s.status, SEC_E_OK))
				(void)kerb_said(s.status, "?");
			CHECK_TEXT(s.client, "alice@AD.OPENLSA.TEST");
			shake_end(&s);
			FreeCredentialsHandle(&cred);
		}
		logon_end(&l);
		CHECK(LsaDeregisterLogonProcess(l.lsa) == STATUS_SUCCESS);
	}
}

int
main(void)
{
	if (!getenv("AD_DIR"))
		return 77;
	(void)snprintf(front_cache, sizeof front_cache, "FILE:%s/front.cc", lab("AD_DIR"));
	(void)snprintf(user_cache, sizeof user_cache, "FILE:%s/user.cc", lab("AD_DIR"));
	setenv("KRB5CCNAME", front_cache, 1);
	CHECK(system("kinit -f -k -t \"$AD_DIR/front.keytab\" front-svc@AD.OPENLSA.TEST") == 0);
	api_begin();
	if (!CHECK(AcquireCredentialsHandleA((char *)(uintptr_t)"HTTP/front.ad.openlsa.test", (char *)(uintptr_t)"Kerberos",
	    SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL, &f.cred, NULL) == SEC_E_OK))
		(void)kerb_said(SEC_E_NO_CREDENTIALS, "?");
	RUN(on_to_a_service_that_may_be);
	RUN(itself_again_afterwards);
	RUN(not_on_to_any_service);
	RUN(not_for_any_user);
	RUN(the_context_may_go_first);
	RUN(identified_alone);
	RUN(by_negotiate);
	RUN(from_a_name_alone);
	CHECK(FreeCredentialsHandle(&f.cred) == SEC_E_OK);
	return check_end();
}
