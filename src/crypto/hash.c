/*
 * hash.c - SHA-256 and HMAC-SHA256 by OpenSSL.
 */
#include "crypto/hash.h"
#include "crypto/libctx.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

bool
sha256_of(uint8_t ret_digest[SHA256_LEN], struct bytes data)
{
	const struct libctx *lib = libctx();

	if (lib && EVP_Digest(data.at, data.len, ret_digest, NULL, lib->sha256, NULL) == 1)
		return true;
	bytes_zero(ret_digest, SHA256_LEN);
	return false;
}

bool
hmac_sha256_of(uint8_t ret_mac[SHA256_LEN], struct bytes key, struct bytes data)
{
	static const uint8_t no_key[1];		/* OpenSSL takes a null key for "the one before" */
	const struct libctx *lib = libctx();
	EVP_MAC_CTX *mac = lib ? EVP_MAC_CTX_new(lib->hmac) : NULL;
	char name[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
		OSSL_PARAM_construct_end(),
	};
	size_t len = 0;
	bool done;

	done = mac && EVP_MAC_init(mac, key.len ? key.at : no_key, key.len, params) == 1 &&
	    (data.len == 0 || EVP_MAC_update(mac, data.at, data.len) == 1) &&
	    EVP_MAC_final(mac, ret_mac, &len, SHA256_LEN) == 1 && len == SHA256_LEN;
	if (!done)
		bytes_zero(ret_mac, SHA256_LEN);
	EVP_MAC_CTX_free(mac);
	return done;
}
