/*
 * libctx.c - our own OpenSSL library context.
 *
 * It loads the default provider by itself and reads no configuration file,
 * so what the host's openssl.cnf says does not reach us.
 */
#include "crypto/libctx.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

static struct libctx made;
static _Atomic(const struct libctx *) ready;

static bool
libctx_make(void)
{
	made.ctx = OSSL_LIB_CTX_new();
	if (!made.ctx)
		return false;
	if (OSSL_PROVIDER_load(made.ctx, "default")) {
		made.sha256 = EVP_MD_fetch(made.ctx, "SHA256", NULL);
		made.hmac = EVP_MAC_fetch(made.ctx, "HMAC", NULL);
		made.aes256_gcm = EVP_CIPHER_fetch(made.ctx, "AES-256-GCM", NULL);
		made.aes128_cbc = EVP_CIPHER_fetch(made.ctx, "AES-128-CBC", NULL);
		made.aes256_cbc = EVP_CIPHER_fetch(made.ctx, "AES-256-CBC", NULL);
	}
	if (made.sha256 && made.hmac && made.aes256_gcm && made.aes128_cbc && made.aes256_cbc)
		return true;
	EVP_CIPHER_free(made.aes256_cbc);
	EVP_CIPHER_free(made.aes128_cbc);
	EVP_CIPHER_free(made.aes256_gcm);
	EVP_MAC_free(made.hmac);
	EVP_MD_free(made.sha256);
	OSSL_LIB_CTX_free(made.ctx);
	made = (struct libctx){ .ctx = NULL };
	return false;
}

/* Not pthread_once: a first time without memory must not be the last. */
const struct libctx *
libctx(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	const struct libctx *ctx = atomic_load_explicit(&ready, memory_order_acquire);

	if (ctx)
		return ctx;
	pthread_mutex_lock(&lock);
	ctx = atomic_load_explicit(&ready, memory_order_relaxed);
	if (!ctx && libctx_make()) {
		ctx = &made;
		atomic_store_explicit(&ready, ctx, memory_order_release);
	}
	pthread_mutex_unlock(&lock);
	return ctx;
}
