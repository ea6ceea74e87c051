/*
 * libctx_test.c - crypto/libctx.c: a host's openssl.cnf that leaves a program
 * without any cipher does not reach us, and ours does not reach the program.
 */
#include "crypto/libctx.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include "check.h"

/* Providers by the list alone, and the list is empty of ciphers. */
static const char hostile[] =
	"openssl_conf = all\n"
	"[all]\nproviders = list\nalg_section = rule\n"
	"[list]\nnull = only\n"
	"[only]\nactivate = 1\n"
	"[rule]\ndefault_properties = provider=none-such\n";

static void *
first_use(void *unused)
{
	(void)unused;
	return (void *)(uintptr_t)libctx();
}

TEST(an_openssl_cnf_does_not_reach_us)
{
	char path[] = "/tmp/libctx_test.XXXXXX";
	int fd = mkstemp(path);
	const struct libctx *l;
	pthread_t thread[4];
	void *seen[4];

	CHECK(fd >= 0 && write(fd, hostile, sizeof hostile - 1) == (ssize_t)(sizeof hostile - 1));
	close(fd);
	setenv("OPENSSL_CONF", path, 1);
	for (size_t n = 0; n < 4; n++)
		CHECK(pthread_create(&thread[n], NULL, first_use, NULL) == 0);
	for (size_t n = 0; n < 4; n++)
		CHECK(pthread_join(thread[n], &seen[n]) == 0);
	l = libctx();
	CHECK(l != NULL);
	for (size_t n = 0; n < 4; n++)
		CHECK(seen[n] == l);
	CHECK(l && l->ctx && l->sha256 && l->hmac && l->aes256_gcm && l->aes128_cbc && l->aes256_cbc);

	/* The file is one that bites: the program's own context reads it and finds nothing. */
	CHECK(OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) == 1);
	CHECK(EVP_MD_fetch(NULL, "SHA256", NULL) == NULL);
	CHECK(OSSL_PROVIDER_available(NULL, "default") == 0);
	CHECK(l && OSSL_PROVIDER_available(l->ctx, "default") == 1);
	CHECK(l && OSSL_PROVIDER_available(l->ctx, "legacy") == 0);
	unlink(path);
}

int
main(void)
{
	RUN(an_openssl_cnf_does_not_reach_us);
	return check_end();
}
