/*
 * ntlm_lsa.h - what the files of NTLM's LSA half share: a credential, a
 * context, and the steps that they both take.
 *
 * A credential is immutable, so any number of contexts use it at once. A
 * context belongs to one call at a time. While it is being established it
 * keeps the messages as they were on the wire, for the MIC; once it is
 * established only the reference to its session is left.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_LSA_H
#define OPENLSA_PKG_NTLM_NTLM_LSA_H

#include "pkg/lsa_mode.h"
#include "pkg/ntlm/ntlm_keys.h"

#define NTLM_NAME_MAX	256u		/* characters of a user name and of a password */
#define NTLM_DOMAIN_MAX	255u
#define NTLM_TARGET_MAX	1024u		/* bytes of a target name in UTF-8 */
#define NTLM_NEVER	0x7fffffffffffffffull	/* SSPI's "no expiry" */
#define NTLM_SKEW	(36ull * 3600u * 10000000u)	/* what a peer's clock may be off, FILETIME */

struct ntlm_cred {
	enum { CRED_NONE = 0, CRED_ANONYMOUS, CRED_USER } is;	/* what it is good for as an initiator's */
	struct secret *nt_hash;		/* CRED_USER alone */
	uint32_t user_len, domain_len;
	uint8_t text[];			/* user, then domain: UTF-16LE */
};

/* What an unfinished context remembers of the conversation. */
struct ntlm_talk {
	uint32_t wants;
	uint32_t flags;			/* of NEGOTIATE for the initiator, of CHALLENGE for the acceptor */
	uint64_t timestamp;		/* the acceptor's, as it was sent */
	struct ntlm_nonce challenge;	/* the acceptor's */
	bool has_bindings;
	uint8_t bindings[16];
	uint32_t negotiate_len, challenge_len, target_len;
	uint8_t text[];			/* NEGOTIATE, CHALLENGE, target name (UTF-8) */
};

struct ntlm_context {
	enum { NTLM_TALKING = 1, NTLM_FAILED, NTLM_DONE } at;
	bool server;
	struct ntlm_talk *talk;		/* NULL once it is done */
	void *session;			/* the acceptor's, once it is done */
	bool identify;			/* the client lets itself be identified, not impersonated */
	void (*logoff)(void *session);
	struct ntlm_inside *inside;	/* its keys, while the package that entered this one needs them */
};

/* The two halves of the table: ntlm_init.c, ntlm_accept.c. */
NTSTATUS ntlm_init(struct call *call, const struct leg_args *args, struct leg_result *ret);
NTSTATUS ntlm_accept(struct call *call, const struct leg_args *args, struct leg_result *ret);

/* --- shared steps: ntlm_lsa.c ----------------------------------------- */

static inline struct bytes
cred_user(const struct ntlm_cred *c)
{
	return bytes_of(c->text, c->user_len);
}

static inline struct bytes
cred_domain(const struct ntlm_cred *c)
{
	return bytes_of(c->text + c->user_len, c->domain_len);
}

/* A context that begins to talk, with copies of what it must remember; NULL: no memory. */
struct ntlm_context *ntlm_context_new(bool server, const struct ntlm_talk *talk, struct bytes negotiate,
    struct bytes challenge, struct bytes target);
struct bytes talk_negotiate(const struct ntlm_talk *t);
struct bytes talk_challenge(const struct ntlm_talk *t);
struct bytes talk_target(const struct ntlm_talk *t);
/* The conversation is over, one way or the other: what it remembered goes. */
void ntlm_context_end(struct ntlm_context *ctx, bool done);

/* NULL where NTLM may be used at all; else who forbids it, as a sentence for the caller. */
const char *ntlm_forbidden(struct call *call);

/* Reads the raw bindings of a leg into a talk; an empty span leaves it. SEC_E_INVALID_TOKEN: malformed. */
NTSTATUS ntlm_take_bindings(struct call *call, struct ntlm_talk *talk, struct bytes raw);

/* Converted text in call memory. STATUS_SUCCESS, STATUS_INSUFFICIENT_RESOURCES, or SEC_E_INVALID_TOKEN: not valid. */
NTSTATUS ntlm_text16(struct call *call, struct bytes *ret_utf16, struct bytes utf8);
NTSTATUS ntlm_text8(struct call *call, struct bytes *ret_utf8, struct bytes utf16);

/* NTLM flags that ISC_REQ_* or ASC_REQ_* ask for: SIGN, SEAL, IDENTIFY. */
uint32_t ntlm_asked(bool server, uint32_t wants);
/* ISC_RET_* or ASC_RET_* of a finished context. */
uint32_t ntlm_grants(bool server, uint32_t wants, uint32_t flags);
/* Whether what was asked for was negotiated, in full strength; else SEC_E_UNSUPPORTED_FUNCTION and why. */
NTSTATUS ntlm_enough(struct call *call, uint32_t asked, uint32_t flags);

/* User data for the user half, in call memory. */
struct ntlm_data;
NTSTATUS ntlm_data_give(struct call *call, const struct ntlm_data *d, struct bytes *ret_bytes);

/*
 * ntlm_inside.c: keys for the package that entered this one. keep takes the user data that a finished
 * leg gives into the context, and out of the result.
 */
NTSTATUS ntlm_inside_keep(struct call *call, struct ntlm_context *ctx, struct leg_result *ret);
void ntlm_inside_drop(struct ntlm_context *ctx);
NTSTATUS ntlm_inside_mic(struct call *call, void *context, struct bytes text, bool restart, struct bytes *ret_token);
NTSTATUS ntlm_inside_check(struct call *call, void *context, struct bytes text, bool restart, struct bytes token);
NTSTATUS ntlm_inside_hand_over(struct call *call, void *context, struct bytes *ret_user_data);

/* The eight bytes of SingleHost's CustomData: which process of this machine made the message. */
void ntlm_process_tag(struct call *call, uint8_t ret_tag[8]);

#endif
