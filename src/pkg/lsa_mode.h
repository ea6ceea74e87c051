/*
 * lsa_mode.h - door one: the tables of a package that run where the secrets
 * are, and the verbs a package may use. A package owns no socket, no thread,
 * no clock and no callback: what it must wait for it says (await_*), returns
 * STATUS_PENDING and is called again with the same arguments. What it wants
 * to remember meanwhile is its frame; dropping the frame is the whole of
 * cancellation. Only what follows from (arguments, frame) may differ between
 * two entries.
 *
 * Statuses are NTSTATUS, or SEC_* where the protocol has a name of its own;
 * secur32/ alone turns them into what each API promises.
 */
#ifndef OPENLSA_PKG_LSA_MODE_H
#define OPENLSA_PKG_LSA_MODE_H

#include "base/nt.h"

#include "base/bytes.h"
#include "base/kdc.h"
#include "base/secret.h"
#include "base/sid.h"
#include "base/why.h"

struct call;
struct acquire_args;
struct acquire_result;
struct leg_args;
struct leg_result;
struct lsa_package;

/* --- the verbs ------------------------------------------------------- */

/* The package's resumable local variables: zeroed the first time, kept after. NULL: no memory. */
void *frame(struct call *call, size_t size, void (*drop)(void *frame));
/* Each arms one wait and returns STATUS_PENDING, or an error when it cannot be armed. */
NTSTATUS await_timer(struct call *call, uint32_t ms);
NTSTATUS await_nothing(struct call *call);		/* until cancelled or past the deadline */
/* Runs work(arg) where it may block; arg belongs to the job, which drops it when it has come home: before the call turns again, or by itself when the call is gone. */
NTSTATUS await_job(struct call *call, NTSTATUS (*work)(void *arg), void (*drop)(void *arg), void *arg);
NTSTATUS awaited(const struct call *call);		/* what the last wait came to: the job's value, or success */

/* Bytes to a realm's KDC and back. */
/* awaited(): success, STATUS_NO_LOGON_SERVERS (none known, or all refuse), STATUS_IO_TIMEOUT (silence), no memory or descriptors. */
NTSTATUS await_kdc(struct call *call, const struct kdc_ask *ask);
/*
 * Before a request is made, which is large: STATUS_SUCCESS, the KDC has a place for it, kept for the next await_kdc to
 * the same realm; or STATUS_PENDING, and awaited() as above. ask->request is not looked at.
 */
NTSTATUS await_kdc_place(struct call *call, const struct kdc_ask *ask);
struct bytes kdc_answer(struct call *call);		/* good until the next wait */
const char *kdc_story(struct call *call);		/* what happened on the way, for a reason */

/*
 * Another package does a part of this call in a frame of its own below this
 * one; what it returns travels up, STATUS_PENDING too. NULL package: there is
 * none of this name here.
 */
const struct lsa_package *package_named(const char *name);
NTSTATUS enter_acquire(struct call *call, const struct lsa_package *package, const struct acquire_args *args,
    struct acquire_result *ret);
NTSTATUS enter_add(struct call *call, const struct lsa_package *package, void *cred, const struct acquire_args *args);
NTSTATUS enter_init(struct call *call, const struct lsa_package *package, const struct leg_args *args,
    struct leg_result *ret);
NTSTATUS enter_accept(struct call *call, const struct lsa_package *package, const struct leg_args *args,
    struct leg_result *ret);
