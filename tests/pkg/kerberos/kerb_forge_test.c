/*
 * kerb_forge_test.c - pkg/kerberos/kerb_accept.c, pkg/kerberos/kerb_judge.c, pkg/kerberos/kerb_answer.c, pkg/kerberos/kerb_peer.c,
 * pkg/kerberos/kerb_signed.c, pkg/kerberos/kerb_proof.c, pkg/kerberos/kerb_keys.c, pkg/kerberos/kerb_choose.c, without a KDC: tickets made by one who has the
 * service's key, and by one who has not. PACs of a domain, replays across
 * restarts, keytabs that change.
 */
#include "tests/pkg/kerberos/forge_side.h"

#include <sys/resource.h>

#include "crypto/legacy.h"
#include "pkg/kerberos/kerb_pac.h"

/* --- who it is ------------------------------------------------------------------- */

TEST(forged_with_the_key)
{
	begin();
	OFFER(SEC_E_OK);
	CHECK(side.len > 2 && side.token[0] == 0x6f);		/* raw in, raw out */
	CHECK_TEXT(side.user, "alice");
	CHECK_TEXT(side.domain, "FORGE.TEST");
	CHECK_TEXT(side.sid, "");
	CHECK_TEXT(side.target, "host/server.forge.test@FORGE.TEST");
	CHECK(side.data.server && side.data.acceptor_subkey && side.data.receive == 0x12345678);
	CHECK(side.data.grants & ASC_RET_MUTUAL_AUTH && !(side.data.grants & ASC_RET_DELEGATE));
	CHECK_U64((uint32_t)accept_lsa.audited, STATUS_SUCCESS);
	CHECK_U64((uint32_t)accept_leg(&side, bytes_of(token, 10)), (uint32_t)SEC_E_OUT_OF_SEQUENCE);
	f.checksum = checksum(KERB_FLAG_CONF, NULL);		/* without mutual: nothing goes back, the session key counts */
	OFFER(SEC_E_OK);
	CHECK(side.len == 0 && !side.data.acceptor_subkey && side.data.send == side.data.receive);
	CHECK(same_secret(side.data.key.b, f.session->contents, f.session->length));
	end();
}

/* An attacker's KDC has a database of its own, and so another key. */
TEST(forged_without_the_key)
{
	begin();
	f.key = keys[1];
	OFFER(SEC_E_LOGON_DENIED);
	CHECK(strstr(side.trusted, "another key") != NULL && strstr(side.caller, "another key") == NULL);
	CHECK_U64((uint32_t)accept_lsa.audited, (uint32_t)SEC_E_LOGON_DENIED);
	CHECK(side.ret.token.len == 0);
	f.kvno = 9;
	OFFER(SEC_E_LOGON_DENIED);
	CHECK(strstr(side.caller, "host/server.forge.test@FORGE.TEST, kvno 9, aes256") != NULL);
	CHECK(strstr(side.caller, "the keytab has kvno 3 aes256") != NULL);
	f.service[0] = "cifs";
	OFFER(SEC_E_LOGON_DENIED);
	CHECK(strstr(side.caller, "has nothing for it") != NULL);
	f.service[0] = "ci fs\n";
	OFFER(SEC_E_LOGON_DENIED);
	CHECK(strstr(side.caller, "fs") == NULL && strstr(side.caller, "not repeated") != NULL);
	end();
}

/* Nothing of a leg that could not even begin is left, and nobody is let in. */
TEST(without_a_context)
{
	begin();
	accept_lsa.no_context = true;
	OFFER(STATUS_INSUFFICIENT_RESOURCES);
	CHECK_U64((uint32_t)accept_leg(&side, bytes_of(token, 10)), (uint32_t)SEC_E_OUT_OF_SEQUENCE);
	accept_lsa.no_context = false;
	OFFER(SEC_E_OK);
	end();
}

/* The client's name as `f` has it, with a NUL where a 1 stands. */
static struct bytes
with_nul(uint8_t *plain, size_t len)
{
	uint8_t *at = memmem(plain, len, f.client, strlen(f.client));

	if (CHECK(at != NULL))
		*(uint8_t *)strchr((char *)at, 1) = 0;
	return bytes_of(plain, len);
}

