/*
 * kerb_wrap.c - tokens of RFC 4121. Nothing here knows SSPI's buffers.
 *
 *     sealed   header | filler' header' checksum | confounder' | data'
 *     signed   header | checksum | data
 *
 * as they stand after being turned by RRC; ' is enciphered, as one message
 * (confounder, data, filler, header). In DCE style there are 16 bytes of filler,
 * and the turn is that much more than RRC says ([MS-KILE] 3.4.5.4.1).
 */
#include "pkg/kerberos/kerb_wrap.h"

#include <stdlib.h>

#include "base/secret.h"
#include "crypto/confounder.h"
#include "pkg/kerberos/kerb_rc4.h"

#define FLAG_ACCEPTOR	1u
#define FLAG_SEALED	2u
#define FLAG_SUBKEY	4u
#define DCE_FILLER	16u
#define PIECES_INLINE	12u
#define WINDOW		64u

/* The keys of one direction: of sealing, its checksum; of checksums alone, in a wrap token and in a MIC token. */
struct kerb_way {
	struct aes_cts *aes;
	struct hmac_sha_key integrity, wrapped, signature;
};

static const uint8_t no_state[AES_BLOCK];	/* [RFC 8009] 5: the cipher's initial state goes into the checksum */

bool
kerb_seal_begin(struct kerb_seal *s, const struct kerb_data *d)
{
	*s = (struct kerb_seal){ .etype = kerb_etype_of(d->key.etype), .rc4 = d->key.etype == KERB_RC4, .server = d->server,
	    .acceptor_subkey = d->acceptor_subkey, .dce = d->dce, .send = d->send, .receive = d->receive, .window = d->window };
	s->rc4 &= d->key.len == KERB_RC4_KEY_LEN;
	return s->rc4 || (s->etype && s->etype->key_len == d->key.len);
}

static void
way_drop(struct kerb_way **way)
{
	if (!*way)
		return;
	aes_cts_drop((*way)->aes);
	key_drop(*way, sizeof **way);
	*way = NULL;
}

void
kerb_seal_end(struct kerb_seal *s)
{
	way_drop(&s->out);
	way_drop(&s->in);
}

static bool
check_key(struct hmac_sha_key *ret_key, const struct kerb_etype *e, const struct kerb_key *base, uint32_t usage, uint8_t what)
{
	uint8_t key[KERB_KEY_MAX];
	bool good = kerb_derive(key, e, base, usage, what);

	hmac_sha_key_of(ret_key, e->sha, bytes_of(key, e->check_len));
	bytes_wipe(key, sizeof key);
	return good;
}

/* The direction's keys, made now if need be; NULL: no memory. */
static struct kerb_way *
way_of(struct kerb_seal *s, const struct kerb_key *base, bool out)
{
	struct kerb_way **way = out ? &s->out : &s->in, *made;
	bool by_acceptor = out == s->server;
	uint32_t seal = by_acceptor ? KERB_ACCEPTOR_SEAL : KERB_INITIATOR_SEAL;
	uint8_t key[KERB_KEY_MAX];
	bool good;

	if (*way)
		return *way;
	made = key_new(sizeof *made);
	if (!made)
		return NULL;
	good = kerb_derive(key, s->etype, base, seal, KERB_DERIVE_ENCRYPT);
	made->aes = good ? aes_cts_new(bytes_of(key, s->etype->key_len), out) : NULL;
	bytes_wipe(key, sizeof key);
	good = made->aes && check_key(&made->integrity, s->etype, base, seal, KERB_DERIVE_INTEGRITY) &&
	    check_key(&made->wrapped, s->etype, base, seal, KERB_DERIVE_CHECK) &&
	    check_key(&made->signature, s->etype, base, by_acceptor ? KERB_ACCEPTOR_SIGN : KERB_INITIATOR_SIGN, KERB_DERIVE_CHECK);
	if (!good)
		way_drop(&made);
	*way = made;
	return made;
}

size_t
kerb_signature_len(const struct kerb_seal *s)
{
	return s->rc4 ? KERB_RC4_MIC_LEN : KERB_HEADER_LEN + s->etype->mac_len;
}

