/*
 * client.h - a connected process and all it owns. A process record owns
 * credentials and contexts; a link owns its rank, its audit name and its
 * challenges. A uid record counts against the quotas.
 */
#ifndef OPENLSA_LSA_CLIENT_H
#define OPENLSA_LSA_CLIENT_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/handle.h"
#include "engine/call.h"
#include "lsa/lsa.h"
#include "pkg/lsa_mode.h"
#include "store/account.h"
#include "store/attempt.h"
#include "store/session.h"
#include "store/token.h"
#include "wire/calls.h"
#include "wire/frame.h"
#include "wire/token_facts.h"

#define COOKIE_LEN	16u
#define NAME_MAX_LEN	127u
#define CHALLENGES	16u
#define SESSIONS_VIEWED	4u

enum { KIND_CRED = 1, KIND_CONTEXT = 2, KIND_POLICY = 5, KIND_TOKEN = 7 };

struct uid_record {
	struct uid_record *next;
	uint32_t uid, refs;
	_Atomic uint32_t links, objects, calls, strangers;
	struct session *session;	/* its default one, made when first asked for; guarded by the LSA's lock */
};

struct process {
	struct process *next;
	struct lsa *lsa;
	struct uid_record *owner;
	uint32_t uid;
	int32_t pid;
	uint32_t links;			/* guarded by the LSA's lock */
	_Atomic uint32_t refs;		/* links and objects */
	uint8_t cookie[COOKIE_LEN];
	pthread_mutex_t lock;
	struct object *objects;
	bool over;			/* no link is left, so nobody who could close one */
	struct kept_row *kept;		/* what packages keep with it; guarded by the lock */
	struct session *session;	/* the default one of a process whose uid says nothing; guarded by the LSA's lock */
};

/* What a package keeps with a process, or with a session. */
struct kept_row {
	struct kept_row *next;
	const struct lsa_package *package;
	uint64_t luid;			/* of a session */
	struct kept *kept;
};

/* What a process owns in the LSA. */
struct object {
	struct object *next, **here;
	struct process *process;
	const struct lsa_package *package;
	unsigned kind;
	uint64_t word;			/* its handle */
};

struct cred_object {
	struct object o;
	void *cred;
	bool inbound, outbound;
	bool explicit_identity;		/* somebody else than the caller, as he says */
	char *name;			/* UTF-8, or NULL */
};

struct context_object {
	struct object o;
	struct cred_object *cred;
	void *context;
	bool server;
	_Atomic bool busy;		/* a leg is in flight */
	enum { CONTEXT_FRESH, CONTEXT_PARTIAL, CONTEXT_ESTABLISHED, CONTEXT_FAILED } state;
};

/* A token as a process has it. Its key proves to be shown it: whoever has both may open it for itself. */
struct token_object {
	struct object o;
	struct token *token;
	uint8_t key[TOKEN_KEY_LEN];
};

struct lsa_link {
	struct lsa *lsa;
	struct loop *loop;
	struct lsa_peer peer;
	struct process *process;	/* NULL for a stranger */
	struct uid_record *stranger_of;	/* counted there until it has said connect, or is gone */
	_Atomic enum wire_rank rank;
	_Atomic uint32_t refs;
	bool gone;			/* guarded by the loop's lock, as the next four */
	struct served *waiting;
	struct served **index;		/* of them by who asked and call id, once they are many; or NULL */
	uint32_t index_bits, waiting_count;
	char name[NAME_MAX_LEN + 1];
	pthread_mutex_t lock;
	struct { uint8_t bytes[8]; uint64_t until; } challenges[CHALLENGES];
	unsigned next_challenge;
	/* MSV1_0's options: the process's, and which of them the thread has and how. Guarded by the lock. */
	struct { uint32_t process, thread_has, thread; } options;
};

struct call_row {
	const char *verb;
	NTSTATUS (*turn)(struct served *s);
	enum wire_rank rank;
	enum wire_end end;
};