/* Names: of one part and of several, and none that could be taken for another. */
TEST(names)
{
	static const struct { const char *client; bool good; } rows[] = {
		{ "root", true }, { "ROOT", true }, { "user$", true }, { "name with blank", true }, { "\xc3\xa4", true },
		{ "a\xcc\x88", true }, { "root.", true },	/* each stays as it came */
		{ "a/b", false }, { "root@FORGE.TEST", false }, { "DOM\\root", false }, { "a\nb", false }, { "\xff", false },
		{ "", false },
	};
	static uint8_t ticket[FORGE_MAX], proof[FORGE_MAX];

	begin();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		f.client = rows[i].client;
		OFFER(rows[i].good ? SEC_E_OK : SEC_E_LOGON_DENIED);
		if (rows[i].good)
			CHECK_TEXT(side.user, rows[i].client);
	}
	/* A name that ends early for who reads C's strings. */
	f.client = "alice\001root";
	f.ticket_plain = with_nul(ticket, forge_ticket_plain(&f, ticket));
	f.proof_plain = with_nul(proof, forge_proof_plain(&f, proof));
	OFFER(SEC_E_LOGON_DENIED);
	CHECK(strstr(side.trusted, "no name that can be shown") != NULL);
	f.ticket_plain = f.proof_plain = BYTES_NONE;
	f.client = "alice";
	accept_lsa.rules[RULE_KERBEROS_PAC] = 1;
	OFFER(SEC_E_LOGON_DENIED);
	end();
}

/* --- the PAC ----------------------------------------------------------------------- */

static void
pac_offer(krb5_data *pac, NTSTATUS want)
{
	f.pac = bytes_of(pac->data, pac->length);
	OFFER(want);
}

TEST(pac_of_a_domain)
{
	static uint8_t info[4096];
	struct pac_make m = make_example();
	struct bytes logon;
	krb5_data pac = { 0 };

	begin();
	logon = bytes_of(info, make_logon_info(info, sizeof info, &m));
	CHECK(forge_pac(&f, &pac, f.key, "alice", logon));
	pac_offer(&pac, SEC_E_OK);
	CHECK_TEXT(side.user, "alice");
	CHECK_TEXT(side.domain, "OPENLSA");
	CHECK_TEXT(side.sid, "S-1-5-21-11-22-33-1104");
	CHECK_U64(accept_lsa.groups, 6);
	CHECK_TEXT(accept_lsa.group[0], "S-1-5-21-11-22-33-513");
	accept_lsa.rules[RULE_KERBEROS_PAC] = 1;
	pac_offer(&pac, SEC_E_OK);
	f.two_pacs = true;
	pac_offer(&pac, SEC_E_LOGON_DENIED);
	f.two_pacs = false;
	/* Each byte changed: the signature covers them all. */
	for (unsigned i = 0; i < pac.length; i++) {
		pac.data[i] = (char)(pac.data[i] ^ 0x10);
		accept_lsa.sid[0] = 0;
		f.pac = bytes_of(pac.data, pac.length);
		if (offer() == SEC_E_OK) {
			/* The domain's own signature is not ours to check, nor padding behind a type; the user stays who it is. */
			CHECK_TEXT(side.sid, "S-1-5-21-11-22-33-1104");
			CHECK_U64(accept_lsa.groups, 6);
		}
		pac.data[i] = (char)(pac.data[i] ^ 0x10);
	}
	for (unsigned len = 1; len < pac.length; len += 3) {
		f.pac = bytes_of(pac.data, len);
		OFFER(SEC_E_LOGON_DENIED);
	}
	krb5_free_data_contents(f.k5, &pac);
	CHECK(forge_pac(&f, &pac, keys[1], "alice", logon));	/* signed by another */
	pac_offer(&pac, SEC_E_LOGON_DENIED);
	krb5_free_data_contents(f.k5, &pac);
	CHECK(forge_pac(&f, &pac, f.key, "bob", logon));	/* of another client */
	pac_offer(&pac, SEC_E_LOGON_DENIED);
	krb5_free_data_contents(f.k5, &pac);
	CHECK(forge_pac(&f, &pac, f.key, "alice", BYTES_NONE));	/* as MIT's KDC makes them: no logon information */
	pac_offer(&pac, SEC_E_LOGON_DENIED);			/* the policy */
	accept_lsa.rules[RULE_KERBEROS_PAC] = 0;
	pac_offer(&pac, SEC_E_OK);
	CHECK_TEXT(side.domain, "FORGE.TEST");
	krb5_free_data_contents(f.k5, &pac);
	info[100] ^= 0xff;
	logon.len -= 9;						/* malformed, but signed */
	CHECK(forge_pac(&f, &pac, f.key, "alice", logon));
	pac_offer(&pac, SEC_E_LOGON_DENIED);
	krb5_free_data_contents(f.k5, &pac);
	end();
}

