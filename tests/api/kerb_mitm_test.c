/*
 * kerb_mitm_test.c - somebody between us and the KDC (tests/lab/meddle.py), near
 * and far: every field of an answer that nothing enciphers is edited, tickets are swapped,
 * requests are bent to another service, and the password service is made to say yes. Nobody
 * becomes somebody else by it, and nobody speaks to another service than the one he named.
 * Row S9 of docs/THREATS.md.
 * Covers pkg/kerberos/kerb_tgt.c, pkg/kerberos/kerb_tgs.c, pkg/kerberos/kerb_s4u.c (take),
 * pkg/kerberos/kerb_logon_s4u.c, pkg/kerberos/kerb_host.c (prove), pkg/kerberos/kerb_codes.c (kerb_k5_words),
 * pkg/kerberos/kerb_msg_pass.c (answer_take, error_say).
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/api/kerb.h"
#include "tests/api/logon.h"
#include "tests/check.h"

#define ALL (ISC_REQ_MUTUAL_AUTH | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT | ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY)

static void
meddles(const char *how)
{
	FILE *f = fopen(lab("MEDDLE"), "w");

	CHECK(f && fputs(how, f) >= 0 && fclose(f) == 0);
}

/* A credential of its own, so that both tickets are asked for. */
static void
shake_once(struct shake *s, const char *target)
{
	CredHandle cred;

	*s = (struct shake){ .cred = &cred, .target = target, .wants = ALL };
	if (!CHECK(kerb_cred(&cred, "alice", "OPENLSA.TEST", lab("KDC_PASSWORD")) == SEC_E_OK))
		return;
	shake(s);
	FreeCredentialsHandle(&cred);
}

/* Whose context it is, and with whom, as both sides have it. */
static void
still_alice(struct shake *s, const char *how)
{
	SecPkgContext_SessionKey key = { 0, NULL };
	SecPkgContext_NamesA names = { NULL };

	if (!CHECK_U64(s->gss_major, 0) || !CHECK(s->talked))
		fprintf(stderr, "    %s\n", how);
	CHECK_TEXT(s->client, "alice@OPENLSA.TEST");
	CHECK_U64((uint32_t)s->etype, 18);		/* the one key of the service that was named */
	if (CHECK(QueryContextAttributesA(&s->context, SECPKG_ATTR_NAMES, &names) == SEC_E_OK))
		CHECK(strstr(names.sUserName, "alice") != NULL);
	FreeContextBuffer(names.sUserName);
	if (CHECK(QueryContextAttributesA(&s->context, SECPKG_ATTR_SESSION_KEY, &key) == SEC_E_OK))
		CHECK(key.SessionKeyLength == s->key_len && memcmp(key.SessionKey, s->key, s->key_len) == 0);
	FreeContextBuffer(key.SessionKey);
}

static const struct { const char *how; SECURITY_STATUS status; } answers[] = {
	{ "", SEC_E_OK },
	{ "as-crealm", SEC_E_WRONG_PRINCIPAL }, { "as-cname", SEC_E_WRONG_PRINCIPAL }, { "as-trealm", SEC_E_WRONG_PRINCIPAL },
	{ "as-sname", SEC_E_WRONG_PRINCIPAL }, { "as-kvno", SEC_E_INTERNAL_ERROR }, { "as-tetype", SEC_E_INTERNAL_ERROR },
#ifndef __SANITIZE_ADDRESS__
	/* An answer that does not open: libkrb5 forgets the password's key then, which a leak check would call ours. */
	{ "as-etype", SEC_E_LOGON_DENIED }, { "as-part", SEC_E_LOGON_DENIED },
#endif
	{ "as-ticket", SEC_E_WRONG_PRINCIPAL }, { "as-asked", SEC_E_WRONG_PRINCIPAL }, { "as-error", SEC_E_INTERNAL_ERROR },
	/* Nobody reads those two: whose ticket it is, is inside it. */
	{ "tgs-crealm", SEC_E_OK }, { "tgs-cname", SEC_E_OK },
	{ "tgs-trealm", SEC_E_WRONG_PRINCIPAL }, { "tgs-sname", SEC_E_WRONG_PRINCIPAL }, { "tgs-kvno", SEC_E_WRONG_PRINCIPAL },
	{ "tgs-tetype", SEC_E_WRONG_PRINCIPAL }, { "tgs-etype", SEC_E_KDC_UNKNOWN_ETYPE }, { "tgs-ticket", SEC_E_WRONG_PRINCIPAL },
	{ "tgs-part", SEC_E_WRONG_PRINCIPAL }, { "tgs-asked", SEC_E_WRONG_PRINCIPAL }, { "tgs-swap", SEC_E_WRONG_PRINCIPAL },
	{ "tgs-error", SEC_E_INTERNAL_ERROR },
};