/* One line of explanation; returns the status. */
NTSTATUS because(struct call *call, NTSTATUS status, enum audience to, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Zeroed memory that lives as long as the call and is wiped with it. NULL: none. */
void *call_memory(struct call *call, size_t len);
/* There was none, or (said by starve) none of another kind: what could not be read then may have been right. */
bool call_starved(const struct call *call);
void call_starve(struct call *call);

/* --- what a package may ask of the LSA -------------------------------- */

/* Tri-state on purpose: an error is not an absence, and neither is a grant. */
enum found { FOUND_ERROR = 0, FOUND_NOTHING, FOUND };

/* An account as a package sees it; lives as long as the call. `key` is a dummy of the right size when there is no such account. */
struct account_view {
	enum found found;
	const char *name;		/* as stored, UTF-8 */
	struct secret *key;		/* the NT hash, 16 bytes, never NULL unless found is FOUND_ERROR */
	bool blank;			/* the password is blank */
	NTSTATUS restriction;		/* STATUS_SUCCESS, or why a right password is not enough */
	void *held;			/* the LSA's own */
};

struct account_profile {
	uint64_t password_set;
	uint32_t bad_count;
	const char *full_name;		/* as long as the view */
};

/* What a logon yields. The LSA keeps a session and a token for as long as `session` is held. */
struct logon_view {
	uint64_t luid;
	char sid[SID_TEXT_MAX];
	const char *user, *domain;	/* UTF-8, as long as the session is held */
	void *session;
};

/* Somebody whose proof was checked elsewhere: a PAC, a KDC. Texts UTF-8, SIDs binary. All is copied. */
struct logon_facts {
	struct bytes user, domain;
	struct bytes sid;			/* empty: none is known */
	const struct bytes *groups;
	size_t group_count;
	uint64_t expiry;			/* FILETIME, or 0 */
	uint64_t luid;				/* of the session, taken before (session_next); 0: the next one */
	bool here;				/* code of this machine vouches, and may name its accounts and groups */
};

/* A response to a challenge of ours, for another authority to judge. Names UTF-8. */
struct vouch_ask {
	struct bytes domain, user, workstation;
	const uint8_t *challenge;		/* 8 bytes */
	struct bytes nt, lm;
	bool interactive;
};
/* facts live until the call ends. */
struct vouched {
	NTSTATUS status;			/* the authority's word */
	struct logon_facts facts;
	bool has_key;
	uint8_t key[16];			/* the session's: the caller wipes it */
};

/* A logon session as a package sees it; held until the call ends. */
struct session_view {
	uint64_t luid;
	const char *user, *domain;		/* UTF-8 */
	const char *server;			/* who vouched for the user; may be empty */
	struct bytes sid;			/* binary; may be empty */
	uint32_t logon_type;
	void *session;
};

/*
 * What a package keeps with a process or with a session: counted, dropped by
 * the last holder. What is inside may change under a lock of the package's own.
 */
struct kept {
	_Atomic uint32_t refs;			/* begins as 1: the maker's */
	void (*drop)(struct kept *kept);
};

/* EXCUSED: the password is right and the account may not be used; settled as a lost one, and not counted. */
enum guess { GUESS_WON = 1, GUESS_LOST, GUESS_NONE, GUESS_EXCUSED };

enum rule {
	RULE_NTLM_V1, RULE_NTLM_REQUIRE_MIC, RULE_NTLM_ANONYMOUS,	/* 1: yes */
	RULE_NTLM_BINDINGS, RULE_NTLM_TARGET,	/* 0 ignore, 1 check when sent, 2 require */
	RULE_NTLM_LOOPBACK,			/* 1 refuses a message that was reflected to its sender */
	RULE_NTLM_ALLOWED, RULE_LIMIT_BLANK,
	RULE_FIPS,			/* 1: this machine keeps to FIPS 140, so NTLM, rc4-hmac and version 1 are not allowed */
	RULE_NTLM_FALLBACK,		/* Negotiate turns to NTLM: 0 never, 1 yes, 2 yes and audited */
	RULE_KERBEROS_RC4,		/* 1: rc4-hmac is taken */
	RULE_KERBEROS_BINDINGS,		/* 0 ignore, 1 check when sent, 2 require */
	RULE_CACHED_LOGONS,		/* how many users are known while nobody can be asked about them; 0: nobody */
	RULE_KERBEROS_HOST_KEY,		/* 1: without a key of this machine's own to hold the KDC against nobody logs on by Kerberos */
	RULE_KERBEROS_PAC,		/* 1: a ticket without a domain's word on its user is refused */
	RULE_PASSWORD_LENGTH, RULE_PASSWORD_COMPLEX, RULE_PASSWORD_HISTORY,	/* of new ones: characters; 1: yes; how many */
	RULE_PASSWORD_MIN_AGE, RULE_PASSWORD_MAX_AGE,	/* days; 0: none */
	RULES
};

/* What the audit of a logon tells beside its outcome. */
enum audit_detail {
	DETAIL_WORKSTATION,		/* text: what the peer calls its machine */
	DETAIL_VERSION,			/* text: "NTLM V2" */
	DETAIL_LEVEL,			/* number: SECURITY_IMPERSONATION_LEVEL */
	DETAIL_CHANGE,			/* it is no logon, but a change of password */
};

struct lsa_services {
	/* One local account; name and domain UTF-8. A domain that is not this machine finds nothing. */
	NTSTATUS (*account)(struct call *call, struct bytes domain, struct bytes user, struct account_view *ret_view);
	/*
	 * A guess is reserved before the compare and settled after it. settle may return STATUS_PENDING
	 * (a lost guess is durable before it is answered): return that, and ask again when turned.
	 */
	bool (*attempt)(struct call *call, const struct account_view *view, struct bytes user);
	NTSTATUS (*settle)(struct call *call, enum guess outcome);
	/* A session and token for an account whose proof has been checked, or for anonymous (view NULL). */
	NTSTATUS (*logon)(struct call *call, const struct account_view *view, uint32_t logon_type, const char *package,
	    struct logon_view *ret_logon);
	void (*logoff)(void *session);
	/* A session of its own for whom the caller is already (LOGON32_LOGON_NEW_CREDENTIALS). */
	NTSTATUS (*clone)(struct call *call, uint32_t logon_type, const char *package, struct logon_view *ret_logon);
	/* What the profile of a logon tells of an account: FILETIMEs, wrong guesses in the window, the full name (UTF-8). */
	void (*profile)(struct call *call, const struct account_view *view, struct account_profile *ret_profile);
	uint32_t (*rule)(struct call *call, enum rule rule);
	/* Names of this machine, UTF-8: NetBIOS and DNS. */
	const char *(*computer)(struct call *call);
	const char *(*host)(struct call *call);
	const uint8_t *(*machine_id)(struct call *call);	/* 32 bytes, random per LSA: [MS-NLMP] 2.2.2.2 */
	uint32_t (*process)(struct call *call);			/* a number of the calling process (its pid), never an address; may be NULL */
	uint64_t (*now)(struct call *call);			/* FILETIME */
	/* Writes the audit line of a logon that was refused or granted; the true cause. */
	void (*audit)(struct call *call, NTSTATUS status, struct bytes domain, struct bytes user, const char *package,
	    uint64_t luid);
	/* Before it: a detail of what is audited. The text (UTF-8) lives as long as the call. May be NULL. */
	void (*audit_detail)(struct call *call, enum audit_detail what, struct bytes text, uint32_t number);
	/* The password of an account: takes effect when it returns success. May return STATUS_PENDING. */
	NTSTATUS (*set_key)(struct call *call, const struct account_view *view, struct bytes user, struct secret *nt_hash, bool blank);
	/* Eight bytes issued on this link, kept for a later message (single use). */
	NTSTATUS (*challenge_issue)(struct call *call, uint8_t challenge[8]);
	bool (*challenge_take)(struct call *call, const uint8_t challenge[8]);

	/* A session and token for somebody that another authority vouches for. */
	NTSTATUS (*logon_as)(struct call *call, const struct logon_facts *facts, uint32_t logon_type, const char *package,
	    struct logon_view *ret_logon);
	/* Session `luid`, or with 0 the caller's own. STATUS_NO_SUCH_LOGON_SESSION; STATUS_ACCESS_DENIED where it is another's and the caller not trusted. */
	NTSTATUS (*session)(struct call *call, uint64_t luid, struct session_view *ret_view);
	/* The LUIDs of the caller's own sessions, or of all where he is trusted; 8 bytes each, in call memory. */
	NTSTATUS (*sessions)(struct call *call, struct bytes *ret_luids);
	/* One thing per package and session, or per package and calling process. Held for the caller (kept_drop), or NULL. keep takes over the maker's count. */
	struct kept *(*session_kept)(struct call *call, void *session, const struct lsa_package *package);
	NTSTATUS (*session_keep)(struct call *call, void *session, const struct lsa_package *package, struct kept *kept);
	struct kept *(*process_kept)(struct call *call, const struct lsa_package *package);
	NTSTATUS (*process_keep)(struct call *call, const struct lsa_package *package, struct kept *kept);
	/* One thing of a package's for the whole LSA, made where there is none yet and make is not NULL. Held, or NULL. May be NULL. */
	struct kept *(*machine_kept)(struct call *call, const struct lsa_package *package, struct kept *(*make)(void));
	/* A credential of the calling process and of this package, by the LSA's number of it, as acquire made it; held until the call ends. NULL: none. */
	void *(*credential)(struct call *call, uint64_t number, const struct lsa_package *package);
	/* A value of the configuration (openlsa.conf) by its name, or NULL; as long as the LSA. */
	const char *(*setting)(struct call *call, const char *name);
	/* Whether the calling process may accept with the keys of this principal (spec/lsa-logon.md 1.4). */
	bool (*may_accept)(struct call *call, const char *principal);
	/*
	 * True once for each proof: `print` is a digest of the authenticator, `until` (seconds since 1970) when
	 * it could not be valid any more. It is remembered across restarts and, embedded, across processes. Never blocks.
	 */
	bool (*first_seen)(struct call *call, const uint8_t print[16], uint64_t until);
	/*
	 * Names of another domain than this machine, where the configuration has an authority that judges them
	 * (domain_authority). vouches: whether this domain (UTF-8; empty: none was said) is its to judge. vouch
	 * arms a wait and returns STATUS_PENDING; vouched tells what came of it, once, in the turn after it.
	 */
	bool (*vouches)(struct call *call, struct bytes domain);
	NTSTATUS (*vouch)(struct call *call, const struct vouch_ask *ask);
	NTSTATUS (*vouched)(struct call *call, struct vouched *ret);
	/*
	 * What a user is known by while nobody can be asked about him, kept across restarts; of the oldest only as many as policy
	 * says. May return STATUS_PENDING: return that, and ask again when turned. recall: STATUS_NOT_FOUND.
	 */
	NTSTATUS (*remember)(struct call *call, struct bytes who, const struct secret *what);
	NTSTATUS (*recall)(struct call *call, struct bytes who, struct secret **ret_what);
	/* What any package remembers, of everybody. May return STATUS_PENDING. NULL: nothing is ever remembered. */
	NTSTATUS (*forget_all)(struct call *call);
	/*
	 * What a trusted caller has chosen for this connection (MsV1_0SetProcessOption, MsV1_0SetThreadOption): bits of the
	 * package's own. `on` false: these are switched off. May be NULL: none is ever set.
	 */
	uint32_t (*options)(struct call *call);
	void (*set_options)(struct call *call, uint32_t bits, bool on, bool thread);
	/* An audit line for a choice that policy wants told, whatever became of it. */
	void (*audit_choice)(struct call *call, NTSTATUS status, const char *package, const char *what);
};
void kept_drop(struct kept *kept);
const struct lsa_services *services(struct call *call);

/* --- the table --------------------------------------------------------- */

struct acquire_args {
	bool inbound, outbound;
	bool explicit_identity;			/* user, domain given by the caller (may be empty) */
	bool has_password;			/* false: the stored or default one */
	struct bytes user, domain;		/* UTF-16LE */
	struct bytes password;			/* UTF-16LE; inside the frame, wiped with it */
	struct bytes principal;			/* UTF-8 */
	struct bytes packages;			/* UTF-8 list, for Negotiate */
	uint64_t logon_id;			/* a session whose password or tickets stand in for those not given; 0: the caller's own */
	bool inside;				/* entered by another package */
};
struct acquire_result {
	void *cred;				/* goes to forget_cred */
	uint64_t expiry;
	const char *name;			/* UTF-8, call_memory or static */
};

struct leg_args {
	void *cred;
	void *context;				/* NULL on the first leg */
	uint32_t wants;				/* ISC_REQ_* or ASC_REQ_* */
	uint32_t data_rep;
	struct bytes target;			/* UTF-8, first leg of an initiator */
	struct bytes token;
	struct bytes bindings;			/* raw SEC_CHANNEL_BINDINGS, or empty */
	bool inside;				/* entered by another package: keys stay in the context for mic, check_mic and hand_over */
	bool by_peer;				/* inside, an initiator's: no authority can be reached, the peer hands on what is for it (IAKERB) */
	uint32_t silence_ms;			/* how long an authority may be silent before the package gives up; 0: until the deadline */
};
struct leg_result {
	void *context;				/* set on the first leg, then unchanged; goes to forget_context, on failure too */
	uint32_t grants;			/* ISC_RET_* or ASC_RET_* */
	uint64_t expiry;
	struct bytes token;			/* call_memory */
	struct bytes user_data;			/* call_memory; with the last leg: what the user half needs */
	bool wants_mic;				/* with the last leg, inside: the messages carried a MIC, so the choice of the package must carry one too */
};

struct message_args {
	struct bytes body;			/* pointer-free: the structure of the API with offsets for pointers, 64-bit layout */
	bool trusted;
};
struct message_result {
	NTSTATUS verdict;			/* ProtocolStatus */
	struct bytes body;			/* call_memory; offsets for pointers */
	struct bytes pointers;			/* call_memory or static: the places of those offsets, u32 each */
};

/* A logon by a buffer of the API's (LsaLogonUser). */
struct logon_args {
	uint32_t type;				/* SECURITY_LOGON_TYPE */
	struct bytes body;			/* pointer-free, as a message's */
	bool trusted;
};
struct logon_result {
	NTSTATUS verdict;			/* starts as a refusal */
	NTSTATUS substatus;			/* may be shown to this caller; 0: none */
	struct bytes profile;			/* call_memory; offsets for pointers */
	struct bytes pointers;			/* call_memory or static: the places of those offsets, u32 each */
	void *session;				/* with success: what services' logon, logon_as or clone gave; taken over */
	bool borrowed;				/* `session` is an older one that services' session gave: held once more, not taken over */
	uint32_t level;				/* SECURITY_IMPERSONATION_LEVEL of an impersonation token; 0: impersonation */
};

struct change_args {
	struct bytes domain, user;		/* UTF-16LE */
	struct bytes old, fresh;		/* UTF-16LE passwords */
	bool trusted;
};

struct lsa_package {
	const char *name;			/* SSPI's name */
	const char *alias;			/* another, or NULL: LSA's long name */
	const char *comment;
	uint32_t capabilities;			/* SECPKG_FLAG_* */
	uint16_t rpc_id;
	uint32_t max_token;
	uint32_t layout;			/* number of its user data layout */
	NTSTATUS (*acquire)(struct call *call, const struct acquire_args *args, struct acquire_result *ret);
	/* An inbound credential gets another identity to accept with; args->packages: whose part of it is meant. May be NULL: it takes none. */
	NTSTATUS (*add)(struct call *call, void *cred, const struct acquire_args *args);
	NTSTATUS (*init)(struct call *call, const struct leg_args *args, struct leg_result *ret);
	NTSTATUS (*accept)(struct call *call, const struct leg_args *args, struct leg_result *ret);
	NTSTATUS (*message)(struct call *call, const struct message_args *args, struct message_result *ret);
	NTSTATUS (*change)(struct call *call, const struct change_args *args);
	/* STATUS_SUCCESS: see the verdict; else it could not be judged. NULL: it logs nobody on. */
	NTSTATUS (*logon)(struct call *call, const struct logon_args *args, struct logon_result *ret);
	/*
	 * Whom an acceptor's established context stands for: the session it holds (the LSA's own, borrowed) and
	 * the SECURITY_IMPERSONATION_LEVEL that the client granted. NULL: nobody. May be NULL.
	 */
	void *(*who)(void *context, uint32_t *ret_level);
	/* The long-term key of a password (UTF-8) as accounts keep it. NULL: not valid text, too long, or no memory. */
	struct secret *(*key_of_password)(struct bytes password);
	/* A control token: buffers of type (u32) and sized bytes, the caller's, unchecked. NULL: contexts take none. */
	NTSTATUS (*control)(struct call *call, void *context, struct bytes buffers);
	/* Who vouched for the user of a session that this package began, where only it knows (UTF-8, call memory). May be NULL. */
	NTSTATUS (*about)(struct call *call, uint64_t luid, struct bytes *ret_server);
	void (*forget_cred)(void *cred);
	void (*forget_context)(void *context);

	/*
	 * For the package that entered this one with `inside`, once the context is established: sign and check as
	 * the user half will, moving the same sequence; `restart` begins the cipher of that direction anew
	 * ([MS-SPNG] 3.3.5.1; no effect where there is none). hand_over gives the user data as it stands after
	 * them (call memory), and the keys leave the context.
	 */
	NTSTATUS (*mic)(struct call *call, void *context, struct bytes text, bool restart, struct bytes *ret_token);
	NTSTATUS (*check_mic)(struct call *call, void *context, struct bytes text, bool restart, struct bytes token);
	NTSTATUS (*hand_over)(struct call *call, void *context, struct bytes *ret_user_data);
	/* Loads what is loaded late, once, before a sandbox closes. May be NULL. */
	void (*warm)(void);
	/*
	 * What is kept with a session may want to be looked at in time (a daemon does): how many ms from now, UINT32_MAX:
	 * not at all. Never blocks. Then tend, whose call is nobody's: no process, no session. STATUS_NO_LOGON_SERVERS: others
	 * need not be tried soon, either. Both or none.
	 */
	uint32_t (*due)(struct kept *kept);
	NTSTATUS (*tend)(struct call *call, struct kept *kept);
	/* Tickets of the caller's own cache, version 4 of MIT's file format: kept with the process. NULL: none taken. */
	NTSTATUS (*adopt)(struct call *call, struct bytes tickets);
	/* With adopt: readings of such a cache that may take a while, by number; up to `done` they are over. */
	NTSTATUS (*expect)(struct call *call, uint64_t coming, uint64_t done);
};

extern const struct lsa_package ntlm_lsa;
extern const struct lsa_package kerberos_lsa;
extern const struct lsa_package negotiate_lsa;

#endif
