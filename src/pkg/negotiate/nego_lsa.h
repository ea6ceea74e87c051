/*
 * nego_lsa.h - what the files of Negotiate's LSA half share: a credential
 * made of other packages' credentials, and a context around another
 * package's context.
 *
 * A credential is immutable. A context belongs to one call at a time. The
 * packages inside are known by name alone.
 */
#ifndef OPENLSA_PKG_NEGOTIATE_NEGO_LSA_H
#define OPENLSA_PKG_NEGOTIATE_NEGO_LSA_H

#include "pkg/lsa_mode.h"
#include "pkg/negotiate/nego_msg.h"

#define NEGO_TARGET_MAX	1024u		/* bytes of a target name in UTF-8 */
#define NEGO_NEVER	0x7fffffffffffffffull
#define NEGO_SILENCE_MS	5000u		/* how long one mechanism's authority may be silent */
#define NEGO_LEGS_MAX	16u		/* a conversation that goes on longer is none */
#define NEGO_LIST_MAX	4096u		/* bytes of a peer's MechTypeList; real ones have less than a hundred */

/* In the order in which they are preferred. */
enum inner { INNER_KERBEROS, INNER_NTLM, INNERS };

enum inner_use { USE_IN, USE_OUT, USES };

struct nego_inner {
	const struct lsa_package *package;	/* NULL: not to be had */
	void *cred;
	NTSTATUS status;		/* why not; STATUS_SUCCESS where it is there, STATUS_NOT_FOUND: excluded, or no such package */
};

struct nego_cred {
	struct nego_inner inner[USES][INNERS];
	bool wished;			/* the identity's package list asks for NTLM and not for Kerberos: no fallback, a wish */
	bool excluded[INNERS];		/* by that list */
	bool local;			/* the identity's domain is "." or this machine: no KDC can know it */
	bool anonymous;			/* the identity is there and empty: nobody's tickets are to be shown */
};

struct nego_context {
	enum { NEGO_FRESH = 1, NEGO_HINTED, NEGO_TALKING, NEGO_FAILED, NEGO_DONE } at;
	bool server;
	bool direct;			/* the peer speaks raw tokens of the package inside */
	bool answered;			/* the acceptor's first reply was sent, or read */
	bool first;			/* the initiator's first offer is the one chosen, so its token counts */
	bool closing;			/* the initiator has said that it is done */
	unsigned legs;
	uint32_t wants;			/* of the first leg; the package inside is asked for these */
	struct bytes target, bindings;	/* own copies: a mechanism may begin late */
	struct bytes list;		/* own copy: MechTypeList as it crossed the wire */
	enum nego_mech offered[3];	/* the initiator's */
	unsigned offered_count;
	enum nego_mech mech;		/* chosen, or hoped for */
	enum inner which;
	const struct lsa_package *package;
	void *inner;
	bool inner_done;
	bool mic_wanted, mic_made, mic_checked;
	uint32_t grants;
	uint64_t expiry;
};

/* What a leg remembers while the package inside waits. */
struct nego_leg {
	bool counted;
	bool begun;			/* what comes before the package inside was done */
	enum inner trying;
	NTSTATUS failed;		/* what Kerberos came to */
	bool may_ntlm;
	bool may_iakerb;		/* the acceptor names IAKERB */
	bool by_peer;			/* IAKERB was tried */
};

/* The two halves of the table: nego_init.c, nego_accept.c. */
NTSTATUS negotiate_init(struct call *call, const struct leg_args *args, struct leg_result *ret);
NTSTATUS negotiate_accept(struct call *call, const struct leg_args *args, struct leg_result *ret);

/* --- shared steps: nego_lsa.c -------------------------------------------- */

/* The conversation is over, one way or the other. */
void nego_context_end(struct nego_context *ctx, bool done);
void nego_inner_drop(struct nego_context *ctx);
/* An own copy in place of what was there; false: no memory. */
bool nego_keep(struct bytes *own, struct bytes text) MUST_CHECK;
/* The package that does the work from here on; what another one had begun goes. */
void nego_choose(struct nego_context *ctx, enum nego_mech mech, const struct nego_inner *inner);
/*
 * One leg of the package inside. Its token is given, its other results go into the context. Statuses are
 * its own; STATUS_PENDING: return it and enter again with the same token.
 */
NTSTATUS nego_enter(struct call *call, struct nego_context *ctx, const struct nego_inner *inner,
    const struct leg_args *args, struct bytes token, struct bytes *ret_token);
/* SPNEGO tokens in call memory. */
NTSTATUS nego_give_init(struct call *call, const struct nego_init *m, struct bytes *ret_token);
NTSTATUS nego_give_resp(struct call *call, const struct nego_resp *m, struct bytes *ret_token);
/* ret->context, made with the first leg, and what the leg remembers. A leg that waits counts once. SEC_E_OUT_OF_SEQUENCE: none of this role is taken. */
NTSTATUS nego_begin(struct call *call, const struct leg_args *args, bool server, struct leg_result *ret, struct nego_leg **ret_leg);
/* The last step of a good end: grants, expiry and user data. */
NTSTATUS nego_finish(struct call *call, struct nego_context *ctx, struct leg_result *ret);

/* --- mechListMIC: nego_mic.c ----------------------------------------------- */

/* Whether one must be exchanged, now that the package inside is done: RFC 4178 5, [MS-SPNG] 3.1.5.1. */
bool nego_mic_needed(const struct nego_context *ctx);
/* Checks the one in `m`, where there is one. SEC_E_INVALID_TOKEN: at the wrong time, or a second one. SEC_E_MESSAGE_ALTERED. */
NTSTATUS nego_mic_take(struct call *call, struct nego_context *ctx, const struct nego_resp *m);
/* Makes ours, once, where one is needed; `m` then carries it. */
NTSTATUS nego_mic_give(struct call *call, struct nego_context *ctx, struct nego_resp *m);

/* --- what may be tried: nego_rule.c ---------------------------------------- */

enum inner inner_of(enum nego_mech mech);	/* INNERS: none */
const char *inner_name(enum inner which);
/* Whether Kerberos can do what the first leg asks (ISC_REQ_*) towards this target at all; else says why. */
bool rule_kerberos_fits(struct call *call, const struct nego_cred *cred, struct bytes target, uint32_t wants);
/* Whether what Kerberos came to leaves NTLM as an honest second choice. */
bool rule_falls_back(NTSTATUS kerberos);
/* Whether policy lets NTLM be used towards this target; else says why. */
bool rule_ntlm_allowed(struct call *call, const struct nego_cred *cred, struct bytes target);
/* NTLM was chosen: where policy wants that told, it is. */
void rule_ntlm_audit(struct call *call, const struct nego_cred *cred, NTSTATUS status, struct bytes target);
/* Names between commas in which "!name" excludes: what is left of each. */
void rule_packages(struct nego_cred *cred, struct bytes list);

#endif