size_t
kerb_token_len(const struct kerb_seal *s, bool sealed)
{
	if (s->rc4)
		return s->dce ? kerb_rc4_token_len(s, 0) : KERB_RC4_TOKEN_MAX;
	return sealed ? 3 * 16u + s->etype->mac_len + (s->dce ? DCE_FILLER : 0) : kerb_signature_len(s);
}

/* --- headers ------------------------------------------------------------------------ */

static void
be_put(uint8_t *at, uint64_t n, size_t len)
{
	while (len) {
		at[--len] = (uint8_t)n;
		n >>= 8;
	}
}

static uint64_t
be_get(const uint8_t *at, size_t len)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++)
		n = n << 8 | at[i];
	return n;
}

static uint8_t
flags_of(const struct kerb_seal *s, bool by_acceptor, bool sealed)
{
	return (uint8_t)((by_acceptor ? FLAG_ACCEPTOR : 0) | (sealed ? FLAG_SEALED : 0) | (s->acceptor_subkey ? FLAG_SUBKEY : 0));
}

static void
header_put(uint8_t h[KERB_HEADER_LEN], const struct kerb_seal *s, bool wrap, bool sealed, size_t ec, size_t rrc)
{
	h[0] = wrap ? 5 : 4;
	h[1] = 4;
	h[2] = flags_of(s, s->server, sealed);
	h[3] = 0xff;
	be_put(h + 4, wrap ? ec << 16 | rrc : 0xffffffffu, 4);
	be_put(h + 8, s->send, 8);
}

/* The other side's, of this context, made with the key that we have. */
static bool
header_fits(const struct kerb_seal *s, const uint8_t h[KERB_HEADER_LEN], bool wrap)
{
	uint8_t expected = flags_of(s, !s->server, false);

	return h[0] == (wrap ? 5 : 4) && h[1] == 4 && (h[2] & (wrap ? ~FLAG_SEALED : ~0u)) == expected && h[3] == 0xff;
}

/* --- the order of messages -------------------------------------------------------------- */

enum kerb_verdict
kerb_order_take(struct kerb_seal *s, uint64_t number)
{
	uint64_t ahead = number - s->receive, behind = s->receive - number;

	if (s->numbered)
		return (uint32_t)number == s->expected ? KERB_GENUINE : KERB_OUT_OF_SEQUENCE;
	if (!s->replay && !s->sequence)
		return KERB_GENUINE;
	if (ahead < UINT64_MAX / 2) {			/* the next one, or later */
		if (s->sequence && ahead)
			return KERB_OUT_OF_SEQUENCE;
		s->window = ahead + 1 < WINDOW ? s->window << (ahead + 1) | 1 : 1;
		s->receive = number + 1;
		return KERB_GENUINE;
	}
	if (s->sequence || behind > WINDOW || (s->window >> (behind - 1) & 1))
		return KERB_OUT_OF_SEQUENCE;
	s->window |= 1ull << (behind - 1);
	return KERB_GENUINE;
}

/* --- checksums ---------------------------------------------------------------------------- */

static void
parts_add(struct sha_run *run, const struct kerb_part *parts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		hmac_sha_add(run, bytes_of(parts[i].at, parts[i].len));
}

/* Over the data and a header: of tokens that are only signed. */
static void
signature_of(uint8_t mac[SHA_LEN_MAX], const struct hmac_sha_key *key, const struct kerb_part *parts, size_t count,
    const uint8_t header[KERB_HEADER_LEN])
{
	struct sha_run run;

	hmac_sha_begin(&run, key);
	parts_add(&run, parts, count);
	hmac_sha_add(&run, bytes_of(header, KERB_HEADER_LEN));
	hmac_sha_end(&run, key, mac);
}

