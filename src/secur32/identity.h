/*
 * identity.h - pAuthData, whatever it is: SEC_WINNT_AUTH_IDENTITY_A and _W,
 * _EX (0x200), _EX2 (0x201) and opaque identities, read into one form.
 *
 * The caller's memory is read once and never kept. All that is copied lies
 * in one locked secret; strings are views into it, lengths are bytes.
 */
#ifndef OPENLSA_SECUR32_IDENTITY_H
#define OPENLSA_SECUR32_IDENTITY_H

#include <sspi.h>
#include <ntstatus.h>

#include "base/bytes.h"
#include "base/secret.h"

#define IDENTITY_USER_MAX	256u	/* characters, that is UTF-16 units */
#define IDENTITY_DOMAIN_MAX	255u
#define IDENTITY_PASSWORD_MAX	256u
#define IDENTITY_PACKAGES_MAX	1024u	/* bytes of UTF-8 */

struct identity {
	struct bytes user, domain, password;	/* UTF-16LE */
	struct bytes packages;			/* UTF-8: "kerberos,!ntlm" */
	bool has_user, has_domain;		/* the pointer was there; the string may be empty */
	bool has_password;			/* an empty one is a blank password */
	bool given;				/* false: pAuthData was NULL */
	struct secret *keep;
};

/*
 * wide_call: what strings are whose Flags do not say. SEC_E_UNKNOWN_CREDENTIALS:
 * malformed, of unknown version, too long, not valid text, or encrypted for
 * somebody else. SEC_E_INSUFFICIENT_MEMORY. On failure *ret is untouched.
 */
NTSTATUS identity_take(struct identity *ret, const void *auth_data, bool wide_call);
void identity_drop(struct identity *id);

/* Whether identity_take would take it, but for what it needs a key to see. Allocates nothing. */
bool identity_valid(const void *auth_data, bool wide_call);

/* Where the password of an identity stands in the caller's memory, to be changed there. */
struct identity_place {
	void *whole;
	uint8_t *at;
	size_t len, room;	/* bytes; room >= len */
	uint32_t flags;
	bool has;		/* a password at all */
	bool block;		/* EX2: what stands there are packed credentials */
};

/* False: not an identity. */
bool identity_place_of(struct identity_place *ret, void *auth_data, bool wide_call) MUST_CHECK;
/* The bytes at the place were changed: so long are they now, and these are the flags. */
void identity_place_set(const struct identity_place *place, size_t len, uint32_t flags);
/* Zeros over the password where it stands (names may be constants); over the whole block of an EX2. */
void identity_wipe(void *auth_data, bool wide_call);

#endif