/* Buffers taken out: whoever has no key cannot sign what is left. */
TEST(pac_without_its_buffers)
{
	static uint8_t info[4096], less[8192];
	struct pac_make m = make_example();
	uint32_t types[16];
	struct bytes parts[16];
	krb5_data pac = { 0 };
	uint32_t count, left;

	begin();
	CHECK(forge_pac(&f, &pac, f.key, "alice", bytes_of(info, make_logon_info(info, sizeof info, &m))));
	count = get_u32((const uint8_t *)pac.data);
	CHECK(count >= 4 && count <= 16);
	for (uint32_t skip = 0; skip < count; skip++) {
		left = 0;
		for (uint32_t i = 0; i < count; i++) {
			const uint8_t *row = (const uint8_t *)pac.data + 8 + 16 * i;

			if (i == skip)
				continue;
			types[left] = get_u32(row);
			parts[left++] = bytes_of(pac.data + get_u32(row + 8), get_u32(row + 4));
		}
		f.pac = bytes_of(less, make_pac(less, sizeof less, types, parts, left));
		OFFER(SEC_E_LOGON_DENIED);
	}
	krb5_free_data_contents(f.k5, &pac);
	end();
}

/* The parts of a PAC of libkrb5's, one of them another. */
static size_t
pac_again(uint8_t *to, size_t cap, const krb5_data *pac, uint32_t type, struct bytes part)
{
	uint32_t count = get_u32((const uint8_t *)pac->data), types[16];
	struct bytes parts[16];

	CHECK(count <= 16);
	for (uint32_t i = 0; i < count && i < 16; i++) {
		const uint8_t *row = (const uint8_t *)pac->data + 8 + 16 * i;

		types[i] = get_u32(row);
		parts[i] = types[i] == type ? part : bytes_of(pac->data + get_u32(row + 8), get_u32(row + 4));
	}
	return make_pac(to, cap, types, parts, count);
}

