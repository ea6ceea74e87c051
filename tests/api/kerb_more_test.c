/*
 * kerb_more_test.c - Kerberos' messages about KDCs that are named by hand,
 * about caches that are empty here, and keytabs of passwords, near and far.
 * krb5.conf names no KDC: MIT's KDC is found by what the messages say alone,
 * and MIT's kinit takes the keytabs. Covers pkg/kerberos/kerb_pin.c, pkg/kerberos/kerb_msg_more.c,
 * pkg/kerberos/kerb_msg_extra.c, src/lsa/keep.c, src/secur32/marshal.c.
 */
#include <stdlib.h>
#include <string.h>

#include <openlsa.h>

#include "tests/api/kerb.h"
#include "tests/api/logon.h"
#include "tests/check.h"

static HANDLE lsa, trusted;
static ULONG kerberos;
static _Alignas(16) unsigned char room[16384];
static size_t used;

static void *
request(size_t fixed, ULONG type)
{
	memset(room, 0, sizeof room);
	memcpy(room, &type, sizeof type);
	used = fixed;
	return room;
}

static UNICODE_STRING
text(const char *ascii)
{
	UNICODE_STRING s = { (USHORT)(2 * strlen(ascii)), (USHORT)(2 * strlen(ascii)), (PWSTR)(void *)(room + used) };

	for (; *ascii; ascii++, used += 2)
		room[used] = (unsigned char)*ascii;
	return s;
}

static bool
is(const UNICODE_STRING *s, const char *ascii)
{
	if (s->Length != 2 * strlen(ascii))
		return false;
	for (size_t i = 0; ascii[i]; i++)
		if (s->Buffer[i] != (WCHAR)(unsigned char)ascii[i])
			return false;
	return true;
}

static NTSTATUS
call(HANDLE link, void *ret_reply, ULONG *ret_len)
{
	NTSTATUS verdict = STATUS_PENDING;
	void *reply = NULL;
	ULONG len = 0;

	CHECK(LsaCallAuthenticationPackage(link, kerberos, room, (ULONG)used, &reply, &len, &verdict) == STATUS_SUCCESS);
	if (ret_reply) {
		*(void **)ret_reply = reply;
		*ret_len = len;
	} else {
		LsaFreeReturnBuffer(reply);
	}
	return verdict;
}

/* --- named KDCs ---------------------------------------------------------------------- */

static NTSTATUS
bind_kdc(HANDLE link, const char *realm, const char *address, ULONG type)
{
	KERB_ADD_BINDING_CACHE_ENTRY_EX_REQUEST *ask = request(sizeof *ask, KerbAddBindingCacheEntryExMessage);

	ask->RealmName = text(realm);
	ask->KdcAddress = text(address);
	ask->AddressType = type;
	ask->DcFlags = 0x123;
	return call(link, NULL, NULL);
}

static NTSTATUS
pin(HANDLE link, const char *realm, const char *address, ULONG flags)
{
	OlsaPinKdcRequest *ask = request(sizeof *ask, KerbPinKdcMessage);

	ask->Realm = text(realm);
	ask->KdcAddress = text(address);
	ask->Flags = flags;
	return call(link, NULL, NULL);
}

static NTSTATUS
purge(HANDLE link)
{
	(void)request(sizeof(KERB_PURGE_BINDING_CACHE_REQUEST), KerbPurgeBindingCacheMessage);
	return call(link, NULL, NULL);
}

static NTSTATUS
unpin(HANDLE link)
{
	(void)request(sizeof(OlsaUnpinAllKdcsRequest), KerbUnpinAllKdcsMessage);
	return call(link, NULL, NULL);
}

