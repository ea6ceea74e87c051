/*
 * kerb_logon_trust_test.c - LsaLogonUser with Kerberos where a KDC cannot be
 * believed: somebody else answers in its place, who knows the user's password
 * (he chose it) and the names of this machine's keys, and not the keys; or
 * this machine has no key to find out by. Nobody logs on, and nothing is left.
 * Covers pkg/kerberos/kerb_host.c, pkg/kerberos/kerb_logon.c.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/api/kerb.h"
#include "tests/api/logon.h"
#include "tests/check.h"

static struct logging
as_alice(HANDLE lsa, SECURITY_LOGON_TYPE type)
{
	struct logging l = { .lsa = lsa, .package = logon_package(lsa, "Kerberos"), .type = type };

	logon_interactive(&l, lab("KDC_REALM"), "alice", lab("KDC_PASSWORD"), true);
	return l;
}

static const SECURITY_LOGON_TYPE types[] = { Interactive, Network, Unlock, NetworkCleartext };

static void
nobody(HANDLE lsa, NTSTATUS want)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		struct logging l = as_alice(lsa, types[i]);
		ULONG before = logon_count();

		CHECK_U64((ULONG)logon_run(&l), (ULONG)want);
		CHECK(l.substatus == 0 && !l.token && !l.profile && logon_count() == before);
	}
}

/* He gives tickets in anybody's name to whoever asks with his password: only the machine's own key tells him apart. */
TEST(a_spoofed_kdc_logs_nobody_on)
{
	struct shake s = { .target = "host/localhost", .wants = ISC_REQ_MUTUAL_AUTH };
	HANDLE trusted = logon_trusted(), untrusted = logon_untrusted();
	CredHandle cred;

	CHECK(kerb_cred(&cred, "alice", lab("KDC_REALM"), lab("KDC_PASSWORD")) == SEC_E_OK);
	s.cred = &cred;
	shake(&s);
	CHECK(s.has_context && s.gss_major != 0);	/* he lives, and gave both tickets */
	shake_end(&s);
	FreeCredentialsHandle(&cred);
	nobody(untrusted, STATUS_TRUSTED_RELATIONSHIP_FAILURE);
	nobody(trusted, STATUS_TRUSTED_RELATIONSHIP_FAILURE);
	CHECK(kerb_said(STATUS_TRUSTED_RELATIONSHIP_FAILURE, "no key of host/localhost"));
	/* What is for machines without a key says nothing about those that have one. */
	logon_policy("kerberos-require-host-key", 0);
	nobody(untrusted, STATUS_TRUSTED_RELATIONSHIP_FAILURE);
	logon_policy("kerberos-require-host-key", 1);
	LsaDeregisterLogonProcess(trusted);
	LsaDeregisterLogonProcess(untrusted);
}

TEST(without_a_key_only_policy_believes)
{
	HANDLE lsa = logon_untrusted();
	struct logging l;

	nobody(lsa, STATUS_NO_TRUST_LSA_SECRET);
	CHECK(kerb_said(STATUS_NO_TRUST_LSA_SECRET, "has no key of its own"));
	logon_policy("kerberos-require-host-key", 0);
	l = as_alice(lsa, Network);
	CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS);
	CHECK(logon_listed(l.luid));
	logon_end(&l);
	/* Policy about users is as before. */
	logon_policy("kerberos-require-pac", 1);
	l = as_alice(lsa, Network);
	CHECK_U64((ULONG)logon_run(&l), (ULONG)STATUS_LOGON_FAILURE);
	logon_policy("kerberos-require-pac", 0);
	logon_policy("kerberos-require-host-key", 1);
	nobody(lsa, STATUS_NO_TRUST_LSA_SECRET);
	LsaDeregisterLogonProcess(lsa);
}

int
main(void)
{
	api_begin();
	if (strcmp(lab("KDC_MODE"), "spoofed") == 0)
		RUN(a_spoofed_kdc_logs_nobody_on);
	else
		RUN(without_a_key_only_policy_believes);
	return check_end();
}
