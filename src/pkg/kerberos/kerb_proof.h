/*
 * kerb_proof.h - an initiator's proof as bytes: what stands in the clear in
 * an AP-REQ, and the checksum of its authenticator. Pure.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_PROOF_H
#define OPENLSA_PKG_KERBEROS_KERB_PROOF_H

#include "base/bytes.h"

#define PROOF_NAME_MAX	1024u

/*
 * [RFC 4120] 5.5.1, 5.3. Nothing of this is proven: it says which key to try,
 * and what to write in a reason. Only `print_of` is used for more: a ciphertext
 * cannot be changed into another one of the same proof.
 */
struct kerb_clear {
	bool mutual;				/* ap-options: nobody signed it */
	bool session_key;			/* use-session-key: user-to-user */
	char principal[PROOF_NAME_MAX];		/* as krb5_unparse_name writes it */
	struct bytes ticket;			/* Ticket, whole */
	int32_t etype;
	uint32_t kvno;				/* 0: none said */
	int32_t proof_etype;
	struct bytes proof;			/* the authenticator's ciphertext */
};

/* Exactly one AP-REQ, in DER; false otherwise. */
bool kerb_clear_take(struct kerb_clear *ret, struct bytes ap_req) MUST_CHECK;
/* A principal for a reason: itself, or a sentence where it has characters that are not repeated. */
const char *kerb_clear_name(const struct kerb_clear *c);

/* A realm or a part of a name, escaped as krb5_unparse_name does. */
void kerb_part_put(struct writer *w, struct bytes part);

/* [RFC 4121] 4.1.1. Flags are GSS_C_*_FLAG. */
#define KERB_CHECKSUM		0x8003
enum {
	KERB_FLAG_DELEG = 1, KERB_FLAG_MUTUAL = 2, KERB_FLAG_REPLAY = 4, KERB_FLAG_SEQUENCE = 8, KERB_FLAG_CONF = 0x10,
	KERB_FLAG_INTEG = 0x20, KERB_FLAG_DCE = 0x1000, KERB_FLAG_IDENTIFY = 0x2000, KERB_FLAG_ERROR = 0x4000,
};

struct kerb_bind {
	uint8_t bindings[16];
	uint32_t flags;
	struct bytes delegated;			/* KRB-CRED, or empty */
};

bool kerb_bind_take(struct kerb_bind *ret, struct bytes checksum) MUST_CHECK;

#endif
