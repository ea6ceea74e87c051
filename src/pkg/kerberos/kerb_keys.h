/*
 * kerb_keys.h - the keys that this machine accepts with: what keytabs hold,
 * and who may use it.
 *
 * A ring is a set of keys, immutable and counted. The ring of the machine is
 * made of its keytab (setting `keytab`, else what krb5.conf or KRB5_KTNAME name) and of those of single
 * services: the files NAME.keytab in the folder of setting `keytab_folder`, at most 31.
 * Files are looked at once a second at most, and read again when
 * they have changed; every key version that a file still holds is good. While
 * a file is half written or damaged, the keys that were read last stay.
 *
 * Keys lie in memory for secrets. Any thread.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_KEYS_H
#define OPENLSA_PKG_KERBEROS_KERB_KEYS_H

#include <string.h>

#include "pkg/kerberos/kerb_data.h"
#include "pkg/lsa_mode.h"

#define KEYS_MAX	4096u			/* in one ring */
#define KEYS_FILE_MAX	(1u << 20)		/* bytes of a keytab */
#define KEYS_NAME_MAX	1024u			/* bytes of a principal, as text */

struct kerb_ring_key {
	const char *principal;			/* "HTTP/web.example.org@EXAMPLE.ORG", escaped as krb5_unparse_name does */
	uint32_t kvno;
	int32_t etype;
	uint32_t len, at;			/* where it lies in the ring's secret */
};

struct kerb_ring {
	_Atomic uint32_t refs;
	struct secret *keys;
	char *names;
	uint32_t count;
	struct kerb_ring_key list[];
};

/* --- making one ----------------------------------------------------------- */

/*
 * The keys of a keytab as bytes (version 2 of the file format). STATUS_INVALID_PARAMETER: malformed;
 * STATUS_INSUFFICIENT_RESOURCES.
 * Entries with a key type that nobody knows are passed over by whoever looks for a key, not here.
 */
NTSTATUS kerb_ring_of_keytab(struct kerb_ring **ret_ring, struct bytes keytab) MUST_CHECK;
/* The keys of several rings, in their order; the door for keys that come from elsewhere (KerbAddExtraCredentials). */
struct kerb_ring *kerb_ring_join(struct kerb_ring *const *rings, size_t count) MUST_CHECK;
struct kerb_ring *kerb_ring_hold(struct kerb_ring *r);
void kerb_ring_drop(struct kerb_ring *r);
/* A copy of a key; the caller wipes it. False: no key of ours is so long. */
bool kerb_ring_key(const struct kerb_ring *r, const struct kerb_ring_key *k, struct kerb_key *ret_key) MUST_CHECK;

/* --- the machine's --------------------------------------------------------- */

/* Held for the caller; NULL and a reason where there is no keytab that can be read. default_name: krb5_kt_default_name's. */
struct kerb_ring *kerb_keys(struct call *call, const char *default_name) MUST_CHECK;
/*
 * The same for who can do without, and gives no reasons: NULL where there are none. False: a keytab that is there was
 * not read (no memory, no descriptor, damaged, too many), so nobody knows.
 */
bool kerb_keys_beside(struct kerb_ring **ret_ring, struct call *call, const char *default_name) MUST_CHECK;

/* Whether a principal is a domain's own: krbtgt/... */
static inline bool
kerb_keys_grants(const char *principal)
{
	return strncmp(principal, "krbtgt/", 7) == 0;
}

/* Whether any keytab that this process has read held such a key. */
bool kerb_keys_granting(void);

/* --- choosing ---------------------------------------------------------------- */

/* What a ticket says about its key; none of it is proven before the key fits. */
struct kerb_wanted {
	const char *principal;
	uint32_t kvno;				/* 0: it does not say */
	int32_t etype;
};

/*
 * Whether a credential for `own` (NULL: any) may accept with keys of this principal: `own` is the principal
 * itself, with or without its realm, a service class with its host in letters of either case, or a class alone.
 */
bool kerb_keys_covers(const char *own, const char *principal) MUST_CHECK;
/*
 * The next key to be tried, or NULL: keys of the wanted principal first (the wanted version before others),
 * then of any other that this caller may accept with, since one machine has many names. *pos begins as 0.
 */
const struct kerb_ring_key *kerb_keys_next(struct call *call, const struct kerb_ring *r, const char *own,
    const struct kerb_wanted *want, uint32_t *pos) MUST_CHECK;
/* "kvno 3 and 4 of aes256": the keys of this principal, for a reason. */
void kerb_keys_tell(const struct kerb_ring *r, const char *principal, char *to, size_t cap);
/* Whether this machine takes tickets and keys of this type: those of AES, and rc4-hmac by policy. */
bool kerb_etype_taken(struct call *call, int32_t etype) MUST_CHECK;
/* The name of an encryption type for people: "aes256-cts-hmac-sha1-96". */
const char *kerb_etype_name(int32_t etype);

#endif
