/*
 * core.h - the synchronous functions once, in UTF-8, under both character
 * sets. Each keeps the reasons for the calling thread.
 */
#ifndef OPENLSA_SECUR32_CORE_H
#define OPENLSA_SECUR32_CORE_H

#include <sspi.h>

#include "secur32/acquire.h"
#include "secur32/leg.h"

/* `text_good`: the strings could be converted. */
SECURITY_STATUS core_acquire(struct acquire *a, bool text_good, const void *logon_id, const void *auth_data, bool wide);
SECURITY_STATUS core_leg(struct leg *leg, bool text_good);
/* The order of checks of AcquireCredentialsHandle that need no LSA (spec sspi-sync 2.1). */
SECURITY_STATUS core_acquire_check(const void *package, struct bytes name, uint32_t use, PCredHandle handle);

SECURITY_STATUS core_change_password(struct bytes package, struct bytes domain, struct bytes user, struct bytes old,
    struct bytes fresh, ULONG reserved, PSecBufferDesc output);

/* One package's facts, by name or place; NULL: none (or no LSA). Valid for the life of the process. */
struct package_facts {
	char name[PACKAGE_NAME_MAX], comment[64];
	uint32_t capabilities, rpc_id, max_token, id;
};
const struct package_facts *package_facts_find(struct bytes name, NTSTATUS *ret_status);

/* A SecPkgInfo of one character set (FreeContextBuffer); NULL: none, or no memory. */
void *package_info_new(const char *name, bool wide);

#endif
