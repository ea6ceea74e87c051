/*
 * kerb_lsa.h - what the files of Kerberos' LSA half share: a credential, a
 * context, the framing of tokens, and the last step of both roles.
 *
 * A credential is immutable, so any number of contexts use it at once; what
 * changes (tickets) is a struct kerb_cache with a lock of its own. A context
 * belongs to one call at a time.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_LSA_H
#define OPENLSA_PKG_KERBEROS_KERB_LSA_H

#include <stdatomic.h>

#include <krb5.h>

#include "pkg/kerberos/kerb_data.h"
#include "pkg/lsa_mode.h"

#define KERB_NEVER	0x7fffffffffffffffull	/* SSPI's "no expiry" */
#define KERB_NAME_MAX	256u			/* characters of a user name and of a password */
#define KERB_DOMAIN_MAX	255u
#define KERB_TARGET_MAX	1024u			/* bytes of a target name in UTF-8 */

struct kerb_cache;
struct kerb_talk;

struct kerb_cred {
	bool inbound, outbound;
	/* What it is good for as an initiator's. */
	enum {
		KERB_NOBODY = 0,
		KERB_TICKETS,		/* those that the process or session had */
		KERB_PASSWORD,
		KERB_KEYTAB,
	} is;
	struct kerb_cache *cache;	/* the tickets, its own or its process's; NULL with KERB_NOBODY alone */
	struct kerb_cred *service;	/* with evidence in the cache: by whose tickets others are asked for */
	_Atomic(struct kerb_cache *) extra;	/* keys of its own to accept with (AddCredentials); NULL: none yet */
	uint64_t luid;			/* whose keys it accepts with beside the machine's; 0: the caller's own */
	struct secret *password;	/* KERB_PASSWORD: UTF-8, no NUL */
	char *client;			/* "user@REALM", escaped as krb5_unparse_name does */
	bool renewable;			/* it asks for tickets that can be renewed, whatever krb5.conf says */
	bool enterprise;		/* client is "user\@dns.domain@REALM", for the KDC to find: name type 10 */
	/* The acceptor's: whose key is to be used; NULL: any that this caller may use. UTF-8, as given. */
	char *principal;
};

/* What a credential of a name and a password is: client, password and an empty cache. The cred is the caller's, cleared before. */
NTSTATUS kerb_use_password(struct call *call, krb5_context k5, const struct acquire_args *args, struct kerb_cred *cred);
/* By what the session `luid` has, 0: the caller's process, then its session, then a keytab. `principal`: "" for whoever it is. SEC_E_NO_CREDENTIALS. */
NTSTATUS kerb_use_default(struct call *call, krb5_context k5, uint64_t luid, const char *principal, struct kerb_cred *cred);
void kerb_cred_clear(struct kerb_cred *cred);
/* kerb_msg_extra.c: the keys of an identity's password, for this credential alone. */
NTSTATUS kerb_add(struct call *call, void *cred, const struct acquire_args *args);

struct kerb_context {
	enum { KERB_TALKING = 1, KERB_FAILED, KERB_DONE } at;
	bool server;
	struct kerb_talk *talk;		/* the initiator's (kerb_init.c), NULL once it is done */
	void *acceptor;			/* the acceptor's (kerb_accept.c), or NULL; goes to kerb_accept_forget */
	struct secret *kept;		/* entered with `inside`: kerb_data bytes until hand_over */
};

/* A context that begins to talk; NULL: no memory. */
struct kerb_context *kerb_context_new(bool server) MUST_CHECK;
/*
 * The last step of both roles: state DONE, and the data goes to ret->user_data (call memory), or with
 * args->inside stays in the context for mic, check_mic and hand_over. The caller wipes `d`.
 */
NTSTATUS kerb_context_done(struct call *call, struct kerb_context *ctx, const struct leg_args *args,
    const struct kerb_data *d, struct leg_result *ret);
/* User data in call memory. */
NTSTATUS kerb_data_give(struct call *call, const struct kerb_data *d, struct bytes *ret_bytes);

/* The two halves of the table: kerb_init.c, kerb_accept.c. */
NTSTATUS kerb_init(struct call *call, const struct leg_args *args, struct leg_result *ret);
void kerb_talk_drop(struct kerb_talk *talk);
NTSTATUS kerb_accept(struct call *call, const struct leg_args *args, struct leg_result *ret);
void kerb_accept_forget(void *acceptor);
/* pkg/lsa_mode.h's `who`. */
void *kerb_accept_who(void *acceptor, uint32_t *ret_level);
/*
 * The acceptor's part of acquire: whether there is a key that this caller may accept with (cred->principal,
 * or any). STATUS_SUCCESS, or SEC_E_NO_CREDENTIALS and why.
 */
NTSTATUS kerb_accept_ready(struct call *call, const struct kerb_cred *cred);

/* What ISC_RET_* or ASC_RET_* follow from ISC_REQ_* wants; what needs proof (MUTUAL_AUTH, DELEGATE) is the role's to add. */
uint32_t kerb_grants(bool server, uint32_t wants);

/* --- framing: kerb_frame.c, pure (but for _give) -------------------------- */

/* [RFC 4121] 4.1, [RFC 4120] 5.10: token ids, big-endian as they stand on the wire. */
enum kerb_token {
	KERB_TOKEN_AP_REQ  = 0x0100,
	KERB_TOKEN_AP_REP  = 0x0200,
	KERB_TOKEN_ERROR   = 0x0300,
	KERB_TOKEN_TGT_REQ = 0x0400,
	KERB_TOKEN_TGT_REP = 0x0401,
};

struct kerb_frame {
	bool raw;			/* no GSS header: DCE style, or a bare Kerberos message */
	bool user2user;			/* the mechanism is 1.2.840.113554.1.2.2.3 */
	bool iakerb;			/* the mechanism is 1.3.6.1.5.2.5 */
	enum kerb_token is;		/* by the token id; by the application tag where raw */
	struct bytes inner;		/* the Kerberos message */
};

/* 0x60, length, mechanism, token id, message; raw: the message alone. */
void kerb_frame_put(struct writer *w, const struct kerb_frame *f);
/* Either form. Takes both Kerberos mechanism numbers. False: neither, cut short, or with bytes behind it. */
bool kerb_frame_take(struct kerb_frame *f, struct bytes token) MUST_CHECK;
/* kerb_frame_put into call memory. */
NTSTATUS kerb_frame_give(struct call *call, const struct kerb_frame *f, struct bytes *ret_token);

#endif
