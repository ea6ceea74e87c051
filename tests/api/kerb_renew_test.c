/*
 * kerb_renew_test.c - a session's tickets are renewed by the daemon while the
 * session lasts, and are asked for no more when it has ended: a user of MIT's KDC whose
 * tickets last 8 seconds (tests/lab/kdc.py). Embedded nobody renews them.
 * Covers pkg/kerberos/kerb_renew.c, src/lsa/tend.c, src/lsa/keep.c (keep_due).
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/api/kerb.h"
#include "tests/api/logon.h"
#include "tests/check.h"

#define LIFE_MS 8000u

static HANDLE lsa;
static ULONG kerberos;

/* When the session's ticket-granting ticket ends, and until when it can be renewed; 0: there is none. */
static uint64_t
ends(LUID luid, uint64_t *ret_till)
{
	KERB_QUERY_TKT_CACHE_REQUEST ask = { KerbQueryTicketCacheMessage, luid };
	KERB_QUERY_TKT_CACHE_RESPONSE *reply = NULL;
	NTSTATUS verdict = -1;
	uint64_t end = 0;
	ULONG len = 0;

	CHECK(LsaCallAuthenticationPackage(lsa, kerberos, &ask, sizeof ask, (void **)&reply, &len, &verdict) == STATUS_SUCCESS);
	for (ULONG i = 0; reply && i < reply->CountOfTickets; i++)
		if (reply->Tickets[i].ServerName.Length == 2 * strlen("krbtgt/OPENLSA.TEST") && reply->Tickets[i].ServerName.Buffer[0] == 'k') {
			end = (uint64_t)reply->Tickets[i].EndTime.QuadPart;
			*ret_till = (uint64_t)reply->Tickets[i].RenewTime.QuadPart;
		}
	LsaFreeReturnBuffer(reply);
	return end;
}

static SECURITY_STATUS
shakes_as(LUID *luid)
{
	struct shake s = { .target = "host/aes128.openlsa.test", .wants = ISC_REQ_MUTUAL_AUTH | ISC_REQ_INTEGRITY | ISC_REQ_CONFIDENTIALITY };
	CredHandle cred;
	SECURITY_STATUS status;

	status = AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)"Kerberos", SECPKG_CRED_OUTBOUND, luid, NULL, NULL, NULL, &cred, NULL);
	if (status != SEC_E_OK)
		return status;
	s.cred = &cred;
	shake(&s);
	status = s.status;
	shake_end(&s);
	FreeCredentialsHandle(&cred);
	return status;
}

/* Lines of the KDC's log that tell of this user's requests. */
static unsigned
asked(const char *user)
{
	char path[600], line[2000];
	unsigned count = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/kdc0.log", lab("KDC_DIR"));
	f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		count += strstr(line, "TGS_REQ") && strstr(line, user);
	if (f)
		fclose(f);
	return count;
}

TEST(tickets_of_a_session_are_renewed)
{
	struct logging l = { .lsa = lsa, .package = kerberos, .type = Network };
	uint64_t first, last, till = 0, again = 0, began = api_ms();
	unsigned count;

	logon_interactive(&l, lab("KDC_REALM"), "fay", lab("KDC_PASSWORD"), true);
	if (!CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS))
		return;
	first = last = ends(l.luid, &till);
	CHECK(first > 0 && till > first);
	if (!api_far()) {
		sleep(6);
		CHECK(ends(l.luid, &again) == first);
		logon_end(&l);
		return;
	}
	while (last == first && api_ms() - began < LIFE_MS) {
		usleep(100000);
		last = ends(l.luid, &again);
	}
	CHECK(last > first && again == till);
	CHECK(api_ms() - began > LIFE_MS / 4);			/* not at once */
	while (api_ms() - began < LIFE_MS + 3000)		/* the first one is over */
		usleep(100000);
	CHECK_U64((ULONG)shakes_as(&l.luid), SEC_E_OK);
	CHECK(ends(l.luid, &again) > last);			/* and the second one was renewed */
	count = asked("fay");
	CHECK(count >= 3);
	logon_end(&l);
	CHECK(!logon_listed(l.luid));
	usleep(LIFE_MS * 1000u * 3 / 4);
	CHECK_U64(asked("fay"), count);
}

int
main(void)
{
	api_begin();
	setenv("KRB5CCNAME", "FILE:/nonexistent/cc", 1);
	lsa = logon_untrusted();
	kerberos = logon_package(lsa, "Kerberos");
	RUN(tickets_of_a_session_are_renewed);
	LsaDeregisterLogonProcess(lsa);
	return check_end();
}