static KERB_QUERY_BINDING_CACHE_RESPONSE *
bindings(void)
{
	KERB_QUERY_BINDING_CACHE_RESPONSE *reply = NULL;
	ULONG len = 0;

	(void)request(sizeof(KERB_QUERY_BINDING_CACHE_REQUEST), KerbQueryBindingCacheMessage);
	CHECK_U64((uint32_t)call(lsa, &reply, &len), STATUS_SUCCESS);
	CHECK(reply && len >= sizeof *reply && reply->MessageType == KerbQueryBindingCacheMessage);
	return reply;
}

static ULONG
count(void)
{
	KERB_QUERY_BINDING_CACHE_RESPONSE *reply = bindings();
	ULONG n = reply ? reply->CountOfEntries : 999;

	CHECK(n || !reply->Entries);
	LsaFreeReturnBuffer(reply);
	return n;
}

static SECURITY_STATUS
talks(void)
{
	struct shake s = { .target = "HTTP/localhost" };
	CredHandle cred;
	SECURITY_STATUS status = kerb_cred(&cred, "alice", "OPENLSA.TEST", lab("KDC_PASSWORD"));

	if (!CHECK(status == SEC_E_OK))
		return status;
	s.cred = &cred;
	shake(&s);
	status = s.status;
	shake_end(&s);
	FreeCredentialsHandle(&cred);
	return status;
}

static char here[64];			/* where the KDC is */

TEST(who_may_name)
{
	CHECK_U64(count(), 0);
	CHECK_U64((uint32_t)bind_kdc(lsa, "OPENLSA.TEST", here, 1), (uint32_t)STATUS_ACCESS_DENIED);
	CHECK_U64((uint32_t)pin(lsa, "OPENLSA.TEST", here, 0), (uint32_t)STATUS_ACCESS_DENIED);
	CHECK_U64((uint32_t)purge(lsa), (uint32_t)STATUS_ACCESS_DENIED);
	CHECK_U64((uint32_t)unpin(lsa), (uint32_t)STATUS_ACCESS_DENIED);
	CHECK_U64((uint32_t)purge(trusted), STATUS_SUCCESS);		/* of nothing */
	CHECK_U64((uint32_t)unpin(trusted), STATUS_SUCCESS);
	CHECK_U64(count(), 0);
}

TEST(what_no_name_is)
{
	static const char *const bad[] = { "", "a b", "tcp/a", "http://a", "a,b", ":88", "\\\\", "a\tb" };
	char longer[300];

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_U64((uint32_t)bind_kdc(trusted, "R", bad[i], 1), (uint32_t)STATUS_INVALID_PARAMETER);
	memset(longer, 'a', 256);
	longer[256] = 0;
	CHECK_U64((uint32_t)bind_kdc(trusted, longer, "a", 1), (uint32_t)STATUS_INVALID_PARAMETER);
	CHECK_U64((uint32_t)bind_kdc(trusted, "R", longer, 1), (uint32_t)STATUS_INVALID_PARAMETER);
	CHECK_U64((uint32_t)bind_kdc(trusted, "", "a", 1), (uint32_t)STATUS_INVALID_PARAMETER);
	CHECK_U64((uint32_t)bind_kdc(trusted, "R", "a", 3), (uint32_t)STATUS_INVALID_PARAMETER);
	CHECK_U64((uint32_t)pin(trusted, "R", "a", 1), (uint32_t)STATUS_INVALID_PARAMETER);
	CHECK_U64(count(), 0);
}

