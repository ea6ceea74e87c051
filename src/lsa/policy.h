/*
 * policy.h - what the calls of policy share: handles with the access that was
 * granted when they were opened, guards of objects, and changes that run
 * where they may block.
 */
#ifndef OPENLSA_LSA_POLICY_H
#define OPENLSA_LSA_POLICY_H

#include "base/auditing.h"
#include "base/guard.h"
#include "lsa/client.h"
#include "lsa/rights.h"
#include "store/audit.h"
#include "store/book.h"

enum policy_kind { OBJECT_ANY = 0, OBJECT_POLICY, OBJECT_ACCOUNT, OBJECT_SECRET, OBJECT_TRUST, OBJECT_KINDS };

/* A handle. The object behind it is found anew by its key: it may have gone. */
struct policy_object {
	struct object o;
	enum policy_kind what;
	uint32_t granted;
	size_t key_len;
	uint8_t key[];
};

/* Access to policy itself; accounts, secrets and trusted domains below. [MS-LSAD] 2.2.1.1. */
enum {
	POLICY_VIEW = 0x1, POLICY_VIEW_AUDIT = 0x2, POLICY_PRIVATE = 0x4, POLICY_TRUSTS = 0x8, POLICY_ACCOUNTS = 0x10,
	POLICY_SECRETS = 0x20, POLICY_QUOTAS = 0x80, POLICY_AUDITING = 0x100, POLICY_AUDIT_LOG = 0x200, POLICY_SERVER = 0x400,
	POLICY_NAMES = 0x800, POLICY_NOTIFY = 0x1000, POLICY_ALL = 0x1FFF,
	ACCOUNT_SEE = 0x1, ACCOUNT_PRIVILEGES = 0x2, ACCOUNT_QUOTAS = 0x4, ACCOUNT_ACCESS = 0x8, ACCOUNT_ALL = 0xF,
	SECRET_SET = 0x1, SECRET_QUERY = 0x2, SECRET_ALL = 0x3,
	TRUST_NAME = 0x1, TRUST_CONTROLLERS = 0x2, TRUST_SET_CONTROLLERS = 0x4, TRUST_POSIX = 0x8, TRUST_SET_POSIX = 0x10,
	TRUST_SET_AUTH = 0x20, TRUST_AUTH = 0x40, TRUST_ALL = 0x7F,
};

extern const struct access_map policy_maps[OBJECT_KINDS];
extern const char *const policy_types[OBJECT_KINDS];	/* for events: "SecretObject" */

/* A new handle of the caller's process. */
NTSTATUS policy_open(struct served *s, enum policy_kind what, struct bytes key, uint32_t granted, uint64_t *ret_word) MUST_CHECK;
/* Held: object_drop. STATUS_INVALID_HANDLE; STATUS_ACCESS_DENIED unless all of `needs` was granted. */
NTSTATUS policy_hold(struct served *s, uint64_t word, enum policy_kind what, uint32_t needs, struct policy_object **ret_object) MUST_CHECK;
/* The same for a call that needs no more of it. */
NTSTATUS policy_may(struct served *s, uint64_t word, uint32_t needs) MUST_CHECK;
void policy_destroy(void *object);
/*
 * What is audited, whose calls carry no handle (serve_audit_guard.c): who asks holds SeSecurityPrivilege or has this
 * access by the guard of auditing. AUDIT_SET_SYSTEM_POLICY and the like; AUDIT_BY_PRIVILEGE: nobody by the guard.
 */
enum { AUDIT_SET_SYSTEM = 0x1, AUDIT_SEE_SYSTEM = 0x2, AUDIT_SET_USER = 0x4, AUDIT_SEE_USER = 0x8, AUDIT_SEE_USERS = 0x10,
	AUDIT_SET_MISC = 0x20, AUDIT_SEE_MISC = 0x40, AUDIT_ALL = 0x7F, AUDIT_BY_PRIVILEGE = 0 };
NTSTATUS audit_peer_may(struct served *s, uint32_t needs) MUST_CHECK;
/* QUOTA_LIMITS that a primary token gets, as six u64. */
NTSTATUS policy_quotas(struct store *store, uint8_t ret_quotas[48]) MUST_CHECK;

