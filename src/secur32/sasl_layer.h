/*
 * sasl_layer.h - what SASL's mechanism GSSAPI agrees on once its context
 * stands: the layer for messages, their size and an authorization identity.
 * [RFC4752] 3.1 to 3.3. One conversation belongs to one context and lies
 * under that context's lock.
 */
#ifndef OPENLSA_SECUR32_SASL_LAYER_H
#define OPENLSA_SECUR32_SASL_LAYER_H

#include <sspi.h>

#include "base/why.h"
#include "secur32/handles.h"

#define SASL_AUTHZ_MAX	1024u		/* bytes of an authorization identity */
#define SASL_SIZE_MAX	0xffffffu	/* three bytes carry it */
#define SASL_MESSAGE_MAX 2048u		/* a wrapped offer or choice */

enum sasl_layer { SASL_LAYER_NONE = 1, SASL_LAYER_INTEGRITY = 2, SASL_LAYER_PRIVACY = 4 };

enum sasl_stage {
	SASL_TOKENS = 0,	/* the context is being established */
	SASL_OFFER_DUE,		/* server: the caller's buffer was too small for the offer */
	SASL_ANSWER_DUE,	/* server: the client has an empty answer to give first */
	SASL_OFFER_AWAITED,	/* client */
	SASL_CHOICE_AWAITED,	/* server */
	SASL_AGREED,
	SASL_REFUSED,
};

struct sasl {
	enum sasl_stage stage;
	bool server, private, integral;	/* what was asked of the context */
	ULONG send_size, receive_size;	/* of wrapped messages; 0 of `send_size`: as the peer says */
	uint8_t offered, layer;		/* enum sasl_layer */
	ULONG attributes;		/* of the context */
	SASL_AUTHZID_STATE authz_state;
	size_t authz_len;
	uint8_t authz[SASL_AUTHZ_MAX];	/* UTF-8; one's own, or what the client asked for */
};

/* How many bytes the next message of ours may have. */
size_t sasl_room(const struct context *ctx);
/*
 * Each takes what the peer said, writes what is to be said (`ret_len` bytes,
 * at most sasl_room) and moves on. SEC_E_OK: agreed; SEC_I_CONTINUE_NEEDED;
 * else refused, and the context is of no more use.
 */
SECURITY_STATUS sasl_offer(struct context *ctx, uint8_t *ret_message, size_t *ret_len, struct why *why);
SECURITY_STATUS sasl_choose(struct context *ctx, struct bytes offer, uint8_t *ret_message, size_t *ret_len, struct why *why);
SECURITY_STATUS sasl_take_choice(struct context *ctx, struct bytes choice, struct why *why);
/* The context's attributes, with the bits of confidentiality and integrity as the layer has them once it is agreed on. */
ULONG sasl_attributes(const struct sasl *s);

#endif