TEST(the_list)
{
	KERB_QUERY_BINDING_CACHE_RESPONSE *reply;

	CHECK_U64((uint32_t)bind_kdc(trusted, "A.TEST", "\\\\kdc.a.test", 2), STATUS_SUCCESS);
	CHECK_U64((uint32_t)pin(trusted, "B.TEST", "10.1.2.3:1088", 0), STATUS_SUCCESS);
	reply = bindings();
	if (CHECK_U64(reply->CountOfEntries, 2)) {
		const KERB_BINDING_CACHE_ENTRY_DATA *e = reply->Entries;

		CHECK(is(&e[0].RealmName, "B.TEST") && is(&e[0].KdcAddress, "10.1.2.3:1088") && is(&e[0].KdcName, "10.1.2.3"));
		CHECK(is(&e[1].RealmName, "A.TEST") && is(&e[1].KdcAddress, "kdc.a.test") && is(&e[1].KdcName, "kdc.a.test"));
		CHECK(e[1].AddressType == 2 && e[1].DcFlags == 0x123 && e[0].DcFlags == 0);
		CHECK(e[1].DiscoveryTime && e[1].DiscoveryTime <= e[0].DiscoveryTime);
	}
	LsaFreeReturnBuffer(reply);
	CHECK_U64((uint32_t)bind_kdc(trusted, "a.test", "other", 1), STATUS_SUCCESS);	/* in the place of the first */
	CHECK_U64(count(), 2);
	CHECK_U64((uint32_t)purge(trusted), STATUS_SUCCESS);
	CHECK_U64(count(), 1);
	CHECK_U64((uint32_t)unpin(trusted), STATUS_SUCCESS);
	CHECK_U64(count(), 0);
	for (int i = 0; i < 64; i++) {
		char realm[16];

		(void)snprintf(realm, sizeof realm, "R%d.TEST", i);
		CHECK_U64((uint32_t)pin(trusted, realm, "kdc", 0), STATUS_SUCCESS);
	}
	CHECK_U64((uint32_t)pin(trusted, "ONE.MORE", "kdc", 0), (uint32_t)STATUS_QUOTA_EXCEEDED);
	CHECK_U64((uint32_t)pin(trusted, "R7.TEST", "kdc2", 0), STATUS_SUCCESS);
	CHECK_U64(count(), 64);
	CHECK_U64((uint32_t)unpin(trusted), STATUS_SUCCESS);
}

TEST(they_are_asked)
{
	CHECK_U64((uint32_t)talks(), (uint32_t)SEC_E_NO_AUTHENTICATING_AUTHORITY);
	CHECK_U64((uint32_t)bind_kdc(trusted, "OPENLSA.TEST", here, 1), STATUS_SUCCESS);
	CHECK_U64((uint32_t)talks(), SEC_E_OK);
	CHECK_U64((uint32_t)purge(trusted), STATUS_SUCCESS);
	CHECK_U64((uint32_t)talks(), (uint32_t)SEC_E_NO_AUTHENTICATING_AUTHORITY);
	CHECK_U64((uint32_t)pin(trusted, "OpenLSA.test", here, 0), STATUS_SUCCESS);
	CHECK_U64((uint32_t)talks(), SEC_E_OK);
	CHECK_U64((uint32_t)bind_kdc(trusted, "OPENLSA.TEST", "127.0.0.1:9", 1), STATUS_SUCCESS);	/* the pinned one comes before */
	CHECK_U64((uint32_t)talks(), SEC_E_OK);
	CHECK_U64((uint32_t)unpin(trusted), STATUS_SUCCESS);
	CHECK_U64((uint32_t)talks(), (uint32_t)SEC_E_NO_AUTHENTICATING_AUTHORITY);
	CHECK_U64((uint32_t)purge(trusted), STATUS_SUCCESS);
}

/* --- what is empty ---------------------------------------------------------------------- */