/* Signed with a key of another type, be it the service's own, and with none at all: CVE-2010-1324, CVE-2022-37967. */
TEST(pac_signed_otherwise)
{
	static const krb5_enctype types[] = { ENCTYPE_AES128_CTS_HMAC_SHA1_96, ENCTYPE_AES128_CTS_HMAC_SHA256_128,
	    ENCTYPE_AES256_CTS_HMAC_SHA384_192, ENCTYPE_ARCFOUR_HMAC };
	static uint8_t info[4096], forged[8192];
	struct pac_make m = make_example();
	uint8_t digest[4 + MD_LEN] = { 0 };
	krb5_keyblock *weaker = NULL;
	struct bytes logon;
	krb5_data pac = { 0 };
	struct forge also;
	size_t len, at;

	begin();
	logon = bytes_of(info, make_logon_info(info, sizeof info, &m));
	accept_lsa.rules[RULE_KERBEROS_RC4] = 1;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		CHECK(krb5_init_keyblock(f.k5, types[i], 0, &weaker) == 0 && krb5_c_make_random_key(f.k5, types[i], weaker) == 0);
		also = f;
		also.key = weaker;
		keytab_write(&also, "a");			/* the service has this key, too */
		CHECK(forge_pac(&f, &pac, weaker, "alice", logon));
		pac_offer(&pac, SEC_E_LOGON_DENIED);
		CHECK(strstr(side.trusted, "no server signature of the kind") != NULL);
		krb5_free_data_contents(f.k5, &pac);
		krb5_free_keyblock(f.k5, weaker);
		weaker = NULL;
	}
	/* A digest that anybody can make: RSA-MD5, type 7, over the PAC with zeros in both signatures' places. */
	CHECK(forge_pac(&f, &pac, keys[1], "alice", logon));
	put_u32(digest, 7);
	len = pac_again(forged, sizeof forged, &pac, PAC_SERVER_CHECKSUM, bytes_of(digest, sizeof digest));
	for (uint32_t i = 0; i < get_u32(forged); i++) {
		const uint8_t *row = forged + 8 + 16 * i;

		if (get_u32(row) == PAC_KDC_CHECKSUM)
			memset(forged + get_u32(row + 8) + 4, 0, get_u32(row + 4) - 4);
	}
	md5_of(digest + 4, bytes_of(forged, len));
	for (uint32_t i = 0; i < get_u32(forged); i++) {
		const uint8_t *row = forged + 8 + 16 * i;

		at = get_u32(row + 8);
		if (get_u32(row) == PAC_SERVER_CHECKSUM)
			memcpy(forged + at, digest, sizeof digest);
	}
	f.pac = bytes_of(forged, len);
	OFFER(SEC_E_LOGON_DENIED);
	put_u32(digest, 16);					/* and said to be of the right kind */
	len = pac_again(forged, sizeof forged, &pac, PAC_SERVER_CHECKSUM, bytes_of(digest, 16));
	f.pac = bytes_of(forged, len);
	OFFER(SEC_E_LOGON_DENIED);
	krb5_free_data_contents(f.k5, &pac);
	CHECK(forge_pac(&f, &pac, f.key, "alice", logon));	/* and as it should be */
	pac_offer(&pac, SEC_E_OK);
	krb5_free_data_contents(f.k5, &pac);
	end();
}

/* --- replays -------------------------------------------------------------------------- */

/* Where the domain's own key is here, its signature counts: whoever has the service's key can make the other one alone. */
TEST(signed_by_the_domain)
{
	struct forge granting, elsewhere, other;
	struct pac_make m = make_example();
	uint8_t info[4096];
	krb5_data pac = { 0 }, theirs = { 0 };
	struct bytes logon, part;

	begin();
	logon = bytes_of(info, make_logon_info(info, sizeof info, &m));
	granting = elsewhere = other = f;
	other.session = keys[1];			/* forge_pac signs with it in the domain's place */
	CHECK(forge_pac(&f, &pac, f.key, "alice", logon) && forge_pac(&other, &theirs, f.key, "alice", logon));
	granting.service[0] = elsewhere.service[0] = "krbtgt";
	granting.service[1] = "FORGE.TEST";
	granting.key = f.session;
	granting.kvno = 2;
	elsewhere.realm = elsewhere.service[1] = "OTHER.TEST";
	elsewhere.key = keys[1];
	pac_offer(&theirs, SEC_E_OK);			/* nobody here can tell */
	CHECK(!strstr(side.trusted, "krbtgt"));
	sleep(2);					/* files are looked at once a second */
	keytab_write(&elsewhere, "a");
	pac_offer(&theirs, SEC_E_OK);			/* another realm's key tells nothing either */
	sleep(2);
	keytab_write(&granting, "a");
	pac_offer(&pac, SEC_E_OK);
	CHECK(strstr(side.trusted, "(krbtgt, key version 2) signed the ticket's PAC"));
	pac_offer(&theirs, SEC_E_LOGON_DENIED);
	CHECK(strstr(side.trusted, "has no KDC signature, or a wrong one") && !strstr(side.caller, "KDC"));
	if (CHECK(pac_part(&part, bytes_of(pac.data, pac.length), PAC_KDC_CHECKSUM)))
		for (size_t i = 0; i < part.len; i++) {
			uint8_t *at = (uint8_t *)(uintptr_t)part.at + i;

			*at ^= 1;
			pac_offer(&pac, SEC_E_LOGON_DENIED);
			*at ^= 1;
		}
	pac_offer(&pac, SEC_E_OK);
	granting.key = keys[1];				/* an older key of the domain's */
	granting.kvno = 1;
	sleep(2);
	keytab_write(&granting, "a");
	pac_offer(&theirs, SEC_E_OK);
	pac_offer(&pac, SEC_E_OK);
	/* It opens nobody's ticket. */
	f.service[0] = "krbtgt";
	f.service[1] = "FORGE.TEST";
	f.key = f.session;
	pac_offer(&pac, SEC_E_LOGON_DENIED);
	f.key = keys[0];
	krb5_free_data_contents(f.k5, &pac);
	krb5_free_data_contents(f.k5, &theirs);
	f.pac = BYTES_NONE;
	end();
}

