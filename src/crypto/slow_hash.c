/*
 * slow_hash.c - PBKDF2 by OpenSSL. It must never learn to know whose password it is.
 */
#include "crypto/slow_hash.h"

#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/random.h"
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

struct slow_task *
slow_task_new(struct bytes password, const uint8_t *salt, uint32_t rounds)
{
	struct slow_task *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	atomic_init(&t->refs, 1);
	t->rounds = rounds;
	t->password = secret_of(password);
	if (salt)
		bytes_copy(t->salt, salt, sizeof t->salt);
	if (!t->password || (!salt && !random_bytes(t->salt, sizeof t->salt))) {
		slow_task_drop(t);
		return NULL;
	}
	return t;
}

struct slow_task *
slow_task_hold(struct slow_task *t)
{
	atomic_fetch_add(&t->refs, 1);
	return t;
}

void
slow_task_drop(void *task)
{
	struct slow_task *t = task;

	if (!t || atomic_fetch_sub(&t->refs, 1) != 1)
		return;
	secret_drop(&t->password);
	bytes_wipe(t->hash, sizeof t->hash);
	free(t);
}

NTSTATUS
slow_task_run(void *task)
{
	struct slow_task *t = task;
	const uint8_t *p;
	bool good = false;

	WITH_SECRET(p, t->password)
		good = slow_hash_of(t->hash, bytes_of(p, secret_len(t->password)), bytes_of(t->salt, sizeof t->salt), t->rounds);
	return good ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}
