/*
 * kerb_wrap.h - signed and sealed messages: [RFC 4121] 4.2, with the layout
 * that Windows gives them ([MS-KILE] 3.4.5.4).
 *
 * Pure but for random bytes. Data are changed in place. A sealed message is a
 * token (header, trailer and confounder: what stands in SSPI's TOKEN buffer)
 * and data of their own length. The two directions have nothing in common but
 * the base key, so one thread may seal while another opens.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_WRAP_H
#define OPENLSA_PKG_KERBEROS_KERB_WRAP_H

#include "pkg/kerberos/kerb_key.h"

#define KERB_HEADER_LEN	16u

/* A piece of the message, in its order; `clear`: it is signed with the rest but not sealed. */
struct kerb_part {
	uint8_t *at;
	size_t len;
	bool clear;
};

struct kerb_way;

struct kerb_seal {
	const struct kerb_etype *etype;	/* NULL with rc4-hmac */
	bool rc4;			/* signs here; seals by kerb_rc4.h */
	bool server, acceptor_subkey, dce;
	bool replay, sequence;		/* what receiving checks */
	bool numbered;			/* datagrams: the caller says every number, `send` and */
	uint32_t expected;		/* the one to come */
	uint64_t send, receive, window;
	struct kerb_way *out, *in;	/* made at the first use of each direction */
};

/* False: no such encryption type, or the key has another length. */
bool kerb_seal_begin(struct kerb_seal *s, const struct kerb_data *d) MUST_CHECK;
static inline bool
kerb_seal_works(const struct kerb_seal *s)
{
	return s->etype || s->rc4;
}
void kerb_seal_end(struct kerb_seal *s);

size_t kerb_signature_len(const struct kerb_seal *s);
/* Of a sealed message, and of one that is only signed (SECQOP_WRAP_NO_ENCRYPT). */
/* With rc4-hmac the longest. */
size_t kerb_token_len(const struct kerb_seal *s, bool sealed);

enum kerb_verdict { KERB_ALTERED = 0, KERB_GENUINE, KERB_OUT_OF_SEQUENCE, KERB_MALFORMED, KERB_NO_MEMORY };

/* Whether a genuine message of this number may come now; and remembers it. */
enum kerb_verdict kerb_order_take(struct kerb_seal *s, uint64_t number);

/* kerb_signature_len or kerb_token_len bytes at `token`. False: no memory or no random bytes; the data are wiped. */
bool kerb_sign(struct kerb_seal *s, const struct kerb_key *key, uint8_t *token, const struct kerb_part *parts, size_t count) MUST_CHECK;
bool kerb_encrypt(struct kerb_seal *s, const struct kerb_key *key, bool sealed, uint8_t *token, const struct kerb_part *parts,
    size_t count) MUST_CHECK;
enum kerb_verdict kerb_verify(struct kerb_seal *s, const struct kerb_key *key, struct bytes token, const struct kerb_part *parts,
    size_t count);

/*
 * What a wrap token says of itself. `body` is all that follows the header; the
 * data are found `skip` bytes into it, once it has been turned back by `turn`.
 */
struct kerb_wrapped {
	bool sealed;
	size_t turn, before, after;	/* bytes around the data: confounder; filler, header and checksum */
};
/* False: not a wrap token of the other side of this context. */
bool kerb_wrapped_take(struct kerb_wrapped *w, const struct kerb_seal *s, struct bytes header, size_t body_len) MUST_CHECK;
/*
 * Opens it. `parts` are the data, in their places; `before` (the confounder, or nothing) and `after` (filler, header,
 * checksum) are where those stand. Whether a refused message is to be wiped is the caller's business.
 */
enum kerb_verdict kerb_decrypt(struct kerb_seal *s, const struct kerb_key *key, const struct kerb_wrapped *w,
    const uint8_t header[KERB_HEADER_LEN], uint8_t *before, uint8_t *after, const struct kerb_part *parts, size_t count);

#endif