/* An account's own, by its SID, or those. */
NTSTATUS account_quotas(struct store *store, struct bytes sid, uint8_t ret_quotas[48]) MUST_CHECK;

/* What is granted of what is wanted, or STATUS_ACCESS_DENIED: all or nothing, but for MAXIMUM_ALLOWED. */
NTSTATUS access_grant(uint32_t *ret_granted, enum policy_kind what, uint32_t allowed, uint32_t wanted) MUST_CHECK;
/* The same for the peer and an object with this guard; what the guard's system list says is audited (4656). */
NTSTATUS peer_grant(struct served *s, uint32_t *ret_granted, enum policy_kind what, struct bytes guard, struct bytes key,
    uint32_t wanted) MUST_CHECK;
/* ACCESS_SYSTEM_LIST for those who hold SeSecurityPrivilege: no guard allows it. */
uint32_t sids_security(struct store *store, const struct sid *sids, size_t count);
/* The guard that an object has from its making on. The owner is the one who made it. */
struct bytes guard_usual(uint8_t to[GUARD_MAX], enum policy_kind what, const struct sid *maker);
/* Policy's own. */
NTSTATUS guard_of_policy(struct store *store, uint8_t to[GUARD_MAX], struct bytes *ret_guard) MUST_CHECK;

/* A SID as it stands in a field, whole; the key of its account. */
bool sid_whole(struct sid *ret_sid, struct bytes binary) MUST_CHECK;
/* A key of a name: upper case, and at most `most` characters. UTF-16LE. False: not usable. */
bool name_key(uint8_t to[2 * 256], struct bytes *ret_key, struct bytes name, size_t most) MUST_CHECK;

/* --- edit.c: one change, on a job ---------------------------------------------- */

struct edit {
	/* Set by whoever makes it; what is spanned is copied. */
	NTSTATUS (*work)(struct edit *e, struct book_change *c);	/* in one transaction */
	NTSTATUS (*read)(struct edit *e);				/* or only reads what is hidden */
	struct store *store;
	uint32_t handle;		/* access of the handle it came by */
	uint32_t wanted;		/* of the object that is opened */
	uint32_t n;			/* the work's own */
	struct bytes key, name;
	struct bytes guard;		/* or a value that is no secret */
	struct rights rights;
	bool has[2];
	struct secret *value[2];	/* the edit's from here on */
	const char *what;		/* for the audit log: "rights added"; NULL: it is not audited */
	enum audit_event event;		/* of it */
	enum policy_kind object;	/* it is about */
	uint32_t classes;		/* of notification, bit n for class n */
	/* Who asks. */
	struct sid sids[PEER_SIDS];
	size_t sid_count;
	uint32_t security;		/* sids_security */
	/* What came of it. */
	uint32_t granted;
	bool audited;			/* the object's system list wants the opening told */
	uint64_t times[2];
	struct rights given, taken;	/* rights that an account has or has not got since */
	struct auditing before, after;	/* what is audited */
	uint32_t trust[3];		/* direction, type, attributes */
	uint8_t domain_sid[SID_SIZE_MAX];
	size_t domain_sid_len;
	const char *why;		/* a sentence, or NULL */
	_Atomic uint32_t refs;
	uint8_t bytes[];
};

/* Begins it, or when turned again tells how it ended; then *ret_edit is good for as long as the call. Takes the values in any case. */
NTSTATUS edit_run(struct served *s, struct edit *model, struct edit **ret_edit) MUST_CHECK;
/* It has begun: only the end is asked for. */
bool edit_runs(const struct served *s);
NTSTATUS edit_denied(struct edit *e, const char *why);
/* access_grant of e->wanted, less what is not for anybody; and whether it is audited. */
NTSTATUS edit_grant(struct edit *e, enum policy_kind what, struct bytes guard, uint32_t never) MUST_CHECK;
/* What the one who asks may do to an object with this guard. */
uint32_t edit_allows(const struct edit *e, enum policy_kind what, struct bytes guard);

/* --- changes.c: who waits for a change of policy ------------------------------------ */

#define CHANGE_CLASSES 8u
void changes_tell(struct lsa *lsa, uint32_t classes);

#endif