/* A call as the LSA serves it. */
struct served {
	struct call call;
	struct served *next, **here;	/* among the link's waiting ones */
	struct served *same, **same_here;	/* in its place of the index */
	struct lsa_link *link;
	struct process *process;
	const struct call_row *row;
	struct request request;
	lsa_done *done;			/* NULL: the reply is lost */
	void *arg;
	struct bytes reply;		/* call memory; empty: only a head goes out */
	struct bytes frame;		/* wiped at the end */
	/* A leg's own. */
	struct cred_object *cred;
	struct context_object *context;
	struct context_object *controlled;	/* a control token's */
	bool first_leg, begun, counted;
	bool carries;			/* it fails, and its reply has fields all the same */
	/* A logon's own. */
	struct account *account;
	struct attempt attempt;
	bool guessed, gate_open, settling;
	struct session *viewed[SESSIONS_VIEWED];	/* held until the call ends */
	struct asking *asking;		/* of the authority, held. authority.c */
	struct finding_out *finding_out;	/* names or SIDs, likewise */
	bool judged;			/* the session that it names was found to be the peer's to use */
	/* For the audit of a logon. */
	struct { struct bytes workstation, version; uint32_t level, type; bool levelled, changing, refused; uint64_t privileges; } told;
	struct bytes local_groups;	/* LocalGroups, packed (wire/token_facts.h) */
	struct memo *memo;		/* what is being remembered or recalled */
	uint64_t made;			/* a token that only the reply tells of; 0: none */
	NTSTATUS refused;		/* why it is not served at all */
};

#define SERVED(c) ((struct served *)(void *)(c))

struct memo;
struct waiter;
struct tend;

#define KEPT_SHELVES	1024u

struct lsa {
	struct handle_table *objects;
	struct jobs *jobs;
	struct net *net;
	struct lsa_limits limits;
	uint64_t epoch, started;
	bool fips;			/* this machine keeps to FIPS 140 */
	uint8_t machine_id[32];
	struct store *store;		/* NULL until first use */
	struct lsa_settings settings;
	char *state, *computer, *key_file;
	char store_why[LSA_SENTENCE];
	pthread_mutex_t store_lock;
	struct sessions *sessions;
	struct authority_seat *authority;	/* of another domain; NULL: none is configured. authority.c */
	struct secret *wrap_key;	/* seals what goes out and comes back */
	struct secret *dummy_key;	/* stands in for the hash of an account that is not there */
	char host[256];
	struct kept_row *session_kept[KEPT_SHELVES], *machine_kept;	/* guarded by kept_lock; the first by LUID */
	pthread_mutex_t kept_lock;
	pthread_mutex_t lock;
	struct process *processes;
	struct uid_record *uids;
	_Atomic uint32_t links, creds, contexts, policies, tokens, calls;
	struct tend *tend;		/* or NULL: nobody looks after what is kept */
	struct { pthread_mutex_t lock; struct waiter *waiters; uint64_t counts[8]; } changes;	/* of policy: changes.c */
	_Atomic uint64_t handshakes;
};

/* client.c */
struct uid_record *uid_join(struct lsa *lsa, uint32_t uid);	/* NULL: no memory */
void uid_leave(struct lsa *lsa, struct uid_record *u);
/* A handle for the object, which then belongs to its process: counted, and held once for the caller. */
NTSTATUS object_new(struct object *o, struct process *p, unsigned kind, const struct lsa_package *package);
struct object *object_hold(struct process *p, unsigned kind, uint64_t word);
void object_drop(struct object *o);
/* For what destroys an object: it leaves its process, which is released last. */
void object_end(struct object *o);
/* STATUS_SUCCESS or STATUS_INVALID_HANDLE; it goes when nobody holds it any more. */
NTSTATUS object_close(struct process *p, unsigned kind, uint64_t word);
struct handle_table *client_table(void);
struct process *process_join(struct lsa_link *link, struct bytes cookie);
void process_leave(struct process *p);		/* one link fewer */
void process_release(struct process *p);	/* one holder fewer */

/* link.c */
/* Cancels the waiting call that `arg` submitted with this id, unless it is marked FINISH. */
void link_cancel(struct lsa_link *link, const void *arg, uint32_t id);
void link_cancel_all(struct lsa_link *link);
void link_known(struct lsa_link *link);		/* a stranger no more */

/* served.c */
/* Packs a reply with fields out; false: no memory. */
bool served_pack(struct served *s, NTSTATUS status, void (*put)(struct writer *, const void *), const void *out) MUST_CHECK;
/* Where the waiting calls of this asker and id hang in the index, which is there. */
struct served **index_place(const struct lsa_link *link, const void *arg, uint32_t id);

/* dispatch.c */
extern const struct call_row call_rows[LSA_HIGHEST_CALL + 1];

#define SERVE_PROTOTYPE(number, verb, FIELDS, rank, drop) \
	NTSTATUS serve_##verb(struct served *s, const struct verb##_in *in, struct verb##_out *out);
