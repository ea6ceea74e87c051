/*
 * forge_side.h - a service with a keytab and a store of its own, and a client
 * that forges: what kerb_forge_test.c and kerb_mutate_test.c share.
 */
#ifndef OPENLSA_TESTS_PKG_KERBEROS_FORGE_SIDE_H
#define OPENLSA_TESTS_PKG_KERBEROS_FORGE_SIDE_H

#include "tests/pkg/kerberos/accept_lsa.h"
#include "tests/pkg/kerberos/forge.h"
#include "tests/pkg/kerberos/pac_make.h"
#include "tests/store/estate.h"

#include "crypto/bindings.h"
#include "pkg/kerberos/kerb_keys.h"
#include "pkg/kerberos/kerb_proof.h"

#include <sspi.h>

static struct accept_side side;
static struct forge f;
static krb5_keyblock *keys[2];		/* the service's, and one of somebody else's */
static uint8_t token[FORGE_MAX], sum[64];
static char keytab[300];
static int32_t serial;

static inline struct bytes
checksum(uint32_t flags, const uint8_t bindings[16])
{
	put_u32(sum, 16);
	memset(sum + 4, 0, 16);
	if (bindings)
		memcpy(sum + 4, bindings, 16);
	put_u32(sum + 20, flags);
	return bytes_of(sum, 24);
}

static inline void
keytab_write(const struct forge *of, const char *mode)
{
	uint8_t raw[1024];
	size_t len = forge_keytab(of, raw, sizeof raw), skip = *mode == 'a' ? 2 : 0;
	FILE *file = fopen(keytab, mode);

	CHECK(file && len && fwrite(raw + skip, len - skip, 1, file) == 1 && fclose(file) == 0);
}

static inline void
begin_with(krb5_enctype etype)
{
	memset(&accept_lsa, 0, sizeof accept_lsa);
	accept_lsa.rules[RULE_KERBEROS_BINDINGS] = 1;
	estate_begin();
	snprintf(keytab, sizeof keytab, "%s/service.keytab", estate);
	accept_lsa.keytab = keytab;
	f = (struct forge){ .realm = "FORGE.TEST", .service = { "host", "server.forge.test" }, .client = "alice", .kvno = 3,
	    .now = time(NULL), .checksum_type = 0x8003 };
	CHECK(krb5_init_context(&f.k5) == 0);
	for (int i = 0; i < 2; i++) {
		keys[i] = calloc(1, sizeof *keys[i]);
		CHECK(keys[i] && krb5_c_make_random_key(f.k5, etype, keys[i]) == 0);
	}
	f.key = keys[0];
	f.session = calloc(1, sizeof *f.session);
	CHECK(f.session && krb5_c_make_random_key(f.k5, etype, f.session) == 0);
	f.checksum = checksum(KERB_FLAG_MUTUAL | KERB_FLAG_REPLAY | KERB_FLAG_CONF, NULL);
	keytab_write(&f, "w");
}

static inline void
begin(void)
{
	begin_with(ENCTYPE_AES256_CTS_HMAC_SHA1_96);
}

static inline void
end(void)
{
	accept_over(&side);
	CHECK_U64(accept_lsa.sessions, 0);
	krb5_free_keyblock(f.k5, keys[0]);
	krb5_free_keyblock(f.k5, keys[1]);
	krb5_free_keyblock(f.k5, f.session);
	krb5_free_context(f.k5);
	if (accept_lsa.store)
		store_close(accept_lsa.store);
	estate_end();
}

/* A fresh proof each time. */
static inline NTSTATUS
offer(void)
{
	size_t len;

	accept_over(&side);
	f.cusec = ++serial;
	len = forge_ap_req(&f, token);
	CHECK(len > 0);
	return accept_leg(&side, bytes_of(token, len));
}

#define OFFER(want) \
	(CHECK_U64((uint32_t)offer(), (uint32_t)(want)) || (fprintf(stderr, "    %s\n", side.trusted), false))

/* libkrb5 reads this and nothing else; the path is removed by forge_conf_end. */
static char forge_conf[] = "/tmp/openlsa-krb5-XXXXXX";

static inline bool
forge_conf_begin(void)
{
	int fd = mkstemp(forge_conf);
	FILE *conf = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (!conf)
		return false;
	fprintf(conf, "[libdefaults]\n default_realm = FORGE.TEST\n dns_lookup_kdc = false\n dns_lookup_realm = false\n"
	    " allow_rc4 = true\n allow_weak_crypto = true\n permitted_enctypes = aes256-cts aes128-cts aes256-sha2 aes128-sha2 rc4-hmac\n");
	fclose(conf);
	return setenv("KRB5_CONFIG", forge_conf, 1) == 0;
}

static inline int
forge_conf_end(int failed)
{
	(void)unlink(forge_conf);
	return failed;
}

#endif
