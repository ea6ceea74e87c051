/*
 * kerb_mit_test.c - the acceptor (pkg/kerberos/kerb_accept.c, pkg/kerberos/kerb_judge.c and what it
 * calls) against MIT's gss_init_sec_context and MIT's KDC. Runs under
 * tests/lab/kdc.py, whose environment it reads.
 */
#include "tests/pkg/kerberos/accept_lsa.h"
#include "tests/store/estate.h"

#include <gssapi/gssapi_krb5.h>
#include <sspi.h>
#include <time.h>

#include "base/der.h"
#include "pkg/kerberos/kerb_proof.h"

#define ALL_FLAGS (GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG)

static struct accept_side side;
static struct { gss_ctx_id_t ctx; gss_name_t name; OM_uint32 flags, major, minor; struct gss_channel_bindings_struct *bindings;
	gss_buffer_desc out; } peer;

static void
peer_over(void)
{
	OM_uint32 minor;

	if (peer.ctx)
		(void)gss_delete_sec_context(&minor, &peer.ctx, NULL);
	(void)gss_release_buffer(&minor, &peer.out);
	(void)gss_release_name(&minor, &peer.name);
	accept_over(&side);
}

static void
peer_meet(const char *target, OM_uint32 flags)
{
	gss_buffer_desc text = { .length = strlen(target), .value = (void *)(uintptr_t)target };

	peer_over();
	peer.flags = flags;
	CHECK(gss_import_name(&peer.minor, &text, (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME, &peer.name) == GSS_S_COMPLETE);
}

/* One leg of MIT's; what it says is in peer.out. */
static OM_uint32
peer_leg(const void *token, size_t len)
{
	gss_buffer_desc in = { .length = len, .value = (void *)(uintptr_t)token };
	OM_uint32 minor;

	(void)gss_release_buffer(&minor, &peer.out);
	peer.major = gss_init_sec_context(&peer.minor, GSS_C_NO_CREDENTIAL, &peer.ctx, peer.name, (gss_OID)gss_mech_krb5, peer.flags,
	    0, peer.bindings, len ? &in : NULL, NULL, &peer.out, NULL, NULL);
	return peer.major;
}

static struct bytes
peer_token(void)
{
	return bytes_of(peer.out.value, peer.out.length);
}

/* The whole conversation; false, and why, where a side refuses. */
static bool
talk(const char *target, OM_uint32 flags)
{
	peer_meet(target, flags);
	if (GSS_ERROR(peer_leg(NULL, 0))) {
		fprintf(stderr, "    %s: MIT's initiator says %x %d\n", target, peer.major, (int)peer.minor);
		return CHECK(false);
	}
	for (int legs = 0; legs < 4; legs++) {
		if (accept_leg(&side, peer_token()) < 0)
			return false;
		if (side.len) {
			if (!CHECK(!GSS_ERROR(peer_leg(side.token, side.len))))
				return false;
			if (side.status == SEC_E_OK)
				return CHECK(peer.major == GSS_S_COMPLETE && !peer.out.length);
		} else if (side.status == SEC_E_OK)
			return CHECK(peer.major == GSS_S_COMPLETE);
		if (!peer.out.length)
			break;
	}
	return CHECK(false);
}

#define TALK(target, flags) (CHECK(talk(target, flags)) || (fprintf(stderr, "    %s\n", side.trusted), false))

/* Both sides protect with the same key and count from the same numbers. */
static void
sides_agree(void)
{
	gss_krb5_lucid_context_v1_t *theirs = NULL;
	const gss_krb5_lucid_key_t *key;
	OM_uint32 minor;

	if (!CHECK(gss_krb5_export_lucid_sec_context(&minor, &peer.ctx, 1, (void **)&theirs) == GSS_S_COMPLETE))
		return;
	key = theirs->protocol == 0 ? &theirs->rfc1964_kd.ctx_key :
	    theirs->cfx_kd.have_acceptor_subkey ? &theirs->cfx_kd.acceptor_subkey : &theirs->cfx_kd.ctx_key;
	CHECK_U64(side.data.key.len, key->length);
	CHECK(key->length == side.data.key.len && memcmp(key->data, side.data.key.b, key->length) == 0);
	CHECK_U64((uint32_t)side.data.key.etype, key->type);
	CHECK_U64(side.data.acceptor_subkey, theirs->protocol == 1 && theirs->cfx_kd.have_acceptor_subkey);
	CHECK_U64(side.data.receive, theirs->send_seq);
	CHECK_U64(side.data.send, theirs->recv_seq);
	(void)gss_krb5_free_lucid_sec_context(&minor, theirs);
}

static void
begin(void)
{
	memset(&accept_lsa, 0, sizeof accept_lsa);
	memset(&side, 0, sizeof side);
	peer.bindings = NULL;
	accept_lsa.rules[RULE_KERBEROS_BINDINGS] = 1;
	accept_lsa.rules[RULE_KERBEROS_RC4] = 1;
	accept_lsa.keytab = getenv("KRB5_KTNAME");
	estate_begin();
	accept_lsa.store = estate_open(false);
}

static void
end(void)
{
	peer_over();
	CHECK_U64(accept_lsa.sessions, 0);
	store_close(accept_lsa.store);
	estate_end();
}

/* --- who comes in --------------------------------------------------------------- */

TEST(every_etype_and_style)
{
	static const struct { const char *target; int etype; } services[] = {
		{ "host/aes128.openlsa.test@OPENLSA.TEST", 17 }, { "host/aes256.openlsa.test@OPENLSA.TEST", 18 },
		{ "host/sha128.openlsa.test@OPENLSA.TEST", 19 }, { "host/sha256.openlsa.test@OPENLSA.TEST", 20 },
		{ "host/rc4.openlsa.test@OPENLSA.TEST", 23 },
	};

	begin();
	for (size_t i = 0; i < sizeof services / sizeof *services; i++)
		for (int style = 0; style < 3; style++) {
			OM_uint32 flags = ALL_FLAGS | (style ? GSS_C_MUTUAL_FLAG : 0u) | (style == 2 ? GSS_C_DCE_STYLE : 0u);
			uint32_t grants = ASC_RET_REPLAY_DETECT | ASC_RET_SEQUENCE_DETECT | ASC_RET_CONFIDENTIALITY | ASC_RET_INTEGRITY |
			    (style ? ASC_RET_MUTUAL_AUTH : 0u) | (style == 2 ? ASC_RET_USED_DCE_STYLE : 0u);

			if (!TALK(services[i].target, flags)) {
				fprintf(stderr, "    %s style %d\n", services[i].target, style);
				continue;
			}
			CHECK_TEXT(side.user, "alice");
			CHECK_TEXT(side.domain, "OPENLSA.TEST");
			CHECK_TEXT(side.target, services[i].target);
			if (style == 0)			/* with an answer MIT's client offers, and libkrb5 chooses, the best they both have */
				CHECK_U64((uint32_t)side.data.key.etype, services[i].etype);
			CHECK_U64(side.data.grants, grants);
			CHECK_U64(side.data.dce, style == 2);
			CHECK(side.data.expiry > 130000000000000000ull && side.ret.expiry == side.data.expiry);
			sides_agree();
		}
	accept_lsa.rules[RULE_KERBEROS_RC4] = 0;
	CHECK(!talk("host/rc4.openlsa.test@OPENLSA.TEST", ALL_FLAGS));
	CHECK_U64((uint32_t)side.status, (uint32_t)SEC_E_KDC_UNKNOWN_ETYPE);
	end();
}

/* A client of another realm, over its trust. */
TEST(other_realm)
{
	char *cache = getenv("KRB5CCNAME"), old[300], command[600];

	begin();
	snprintf(old, sizeof old, "%s", cache ? cache : "");
	snprintf(command, sizeof command, "FILE:%s/cc.eve", getenv("KDC_DIR"));
	setenv("KRB5CCNAME", command, 1);
	snprintf(command, sizeof command, "kinit -k -t \"${KRB5_CLIENT_KTNAME#FILE:}\" eve@CHILD.OPENLSA.TEST </dev/null");
	CHECK(system(command) == 0);
	if (TALK("host/aes256.openlsa.test@OPENLSA.TEST", ALL_FLAGS | GSS_C_MUTUAL_FLAG)) {
		CHECK_TEXT(side.user, "eve");
		CHECK_TEXT(side.domain, "CHILD.OPENLSA.TEST");
		sides_agree();
	}
	setenv("KRB5CCNAME", old, 1);
	end();
}

/* The last leg of DCE style is somebody else's, is changed, is cut short. */
TEST(dce_third_leg)
{
	static uint8_t first[4096];
	size_t first_len;

	begin();
	CHECK(talk("host/aes256.openlsa.test@OPENLSA.TEST", ALL_FLAGS | GSS_C_MUTUAL_FLAG | GSS_C_DCE_STYLE));
	for (int how = 0; how < 4; how++) {
		peer_meet("host/aes256.openlsa.test@OPENLSA.TEST", ALL_FLAGS | GSS_C_MUTUAL_FLAG | GSS_C_DCE_STYLE);
		(void)peer_leg(NULL, 0);
		CHECK_U64((uint32_t)accept_leg(&side, peer_token()), SEC_I_CONTINUE_NEEDED);
		CHECK_U64((uint32_t)accept_lsa.audited, (uint32_t)STATUS_PENDING);
		if (!CHECK(side.len <= sizeof first))
			exit(1);
		memcpy(first, side.token, side.len);
		first_len = side.len;
		if (how == 0) {
			CHECK_U64((uint32_t)accept_leg(&side, bytes_of(first, first_len)), (uint32_t)SEC_E_LOGON_DENIED);	/* its own answer */
		} else if (how == 1) {
			(void)peer_leg(first, first_len);
			((uint8_t *)peer.out.value)[peer.out.length - 3] ^= 4;
			CHECK_U64((uint32_t)accept_leg(&side, peer_token()), (uint32_t)SEC_E_LOGON_DENIED);
		} else if (how == 2) {
			(void)peer_leg(first, first_len);
			CHECK_U64((uint32_t)accept_leg(&side, bytes_of(peer.out.value, peer.out.length / 2)), (uint32_t)SEC_E_LOGON_DENIED);
		} else
			CHECK_U64((uint32_t)accept_leg(&side, BYTES_NONE), (uint32_t)SEC_E_INVALID_TOKEN);
		CHECK_U64((uint32_t)accept_lsa.audited, how < 3 ? (uint32_t)SEC_E_LOGON_DENIED : STATUS_PENDING);
		CHECK_U64((uint32_t)accept_leg(&side, peer_token()), (uint32_t)SEC_E_OUT_OF_SEQUENCE);
		accept_lsa.audited = STATUS_PENDING;
	}
	end();
}

TEST(delegation)
{
	begin();
	CHECK(TALK("host/aes256.openlsa.test@OPENLSA.TEST", ALL_FLAGS | GSS_C_MUTUAL_FLAG | GSS_C_DELEG_FLAG));
	CHECK(side.data.grants & ASC_RET_DELEGATE);
	CHECK_U64(accept_lsa.forwarded, 1);
	accept_lsa.forwarded = 0;
	CHECK(TALK("host/aes256.openlsa.test@OPENLSA.TEST", ALL_FLAGS | GSS_C_MUTUAL_FLAG));
	CHECK(!(side.data.grants & ASC_RET_DELEGATE));
	CHECK_U64(accept_lsa.forwarded, 0);
	end();
}

TEST(bindings)
{
	uint8_t raw[32 + 20] = { 0 };
	struct gss_channel_bindings_struct same = { .application_data = { .length = 20, .value = (void *)(uintptr_t)"tls-server-end-point" } };
	struct gss_channel_bindings_struct other = { .application_data = { .length = 20, .value = (void *)(uintptr_t)"tls-server-end-p0int" } };
	struct gss_channel_bindings_struct *sent[] = { NULL, &same, &other };
	static const NTSTATUS want[3][3] = {	/* policy 0, 1, 2; nothing, the same, another one */
		{ SEC_E_OK, SEC_E_OK, SEC_E_OK },
		{ SEC_E_OK, SEC_E_OK, SEC_E_BAD_BINDINGS },
		{ SEC_E_BAD_BINDINGS, SEC_E_OK, SEC_E_BAD_BINDINGS },
	};

	begin();
	put_u32(raw + 24, 20);
	put_u32(raw + 28, 32);
	memcpy(raw + 32, "tls-server-end-point", 20);
	side.bindings = bytes_of(raw, sizeof raw);
	for (uint32_t rule = 0; rule < 3; rule++)
		for (int i = 0; i < 3; i++) {
			accept_lsa.rules[RULE_KERBEROS_BINDINGS] = rule;
			peer.bindings = sent[i];
			(void)talk("host/aes256.openlsa.test@OPENLSA.TEST", ALL_FLAGS | GSS_C_MUTUAL_FLAG);
			CHECK_U64((uint32_t)side.status, (uint32_t)want[rule][i]);
		}
	end();
}

/* --- what must not come in ----------------------------------------------------------- */

TEST(replay)
{
	static uint8_t token[8192];
	size_t len;
	char folder[300];

	begin();
	peer_meet("host/aes256.openlsa.test@OPENLSA.TEST", ALL_FLAGS);
	(void)peer_leg(NULL, 0);
	len = peer.out.length;
	if (!CHECK(len && len <= sizeof token))
		exit(1);
	memcpy(token, peer.out.value, len);
	CHECK_U64((uint32_t)accept_leg(&side, bytes_of(token, len)), SEC_E_OK);
	accept_over(&side);
	CHECK_U64((uint32_t)accept_leg(&side, bytes_of(token, len)), (uint32_t)SEC_E_LOGON_DENIED);
	accept_over(&side);
	store_close(accept_lsa.store);
	accept_lsa.store = estate_open(true);
	CHECK_U64((uint32_t)accept_leg(&side, bytes_of(token, len)), (uint32_t)SEC_E_LOGON_DENIED);
	accept_over(&side);
	/* The frame taken off: the same proof. */
	CHECK(len > 17 && token[0] == 0x60);
	for (size_t i = 0; i < 24; i++)
		if (token[i] == 0x6e) {
			CHECK_U64((uint32_t)accept_leg(&side, bytes_of(token + i, len - i)), (uint32_t)SEC_E_LOGON_DENIED);
			CHECK(strstr(side.trusted, "taken twice") != NULL);
			break;
		}
	/* libkrb5 kept no list of its own. */
	snprintf(folder, sizeof folder, "ls \"$KRB5RCACHEDIR\" | grep -q -e rcache -e '^krb5_'");
	CHECK(system(folder) != 0);
	end();
}

/* Every prefix, every bit: what is taken is what alice said, and to whom is what the key says. */
TEST(mutations)
{
	static uint8_t token[8192];
	struct store *store;
	size_t len, taken = 0;

	begin();
	store = accept_lsa.store;
	accept_lsa.store = NULL;			/* so that only the proof decides */
	peer_meet("host/sha256.openlsa.test@OPENLSA.TEST", ALL_FLAGS | GSS_C_MUTUAL_FLAG);
	(void)peer_leg(NULL, 0);
	len = peer.out.length;
	if (!CHECK(len && len <= sizeof token))
		exit(1);
	memcpy(token, peer.out.value, len);
	for (size_t n = 0; n < len; n++) {
		CHECK(accept_leg(&side, bytes_of(token, n)) < 0);
		accept_over(&side);
	}
	for (size_t at = 0; at < len; at++)
		for (unsigned v = 1; v < 256; v = v * 2 + 1) {
			token[at] ^= (uint8_t)v;
			if (accept_leg(&side, bytes_of(token, len)) == SEC_E_OK) {
				CHECK_TEXT(side.user, "alice");
				CHECK_TEXT(side.domain, "OPENLSA.TEST");
				CHECK_TEXT(side.target, "host/sha256.openlsa.test@OPENLSA.TEST");
				CHECK(side.data.grants & ASC_RET_MUTUAL_AUTH);
				taken++;
			}
			accept_over(&side);
			token[at] ^= (uint8_t)v;
		}
	CHECK(taken < 600);
	accept_lsa.store = store;
	end();
}

/* Our clock is off: MIT's client understands our KRB-ERROR. */
TEST(extended_error)
{
	begin();
	side.wants = ASC_REQ_EXTENDED_ERROR;
	accept_lsa.clock = 2000;
	peer_meet("host/aes256.openlsa.test@OPENLSA.TEST", ALL_FLAGS | GSS_C_MUTUAL_FLAG);
	(void)peer_leg(NULL, 0);
	CHECK_U64((uint32_t)accept_leg(&side, peer_token()), (uint32_t)SEC_E_TIME_SKEW);
	CHECK(side.len > 0 && GSS_ERROR(peer_leg(side.token, side.len)));
	CHECK_U64(peer.minor, (OM_uint32)KRB5KRB_AP_ERR_SKEW);
	accept_lsa.clock = 0;
	accept_lsa.keytab = "/nonexistent";
	peer_meet("host/aes256.openlsa.test@OPENLSA.TEST", ALL_FLAGS | GSS_C_MUTUAL_FLAG);
	(void)peer_leg(NULL, 0);
	CHECK_U64((uint32_t)accept_leg(&side, peer_token()), (uint32_t)SEC_E_NO_CREDENTIALS);
	end();
}

/* --- keys -------------------------------------------------------------------------------- */

static bool
administer(const char *words)
{
	char command[1000];

	snprintf(command, sizeof command, "KRB5_KDC_PROFILE=$KDC_DIR/kdc0.conf kadmin.local -r OPENLSA.TEST -q '%s' >/dev/null </dev/null",
	    words);
	return system(command) == 0;
}

/* The service's key is changed while it runs: kvno 2 works, kvno 1 as long as the keytab has it. */
TEST(new_key_version)
{
	struct timespec nap = { 1, 100000000 };
	char keytab[300], words[600];

	begin();
	snprintf(keytab, sizeof keytab, "%s/web.keytab", estate);
	accept_lsa.keytab = keytab;
	snprintf(words, sizeof words, "ktadd -norandkey -k %s HTTP/web.openlsa.test", keytab);
	CHECK(administer(words));
	CHECK(TALK("HTTP/web.openlsa.test@OPENLSA.TEST", ALL_FLAGS | GSS_C_MUTUAL_FLAG));
	snprintf(words, sizeof words, "ktadd -k %s HTTP/web.openlsa.test", keytab);
	CHECK(administer(words));
	nanosleep(&nap, NULL);
	CHECK(TALK("HTTP/web.openlsa.test@OPENLSA.TEST", ALL_FLAGS | GSS_C_MUTUAL_FLAG));	/* the ticket in the cache: the old version */
	CHECK(system("rm -f \"${KRB5CCNAME#FILE:}\"") == 0);
	CHECK(TALK("HTTP/web.openlsa.test@OPENLSA.TEST", ALL_FLAGS | GSS_C_MUTUAL_FLAG));	/* a new ticket */
	sides_agree();
	CHECK(unlink(keytab) == 0);
	CHECK(administer(words));			/* a third, and the keytab has nothing else */
	nanosleep(&nap, NULL);
	CHECK(!talk("HTTP/web.openlsa.test@OPENLSA.TEST", ALL_FLAGS | GSS_C_MUTUAL_FLAG));
	CHECK_U64((uint32_t)side.status, (uint32_t)SEC_E_LOGON_DENIED);
	CHECK(strstr(side.caller, "is for HTTP/web.openlsa.test@OPENLSA.TEST, kvno") != NULL && strstr(side.caller, "the keytab has kvno") != NULL);
	CHECK(system("rm -f \"${KRB5CCNAME#FILE:}\"") == 0);
	CHECK(TALK("HTTP/web.openlsa.test@OPENLSA.TEST", ALL_FLAGS));
	end();
}

/* --- the KDC's own signatures ------------------------------------------------------------ */

/* The content of [n] in a SEQUENCE, elements before it passed over. */
static struct bytes
field(struct bytes sequence, unsigned n)
{
	struct reader r = reader_of(sequence);

	while (reader_left(&r) && !der_next_is(&r, DER_CONTEXT(n))) {
		struct der_element e;

		if (!der_any(&r, &e))
			return BYTES_NONE;
	}
	return der_take(&r, DER_CONTEXT(n));
}

static struct bytes
inside(struct bytes b, uint8_t tag)
{
	struct reader r = reader_of(b);

	return der_take(&r, tag);
}

/* As one who has the service's key: a flag of the ticket is another, and the ticket sealed again. */
static bool
ticket_change(krb5_context k5, struct bytes token)
{
	static uint8_t plain[16384];
	krb5_data clear = { .data = (char *)plain, .length = sizeof plain };
	krb5_enc_data sealed = { 0 };
	krb5_keytab_entry entry = { 0 };
	krb5_principal who = NULL;
	krb5_keytab kt = NULL;
	struct kerb_frame f;
	struct bytes part, cipher, flags;
	bool good = kerb_frame_take(&f, token);

	part = inside(inside(f.inner, DER_APPLICATION(14)), DER_SEQUENCE);
	part = inside(inside(field(part, 3), DER_APPLICATION(1)), DER_SEQUENCE);
	part = inside(field(part, 3), DER_SEQUENCE);
	cipher = inside(field(part, 2), DER_OCTET_STRING);
	good = good && krb5_kt_resolve(k5, getenv("KRB5_KTNAME"), &kt) == 0 && krb5_parse_name(k5, "host/aes256.openlsa.test", &who) == 0 &&
	    krb5_kt_get_entry(k5, kt, who, 0, ENCTYPE_AES256_CTS_HMAC_SHA1_96, &entry) == 0;
	if (good) {
		sealed = (krb5_enc_data){ .enctype = entry.key.enctype,
		    .ciphertext = { .data = (char *)(uintptr_t)cipher.at, .length = (unsigned)cipher.len } };
		good = krb5_c_decrypt(k5, &entry.key, 2, NULL, &sealed, &clear) == 0;
	}
	flags = inside(field(inside(inside(bytes_of(plain, clear.length), DER_APPLICATION(3)), DER_SEQUENCE), 0), DER_BIT_STRING);
	if (good && flags.len == 5) {
		((uint8_t *)(uintptr_t)flags.at)[1] ^= 0x40;	/* forwardable */
		good = krb5_c_encrypt(k5, &entry.key, 2, NULL, &clear, &sealed) == 0;
	}
	if (entry.principal)
		(void)krb5_free_keytab_entry_contents(k5, &entry);
	krb5_free_principal(k5, who);
	if (kt)
		krb5_kt_close(k5, kt);
	return good && flags.len == 5;
}

TEST(the_kdcs_own_signatures)
{
	static char folder[400], command[1600];
	const char *target = "host/aes256.openlsa.test@OPENLSA.TEST";
	krb5_context k5;

	if (!CHECK(krb5_init_context(&k5) == 0))
		return;
	accept_lsa.keytab = getenv("KRB5_KTNAME");
	accept_lsa.store = NULL;
	(void)snprintf(folder, sizeof folder, "%s/granting", getenv("KDC_DIR"));
	(void)snprintf(command, sizeof command, "mkdir -p %s && KRB5_KDC_PROFILE=$KDC_DIR/kdc0.conf PATH=$PATH:/usr/sbin:/sbin kadmin.local "
	    "-r OPENLSA.TEST ktadd -norandkey -k %s/krbtgt.keytab krbtgt/OPENLSA.TEST >/dev/null", folder, folder);
	for (int here = 0; here < 2; here++) {
		if (here) {
			CHECK(system(command) == 0);
			accept_lsa.keytab_folder = folder;
			sleep(2);			/* keytabs are looked at once a second */
		}
		if (!TALK(target, ALL_FLAGS))
			break;
		CHECK(!!strstr(side.trusted, "signed the ticket's PAC, and the ticket") == here);
		peer_meet(target, ALL_FLAGS);
		CHECK(!GSS_ERROR(peer_leg(NULL, 0)) && ticket_change(k5, peer_token()));
		(void)accept_leg(&side, peer_token());
		CHECK_U64((uint32_t)side.status, (uint32_t)(here ? SEC_E_LOGON_DENIED : SEC_E_OK));
		CHECK(!!strstr(side.trusted, "the signature over the ticket is wrong") == here);
	}
	accept_lsa.keytab_folder = NULL;
	peer_over();
	krb5_free_context(k5);
}

int
main(void)
{
	if (!getenv("KDC_DIR"))
		return 77;
	RUN(every_etype_and_style);
	RUN(other_realm);
	RUN(dce_third_leg);
	RUN(delegation);
	RUN(bindings);
	RUN(replay);
	RUN(mutations);
	RUN(extended_error);
	RUN(the_kdcs_own_signatures);
	RUN(new_key_version);
	return check_end();
}