/* Address space for little more than what there is now; none of it is taken back with 0. */
static void
narrow(size_t more)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	unsigned long pages = 0;
	FILE *statm = more ? fopen("/proc/self/statm", "r") : NULL;

	if (more) {
		CHECK(statm && fscanf(statm, "%lu", &pages) == 1 && fclose(statm) == 0);
		limit.rlim_cur = pages * (size_t)sysconf(_SC_PAGESIZE) + more;
	}
	CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
}

/* A keytab that there was no memory to read is not one without the domain's key, and is read when there is some. */
TEST(a_key_unread_is_not_a_key_missing)
{
	static const uint8_t hole[4] = { 0xff, 0xf2, 0x00, 0x00 };	/* 896 KiB of nothing */
	struct forge granting, other;
	struct pac_make m = make_example();
	krb5_data theirs = { 0 };
	uint8_t info[4096];
	NTSTATUS status;
	size_t len;
	FILE *file;

#ifdef __SANITIZE_ADDRESS__
	CHECK_SKIP("AddressSanitizer ends where there is no address space");
	return;
#endif
	begin();
	granting = other = f;
	other.session = keys[1];
	CHECK(forge_pac(&other, &theirs, f.key, "alice", bytes_of(info, make_logon_info(info, sizeof info, &m))));
	granting.service[0] = "krbtgt";
	granting.service[1] = "FORGE.TEST";
	granting.key = f.session;
	pac_offer(&theirs, SEC_E_OK);
	sleep(2);
	file = fopen(keytab, "a");
	CHECK(file && fwrite(hole, sizeof hole, 1, file) == 1 && fflush(file) == 0 && truncate(keytab, ftell(file) + 0xe0000) == 0 && fclose(file) == 0);
	keytab_write(&granting, "a");
	accept_over(&side);
	f.cusec = ++serial;
	len = forge_ap_req(&f, token);
	narrow(0x80000);
	status = accept_leg(&side, bytes_of(token, len));
	narrow(0);
	CHECK_U64((uint32_t)status, (uint32_t)STATUS_INSUFFICIENT_RESOURCES);
	pac_offer(&theirs, STATUS_INSUFFICIENT_RESOURCES);	/* looked at once a second */
	sleep(2);
	pac_offer(&theirs, SEC_E_LOGON_DENIED);
	krb5_free_data_contents(f.k5, &theirs);
	f.pac = BYTES_NONE;
	end();
}