TEST(empty_caches)
{
	static const struct { ULONG type, len; } rows[] = {
		{ KerbQueryKdcProxyCacheMessage, sizeof(KERB_QUERY_KDC_PROXY_CACHE_RESPONSE) },
		{ KerbPurgeKdcProxyCacheMessage, sizeof(KERB_PURGE_KDC_PROXY_CACHE_RESPONSE) },
		{ KerbQueryS4U2ProxyCacheMessage, sizeof(KERB_QUERY_S4U2PROXY_CACHE_RESPONSE) },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		KERB_QUERY_KDC_PROXY_CACHE_REQUEST *ask = request(sizeof *ask, rows[i].type);
		unsigned char *reply = NULL, zeros[16] = { 0 };
		ULONG len = 0;

		CHECK_U64((uint32_t)call(lsa, &reply, &len), STATUS_SUCCESS);
		if (CHECK(reply && len == rows[i].len))
			CHECK(*(ULONG *)(void *)reply == rows[i].type && memcmp(reply + 4, zeros, len - 4) == 0); /* not secret */
		LsaFreeReturnBuffer(reply);
		ask->LogonId.LowPart = 4711;
		CHECK_U64((uint32_t)call(lsa, NULL, NULL), (uint32_t)STATUS_NO_SUCH_LOGON_SESSION);
	}
	(void)request(sizeof(KERB_CLEANUP_MACHINE_PKINIT_CREDS_REQUEST), KerbCleanupMachinePkinitCredsMessage);
	CHECK_U64((uint32_t)call(lsa, NULL, NULL), (uint32_t)STATUS_ACCESS_DENIED);
	CHECK_U64((uint32_t)call(trusted, NULL, NULL), STATUS_SUCCESS);
}

TEST(policies)
{
	KERB_QUERY_DOMAIN_EXTENDED_POLICIES_REQUEST *ask = request(sizeof *ask, KerbQueryDomainExtendedPoliciesMessage);
	KERB_QUERY_DOMAIN_EXTENDED_POLICIES_RESPONSE *reply = NULL;
	ULONG len = 0;

	ask->DomainName = text("OPENLSA.TEST");
	CHECK_U64((uint32_t)call(lsa, &reply, &len), STATUS_SUCCESS);
	if (CHECK(reply && len == sizeof *reply))
		CHECK(reply->MessageType == KerbQueryDomainExtendedPoliciesMessage && !reply->Flags && !reply->ExtendedPolicies &&
		    !reply->DsFlags);
	LsaFreeReturnBuffer(reply);
}

/* --- keytabs ------------------------------------------------------------------------------ */

static NTSTATUS
keytab(const char *user, const char *domain, const char *password, ULONG flags, KERB_RETRIEVE_KEY_TAB_RESPONSE **ret_reply)
{
	KERB_RETRIEVE_KEY_TAB_REQUEST *ask = request(sizeof *ask, KerbRetrieveKeyTabMessage);
	ULONG len = 0;
	NTSTATUS verdict;

	ask->Flags = flags;
	ask->UserName = text(user);
	ask->DomainName = text(domain);
	ask->Password = text(password);
	verdict = call(lsa, ret_reply, &len);
	CHECK(!*ret_reply || len == sizeof **ret_reply + (((*ret_reply)->KeyTabLength + 7u) & ~7u) || len == sizeof **ret_reply +
	    (*ret_reply)->KeyTabLength);
	return verdict;
}

/* What MIT says of it. */
static bool
kinit(const KERB_RETRIEVE_KEY_TAB_RESPONSE *reply, const char *who)
{
	char path[512], line[1600];
	FILE *f;
	bool good;

	(void)snprintf(path, sizeof path, "%s/made.keytab", lab("KDC_DIR"));
	f = fopen(path, "wb");
	good = CHECK(f && fwrite(reply->KeyTab, 1, reply->KeyTabLength, f) == reply->KeyTabLength);
	if (f)
		good = fclose(f) == 0 && good;
	(void)snprintf(line, sizeof line, "KRB5_CONFIG='%s/krb5.conf' KRB5CCNAME='FILE:%s/made.cc' kinit -k -t '%s' '%s' >/dev/null 2>&1",
	    lab("KDC_DIR"), lab("KDC_DIR"), path, who);
	return good && system(line) == 0;
}

