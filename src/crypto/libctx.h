/*
 * libctx.h - our own OpenSSL library context, and what is fetched from it.
 *
 * Made once, on first use, by whichever thread comes first; lives as long as
 * the process. The application's OpenSSL settings and providers are not
 * touched and do not count here. NULL: OpenSSL could not make it; the next
 * call does not try again.
 */
#ifndef OPENLSA_CRYPTO_LIBCTX_H
#define OPENLSA_CRYPTO_LIBCTX_H

#include <openssl/types.h>

struct libctx {
	OSSL_LIB_CTX *ctx;
	EVP_MD *sha256;
	EVP_MAC *hmac;
	EVP_CIPHER *aes256_gcm, *aes128_cbc, *aes256_cbc;
};

const struct libctx *libctx(void);

#endif
