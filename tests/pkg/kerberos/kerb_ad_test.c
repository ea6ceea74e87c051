/*
 * kerb_ad_test.c - the acceptor and an Active Directory's tickets
 * (pkg/kerberos/kerb_peer.c, pkg/kerberos/kerb_pac.c, pkg/kerberos/kerb_signed.c, base/ndr.c): the SID, the domain's
 * name and the groups are those that the directory itself tells. Runs under tests/lab/ad.py.
 */
#include "tests/check.h"
#include "tests/pkg/kerberos/accept_lsa.h"

#include <gssapi/gssapi_krb5.h>
#include <sspi.h>
#include <stdlib.h>
#include <unistd.h>

static struct accept_side side;

/* objectSid of a user or group, as samba-tool shows it. */
static bool
told(const char *kind, const char *name, char sid[SID_TEXT_MAX])
{
	char command[600], line[512];
	bool found = false;
	FILE *f;

	snprintf(command, sizeof command, "samba-tool %s show %s --attributes=objectSid --configfile=\"$AD_SMB_CONF\" 2>/dev/null", kind, name);
	f = popen(command, "r");
	while (f && fgets(line, sizeof line, f))
		found |= sscanf(line, "objectSid: %190s", sid) == 1;
	if (f)
		pclose(f);
	return found;
}

static bool
has_group(const char *sid)
{
	for (unsigned i = 0; i < accept_lsa.groups && i < 8; i++)
		if (strcmp(accept_lsa.group[i], sid) == 0)
			return true;
	return false;
}

static NTSTATUS
log_on(const char *user, const char *target)
{
	gss_buffer_desc text = { .length = strlen(target), .value = (void *)(uintptr_t)target }, out = { 0 };
	gss_ctx_id_t ctx = NULL;
	gss_name_t name = NULL;
	OM_uint32 minor, major;
	char command[300];

	snprintf(command, sizeof command, "printf '%%s\\n' \"$AD_PASSWORD\" | kinit %s@AD.OPENLSA.TEST >/dev/null", user);
	if (!CHECK(system(command) == 0))
		return SEC_E_NO_CREDENTIALS;
	CHECK(gss_import_name(&minor, &text, (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME, &name) == GSS_S_COMPLETE);
	major = gss_init_sec_context(&minor, GSS_C_NO_CREDENTIAL, &ctx, name, (gss_OID)gss_mech_krb5, GSS_C_MUTUAL_FLAG | GSS_C_CONF_FLAG, 0,
	    NULL, NULL, NULL, &out, NULL, NULL);
	accept_over(&side);
	if (CHECK(!GSS_ERROR(major)))
		(void)accept_leg(&side, bytes_of(out.value, out.length));
	(void)gss_release_buffer(&minor, &out);
	if (side.status == SEC_E_OK) {
		gss_buffer_desc in = { .length = side.len, .value = side.token };

		major = gss_init_sec_context(&minor, GSS_C_NO_CREDENTIAL, &ctx, name, (gss_OID)gss_mech_krb5,
		    GSS_C_MUTUAL_FLAG | GSS_C_CONF_FLAG, 0, NULL, &in, NULL, &out, NULL, NULL);
		CHECK(major == GSS_S_COMPLETE);
	} else
		fprintf(stderr, "    %s\n", side.trusted);
	(void)gss_delete_sec_context(&minor, &ctx, NULL);
	(void)gss_release_name(&minor, &name);
	return side.status;
}

TEST(users_of_the_directory)
{
	char user[SID_TEXT_MAX] = "", staff[SID_TEXT_MAX] = "", everybody[SID_TEXT_MAX] = "";

	memset(&accept_lsa, 0, sizeof accept_lsa);
	accept_lsa.keytab = getenv("KRB5_KTNAME");
	accept_lsa.rules[RULE_KERBEROS_PAC] = 1;
	CHECK(told("group", "staff", staff) && told("group", "'Domain Users'", everybody));
	CHECK(told("user", "alice", user));
	CHECK_U64((uint32_t)log_on("alice", "HTTP/localhost@AD.OPENLSA.TEST"), SEC_E_OK);
	CHECK_TEXT(side.user, "alice");
	CHECK_TEXT(side.domain, "OPENLSAD");
	CHECK_TEXT(side.sid, user);
	CHECK(has_group(staff) && has_group(everybody));
	CHECK(told("user", "Administrator", user));
	CHECK_U64((uint32_t)log_on("Administrator", "host/localhost@AD.OPENLSA.TEST"), SEC_E_OK);
	CHECK_TEXT(side.user, "Administrator");
	CHECK_TEXT(side.sid, user);
	CHECK(!has_group(staff) && has_group(everybody) && accept_lsa.groups >= 4);
	accept_over(&side);
}

/* With the domain's own key in a keytab here: the PAC's KDC signature, the one over all of it, and the ticket's. */
TEST(signatures_of_the_directory)
{
	static char folder[400], command[1600];

	(void)snprintf(folder, sizeof folder, "%s/granting", getenv("AD_DIR"));
	(void)snprintf(command, sizeof command, "rm -rf %s; mkdir -p %s && samba-tool domain exportkeytab %s/krbtgt.keytab --principal=krbtgt/AD.OPENLSA.TEST "
	    "--configfile=\"$AD_SMB_CONF\" >/dev/null 2>&1", folder, folder, folder);
	CHECK(system(command) == 0);
	accept_lsa.keytab_folder = folder;
	sleep(2);					/* keytabs are looked at once a second */
	CHECK_U64((uint32_t)log_on("alice", "HTTP/localhost@AD.OPENLSA.TEST"), SEC_E_OK);
	CHECK(strstr(side.trusted, "signed the ticket's PAC, all of it, and the ticket"));
	accept_over(&side);
}

int
main(void)
{
	if (!getenv("AD_DIR"))
		return 77;
	RUN(users_of_the_directory);
	RUN(signatures_of_the_directory);
	return check_end();
}
