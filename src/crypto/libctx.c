/*
 * libctx.c - our own OpenSSL library context.
 *
 * It loads the default provider by itself and reads no configuration file,
 * so what the host's openssl.cnf says does not reach us.
 */
#include "crypto/libctx.h"

#include <pthread.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

static struct libctx made;
static const struct libctx *ready;

static void
libctx_make(void)
{
	made.ctx = OSSL_LIB_CTX_new();
	if (!made.ctx)
		return;
	if (OSSL_PROVIDER_load(made.ctx, "default")) {
		made.sha256 = EVP_MD_fetch(made.ctx, "SHA256", NULL);
		made.hmac = EVP_MAC_fetch(made.ctx, "HMAC", NULL);
		made.aes256_gcm = EVP_CIPHER_fetch(made.ctx, "AES-256-GCM", NULL);
	}
	if (made.sha256 && made.hmac && made.aes256_gcm) {
		ready = &made;
		return;
	}
	EVP_CIPHER_free(made.aes256_gcm);
	EVP_MAC_free(made.hmac);
	EVP_MD_free(made.sha256);
	OSSL_LIB_CTX_free(made.ctx);
}

const struct libctx *
libctx(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, libctx_make);
	return ready;
}
