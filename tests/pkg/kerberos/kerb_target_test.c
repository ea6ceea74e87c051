/*
 * kerb_target_test.c - what a target's name becomes as a principal: the realm that is named, that of
 * krb5.conf for the host, or the KDC's to find; hosts in small letters; accounts in one's own realm.
 * Covers pkg/kerberos/kerb_target.c, pkg/kerberos/kerb_spn.c and kerb_k5_realm_of of pkg/kerberos/kerb_k5.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkg/kerberos/kerb_init.h"
#include "pkg/kerberos/kerb_k5.h"
#include "pkg/kerberos/kerb_spn.h"
#include "tests/check.h"

static const struct { const char *target, *principal; int type; } rows[] = {
	{ "HTTP/www.one.test",                "HTTP/www.one.test@ONE.TEST",        KRB5_NT_SRV_INST },
	{ "HTTP/WWW.One.Test",                "HTTP/www.one.test@ONE.TEST",        KRB5_NT_SRV_INST },
	{ "http/exact.test",                  "http/exact.test@EXACT.REALM",       KRB5_NT_SRV_INST },
	{ "MSSQLSvc/db.one.test:1433",        "MSSQLSvc/db.one.test:1433@ONE.TEST", KRB5_NT_SRV_INST },
	{ "ldap/dc.one.test/ONE.test",        "ldap/dc.one.test/ONE.test@ONE.TEST", KRB5_NT_SRV_INST },
	/* Nobody knows: the KDC of one's own realm is asked, and a DNS server never. */
	{ "HTTP/somewhere.else",              "HTTP/somewhere.else@",              KRB5_NT_SRV_INST },
	{ "cifs/host",                        "cifs/host@",                        KRB5_NT_SRV_INST },
	/* A realm that is named stays as it is. */
	{ "HTTP/www.one.test@Two.Test",       "HTTP/www.one.test@Two.Test",        KRB5_NT_SRV_INST },
	{ "krbtgt/ONE.TEST",                  "krbtgt/ONE.TEST@OWN.TEST",          KRB5_NT_SRV_INST },
	{ "krbtgt/One.Test@TWO.TEST",         "krbtgt/One.Test@TWO.TEST",          KRB5_NT_SRV_INST },
	{ "Alice@ONE.TEST",                   "Alice@ONE.TEST",                    KRB5_NT_PRINCIPAL },
	{ "HOST$",                            "HOST$@OWN.TEST",                    KRB5_NT_PRINCIPAL },
};

TEST(targets)
{
	krb5_context k5 = kerb_k5_take(NULL);

	if (!CHECK(k5 != NULL))
		return;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		krb5_principal server = NULL;
		struct kerb_spn spn;
		char *text = NULL;

		CHECK(kerb_spn_take(&spn, bytes_of_text(rows[i].target)));
		CHECK(kerb_server_of(k5, &spn, "OWN.TEST", &server) == 0);
		CHECK(server && krb5_unparse_name(k5, server, &text) == 0);
		CHECK_TEXT(text, rows[i].principal);
		CHECK_U64((uint64_t)server->type, (uint64_t)rows[i].type);
		krb5_free_unparsed_name(k5, text);
		krb5_free_principal(k5, server);
	}
	kerb_k5_give(k5);
}

int
main(void)
{
	char conf[] = "/tmp/openlsa-krb5-XXXXXX";
	int fd = mkstemp(conf), failed;
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (!f)
		return 2;
	/* What would look hosts up is overridden. */
	fprintf(f, "[libdefaults]\n default_realm = DEFAULT.TEST\n dns_lookup_realm = true\n dns_canonicalize_hostname = true\n"
	    " realm_try_domains = 2\n[domain_realm]\n .one.test = ONE.TEST\n exact.test = EXACT.REALM\n");
	fclose(f);
	setenv("KRB5_CONFIG", conf, 1);
	RUN(targets);
	failed = check_end();
	(void)unlink(conf);
	return failed;
}
