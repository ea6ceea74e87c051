/*
 * nego_rule_test.c - what Negotiate may try and turn to, as a table.
 *
 * Covers pkg/negotiate/nego_rule.c.
 */
#include "pkg/negotiate/nego_lsa.h"

#include <stdlib.h>
#include <sspi.h>
#include <winerror.h>

#include "tests/check.h"
#include "tests/pkg/ntlm/fake_lsa.h"

static struct fake_machine machine;

static const char *
why(struct call *call)
{
	static char text[4096];

	fake_why(call, TO_CALLER, text, sizeof text);
	return text;
}

TEST(package_lists)
{
	static const struct { const char *list; bool no_kerberos, no_ntlm, wished; } rows[] = {
		{ "", false, false, false },
		{ "!ntlm", false, true, false },
		{ "!NTLM, !kerberos", true, true, false },
		{ "kerberos", false, true, false },
		{ "ntlm", true, false, true },
		{ " NTLM ", true, false, true },
		{ "kerberos,ntlm", false, false, false },
		{ "ntlm,!kerberos", true, false, true },
		{ "!kerberos", true, false, false },
		{ "wdigest", false, false, false },
		{ "!wdigest,,", false, false, false },
		{ "!", false, false, false },
		{ "ntlm2", false, false, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct nego_cred cred = { .wished = false };

		rule_packages(&cred, bytes_of_text(rows[i].list));
		if (!CHECK(cred.excluded[INNER_KERBEROS] == rows[i].no_kerberos) ||
		    !CHECK(cred.excluded[INNER_NTLM] == rows[i].no_ntlm) || !CHECK(cred.wished == rows[i].wished))
			fprintf(stderr, "\"%s\"\n", rows[i].list);
	}
}

TEST(targets_for_kerberos)
{
	static const struct { const char *target; bool good; } rows[] = {
		{ "HTTP/web.example", true }, { "HTTP/web.example:8080", true }, { "HTTP/web.example@REALM", true },
		{ "user@REALM", true }, { "WEB", true }, { "", false },
		{ "HTTP/192.0.2.1", false }, { "HTTP/192.0.2.1:80", false }, { "192.0.2.1", false },
		{ "HTTP/192.0.2.1@REALM", false }, { "HTTP/[::1]", false }, { "HTTP/[::1]:80", false }, { "HTTP/::1", false },
		{ "HTTP/2001:db8::7/instance", false }, { "HTTP/192.0.2.1.example", true }, { "HTTP/", true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct nego_cred cred = { .wished = false };
		struct call *call = fake_call(&machine, 1);

		if (!CHECK(rule_kerberos_fits(call, &cred, bytes_of_text(rows[i].target), 0) == rows[i].good))
			fprintf(stderr, "\"%s\"\n", rows[i].target);
		CHECK((*why(call) != 0) == !rows[i].good);
		CHECK(!rule_kerberos_fits(call, &cred, bytes_of_text(rows[i].target), ISC_REQ_NULL_SESSION));
		cred.anonymous = true;
		CHECK(!rule_kerberos_fits(call, &cred, bytes_of_text(rows[i].target), 0));
		cred = (struct nego_cred){ .local = true };
		CHECK(!rule_kerberos_fits(call, &cred, bytes_of_text(rows[i].target), 0));
		fake_end(call);
	}
}

/* An error that may be somebody's doing is no reason to do with less. */
TEST(fallback)
{
	static const NTSTATUS honest[] = { SEC_E_TARGET_UNKNOWN, SEC_E_NO_AUTHENTICATING_AUTHORITY, STATUS_NO_LOGON_SERVERS,
	    STATUS_IO_TIMEOUT, SEC_E_NO_CREDENTIALS };
	static const NTSTATUS others[] = { SEC_E_LOGON_DENIED, SEC_E_TIME_SKEW, SEC_E_WRONG_PRINCIPAL, SEC_E_MESSAGE_ALTERED,
	    SEC_E_INVALID_TOKEN, STATUS_INSUFFICIENT_RESOURCES, STATUS_LOGON_FAILURE, STATUS_INTERNAL_ERROR, STATUS_CANCELLED,
	    SEC_E_KDC_UNKNOWN_ETYPE, SEC_E_UNSUPPORTED_FUNCTION, SEC_E_BAD_BINDINGS, STATUS_SUCCESS, STATUS_ACCESS_DENIED };

	for (size_t i = 0; i < sizeof honest / sizeof *honest; i++)
		CHECK(rule_falls_back(honest[i]));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		CHECK(!rule_falls_back(others[i]));
}

TEST(policy)
{
	static const struct { const char *only, *target; uint32_t rule; bool wished, good; } rows[] = {
		{ NULL, "HTTP/web.example", 1, false, true },
		{ NULL, "HTTP/web.example", 2, false, true },
		{ NULL, "HTTP/web.example", 0, false, false },
		{ NULL, "HTTP/web.example", 0, true, true },
		{ "", "HTTP/web.example", 1, false, true },
		{ "web.example", "HTTP/web.example", 1, false, true },
		{ "web.example", "HTTP/WEB.example:80", 1, false, true },
		{ "web.example", "web.example", 1, false, true },
		{ "a.test, web.example", "HTTP/web.example", 2, false, true },
		{ "a.test", "HTTP/web.example", 1, false, false },
		{ "web.example", "HTTP/web.example", 0, false, false },
		{ "a.test", "HTTP/web.example", 1, true, true },
		{ "*.example", "HTTP/web.example", 1, false, true },
		{ "*.example", "HTTP/example", 1, false, false },
		{ "*.example", "HTTP/web.example.test", 1, false, false },
		{ "*.example", "HTTP/badexample", 1, false, false },
		{ "*", "HTTP/web.example", 1, false, false },
		{ "192.0.2.1", "HTTP/192.0.2.1:80", 1, false, true },
		{ "::1", "HTTP/[::1]:80", 1, false, true },
		{ "a.test", "", 1, false, false },
		{ "REALM", "user@REALM", 1, false, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct nego_cred cred = { .wished = rows[i].wished };
		struct call *call = fake_call(&machine, 1);

		machine.rules[RULE_NTLM_FALLBACK] = rows[i].rule;
		machine.setting = rows[i].only;
		if (!CHECK(rule_ntlm_allowed(call, &cred, bytes_of_text(rows[i].target)) == rows[i].good))
			fprintf(stderr, "row %zu\n", i);
		CHECK((strstr(why(call), "SEC_E_DOWNGRADE_DETECTED") != NULL) == !rows[i].good);
		machine.choice[0] = 0;
		rule_ntlm_audit(call, &cred, rows[i].good ? STATUS_SUCCESS : SEC_E_DOWNGRADE_DETECTED, bytes_of_text(rows[i].target));
		CHECK((machine.choice[0] != 0) == (!rows[i].wished && (!rows[i].good || rows[i].rule == 2)));
		fake_end(call);
	}
}

int
main(void)
{
	fake_open(&machine, "HERE", "here.example");
	RUN(package_lists);
	RUN(targets_for_kerberos);
	RUN(fallback);
	RUN(policy);
	fake_close(&machine);
	return check_end();
}