TEST(a_keytab_of_a_password)
{
	KERB_RETRIEVE_KEY_TAB_RESPONSE *reply = NULL;

	CHECK_U64((uint32_t)keytab("alice", "openlsa.test", lab("KDC_PASSWORD"), 0, &reply), STATUS_SUCCESS);
	if (CHECK(reply && reply->KeyTabLength > 100)) {
		CHECK(reply->MessageType == KerbRetrieveKeyTabMessage && reply->KeyTab[0] == 5 && reply->KeyTab[1] == 2);
		CHECK(kinit(reply, "alice@OPENLSA.TEST"));
		CHECK(!kinit(reply, "bob@OPENLSA.TEST"));
	}
	LsaFreeReturnBuffer(reply);
	reply = NULL;
	CHECK_U64((uint32_t)keytab("alice", "", "not it", 0, &reply), STATUS_SUCCESS);	/* nobody is asked whether it is right */
	if (CHECK(reply))
		CHECK(!kinit(reply, "alice@OPENLSA.TEST"));
	LsaFreeReturnBuffer(reply);
	reply = NULL;
	CHECK_U64((uint32_t)keytab("", "OPENLSA.TEST", "x", 0, &reply), (uint32_t)STATUS_INVALID_PARAMETER);
	CHECK_U64((uint32_t)keytab("alice", "OPENLSA.TEST", "x", 1, &reply), (uint32_t)STATUS_INVALID_PARAMETER);
	CHECK(!reply);
}

/* --- what is not supported, and what is cut short ----------------------------------------------- */

TEST(the_others)
{
	static const ULONG none[] = { 0, 2, 3, 5, 9, 10, 13, 16, 18, 35, 36 };
	static const struct { ULONG type, whole; } forms[] = {
		{ KerbQueryKdcProxyCacheMessage, sizeof(KERB_QUERY_KDC_PROXY_CACHE_REQUEST) },
		{ KerbPurgeKdcProxyCacheMessage, sizeof(KERB_PURGE_KDC_PROXY_CACHE_REQUEST) },
		{ KerbAddBindingCacheEntryExMessage, sizeof(KERB_ADD_BINDING_CACHE_ENTRY_EX_REQUEST) },
		{ KerbPinKdcMessage, sizeof(OlsaPinKdcRequest) }, { KerbUnpinAllKdcsMessage, sizeof(OlsaUnpinAllKdcsRequest) },
		{ KerbQueryDomainExtendedPoliciesMessage, sizeof(KERB_QUERY_DOMAIN_EXTENDED_POLICIES_REQUEST) },
		{ KerbQueryS4U2ProxyCacheMessage, sizeof(KERB_QUERY_S4U2PROXY_CACHE_REQUEST) },
		{ KerbRetrieveKeyTabMessage, sizeof(KERB_RETRIEVE_KEY_TAB_REQUEST) },
	};

	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		(void)request(256, none[i]);
		CHECK_U64((uint32_t)call(trusted, NULL, NULL), (uint32_t)STATUS_NOT_SUPPORTED);
	}
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		for (ULONG len = 4; len < forms[i].whole; len++) {
			NTSTATUS verdict = -1;

			(void)request(len, forms[i].type);
			CHECK(LsaCallAuthenticationPackage(trusted, kerberos, room, len, NULL, NULL, &verdict) == STATUS_INVALID_PARAMETER);
		}
}

int
main(void)
{
	if (!getenv("KDC_DIR"))
		return 77;
	api_begin();
	(void)snprintf(here, sizeof here, "127.0.0.1:%s", lab("KDC_PORT"));
	lsa = logon_untrusted();
	trusted = logon_trusted();
	kerberos = logon_package(lsa, MICROSOFT_KERBEROS_NAME_A);
	RUN(who_may_name);
	RUN(what_no_name_is);
	RUN(the_list);
	RUN(they_are_asked);
	RUN(empty_caches);
	RUN(policies);
	RUN(a_keytab_of_a_password);
	RUN(the_others);
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS && LsaDeregisterLogonProcess(trusted) == STATUS_SUCCESS);
	return check_end();
}