/* Nor is one that is damaged, or that stands in a folder that cannot be listed. */
TEST(a_key_unreadable_is_not_a_key_missing)
{
	static char folder[200], path[300], main_keytab[300];
	struct forge granting, other;
	struct pac_make m = make_example();
	krb5_data theirs = { 0 };
	uint8_t info[4096];
	FILE *file;

	begin();
	granting = other = f;
	other.session = keys[1];
	CHECK(forge_pac(&other, &theirs, f.key, "alice", bytes_of(info, make_logon_info(info, sizeof info, &m))));
	granting.service[0] = "krbtgt";
	granting.service[1] = "FORGE.TEST";
	granting.key = f.session;
	(void)snprintf(folder, sizeof folder, "%s/keys", estate);
	(void)snprintf(path, sizeof path, "%s/granting.keytab", folder);
	accept_lsa.keytab_folder = folder;
	pac_offer(&theirs, SEC_E_OK);			/* no such folder: no such key */
	CHECK(mkdir(folder, 0700) == 0 && (file = fopen(path, "w")) && fputs("none", file) >= 0 && fclose(file) == 0);
	sleep(2);
	pac_offer(&theirs, STATUS_INSUFFICIENT_RESOURCES);
	CHECK(strstr(side.trusted, "a keytab was not read"));
	(void)snprintf(main_keytab, sizeof main_keytab, "%s", keytab);
	accept_lsa.keytab = main_keytab;
	(void)snprintf(keytab, sizeof keytab, "%s", path);
	keytab_write(&granting, "w");
	sleep(2);
	pac_offer(&theirs, SEC_E_LOGON_DENIED);
	CHECK(unlink(path) == 0 && rmdir(folder) == 0 && symlink(folder, folder) == 0);
	sleep(2);
	pac_offer(&theirs, STATUS_INSUFFICIENT_RESOURCES);
	CHECK(unlink(folder) == 0);
	krb5_free_data_contents(f.k5, &theirs);
	f.pac = BYTES_NONE;
	end();
}

TEST(replays)
{
	size_t len;

	begin();
	accept_lsa.store = estate_open(false);
	f.cusec = ++serial;
	len = forge_ap_req(&f, token);
	CHECK_U64((uint32_t)accept_leg(&side, bytes_of(token, len)), SEC_E_OK);
	accept_over(&side);
	CHECK_U64((uint32_t)accept_leg(&side, bytes_of(token, len)), (uint32_t)SEC_E_LOGON_DENIED);
	accept_over(&side);
	store_close(accept_lsa.store);
	accept_lsa.store = estate_open(false);			/* the LSA was restarted */
	CHECK_U64((uint32_t)accept_leg(&side, bytes_of(token, len)), (uint32_t)SEC_E_LOGON_DENIED);
	CHECK(strstr(side.trusted, "taken twice") != NULL && strstr(side.caller, "taken twice") == NULL);
	accept_over(&side);
	OFFER(SEC_E_OK);
	end();
}

/* A clock that is off: SEC_E_TIME_SKEW, and a KRB-ERROR with our time where the caller wants one. */
TEST(skew)
{
	krb5_error *e = NULL;
	krb5_data raw;

	begin();
	f.now -= 1000;
	OFFER(SEC_E_TIME_SKEW);
	CHECK(side.len == 0);
	side.wants = ASC_REQ_EXTENDED_ERROR;
	OFFER(SEC_E_TIME_SKEW);
	raw = (krb5_data){ .data = (char *)side.token, .length = (unsigned)side.len };
	CHECK(krb5_rd_error(f.k5, &raw, &e) == 0);
	if (e) {
		CHECK_U64(e->error, KRB5KRB_AP_ERR_SKEW - ERROR_TABLE_BASE_krb5);
		CHECK(labs((long)e->stime - (long)time(NULL)) <= 2);
		CHECK(e->e_data.length == 7);
		krb5_free_error(f.k5, e);
	}
	f.now = time(NULL);
	f.ahead = 1000;						/* the other way */
	OFFER(SEC_E_TIME_SKEW);
	f.ahead = 290;						/* near the edge */
	OFFER(SEC_E_OK);
	f.ahead = -290;
	OFFER(SEC_E_OK);
	f.ahead = 0;
	f.now = time(NULL) - 7200;				/* the ticket is over too */
	OFFER(SEC_E_LOGON_DENIED);
	side.wants = 0;
	end();
}

/* --- keys ----------------------------------------------------------------------------------- */