/* Of a sealed message: over plain or enciphered bytes, as the type has it. */
static void
integrity_of(uint8_t mac[SHA_LEN_MAX], const struct kerb_way *way, bool over_cipher, const uint8_t *before,
    const struct kerb_part *parts, size_t count, struct bytes after)
{
	struct sha_run run;

	hmac_sha_begin(&run, &way->integrity);
	if (over_cipher)
		hmac_sha_add(&run, bytes_of(no_state, sizeof no_state));
	hmac_sha_add(&run, bytes_of(before, AES_BLOCK));
	parts_add(&run, parts, count);
	hmac_sha_add(&run, after);
	hmac_sha_end(&run, &way->integrity, mac);
}

static bool
same_mac(const uint8_t *a, const uint8_t *b, size_t len)
{
	return same_secret(a, b, len);
}

/* Confounder, data that are not clear, filler and header: one message to the cipher. */
static bool
cipher(struct kerb_way *way, uint8_t *before, const struct kerb_part *parts, size_t count, uint8_t *after, size_t after_len)
{
	struct aes_piece few[PIECES_INLINE + 2], *pieces = count > PIECES_INLINE ? calloc(count + 2, sizeof *pieces) : few;
	size_t n = 0;
	bool good;

	if (!pieces)
		return false;
	pieces[n++] = (struct aes_piece){ before, AES_BLOCK };
	for (size_t i = 0; i < count; i++)
		if (!parts[i].clear && parts[i].len)
			pieces[n++] = (struct aes_piece){ parts[i].at, parts[i].len };
	pieces[n++] = (struct aes_piece){ after, after_len };
	good = aes_cts_run(way->aes, pieces, n);
	if (pieces != few)
		free(pieces);
	return good;
}

/* --- out --------------------------------------------------------------------------------------- */

bool
kerb_sign(struct kerb_seal *s, const struct kerb_key *key, uint8_t *token, const struct kerb_part *parts, size_t count)
{
	struct kerb_way *way = s->rc4 ? NULL : way_of(s, key, true);
	uint8_t mac[SHA_LEN_MAX];

	if (s->rc4)
		return kerb_rc4_sign(s, key, token, parts, count);
	if (!way)
		return false;
	header_put(token, s, false, false, 0, 0);
	signature_of(mac, &way->signature, parts, count, token);
	bytes_copy(token + KERB_HEADER_LEN, mac, s->etype->mac_len);
	s->send++;
	return true;
}

static bool
wrap_signed(struct kerb_seal *s, struct kerb_way *way, uint8_t *token, const struct kerb_part *parts, size_t count)
{
	uint8_t mac[SHA_LEN_MAX];

	header_put(token, s, true, false, 0, 0);
	signature_of(mac, &way->wrapped, parts, count, token);
	bytes_copy(token + KERB_HEADER_LEN, mac, s->etype->mac_len);
	be_put(token + 4, (uint32_t)s->etype->mac_len << 16 | s->etype->mac_len, 4);
	s->send++;
	return true;
}

bool
kerb_encrypt(struct kerb_seal *s, const struct kerb_key *key, bool sealed, uint8_t *token, const struct kerb_part *parts,
    size_t count)
{
	size_t filler = s->dce ? DCE_FILLER : 0, after_len = filler + KERB_HEADER_LEN, mac_len = s->etype->mac_len;
	uint8_t *after = token + KERB_HEADER_LEN, *mac_at = after + after_len, *before = mac_at + mac_len;
	struct kerb_way *way = way_of(s, key, true);
	uint8_t mac[SHA_LEN_MAX];
	bool over_cipher = s->etype->over_cipher, good;

	if (way && !sealed)
		return wrap_signed(s, way, token, parts, count);
	if (!way || !confounder(before, AES_BLOCK))
		return false;
	header_put(token, s, true, true, filler, 0);
	bytes_zero(after, filler);
	bytes_copy(after + filler, token, KERB_HEADER_LEN);
	if (!over_cipher)
		integrity_of(mac, way, false, before, parts, count, bytes_of(after, after_len));
	good = cipher(way, before, parts, count, after, after_len);
	if (over_cipher)
		integrity_of(mac, way, true, before, parts, count, bytes_of(after, after_len));
	bytes_copy(mac_at, mac, mac_len);
	be_put(token + 6, KERB_HEADER_LEN + mac_len, 2);
	s->send++;
	return good;
}