LSA_CALLS(SERVE_PROTOTYPE)

/* package.c */
const struct lsa_package *package_find(struct bytes name);
const struct lsa_package *package_at(uint32_t id);
uint32_t package_count(void);
uint32_t package_id(const struct lsa_package *package);

/* blocking_load.c: third-party packages */
void lsa_packages_audit(struct lsa *lsa);
void lsa_packages_session_ended(uint64_t luid, const char *package);
void lsa_packages_close(void);

/* lsa.c: the store, opened when it is first needed; call may be NULL: nobody is told why it cannot be */
NTSTATUS lsa_store(struct lsa *lsa, struct store **ret_store, struct call *call);

/* keep.c: members of the services' table, and what goes with a process, a session, a call */
NTSTATUS keep_session(struct call *call, uint64_t luid, struct session_view *ret_view);
struct kept *keep_session_kept(struct call *call, void *session, const struct lsa_package *package);
NTSTATUS keep_session_keep(struct call *call, void *session, const struct lsa_package *package, struct kept *kept);
struct kept *keep_process_kept(struct call *call, const struct lsa_package *package);
NTSTATUS keep_process_keep(struct call *call, const struct lsa_package *package, struct kept *kept);
struct kept *keep_machine_kept(struct call *call, const struct lsa_package *package, struct kept *(*make)(void));
void *keep_credential(struct call *call, uint64_t number, const struct lsa_package *package);
const char *keep_setting(struct call *call, const char *name);
bool keep_may_accept(struct call *call, const char *principal);
void keep_rows_drop(struct kept_row *rows);
void keep_forget(struct served *s);
void keep_session_ended(void *lsa, struct session *session);

/* The first thing kept with a session that is due, held, and its package; else in how many ms one will be. */
uint32_t keep_due(struct lsa *lsa, const struct lsa_package **ret_package, struct kept **ret_kept);

/* tend.c */
void tend_poke(struct lsa *lsa);		/* something may be due earlier than it was */

/* remember.c: members of the services' table */
NTSTATUS remember(struct call *call, struct bytes who, const struct secret *what);
NTSTATUS forget_all(struct call *call);
NTSTATUS recall(struct call *call, struct bytes who, struct secret **ret_what);
void memo_drop(void *memo);
/* Of the newest so many are left. Blocks. */
NTSTATUS remember_most(struct store *store, uint32_t most);

/* option.c: members of the services' table */
uint32_t option_bits(struct call *call);
void option_set(struct call *call, uint32_t bits, bool on, bool thread);

/* serve_session.c: a member of the services' table */
NTSTATUS sessions_of(struct call *call, struct bytes *ret_luids);

/* serve_token.c */
void token_destroy(void *object);
struct token_object *token_named(struct served *s, uint64_t word, struct bytes key);	/* by number and key; held, or NULL */

/* authority.c */
/* A seat for the one that the configuration names. False: it was to be and cannot; `why` (LSA_SENTENCE) says so. */
bool authority_open(struct lsa *lsa, char *why);
void authority_close(struct lsa *lsa);
void authority_forget(struct served *s);
bool authority_vouches(struct call *call, struct bytes domain);
NTSTATUS authority_vouch(struct call *call, const struct vouch_ask *ask);
NTSTATUS authority_vouched(struct call *call, struct vouched *ret);
/* A name (UTF-8, domain empty where none was said), or a SID; and what its authority knows of it. */
struct find_ask { struct bytes domain, name; struct sid sid; uint32_t number; };	/* number: by which the answer is found */
struct find_answer {
	uint32_t use;			/* SID_NAME_USE; 0: nobody is known */
	struct sid sid, domain;
	bool has_domain;
	struct bytes name, domain_name;	/* UTF-8, until the call ends; no name where a name was asked */
};
/* Whether somebody can be asked at all. Then all in one: STATUS_PENDING; s->finding_out is there in the turn after it. */
bool authority_knows(const struct lsa *lsa);
NTSTATUS authority_find(struct call *call, bool by_sid, const struct find_ask *asks, size_t count);
/* STATUS_NO_LOGON_SERVERS: not all could be asked about. Other failures: nothing is known at all. */
NTSTATUS authority_find_said(struct call *call);
/* STATUS_NOT_FOUND: that was not asked. */
NTSTATUS authority_found(struct call *call, uint32_t number, struct find_answer *ret);
void authority_find_forget(struct served *s);

/* services.c */
void services_forget(struct served *s);		/* an attempt that nobody settled */

#endif
