/*
 * slow_hash.h - PBKDF2 with HMAC-SHA256 ([RFC 8018] 5.2), for what a password
 * is recognised by and cannot be found from. Takes as long as `rounds` says: not for a
 * thread that others wait for.
 */
#ifndef OPENLSA_CRYPTO_SLOW_HASH_H
#define OPENLSA_CRYPTO_SLOW_HASH_H

#include <stdatomic.h>

#include "base/nt.h"

#include "base/bytes.h"
#include "base/secret.h"

#define SLOW_HASH_LEN	32u
#define SLOW_SALT_LEN	16u

/* False: no memory, or no such algorithm; zeros then. */
bool slow_hash_of(uint8_t ret_hash[SLOW_HASH_LEN], struct bytes password, struct bytes salt, uint32_t rounds) MUST_CHECK;

/* One of them as a job that owns its password. Counted: held by who waits for it and by the job. */
struct slow_task {
	_Atomic uint32_t refs;
	struct secret *password;
	uint32_t rounds;
	uint8_t salt[SLOW_SALT_LEN];
	uint8_t hash[SLOW_HASH_LEN];		/* once it has run */
};
/* salt NULL: a fresh one. NULL: no memory, or no random bytes. */
struct slow_task *slow_task_new(struct bytes password, const uint8_t *salt, uint32_t rounds);
struct slow_task *slow_task_hold(struct slow_task *t);
/* For a job: STATUS_SUCCESS or STATUS_INSUFFICIENT_RESOURCES; and its end, for whoever holds one. NULL is fine. */
NTSTATUS slow_task_run(void *task);
void slow_task_drop(void *task);

#endif