/* --- in ------------------------------------------------------------------------------------------ */

enum kerb_verdict
kerb_verify(struct kerb_seal *s, const struct kerb_key *key, struct bytes token, const struct kerb_part *parts, size_t count)
{
	struct kerb_way *way = s->rc4 ? NULL : way_of(s, key, false);
	uint8_t mac[SHA_LEN_MAX];

	if (s->rc4)
		return kerb_rc4_verify(s, key, token, parts, count);
	if (!way)
		return KERB_NO_MEMORY;
	if (token.len != kerb_signature_len(s) || !header_fits(s, token.at, false) || be_get(token.at + 4, 4) != 0xffffffffu)
		return KERB_MALFORMED;
	signature_of(mac, &way->signature, parts, count, token.at);
	if (!same_mac(mac, token.at + KERB_HEADER_LEN, s->etype->mac_len))
		return KERB_ALTERED;
	return kerb_order_take(s, be_get(token.at + 8, 8));
}

bool
kerb_wrapped_take(struct kerb_wrapped *w, const struct kerb_seal *s, struct bytes header, size_t body_len)
{
	size_t ec, rrc;

	if (header.len != KERB_HEADER_LEN || !header_fits(s, header.at, true))
		return false;
	w->sealed = header.at[2] & FLAG_SEALED;
	ec = be_get(header.at + 4, 2);
	rrc = be_get(header.at + 6, 2);
	w->before = w->sealed ? AES_BLOCK : 0;
	if (w->sealed) {
		w->after = ec + KERB_HEADER_LEN + s->etype->mac_len;
		if (s->dce)
			rrc += ec;
	} else {
		w->after = s->etype->mac_len;
		if (ec != s->etype->mac_len)
			return false;
	}
	if (body_len < w->before + w->after)
		return false;
	w->turn = rrc % body_len;
	return true;
}

static enum kerb_verdict
open_signed(struct kerb_seal *s, struct kerb_way *way, const uint8_t header[KERB_HEADER_LEN], const uint8_t *checksum,
    const struct kerb_part *parts, size_t count)
{
	uint8_t plain[KERB_HEADER_LEN], mac[SHA_LEN_MAX];

	bytes_copy(plain, header, sizeof plain);
	bytes_zero(plain + 4, 4);			/* EC and RRC count as nothing */
	signature_of(mac, &way->wrapped, parts, count, plain);
	if (!same_mac(mac, checksum, s->etype->mac_len))
		return KERB_ALTERED;
	return kerb_order_take(s, be_get(header + 8, 8));
}

enum kerb_verdict
kerb_decrypt(struct kerb_seal *s, const struct kerb_key *key, const struct kerb_wrapped *w,
    const uint8_t header[KERB_HEADER_LEN], uint8_t *before, uint8_t *after, const struct kerb_part *parts, size_t count)
{
	size_t mac_len = s->etype->mac_len, after_len = w->after - mac_len;
	struct kerb_way *way = way_of(s, key, false);
	uint8_t mac[SHA_LEN_MAX], *inner = after + after_len - KERB_HEADER_LEN;
	bool over_cipher = s->etype->over_cipher;

	if (!way)
		return KERB_NO_MEMORY;
	if (!w->sealed)
		return open_signed(s, way, header, after, parts, count);
	if (over_cipher) {
		integrity_of(mac, way, true, before, parts, count, bytes_of(after, after_len));
		if (!same_mac(mac, after + after_len, mac_len))
			return KERB_ALTERED;
	}
	if (!cipher(way, before, parts, count, after, after_len))
		return KERB_NO_MEMORY;
	if (!over_cipher) {
		integrity_of(mac, way, false, before, parts, count, bytes_of(after, after_len));
		if (!same_mac(mac, after + after_len, mac_len))
			return KERB_ALTERED;
	}
	/* The header inside is the one outside, but for RRC. */
	if (!same_secret(inner, header, 6) || !same_secret(inner + 8, header + 8, 8))
		return KERB_ALTERED;
	return kerb_order_take(s, be_get(header + 8, 8));
}
