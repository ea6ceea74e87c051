/*
 * kerb_rc4.h - signed and sealed messages with rc4-hmac: [RFC 4757] 7.
 *
 * Pure but for random bytes; data are changed in place. For who has to speak
 * to what knows nothing newer: policy decides before there is a key. A sealed
 * message is a token (GSS header, numbers, checksum, confounder), the data, and
 * outside DCE style one byte of padding behind them.
 *
 * What RFC 4757 does not protect: the number of a message that is only signed
 * is under a stream cipher and under no checksum, so whoever is between can
 * change it, and with it the order that is checked here.
 */
#ifndef OPENLSA_PKG_KERBEROS_KERB_RC4_H
#define OPENLSA_PKG_KERBEROS_KERB_RC4_H

#include "pkg/kerberos/kerb_wrap.h"

#define KERB_RC4_KEY_LEN	16u
#define KERB_RC4_MIC_LEN	37u
#define KERB_RC4_BODY		32u	/* of a wrap token, behind the GSS header */
#define KERB_RC4_TOKEN_MAX	49u
#define KERB_RC4_PAD_MOST	8u	/* we make 1, others with a block cipher's habits make up to this */

bool kerb_rc4_sign(struct kerb_seal *s, const struct kerb_key *key, uint8_t token[KERB_RC4_MIC_LEN],
    const struct kerb_part *parts, size_t count) MUST_CHECK;
enum kerb_verdict kerb_rc4_verify(struct kerb_seal *s, const struct kerb_key *key, struct bytes token,
    const struct kerb_part *parts, size_t count);

/* Of the token of a message with `len` bytes of data and padding that are not clear. */
size_t kerb_rc4_token_len(const struct kerb_seal *s, size_t len);
/* Writes kerb_rc4_token_len bytes. The padding, filled, is one of the parts. False: no random bytes; nothing was done. */
bool kerb_rc4_encrypt(struct kerb_seal *s, const struct kerb_key *key, bool sealed, uint8_t *token,
    const struct kerb_part *parts, size_t count) MUST_CHECK;

/*
 * Where the body of a wrap token begins, in a message of so many bytes behind
 * it in all; 0: it is none of the other side of this context.
 */
size_t kerb_rc4_wrapped_take(bool *ret_sealed, const struct kerb_seal *s, struct bytes token, size_t behind);
/* Opens it; `body` (KERB_RC4_BODY bytes) is changed too. The padding is among the parts, or the end of one. */
enum kerb_verdict kerb_rc4_decrypt(struct kerb_seal *s, const struct kerb_key *key, bool sealed, uint8_t *body,
    const struct kerb_part *parts, size_t count);
/* Bytes of padding at the end of a genuine message; 0: malformed. */
size_t kerb_rc4_padding(struct bytes end);

#endif
