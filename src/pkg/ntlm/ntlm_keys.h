/*
 * ntlm_keys.h - NTLM's keys and responses: [MS-NLMP] 3.3 and 3.4.
 *
 * Pure: bytes in, bytes out. It knows no account, no clock and no policy:
 * that version 1 is to be refused is somebody else's decision. Each kind of
 * key has a type of its own; whoever holds one wipes it. Passwords and names
 * are UTF-16LE.
 */
#ifndef OPENLSA_PKG_NTLM_NTLM_KEYS_H
#define OPENLSA_PKG_NTLM_NTLM_KEYS_H

#include "base/bytes.h"
#include "pkg/ntlm/ntlm_av.h"
#include "pkg/ntlm/ntlm_msg.h"

struct nt_hash		{ uint8_t b[16]; };	/* MD4 of the password: as good as the password */
struct ntlm2_key	{ uint8_t b[16]; };	/* ResponseKeyNT of version 2 */
struct ntlm_proof	{ uint8_t b[16]; };	/* NTProofStr */
struct base_key		{ uint8_t b[16]; };	/* SessionBaseKey */
struct exchange_key	{ uint8_t b[16]; };	/* KeyExchangeKey */
struct session_key	{ uint8_t b[16]; };	/* ExportedSessionKey */
struct wrapped_key	{ uint8_t b[16]; };	/* EncryptedRandomSessionKey: may cross the network */
struct lm_response	{ uint8_t b[24]; };
struct ntlm1_response	{ uint8_t b[24]; };
struct ntlm_mic		{ uint8_t b[16]; };
struct ntlm_nonce	{ uint8_t b[8]; };	/* a challenge, either side's */

struct nt_hash nt_hash_of_password(struct bytes utf16le);

/* --- version 2: 3.3.2 ------------------------------------------------- */

#define NTLM2_USER_MAX 2048u			/* bytes of a user name that can be upper-cased */

/*
 * The user name is upper-cased here, the domain is taken as it was sent.
 * False: the name is longer than NTLM2_USER_MAX or has an odd length.
 */
bool ntlm2_key_of(struct ntlm2_key *ret_key, const struct nt_hash *nt, struct bytes user, struct bytes domain) MUST_CHECK;
struct ntlm_proof ntlm2_proof_of(const struct ntlm2_key *key, const uint8_t server[8], struct bytes blob);
struct lm_response ntlm2_lm_of(const struct ntlm2_key *key, const uint8_t server[8], const uint8_t client[8]);
struct base_key ntlm2_base_key_of(const struct ntlm2_key *key, const struct ntlm_proof *proof);

/* NTLMv2_CLIENT_CHALLENGE, 2.2.2.7: what the proof protects. */
struct ntlm2_blob {
	uint64_t time;				/* FILETIME */
	struct ntlm_nonce client;
	struct bytes pairs;			/* AV list with its EOL, and whatever follows it */
};
void ntlm2_blob_put(struct writer *w, const struct ntlm2_blob *b);	/* with the four zero bytes behind */
bool ntlm2_blob_take(struct ntlm2_blob *b, struct bytes wire) MUST_CHECK;

/* A whole NTLMv2_RESPONSE, 2.2.2.8, taken apart. False: too short or not of version 1. */
struct ntlm2_response {
	struct ntlm_proof proof;
	struct bytes blob_bytes;		/* what ntlm2_proof_of wants */
	struct ntlm2_blob blob;
	struct av_pairs pairs;
};
bool ntlm2_response_take(struct ntlm2_response *r, struct bytes nt) MUST_CHECK;
/* Whether the response was made with this key for this challenge; constant in time. */
bool ntlm2_proof_holds(const struct ntlm2_response *r, const struct ntlm2_key *key, const uint8_t server[8]) MUST_CHECK;

/* --- version 1, where policy allows it: 3.3.1 ------------------------- */

struct ntlm1_response ntlm1_response_of(const struct nt_hash *nt, const uint8_t server[8]);
/* With extended session security: the LM field carries the client's challenge and 16 zeros. */
struct ntlm1_response ntlm1_ess_response_of(const struct nt_hash *nt, const uint8_t server[8], const uint8_t client[8]);
struct lm_response ntlm1_ess_lm_of(const uint8_t client[8]);
struct base_key ntlm1_base_key_of(const struct nt_hash *nt);

/* --- the session's keys: 3.4.5 ---------------------------------------- */

/* KXKEY: version 2 passes the base key on; version 1 needs the LM field and the challenge with ESS. */
struct exchange_key ntlm2_exchange_key_of(const struct base_key *base);
struct exchange_key ntlm1_exchange_key_of(const struct base_key *base, uint32_t flags,
    const struct lm_response *lm, const uint8_t server[8]);

/* Without KEY_EXCH the exchange key is the session key. */
struct session_key session_key_of(const struct exchange_key *kx);
struct wrapped_key session_key_wrap(const struct session_key *key, const struct exchange_key *kx);
struct session_key session_key_unwrap(const struct wrapped_key *wrapped, const struct exchange_key *kx);

enum ntlm_side { NTLM_CLIENT = 1, NTLM_SERVER };	/* whose messages a key is for */

struct sign_key { uint8_t b[16]; };
struct seal_key { uint8_t b[16]; uint32_t len; };	/* 16, or 8 without ESS in the weak modes */

struct sign_key sign_key_of(const struct session_key *key, enum ntlm_side sender);	/* with ESS only */
struct seal_key seal_key_of(const struct session_key *key, uint32_t flags, enum ntlm_side sender);

/* --- MIC and channel bindings ----------------------------------------- */

/*
 * Over the three messages as they were on the wire, with the MIC's own bytes
 * in `authenticate` counted as zero. False: they do not lie inside it.
 */
bool mic_of(struct ntlm_mic *ret_mic, const struct session_key *key, struct bytes negotiate, struct bytes challenge,
    struct bytes authenticate, size_t mic_offset) MUST_CHECK;
/* The MIC that `authenticate` carries is that one; constant in time. */
bool mic_holds(const struct session_key *key, struct bytes negotiate, struct bytes challenge,
    struct bytes authenticate, size_t mic_offset) MUST_CHECK;

#endif
