/*
 * slow_hash.c - PBKDF2 by OpenSSL.
 */
#include "crypto/slow_hash.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "crypto/libctx.h"

bool
slow_hash_of(uint8_t ret_hash[SLOW_HASH_LEN], struct bytes password, struct bytes salt, uint32_t rounds)
{
	static uint8_t nothing[1];
	const struct libctx *lib = libctx();
	EVP_KDF *kdf = lib ? EVP_KDF_fetch(lib->ctx, "PBKDF2", NULL) : NULL;
	EVP_KDF_CTX *run = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	char digest[] = "SHA256";
	unsigned count = rounds;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, password.len ? (void *)(uintptr_t)password.at : nothing, password.len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)salt.at, salt.len),
		OSSL_PARAM_construct_uint(OSSL_KDF_PARAM_ITER, &count),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	bool done = run && EVP_KDF_derive(run, ret_hash, SLOW_HASH_LEN, params) == 1;

	if (!done)
		bytes_zero(ret_hash, SLOW_HASH_LEN);
	EVP_KDF_CTX_free(run);
	EVP_KDF_free(kdf);
	return done;
}