/* Words of a stranger are not repeated. */
static void
says_nothing_of_his(LONG status)
{
	LPSTR said = NULL;

	CHECK(OlsaExplain(status, NULL, &said) == SEC_E_OK && said && !strstr(said, "do as I say"));
	FreeContextBuffer(said);
}

static void
edited_answers(void)
{
	struct shake s;

	shake_once(&s, "host/aes128.openlsa.test");		/* what tgs-swap gives in another's place */
	CHECK_U64((uint32_t)s.status, SEC_E_OK);
	shake_end(&s);
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		meddles(answers[i].how);
		shake_once(&s, "host/aes256.openlsa.test");
		meddles("");
		if (!CHECK_U64((uint32_t)s.status, (uint32_t)answers[i].status)) {
			fprintf(stderr, "    %s\n", answers[i].how);
			(void)kerb_said(s.status, "?");
		}
		if (s.status == SEC_E_OK)
			still_alice(&s, answers[i].how);
		else
			says_nothing_of_his(s.status);
		shake_end(&s);
	}
}

/* A KDC that was not told in whose name gives the machine's own ticket, and the answer says that it is alice's. */
static void
a_name_alone_is_put_in_afterwards(void)
{
	struct logging l = { .lsa = logon_trusted(), .type = Network };
	static const WCHAR alice[] = { 'a', 'l', 'i', 'c', 'e' };
	KERB_S4U_LOGON *m = (void *)l.at;

	l.package = logon_package(l.lsa, MICROSOFT_KERBEROS_NAME_A);
	for (int way = 0; way < 2; way++) {
		memset(l.at, 0, sizeof *m);
		m->MessageType = KerbS4ULogon;
		m->ClientUpn = (UNICODE_STRING){ sizeof alice, sizeof alice, (PWSTR)(uintptr_t)sizeof *m };
		memcpy(l.at + sizeof *m, alice, sizeof alice);
		l.len = sizeof *m + sizeof alice;
		meddles(way ? "self" : "");
		if (way) {
			CHECK_U64((ULONG)logon_run(&l), (ULONG)STATUS_LOGON_FAILURE);
			CHECK(kerb_said(STATUS_LOGON_FAILURE, "Ticket/authenticator don't match"));	/* prove's krb5_rd_req */
		} else if (CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS)) {
			logon_end(&l);
		}
		meddles("");
	}
	LsaDeregisterLogonProcess(l.lsa);
}

/* --- the password service -------------------------------------------------------------------- */

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
change(HANDLE lsa, const char *old, const char *fresh)
{
	KERB_CHANGEPASSWORD_REQUEST *m = memset(room, 0, sizeof room);
	NTSTATUS verdict = STATUS_PENDING;
	void *reply = NULL;
	ULONG len = 0;

	used = sizeof *m;
	m->MessageType = KerbChangePasswordMessage;
	m->DomainName = text(lab("KDC_REALM"));
	m->AccountName = text("bob");
	m->OldPassword = text(old);
	m->NewPassword = text(fresh);
	CHECK(LsaCallAuthenticationPackage(lsa, logon_package(lsa, MICROSOFT_KERBEROS_NAME_A), room, (ULONG)used, &reply, &len,
	    &verdict) == STATUS_SUCCESS);
	LsaFreeReturnBuffer(reply);
	return verdict;
}

/* The service does change it each time: what is not from it counts as no answer, and never as a good one. */
static void
good_news_that_nobody_signed(void)
{
	static const struct { const char *how; NTSTATUS verdict; } rows[] = {
		{ "", STATUS_SUCCESS }, { "pw-news", STATUS_UNSUCCESSFUL }, { "pw-frame", STATUS_UNSUCCESSFUL },
		{ "pw-proof", STATUS_UNSUCCESSFUL }, { "pw-part", STATUS_UNSUCCESSFUL }, { "pw-again", STATUS_UNSUCCESSFUL },
		{ "", STATUS_SUCCESS },
	};
	HANDLE lsa = logon_untrusted();
	char old[32] = "Meddled-Passw0rd-0", fresh[32];

	CHECK(system("KRB5_KDC_PROFILE=$KDC_DIR/kdc0.conf kadmin.local -r OPENLSA.TEST -q 'cpw -pw Meddled-Passw0rd-0 bob' >/dev/null 2>&1 </dev/null") == 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		(void)snprintf(fresh, sizeof fresh, "Meddled-Passw0rd-%zu", i + 1);
		meddles(rows[i].how);
		if (!CHECK_U64((ULONG)change(lsa, old, fresh), (ULONG)rows[i].verdict))
			fprintf(stderr, "    %s\n", rows[i].how);
		meddles("");
		memcpy(old, fresh, sizeof old);
	}
	LsaDeregisterLogonProcess(lsa);
}

int
main(void)
{
	RUN(edited_answers);
	RUN(a_name_alone_is_put_in_afterwards);
	RUN(good_news_that_nobody_signed);
	return check_end();
}