TEST(keytab_changes)
{
	struct forge two;
	struct timespec nap = { 1, 100000000 };

	begin();
	OFFER(SEC_E_OK);
	two = f;
	two.key = keys[1];
	two.kvno = 4;
	keytab_write(&two, "a");
	nanosleep(&nap, NULL);
	OFFER(SEC_E_OK);					/* tickets of the old version live on */
	f.key = keys[1];
	f.kvno = 4;
	OFFER(SEC_E_OK);
	keytab_write(&two, "w");				/* the old version is taken out */
	nanosleep(&nap, NULL);
	OFFER(SEC_E_OK);
	f.key = keys[0];
	f.kvno = 3;
	OFFER(SEC_E_LOGON_DENIED);
	CHECK(truncate(keytab, 20) == 0);			/* half written: what was there stays */
	nanosleep(&nap, NULL);
	f.key = keys[1];
	f.kvno = 4;
	OFFER(SEC_E_OK);
	CHECK(strstr(side.caller, "damaged") != NULL);
	CHECK(unlink(keytab) == 0);				/* gone: so are the keys */
	nanosleep(&nap, NULL);
	OFFER(SEC_E_NO_CREDENTIALS);
	CHECK(strstr(side.caller, "no such file") != NULL);
	end();
}

TEST(whose_key)
{
	struct timespec nap = { 1, 100000000 };
	char folder[200], other[300];
	struct forge web;

	begin();
	web = f;
	web.service[0] = "HTTP";
	web.key = keys[1];
	keytab_write(&web, "a");
	accept_lsa.only = "HTTP/server.forge.test@FORGE.TEST";
	OFFER(SEC_E_LOGON_DENIED);				/* host's key is there, but not for this caller */
	CHECK_U64((uint32_t)accept_ready(&side), SEC_E_OK);
	side.cred.principal = (char *)(uintptr_t)"host";
	CHECK_U64((uint32_t)accept_ready(&side), (uint32_t)SEC_E_NO_CREDENTIALS);
	CHECK(strstr(side.trusted, "uid") != NULL && strstr(side.caller, "uid") == NULL);
	accept_lsa.only = NULL;
	CHECK_U64((uint32_t)accept_ready(&side), SEC_E_OK);
	side.cred.principal = (char *)(uintptr_t)"HTTP/SERVER.forge.test";
	OFFER(SEC_E_LOGON_DENIED);				/* this credential is for the other service */
	f.service[0] = "HTTP";
	f.key = keys[1];
	OFFER(SEC_E_OK);
	side.cred.principal = NULL;
	f.service[0] = "host";					/* the name in the clear is changed on the way: the key decides */
	OFFER(SEC_E_OK);
	CHECK_TEXT(side.target, "HTTP/server.forge.test@FORGE.TEST");
	/* A folder with keytabs of services beside the machine's. */
	CHECK(unlink(keytab) == 0);
	snprintf(folder, sizeof folder, "%s/services", estate);
	CHECK(mkdir(folder, 0700) == 0);
	snprintf(keytab, sizeof keytab, "%s/web.keytab~", folder);
	keytab_write(&web, "w");
	accept_lsa.keytab = "/nonexistent";
	accept_lsa.keytab_folder = folder;
	OFFER(SEC_E_NO_CREDENTIALS);			/* another ending */
	snprintf(other, sizeof other, "%s/web.keytab", folder);
	CHECK(rename(keytab, other) == 0);
	nanosleep(&nap, NULL);
	OFFER(SEC_E_OK);
	CHECK(unlink(other) == 0);
	nanosleep(&nap, NULL);
	OFFER(SEC_E_NO_CREDENTIALS);
	end();
}

