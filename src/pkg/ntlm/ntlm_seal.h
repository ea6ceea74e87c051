/*
 * ntlm_seal.h - the protection of NTLM messages: [MS-NLMP] 3.4.
 *
 * A seal is the state of both directions of one context: 652 bytes,
 * all of it secret, without pointers, so it may be copied. No allocation, no
 * system call, no clock. The two directions may be used by two threads at
 * once, except where ntlm_seal_shared says that they are one stream.
 *
 * A message is a list of parts in the order in which they are signed; parts
 * marked `clear` are signed and neither encrypted nor changed.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_SEAL_H
#define OPENLSA_PKG_NTLM_NTLM_SEAL_H

#include "crypto/legacy.h"
#include "pkg/ntlm/ntlm_keys.h"

#define NTLM_SIGNATURE_LEN 16u

/* One direction. */
struct ntlm_way {
	uint32_t seq;			/* of the next message; without meaning for datagrams */
	struct hmac_md5_key sign;	/* with ESS */
	struct seal_key seal;		/* what `stream` began with */
	struct rc4 stream;
	uint8_t sender;			/* enum ntlm_side */
	bool keyed;			/* sign, seal and stream stand */
};

struct ntlm_seal {
	uint32_t flags;
	struct session_key key;		/* for directions not yet keyed */
	struct ntlm_way out, in;	/* without ESS `out` serves both directions */
};

struct ntlm_part {
	uint8_t *at;
	size_t len;
	bool clear;
};

/* Zero is the bad one; a verdict is never a boolean. */
enum ntlm_verdict { NTLM_ALTERED = 0, NTLM_OUT_OF_SEQUENCE, NTLM_GENUINE };

/* `side` is one's own. The flags are those of AUTHENTICATE. */
void ntlm_seal_begin(struct ntlm_seal *s, enum ntlm_side side, uint32_t flags, const struct session_key *key);
void ntlm_seal_wipe(struct ntlm_seal *s);
/* Both directions run on one stream and one sequence: one caller at a time. */
bool ntlm_seal_shared(const struct ntlm_seal *s);

/*
 * `sequence` counts for datagrams alone (NTLM_NEGOTIATE_DATAGRAM); elsewhere
 * the seal counts. Without SIGN and SEAL the signature is the constant one of
 * ALWAYS_SIGN, and nothing is encrypted.
 *
 * A wrong version or sequence number is seen before anything is touched:
 * the message is not decrypted and the direction stays usable. After
 * NTLM_ALTERED an opened message is wiped; its stream has moved on.
 */
void ntlm_sign(struct ntlm_seal *s, uint8_t ret_signature[NTLM_SIGNATURE_LEN], const struct ntlm_part *parts,
    size_t count, uint32_t sequence);
enum ntlm_verdict ntlm_verify(struct ntlm_seal *s, const uint8_t signature[NTLM_SIGNATURE_LEN],
    const struct ntlm_part *parts, size_t count, uint32_t sequence) MUST_CHECK;
/* Signs, then encrypts in place; data first, then the checksum. */
void ntlm_encrypt(struct ntlm_seal *s, uint8_t ret_signature[NTLM_SIGNATURE_LEN], const struct ntlm_part *parts,
    size_t count, uint32_t sequence);
enum ntlm_verdict ntlm_decrypt(struct ntlm_seal *s, const uint8_t signature[NTLM_SIGNATURE_LEN],
    const struct ntlm_part *parts, size_t count, uint32_t sequence) MUST_CHECK;

/*
 * After mechListMIC was made (out) or checked (in), SPNEGO begins that
 * direction's stream again; its sequence number goes on. [MS-SPNG] 3.3.5.1.
 */
enum ntlm_direction { NTLM_OUT = 1, NTLM_IN };
void ntlm_seal_reset(struct ntlm_seal *s, enum ntlm_direction which);

/* The whole state as bytes, for user data and export; secret. */
#define NTLM_SEAL_BYTES 632u
void ntlm_seal_put(struct writer *w, struct ntlm_seal *s);
bool ntlm_seal_take(struct ntlm_seal *s, struct reader *r) MUST_CHECK;

#endif