TEST(covers)
{
	static const struct { const char *own, *principal; bool covers; } rows[] = {
		{ NULL, "host/a@R", true }, { "", "host/a@R", true }, { "host/a@R", "host/a@R", true }, { "host/a", "host/a@R", true },
		{ "HOST/A", "host/a@R", true }, { "host", "host/a@R", true }, { "host@R", "host/a@R", true }, { "host@S", "host/a@R", false },
		{ "hos", "host/a@R", false }, { "host/a@S", "host/a@R", false }, { "host/b", "host/a@R", false }, { "cifs", "host/a@R", false },
		{ "A$@R", "A$@R", true }, { "a$", "A$@R", true }, { "A", "A$@R", false }, { "x\\@y", "x\\@y@R", true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!CHECK_U64(kerb_keys_covers(rows[i].own, rows[i].principal), rows[i].covers))
			fprintf(stderr, "    %s %s\n", rows[i].own, rows[i].principal);
}

/* --- encryption types ------------------------------------------------------------------------ */

TEST(rc4_by_policy)
{
	begin_with(ENCTYPE_ARCFOUR_HMAC);
	OFFER(SEC_E_KDC_UNKNOWN_ETYPE);
	CHECK(strstr(side.caller, "kerberos-rc4") != NULL);
	accept_lsa.rules[RULE_KERBEROS_RC4] = 1;
	OFFER(SEC_E_OK);
	CHECK(!side.data.acceptor_subkey);
	end();
	begin();						/* an AES ticket whose session key is rc4's */
	krb5_free_keyblock(f.k5, f.session);
	f.session = calloc(1, sizeof *f.session);
	CHECK(f.session && krb5_c_make_random_key(f.k5, ENCTYPE_ARCFOUR_HMAC, f.session) == 0);
	OFFER(SEC_E_KDC_UNKNOWN_ETYPE);
	accept_lsa.rules[RULE_KERBEROS_RC4] = 1;
	OFFER(SEC_E_OK);
	end();
}

/* --- bindings ------------------------------------------------------------------------------------ */

/* SEC_CHANNEL_BINDINGS with application data "tls" alone, and what it hashes to is asked of the code under test's neighbour. */
TEST(bindings)
{
	uint8_t raw[32 + 3] = { 0 }, right[16], wrong[16], aware[64], data[8] = { 0x00, 0x40 };
	struct writer w = writer_of(aware, sizeof aware);

	begin();
	put_u32(raw + 24, 3);
	put_u32(raw + 28, 32);
	memcpy(raw + 32, "tls", 3);
	side.bindings = bytes_of(raw, sizeof raw);
	CHECK(bindings_hash_of(right, side.bindings));
	memcpy(wrong, right, 16);
	wrong[15] ^= 1;
	for (uint32_t rule = 0; rule <= 2; rule++) {
		accept_lsa.rules[RULE_KERBEROS_BINDINGS] = rule;
		f.checksum = checksum(0, right);
		OFFER(SEC_E_OK);
		f.checksum = checksum(0, wrong);
		OFFER(rule == 0 ? SEC_E_OK : SEC_E_BAD_BINDINGS);
		f.checksum = checksum(0, NULL);
		OFFER(rule == 2 ? SEC_E_BAD_BINDINGS : SEC_E_OK);
		f.checksum_type = 0;
		OFFER(rule == 2 ? SEC_E_BAD_BINDINGS : SEC_E_OK);
		f.checksum_type = 0x8003;
		forge_authdata(&w, 143, bytes_of(data, 4));	/* it would have sent them */
		f.proof_authdata = bytes_of(aware, w.need);
		OFFER(rule == 0 ? SEC_E_OK : SEC_E_BAD_BINDINGS);
		f.proof_authdata = BYTES_NONE;
		w = writer_of(aware, sizeof aware);
	}
	side.bindings = bytes_of(raw, 20);
	OFFER(SEC_E_INVALID_TOKEN);
	side.bindings = BYTES_NONE;
	f.checksum = checksum(0, wrong);			/* nothing to compare with here */
	OFFER(SEC_E_OK);
	end();
}

int
main(void)
{
	if (!forge_conf_begin())
		return 2;
	RUN(forged_with_the_key);
	RUN(forged_without_the_key);
	RUN(without_a_context);
	RUN(names);
	RUN(pac_of_a_domain);
	RUN(pac_without_its_buffers);
	RUN(pac_signed_otherwise);
	RUN(signed_by_the_domain);
	RUN(a_key_unread_is_not_a_key_missing);
	RUN(a_key_unreadable_is_not_a_key_missing);
	RUN(replays);
	RUN(skew);
	RUN(keytab_changes);
	RUN(whose_key);
	RUN(covers);
	RUN(rc4_by_policy);
	RUN(bindings);
	return forge_conf_end(check_end());
}
